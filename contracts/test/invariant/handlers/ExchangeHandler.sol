// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Exchange} from "../../../src/Exchange.sol";
import {IExchange} from "../../../src/interfaces/IExchange.sol";
import {Asset, AssetKind, toAsset} from "../../../src/types/Asset.sol";
import {Id} from "../../../src/types/Id.sol";
import {Order, Take} from "../../../src/types/Order.sol";
import {PlainToken} from "../../mocks/Tokens.sol";
import {CommonBase} from "forge-std/Base.sol";
import {StdAssertions} from "forge-std/StdAssertions.sol";
import {StdCheats} from "forge-std/StdCheats.sol";
import {StdUtils} from "forge-std/StdUtils.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice Lets a handful of parties make, fill and cancel orders at random, and says before each call whether it must
/// work. What it believes of orders and nonces it has from the events alone.
contract ExchangeHandler is CommonBase, StdAssertions, StdCheats, StdUtils {
    /// @dev What the events say of an order.
    struct Ghost {
        uint256 given;
        uint256 paid;
        uint256 fills;
        uint256 terminals;
    }

    uint256 public constant ACTORS = 4;

    Exchange public immutable exchange;
    /// @dev What is given, and what is taken.
    PlainToken public immutable goods = new PlainToken();
    PlainToken public immutable cash = new PlainToken();
    address[] public actors;
    mapping(address => uint256) private _keys;

    bytes[] private _orders;
    mapping(Id => Ghost) private _ghosts;
    mapping(address => mapping(uint256 => uint256)) public spent;
    /// @dev What each account has by the events.
    mapping(address => uint256) public goodsOf;
    mapping(address => uint256) public cashOf;

    constructor(Exchange exchange_) {
        exchange = exchange_;
        for (uint256 i = 0; i < ACTORS; ++i) {
            (address actor, uint256 key) = makeAddrAndKey(string(abi.encodePacked("actor", i)));
            actors.push(actor);
            _keys[actor] = key;
            (goodsOf[actor], cashOf[actor]) = (1 << 160, 1 << 160);
            goods.mint(actor, 1 << 160);
            cash.mint(actor, 1 << 160);
            vm.startPrank(actor);
            goods.approve(address(exchange), type(uint256).max);
            cash.approve(address(exchange), type(uint256).max);
            vm.stopPrank();
        }
    }

    modifier recorded() {
        vm.recordLogs();
        _;
        _replay(vm.getRecordedLogs());
    }

    /// @notice Somebody signs an order; a few share their nonce.
    function make(uint256 seed, uint96 give, uint96 take) external {
        uint256 giveAmount = uint256(give) + 1;
        uint256 minFill = seed % 3 == 0 ? giveAmount : bound(seed >> 8, 1, giveAmount);
        address maker = actors[seed % ACTORS];
        address taker = (seed >> 16) % 4 == 0 ? actors[(seed >> 24) % ACTORS] : address(0);
        uint40 deadline = uint40(block.timestamp + 1 + (seed >> 32) % 3 days);
        Order memory order = Order({
            maker: maker,
            taker: taker,
            give: toAsset(AssetKind.ERC20, address(goods)),
            giveId: 0,
            giveAmount: giveAmount,
            take: toAsset(AssetKind.ERC20, address(cash)),
            takeId: 0,
            takeAmount: uint256(take) + 1,
            minFill: minFill,
            deadline: deadline,
            nonce: (seed >> 64) % 300
        });
        _orders.push(abi.encode(order));
    }

    /// @notice Somebody fills, some part or the rest.
    function fill(uint256 seed, uint256 amount, bool rest) external recorded {
        if (_orders.length == 0) return;
        Order memory order = orderOf(seed % _orders.length);
        address taker = actors[(seed >> 128) % ACTORS];
        amount = _amount(order, amount, rest);
        bytes memory signature = _sign(order.maker, Id.unwrap(exchange.id(order)));
        bool works = _fills(order, taker, amount);
        vm.prank(taker);
        _expect(works, abi.encodeCall(exchange.fill, (order, amount, signature)));
    }

    /// @notice Somebody carries a take.
    function fillFor(uint256 seed, uint256 amount, bool rest) external recorded {
        if (_orders.length == 0) return;
        Order memory order = orderOf(seed % _orders.length);
        Take memory take;
        take.taker = actors[(seed >> 128) % ACTORS];
        take.amount = _amount(order, amount, rest);
        take.deadline = uint40(block.timestamp + (seed >> 136) % 4);
        take.nonce = 512 + (seed >> 64) % 300;
        Id id = exchange.id(order);
        bytes memory signature = _sign(order.maker, Id.unwrap(id));
        bytes memory takerSignature = _sign(take.taker, exchange.takeDigest(id, take));
        bool works = _fills(order, take.taker, take.amount) && !_isSpent(take.taker, take.nonce)
            && take.deadline > block.timestamp;
        _expect(works, abi.encodeCall(exchange.fillFor, (order, signature, take, takerSignature)));
    }

    /// @notice A maker cancels.
    function cancel(uint256 seed) external recorded {
        if (_orders.length == 0 || seed % 4 != 0) return;
        Order memory order = orderOf((seed >> 8) % _orders.length);
        bool works = !_isSpent(order.maker, order.nonce);
        vm.prank(order.maker);
        _expect(works, abi.encodeCall(exchange.cancel, (order)));
    }

    /// @notice Somebody spends a few nonces.
    function invalidate(uint256 seed) external recorded {
        uint256 mask = (1 << (seed >> 16) % 256) | (1 << (seed >> 24) % 256);
        vm.prank(actors[seed % ACTORS]);
        _expect(true, abi.encodeCall(exchange.invalidate, ((seed >> 8) % 4, mask)));
    }

    function wait(uint256 seed) external {
        vm.warp(block.timestamp + seed % 12 hours);
    }

    function orderOf(uint256 i) public view returns (Order memory) {
        return abi.decode(_orders[i], (Order));
    }

    function orderCount() external view returns (uint256) {
        return _orders.length;
    }

    function ghostOf(Id id) external view returns (Ghost memory) {
        return _ghosts[id];
    }

    function _amount(Order memory order, uint256 amount, bool rest) private view returns (uint256) {
        uint256 left = order.giveAmount - _ghosts[exchange.id(order)].given;
        return rest ? left : bound(amount, 0, order.giveAmount + 1);
    }

    /// @dev Whether a fill must work.
    function _fills(Order memory order, address taker, uint256 amount) private view returns (bool) {
        uint256 left = order.giveAmount - _ghosts[exchange.id(order)].given;
        bool allowed = taker != order.maker && (order.taker == address(0) || order.taker == taker);
        bool fits = amount == left || (amount >= order.minFill && amount < left);
        return allowed && fits && amount != 0 && block.timestamp < order.deadline && !_isSpent(order.maker, order.nonce);
    }

    function _isSpent(address account, uint256 nonce) private view returns (bool) {
        return spent[account][nonce >> 8] >> (nonce & 0xff) & 1 != 0;
    }

    function _expect(bool works, bytes memory data) private {
        (bool done,) = address(exchange).call(data);
        assertEq(done, works);
        // What was logged before a revert was never logged.
        if (!done) vm.getRecordedLogs();
    }

    function _sign(address account, bytes32 digest) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keys[account], digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev All that is believed of orders and nonces comes from here.
    function _replay(Vm.Log[] memory logs) private {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(exchange)) continue;
            bytes32 topic = logs[i].topics[0];
            if (topic == IExchange.Filled.selector) {
                _replayFilled(logs[i]);
            } else if (topic == IExchange.Aborted.selector) {
                address by = address(uint160(uint256(logs[i].topics[2])));
                (uint256 nonce,) = abi.decode(logs[i].data, (uint256, uint256));
                spent[by][nonce >> 8] |= 1 << (nonce & 0xff);
                ++_ghosts[Id.wrap(logs[i].topics[1])].terminals;
            } else if (topic == IExchange.Invalidated.selector) {
                address by = address(uint160(uint256(logs[i].topics[1])));
                spent[by][uint256(logs[i].topics[2])] |= abi.decode(logs[i].data, (uint256));
            }
        }
    }

    function _replayFilled(Vm.Log memory log) private {
        address maker = address(uint160(uint256(log.topics[2])));
        address taker = address(uint160(uint256(log.topics[3])));
        uint256[8] memory words = abi.decode(log.data, (uint256[8]));
        (uint256 nonce, uint256 given, uint256 paid, uint256 left) = (words[0], words[3], words[6], words[7]);
        Ghost storage ghost = _ghosts[Id.wrap(log.topics[1])];
        (ghost.given, ghost.paid, ghost.fills) = (ghost.given + given, ghost.paid + paid, ghost.fills + 1);
        (goodsOf[maker], goodsOf[taker]) = (goodsOf[maker] - given, goodsOf[taker] + given);
        (cashOf[maker], cashOf[taker]) = (cashOf[maker] + paid, cashOf[taker] - paid);
        if (left != 0) return;
        ++ghost.terminals;
        spent[maker][nonce >> 8] |= 1 << (nonce & 0xff);
    }
}
