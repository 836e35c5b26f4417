// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Id} from "../types/Id.sol";
import {Condition, Leg, Terms} from "../types/Terms.sol";

/// @title TermsHash
/// @notice EIP-712 struct hashes of everything that settlement parties agree on or sign.
library TermsHash {
    bytes32 internal constant LEG_TYPEHASH =
        keccak256("Leg(uint8 kind,address token,address from,address to,uint256 value)");

    bytes32 internal constant CONDITION_TYPEHASH = keccak256("Condition(uint8 kind,address party,bytes32 subject)");

    bytes32 internal constant TERMS_TYPEHASH = keccak256(
        "Terms(Leg[] legs,Condition[] conditions,uint40 fundBy,uint40 settleBy,uint256 nonce)"
        "Condition(uint8 kind,address party,bytes32 subject)"
        "Leg(uint8 kind,address token,address from,address to,uint256 value)"
    );

    bytes32 internal constant RECEIPT_TYPEHASH = keccak256("Receipt(bytes32 settlement,bytes32 subject)");

    bytes32 internal constant CANCEL_TYPEHASH = keccak256("Cancel(bytes32 settlement)");

    function hash(Terms calldata terms) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                TERMS_TYPEHASH,
                _hashLegs(terms.legs),
                _hashConditions(terms.conditions),
                terms.fundBy,
                terms.settleBy,
                terms.nonce
            )
        );
    }

    function hashReceipt(Id settlement, bytes32 subject) internal pure returns (bytes32) {
        return keccak256(abi.encode(RECEIPT_TYPEHASH, settlement, subject));
    }

    function hashCancel(Id settlement) internal pure returns (bytes32) {
        return keccak256(abi.encode(CANCEL_TYPEHASH, settlement));
    }

    function _hashLegs(Leg[] calldata legs) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](legs.length);
        for (uint256 i = 0; i < legs.length; ++i) {
            hashes[i] = keccak256(abi.encode(LEG_TYPEHASH, legs[i]));
        }
        return keccak256(abi.encodePacked(hashes));
    }

    function _hashConditions(Condition[] calldata conditions) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](conditions.length);
        for (uint256 i = 0; i < conditions.length; ++i) {
            hashes[i] = keccak256(abi.encode(CONDITION_TYPEHASH, conditions[i]));
        }
        return keccak256(abi.encodePacked(hashes));
    }
}
