// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Stage} from "./Stage.sol";
import {Council} from "@quittance/Council.sol";
import {Ballot, Call, Member, Proposal} from "@quittance/types/Proposal.sol";

/// @notice Alice, Bob and the issuer decide together what their council pays: two of them are enough.
contract CouncilExample is Stage {
    Council private council;

    function setUp() public override {
        super.setUp();
        Member[] memory members = new Member[](3);
        members[0] = Member(abi.encodePacked(alice), 1);
        members[1] = Member(abi.encodePacked(bob), 1);
        members[2] = Member(abi.encodePacked(issuer), 1);
        council = new Council(members, 2);
        vm.prank(issuer);
        cash.mint(address(council), 500e6);
    }

    function test_OneVotesAndOneSigns() public {
        Proposal memory proposal;
        proposal.calls = new Call[](1);
        proposal.calls[0] = Call(address(cash), 0, abi.encodeCall(cash.transfer, (bob, 500e6)));
        proposal.voteBy = uint40(block.timestamp + 3 days);
        proposal.executeBy = uint40(block.timestamp + 7 days);

        vm.prank(alice);
        council.open(proposal, 0);
        Ballot[] memory ballots = new Ballot[](1);
        ballots[0] = Ballot(1, _sign(bobKey, council.voteDigest(proposal, 1, 1)));
        council.enact(proposal, ballots);
        assertEq(cash.balanceOf(bob), 500e6);
    }
}
