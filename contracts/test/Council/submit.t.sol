// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Council} from "../../src/Council.sol";
import {ICouncil} from "../../src/interfaces/ICouncil.sol";
import {Id} from "../../src/types/Id.sol";
import {Ballot, Call, Member, Proposal, ProposalStatus} from "../../src/types/Proposal.sol";
import {Verifier} from "../mocks/Verifier.sol";
import {Wallet} from "../mocks/Wallet.sol";
import {Stage} from "./Stage.sol";

contract CouncilSubmitTest is Stage {
    function test_OpensAndPasses() public {
        Proposal memory proposal = _proposal();
        Id id = council.id(proposal);
        Ballot[] memory ballots = _bobAndCarol(proposal);
        vm.expectEmit();
        emit ICouncil.Opened(id, stranger, 1, proposal);
        vm.expectEmit();
        emit ICouncil.Voted(id, stranger, 6, 2, ProposalStatus.Passed);
        vm.prank(stranger);
        council.submit(proposal, ballots);
        assertTally(id, 6, 2);
        assertStatus(id, ProposalStatus.Passed);
    }

    function test_MixesWithVotes() public {
        council = new Council(_three(), 3);
        Proposal memory proposal = _proposal();
        Id id = council.id(proposal);
        council.submit(proposal, _ballots(_ballot(proposal, 2, carolKey)));
        assertStatus(id, ProposalStatus.Open);
        vm.prank(alice);
        council.vote(id, 0);
        council.submit(proposal, _ballots(_ballot(proposal, 1, bobKey)));
        assertTally(id, 7, 3);
        assertStatus(id, ProposalStatus.Passed);
    }

    /// @dev Attack: a member votes first to spoil the batch that has its ballot. The rest is counted all the same.
    function test_PassesOverWhatIsCounted() public {
        council = new Council(_three(), 3);
        Proposal memory proposal = _proposal();
        Id id = _open(proposal);
        Ballot[] memory ballots = _bobAndCarol(proposal);
        vm.prank(bob);
        council.vote(id, 1);
        vm.expectEmit();
        emit ICouncil.Voted(id, address(this), 4, 3, ProposalStatus.Passed);
        council.submit(proposal, ballots);
        assertTally(id, 7, 3);
    }

    /// @dev Attack: one signer twice in a batch.
    function test_DuplicateCountsOnce() public {
        Proposal memory proposal = _proposal();
        Ballot memory ballot = _ballot(proposal, 1, bobKey);
        council.submit(proposal, _ballots(ballot, ballot));
        assertTally(council.id(proposal), 2, 1);
        assertStatus(council.id(proposal), ProposalStatus.Open);
    }

    function test_OrderDoesNotMatter() public {
        Proposal memory proposal = _proposal();
        council.submit(proposal, _ballots(_ballot(proposal, 2, carolKey), _ballot(proposal, 0, aliceKey)));
        assertTally(council.id(proposal), 5, 2);
    }

    function test_RevertWhen_NothingNew() public {
        council = new Council(_three(), 3);
        Proposal memory proposal = _proposal();
        Id id = council.id(proposal);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.NothingNew.selector, id));
        council.submit(proposal, new Ballot[](0));
        assertStatus(id, ProposalStatus.None);

        Ballot[] memory ballots = _bobAndCarol(proposal);
        council.submit(proposal, ballots);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.NothingNew.selector, id));
        council.submit(proposal, ballots);
    }

    function test_RevertWhen_BadStatus() public {
        Proposal memory proposal = _proposal();
        Id id = _pass(proposal);
        Ballot[] memory ballots = _bobAndCarol(proposal);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.BadStatus.selector, id, ProposalStatus.Passed));
        council.submit(proposal, ballots);
        vm.warp(EXECUTE_BY);
        council.expire(proposal);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.BadStatus.selector, id, ProposalStatus.Stale));
        council.submit(proposal, ballots);
    }

    function test_RevertWhen_AtVoteBy() public {
        Proposal memory proposal = _proposal();
        Ballot[] memory ballots = _bobAndCarol(proposal);
        Id id = _open(proposal);
        vm.warp(VOTE_BY);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.TooLate.selector, id, VOTE_BY));
        council.submit(proposal, ballots);
        vm.warp(VOTE_BY - 1);
        council.submit(proposal, ballots);
        assertStatus(id, ProposalStatus.Passed);
    }

    function test_RevertWhen_OpensBadly() public {
        Proposal memory proposal = _proposal();
        Ballot[] memory ballots = _bobAndCarol(proposal);
        vm.warp(VOTE_BY);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.BadWindow.selector, VOTE_BY, EXECUTE_FROM, EXECUTE_BY));
        council.submit(proposal, ballots);
        proposal.calls = new Call[](0);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.BadCallCount.selector, 0));
        council.submit(proposal, ballots);
    }

    /// @dev Attacks: forged, malleable and padded signatures, the zero address of a failed ecrecover, and replay of a
    /// signature from another seat, epoch, council, chain, message or proposal.
    function test_RevertWhen_BadBallot() public {
        Proposal memory proposal = _proposal();
        bytes memory good = _sign(bobKey, council.voteDigest(proposal, 1, 1));
        Council twin = new Council(_three(), 2);
        Proposal memory other = _proposal();
        other.nonce = 2;

        bytes[] memory bad = new bytes[](13);
        bad[1] = new bytes(65); // ecrecover says zero
        bad[2] = _sign(aliceKey, council.voteDigest(proposal, 1, 1)); // another signer
        bad[3] = _sign(bobKey, council.voteDigest(proposal, 1, 0)); // for another seat
        bad[4] = _sign(bobKey, council.voteDigest(proposal, 2, 1)); // for another epoch
        bad[5] = _sign(bobKey, twin.voteDigest(proposal, 1, 1)); // for another council of the same members
        bad[6] = _sign(bobKey, council.voteDigest(other, 1, 1)); // for another proposal
        bad[7] = _sign(bobKey, Id.unwrap(council.id(proposal))); // the bare proposal
        bad[8] = _sign(bobKey, council.approvalDigest(Id.unwrap(council.id(proposal)), 1, 1)); // another message
        bad[9] = abi.encodePacked(good, uint8(0)); // too long
        bad[10] = _malleable(good); // the other s
        bad[11] = _short(good); // ERC-2098
        vm.chainId(block.chainid + 1);
        bad[12] = _sign(bobKey, council.voteDigest(proposal, 1, 1)); // for another chain
        vm.chainId(block.chainid - 1);
        for (uint256 i = 0; i < bad.length; ++i) {
            _badBallot(proposal, Ballot(1, bad[i]));
        }
        _badBallot(proposal, Ballot(3, good)); // an empty seat
        _badBallot(proposal, Ballot(3, new bytes(65)));
        _badBallot(proposal, Ballot(128, good));
        _badBallot(proposal, Ballot(255, new bytes(65)));
        council.submit(proposal, _ballots(Ballot(1, good)));
    }

    function testFuzz_RevertWhen_RandomBallot(uint8 seat, bytes calldata signature) public {
        _badBallot(_proposal(), Ballot(seat, signature));
    }

    function test_ContractMemberSigns() public {
        Wallet wallet = new Wallet(carol);
        Member[] memory members = _three();
        members[1] = _member(address(wallet), 1);
        council = new Council(members, 2);
        Proposal memory proposal = _proposal();
        _badBallot(proposal, _ballot(proposal, 1, bobKey));
        council.submit(proposal, _ballots(_ballot(proposal, 1, carolKey)));
        assertTally(council.id(proposal), 2, 1);
    }

    /// @dev Attack: one owner of two smart wallets signs for one of them.
    function test_OneOwnerOfTwoWalletsSignsForEach() public {
        Member[] memory members = _three();
        members[1] = _member(address(new Wallet(carol)), 1);
        members[2] = _member(address(new Wallet(carol)), 1);
        council = new Council(members, 2);
        Proposal memory proposal = _proposal();
        Ballot memory ballot = _ballot(proposal, 1, carolKey);
        council.submit(proposal, _ballots(ballot));
        _badBallot(proposal, Ballot(2, ballot.signature));
    }

    /// @dev Attack: a member whose contract takes any signature, and later takes none. It decides over its own weight.
    function test_LyingMemberCountsOnce() public {
        Wallet wallet = new Wallet(carol);
        wallet.lie();
        Member[] memory members = _three();
        members[2] = _member(address(wallet), 1);
        council = new Council(members, 2);
        Proposal memory proposal = _proposal();
        council.submit(proposal, _ballots(Ballot(2, "yes"), Ballot(2, "yes again")));
        assertTally(council.id(proposal), 4, 1);
        _badBallot(proposal, Ballot(1, "yes"));
    }

    function test_Erc7913MemberSigns() public {
        Verifier verifier = new Verifier();
        bytes memory signer = abi.encodePacked(address(verifier), abi.encode(dave()));
        _seatTwo(signer);
        Proposal memory proposal = _proposal();
        bytes32 digest = council.voteDigest(proposal, 1, 2);
        bytes memory inner = _sign(daveKey, digest);
        _badBallot(proposal, Ballot(2, abi.encode(signer, _sign(carolKey, digest))));
        // Carol's key behind the same verifier does not sit here.
        bytes memory other = abi.encodePacked(address(verifier), abi.encode(carol));
        _badBallot(proposal, Ballot(2, abi.encode(other, _sign(carolKey, digest))));
        _badBallot(proposal, Ballot(2, abi.encode(bytes(""), inner)));
        _badBallot(proposal, Ballot(2, abi.encode(abi.encodePacked(dave()), inner)));

        council.submit(proposal, _ballots(Ballot(2, abi.encode(signer, inner))));
        assertTally(council.id(proposal), 4, 1);
    }

    /// @dev Attack: verifiers that answer in bad form, and one that takes its yes back.
    function test_Erc7913VerifierOfAnyManner() public {
        Verifier verifier = new Verifier();
        bytes memory signer = abi.encodePacked(address(verifier), abi.encode(dave()));
        _seatTwo(signer);
        Proposal memory proposal = _proposal();
        Ballot memory ballot = Ballot(2, abi.encode(signer, _sign(daveKey, council.voteDigest(proposal, 1, 2))));
        Verifier.Way[3] memory ways = [Verifier.Way.Refuse, Verifier.Way.Revert, Verifier.Way.Short];
        for (uint256 i = 0; i < ways.length; ++i) {
            verifier.set(ways[i]);
            _badBallot(proposal, ballot);
        }
        verifier.set(Verifier.Way.BurnGas);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.BadBallot.selector, council.id(proposal), 2));
        council.submit{gas: 2_000_000}(proposal, _ballots(ballot));

        verifier.set(Verifier.Way.Lie);
        council.submit(proposal, _ballots(Ballot(2, abi.encode(signer, bytes("")))));
        verifier.set(Verifier.Way.Refuse);
        assertTally(council.id(proposal), 4, 1);
    }

    /// @dev A ballot of an ERC-7913 member that is no encoding at all has no error of its own.
    function test_RevertWhen_Erc7913BallotIsNoEncoding() public {
        _seatTwo(abi.encodePacked(address(new Verifier()), abi.encode(dave())));
        Proposal memory proposal = _proposal();
        vm.expectRevert(bytes(""));
        council.submit(proposal, _ballots(Ballot(2, "rubbish")));
    }

    uint256 private daveKey;

    function dave() private returns (address who) {
        (who, daveKey) = makeAddrAndKey("dave");
    }

    function _badBallot(Proposal memory proposal, Ballot memory ballot) private {
        vm.expectRevert(abi.encodeWithSelector(ICouncil.BadBallot.selector, council.id(proposal), ballot.seat));
        council.submit(proposal, _ballots(ballot));
    }

    function _malleable(bytes memory signature) private pure returns (bytes memory) {
        (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        uint8 v = uint8(signature[64]) == 27 ? 28 : 27;
        return abi.encodePacked(r, order - uint256(s), v);
    }

    function _short(bytes memory signature) private pure returns (bytes memory) {
        (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
        return abi.encodePacked(r, uint256(s) | (uint256(uint8(signature[64]) - 27) << 255));
    }
}
