// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {Id} from "../../src/types/Id.sol";
import {LegKind, Terms} from "../../src/types/Terms.sol";
import {Base} from "../Base.t.sol";
import {RefusingNft, StillNft} from "../mocks/Nfts.sol";
import {RefusingToken} from "../mocks/Tokens.sol";

contract SettlementWithdrawTest is Base {
    RefusingToken internal token;
    RefusingNft internal nft;

    function setUp() public override {
        super.setUp();
        token = new RefusingToken();
        nft = new RefusingNft();
        nft.mint(alice, 9);
        token.mint(bob, PRICE);
        vm.prank(alice);
        nft.setApprovalForAll(address(settlement), true);
        vm.prank(bob);
        token.approve(address(settlement), PRICE);
        Terms memory terms =
            _terms(_nftLeg(address(nft), alice, bob, 9), _cashLeg(address(token), bob, alice, PRICE), 1);
        _fundAll(terms);
        token.refuse(alice, true);
        nft.refuse(bob, true);
        settlement.settle(terms, _proofs(terms));
    }

    function test_PaysOnce() public {
        vm.expectEmit();
        emit ISettlement.Withdrawn(address(token), alice, carol, PRICE);
        vm.prank(alice);
        settlement.withdraw(address(token), carol);
        assertEq(token.balanceOf(carol), PRICE);
        assertEq(settlement.owed(address(token), alice), 0);
        assertEq(settlement.liability(address(token)), 0);

        vm.expectRevert(abi.encodeWithSelector(ISettlement.NothingOwed.selector, address(token), alice));
        vm.prank(alice);
        settlement.withdraw(address(token), carol);
    }

    function test_GivesNftOnce() public {
        vm.expectEmit();
        emit ISettlement.WithdrawnNft(address(nft), bob, carol, 9);
        vm.prank(bob);
        settlement.withdrawNft(address(nft), 9, carol);
        assertEq(nft.ownerOf(9), carol);
        assertEq(settlement.owedNft(address(nft), 9), address(0));
        assertEq(settlement.holder(address(nft), 9), Id.wrap(0));

        vm.expectRevert(abi.encodeWithSelector(ISettlement.NothingOwed.selector, address(nft), bob));
        vm.prank(bob);
        settlement.withdrawNft(address(nft), 9, carol);
    }

    function test_RevertWhen_NothingOwed() public {
        vm.startPrank(bob);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NothingOwed.selector, address(token), bob));
        settlement.withdraw(address(token), bob);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NothingOwed.selector, address(nft), alice));
        settlement.withdrawNft(address(nft), 9, alice);
    }

    function test_RevertWhen_BadRecipient() public {
        address[2] memory bad = [address(0), address(settlement)];
        for (uint256 i = 0; i < 2; ++i) {
            vm.startPrank(alice);
            vm.expectRevert(abi.encodeWithSelector(ISettlement.BadRecipient.selector, bad[i]));
            settlement.withdraw(address(token), bad[i]);
            vm.startPrank(bob);
            vm.expectRevert(abi.encodeWithSelector(ISettlement.BadRecipient.selector, bad[i]));
            settlement.withdrawNft(address(nft), 9, bad[i]);
        }
    }

    function test_RevertWhen_StillRefused() public {
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(RefusingToken.Refused.selector, alice));
        settlement.withdraw(address(token), alice);
        assertEq(settlement.owed(address(token), alice), PRICE);
        vm.startPrank(bob);
        vm.expectRevert(abi.encodeWithSelector(RefusingNft.Refused.selector, bob));
        settlement.withdrawNft(address(nft), 9, bob);
        assertEq(settlement.owedNft(address(nft), 9), bob);

        token.refuse(alice, false);
        vm.startPrank(alice);
        settlement.withdraw(address(token), alice);
        assertEq(token.balanceOf(alice), PRICE);
    }

    function test_NftThatDoesNotMoveStaysCredited() public {
        StillNft still = new StillNft();
        still.mint(alice, 3);
        Terms memory terms = _terms(_nftLeg(address(still), alice, bob, 3), _cashLeg(address(token), bob, carol, 5), 2);
        token.mint(bob, 5);
        vm.prank(bob);
        token.approve(address(settlement), 5);
        vm.prank(alice);
        still.approve(address(settlement), 3);
        _fundAll(terms);
        still.setStill(true);
        settlement.settle(terms, _proofs(terms));
        assertEq(token.balanceOf(carol), 5);
        assertEq(settlement.owedNft(address(still), 3), bob);

        vm.startPrank(bob);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NftNotMoved.selector, address(still), 3));
        settlement.withdrawNft(address(still), 3, bob);
        still.setStill(false);
        settlement.withdrawNft(address(still), 3, bob);
        assertEq(still.ownerOf(3), bob);
    }

    function test_RevertWhen_PushIsNotFromItself() public {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.OnlySelf.selector, alice));
        vm.prank(alice);
        settlement.push(LegKind.ERC20, address(token), alice, PRICE);
    }
}
