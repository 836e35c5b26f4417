// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Dvp} from "../../src/Dvp.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {DealInvariants} from "./DealInvariants.sol";
import {DealHandler} from "./handlers/DealHandler.sol";
import {DvpHandler} from "./handlers/DvpHandler.sol";

contract DvpInvariants is DealInvariants {
    Dvp internal dvp;
    DvpHandler internal handler;

    function setUp() public {
        vm.warp(1_800_000_000);
        dvp = new Dvp();
        handler = new DvpHandler(dvp);

        bytes4[] memory selectors = new bytes4[](14);
        selectors[0] = DvpHandler.open.selector;
        selectors[1] = DvpHandler.open.selector;
        selectors[2] = DvpHandler.settle.selector;
        selectors[3] = DvpHandler.settle.selector;
        selectors[4] = DvpHandler.abort.selector;
        selectors[5] = DvpHandler.cancel.selector;
        selectors[6] = DealHandler.withdraw.selector;
        selectors[7] = DealHandler.withdrawAny.selector;
        selectors[8] = DealHandler.refuse.selector;
        selectors[9] = DealHandler.stray.selector;
        selectors[10] = DealHandler.wait.selector;
        // Deals arm only if the second party comes in time.
        selectors[11] = DvpHandler.fund.selector;
        selectors[12] = DvpHandler.fund.selector;
        selectors[13] = DvpHandler.fund.selector;
        _target(handler, selectors);
    }

    function _wordIs(uint256, Id id, DealHandler.Ghost memory ghost) internal view override {
        assertEq(dvp.funded(id), ghost.funded);
        if (ghost.status == Status.Armed || ghost.status == Status.Settled) assertEq(ghost.funded, 3);
    }
}
