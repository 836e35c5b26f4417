// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Dvp} from "../../src/Dvp.sol";
import {ICouncil} from "../../src/interfaces/ICouncil.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {IHashLock} from "../../src/interfaces/IHashLock.sol";
import {DvpTerms, toWindows} from "../../src/types/DvpTerms.sol";
import {EscrowTerms} from "../../src/types/EscrowTerms.sol";
import {FairTerms} from "../../src/types/FairTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {HashKind, LockTerms, toLock} from "../../src/types/LockTerms.sol";
import {Proposal, ProposalStatus} from "../../src/types/Proposal.sol";
import {Status} from "../../src/types/Status.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Base} from "../Base.t.sol";
import {Stage} from "../Council/Stage.sol";
import {EscrowBase} from "../Escrow/EscrowBase.sol";
import {FairBase} from "../FairExchange/FairBase.sol";
import {HashLockBase} from "../HashLock/HashLockBase.sol";
import {Complaint, Sealed, Sealing} from "../Judge/Sealing.sol";

// Attack: somebody fills the blocks, so that a party's call comes in only when its deadline is there. What every party
// loses then, and that one block left free before the deadline is enough to lose nothing. And: a block that held a
// party's call is taken back after everybody has read it.

contract StuffedHashLockTest is HashLockBase {
    /// @dev The shortest lock: all of its hour has to be stuffed.
    function testFuzz_OneFreeBlockIsEnoughToClaim(uint256 moment) public {
        LockTerms memory terms = _shortest();
        Id id = _lock(terms);
        vm.warp(bound(moment, T0, T0 + hashLock.MIN_WINDOW() - 1));
        vm.prank(bob);
        hashLock.claim(terms, PREIMAGE);
        assertStatus(id, Status.Settled);
        assertEq(cash.balanceOf(bob), PRICE);
    }

    function test_NoLockIsShorterThanAnHour() public {
        LockTerms memory terms = _shortest();
        terms.lock = toLock(HashKind.Sha256, uint40(T0 + 1 hours - 1), 1);
        vm.expectRevert(abi.encodeWithSelector(IHashLock.BadWindow.selector, T0 + 1 hours - 1));
        vm.prank(alice);
        hashLock.lock(terms);
        assertEq(hashLock.MIN_WINDOW(), 1 hours);
    }

    /// @dev The receiver loses the lock, and by its late call has published the preimage: it pays nobody here any more.
    function test_AReceiverKeptOutLosesTheLock() public {
        LockTerms memory terms = _shortest();
        Id id = _lock(terms);
        vm.warp(T0 + 1 hours);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, id, T0 + 1 hours));
        vm.prank(bob);
        hashLock.claim(terms, PREIMAGE);
        hashLock.refund(terms);
        assertEq(cash.balanceOf(alice), 10 * PRICE);
        assertEq(cash.balanceOf(bob), 0);
    }

    /// @dev The sender has all time from the deadline on, and nobody else gets the asset meanwhile.
    function testFuzz_ASenderKeptOutLosesNothing(uint64 moment) public {
        LockTerms memory terms = _terms();
        Id id = _lock(terms);
        vm.warp(bound(moment, DEADLINE, type(uint64).max));
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, id, DEADLINE));
        vm.prank(bob);
        hashLock.claim(terms, PREIMAGE);
        hashLock.refund(terms);
        assertEq(cash.balanceOf(alice), 10 * PRICE);
    }

    /// @dev Reorganised away, a claim leaves the preimage with everybody, and the lock with its receiver.
    function testFuzz_AClaimTakenBackPaysTheReceiverAgain(address by) public {
        vm.assume(by != address(hashLock));
        LockTerms memory terms = _terms();
        Id id = _lock(terms);
        uint256 state = vm.snapshotState();
        hashLock.claim(terms, PREIMAGE);
        vm.revertToState(state);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooEarly.selector, id, DEADLINE));
        vm.prank(alice);
        hashLock.refund(terms);
        vm.prank(by);
        hashLock.claim(terms, PREIMAGE);
        assertEq(cash.balanceOf(bob), PRICE);
    }

    function _shortest() private view returns (LockTerms memory terms) {
        terms = _terms();
        terms.lock = toLock(HashKind.Sha256, uint40(T0 + 1 hours), 1);
    }
}

