// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {Asset, AssetKind, toAsset} from "../../src/types/Asset.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {Condition, Leg, Terms} from "../../src/types/Terms.sol";
import {Base} from "../Base.t.sol";
import {ClawbackNft, PlainNft, StillNft} from "../mocks/Nfts.sol";
import {FeeToken, HookToken, PlainToken, QuietToken, RefusingToken} from "../mocks/Tokens.sol";
import {IERC20Errors, IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

contract SettlementFundTest is Base {
    function test_OpensAndArms() public {
        Terms memory terms = _deal();
        Id id = settlement.id(terms);
        uint256 tokenId = terms.legs[0].tokenId;

        vm.expectEmit();
        emit ISettlement.Opened(id, alice, 0, terms);
        _fund(terms, 0);
        assertEq(settlement.status(id), Status.Open);
        assertEq(settlement.funded(id), 1);
        assertEq(deed.ownerOf(tokenId), address(settlement));

        vm.expectEmit();
        emit ISettlement.Funded(id, bob, 1);
        _fund(terms, 1);
        assertEq(settlement.status(id), Status.Armed);
        assertEq(settlement.funded(id), 3);
        assertEq(settlement.satisfied(id), 0);
        assertEq(cash.balanceOf(address(settlement)), PRICE);
    }

    function test_AnyLegFirst() public {
        Terms memory terms = _deal();
        _fund(terms, 1);
        assertEq(settlement.funded(settlement.id(terms)), 2);
        _fund(terms, 0);
        assertEq(settlement.status(settlement.id(terms)), Status.Armed);
    }

    function test_OneLegArmsAtOnce() public {
        Terms memory terms = _deal();
        Leg memory gift = terms.legs[0];
        terms.legs = new Leg[](1);
        terms.legs[0] = gift;
        _fund(terms, 0);
        assertEq(settlement.status(settlement.id(terms)), Status.Armed);
    }

    function test_EightLegsAndConditions() public {
        Terms memory terms = _wide(8, 8);
        _fundAll(terms);
        Id id = settlement.id(terms);
        assertEq(settlement.status(id), Status.Armed);
        assertEq(settlement.funded(id), 255);
    }

    function test_LastMoment() public {
        Terms memory terms = _deal();
        vm.warp(FUND_BY - 1);
        _fundAll(terms);
        assertEq(settlement.status(settlement.id(terms)), Status.Armed);
    }

    function test_RevertWhen_AtFundBy() public {
        Terms memory terms = _deal();
        _fund(terms, 0);
        Id id = settlement.id(terms);
        for (uint256 late = 0; late < 2; ++late) {
            vm.warp(FUND_BY + late);
            vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, id, FUND_BY));
            _fund(terms, 1);
        }
    }

    function test_RevertWhen_OpenedAtFundBy() public {
        Terms memory terms = _deal();
        vm.warp(FUND_BY);
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, settlement.id(terms), FUND_BY));
        _fund(terms, 0);
    }

    function test_RevertWhen_Final() public {
        Terms memory terms = _deal();
        Id id = settlement.id(terms);
        _fund(terms, 0);
        uint256 state = vm.snapshotState();

        vm.warp(FUND_BY);
        settlement.abort(terms);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, id, Status.Aborted));
        _fund(terms, 0);

        vm.revertToState(state);
        _fund(terms, 1);
        settlement.settle(terms, _proofs(terms));
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, id, Status.Settled));
        _fund(terms, 1);
    }

    function test_RevertWhen_Armed() public {
        Terms memory terms = _deal();
        _fundAll(terms);
        Id id = settlement.id(terms);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, id, Status.Armed));
        _fund(terms, 0);
    }

    function test_RevertWhen_NoSuchLeg() public {
        Terms memory terms = _deal();
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NoSuchLeg.selector, 2));
        vm.prank(alice);
        settlement.fund(terms, 2);
    }

    function test_RevertWhen_NotFunder() public {
        Terms memory terms = _deal();
        // Nobody opens in another's name, and an approval is no invitation to third parties.
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotFunder.selector, 1, carol));
        vm.prank(carol);
        settlement.fund(terms, 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotFunder.selector, 1, alice));
        vm.prank(alice);
        settlement.fund(terms, 1);
    }

    function test_RevertWhen_AlreadyFunded() public {
        Terms memory terms = _deal();
        _fund(terms, 1);
        Id id = settlement.id(terms);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AlreadyFunded.selector, id, 1));
        _fund(terms, 1);
    }

    function test_RevertWhen_BadLegCount() public {
        Terms memory terms = _wide(9, 0);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadLegCount.selector, 9));
        _fund(terms, 0);

        terms.legs = new Leg[](0);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NoSuchLeg.selector, 0));
        settlement.fund(terms, 0);
    }

    function test_RevertWhen_BadConditionCount() public {
        Terms memory terms = _wide(2, 9);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadConditionCount.selector, 9));
        _fund(terms, 0);
    }

    function test_RevertWhen_BadParty() public {
        address[2] memory bad = [address(0), address(settlement)];
        for (uint256 i = 0; i < 2; ++i) {
            Terms memory terms = _deal2(i);
            terms.legs[1].from = bad[i];
            vm.expectRevert(abi.encodeWithSelector(ISettlement.BadParty.selector, 1, bad[i]));
            _fund(terms, 0);

            terms.legs[1].from = bob;
            terms.legs[1].to = bad[i];
            vm.expectRevert(abi.encodeWithSelector(ISettlement.BadParty.selector, 1, bad[i]));
            _fund(terms, 0);
        }
    }

    function test_RevertWhen_SelfDeal() public {
        for (uint256 i = 0; i < 2; ++i) {
            Terms memory terms = _deal2(i);
            terms.legs[i].to = terms.legs[i].from;
            vm.expectRevert(abi.encodeWithSelector(ISettlement.SelfDeal.selector, i));
            _fund(terms, 0);
        }
    }

    /// @dev That a token is none is found when its leg is funded, and then nothing has moved.
    function test_RevertWhen_TokenIsNone() public {
        Terms memory terms = _deal();
        address[2] memory bad = [carol, address(settlement)];
        AssetKind[4] memory kinds = [AssetKind.ERC20, AssetKind.ERC721, AssetKind.ERC1155, AssetKind.ERC6909];
        for (uint256 i = 0; i < 8; ++i) {
            terms.legs[1] = Leg(toAsset(kinds[i / 2], bad[i % 2]), bob, alice, 0, 1);
            vm.expectRevert();
            _fund(terms, 1);
        }
    }

    function test_RevertWhen_ZeroAmount() public {
        Terms memory terms = _deal();
        terms.legs[1].amount = 0;
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadAsset.selector, _erc20(address(cash)), 0, 0));
        _fund(terms, 0);
    }

    function test_NftNumberZero() public {
        PlainNft nft = new PlainNft();
        nft.mint(alice, 0);
        Terms memory terms = _deal();
        terms.legs[0] = _nftLeg(address(nft), alice, bob, 0);
        vm.prank(alice);
        nft.setApprovalForAll(address(settlement), true);
        _fundAll(terms);
        settlement.settle(terms, _proofs(terms));
        assertEq(nft.ownerOf(0), bob);
    }

    function test_RevertWhen_NftAsCash() public {
        PlainNft nft = new PlainNft();
        nft.mint(alice, 1);
        Terms memory terms = _deal();
        terms.legs[0] = _cashLeg(address(nft), alice, bob, 1);
        vm.prank(alice);
        nft.setApprovalForAll(address(settlement), true);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadAsset.selector, _erc20(address(nft)), 0, 1));
        _fund(terms, 0);

        // Any other number is not one unit, so it fails as an amount.
        nft.mint(alice, 7);
        terms.legs[0].amount = 7;
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongAmount.selector, _erc20(address(nft)), 1, 7));
        _fund(terms, 0);
    }

    function test_OneUnitOfCash() public {
        Terms memory terms = _deal();
        terms.legs[1].amount = 1;
        _fundAll(terms);
        settlement.settle(terms, _proofs(terms));
        assertEq(cash.balanceOf(alice), 1);
    }

    function test_RevertWhen_CashAsNft() public {
        Terms memory terms = _deal();
        terms.legs[1].asset = _erc721(address(cash));
        terms.legs[1].amount = 1;
        vm.expectRevert();
        _fund(terms, 1);
    }

    /// @dev An NFT in two legs goes in once, so the settlement never arms.
    function test_RevertWhen_SameNft() public {
        Terms memory terms = _deal();
        terms.legs[1] = terms.legs[0];
        _fund(terms, 0);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC721Errors.ERC721IncorrectOwner.selector, alice, terms.legs[0].tokenId, address(settlement)
            )
        );
        _fund(terms, 1);
        vm.warp(FUND_BY);
        settlement.abort(terms);
        assertEq(deed.ownerOf(terms.legs[0].tokenId), alice);
    }

    function test_SameNumberOfTwoNfts() public {
        PlainNft one = new PlainNft();
        PlainNft two = new PlainNft();
        one.mint(alice, 5);
        two.mint(bob, 5);
        vm.prank(alice);
        one.setApprovalForAll(address(settlement), true);
        vm.prank(bob);
        two.setApprovalForAll(address(settlement), true);
        Terms memory terms = _terms(_nftLeg(address(one), alice, bob, 5), _nftLeg(address(two), bob, alice, 5), 1);
        _fundAll(terms);
        settlement.settle(terms, _proofs(terms));
        assertEq(one.ownerOf(5), bob);
        assertEq(two.ownerOf(5), alice);
    }

    function test_RevertWhen_BadConditionParty() public {
        Terms memory terms = _deal();
        terms.conditions[0].party = address(0);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadConditionParty.selector, 0));
        _fund(terms, 0);
    }

    function test_RevertWhen_BadWindow() public {
        Terms memory terms = _deal();
        uint40 last = 1_800_000_000 + 366 days;
        uint40[2][3] memory bad = [[FUND_BY, FUND_BY], [FUND_BY, FUND_BY - 1], [FUND_BY, last + 1]];
        for (uint256 i = 0; i < bad.length; ++i) {
            (terms.fundBy, terms.settleBy) = (bad[i][0], bad[i][1]);
            vm.expectRevert(abi.encodeWithSelector(ISettlement.BadWindow.selector, bad[i][0], bad[i][1]));
            _fund(terms, 0);
        }
        (terms.fundBy, terms.settleBy) = (last - 1, last);
        _fund(terms, 0);
    }

    function test_RevertWhen_NotApproved() public {
        Terms memory terms = _deal();
        vm.prank(bob);
        cash.approve(address(settlement), PRICE - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC20Errors.ERC20InsufficientAllowance.selector, address(settlement), PRICE - 1, PRICE
            )
        );
        _fund(terms, 1);
    }

    function test_RevertWhen_FeeOnTransfer() public {
        FeeToken token = new FeeToken();
        Terms memory terms = _dealIn(address(token));
        token.mint(bob, PRICE);
        vm.expectRevert(
            abi.encodeWithSelector(ICustody.WrongAmount.selector, _erc20(address(token)), PRICE - PRICE / 100, PRICE)
        );
        _fund(terms, 1);
    }

    function test_RevertWhen_TokenReturnsFalse() public {
        Terms memory terms = _dealIn(address(new RefusingToken()));
        address token = terms.legs[1].asset.token();
        vm.mockCall(token, abi.encodeWithSignature("transferFrom(address,address,uint256)"), abi.encode(false));
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, token));
        _fund(terms, 1);
    }

    function test_RevertWhen_TokenLies() public {
        Terms memory terms = _dealIn(address(new PlainToken()));
        address token = terms.legs[1].asset.token();
        vm.mockCall(token, abi.encodeWithSignature("transferFrom(address,address,uint256)"), abi.encode(true));
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongAmount.selector, _erc20(token), 0, PRICE));
        _fund(terms, 1);
    }

    function test_TokenWithoutReturnValue() public {
        QuietToken token = new QuietToken();
        Terms memory terms = _dealIn(address(token));
        token.mint(bob, PRICE);
        _fundAll(terms);
        settlement.settle(terms, _proofs(terms));
        assertEq(token.balanceOf(alice), PRICE);
    }

    function test_RevertWhen_NftDoesNotMove() public {
        StillNft nft = new StillNft();
        nft.mint(alice, 3);
        nft.setStill(true);
        Terms memory terms = _deal();
        terms.legs[0] = _nftLeg(address(nft), alice, bob, 3);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadAsset.selector, _erc721(address(nft)), 3, 1));
        _fund(terms, 0);
    }

    /// @dev An issuer that takes an NFT out of custody can have it promised twice, and given once: to whom settles
    /// first. The other side of either deal moves as agreed, and no other token's deals are touched.
    function test_ClawbackNftIsGivenOnce() public {
        ClawbackNft nft = new ClawbackNft();
        nft.mint(alice, 3);
        Terms memory terms = _deal();
        terms.legs[0] = _nftLeg(address(nft), alice, bob, 3);
        vm.prank(alice);
        nft.setApprovalForAll(address(settlement), true);
        _fundAll(terms);
        nft.claw(3, alice);
        Terms memory second = _again(terms);
        second.legs[0].to = carol;
        _fundAll(second);

        settlement.settle(terms, _proofs(terms));
        assertEq(nft.ownerOf(3), bob);
        settlement.settle(second, _proofs(second));
        assertEq(nft.ownerOf(3), bob);
        assertEq(settlement.owed(carol, _erc721(address(nft)), 3), 1);
        assertEq(cash.balanceOf(alice), 2 * PRICE);
    }

    function test_StrayTransferFundsNothing() public {
        Terms memory terms = _deal();
        vm.prank(bob);
        assertTrue(cash.transfer(address(settlement), PRICE));
        vm.expectRevert();
        _fund(terms, 1);
    }

    function test_RevertWhen_StrayNftIsSentSafely() public {
        Terms memory terms = _deal();
        vm.expectRevert();
        vm.prank(alice);
        deed.safeTransferFrom(alice, address(settlement), terms.legs[0].tokenId);
    }

    function testFuzz_AnyChangeIsAnotherId(uint256 field, uint256 seed) public {
        Terms memory terms = _deal();
        _fund(terms, 0);
        bytes32 before = Id.unwrap(settlement.id(terms));
        field = bound(field, 0, 8);
        // forge-lint: disable-start(unsafe-typecast)
        if (field == 0) terms.nonce ^= _bit(seed, 256);
        if (field == 1) terms.fundBy ^= uint40(_bit(seed, 40));
        if (field == 2) terms.settleBy ^= uint40(_bit(seed, 40));
        if (field == 3) terms.legs[0].tokenId ^= _bit(seed, 256);
        if (field == 4) terms.legs[1].to = address(uint160(terms.legs[1].to) ^ uint160(_bit(seed, 160)));
        if (field == 5) terms.legs[1].from = address(uint160(terms.legs[1].from) ^ uint160(_bit(seed, 160)));
        if (field == 6) terms.legs[1].asset = Asset.wrap(Asset.unwrap(terms.legs[1].asset) ^ bytes32(_bit(seed, 256)));
        // forge-lint: disable-end(unsafe-typecast)
        if (field == 7) terms.legs[0].asset = _erc20(terms.legs[0].asset.token());
        if (field == 8) terms.conditions[0].subject ^= bytes32(_bit(seed, 256));
        Id id = settlement.id(terms);
        assertNotEq(Id.unwrap(id), before);
        assertEq(settlement.status(id), Status.None);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, id, Status.None));
        settlement.abort(terms);
    }

    function testFuzz_ExactAmounts(uint256 amount, uint256 stray) public {
        amount = bound(amount, 2, type(uint128).max);
        stray = bound(stray, 0, type(uint128).max);
        PlainToken token = new PlainToken();
        Terms memory terms = _dealIn(address(token));
        terms.legs[1].amount = amount;
        token.mint(bob, amount);
        token.mint(address(settlement), stray);
        _fund(terms, 1);
        assertEq(token.balanceOf(bob), 0);
        assertEq(token.balanceOf(address(settlement)), amount + stray);
    }

    function test_ReenteringFundReverts() public {
        HookToken token = new HookToken();
        Terms memory terms = _dealIn(address(token));
        token.mint(bob, 2 * PRICE);
        token.hook(address(settlement), abi.encodeCall(settlement.fund, (terms, 1)));
        _fund(terms, 1);
        assertTrue(token.called());
        assertFalse(token.succeeded());
    }

    function _bit(uint256 seed, uint256 width) private pure returns (uint256) {
        return 1 << (seed % width);
    }

    /// @dev The usual deal, paid in another token.
    function _dealIn(address token) private returns (Terms memory terms) {
        terms = _deal();
        terms.legs[1].asset = _erc20(token);
        vm.prank(bob);
        // forge-lint: disable-next-line(unchecked-call)
        (bool done,) = token.call(abi.encodeWithSignature("approve(address,uint256)", address(settlement), 2 ** 255));
        assertTrue(done);
    }

    /// @dev The same deal once more, with the cash for it.
    function _again(Terms memory terms) private returns (Terms memory second) {
        second = abi.decode(abi.encode(terms), (Terms));
        second.nonce = terms.nonce + 1;
        _mintCash(bob, PRICE);
    }

    /// @dev The usual deal over deed number `i`.
    function _deal2(uint256 i) private returns (Terms memory terms) {
        uint256 tokenId = _mintDeed(keccak256(abi.encode(i)));
        _approve();
        terms = _terms(_nftLeg(address(deed), alice, bob, tokenId), _cashLeg(address(cash), bob, alice, PRICE), 1);
    }

    /// @dev Bob pays Alice in many small legs under many conditions.
    function _wide(uint256 legs, uint256 conditions) private returns (Terms memory terms) {
        terms = _deal();
        terms.legs = new Leg[](legs);
        for (uint256 i = 0; i < legs; ++i) {
            terms.legs[i] = _cashLeg(address(cash), bob, alice, 2 + i);
        }
        terms.conditions = new Condition[](conditions);
        for (uint256 i = 0; i < conditions; ++i) {
            terms.conditions[i] = _receipt(bob, bytes32(i));
        }
    }
}
