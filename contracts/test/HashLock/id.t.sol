// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HashLock} from "../../src/HashLock.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {Id} from "../../src/types/Id.sol";
import {LockTerms} from "../../src/types/LockTerms.sol";
import {Status} from "../../src/types/Status.sol";
import {HashLockBase} from "./HashLockBase.sol";

contract HashLockId is HashLockBase {
    /// @dev The standard, spelled out by hand.
    function testFuzz_IsTheDigest(LockTerms memory t) public view {
        bytes32 typeHash = keccak256(
            "LockTerms(address sender,address receiver,bytes32 asset,uint256 tokenId,uint256 amount,bytes32 hashlock,bytes32 lock)"
        );
        bytes32 structHash =
            keccak256(abi.encode(typeHash, t.sender, t.receiver, t.asset, t.tokenId, t.amount, t.hashlock, t.lock));
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Quittance HashLock"),
                keccak256("1"),
                block.chainid,
                address(hashLock)
            )
        );
        bytes32 expected = keccak256(abi.encodePacked(hex"1901", domain, structHash));
        assertEq(Id.unwrap(hashLock.id(t)), expected);
    }

    /// @dev After a chain split the locks made before it stand on their own chain only under their own chain's id.
    function test_AnotherChain() public {
        LockTerms memory terms = _terms();
        Id here = _lock(terms);
        vm.chainId(block.chainid + 1);
        Id there = hashLock.id(terms);
        assertTrue(here != there);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, there, Status.None));
        hashLock.claim(terms, PREIMAGE);
    }

    function test_AnotherContract() public {
        HashLock other = new HashLock();
        LockTerms memory terms = _terms();
        assertTrue(hashLock.id(terms) != other.id(terms));
    }
}
