// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Asset, AssetKind} from "../types/Asset.sol";
import {IERC6909} from "@openzeppelin/contracts/interfaces/IERC6909.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

/// @title Transfers
/// @notice Moves tokens of every kind straight from one account to another.
library Transfers {
    using SafeERC20 for IERC20;

    error NoAnswer(address token);

    /// @notice Moves a well-formed asset that is not native coin, and says how much of it came. Of an ERC-721 it does not
    /// ask: there is no part of one.
    /// @dev It is the caller of this who must know that `from` agreed, and look at how much came.
    function move(Asset asset, address from, address to, uint256 tokenId, uint256 amount)
        internal
        returns (uint256 moved)
    {
        address token = asset.token();
        AssetKind kind = asset.kind();
        if (kind == AssetKind.ERC721) {
            IERC721(token).transferFrom(from, to, tokenId);
            return amount;
        }

        uint256 before = _balance(token, kind, to, tokenId);
        if (kind == AssetKind.ERC20) {
            IERC20(token).safeTransferFrom(from, to, amount);
        } else if (kind == AssetKind.ERC1155) {
            IERC1155(token).safeTransferFrom(from, to, tokenId, amount, "");
        } else if (!IERC6909(token).transferFrom(from, to, tokenId, amount)) {
            return 0;
        }
        return _balance(token, kind, to, tokenId) - before;
    }

    /// @dev How much of a fungible asset an account has.
    function _balance(address token, AssetKind kind, address account, uint256 tokenId) private view returns (uint256) {
        if (kind == AssetKind.ERC20) return _read(token, IERC20.balanceOf.selector, uint160(account));
        if (kind == AssetKind.ERC1155) return IERC1155(token).balanceOf(account, tokenId);
        return IERC6909(token).balanceOf(account, tokenId);
    }

    /// @dev The word that a view of one argument answers. In scratch memory, because every trade asks twice.
    function _read(address token, bytes4 selector, uint256 argument) private view returns (uint256 answer) {
        bool done;
        assembly ("memory-safe") {
            mstore(0, selector)
            mstore(4, argument)
            done := staticcall(gas(), token, 0, 36, 0, 32)
            done := and(done, gt(returndatasize(), 31))
            answer := mload(0)
        }
        require(done, NoAnswer(token));
    }
}
