// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {NetworkAction, Pin} from "../types/Pin.sol";

/// @title IPinboard
/// @notice Puts batches of private messages in one order that everybody sees, without their content: FireFly's batch
/// pin (network version 2), with its two holes closed.
///
/// First hole: FireFly takes the sender of the transaction for the author, so any contract that somebody calls can pin
/// in that somebody's name. Here the author is the caller itself, or whoever signed this very pin (EIP-712).
/// Second hole: in FireFly a pin by anyone on a known topic blocks that topic until its batch comes, which may be
/// never. Anyone may pin here too, but only in its own name; nodes count only pins whose author is a registered party,
/// and pass over a pin whose batch never came by a rule that all of them apply alike. So nobody blocks others, and
/// whoever blocks itself is known.
///
/// The board keeps no pins, only logs them, in the event that FireFly's nodes read. It has no owner and holds nothing.
///
/// States of a nonce of an author (`Used` is final; pins and actions share the nonces):
///
///   Fresh --pinFor, networkActionFor, invalidate--> Used
///
/// Timeline of something signed:
///
///                               deadline
///     |---- hand in: [now, deadline) ----|---- never any more --------->
///     |---------------- invalidate ------------------------------------>
///
/// Domain: name "Quittance Pinboard", version "1". Signatures are ECDSA, or ERC-1271 where the author has code; each
/// names its author, so two wallets of one owner cannot be confused. A Pin with a `carrier` counts only when that
/// contract hands it in, so nobody can use it up beforehand and so spoil the carrier's call.
interface IPinboard {
    /// @notice `author` pinned a batch (`action` is "firefly:batch_pin", or "firefly:contract_invoke_pin" if a contract
    /// did so in the course of its business), or asks the network for something else (`action` says what, `payloadRef`
    /// is its payload, and the rest is zero).
    event BatchPin(
        address author,
        uint256 timestamp,
        string action,
        bytes32 uuids,
        bytes32 batchHash,
        string payloadRef,
        bytes32[] contexts
    );
    /// @notice The nonces of `author` whose bits are set in `mask`, in word number `word`, can no longer be used.
    event Invalidated(address indexed author, uint256 indexed word, uint256 mask);

    error BadContextCount(uint256 count, uint256 max);
    error TextTooLong(uint256 length, uint256 max);
    error ReservedAction(string action);
    error TooLate(uint256 deadline);
    error NotCarrier(address carrier, address caller);
    error NonceUsed(address author, uint256 nonce);
    error BadSignature(address author);

    /// @notice Pins a batch in the caller's name. Anyone. Emits BatchPin.
    /// @param uuids Transaction id and batch id, 16 bytes each.
    /// @param batchHash What the batch hashes to.
    /// @param payloadRef Where the batch is found if it is public, else empty; at most 256 bytes.
    /// @param contexts What the batch must be ordered by: 1 to 1,024 hashes of topics, or of topic, group and nonce.
    function pinBatch(bytes32 uuids, bytes32 batchHash, string calldata payloadRef, bytes32[] calldata contexts)
        external;

    /// @notice The same, for a contract that pins in the course of its business, in its own name. `data` is
    /// abi.encode(uuids, batchHash, payloadRef, contexts). Emits BatchPin.
    function pinBatchData(bytes calldata data) external;

    /// @notice Pins a batch in the name of `pin.author`, who signed it. Anyone while `now < deadline`, or only the
    /// carrier if the pin names one. Emits BatchPin.
    function pinFor(Pin calldata pin, bytes calldata signature) external;

    /// @notice Asks the network for something in the caller's name. Anyone. Emits BatchPin.
    /// @param action What, such as "firefly:terminate"; at most 64 bytes, and none of the two names of pins.
    /// @param payload At most 4,096 bytes.
    function networkAction(string calldata action, string calldata payload) external;

    /// @notice The same in the name of `act.author`, who signed it. Anyone while `now < deadline`. Emits BatchPin.
    function networkActionFor(NetworkAction calldata act, bytes calldata signature) external;

    /// @notice Uses up to 256 of the caller's nonces, so that what was signed with them is void. Nonce n is bit
    /// `n % 256` of word `n / 256`. Emits Invalidated.
    function invalidate(uint256 word, uint256 mask) external;

    /// @notice What the author of a pin signs.
    function pinDigest(Pin calldata pin) external view returns (bytes32);

    /// @notice What the author of a network action signs.
    function networkActionDigest(NetworkAction calldata act) external view returns (bytes32);

    /// @notice The used nonces of an author, one bit each.
    function nonces(address author, uint256 word) external view returns (uint256);

    /// @notice Which form of the network's rules this is: 2.
    function networkVersion() external pure returns (uint8);
}
