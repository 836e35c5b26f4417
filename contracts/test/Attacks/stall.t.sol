// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Dvp} from "../../src/Dvp.sol";
import {HashLock} from "../../src/HashLock.sol";
import {IExchange} from "../../src/interfaces/IExchange.sol";
import {DvpTerms, toWindows} from "../../src/types/DvpTerms.sol";
import {EscrowTerms} from "../../src/types/EscrowTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {HashKind, LockTerms, toLock} from "../../src/types/LockTerms.sol";
import {Order, Take} from "../../src/types/Order.sol";
import {Proposal, ProposalStatus} from "../../src/types/Proposal.sol";
import {Status} from "../../src/types/Status.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Base} from "../Base.t.sol";
import {Stage} from "../Council/Stage.sol";
import {EscrowBase} from "../Escrow/EscrowBase.sol";
import {ExchangeBase} from "../Exchange/ExchangeBase.sol";
import {FairBase} from "../FairExchange/FairBase.sol";
import {HashLockBase} from "../HashLock/HashLockBase.sol";
import {Complaint, Sealed, Sealing} from "../Judge/Sealing.sol";
import {Test} from "forge-std/Test.sol";

// Attack: the sequencer of a rollup stands still, and the next block's time is past several deadlines at once. Whatever
// the jump, each contract then has exactly one way out, which is open to anyone.

/// @notice Tries calls, and undoes them.
abstract contract Ways is Test {
    struct Way {
        address by;
        bytes call;
    }

    /// @dev Those of the next comparison, in their order.
    Way[] private _ways;

    function _way(address by, bytes memory call) internal {
        _ways.push(Way(by, call));
    }

    /// @dev Of the calls said since the last time only number `open` works; it is made.
    function _assertOnly(address target, uint256 open) internal {
        for (uint256 i = 0; i < _ways.length; ++i) {
            uint256 state = vm.snapshotState();
            vm.prank(_ways[i].by);
            (bool done,) = target.call(_ways[i].call);
            assertEq(done, i == open, vm.toString(i));
            vm.revertToState(state);
        }
        vm.prank(_ways[open].by);
        (bool made,) = target.call(_ways[open].call);
        assertTrue(made);
        delete _ways;
    }
}

contract StalledHashLockTest is HashLockBase, Ways {
    function testFuzz_OneWayOutOfALock(uint64 jump) public {
        LockTerms memory terms = _terms();
        Id id = _lock(terms);
        vm.warp(bound(jump, DEADLINE, type(uint64).max));
        _way(alice, abi.encodeCall(hashLock.lock, (terms)));
        _way(bob, abi.encodeCall(hashLock.claim, (terms, PREIMAGE)));
        _way(stranger, abi.encodeCall(hashLock.refund, (terms)));
        _assertOnly(address(hashLock), 2);
        assertStatus(id, Status.Aborted);
        assertEq(cash.balanceOf(alice), 10 * PRICE);
    }

    /// @dev Both sides of a swap: a jump past both deadlines gives each its own again.
    function test_AJumpPastBothSidesOfASwapUndoesBoth() public {
        (LockTerms memory source, LockTerms memory destination) = _swap();
        vm.warp(DEADLINE);
        _assertOnlyRefund(destination);
        _assertOnlyRefund(source);
        assertEq(cash.balanceOf(alice), 10 * PRICE);
        assertEq(cash.balanceOf(bob), PRICE);
    }

    /// @dev What D in IHashLock has to be longer than: the preimage is out, and the source chain stands still past T_src.
    function test_AStallOfTheSourceLongerThanDCostsTheSecondParty() public {
        (LockTerms memory source, LockTerms memory destination) = _swap();
        hashLock.claim(destination, PREIMAGE);
        vm.warp(DEADLINE);
        _assertOnlyRefund(source);
        assertEq(cash.balanceOf(alice), 11 * PRICE);
        assertEq(cash.balanceOf(bob), 0);
    }

    /// @dev Alice's lock at the source, and Bob's at the destination, which ends earlier.
    function _swap() private returns (LockTerms memory source, LockTerms memory destination) {
        cash.mint(bob, PRICE);
        vm.prank(bob);
        cash.approve(address(hashLock), PRICE);
        (source, destination) = (_terms(), _terms());
        (destination.sender, destination.receiver) = (bob, alice);
        destination.lock = toLock(HashKind.Sha256, DEADLINE - 2 hours, 1);
        _lock(source);
        _lock(destination);
    }

    function _assertOnlyRefund(LockTerms memory terms) private {
        _way(terms.receiver, abi.encodeCall(HashLock.claim, (terms, PREIMAGE)));
        _way(stranger, abi.encodeCall(HashLock.refund, (terms)));
        _assertOnly(address(hashLock), 1);
    }
}

