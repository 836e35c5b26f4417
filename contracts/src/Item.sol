// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ContractUri} from "./base/ContractUri.sol";
import {ERC721WithData} from "./base/ERC721WithData.sol";
import {IContractUri} from "./interfaces/IContractUri.sol";
import {IERC721MintWithData, IERC721WithData} from "./interfaces/IERC721WithData.sol";
import {IItem} from "./interfaces/IItem.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @title Item
/// @notice The ERC-721 for things that number themselves.
contract Item is IItem, ERC721WithData, ContractUri {
    /// @inheritdoc IItem
    uint256 public minted;
    /// @inheritdoc IERC721MintWithData
    string public baseTokenUri;
    /// @dev The URIs of items that have their own.
    mapping(uint256 tokenId => string) private _uris;

    constructor(string memory name_, string memory symbol_, string memory baseTokenUri_, address authority_)
        ERC721(name_, symbol_)
        AccessManaged(authority_)
    {
        baseTokenUri = baseTokenUri_;
    }

    /// @inheritdoc IItem
    function mint(address to) external restricted returns (uint256 tokenId) {
        return _mintNext(to);
    }

    /// @inheritdoc IERC721MintWithData
    function mintWithData(address to, bytes calldata data) external restricted returns (uint256 tokenId) {
        tokenId = _mintNext(to);
        _attach(data);
    }

    /// @inheritdoc IERC721MintWithData
    function mintWithURI(address to, bytes calldata data, string calldata uri)
        external
        restricted
        returns (uint256 tokenId)
    {
        tokenId = _mintNext(to);
        if (bytes(uri).length != 0) _uris[tokenId] = uri;
        _attach(data);
    }

    /// @inheritdoc IItem
    function burn(uint256 tokenId) external {
        _burnOwn(tokenId);
    }

    /// @notice The item's own URI, or else the base followed by its number, or nothing if there is no base.
    function tokenURI(uint256 tokenId) public view override returns (string memory) {
        string memory own = _uris[tokenId];
        if (bytes(own).length == 0) return super.tokenURI(tokenId);
        _requireOwned(tokenId);
        return own;
    }

    /// @notice Which standards this token follows (ERC-165).
    function supportsInterface(bytes4 id) public view override(ERC721, IERC165) returns (bool) {
        bytes4 fireFly = type(IERC721WithData).interfaceId ^ type(IERC721MintWithData).interfaceId;
        return id == fireFly || id == type(IERC721WithData).interfaceId || id == type(IContractUri).interfaceId
            || super.supportsInterface(id);
    }

    function _mintNext(address to) private returns (uint256 tokenId) {
        tokenId = ++minted;
        _mint(to, tokenId);
    }

    function _baseURI() internal view override returns (string memory) {
        return baseTokenUri;
    }
}
