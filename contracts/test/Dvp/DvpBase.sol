// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Dvp} from "../../src/Dvp.sol";
import {Asset, AssetKind, toAsset} from "../../src/types/Asset.sol";
import {DvpTerms, toWindows} from "../../src/types/DvpTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {PlainClasses, PlainUnits} from "../mocks/Multitokens.sol";
import {PlainNft, RefusingNft} from "../mocks/Nfts.sol";
import {PlainToken, RefusingToken} from "../mocks/Tokens.sol";
import {Test} from "forge-std/Test.sol";

/// @notice The stage of the tests of Dvp: Alice sells an NFT to Bob for cash, once he has signed for the document.
abstract contract DvpBase is Test {
    uint256 internal constant T0 = 1_800_000_000;
    uint40 internal constant FUND_BY = 1_800_086_400;
    uint40 internal constant SETTLE_BY = 1_800_172_800;
    uint256 internal constant PRICE = 250_007;
    uint256 internal constant NUMBER = 7;
    bytes32 internal constant SUBJECT = keccak256("document");
    uint256 internal constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    Dvp internal dvp;
    RefusingNft internal nft;
    RefusingToken internal cash;
    address internal alice;
    uint256 internal aliceKey;
    address internal bob;
    uint256 internal bobKey;
    address internal carol;
    uint256 internal carolKey;

    function setUp() public virtual {
        vm.warp(T0);
        (alice, aliceKey) = makeAddrAndKey("alice");
        (bob, bobKey) = makeAddrAndKey("bob");
        (carol, carolKey) = makeAddrAndKey("carol");
        dvp = new Dvp();
        nft = new RefusingNft();
        cash = new RefusingToken();
        nft.mint(alice, NUMBER);
        vm.prank(alice);
        nft.setApprovalForAll(address(dvp), true);
        _stock(cash, bob);
    }

    function _stock(PlainToken token, address holder) internal {
        token.mint(holder, 10 * PRICE);
        vm.prank(holder);
        token.approve(address(dvp), type(uint256).max);
    }

    function _terms() internal view returns (DvpTerms memory) {
        return DvpTerms({
            seller: alice,
            buyer: bob,
            asset: toAsset(AssetKind.ERC721, address(nft)),
            tokenId: NUMBER,
            amount: 1,
            payment: _erc20(address(cash)),
            price: PRICE,
            subject: SUBJECT,
            windows: toWindows(FUND_BY, SETTLE_BY, 1)
        });
    }

    /// @dev The usual deal, paid in a token that Bob has and has approved.
    function _termsIn(PlainToken token) internal returns (DvpTerms memory terms) {
        _stock(token, bob);
        terms = _terms();
        terms.payment = _erc20(address(token));
    }

    /// @dev A deal in an asset of the one kind for one of the other, which both have and have approved.
    function _termsOf(AssetKind asset, AssetKind payment) internal returns (DvpTerms memory terms) {
        terms = _terms();
        bool numbered = asset != AssetKind.ERC20 && asset != AssetKind.Native;
        terms.tokenId = numbered ? NUMBER : 0;
        terms.amount = asset == AssetKind.ERC721 ? 1 : 5;
        terms.asset = _supply(asset, alice, terms.tokenId, terms.amount);
        terms.price = payment == AssetKind.ERC721 ? 1 : PRICE;
        terms.payment = _supply(payment, bob, 0, terms.price);
    }

    /// @dev A new asset of a kind, which `holder` has and has approved.
    function _supply(AssetKind kind, address holder, uint256 tokenId, uint256 amount) internal returns (Asset) {
        if (kind == AssetKind.Native) {
            vm.deal(holder, holder.balance + amount);
            return toAsset(kind, address(0));
        }
        address token;
        if (kind == AssetKind.ERC20) token = address(new PlainToken());
        else if (kind == AssetKind.ERC721) token = address(new PlainNft());
        else if (kind == AssetKind.ERC1155) token = address(new PlainUnits());
        else token = address(new PlainClasses());

        if (kind == AssetKind.ERC20) PlainToken(token).mint(holder, amount);
        else if (kind == AssetKind.ERC721) PlainNft(token).mint(holder, tokenId);
        else PlainUnits(token).mint(holder, tokenId, amount);

        vm.startPrank(holder);
        if (kind == AssetKind.ERC20) PlainToken(token).approve(address(dvp), amount);
        else if (kind == AssetKind.ERC6909) PlainClasses(token).setOperator(address(dvp), true);
        else PlainNft(token).setApprovalForAll(address(dvp), true);
        vm.stopPrank();
        return toAsset(kind, token);
    }

    function _erc20(address token) internal pure returns (Asset) {
        return toAsset(AssetKind.ERC20, token);
    }

    function _held(Asset asset, uint256 tokenId, address account) internal view returns (uint256) {
        AssetKind kind = asset.kind();
        address token = asset.token();
        if (kind == AssetKind.Native) return account.balance;
        if (kind == AssetKind.ERC20) return PlainToken(token).balanceOf(account);
        if (kind == AssetKind.ERC721) return PlainNft(token).ownerOf(tokenId) == account ? 1 : 0;
        return PlainUnits(token).balanceOf(account, tokenId);
    }

    /// @dev The value that goes with what `party` puts in.
    function _value(DvpTerms memory terms, address party) internal pure returns (uint256) {
        if (party == terms.seller) return terms.asset.kindNumber() == uint256(AssetKind.Native) ? terms.amount : 0;
        return terms.payment.kindNumber() == uint256(AssetKind.Native) ? terms.price : 0;
    }

    function _fund(DvpTerms memory terms, address party) internal {
        vm.prank(party);
        dvp.fund{value: _value(terms, party)}(terms);
    }

    function _fundBoth(DvpTerms memory terms) internal returns (Id) {
        _fund(terms, terms.seller);
        _fund(terms, terms.buyer);
        return dvp.id(terms);
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev The receipt that Bob's key gives, in the name of the deal's buyer.
    function _receipt(DvpTerms memory terms) internal view returns (bytes memory) {
        return _sign(bobKey, dvp.receiptDigest(dvp.id(terms), terms.buyer, terms.subject));
    }

    /// @dev Alice's and Bob's cancels, in the names of the deal's seller and buyer.
    function _cancels(DvpTerms memory terms) internal view returns (bytes memory bySeller, bytes memory byBuyer) {
        Id id = dvp.id(terms);
        bySeller = _sign(aliceKey, dvp.cancelDigest(id, terms.seller));
        byBuyer = _sign(bobKey, dvp.cancelDigest(id, terms.buyer));
    }

    function _settle(DvpTerms memory terms) internal {
        dvp.settle(terms, _receipt(terms));
    }

    function _cancel(DvpTerms memory terms) internal {
        (bytes memory bySeller, bytes memory byBuyer) = _cancels(terms);
        dvp.cancel(terms, bySeller, byBuyer);
    }

    /// @dev The forms of a good signature that are no signature here: the other s, v of 0 or 1, 64 bytes (ERC-2098),
    /// a byte more, a byte less, zeros.
    function _otherForms(bytes memory good) internal pure returns (bytes[6] memory forms) {
        (bytes32 r, bytes32 s) = abi.decode(good, (bytes32, bytes32));
        uint8 v = uint8(good[64]);
        forms[0] = abi.encodePacked(r, ORDER - uint256(s), v == 27 ? uint8(28) : uint8(27));
        forms[1] = abi.encodePacked(r, s, v - 27);
        forms[2] = abi.encodePacked(r, uint256(s) | uint256(v - 27) << 255);
        forms[3] = abi.encodePacked(good, uint8(0));
        forms[4] = abi.encodePacked(r, s);
        forms[5] = new bytes(65);
    }

    function assertStatus(Id id, Status status) internal view {
        assertEq(uint8(dvp.status(id)), uint8(status));
    }

    /// @dev Both sides of the deal are with whom they were promised, and nothing stayed behind.
    function assertSettled(DvpTerms memory terms) internal view {
        assertStatus(dvp.id(terms), Status.Settled);
        assertEq(_held(terms.asset, terms.tokenId, terms.buyer), terms.amount);
        assertEq(_held(terms.asset, terms.tokenId, address(dvp)), 0);
        assertEq(_held(terms.payment, 0, terms.seller), terms.price);
        assertEq(_held(terms.payment, 0, address(dvp)), 0);
    }
}
