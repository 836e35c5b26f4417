// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Guard} from "../../src/base/Guard.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {IFairExchange} from "../../src/interfaces/IFairExchange.sol";
import {Asset, AssetKind, toAsset} from "../../src/types/Asset.sol";
import {FairTerms} from "../../src/types/FairTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {Sealed} from "../Judge/Sealing.sol";
import {PlainNft} from "../mocks/Nfts.sol";
import {FeeToken, HookToken, QuietToken} from "../mocks/Tokens.sol";
import {FairBase} from "./FairBase.sol";

contract FairLockTest is FairBase {
    function test_TakesThePrice() public {
        FairTerms memory terms = _deal().terms;
        vm.expectEmit(address(fair));
        emit IFairExchange.Opened(fair.id(terms), bob, terms);
        _lock(terms);
        _assertStatus(terms, Status.Armed);
        _assertMoney(9, 0, 1);
        assertEq(fair.until(fair.id(terms)), 0);
    }

    function test_RevertWhen_NotNone() public {
        for (uint256 s = uint256(Status.Armed); s <= uint256(Status.Revealed); ++s) {
            Sealed memory deal = _dealOf(2, uint64(s));
            _bring(deal, Status(s));
            vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, fair.id(deal.terms), Status(s)));
            _lock(deal.terms);
        }
    }

    function test_RevertWhen_CallerNotBuyer() public {
        FairTerms memory terms = _deal().terms;
        vm.expectRevert(abi.encodeWithSelector(IFairExchange.BadParty.selector, bob));
        vm.prank(alice);
        fair.lock(terms);
        // Nobody moves somebody else's allowance.
        vm.expectRevert(abi.encodeWithSelector(IFairExchange.BadParty.selector, bob));
        vm.prank(carol);
        fair.lock(terms);
    }

    function test_RevertWhen_BadSeller() public {
        FairTerms memory terms = _deal().terms;
        address[3] memory sellers = [address(0), address(fair), bob];
        for (uint256 i = 0; i < 3; ++i) {
            terms.seller = sellers[i];
            vm.expectRevert(abi.encodeWithSelector(IFairExchange.BadParty.selector, sellers[i]));
            _lock(terms);
        }
    }

    function test_RevealWindowsEdges() public {
        uint256[2] memory good = [T0 + 1 hours, T0 + 366 days];
        uint256[5] memory bad = [0, T0, T0 + 1 hours - 1, T0 + 366 days + 1, type(uint40).max];
        FairTerms memory terms = _deal().terms;
        for (uint256 i = 0; i < 5; ++i) {
            terms.revealBy = uint40(bad[i]);
            vm.expectRevert(abi.encodeWithSelector(IFairExchange.BadWindow.selector, bad[i], WINDOW));
            _lock(terms);
        }
        for (uint256 i = 0; i < 2; ++i) {
            terms.revealBy = uint40(good[i]);
            _lock(terms);
            _assertStatus(terms, Status.Armed);
        }
    }

    function test_ComplaintWindowsEdges() public {
        uint256[2] memory good = [uint256(1 hours), 366 days];
        uint256[4] memory bad = [uint256(0), 1 hours - 1, 366 days + 1, type(uint40).max];
        FairTerms memory terms = _deal().terms;
        for (uint256 i = 0; i < 4; ++i) {
            terms.window = uint40(bad[i]);
            vm.expectRevert(abi.encodeWithSelector(IFairExchange.BadWindow.selector, REVEAL_BY, bad[i]));
            _lock(terms);
        }
        for (uint256 i = 0; i < 2; ++i) {
            terms.window = uint40(good[i]);
            _lock(terms);
            _assertStatus(terms, Status.Armed);
        }
    }

    function test_RevertWhen_PriceIsNotWellFormed() public {
        FairTerms memory terms = _deal().terms;
        terms.amount = 0;
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadAsset.selector, terms.asset, 0, 0));
        _lock(terms);
        (terms.amount, terms.tokenId) = (PRICE, 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadAsset.selector, terms.asset, 1, PRICE));
        _lock(terms);
        (terms.asset, terms.tokenId) = (Asset.wrap(bytes32(uint256(5) << 248)), 0);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadAsset.selector, terms.asset, 0, PRICE));
        _lock(terms);
    }

    function test_RevertWhen_TokenKeepsAFee() public {
        FeeToken fee = new FeeToken();
        _supply(fee);
        FairTerms memory terms = _deal().terms;
        terms.asset = _erc20(address(fee));
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongAmount.selector, terms.asset, PRICE * 99 / 100, PRICE));
        _lock(terms);
    }

    function test_TokenThatReturnsNothing() public {
        QuietToken quiet = new QuietToken();
        quiet.mint(bob, PRICE);
        vm.prank(bob);
        quiet.approve(address(fair), PRICE);
        Sealed memory deal = _deal();
        deal.terms.asset = _erc20(address(quiet));
        _lockAndReveal(deal);
        vm.prank(bob);
        fair.finalize(deal.terms, "");
        assertEq(quiet.balanceOf(alice), PRICE);
    }

    function test_NativeCoin() public {
        Sealed memory deal = _deal();
        deal.terms.asset = toAsset(AssetKind.Native, address(0));
        deal.terms.amount = 3 ether;
        vm.deal(bob, 7 ether);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongAmount.selector, deal.terms.asset, 2 ether, 3 ether));
        fair.lock{value: 2 ether}(deal.terms);
        vm.prank(bob);
        fair.lock{value: 3 ether}(deal.terms);
        assertEq(address(fair).balance, 3 ether);
        _reveal(deal);
        vm.warp(block.timestamp + WINDOW);
        fair.finalize(deal.terms, "");
        assertEq(alice.balance, 3 ether);
        assertEq(bob.balance, 4 ether);

        // Coin beside another price.
        vm.warp(T0);
        FairTerms memory other = _deal().terms;
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongAmount.selector, other.asset, 1, PRICE));
        fair.lock{value: 1}(other);
    }

    function test_AnNftForADocument() public {
        PlainNft nft = new PlainNft();
        nft.mint(bob, 77);
        vm.prank(bob);
        nft.approve(address(fair), 77);
        FairTerms memory terms = _deal().terms;
        (terms.asset, terms.tokenId, terms.amount) = (toAsset(AssetKind.ERC721, address(nft)), 77, 1);
        _lock(terms);
        assertEq(nft.ownerOf(77), address(fair));
        vm.warp(REVEAL_BY);
        fair.reclaim(terms);
        assertEq(nft.ownerOf(77), bob);
    }

    function test_Reentrancy() public {
        HookToken hook = new HookToken();
        _supply(hook);
        Sealed memory deal = _deal();
        deal.terms.asset = _erc20(address(hook));
        bytes[7] memory calls = _everyCall(deal);
        for (uint256 i = 0; i < 7; ++i) {
            hook.hook(address(fair), calls[i]);
            deal.terms.amount = PRICE + i;
            _lock(deal.terms);
            assertTrue(hook.called() && !hook.succeeded());
            assertEq(bytes4(hook.answer()), Guard.Reentered.selector);
        }
    }

    /// @dev Permit and lock in one transaction is what multicall is for.
    function test_Multicall() public {
        FairTerms memory terms = _deal().terms;
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(fair.permit, (address(cash), PRICE, T0, 27, bytes32(0), bytes32(0)));
        calls[1] = abi.encodeCall(fair.lock, (terms));
        vm.prank(bob);
        fair.multicall(calls);
        _assertStatus(terms, Status.Armed);
    }

    /// @dev Stealing another's terms by their id is pointless: the id names the buyer, who alone can lock it.
    function test_TwoDealsOfTheSameParties() public {
        FairTerms memory terms = _deal().terms;
        _lock(terms);
        FairTerms memory other = _dealOf(3, 2).terms;
        assertTrue(Id.unwrap(fair.id(terms)) != Id.unwrap(fair.id(other)));
        _lock(other);
        _assertMoney(8, 0, 2);
    }
}
