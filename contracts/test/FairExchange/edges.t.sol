// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Settlement} from "../../src/Settlement.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {AssetKind, toAsset} from "../../src/types/Asset.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {Condition, ConditionKind, Leg, Terms} from "../../src/types/Terms.sol";
import {Complaint, Sealed, Sealing} from "../Judge/Sealing.sol";
import {PlainNft} from "../mocks/Nfts.sol";
import {FairBase} from "./FairBase.sol";

/// forge-config: deep.fuzz.runs = 10000
contract FairEdgesTest is FairBase {
    enum Call {
        Lock,
        Reveal,
        Finalize,
        Complain,
        Reclaim
    }

    /// @dev The drawing in IFairExchange: what each call makes of each status, where None means that it reverts.
    function _next(Call call, Status from) private pure returns (Status) {
        if (from == Status.None && call == Call.Lock) return Status.Armed;
        if (from == Status.Armed && call == Call.Reveal) return Status.Revealed;
        if (from == Status.Armed && call == Call.Reclaim) return Status.Aborted;
        if (from == Status.Revealed && call == Call.Finalize) return Status.Settled;
        if (from == Status.Revealed && call == Call.Complain) return Status.Aborted;
        return Status.None;
    }

    function test_EveryCallInEveryStatus() public {
        Status[5] memory all = [Status.None, Status.Armed, Status.Revealed, Status.Settled, Status.Aborted];
        for (uint256 call = 0; call < 5; ++call) {
            for (uint256 i = 0; i < 5; ++i) {
                uint256 state = vm.snapshotState();
                Sealed memory deal = _cheat();
                _bring(deal, all[i]);
                bool done = _try(Call(call), deal);
                Status next = _next(Call(call), all[i]);
                assertEq(done, next != Status.None);
                _assertStatus(deal.terms, done ? next : all[i]);
                vm.revertToState(state);
            }
        }
    }

    /// @dev By the one who may, at a time when it may.
    function _try(Call call, Sealed memory deal) private returns (bool done) {
        bytes memory data;
        address by = bob;
        if (call == Call.Lock) {
            data = abi.encodeCall(fair.lock, (deal.terms));
        } else if (call == Call.Reveal) {
            (by, data) = (alice, abi.encodeCall(fair.reveal, (deal.terms, deal.key)));
        } else if (call == Call.Finalize) {
            data = abi.encodeCall(fair.finalize, (deal.terms, ""));
        } else if (call == Call.Complain) {
            Complaint memory c = Sealing.complaint(deal, 1);
            data = abi.encodeCall(fair.complain, (deal.terms, c.goods, c.key, c.index, c.leaf, c.proof));
        } else {
            vm.warp(REVEAL_BY);
            data = abi.encodeCall(fair.reclaim, (deal.terms));
        }
        vm.prank(by);
        (done,) = address(fair).call(data);
    }

    /// @dev Exactly one of the two ways on is open at any second.
    function testFuzz_ArmedIsRevealedOrReclaimed(uint256 time) public {
        Sealed memory deal = _deal();
        _lock(deal.terms);
        vm.warp(bound(time, T0, T0 + 2 * (REVEAL_BY - T0)));
        uint256 state = vm.snapshotState();
        vm.prank(alice);
        (bool revealed,) = address(fair).call(abi.encodeCall(fair.reveal, (deal.terms, deal.key)));
        vm.revertToState(state);
        (bool reclaimed,) = address(fair).call(abi.encodeCall(fair.reclaim, (deal.terms)));
        assertTrue(revealed != reclaimed);
        assertEq(reclaimed, block.timestamp >= REVEAL_BY);
    }

    function testFuzz_RevealedIsRefutedOrFinished(uint256 time) public {
        Sealed memory deal = _cheat();
        _lockAndReveal(deal);
        vm.warp(bound(time, T0, T0 + 2 * WINDOW));
        uint256 state = vm.snapshotState();
        bool complained = _try(Call.Complain, deal);
        vm.revertToState(state);
        vm.prank(carol);
        (bool finished,) = address(fair).call(abi.encodeCall(fair.finalize, (deal.terms, "")));
        assertTrue(complained != finished);
        assertEq(finished, block.timestamp >= T0 + WINDOW);
    }

    /// @dev A deed that follows the document: its Settlement waits for the exchange's outcome.
    function test_DeedFollowsTheOutcome() public {
        Settlement settlement = new Settlement();
        PlainNft deed = new PlainNft();
        deed.mint(alice, 9);
        vm.prank(alice);
        deed.approve(address(settlement), 9);
        Sealed memory deal = _deal();
        Terms memory terms;
        terms.legs = new Leg[](1);
        terms.legs[0] = Leg(toAsset(AssetKind.ERC721, address(deed)), alice, bob, 9, 1);
        terms.conditions = new Condition[](1);
        terms.conditions[0] = Condition(ConditionKind.Outcome, address(fair), Id.unwrap(fair.id(deal.terms)));
        terms.fundBy = uint40(T0 + 1 hours);
        terms.settleBy = REVEAL_BY + WINDOW + 1 hours;
        vm.prank(alice);
        settlement.fund(terms, 0);

        bytes[] memory proofs = new bytes[](1);
        proofs[0] = hex"01";
        _lockAndReveal(deal);
        vm.expectRevert();
        settlement.settle(terms, proofs);
        vm.warp(T0 + WINDOW);
        fair.finalize(deal.terms, "");
        settlement.settle(terms, proofs);
        assertEq(deed.ownerOf(9), bob);
        assertEq(cash.balanceOf(alice), PRICE);
    }

    /// @dev For an interface that a Settlement reads by.
    function test_StatusIsCustodys() public view {
        assertEq(uint8(ICustody(address(fair)).status(Id.wrap(0))), uint8(Status.None));
    }
}