contract StuffedEscrowTest is EscrowBase {
    /// @dev However late the payee accepts, the payer has an hour that all has to be stuffed.
    function testFuzz_OneFreeBlockIsEnoughToDispute(uint256 moment) public {
        EscrowTerms memory terms = _shortest();
        Id id = _fund(terms);
        vm.warp(ACCEPT_BY - 1);
        vm.prank(bob);
        escrow.accept(terms);
        vm.warp(bound(moment, ACCEPT_BY, terms.disputeBy - 1));
        cash.mint(alice, BOND);
        vm.prank(alice);
        escrow.dispute(terms);
        assertStatus(id, Status.Disputed);
    }

    function test_APayerKeptOutHasPaid() public {
        EscrowTerms memory terms = _shortest();
        Id id = _accept(terms);
        vm.warp(terms.disputeBy);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, id, terms.disputeBy));
        vm.prank(alice);
        escrow.dispute(terms);
        escrow.settle(terms);
        assertEq(cash.balanceOf(bob), 10 * BOND + PRICE);
    }

    /// @dev It has not promised anything yet, so it loses the deal only.
    function test_APayeeKeptOutHasNotAccepted() public {
        EscrowTerms memory terms = _terms();
        Id id = _fund(terms);
        vm.warp(ACCEPT_BY);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, id, ACCEPT_BY));
        vm.prank(bob);
        escrow.accept(terms);
        escrow.abort(terms);
        assertEq(cash.balanceOf(alice), 10 * PRICE);
    }

    /// @dev The parties have agreed on what is then; the disputer has its bond again.
    function test_AnArbiterKeptOutLeavesTheDefault() public {
        EscrowTerms memory terms = _shortest();
        Id id = _dispute(terms, bob);
        uint256 ruleBy = T0 + terms.ruleWindow;
        vm.warp(ruleBy);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, id, ruleBy));
        vm.prank(arbiter);
        escrow.rule(terms, 10_000);
        escrow.settle(terms);
        uint256 share = PRICE * terms.defaultBps / 10_000;
        assertEq(cash.balanceOf(bob), 10 * BOND + share);
        assertEq(cash.balanceOf(alice), 10 * PRICE - share);
    }

    function testFuzz_OneFreeBlockIsEnoughToRule(uint256 moment) public {
        EscrowTerms memory terms = _shortest();
        _dispute(terms, bob);
        vm.warp(bound(moment, T0, T0 + terms.ruleWindow - 1));
        vm.prank(arbiter);
        escrow.rule(terms, 0);
        assertEq(cash.balanceOf(alice), 10 * PRICE);
    }

    function _shortest() private view returns (EscrowTerms memory terms) {
        terms = _terms();
        terms.disputeBy = ACCEPT_BY + 1 hours;
        terms.ruleWindow = 1 hours;
    }
}

/// forge-config: deep.fuzz.runs = 10000
contract StuffedFairExchangeTest is FairBase {
    function testFuzz_OneFreeBlockIsEnoughToComplain(uint256 moment) public {
        Sealed memory deal = _shortest();
        _lockAndReveal(deal);
        vm.warp(bound(moment, T0, T0 + 1 hours - 1));
        _complain(deal.terms, Sealing.complaint(deal, 1));
        _assertMoney(10, 0, 0);
    }

    function test_ABuyerKeptOutPaysEvenForAWrongKey() public {
        Sealed memory deal = _shortest();
        _lockAndReveal(deal);
        vm.warp(T0 + 1 hours);
        Complaint memory c = Sealing.complaint(deal, 1);
        Id id = fair.id(deal.terms);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, id, T0 + 1 hours));
        vm.prank(bob);
        fair.complain(deal.terms, c.goods, c.key, c.index, c.leaf, c.proof);
        fair.finalize(deal.terms, "");
        _assertMoney(9, 1, 0);
    }

    function testFuzz_OneFreeBlockIsEnoughToReveal(uint256 moment) public {
        Sealed memory deal = _deal();
        deal.terms.revealBy = uint40(T0 + 1 hours);
        _lock(deal.terms);
        vm.warp(bound(moment, T0, T0 + 1 hours - 1));
        _reveal(deal);
        _assertStatus(deal.terms, Status.Revealed);
    }

    /// @dev The seller loses the deal; and the key, if its late call was read before it failed.
    function test_ASellerKeptOutIsNotPaid() public {
        Sealed memory deal = _deal();
        _lock(deal.terms);
        vm.warp(REVEAL_BY);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, fair.id(deal.terms), REVEAL_BY));
        vm.prank(alice);
        fair.reveal(deal.terms, deal.key);
        fair.reclaim(deal.terms);
        _assertMoney(10, 0, 0);
    }

    /// @dev Reorganised away, a reveal leaves the key with the buyer, and the seller until revealBy to send it again.
    function testFuzz_ARevealTakenBackIsRevealedAgain(uint256 moment) public {
        Sealed memory deal = _deal();
        _lock(deal.terms);
        uint256 state = vm.snapshotState();
        _reveal(deal);
        vm.revertToState(state);
        vm.warp(bound(moment, T0, REVEAL_BY - 1));
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooEarly.selector, fair.id(deal.terms), REVEAL_BY));
        vm.prank(bob);
        fair.reclaim(deal.terms);
        _reveal(deal);
        vm.warp(fair.until(fair.id(deal.terms)));
        fair.finalize(deal.terms, "");
        _assertMoney(9, 1, 0);
    }

    /// @dev A wrong key, and an hour to say so.
    function _shortest() private view returns (Sealed memory deal) {
        deal = _cheat();
        deal.terms.window = 1 hours;
    }
}

