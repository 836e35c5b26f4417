// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Units} from "../../src/Units.sol";
import {UnitClass} from "../../src/types/UnitClass.sol";
import {UnitsHandler} from "./handlers/UnitsHandler.sol";
import {Test} from "forge-std/Test.sol";

contract UnitsInvariants is Test {
    UnitsHandler internal handler;
    Units internal units;

    function setUp() public {
        handler = new UnitsHandler();
        units = handler.units();
        bytes4[] memory selectors = new bytes4[](8);
        selectors[0] = UnitsHandler.create.selector;
        selectors[1] = UnitsHandler.mint.selector;
        selectors[2] = UnitsHandler.transfer.selector;
        selectors[3] = UnitsHandler.transferWithData.selector;
        selectors[4] = UnitsHandler.approve.selector;
        selectors[5] = UnitsHandler.trust.selector;
        selectors[6] = UnitsHandler.burn.selector;
        selectors[7] = UnitsHandler.mint.selector;
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
        targetContract(address(handler));
    }

    /// @notice Of each class the supply is what the holders hold, and both are what the events say.
    function invariant_SupplyIsTheSumOfBalances() public view {
        for (uint256 i = 0; i < handler.CLASSES(); ++i) {
            uint256 id = units.idOf(handler.classOf(i));
            uint256 sum;
            for (uint256 j = 0; j < handler.ACTORS(); ++j) {
                address actor = handler.actors(j);
                assertEq(units.balanceOf(actor, id), handler.balances(id, actor));
                sum += units.balanceOf(actor, id);
            }
            assertEq(units.totalSupply(id), sum);
            assertEq(handler.supplies(id), sum);
        }
    }

    /// @notice A class is what its id says, or is not there; and there is none without an issuer's role.
    function invariant_ClassesNeverChange() public view {
        for (uint256 i = 0; i < handler.CLASSES(); ++i) {
            UnitClass memory class = handler.classOf(i);
            uint256 id = units.idOf(class);
            assertLe(handler.creations(id), 1);
            bool live = handler.creations(id) == 1;
            assertEq(units.issuerOf(id), live ? class.issuer : address(0));
            assertEq(units.name(id), live ? "Unit" : "");
            assertEq(units.symbol(id), live ? "U" : "");
            assertEq(units.decimals(id), live ? 3 : 0);
            if (class.issuer == handler.actors(2)) assertFalse(live);
        }
    }
}
