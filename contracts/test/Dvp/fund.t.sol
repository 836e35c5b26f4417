// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cash} from "../../src/Cash.sol";
import {Guard} from "../../src/base/Guard.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {IDvp} from "../../src/interfaces/IDvp.sol";
import {Asset, AssetKind, toAsset} from "../../src/types/Asset.sol";
import {DvpTerms, toWindows} from "../../src/types/DvpTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {PlainUnits} from "../mocks/Multitokens.sol";
import {PlainNft, StillNft} from "../mocks/Nfts.sol";
import {FalseToken, IdleToken} from "../mocks/Swaps.sol";
import {FeeToken, HookToken, PlainToken, QuietToken} from "../mocks/Tokens.sol";
import {DvpBase} from "./DvpBase.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Vm} from "forge-std/Vm.sol";

contract DvpFund is DvpBase {
    function test_OpensAndArms() public {
        DvpTerms memory terms = _terms();
        Id id = dvp.id(terms);
        vm.expectEmit();
        emit IDvp.Opened(id, alice, terms);
        _fund(terms, alice);
        assertStatus(id, Status.Open);
        assertEq(dvp.funded(id), 1);
        assertEq(nft.ownerOf(NUMBER), address(dvp));

        vm.expectEmit();
        emit IDvp.Funded(id, bob);
        _fund(terms, bob);
        assertStatus(id, Status.Armed);
        assertEq(dvp.funded(id), 3);
        assertEq(cash.balanceOf(address(dvp)), PRICE);
    }

    function test_TheBuyerFirst() public {
        DvpTerms memory terms = _terms();
        Id id = dvp.id(terms);
        vm.expectEmit();
        emit IDvp.Opened(id, bob, terms);
        _fund(terms, bob);
        assertEq(dvp.funded(id), 2);
        vm.expectEmit();
        emit IDvp.Funded(id, alice);
        _fund(terms, alice);
        assertStatus(id, Status.Armed);
    }

    /// @dev The event is copied from calldata: it is what the compiler's own encoding of the fields gives.
    function testFuzz_LogIsWhatEmitGives(uint256 price, bytes32 subject, uint40 fundBy, uint40 settleBy, uint176 nonce)
        public
    {
        DvpTerms memory terms = _terms();
        terms.price = bound(price, 1, 10 * PRICE);
        terms.subject = subject;
        fundBy = uint40(bound(fundBy, T0 + 1, T0 + 366 days - 1));
        terms.windows = toWindows(fundBy, uint40(bound(settleBy, fundBy + 1, T0 + 366 days)), nonce);
        vm.recordLogs();
        _fund(terms, bob);
        emit IDvp.Opened(dvp.id(terms), bob, terms);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        Vm.Log memory plain = logs[logs.length - 1];
        assertEq(logs[0].emitter, address(dvp));
        assertEq(abi.encode(logs[0].topics), abi.encode(plain.topics));
        assertEq(logs[0].data, plain.data);
    }

    function test_TakesEveryKindOnEitherSide() public {
        for (uint256 i = 0; i < 25; ++i) {
            uint256 state = vm.snapshotState();
            DvpTerms memory terms = _termsOf(AssetKind(i / 5), AssetKind(i % 5));
            uint256 coins = alice.balance + bob.balance;
            _fundBoth(terms);
            assertEq(alice.balance + bob.balance + address(dvp).balance, coins);
            bool oneCoin = i == 24;
            assertEq(_held(terms.asset, terms.tokenId, address(dvp)), terms.amount + (oneCoin ? terms.price : 0));
            assertEq(_held(terms.payment, 0, address(dvp)), terms.price + (oneCoin ? terms.amount : 0));
            vm.revertToState(state);
        }
    }

    /// @dev With others' terms nobody gets anywhere, and an approval is no invitation to third parties.
    function test_RevertWhen_NotParty() public {
        DvpTerms memory terms = _terms();
        Id id = dvp.id(terms);
        vm.expectRevert(abi.encodeWithSelector(IDvp.NotParty.selector, id, carol));
        vm.prank(carol);
        dvp.fund(terms);
        _fund(terms, alice);
        vm.expectRevert(abi.encodeWithSelector(IDvp.NotParty.selector, id, carol));
        vm.prank(carol);
        dvp.fund(terms);
    }

    /// @dev Nobody's allowance but the caller's is ever used.
    function test_NobodyElseIsDrawnUpon() public {
        DvpTerms memory terms = _terms();
        terms.buyer = carol;
        vm.expectRevert();
        _fund(terms, carol);
        (terms.seller, terms.buyer) = (carol, bob);
        vm.expectRevert();
        _fund(terms, carol);
        assertEq(cash.balanceOf(bob), 10 * PRICE);
        assertEq(nft.ownerOf(NUMBER), alice);
    }

    function test_RevertWhen_AlreadyFunded() public {
        DvpTerms memory terms = _terms();
        Id id = dvp.id(terms);
        address[2] memory parties = [alice, bob];
        for (uint256 i = 0; i < 2; ++i) {
            uint256 state = vm.snapshotState();
            _fund(terms, parties[i]);
            vm.expectRevert(abi.encodeWithSelector(IDvp.AlreadyFunded.selector, id, parties[i]));
            _fund(terms, parties[i]);
            vm.revertToState(state);
        }
    }

    function test_RevertWhen_ArmedOrFinal() public {
        DvpTerms memory terms = _terms();
        Id id = _fundBoth(terms);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, id, Status.Armed));
        _fund(terms, bob);
        uint256 state = vm.snapshotState();
        _settle(terms);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, id, Status.Settled));
        _fund(terms, bob);
        vm.revertToState(state);
        _cancel(terms);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, id, Status.Aborted));
        _fund(terms, alice);
    }

    function test_RevertWhen_TooLate() public {
        DvpTerms memory terms = _terms();
        Id id = dvp.id(terms);
        for (uint256 opened = 0; opened < 2; ++opened) {
            for (uint256 late = 0; late < 2; ++late) {
                vm.warp(FUND_BY + late);
                vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, id, FUND_BY));
                _fund(terms, bob);
            }
            vm.warp(FUND_BY - 1);
            if (opened == 0) _fund(terms, alice);
        }
        _fund(terms, bob);
        assertStatus(id, Status.Armed);
    }

    function test_RevertWhen_BadParty() public {
        DvpTerms memory terms = _terms();
        address[3] memory bad = [address(0), address(dvp), bob];
        for (uint256 i = 0; i < 3; ++i) {
            terms.seller = bad[i];
            vm.expectRevert(abi.encodeWithSelector(IDvp.BadParty.selector, bad[i]));
            _fund(terms, bob);
        }
        terms.seller = alice;
        bad[2] = alice;
        for (uint256 i = 0; i < 3; ++i) {
            terms.buyer = bad[i];
            vm.expectRevert(abi.encodeWithSelector(IDvp.BadParty.selector, bad[i]));
            _fund(terms, alice);
        }
    }

    /// @dev What is beside an address's own bits is refused, whoever funds, and so never logged.
    function testFuzz_RevertWhen_AddressesAreDirty(bool second, bool byBuyer, uint96 dirt) public {
        vm.assume(dirt != 0);
        bytes memory data = abi.encodeCall(dvp.fund, (_terms()));
        assembly ("memory-safe") {
            let at := add(add(data, 36), mul(32, second))
            mstore(at, or(mload(at), shl(160, dirt)))
        }
        vm.prank(byBuyer ? bob : alice);
        (bool done, bytes memory answer) = address(dvp).call(data);
        assertFalse(done);
        assertEq(answer.length, 0);
    }

    /// @dev What is between an asset's kind and its token is refused, on either side and whoever funds.
    function testFuzz_RevertWhen_AssetsAreDirty(bool second, bool byBuyer, uint256 dirt) public {
        dirt = bound(dirt, 1, 2 ** 88 - 1) << 160;
        DvpTerms memory terms = _terms();
        Asset spoilt = Asset.wrap(Asset.unwrap(second ? terms.payment : terms.asset) | bytes32(dirt));
        if (second) terms.payment = spoilt;
        else terms.asset = spoilt;
        bytes memory refusal = second
            ? abi.encodeWithSelector(ICustody.BadAsset.selector, spoilt, 0, PRICE)
            : abi.encodeWithSelector(ICustody.BadAsset.selector, spoilt, NUMBER, 1);
        vm.expectRevert(refusal);
        _fund(terms, byBuyer ? bob : alice);
    }

    function test_RevertWhen_CalldataIsCut() public {
        bytes memory data = abi.encodeCall(dvp.fund, (_terms()));
        assembly ("memory-safe") {
            mstore(data, sub(mload(data), 1))
        }
        vm.prank(alice);
        (bool done,) = address(dvp).call(data);
        assertFalse(done);
    }

    /// @dev Neither side is taken in, before both could be.
    function test_RevertWhen_BadAsset() public {
        Asset coin = toAsset(AssetKind.Native, address(0));
        Asset none = Asset.wrap(bytes32(uint256(5) << 248));
        Asset namedCoin = toAsset(AssetKind.Native, address(cash));
        Asset[6] memory assets =
            [coin, none, namedCoin, _erc20(address(cash)), toAsset(AssetKind.ERC721, address(nft)), coin];
        uint256[6] memory ids = [uint256(0), 0, 0, 1, NUMBER, 1];
        uint256[6] memory amounts = [uint256(0), 1, 1, 1, 2, 1];
        for (uint256 i = 0; i < 6; ++i) {
            DvpTerms memory terms = _terms();
            (terms.asset, terms.tokenId, terms.amount) = (assets[i], ids[i], amounts[i]);
            vm.expectRevert(abi.encodeWithSelector(ICustody.BadAsset.selector, assets[i], ids[i], amounts[i]));
            _fund(terms, bob);

            if (ids[i] == 1) continue;
            terms = _terms();
            (terms.payment, terms.price) = (assets[i], amounts[i]);
            vm.expectRevert(abi.encodeWithSelector(ICustody.BadAsset.selector, assets[i], 0, amounts[i]));
            _fund(terms, alice);
        }
    }

    function test_RevertWhen_BadWindow() public {
        DvpTerms memory terms = _terms();
        uint40 last = 1_800_000_000 + 366 days;
        uint40[2][4] memory bad =
            [[FUND_BY, FUND_BY], [FUND_BY, FUND_BY - 1], [FUND_BY, last + 1], [type(uint40).max - 1, type(uint40).max]];
        for (uint256 i = 0; i < bad.length; ++i) {
            terms.windows = toWindows(bad[i][0], bad[i][1], 1);
            vm.expectRevert(abi.encodeWithSelector(IDvp.BadWindow.selector, bad[i][0], bad[i][1]));
            _fund(terms, alice);
        }
        terms.windows = toWindows(last - 1, last, 1);
        _fund(terms, alice);
        // What was good when it opened is good later, too.
        vm.warp(last - 2);
        _fund(terms, bob);
    }

    function testFuzz_WindowsAreBounded(uint40 fundBy, uint40 settleBy) public {
        fundBy = uint40(bound(fundBy, T0 - 10, T0 + 367 days));
        settleBy = uint40(bound(settleBy, uint256(fundBy) - 10, T0 + 367 days));
        DvpTerms memory terms = _terms();
        terms.windows = toWindows(fundBy, settleBy, 1);
        vm.prank(alice);
        (bool done,) = address(dvp).call(abi.encodeCall(dvp.fund, (terms)));
        assertEq(done, T0 < fundBy && fundBy < settleBy && settleBy <= T0 + 366 days);
    }

    function test_RevertWhen_ValueIsNotTheAsset() public {
        DvpTerms memory terms = _terms();
        vm.deal(alice, 10 * PRICE);
        vm.deal(bob, 10 * PRICE);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongAmount.selector, terms.asset, 1, 1));
        vm.prank(alice);
        dvp.fund{value: 1}(terms);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongAmount.selector, terms.payment, PRICE, PRICE));
        vm.prank(bob);
        dvp.fund{value: PRICE}(terms);

        terms.payment = toAsset(AssetKind.Native, address(0));
        uint256[3] memory wrong = [uint256(0), PRICE - 1, PRICE + 1];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ICustody.WrongAmount.selector, terms.payment, wrong[i], PRICE));
            vm.prank(bob);
            dvp.fund{value: wrong[i]}(terms);
        }
    }

    /// @dev Tokens that keep a fee, that refuse without reverting, that move nothing, or that are not there.
    function test_RevertWhen_NotAllComesIn() public {
        FeeToken fee = new FeeToken();
        bytes memory reason =
            abi.encodeWithSelector(ICustody.WrongAmount.selector, _erc20(address(fee)), PRICE - PRICE / 100, PRICE);
        _refuses(_termsIn(fee), bob, reason);
        FalseToken no = new FalseToken();
        _refuses(_termsIn(no), bob, abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(no)));
        IdleToken idle = new IdleToken();
        reason = abi.encodeWithSelector(ICustody.WrongAmount.selector, _erc20(address(idle)), 0, PRICE);
        _refuses(_termsIn(idle), bob, reason);

        // The seller's side is taken in by the same rules.
        DvpTerms memory terms = _terms();
        (terms.asset, terms.tokenId, terms.amount) = (_erc20(address(fee)), 0, PRICE);
        _stock(fee, alice);
        reason = abi.encodeWithSelector(ICustody.WrongAmount.selector, terms.asset, PRICE - PRICE / 100, PRICE);
        _refuses(terms, alice, reason);
        terms.asset = _erc20(address(0xdead));
        vm.expectRevert();
        _fund(terms, alice);
    }

    function test_RevertWhen_AnNftPosesAsCash() public {
        nft.mint(bob, 1);
        vm.prank(bob);
        nft.setApprovalForAll(address(dvp), true);
        DvpTerms memory terms = _terms();
        (terms.payment, terms.price) = (_erc20(address(nft)), 1);
        _refuses(terms, bob, abi.encodeWithSelector(ICustody.BadAsset.selector, terms.payment, 0, 1));

        // Any other number is not one unit, so it fails as an amount.
        (terms.asset, terms.tokenId, terms.amount) = (_erc20(address(nft)), 0, NUMBER);
        _refuses(terms, alice, abi.encodeWithSelector(ICustody.WrongAmount.selector, terms.asset, 1, NUMBER));
    }

    function test_RevertWhen_CashPosesAsAnNft() public {
        _stock(cash, alice);
        DvpTerms memory terms = _terms();
        terms.asset = toAsset(AssetKind.ERC721, address(cash));
        vm.expectRevert();
        _fund(terms, alice);
        assertEq(cash.balanceOf(alice), 10 * PRICE);
        (terms.payment, terms.price) = (terms.asset, 1);
        vm.expectRevert();
        _fund(terms, bob);
    }

    function test_RevertWhen_TheNftDoesNotMove() public {
        StillNft still = new StillNft();
        still.mint(alice, NUMBER);
        still.setStill(true);
        DvpTerms memory terms = _terms();
        terms.asset = toAsset(AssetKind.ERC721, address(still));
        _refuses(terms, alice, abi.encodeWithSelector(ICustody.BadAsset.selector, terms.asset, NUMBER, 1));
    }

    function test_TokenWithoutAnswers() public {
        QuietToken quiet = new QuietToken();
        quiet.mint(bob, PRICE);
        vm.prank(bob);
        quiet.approve(address(dvp), PRICE);
        DvpTerms memory terms = _terms();
        terms.payment = _erc20(address(quiet));
        _fundBoth(terms);
        _settle(terms);
        assertEq(quiet.balanceOf(alice), PRICE);
    }

    /// @dev Of one token, of coin and of one class, each side counts for itself, forward and back.
    function test_OneAssetOnBothSides() public {
        PlainUnits units = new PlainUnits();
        address[2] memory parties = [alice, bob];
        for (uint256 i = 0; i < 2; ++i) {
            cash.mint(parties[i], PRICE);
            units.mint(parties[i], 0, 2 * PRICE);
            vm.deal(parties[i], 2 * PRICE);
            vm.startPrank(parties[i]);
            cash.approve(address(dvp), PRICE);
            units.setApprovalForAll(address(dvp), true);
            vm.stopPrank();
        }
        Asset[3] memory all =
            [_erc20(address(cash)), toAsset(AssetKind.Native, address(0)), toAsset(AssetKind.ERC1155, address(units))];
        for (uint256 i = 0; i < 6; ++i) {
            uint256 state = vm.snapshotState();
            DvpTerms memory terms = _terms();
            (terms.asset, terms.tokenId, terms.amount, terms.payment) = (all[i / 2], 0, 5, all[i / 2]);
            (uint256 alices, uint256 bobs) = (_held(all[i / 2], 0, alice), _held(all[i / 2], 0, bob));
            _fundBoth(terms);
            assertEq(_held(all[i / 2], 0, address(dvp)), 5 + PRICE);
            bool forward = i % 2 == 0;
            if (forward) _settle(terms);
            else _cancel(terms);
            assertEq(_held(all[i / 2], 0, alice), forward ? alices + PRICE - 5 : alices);
            assertEq(_held(all[i / 2], 0, bob), forward ? bobs + 5 - PRICE : bobs);
            vm.revertToState(state);
        }
    }

    /// @dev An NFT on both sides goes in once, so the deal never arms.
    function test_RevertWhen_OneNftIsOnBothSides() public {
        nft.mint(alice, 0);
        DvpTerms memory terms = _terms();
        (terms.tokenId, terms.payment, terms.price) = (0, terms.asset, 1);
        _fund(terms, alice);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721IncorrectOwner.selector, bob, 0, address(dvp)));
        _fund(terms, bob);
        vm.warp(FUND_BY);
        dvp.abort(terms);
        assertEq(nft.ownerOf(0), alice);
    }

    function test_PermitAndFundInOneCall() public {
        Cash permitting = new Cash("Cash", "CASH", 6, address(new AccessManager(address(this))));
        permitting.mint(bob, PRICE);
        DvpTerms memory terms = _terms();
        terms.payment = _erc20(address(permitting));
        bytes32 typeHash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 message = keccak256(abi.encode(typeHash, bob, address(dvp), PRICE, 0, SETTLE_BY));
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(bobKey, keccak256(abi.encodePacked(hex"1901", permitting.DOMAIN_SEPARATOR(), message)));
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(dvp.permit, (address(permitting), PRICE, SETTLE_BY, v, r, s));
        calls[1] = abi.encodeCall(dvp.fund, (terms));
        for (uint256 used = 0; used < 2; ++used) {
            uint256 state = vm.snapshotState();
            // Somebody takes the permit from the pool of transactions and uses it first.
            if (used == 1) permitting.permit(bob, address(dvp), PRICE, SETTLE_BY, v, r, s);
            vm.prank(bob);
            dvp.multicall(calls);
            assertEq(dvp.funded(dvp.id(terms)), 2);
            assertEq(permitting.allowance(bob, address(dvp)), 0);
            vm.revertToState(state);
        }
        vm.expectRevert(abi.encodeWithSelector(IDvp.NotParty.selector, dvp.id(terms), carol));
        vm.prank(carol);
        dvp.multicall(calls);
    }

    /// @dev One value cannot count twice: `multicall` takes none, and what strayed here is not taken for it.
    function test_RevertWhen_OneValueIsToFundTwoDeals() public {
        DvpTerms memory terms = _terms();
        terms.payment = toAsset(AssetKind.Native, address(0));
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(dvp.fund, (terms));
        terms.windows = toWindows(FUND_BY, SETTLE_BY, 2);
        calls[1] = abi.encodeCall(dvp.fund, (terms));
        vm.deal(bob, 10 * PRICE);
        vm.prank(bob);
        (bool done,) = address(dvp).call{value: PRICE}(abi.encodeCall(dvp.multicall, (calls)));
        assertFalse(done);
        vm.deal(address(dvp), 2 * PRICE);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongAmount.selector, terms.payment, 0, PRICE));
        vm.prank(bob);
        dvp.multicall(calls);
    }

    /// @dev A token calls back into everything while it moves: when it comes in, goes forward and goes back.
    function test_ReenteringReverts() public {
        HookToken token = new HookToken();
        DvpTerms memory terms = _termsIn(token);
        DvpTerms memory other = _terms();
        nft.mint(alice, 8);
        other.tokenId = 8;
        Id id = _fundBoth(other);
        bytes memory refusal = abi.encodePacked(Guard.Reentered.selector);
        for (uint256 i = 0; i < 32; ++i) {
            uint256 state = vm.snapshotState();
            _fund(terms, alice);
            if (i >= 8) _fund(terms, bob);
            if (i / 8 == 2) vm.warp(SETTLE_BY);
            token.hook(address(dvp), _calls(other, id)[i % 8]);
            if (i / 8 == 0) _fund(terms, bob);
            else if (i / 8 == 1) _settle(terms);
            else if (i / 8 == 2) dvp.abort(terms);
            else _cancel(terms);
            assertTrue(token.called());
            assertFalse(token.succeeded());
            assertEq(token.answer(), refusal);
            vm.revertToState(state);
        }
    }

    /// @dev Every door that another deal, which is armed, could be entered by.
    function _calls(DvpTerms memory terms, Id id) private view returns (bytes[8] memory) {
        (bytes memory bySeller, bytes memory byBuyer) = _cancels(terms);
        return [
            abi.encodeCall(dvp.fund, (terms)),
            abi.encodeCall(dvp.settle, (terms, _receipt(terms))),
            abi.encodeCall(dvp.abort, (terms)),
            abi.encodeCall(dvp.cancel, (terms, bySeller, byBuyer)),
            abi.encodeCall(dvp.withdraw, (terms.payment, 0, alice)),
            abi.encodeCall(dvp.status, (id)),
            abi.encodeCall(dvp.funded, (id)),
            abi.encodeCall(dvp.owed, (alice, terms.payment, 0))
        ];
    }

    function _refuses(DvpTerms memory terms, address party, bytes memory reason) private {
        vm.expectRevert(reason);
        _fund(terms, party);
        assertStatus(dvp.id(terms), Status.None);
    }
}