contract StalledEscrowTest is EscrowBase, Ways {
    uint256 private constant LAST = DISPUTE_BY + RULE_WINDOW;

    function testFuzz_OneWayOutOfAnEscrow(uint256 which, uint64 jump) public {
        Status status = [Status.Open, Status.Armed, Status.Disputed][bound(which, 0, 2)];
        EscrowTerms memory terms = _terms();
        Id id = _reach(terms, status);
        cash.mint(alice, BOND);
        vm.warp(bound(jump, LAST, type(uint64).max));
        _way(stranger, abi.encodeCall(escrow.abort, (terms)));
        _way(stranger, abi.encodeCall(escrow.settle, (terms)));
        _way(alice, abi.encodeCall(escrow.fund, (terms)));
        _way(bob, abi.encodeCall(escrow.accept, (terms)));
        _way(alice, abi.encodeCall(escrow.dispute, (terms)));
        _way(arbiter, abi.encodeCall(escrow.rule, (terms, 10_000)));
        _assertOnly(address(escrow), status == Status.Open ? 0 : 1);
        assertStatus(id, status == Status.Open ? Status.Aborted : Status.Settled);
        assertEq(cash.balanceOf(address(escrow)), 0);
    }

    /// @dev A party that would give in need not be asked to wait, either.
    function test_GivingInWorksAfterAJumpToo() public {
        EscrowTerms memory terms = _terms();
        _accept(terms);
        vm.warp(LAST);
        uint256 state = vm.snapshotState();
        _release(terms, 10_000);
        assertEq(cash.balanceOf(bob), 10 * BOND + PRICE);
        vm.revertToState(state);
        vm.prank(bob);
        escrow.refund(terms);
        assertEq(cash.balanceOf(alice), 10 * PRICE);
    }
}

/// forge-config: deep.fuzz.runs = 10000
contract StalledFairExchangeTest is FairBase, Ways {
    function testFuzz_OneWayOutOfALockedPrice(uint64 jump) public {
        Sealed memory deal = _cheat();
        _lock(deal.terms);
        vm.warp(bound(jump, REVEAL_BY, type(uint64).max));
        _allWays(deal);
        _assertOnly(address(fair), 2);
        _assertMoney(10, 0, 0);
    }

    /// @dev A stall that takes the whole window takes the complaint too: the window must be longer than any stall.
    function testFuzz_OneWayOutOfARevealedKey(uint64 jump) public {
        Sealed memory deal = _cheat();
        _lockAndReveal(deal);
        vm.warp(bound(jump, T0 + WINDOW, type(uint64).max));
        _allWays(deal);
        _assertOnly(address(fair), 3);
        _assertMoney(9, 1, 0);
    }

    /// @dev The window starts with the block of the reveal, so a jump before it takes nothing of it.
    function test_AJumpBeforeTheRevealLeavesTheWholeWindow() public {
        Sealed memory deal = _cheat();
        _lock(deal.terms);
        vm.warp(REVEAL_BY - 1);
        _reveal(deal);
        vm.warp(REVEAL_BY - 1 + WINDOW - 1);
        _complain(deal.terms, Sealing.complaint(deal, 1));
        _assertMoney(10, 0, 0);
    }

    function _allWays(Sealed memory deal) private {
        Complaint memory c = Sealing.complaint(deal, 1);
        _way(alice, abi.encodeCall(fair.reveal, (deal.terms, deal.key)));
        _way(bob, abi.encodeCall(fair.complain, (deal.terms, c.goods, c.key, c.index, c.leaf, c.proof)));
        _way(carol, abi.encodeCall(fair.reclaim, (deal.terms)));
        _way(carol, abi.encodeCall(fair.finalize, (deal.terms, "")));
        _way(bob, abi.encodeCall(fair.lock, (deal.terms)));
    }
}

contract StalledSettlementTest is Base, Ways {
    /// @dev One leg in, all legs in, all proven.
    function testFuzz_OneWayOutOfASettlement(uint256 stage, uint64 jump) public {
        stage = bound(stage, 0, 2);
        Terms memory terms = _deal();
        _fund(terms, 0);
        if (stage > 0) _fund(terms, 1);
        bytes memory proof = _proof(terms, 0);
        if (stage > 1) settlement.satisfy(terms, 0, proof);
        vm.warp(bound(jump, SETTLE_BY, type(uint64).max));
        _way(carol, abi.encodeCall(settlement.abort, (terms)));
        _way(carol, abi.encodeCall(settlement.settle, (terms, _none())));
        _way(bob, abi.encodeCall(settlement.fund, (terms, 1)));
        _way(carol, abi.encodeCall(settlement.satisfy, (terms, 0, proof)));
        _way(carol, abi.encodeCall(settlement.settle, (terms, _proofs(terms))));
        _assertOnly(address(settlement), stage > 1 ? 1 : 0);
        assertEq(deed.ownerOf(terms.legs[0].tokenId), stage > 1 ? bob : alice);
        assertEq(cash.balanceOf(stage > 1 ? alice : bob), PRICE);
    }
}

