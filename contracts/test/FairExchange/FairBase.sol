// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FairExchange} from "../../src/FairExchange.sol";
import {Asset, AssetKind, toAsset} from "../../src/types/Asset.sol";
import {FairTerms} from "../../src/types/FairTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {Complaint, Sealed, Sealing} from "../Judge/Sealing.sol";
import {PlainToken} from "../mocks/Tokens.sol";
import {Test} from "forge-std/Test.sol";

/// @notice The stage: Alice sells Bob a document of three chunks, whose key is good, or (`_cheat`) is not for chunk 1.
abstract contract FairBase is Test {
    uint256 internal constant T0 = 1_800_000_000;
    uint40 internal constant REVEAL_BY = 1_800_043_200;
    uint40 internal constant WINDOW = 1 days;
    uint256 internal constant PRICE = 250_000e6;

    address internal alice;
    uint256 internal aliceKey;
    address internal bob;
    uint256 internal bobKey;
    address internal carol;
    uint256 internal carolKey;

    FairExchange internal fair;
    PlainToken internal cash;

    function setUp() public virtual {
        vm.warp(T0);
        (alice, aliceKey) = makeAddrAndKey("alice");
        (bob, bobKey) = makeAddrAndKey("bob");
        (carol, carolKey) = makeAddrAndKey("carol");
        fair = new FairExchange();
        cash = new PlainToken();
        _supply(cash);
    }

    /// @dev Bob gets some of a token, and approves all that he may ever have.
    function _supply(PlainToken token) internal {
        token.mint(bob, 10 * PRICE);
        vm.prank(bob);
        token.approve(address(fair), type(uint256).max);
    }

    function _deal() internal view returns (Sealed memory) {
        return _dealOf(3, 1);
    }

    function _dealOf(uint256 chunks, uint64 nonce) internal view returns (Sealed memory deal) {
        bytes[] memory plain = Sealing.document(chunks, 256, "document");
        deal = Sealing.seal(plain, keccak256(abi.encode("key", nonce)), keccak256(abi.encode("secret", nonce)), nonce);
        FairTerms memory terms = deal.terms;
        (terms.buyer, terms.seller) = (bob, alice);
        (terms.asset, terms.amount) = (_erc20(address(cash)), PRICE);
        (terms.revealBy, terms.window) = (REVEAL_BY, WINDOW);
    }

    /// @dev The same deal, of which chunk 1 is not what it should be.
    function _cheat() internal view returns (Sealed memory deal) {
        deal = _deal();
        deal.cipher[1][77] ^= 0x01;
        Sealing.recommit(deal);
    }

    function _erc20(address token) internal pure returns (Asset) {
        return toAsset(AssetKind.ERC20, token);
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function _receipt(FairTerms memory terms) internal view returns (bytes memory) {
        return _sign(bobKey, fair.receiptDigest(fair.id(terms)));
    }

    function _lock(FairTerms memory terms) internal {
        vm.prank(terms.buyer);
        fair.lock(terms);
    }

    function _reveal(Sealed memory deal) internal {
        vm.prank(alice);
        fair.reveal(deal.terms, deal.key);
    }

    function _lockAndReveal(Sealed memory deal) internal {
        _lock(deal.terms);
        _reveal(deal);
    }

    /// @dev As Bob.
    function _complain(FairTerms memory terms, Complaint memory c) internal {
        vm.prank(bob);
        fair.complain(terms, c.goods, c.key, c.index, c.leaf, c.proof);
    }

    /// @dev Brings a fresh deal to a status, by the usual way.
    function _bring(Sealed memory deal, Status status) internal {
        if (status == Status.None) return;
        _lock(deal.terms);
        if (status == Status.Armed) return;
        if (status == Status.Aborted) {
            vm.warp(REVEAL_BY);
            fair.reclaim(deal.terms);
            vm.warp(T0);
            return;
        }
        _reveal(deal);
        if (status == Status.Revealed) return;
        vm.prank(bob);
        fair.finalize(deal.terms, "");
    }

    /// @dev Everything that could be called from within a call.
    function _everyCall(Sealed memory deal) internal view returns (bytes[7] memory) {
        Complaint memory c = Sealing.complaint(deal, 0);
        FairTerms memory terms = deal.terms;
        Id id = fair.id(terms);
        return [
            abi.encodeCall(fair.lock, (terms)),
            abi.encodeCall(fair.reveal, (terms, deal.key)),
            abi.encodeCall(fair.finalize, (terms, "")),
            abi.encodeCall(fair.complain, (terms, c.goods, c.key, c.index, c.leaf, c.proof)),
            abi.encodeCall(fair.reclaim, (terms)),
            abi.encodeCall(fair.status, (id)),
            abi.encodeCall(fair.until, (id))
        ];
    }

    function _assertStatus(FairTerms memory terms, Status expected) internal view {
        assertEq(uint8(fair.status(fair.id(terms))), uint8(expected));
    }

    /// @dev Where the price is, of Bob's ten.
    function _assertMoney(uint256 bobs, uint256 alices, uint256 held) internal view {
        assertEq(cash.balanceOf(bob), bobs * PRICE);
        assertEq(cash.balanceOf(alice), alices * PRICE);
        assertEq(cash.balanceOf(address(fair)), held * PRICE);
    }
}
