// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PinBase} from "../test/Pinboard/PinBase.t.sol";

/// @notice What pins cost, as whole transactions.
contract PinboardGas is PinBase {
    function _snap(string memory name) private {
        vm.snapshotGasLastCall("Pinboard", name);
    }

    function test_Gas() public {
        board.pinBatch(UUIDS, BATCH, "", _contexts(1));
        _snap("pinBatch (1 context)");
        board.pinBatch(UUIDS, BATCH, "", _contexts(10));
        _snap("pinBatch (10 contexts)");
        board.pinBatch(UUIDS, BATCH, "", _contexts(200));
        _snap("pinBatch (200 contexts)");
        bytes memory signature = _signed(_pin(0));
        board.pinFor(_pin(0), signature);
        _snap("pinFor (2 contexts, new word)");
        signature = _signed(_pin(1));
        board.pinFor(_pin(1), signature);
        _snap("pinFor (2 contexts)");
        board.networkAction("firefly:terminate", "");
        _snap("networkAction");
    }
}
