// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDvp} from "../interfaces/IDvp.sol";
import {DvpTerms} from "../types/DvpTerms.sol";
import {Id} from "../types/Id.sol";

/// @title DvpHash
/// @notice The EIP-712 struct hash of a deal's terms, and the event that shows them.
library DvpHash {
    bytes32 internal constant TERMS_TYPEHASH = keccak256(
        "DvpTerms(address seller,address buyer,bytes32 asset,uint256 tokenId,uint256 amount,bytes32 payment,"
        "uint256 price,bytes32 subject,bytes32 windows)"
    );

    /// @dev `keccak256(abi.encode(TERMS_TYPEHASH, terms))`: every field is a word of its own, copied as it came. A word
    /// that is out of its field's range gives an id of its own, under which nothing can be funded.
    function hash(DvpTerms calldata terms) internal pure returns (bytes32 result) {
        bytes32 typeHash = TERMS_TYPEHASH;
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore(at, typeHash)
            calldatacopy(add(at, 0x20), terms, 0x120)
            result := keccak256(at, 0x140)
        }
    }

    /// @notice Emits Opened(id, msg.sender, terms), with the terms copied from calldata instead of decoded and encoded
    /// again: the same bytes for less gas. Only for terms that have been checked: what calldata may hold beside a
    /// field's own bits would be copied too.
    function logOpened(DvpTerms calldata terms, Id id) internal {
        bytes32 topic = IDvp.Opened.selector;
        assembly ("memory-safe") {
            let at := mload(0x40)
            calldatacopy(at, terms, 0x120)
            log3(at, 0x120, topic, id, caller())
        }
    }
}
