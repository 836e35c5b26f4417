// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Base} from "../Base.t.sol";
import {Wallet} from "../mocks/Wallet.sol";

contract SettlementSatisfyTest is Base {
    function test_AnyoneBringsTheProof() public {
        Terms memory terms = _dealOfTwoConditions();
        _fundAll(terms);
        Id id = settlement.id(terms);
        bytes memory proof = _proof(terms, 1);

        vm.expectEmit();
        emit ISettlement.Satisfied(id, 1, "");
        vm.prank(makeAddr("stranger"));
        settlement.satisfy(terms, 1, proof);
        assertEq(settlement.satisfied(id), 2);
        assertEq(settlement.status(id), Status.Armed);

        settlement.satisfy(terms, 0, _proof(terms, 0));
        assertEq(settlement.satisfied(id), 3);
    }

    function test_LastMoment() public {
        Terms memory terms = _deal();
        _fundAll(terms);
        vm.warp(SETTLE_BY - 1);
        settlement.satisfy(terms, 0, _proof(terms, 0));
        assertEq(settlement.satisfied(settlement.id(terms)), 1);
    }

    function test_RevertWhen_AtSettleBy() public {
        Terms memory terms = _deal();
        _fundAll(terms);
        bytes memory proof = _proof(terms, 0);
        Id id = settlement.id(terms);
        for (uint256 late = 0; late < 2; ++late) {
            vm.warp(SETTLE_BY + late);
            vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, id, SETTLE_BY));
            settlement.satisfy(terms, 0, proof);
        }
    }

    function test_RevertWhen_NotArmed() public {
        Terms memory terms = _dealOfTwoConditions();
        bytes memory proof = _proof(terms, 0);
        Id id = settlement.id(terms);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, id, Status.None));
        settlement.satisfy(terms, 0, proof);

        _fund(terms, 0);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, id, Status.Open));
        settlement.satisfy(terms, 0, proof);

        _fund(terms, 1);
        uint256 state = vm.snapshotState();
        settlement.settle(terms, _proofs(terms));
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, id, Status.Settled));
        settlement.satisfy(terms, 0, proof);

        vm.revertToState(state);
        settlement.cancel(terms, _cancels(terms));
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, id, Status.Aborted));
        settlement.satisfy(terms, 0, proof);
    }

    function test_RevertWhen_NoSuchCondition() public {
        Terms memory terms = _deal();
        _fundAll(terms);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NoSuchCondition.selector, 1));
        settlement.satisfy(terms, 1, "");
    }

    function test_RevertWhen_AlreadySatisfied() public {
        Terms memory terms = _deal();
        _fundAll(terms);
        bytes memory proof = _proof(terms, 0);
        settlement.satisfy(terms, 0, proof);
        Id id = settlement.id(terms);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AlreadySatisfied.selector, id, 0));
        settlement.satisfy(terms, 0, proof);
    }

    function test_RevertWhen_BadProof() public {
        Terms memory terms = _dealOfTwoConditions();
        _fundAll(terms);
        Id id = settlement.id(terms);
        bytes32 subject = terms.conditions[0].subject;
        bytes memory good = _proof(terms, 0);

        bytes[] memory bad = new bytes[](8);
        bad[1] = _sign(carolKey, settlement.receiptDigest(id, bob, subject)); // another signer
        bad[2] = _sign(bobKey, settlement.receiptDigest(id, bob, keccak256("other"))); // another document
        bad[3] = _sign(bobKey, settlement.receiptDigest(Id.wrap(keccak256("other")), bob, subject)); // another deal
        bad[4] = _sign(bobKey, settlement.cancelDigest(id, bob)); // another message
        bad[5] = _proof(terms, 1); // another condition's
        bad[6] = abi.encodePacked(good, uint8(0)); // too long
        bad[7] = _malleable(good); // the other s
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ISettlement.BadProof.selector, id, 0));
            settlement.satisfy(terms, 0, bad[i]);
        }
        settlement.satisfy(terms, 0, good);
    }

    function test_ContractPartySigns() public {
        Wallet wallet = new Wallet(carol);
        Terms memory terms = _deal();
        terms.conditions[0].party = address(wallet);
        _fundAll(terms);
        Id id = settlement.id(terms);
        bytes32 digest = settlement.receiptDigest(id, address(wallet), terms.conditions[0].subject);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadProof.selector, id, 0));
        settlement.satisfy(terms, 0, _sign(bobKey, digest));
        settlement.satisfy(terms, 0, _sign(carolKey, digest));
        assertEq(settlement.satisfied(id), 1);
    }

    /// @dev A party that takes any signature harms only itself: nobody else's condition falls with it.
    function test_LyingContractPartyProvesOnlyItsOwn() public {
        Wallet wallet = new Wallet(carol);
        wallet.lie();
        Terms memory terms = _dealOfTwoConditions();
        terms.conditions[1].party = address(wallet);
        _fundAll(terms);
        Id id = settlement.id(terms);
        settlement.satisfy(terms, 1, "anything");
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadProof.selector, id, 0));
        settlement.satisfy(terms, 0, "anything");
    }

    function testFuzz_RevertWhen_RandomProof(bytes calldata proof) public {
        Terms memory terms = _deal();
        _fundAll(terms);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadProof.selector, settlement.id(terms), 0));
        settlement.satisfy(terms, 0, proof);
    }

    function _malleable(bytes memory signature) private pure returns (bytes memory) {
        (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        uint8 v = uint8(signature[64]) == 27 ? 28 : 27;
        return abi.encodePacked(r, order - uint256(s), v);
    }
}
