// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title ICash
/// @notice Money on the chain: an ERC-20 that accounts with the issuer role mint, and that holders may burn.
///
/// The authority may decide who mints. It cannot move, freeze or burn what somebody else holds, and transfers cost no
/// fee. Besides ERC-20, holders may approve and pay by signature: ERC-2612 permits, and ERC-3009 transfers whose nonce
/// is a 192-bit key and a 64-bit sequence (authorisations under one key are used in order; keys are independent).
interface ICash is IERC20 {
    /// @notice Creates `amount` for `to`. Only the issuer role. Emits Transfer from the zero address.
    function mint(address to, uint256 amount) external;

    /// @notice Destroys `amount` of the caller's own. Emits Transfer to the zero address.
    function burn(uint256 amount) external;
}
