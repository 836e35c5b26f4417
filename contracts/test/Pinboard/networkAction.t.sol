// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPinboard} from "../../src/interfaces/IPinboard.sol";
import {NetworkAction, Pin} from "../../src/types/Pin.sol";
import {PinBase} from "./PinBase.t.sol";

/// @notice networkAction, networkActionFor, invalidate, and the states of a nonce.
contract PinboardNetworkActionTest is PinBase {
    function test_TheCallerAsks() public {
        _expectAct(carol);
        vm.prank(carol, bob);
        board.networkAction("firefly:terminate", "now");
    }

    function test_AnyoneHandsInWhatTheAuthorAsks() public {
        bytes memory signature = _signed(_act(300));
        _expectAct(bob);
        vm.prank(carol);
        board.networkActionFor(_act(300), signature);
        assertEq(board.nonces(bob, 1), 1 << 44);
        vm.expectRevert(abi.encodeWithSelector(IPinboard.NonceUsed.selector, bob, 300));
        board.networkActionFor(_act(300), signature);
    }

    /// @notice An action must not look like a pin, which it would be with no batch behind it.
    function test_RevertWhen_TheActionIsThatOfAPin() public {
        string[2] memory names = [BATCH_PIN, INVOKE_PIN];
        for (uint256 i = 0; i < names.length; ++i) {
            bytes memory refusal = abi.encodeWithSelector(IPinboard.ReservedAction.selector, names[i]);
            vm.expectRevert(refusal);
            board.networkAction(names[i], "");
            NetworkAction memory act = _act(0);
            act.action = names[i];
            bytes memory signature = _signed(act);
            vm.expectRevert(refusal);
            board.networkActionFor(act, signature);
        }
    }

    function test_RevertWhen_TheTextsAreTooLong() public {
        board.networkAction(string(new bytes(64)), string(new bytes(4096)));
        vm.expectRevert(abi.encodeWithSelector(IPinboard.TextTooLong.selector, 65, 64));
        board.networkAction(string(new bytes(65)), "");
        vm.expectRevert(abi.encodeWithSelector(IPinboard.TextTooLong.selector, 4097, 4096));
        board.networkAction("x", string(new bytes(4097)));
    }

    function test_RevertWhen_Late() public {
        bytes memory signature = _signed(_act(0));
        vm.warp(T0 + 1);
        vm.expectRevert(abi.encodeWithSelector(IPinboard.TooLate.selector, T0 + 1));
        board.networkActionFor(_act(0), signature);
    }

    function test_RevertWhen_AnyFieldIsAnother() public {
        bytes memory signature = _signed(_act(0));
        for (uint256 i = 0; i < 5; ++i) {
            NetworkAction memory act = _act(0);
            if (i == 0) act.author = carol;
            if (i == 1) act.action = "firefly:other";
            if (i == 2) act.payload = "later";
            if (i == 3) act.nonce = 1;
            if (i == 4) act.deadline += 1;
            vm.expectRevert(abi.encodeWithSelector(IPinboard.BadSignature.selector, act.author));
            board.networkActionFor(act, signature);
        }
    }

    function test_RevertWhen_AskedWithThePinsSignature() public {
        bytes memory signature = _signed(_pin(0));
        vm.expectRevert(abi.encodeWithSelector(IPinboard.BadSignature.selector, bob));
        board.networkActionFor(_act(0), signature);
        signature = _signed(_act(0));
        vm.expectRevert(abi.encodeWithSelector(IPinboard.BadSignature.selector, bob));
        board.pinFor(_pin(0), signature);
    }

    function testFuzz_InvalidatesItsOwnNonces(uint256 word, uint256 mask, uint256 more) public {
        word = bound(word, 0, type(uint256).max >> 8);
        vm.startPrank(bob);
        vm.expectEmit(address(board));
        emit IPinboard.Invalidated(bob, word, mask);
        board.invalidate(word, mask);
        // What is Used stays so.
        board.invalidate(word, more);
        assertEq(board.nonces(bob, word), mask | more);
        assertEq(board.nonces(carol, word), 0);
    }

    /// @notice The drawing in IPinboard: from Fresh every call leads to Used, and nothing leads back.
    function test_AllowedEdges() public {
        for (uint256 first = 0; first < 3; ++first) {
            for (uint256 second = 0; second < 3; ++second) {
                uint256 state = vm.snapshotState();
                assertTrue(_use(first));
                assertEq(board.nonces(bob, 0), 1 << 5);
                assertEq(_use(second), second == 2);
                assertEq(board.nonces(bob, 0), 1 << 5);
                vm.revertToState(state);
            }
        }
    }

    /// @dev Uses Bob's nonce 5: 0 by pinFor, 1 by networkActionFor, 2 by invalidate.
    function _use(uint256 which) private returns (bool done) {
        Pin memory pin = _pin(5);
        bytes memory signature = which == 1 ? _signed(_act(5)) : _signed(pin);
        bytes[3] memory calls = [
            abi.encodeCall(board.pinFor, (pin, signature)),
            abi.encodeCall(board.networkActionFor, (_act(5), signature)),
            abi.encodeCall(board.invalidate, (0, 1 << 5))
        ];
        vm.prank(bob);
        (done,) = address(board).call(calls[which]);
    }
}
