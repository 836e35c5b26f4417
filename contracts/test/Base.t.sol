// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cash} from "../src/Cash.sol";
import {Deed} from "../src/Deed.sol";
import {DocumentRegistry} from "../src/DocumentRegistry.sol";
import {PartyRegistry} from "../src/PartyRegistry.sol";
import {Settlement} from "../src/Settlement.sol";
import {Asset, AssetKind, toAsset} from "../src/types/Asset.sol";
import {Document} from "../src/types/Document.sol";
import {Id} from "../src/types/Id.sol";
import {Status} from "../src/types/Status.sol";
import {Condition, ConditionKind, Leg, Terms} from "../src/types/Terms.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {Test} from "forge-std/Test.sol";

/// @notice The stage of every test: all contracts, three accounts with keys, and a deal between the first two:
/// Alice sells a deed to Bob for cash, once Bob has signed for the document.
abstract contract Base is Test {
    uint256 internal constant T0 = 1_800_000_000;
    uint40 internal constant FUND_BY = 1_800_086_400;
    uint40 internal constant SETTLE_BY = 1_800_172_800;
    uint256 internal constant PRICE = 250_000e6;

    address internal admin = makeAddr("admin");
    address internal alice;
    uint256 internal aliceKey;
    address internal bob;
    uint256 internal bobKey;
    address internal carol;
    uint256 internal carolKey;

    AccessManager internal manager;
    Cash internal cash;
    Deed internal deed;
    DocumentRegistry internal registry;
    PartyRegistry internal phoneBook;
    Settlement internal settlement;

    function setUp() public virtual {
        vm.warp(T0);
        (alice, aliceKey) = makeAddrAndKey("alice");
        (bob, bobKey) = makeAddrAndKey("bob");
        (carol, carolKey) = makeAddrAndKey("carol");

        manager = new AccessManager(admin);
        registry = new DocumentRegistry();
        phoneBook = new PartyRegistry();
        settlement = new Settlement();
        cash = new Cash("Test Cash", "TCASH", 6, address(manager));
        deed = new Deed("Test Deed", "TDEED", registry, address(manager));

        _allow(address(cash), Cash.mint.selector, 1, admin);
        _allow(address(deed), Deed.mint.selector, 2, alice);
    }

    function _allow(address target, bytes4 selector, uint64 role, address account) internal {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        vm.startPrank(admin);
        manager.setTargetFunctionRole(target, selectors, role);
        manager.grantRole(role, account, 0);
        vm.stopPrank();
    }

    function _document(bytes32 root) internal view returns (Document memory) {
        return Document({
            issuer: alice,
            root: root,
            chunks: 3,
            chunkSize: 1024,
            size: 2500,
            schema: keccak256("schema"),
            previous: Id.wrap(0)
        });
    }

    /// @dev Registers a document and mints its deed to Alice.
    function _mintDeed(bytes32 root) internal returns (uint256 tokenId) {
        Document memory document = _document(root);
        vm.startPrank(alice);
        registry.register(document);
        deed.mint(alice, document);
        vm.stopPrank();
        return uint256(Id.unwrap(registry.id(document)));
    }

    function _mintCash(address to, uint256 amount) internal {
        vm.prank(admin);
        cash.mint(to, amount);
    }

    function _erc20(address token) internal pure returns (Asset) {
        return toAsset(AssetKind.ERC20, token);
    }

    function _erc721(address token) internal pure returns (Asset) {
        return toAsset(AssetKind.ERC721, token);
    }

    function _nftLeg(address token, address from, address to, uint256 tokenId) internal pure returns (Leg memory) {
        return Leg(_erc721(token), from, to, tokenId, 1);
    }

    function _cashLeg(address token, address from, address to, uint256 amount) internal pure returns (Leg memory) {
        return Leg(_erc20(token), from, to, 0, amount);
    }

    function _coinLeg(address from, address to, uint256 amount) internal pure returns (Leg memory) {
        return Leg(toAsset(AssetKind.Native, address(0)), from, to, 0, amount);
    }

    function _receipt(address party, bytes32 subject) internal pure returns (Condition memory) {
        return Condition({kind: ConditionKind.Receipt, party: party, subject: subject});
    }

    function _terms(Leg memory first, Leg memory second, uint256 nonce) internal view returns (Terms memory terms) {
        terms.legs = new Leg[](2);
        terms.legs[0] = first;
        terms.legs[1] = second;
        terms.conditions = new Condition[](1);
        terms.conditions[0] = _receipt(bob, keccak256("document"));
        terms.fundBy = FUND_BY;
        terms.settleBy = SETTLE_BY;
        terms.nonce = nonce;
    }

    /// @dev The usual deal, with the assets minted and approved but nothing funded.
    function _deal() internal returns (Terms memory terms) {
        uint256 tokenId = _mintDeed(keccak256("root"));
        _mintCash(bob, PRICE);
        _approve();
        terms = _terms(_nftLeg(address(deed), alice, bob, tokenId), _cashLeg(address(cash), bob, alice, PRICE), 1);
        terms.conditions[0].subject = bytes32(tokenId);
    }

    function _approve() internal {
        vm.prank(alice);
        deed.setApprovalForAll(address(settlement), true);
        vm.prank(bob);
        cash.approve(address(settlement), type(uint256).max);
    }

    /// @dev The usual deal with one more condition: Carol signs too.
    function _dealOfTwoConditions() internal returns (Terms memory terms) {
        terms = _deal();
        Condition memory first = terms.conditions[0];
        terms.conditions = new Condition[](2);
        terms.conditions[0] = first;
        terms.conditions[1] = _receipt(carol, keccak256("inspection"));
    }

    function _fund(Terms memory terms, uint256 leg) internal {
        Leg memory l = terms.legs[leg];
        vm.prank(l.from);
        settlement.fund{value: l.asset.kind() == AssetKind.Native ? l.amount : 0}(terms, leg);
    }

    function _fundAll(Terms memory terms) internal {
        for (uint256 i = 0; i < terms.legs.length; ++i) {
            _fund(terms, i);
        }
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev The party's signature under condition `i`.
    function _proof(Terms memory terms, uint256 i) internal view returns (bytes memory) {
        Condition memory c = terms.conditions[i];
        return _sign(_keyOf(c.party), settlement.receiptDigest(settlement.id(terms), c.party, c.subject));
    }

    function _proofs(Terms memory terms) internal view returns (bytes[] memory proofs) {
        proofs = new bytes[](terms.conditions.length);
        for (uint256 i = 0; i < proofs.length; ++i) {
            proofs[i] = _proof(terms, i);
        }
    }

    function _none() internal pure returns (bytes[] memory) {
        return new bytes[](0);
    }

    /// @dev Everybody's signature under a Cancel.
    function _cancels(Terms memory terms) internal view returns (bytes[] memory signatures) {
        Id id = settlement.id(terms);
        address[] memory parties = settlement.parties(terms);
        signatures = new bytes[](parties.length);
        for (uint256 i = 0; i < parties.length; ++i) {
            signatures[i] = _sign(_keyOf(parties[i]), settlement.cancelDigest(id, parties[i]));
        }
    }

    function _keyOf(address account) internal view returns (uint256) {
        return account == alice ? aliceKey : account == bob ? bobKey : carolKey;
    }

    function assertEq(Status left, Status right) internal pure {
        assertEq(uint8(left), uint8(right));
    }

    function assertEq(Id left, Id right) internal pure {
        assertEq(Id.unwrap(left), Id.unwrap(right));
    }
}
