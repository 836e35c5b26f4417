// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICouncil} from "../../src/interfaces/ICouncil.sol";
import {Id} from "../../src/types/Id.sol";
import {Proposal, ProposalStatus} from "../../src/types/Proposal.sol";
import {Stage} from "./Stage.sol";

contract CouncilExpireTest is Stage {
    function test_OpenExpires() public {
        Proposal memory proposal = _proposal();
        Id id = _open(proposal);
        vm.warp(VOTE_BY - 1);
        _refused(proposal, abi.encodeWithSelector(ICouncil.TooEarly.selector, id, VOTE_BY));
        vm.warp(VOTE_BY);
        vm.expectEmit();
        emit ICouncil.Expired(id, stranger);
        vm.prank(stranger);
        council.expire(proposal);
        assertStatus(id, ProposalStatus.Expired);
        assertTally(id, 1, 1);
    }

    function test_PassedGoesStale() public {
        Proposal memory proposal = _proposal();
        Id id = _pass(proposal);
        vm.warp(EXECUTE_BY - 1);
        _refused(proposal, abi.encodeWithSelector(ICouncil.TooEarly.selector, id, EXECUTE_BY));
        vm.warp(EXECUTE_BY);
        vm.expectEmit();
        emit ICouncil.WentStale(id, stranger);
        vm.prank(stranger);
        council.expire(proposal);
        assertStatus(id, ProposalStatus.Stale);
        assertTally(id, 3, 2);
    }

    function test_RevertWhen_NoneOrFinal() public {
        Proposal memory proposal = _proposal();
        Id id = council.id(proposal);
        _refused(proposal, abi.encodeWithSelector(ICouncil.BadStatus.selector, id, ProposalStatus.None));
        uint256 state = vm.snapshotState();

        _decide(proposal);
        vm.warp(EXECUTE_BY);
        _refused(proposal, abi.encodeWithSelector(ICouncil.BadStatus.selector, id, ProposalStatus.Executed));

        vm.revertToState(state);
        _open(proposal);
        vm.warp(EXECUTE_BY);
        council.expire(proposal);
        _refused(proposal, abi.encodeWithSelector(ICouncil.BadStatus.selector, id, ProposalStatus.Expired));

        vm.revertToState(state);
        _pass(proposal);
        vm.warp(EXECUTE_BY);
        council.expire(proposal);
        _refused(proposal, abi.encodeWithSelector(ICouncil.BadStatus.selector, id, ProposalStatus.Stale));
    }

    function _refused(Proposal memory proposal, bytes memory reason) private {
        vm.expectRevert(reason);
        council.expire(proposal);
    }
}
