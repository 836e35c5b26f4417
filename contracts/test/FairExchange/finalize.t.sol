// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Guard} from "../../src/base/Guard.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {IFairExchange} from "../../src/interfaces/IFairExchange.sol";
import {FairTerms} from "../../src/types/FairTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {Sealed} from "../Judge/Sealing.sol";
import {HookToken, RefusingToken} from "../mocks/Tokens.sol";
import {Wallet} from "../mocks/Wallet.sol";
import {FairBase} from "./FairBase.sol";

contract FairFinalizeTest is FairBase {
    function test_ByTheBuyerAtOnce() public {
        Sealed memory deal = _deal();
        _lockAndReveal(deal);
        vm.expectEmit(address(fair));
        emit IFairExchange.Settled(fair.id(deal.terms), bob);
        vm.prank(bob);
        fair.finalize(deal.terms, "");
        _assertStatus(deal.terms, Status.Settled);
        _assertMoney(9, 1, 0);
    }

    function test_ByAnyoneOnReceipt() public {
        Sealed memory deal = _deal();
        _lockAndReveal(deal);
        bytes memory receipt = _receipt(deal.terms);
        vm.expectEmit(address(fair));
        emit IFairExchange.Settled(fair.id(deal.terms), carol);
        vm.prank(carol);
        fair.finalize(deal.terms, receipt);
        _assertMoney(9, 1, 0);
    }

    function test_ByAnyoneOnceTheWindowIsOver() public {
        Sealed memory deal = _deal();
        _lockAndReveal(deal);
        Id id = fair.id(deal.terms);
        vm.warp(T0 + WINDOW - 1);
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ICustody.TooEarly.selector, id, T0 + WINDOW));
            vm.prank(i == 0 ? alice : carol);
            fair.finalize(deal.terms, "");
        }
        vm.warp(T0 + WINDOW);
        vm.prank(carol);
        fair.finalize(deal.terms, "");
        _assertMoney(9, 1, 0);
    }

    function testFuzz_NeverTooLate(uint40 later) public {
        Sealed memory deal = _deal();
        _lockAndReveal(deal);
        vm.warp(T0 + WINDOW + later);
        fair.finalize(deal.terms, "");
        _assertMoney(9, 1, 0);
    }

    function test_RevertWhen_NotRevealed() public {
        Status[4] memory others = [Status.None, Status.Armed, Status.Settled, Status.Aborted];
        for (uint256 i = 0; i < 4; ++i) {
            Sealed memory deal = _dealOf(2, uint64(i));
            _bring(deal, others[i]);
            bytes memory receipt = _receipt(deal.terms);
            vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, fair.id(deal.terms), others[i]));
            vm.prank(bob);
            fair.finalize(deal.terms, receipt);
        }
    }

    function test_RevertWhen_BadReceipt() public {
        Sealed memory deal = _deal();
        _lockAndReveal(deal);
        bytes memory good = _receipt(deal.terms);
        bytes32 digest = fair.receiptDigest(fair.id(deal.terms));
        bytes[5] memory bad = [
            _sign(aliceKey, digest),
            _sign(bobKey, Id.unwrap(fair.id(deal.terms))),
            _receipt(_dealOf(3, 2).terms),
            _malleable(good),
            bytes(hex"00")
        ];
        vm.warp(T0 + WINDOW);
        for (uint256 i = 0; i < 5; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IFairExchange.BadReceipt.selector, fair.id(deal.terms)));
            vm.prank(i % 2 == 0 ? bob : carol);
            fair.finalize(deal.terms, bad[i]);
        }
    }

    function test_ReceiptOfAnotherChainOrContract() public {
        Sealed memory deal = _deal();
        _lockAndReveal(deal);
        bytes memory receipt = _receipt(deal.terms);
        uint256 chain = block.chainid;
        vm.chainId(chain + 1);
        // There the terms have another name, and nothing is locked under it.
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, fair.id(deal.terms), Status.None));
        fair.finalize(deal.terms, receipt);
        vm.chainId(chain);
        fair.finalize(deal.terms, receipt);
    }

    function test_ReceiptOfAContractAccount() public {
        Wallet wallet = new Wallet(bob);
        Wallet second = new Wallet(bob);
        Sealed memory deal = _deal();
        deal.terms.buyer = address(wallet);
        cash.mint(address(wallet), PRICE);
        vm.prank(address(wallet));
        cash.approve(address(fair), PRICE);
        _lockAndReveal(deal);

        // What the same owner signed for its other account is not good here.
        FairTerms memory other = abi.decode(abi.encode(deal.terms), (FairTerms));
        other.buyer = address(second);
        bytes memory receipt = _receipt(other);
        vm.expectRevert(abi.encodeWithSelector(IFairExchange.BadReceipt.selector, fair.id(deal.terms)));
        fair.finalize(deal.terms, receipt);
        fair.finalize(deal.terms, _receipt(deal.terms));
        _assertMoney(10, 1, 0);
    }

    function test_SellerRefused() public {
        RefusingToken token = new RefusingToken();
        _supply(token);
        token.refuse(alice, true);
        for (uint256 way = 0; way < 5; ++way) {
            token.setWay(RefusingToken.Way(way));
            Sealed memory deal = _dealOf(2, uint64(way));
            deal.terms.asset = _erc20(address(token));
            _lockAndReveal(deal);
            if (way == uint256(RefusingToken.Way.ReturnBomb)) continue;
            vm.expectEmit(address(fair));
            emit ICustody.Credited(fair.id(deal.terms), alice, deal.terms.asset, 0, PRICE);
            vm.prank(bob);
            fair.finalize(deal.terms, "");
            _assertStatus(deal.terms, Status.Settled);
        }
        uint256 owed = fair.owed(alice, _erc20(address(token)), 0);
        assertEq(owed, 4 * PRICE);
        vm.prank(alice);
        fair.withdraw(_erc20(address(token)), 0, carol);
        assertEq(token.balanceOf(carol), owed);
    }

    function test_RevertWhen_TooLittleGas() public {
        Sealed memory deal = _deal();
        _lockAndReveal(deal);
        bytes memory call = abi.encodeCall(fair.finalize, (deal.terms, ""));
        uint256 paid = 0;
        for (uint256 gasGiven = 25_000; gasGiven < 400_000; gasGiven += 5_000) {
            uint256 state = vm.snapshotState();
            vm.prank(bob);
            (bool done,) = address(fair).call{gas: gasGiven}(call);
            if (done) ++paid;
            assertEq(cash.balanceOf(alice), done ? PRICE : 0);
            assertEq(fair.owed(alice, deal.terms.asset, 0), 0);
            vm.revertToState(state);
        }
        assertGt(paid, 0);
    }

    function test_Reentrancy() public {
        HookToken hook = new HookToken();
        _supply(hook);
        Sealed memory deal = _deal();
        deal.terms.asset = _erc20(address(hook));
        bytes[7] memory calls = _everyCall(deal);
        _lockAndReveal(deal);
        for (uint256 i = 0; i < 7; ++i) {
            uint256 state = vm.snapshotState();
            hook.hook(address(fair), calls[i]);
            vm.prank(bob);
            fair.finalize(deal.terms, "");
            assertTrue(hook.called() && !hook.succeeded());
            assertEq(bytes4(hook.answer()), Guard.Reentered.selector);
            assertEq(hook.balanceOf(alice), PRICE);
            vm.revertToState(state);
        }
    }

    /// @dev The other signature of the same digest, with s in the upper half.
    function _malleable(bytes memory signature) private pure returns (bytes memory) {
        (bytes32 r, bytes32 s) = abi.decode(bytes.concat(signature, new bytes(31)), (bytes32, bytes32));
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        uint8 v = uint8(signature[64]) == 27 ? 28 : 27;
        return abi.encodePacked(r, bytes32(order - uint256(s)), v);
    }
}
