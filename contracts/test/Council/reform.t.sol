// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Council} from "../../src/Council.sol";
import {ICouncil} from "../../src/interfaces/ICouncil.sol";
import {Id} from "../../src/types/Id.sol";
import {Ballot, Member, Proposal, ProposalStatus} from "../../src/types/Proposal.sol";
import {Stage} from "./Stage.sol";

contract CouncilReformTest is Stage {
    address private dave = makeAddr("dave");
    address private erin = makeAddr("erin");

    /// @dev Dave and Erin replace all, Dave with two votes; two needed.
    function _newMembers() private view returns (Member[] memory members) {
        members = new Member[](2);
        members[0] = _member(dave, 2);
        members[1] = _member(erin, 1);
    }

    function _reform(uint256 replaced, Member[] memory members, uint256 threshold)
        private
        view
        returns (Proposal memory)
    {
        return _selfCall(abi.encodeCall(Council.reform, (replaced, members, threshold)));
    }

    function test_TheFirstEpoch() public {
        Member[] memory members = _three();
        members[1].weight = 5;
        vm.expectEmit();
        emit ICouncil.Reformed(1, 4, members);
        council = new Council(members, 4);
        (uint256 epoch, uint256 seats, uint256 threshold, uint256 weight) = council.electorate();
        assertEq(epoch, 1);
        assertEq(seats, 3);
        assertEq(threshold, 4);
        assertEq(weight, 7);
        _assertSeat(1, 0, abi.encodePacked(alice), 1);
        _assertSeat(1, 1, abi.encodePacked(bob), 5);
        _assertSeat(1, 2, abi.encodePacked(carol), 1);
        _assertSeat(1, 3, "", 0);
        _assertSeat(0, 0, "", 0);
    }

    function test_StartsTheNextEpoch() public {
        Proposal memory proposal = _reform(1, _newMembers(), 3);
        _pass(proposal);
        vm.expectEmit();
        emit ICouncil.Executed(council.id(proposal), address(this));
        vm.expectEmit();
        emit ICouncil.Reformed(2, 3, _newMembers());
        council.execute(proposal);
        (uint256 epoch, uint256 seats, uint256 threshold, uint256 weight) = council.electorate();
        assertEq(epoch, 2);
        assertEq(seats, 2);
        assertEq(threshold, 3);
        assertEq(weight, 3);
        _assertSeat(2, 0, abi.encodePacked(dave), 2);
        _assertSeat(2, 1, abi.encodePacked(erin), 1);
        _assertSeat(2, 2, "", 0);
        _assertSeat(1, 0, abi.encodePacked(alice), 1);
    }

    function test_LongSignersAreKnownByTheirHash() public {
        bytes memory signer = abi.encodePacked(dave, "key");
        Member[] memory members = _three();
        members[1].signer = signer;
        members[2].signer = abi.encodePacked(dave, "other key");
        council = new Council(members, 2);
        (bytes28 key,) = council.seatOf(1, 1);
        assertEq(uint224(key), uint224(uint256(keccak256(signer)) >> 32) | 1);
        (bytes28 other,) = council.seatOf(1, 2);
        assertTrue(key != other);
    }

    /// @dev Attack: a proposal opened before a change of members is decided by those before it, with their threshold,
    /// and by nobody else: not by those who came, though one of them sits in the same seat.
    function test_OpenProposalsKeepTheirElectorate() public {
        Proposal memory proposal = _proposal();
        Id id = _open(proposal);
        _decide(_reform(1, _newMembers(), 1));
        vm.expectRevert(abi.encodeWithSelector(ICouncil.NotMember.selector, 1, erin));
        vm.prank(erin);
        council.vote(id, 1);
        (,, uint256 threshold, uint256 epoch) = council.tally(id);
        assertEq(threshold, 2);
        assertEq(epoch, 1);

        // Bob no longer sits on the council, but decides what was his to decide; by signature as well.
        uint256 state = vm.snapshotState();
        vm.prank(bob);
        council.vote(id, 1);
        assertStatus(id, ProposalStatus.Passed);
        vm.revertToState(state);
        council.submit(proposal, _ballots(_ballot(proposal, 1, bobKey)));
        assertStatus(id, ProposalStatus.Passed);
        vm.warp(EXECUTE_FROM);
        council.execute(proposal);
        assertStatus(id, ProposalStatus.Executed);
    }

    /// @dev Attack: a member votes, is removed, and comes back in another seat to vote again.
    function test_NobodyVotesAgainFromAnotherSeat() public {
        council = new Council(_three(), 3);
        Id id = _open(_proposal());
        Member[] memory members = _three();
        (members[0], members[1]) = (members[1], members[0]);
        Proposal memory change = _reform(1, members, 3);
        Id changeId = _pass(change);
        vm.prank(carol);
        council.vote(changeId, 2);
        council.execute(change);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.NotMember.selector, 1, alice));
        vm.prank(alice);
        council.vote(id, 1);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.AlreadyVoted.selector, id, 0));
        vm.prank(alice);
        council.vote(id, 0);
    }

    function test_NewProposalsHaveTheNewElectorate() public {
        _decide(_reform(1, _newMembers(), 2));
        Proposal memory proposal = _proposal();
        vm.expectRevert(abi.encodeWithSelector(ICouncil.NotMember.selector, 0, alice));
        vm.prank(alice);
        council.open(proposal, 0);
        vm.prank(dave);
        council.open(proposal, 0);
        (,, uint256 threshold, uint256 epoch) = council.tally(council.id(proposal));
        assertEq(threshold, 2);
        assertEq(epoch, 2);
        assertStatus(council.id(proposal), ProposalStatus.Passed);
    }

    /// @dev Attack: the threshold is lowered to what a failed proposal had got. It stays failed, and so does its id.
    function test_ExpiredStaysSoWhenTheThresholdFalls() public {
        Proposal memory proposal = _proposal();
        Id id = _open(proposal);
        uint40 executeBy = EXECUTE_BY + 1 days;
        Proposal memory change = _reform(1, _three(), 1);
        (change.voteBy, change.executeBy) = (EXECUTE_BY, executeBy);
        _pass(change);
        vm.warp(VOTE_BY);
        council.expire(proposal);
        council.execute(change);

        bytes memory reason = abi.encodeWithSelector(ICouncil.BadStatus.selector, id, ProposalStatus.Expired);
        vm.expectRevert(reason);
        council.execute(proposal);
        vm.expectRevert(reason);
        vm.prank(bob);
        council.vote(id, 1);
        vm.expectRevert(reason);
        vm.prank(alice);
        council.open(proposal, 0);
    }

    /// @dev Attack: signatures of an earlier epoch, kept for later, by members who stay.
    function test_RevertWhen_SignaturesAreOfAnEarlierEpoch() public {
        Proposal memory proposal = _proposal();
        Ballot[] memory ballots = _bobAndCarol(proposal);
        _decide(_reform(1, _three(), 2));
        vm.expectRevert(abi.encodeWithSelector(ICouncil.BadBallot.selector, council.id(proposal), 1));
        council.submit(proposal, ballots);
    }

    /// @dev Attack: a change of members decided by an earlier epoch undoes a later one.
    function test_RevertWhen_BadEpoch() public {
        Proposal memory late = _reform(1, _three(), 1);
        late.nonce = 2;
        Id id = _pass(late);
        _decide(_reform(1, _newMembers(), 2));
        bytes memory reason = abi.encodeWithSelector(ICouncil.BadEpoch.selector, 1, 2);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.CallFailed.selector, 0, reason));
        council.execute(late);
        assertStatus(id, ProposalStatus.Passed);
        _fails(_reform(3, _three(), 1), dave, abi.encodeWithSelector(ICouncil.BadEpoch.selector, 3, 2));
    }

    function test_RevertWhen_NotTheCouncil() public {
        address[3] memory callers = [alice, stranger, address(this)];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ICouncil.OnlySelf.selector, callers[i]));
            vm.prank(callers[i]);
            council.reform(1, _three(), 1);
        }
    }

    function test_RevertWhen_BadMemberCount() public {
        _bad(new Member[](0), 0, abi.encodeWithSelector(ICouncil.BadMemberCount.selector, 0));
        _bad(new Member[](129), 1, abi.encodeWithSelector(ICouncil.BadMemberCount.selector, 129));
    }

    function test_RevertWhen_BadMember() public {
        Member[] memory members = _three();
        bytes[4] memory signers = [
            bytes(""),
            abi.encodePacked(uint152(1)), // 19 bytes
            abi.encodePacked(address(0)), // what a failed ecrecover says
            abi.encodePacked(address(0), "key")
        ];
        for (uint256 i = 0; i < signers.length; ++i) {
            members[2].signer = signers[i];
            _bad(members, 1, abi.encodeWithSelector(ICouncil.BadMember.selector, 2, signers[i]));
        }
        // The council itself: it would be asked by itself.
        members[2].signer = abi.encodePacked(address(council));
        bytes memory reason = abi.encodeWithSelector(ICouncil.BadMember.selector, 2, members[2].signer);
        _fails(_reform(1, members, 1), alice, reason);
        members[2].signer = abi.encodePacked(address(council), "key");
        reason = abi.encodeWithSelector(ICouncil.BadMember.selector, 2, members[2].signer);
        _fails(_reform(1, members, 2), alice, reason);
    }

    function test_RevertWhen_BadWeight() public {
        Member[] memory members = _three();
        members[1].weight = 0;
        _bad(members, 1, abi.encodeWithSelector(ICouncil.BadWeight.selector, 1));
    }

    /// @dev Attack: one signer in two seats.
    function test_RevertWhen_SameMember() public {
        Member[] memory members = _three();
        members[2].signer = members[0].signer;
        _bad(members, 1, abi.encodeWithSelector(ICouncil.SameMember.selector, 2, 0));
        members[1].signer = members[2].signer = abi.encodePacked(dave, "key");
        _bad(members, 1, abi.encodeWithSelector(ICouncil.SameMember.selector, 2, 1));
    }

    /// @dev Attack: members removed below the threshold.
    function test_RevertWhen_BadThreshold() public {
        Member[] memory members = _three();
        _bad(members, 0, abi.encodeWithSelector(ICouncil.BadThreshold.selector, 0, 3));
        _bad(members, 4, abi.encodeWithSelector(ICouncil.BadThreshold.selector, 4, 3));
        _bad(members, 1 << 32 | 1, abi.encodeWithSelector(ICouncil.BadThreshold.selector, 1 << 32 | 1, 3));
        new Council(members, 3);

        members[0].weight = type(uint32).max - 1;
        uint256 sum = 1 << 32;
        _bad(members, 1, abi.encodeWithSelector(ICouncil.BadThreshold.selector, 1, sum));
        _bad(members, sum, abi.encodeWithSelector(ICouncil.BadThreshold.selector, sum, sum));
        members[0].weight -= 1;
        new Council(members, sum - 1);
    }

    function testFuzz_ThresholdIsReachable(uint32[5] memory weights, uint256 threshold) public {
        Member[] memory members = new Member[](5);
        uint256 sum = 0;
        for (uint256 i = 0; i < 5; ++i) {
            weights[i] = uint32(bound(weights[i], 1, type(uint32).max / 4));
            members[i] = _member(address(uint160(0x100 + i)), weights[i]);
            sum += weights[i];
        }
        threshold = bound(threshold, 0, sum + sum / 8);
        bool good = threshold != 0 && threshold <= sum && sum <= type(uint32).max;
        if (!good) vm.expectRevert(abi.encodeWithSelector(ICouncil.BadThreshold.selector, threshold, sum));
        Council council_ = new Council(members, threshold);
        if (!good) return;
        (, uint256 seats, uint256 threshold_, uint256 weight) = council_.electorate();
        assertEq(seats, 5);
        assertEq(threshold_, threshold);
        assertEq(weight, sum);
    }

    /// @dev Both doors refuse: the constructor, and a proposal of the council.
    function _bad(Member[] memory members, uint256 threshold, bytes memory reason) private {
        vm.expectRevert(reason);
        new Council(members, threshold);
        _fails(_reform(1, members, threshold), alice, reason);
    }

    function _fails(Proposal memory proposal, address opener, bytes memory reason) private {
        Id id = council.id(proposal);
        vm.prank(opener);
        council.open(proposal, 0);
        if (council.status(id) == ProposalStatus.Open) {
            vm.prank(bob);
            council.vote(id, 1);
        }
        vm.expectRevert(abi.encodeWithSelector(ICouncil.CallFailed.selector, 0, reason));
        council.execute(proposal);
    }

    function _assertSeat(uint256 epoch, uint8 seat, bytes memory signer, uint256 weight) private view {
        (bytes28 key_, uint256 weight_) = council.seatOf(epoch, seat);
        assertEq(abi.encodePacked(key_), abi.encodePacked(signer, new bytes(28 - signer.length)));
        assertEq(weight_, weight);
    }
}
