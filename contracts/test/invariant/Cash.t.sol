// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cash} from "../../src/Cash.sol";
import {CashHandler} from "./handlers/CashHandler.sol";
import {Test} from "forge-std/Test.sol";

contract CashInvariants is Test {
    CashHandler internal handler;
    Cash internal cash;

    function setUp() public {
        handler = new CashHandler();
        cash = handler.cash();
        bytes4[] memory selectors = new bytes4[](8);
        selectors[0] = CashHandler.mint.selector;
        selectors[1] = CashHandler.burn.selector;
        selectors[2] = CashHandler.transfer.selector;
        selectors[3] = CashHandler.transferWithData.selector;
        selectors[4] = CashHandler.approve.selector;
        selectors[5] = CashHandler.permit.selector;
        selectors[6] = CashHandler.authorize.selector;
        selectors[7] = CashHandler.authorize.selector;
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
        targetContract(address(handler));
    }

    /// @notice The supply is what the holders hold, and both are what the events say.
    function invariant_SupplyIsTheSumOfBalances() public view {
        uint256 sum;
        for (uint256 i = 0; i < handler.ACTORS(); ++i) {
            address actor = handler.actors(i);
            assertEq(cash.balanceOf(actor), handler.balances(actor));
            sum += cash.balanceOf(actor);
        }
        assertEq(cash.totalSupply(), sum);
        assertEq(handler.supply(), sum);
    }

    /// @notice No nonce of a holder was used twice, and the next one is known.
    function invariant_NoncesAreUsedOnce() public view {
        assertLe(handler.mostUses(), 1);
        for (uint256 i = 0; i < handler.ACTORS(); ++i) {
            address actor = handler.actors(i);
            for (uint192 key = 0; key < 3; ++key) {
                assertEq(cash.nonces(actor, key), uint256(key) << 64 | handler.nextNonce(actor, key));
            }
        }
    }
}
