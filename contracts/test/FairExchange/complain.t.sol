// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {IFairExchange} from "../../src/interfaces/IFairExchange.sol";
import {Verdict} from "../../src/types/FairTerms.sol";
import {Status} from "../../src/types/Status.sol";
import {Complaint, Sealed, Sealing} from "../Judge/Sealing.sol";
import {RefusingToken} from "../mocks/Tokens.sol";
import {FairBase} from "./FairBase.sol";

/// forge-config: deep.fuzz.runs = 10000
contract FairComplainTest is FairBase {
    function test_GivesThePriceBack() public {
        Sealed memory deal = _cheat();
        _lockAndReveal(deal);
        vm.expectEmit(address(fair));
        emit IFairExchange.Aborted(fair.id(deal.terms), bob, true);
        _complain(deal.terms, Sealing.complaint(deal, 1));
        _assertStatus(deal.terms, Status.Aborted);
        _assertMoney(10, 0, 0);
    }

    function test_RevertWhen_NotRevealed() public {
        Status[4] memory others = [Status.None, Status.Armed, Status.Settled, Status.Aborted];
        for (uint256 i = 0; i < 4; ++i) {
            Sealed memory deal = _cheat();
            deal.terms.amount = PRICE - i;
            _bring(deal, others[i]);
            Complaint memory c = Sealing.complaint(deal, 1);
            vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, fair.id(deal.terms), others[i]));
            _complain(deal.terms, c);
        }
    }

    function test_RevertWhen_CallerNotBuyer() public {
        Sealed memory deal = _cheat();
        _lockAndReveal(deal);
        Complaint memory c = Sealing.complaint(deal, 1);
        address[2] memory callers = [alice, carol];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IFairExchange.BadParty.selector, callers[i]));
            vm.prank(callers[i]);
            fair.complain(deal.terms, c.goods, c.key, c.index, c.leaf, c.proof);
        }
    }

    function test_WindowsEdges() public {
        Sealed memory deal = _cheat();
        _lockAndReveal(deal);
        Complaint memory c = Sealing.complaint(deal, 1);
        uint256 until = fair.until(fair.id(deal.terms));
        assertEq(until, T0 + WINDOW);
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(until + i);
            vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, fair.id(deal.terms), until));
            _complain(deal.terms, c);
        }
        vm.warp(until - 1);
        _complain(deal.terms, c);
        _assertMoney(10, 0, 0);
    }

    function test_RevertWhen_SecondComplaint() public {
        Sealed memory deal = _cheat();
        _lockAndReveal(deal);
        Complaint memory c = Sealing.complaint(deal, 1);
        _complain(deal.terms, c);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, fair.id(deal.terms), Status.Aborted));
        _complain(deal.terms, c);
        _assertMoney(10, 0, 0);
    }

    /// @dev A wrong complaint costs the buyer nothing but gas: a right one still counts.
    function test_AfterAWrongComplaint() public {
        Sealed memory deal = _cheat();
        _lockAndReveal(deal);
        _refute(deal, Sealing.complaint(deal, 0), Verdict.Right);
        _complain(deal.terms, Sealing.complaint(deal, 1));
        _assertMoney(10, 0, 0);
    }

    function test_RevertWhen_JudgeDoesNotSayWrong() public {
        Sealed memory deal = _deal();
        _lockAndReveal(deal);
        Complaint memory c = Sealing.complaint(deal, 1);
        _refute(deal, c, Verdict.Right);
        c.leaf = 0;
        _refute(deal, c, Verdict.NotPlain);
        c.proof[0] = 0;
        _refute(deal, c, Verdict.NotCipher);
        c.proof = new bytes32[](0);
        _refute(deal, c, Verdict.BadLength);
        c.index = 3;
        _refute(deal, c, Verdict.NoSuchChunk);
        c.key = 0;
        _refute(deal, c, Verdict.BadKey);
        c.goods.secret = 0;
        _refute(deal, c, Verdict.BadGoods);
    }

    /// @dev Over every chunk, with one word of the complaint replaced, and with nothing but noise.
    function testFuzz_HonestSellerIsPaid(uint256 chunks, uint256 place, bytes32 word, Complaint memory noise) public {
        chunks = bound(chunks, 1, 5);
        Sealed memory deal = _dealOf(chunks, 1);
        _lockAndReveal(deal);
        for (uint256 i = 0; i < chunks; ++i) {
            _refuteAny(deal, Sealing.complaint(deal, i));
            Complaint memory c = Sealing.complaint(deal, i);
            c.proof[place % c.proof.length] = word;
            _refuteAny(deal, c);
            c = Sealing.complaint(deal, i);
            c.leaf = word;
            _refuteAny(deal, c);
        }
        _refuteAny(deal, noise);
        noise.goods = deal.goods;
        noise.key = deal.key;
        _refuteAny(deal, noise);

        vm.warp(T0 + WINDOW);
        fair.finalize(deal.terms, "");
        _assertMoney(9, 1, 0);
    }

    /// @dev One bit of one chunk, or the key, is not what it should be.
    function testFuzz_DishonestSellerIsNotPaid(uint256 chunks, uint256 index, uint256 bit, bytes32 key) public {
        chunks = bound(chunks, 1, 5);
        index = bound(index, 0, chunks - 1);
        Sealed memory deal = _dealOf(chunks, 1);
        bit %= 2048;
        deal.cipher[index][bit / 8] ^= bytes1(uint8(1 << bit % 8));
        Sealing.recommit(deal);
        _lockAndReveal(deal);
        _complain(deal.terms, Sealing.complaint(deal, index));
        _assertMoney(10, 0, 0);

        deal = _dealOf(chunks, 2);
        vm.assume(key != deal.key);
        deal.key = key;
        Sealing.bind(deal);
        _lockAndReveal(deal);
        _complain(deal.terms, Sealing.complaint(deal, index));
        _assertMoney(10, 0, 0);
    }

    function test_BuyerRefused() public {
        RefusingToken token = new RefusingToken();
        _supply(token);
        token.refuse(bob, true);
        Sealed memory deal = _cheat();
        deal.terms.asset = _erc20(address(token));
        _lockAndReveal(deal);
        vm.expectEmit(address(fair));
        emit ICustody.Credited(fair.id(deal.terms), bob, deal.terms.asset, 0, PRICE);
        _complain(deal.terms, Sealing.complaint(deal, 1));
        _assertStatus(deal.terms, Status.Aborted);
        vm.prank(bob);
        fair.withdraw(deal.terms.asset, 0, carol);
        assertEq(token.balanceOf(carol), PRICE);
    }

    function _refute(Sealed memory deal, Complaint memory c, Verdict verdict) private {
        assertEq(uint8(fair.judge(deal.terms, c.goods, c.key, c.index, c.leaf, c.proof)), uint8(verdict));
        vm.expectRevert(abi.encodeWithSelector(IFairExchange.BadProof.selector, fair.id(deal.terms), verdict));
        _complain(deal.terms, c);
    }

    function _refuteAny(Sealed memory deal, Complaint memory c) private {
        vm.expectPartialRevert(IFairExchange.BadProof.selector);
        _complain(deal.terms, c);
    }
}
