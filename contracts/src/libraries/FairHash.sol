// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FairTerms, Goods} from "../types/FairTerms.sol";
import {Id} from "../types/Id.sol";

/// @title FairHash
/// @notice EIP-712 struct hashes of a fair exchange.
library FairHash {
    bytes32 internal constant GOODS_TYPEHASH = keccak256(
        "Goods(bytes32 plainRoot,bytes32 cipherRoot,uint32 chunks,uint32 chunkSize,bytes32 secret,uint64 nonce)"
    );

    bytes32 internal constant TERMS_TYPEHASH = keccak256(
        "FairTerms(address buyer,address seller,bytes32 asset,uint256 tokenId,uint256 amount,Goods goods,"
        "bytes32 keyCommit,uint40 revealBy,uint40 window)"
        "Goods(bytes32 plainRoot,bytes32 cipherRoot,uint32 chunks,uint32 chunkSize,bytes32 secret,uint64 nonce)"
    );

    bytes32 internal constant RECEIPT_TYPEHASH = keccak256("Receipt(bytes32 exchange)");

    /// @dev `keccak256(abi.encode(TERMS_TYPEHASH, terms))`, for half the gas: every field is a word of its own, copied
    /// as it came. A word that is out of its field's range gives an id of its own, under which nothing can be locked.
    function hash(FairTerms calldata terms) internal pure returns (bytes32 digest) {
        bytes32 typeHash = TERMS_TYPEHASH;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typeHash)
            calldatacopy(add(free, 32), terms, 288)
            digest := keccak256(free, 320)
        }
    }

    function hash(Goods calldata goods) internal pure returns (bytes32) {
        return keccak256(abi.encode(GOODS_TYPEHASH, goods));
    }

    function hashReceipt(Id exchange) internal pure returns (bytes32) {
        return keccak256(abi.encode(RECEIPT_TYPEHASH, exchange));
    }
}
