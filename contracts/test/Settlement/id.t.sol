// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Settlement} from "../../src/Settlement.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Base} from "../Base.t.sol";

contract SettlementIdTest is Base {
    string private constant CONDITION = "Condition(uint8 kind,address party,bytes32 subject)";
    string private constant LEG = "Leg(bytes32 asset,address from,address to,uint256 tokenId,uint256 amount)";
    string private constant TERMS =
        "Terms(Leg[] legs,Condition[] conditions,uint40 fundBy,uint40 settleBy,uint256 nonce)";

    bytes32 private constant RECEIPT = keccak256("Receipt(bytes32 settlement,address party,bytes32 subject)");

    function test_Domain() public view {
        (bytes1 fields, string memory name, string memory version, uint256 chainId, address contract_,,) =
            settlement.eip712Domain();
        assertEq(fields, hex"0f");
        assertEq(name, "Quittance Settlement");
        assertEq(version, "1");
        assertEq(chainId, block.chainid);
        assertEq(contract_, address(settlement));
    }

    function test_IsTheTypedDataDigest() public {
        Terms memory terms = _dealOfTwoConditions();
        bytes memory legs;
        for (uint256 i = 0; i < terms.legs.length; ++i) {
            legs = abi.encodePacked(legs, keccak256(abi.encode(keccak256(bytes(LEG)), terms.legs[i])));
        }
        bytes memory conditions;
        for (uint256 i = 0; i < terms.conditions.length; ++i) {
            bytes memory encoded = abi.encode(keccak256(bytes(CONDITION)), terms.conditions[i]);
            conditions = abi.encodePacked(conditions, keccak256(encoded));
        }
        bytes32 typeHash = keccak256(abi.encodePacked(TERMS, CONDITION, LEG));
        bytes memory fields =
            abi.encode(typeHash, keccak256(legs), keccak256(conditions), terms.fundBy, terms.settleBy, terms.nonce);
        assertEq(Id.unwrap(settlement.id(terms)), _digest(keccak256(fields)));
    }

    function testFuzz_MessagesAreTypedData(bytes32 id, address party, bytes32 subject) public view {
        bytes32 receipt = keccak256(abi.encode(RECEIPT, id, party, subject));
        assertEq(settlement.receiptDigest(Id.wrap(id), party, subject), _digest(receipt));
        bytes32 cancel = keccak256(abi.encode(keccak256("Cancel(bytes32 settlement,address party)"), id, party));
        assertEq(settlement.cancelDigest(Id.wrap(id), party), _digest(cancel));
    }

    function test_NoReplayOnAnotherChain() public {
        Terms memory terms = _deal();
        _fundAll(terms);
        Id here = settlement.id(terms);
        bytes[] memory proofs = _proofs(terms);

        // After a chain split the same deal has another id, so nothing is funded under it and no signature fits.
        vm.chainId(block.chainid + 1);
        Id there = settlement.id(terms);
        assertNotEq(Id.unwrap(there), Id.unwrap(here));
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, there, Status.None));
        settlement.settle(terms, proofs);
        bytes32 subject = terms.conditions[0].subject;
        bytes32 receipt = keccak256(abi.encode(RECEIPT, here, bob, subject));
        assertEq(settlement.receiptDigest(here, bob, subject), _digest(receipt));
        assertNotEq(settlement.receiptDigest(here, bob, subject), _digestOn(block.chainid - 1, receipt));
    }

    function test_NoReplayOnAnotherContract() public {
        Terms memory terms = _deal();
        bytes[] memory proofs = _proofs(terms);
        bytes[] memory cancels = _cancels(terms);
        Settlement other = new Settlement();
        vm.prank(alice);
        deed.setApprovalForAll(address(other), true);
        vm.prank(bob);
        cash.approve(address(other), PRICE);
        vm.prank(alice);
        other.fund(terms, 0);
        vm.prank(bob);
        other.fund(terms, 1);

        Id id = other.id(terms);
        assertNotEq(Id.unwrap(id), Id.unwrap(settlement.id(terms)));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadProof.selector, id, 0));
        other.settle(terms, proofs);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadCancel.selector, id, alice));
        other.cancel(terms, cancels);
    }

    function test_NonceRepeatsADeal() public {
        Terms memory terms = _deal();
        _fundAll(terms);
        settlement.settle(terms, _proofs(terms));
        bytes[] memory used = _proofs(terms);

        vm.prank(bob);
        deed.transferFrom(bob, alice, terms.legs[0].tokenId);
        _mintCash(bob, PRICE);
        terms.nonce = 2;
        _fundAll(terms);
        Id id = settlement.id(terms);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadProof.selector, id, 0));
        settlement.settle(terms, used);
        settlement.settle(terms, _proofs(terms));
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        return _digestOn(block.chainid, structHash);
    }

    function _digestOn(uint256 chainId, bytes32 structHash) private view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", _domain(chainId), structHash));
    }

    function _domain(uint256 chainId) private view returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Quittance Settlement"),
                keccak256("1"),
                chainId,
                address(settlement)
            )
        );
    }
}