contract StuffedSettlementTest is Base {
    function test_WhoIsKeptOutOfFundingHasItsOwnAgain() public {
        Terms memory terms = _deal();
        _fund(terms, 0);
        vm.warp(FUND_BY);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, settlement.id(terms), FUND_BY));
        vm.prank(bob);
        settlement.fund(terms, 1);
        settlement.abort(terms);
        assertEq(deed.ownerOf(terms.legs[0].tokenId), alice);
        assertEq(cash.balanceOf(bob), PRICE);
    }

    /// @dev Each has its own again; what was handed over outside the chain, or published as a proof, is not undone.
    function test_WhoIsKeptOutOfProvingHasItsOwnAgain() public {
        Terms memory terms = _deal();
        _fundAll(terms);
        bytes[] memory proofs = _proofs(terms);
        vm.warp(SETTLE_BY);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, settlement.id(terms), SETTLE_BY));
        vm.prank(alice);
        settlement.settle(terms, proofs);
        settlement.abort(terms);
        assertEq(deed.ownerOf(terms.legs[0].tokenId), alice);
        assertEq(cash.balanceOf(bob), PRICE);
    }

    /// @dev A proof that came in before the stuffing is safe from it.
    function testFuzz_WhatIsProvenCannotBeKeptOut(uint64 moment) public {
        Terms memory terms = _deal();
        _fundAll(terms);
        vm.warp(SETTLE_BY - 1);
        settlement.satisfy(terms, 0, _proof(terms, 0));
        vm.warp(bound(moment, SETTLE_BY, type(uint64).max));
        settlement.settle(terms, _none());
        assertEq(deed.ownerOf(terms.legs[0].tokenId), bob);
        assertEq(cash.balanceOf(alice), PRICE);
    }
}

contract StuffedDvpTest is Base {
    Dvp private dvp;
    DvpTerms private terms;
    bytes private receipt;

    function setUp() public override {
        super.setUp();
        dvp = new Dvp();
        (terms.seller, terms.buyer) = (alice, bob);
        (terms.asset, terms.tokenId, terms.amount) = (_erc721(address(deed)), _mintDeed(keccak256("root")), 1);
        (terms.payment, terms.price) = (_erc20(address(cash)), PRICE);
        terms.windows = toWindows(FUND_BY, SETTLE_BY, 1);
        _mintCash(bob, PRICE);
        vm.startPrank(alice);
        deed.setApprovalForAll(address(dvp), true);
        dvp.fund(terms);
        vm.stopPrank();
        vm.prank(bob);
        cash.approve(address(dvp), PRICE);
        receipt = _sign(bobKey, dvp.receiptDigest(dvp.id(terms), bob, terms.subject));
    }

    function test_ABuyerKeptOutOfFundingHasItsPriceAndTheSellerItsAsset() public {
        vm.warp(FUND_BY);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, dvp.id(terms), FUND_BY));
        vm.prank(bob);
        dvp.fund(terms);
        dvp.abort(terms);
        _assertUndone();
    }

    /// @dev A receipt is good until settleBy only: a seller does not wait with it.
    function test_ASellerKeptOutOfSettlingHasItsAssetAgain() public {
        vm.prank(bob);
        dvp.fund(terms);
        vm.warp(SETTLE_BY);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, dvp.id(terms), SETTLE_BY));
        vm.prank(alice);
        dvp.settle(terms, receipt);
        dvp.abort(terms);
        _assertUndone();
    }

    function testFuzz_OneFreeBlockIsEnoughToSettle(uint256 moment) public {
        vm.prank(bob);
        dvp.fund(terms);
        vm.warp(bound(moment, T0, SETTLE_BY - 1));
        vm.prank(alice);
        dvp.settle(terms, receipt);
        assertEq(cash.balanceOf(alice), PRICE);
        assertEq(deed.ownerOf(terms.tokenId), bob);
    }

    function _assertUndone() private view {
        assertEq(dvp.status(dvp.id(terms)), Status.Aborted);
        assertEq(deed.ownerOf(terms.tokenId), alice);
        assertEq(cash.balanceOf(bob), PRICE);
    }
}

contract StuffedCouncilTest is Stage {
    /// @dev Nothing is done, and the same can be put to the vote again.
    function test_MembersKeptOutOfVotingVoteAgain() public {
        Proposal memory proposal = _proposal();
        Id id = _open(proposal);
        vm.warp(VOTE_BY);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.TooLate.selector, id, VOTE_BY));
        vm.prank(bob);
        council.vote(id, 1);
        council.expire(proposal);
        _again(proposal);
    }

    function test_WhatIsKeptOutOfItsExecutionIsVotedOnAgain() public {
        Proposal memory proposal = _proposal();
        Id id = _pass(proposal);
        vm.warp(EXECUTE_BY);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.TooLate.selector, id, EXECUTE_BY));
        council.execute(proposal);
        council.expire(proposal);
        assertStatus(id, ProposalStatus.Stale);
        _again(proposal);
    }

    function _again(Proposal memory proposal) private {
        proposal.nonce = 2;
        proposal.voteBy = uint40(block.timestamp + 1 hours);
        proposal.executeFrom = 0;
        proposal.executeBy = proposal.voteBy;
        _decide(proposal);
        assertEq(target.calls(), 1);
    }
}
