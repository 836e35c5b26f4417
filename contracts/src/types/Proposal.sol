// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Where a proposal stands. A vote holds no value, so its words are its own.
///
/// None      nobody has put it to the vote
/// Open      members may say yes
/// Passed    enough weight said yes in time; it may be executed in its window
/// Executed  final: its calls were made
/// Expired   final: too little weight said yes in time
/// Stale     final: it passed, and nobody executed it in time
enum ProposalStatus {
    None,
    Open,
    Passed,
    Executed,
    Expired,
    Stale
}

/// @notice One call that a council makes, from its own address and out of its own funds.
struct Call {
    address target;
    uint256 value;
    bytes data;
}

/// @notice All that the members decide on. `subject` names a document that says why, or is zero. `nonce` lets equal
/// proposals repeat.
struct Proposal {
    Call[] calls;
    bytes32 subject;
    uint40 voteBy;
    uint40 executeFrom;
    uint40 executeBy;
    uint256 nonce;
}

/// @notice Who sits on a council. `signer` is an address (20 bytes: an account with a key, or an ERC-1271 contract) or
/// an ERC-7913 signer (more bytes: the verifier's address, then the key).
struct Member {
    bytes signer;
    uint32 weight;
}

/// @notice A yes by signature from the member in seat number `seat`. For a member that is an address, `signature` is
/// its ECDSA signature or what its ERC-1271 contract takes; for an ERC-7913 signer it is
/// `abi.encode(signer, signature)`.
struct Ballot {
    uint8 seat;
    bytes signature;
}
