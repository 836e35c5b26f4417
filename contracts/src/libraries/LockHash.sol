// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HashKind, LockTerms} from "../types/LockTerms.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// @title LockHash
/// @notice The EIP-712 struct hash of a lock's terms, and the hashes that lock.
library LockHash {
    bytes32 internal constant TERMS_TYPEHASH = keccak256(
        "LockTerms(address sender,address receiver,bytes32 asset,uint256 tokenId,uint256 amount,bytes32 hashlock,"
        "bytes32 lock)"
    );

    /// @dev The prefix of FairExchange's commitment to a key.
    bytes32 internal constant COMMIT_KEY = keccak256("Quittance seller's key");

    /// @dev Every field is one word, so the terms lie in calldata as EIP-712 wants them encoded.
    function hash(LockTerms calldata terms) internal pure returns (bytes32 result) {
        bytes32 typeHash = TERMS_TYPEHASH;
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore(at, typeHash)
            calldatacopy(add(at, 0x20), terms, 0xe0)
            result := keccak256(at, 0x100)
        }
    }

    /// @notice The hash lock that `preimage` opens.
    function lockOf(HashKind kind, bytes32 preimage) internal pure returns (bytes32) {
        if (kind == HashKind.Sha256) return sha256(abi.encode(preimage));
        if (kind == HashKind.Keccak256) return keccak256(abi.encode(preimage));
        return Hashes.efficientKeccak256(COMMIT_KEY, preimage);
    }
}
