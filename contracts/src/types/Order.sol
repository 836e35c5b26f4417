// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Asset} from "./Asset.sol";

/// @notice What a maker offers: `giveAmount` of `give` (for an NFT: number `giveId`) for `takeAmount` of `take`.
/// `taker` is who may fill it, or zero for anyone. `minFill` is the least of `giveAmount` that one fill must take;
/// equal to `giveAmount`, the order is filled whole or not at all.
struct Order {
    address maker;
    address taker;
    Asset give;
    uint256 giveId;
    uint256 giveAmount;
    Asset take;
    uint256 takeId;
    uint256 takeAmount;
    uint256 minFill;
    uint40 deadline;
    uint256 nonce;
}

/// @notice What a taker signs so that a relayer may fill an order for it: `amount` of what the order gives.
struct Take {
    address taker;
    uint256 amount;
    uint40 deadline;
    uint256 nonce;
}
