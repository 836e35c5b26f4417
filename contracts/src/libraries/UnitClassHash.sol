// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {UnitClass} from "../types/UnitClass.sol";

/// @title UnitClassHash
/// @notice The EIP-712 hash of a class of units.
library UnitClassHash {
    bytes32 internal constant TYPE_HASH =
        keccak256("UnitClass(address issuer,string name,string symbol,uint8 decimals,uint256 nonce)");

    function hash(UnitClass calldata class) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                TYPE_HASH,
                class.issuer,
                keccak256(bytes(class.name)),
                keccak256(bytes(class.symbol)),
                class.decimals,
                class.nonce
            )
        );
    }
}
