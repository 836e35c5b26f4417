// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Dvp} from "../../src/Dvp.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {Assets} from "./handlers/Assets.sol";
import {DvpHandler} from "./handlers/DvpHandler.sol";
import {Test} from "forge-std/Test.sol";

contract DvpInvariants is Test {
    Dvp internal dvp;
    DvpHandler internal handler;
    Assets internal assets;

    function setUp() public {
        vm.warp(1_800_000_000);
        dvp = new Dvp();
        handler = new DvpHandler(dvp);
        assets = handler.assets();

        bytes4[] memory selectors = new bytes4[](14);
        selectors[0] = DvpHandler.open.selector;
        selectors[1] = DvpHandler.open.selector;
        selectors[2] = DvpHandler.settle.selector;
        selectors[3] = DvpHandler.settle.selector;
        selectors[4] = DvpHandler.abort.selector;
        selectors[5] = DvpHandler.cancel.selector;
        selectors[6] = DvpHandler.withdraw.selector;
        selectors[7] = DvpHandler.withdrawAny.selector;
        selectors[8] = DvpHandler.refuse.selector;
        selectors[9] = DvpHandler.stray.selector;
        selectors[10] = DvpHandler.wait.selector;
        // Deals arm only if the second party comes in time.
        selectors[11] = DvpHandler.fund.selector;
        selectors[12] = DvpHandler.fund.selector;
        selectors[13] = DvpHandler.fund.selector;
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
        targetContract(address(handler));
    }

    /// @notice Of every asset, the balance is what live deals put in, plus what is owed, plus what strayed here. So no
    /// side that went out came from anybody else's, and nothing stayed behind.
    function invariant_Conservation() public view {
        DvpHandler.Key[] memory keys = handler.keys();
        for (uint256 i = 0; i < keys.length; ++i) {
            DvpHandler.Key memory key = keys[i];
            uint256 due = handler.live(key.asset, key.tokenId) + handler.credits(key.asset, key.tokenId);
            uint256 here = assets.balanceOf(key.asset, address(dvp), key.tokenId);
            assertEq(here, due + handler.strayed(key.asset, key.tokenId));
        }
    }

    /// @notice The events alone rebuild every word and every credit, and no deal ends twice.
    function invariant_EventsTellAll() public view {
        for (uint256 i = 0; i < handler.dealCount(); ++i) {
            Id id = handler.idOf(i);
            DvpHandler.Ghost memory ghost = handler.ghostOf(id);
            assertEq(uint8(dvp.status(id)), uint8(ghost.status));
            assertEq(dvp.funded(id), ghost.funded);
            bool final_ = ghost.status == Status.Settled || ghost.status == Status.Aborted;
            assertEq(ghost.terminals, final_ ? 1 : 0);
            if (ghost.status == Status.Armed || ghost.status == Status.Settled) assertEq(ghost.funded, 3);
        }
    }

    /// @notice Whatever happened: after the last deadline anyone ends every deal, though half of the payees refuse; every
    /// payee gets its credits; and nothing is left behind but what strayed here.
    function afterInvariant() public {
        handler.finish();
        invariant_Conservation();
        invariant_EventsTellAll();
        _creditsAreWhatEventsSay();
        for (uint256 i = 0; i < handler.dealCount(); ++i) {
            Status status = dvp.status(handler.idOf(i));
            assertTrue(status == Status.Settled || status == Status.Aborted);
        }
        handler.payOut();
        DvpHandler.Key[] memory keys = handler.keys();
        for (uint256 i = 0; i < keys.length; ++i) {
            uint256 here = assets.balanceOf(keys[i].asset, address(dvp), keys[i].tokenId);
            assertEq(here, handler.strayed(keys[i].asset, keys[i].tokenId));
        }
        emit log_named_uint("calls that worked", handler.worked());
        emit log_named_uint("calls refused as foretold", handler.refusals());
    }

    function _creditsAreWhatEventsSay() private view {
        DvpHandler.Key[] memory keys = handler.keys();
        for (uint256 i = 0; i < keys.length; ++i) {
            for (uint256 j = 0; j < handler.ACTORS(); ++j) {
                address payee = handler.actors(j);
                uint256 owed = dvp.owed(payee, keys[i].asset, keys[i].tokenId);
                assertEq(owed, handler.creditOf(payee, keys[i].asset, keys[i].tokenId));
            }
        }
    }
}
