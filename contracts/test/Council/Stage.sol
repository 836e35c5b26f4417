// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Council} from "../../src/Council.sol";
import {Id} from "../../src/types/Id.sol";
import {Ballot, Call, Member, Proposal, ProposalStatus} from "../../src/types/Proposal.sol";
import {Target} from "../mocks/Target.sol";
import {Test} from "forge-std/Test.sol";

/// @notice The stage of the council's tests: Alice, Bob and Carol sit in seats 0, 1 and 2, one vote each, two needed;
/// and a target to call.
abstract contract Stage is Test {
    uint256 internal constant T0 = 1_800_000_000;
    uint40 internal constant VOTE_BY = 1_800_086_400;
    uint40 internal constant EXECUTE_FROM = 1_800_090_000;
    uint40 internal constant EXECUTE_BY = 1_800_172_800;

    address internal alice;
    uint256 internal aliceKey;
    address internal bob;
    uint256 internal bobKey;
    address internal carol;
    uint256 internal carolKey;
    address internal stranger = makeAddr("stranger");

    Council internal council;
    Target internal target;

    function setUp() public virtual {
        vm.warp(T0);
        (alice, aliceKey) = makeAddrAndKey("alice");
        (bob, bobKey) = makeAddrAndKey("bob");
        (carol, carolKey) = makeAddrAndKey("carol");
        target = new Target();
        council = new Council(_three(), 2);
        vm.deal(address(council), 10 ether);
    }

    function _member(address who, uint32 weight) internal pure returns (Member memory) {
        return Member(abi.encodePacked(who), weight);
    }

    function _three() internal view returns (Member[] memory members) {
        members = new Member[](3);
        members[0] = _member(alice, 1);
        members[1] = _member(bob, 1);
        members[2] = _member(carol, 1);
    }

    /// @dev The usual proposal: one call to the target, executable an hour after the vote's deadline.
    function _proposal() internal view returns (Proposal memory) {
        return _proposal(address(target), 0, abi.encodeCall(Target.note, (7)));
    }

    function _proposal(address to, uint256 value, bytes memory data) internal view returns (Proposal memory proposal) {
        proposal.calls = new Call[](1);
        proposal.calls[0] = Call(to, value, data);
        proposal.subject = keccak256("why");
        proposal.voteBy = VOTE_BY;
        proposal.executeFrom = EXECUTE_FROM;
        proposal.executeBy = EXECUTE_BY;
        proposal.nonce = 1;
    }

    /// @dev A proposal that the council calls itself, at any time until EXECUTE_BY.
    function _selfCall(bytes memory data) internal view returns (Proposal memory proposal) {
        proposal = _proposal(address(council), 0, data);
        proposal.executeFrom = 0;
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev The yes of an address member of epoch 1, by signature.
    function _ballot(Proposal memory proposal, uint8 seat, uint256 key) internal view returns (Ballot memory) {
        return Ballot(seat, _sign(key, council.voteDigest(proposal, 1, seat)));
    }

    function _ballots(Ballot memory one) internal pure returns (Ballot[] memory ballots) {
        ballots = new Ballot[](1);
        ballots[0] = one;
    }

    function _ballots(Ballot memory one, Ballot memory two) internal pure returns (Ballot[] memory ballots) {
        ballots = new Ballot[](2);
        ballots[0] = one;
        ballots[1] = two;
    }

    /// @dev Bob's and Carol's yes by signature.
    function _bobAndCarol(Proposal memory proposal) internal view returns (Ballot[] memory) {
        return _ballots(_ballot(proposal, 1, bobKey), _ballot(proposal, 2, carolKey));
    }

    /// @dev Alice opens.
    function _open(Proposal memory proposal) internal returns (Id id) {
        id = council.id(proposal);
        vm.prank(alice);
        council.open(proposal, 0);
    }

    /// @dev Alice opens and Bob votes.
    function _pass(Proposal memory proposal) internal returns (Id id) {
        id = _open(proposal);
        vm.prank(bob);
        council.vote(id, 1);
    }

    /// @dev Alice and Bob pass it, and somebody executes it at the first moment.
    function _decide(Proposal memory proposal) internal returns (Id id) {
        id = _pass(proposal);
        if (block.timestamp < proposal.executeFrom) vm.warp(proposal.executeFrom);
        council.execute(proposal);
    }

    function assertStatus(Id id, ProposalStatus expected) internal view {
        assertEq(uint8(council.status(id)), uint8(expected));
    }

    function assertTally(Id id, uint256 seats, uint256 weight) internal view {
        (uint256 seats_, uint256 weight_,,) = council.tally(id);
        assertEq(seats_, seats);
        assertEq(weight_, weight);
    }

    /// @dev A council whose third seat is of another kind.
    function _seatTwo(bytes memory signer) internal {
        Member[] memory members = _three();
        members[2].signer = signer;
        council = new Council(members, 2);
    }
}
