// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Exchange} from "../src/Exchange.sol";
import {AssetKind, toAsset} from "../src/types/Asset.sol";
import {Id} from "../src/types/Id.sol";
import {Order, Take} from "../src/types/Order.sol";
import {PlainNft} from "../test/mocks/Nfts.sol";
import {PlainToken} from "../test/mocks/Tokens.sol";
import {Test} from "forge-std/Test.sol";

/// @notice What a trade costs, as a whole transaction: the seller signed a deed away for cash, the buyer fills. Both hold
/// some of each token before and after, and each approved just what it gives.
contract ExchangeGas is Test {
    uint256 private constant PRICE = 250_000e6;

    Exchange private exchange = new Exchange();
    PlainToken private cash = new PlainToken();
    PlainToken private other = new PlainToken();
    PlainNft private deed = new PlainNft();
    address private seller;
    uint256 private sellerKey;
    address private buyer;
    uint256 private buyerKey;
    uint256 private sold = uint256(keccak256("sold"));

    function setUp() public {
        vm.warp(1_800_000_000);
        (seller, sellerKey) = makeAddrAndKey("seller");
        (buyer, buyerKey) = makeAddrAndKey("buyer");
        deed.mint(seller, 1);
        deed.mint(buyer, 2);
        deed.mint(seller, sold);
        cash.mint(seller, 1e6);
        cash.mint(buyer, PRICE + 1e6);
        other.mint(seller, 2e18);
        other.mint(buyer, 1e18);
        vm.startPrank(seller);
        deed.approve(address(exchange), sold);
        other.approve(address(exchange), 1e18);
        vm.stopPrank();
        vm.prank(buyer);
        cash.approve(address(exchange), PRICE);
    }

    function test_GasOfFirstNonce() public {
        _fill(_order(), "fill_fresh");
    }

    function test_GasOfNextNonce() public {
        vm.prank(seller);
        exchange.invalidate(0, 1);
        _fill(_order(), "fill_warm");
    }

    function test_GasWithStandingApprovals() public {
        vm.startPrank(seller);
        exchange.invalidate(0, 1);
        deed.approve(address(0), sold);
        deed.setApprovalForAll(address(exchange), true);
        vm.stopPrank();
        vm.prank(buyer);
        cash.approve(address(exchange), type(uint256).max);
        _fill(_order(), "fill_warm_standing_approvals");
    }

    function test_GasForATaker() public {
        vm.prank(seller);
        exchange.invalidate(0, 1);
        vm.prank(buyer);
        exchange.invalidate(0, 1);
        Order memory order = _order();
        Id id = exchange.id(order);
        Take memory take = Take(buyer, 1, order.deadline, 1);
        bytes memory signature = _sign(sellerKey, Id.unwrap(id));
        bytes memory takerSignature = _sign(buyerKey, exchange.takeDigest(id, take));
        exchange.fillFor(order, signature, take, takerSignature);
        vm.snapshotGasLastCall("exchange", "fill_for_warm");
    }

    function test_GasOfParts() public {
        vm.prank(seller);
        exchange.invalidate(0, 1);
        Order memory order = _order();
        (order.give, order.giveId, order.giveAmount) = (toAsset(AssetKind.ERC20, address(other)), 0, 1e18);
        bytes memory signature = _sign(sellerKey, Id.unwrap(exchange.id(order)));
        string[3] memory names = ["fill_first_part", "fill_next_part", "fill_last_part"];
        uint256[3] memory parts = [uint256(4e17), 5e17, 1e17];
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(buyer);
            exchange.fill(order, parts[i], signature);
            vm.snapshotGasLastCall("exchange", names[i]);
        }
    }

    function test_GasOfCancel() public {
        Order memory order = _order();
        vm.startPrank(seller);
        exchange.invalidate(0, 1);
        exchange.cancel(order);
        vm.snapshotGasLastCall("exchange", "cancel_warm");
    }

    function _fill(Order memory order, string memory name) private {
        bytes memory signature = _sign(sellerKey, Id.unwrap(exchange.id(order)));
        vm.prank(buyer);
        exchange.fill(order, 1, signature);
        vm.snapshotGasLastCall("exchange", name);
    }

    function _order() private view returns (Order memory) {
        return Order({
            maker: seller,
            taker: buyer,
            give: toAsset(AssetKind.ERC721, address(deed)),
            giveId: sold,
            giveAmount: 1,
            take: toAsset(AssetKind.ERC20, address(cash)),
            takeId: 0,
            takeAmount: PRICE,
            minFill: 1,
            deadline: 1_800_086_400,
            nonce: 1
        });
    }

    function _sign(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}
