// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Council} from "../../src/Council.sol";
import {ICouncil} from "../../src/interfaces/ICouncil.sol";
import {Proposal} from "../../src/types/Proposal.sol";
import {Stage} from "./Stage.sol";

contract CouncilApproveTest is Stage {
    bytes32 private constant DIGEST = keccak256("receipt");

    function test_ApprovesAndRevokes() public {
        Proposal memory proposal = _selfCall(abi.encodeCall(Council.approve, (DIGEST)));
        _pass(proposal);
        assertFalse(council.approved(DIGEST));
        vm.expectEmit();
        emit ICouncil.Approved(DIGEST);
        council.execute(proposal);
        assertTrue(council.approved(DIGEST));
        assertFalse(council.approved(keccak256("other")));

        proposal = _selfCall(abi.encodeCall(Council.revoke, (DIGEST)));
        _pass(proposal);
        vm.expectEmit();
        emit ICouncil.Revoked(DIGEST);
        council.execute(proposal);
        assertFalse(council.approved(DIGEST));
    }

    function test_RevertWhen_NotTheCouncil() public {
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.OnlySelf.selector, alice));
        council.approve(DIGEST);
        vm.expectRevert(abi.encodeWithSelector(ICouncil.OnlySelf.selector, alice));
        council.revoke(DIGEST);
    }
}
