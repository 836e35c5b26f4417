// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPinboard} from "./interfaces/IPinboard.sol";
import {PinHash} from "./libraries/PinHash.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {NetworkAction, Pin} from "./types/Pin.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title Pinboard
/// @notice Logs batch pins under the name of whoever made them.
contract Pinboard is IPinboard, EIP712 {
    using PinHash for NetworkAction;
    using PinHash for Pin;

    uint256 public constant MAX_CONTEXTS = 1024;
    uint256 public constant MAX_PAYLOAD_REF = 256;
    uint256 public constant MAX_ACTION = 64;
    uint256 public constant MAX_PAYLOAD = 4096;

    string private constant BATCH_PIN = "firefly:batch_pin";
    string private constant INVOKE_PIN = "firefly:contract_invoke_pin";

    /// @inheritdoc IPinboard
    mapping(address author => mapping(uint256 word => uint256)) public nonces;

    constructor() EIP712("Quittance Pinboard", "1") {}

    /// @inheritdoc IPinboard
    function pinBatch(bytes32 uuids, bytes32 batchHash, string calldata payloadRef, bytes32[] calldata contexts)
        external
    {
        _checkPin(bytes(payloadRef).length, contexts.length);
        emit BatchPin(msg.sender, block.timestamp, BATCH_PIN, uuids, batchHash, payloadRef, contexts);
    }

    /// @inheritdoc IPinboard
    function pinBatchData(bytes calldata data) external {
        (bytes32 uuids, bytes32 batchHash, string memory payloadRef, bytes32[] memory contexts) =
            abi.decode(data, (bytes32, bytes32, string, bytes32[]));
        _checkPin(bytes(payloadRef).length, contexts.length);
        emit BatchPin(msg.sender, block.timestamp, INVOKE_PIN, uuids, batchHash, payloadRef, contexts);
    }

    /// @inheritdoc IPinboard
    function pinFor(Pin calldata pin, bytes calldata signature) external {
        bool carried = pin.carrier != address(0);
        require(!carried || pin.carrier == msg.sender, NotCarrier(pin.carrier, msg.sender));
        _use(pin.author, pin.nonce, pin.deadline, pinDigest(pin), signature);
        _checkPin(bytes(pin.payloadRef).length, pin.contexts.length);

        emit BatchPin(
            pin.author,
            block.timestamp,
            carried ? INVOKE_PIN : BATCH_PIN,
            pin.uuids,
            pin.batchHash,
            pin.payloadRef,
            pin.contexts
        );
    }

    /// @inheritdoc IPinboard
    function networkAction(string calldata action, string calldata payload) external {
        _act(msg.sender, action, payload);
    }

    /// @inheritdoc IPinboard
    function networkActionFor(NetworkAction calldata act, bytes calldata signature) external {
        _use(act.author, act.nonce, act.deadline, networkActionDigest(act), signature);
        _act(act.author, act.action, act.payload);
    }

    /// @inheritdoc IPinboard
    function invalidate(uint256 word, uint256 mask) external {
        nonces[msg.sender][word] |= mask;
        emit Invalidated(msg.sender, word, mask);
    }

    /// @inheritdoc IPinboard
    function pinDigest(Pin calldata pin) public view returns (bytes32) {
        return _hashTypedDataV4(pin.hash());
    }

    /// @inheritdoc IPinboard
    function networkActionDigest(NetworkAction calldata act) public view returns (bytes32) {
        return _hashTypedDataV4(act.hash());
    }

    /// @inheritdoc IPinboard
    function networkVersion() external pure returns (uint8) {
        return 2;
    }

    function _act(address author, string calldata action, string calldata payload) private {
        _checkLength(bytes(action).length, MAX_ACTION);
        _checkLength(bytes(payload).length, MAX_PAYLOAD);
        bytes32 name = keccak256(bytes(action));
        bool reserved = name == keccak256(bytes(BATCH_PIN)) || name == keccak256(bytes(INVOKE_PIN));
        require(!reserved, ReservedAction(action));

        emit BatchPin(author, block.timestamp, action, bytes32(0), bytes32(0), payload, new bytes32[](0));
    }

    /// @dev Uses up a nonce of `author`, if it signed `digest` and time is left.
    function _use(address author, uint256 nonce, uint256 deadline, bytes32 digest, bytes calldata signature) private {
        require(block.timestamp < deadline, TooLate(deadline));
        (uint256 word, uint256 bit) = (nonce >> 8, 1 << (nonce & 0xff));
        uint256 used = nonces[author][word];
        require(used & bit == 0, NonceUsed(author, nonce));
        require(Signatures.isValid(author, digest, signature), BadSignature(author));

        nonces[author][word] = used | bit;
    }

    function _checkPin(uint256 refLength, uint256 contextCount) private pure {
        _checkLength(refLength, MAX_PAYLOAD_REF);
        require(contextCount != 0 && contextCount <= MAX_CONTEXTS, BadContextCount(contextCount, MAX_CONTEXTS));
    }

    function _checkLength(uint256 length, uint256 max) private pure {
        require(length <= max, TextTooLong(length, max));
    }
}
