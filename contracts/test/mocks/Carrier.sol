// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPinboard} from "../../src/interfaces/IPinboard.sol";
import {Pin} from "../../src/types/Pin.sol";

/// @notice Does some business, and pins a message with it; or tries to pin in the name of whoever called it.
contract Carrier {
    IPinboard public immutable board;
    uint256 public deals;

    constructor(IPinboard board_) {
        board = board_;
    }

    function deal(bytes calldata pin) external {
        ++deals;
        (Pin memory decoded, bytes memory signature) = abi.decode(pin, (Pin, bytes));
        board.pinFor(decoded, signature);
    }

    function dealInOwnName(bytes calldata data) external {
        ++deals;
        board.pinBatchData(data);
    }

    function lure(bytes32 uuids, bytes32 batchHash, bytes32[] calldata contexts) external {
        board.pinBatch(uuids, batchHash, "", contexts);
    }
}
