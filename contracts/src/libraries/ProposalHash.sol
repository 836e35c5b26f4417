// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Call, Proposal} from "../types/Proposal.sol";

/// @title ProposalHash
/// @notice EIP-712 struct hashes of what a council's members decide on and sign.
library ProposalHash {
    bytes32 internal constant CALL_TYPEHASH = keccak256("Call(address target,uint256 value,bytes data)");

    bytes32 internal constant PROPOSAL_TYPEHASH = keccak256(
        "Proposal(Call[] calls,bytes32 subject,uint40 voteBy,uint40 executeFrom,uint40 executeBy,uint256 nonce)"
        "Call(address target,uint256 value,bytes data)"
    );

    /// @dev A vote names the seat it is cast from, so that one key behind two seats still has to sign twice.
    bytes32 internal constant VOTE_TYPEHASH = keccak256(
        "Vote(Proposal proposal,uint256 epoch,uint8 seat)" "Call(address target,uint256 value,bytes data)"
        "Proposal(Call[] calls,bytes32 subject,uint40 voteBy,uint40 executeFrom,uint40 executeBy,uint256 nonce)"
    );

    bytes32 internal constant APPROVAL_TYPEHASH = keccak256("Approval(bytes32 digest,uint256 epoch,uint8 seat)");

    function hash(Proposal calldata proposal) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                PROPOSAL_TYPEHASH,
                _hashCalls(proposal.calls),
                proposal.subject,
                proposal.voteBy,
                proposal.executeFrom,
                proposal.executeBy,
                proposal.nonce
            )
        );
    }

    /// @param proposal The struct hash of the proposal.
    function hashVote(bytes32 proposal, uint256 epoch, uint8 seat) internal pure returns (bytes32) {
        return keccak256(abi.encode(VOTE_TYPEHASH, proposal, epoch, seat));
    }

    function hashApproval(bytes32 digest, uint256 epoch, uint8 seat) internal pure returns (bytes32) {
        return keccak256(abi.encode(APPROVAL_TYPEHASH, digest, epoch, seat));
    }

    function _hashCalls(Call[] calldata calls) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            Call calldata call = calls[i];
            hashes[i] = keccak256(abi.encode(CALL_TYPEHASH, call.target, call.value, keccak256(call.data)));
        }
        return keccak256(abi.encodePacked(hashes));
    }
}
