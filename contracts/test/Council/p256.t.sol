// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ballot, Proposal} from "../../src/types/Proposal.sol";
import {Stage} from "./Stage.sol";
import {ERC7913P256Verifier} from "@openzeppelin/contracts/utils/cryptography/verifiers/ERC7913P256Verifier.sol";

/// @dev In a file of its own, because the verifier does not compile without the optimizer, as scripts/coverage does.
contract CouncilP256Test is Stage {
    /// @dev A passkey's curve, by OpenZeppelin's verifier.
    function test_P256MemberSigns() public {
        ERC7913P256Verifier verifier = new ERC7913P256Verifier();
        (uint256 x, uint256 y) = vm.publicKeyP256(7);
        bytes memory signer = abi.encodePacked(address(verifier), x, y);
        _seatTwo(signer);
        Proposal memory proposal = _proposal();
        bytes32 digest = council.voteDigest(proposal, 1, 2);
        (bytes32 r, bytes32 s) = vm.signP256(7, digest);
        uint256 order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551;
        if (uint256(s) > order / 2) s = bytes32(order - uint256(s));
        council.submit(proposal, _ballots(Ballot(2, abi.encode(signer, abi.encodePacked(r, s)))));
        assertTally(council.id(proposal), 4, 1);
    }
}
