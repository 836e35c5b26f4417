// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Document, DocumentStatus} from "../types/Document.sol";
import {Id} from "../types/Id.sol";

/// @title IDocumentRegistry
/// @notice Public commitments to private documents: who issued which root, when, and whether it still stands.
///
/// States (`Superseded` and `Revoked` are final, and an id never comes back):
///
///   None --register--> Live --supersede--> Superseded   (and the next document becomes Live)
///                        |
///                        +----revoke-----> Revoked
///
/// Timeline: no deadlines. issuedAt and endedAt are the block times of the first and the last transition:
///
///     |---- Live: [issuedAt, endedAt) ----|---- Superseded or Revoked: [endedAt, forever) ----
///
/// A document is named by the EIP-712 digest of its commitment (domain name "Quittance DocumentRegistry", version "1").
/// The commitment is emitted in full when it becomes Live, and never stored. Only its issuer acts on it, for itself:
/// there is no owner and no role here.
///
/// Layout of a document: `chunks` chunks of `chunkSize` bytes, 256, 1024 or 4096, each a 32-byte salt followed by data,
/// the last padded with zeroes; `size` is the length of the data in all, so `chunks = ceil(size / (chunkSize - 32))`.
/// The contract cannot see the text: that `root` is over these chunks is the issuer's word.
interface IDocumentRegistry {
    /// @notice `document` is Live.
    event Registered(Id indexed id, address indexed issuer, Document document);
    /// @notice `id` gave way to `next`, which a Registered event of the same call describes.
    event Superseded(Id indexed id, Id indexed next);
    /// @notice `id` no longer stands.
    event Revoked(Id indexed id);

    error NotIssuer(address issuer, address caller);
    error BadStatus(Id id, DocumentStatus status);
    error BadPrevious(Id given, Id expected);
    error ZeroRoot();
    error BadChunkSize(uint256 chunkSize);
    error BadChunkCount(uint256 chunks, uint256 expected);

    /// @notice Makes a first document Live: None -> Live. Only its issuer; `previous` is zero. Emits Registered.
    function register(Document calldata document) external;

    /// @notice Replaces `old` by `next`: Live -> Superseded, and None -> Live. Only the issuer of both;
    /// `next.previous` is the id of `old`. Emits Registered for `next`, then Superseded.
    function supersede(Document calldata old, Document calldata next) external;

    /// @notice Takes a document back: Live -> Revoked. Only its issuer. Emits Revoked.
    function revoke(Document calldata document) external;

    /// @notice The name of a document: the EIP-712 digest of its commitment.
    function id(Document calldata document) external view returns (Id);

    /// @notice Where a document stands.
    function statusOf(Id document) external view returns (DocumentStatus);

    /// @notice When a document became Live, in seconds of block time, or zero.
    function issuedAt(Id document) external view returns (uint256);

    /// @notice When a document ceased to be Live, in seconds of block time, or zero.
    function endedAt(Id document) external view returns (uint256);
}
