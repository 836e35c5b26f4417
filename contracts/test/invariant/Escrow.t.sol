// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Escrow} from "../../src/Escrow.sol";
import {EscrowTerms} from "../../src/types/EscrowTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {EscrowHandler} from "./handlers/EscrowHandler.sol";
import {Test} from "forge-std/Test.sol";

contract EscrowInvariants is Test {
    Escrow internal escrow;
    EscrowHandler internal handler;

    function setUp() public {
        vm.warp(1_800_000_000);
        escrow = new Escrow();
        handler = new EscrowHandler(escrow);

        bytes4[] memory selectors = new bytes4[](15);
        selectors[0] = EscrowHandler.fund.selector;
        selectors[1] = EscrowHandler.accept.selector;
        selectors[2] = EscrowHandler.release.selector;
        selectors[3] = EscrowHandler.refund.selector;
        selectors[4] = EscrowHandler.dispute.selector;
        selectors[5] = EscrowHandler.rule.selector;
        selectors[6] = EscrowHandler.settle.selector;
        selectors[7] = EscrowHandler.abort.selector;
        selectors[8] = EscrowHandler.trespass.selector;
        selectors[9] = EscrowHandler.withdraw.selector;
        selectors[10] = EscrowHandler.refuse.selector;
        selectors[11] = EscrowHandler.stray.selector;
        selectors[12] = EscrowHandler.wait.selector;
        // Disputes need a payee that accepted in time.
        selectors[13] = EscrowHandler.accept.selector;
        selectors[14] = EscrowHandler.dispute.selector;
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
        targetContract(address(handler));
    }

    /// @notice Custody is exactly what the live escrows and the credits come to, and what strayed in.
    function invariant_Conservation() public view {
        uint256 expected = handler.strayed();
        for (uint256 i = 0; i < handler.dealCount(); ++i) {
            EscrowTerms memory terms = handler.deal(i);
            EscrowHandler.Ghost memory ghost = handler.ghostOf(escrow.id(terms));
            bool live = ghost.terminals == 0;
            if (live) expected += terms.amount - ghost.out;
            else assertEq(ghost.out, terms.amount);
            if (live && ghost.bonded) expected += terms.bond;
        }
        for (uint256 i = 0; i < handler.ACTORS(); ++i) {
            expected += escrow.owed(handler.actors(i), handler.asset(), 0);
        }
        assertEq(handler.token().balanceOf(address(escrow)), expected);
    }

    /// @notice The events alone rebuild every word, and no escrow ends twice.
    function invariant_EventsTellAll() public view {
        for (uint256 i = 0; i < handler.dealCount(); ++i) {
            Id id = escrow.id(handler.deal(i));
            EscrowHandler.Ghost memory ghost = handler.ghostOf(id);
            assertEq(uint8(escrow.status(id)), uint8(ghost.status));
            assertEq(escrow.released(id), ghost.releasedBps);
            (uint256 ruleBy,) = escrow.disputeOf(id);
            assertEq(ruleBy, ghost.ruleBy);
            bool final_ = ghost.status == Status.Settled || ghost.status == Status.Aborted;
            assertEq(ghost.terminals, final_ ? 1 : 0);
        }
    }

    /// @notice Whatever happened: after the last deadline anyone ends every escrow.
    function afterInvariant() public {
        handler.finish();
        invariant_Conservation();
        invariant_EventsTellAll();
        for (uint256 i = 0; i < handler.dealCount(); ++i) {
            assertEq(handler.ghostOf(escrow.id(handler.deal(i))).terminals, 1);
        }
    }
}
