// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttaching} from "./IAttaching.sol";

/// @title IERC721WithData
/// @notice The calls by which FireFly's token connector moves an NFT and sends data along; how one is minted is said in
/// IERC721MintWithData, or otherwise by the token. None of them calls a hook of the payee.
interface IERC721WithData is IAttaching {
    error NotOwner(uint256 tokenId, address caller);

    /// @notice `transferFrom`, carrying data. Emits Transfer, then Attached.
    function transferWithData(address from, address to, uint256 tokenId, bytes calldata data) external;

    /// @notice `burn`, carrying data. Only for the owner, who is the caller and `from`. Emits Transfer, then Attached.
    function burnWithData(address from, uint256 tokenId, bytes calldata data) external;

    /// @notice `approve`, carrying data. Emits Approval, then Attached.
    function approveWithData(address to, uint256 tokenId, bytes calldata data) external;

    /// @notice `setApprovalForAll`, carrying data. Emits ApprovalForAll, then Attached.
    function setApprovalForAllWithData(address operator, bool approved, bytes calldata data) external;
}

/// @title IERC721MintWithData
/// @notice How FireFly's token connector mints NFTs that number themselves. A token that has these calls and those of
/// IERC721WithData has them all, and says so by the ERC-165 id that the connector asks for, 0xaefe69bf.
interface IERC721MintWithData {
    /// @notice Mints the next token to `to`. Only the issuer role. Emits Transfer, then Attached.
    function mintWithData(address to, bytes calldata data) external returns (uint256 tokenId);

    /// @notice Mints the next token to `to`, with a URI of its own unless that is empty. Only the issuer role.
    /// Emits Transfer, then Attached.
    function mintWithURI(address to, bytes calldata data, string calldata uri) external returns (uint256 tokenId);

    /// @notice What the number of a token without a URI of its own is put behind, to make its URI.
    function baseTokenUri() external view returns (string memory);
}
