// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowTerms} from "../types/EscrowTerms.sol";
import {Id} from "../types/Id.sol";

/// @title EscrowHash
/// @notice EIP-712 struct hashes of what escrow parties agree on or sign.
library EscrowHash {
    bytes32 internal constant TERMS_TYPEHASH = keccak256(
        "EscrowTerms(address payer,address payee,bytes32 asset,uint256 tokenId,uint256 amount,bytes32 subject,"
        "address arbiter,uint256 bond,uint16 defaultBps,uint40 acceptBy,uint40 disputeBy,uint40 ruleWindow,"
        "uint256 nonce)"
    );

    bytes32 internal constant RELEASE_TYPEHASH = keccak256("Release(bytes32 escrow,uint16 releasedBps)");

    function hash(EscrowTerms calldata terms) internal pure returns (bytes32) {
        return keccak256(abi.encode(TERMS_TYPEHASH, terms));
    }

    function hashRelease(Id escrow, uint16 releasedBps) internal pure returns (bytes32) {
        return keccak256(abi.encode(RELEASE_TYPEHASH, escrow, releasedBps));
    }
}
