// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PlainGovernor} from "../src/PlainGovernor.sol";
import {PlainShares} from "../src/Tokens.sol";
import {Peers} from "./Peers.t.sol";

/// @notice OpenZeppelin's Governor pays Alice from its cash, once two of three equal voters have agreed.
contract GovernorGas is Peers {
    uint8 internal constant FOR = 1;
    string internal constant WHY = "Pay Alice";

    PlainShares internal shares = new PlainShares();
    PlainGovernor internal governor = new PlainGovernor(shares);

    function setUp() public override {
        super.setUp();
        address[3] memory voters = [alice, bob, carol];
        for (uint256 i = 0; i < voters.length; ++i) {
            shares.mint(voters[i], 1);
            vm.prank(voters[i]);
            shares.delegate(voters[i]);
        }
        cash.mint(address(governor), 2 * PRICE);
        vm.roll(block.number + 1);
    }

    function test_Gas() public {
        address[] memory targets = new address[](1);
        uint256[] memory values = new uint256[](1);
        bytes[] memory calls = new bytes[](1);
        targets[0] = address(cash);
        calls[0] = abi.encodeCall(cash.transfer, (alice, PRICE));

        vm.prank(alice);
        uint256 id = governor.propose(targets, values, calls, WHY);
        vm.snapshotGasLastCall("governor", "propose");

        vm.roll(governor.proposalSnapshot(id) + 1);
        vm.prank(alice);
        governor.castVote(id, FOR);
        vm.snapshotGasLastCall("governor", "vote_first");
        vm.prank(bob);
        governor.castVote(id, FOR);
        vm.snapshotGasLastCall("governor", "vote");

        vm.roll(governor.proposalDeadline(id) + 1);
        vm.prank(carol);
        governor.execute(targets, values, calls, keccak256(bytes(WHY)));
        vm.snapshotGasLastCall("governor", "execute");
        assertEq(cash.balanceOf(alice), PRICE + 1e6);
    }
}
