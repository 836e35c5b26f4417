// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry} from "./interfaces/IDocumentRegistry.sol";
import {DocumentHash} from "./libraries/DocumentHash.sol";
import {Document, DocumentStatus} from "./types/Document.sol";
import {Id} from "./types/Id.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title DocumentRegistry
/// @notice Says which document commitments stand.
contract DocumentRegistry is IDocumentRegistry, EIP712 {
    using DocumentHash for Document;

    /// @dev One storage slot per document.
    struct Word {
        DocumentStatus status;
        uint40 issuedAt;
        uint40 endedAt;
    }

    uint256 public constant MAX_CHUNKS = 1 << 24;
    /// @dev Every chunk begins with its salt.
    uint256 private constant SALT_SIZE = 32;

    mapping(Id => Word) private _words;

    constructor() EIP712("Quittance DocumentRegistry", "1") {}

    /// @inheritdoc IDocumentRegistry
    function register(Document calldata document) external {
        require(document.previous == Id.wrap(0), BadPrevious(document.previous, Id.wrap(0)));
        _register(document);
    }

    /// @inheritdoc IDocumentRegistry
    function supersede(Document calldata old, Document calldata next) external {
        Id oldId = _end(old, DocumentStatus.Superseded);
        require(next.previous == oldId, BadPrevious(next.previous, oldId));
        Id nextId = _register(next);
        emit Superseded(oldId, nextId);
    }

    /// @inheritdoc IDocumentRegistry
    function revoke(Document calldata document) external {
        emit Revoked(_end(document, DocumentStatus.Revoked));
    }

    /// @inheritdoc IDocumentRegistry
    function statusOf(Id document) external view returns (DocumentStatus) {
        return _words[document].status;
    }

    /// @inheritdoc IDocumentRegistry
    function issuedAt(Id document) external view returns (uint256) {
        return _words[document].issuedAt;
    }

    /// @inheritdoc IDocumentRegistry
    function endedAt(Id document) external view returns (uint256) {
        return _words[document].endedAt;
    }

    /// @inheritdoc IDocumentRegistry
    function id(Document calldata document) public view returns (Id) {
        return Id.wrap(_hashTypedDataV4(document.hash()));
    }

    function _register(Document calldata document) private returns (Id id_) {
        id_ = id(document);
        DocumentStatus status = _words[id_].status;
        require(status == DocumentStatus.None, BadStatus(id_, status));
        require(document.issuer == msg.sender, NotIssuer(document.issuer, msg.sender));
        _check(document);

        _words[id_] = Word({status: DocumentStatus.Live, issuedAt: _now(), endedAt: 0});
        emit Registered(id_, msg.sender, document);
    }

    function _end(Document calldata document, DocumentStatus final_) private returns (Id id_) {
        id_ = id(document);
        Word memory word = _words[id_];
        require(word.status == DocumentStatus.Live, BadStatus(id_, word.status));
        require(document.issuer == msg.sender, NotIssuer(document.issuer, msg.sender));

        word.status = final_;
        word.endedAt = _now();
        _words[id_] = word;
    }

    function _now() private view returns (uint40) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint40(block.timestamp);
    }

    function _check(Document calldata document) private pure {
        uint256 chunkSize = document.chunkSize;
        require(document.root != bytes32(0), ZeroRoot());
        require(chunkSize == 256 || chunkSize == 1024 || chunkSize == 4096, BadChunkSize(chunkSize));

        uint256 data = chunkSize - SALT_SIZE;
        uint256 expected = (uint256(document.size) + data - 1) / data;
        bool whole = document.chunks == expected && expected != 0 && expected <= MAX_CHUNKS;
        require(whole, BadChunkCount(document.chunks, expected));
    }
}
