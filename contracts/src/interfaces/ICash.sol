// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IContractUri} from "./IContractUri.sol";
import {IERC20WithData} from "./IERC20WithData.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title ICash
/// @notice Money on the chain: an ERC-20 that accounts with the issuer role mint, and that holders may burn.
///
/// The authority may decide who mints and where the token is described. It cannot move, freeze or burn what somebody
/// else holds, and transfers cost no fee and call nobody: what arrives is what was sent. So nothing here can be entered
/// again, and no guard is needed.
///
/// Besides ERC-20, holders may approve and pay by signature: ERC-2612 permits, and ERC-3009 transfers whose nonce is a
/// 192-bit key and a 64-bit sequence (authorisations under one key are used in order; keys are independent; key 0 is
/// shared with the permits). Every signed message names the holder, so two wallets of one owner cannot be confused, and
/// the domain (name of the token, at most 31 bytes; version "1") binds chain and contract.
///
/// States of a nonce of a holder (`Used` is final):
///
///   Fresh --permit, transfer/receiveWithAuthorization, cancelAuthorization--> Used
///
/// Timeline of an authorisation (both ends exclusive, as ERC-3009 has it; a permit holds up to and with its deadline):
///
///          validAfter                    validBefore
///     ---------|  (---- transfer, receive ----)  |------------->
///     |------------------------ cancel ------------------------>
///
/// Anyone may hand a signed message in, so a contract that takes a permit must bear that it was used already: try it,
/// then look at the allowance. Contracts that are paid by an authorisation use `receiveWithAuthorization`, which only
/// the payee can hand in.
interface ICash is IERC20, IERC20WithData, IContractUri {
    /// @notice Creates `amount` for `to`. Only the issuer role. Emits Transfer from the zero address.
    function mint(address to, uint256 amount) external;

    /// @notice Destroys `amount` of the caller's own. Emits Transfer to the zero address.
    function burn(uint256 amount) external;
}
