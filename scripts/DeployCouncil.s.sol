// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Council} from "../contracts/src/Council.sol";
import {Member} from "../contracts/src/types/Proposal.sol";
import {Script, console} from "forge-std/Script.sol";

/// @title DeployCouncil
/// @notice Puts a council on a chain by CREATE2: the same members, weights, threshold and salt have the same address on
/// every chain, whoever deploys them. Running it again finds it there.
///
///   MEMBERS=0xA…,0xB…:2 THRESHOLD=2 forge script scripts/DeployCouncil.s.sol --rpc-url URL [--broadcast …]
///
/// Environment:
///   MEMBERS     comma-separated signers, in seat order, each with :WEIGHT unless that is 1; an address, or the longer
///               hex of an ERC-7913 signer
///   THRESHOLD   the weight that a proposal needs
///   SALT        optional: any text, to have a second council of the same members
contract DeployCouncil is Script {
    error Create2Failed();

    function run() external returns (Council council) {
        bytes32 salt = keccak256(bytes(vm.envOr("SALT", string("Quittance 1"))));
        bytes memory arguments = abi.encode(_members(vm.envString("MEMBERS", ",")), vm.envUint("THRESHOLD"));
        bytes memory code = abi.encodePacked(type(Council).creationCode, arguments);
        council = Council(payable(vm.computeCreate2Address(salt, keccak256(code), CREATE2_FACTORY)));
        if (address(council).code.length != 0) {
            console.log("is there  ", address(council));
            return council;
        }

        console.log("deploys   ", address(council));
        vm.broadcast();
        (bool done,) = CREATE2_FACTORY.call(abi.encodePacked(salt, code));
        require(done && address(council).code.length != 0, Create2Failed());
    }

    function _members(string[] memory list) private pure returns (Member[] memory members) {
        members = new Member[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            string[] memory parts = vm.split(vm.trim(list[i]), ":");
            uint256 weight = parts.length == 1 ? 1 : vm.parseUint(parts[1]);
            // A weight that does not fit becomes one that the council refuses.
            members[i] =
            // forge-lint: disable-next-line(unsafe-typecast)
            Member({signer: vm.parseBytes(parts[0]), weight: weight > type(uint32).max ? 0 : uint32(weight)});
        }
    }
}
