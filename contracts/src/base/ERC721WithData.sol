// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721WithData} from "../interfaces/IERC721WithData.sol";
import {Attaching} from "./Attaching.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// @title ERC721WithData
/// @notice An ERC-721 whose calls may carry data, and that only its owner burns.
abstract contract ERC721WithData is ERC721, IERC721WithData, Attaching {
    /// @inheritdoc IERC721WithData
    function transferWithData(address from, address to, uint256 tokenId, bytes calldata data) external {
        transferFrom(from, to, tokenId);
        _attach(data);
    }

    /// @inheritdoc IERC721WithData
    function burnWithData(address from, uint256 tokenId, bytes calldata data) external {
        require(from == msg.sender, NotOwner(tokenId, msg.sender));

        _burnOwn(tokenId);
        _attach(data);
    }

    /// @inheritdoc IERC721WithData
    function approveWithData(address to, uint256 tokenId, bytes calldata data) external {
        approve(to, tokenId);
        _attach(data);
    }

    /// @inheritdoc IERC721WithData
    function setApprovalForAllWithData(address operator, bool approved, bytes calldata data) external {
        setApprovalForAll(operator, approved);
        _attach(data);
    }

    /// @dev Burns what the caller owns. Being approved is not enough.
    function _burnOwn(uint256 tokenId) internal virtual {
        require(ownerOf(tokenId) == msg.sender, NotOwner(tokenId, msg.sender));

        _burn(tokenId);
    }
}
