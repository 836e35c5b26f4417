// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CashBase} from "./CashBase.t.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

contract CashApproveWithDataTest is CashBase {
    function testFuzz_Allows(uint256 amount, bytes calldata data) public {
        vm.expectEmit(address(cash));
        emit IERC20.Approval(bob, carol, amount);
        _expectAttached(address(cash), bob, data);
        vm.prank(bob);
        assertTrue(cash.approveWithData(carol, amount, data));
        assertEq(cash.allowance(bob, carol), amount);
    }

    function test_RevertWhen_NobodyIsAllowed() public {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidSpender.selector, address(0)));
        vm.prank(bob);
        cash.approveWithData(address(0), 1, DATA);
    }

    function test_RevertWhen_DataTooLong() public {
        (bytes memory data, bytes memory refusal) = _tooLong();
        vm.expectRevert(refusal);
        vm.prank(bob);
        cash.approveWithData(carol, 1, data);
    }
}
