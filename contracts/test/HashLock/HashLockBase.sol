// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HashLock} from "../../src/HashLock.sol";
import {Asset, AssetKind, toAsset} from "../../src/types/Asset.sol";
import {Id} from "../../src/types/Id.sol";
import {HashKind, LockTerms, toLock} from "../../src/types/LockTerms.sol";
import {Status} from "../../src/types/Status.sol";
import {PlainClasses, PlainUnits} from "../mocks/Multitokens.sol";
import {PlainNft} from "../mocks/Nfts.sol";
import {PlainToken, RefusingToken} from "../mocks/Tokens.sol";
import {Test} from "forge-std/Test.sol";

/// @notice The stage of the hash lock's tests: Alice locks a price for Bob under the hash of what she knows.
abstract contract HashLockBase is Test {
    uint256 internal constant T0 = 1_800_000_000;
    uint40 internal constant DEADLINE = 1_800_086_400;
    uint256 internal constant PRICE = 250_007;
    bytes32 internal constant PREIMAGE = keccak256("preimage");

    HashLock internal hashLock;
    RefusingToken internal cash;
    address internal alice = makeAddr("alice");
    address internal bob = makeAddr("bob");
    address internal stranger = makeAddr("stranger");

    function setUp() public virtual {
        vm.warp(T0);
        hashLock = new HashLock();
        cash = new RefusingToken();
        _stock(cash);
    }

    function _stock(PlainToken token) internal {
        token.mint(alice, 10 * PRICE);
        vm.prank(alice);
        token.approve(address(hashLock), type(uint256).max);
    }

    function _terms() internal view returns (LockTerms memory) {
        return _terms(HashKind.Sha256);
    }

    function _terms(HashKind kind) internal view returns (LockTerms memory) {
        return LockTerms({
            sender: alice,
            receiver: bob,
            asset: toAsset(AssetKind.ERC20, address(cash)),
            tokenId: 0,
            amount: PRICE,
            hashlock: hashLock.lockOf(kind, PREIMAGE),
            lock: toLock(kind, DEADLINE, 1)
        });
    }

    function _termsIn(PlainToken token) internal view returns (LockTerms memory terms) {
        terms = _terms();
        terms.asset = toAsset(AssetKind.ERC20, address(token));
    }

    /// @dev One lock of every kind of asset, which Alice has and has approved.
    function _termsOfEveryKind() internal returns (LockTerms[] memory terms) {
        terms = new LockTerms[](5);
        for (uint256 i = 0; i < 5; ++i) {
            terms[i] = _terms();
        }
        PlainNft nft = new PlainNft();
        PlainUnits units = new PlainUnits();
        PlainClasses classes = new PlainClasses();
        nft.mint(alice, 7);
        units.mint(alice, 8, PRICE);
        classes.mint(alice, 9, PRICE);
        vm.deal(alice, PRICE);
        vm.startPrank(alice);
        nft.approve(address(hashLock), 7);
        units.setApprovalForAll(address(hashLock), true);
        classes.setOperator(address(hashLock), true);
        vm.stopPrank();
        (terms[1].asset, terms[1].tokenId, terms[1].amount) = (toAsset(AssetKind.ERC721, address(nft)), 7, 1);
        (terms[2].asset, terms[2].tokenId) = (toAsset(AssetKind.ERC1155, address(units)), 8);
        (terms[3].asset, terms[3].tokenId) = (toAsset(AssetKind.ERC6909, address(classes)), 9);
        terms[4].asset = toAsset(AssetKind.Native, address(0));
    }

    function _held(LockTerms memory terms, address account) internal view returns (uint256) {
        AssetKind kind = terms.asset.kind();
        address token = terms.asset.token();
        if (kind == AssetKind.Native) return account.balance;
        if (kind == AssetKind.ERC20) return PlainToken(token).balanceOf(account);
        if (kind == AssetKind.ERC721) return PlainNft(token).ownerOf(terms.tokenId) == account ? 1 : 0;
        if (kind == AssetKind.ERC1155) return PlainUnits(token).balanceOf(account, terms.tokenId);
        return PlainClasses(token).balanceOf(account, terms.tokenId);
    }

    function _lock(LockTerms memory terms) internal returns (Id id) {
        uint256 value = terms.asset.kind() == AssetKind.Native ? terms.amount : 0;
        vm.prank(terms.sender);
        hashLock.lock{value: value}(terms);
        return hashLock.id(terms);
    }

    /// @dev The usual lock, brought to `status`.
    function _reach(Status status) internal returns (Id id) {
        LockTerms memory terms = _terms();
        id = hashLock.id(terms);
        if (status == Status.None) return id;
        _lock(terms);
        if (status == Status.Settled) hashLock.claim(terms, PREIMAGE);
        if (status != Status.Aborted) return id;
        vm.warp(DEADLINE);
        hashLock.refund(terms);
    }

    function assertStatus(Id id, Status status) internal view {
        assertEq(uint8(hashLock.status(id)), uint8(status));
    }
}
