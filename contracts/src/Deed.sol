// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeed} from "./interfaces/IDeed.sol";
import {IDocumentRegistry} from "./interfaces/IDocumentRegistry.sol";
import {Document, DocumentStatus} from "./types/Document.sol";
import {Id} from "./types/Id.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// @title Deed
/// @notice The ERC-721 that stands for a document.
contract Deed is IDeed, ERC721, AccessManaged {
    /// @notice Where the documents are registered.
    IDocumentRegistry public immutable registry;

    /// @inheritdoc IDeed
    mapping(uint256 tokenId => bool) public burned;

    constructor(string memory name_, string memory symbol_, IDocumentRegistry registry_, address authority_)
        ERC721(name_, symbol_)
        AccessManaged(authority_)
    {
        registry = registry_;
    }

    /// @inheritdoc IDeed
    function mint(address to, Document calldata document) external restricted {
        require(document.issuer == msg.sender, NotIssuer(document.issuer, msg.sender));
        Id id = registry.id(document);
        DocumentStatus status = registry.statusOf(id);
        require(status == DocumentStatus.Live, NotLive(id, status));
        uint256 tokenId = uint256(Id.unwrap(id));
        require(!burned[tokenId], AlreadyBurned(tokenId));

        _mint(to, tokenId);
    }

    /// @inheritdoc IDeed
    function burn(uint256 tokenId) external {
        require(ownerOf(tokenId) == msg.sender, NotOwner(tokenId, msg.sender));

        burned[tokenId] = true;
        _burn(tokenId);
    }

    /// @inheritdoc IDeed
    function documentStatus(uint256 tokenId) external view returns (DocumentStatus) {
        return registry.statusOf(Id.wrap(bytes32(tokenId)));
    }
}
