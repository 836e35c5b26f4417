// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Guard} from "../../src/base/Guard.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {AssetKind, toAsset} from "../../src/types/Asset.sol";
import {EscrowTerms} from "../../src/types/EscrowTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {HookToken, RefusingToken} from "../mocks/Tokens.sol";
import {EscrowBase} from "./EscrowBase.sol";

contract EscrowSettle is EscrowBase {
    function test_Armed_FromDisputeBy() public {
        EscrowTerms memory terms = _terms();
        Id id = _accept(terms);
        vm.warp(DISPUTE_BY - 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooEarly.selector, id, DISPUTE_BY));
        escrow.settle(terms);

        vm.warp(DISPUTE_BY);
        vm.expectEmit(address(escrow));
        emit IEscrow.Settled(id, stranger, PRICE, 0, address(0));
        vm.prank(stranger);
        escrow.settle(terms);
        assertEq(cash.balanceOf(bob), 10 * BOND + PRICE);
    }

    function test_Disputed_FromRuleBy() public {
        EscrowTerms memory terms = _terms();
        Id id = _dispute(terms, bob);
        _release(terms, 1_000);
        uint256 left = PRICE - PRICE / 10;
        vm.warp(T0 + RULE_WINDOW - 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooEarly.selector, id, T0 + RULE_WINDOW));
        escrow.settle(terms);

        vm.warp(T0 + RULE_WINDOW);
        vm.expectEmit(address(escrow));
        emit IEscrow.Settled(id, stranger, left / 4, left - left / 4, bob);
        vm.prank(stranger);
        escrow.settle(terms);
        assertEq(cash.balanceOf(bob), 10 * BOND + PRICE / 10 + left / 4);
        assertEq(cash.balanceOf(arbiter), 0);
        assertEq(cash.balanceOf(address(escrow)), 0);
    }

    function test_Disputed_WithoutAnArbiter() public {
        EscrowTerms memory terms = _terms();
        (terms.arbiter, terms.bond, terms.defaultBps) = (address(0), 0, 0);
        Id id = _dispute(terms, alice);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotArbiter.selector, id, stranger));
        vm.prank(stranger);
        escrow.rule(terms, 10_000);
        vm.warp(T0 + RULE_WINDOW);
        escrow.settle(terms);
        assertStatus(id, Status.Aborted);
        assertEq(cash.balanceOf(alice), 10 * PRICE);
    }

    function test_ARefusedPartyIsCreditedAndTheOtherPaid() public {
        EscrowTerms memory terms = _terms();
        Id id = _dispute(terms, alice);
        cash.refuse(bob, true);
        cash.setWay(RefusingToken.Way.BurnGas);
        vm.warp(T0 + RULE_WINDOW);
        escrow.settle(terms);
        assertEq(escrow.owed(bob, terms.asset, 0), PRICE / 4);
        assertEq(cash.balanceOf(alice), 10 * PRICE - PRICE / 4);
        assertStatus(id, Status.Settled);
    }

    function test_Abort_FromAcceptBy() public {
        EscrowTerms memory terms = _terms();
        Id id = _fund(terms);
        _release(terms, 3_000);
        uint256 left = PRICE - PRICE * 3 / 10;
        vm.warp(ACCEPT_BY - 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooEarly.selector, id, ACCEPT_BY));
        escrow.abort(terms);

        vm.warp(ACCEPT_BY);
        vm.expectEmit(address(escrow));
        emit IEscrow.Aborted(id, stranger, left, address(0));
        vm.prank(stranger);
        escrow.abort(terms);
        assertEq(cash.balanceOf(alice), 9 * PRICE + left);
    }

    function test_Refund_RevertWhen_NotThePayee() public {
        EscrowTerms memory terms = _terms();
        Id id = _fund(terms);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotPayee.selector, id, alice));
        vm.prank(alice);
        escrow.refund(terms);
    }

    function test_Refund_EndsADispute() public {
        EscrowTerms memory terms = _terms();
        Id id = _dispute(terms, alice);
        vm.warp(T0 + 10 * RULE_WINDOW);
        vm.expectEmit(address(escrow));
        emit IEscrow.Aborted(id, bob, PRICE, alice);
        vm.prank(bob);
        escrow.refund(terms);
        assertEq(cash.balanceOf(alice), 10 * PRICE);
        (uint256 ruleBy, bool byPayer) = escrow.disputeOf(id);
        assertEq(ruleBy, T0 + RULE_WINDOW);
        assertTrue(byPayer);
    }

    /// @notice Whatever a token's hook calls in the middle of a payment, every write and every view refuses.
    function test_RevertWhen_TheTokenCallsBack() public {
        HookToken token = new HookToken();
        token.mint(alice, PRICE);
        vm.prank(alice);
        token.approve(address(escrow), PRICE);
        EscrowTerms memory terms = _terms();
        terms.asset = toAsset(AssetKind.ERC20, address(token));
        terms.bond = 0;
        Id id = _accept(terms);
        bytes[] memory calls = new bytes[](12);
        calls[0] = abi.encodeCall(escrow.fund, terms);
        calls[1] = abi.encodeCall(escrow.accept, terms);
        calls[2] = abi.encodeCall(escrow.release, (terms, 10_000, ""));
        calls[3] = abi.encodeCall(escrow.refund, terms);
        calls[4] = abi.encodeCall(escrow.dispute, terms);
        calls[5] = abi.encodeCall(escrow.rule, (terms, 1));
        calls[6] = abi.encodeCall(escrow.settle, terms);
        calls[7] = abi.encodeCall(escrow.abort, terms);
        calls[8] = abi.encodeCall(escrow.withdraw, (terms.asset, 0, alice));
        calls[9] = abi.encodeCall(escrow.status, id);
        calls[10] = abi.encodeCall(escrow.released, id);
        calls[11] = abi.encodeCall(escrow.disputeOf, id);
        for (uint256 i = 0; i < calls.length; ++i) {
            token.hook(address(escrow), calls[i]);
            _release(terms, uint16(100 * (i + 1)));
            assertTrue(token.called());
            assertFalse(token.succeeded());
            bytes memory guard = abi.encodeWithSelector(Guard.Reentered.selector);
            assertEq(token.answer(), guard);
        }
    }
}
