// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cash} from "../../src/Cash.sol";
import {Wallet} from "../mocks/Wallet.sol";
import {CashBase} from "./CashBase.t.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";

/// @notice transferWithAuthorization, receiveWithAuthorization, cancelAuthorization.
contract CashAuthorizationTest is CashBase {
    bytes32 internal constant NONCE = bytes32(uint256(9) << 64);

    function setUp() public override {
        super.setUp();
        _mint(bob, 100);
    }

    function test_AnyoneHandsInATransfer() public {
        _transfer(cash, bob, _sign(bobKey, _payDigest(TRANSFER, bob, NONCE)));
        assertEq(cash.balanceOf(carol), 3);
        assertTrue(cash.authorizationState(bob, NONCE));
    }

    function test_OnlyThePayeeHandsInAReceipt() public {
        bytes memory signature = _sign(bobKey, _payDigest(RECEIVE, bob, NONCE));
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, carol));
        cash.receiveWithAuthorization(bob, carol, 3, T0 - 1, T0 + 1, NONCE, signature);
        vm.prank(carol);
        cash.receiveWithAuthorization(bob, carol, 3, T0 - 1, T0 + 1, NONCE, signature);
        assertEq(cash.balanceOf(carol), 3);
    }

    function test_RevertWhen_OutsideItsTime() public {
        bytes memory signature = _sign(bobKey, _payDigest(TRANSFER, bob, NONCE));
        uint256[2] memory times = [T0 - 1, T0 + 1];
        for (uint256 i = 0; i < times.length; ++i) {
            vm.warp(times[i]);
            vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009InvalidAuthorizationTime.selector, T0 - 1, T0 + 1));
            _transfer(cash, bob, signature);
        }
        vm.warp(T0);
        _transfer(cash, bob, signature);
    }

    function test_RevertWhen_AnotherFieldIsHandedIn() public {
        bytes memory signature = _sign(bobKey, _payDigest(TRANSFER, bob, NONCE));
        bytes4 refusal = ERC3009.ERC3009InvalidSignature.selector;
        vm.expectRevert(refusal);
        cash.transferWithAuthorization(alice, carol, 3, T0 - 1, T0 + 1, NONCE, signature);
        vm.expectRevert(refusal);
        cash.transferWithAuthorization(bob, alice, 3, T0 - 1, T0 + 1, NONCE, signature);
        vm.expectRevert(refusal);
        cash.transferWithAuthorization(bob, carol, 4, T0 - 1, T0 + 1, NONCE, signature);
        vm.expectRevert(refusal);
        cash.transferWithAuthorization(bob, carol, 3, T0 - 2, T0 + 1, NONCE, signature);
        vm.expectRevert(refusal);
        cash.transferWithAuthorization(bob, carol, 3, T0 - 1, T0 + 2, NONCE, signature);
        vm.expectRevert(refusal);
        cash.transferWithAuthorization(bob, carol, 3, T0 - 1, T0 + 1, 0, signature);
        // What was signed for one purpose does not serve the other.
        vm.expectRevert(refusal);
        vm.prank(carol);
        cash.receiveWithAuthorization(bob, carol, 3, T0 - 1, T0 + 1, NONCE, signature);
        vm.expectRevert(refusal);
        cash.cancelAuthorization(bob, NONCE, signature);
    }

    function test_RevertWhen_ReplayedOnAnotherTokenOrChain() public {
        bytes memory signature = _sign(bobKey, _payDigest(TRANSFER, bob, NONCE));
        Cash twin = _newCash();
        vm.prank(alice);
        twin.mint(bob, 100);
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        _transfer(twin, bob, signature);

        uint256 here = block.chainid;
        vm.chainId(here + 1);
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        _transfer(cash, bob, signature);
        vm.chainId(here);
        _transfer(cash, bob, signature);
    }

    function test_RevertWhen_MalleableOrReplayedInAnotherForm() public {
        bytes memory signature = _sign(bobKey, _payDigest(TRANSFER, bob, NONCE));
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        _transfer(cash, bob, _twist(signature));

        // The short form may be good or not; used once, no form is good again.
        _transfer(cash, bob, signature);
        bytes[3] memory forms = [signature, _shorten(signature), _twist(signature)];
        for (uint256 i = 0; i < forms.length; ++i) {
            vm.expectRevert();
            _transfer(cash, bob, forms[i]);
        }
        assertEq(cash.balanceOf(carol), 3);
    }

    function test_WalletPaysByItsOwnersSignature() public {
        Wallet wallet = new Wallet(bob);
        Wallet other = new Wallet(bob);
        _mint(address(wallet), 10);
        _mint(address(other), 10);
        bytes memory signature = _sign(bobKey, _payDigest(TRANSFER, address(wallet), NONCE));
        // The message names the wallet, so it is no good for the other wallet of the same owner.
        vm.expectRevert(ERC3009.ERC3009InvalidSignature.selector);
        _transfer(cash, address(other), signature);
        _transfer(cash, address(wallet), signature);
        assertEq(cash.balanceOf(address(wallet)), 7);
        assertEq(cash.balanceOf(address(other)), 10);
    }

    function test_LyingWalletLosesOnlyItsOwn() public {
        Wallet liar = new Wallet(bob);
        liar.lie();
        _mint(address(liar), 3);
        _transfer(cash, address(liar), "");
        assertEq(cash.balanceOf(address(liar)), 0);
        assertEq(cash.balanceOf(bob), 100);
        // A used nonce is used, whatever the wallet says.
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, liar, uint256(NONCE) + 1));
        _transfer(cash, address(liar), "");
    }

    function test_KeysAreIndependentAndEachIsASequence() public {
        bytes32 second = bytes32(uint256(NONCE) + 1);
        bytes memory early = _sign(bobKey, _payDigest(TRANSFER, bob, second));
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, bob, uint256(NONCE)));
        cash.transferWithAuthorization(bob, carol, 3, T0 - 1, T0 + 1, second, early);
        assertFalse(cash.authorizationState(bob, second));

        assertTrue(_use(1, 0));
        assertTrue(_use(1, NONCE));
        assertTrue(_use(1, second));
        assertEq(cash.nonces(bob), 1);
        assertEq(cash.nonces(bob, 9), uint256(NONCE) + 2);
        assertEq(cash.balanceOf(carol), 9);
    }

    function test_CancelledIsUsed() public {
        cash.cancelAuthorization(bob, NONCE, _sign(bobKey, _cancelDigest(bob, NONCE)));
        bytes memory signature = _sign(bobKey, _payDigest(TRANSFER, bob, NONCE));
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, bob, uint256(NONCE) + 1));
        _transfer(cash, bob, signature);
    }

    /// @notice The drawing in ICash: from Fresh every call leads to Used, and from Used nothing leads anywhere.
    function test_AllowedEdgesOfANonce() public {
        for (uint256 first = 0; first < 4; ++first) {
            for (uint256 second = 0; second < 4; ++second) {
                uint256 state = vm.snapshotState();
                assertTrue(_use(first, 0));
                assertEq(cash.nonces(bob), 1);
                assertFalse(_use(second, 0));
                assertEq(cash.nonces(bob), 1);
                vm.revertToState(state);
                // Permits have key 0 only.
                if (first == 0 || second == 0) continue;
                assertTrue(_use(first, NONCE));
                assertFalse(_use(second, NONCE));
                assertEq(cash.nonces(bob, 9), uint256(NONCE) + 1);
                assertEq(cash.nonces(bob), 0);
                vm.revertToState(state);
            }
        }
    }

    /// @dev Hands in, in Bob's name: 0 a permit, 1 a transfer, 2 a receipt, 3 a cancellation.
    function _use(uint256 which, bytes32 nonce) private returns (bool done) {
        bytes memory call;
        if (which == 0) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(bobKey, _permitDigest(bob, carol, 7, uint256(nonce)));
            call = abi.encodeCall(cash.permit, (bob, carol, 7, T0, v, r, s));
        } else if (which == 3) {
            bytes memory signature = _sign(bobKey, _cancelDigest(bob, nonce));
            call = abi.encodeWithSignature("cancelAuthorization(address,bytes32,bytes)", bob, nonce, signature);
        } else {
            string memory name = which == 1
                ? "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)"
                : "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)";
            bytes memory signature = _sign(bobKey, _payDigest(which == 1 ? TRANSFER : RECEIVE, bob, nonce));
            call = abi.encodeWithSignature(name, bob, carol, 3, T0 - 1, T0 + 1, nonce, signature);
        }
        vm.prank(carol);
        (done,) = address(cash).call(call);
    }

    function _transfer(Cash token, address from, bytes memory signature) private {
        token.transferWithAuthorization(from, carol, 3, T0 - 1, T0 + 1, NONCE, signature);
    }
}
