// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Council} from "../src/Council.sol";
import {Id} from "../src/types/Id.sol";
import {Ballot, Call, Member, Proposal, ProposalStatus} from "../src/types/Proposal.sol";
import {svm} from "./Svm.sol";
import {Test} from "forge-std/Test.sol";

/// @notice What the proposals of the proofs call.
contract ProofTarget {
    fallback() external payable {}
}

/// @notice What both parts below share: three members with keys of their own, and a proposal.
abstract contract CouncilProofBase is Test {
    address internal constant A = address(0xA11CE);
    address internal constant B = address(0xB0B);
    address internal constant C = address(0xCA401);

    struct Seen {
        ProposalStatus status;
        uint256 seats;
        uint256 weight;
        uint256 threshold;
        uint256 epoch;
    }

    Council internal council;
    ProofTarget internal target;

    function _deploy(uint32[3] memory weights, uint256 threshold) internal {
        Member[] memory members = new Member[](3);
        for (uint256 i = 0; i < 3; ++i) {
            members[i] = Member(abi.encodePacked(_memberAt(i)), weights[i]);
        }
        council = new Council(members, threshold);
    }

    function _memberAt(uint256 seat) internal pure returns (address) {
        return seat == 0 ? A : seat == 1 ? B : seat == 2 ? C : address(0);
    }

    function _proposal() internal view returns (Proposal memory proposal) {
        proposal.calls = new Call[](1);
        proposal.calls[0] = Call(address(target), 0, "");
        proposal.voteBy = uint40(block.timestamp + 10);
        proposal.executeBy = uint40(block.timestamp + 20);
    }

    function _call(address caller, bytes memory data) internal returns (bool done) {
        vm.prank(caller);
        (done,) = address(council).call(data);
    }

    function _see(Id id) internal view returns (Seen memory seen) {
        seen.status = council.status(id);
        (seen.seats, seen.weight, seen.threshold, seen.epoch) = council.tally(id);
    }

    function _decided(ProposalStatus status) internal pure returns (bool) {
        return status == ProposalStatus.Passed || status == ProposalStatus.Executed;
    }

    function _one(bool yes) internal pure returns (uint256 bit) {
        assembly ("memory-safe") {
            bit := yes
        }
    }

    /// @dev What the seats of `bitmap` weigh together; only seats 0 to 2 have anybody in them.
    function _weigh(uint256 bitmap, uint32[3] memory weights) internal pure returns (uint256 sum) {
        for (uint256 i = 0; i < 3; ++i) {
            sum += (bitmap >> i & 1) * weights[i];
        }
    }
}

