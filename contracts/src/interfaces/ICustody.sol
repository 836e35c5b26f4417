// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Asset} from "../types/Asset.sol";
import {Id} from "../types/Id.sol";
import {Status} from "../types/Status.sol";

/// @title ICustody
/// @notice What every contract that holds assets for others has in common: the words it uses, and the way that assets
/// come in and go out.
///
/// In: only from the caller, who approved this contract, and only whole: a token that keeps a fee is refused.
///
/// Out: pushed to the payee, with at most `PUSH_GAS` gas for each push. A token that refuses (a blocked payee, a hook
/// that reverts, too much gas used) cannot hold up anything else: what it refuses is credited to the payee, who
/// withdraws it, to another address if need be. ERC-721s go out by `transferFrom`, so a receiver's hook cannot refuse.
///
/// There is no ledger beside the deals themselves: each deal's word says what is in custody for it, a deal gives out
/// exactly what it took in, and so the balance covers all of them and all credits. What strays here counts for nothing.
/// A token that takes balances away from this contract (clawback, negative rebase), or says that it moved what it did
/// not move, can leave deals in that same token short, never those in another.
interface ICustody {
    /// @notice `asset` refused the push to `payee`, who may now withdraw.
    event Credited(Id indexed id, address indexed payee, Asset indexed asset, uint256 tokenId, uint256 amount);
    /// @notice `payee` took what it was owed.
    event Withdrawn(address indexed payee, Asset indexed asset, address indexed to, uint256 tokenId, uint256 amount);

    error BadStatus(Id id, Status status);
    error TooLate(Id id, uint256 deadline);
    error TooEarly(Id id, uint256 deadline);
    error BadAsset(Asset asset, uint256 tokenId, uint256 amount);
    error WrongAmount(Asset asset, uint256 moved, uint256 expected);
    error BadRecipient(address to);
    error NothingOwed(address payee, Asset asset, uint256 tokenId);
    error Refused(Asset asset, address to);
    error TooLittleGas(uint256 given, uint256 needed);

    /// @notice Pays the caller all that it is owed of an asset after refused pushes, to an address of its choice.
    function withdraw(Asset asset, uint256 tokenId, address to) external returns (uint256 amount);

    /// @notice Lets this contract spend the caller's ERC-20 by a signature (ERC-2612), for use with `multicall` before
    /// the call that needs it. If the token refuses, nothing happens: someone may have used the signature already, and
    /// then the allowance is there.
    function permit(address token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice What a payee may withdraw.
    function owed(address payee, Asset asset, uint256 tokenId) external view returns (uint256);

    /// @notice Where a deal stands.
    function status(Id id) external view returns (Status);
}
