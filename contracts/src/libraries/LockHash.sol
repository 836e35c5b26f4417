// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHashLock} from "../interfaces/IHashLock.sol";
import {Id} from "../types/Id.sol";
import {HashKind, LockTerms} from "../types/LockTerms.sol";
import {ChunkCipher} from "./ChunkCipher.sol";

/// @title LockHash
/// @notice The EIP-712 struct hash of a lock's terms, the event that shows them, and the hashes that lock.
library LockHash {
    bytes32 internal constant TERMS_TYPEHASH = keccak256(
        "LockTerms(address sender,address receiver,bytes32 asset,uint256 tokenId,uint256 amount,bytes32 hashlock,"
        "bytes32 lock)"
    );

    /// @dev `keccak256(abi.encode(TERMS_TYPEHASH, terms))`: every field is a word of its own, copied as it came. A word
    /// that is out of its field's range gives an id of its own, under which nothing can be locked.
    function hash(LockTerms calldata terms) internal pure returns (bytes32 result) {
        bytes32 typeHash = TERMS_TYPEHASH;
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore(at, typeHash)
            calldatacopy(add(at, 0x20), terms, 0xe0)
            result := keccak256(at, 0x100)
        }
    }

    /// @notice Emits Opened(id, msg.sender, terms), with the terms copied from calldata instead of decoded and encoded
    /// again: the same bytes for less gas. Only for terms that have been checked: what calldata may hold beside a
    /// field's own bits would be copied too.
    function logOpened(LockTerms calldata terms, Id id) internal {
        bytes32 topic = IHashLock.Opened.selector;
        assembly ("memory-safe") {
            let at := mload(0x40)
            calldatacopy(at, terms, 0xe0)
            log3(at, 0xe0, topic, id, caller())
        }
    }

    /// @notice The hash lock that `preimage` opens.
    function lockOf(HashKind kind, bytes32 preimage) internal view returns (bytes32) {
        if (kind == HashKind.Sha256) return _sha256(preimage);
        if (kind == HashKind.Keccak256) return keccak256(abi.encode(preimage));
        return ChunkCipher.commit(preimage);
    }

    /// @dev `sha256(abi.encode(preimage))`, in scratch memory. The precompile never fails for want of anything but gas,
    /// and then what is left of it does not suffice for the caller either; still, the answer counts only if there is
    /// one.
    function _sha256(bytes32 preimage) private view returns (bytes32 digest) {
        assembly ("memory-safe") {
            mstore(0, preimage)
            if iszero(staticcall(gas(), 2, 0, 32, 0, 32)) { revert(0, 0) }
            digest := mload(0)
        }
    }
}
