// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cash} from "../../src/Cash.sol";
import {Dvp} from "../../src/Dvp.sol";
import {Escrow} from "../../src/Escrow.sol";
import {Exchange} from "../../src/Exchange.sol";
import {FairExchange} from "../../src/FairExchange.sol";
import {HashLock} from "../../src/HashLock.sol";
import {Settlement} from "../../src/Settlement.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {Asset, AssetKind, toAsset} from "../../src/types/Asset.sol";
import {DvpTerms, toWindows} from "../../src/types/DvpTerms.sol";
import {EscrowTerms} from "../../src/types/EscrowTerms.sol";
import {FairTerms} from "../../src/types/FairTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {HashKind, LockTerms, toLock} from "../../src/types/LockTerms.sol";
import {Order} from "../../src/types/Order.sol";
import {Condition, Leg, Terms} from "../../src/types/Terms.sol";
import {AllowanceHub} from "../mocks/AllowanceHub.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Errors} from "@openzeppelin/contracts/utils/Errors.sol";
import {Test} from "forge-std/Test.sol";

/// @notice Permit2 stands where it stands on every chain, and Bob trusts it with all he has, for each of our contracts.
/// None of them ever asks it: only what the caller approved to the contract itself is drawn upon.
contract Permit2Test is Test {
    address private constant PERMIT2 = 0x000000000022D473030F116dDEE9F6B43aC78BA3;
    uint256 private constant T0 = 1_800_000_000;
    uint40 private constant SOON = 1_800_086_400;
    uint40 private constant LATE = 1_800_172_800;
    uint256 private constant PRICE = 250_000e6;

    AllowanceHub private _hub = AllowanceHub(PERMIT2);
    Cash private _cash;
    address private _alice = makeAddr("alice");
    address private _bob;
    uint256 private _bobKey;
    address private _maker;
    uint256 private _makerKey;
    address private _thief = makeAddr("thief");

    Dvp private _dvp = new Dvp();
    Escrow private _escrow = new Escrow();
    Exchange private _exchange = new Exchange();
    FairExchange private _fair = new FairExchange();
    HashLock private _hashLock = new HashLock();
    Settlement private _settlement = new Settlement();

    function setUp() public {
        vm.warp(T0);
        (_bob, _bobKey) = makeAddrAndKey("bob");
        deployCodeTo("AllowanceHub.sol", PERMIT2);
        _cash = new Cash("Test Cash", "TCASH", 6, address(new AccessManager(address(this))));
        AccessManager manager = AccessManager(_cash.authority());
        bytes4[] memory mint = new bytes4[](1);
        mint[0] = Cash.mint.selector;
        manager.setTargetFunctionRole(address(_cash), mint, 1);
        manager.grantRole(1, address(this), 0);
        _cash.mint(_bob, 10 * PRICE);
        vm.prank(_bob);
        _cash.approve(PERMIT2, type(uint256).max);
        (_maker, _makerKey) = makeAddrAndKey("maker");
        _cash.mint(_maker, 1);
        vm.prank(_maker);
        _cash.approve(address(_exchange), 1);
    }

    /// @dev Some tokens trust Permit2 for each holder. Cash trusts nobody whom the holder did not name.
    function test_CashGivesPermit2NoAllowance() public {
        _cash.mint(_alice, PRICE);
        assertEq(_cash.allowance(_alice, PERMIT2), 0);
        vm.prank(_alice);
        _hub.approve(address(_cash), _thief, type(uint160).max, type(uint48).max);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, PERMIT2, 0, PRICE));
        vm.prank(_thief);
        _hub.transferFrom(_alice, _thief, uint160(PRICE), address(_cash));
    }

    /// @dev Not even Bob himself can pay by it.
    function test_NoContractDrawsUponPermit2() public {
        (address[6] memory targets, bytes[6] memory calls) = _payments(_erc20(address(_cash)));
        bytes4 missing = IERC20Errors.ERC20InsufficientAllowance.selector;
        for (uint256 i = 0; i < targets.length; ++i) {
            _trust(targets[i]);
            _refuses(_bob, targets[i], calls[i], abi.encodeWithSelector(missing, targets[i], 0, PRICE));

            // It was the allowance alone that was missing.
            uint256 had = _cash.balanceOf(_alice) + _cash.balanceOf(_maker) + _cash.balanceOf(targets[i]);
            vm.prank(_bob);
            _cash.approve(targets[i], PRICE);
            vm.prank(_bob);
            (bool done,) = targets[i].call(calls[i]);
            assertTrue(done, vm.toString(i));
            had = _cash.balanceOf(_alice) + _cash.balanceOf(_maker) + _cash.balanceOf(targets[i]) - had;
            assertEq(had, targets[i] == address(_exchange) ? PRICE - 1 : PRICE);
        }
    }

    /// @dev Attack: terms whose token is Permit2 itself, so that a contract that Bob trusts there calls it. Of no kind of
    /// asset has it the calls.
    function test_Permit2IsNoToken() public {
        for (uint256 kind = 0; kind < 4; ++kind) {
            (address[6] memory targets, bytes[6] memory calls) = _payments(toAsset(AssetKind(kind), PERMIT2));
            for (uint256 i = 0; i < targets.length; ++i) {
                _trust(targets[i]);
                vm.prank(_bob);
                (bool done,) = targets[i].call(calls[i]);
                assertFalse(done);
            }
        }
        assertEq(_cash.balanceOf(_bob), 10 * PRICE);
    }

    /// @dev Attack: a permit for Permit2 in the name of our contract, which leaves nothing behind.
    function test_PermitIsNotPassedOnToPermit2() public {
        address[5] memory custodies =
            [address(_dvp), address(_escrow), address(_fair), address(_hashLock), address(_settlement)];
        for (uint256 i = 0; i < custodies.length; ++i) {
            _trust(custodies[i]);
            vm.prank(_thief);
            ICustody(custodies[i]).permit(PERMIT2, PRICE, LATE, 27, 0, 0);
            assertEq(_hub.allowance(_thief, address(_cash), custodies[i]), 0);
            assertEq(_hub.allowance(_bob, address(_cash), custodies[i]), type(uint160).max);
        }
        assertEq(_cash.balanceOf(_bob), 10 * PRICE);
    }

    /// @dev Attack: Bob's signed transfer for one of our contracts, from the pool of transactions. It is good for that
    /// contract's call alone, which never comes: not for a thief's, nor within a multicall.
    function test_ASignedPermit2TransferIsOfNoUse() public {
        AllowanceHub.Permit memory permit = AllowanceHub.Permit(AllowanceHub.Permitted(address(_cash), PRICE), 7, LATE);
        bytes32 digest = _hub.digest(permit, address(_settlement));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_bobKey, digest);
        bytes memory signature = abi.encodePacked(r, s, v);
        bytes memory call =
            abi.encodeCall(_hub.permitTransferFrom, (permit, AllowanceHub.Details(_thief, PRICE), _bob, signature));

        _refuses(_thief, PERMIT2, call, abi.encodeWithSelector(AllowanceHub.InvalidSigner.selector));
        bytes[] memory calls = new bytes[](1);
        calls[0] = call;
        bytes memory reason = abi.encodeWithSelector(Errors.FailedCall.selector);
        _refuses(_thief, address(_settlement), abi.encodeCall(_settlement.multicall, (calls)), reason);
        _refuses(_thief, address(_settlement), call, "");

        // It was good.
        vm.prank(address(_settlement));
        (bool done,) = PERMIT2.call(call);
        assertTrue(done);
    }

    function _refuses(address by, address target, bytes memory call, bytes memory reason) private {
        vm.prank(by);
        (bool done, bytes memory answer) = target.call(call);
        assertFalse(done);
        assertEq(answer, reason);
    }

    /// @dev Bob lets Permit2 move his cash for `spender`, without end.
    function _trust(address spender) private {
        vm.prank(_bob);
        _hub.approve(address(_cash), spender, type(uint160).max, type(uint48).max);
    }

    /// @dev In each contract: Bob's call that pays PRICE of an asset to Alice.
    function _payments(Asset asset) private view returns (address[6] memory targets, bytes[6] memory calls) {
        targets = [
            address(_dvp),
            address(_escrow),
            address(_exchange),
            address(_fair),
            address(_hashLock),
            address(_settlement)
        ];
        calls = [
            abi.encodeCall(_dvp.fund, (_dvpTerms(asset))),
            abi.encodeCall(_escrow.fund, (_escrowTerms(asset))),
            _fill(asset),
            abi.encodeCall(_fair.lock, (_fairTerms(asset))),
            abi.encodeCall(_hashLock.lock, (_lockTerms(asset))),
            abi.encodeCall(_settlement.fund, (_terms(asset), 0))
        ];
    }

    function _erc20(address token) private pure returns (Asset) {
        return toAsset(AssetKind.ERC20, token);
    }

    function _amount(Asset asset) private pure returns (uint256) {
        return asset.kind() == AssetKind.ERC721 ? 1 : PRICE;
    }

    function _dvpTerms(Asset asset) private view returns (DvpTerms memory terms) {
        (terms.seller, terms.buyer) = (_bob, _alice);
        (terms.asset, terms.amount) = (asset, _amount(asset));
        (terms.payment, terms.price) = (_erc20(address(_cash)), 1);
        terms.windows = toWindows(SOON, LATE, 1);
    }

    function _escrowTerms(Asset asset) private view returns (EscrowTerms memory terms) {
        (terms.payer, terms.payee) = (_bob, _alice);
        (terms.asset, terms.amount) = (asset, _amount(asset));
        (terms.acceptBy, terms.disputeBy, terms.ruleWindow) = (SOON, LATE, 1 days);
    }

    /// @dev Bob's fill of a signed order: one unit of cash for PRICE of the asset.
    function _fill(Asset asset) private view returns (bytes memory) {
        Order memory order;
        order.maker = _maker;
        (order.give, order.giveAmount, order.minFill) = (_erc20(address(_cash)), 1, 1);
        (order.take, order.takeAmount, order.deadline) = (asset, _amount(asset), LATE);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_makerKey, Id.unwrap(_exchange.id(order)));
        return abi.encodeCall(_exchange.fill, (order, 1, abi.encodePacked(r, s, v)));
    }

    function _fairTerms(Asset asset) private view returns (FairTerms memory terms) {
        (terms.buyer, terms.seller) = (_bob, _alice);
        (terms.asset, terms.amount) = (asset, _amount(asset));
        (terms.revealBy, terms.window) = (SOON, 1 days);
    }

    function _lockTerms(Asset asset) private view returns (LockTerms memory terms) {
        (terms.sender, terms.receiver) = (_bob, _alice);
        (terms.asset, terms.amount) = (asset, _amount(asset));
        terms.lock = toLock(HashKind.Sha256, SOON, 1);
    }

    function _terms(Asset asset) private view returns (Terms memory terms) {
        terms.legs = new Leg[](1);
        terms.legs[0] = Leg(asset, _bob, _alice, 0, _amount(asset));
        terms.conditions = new Condition[](0);
        (terms.fundBy, terms.settleBy) = (SOON, LATE);
    }
}
