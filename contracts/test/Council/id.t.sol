// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Council} from "../../src/Council.sol";
import {Id} from "../../src/types/Id.sol";
import {Call, Proposal} from "../../src/types/Proposal.sol";
import {Stage} from "./Stage.sol";

contract CouncilIdTest is Stage {
    string private constant CALL = "Call(address target,uint256 value,bytes data)";
    string private constant PROPOSAL =
        "Proposal(Call[] calls,bytes32 subject,uint40 voteBy,uint40 executeFrom,uint40 executeBy,uint256 nonce)";

    function test_Domain() public view {
        (bytes1 fields, string memory name, string memory version, uint256 chainId, address contract_,,) =
            council.eip712Domain();
        assertEq(fields, hex"0f");
        assertEq(name, "Quittance Council");
        assertEq(version, "1");
        assertEq(chainId, block.chainid);
        assertEq(contract_, address(council));
    }

    function test_AreTypedDataDigests() public view {
        Proposal memory proposal = _two();
        bytes32 content = _structHash(proposal);
        assertEq(Id.unwrap(council.id(proposal)), _typed(content));

        bytes memory vote = abi.encodePacked("Vote(Proposal proposal,uint256 epoch,uint8 seat)", CALL, PROPOSAL);
        assertEq(council.voteDigest(proposal, 3, 2), _typed(keccak256(abi.encode(keccak256(vote), content, 3, 2))));

        bytes32 approval = keccak256("Approval(bytes32 digest,uint256 epoch,uint8 seat)");
        assertEq(council.approvalDigest(bytes32(uint256(9)), 3, 2), _typed(keccak256(abi.encode(approval, 9, 3, 2))));
    }

    function testFuzz_IsTheTypedDataDigest(Proposal memory proposal) public view {
        assertEq(Id.unwrap(council.id(proposal)), _typed(_structHash(proposal)));
    }

    function test_AnotherChainOrCouncilGivesAnotherId() public {
        Proposal memory proposal = _two();
        Id id = council.id(proposal);
        assertTrue(id != new Council(_three(), 2).id(proposal));
        vm.chainId(block.chainid + 1);
        assertTrue(id != council.id(proposal));
        assertEq(Id.unwrap(council.id(proposal)), _typed(_structHash(proposal)));
    }

    function _two() private view returns (Proposal memory proposal) {
        proposal = _proposal();
        Call memory first = proposal.calls[0];
        proposal.calls = new Call[](2);
        proposal.calls[0] = first;
        proposal.calls[1] = Call(stranger, 5, "");
    }

    function _structHash(Proposal memory proposal) private pure returns (bytes32) {
        bytes memory calls;
        for (uint256 i = 0; i < proposal.calls.length; ++i) {
            Call memory call = proposal.calls[i];
            bytes32 hash = keccak256(abi.encode(keccak256(bytes(CALL)), call.target, call.value, keccak256(call.data)));
            calls = abi.encodePacked(calls, hash);
        }
        return keccak256(
            abi.encode(
                keccak256(abi.encodePacked(PROPOSAL, CALL)),
                keccak256(calls),
                proposal.subject,
                proposal.voteBy,
                proposal.executeFrom,
                proposal.executeBy,
                proposal.nonce
            )
        );
    }

    function _typed(bytes32 structHash) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Quittance Council"),
                keccak256("1"),
                block.chainid,
                address(council)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}
