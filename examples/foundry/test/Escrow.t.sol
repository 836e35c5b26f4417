// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Stage} from "./Stage.sol";
import {Escrow} from "@quittance/Escrow.sol";
import {AssetKind, toAsset} from "@quittance/types/Asset.sol";
import {EscrowTerms} from "@quittance/types/EscrowTerms.sol";
import {Status} from "@quittance/types/Status.sol";

/// @notice Alice pays Bob for work in two milestones, and an arbiter stands by.
contract EscrowExample is Stage {
    Escrow private escrow = new Escrow();

    function test_TwoMilestones() public {
        EscrowTerms memory terms = EscrowTerms({
            payer: alice,
            payee: bob,
            asset: toAsset(AssetKind.ERC20, address(cash)),
            tokenId: 0,
            amount: 1_000e6,
            subject: keccak256("a website"),
            arbiter: makeAddr("arbiter"),
            bond: 10e6,
            defaultBps: 5_000,
            acceptBy: uint40(block.timestamp + 1 days),
            disputeBy: uint40(block.timestamp + 30 days),
            ruleWindow: 7 days,
            nonce: 1
        });

        vm.startPrank(alice);
        cash.approve(address(escrow), 1_000e6);
        escrow.fund(terms);
        vm.stopPrank();
        vm.prank(bob);
        escrow.accept(terms);

        // The first milestone by Alice herself, the rest by a signature that Bob brings.
        vm.prank(alice);
        escrow.release(terms, 4_000, "");
        assertEq(cash.balanceOf(bob), 400e6);
        bytes memory signature = _sign(aliceKey, escrow.releaseDigest(escrow.id(terms), 10_000));
        vm.prank(bob);
        escrow.release(terms, 10_000, signature);
        assertEq(cash.balanceOf(bob), 1_000e6);
        assertTrue(escrow.status(escrow.id(terms)) == Status.Settled);
    }
}
