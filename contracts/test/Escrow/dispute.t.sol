// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {AssetKind, toAsset} from "../../src/types/Asset.sol";
import {EscrowTerms} from "../../src/types/EscrowTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {EscrowBase} from "./EscrowBase.sol";

contract EscrowDispute is EscrowBase {
    function test_Accept_RevertWhen_NotThePayee() public {
        EscrowTerms memory terms = _terms();
        Id id = _fund(terms);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotPayee.selector, id, alice));
        vm.prank(alice);
        escrow.accept(terms);
    }

    function test_Accept_UntilAcceptBy() public {
        EscrowTerms memory terms = _terms();
        Id id = _fund(terms);
        vm.warp(ACCEPT_BY);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, id, ACCEPT_BY));
        vm.prank(bob);
        escrow.accept(terms);

        vm.warp(ACCEPT_BY - 1);
        vm.expectEmit(address(escrow));
        emit IEscrow.Accepted(id, bob);
        vm.prank(bob);
        escrow.accept(terms);
        assertStatus(id, Status.Armed);
    }

    function test_RevertWhen_AStrangerDisputes() public {
        EscrowTerms memory terms = _terms();
        Id id = _accept(terms);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotParty.selector, id, arbiter));
        vm.prank(arbiter);
        escrow.dispute(terms);
    }

    function test_UntilDisputeBy() public {
        EscrowTerms memory terms = _terms();
        Id id = _accept(terms);
        vm.warp(DISPUTE_BY);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, id, DISPUTE_BY));
        vm.prank(alice);
        escrow.dispute(terms);
        vm.warp(DISPUTE_BY - 1);
        vm.prank(alice);
        escrow.dispute(terms);
        assertStatus(id, Status.Disputed);
    }

    function test_TakesTheBond() public {
        EscrowTerms memory terms = _terms();
        Id id = _accept(terms);
        vm.warp(T0 + 100);
        vm.expectEmit(address(escrow));
        emit IEscrow.DisputeRaised(id, bob, T0 + 100 + RULE_WINDOW);
        vm.prank(bob);
        escrow.dispute(terms);
        assertEq(cash.balanceOf(address(escrow)), PRICE + BOND);
        assertEq(cash.balanceOf(bob), 9 * BOND);
        (uint256 ruleBy, bool byPayer) = escrow.disputeOf(id);
        assertEq(ruleBy, T0 + 100 + RULE_WINDOW);
        assertFalse(byPayer);
    }

    function test_WithoutABond() public {
        EscrowTerms memory terms = _terms();
        terms.bond = 0;
        Id id = _accept(terms);
        vm.deal(alice, 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongAmount.selector, terms.asset, 1, 0));
        vm.prank(alice);
        escrow.dispute{value: 1}(terms);
        vm.prank(alice);
        escrow.dispute(terms);
        (, bool byPayer) = escrow.disputeOf(id);
        assertTrue(byPayer);

        vm.expectEmit(address(escrow));
        emit IEscrow.Settled(id, arbiter, PRICE, 0, address(0));
        vm.prank(arbiter);
        escrow.rule(terms, 10_000);
    }

    function test_WithANativeBond() public {
        EscrowTerms memory terms = _terms();
        terms.asset = toAsset(AssetKind.Native, address(0));
        vm.deal(alice, PRICE + BOND);
        vm.prank(alice);
        escrow.fund{value: PRICE}(terms);
        vm.prank(bob);
        escrow.accept(terms);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongAmount.selector, terms.asset, BOND - 1, BOND));
        vm.prank(alice);
        escrow.dispute{value: BOND - 1}(terms);
        vm.prank(alice);
        escrow.dispute{value: BOND}(terms);
        vm.prank(arbiter);
        escrow.rule(terms, 5_000);
        assertEq(bob.balance, PRICE / 2);
        assertEq(alice.balance, PRICE - PRICE / 2);
        assertEq(arbiter.balance, BOND);
    }

    function test_Rule_RevertWhen_NotTheArbiter() public {
        EscrowTerms memory terms = _terms();
        Id id = _dispute(terms, alice);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotArbiter.selector, id, alice));
        vm.prank(alice);
        escrow.rule(terms, 0);
    }

    function test_Rule_RevertWhen_OutOfRange() public {
        EscrowTerms memory terms = _terms();
        _dispute(terms, alice);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.BadShare.selector, 10_001));
        vm.prank(arbiter);
        escrow.rule(terms, 10_001);
    }

    function test_Rule_UntilRuleBy() public {
        EscrowTerms memory terms = _terms();
        Id id = _dispute(terms, alice);
        vm.warp(T0 + RULE_WINDOW);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, id, T0 + RULE_WINDOW));
        vm.prank(arbiter);
        escrow.rule(terms, 1);
        vm.warp(T0 + RULE_WINDOW - 1);
        vm.prank(arbiter);
        escrow.rule(terms, 1);
    }

    function test_Rule_RevertWhen_RuledTwice() public {
        EscrowTerms memory terms = _terms();
        Id id = _dispute(terms, alice);
        vm.startPrank(arbiter);
        escrow.rule(terms, 4_000);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, id, Status.Settled));
        escrow.rule(terms, 4_000);
        vm.stopPrank();
    }

    function testFuzz_Rule_DividesAllThatIsLeft(uint16 releasedBps, uint16 bps, bool byPayer) public {
        releasedBps = uint16(bound(releasedBps, 1, 9_999));
        bps = uint16(bound(bps, 0, 10_000));
        EscrowTerms memory terms = _terms();
        Id id = _dispute(terms, byPayer ? alice : bob);
        _release(terms, releasedBps);
        uint256 aliceBefore = cash.balanceOf(alice);
        uint256 bobBefore = cash.balanceOf(bob);
        uint256 left = PRICE - PRICE * releasedBps / 10_000;
        uint256 toPayee = left * bps / 10_000;

        vm.expectEmit(address(escrow));
        if (toPayee == 0) emit IEscrow.Aborted(id, arbiter, left, arbiter);
        else emit IEscrow.Settled(id, arbiter, toPayee, left - toPayee, arbiter);
        vm.prank(arbiter);
        escrow.rule(terms, bps);

        assertStatus(id, toPayee == 0 ? Status.Aborted : Status.Settled);
        assertEq(cash.balanceOf(alice) - aliceBefore, left - toPayee);
        assertEq(cash.balanceOf(bob) - bobBefore, toPayee);
        assertEq(cash.balanceOf(arbiter), BOND);
        assertEq(cash.balanceOf(address(escrow)), 0);
    }

    /// @notice The odd unit goes to the payer.
    function test_Rule_OneUnit() public {
        EscrowTerms memory terms = _terms();
        terms.amount = 1;
        Id id = _dispute(terms, alice);
        vm.prank(arbiter);
        escrow.rule(terms, 9_999);
        assertStatus(id, Status.Aborted);
        assertEq(cash.balanceOf(alice), 10 * PRICE - BOND);
    }
}
