// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ContractUri} from "./base/ContractUri.sol";
import {ERC721WithData} from "./base/ERC721WithData.sol";
import {IContractUri} from "./interfaces/IContractUri.sol";
import {IDeed} from "./interfaces/IDeed.sol";
import {IDocumentRegistry} from "./interfaces/IDocumentRegistry.sol";
import {IERC721WithData} from "./interfaces/IERC721WithData.sol";
import {Document, DocumentStatus} from "./types/Document.sol";
import {Id} from "./types/Id.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @title Deed
/// @notice The ERC-721 that stands for a document.
contract Deed is IDeed, ERC721WithData, ContractUri {
    using Strings for uint256;
    using Strings for string;

    /// @dev The ERC-165 id that ERC-4906 gives to its events.
    bytes4 private constant ERC4906 = 0x49064906;

    /// @notice Where the documents are registered.
    IDocumentRegistry public immutable registry;

    /// @inheritdoc IDeed
    mapping(uint256 tokenId => bool) public burned;
    /// @dev Whether readers were told that the document ended, which happens once at most.
    mapping(uint256 tokenId => bool) private _refreshed;

    constructor(string memory name_, string memory symbol_, IDocumentRegistry registry_, address authority_)
        ERC721(name_, symbol_)
        AccessManaged(authority_)
    {
        registry = registry_;
    }

    /// @inheritdoc IDeed
    function mint(address to, Document calldata document) external restricted {
        _mint(to, document);
    }

    /// @inheritdoc IDeed
    function mintWithData(address to, Document calldata document, bytes calldata data) external restricted {
        _mint(to, document);
        _attach(data);
    }

    /// @inheritdoc IDeed
    function refresh(uint256 tokenId) external {
        _requireOwned(tokenId);
        bool ended = registry.statusOf(_document(tokenId)) != DocumentStatus.Live;
        require(ended && !_refreshed[tokenId], NothingNew(tokenId));

        _refreshed[tokenId] = true;
        emit MetadataUpdate(tokenId);
    }

    /// @inheritdoc IDeed
    function burn(uint256 tokenId) external {
        _burnOwn(tokenId);
    }

    /// @inheritdoc IDeed
    function documentStatus(uint256 tokenId) external view returns (DocumentStatus) {
        return registry.statusOf(_document(tokenId));
    }

    /// @inheritdoc IDeed
    function docOf(uint256 tokenId)
        public
        view
        returns (Id document, DocumentStatus status, uint256 issuedAt, uint256 endedAt)
    {
        _requireOwned(tokenId);
        document = _document(tokenId);
        return (document, registry.statusOf(document), registry.issuedAt(document), registry.endedAt(document));
    }

    /// @notice The description of a deed, made from what the chain says of it, as a data URI.
    function tokenURI(uint256 tokenId) public view override returns (string memory) {
        (, DocumentStatus status, uint256 issuedAt, uint256 endedAt) = docOf(tokenId);
        string memory json = string.concat(
            '{"name":"',
            symbol().escapeJSON(),
            " ",
            tokenId.toHexString(32),
            '","description":"A right bound to a private document. The number of the token is the name of the document in the registry.","attributes":[{"trait_type":"Document","value":"',
            _nameOf(status),
            '"}',
            _date("Issued", issuedAt),
            endedAt == 0 ? "" : _date("Ended", endedAt),
            "]}"
        );
        return string.concat("data:application/json;base64,", Base64.encode(bytes(json)));
    }

    /// @notice Which standards this token follows (ERC-165).
    function supportsInterface(bytes4 id) public view override(ERC721, IERC165) returns (bool) {
        return id == ERC4906 || id == type(IERC721WithData).interfaceId || id == type(IContractUri).interfaceId
            || super.supportsInterface(id);
    }

    function _mint(address to, Document calldata document) private {
        require(document.issuer == msg.sender, NotIssuer(document.issuer, msg.sender));
        Id id = registry.id(document);
        DocumentStatus status = registry.statusOf(id);
        require(status == DocumentStatus.Live, NotLive(id, status));
        uint256 tokenId = uint256(Id.unwrap(id));
        require(!burned[tokenId], AlreadyBurned(tokenId));

        _mint(to, tokenId);
    }

    function _burnOwn(uint256 tokenId) internal override {
        super._burnOwn(tokenId);
        burned[tokenId] = true;
    }

    function _document(uint256 tokenId) private pure returns (Id) {
        return Id.wrap(bytes32(tokenId));
    }

    /// @dev A minted deed's document was Live once, so it never is None again.
    function _nameOf(DocumentStatus status) private pure returns (string memory) {
        if (status == DocumentStatus.Live) return "Live";
        return status == DocumentStatus.Superseded ? "Superseded" : "Revoked";
    }

    function _date(string memory title, uint256 time) private pure returns (string memory) {
        return string.concat(',{"display_type":"date","trait_type":"', title, '","value":', time.toString(), "}");
    }
}
