// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Settlement} from "../../src/Settlement.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {Assets} from "./handlers/Assets.sol";
import {SettlementHandler} from "./handlers/SettlementHandler.sol";
import {Test} from "forge-std/Test.sol";

contract SettlementInvariants is Test {
    Settlement internal settlement;
    SettlementHandler internal handler;
    Assets internal assets;

    function setUp() public {
        vm.warp(1_800_000_000);
        settlement = new Settlement();
        handler = new SettlementHandler(settlement);
        assets = handler.assets();

        bytes4[] memory selectors = new bytes4[](16);
        selectors[0] = SettlementHandler.open.selector;
        selectors[1] = SettlementHandler.open.selector;
        selectors[2] = SettlementHandler.satisfy.selector;
        selectors[3] = SettlementHandler.satisfy.selector;
        selectors[4] = SettlementHandler.settle.selector;
        selectors[5] = SettlementHandler.abort.selector;
        selectors[6] = SettlementHandler.cancel.selector;
        selectors[7] = SettlementHandler.withdraw.selector;
        selectors[8] = SettlementHandler.withdrawAll.selector;
        selectors[9] = SettlementHandler.refuse.selector;
        selectors[10] = SettlementHandler.stray.selector;
        selectors[11] = SettlementHandler.wait.selector;
        // Deals of several legs arm only if their funders come in time.
        selectors[12] = SettlementHandler.fund.selector;
        selectors[13] = SettlementHandler.fund.selector;
        selectors[14] = SettlementHandler.fund.selector;
        selectors[15] = SettlementHandler.fund.selector;
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
        targetContract(address(handler));
    }

    /// @notice Of every asset, the balance is what live deals put in, plus what is owed, plus what strayed here. So no
    /// leg that went out came from anybody else's, and nothing stayed behind.
    function invariant_Conservation() public view {
        SettlementHandler.Key[] memory keys = handler.keys();
        for (uint256 i = 0; i < keys.length; ++i) {
            SettlementHandler.Key memory key = keys[i];
            uint256 due = handler.live(key.asset, key.tokenId) + handler.credits(key.asset, key.tokenId);
            uint256 here = assets.balanceOf(key.asset, address(settlement), key.tokenId);
            assertEq(here, due + handler.strayed(key.asset, key.tokenId));
        }
    }

    /// @notice The events alone rebuild every word and every credit, and no deal ends twice.
    function invariant_EventsTellAll() public view {
        for (uint256 i = 0; i < handler.dealCount(); ++i) {
            Id id = handler.idOf(i);
            SettlementHandler.Ghost memory ghost = handler.ghostOf(id);
            assertEq(uint8(settlement.status(id)), uint8(ghost.status));
            assertEq(settlement.funded(id), ghost.funded);
            assertEq(settlement.satisfied(id), ghost.satisfied);
            bool final_ = ghost.status == Status.Settled || ghost.status == Status.Aborted;
            assertEq(ghost.terminals, final_ ? 1 : 0);
            if (ghost.status == Status.Settled) assertEq(ghost.funded, (1 << handler.legCount(i)) - 1);
        }
    }

    /// @notice Whatever happened: after the last deadline anyone ends every deal, every payee gets its credits, and
    /// nothing is left behind but what strayed here.
    function afterInvariant() public {
        handler.finish();
        invariant_Conservation();
        invariant_EventsTellAll();
        _creditsAreWhatEventsSay();
        for (uint256 i = 0; i < handler.dealCount(); ++i) {
            Status status = settlement.status(handler.idOf(i));
            assertTrue(status == Status.Settled || status == Status.Aborted);
        }
        SettlementHandler.Key[] memory keys = handler.keys();
        for (uint256 i = 0; i < keys.length; ++i) {
            uint256 here = assets.balanceOf(keys[i].asset, address(settlement), keys[i].tokenId);
            assertEq(here, handler.strayed(keys[i].asset, keys[i].tokenId));
        }
        emit log_named_uint("calls that worked", handler.worked());
        emit log_named_uint("calls refused as foretold", handler.refusals());
    }

    function _creditsAreWhatEventsSay() private view {
        SettlementHandler.Key[] memory keys = handler.keys();
        for (uint256 i = 0; i < keys.length; ++i) {
            for (uint256 j = 0; j < handler.ACTORS(); ++j) {
                address payee = handler.actors(j);
                uint256 owed = settlement.owed(payee, keys[i].asset, keys[i].tokenId);
                assertEq(owed, handler.creditOf(payee, keys[i].asset, keys[i].tokenId));
            }
        }
    }
}
