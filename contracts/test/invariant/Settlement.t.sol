// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Settlement} from "../../src/Settlement.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {DealInvariants} from "./DealInvariants.sol";
import {DealHandler} from "./handlers/DealHandler.sol";
import {SettlementHandler} from "./handlers/SettlementHandler.sol";

contract SettlementInvariants is DealInvariants {
    Settlement internal settlement;
    SettlementHandler internal handler;

    function setUp() public {
        vm.warp(1_800_000_000);
        settlement = new Settlement();
        handler = new SettlementHandler(settlement);

        bytes4[] memory selectors = new bytes4[](16);
        selectors[0] = SettlementHandler.open.selector;
        selectors[1] = SettlementHandler.open.selector;
        selectors[2] = SettlementHandler.satisfy.selector;
        selectors[3] = SettlementHandler.satisfy.selector;
        selectors[4] = SettlementHandler.settle.selector;
        selectors[5] = SettlementHandler.abort.selector;
        selectors[6] = SettlementHandler.cancel.selector;
        selectors[7] = DealHandler.withdraw.selector;
        selectors[8] = DealHandler.withdrawAny.selector;
        selectors[9] = DealHandler.refuse.selector;
        selectors[10] = DealHandler.stray.selector;
        selectors[11] = DealHandler.wait.selector;
        // Deals of several legs arm only if their funders come in time.
        selectors[12] = SettlementHandler.fund.selector;
        selectors[13] = SettlementHandler.fund.selector;
        selectors[14] = SettlementHandler.fund.selector;
        selectors[15] = SettlementHandler.fund.selector;
        _target(handler, selectors);
    }

    function _wordIs(uint256 number, Id id, DealHandler.Ghost memory ghost) internal view override {
        assertEq(settlement.funded(id), ghost.funded);
        assertEq(settlement.satisfied(id), ghost.satisfied);
        if (ghost.status == Status.Settled) assertEq(ghost.funded, (1 << handler.legCount(number)) - 1);
    }
}
