// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Guard} from "../../src/base/Guard.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {Condition, Leg, Terms} from "../../src/types/Terms.sol";
import {Base} from "../Base.t.sol";
import {RefusingNft} from "../mocks/Nfts.sol";
import {DoubleToken, HookToken, PlainToken, RefusingToken, SurchargeToken} from "../mocks/Tokens.sol";

contract SettlementSettleTest is Base {
    function test_PaysEveryLeg() public {
        Terms memory terms = _deal();
        _fundAll(terms);
        Id id = settlement.id(terms);
        bytes[] memory proofs = _proofs(terms);
        vm.expectEmit();
        emit ISettlement.Satisfied(id, 0, "");
        vm.expectEmit();
        emit ISettlement.Settled(id, carol);
        vm.prank(carol);
        settlement.settle(terms, proofs);
        _assertSettled(terms);
    }

    function test_AfterSatisfy() public {
        Terms memory terms = _dealOfTwoConditions();
        _fundAll(terms);
        settlement.satisfy(terms, 0, _proof(terms, 0));
        uint256 state = vm.snapshotState();

        // The missing proof comes along; an empty entry stands for the one that is in.
        bytes[] memory proofs = _proofs(terms);
        proofs[0] = "";
        settlement.settle(terms, proofs);
        _assertSettled(terms);

        vm.revertToState(state);
        settlement.satisfy(terms, 1, _proof(terms, 1));
        settlement.settle(terms, _none());
        _assertSettled(terms);
    }

    function test_WithoutConditions() public {
        Terms memory terms = _deal();
        terms.conditions = new Condition[](0);
        _fundAll(terms);
        vm.warp(SETTLE_BY + 1000 days);
        settlement.settle(terms, _none());
        _assertSettled(terms);
    }

    function testFuzz_ProvenSettlesForever(uint40 later) public {
        Terms memory terms = _deal();
        _fundAll(terms);
        settlement.satisfy(terms, 0, _proof(terms, 0));
        vm.warp(T0 + later);
        Id id = settlement.id(terms);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AllSatisfied.selector, id));
        settlement.abort(terms);
        settlement.settle(terms, _none());
        _assertSettled(terms);
    }

    function test_RevertWhen_ProofsAreLate() public {
        Terms memory terms = _deal();
        _fundAll(terms);
        bytes[] memory proofs = _proofs(terms);
        Id id = settlement.id(terms);
        vm.warp(SETTLE_BY - 1);
        uint256 state = vm.snapshotState();
        settlement.settle(terms, proofs);
        vm.revertToState(state);
        for (uint256 late = 0; late < 2; ++late) {
            vm.warp(SETTLE_BY + late);
            vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, id, SETTLE_BY));
            settlement.settle(terms, proofs);
        }
    }

    function test_RevertWhen_NotArmed() public {
        Terms memory terms = _deal();
        Id id = settlement.id(terms);
        bytes[] memory proofs = _proofs(terms);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, id, Status.None));
        settlement.settle(terms, proofs);
        _fund(terms, 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, id, Status.Open));
        settlement.settle(terms, proofs);
        _fund(terms, 0);
        settlement.settle(terms, proofs);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, id, Status.Settled));
        settlement.settle(terms, proofs);
    }

    function test_RevertWhen_Aborted() public {
        Terms memory terms = _deal();
        Id id = settlement.id(terms);
        bytes[] memory proofs = _proofs(terms);
        _fundAll(terms);
        vm.warp(SETTLE_BY);
        settlement.abort(terms);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, id, Status.Aborted));
        settlement.settle(terms, proofs);
    }

    function test_RevertWhen_NotSatisfied() public {
        Terms memory terms = _dealOfTwoConditions();
        _fundAll(terms);
        Id id = settlement.id(terms);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotSatisfied.selector, id, 0));
        settlement.settle(terms, _none());
        bytes[] memory proofs = _proofs(terms);
        proofs[0] = "";
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotSatisfied.selector, id, 2));
        settlement.settle(terms, proofs);
    }

    function test_RevertWhen_BadProofCount() public {
        Terms memory terms = _dealOfTwoConditions();
        _fundAll(terms);
        for (uint256 count = 1; count <= 3; count += 2) {
            vm.expectRevert(abi.encodeWithSelector(ISettlement.BadProofCount.selector, count, 2));
            settlement.settle(terms, new bytes[](count));
        }
    }

    function test_RevertWhen_BadProof() public {
        Terms memory terms = _dealOfTwoConditions();
        _fundAll(terms);
        bytes[] memory proofs = _proofs(terms);
        (proofs[0], proofs[1]) = (proofs[1], proofs[0]);
        Id id = settlement.id(terms);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadProof.selector, id, 0));
        settlement.settle(terms, proofs);
    }

    function test_RevertWhen_ProofIsSuperfluous() public {
        Terms memory terms = _deal();
        _fundAll(terms);
        bytes[] memory proofs = _proofs(terms);
        settlement.satisfy(terms, 0, proofs[0]);
        Id id = settlement.id(terms);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AlreadySatisfied.selector, id, 0));
        settlement.settle(terms, proofs);
    }

    /// @dev However a token refuses its payee, the NFT moves, and the payee gets the cash elsewhere later.
    function test_RefusedCashIsCredited() public {
        for (uint256 way = 0; way < uint256(RefusingToken.Way.DoNothing); ++way) {
            uint256 state = vm.snapshotState();
            RefusingToken token = new RefusingToken();
            Terms memory terms = _dealIn(token);
            token.refuse(alice, true);
            token.setWay(RefusingToken.Way(way));
            Id id = settlement.id(terms);

            bytes[] memory proofs = _proofs(terms);
            vm.expectEmit();
            emit ICustody.Credited(id, alice, _erc20(address(token)), 0, PRICE);
            settlement.settle{gas: 3_000_000}(terms, proofs);
            assertEq(settlement.status(id), Status.Settled);
            assertEq(deed.ownerOf(terms.legs[0].tokenId), bob);
            assertEq(settlement.owed(alice, _erc20(address(token)), 0), PRICE);

            vm.prank(alice);
            settlement.withdraw(_erc20(address(token)), 0, carol);
            assertEq(token.balanceOf(carol), PRICE);
            vm.revertToState(state);
        }
    }

    function test_RefusedNftIsCredited() public {
        for (uint256 burning = 0; burning < 2; ++burning) {
            uint256 state = vm.snapshotState();
            RefusingNft nft = new RefusingNft();
            Terms memory terms = _dealOver(nft);
            nft.refuse(bob, true);
            nft.setBurning(burning == 1);
            Id id = settlement.id(terms);

            bytes[] memory proofs = _proofs(terms);
            vm.expectEmit();
            emit ICustody.Credited(id, bob, _erc721(address(nft)), 9, 1);
            settlement.settle{gas: 3_000_000}(terms, proofs);
            assertEq(cash.balanceOf(alice), PRICE);
            assertEq(settlement.owed(bob, _erc721(address(nft)), 9), 1);

            vm.prank(bob);
            settlement.withdraw(_erc721(address(nft)), 9, carol);
            assertEq(nft.ownerOf(9), carol);
            vm.revertToState(state);
        }
    }

    /// @dev Eight legs in tokens that burn all the gas they get, and still it ends within a few million gas.
    function test_EveryLegBurnsGas() public {
        RefusingToken token = new RefusingToken();
        Terms memory terms = _dealIn(token);
        terms.legs = new Leg[](8);
        for (uint256 i = 0; i < 8; ++i) {
            terms.legs[i] = _cashLeg(address(token), bob, alice, 2 + i);
        }
        terms.nonce = 2;
        _fundAll(terms);
        token.refuse(alice, true);
        token.setWay(RefusingToken.Way.BurnGas);
        bytes[] memory proofs = _proofs(terms);
        uint256 before = gasleft();
        settlement.settle(terms, proofs);
        assertLt(before - gasleft(), 3_000_000);
        assertEq(settlement.owed(alice, _erc20(address(token)), 0), 8 * 2 + 28);
    }

    /// @dev Whatever gas the caller gives: the payee is paid, or nothing happens.
    function testFuzz_GasCannotForceACredit(uint256 gas_) public {
        Terms memory terms = _deal();
        _fundAll(terms);
        bytes[] memory proofs = _proofs(terms);
        gas_ = bound(gas_, 20_000, 600_000);
        try settlement.settle{gas: gas_}(terms, proofs) {
            _assertSettled(terms);
        } catch {
            assertEq(settlement.status(settlement.id(terms)), Status.Armed);
        }
    }

    function test_RevertWhen_TooLittleGas() public {
        RefusingToken token = new RefusingToken();
        Terms memory terms = _dealIn(token);
        token.refuse(alice, true);
        bytes[] memory proofs = _proofs(terms);
        vm.expectPartialRevert(ICustody.TooLittleGas.selector);
        settlement.settle{gas: 300_000}(terms, proofs);
    }

    /// @dev A token that takes more out of custody than was asked leaves its own deals short, and no other token's.
    function test_SurchargeHurtsOnlyItsOwnToken() public {
        SurchargeToken token = new SurchargeToken();
        Terms memory terms = _dealIn(token);
        Terms memory other = _again(terms, token);
        token.setCharging(true);
        settlement.settle(terms, _proofs(terms));
        assertEq(token.balanceOf(alice), PRICE);
        token.setCharging(false);
        settlement.settle(other, _proofs(other));
        assertEq(settlement.owed(alice, _erc20(address(token)), 0), PRICE);
        assertEq(deed.ownerOf(other.legs[0].tokenId), bob);
    }

    /// @dev A token that says it paid, and did not, cheats only those who took it for money.
    function test_LyingTokenHurtsOnlyItsOwnPayee() public {
        RefusingToken token = new RefusingToken();
        Terms memory terms = _dealIn(token);
        token.refuse(alice, true);
        token.setWay(RefusingToken.Way.DoNothing);
        settlement.settle(terms, _proofs(terms));
        assertEq(settlement.status(settlement.id(terms)), Status.Settled);
        assertEq(deed.ownerOf(terms.legs[0].tokenId), bob);
        assertEq(token.balanceOf(address(settlement)), PRICE);
        assertEq(settlement.owed(alice, _erc20(address(token)), 0), 0);
    }

    /// @dev Two addresses of one ledger are two tokens here, and each pays out exactly what came in through it.
    function test_DoubleEntryToken() public {
        DoubleToken token = new DoubleToken();
        address twin = address(token.twin());
        Terms memory terms = _dealIn(token);
        terms.legs = new Leg[](2);
        terms.legs[0] = _cashLeg(address(token), bob, alice, 60);
        terms.legs[1] = _cashLeg(twin, bob, carol, 40);
        terms.nonce = 2;
        token.mint(bob, 100);
        uint256 before = token.balanceOf(address(settlement));
        _fundAll(terms);
        assertEq(token.balanceOf(address(settlement)), before + 100);
        settlement.settle(terms, _proofs(terms));
        assertEq(token.balanceOf(alice), 60);
        assertEq(token.balanceOf(carol), 40);
        assertEq(token.balanceOf(address(settlement)), before);
    }

    /// @dev A token whose issuer takes it out of custody leaves its own deals short, and no other token's.
    function test_ClawbackHurtsOnlyItsOwnToken() public {
        PlainToken token = new PlainToken();
        Terms memory terms = _dealIn(token);
        token.take(address(settlement), 1);
        settlement.settle(terms, _proofs(terms));
        assertEq(deed.ownerOf(terms.legs[0].tokenId), bob);
        assertEq(settlement.owed(alice, _erc20(address(token)), 0), PRICE);
        token.mint(address(settlement), 1);
        vm.prank(alice);
        settlement.withdraw(_erc20(address(token)), 0, alice);
        assertEq(token.balanceOf(alice), PRICE);
    }

    /// @dev A token calls back into every write and every status view while it is being paid out.
    function test_ReenteringReverts() public {
        HookToken token = new HookToken();
        Terms memory terms = _dealIn(token);
        Terms memory other = _again(terms, token);
        Id id = settlement.id(terms);
        bytes[] memory calls = new bytes[](10);
        calls[0] = abi.encodeCall(settlement.settle, (other, _proofs(other)));
        calls[1] = abi.encodeCall(settlement.settle, (terms, _none()));
        calls[2] = abi.encodeCall(settlement.satisfy, (other, 0, _proof(other, 0)));
        calls[3] = abi.encodeCall(settlement.abort, (terms));
        calls[4] = abi.encodeCall(settlement.cancel, (other, _cancels(other)));
        calls[5] = abi.encodeCall(settlement.withdraw, (_erc20(address(token)), 0, alice));
        calls[6] = abi.encodeCall(settlement.permit, (address(cash), 1, 1, 0, 0, 0));
        calls[7] = abi.encodeCall(settlement.status, (id));
        calls[8] = abi.encodeCall(settlement.funded, (id));
        calls[9] = abi.encodeCall(settlement.satisfied, (id));
        bytes[] memory proofs = _proofs(terms);
        bytes memory refusal = abi.encodePacked(Guard.Reentered.selector);
        for (uint256 i = 0; i < calls.length; ++i) {
            uint256 state = vm.snapshotState();
            token.hook(address(settlement), calls[i]);
            settlement.settle(terms, proofs);
            assertTrue(token.called());
            assertFalse(token.succeeded());
            assertEq(token.answer(), refusal);
            assertEq(token.balanceOf(alice), PRICE);
            vm.revertToState(state);
        }
    }

    function _assertSettled(Terms memory terms) private view {
        assertEq(settlement.status(settlement.id(terms)), Status.Settled);
        assertEq(deed.ownerOf(terms.legs[0].tokenId), bob);
        assertEq(cash.balanceOf(alice), PRICE);
        assertEq(cash.balanceOf(address(settlement)), 0);
        assertEq(settlement.owed(alice, _erc20(address(cash)), 0), 0);
    }

    /// @dev The usual deal paid in another token, funded.
    function _dealIn(PlainToken token) private returns (Terms memory terms) {
        terms = _deal();
        terms.legs[1].asset = _erc20(address(token));
        token.mint(bob, PRICE + 1000);
        vm.prank(bob);
        token.approve(address(settlement), type(uint256).max);
        _fundAll(terms);
        vm.prank(bob);
        assertTrue(token.transfer(address(0xdead), 1000 - 44));
    }

    /// @dev One more deal in the same token, funded.
    function _again(Terms memory first, PlainToken token) private returns (Terms memory terms) {
        uint256 tokenId = _mintDeed(keccak256("another"));
        terms = _terms(_nftLeg(address(deed), alice, bob, tokenId), first.legs[1], 7);
        token.mint(bob, PRICE);
        _fundAll(terms);
    }

    /// @dev The usual deal over another NFT, funded.
    function _dealOver(RefusingNft nft) private returns (Terms memory terms) {
        terms = _deal();
        nft.mint(alice, 9);
        vm.prank(alice);
        nft.setApprovalForAll(address(settlement), true);
        terms.legs[0] = _nftLeg(address(nft), alice, bob, 9);
        _fundAll(terms);
    }
}
