// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HashLock} from "../../src/HashLock.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {HashLockHandler} from "./handlers/HashLockHandler.sol";
import {Test} from "forge-std/Test.sol";

contract HashLockInvariants is Test {
    HashLock internal hashLock;
    HashLockHandler internal handler;

    function setUp() public {
        vm.warp(1_800_000_000);
        hashLock = new HashLock();
        handler = new HashLockHandler(hashLock);
        bytes4[] memory selectors = new bytes4[](8);
        selectors[0] = HashLockHandler.lock.selector;
        selectors[1] = HashLockHandler.claim.selector;
        selectors[2] = HashLockHandler.refund.selector;
        selectors[3] = HashLockHandler.withdraw.selector;
        selectors[4] = HashLockHandler.refuse.selector;
        selectors[5] = HashLockHandler.stray.selector;
        selectors[6] = HashLockHandler.wait.selector;
        selectors[7] = HashLockHandler.lock.selector;
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
        targetContract(address(handler));
    }

    /// @notice What came in = what went forward + what went back + what is live; custody covers all that is owed or live.
    function invariant_Conservation() public view {
        uint256 live = 0;
        uint256 owed = 0;
        for (uint256 i = 0; i < handler.dealCount(); ++i) {
            bool armed = hashLock.status(hashLock.id(handler.deal(i))) == Status.Armed;
            if (armed) live += handler.deal(i).amount;
        }
        for (uint256 i = 0; i < handler.ACTORS(); ++i) {
            owed += hashLock.owed(handler.actors(i), handler.asset(), 0);
        }
        assertEq(handler.deposited(), handler.settled() + handler.aborted() + live);
        assertEq(owed, handler.credited() - handler.withdrawn());
        assertEq(handler.token().balanceOf(address(hashLock)), live + owed + handler.strayed());
    }

    /// @notice The events alone rebuild every word, and no lock ends twice.
    function invariant_EventsTellAll() public view {
        for (uint256 i = 0; i < handler.dealCount(); ++i) {
            Id id = hashLock.id(handler.deal(i));
            HashLockHandler.Ghost memory ghost = handler.ghostOf(id);
            assertEq(uint8(hashLock.status(id)), uint8(ghost.status));
            bool final_ = ghost.status == Status.Settled || ghost.status == Status.Aborted;
            assertEq(ghost.terminals, final_ ? 1 : 0);
        }
    }

    /// @notice Whatever happened: after the last deadline anyone ends every lock, and only what is owed is left.
    function afterInvariant() public {
        handler.finish();
        invariant_Conservation();
        invariant_EventsTellAll();
        for (uint256 i = 0; i < handler.dealCount(); ++i) {
            Status status = hashLock.status(hashLock.id(handler.deal(i)));
            assertTrue(status == Status.Settled || status == Status.Aborted);
        }
    }
}
