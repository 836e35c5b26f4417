// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @notice A wallet that makes a call of its own while it is asked about a signature, and says yes if that call worked.
contract Reenterer is IERC1271 {
    address private _target;
    bytes private _data;

    function aim(address target, bytes calldata data) external {
        _target = target;
        _data = data;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        // What a view may do to a state is nothing: the checker's static call forbids it.
        (bool done,) = _target.staticcall(_data);
        return done ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
