// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ProposalStatus} from "./Proposal.sol";

/// @notice How a vote stands, in one word: `[status 8 | voteBy 40 | epoch 16 | threshold 32 | weight 32 | seats 128]`.
/// `seats` has one bit for each seat that said yes, `weight` is their sum, `threshold` the sum needed, `epoch` who
/// decides, `voteBy` until when.
type Tally is uint256;

using {status, voteBy, epoch, threshold, weight, seats, count, become} for Tally global;

/// @dev A new vote, Open, with no yes. `epoch_` has 16 bits, `threshold_` 32 and `voteBy_` 40.
function openTally(uint256 epoch_, uint256 threshold_, uint256 voteBy_) pure returns (Tally) {
    return Tally.wrap(threshold_ << 160 | epoch_ << 192 | voteBy_ << 208 | uint256(ProposalStatus.Open) << 248);
}

function status(Tally tally) pure returns (ProposalStatus) {
    return ProposalStatus(Tally.unwrap(tally) >> 248);
}

function voteBy(Tally tally) pure returns (uint256) {
    return uint40(Tally.unwrap(tally) >> 208);
}

function epoch(Tally tally) pure returns (uint256) {
    return uint16(Tally.unwrap(tally) >> 192);
}

function threshold(Tally tally) pure returns (uint256) {
    return uint32(Tally.unwrap(tally) >> 160);
}

function weight(Tally tally) pure returns (uint256) {
    return uint32(Tally.unwrap(tally) >> 128);
}

function seats(Tally tally) pure returns (uint256) {
    return uint128(Tally.unwrap(tally));
}

/// @dev An Open vote after the yes of `seats_`, which are below 128 and not in it yet, and weigh `weight_` together.
/// All weights of an epoch sum up to 32 bits at most.
function count(Tally tally, uint256 seats_, uint256 weight_) pure returns (Tally) {
    uint256 word = (Tally.unwrap(tally) | seats_) + (weight_ << 128);
    return
        threshold(tally) > weight(Tally.wrap(word)) ? Tally.wrap(word) : become(Tally.wrap(word), ProposalStatus.Passed);
}

/// @dev The same vote in another state.
function become(Tally tally, ProposalStatus status_) pure returns (Tally) {
    return Tally.wrap(Tally.unwrap(tally) << 8 >> 8 | uint256(status_) << 248);
}
