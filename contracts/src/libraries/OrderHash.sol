// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Id} from "../types/Id.sol";
import {Order, Take} from "../types/Order.sol";

/// @title OrderHash
/// @notice EIP-712 struct hashes of what makers and takers sign.
library OrderHash {
    bytes32 internal constant ORDER_TYPEHASH = keccak256(
        "Order(address maker,address taker,bytes32 give,uint256 giveId,uint256 giveAmount,bytes32 take,uint256 takeId,"
        "uint256 takeAmount,uint256 minFill,uint40 deadline,uint256 nonce)"
    );

    bytes32 internal constant TAKE_TYPEHASH =
        keccak256("Take(bytes32 order,address taker,uint256 amount,uint40 deadline,uint256 nonce)");

    /// @dev `keccak256(abi.encode(ORDER_TYPEHASH, order))`: every field is a word of its own, copied as it came. A word
    /// that is out of its field's range gives an id of its own, which no fill accepts.
    function hash(Order calldata order) internal pure returns (bytes32 result) {
        bytes32 typeHash = ORDER_TYPEHASH;
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore(at, typeHash)
            calldatacopy(add(at, 0x20), order, 0x160)
            result := keccak256(at, 0x180)
        }
    }

    function hash(Take calldata take, Id order) internal pure returns (bytes32) {
        return keccak256(abi.encode(TAKE_TYPEHASH, order, take));
    }
}
