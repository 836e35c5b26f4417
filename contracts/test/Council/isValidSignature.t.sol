// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Council} from "../../src/Council.sol";
import {ICouncil} from "../../src/interfaces/ICouncil.sol";
import {Id} from "../../src/types/Id.sol";
import {Ballot, Call, Member, Proposal, ProposalStatus} from "../../src/types/Proposal.sol";
import {Reenterer} from "../mocks/Reenterer.sol";
import {Target} from "../mocks/Target.sol";
import {Stage} from "./Stage.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

contract CouncilIsValidSignatureTest is Stage {
    bytes32 private constant DIGEST = keccak256("receipt");

    function test_ApprovedByVote() public {
        assertFalse(_asked(DIGEST, ""));
        Proposal memory proposal = _selfCall(abi.encodeCall(Council.approve, (DIGEST)));
        _pass(proposal);
        assertFalse(_asked(DIGEST, ""));
        vm.expectEmit();
        emit ICouncil.Approved(DIGEST);
        council.execute(proposal);
        assertTrue(council.approved(DIGEST));
        assertTrue(_asked(DIGEST, ""));
        assertTrue(_asked(DIGEST, "any"));
        assertTrue(_asked(DIGEST, new bytes(65)));
        assertFalse(_asked(keccak256("other"), ""));

        proposal = _selfCall(abi.encodeCall(Council.revoke, (DIGEST)));
        _pass(proposal);
        vm.expectEmit();
        emit ICouncil.Revoked(DIGEST);
        council.execute(proposal);
        assertFalse(council.approved(DIGEST));
        assertFalse(_asked(DIGEST, ""));
    }

    function test_SignedByTheThreshold() public view {
        assertEq(council.isValidSignature(DIGEST, _signed(DIGEST)), IERC1271.isValidSignature.selector);
        assertTrue(_asked(DIGEST, _signed(DIGEST)));
    }

    function test_InvalidBelowTheThreshold() public view {
        Ballot[] memory ballots = _ballots(_approval(council, DIGEST, 0, aliceKey));
        assertEq(council.isValidSignature(DIGEST, abi.encode(ballots)), bytes4(0xffffffff));
        assertEq(council.isValidSignature(DIGEST, abi.encode(new Ballot[](0))), bytes4(0xffffffff));
        assertEq(council.isValidSignature(DIGEST, ""), bytes4(0xffffffff));
        // The same seat again brings nothing.
        ballots = _ballots(ballots[0], ballots[0]);
        assertEq(council.isValidSignature(DIGEST, abi.encode(ballots)), bytes4(0xffffffff));
    }

    function test_WeightsCount() public {
        Member[] memory members = _three();
        members[2].weight = 9;
        council = new Council(members, 10);
        assertFalse(_asked(DIGEST, abi.encode(_ballots(_approval(council, DIGEST, 2, carolKey)))));
        assertTrue(_asked(DIGEST, _signed(DIGEST)));
    }

    /// @dev Attack: signatures for another council of the same members, chain, digest, seat or message.
    function test_InvalidWhen_SignedForSomethingElse() public {
        Council twin = new Council(_three(), 2);
        Ballot memory good = _approval(council, DIGEST, 0, aliceKey);
        Ballot[] memory bad = new Ballot[](6);
        bad[0] = _approval(twin, DIGEST, 2, carolKey);
        bad[1] = _approval(council, keccak256("other"), 2, carolKey);
        bad[2] = Ballot(2, _sign(carolKey, council.approvalDigest(DIGEST, 1, 1)));
        bad[3] = Ballot(2, _sign(carolKey, council.approvalDigest(DIGEST, 2, 2)));
        bad[4] = Ballot(2, _sign(carolKey, DIGEST));
        bad[5] = Ballot(3, new bytes(65));
        for (uint256 i = 0; i < bad.length; ++i) {
            assertFalse(_asked(DIGEST, abi.encode(_ballots(good, bad[i]))));
        }
        bytes memory signature = _signed(DIGEST);
        assertTrue(_asked(DIGEST, signature));
        assertFalse(SignatureChecker.isValidSignatureNow(address(twin), DIGEST, signature));
        vm.chainId(block.chainid + 1);
        assertFalse(_asked(DIGEST, signature));
    }

    /// @dev A vote on a proposal is not an approval of its digest, nor the other way round.
    function test_InvalidWhen_SignedAsAVote() public view {
        Proposal memory proposal = _proposal();
        bytes32 digest = Id.unwrap(council.id(proposal));
        assertFalse(_asked(digest, abi.encode(_bobAndCarol(proposal))));
    }

    function test_InvalidWhen_MembersChanged() public {
        bytes memory signature = _signed(DIGEST);
        _decide(_selfCall(abi.encodeCall(Council.reform, (1, _three(), 2))));
        assertFalse(_asked(DIGEST, signature));
    }

    function test_ApprovalOutlivesTheMembers() public {
        _decide(_selfCall(abi.encodeCall(Council.approve, (DIGEST))));
        _decide(_selfCall(abi.encodeCall(Council.reform, (1, _three(), 3))));
        assertTrue(_asked(DIGEST, ""));
    }

    function test_RevertWhen_NoEncoding() public {
        vm.expectRevert(bytes(""));
        council.isValidSignature(DIGEST, hex"01");
        bytes memory plain = _sign(aliceKey, DIGEST);
        vm.expectRevert(bytes(""));
        council.isValidSignature(DIGEST, plain);
        assertFalse(_asked(DIGEST, new bytes(65)));
        assertFalse(_asked(DIGEST, hex"01"));
    }

    function testFuzz_InvalidWhen_Random(bytes32 digest, bytes calldata signature) public view {
        assertFalse(_asked(digest, signature));
    }

    function testFuzz_InvalidWhen_RandomBallots(bytes32 digest, Ballot[] calldata ballots) public view {
        assertFalse(_asked(digest, abi.encode(ballots)));
    }

    /// @dev The view has no guard, so that one proposal can approve a digest and use it.
    function test_AnswersWhileItExecutes() public {
        Proposal memory proposal = _selfCall(abi.encodeCall(Council.approve, (DIGEST)));
        Call memory first = proposal.calls[0];
        proposal.calls = new Call[](2);
        proposal.calls[0] = first;
        proposal.calls[1] = Call(address(target), 0, abi.encodeCall(Target.callBack, ()));
        target.aim(address(council), abi.encodeCall(council.isValidSignature, (DIGEST, "")));
        _decide(proposal);
        assertTrue(target.answered());
        assertEq(target.answer(), IERC1271.isValidSignature.selector);
    }

    /// @dev A council sits on another: by its members' signatures, or by its own vote.
    function test_CouncilOfCouncils() public {
        Member[] memory members = new Member[](2);
        members[0] = _member(address(council), 1);
        members[1] = _member(stranger, 1);
        Council outer = new Council(members, 1);
        Proposal memory proposal = _proposal();
        bytes32 digest = outer.voteDigest(proposal, 1, 0);
        uint256 state = vm.snapshotState();
        outer.submit(proposal, _ballots(Ballot(0, _signed(digest))));
        assertEq(uint8(outer.status(outer.id(proposal))), uint8(ProposalStatus.Passed));

        vm.revertToState(state);
        _decide(_selfCall(abi.encodeCall(Council.approve, (digest))));
        outer.submit(proposal, _ballots(Ballot(0, "")));
        vm.revertToState(state);
        Proposal memory ours = _proposal(address(outer), 0, abi.encodeCall(Council.open, (proposal, 0)));
        ours.executeFrom = 0;
        _decide(ours);
        assertEq(uint8(outer.status(outer.id(proposal))), uint8(ProposalStatus.Passed));
    }

    /// @dev Attack: a member's wallet that calls back while it is asked. The views that tell a state are shut.
    function test_WalletThatReadsBackIsRefused() public {
        Reenterer wallet = new Reenterer();
        Member[] memory members = _three();
        members[2] = _member(address(wallet), 1);
        council = new Council(members, 2);
        Proposal memory proposal = _proposal();
        Id id = council.id(proposal);
        bytes[4] memory calls = [
            abi.encodeCall(council.status, (id)),
            abi.encodeCall(council.submit, (proposal, _bobAndCarol(proposal))),
            abi.encodeCall(council.execute, (proposal)),
            abi.encodeCall(council.expire, (proposal))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            wallet.aim(address(council), calls[i]);
            vm.expectRevert(abi.encodeWithSelector(ICouncil.BadBallot.selector, id, 2));
            council.submit(proposal, _ballots(Ballot(2, "")));
        }
        // A call that a view may make is no harm.
        wallet.aim(address(council), abi.encodeCall(council.id, (proposal)));
        council.submit(proposal, _ballots(Ballot(2, "")));
        assertTally(id, 4, 1);
    }

    function _asked(bytes32 digest, bytes memory signature) private view returns (bool) {
        return SignatureChecker.isValidSignatureNow(address(council), digest, signature);
    }

    function _approval(Council council_, bytes32 digest, uint8 seat, uint256 key) private view returns (Ballot memory) {
        return Ballot(seat, _sign(key, council_.approvalDigest(digest, 1, seat)));
    }

    /// @dev Alice's and Carol's signatures for the council.
    function _signed(bytes32 digest) private view returns (bytes memory) {
        return abi.encode(_ballots(_approval(council, digest, 0, aliceKey), _approval(council, digest, 2, carolKey)));
    }
}
