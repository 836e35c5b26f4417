// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Exchange} from "../../src/Exchange.sol";
import {IExchange} from "../../src/interfaces/IExchange.sol";
import {Asset, AssetKind, toAsset} from "../../src/types/Asset.sol";
import {Id} from "../../src/types/Id.sol";
import {Order, Take} from "../../src/types/Order.sol";
import {PlainClasses, PlainUnits} from "../mocks/Multitokens.sol";
import {PlainNft} from "../mocks/Nfts.sol";
import {PlainToken} from "../mocks/Tokens.sol";
import {Test} from "forge-std/Test.sol";

/// @notice The stage of the exchange's tests: Mona makes orders over goods, Tom takes them for cash.
abstract contract ExchangeBase is Test {
    uint256 internal constant T0 = 1_800_000_000;
    uint40 internal constant DEADLINE = 1_800_086_400;
    uint256 internal constant LOTS = 1_000;
    uint256 internal constant PRICE = 3_333;

    Exchange internal exchange;
    PlainToken internal goods;
    PlainToken internal cash;
    PlainNft internal deed;
    PlainUnits internal units;
    PlainClasses internal classes;
    address internal mona;
    uint256 internal monaKey;
    address internal tom;
    uint256 internal tomKey;
    address internal stranger = makeAddr("stranger");

    function setUp() public virtual {
        vm.warp(T0);
        (mona, monaKey) = makeAddrAndKey("mona");
        (tom, tomKey) = makeAddrAndKey("tom");
        exchange = new Exchange();
        (goods, cash) = (new PlainToken(), new PlainToken());
        (deed, units, classes) = (new PlainNft(), new PlainUnits(), new PlainClasses());
        deed.mint(mona, 1);
        deed.mint(tom, 2);
        _stock(mona);
        _stock(tom);
    }

    function _stock(address account) internal {
        goods.mint(account, 100 * LOTS);
        cash.mint(account, 100 * PRICE);
        units.mint(account, 8, LOTS);
        classes.mint(account, 9, LOTS);
        vm.deal(account, 100 * PRICE);
        vm.startPrank(account);
        goods.approve(address(exchange), type(uint256).max);
        cash.approve(address(exchange), type(uint256).max);
        deed.setApprovalForAll(address(exchange), true);
        units.setApprovalForAll(address(exchange), true);
        classes.setOperator(address(exchange), true);
        vm.stopPrank();
    }

    /// @dev Goods for cash, to be filled whole by anyone.
    function _order() internal view returns (Order memory) {
        return Order({
            maker: mona,
            taker: address(0),
            give: _erc20(goods),
            giveId: 0,
            giveAmount: LOTS,
            take: _erc20(cash),
            takeId: 0,
            takeAmount: PRICE,
            minFill: LOTS,
            deadline: DEADLINE,
            nonce: 5
        });
    }

    /// @dev The same, to be filled in parts of at least `minFill`.
    function _order(uint256 minFill) internal view returns (Order memory order) {
        order = _order();
        order.minFill = minFill;
    }

    function _erc20(PlainToken token) internal pure returns (Asset) {
        return toAsset(AssetKind.ERC20, address(token));
    }

    function _take(uint256 amount, uint256 nonce) internal view returns (Take memory) {
        return Take({taker: tom, amount: amount, deadline: DEADLINE, nonce: nonce});
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function _signed(Order memory order) internal view returns (bytes memory) {
        return _sign(monaKey, Id.unwrap(exchange.id(order)));
    }

    function _signed(Order memory order, Take memory take) internal view returns (bytes memory) {
        return _sign(tomKey, exchange.takeDigest(exchange.id(order), take));
    }

    function _fill(Order memory order, uint256 amount) internal returns (uint256) {
        bytes memory signature = _signed(order);
        vm.prank(tom);
        return exchange.fill(order, amount, signature);
    }

    /// @dev Tom's fill of what Mona signed reverts with `reason`.
    function _refuses(Order memory order, uint256 amount, bytes memory reason) internal {
        bytes memory signature = _signed(order);
        vm.expectRevert(reason);
        vm.prank(tom);
        exchange.fill(order, amount, signature);
    }

    /// @dev Expects Tom's fill of an order of Mona's.
    function _expectFilled(Id id, Order memory o, uint256 given, uint256 paid, uint256 left) internal {
        vm.expectEmit();
        emit IExchange.Filled(id, mona, tom, o.nonce, o.give, o.giveId, given, o.take, o.takeId, paid, left);
    }

    function _held(Asset asset, uint256 tokenId, address account) internal view returns (uint256) {
        AssetKind kind = asset.kind();
        address token = asset.token();
        if (kind == AssetKind.Native) return account.balance;
        if (kind == AssetKind.ERC20) return PlainToken(token).balanceOf(account);
        if (kind == AssetKind.ERC721) return PlainNft(token).ownerOf(tokenId) == account ? 1 : 0;
        if (kind == AssetKind.ERC1155) return PlainUnits(token).balanceOf(account, tokenId);
        return PlainClasses(token).balanceOf(account, tokenId);
    }
}
