// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Council} from "../../src/Council.sol";
import {ICouncil} from "../../src/interfaces/ICouncil.sol";
import {Id} from "../../src/types/Id.sol";
import {Proposal, ProposalStatus} from "../../src/types/Proposal.sol";
import {Stage} from "./Stage.sol";

/// @notice The edges of the state machine are those that ICouncil draws, and no others: every function from every
/// status, at a time when nothing but the status can stand in its way.
contract CouncilEdgesTest is Stage {
    enum Act {
        Open,
        Vote,
        Submit,
        Execute,
        Enact,
        Expire
    }

    ProposalStatus private constant NO = ProposalStatus.None;

    function test_EdgesAreTheTable() public {
        council = new Council(_three(), 2);
        // Rows: from None, Open, Passed, Executed, Expired, Stale. Columns: the acts. None says: BadStatus.
        ProposalStatus[6][6] memory table;
        table[0][uint8(Act.Open)] = ProposalStatus.Open;
        table[0][uint8(Act.Submit)] = ProposalStatus.Passed;
        table[0][uint8(Act.Enact)] = ProposalStatus.Executed;
        table[1][uint8(Act.Vote)] = ProposalStatus.Passed;
        table[1][uint8(Act.Submit)] = ProposalStatus.Passed;
        table[1][uint8(Act.Enact)] = ProposalStatus.Executed;
        table[1][uint8(Act.Expire)] = ProposalStatus.Expired;
        table[2][uint8(Act.Execute)] = ProposalStatus.Executed;
        table[2][uint8(Act.Expire)] = ProposalStatus.Stale;

        for (uint8 from = 0; from < 6; ++from) {
            for (uint8 act = 0; act < 6; ++act) {
                uint256 state = vm.snapshotState();
                _edge(ProposalStatus(from), Act(act), table[from][act]);
                vm.revertToState(state);
            }
        }
    }

    function _edge(ProposalStatus from, Act act, ProposalStatus to) private {
        Proposal memory proposal = _proposal();
        proposal.executeFrom = 0;
        Id id = _reach(proposal, from);
        assertStatus(id, from);
        // Final states must hold both within the windows and after them.
        if (act == Act.Expire) vm.warp(EXECUTE_BY);
        else vm.warp(T0);
        (address who, bytes memory call) = _call(proposal, id, act);
        if (to == NO) {
            vm.expectRevert(abi.encodeWithSelector(ICouncil.BadStatus.selector, id, from));
        }
        vm.prank(who);
        (bool done,) = address(council).call(call);
        assertTrue(done);
        assertStatus(id, to == NO ? from : to);
    }

    function _reach(Proposal memory proposal, ProposalStatus status) private returns (Id id) {
        id = council.id(proposal);
        if (status == ProposalStatus.None) return id;
        if (status == ProposalStatus.Open || status == ProposalStatus.Expired) _open(proposal);
        else _pass(proposal);
        if (status == ProposalStatus.Executed) council.execute(proposal);
        vm.warp(EXECUTE_BY);
        if (status == ProposalStatus.Expired || status == ProposalStatus.Stale) council.expire(proposal);
    }

    function _call(Proposal memory proposal, Id id, Act act) private view returns (address, bytes memory) {
        if (act == Act.Open) return (carol, abi.encodeCall(council.open, (proposal, 2)));
        if (act == Act.Vote) return (carol, abi.encodeCall(council.vote, (id, 2)));
        if (act == Act.Submit) return (stranger, abi.encodeCall(council.submit, (proposal, _bobAndCarol(proposal))));
        if (act == Act.Execute) return (stranger, abi.encodeCall(council.execute, (proposal)));
        if (act == Act.Enact) return (stranger, abi.encodeCall(council.enact, (proposal, _bobAndCarol(proposal))));
        return (stranger, abi.encodeCall(council.expire, (proposal)));
    }
}
