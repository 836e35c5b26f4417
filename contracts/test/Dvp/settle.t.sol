// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Guard} from "../../src/base/Guard.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {IDvp} from "../../src/interfaces/IDvp.sol";
import {AssetKind, toAsset} from "../../src/types/Asset.sol";
import {DvpTerms} from "../../src/types/DvpTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {RefusingNft} from "../mocks/Nfts.sol";
import {CallingPayee, HostilePayee, HungryPayee, PeekingWallet} from "../mocks/Payees.sol";
import {PlainToken, RefusingToken} from "../mocks/Tokens.sol";
import {Wallet} from "../mocks/Wallet.sol";
import {DvpBase} from "./DvpBase.sol";

contract DvpSettle is DvpBase {
    function test_SwapsEveryKindForEveryKind() public {
        for (uint256 i = 0; i < 25; ++i) {
            uint256 state = vm.snapshotState();
            DvpTerms memory terms = _termsOf(AssetKind(i / 5), AssetKind(i % 5));
            Id id = _fundBoth(terms);
            bytes memory receipt = _receipt(terms);
            vm.expectEmit();
            emit IDvp.Settled(id, carol);
            vm.prank(carol);
            dvp.settle(terms, receipt);
            assertSettled(terms);
            vm.revertToState(state);
        }
    }

    function test_TheBuyerNeedsNoReceipt() public {
        DvpTerms memory terms = _terms();
        Id id = _fundBoth(terms);
        vm.expectEmit();
        emit IDvp.Settled(id, bob);
        vm.prank(bob);
        dvp.settle(terms, "");
        assertSettled(terms);
    }

    function test_RevertWhen_AnotherComesWithoutAReceipt() public {
        DvpTerms memory terms = _terms();
        Id id = _fundBoth(terms);
        address[3] memory others = [alice, carol, address(dvp)];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IDvp.BadReceipt.selector, id));
            vm.prank(others[i]);
            dvp.settle(terms, "");
        }
    }

    function test_RevertWhen_ItIsNotTheReceipt() public {
        DvpTerms memory terms = _terms();
        Id id = _fundBoth(terms);
        bytes[6] memory wrong = [
            _sign(aliceKey, dvp.receiptDigest(id, bob, SUBJECT)),
            _sign(bobKey, dvp.receiptDigest(id, alice, SUBJECT)),
            _sign(bobKey, dvp.receiptDigest(id, bob, ~SUBJECT)),
            _sign(bobKey, dvp.receiptDigest(Id.wrap(~Id.unwrap(id)), bob, SUBJECT)),
            _sign(bobKey, dvp.cancelDigest(id, bob)),
            _sign(bobKey, Id.unwrap(id))
        ];
        for (uint256 i = 0; i < wrong.length; ++i) {
            _expectBadReceipt(terms, wrong[i], carol);
            // Who brings a signature is judged by it, the buyer too.
            _expectBadReceipt(terms, wrong[i], bob);
        }
        _settle(terms);
    }

    function test_RevertWhen_SignatureIsInAnotherForm() public {
        DvpTerms memory terms = _terms();
        _fundBoth(terms);
        bytes[6] memory forms = _otherForms(_receipt(terms));
        for (uint256 i = 0; i < forms.length; ++i) {
            _expectBadReceipt(terms, forms[i], carol);
        }
    }

    function test_AContractBuyer() public {
        Wallet wallet = new Wallet(bob);
        DvpTerms memory terms = _termsBy(address(wallet));
        Id id = _fundBoth(terms);
        uint256 state = vm.snapshotState();
        _settle(terms);
        assertSettled(terms);

        vm.revertToState(state);
        vm.prank(bob);
        wallet.execute(address(dvp), abi.encodeCall(dvp.settle, (terms, "")));
        assertSettled(terms);

        // Its owner's call is not its own, nor is its owner's signature in the owner's name.
        vm.revertToState(state);
        _expectBadReceipt(terms, "", bob);
        _expectBadReceipt(terms, _sign(bobKey, dvp.receiptDigest(id, bob, SUBJECT)), carol);
        _expectBadReceipt(terms, _sign(carolKey, dvp.receiptDigest(id, address(wallet), SUBJECT)), carol);

        // What a wallet takes for its signature is its own affair, also if that is nothing.
        wallet.lie();
        dvp.settle(terms, "");
        assertSettled(terms);
    }

    function test_TwoWalletsOfOneOwner() public {
        Wallet one = new Wallet(bob);
        Wallet two = new Wallet(bob);
        DvpTerms memory terms = _termsBy(address(one));
        Id id = _fundBoth(terms);
        _expectBadReceipt(terms, _sign(bobKey, dvp.receiptDigest(id, address(two), SUBJECT)), carol);
        _settle(terms);
    }

    /// @dev An account that has both a key and delegated code (EIP-7702) can always sign with its key.
    function test_KeyCountsBeforeCode() public {
        DvpTerms memory terms = _terms();
        _fundBoth(terms);
        vm.etch(bob, hex"5f5ffd");
        _settle(terms);
        assertSettled(terms);
    }

    function test_WalletCannotPeekWhileItSigns() public {
        PeekingWallet wallet = new PeekingWallet();
        DvpTerms memory terms = _termsBy(address(wallet));
        Id id = _fundBoth(terms);
        bytes[5] memory calls = [
            abi.encodeCall(dvp.status, (id)),
            abi.encodeCall(dvp.funded, (id)),
            abi.encodeCall(dvp.owed, (alice, terms.payment, 0)),
            abi.encodeCall(dvp.settle, (terms, "")),
            abi.encodeCall(dvp.withdraw, (terms.payment, 0, bob))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            wallet.peek(address(dvp), calls[i]);
            _expectBadReceipt(terms, "signature", carol);
        }
        // What is never half changed may be asked.
        wallet.peek(address(dvp), abi.encodeCall(dvp.id, (terms)));
        dvp.settle(terms, "signature");
        assertSettled(terms);
    }

    function test_RevertWhen_NotArmed() public {
        DvpTerms memory terms = _terms();
        Id id = dvp.id(terms);
        bytes memory receipt = _receipt(terms);
        address[2] memory parties = [alice, bob];
        for (uint256 i = 0; i < 2; ++i) {
            uint256 state = vm.snapshotState();
            _expectBadStatus(terms, receipt, Status.None);
            _fund(terms, parties[i]);
            _expectBadStatus(terms, receipt, Status.Open);
            _fund(terms, parties[1 - i]);
            dvp.settle(terms, receipt);
            _expectBadStatus(terms, receipt, Status.Settled);
            assertStatus(id, Status.Settled);
            vm.revertToState(state);
        }
        _fundBoth(terms);
        _cancel(terms);
        _expectBadStatus(terms, receipt, Status.Aborted);
    }

    function test_RevertWhen_TooLate() public {
        DvpTerms memory terms = _terms();
        Id id = _fundBoth(terms);
        bytes memory receipt = _receipt(terms);
        for (uint256 late = 0; late < 2; ++late) {
            vm.warp(SETTLE_BY + late);
            vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, id, SETTLE_BY));
            dvp.settle(terms, receipt);
            vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, id, SETTLE_BY));
            vm.prank(bob);
            dvp.settle(terms, "");
        }
        vm.warp(SETTLE_BY - 1);
        dvp.settle(terms, receipt);
        assertSettled(terms);
    }

    /// @dev While Armed, at any time just one of settle and abort works.
    function testFuzz_WindowsPartitionTime(uint40 time) public {
        DvpTerms memory terms = _terms();
        _fundBoth(terms);
        bytes memory receipt = _receipt(terms);
        vm.warp(bound(time, T0, type(uint40).max));
        uint256 state = vm.snapshotState();
        (bool settled,) = address(dvp).call(abi.encodeCall(dvp.settle, (terms, receipt)));
        vm.revertToState(state);
        (bool aborted,) = address(dvp).call(abi.encodeCall(dvp.abort, (terms)));
        assertTrue(settled != aborted);
        assertEq(settled, block.timestamp < SETTLE_BY);
    }

    /// @dev However a token refuses its payee, the other side moves, and the payee gets its own elsewhere later.
    function test_RefusedCashIsCredited() public {
        for (uint256 way = 0; way < uint256(RefusingToken.Way.DoNothing); ++way) {
            uint256 state = vm.snapshotState();
            DvpTerms memory terms = _terms();
            Id id = _fundBoth(terms);
            cash.refuse(alice, true);
            cash.setWay(RefusingToken.Way(way));
            bytes memory receipt = _receipt(terms);
            vm.expectEmit();
            emit IDvp.Settled(id, carol);
            vm.expectEmit();
            emit ICustody.Credited(id, alice, terms.payment, 0, PRICE);
            vm.prank(carol);
            dvp.settle{gas: 3_000_000}(terms, receipt);
            assertStatus(id, Status.Settled);
            assertEq(nft.ownerOf(NUMBER), bob);
            assertEq(dvp.owed(alice, terms.payment, 0), PRICE);

            vm.prank(alice);
            assertEq(dvp.withdraw(terms.payment, 0, carol), PRICE);
            assertEq(cash.balanceOf(carol), PRICE);
            vm.expectRevert(abi.encodeWithSelector(ICustody.NothingOwed.selector, alice, terms.payment, 0));
            vm.prank(alice);
            dvp.withdraw(terms.payment, 0, carol);
            vm.revertToState(state);
        }
    }

    function test_RefusedNftIsCredited() public {
        for (uint256 burning = 0; burning < 2; ++burning) {
            uint256 state = vm.snapshotState();
            DvpTerms memory terms = _terms();
            Id id = _fundBoth(terms);
            nft.refuse(bob, true);
            nft.setBurning(burning == 1);
            bytes memory receipt = _receipt(terms);
            vm.expectEmit();
            emit ICustody.Credited(id, bob, terms.asset, NUMBER, 1);
            dvp.settle{gas: 3_000_000}(terms, receipt);
            assertEq(cash.balanceOf(alice), PRICE);
            assertEq(dvp.owed(bob, terms.asset, NUMBER), 1);

            vm.prank(bob);
            dvp.withdraw(terms.asset, NUMBER, carol);
            assertEq(nft.ownerOf(NUMBER), carol);
            vm.revertToState(state);
        }
    }

    /// @dev Both sides refuse, and burn all the gas that they get: still it ends, and each is owed its own.
    function test_BothRefuseAndBurnGas() public {
        DvpTerms memory terms = _terms();
        Id id = _fundBoth(terms);
        nft.refuse(bob, true);
        nft.setBurning(true);
        cash.refuse(alice, true);
        cash.setWay(RefusingToken.Way.BurnGas);
        bytes memory receipt = _receipt(terms);
        dvp.settle{gas: 1_000_000}(terms, receipt);
        assertStatus(id, Status.Settled);
        assertEq(dvp.owed(bob, terms.asset, NUMBER), 1);
        assertEq(dvp.owed(alice, terms.payment, 0), PRICE);
    }

    function test_RefusedCoinIsCredited() public {
        for (uint256 way = 0; way <= uint256(HostilePayee.Way.BurnGas); ++way) {
            uint256 state = vm.snapshotState();
            HostilePayee payee = new HostilePayee();
            payee.setWay(HostilePayee.Way(way));
            DvpTerms memory terms = _coinTo(address(payee));
            bytes memory receipt = _receipt(terms);
            dvp.settle{gas: 1_000_000}(terms, receipt);
            bool took = way == uint256(HostilePayee.Way.ReturnBomb);
            assertEq(_held(terms.asset, 0, bob), 5);
            assertEq(address(payee).balance, took ? PRICE : 0);
            assertEq(dvp.owed(address(payee), terms.payment, 0), took ? 0 : PRICE);
            vm.revertToState(state);
        }
    }

    /// @dev A payee that is called in the middle finds every door shut, and is paid all the same.
    function test_ReenteringPayeeIsRefused() public {
        CallingPayee payee = new CallingPayee();
        DvpTerms memory terms = _coinTo(address(payee));
        bytes[3] memory calls = [
            abi.encodeCall(dvp.settle, (terms, _receipt(terms))),
            abi.encodeCall(dvp.abort, (terms)),
            abi.encodeCall(dvp.status, (dvp.id(terms)))
        ];
        for (uint256 i = 0; i < 3; ++i) {
            uint256 state = vm.snapshotState();
            payee.hook(address(dvp), calls[i]);
            _settle(terms);
            assertTrue(payee.called());
            assertFalse(payee.succeeded());
            assertEq(payee.answer(), abi.encodePacked(Guard.Reentered.selector));
            assertEq(address(payee).balance, PRICE);
            vm.revertToState(state);
        }
    }

    /// @dev Whatever gas the caller gives: both are paid, or nothing happens.
    function testFuzz_GasCannotForceACredit(uint256 gas_) public {
        DvpTerms memory terms = _terms();
        Id id = _fundBoth(terms);
        bytes memory receipt = _receipt(terms);
        gas_ = bound(gas_, 20_000, 900_000);
        try dvp.settle{gas: gas_}(terms, receipt) {
            assertSettled(terms);
        } catch {
            assertStatus(id, Status.Armed);
        }
    }

    /// @dev The same of a payee that needs nearly all the gas that a push may use (63/64 starvation).
    function testFuzz_GasCannotForceACreditOnAHungryPayee(uint256 gas_) public {
        HungryPayee payee = new HungryPayee(12);
        DvpTerms memory terms = _coinTo(address(payee));
        Id id = dvp.id(terms);
        bytes memory receipt = _receipt(terms);
        gas_ = bound(gas_, 100_000, 900_000);
        try dvp.settle{gas: gas_}(terms, receipt) {
            assertEq(address(payee).balance, PRICE);
        } catch {
            assertStatus(id, Status.Armed);
        }
        assertEq(dvp.owed(address(payee), terms.payment, 0), 0);
    }

    function test_RevertWhen_TooLittleGas() public {
        DvpTerms memory terms = _terms();
        Id id = _fundBoth(terms);
        cash.refuse(alice, true);
        bytes memory receipt = _receipt(terms);
        vm.expectPartialRevert(ICustody.TooLittleGas.selector);
        dvp.settle{gas: 300_000}(terms, receipt);
        assertStatus(id, Status.Armed);
    }

    /// @dev A token whose issuer takes it out of custody leaves its own deals short, and no other token's.
    function test_ClawbackHurtsOnlyItsOwnToken() public {
        PlainToken token = new PlainToken();
        DvpTerms memory terms = _termsIn(token);
        _fundBoth(terms);
        token.take(address(dvp), 1);
        _settle(terms);
        assertEq(nft.ownerOf(NUMBER), bob);
        assertEq(dvp.owed(alice, terms.payment, 0), PRICE);
    }

    /// @dev The code of a token is gone: who is owed it waits, and who is not does not.
    function test_TokenWithoutCodeIsCredited() public {
        DvpTerms memory terms = _terms();
        _fundBoth(terms);
        vm.etch(address(nft), "");
        _settle(terms);
        assertEq(cash.balanceOf(alice), PRICE);
        assertEq(dvp.owed(bob, terms.asset, NUMBER), 1);
        vm.etch(address(nft), address(new RefusingNft()).code);
        vm.prank(bob);
        dvp.withdraw(terms.asset, NUMBER, bob);
        assertEq(nft.ownerOf(NUMBER), bob);
    }

    function _expectBadReceipt(DvpTerms memory terms, bytes memory receipt, address caller) private {
        vm.expectRevert(abi.encodeWithSelector(IDvp.BadReceipt.selector, dvp.id(terms)));
        vm.prank(caller);
        dvp.settle(terms, receipt);
    }

    function _expectBadStatus(DvpTerms memory terms, bytes memory receipt, Status status) private {
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, dvp.id(terms), status));
        dvp.settle(terms, receipt);
    }

    /// @dev The usual deal with a contract as its buyer, which has the cash and has approved it.
    function _termsBy(address buyer) private returns (DvpTerms memory terms) {
        terms = _terms();
        terms.buyer = buyer;
        _stock(cash, buyer);
    }

    /// @dev A deal that is armed, whose seller, a contract, gives a token for coin.
    function _coinTo(address payee) private returns (DvpTerms memory terms) {
        terms = _terms();
        terms.seller = payee;
        (terms.asset, terms.tokenId, terms.amount) = (_supply(AssetKind.ERC20, payee, 0, 5), 0, 5);
        terms.payment = toAsset(AssetKind.Native, address(0));
        vm.deal(bob, PRICE);
        _fundBoth(terms);
    }
}
