// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Pinboard} from "../../src/Pinboard.sol";
import {PinboardHandler} from "./handlers/PinboardHandler.sol";
import {Test} from "forge-std/Test.sol";

contract PinboardInvariants is Test {
    PinboardHandler internal handler;
    Pinboard internal board;

    function setUp() public {
        handler = new PinboardHandler();
        board = handler.board();
        bytes4[] memory selectors = new bytes4[](5);
        selectors[0] = PinboardHandler.pinBatch.selector;
        selectors[1] = PinboardHandler.pinFor.selector;
        selectors[2] = PinboardHandler.pinFor.selector;
        selectors[3] = PinboardHandler.networkActionFor.selector;
        selectors[4] = PinboardHandler.invalidate.selector;
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
        targetContract(address(handler));
    }

    /// @notice Nothing is logged in a name whose bearer neither called nor signed.
    function invariant_NobodyPinsInAnothersName() public view {
        for (uint256 i = 0; i < handler.ACTORS(); ++i) {
            address actor = handler.actors(i);
            assertEq(handler.pinned(actor), handler.willed(actor));
        }
    }

    /// @notice No nonce was used twice, and the used ones are known.
    function invariant_NoncesAreUsedOnce() public view {
        assertLe(handler.mostHandedIn(), 1);
        for (uint256 i = 0; i < handler.ACTORS(); ++i) {
            address actor = handler.actors(i);
            for (uint256 word = 0; word < handler.WORDS(); ++word) {
                assertEq(board.nonces(actor, word), handler.used(actor, word));
            }
        }
    }
}
