// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Council} from "../../src/Council.sol";
import {Guard} from "../../src/base/Guard.sol";
import {ICouncil} from "../../src/interfaces/ICouncil.sol";
import {Id} from "../../src/types/Id.sol";
import {Call, Member, Proposal, ProposalStatus} from "../../src/types/Proposal.sol";
import {PlainNft} from "../mocks/Nfts.sol";
import {Target} from "../mocks/Target.sol";
import {PlainToken} from "../mocks/Tokens.sol";
import {Stage} from "./Stage.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";

contract CouncilExecuteTest is Stage {
    function test_MakesTheCall() public {
        Proposal memory proposal = _proposal();
        Id id = _pass(proposal);
        vm.warp(EXECUTE_FROM);
        vm.expectEmit();
        emit ICouncil.Executed(id, stranger);
        vm.prank(stranger);
        council.execute(proposal);
        assertStatus(id, ProposalStatus.Executed);
        assertTally(id, 3, 2);
        assertEq(target.caller(), address(council));
        assertEq(target.noted(), 7);
        assertEq(target.calls(), 1);
    }

    function test_MakesCallsInOrder() public {
        Proposal memory proposal = _proposal();
        proposal.calls = new Call[](3);
        proposal.calls[0] = Call(address(target), 1 ether, abi.encodeCall(Target.note, (1)));
        proposal.calls[1] = Call(address(target), 2 ether, "");
        proposal.calls[2] = Call(address(target), 0, abi.encodeCall(Target.note, (3)));
        _decide(proposal);
        assertEq(target.calls(), 2);
        assertEq(target.noted(), 3);
        assertEq(target.received(), 3 ether);
        assertEq(address(council).balance, 7 ether);
    }

    function test_SendsEtherToAnAccount() public {
        _decide(_proposal(stranger, 4 ether, ""));
        assertEq(stranger.balance, 4 ether);
    }

    /// @dev A council is an account: it takes ether and tokens, and only its proposals spend them.
    function test_HoldsTokens() public {
        PlainToken token = new PlainToken();
        PlainNft nft = new PlainNft();
        token.mint(address(council), 100);
        nft.mint(alice, 1);
        vm.prank(alice);
        nft.safeTransferFrom(alice, address(council), 1);
        (bool done,) = address(council).call{value: 1 ether}("");
        assertTrue(done);
        assertEq(address(council).balance, 11 ether);
        assertTrue(council.supportsInterface(0x4e2312e0)); // ERC-1155 receiver

        Proposal memory proposal = _proposal();
        proposal.calls = new Call[](2);
        proposal.calls[0] = Call(address(token), 0, abi.encodeCall(token.transfer, (bob, 60)));
        proposal.calls[1] = Call(address(nft), 0, abi.encodeCall(nft.transferFrom, (address(council), bob, 1)));
        _decide(proposal);
        assertEq(token.balanceOf(bob), 60);
        assertEq(nft.ownerOf(1), bob);
    }

    function test_LastMoment() public {
        Proposal memory proposal = _proposal();
        Id id = _pass(proposal);
        vm.warp(EXECUTE_BY - 1);
        council.execute(proposal);
        assertStatus(id, ProposalStatus.Executed);
    }

    function test_RevertWhen_NotPassed() public {
        Proposal memory proposal = _proposal();
        Id id = council.id(proposal);
        vm.warp(T0);
        _refused(proposal, abi.encodeWithSelector(ICouncil.BadStatus.selector, id, ProposalStatus.None));
        _open(proposal);
        _refused(proposal, abi.encodeWithSelector(ICouncil.BadStatus.selector, id, ProposalStatus.Open));
    }

    /// @dev Attack: proposal replay.
    function test_RevertWhen_ExecutedBefore() public {
        Proposal memory proposal = _proposal();
        Id id = _decide(proposal);
        _refused(proposal, abi.encodeWithSelector(ICouncil.BadStatus.selector, id, ProposalStatus.Executed));
        assertEq(target.calls(), 1);
    }

    /// @dev Attack: what executes is not what was voted on. Each other field gives another id, which nobody opened.
    function test_RevertWhen_NotThePreimage() public {
        Proposal memory proposal = _proposal();
        _pass(proposal);
        vm.warp(EXECUTE_FROM);
        bytes memory encoded = abi.encode(proposal);
        for (uint256 i = 0; i < 10; ++i) {
            Proposal memory other = abi.decode(encoded, (Proposal));
            if (i == 0) other.calls[0].target = stranger;
            if (i == 1) other.calls[0].value = 1;
            if (i == 2) other.calls[0].data = abi.encodeCall(Target.note, (8));
            if (i == 3) other.calls = new Call[](1);
            if (i == 4) (other.calls = new Call[](2))[0] = proposal.calls[0];
            if (i == 5) other.subject = 0;
            if (i == 6) ++other.voteBy;
            if (i == 7) --other.executeFrom;
            if (i == 8) ++other.executeBy;
            if (i == 9) ++other.nonce;
            Id id = council.id(other);
            _refused(other, abi.encodeWithSelector(ICouncil.BadStatus.selector, id, ProposalStatus.None));
        }
        council.execute(proposal);
    }

    function test_RevertWhen_BeforeExecuteFrom() public {
        Proposal memory proposal = _proposal();
        Id id = _pass(proposal);
        _refused(proposal, abi.encodeWithSelector(ICouncil.TooEarly.selector, id, EXECUTE_FROM));
        vm.warp(EXECUTE_FROM - 1);
        _refused(proposal, abi.encodeWithSelector(ICouncil.TooEarly.selector, id, EXECUTE_FROM));
    }

    /// @dev Attack: execution after the window.
    function test_RevertWhen_AtExecuteBy() public {
        Proposal memory proposal = _proposal();
        Id id = _pass(proposal);
        for (uint256 late = 0; late < 2; ++late) {
            vm.warp(EXECUTE_BY + late);
            _refused(proposal, abi.encodeWithSelector(ICouncil.TooLate.selector, id, EXECUTE_BY));
        }
    }

    function test_RevertWhen_NoCode() public {
        Proposal memory proposal = _proposal(stranger, 0, "1");
        _pass(proposal);
        vm.warp(EXECUTE_FROM);
        _refused(proposal, abi.encodeWithSelector(ICouncil.NoCode.selector, 0, stranger));
    }

    function test_RevertWhen_CallFails() public {
        Proposal memory proposal = _proposal();
        Call memory call = proposal.calls[0];
        proposal.calls = new Call[](2);
        proposal.calls[0] = Call(stranger, 1 ether, "");
        proposal.calls[1] = call;
        Id id = _pass(proposal);
        vm.warp(EXECUTE_FROM);
        target.setFailing(true);
        bytes memory reason = abi.encodeWithSelector(Target.Told.selector, 7);
        _refused(proposal, abi.encodeWithSelector(ICouncil.CallFailed.selector, 1, reason));
        assertStatus(id, ProposalStatus.Passed);
        assertEq(stranger.balance, 0);

        target.setFailing(false);
        council.execute(proposal);
        assertStatus(id, ProposalStatus.Executed);
        assertEq(stranger.balance, 1 ether);
    }

    function test_RevertWhen_TooLittleEther() public {
        Proposal memory proposal = _proposal(stranger, 11 ether, "");
        Id id = _pass(proposal);
        vm.warp(EXECUTE_FROM);
        _refused(proposal, abi.encodeWithSelector(ICouncil.CallFailed.selector, 0, bytes("")));
        assertStatus(id, ProposalStatus.Passed);
    }

    /// @dev Attack: a target that executes again, the same or another, or enacts, while its call runs.
    function test_RevertWhen_TargetReenters() public {
        Proposal memory other = _proposal();
        other.nonce = 2;
        _pass(other);
        Proposal memory proposal = _proposal(address(target), 0, abi.encodeCall(Target.callBack, ()));
        _pass(proposal);
        vm.warp(EXECUTE_FROM);
        bytes4 guard = Guard.Reentered.selector;
        bytes[4] memory calls = [
            abi.encodeCall(council.execute, (proposal)),
            abi.encodeCall(council.execute, (other)),
            abi.encodeCall(council.enact, (other, _bobAndCarol(other))),
            abi.encodeCall(council.submit, (other, _bobAndCarol(other)))
        ];
        uint256 state = vm.snapshotState();
        for (uint256 i = 0; i < calls.length; ++i) {
            target.aim(address(council), calls[i]);
            council.execute(proposal);
            assertFalse(target.answered());
            assertEq(target.answer(), guard);
            assertEq(target.calls(), 1);
            vm.revertToState(state);
        }
    }

    /// @dev Read-only reentrancy: while a proposal executes, its status cannot be read, half done as it may be.
    function test_RevertWhen_TargetReads() public {
        Proposal memory proposal = _proposal(address(target), 0, abi.encodeCall(Target.callBack, ()));
        Id id = _pass(proposal);
        vm.warp(EXECUTE_FROM);
        bytes4 guard = Guard.Reentered.selector;
        bytes[3] memory calls = [
            abi.encodeCall(council.status, (id)),
            abi.encodeCall(council.tally, (id)),
            abi.encodeCall(council.electorate, ())
        ];
        uint256 state = vm.snapshotState();
        for (uint256 i = 0; i < calls.length; ++i) {
            target.aim(address(council), calls[i]);
            council.execute(proposal);
            assertFalse(target.answered());
            assertEq(target.answer(), guard);
            vm.revertToState(state);
        }
    }

    /// @dev open, vote and expire hand control to nobody and so have no guard: a target that calls them while a
    /// proposal executes does what it could do a moment later, and nothing to the proposal that executes.
    function test_TargetMayVoteMeanwhile() public {
        Member[] memory members = _three();
        members[2] = _member(address(target), 1);
        council = new Council(members, 2);
        Proposal memory other = _proposal();
        other.nonce = 2;
        other.executeBy = other.voteBy = EXECUTE_BY;
        Id otherId = _open(other);
        Proposal memory proposal = _proposal(address(target), 0, abi.encodeCall(Target.callBack, ()));
        Id id = _pass(proposal);
        vm.warp(EXECUTE_FROM);
        uint256 state = vm.snapshotState();

        target.aim(address(council), abi.encodeCall(council.vote, (otherId, 2)));
        council.execute(proposal);
        assertTrue(target.answered());
        assertTally(otherId, 5, 2);
        assertStatus(otherId, ProposalStatus.Passed);

        vm.revertToState(state);
        target.aim(address(council), abi.encodeCall(council.vote, (id, 2)));
        council.execute(proposal);
        assertEq(target.answer(), ICouncil.BadStatus.selector);
        vm.revertToState(state);
        target.aim(address(council), abi.encodeCall(council.expire, (proposal)));
        council.execute(proposal);
        assertEq(target.answer(), ICouncil.BadStatus.selector);
    }

    /// @dev Attack: new code at the target's address after the execution. Terminal states never revive.
    function test_RevertWhen_TargetIsRedeployed() public {
        Proposal memory proposal = _proposal();
        Id id = _decide(proposal);
        vm.etch(address(target), address(new PlainToken()).code);
        _refused(proposal, abi.encodeWithSelector(ICouncil.BadStatus.selector, id, ProposalStatus.Executed));
    }

    /// @dev Attack: too little gas for the call. All is undone, and the next one may give more.
    function test_RevertWhen_StarvedOfGas() public {
        Proposal memory proposal = _proposal();
        Id id = _pass(proposal);
        vm.warp(EXECUTE_FROM);
        for (uint256 gas_ = 30_000; gas_ < 100_000; gas_ += 5_000) {
            uint256 state = vm.snapshotState();
            try council.execute{gas: gas_}(proposal) {
                assertEq(target.noted(), 7);
                assertStatus(id, ProposalStatus.Executed);
            } catch {
                assertStatus(id, ProposalStatus.Passed);
            }
            vm.revertToState(state);
        }
    }

    function test_TakesNftsSafely() public {
        bytes4 answer = council.onERC721Received(address(0), address(0), 0, "");
        assertEq(answer, IERC721Receiver.onERC721Received.selector);
    }

    function _refused(Proposal memory proposal, bytes memory reason) private {
        vm.expectRevert(reason);
        council.execute(proposal);
    }
}
