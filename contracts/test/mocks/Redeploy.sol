// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Deploys any code at an address that does not depend on the code ("CREATE3").
contract Cradle {
    /// @notice Where the code will be.
    function place() external view returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked(hex"d694", address(this), hex"01")))));
    }

    function deploy(bytes calldata code) external returns (address made) {
        bytes memory copy = code;
        assembly ("memory-safe") {
            made := create(0, add(copy, 32), mload(copy))
        }
        require(made != address(0));
    }
}

/// @notice Takes any call, keeps what comes with it, remembers who called, and tries a call of its own meanwhile.
contract Thief {
    address public seen;
    bool public done;

    address private _target;
    bytes private _data;

    fallback() external payable {
        seen = msg.sender;
        if (_target != address(0)) (done,) = _target.call(_data);
    }

    function aim(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }
}

/// @notice Fails where the code is another than was said.
contract Pinned {
    error OtherCode(address target);

    function requireCode(address target, bytes32 hash) external view {
        require(target.codehash == hash, OtherCode(target));
    }
}
