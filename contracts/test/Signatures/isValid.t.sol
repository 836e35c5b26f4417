// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Signatures} from "../../src/libraries/Signatures.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Test} from "forge-std/Test.sol";

contract Checker {
    function isValid(address signer, bytes32 digest, bytes calldata signature) external view returns (bool) {
        return Signatures.isValid(signer, digest, signature);
    }
}

/// @notice Answers every question alike.
contract Parrot {
    bytes private _answer;
    bool private _reverting;

    function answerWith(bytes calldata answer, bool reverting) external {
        (_answer, _reverting) = (answer, reverting);
    }

    fallback() external {
        bytes memory answer = _answer;
        bool reverting = _reverting;
        assembly ("memory-safe") {
            if reverting { revert(add(answer, 32), mload(answer)) }
            return(add(answer, 32), mload(answer))
        }
    }
}

contract SignaturesTest is Test {
    Checker private _checker = new Checker();
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    function testFuzz_OneFormOfOneSigner(uint256 key, bytes32 digest, bytes32 other) public view {
        key = bound(key, 1, ORDER - 1);
        vm.assume(other != digest);
        address signer = vm.addr(key);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        bytes memory good = abi.encodePacked(r, s, v);
        assertTrue(_checker.isValid(signer, digest, good));
        assertFalse(_checker.isValid(signer, other, good));
        assertFalse(_checker.isValid(address(uint160(signer) ^ 1), digest, good));
        assertFalse(_checker.isValid(address(0), other, good));
        assertFalse(_checker.isValid(signer, digest, abi.encodePacked(r, ORDER - uint256(s), v == 27 ? 28 : 27)));
        assertFalse(_checker.isValid(signer, digest, abi.encodePacked(r, s, v - 27)));
        assertFalse(_checker.isValid(signer, digest, abi.encodePacked(r, uint256(s) | uint256(v - 27) << 255)));
        assertFalse(_checker.isValid(signer, digest, abi.encodePacked(good, uint8(0))));
        assertFalse(_checker.isValid(signer, digest, ""));
    }

    function test_NobodyIsNoSigner() public view {
        assertFalse(_checker.isValid(address(0), keccak256("digest"), new bytes(65)));
        assertFalse(_checker.isValid(address(0), keccak256("digest"), ""));
    }

    function test_KeyOfAnAccountWithCode() public {
        (address signer, uint256 key) = makeAddrAndKey("signer");
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256("digest"));
        vm.etch(signer, hex"5f5ffd");
        assertTrue(_checker.isValid(signer, keccak256("digest"), abi.encodePacked(r, s, v)));
        assertFalse(_checker.isValid(signer, keccak256("other"), abi.encodePacked(r, s, v)));
    }

    function test_AnswersOfAContract() public {
        Parrot parrot = new Parrot();
        bytes32 magic = bytes32(IERC1271.isValidSignature.selector);
        bytes[7] memory answers = [
            abi.encode(magic),
            abi.encode(magic, magic),
            abi.encode(magic >> 224),
            abi.encode(uint256(1)),
            abi.encode(magic | bytes32(uint256(1))),
            bytes.concat(bytes4(magic)),
            bytes("")
        ];
        for (uint256 i = 0; i < answers.length; ++i) {
            parrot.answerWith(answers[i], false);
            assertEq(_checker.isValid(address(parrot), keccak256("digest"), "signature"), i < 2, vm.toString(i));
            parrot.answerWith(answers[i], true);
            assertFalse(_checker.isValid(address(parrot), keccak256("digest"), "signature"));
        }
    }
}
