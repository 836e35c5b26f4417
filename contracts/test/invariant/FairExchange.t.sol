// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FairExchange} from "../../src/FairExchange.sol";
import {FairTerms} from "../../src/types/FairTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {RefusingToken} from "../mocks/Tokens.sol";
import {FairExchangeHandler} from "./handlers/FairExchangeHandler.sol";
import {Test} from "forge-std/Test.sol";

contract FairExchangeInvariants is Test {
    FairExchange internal fair;
    FairExchangeHandler internal handler;

    function setUp() public {
        vm.warp(1_800_000_000);
        fair = new FairExchange();
        handler = new FairExchangeHandler(fair);

        bytes4[] memory selectors = new bytes4[](14);
        selectors[0] = FairExchangeHandler.lock.selector;
        selectors[1] = FairExchangeHandler.reveal.selector;
        selectors[2] = FairExchangeHandler.finalize.selector;
        selectors[3] = FairExchangeHandler.finalizeOnReceipt.selector;
        selectors[4] = FairExchangeHandler.complain.selector;
        selectors[5] = FairExchangeHandler.reclaim.selector;
        selectors[6] = FairExchangeHandler.withdraw.selector;
        selectors[7] = FairExchangeHandler.refuse.selector;
        selectors[8] = FairExchangeHandler.stray.selector;
        selectors[9] = FairExchangeHandler.wait.selector;
        // Exchanges get far only if they are opened, revealed and complained of in time.
        selectors[10] = FairExchangeHandler.lock.selector;
        selectors[11] = FairExchangeHandler.reveal.selector;
        selectors[12] = FairExchangeHandler.reveal.selector;
        selectors[13] = FairExchangeHandler.complain.selector;
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
        targetContract(address(handler));
    }

    /// @notice Deposits = what went out + what is live + what is owed; and custody covers it.
    function invariant_Conservation() public view {
        uint256 held = _live() + _owed();
        RefusingToken token = handler.token();
        assertEq(handler.deposited(), handler.released() + held);
        assertEq(token.balanceOf(address(fair)), held + handler.strayed());
    }

    /// @notice The events alone rebuild every word, and no exchange ends twice.
    function invariant_EventsTellAll() public view {
        for (uint256 i = 0; i < handler.dealCount(); ++i) {
            Id id = fair.id(handler.termsOf(i));
            FairExchangeHandler.Ghost memory ghost = handler.ghostOf(id);
            assertEq(uint8(fair.status(id)), uint8(ghost.status));
            assertEq(fair.until(id), ghost.until);
            bool final_ = ghost.status == Status.Settled || ghost.status == Status.Aborted;
            assertEq(ghost.terminals, final_ ? 1 : 0);
        }
    }

    /// @notice Whatever happened: after the last deadline a stranger ends every exchange, and nothing is left behind.
    function afterInvariant() public {
        handler.finish();
        invariant_Conservation();
        invariant_EventsTellAll();
        assertEq(_live(), 0);
        assertEq(_owed(), 0);
        assertEq(handler.token().balanceOf(address(fair)), handler.strayed());
    }

    function _live() private view returns (uint256 sum) {
        for (uint256 i = 0; i < handler.dealCount(); ++i) {
            FairTerms memory terms = handler.termsOf(i);
            Status status = fair.status(fair.id(terms));
            if (status == Status.Armed || status == Status.Revealed) sum += terms.amount;
        }
    }

    function _owed() private view returns (uint256 sum) {
        for (uint256 i = 0; i < handler.ACTORS(); ++i) {
            sum += fair.owed(handler.actors(i), handler.asset(), 0);
        }
    }
}
