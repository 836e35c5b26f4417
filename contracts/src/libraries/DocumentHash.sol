// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Document} from "../types/Document.sol";

/// @title DocumentHash
/// @notice The EIP-712 struct hash of a document commitment.
library DocumentHash {
    bytes32 internal constant DOCUMENT_TYPEHASH = keccak256(
        "Document(address issuer,bytes32 root,uint32 chunks,uint32 chunkSize,uint64 size,bytes32 schema,bytes32 previous)"
    );

    function hash(Document calldata document) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOCUMENT_TYPEHASH, document));
    }
}
