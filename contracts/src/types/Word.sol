// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Status} from "./Status.sol";

/// @title Word
/// @notice All that is stored of a settlement: its status in the lowest byte, above it a byte of funded legs, and above
/// that a byte of proven conditions, one bit each. So neither may be more than 8.
type Word is uint256;

using {status, with, funded, hasFunded, withFunded, satisfied, hasSatisfied, withSatisfied} for Word global;

function status(Word word) pure returns (Status) {
    return Status(uint8(Word.unwrap(word)));
}

function with(Word word, Status status_) pure returns (Word) {
    return Word.wrap(Word.unwrap(word) >> 8 << 8 | uint256(status_));
}

function funded(Word word) pure returns (uint256) {
    return uint8(Word.unwrap(word) >> 8);
}

function hasFunded(Word word, uint256 leg) pure returns (bool) {
    return Word.unwrap(word) & (1 << 8 << leg) != 0;
}

function withFunded(Word word, uint256 leg) pure returns (Word) {
    return Word.wrap(Word.unwrap(word) | (1 << 8 << leg));
}

function satisfied(Word word) pure returns (uint256) {
    return uint8(Word.unwrap(word) >> 16);
}

function hasSatisfied(Word word, uint256 condition) pure returns (bool) {
    return Word.unwrap(word) & (1 << 16 << condition) != 0;
}

function withSatisfied(Word word, uint256 condition) pure returns (Word) {
    return Word.wrap(Word.unwrap(word) | (1 << 16 << condition));
}
