// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC7913SignatureVerifier} from "@openzeppelin/contracts/interfaces/IERC7913.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @notice An ERC-7913 verifier whose keys are `abi.encode(address)`; it can also lie, revert, or answer in bad form.
contract Verifier is IERC7913SignatureVerifier {
    enum Way {
        Honest,
        Lie,
        Refuse,
        Revert,
        Short,
        BurnGas
    }

    Way public way;

    function set(Way way_) external {
        way = way_;
    }

    function verify(bytes calldata key, bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        if (way == Way.Lie) return IERC7913SignatureVerifier.verify.selector;
        if (way == Way.Refuse) return 0xffffffff;
        require(way != Way.Revert);
        if (way == Way.Short) {
            bytes4 good = IERC7913SignatureVerifier.verify.selector;
            assembly ("memory-safe") {
                mstore(0, good)
                return(0, 4)
            }
        }
        while (way == Way.BurnGas) {}
        address owner = abi.decode(key, (address));
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(hash, signature);
        bool valid = failure == ECDSA.RecoverError.NoError && signer == owner;
        return valid ? IERC7913SignatureVerifier.verify.selector : bytes4(0xffffffff);
    }
}
