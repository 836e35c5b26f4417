// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Council} from "../../../src/Council.sol";
import {ICouncil} from "../../../src/interfaces/ICouncil.sol";
import {Id} from "../../../src/types/Id.sol";
import {Ballot, Call, Member, Proposal, ProposalStatus} from "../../../src/types/Proposal.sol";
import {CommonBase} from "forge-std/Base.sol";
import {StdAssertions} from "forge-std/StdAssertions.sol";
import {StdCheats} from "forge-std/StdCheats.sol";
import {StdUtils} from "forge-std/StdUtils.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice Takes a council's payments, and says which proposal each was for.
contract Purse {
    mapping(uint256 => uint256) public paid;

    function pay(uint256 what) external payable {
        ++paid[what];
    }
}

/// @notice Lets a handful of people vote and sign at random in a council whose members change at random, and says
/// before each call whether it must work. What it believes of a proposal, and of who sits where, it has from the events
/// alone.
contract CouncilHandler is CommonBase, StdAssertions, StdCheats, StdUtils {
    /// @dev What the events say of a proposal.
    struct Ghost {
        ProposalStatus status;
        uint256 epoch;
        uint256 seats;
        uint256 weight;
        uint256 votes;
        uint256 terminals;
    }

    /// @dev What the events say of an epoch.
    struct Epoch {
        uint256 threshold;
        uint256 weight;
        address[] members;
        uint32[] weights;
    }

    /// @dev Ballots, and what the tally says after them if all are good.
    struct Batch {
        Ballot[] ballots;
        uint256 seats;
        uint256 weight;
        bool good;
    }

    uint256 public constant ACTORS = 6;

    Council public immutable council;
    Purse public immutable purse;
    address[] public actors;
    mapping(address => uint256) private _keys;

    bytes[] private _proposals;
    mapping(Id => Ghost) private _ghosts;
    Epoch[] private _epochs;
    mapping(string => uint256) public calls;

    constructor() {
        purse = new Purse();
        for (uint256 i = 0; i < ACTORS; ++i) {
            (address actor, uint256 key) = makeAddrAndKey(string(abi.encodePacked("actor", i)));
            actors.push(actor);
            _keys[actor] = key;
        }
        _epochs.push();
        vm.recordLogs();
        (Member[] memory members, uint256 threshold) = _randomMembers(0);
        council = new Council(members, threshold);
        _replay(vm.getRecordedLogs());
        vm.deal(address(council), 1e30);
    }

    modifier counted(string memory name) {
        _;
        ++calls[name];
    }

    /// @notice A member opens a new proposal, or somebody who is none tries to.
    function open(uint256 seed, uint8 seat) external counted("open") {
        Proposal memory proposal = _new(seed);
        (address who, uint8 place) = _somebody(seed >> 100, seat, _epochs.length - 1);
        bool works = _sits(who, place, _epochs.length - 1);
        _try(who, abi.encodeCall(council.open, (proposal, place)), works);
    }

    /// @notice Somebody votes, mostly from a seat of its own in the proposal's epoch.
    function vote(uint256 seed, uint8 seat) external counted("vote") {
        if (_proposals.length == 0) return;
        Proposal memory proposal = proposalAt(seed);
        Id id = council.id(proposal);
        Ghost memory ghost = _ghosts[id];
        (address who, uint8 place) = _somebody(seed >> 100, seat, ghost.epoch);
        bool works = ghost.status == ProposalStatus.Open && block.timestamp < proposal.voteBy
            && _sits(who, place, ghost.epoch) && ghost.seats & (1 << place) == 0;
        _try(who, abi.encodeCall(council.vote, (id, place)), works);
    }

    /// @notice Somebody brings one to three ballots to a proposal, or to a new one, and perhaps executes it at once.
    function submit(uint256 seed, bool fresh, bool enact) external counted("submit") {
        Proposal memory proposal = fresh || _proposals.length == 0 ? _new(seed) : proposalAt(seed);
        Ghost memory ghost = _ghosts[council.id(proposal)];
        uint256 epoch = ghost.status == ProposalStatus.None ? _epochs.length - 1 : ghost.epoch;
        Batch memory batch = _batch(seed, proposal, ghost, epoch);
        bool inTime = ghost.status <= ProposalStatus.Open && block.timestamp < proposal.voteBy;
        bool works = batch.good && inTime && batch.seats != ghost.seats;
        if (!enact) {
            _try(address(this), abi.encodeCall(council.submit, (proposal, batch.ballots)), works);
        } else {
            works = works && batch.weight >= _epochs[epoch].threshold && _callable(proposal);
            _try(address(this), abi.encodeCall(council.enact, (proposal, batch.ballots)), works);
        }
    }

    /// @notice Somebody executes.
    function execute(uint256 seed) external counted("execute") {
        if (_proposals.length == 0) return;
        Proposal memory proposal = proposalAt(seed);
        bool works = _ghosts[council.id(proposal)].status == ProposalStatus.Passed && _callable(proposal);
        _try(address(this), abi.encodeCall(council.execute, (proposal)), works);
    }

    /// @notice Somebody ends what cannot go on.
    function expire(uint256 seed) external counted("expire") {
        if (_proposals.length == 0) return;
        _expire(proposalAt(seed));
    }

    /// @notice Somebody tries what only the council may.
    function usurp(uint256 seed) external counted("usurp") {
        (Member[] memory members, uint256 threshold) = _randomMembers(seed);
        address who = actors[seed % ACTORS];
        _try(who, abi.encodeCall(council.reform, (_epochs.length - 1, members, threshold)), false);
        _try(who, abi.encodeCall(council.approve, (bytes32(seed))), false);
    }

    /// @notice Time passes.
    function wait(uint256 seed) external counted("wait") {
        vm.warp(block.timestamp + seed % 12 hours);
    }

    /// @notice After every deadline, anyone ends every proposal.
    function finish() external counted("finish") {
        vm.warp(block.timestamp + 366 days);
        for (uint256 i = 0; i < _proposals.length; ++i) {
            _expire(proposalAt(i));
        }
    }

    function proposalCount() external view returns (uint256) {
        return _proposals.length;
    }

    function proposalAt(uint256 i) public view returns (Proposal memory) {
        return abi.decode(_proposals[i % _proposals.length], (Proposal));
    }

    function ghostOf(Id id) external view returns (Ghost memory) {
        return _ghosts[id];
    }

    function epochCount() external view returns (uint256) {
        return _epochs.length;
    }

    function epochAt(uint256 i) external view returns (Epoch memory) {
        return _epochs[i];
    }

    function _expire(Proposal memory proposal) private {
        ProposalStatus status = _ghosts[council.id(proposal)].status;
        bool works = status == ProposalStatus.Open
            ? block.timestamp >= proposal.voteBy
            : status == ProposalStatus.Passed && block.timestamp >= proposal.executeBy;
        _try(address(this), abi.encodeCall(council.expire, (proposal)), works);
    }

    /// @dev Ballots from somebodies, and what is to come of them.
    function _batch(uint256 seed, Proposal memory proposal, Ghost memory ghost, uint256 epoch)
        private
        view
        returns (Batch memory batch)
    {
        batch = Batch(new Ballot[](1 + (seed >> 8) % 3), ghost.seats, ghost.weight, true);
        for (uint256 i = 0; i < batch.ballots.length; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            (address who, uint8 place) = _somebody(seed, uint8(seed >> 16), epoch);
            batch.ballots[i] = Ballot(place, _sign(who, council.voteDigest(proposal, epoch, place)));
            if (batch.seats & (1 << place) != 0) continue;
            if (!_sits(who, place, epoch)) {
                batch.good = false;
                continue;
            }
            batch.seats |= 1 << place;
            batch.weight += _epochs[epoch].weights[place];
        }
    }

    /// @dev A payment, or one time in four a change of members.
    function _new(uint256 seed) private returns (Proposal memory proposal) {
        uint256 number = _proposals.length;
        proposal.calls = new Call[](1);
        if (seed % 4 == 0) {
            (Member[] memory members, uint256 threshold) = _randomMembers(seed);
            uint256 replaced = _epochs.length - 1;
            proposal.calls[0] =
                Call(address(council), 0, abi.encodeCall(council.reform, (replaced, members, threshold)));
            proposal.subject = bytes32(replaced);
        } else {
            proposal.calls[0] = Call(address(purse), 1 + number, abi.encodeCall(Purse.pay, (number)));
        }
        proposal.voteBy = uint40(block.timestamp + 1 + (seed >> 16) % 2 days);
        if (seed % 3 == 0) proposal.executeFrom = uint40(block.timestamp + (seed >> 40) % 2 days);
        uint256 later = proposal.voteBy > proposal.executeFrom ? proposal.voteBy : proposal.executeFrom + 1;
        proposal.executeBy = uint40(later + (seed >> 64) % 2 days);
        proposal.nonce = number;
        _proposals.push(abi.encode(proposal));
    }

    /// @dev Whether the calls of a proposal that passed work now.
    function _callable(Proposal memory proposal) private view returns (bool) {
        bool stale = proposal.calls[0].target == address(council) && uint256(proposal.subject) != _epochs.length - 1;
        return !stale && block.timestamp >= proposal.executeFrom && block.timestamp < proposal.executeBy;
    }

    function _randomMembers(uint256 seed) private view returns (Member[] memory members, uint256 threshold) {
        uint256 first = seed >> 200;
        members = new Member[](1 + (seed >> 208) % ACTORS);
        uint256 sum = 0;
        for (uint256 i = 0; i < members.length; ++i) {
            uint32 weight = uint32(1 + uint256(keccak256(abi.encode(seed, i))) % 3);
            members[i] = Member(abi.encodePacked(actors[(first + i) % ACTORS]), weight);
            sum += weight;
        }
        threshold = 1 + (seed >> 216) % sum;
    }

    /// @dev Three times in four whoever sits in a seat; else anybody, in any seat.
    function _somebody(uint256 seed, uint8 seat, uint256 epoch) private view returns (address who, uint8 place) {
        uint256 count = _epochs[epoch].members.length;
        if (seed % 4 == 0 || count == 0) return (actors[(seed >> 2) % ACTORS], seat);
        place = uint8(seat % count);
        who = _epochs[epoch].members[place];
    }

    function _sits(address who, uint8 seat, uint256 epoch) private view returns (bool) {
        address[] storage members = _epochs[epoch].members;
        return seat < members.length && members[seat] == who;
    }

    function _try(address who, bytes memory data, bool works) private {
        vm.recordLogs();
        vm.prank(who);
        (bool done,) = address(council).call(data);
        assertEq(done, works);
        // The recorder also keeps what a call emitted before it failed.
        Vm.Log[] memory logs = vm.getRecordedLogs();
        if (done) _replay(logs);
    }

    function _sign(address who, bytes32 digest) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keys[who], digest);
        return abi.encodePacked(r, s, v);
    }

    function _replay(Vm.Log[] memory logs) private {
        for (uint256 i = 0; i < logs.length; ++i) {
            Vm.Log memory log = logs[i];
            if (log.topics[0] == ICouncil.Reformed.selector) {
                assertEq(uint256(log.topics[1]), _epochs.length);
                _remember(log.data);
                continue;
            }
            Ghost storage ghost = _ghosts[Id.wrap(log.topics[1])];
            if (log.topics[0] == ICouncil.Opened.selector) {
                assertEq(uint8(ghost.status), uint8(ProposalStatus.None));
                ghost.status = ProposalStatus.Open;
                ghost.epoch = uint256(log.topics[3]);
            } else if (log.topics[0] == ICouncil.Voted.selector) {
                (uint256 seats, uint256 weight, ProposalStatus status) =
                    abi.decode(log.data, (uint256, uint256, ProposalStatus));
                assertEq(ghost.seats & seats, 0);
                ghost.seats |= seats;
                ghost.weight = weight;
                ghost.status = status;
                for (; seats != 0; seats &= seats - 1) {
                    ++ghost.votes;
                }
            } else {
                bool executed = log.topics[0] == ICouncil.Executed.selector;
                bool expired = log.topics[0] == ICouncil.Expired.selector;
                assertTrue(executed || expired || log.topics[0] == ICouncil.WentStale.selector);
                ghost.status =
                    executed ? ProposalStatus.Executed : expired ? ProposalStatus.Expired : ProposalStatus.Stale;
                ++ghost.terminals;
            }
        }
    }

    function _remember(bytes memory data) private {
        (uint256 threshold, Member[] memory members) = abi.decode(data, (uint256, Member[]));
        Epoch storage epoch = _epochs.push();
        epoch.threshold = threshold;
        for (uint256 i = 0; i < members.length; ++i) {
            epoch.members.push(address(bytes20(members[i].signer)));
            epoch.weights.push(members[i].weight);
            epoch.weight += members[i].weight;
        }
    }
}
