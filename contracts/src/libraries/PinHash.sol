// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NetworkAction, Pin} from "../types/Pin.sol";

/// @title PinHash
/// @notice The EIP-712 hashes of what authors sign for the Pinboard.
library PinHash {
    bytes32 internal constant PIN = keccak256(
        "Pin(address author,address carrier,bytes32 uuids,bytes32 batchHash,string payloadRef,bytes32[] contexts,uint256 nonce,uint40 deadline)"
    );
    bytes32 internal constant NETWORK_ACTION =
        keccak256("NetworkAction(address author,string action,string payload,uint256 nonce,uint40 deadline)");

    function hash(Pin calldata pin) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                PIN,
                pin.author,
                pin.carrier,
                pin.uuids,
                pin.batchHash,
                keccak256(bytes(pin.payloadRef)),
                keccak256(abi.encodePacked(pin.contexts)),
                pin.nonce,
                pin.deadline
            )
        );
    }

    function hash(NetworkAction calldata act) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                NETWORK_ACTION,
                act.author,
                keccak256(bytes(act.action)),
                keccak256(bytes(act.payload)),
                act.nonce,
                act.deadline
            )
        );
    }
}
