// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICouncil} from "../../src/interfaces/ICouncil.sol";
import {Id} from "../../src/types/Id.sol";
import {Ballot, Proposal, ProposalStatus} from "../../src/types/Proposal.sol";
import {Target} from "../mocks/Target.sol";
import {Stage} from "./Stage.sol";

contract CouncilEnactTest is Stage {
    function _now() private view returns (Proposal memory proposal) {
        proposal = _proposal();
        proposal.executeFrom = 0;
    }

    function test_FromNoneToExecuted() public {
        Proposal memory proposal = _now();
        Id id = council.id(proposal);
        Ballot[] memory ballots = _bobAndCarol(proposal);
        vm.expectEmit();
        emit ICouncil.Opened(id, stranger, 1, proposal);
        vm.expectEmit();
        emit ICouncil.Voted(id, stranger, 6, 2, ProposalStatus.Passed);
        vm.expectEmit();
        emit ICouncil.Executed(id, stranger);
        vm.prank(stranger);
        council.enact(proposal, ballots);
        assertStatus(id, ProposalStatus.Executed);
        assertEq(target.noted(), 7);
    }

    function test_FromOpenToExecuted() public {
        Proposal memory proposal = _now();
        Id id = _open(proposal);
        council.enact(proposal, _ballots(_ballot(proposal, 1, bobKey)));
        assertStatus(id, ProposalStatus.Executed);
    }

    function test_RevertWhen_NotPassed() public {
        Proposal memory proposal = _now();
        Id id = council.id(proposal);
        Ballot[] memory ballots = _ballots(_ballot(proposal, 1, bobKey));
        vm.expectRevert(abi.encodeWithSelector(ICouncil.BadStatus.selector, id, ProposalStatus.Open));
        council.enact(proposal, ballots);
        assertStatus(id, ProposalStatus.None);
    }

    function test_RevertWhen_OutsideTheWindow() public {
        Proposal memory proposal = _proposal();
        Ballot[] memory ballots = _bobAndCarol(proposal);
        Id id = council.id(proposal);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.TooEarly.selector, id, EXECUTE_FROM));
        council.enact(proposal, ballots);
        assertEq(target.calls(), 0);
    }

    function test_RevertWhen_SubmitWould() public {
        Proposal memory proposal = _now();
        Ballot[] memory ballots = _bobAndCarol(proposal);
        Id id = council.id(proposal);
        ballots[1].seat = 0;
        vm.expectRevert(abi.encodeWithSelector(ICouncil.BadBallot.selector, id, 0));
        council.enact(proposal, ballots);

        ballots = _bobAndCarol(proposal);
        council.enact(proposal, ballots);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.BadStatus.selector, id, ProposalStatus.Executed));
        council.enact(proposal, ballots);
        assertEq(target.calls(), 1);
    }

    function test_RevertWhen_CallFails() public {
        Proposal memory proposal = _now();
        Ballot[] memory ballots = _bobAndCarol(proposal);
        target.setFailing(true);
        bytes memory reason = abi.encodeWithSelector(Target.Told.selector, 7);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.CallFailed.selector, 0, reason));
        council.enact(proposal, ballots);
        assertStatus(council.id(proposal), ProposalStatus.None);
    }
}
