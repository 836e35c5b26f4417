// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Dvp} from "../src/Dvp.sol";
import {AssetKind, toAsset} from "../src/types/Asset.sol";
import {DvpTerms, toWindows} from "../src/types/DvpTerms.sol";
import {PlainNft} from "../test/mocks/Nfts.sol";
import {PlainToken} from "../test/mocks/Tokens.sol";
import {Test} from "forge-std/Test.sol";

/// @notice What the everyday calls of a trade cost, as whole transactions: a deed against cash, once the buyer has
/// signed for the document. The seller sells the one deed it has, and the buyer pays with the cash that was issued to it
/// for this trade; each approves just what it gives, and holds some of what it gets. The contract has other trades in
/// custody. What the same calls cost those who keep some of what they give is measured beside it.
contract DvpGas is Test {
    uint256 private constant PRICE = 250_000e6;

    Dvp private dvp = new Dvp();
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
        deed.mint(address(dvp), 3);
        deed.mint(seller, sold);
        cash.mint(seller, 1e6);
        cash.mint(buyer, PRICE);
        cash.mint(address(dvp), 1e6);
        vm.prank(seller);
        deed.approve(address(dvp), sold);
        vm.prank(buyer);
        cash.approve(address(dvp), PRICE);
    }

    function test_Gas() public {
        DvpTerms memory terms = _terms();
        vm.prank(seller);
        dvp.fund(terms);
        vm.snapshotGasLastCall("dvp", "fund_erc721");

        vm.prank(buyer);
        dvp.fund(terms);
        vm.snapshotGasLastCall("dvp", "fund_erc20");

        bytes memory receipt = _receipt(terms);
        uint256 state = vm.snapshotState();
        vm.prank(seller);
        dvp.settle(terms, receipt);
        vm.snapshotGasLastCall("dvp", "settle_on_receipt");

        vm.revertToState(state);
        vm.prank(buyer);
        dvp.settle(terms, "");
        vm.snapshotGasLastCall("dvp", "settle_by_buyer");

        vm.revertToState(state);
        vm.warp(terms.windows.settleBy());
        vm.prank(seller);
        dvp.abort(terms);
        vm.snapshotGasLastCall("dvp", "abort");
    }

    function test_GasOfHoldersWhoKeepSome() public {
        DvpTerms memory terms = _terms();
        deed.mint(seller, 1);
        cash.mint(buyer, 1e6);
        vm.prank(seller);
        dvp.fund(terms);
        vm.snapshotGasLastCall("dvp", "fund_erc721_of_several");
        vm.prank(buyer);
        dvp.fund(terms);
        vm.snapshotGasLastCall("dvp", "fund_erc20_of_more");
    }

    function test_GasWithStandingApprovals() public {
        DvpTerms memory terms = _terms();
        vm.startPrank(seller);
        deed.approve(address(0), sold);
        deed.setApprovalForAll(address(dvp), true);
        vm.stopPrank();
        vm.prank(buyer);
        cash.approve(address(dvp), type(uint256).max);

        vm.prank(buyer);
        dvp.fund(terms);
        vm.snapshotGasLastCall("dvp", "fund_erc20_opens_standing_approval");
        vm.prank(seller);
        dvp.fund(terms);
        vm.snapshotGasLastCall("dvp", "fund_erc721_arms_standing_approval");
    }

    function _terms() private view returns (DvpTerms memory terms) {
        terms.seller = seller;
        terms.buyer = buyer;
        terms.asset = toAsset(AssetKind.ERC721, address(deed));
        terms.tokenId = sold;
        terms.amount = 1;
        terms.payment = toAsset(AssetKind.ERC20, address(cash));
        terms.price = PRICE;
        terms.subject = bytes32(sold);
        terms.windows = toWindows(1_800_086_400, 1_800_172_800, 1);
    }

    function _receipt(DvpTerms memory terms) private view returns (bytes memory) {
        bytes32 digest = dvp.receiptDigest(dvp.id(terms), buyer, terms.subject);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(buyerKey, digest);
        return abi.encodePacked(r, s, v);
    }
}
