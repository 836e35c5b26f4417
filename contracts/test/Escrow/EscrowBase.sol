// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Escrow} from "../../src/Escrow.sol";
import {AssetKind, toAsset} from "../../src/types/Asset.sol";
import {EscrowTerms} from "../../src/types/EscrowTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {RefusingToken} from "../mocks/Tokens.sol";
import {Test} from "forge-std/Test.sol";

/// @notice The stage of the escrow tests: Alice pays Bob a price that the arbiter's share divides unevenly.
abstract contract EscrowBase is Test {
    uint256 internal constant T0 = 1_800_000_000;
    uint40 internal constant ACCEPT_BY = 1_800_086_400;
    uint40 internal constant DISPUTE_BY = 1_800_172_800;
    uint40 internal constant RULE_WINDOW = 3 days;
    uint256 internal constant PRICE = 250_007;
    uint256 internal constant BOND = 1_001;

    Escrow internal escrow;
    RefusingToken internal cash;
    address internal alice;
    uint256 internal aliceKey;
    address internal bob = makeAddr("bob");
    address internal arbiter = makeAddr("arbiter");
    address internal stranger = makeAddr("stranger");

    function setUp() public virtual {
        vm.warp(T0);
        (alice, aliceKey) = makeAddrAndKey("alice");
        escrow = new Escrow();
        cash = new RefusingToken();
        cash.mint(alice, 10 * PRICE);
        cash.mint(bob, 10 * BOND);
        vm.prank(alice);
        cash.approve(address(escrow), type(uint256).max);
        vm.prank(bob);
        cash.approve(address(escrow), type(uint256).max);
    }

    function _terms() internal view returns (EscrowTerms memory) {
        return EscrowTerms({
            payer: alice,
            payee: bob,
            asset: toAsset(AssetKind.ERC20, address(cash)),
            tokenId: 0,
            amount: PRICE,
            subject: keccak256("the delivery"),
            arbiter: arbiter,
            bond: BOND,
            defaultBps: 2_500,
            acceptBy: ACCEPT_BY,
            disputeBy: DISPUTE_BY,
            ruleWindow: RULE_WINDOW,
            nonce: 1
        });
    }

    function _fund(EscrowTerms memory terms) internal returns (Id id) {
        vm.prank(terms.payer);
        escrow.fund(terms);
        return escrow.id(terms);
    }

    function _accept(EscrowTerms memory terms) internal returns (Id id) {
        id = _fund(terms);
        vm.prank(terms.payee);
        escrow.accept(terms);
    }

    function _dispute(EscrowTerms memory terms, address by) internal returns (Id id) {
        id = _accept(terms);
        vm.prank(by);
        escrow.dispute(terms);
    }

    /// @dev An escrow brought to `status` in the shortest way.
    function _reach(EscrowTerms memory terms, Status status) internal returns (Id id) {
        if (status == Status.None) return escrow.id(terms);
        if (status == Status.Open) return _fund(terms);
        if (status == Status.Armed) return _accept(terms);
        if (status == Status.Disputed) return _dispute(terms, terms.payer);
        id = _fund(terms);
        vm.prank(status == Status.Settled ? terms.payer : terms.payee);
        if (status == Status.Settled) escrow.release(terms, 10_000, "");
        else escrow.refund(terms);
    }

    function _release(EscrowTerms memory terms, uint16 bps) internal {
        vm.prank(terms.payer);
        escrow.release(terms, bps, "");
    }

    function _signRelease(Id id, uint16 bps) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(aliceKey, escrow.releaseDigest(id, bps));
        return abi.encodePacked(r, s, v);
    }

    function assertStatus(Id id, Status status) internal view {
        assertEq(uint8(escrow.status(id)), uint8(status));
    }
}
