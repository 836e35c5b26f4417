// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {IDvp} from "../../src/interfaces/IDvp.sol";
import {DvpTerms} from "../../src/types/DvpTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {PeekingWallet} from "../mocks/Payees.sol";
import {Wallet} from "../mocks/Wallet.sol";
import {DvpBase} from "./DvpBase.sol";

contract DvpCancel is DvpBase {
    function test_OpenAndArmedAtAnyTime() public {
        DvpTerms memory terms = _terms();
        Id id = dvp.id(terms);
        (bytes memory bySeller, bytes memory byBuyer) = _cancels(terms);
        uint256[5] memory times = [T0, FUND_BY - 1, uint256(FUND_BY), SETTLE_BY, SETTLE_BY + 365 days];
        for (uint256 i = 0; i < 15; ++i) {
            uint256 state = vm.snapshotState();
            uint256 funded = 1 + i / 5;
            if (funded & 1 != 0) _fund(terms, alice);
            if (funded & 2 != 0) _fund(terms, bob);
            vm.warp(times[i % 5]);
            vm.expectEmit();
            emit IDvp.Aborted(id, carol, funded);
            vm.prank(carol);
            dvp.cancel(terms, bySeller, byBuyer);
            _assertRefunded(terms);
            vm.revertToState(state);
        }
    }

    function test_CallerNeedsNoSignature() public {
        DvpTerms memory terms = _terms();
        _fundBoth(terms);
        (bytes memory bySeller, bytes memory byBuyer) = _cancels(terms);
        uint256 state = vm.snapshotState();
        vm.prank(alice);
        dvp.cancel(terms, "", byBuyer);
        _assertRefunded(terms);
        vm.revertToState(state);
        vm.prank(bob);
        dvp.cancel(terms, bySeller, "");
        _assertRefunded(terms);
    }

    function test_RevertWhen_APartyDidNotSign() public {
        DvpTerms memory terms = _terms();
        Id id = _fundBoth(terms);
        (bytes memory bySeller, bytes memory byBuyer) = _cancels(terms);
        _expectBadCancel(terms, "", "", alice, bob);
        _expectBadCancel(terms, "", "", bob, alice);
        _expectBadCancel(terms, "", "", carol, alice);
        _expectBadCancel(terms, bySeller, "", carol, bob);
        _expectBadCancel(terms, "", byBuyer, carol, alice);
        _expectBadCancel(terms, bySeller, bySeller, carol, bob);
        _expectBadCancel(terms, byBuyer, byBuyer, carol, alice);
        _expectBadCancel(terms, byBuyer, bySeller, carol, alice);
        // In the other's name, for another deal, and under another message.
        _expectBadCancel(terms, _sign(aliceKey, dvp.cancelDigest(id, bob)), byBuyer, carol, alice);
        bytes memory other = _sign(aliceKey, dvp.cancelDigest(Id.wrap(~Id.unwrap(id)), alice));
        _expectBadCancel(terms, other, byBuyer, carol, alice);
        _expectBadCancel(terms, bySeller, _receipt(terms), carol, bob);
        // Who signs though it calls is judged by the signature.
        _expectBadCancel(terms, other, byBuyer, alice, alice);
        assertStatus(id, Status.Armed);
    }

    function test_RevertWhen_SignatureIsInAnotherForm() public {
        DvpTerms memory terms = _terms();
        _fundBoth(terms);
        (bytes memory bySeller, bytes memory byBuyer) = _cancels(terms);
        bytes[6] memory sellers = _otherForms(bySeller);
        bytes[6] memory buyers = _otherForms(byBuyer);
        for (uint256 i = 0; i < 6; ++i) {
            _expectBadCancel(terms, sellers[i], byBuyer, carol, alice);
            _expectBadCancel(terms, bySeller, buyers[i], carol, bob);
        }
    }

    function test_AContractParty() public {
        Wallet wallet = new Wallet(bob);
        DvpTerms memory terms = _terms();
        terms.buyer = address(wallet);
        _stock(cash, address(wallet));
        _fundBoth(terms);
        (bytes memory bySeller, bytes memory byBuyer) = _cancels(terms);
        uint256 state = vm.snapshotState();
        dvp.cancel(terms, bySeller, byBuyer);
        assertEq(cash.balanceOf(address(wallet)), 10 * PRICE);

        vm.revertToState(state);
        vm.prank(bob);
        wallet.execute(address(dvp), abi.encodeCall(dvp.cancel, (terms, bySeller, "")));
        assertEq(cash.balanceOf(address(wallet)), 10 * PRICE);

        vm.revertToState(state);
        _expectBadCancel(terms, bySeller, "", bob, address(wallet));
    }

    /// @dev Two contract accounts of one owner, on the two sides: each needs a signature of its own.
    function test_TwoWalletsOfOneOwner() public {
        Wallet one = new Wallet(alice);
        Wallet two = new Wallet(alice);
        DvpTerms memory terms = _terms();
        (terms.seller, terms.buyer) = (address(one), address(two));
        _stock(cash, address(two));
        _fund(terms, address(two));
        Id id = dvp.id(terms);
        bytes memory first = _sign(aliceKey, dvp.cancelDigest(id, address(one)));
        bytes memory second = _sign(aliceKey, dvp.cancelDigest(id, address(two)));
        _expectBadCancel(terms, first, first, carol, address(two));
        _expectBadCancel(terms, second, second, carol, address(one));
        dvp.cancel(terms, first, second);
        assertEq(cash.balanceOf(address(two)), 10 * PRICE);
    }

    function test_WalletCannotPeekWhileItSigns() public {
        PeekingWallet wallet = new PeekingWallet();
        DvpTerms memory terms = _terms();
        terms.buyer = address(wallet);
        _fund(terms, alice);
        (bytes memory bySeller,) = _cancels(terms);
        wallet.peek(address(dvp), abi.encodeCall(dvp.status, (dvp.id(terms))));
        _expectBadCancel(terms, bySeller, "signature", carol, address(wallet));
        wallet.peek(address(dvp), abi.encodeCall(dvp.id, (terms)));
        dvp.cancel(terms, bySeller, "signature");
        assertEq(nft.ownerOf(NUMBER), alice);
    }

    function test_RevertWhen_NoneOrFinal() public {
        DvpTerms memory terms = _terms();
        _expectBadStatus(terms, Status.None);
        _fundBoth(terms);
        uint256 state = vm.snapshotState();
        _settle(terms);
        _expectBadStatus(terms, Status.Settled);
        vm.revertToState(state);
        _cancel(terms);
        _expectBadStatus(terms, Status.Aborted);
        _assertRefunded(terms);
    }

    function test_RefusedSideIsCredited() public {
        DvpTerms memory terms = _terms();
        Id id = _fundBoth(terms);
        nft.refuse(alice, true);
        (bytes memory bySeller, bytes memory byBuyer) = _cancels(terms);
        vm.expectEmit();
        emit ICustody.Credited(id, alice, terms.asset, NUMBER, 1);
        dvp.cancel(terms, bySeller, byBuyer);
        assertEq(cash.balanceOf(bob), 10 * PRICE);
        assertEq(dvp.owed(alice, terms.asset, NUMBER), 1);
    }

    function _expectBadCancel(
        DvpTerms memory terms,
        bytes memory bySeller,
        bytes memory byBuyer,
        address caller,
        address blamed
    ) private {
        vm.expectRevert(abi.encodeWithSelector(IDvp.BadCancel.selector, dvp.id(terms), blamed));
        vm.prank(caller);
        dvp.cancel(terms, bySeller, byBuyer);
    }

    function _expectBadStatus(DvpTerms memory terms, Status status) private {
        (bytes memory bySeller, bytes memory byBuyer) = _cancels(terms);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, dvp.id(terms), status));
        dvp.cancel(terms, bySeller, byBuyer);
    }

    function _assertRefunded(DvpTerms memory terms) private view {
        assertStatus(dvp.id(terms), Status.Aborted);
        assertEq(nft.ownerOf(NUMBER), alice);
        assertEq(cash.balanceOf(bob), 10 * PRICE);
        assertEq(cash.balanceOf(address(dvp)), 0);
    }
}
