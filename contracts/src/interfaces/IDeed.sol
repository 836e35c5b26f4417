// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Document, DocumentStatus} from "../types/Document.sol";
import {Id} from "../types/Id.sol";
import {IContractUri} from "./IContractUri.sol";
import {IERC721WithData} from "./IERC721WithData.sol";
import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";

/// @title IDeed
/// @notice A unique right bound to a document: an ERC-721 whose token id is the document's id in the registry.
///
/// States of a token id (`Burned` is final, so a right that was given up cannot come back):
///
///   None --mint--> Held --transfer--> Held --burn--> Burned
///
/// Timeline: no deadlines. The document must be Live when the deed is minted. What later becomes of the document leaves
/// the deed and its owner alone; who buys a deed reads `documentStatus` or `docOf`.
///
///     |-- document Live: mint, transfer, burn --|-- document Superseded or Revoked: transfer, burn, refresh once -->
///
/// The authority may decide who mints, and each issuer mints only for documents that it issued itself. Nobody but the
/// owner, or whom it approved, can move a deed, and only the owner burns it. Transfers call no hook unless they are
/// `safeTransferFrom`, which calls the payee last, when all is written; so no guard against entering again is needed.
///
/// What a wallet shows is made from the chain alone, so nobody can change or lose it: `tokenURI` is a data URI that
/// holds the document's name and how it stands in the registry. That changes at most once in a deed's life, when the
/// document ends; since the registry knows nothing of deeds, anyone may then say so here by `refresh` (ERC-4906).
///
/// Royalties (ERC-2981) are left out: the amounts of a deal are what its parties agreed on, and no settlement contract
/// would pay a share that the token's contract names, so offering one would promise what nobody keeps.
///
/// Deeds carry data as IERC721WithData says, but are not minted by FireFly's connector, because an id alone does not
/// prove who issued the document: `mintWithData` takes the whole commitment.
interface IDeed is IERC4906, IERC721WithData, IContractUri {
    error NotIssuer(address issuer, address caller);
    error NotLive(Id document, DocumentStatus status);
    error AlreadyBurned(uint256 tokenId);
    error NothingNew(uint256 tokenId);

    /// @notice Creates the deed of `document` for `to`. Only the issuer role, and only the document's own issuer, while
    /// the registry says Live, and once only. Emits Transfer from the zero address.
    function mint(address to, Document calldata document) external;

    /// @notice `mint`, carrying data. The same role under a selector of its own. Emits Transfer, then Attached.
    function mintWithData(address to, Document calldata document, bytes calldata data) external;

    /// @notice Tells readers that the document of a deed is no longer Live. Anyone, once, while the deed is Held.
    /// Emits MetadataUpdate.
    function refresh(uint256 tokenId) external;

    /// @notice Destroys a deed for good. Only its owner. Emits Transfer to the zero address.
    function burn(uint256 tokenId) external;

    /// @notice How the document behind a token id stands in the registry.
    function documentStatus(uint256 tokenId) external view returns (DocumentStatus);

    /// @notice The document behind a deed that is Held: its id, how it stands in the registry, since when, and since
    /// when it is not Live any more (zero if it is).
    function docOf(uint256 tokenId)
        external
        view
        returns (Id document, DocumentStatus status, uint256 issuedAt, uint256 endedAt);

    /// @notice Whether a deed was minted and burned.
    function burned(uint256 tokenId) external view returns (bool);
}
