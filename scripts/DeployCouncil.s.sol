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
    error BadMember(string member);
    error Create2Failed();

    function run() external returns (Council) {
        return deploy(vm.envString("MEMBERS", ","), vm.envUint("THRESHOLD"), vm.envOr("SALT", string("Quittance 1")));
    }

    /// @notice What `run` does, with the environment as arguments.
    function deploy(string[] memory list, uint256 threshold, string memory text) public returns (Council council) {
        Member[] memory members = _members(list);
        // The deployer does not tell why a council refuses its members; one that stays here does.
        new Council(members, threshold);

        bytes32 salt = keccak256(bytes(text));
        bytes memory code = abi.encodePacked(type(Council).creationCode, abi.encode(members, threshold));
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
            require(parts.length <= 2, BadMember(list[i]));
            uint256 weight = parts.length == 1 ? 1 : vm.parseUint(parts[1]);
            require(weight <= type(uint32).max, BadMember(list[i]));
            // forge-lint: disable-next-line(unsafe-typecast)
            members[i] = Member({signer: vm.parseBytes(parts[0]), weight: uint32(weight)});
        }
    }
}
