// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICouncil} from "../../src/interfaces/ICouncil.sol";
import {Id} from "../../src/types/Id.sol";
import {Call, Proposal, ProposalStatus} from "../../src/types/Proposal.sol";
import {Cradle, Pinned, Thief} from "../mocks/Redeploy.sol";
import {Target} from "../mocks/Target.sol";
import {Stage} from "./Stage.sol";

/// @notice Attack: the target is another contract when the proposal is executed than it was, or was to be, when the
/// members voted. A proposal binds the target's address, the value and the data, and never the code.
contract CouncilRedeployTest is Stage {
    Cradle private cradle;
    address payable private place;

    function setUp() public override {
        super.setUp();
        cradle = new Cradle{salt: 0}();
        place = payable(cradle.place());
    }

    /// @dev Whoever votes on an address without code trusts whoever deploys there.
    function test_WhatIsDeployedAfterTheVoteIsCalled() public {
        Proposal memory proposal = _proposal(place, 1 ether, abi.encodeCall(Target.note, (7)));
        Id id = _pass(proposal);
        cradle.deploy(type(Thief).creationCode);
        vm.warp(EXECUTE_FROM);
        council.execute(proposal);
        assertStatus(id, ProposalStatus.Executed);
        // It got what the members gave, and nothing more.
        assertEq(place.balance, 1 ether);
        assertEq(address(council).balance, 9 ether);
    }

    function test_OtherCodeThanAtTheVoteIsCalled() public {
        cradle.deploy(type(Target).creationCode);
        Proposal memory proposal = _proposal(place, 0, abi.encodeCall(Target.note, (7)));
        Id id = _pass(proposal);
        // Since Cancun code goes only in the transaction that made it, which is one for the test.
        vm.etch(place, type(Thief).runtimeCode);
        vm.warp(EXECUTE_FROM);
        council.execute(proposal);
        assertStatus(id, ProposalStatus.Executed);
        assertEq(Thief(place).seen(), address(council));
        assertEq(address(council).balance, 10 ether);
    }

    /// @dev The new code has the council's call, and none of its rights.
    function test_OtherCodeHasNoSayInTheCouncil() public {
        Proposal memory other = _proposal();
        other.nonce = 2;
        Id otherId = _open(other);
        Proposal memory proposal = _proposal(place, 0, abi.encodeCall(Target.note, (7)));
        _pass(proposal);
        cradle.deploy(type(Thief).creationCode);
        bytes[4] memory calls = [
            abi.encodeCall(council.reform, (1, _three(), 1)),
            abi.encodeCall(council.approve, (keccak256("anything"))),
            abi.encodeCall(council.vote, (otherId, 2)),
            abi.encodeCall(council.execute, (other))
        ];
        vm.warp(EXECUTE_FROM);
        uint256 state = vm.snapshotState();
        for (uint256 i = 0; i < calls.length; ++i) {
            Thief(place).aim(address(council), calls[i]);
            council.execute(proposal);
            assertFalse(Thief(place).done());
            assertTally(otherId, 1, 1);
            vm.revertToState(state);
        }
    }

    function test_RevertWhen_TheTargetIsGone() public {
        Proposal memory proposal = _proposal(place, 1 ether, abi.encodeCall(Target.note, (7)));
        Id id = _pass(proposal);
        vm.warp(EXECUTE_FROM);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.NoCode.selector, 0, place));
        council.execute(proposal);
        assertStatus(id, ProposalStatus.Passed);
        assertEq(address(council).balance, 10 ether);

        cradle.deploy(type(Target).creationCode);
        council.execute(proposal);
        assertEq(Target(place).noted(), 7);
    }

    /// @dev Who wants the code bound says so in the proposal: a call that fails undoes all of them.
    function test_AFirstCallBindsTheCode() public {
        Pinned pinned = new Pinned();
        bytes32 hash = keccak256(type(Target).runtimeCode);
        Proposal memory proposal = _proposal();
        proposal.calls = new Call[](2);
        proposal.calls[0] = Call(address(pinned), 0, abi.encodeCall(Pinned.requireCode, (place, hash)));
        proposal.calls[1] = Call(place, 1 ether, abi.encodeCall(Target.note, (7)));
        Id id = _pass(proposal);
        vm.warp(EXECUTE_FROM);

        uint256 state = vm.snapshotState();
        cradle.deploy(type(Thief).creationCode);
        bytes memory reason = abi.encodeWithSelector(Pinned.OtherCode.selector, place);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.CallFailed.selector, 0, reason));
        council.execute(proposal);
        assertStatus(id, ProposalStatus.Passed);
        assertEq(address(council).balance, 10 ether);

        vm.revertToState(state);
        cradle.deploy(type(Target).creationCode);
        council.execute(proposal);
        assertEq(Target(place).received(), 1 ether);
    }
}
