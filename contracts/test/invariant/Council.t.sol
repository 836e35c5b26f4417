// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Council} from "../../src/Council.sol";
import {Id} from "../../src/types/Id.sol";
import {Proposal, ProposalStatus} from "../../src/types/Proposal.sol";
import {CouncilHandler} from "./handlers/CouncilHandler.sol";
import {Test} from "forge-std/Test.sol";

contract CouncilInvariants is Test {
    Council internal council;
    CouncilHandler internal handler;

    function setUp() public {
        vm.warp(1_800_000_000);
        handler = new CouncilHandler();
        council = handler.council();

        bytes4[] memory selectors = new bytes4[](10);
        selectors[0] = CouncilHandler.open.selector;
        selectors[1] = CouncilHandler.vote.selector;
        selectors[2] = CouncilHandler.submit.selector;
        selectors[3] = CouncilHandler.execute.selector;
        selectors[4] = CouncilHandler.expire.selector;
        selectors[5] = CouncilHandler.usurp.selector;
        selectors[6] = CouncilHandler.wait.selector;
        // Proposals pass only if votes come in time.
        selectors[7] = CouncilHandler.vote.selector;
        selectors[8] = CouncilHandler.vote.selector;
        selectors[9] = CouncilHandler.execute.selector;
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
        targetContract(address(handler));
    }

    /// @notice The bits are the votes that were counted, and weigh what their seats weigh in the proposal's epoch,
    /// whatever happened to the members since.
    function invariant_NoDoubleVote() public view {
        for (uint256 i = 0; i < handler.proposalCount(); ++i) {
            Id id = council.id(handler.proposalAt(i));
            CouncilHandler.Ghost memory ghost = handler.ghostOf(id);
            (uint256 seats, uint256 weight, uint256 threshold, uint256 epoch) = council.tally(id);
            assertEq(epoch, ghost.epoch);
            assertEq(threshold, handler.epochAt(epoch).threshold);
            assertEq(_count(seats), ghost.votes);
            assertEq(weight, _weigh(epoch, seats));
        }
    }

    /// @notice What passed or executed had the threshold's weight of its epoch, and nothing else did.
    function invariant_ThresholdIsSound() public view {
        for (uint256 i = 0; i < handler.proposalCount(); ++i) {
            Id id = council.id(handler.proposalAt(i));
            ProposalStatus status = council.status(id);
            if (status == ProposalStatus.None) continue;
            (uint256 seats,, uint256 threshold, uint256 epoch) = council.tally(id);
            bool passed = status != ProposalStatus.Open && status != ProposalStatus.Expired;
            assertEq(_weigh(epoch, seats) >= threshold, passed);
        }
    }

    /// @notice The threshold can be reached in every epoch, and what an epoch was it stays.
    function invariant_EpochsStand() public view {
        uint256 count = handler.epochCount();
        for (uint256 i = 1; i < count; ++i) {
            CouncilHandler.Epoch memory epoch = handler.epochAt(i);
            assertTrue(epoch.threshold != 0 && epoch.threshold <= epoch.weight);
            for (uint8 j = 0; j < epoch.members.length; ++j) {
                (bytes28 key, uint256 weight) = council.seatOf(i, j);
                assertEq(address(bytes20(key)), epoch.members[j]);
                assertEq(weight, epoch.weights[j]);
            }
        }
        (uint256 epoch_, uint256 seats, uint256 threshold, uint256 sum) = council.electorate();
        assertEq(epoch_, count - 1);
        assertEq(seats, handler.epochAt(epoch_).members.length);
        assertEq(threshold, handler.epochAt(epoch_).threshold);
        assertEq(sum, handler.epochAt(epoch_).weight);
    }

    /// @notice The events alone rebuild every word, and no proposal ends twice.
    function invariant_EventsTellAll() public view {
        for (uint256 i = 0; i < handler.proposalCount(); ++i) {
            Id id = council.id(handler.proposalAt(i));
            CouncilHandler.Ghost memory ghost = handler.ghostOf(id);
            (uint256 seats, uint256 weight,,) = council.tally(id);
            assertEq(uint8(council.status(id)), uint8(ghost.status));
            assertEq(seats, ghost.seats);
            assertEq(weight, ghost.weight);
            assertEq(ghost.terminals, ghost.status > ProposalStatus.Passed ? 1 : 0);
        }
    }

    /// @notice A payment was made once if its proposal was executed, else never; and nothing else left the council.
    function invariant_PaidIsExecuted() public view {
        uint256 spent = 0;
        for (uint256 i = 0; i < handler.proposalCount(); ++i) {
            Proposal memory proposal = handler.proposalAt(i);
            bool payment = proposal.calls[0].target != address(council);
            bool executed = council.status(council.id(proposal)) == ProposalStatus.Executed;
            assertEq(handler.purse().paid(i), payment && executed ? 1 : 0);
            if (executed) spent += proposal.calls[0].value;
        }
        assertEq(address(council).balance, 1e30 - spent);
        assertEq(address(handler.purse()).balance, spent);
    }

    /// @notice Whatever happened: after the last deadline anyone ends every proposal that was opened.
    function afterInvariant() public {
        if (handler.proposalCount() != 0) handler.finish();
        invariant_EventsTellAll();
        invariant_ThresholdIsSound();
        for (uint256 i = 0; i < handler.proposalCount(); ++i) {
            ProposalStatus status = council.status(council.id(handler.proposalAt(i)));
            assertTrue(status == ProposalStatus.None || status > ProposalStatus.Passed);
        }
    }

    function _weigh(uint256 epoch, uint256 seats) private view returns (uint256 sum) {
        CouncilHandler.Epoch memory e = handler.epochAt(epoch);
        for (uint256 i = 0; seats != 0; ++i) {
            if (seats & 1 != 0) sum += e.weights[i];
            seats >>= 1;
        }
    }

    function _count(uint256 seats) private pure returns (uint256 count) {
        for (; seats != 0; seats &= seats - 1) {
            ++count;
        }
    }
}