contract StalledDvpTest is Base, Ways {
    function testFuzz_OneWayOutOfADvp(bool armed, uint64 jump) public {
        Dvp dvp = new Dvp();
        DvpTerms memory terms;
        (terms.seller, terms.buyer) = (alice, bob);
        (terms.asset, terms.tokenId, terms.amount) = (_erc721(address(deed)), _mintDeed(keccak256("root")), 1);
        (terms.payment, terms.price) = (_erc20(address(cash)), PRICE);
        terms.windows = toWindows(FUND_BY, SETTLE_BY, 1);
        _mintCash(bob, PRICE);
        vm.prank(alice);
        deed.setApprovalForAll(address(dvp), true);
        vm.prank(bob);
        cash.approve(address(dvp), PRICE);
        vm.prank(alice);
        dvp.fund(terms);
        vm.prank(bob);
        if (armed) dvp.fund(terms);
        else cash.approve(address(dvp), PRICE);

        vm.warp(bound(jump, SETTLE_BY, type(uint64).max));
        _way(carol, abi.encodeCall(dvp.abort, (terms)));
        _way(bob, abi.encodeCall(dvp.fund, (terms)));
        _way(bob, abi.encodeCall(dvp.settle, (terms, "")));
        _assertOnly(address(dvp), 0);
        assertEq(deed.ownerOf(terms.tokenId), alice);
        assertEq(cash.balanceOf(bob), PRICE);
    }
}

contract StalledCouncilTest is Stage, Ways {
    function testFuzz_OneWayOutOfAVote(bool passed, uint64 jump) public {
        Proposal memory proposal = _proposal();
        Id id = passed ? _pass(proposal) : _open(proposal);
        vm.warp(bound(jump, EXECUTE_BY, type(uint64).max));
        _allWays(id, proposal);
        _assertOnly(address(council), 0);
        assertStatus(id, passed ? ProposalStatus.Stale : ProposalStatus.Expired);
        assertEq(target.calls(), 0);
    }

    /// @dev A jump into the time of execution, past that of the vote.
    function testFuzz_OneWayOnFromAJumpIntoTheExecution(bool passed, uint256 jump) public {
        Proposal memory proposal = _proposal();
        Id id = passed ? _pass(proposal) : _open(proposal);
        vm.warp(bound(jump, EXECUTE_FROM, EXECUTE_BY - 1));
        _allWays(id, proposal);
        _assertOnly(address(council), passed ? 1 : 0);
        assertStatus(id, passed ? ProposalStatus.Executed : ProposalStatus.Expired);
    }

    function _allWays(Id id, Proposal memory proposal) private {
        _way(stranger, abi.encodeCall(council.expire, (proposal)));
        _way(stranger, abi.encodeCall(council.execute, (proposal)));
        _way(carol, abi.encodeCall(council.vote, (id, 2)));
        _way(carol, abi.encodeCall(council.open, (proposal, 2)));
        _way(stranger, abi.encodeCall(council.submit, (proposal, _bobAndCarol(proposal))));
        _way(stranger, abi.encodeCall(council.enact, (proposal, _bobAndCarol(proposal))));
    }
}

contract StalledExchangeTest is ExchangeBase, Ways {
    /// @dev Nothing is held for an order, so there is nothing to get out: it is too late for it, and to cancel it works.
    function testFuzz_AnOrderIsOverAfterAJump(uint64 jump) public {
        Order memory order = _order(1);
        Take memory take = _take(LOTS, 7);
        bytes memory signature = _signed(order);
        bytes memory takes = _signed(order, take);
        _fill(order, LOTS / 2);
        vm.warp(bound(jump, DEADLINE, type(uint64).max));
        Id id = exchange.id(order);
        vm.expectRevert(abi.encodeWithSelector(IExchange.TooLate.selector, id, DEADLINE));
        vm.prank(tom);
        exchange.fill(order, 1, signature);
        _way(tom, abi.encodeCall(exchange.fill, (order, LOTS / 2, signature)));
        _way(stranger, abi.encodeCall(exchange.fillFor, (order, signature, take, takes)));
        _way(mona, abi.encodeCall(exchange.cancel, (order)));
        _assertOnly(address(exchange), 2);
        assertEq(exchange.left(order), 0);
    }
}
