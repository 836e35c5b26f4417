// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Base} from "../Base.t.sol";
import {RefusingNft} from "../mocks/Nfts.sol";
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
        emit ICustody.Withdrawn(alice, _erc20(address(token)), carol, 0, PRICE);
        vm.prank(alice);
        assertEq(settlement.withdraw(_erc20(address(token)), 0, carol), PRICE);
        assertEq(token.balanceOf(carol), PRICE);
        assertEq(settlement.owed(alice, _erc20(address(token)), 0), 0);

        vm.expectRevert(abi.encodeWithSelector(ICustody.NothingOwed.selector, alice, _erc20(address(token)), 0));
        vm.prank(alice);
        settlement.withdraw(_erc20(address(token)), 0, carol);
    }

    function test_GivesNftOnce() public {
        vm.expectEmit();
        emit ICustody.Withdrawn(bob, _erc721(address(nft)), carol, 9, 1);
        vm.prank(bob);
        assertEq(settlement.withdraw(_erc721(address(nft)), 9, carol), 1);
        assertEq(nft.ownerOf(9), carol);

        vm.expectRevert(abi.encodeWithSelector(ICustody.NothingOwed.selector, bob, _erc721(address(nft)), 9));
        vm.prank(bob);
        settlement.withdraw(_erc721(address(nft)), 9, carol);
    }

    function test_RevertWhen_NothingOwed() public {
        vm.startPrank(bob);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NothingOwed.selector, bob, _erc20(address(token)), 0));
        settlement.withdraw(_erc20(address(token)), 0, bob);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NothingOwed.selector, bob, _erc721(address(nft)), 8));
        settlement.withdraw(_erc721(address(nft)), 8, bob);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICustody.NothingOwed.selector, alice, _erc721(address(nft)), 9));
        settlement.withdraw(_erc721(address(nft)), 9, alice);
    }

    function test_RevertWhen_BadRecipient() public {
        address[2] memory bad = [address(0), address(settlement)];
        for (uint256 i = 0; i < 2; ++i) {
            vm.startPrank(alice);
            vm.expectRevert(abi.encodeWithSelector(ICustody.BadRecipient.selector, bad[i]));
            settlement.withdraw(_erc20(address(token)), 0, bad[i]);
            vm.startPrank(bob);
            vm.expectRevert(abi.encodeWithSelector(ICustody.BadRecipient.selector, bad[i]));
            settlement.withdraw(_erc721(address(nft)), 9, bad[i]);
        }
    }

    function test_RevertWhen_StillRefused() public {
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICustody.Refused.selector, _erc20(address(token)), alice));
        settlement.withdraw(_erc20(address(token)), 0, alice);
        assertEq(settlement.owed(alice, _erc20(address(token)), 0), PRICE);
        vm.startPrank(bob);
        vm.expectRevert(abi.encodeWithSelector(ICustody.Refused.selector, _erc721(address(nft)), bob));
        settlement.withdraw(_erc721(address(nft)), 9, bob);
        assertEq(settlement.owed(bob, _erc721(address(nft)), 9), 1);

        token.refuse(alice, false);
        vm.startPrank(alice);
        settlement.withdraw(_erc20(address(token)), 0, alice);
        assertEq(token.balanceOf(alice), PRICE);
    }
}
