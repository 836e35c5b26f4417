// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cash} from "../../src/Cash.sol";
import {CashBase} from "./CashBase.t.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

contract CashMintWithDataTest is CashBase {
    function testFuzz_MintsAsMintDoes(uint256 amount, bytes calldata data) public {
        vm.expectEmit(address(cash));
        emit IERC20.Transfer(address(0), bob, amount);
        _expectAttached(address(cash), alice, data);
        vm.prank(alice);
        cash.mintWithData(bob, amount, data);
        assertEq(cash.balanceOf(bob), amount);
        assertEq(cash.totalSupply(), amount);
    }

    function test_RevertWhen_NoRole() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, bob));
        vm.prank(bob);
        cash.mintWithData(bob, 1, DATA);
    }

    function test_RevertWhen_OnlyMintWasOpened() public {
        // A role over `mint` is none over `mintWithData`: each selector is opened by itself.
        Cash other = new Cash("Other", "OTHER", 6, address(manager));
        _open(address(other), Cash.mint.selector);
        vm.startPrank(alice);
        other.mint(bob, 1);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, alice));
        other.mintWithData(bob, 1, DATA);
    }

    function test_RevertWhen_DataTooLong() public {
        (bytes memory data, bytes memory refusal) = _tooLong();
        vm.expectRevert(refusal);
        vm.prank(alice);
        cash.mintWithData(bob, 1, data);

        bytes memory most = new bytes(cash.MAX_DATA());
        vm.prank(alice);
        cash.mintWithData(bob, 1, most);
        assertEq(cash.balanceOf(bob), 1);
    }
}
