// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @notice A contract account with one owner: it does what the owner says, and its signature is the owner's.
contract Wallet is IERC1271 {
    address public immutable owner;
    bool public lying;

    constructor(address owner_) {
        owner = owner_;
    }

    /// @notice From now on every signature is good.
    function lie() external {
        lying = true;
    }

    function execute(address target, bytes calldata data) external {
        require(msg.sender == owner);
        (bool done, bytes memory answer) = target.call(data);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(hash, signature);
        bool valid = lying || (failure == ECDSA.RecoverError.NoError && signer == owner);
        return valid ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
