// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Id} from "../types/Id.sol";
import {Condition, Leg, Terms} from "../types/Terms.sol";

/// @title TermsHash
/// @notice EIP-712 struct hashes of everything that settlement parties agree on or sign.
/// @dev The arrays are hashed straight from calldata, where their elements lie as EIP-712 wants them encoded.
library TermsHash {
    bytes32 internal constant LEG_TYPEHASH =
        keccak256("Leg(bytes32 asset,address from,address to,uint256 tokenId,uint256 amount)");

    bytes32 internal constant CONDITION_TYPEHASH = keccak256("Condition(uint8 kind,address party,bytes32 subject)");

    bytes32 internal constant TERMS_TYPEHASH = keccak256(
        "Terms(Leg[] legs,Condition[] conditions,uint40 fundBy,uint40 settleBy,uint256 nonce)"
        "Condition(uint8 kind,address party,bytes32 subject)"
        "Leg(bytes32 asset,address from,address to,uint256 tokenId,uint256 amount)"
    );

    bytes32 internal constant RECEIPT_TYPEHASH = keccak256("Receipt(bytes32 settlement,address party,bytes32 subject)");

    bytes32 internal constant CANCEL_TYPEHASH = keccak256("Cancel(bytes32 settlement,address party)");

    uint256 private constant LEG_SIZE = 5 * 32;
    uint256 private constant CONDITION_SIZE = 3 * 32;

    /// @param legs `terms.legs`, and `conditions` likewise: callers need them too, and finding them is not for free.
    function hash(Terms calldata terms, Leg[] calldata legs, Condition[] calldata conditions)
        internal
        pure
        returns (bytes32 result)
    {
        uint256 legsAt;
        uint256 conditionsAt;
        assembly ("memory-safe") {
            legsAt := legs.offset
            conditionsAt := conditions.offset
        }
        bytes32 legsHash = _hashArray(LEG_TYPEHASH, legsAt, legs.length, LEG_SIZE);
        bytes32 conditionsHash = _hashArray(CONDITION_TYPEHASH, conditionsAt, conditions.length, CONDITION_SIZE);
        bytes32 typeHash = TERMS_TYPEHASH;
        assembly ("memory-safe") {
            // Behind the two arrays' offsets, the rest of the terms lies as it is to be hashed.
            let fields := mload(0x40)
            mstore(fields, typeHash)
            mstore(add(fields, 0x20), legsHash)
            mstore(add(fields, 0x40), conditionsHash)
            calldatacopy(add(fields, 0x60), add(terms, 0x40), 0x60)
            result := keccak256(fields, 0xc0)
        }
    }

    function hashReceipt(Id settlement, address party, bytes32 subject) internal pure returns (bytes32) {
        return keccak256(abi.encode(RECEIPT_TYPEHASH, settlement, party, subject));
    }

    function hashCancel(Id settlement, address party) internal pure returns (bytes32) {
        return keccak256(abi.encode(CANCEL_TYPEHASH, settlement, party));
    }

    /// @dev The hash of the concatenated struct hashes of `count` elements of `size` bytes from `start` on in calldata,
    /// which the caller knows to lie within it.
    function _hashArray(bytes32 typeHash, uint256 start, uint256 count, uint256 size)
        private
        pure
        returns (bytes32 result)
    {
        assembly ("memory-safe") {
            // The list of hashes goes to free memory, and behind it the one element in work.
            let list := mload(0x40)
            let end := add(list, shl(5, count))
            let element := add(end, 32)
            mstore(end, typeHash)
            for { let slot := list } lt(slot, end) { slot := add(slot, 32) } {
                calldatacopy(element, start, size)
                mstore(slot, keccak256(end, add(size, 32)))
                start := add(start, size)
            }
            result := keccak256(list, shl(5, count))
        }
    }
}
