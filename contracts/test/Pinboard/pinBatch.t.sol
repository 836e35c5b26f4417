// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPinboard} from "../../src/interfaces/IPinboard.sol";
import {Carrier} from "../mocks/Carrier.sol";
import {PinBase} from "./PinBase.t.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice pinBatch, pinBatchData.
contract PinboardPinBatchTest is PinBase {
    function testFuzz_TheCallerIsTheAuthor(
        address caller,
        bytes32 uuids,
        bytes32 batchHash,
        uint256 contexts,
        uint256 refLength
    ) public {
        bytes32[] memory list = _contexts(bound(contexts, 1, 1024));
        string memory ref = string(new bytes(bound(refLength, 0, 256)));
        vm.expectEmit(address(board));
        emit IPinboard.BatchPin(caller, T0, BATCH_PIN, uuids, batchHash, ref, list);
        vm.prank(caller);
        board.pinBatch(uuids, batchHash, ref, list);
        vm.expectEmit(address(board));
        emit IPinboard.BatchPin(caller, T0, INVOKE_PIN, uuids, batchHash, ref, list);
        vm.prank(caller);
        board.pinBatchData(abi.encode(uuids, batchHash, ref, list));
    }

    /// @notice FireFly's hole: a contract that somebody calls pins in that somebody's name. Here it has only its own.
    function test_ACalledContractPinsOnlyInItsOwnName() public {
        Carrier carrier = new Carrier(board);
        vm.expectEmit(address(board));
        emit IPinboard.BatchPin(address(carrier), T0, BATCH_PIN, UUIDS, BATCH, "", _contexts(1));
        vm.prank(bob, bob);
        carrier.lure(UUIDS, BATCH, _contexts(1));

        _expectPin(address(carrier), INVOKE_PIN);
        vm.prank(bob, bob);
        carrier.dealInOwnName(abi.encode(UUIDS, BATCH, "Qm1", _contexts(2)));
    }

    /// @notice The event is FireFly's, to the bit: nothing indexed.
    function test_TheEventIsFireFlys() public {
        vm.recordLogs();
        vm.prank(bob);
        board.pinBatch(UUIDS, BATCH, "Qm1", _contexts(2));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1);
        assertEq(logs[0].topics.length, 1);
        assertEq(logs[0].topics[0], keccak256("BatchPin(address,uint256,string,bytes32,bytes32,string,bytes32[])"));
        assertEq(logs[0].data, abi.encode(bob, T0, BATCH_PIN, UUIDS, BATCH, "Qm1", _contexts(2)));
        assertEq(IPinboard.pinBatch.selector, bytes4(keccak256("pinBatch(bytes32,bytes32,string,bytes32[])")), "call");
        assertEq(board.networkVersion(), 2);
    }

    function test_RevertWhen_NothingOrTooMuchIsPinned() public {
        uint256[2] memory counts = [uint256(0), 1025];
        for (uint256 i = 0; i < counts.length; ++i) {
            bytes memory refusal = abi.encodeWithSelector(IPinboard.BadContextCount.selector, counts[i], 1024);
            vm.expectRevert(refusal);
            board.pinBatch(UUIDS, BATCH, "", _contexts(counts[i]));
            vm.expectRevert(refusal);
            board.pinBatchData(abi.encode(UUIDS, BATCH, "", _contexts(counts[i])));
        }
    }

    function test_RevertWhen_TheReferenceIsTooLong() public {
        string memory ref = string(new bytes(257));
        bytes memory refusal = abi.encodeWithSelector(IPinboard.TextTooLong.selector, 257, 256);
        vm.expectRevert(refusal);
        board.pinBatch(UUIDS, BATCH, ref, _contexts(1));
        vm.expectRevert(refusal);
        board.pinBatchData(abi.encode(UUIDS, BATCH, ref, _contexts(1)));
    }

    function testFuzz_RevertWhen_DataIsNoPin(bytes calldata data) public {
        vm.assume(data.length < 160);
        vm.expectRevert();
        board.pinBatchData(data);
    }
}
