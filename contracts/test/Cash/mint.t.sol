// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "../Base.t.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";

contract CashTest is Base {
    function test_Names() public view {
        assertEq(cash.name(), "Test Cash");
        assertEq(cash.symbol(), "TCASH");
        assertEq(cash.decimals(), 6);
        assertEq(cash.authority(), address(manager));
    }

    function testFuzz_MintAndBurn(uint256 amount, uint256 burned) public {
        burned = bound(burned, 0, amount);
        _mintCash(bob, amount);
        assertEq(cash.balanceOf(bob), amount);
        vm.prank(bob);
        cash.burn(burned);
        assertEq(cash.balanceOf(bob), amount - burned);
        assertEq(cash.totalSupply(), amount - burned);
    }

    function test_RevertWhen_MintWithoutRole() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, bob));
        vm.prank(bob);
        cash.mint(bob, 1);
    }

    function test_RevertWhen_RoleWasTakenBack() public {
        vm.prank(admin);
        manager.revokeRole(1, admin);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, admin));
        vm.prank(admin);
        cash.mint(bob, 1);
    }

    function test_RevertWhen_BurnTooMuch() public {
        _mintCash(bob, 5);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, bob, 5, 6));
        vm.prank(bob);
        cash.burn(6);
    }

    function test_Permit() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(bobKey, _permitDigest(carol, 7, 0));
        cash.permit(bob, carol, 7, T0, v, r, s);
        assertEq(cash.allowance(bob, carol), 7);
        assertEq(cash.nonces(bob), 1);
        vm.expectRevert();
        cash.permit(bob, carol, 7, T0, v, r, s);
    }

    function test_AuthorizedTransfer() public {
        _mintCash(bob, 10);
        // Two keys: used in any order. One key: used in sequence.
        bytes32 other = bytes32(uint256(9) << 64);
        _transferAuthorized(other);
        _transferAuthorized(0);
        assertEq(cash.balanceOf(carol), 6);
        assertEq(cash.nonces(bob), 1);
        assertEq(cash.nonces(bob, 9), (uint256(9) << 64) + 1);

        bytes memory signature = _authorization(other);
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, bob, (uint256(9) << 64) + 1));
        cash.transferWithAuthorization(bob, carol, 3, T0 - 1, T0 + 1, other, signature);
    }

    function _transferAuthorized(bytes32 nonce) private {
        cash.transferWithAuthorization(bob, carol, 3, T0 - 1, T0 + 1, nonce, _authorization(nonce));
    }

    function _authorization(bytes32 nonce) private view returns (bytes memory) {
        bytes32 typeHash = keccak256(
            "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
        bytes32 structHash = keccak256(abi.encode(typeHash, bob, carol, 3, T0 - 1, T0 + 1, nonce));
        return _sign(bobKey, keccak256(abi.encodePacked(hex"1901", cash.DOMAIN_SEPARATOR(), structHash)));
    }

    function _permitDigest(address spender, uint256 value, uint256 nonce) private view returns (bytes32) {
        bytes32 typeHash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 structHash = keccak256(abi.encode(typeHash, bob, spender, value, nonce, T0));
        return keccak256(abi.encodePacked(hex"1901", cash.DOMAIN_SEPARATOR(), structHash));
    }
}
