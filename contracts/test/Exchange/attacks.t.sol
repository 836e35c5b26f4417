// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Exchange} from "../../src/Exchange.sol";
import {Guard} from "../../src/base/Guard.sol";
import {IExchange} from "../../src/interfaces/IExchange.sol";
import {Reads} from "../../src/libraries/Reads.sol";
import {AssetKind, toAsset} from "../../src/types/Asset.sol";
import {Id} from "../../src/types/Id.sol";
import {Order, Take} from "../../src/types/Order.sol";
import {FeeUnits, RefusingClasses} from "../mocks/Multitokens.sol";
import {Reenterer} from "../mocks/Reenterer.sol";
import {FalseToken, IdleToken, Purse} from "../mocks/Swaps.sol";
import {FeeToken, HookToken, PlainToken, QuietToken} from "../mocks/Tokens.sol";
import {Wallet} from "../mocks/Wallet.sol";
import {ExchangeBase} from "./ExchangeBase.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

contract ExchangeAttacks is ExchangeBase {
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    function test_SignatureOfAnotherChain() public {
        Order memory order = _order();
        bytes memory signature = _signed(order);
        vm.chainId(block.chainid + 1);
        _refusesSignature(order, signature);
    }

    function test_SignatureForAnotherContract() public {
        Order memory order = _order();
        bytes memory signature = _sign(monaKey, Id.unwrap(new Exchange().id(order)));
        _refusesSignature(order, signature);
    }

    function testFuzz_SignatureForAnotherField(uint256 which, uint256 value) public {
        Order memory order = _order(100);
        bytes memory signature = _signed(order);
        bytes memory data = abi.encodeCall(exchange.fill, (order, 500, signature));
        which = bound(which, 0, 10);
        assembly {
            let at := add(add(data, 36), mul(32, which))
            if eq(mload(at), value) { value := not(value) }
            mstore(at, value)
        }
        vm.prank(tom);
        (bool done,) = address(exchange).call(data);
        assertFalse(done);
        assertEq(goods.balanceOf(mona), 100 * LOTS);
    }

    /// @dev Malleable and alternate encodings: the high half of s, the compact form, and v of 0 or 1.
    function test_OtherEncodings() public {
        Order memory order = _order();
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(monaKey, Id.unwrap(exchange.id(order)));
        bytes32 high = bytes32(ORDER - uint256(s));
        _refusesSignature(order, abi.encodePacked(r, high, v == 27 ? uint8(28) : uint8(27)));
        _refusesSignature(order, abi.encodePacked(r, bytes32(uint256(s) | uint256(v - 27) << 255)));
        _refusesSignature(order, abi.encodePacked(r, s, v - 27));
        _refusesSignature(order, abi.encodePacked(r, s, v, uint8(0)));
        _refusesSignature(order, "");
        // However it was encoded, an order fills once: its nonce is what counts.
        _fill(order, LOTS);
        _refuses(order, LOTS, abi.encodeWithSelector(IExchange.SpentNonce.selector, mona, 5));
    }

    function test_NobodySignsForNobody() public {
        Order memory order = _order();
        for (uint160 i = 0; i < 10; ++i) {
            order.maker = address(i);
            _refusesSignature(order, _sign(monaKey, Id.unwrap(exchange.id(order))));
            _refusesSignature(order, "");
        }
        order.maker = address(exchange);
        _refusesSignature(order, "");
    }

    /// @dev Of two wallets with one owner each needs a signature of its own.
    function test_WalletsOfOneOwner() public {
        Wallet first = new Wallet(mona);
        Wallet second = new Wallet(mona);
        _stock(address(first));
        _stock(address(second));
        Order memory order = _order();
        order.maker = address(first);
        bytes memory signature = _signed(order);
        order.maker = address(second);
        _refusesSignature(order, signature);
        order.maker = address(first);
        vm.prank(tom);
        exchange.fill(order, LOTS, signature);
        assertEq(goods.balanceOf(address(first)), 99 * LOTS);
        assertEq(goods.balanceOf(address(second)), 100 * LOTS);
    }

    /// @dev A wallet that says yes to everything gives away its own assets, once per nonce, and nobody else's.
    function test_LyingWallet() public {
        Wallet liar = new Wallet(stranger);
        liar.lie();
        _stock(address(liar));
        Order memory order = _order();
        order.maker = address(liar);
        vm.startPrank(tom);
        exchange.fill(order, LOTS, "");
        vm.expectRevert(abi.encodeWithSelector(IExchange.SpentNonce.selector, address(liar), 5));
        exchange.fill(order, LOTS, "");
        vm.stopPrank();
        assertEq(goods.balanceOf(mona), 100 * LOTS);
        assertEq(goods.balanceOf(address(liar)), 99 * LOTS);
    }

    /// @dev A wallet that calls in while it is asked for its signature finds every door shut, the views' too.
    function test_WalletThatCallsBack() public {
        Reenterer wallet = new Reenterer();
        _stock(address(wallet));
        Order memory order = _order();
        order.maker = address(wallet);
        wallet.aim(address(exchange), abi.encodeCall(exchange.left, (order)));
        _refusesSignature(order, "");
        wallet.aim(address(exchange), abi.encodeCall(exchange.nonces, (mona, 0)));
        _refusesSignature(order, "");
        wallet.aim(address(exchange), abi.encodeCall(exchange.filled, (exchange.id(order))));
        _refusesSignature(order, "");
        // It may say yes otherwise, since it is asked by a view.
        wallet.aim(address(exchange), abi.encodeCall(exchange.id, (order)));
        vm.prank(tom);
        exchange.fill(order, LOTS, "");
    }

    function test_TokenThatCallsBack() public {
        HookToken token = new HookToken();
        token.mint(mona, LOTS);
        vm.prank(mona);
        token.approve(address(exchange), LOTS);
        Order memory order = _order(100);
        order.give = _erc20(token);
        Order memory other = _order();
        bytes memory signature = _signed(order);
        Take memory take = _take(100, 9);
        bytes[7] memory calls = [
            abi.encodeCall(exchange.fill, (order, 100, signature)),
            abi.encodeCall(exchange.fillFor, (order, signature, take, _signed(order, take))),
            abi.encodeCall(exchange.cancel, (other)),
            abi.encodeCall(exchange.invalidate, (0, 1)),
            abi.encodeCall(exchange.left, (order)),
            abi.encodeCall(exchange.filled, (exchange.id(order))),
            abi.encodeCall(exchange.nonces, (mona, 0))
        ];
        bytes memory refusal = abi.encodePacked(Guard.Reentered.selector);
        for (uint256 i = 0; i < calls.length; ++i) {
            uint256 state = vm.snapshotState();
            token.hook(address(exchange), calls[i]);
            vm.prank(tom);
            exchange.fill(order, 100, signature);
            assertTrue(token.called());
            assertFalse(token.succeeded());
            assertEq(token.answer(), refusal);
            vm.revertToState(state);
        }
    }

    function test_FeeTokenIsRefused() public {
        FeeToken fee = new FeeToken();
        bytes memory reason =
            abi.encodeWithSelector(IExchange.WrongAmount.selector, _erc20(fee), LOTS - LOTS / 100, LOTS);
        _refusesToken(fee, reason);
        fee.setCharging(false);
        Order memory order = _order();
        order.give = _erc20(fee);
        _fill(order, LOTS);
    }

    function test_FeeOnWhatIsPaidIsRefused() public {
        FeeToken fee = new FeeToken();
        fee.mint(tom, PRICE);
        vm.prank(tom);
        fee.approve(address(exchange), PRICE);
        Order memory order = _order();
        order.take = _erc20(fee);
        bytes memory reason =
            abi.encodeWithSelector(IExchange.WrongAmount.selector, _erc20(fee), PRICE - PRICE / 100, PRICE);
        _refuses(order, LOTS, reason);
        assertEq(goods.balanceOf(mona), 100 * LOTS);
    }

    function test_FalseAndIdleTokensAreRefused() public {
        FalseToken no = new FalseToken();
        _refusesToken(no, abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(no)));
        IdleToken idle = new IdleToken();
        _refusesToken(idle, abi.encodeWithSelector(IExchange.WrongAmount.selector, _erc20(idle), 0, LOTS));
    }

    function test_TokenThatIsNotThereIsRefused() public {
        Order memory order = _order();
        order.give = toAsset(AssetKind.ERC20, address(0xdead));
        _refuses(order, LOTS, abi.encodeWithSelector(Reads.NoAnswer.selector, address(0xdead)));
        order.give = toAsset(AssetKind.ERC721, address(0xdead));
        (order.giveAmount, order.minFill) = (1, 1);
        _refuses(order, 1, "");
    }

    function test_TokenWithoutAnswers() public {
        QuietToken quiet = new QuietToken();
        quiet.mint(mona, LOTS);
        vm.prank(mona);
        quiet.approve(address(exchange), LOTS);
        Order memory order = _order();
        order.give = toAsset(AssetKind.ERC20, address(quiet));
        _fill(order, LOTS);
        assertEq(quiet.balanceOf(tom), LOTS);
    }

    function test_UnitsWithAFeeAndClassesThatSayNo() public {
        FeeUnits fee = new FeeUnits();
        fee.mint(mona, 8, LOTS);
        RefusingClasses no = new RefusingClasses();
        no.mint(mona, 9, LOTS);
        no.refuse(tom, true);
        no.setPolite(true);
        vm.startPrank(mona);
        fee.setApprovalForAll(address(exchange), true);
        no.setOperator(address(exchange), true);
        vm.stopPrank();
        Order memory order = _order();
        (order.give, order.giveId) = (toAsset(AssetKind.ERC1155, address(fee)), 8);
        _refuses(order, LOTS, abi.encodeWithSelector(IExchange.WrongAmount.selector, order.give, LOTS - 1, LOTS));
        (order.give, order.giveId) = (toAsset(AssetKind.ERC6909, address(no)), 9);
        _refuses(order, LOTS, abi.encodeWithSelector(IExchange.WrongAmount.selector, order.give, 0, LOTS));
    }

    /// @dev An NFT that its seller no longer owns cannot be sold, not even to its owner.
    function test_NftOfSomebodyElse() public {
        Order memory order = _order();
        (order.give, order.giveId, order.giveAmount) = (toAsset(AssetKind.ERC721, address(deed)), 2, 1);
        order.minFill = 1;
        bytes memory signature = _signed(order);
        vm.expectRevert();
        vm.prank(tom);
        exchange.fill(order, 1, signature);
    }

    /// @dev A maker that refuses native coin refuses the fill, and nothing moves.
    function test_MakerThatRefusesNativeCoin() public {
        Purse purse = new Purse();
        purse.call(address(goods), abi.encodeCall(goods.approve, (address(exchange), LOTS)));
        goods.mint(address(purse), LOTS);
        vm.mockCall(address(purse), abi.encodeWithSelector(0x1626ba7e), abi.encode(bytes32(bytes4(0x1626ba7e))));
        Order memory order = _order();
        order.maker = address(purse);
        order.take = toAsset(AssetKind.Native, address(0));
        vm.expectRevert();
        vm.prank(tom);
        exchange.fill{value: PRICE}(order, LOTS, "");
        assertEq(goods.balanceOf(address(purse)), LOTS);
        purse.set(true);
        vm.prank(tom);
        exchange.fill{value: PRICE}(order, LOTS, "");
        assertEq(address(purse).balance, PRICE);
    }

    /// @dev Stray coin cannot come in, so none can be lost here.
    function test_NoStrayCoin() public {
        vm.deal(stranger, 1);
        vm.prank(stranger);
        (bool done,) = address(exchange).call{value: 1}("");
        assertFalse(done);
    }

    function testFuzz_OrderIdIsTheDigest(Order memory o) public view {
        bytes32 typeHash = keccak256(
            "Order(address maker,address taker,bytes32 give,uint256 giveId,uint256 giveAmount,bytes32 take,uint256 takeId,uint256 takeAmount,uint256 minFill,uint40 deadline,uint256 nonce)"
        );
        bytes memory head = abi.encode(typeHash, o.maker, o.taker, o.give, o.giveId, o.giveAmount);
        bytes memory tail = abi.encode(o.take, o.takeId, o.takeAmount, o.minFill, o.deadline, o.nonce);
        assertEq(Id.unwrap(exchange.id(o)), _digest(keccak256(bytes.concat(head, tail))));
    }

    function testFuzz_TakeDigestIsTheDigest(Id order, Take memory t) public view {
        bytes32 typeHash = keccak256("Take(bytes32 order,address taker,uint256 amount,uint40 deadline,uint256 nonce)");
        bytes32 structHash = keccak256(abi.encode(typeHash, order, t.taker, t.amount, t.deadline, t.nonce));
        assertEq(exchange.takeDigest(order, t), _digest(structHash));
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Quittance Exchange"),
                keccak256("1"),
                block.chainid,
                address(exchange)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    function _refusesSignature(Order memory order, bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(IExchange.BadSignature.selector, exchange.id(order), order.maker));
        vm.prank(tom);
        // Bounded, because a precompile that is asked for its signature burns all it gets.
        exchange.fill{gas: 5_000_000}(order, order.giveAmount, signature);
    }

    function _refusesToken(PlainToken token, bytes memory reason) private {
        token.mint(mona, LOTS);
        vm.prank(mona);
        token.approve(address(exchange), LOTS);
        Order memory order = _order();
        order.give = _erc20(token);
        _refuses(order, LOTS, reason);
        assertEq(cash.balanceOf(tom), 100 * PRICE);
        assertEq(token.balanceOf(mona), LOTS);
    }
}
