// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Council} from "../../src/Council.sol";
import {ICouncil} from "../../src/interfaces/ICouncil.sol";
import {Id} from "../../src/types/Id.sol";
import {Member, Proposal, ProposalStatus} from "../../src/types/Proposal.sol";
import {Wallet} from "../mocks/Wallet.sol";
import {Stage} from "./Stage.sol";

contract CouncilVoteTest is Stage {
    function test_CountsUntilTheThreshold() public {
        council = new Council(_three(), 3);
        Id id = _open(_proposal());
        vm.expectEmit();
        emit ICouncil.Voted(id, carol, 4, 2, ProposalStatus.Open);
        vm.prank(carol);
        council.vote(id, 2);
        assertTally(id, 5, 2);
        assertStatus(id, ProposalStatus.Open);

        vm.expectEmit();
        emit ICouncil.Voted(id, bob, 2, 3, ProposalStatus.Passed);
        vm.prank(bob);
        council.vote(id, 1);
        assertTally(id, 7, 3);
        assertStatus(id, ProposalStatus.Passed);
    }

    function test_WeightsCount() public {
        Member[] memory members = _three();
        members[0].weight = 10;
        members[1].weight = 29;
        members[2].weight = 20;
        council = new Council(members, 40);
        Id id = _pass(_proposal());
        assertStatus(id, ProposalStatus.Open); // 39 of 40
        vm.prank(carol);
        council.vote(id, 2);
        assertStatus(id, ProposalStatus.Passed);
        assertTally(id, 7, 59);
    }

    /// @dev The greatest weights that may be: no sum runs into its neighbour.
    function test_GreatestWeights() public {
        Member[] memory members = _three();
        members[0].weight = type(uint32).max - 2;
        council = new Council(members, type(uint32).max);
        Id id = _pass(_proposal());
        assertStatus(id, ProposalStatus.Open);
        vm.prank(carol);
        council.vote(id, 2);
        assertStatus(id, ProposalStatus.Passed);
        (uint256 seats, uint256 weight, uint256 threshold, uint256 epoch) = council.tally(id);
        assertEq(seats, 7);
        assertEq(weight, type(uint32).max);
        assertEq(threshold, type(uint32).max);
        assertEq(epoch, 1);
    }

    function test_LastSeatOfTheLargestCouncil() public {
        Member[] memory members = new Member[](128);
        for (uint160 i = 0; i < 127; ++i) {
            members[i] = _member(address(0x1000 + i), 1);
        }
        members[127] = _member(alice, 1);
        council = new Council(members, 1);
        Proposal memory proposal = _proposal();
        vm.prank(alice);
        council.open(proposal, 127);
        assertTally(council.id(proposal), 1 << 127, 1);
        assertStatus(council.id(proposal), ProposalStatus.Passed);
    }

    function test_ContractMemberVotes() public {
        Wallet wallet = new Wallet(carol);
        Member[] memory members = _three();
        members[2] = _member(address(wallet), 1);
        council = new Council(members, 2);
        Id id = _open(_proposal());
        vm.prank(carol);
        wallet.execute(address(council), abi.encodeCall(council.vote, (id, 2)));
        assertStatus(id, ProposalStatus.Passed);
    }

    function test_RevertWhen_NotOpen() public {
        Proposal memory proposal = _proposal();
        Id id = council.id(proposal);
        _refused(id, ProposalStatus.None);
        _pass(proposal);
        _refused(id, ProposalStatus.Passed);
        vm.warp(EXECUTE_FROM);
        council.execute(proposal);
        _refused(id, ProposalStatus.Executed);
    }

    /// @dev Attack: a quorum that comes late.
    function test_RevertWhen_AtVoteBy() public {
        Id id = _open(_proposal());
        for (uint256 late = 0; late < 2; ++late) {
            vm.warp(VOTE_BY + late);
            vm.expectRevert(abi.encodeWithSelector(ICouncil.TooLate.selector, id, VOTE_BY));
            vm.prank(bob);
            council.vote(id, 1);
        }
        vm.warp(VOTE_BY - 1);
        vm.prank(bob);
        council.vote(id, 1);
        assertStatus(id, ProposalStatus.Passed);
    }

    function test_RevertWhen_NotMember() public {
        Id id = _open(_proposal());
        address[3] memory who = [stranger, alice, address(0)];
        uint8[3] memory seat = [1, 2, 3];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ICouncil.NotMember.selector, seat[i], who[i]));
            vm.prank(who[i]);
            council.vote(id, seat[i]);
        }
    }

    /// @dev Attack: voting twice, on the chain or with a signature before.
    function test_RevertWhen_AlreadyVoted() public {
        council = new Council(_three(), 3);
        Proposal memory proposal = _proposal();
        Id id = _open(proposal);
        council.submit(proposal, _ballots(_ballot(proposal, 1, bobKey)));
        vm.expectRevert(abi.encodeWithSelector(ICouncil.AlreadyVoted.selector, id, 0));
        vm.prank(alice);
        council.vote(id, 0);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.AlreadyVoted.selector, id, 1));
        vm.prank(bob);
        council.vote(id, 1);
        assertTally(id, 3, 2);
    }

    function _refused(Id id, ProposalStatus status) private {
        vm.expectRevert(abi.encodeWithSelector(ICouncil.BadStatus.selector, id, status));
        vm.prank(carol);
        council.vote(id, 2);
    }
}