/// @notice Threshold soundness: what passes, or executes, was approved by distinct members whose weights reach the
/// threshold. Weights, threshold, callers, seats and signatures are arbitrary.
contract CouncilThresholdProof is CouncilProofBase {
    function setUp() public {
        vm.warp(1_800_000_000);
        target = new ProofTarget();
    }

    /// @notice Any three calls by anybody, from the opening on; then an execution. The weights tell every set of members
    /// by its sum.
    function check_VotesReachTheThreshold(uint32 threshold, address[3] memory callers, uint8[3] memory seats) public {
        uint32[3] memory weights = [uint32(1), 2, 4];
        _deploy(weights, threshold);
        Proposal memory proposal = _proposal();
        Id id = council.id(proposal);
        uint256 yes = 0;
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory data = i == 0
                ? abi.encodeCall(council.open, (proposal, seats[i]))
                : abi.encodeCall(council.vote, (id, seats[i]));
            _call(callers[i], data);
            for (uint256 seat = 0; seat < 3; ++seat) {
                yes |= _one(callers[i] == _memberAt(seat)) << seat;
            }
        }
        _call(address(this), abi.encodeCall(council.execute, (proposal)));

        Seen memory seen = _see(id);
        assert(seen.seats & ~yes == 0);
        assert(seen.weight == _weigh(seen.seats, weights));
        if (_decided(seen.status)) assert(seen.weight >= threshold && threshold != 0);
    }

    /// @notice A member's call and then any two signatures, from any seats, count each seat once; then an execution. The
    /// weights tell every set of members by its sum.
    function check_SignaturesReachTheThreshold(
        uint32 threshold,
        uint8[3] memory seats,
        bytes32[4] memory rs,
        uint8[2] memory v
    ) public {
        uint32[3] memory weights = [uint32(1), 2, 4];
        _deploy(weights, threshold);
        Proposal memory proposal = _proposal();
        Id id = council.id(proposal);
        _call(A, abi.encodeCall(council.open, (proposal, 0)));
        _call(address(this), abi.encodeCall(council.submit, (proposal, _ballots(seats, rs, v))));
        _call(address(this), abi.encodeCall(council.execute, (proposal)));

        uint256 yes = 1;
        for (uint8 seat = 0; seat < 3; ++seat) {
            yes |= _signed(seat, council.voteDigest(proposal, 1, seat), seats, rs, v) << seat;
        }
        Seen memory seen = _see(id);
        assert(seen.seats & ~yes == 0);
        assert(seen.weight == _weigh(seen.seats, weights));
        if (_decided(seen.status)) assert(seen.weight >= threshold && threshold != 0);
    }

    /// @notice The council stands as a signer only if members' signatures for exactly this reach the threshold.
    function check_ApprovalsReachTheThreshold(
        uint32[3] memory weights,
        uint32 threshold,
        bytes32 digest,
        uint8[3] memory seats,
        bytes32[4] memory rs,
        uint8[2] memory v
    ) public {
        _deploy(weights, threshold);
        Ballot[] memory ballots = _ballots(seats, rs, v);
        bytes memory data = abi.encodeCall(council.isValidSignature, (digest, abi.encode(ballots)));
        (bool done, bytes memory answer) = address(council).staticcall(data);
        if (!done || abi.decode(answer, (bytes4)) != council.isValidSignature.selector) return;

        uint256 yes = 0;
        for (uint8 seat = 0; seat < 3; ++seat) {
            yes |= _signed(seat, council.approvalDigest(digest, 1, seat), seats, rs, v) << seat;
        }
        assert(_weigh(yes, weights) >= threshold && threshold != 0);
    }

    function _ballots(uint8[3] memory seats, bytes32[4] memory rs, uint8[2] memory v)
        private
        pure
        returns (Ballot[] memory ballots)
    {
        ballots = new Ballot[](2);
        ballots[0] = Ballot(seats[0], abi.encodePacked(rs[0], rs[1], v[0]));
        ballots[1] = Ballot(seats[1], abi.encodePacked(rs[2], rs[3], v[1]));
    }

    /// @dev 1 if either ballot is for this seat and signed by its member. Free of branches, which would multiply paths.
    function _signed(uint8 seat, bytes32 digest, uint8[3] memory seats, bytes32[4] memory rs, uint8[2] memory v)
        private
        pure
        returns (uint256)
    {
        address member = _memberAt(seat);
        uint256 first = _one(seats[0] == seat) & _one(ecrecover(digest, v[0], rs[0], rs[1]) == member);
        uint256 second = _one(seats[1] == seat) & _one(ecrecover(digest, v[1], rs[2], rs[3]) == member);
        return first | second;
    }
}

