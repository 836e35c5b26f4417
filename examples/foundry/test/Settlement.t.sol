// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Stage} from "./Stage.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {Settlement} from "@quittance/Settlement.sol";
import {AssetKind, toAsset} from "@quittance/types/Asset.sol";
import {Id} from "@quittance/types/Id.sol";
import {Condition, ConditionKind, Leg, Terms} from "@quittance/types/Terms.sol";

contract Painting is ERC721("Painting", "ART") {
    constructor(address to) {
        _mint(to, 1);
    }
}

/// @notice Bob's painting against Alice's cash, once she has signed that it arrived: both move, or neither.
contract SettlementExample is Stage {
    Settlement private settlement = new Settlement();

    function test_DeliveryVersusPayment() public {
        Painting painting = new Painting(bob);
        Terms memory terms;
        terms.legs = new Leg[](2);
        terms.legs[0] = Leg(toAsset(AssetKind.ERC721, address(painting)), bob, alice, 1, 1);
        terms.legs[1] = Leg(toAsset(AssetKind.ERC20, address(cash)), alice, bob, 0, 700e6);
        terms.conditions = new Condition[](1);
        terms.conditions[0] = Condition(ConditionKind.Receipt, alice, keccak256("one crate, unbroken"));
        terms.fundBy = uint40(block.timestamp + 1 days);
        terms.settleBy = uint40(block.timestamp + 8 days);

        vm.startPrank(bob);
        painting.approve(address(settlement), 1);
        settlement.fund(terms, 0);
        vm.stopPrank();
        vm.startPrank(alice);
        cash.approve(address(settlement), 700e6);
        settlement.fund(terms, 1);
        vm.stopPrank();

        Id id = settlement.id(terms);
        bytes[] memory proofs = new bytes[](1);
        proofs[0] = _sign(aliceKey, settlement.receiptDigest(id, alice, keccak256("one crate, unbroken")));
        settlement.settle(terms, proofs);
        assertEq(painting.ownerOf(1), alice);
        assertEq(cash.balanceOf(bob), 700e6);
    }
}
