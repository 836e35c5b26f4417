// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Asset} from "./Asset.sol";

/// @title Windows
/// @notice Until when to fund and until when to settle: `fundBy` in the first five bytes, `settleBy` in the next five,
/// and in the rest a nonce that lets equal deals repeat. One word instead of three, because terms are sent with every
/// call and emitted in full.
type Windows is bytes32;

using {fundBy, settleBy, nonce} for Windows global;

function fundBy(Windows windows) pure returns (uint256) {
    return uint256(Windows.unwrap(windows)) >> 216;
}

function settleBy(Windows windows) pure returns (uint256) {
    return uint40(uint256(Windows.unwrap(windows)) >> 176);
}

function nonce(Windows windows) pure returns (uint176) {
    return uint176(uint256(Windows.unwrap(windows)));
}

function toWindows(uint40 fundBy_, uint40 settleBy_, uint176 nonce_) pure returns (Windows) {
    return Windows.wrap(bytes32(uint256(fundBy_) << 216 | uint256(settleBy_) << 176 | nonce_));
}

/// @notice All that a seller and a buyer agree on. `seller` delivers `amount` of `asset` (for an NFT: number
/// `tokenId`); `buyer` pays `price` of `payment`, an ERC-20 or the chain's coin (of any other kind it would be number
/// 0), and signs a Receipt for `subject`: what the seller hands over outside the chain, such as a document by its
/// commitment.
struct DvpTerms {
    address seller;
    address buyer;
    Asset asset;
    uint256 tokenId;
    uint256 amount;
    Asset payment;
    uint256 price;
    bytes32 subject;
    Windows windows;
}
