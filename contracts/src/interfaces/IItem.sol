// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IContractUri} from "./IContractUri.sol";
import {IERC721MintWithData, IERC721WithData} from "./IERC721WithData.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

/// @title IItem
/// @notice Unique things with no document behind them: an ERC-721 that numbers its tokens 1, 2, 3 and so on.
///
/// States of a number (`Burned` is final, because numbers only go up):
///
///   None --mint--> Held --transfer--> Held --burn--> Burned
///
/// Timeline: no deadlines.
///
/// The authority may decide who mints and where the collection is described. It cannot move, freeze or burn what
/// somebody else holds, nor change what the URI of a minted item is. Minting and plain transfers call no hook;
/// `safeTransferFrom` calls the payee last.
interface IItem is IERC721, IERC721WithData, IERC721MintWithData, IContractUri {
    /// @notice Mints the next item to `to`. Only the issuer role. Emits Transfer from the zero address.
    function mint(address to) external returns (uint256 tokenId);

    /// @notice Destroys an item for good. Only its owner. Emits Transfer to the zero address.
    function burn(uint256 tokenId) external;

    /// @notice How many items were ever minted: their numbers are 1 to this.
    function minted() external view returns (uint256);
}
