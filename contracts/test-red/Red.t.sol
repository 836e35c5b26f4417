// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

/// @notice Fails, on purpose. Only the profile `red` sees it: a check that passes while this one fails checks nothing.
contract Red is Test {
    function test_Fails() public pure {
        assertEq(uint256(1), 2, "red on purpose");
    }
}