/// @notice The state machine: each proof makes one arbitrary call at an arbitrary time in an arbitrary state, so by
/// induction it holds for every sequence of calls.
contract CouncilStepProof is CouncilProofBase {
    struct Electors {
        uint256 epoch;
        uint256 threshold;
        uint256 weight;
    }

    Id internal id;

    function setUp() public {
        vm.warp(1_800_000_000);
        target = new ProofTarget();
        _deploy([uint32(1), 1, 1], 2);
        id = council.id(_proposal());
        svm.enableSymbolicStorage(address(council));
    }

    /// @notice The edges are those of the interface; a final state is final; who decides, and by what threshold, is
    /// fixed at the opening; a yes is never taken back, and none comes after the vote.
    function check_Edges(address caller, uint8 which, uint8 seat, uint40 now_, Id other) public {
        Seen memory before = _see(id);
        Seen memory foreign = _see(other);
        Proposal memory proposal = _proposal();
        _assumeReformed(before, seat);
        vm.warp(now_);
        bool done = _act(caller, which, seat, proposal);
        Seen memory later = _see(id);

        if (later.status != before.status) {
            assert(done);
            if (before.status == ProposalStatus.None) {
                assert(which == 0 && (later.status == ProposalStatus.Open || later.status == ProposalStatus.Passed));
                assert(now_ < proposal.voteBy);
            } else if (before.status == ProposalStatus.Open) {
                bool passes = which == 1 && later.status == ProposalStatus.Passed;
                assert(passes || (which == 3 && later.status == ProposalStatus.Expired));
            } else {
                assert(before.status == ProposalStatus.Passed);
                bool executes = which == 2 && later.status == ProposalStatus.Executed;
                assert(executes ? now_ < proposal.executeBy : which == 3 && later.status == ProposalStatus.Stale);
                assert(executes || now_ >= proposal.executeBy);
            }
        }
        if (before.status != ProposalStatus.None) {
            assert(later.threshold == before.threshold && later.epoch == before.epoch);
            assert(later.seats & before.seats == before.seats);
        }
        if (before.status > ProposalStatus.Open) assert(later.seats == before.seats && later.weight == before.weight);
        if (other != id) assert(_same(_see(other), foreign));
    }

    /// @notice One vote counts one seat of the proposal's epoch, whose member is the caller, once and by its weight, in
    /// time; and it passes exactly when that reaches the threshold.
    function check_Vote(address caller, uint8 seat, uint40 now_) public {
        Seen memory before = _see(id);
        (bytes28 key, uint256 weight) = council.seatOf(before.epoch, seat);
        _assumeReformed(before, seat);
        vm.warp(now_);
        bool done = _call(caller, abi.encodeCall(council.vote, (id, seat)));
        Seen memory later = _see(id);
        if (!done) {
            assert(_same(later, before));
            return;
        }
        assert(before.status == ProposalStatus.Open);
        assert(key == bytes28(bytes20(caller)) && weight != 0);
        assert(before.seats & (1 << seat) == 0 && later.seats == before.seats | (1 << seat));
        assert(later.weight == before.weight + weight);
        assert((later.status == ProposalStatus.Passed) == (later.weight >= later.threshold));
    }

    /// @notice Only the council changes its members, to a set that can reach its threshold, in a new epoch; seats of
    /// the epochs before stay as they are.
    function check_Reform(
        address caller,
        uint256 replaced,
        uint32[3] memory weights,
        uint256 threshold,
        uint16 oldEpoch,
        uint8 seat
    ) public {
        Electors memory before = _electors();
        vm.assume(oldEpoch <= before.epoch);
        bytes32 seatBefore = _seat(oldEpoch, seat);
        Member[] memory members = new Member[](3);
        for (uint256 i = 0; i < 3; ++i) {
            members[i] = Member(abi.encodePacked(_memberAt(i)), weights[i]);
        }
        bool done = _call(caller, abi.encodeCall(council.reform, (replaced, members, threshold)));

        Electors memory later = _electors();
        assert(_seat(oldEpoch, seat) == seatBefore);
        if (done) {
            assert(caller == address(council) && replaced == before.epoch && later.epoch == before.epoch + 1);
            assert(later.threshold == threshold && threshold != 0 && threshold <= later.weight);
            assert(later.weight == uint256(weights[0]) + weights[1] + weights[2]);
        } else {
            assert(later.epoch == before.epoch && later.threshold == before.threshold);
            assert(later.weight == before.weight);
        }
    }

    /// @notice Only the council approves a digest or takes it back.
    function check_OnlySelfApproves(address caller, bool back, bytes32 digest, bytes32 other) public {
        bool before = council.approved(other);
        _call(caller, back ? abi.encodeCall(council.revoke, (digest)) : abi.encodeCall(council.approve, (digest)));
        bool later = council.approved(other);
        if (later != before) assert(caller == address(council) && other == digest && later != back);
    }

    /// @dev What reform guarantees: the weights of an epoch sum up to 32 bits (check_Reform), and no seat is above 127.
    function _assumeReformed(Seen memory seen, uint8 seat) private view {
        (, uint256 weight) = council.seatOf(seen.epoch, seat);
        (, uint256 weightNow) = council.seatOf(_electors().epoch, seat);
        vm.assume(seen.weight + weight <= type(uint32).max);
        vm.assume(seat < 128 || (weight == 0 && weightNow == 0));
    }

    /// @dev One call of anybody. `submit` and `enact` are `open` or `vote` with other proof, and are proved above.
    function _act(address caller, uint8 which, uint8 seat, Proposal memory proposal) private returns (bool) {
        vm.assume(which < 4);
        bytes memory data = which == 0
            ? abi.encodeCall(council.open, (proposal, seat))
            : which == 1
                ? abi.encodeCall(council.vote, (id, seat))
                : which == 2 ? abi.encodeCall(council.execute, (proposal)) : abi.encodeCall(council.expire, (proposal));
        return _call(caller, data);
    }

    function _electors() private view returns (Electors memory e) {
        (e.epoch,, e.threshold, e.weight) = council.electorate();
    }

    function _seat(uint256 epoch, uint8 seat) private view returns (bytes32) {
        (bytes28 key, uint256 weight) = council.seatOf(epoch, seat);
        return bytes32(key) | bytes32(weight);
    }

    function _same(Seen memory a, Seen memory b) private pure returns (bool) {
        return a.status == b.status && a.seats == b.seats && a.weight == b.weight && a.threshold == b.threshold
            && a.epoch == b.epoch;
    }
}
