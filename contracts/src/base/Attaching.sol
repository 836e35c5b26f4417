// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttaching} from "../interfaces/IAttaching.sol";

/// @title Attaching
/// @notice Logs the data that a call carries.
abstract contract Attaching is IAttaching {
    /// @notice The most bytes that one call carries, so that no reader meets a boundless log.
    uint256 public constant MAX_DATA = 4096;

    function _attach(bytes calldata data) internal {
        _checkData(data);
        emit Attached(msg.sender, data);
    }

    function _checkData(bytes calldata data) internal pure {
        require(data.length <= MAX_DATA, DataTooLong(data.length, MAX_DATA));
    }
}
