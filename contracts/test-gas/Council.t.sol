// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Council} from "../src/Council.sol";
import {Id} from "../src/types/Id.sol";
import {Ballot, Member, Proposal} from "../src/types/Proposal.sol";
import {Stage} from "../test/Council/Stage.sol";
import {Target} from "../test/mocks/Target.sol";
import {PlainToken} from "../test/mocks/Tokens.sol";
import {Wallet} from "../test/mocks/Wallet.sol";

/// @notice What a council of three costs, each call as a whole transaction. Signatures are brought by a stranger.
contract CouncilGas is Stage {
    PlainToken internal token;
    address internal payee = makeAddr("payee");

    function setUp() public override {
        super.setUp();
        token = new PlainToken();
        token.mint(address(council), 1e18);
        token.mint(payee, 1);
    }

    /// @dev Pays a token out, at any time until EXECUTE_BY.
    function _payment() internal view returns (Proposal memory proposal) {
        proposal = _proposal(address(token), 0, abi.encodeCall(token.transfer, (payee, 1e6)));
        proposal.executeFrom = 0;
    }

    /// @dev Two of three by signature; a proposal that is open needs one vote less, as its opener has said yes.
    function test_GasSignatures() public {
        council = new Council(_three(), 3);
        Proposal memory proposal = _proposal();
        Ballot[] memory ballots = _bobAndCarol(proposal);
        _open(proposal);
        vm.prank(stranger);
        council.submit(proposal, ballots);
        vm.snapshotGasLastCall("council", "signatures_2of3");
    }

    function test_GasSignaturesOpen() public {
        Proposal memory proposal = _proposal();
        Ballot[] memory ballots = _bobAndCarol(proposal);
        vm.prank(stranger);
        council.submit(proposal, ballots);
        vm.snapshotGasLastCall("council", "open and pass by signatures_2of3");
    }

    function test_GasVotes() public {
        council = new Council(_three(), 3);
        token.mint(address(council), 1e18);
        Proposal memory proposal = _payment();
        Id id = council.id(proposal);
        vm.prank(alice);
        council.open(proposal, 0);
        vm.snapshotGasLastCall("council", "open");
        vm.prank(bob);
        council.vote(id, 1);
        vm.snapshotGasLastCall("council", "vote");
        vm.prank(carol);
        council.vote(id, 2);
        vm.snapshotGasLastCall("council", "vote (passes)");
        vm.prank(stranger);
        council.execute(proposal);
        vm.snapshotGasLastCall("council", "execute ERC20 transfer");
    }

    function test_GasEnact() public {
        Proposal memory proposal = _payment();
        Ballot[] memory ballots = _bobAndCarol(proposal);
        vm.prank(stranger);
        council.enact(proposal, ballots);
        vm.snapshotGasLastCall("council", "enact ERC20 transfer_2of3");
    }

    function test_GasExpire() public {
        Proposal memory proposal = _proposal();
        _open(proposal);
        vm.warp(VOTE_BY);
        vm.prank(stranger);
        council.expire(proposal);
        vm.snapshotGasLastCall("council", "expire");
    }

    function test_GasApproval() public {
        bytes32 digest = keccak256("receipt");
        Proposal memory proposal = _selfCall(abi.encodeCall(Council.approve, (digest)));
        _pass(proposal);
        vm.prank(stranger);
        council.execute(proposal);
        vm.snapshotGasLastCall("council", "execute approve");
        vm.prank(stranger);
        council.isValidSignature(digest, "");
        vm.snapshotGasLastCall("council", "isValidSignature (approved)");

        Ballot[] memory ballots = new Ballot[](2);
        digest = keccak256("other receipt");
        ballots[0] = Ballot(0, _sign(aliceKey, council.approvalDigest(digest, 1, 0)));
        ballots[1] = Ballot(2, _sign(carolKey, council.approvalDigest(digest, 1, 2)));
        vm.prank(stranger);
        council.isValidSignature(digest, abi.encode(ballots));
        vm.snapshotGasLastCall("council", "isValidSignature (signatures_2of3)");
    }

    function test_GasReform() public {
        Member[] memory members = new Member[](5);
        for (uint256 i = 0; i < 5; ++i) {
            members[i] = _member(address(new Wallet(alice)), 1);
        }
        Proposal memory proposal = _selfCall(abi.encodeCall(Council.reform, (1, members, 3)));
        _pass(proposal);
        vm.prank(stranger);
        council.execute(proposal);
        vm.snapshotGasLastCall("council", "execute reform to 5 members");
    }
}
