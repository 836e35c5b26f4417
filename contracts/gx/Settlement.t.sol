// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cash} from "../src/Cash.sol";
import {Settlement} from "../src/Settlement.sol";
import {AssetKind, toAsset} from "../src/types/Asset.sol";
import {Condition, ConditionKind, Leg, Terms} from "../src/types/Terms.sol";
import {PlainNft} from "../test/mocks/Nfts.sol";
import {PlainToken} from "../test/mocks/Tokens.sol";
import {Test} from "forge-std/Test.sol";

/// @notice What the everyday calls of a trade cost, as whole transactions: a deed against cash, once the buyer has
/// signed for the document. The seller sells the one deed it has, and the buyer pays with the cash that was issued to it
/// for this trade; each approves just what it gives, and holds some of what it gets. Settlement has other trades in
/// custody. What the same calls cost those who keep some of what they give is measured beside it.
contract SettlementGas is Test {
    uint256 private constant PRICE = 250_000e6;

    Settlement private settlement = new Settlement();
    PlainToken private cash = new PlainToken();
    PlainNft private deed = new PlainNft();
    address private seller = makeAddr("seller");
    address private buyer;
    uint256 private buyerKey;
    uint256 private sold = uint256(keccak256("sold"));

    function setUp() public {
        vm.warp(1_800_000_000);
        (buyer, buyerKey) = makeAddrAndKey("buyer");
        deed.mint(buyer, 2);
        deed.mint(address(settlement), 3);
        deed.mint(seller, sold);
        cash.mint(seller, 1e6);
        cash.mint(buyer, PRICE);
        cash.mint(address(settlement), 1e6);
        vm.prank(seller);
        deed.approve(address(settlement), sold);
        vm.prank(buyer);
        cash.approve(address(settlement), PRICE);
    }

    function test_Gas() public {
        Terms memory terms = _terms();
        vm.prank(seller);
        settlement.fund(terms, 0);
        vm.snapshotGasLastCall("settlement", "fund_erc721");

        vm.prank(buyer);
        settlement.fund(terms, 1);
        vm.snapshotGasLastCall("settlement", "fund_erc20");

        bytes[] memory proofs = _proofs(terms);
        uint256 state = vm.snapshotState();
        vm.prank(buyer);
        settlement.settle(terms, proofs);
        vm.snapshotGasLastCall("settlement", "settle_on_receipt");

        vm.revertToState(state);
        vm.prank(seller);
        settlement.satisfy(terms, 0, proofs[0]);
        vm.snapshotGasLastCall("settlement", "satisfy");
        vm.prank(seller);
        settlement.settle(terms, new bytes[](0));
        vm.snapshotGasLastCall("settlement", "settle_after_satisfy");

        vm.revertToState(state);
        vm.warp(terms.settleBy);
        vm.prank(seller);
        settlement.abort(terms);
        vm.snapshotGasLastCall("settlement", "abort");
    }

    function test_GasOfHoldersWhoKeepSome() public {
        Terms memory terms = _terms();
        deed.mint(seller, 1);
        cash.mint(buyer, 1e6);
        vm.prank(seller);
        settlement.fund(terms, 0);
        vm.snapshotGasLastCall("settlement", "fund_erc721_of_several");
        vm.prank(buyer);
        settlement.fund(terms, 1);
        vm.snapshotGasLastCall("settlement", "fund_erc20_of_more");
    }

    function test_GasWithStandingApprovals() public {
        Terms memory terms = _terms();
        vm.prank(seller);
        deed.approve(address(0), sold);
        vm.prank(seller);
        deed.setApprovalForAll(address(settlement), true);
        vm.prank(buyer);
        cash.approve(address(settlement), type(uint256).max);

        vm.prank(buyer);
        settlement.fund(terms, 1);
        vm.snapshotGasLastCall("settlement", "fund_erc20_opens_standing_approval");
        vm.prank(seller);
        settlement.fund(terms, 0);
        vm.snapshotGasLastCall("settlement", "fund_erc721_arms_standing_approval");
    }

    function _terms() private view returns (Terms memory terms) {
        terms.legs = new Leg[](2);
        terms.legs[0] = Leg(toAsset(AssetKind.ERC721, address(deed)), seller, buyer, sold, 1);
        terms.legs[1] = Leg(toAsset(AssetKind.ERC20, address(cash)), buyer, seller, 0, PRICE);
        terms.conditions = new Condition[](1);
        terms.conditions[0] = Condition(ConditionKind.Receipt, buyer, bytes32(sold));
        terms.fundBy = 1_800_086_400;
        terms.settleBy = 1_800_172_800;
        terms.nonce = 1;
    }

    function _proofs(Terms memory terms) private view returns (bytes[] memory proofs) {
        bytes32 digest = settlement.receiptDigest(settlement.id(terms), buyer, bytes32(sold));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(buyerKey, digest);
        proofs = new bytes[](1);
        proofs[0] = abi.encodePacked(r, s, v);
    }
}
