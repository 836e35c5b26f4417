// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Something for a council to call: it notes who called with what, fails when told to, and calls back.
contract Target {
    error Told(uint256 value);

    bool public failing;
    address public caller;
    uint256 public noted;
    uint256 public received;
    uint256 public calls;

    address private _back;
    bytes private _data;
    /// @notice What the call back answered: its selector if it reverted.
    bytes4 public answer;
    bool public answered;

    receive() external payable {
        received += msg.value;
    }

    function setFailing(bool on) external {
        failing = on;
    }

    function note(uint256 value) external payable {
        require(!failing, Told(value));
        caller = msg.sender;
        noted = value;
        received += msg.value;
        ++calls;
    }

    /// @notice From now on `callBack` calls this.
    function aim(address back, bytes calldata data) external {
        _back = back;
        _data = data;
    }

    function callBack() external {
        (bool done, bytes memory returned) = _back.call(_data);
        answered = done;
        answer = bytes4(returned);
        ++calls;
    }
}
