// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IAttaching
/// @notice Lets a call on a token carry data, such as a reference to the private message that goes with a payment.
///
/// The data changes nothing: a call that carries some does what the same call without it does, under the same rules.
/// It is logged right after the token's own event, which it belongs to. So a reader needs no transaction input, and a
/// call that went through a wallet or another contract is understood as well as a direct one. What is logged is public
/// for good: put references here, never the message.
interface IAttaching {
    /// @notice `by` gave `data` with what the event before this one, in the same contract and transaction, tells.
    event Attached(address indexed by, bytes data);

    error DataTooLong(uint256 length, uint256 max);
}
