// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Pinboard} from "../../src/Pinboard.sol";
import {IPinboard} from "../../src/interfaces/IPinboard.sol";
import {NetworkAction, Pin} from "../../src/types/Pin.sol";
import {TokenBase} from "../TokenBase.t.sol";

/// @notice A board, and what Bob signs for it.
abstract contract PinBase is TokenBase {
    Pinboard internal board;

    string internal constant BATCH_PIN = "firefly:batch_pin";
    string internal constant INVOKE_PIN = "firefly:contract_invoke_pin";
    bytes32 internal constant UUIDS = keccak256("uuids");
    bytes32 internal constant BATCH = keccak256("batch");

    function setUp() public virtual override {
        super.setUp();
        board = new Pinboard();
    }

    function _contexts(uint256 count) internal pure returns (bytes32[] memory contexts) {
        contexts = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            contexts[i] = keccak256(abi.encode("topic", i));
        }
    }

    /// @dev Bob's pin, which anyone may hand in until one second from now.
    function _pin(uint256 nonce) internal view returns (Pin memory) {
        return Pin({
            author: bob,
            carrier: address(0),
            uuids: UUIDS,
            batchHash: BATCH,
            payloadRef: "Qm1",
            contexts: _contexts(2),
            nonce: nonce,
            deadline: uint40(T0 + 1)
        });
    }

    function _act(uint256 nonce) internal view returns (NetworkAction memory) {
        return NetworkAction({
            author: bob, action: "firefly:terminate", payload: "now", nonce: nonce, deadline: uint40(T0 + 1)
        });
    }

    function _signed(Pin memory pin) internal view returns (bytes memory) {
        return _sign(bobKey, board.pinDigest(pin));
    }

    function _signed(NetworkAction memory act) internal view returns (bytes memory) {
        return _sign(bobKey, board.networkActionDigest(act));
    }

    function _expectPin(address author, string memory action) internal {
        vm.expectEmit(address(board));
        emit IPinboard.BatchPin(author, T0, action, UUIDS, BATCH, "Qm1", _contexts(2));
    }

    function _expectAct(address author) internal {
        vm.expectEmit(address(board));
        emit IPinboard.BatchPin(author, T0, "firefly:terminate", 0, 0, "now", new bytes32[](0));
    }
}
