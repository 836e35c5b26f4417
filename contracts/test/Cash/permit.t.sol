// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cash} from "../../src/Cash.sol";
import {CashBase} from "./CashBase.t.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

contract CashPermitTest is CashBase {
    function testFuzz_TheHoldersSignatureAllows(address caller, uint256 value) public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(bobKey, _permitDigest(bob, carol, value, 0));
        vm.expectEmit(address(cash));
        emit IERC20.Approval(bob, carol, value);
        vm.prank(caller);
        cash.permit(bob, carol, value, T0, v, r, s);
        assertEq(cash.allowance(bob, carol), value);
        assertEq(cash.nonces(bob), 1);
    }

    function test_HoldsUpToItsDeadline() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(bobKey, _permitDigest(bob, carol, 7, 0));
        vm.warp(T0 + 1);
        vm.expectRevert(abi.encodeWithSelector(ERC20Permit.ERC2612ExpiredSignature.selector, T0));
        cash.permit(bob, carol, 7, T0, v, r, s);
        vm.warp(T0);
        cash.permit(bob, carol, 7, T0, v, r, s);
        assertEq(cash.allowance(bob, carol), 7);
    }

    function test_RevertWhen_NotSignedByTheHolder() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(carolKey, _permitDigest(bob, carol, 7, 0));
        vm.expectRevert(abi.encodeWithSelector(ERC20Permit.ERC2612InvalidSigner.selector, carol, bob));
        cash.permit(bob, carol, 7, T0, v, r, s);
    }

    function test_RevertWhen_HandedInTwice() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(bobKey, _permitDigest(bob, carol, 7, 0));
        cash.permit(bob, carol, 7, T0, v, r, s);
        // The second time it is read with nonce 1, so that it is somebody else's signature, or nobody's.
        vm.expectPartialRevert(ERC20Permit.ERC2612InvalidSigner.selector);
        cash.permit(bob, carol, 7, T0, v, r, s);
    }

    function test_RevertWhen_Malleable() public {
        bytes memory signature = _sign(bobKey, _permitDigest(bob, carol, 7, 0));
        (uint8 v, bytes32 r, bytes32 s) = _parts(_twist(signature));
        // The twisted form is what plain ecrecover would take.
        assertEq(ecrecover(_permitDigest(bob, carol, 7, 0), v, r, s), bob);
        vm.expectRevert(abi.encodeWithSelector(ECDSA.ECDSAInvalidSignatureS.selector, s));
        cash.permit(bob, carol, 7, T0, v, r, s);
    }

    function test_RevertWhen_ForAnotherTokenOrChain() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(bobKey, _permitDigest(bob, carol, 7, 0));
        Cash twin = _newCash();
        vm.expectPartialRevert(ERC20Permit.ERC2612InvalidSigner.selector);
        twin.permit(bob, carol, 7, T0, v, r, s);
        vm.chainId(block.chainid + 1);
        vm.expectPartialRevert(ERC20Permit.ERC2612InvalidSigner.selector);
        cash.permit(bob, carol, 7, T0, v, r, s);
    }

    function test_FrontRunPermitStillAllows() public {
        // A stranger hands the permit in first. Whoever tries it, and then looks at the allowance, is served all the same.
        _mint(bob, 7);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(bobKey, _permitDigest(bob, carol, 7, 0));
        vm.prank(makeAddr("stranger"));
        cash.permit(bob, carol, 7, T0, v, r, s);
        vm.startPrank(carol);
        try cash.permit(bob, carol, 7, T0, v, r, s) {
            fail();
        } catch {}
        cash.transferFrom(bob, carol, 7);
        assertEq(cash.balanceOf(carol), 7);
    }
}
