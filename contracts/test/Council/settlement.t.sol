// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Council} from "../../src/Council.sol";
import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {Id} from "../../src/types/Id.sol";
import {Ballot, Call, Member, Proposal} from "../../src/types/Proposal.sol";
import {Status} from "../../src/types/Status.sol";
import {Terms} from "../../src/types/Terms.sol";
import {Base} from "../Base.t.sol";

/// @notice A condition of a Settlement that waits for a vote: its receipt is signed by a council, in each of the ways a
/// council signs. Settlement knows nothing of it.
contract CouncilSettlementTest is Base {
    Council private council;
    bytes private encoded;
    bytes32 private digest;

    function setUp() public override {
        super.setUp();
        Member[] memory members = new Member[](3);
        members[0] = Member(abi.encodePacked(alice), 1);
        members[1] = Member(abi.encodePacked(bob), 1);
        members[2] = Member(abi.encodePacked(carol), 1);
        council = new Council(members, 2);
        Terms memory terms_ = _deal();
        terms_.conditions[0].party = address(council);
        _fundAll(terms_);
        digest = settlement.receiptDigest(settlement.id(terms_), address(council), terms_.conditions[0].subject);
        encoded = abi.encode(terms_);
    }

    function _terms() private view returns (Terms memory) {
        return abi.decode(encoded, (Terms));
    }

    function _propose(uint256 calls) private view returns (Proposal memory proposal) {
        proposal.calls = new Call[](calls);
        proposal.calls[0] = Call(address(council), 0, abi.encodeCall(Council.approve, (digest)));
        proposal.voteBy = FUND_BY;
        proposal.executeBy = SETTLE_BY;
    }

    function _decide(Proposal memory proposal) private {
        vm.prank(alice);
        council.open(proposal, 0);
        Id id = council.id(proposal);
        vm.prank(carol);
        council.vote(id, 2);
        council.execute(proposal);
    }

    function test_SettlesOnAVote() public {
        Terms memory deal = _terms();
        _decide(_propose(1));
        bytes[] memory proofs = new bytes[](1);
        proofs[0] = "voted";
        settlement.settle(deal, proofs);
        assertEq(uint8(settlement.status(settlement.id(deal))), uint8(Status.Settled));
        assertEq(cash.balanceOf(alice), PRICE);
    }

    function test_SettlesInTheVotesOwnExecution() public {
        Terms memory deal = _terms();
        Proposal memory proposal = _propose(2);
        bytes[] memory proofs = new bytes[](1);
        proofs[0] = "voted";
        proposal.calls[1] = Call(address(settlement), 0, abi.encodeCall(settlement.settle, (deal, proofs)));
        _decide(proposal);
        assertEq(uint8(settlement.status(settlement.id(deal))), uint8(Status.Settled));
    }

    function test_SettlesOnMembersSignatures() public {
        Terms memory deal = _terms();
        Ballot[] memory ballots = new Ballot[](2);
        ballots[0] = Ballot(0, _sign(aliceKey, council.approvalDigest(digest, 1, 0)));
        ballots[1] = Ballot(1, _sign(bobKey, council.approvalDigest(digest, 1, 1)));
        bytes[] memory proofs = new bytes[](1);
        proofs[0] = abi.encode(ballots);
        settlement.settle(deal, proofs);
        assertEq(uint8(settlement.status(settlement.id(deal))), uint8(Status.Settled));
    }

    function test_RevertWhen_TooFewSigned() public {
        Terms memory deal = _terms();
        Ballot[] memory ballots = new Ballot[](1);
        ballots[0] = Ballot(0, _sign(aliceKey, council.approvalDigest(digest, 1, 0)));
        bytes[] memory proofs = new bytes[](1);
        proofs[0] = abi.encode(ballots);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadProof.selector, settlement.id(deal), 0));
        settlement.settle(deal, proofs);
        proofs[0] = "voted";
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadProof.selector, settlement.id(deal), 0));
        settlement.settle(deal, proofs);
    }
}
