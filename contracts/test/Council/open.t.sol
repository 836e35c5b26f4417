// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Council} from "../../src/Council.sol";
import {ICouncil} from "../../src/interfaces/ICouncil.sol";
import {Id} from "../../src/types/Id.sol";
import {Call, Proposal, ProposalStatus} from "../../src/types/Proposal.sol";
import {Stage} from "./Stage.sol";

contract CouncilOpenTest is Stage {
    function test_OpensWithTheOpenersYes() public {
        Proposal memory proposal = _proposal();
        Id id = council.id(proposal);
        vm.expectEmit();
        emit ICouncil.Opened(id, bob, 1, proposal);
        vm.expectEmit();
        emit ICouncil.Voted(id, bob, 2, 1, ProposalStatus.Open);
        vm.prank(bob);
        council.open(proposal, 1);

        assertStatus(id, ProposalStatus.Open);
        (uint256 seats, uint256 weight, uint256 threshold, uint256 epoch) = council.tally(id);
        assertEq(seats, 2);
        assertEq(weight, 1);
        assertEq(threshold, 2);
        assertEq(epoch, 1);
    }

    function test_PassesAtOnceByOneHeavyMember() public {
        council = new Council(_three(), 1);
        Id id = _open(_proposal());
        assertStatus(id, ProposalStatus.Passed);
    }

    function test_RevertWhen_NotNone() public {
        Proposal memory proposal = _proposal();
        Id id = _open(proposal);
        _refused(proposal, abi.encodeWithSelector(ICouncil.BadStatus.selector, id, ProposalStatus.Open));
        vm.prank(bob);
        council.vote(id, 1);
        _refused(proposal, abi.encodeWithSelector(ICouncil.BadStatus.selector, id, ProposalStatus.Passed));
    }

    function test_RevertWhen_BadCallCount() public {
        Proposal memory proposal = _proposal();
        Call memory call = proposal.calls[0];
        proposal.calls = new Call[](0);
        _refused(proposal, abi.encodeWithSelector(ICouncil.BadCallCount.selector, 0));
        proposal.calls = new Call[](17);
        _refused(proposal, abi.encodeWithSelector(ICouncil.BadCallCount.selector, 17));
        proposal.calls = new Call[](16);
        for (uint256 i = 0; i < 16; ++i) {
            proposal.calls[i] = call;
        }
        _open(proposal);
    }

    function test_RevertWhen_BadWindow() public {
        uint40 now_ = uint40(T0);
        uint40 last = uint40(T0 + 366 days);
        _badWindow(now_, 0, EXECUTE_BY); // no time to vote
        _badWindow(now_ - 1, 0, EXECUTE_BY);
        _badWindow(EXECUTE_BY + 1, 0, EXECUTE_BY); // it could pass when it is too late
        _badWindow(VOTE_BY, EXECUTE_BY, EXECUTE_BY); // no time to execute
        _badWindow(VOTE_BY, type(uint40).max, EXECUTE_BY);
        _badWindow(VOTE_BY, 0, last + 1); // too far off
        _badWindow(VOTE_BY, 0, type(uint40).max);
        _goodWindow(now_ + 1, now_, now_ + 1);
        _goodWindow(last, last - 1, last);
    }

    function testFuzz_Window(uint40 voteBy, uint40 from, uint40 by) public {
        voteBy = uint40(bound(voteBy, T0 - 1 days, T0 + 400 days));
        by = uint40(bound(by, T0 - 1 days, T0 + 400 days));
        bool good = T0 < voteBy && voteBy <= by && from < by && by <= T0 + 366 days;
        if (good) _goodWindow(voteBy, from, by);
        else _badWindow(voteBy, from, by);
    }

    /// @dev Attack: filling the council with proposals, or taking a member's id, from outside.
    function test_RevertWhen_NotMember() public {
        Proposal memory proposal = _proposal();
        _notMember(stranger, proposal, 0);
        _notMember(alice, proposal, 1); // another's seat
        _notMember(alice, proposal, 3); // an empty seat
        _notMember(address(0), proposal, 3);
        _notMember(address(0), proposal, 255);
        _notMember(address(council), proposal, 0);
    }

    function _notMember(address who, Proposal memory proposal, uint8 seat) private {
        vm.expectRevert(abi.encodeWithSelector(ICouncil.NotMember.selector, seat, who));
        vm.prank(who);
        council.open(proposal, seat);
    }

    function _refused(Proposal memory proposal, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(alice);
        council.open(proposal, 0);
    }

    function _badWindow(uint40 voteBy, uint40 from, uint40 by) private {
        Proposal memory proposal = _window(voteBy, from, by);
        _refused(proposal, abi.encodeWithSelector(ICouncil.BadWindow.selector, voteBy, from, by));
    }

    function _goodWindow(uint40 voteBy, uint40 from, uint40 by) private {
        assertStatus(_open(_window(voteBy, from, by)), ProposalStatus.Open);
    }

    function _window(uint40 voteBy, uint40 from, uint40 by) private view returns (Proposal memory proposal) {
        proposal = _proposal();
        proposal.voteBy = voteBy;
        proposal.executeFrom = from;
        proposal.executeBy = by;
    }
}
