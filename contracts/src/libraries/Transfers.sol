// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Asset, AssetKind} from "../types/Asset.sol";
import {Reads} from "./Reads.sol";
import {IERC6909} from "@openzeppelin/contracts/interfaces/IERC6909.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

/// @title Transfers
/// @notice Moves tokens of every kind straight from one account to another.
library Transfers {
    using SafeERC20 for IERC20;

    /// @notice Moves a well-formed asset that is not native coin, and says how much of it came. Of an ERC-721 it does
    /// not ask: there is no part of one.
    /// @dev It is the caller of this who must know that `from` agreed, and look at how much came.
    function move(Asset asset, address from, address to, uint256 tokenId, uint256 amount)
        internal
        returns (uint256 moved)
    {
        (address token, uint256 kind) = (asset.token(), asset.kindNumber());
        if (kind == uint256(AssetKind.ERC20)) {
            uint256 had = Reads.balanceOf(token, to);
            IERC20(token).safeTransferFrom(from, to, amount);
            return Reads.balanceOf(token, to) - had;
        }
        if (kind == uint256(AssetKind.ERC721)) {
            IERC721(token).transferFrom(from, to, tokenId);
            return amount;
        }

        bool is1155 = kind == uint256(AssetKind.ERC1155);
        uint256 before = _balance(token, is1155, to, tokenId);
        if (is1155) IERC1155(token).safeTransferFrom(from, to, tokenId, amount, "");
        else if (!IERC6909(token).transferFrom(from, to, tokenId, amount)) return 0;
        return _balance(token, is1155, to, tokenId) - before;
    }

    /// @dev How much of a class an account has, of an ERC-1155 or of an ERC-6909.
    function _balance(address token, bool is1155, address account, uint256 tokenId) private view returns (uint256) {
        if (is1155) return IERC1155(token).balanceOf(account, tokenId);
        return IERC6909(token).balanceOf(account, tokenId);
    }
}
