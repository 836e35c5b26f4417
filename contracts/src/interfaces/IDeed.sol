// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Document, DocumentStatus} from "../types/Document.sol";
import {Id} from "../types/Id.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

/// @title IDeed
/// @notice A unique right bound to a document: an ERC-721 whose token id is the document's id in the registry.
///
/// States of a token id (`Burned` is final, so a right that was given up cannot come back):
///
///   None --mint--> Held --transfer--> Held --burn--> Burned
///
/// Timeline: no deadlines. The document must be Live when the deed is minted. What later becomes of the document leaves
/// the deed and its owner alone; who buys a deed reads `documentStatus`.
///
/// The authority may decide who mints, and each issuer mints only for documents that it issued itself. Nobody but the
/// owner, or whom it approved, can move or burn a deed. Transfers call no hook unless they are `safeTransferFrom`.
interface IDeed is IERC721 {
    error NotIssuer(address issuer, address caller);
    error NotLive(Id document, DocumentStatus status);
    error AlreadyBurned(uint256 tokenId);
    error NotOwner(uint256 tokenId, address caller);

    /// @notice Creates the deed of `document` for `to`. Only the issuer role, and only the document's own issuer, while
    /// the registry says Live, and once only. Emits Transfer from the zero address.
    function mint(address to, Document calldata document) external;

    /// @notice Destroys a deed for good. Only its owner. Emits Transfer to the zero address.
    function burn(uint256 tokenId) external;

    /// @notice How the document behind a token id stands in the registry.
    function documentStatus(uint256 tokenId) external view returns (DocumentStatus);

    /// @notice Whether a deed was minted and burned.
    function burned(uint256 tokenId) external view returns (bool);
}
