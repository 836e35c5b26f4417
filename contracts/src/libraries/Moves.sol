// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Asset, AssetKind} from "../types/Asset.sol";
import {IERC6909} from "@openzeppelin/contracts/interfaces/IERC6909.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

/// @title Moves
/// @notice Moves assets of every kind by the same call, and tells instead of reverting when one refuses.
library Moves {
    /// @notice Sends an asset out of this contract with at most `gasCap` gas, and says whether the token agreed.
    function tryPush(Asset asset, address to, uint256 tokenId, uint256 amount, uint256 gasCap) internal returns (bool) {
        AssetKind kind = asset.kind();
        address token = asset.token();
        if (kind == AssetKind.ERC20) {
            return _transfer(token, gasCap, IERC20.transfer.selector, 2, _word(to), amount, 0);
        }
        if (kind == AssetKind.ERC721) return _transferFrom(token, gasCap, to, tokenId);
        if (kind == AssetKind.ERC6909) {
            return _transfer(token, gasCap, IERC6909.transfer.selector, 3, _word(to), tokenId, amount);
        }
        if (kind == AssetKind.ERC1155) {
            bytes memory data = abi.encodeCall(IERC1155.safeTransferFrom, (address(this), to, tokenId, amount, ""));
            (bool done,,) = _call(token, 0, gasCap, data);
            return done && token.code.length != 0;
        }
        (bool sent,,) = _call(to, amount, gasCap, "");
        return sent;
    }

    /// @notice How much of an asset is in this contract; of an ERC-721, whether that one is. Not for coin.
    function balance(Asset asset, uint256 tokenId) internal view returns (uint256) {
        AssetKind kind = asset.kind();
        address token = asset.token();
        if (kind == AssetKind.ERC20) return _read(token, IERC20.balanceOf.selector, _word(address(this)));
        if (kind == AssetKind.ERC721) {
            return _read(token, IERC721.ownerOf.selector, tokenId) == _word(address(this)) ? 1 : 0;
        }
        if (kind == AssetKind.ERC6909) return IERC6909(token).balanceOf(address(this), tokenId);
        return IERC1155(token).balanceOf(address(this), tokenId);
    }

    /// @dev A call that is to be answered by yes. Old tokens answer nothing, and then only the code tells them from an
    /// empty account.
    function _transfer(address token, uint256 gasCap, bytes4 selector, uint256 count, uint256 a, uint256 b, uint256 c)
        private
        returns (bool)
    {
        (bool done, uint256 size, uint256 answer) = _call(token, gasCap, selector, count, a, b, c);
        return done && (size == 0 ? token.code.length != 0 : answer == 1);
    }

    function _transferFrom(address token, uint256 gasCap, address to, uint256 tokenId) private returns (bool) {
        bytes4 selector = IERC721.transferFrom.selector;
        (bool done,,) = _call(token, gasCap, selector, 3, _word(address(this)), _word(to), tokenId);
        return done && token.code.length != 0;
    }

    function _word(address account) private pure returns (uint256) {
        return uint160(account);
    }

    /// @dev A call with the first `count` of three words. Like the one below, it reads at most one word of the answer, so
    /// that a long one costs its sender only.
    function _call(address target, uint256 gasCap, bytes4 selector, uint256 count, uint256 a, uint256 b, uint256 c)
        private
        returns (bool done, uint256 size, uint256 answer)
    {
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, selector)
            mstore(add(data, 0x04), a)
            mstore(add(data, 0x24), b)
            mstore(add(data, 0x44), c)
            mstore(0, 0)
            done := call(gasCap, target, 0, data, add(0x04, shl(5, count)), 0, 0x20)
            size := returndatasize()
            answer := mload(0)
        }
    }

    function _call(address target, uint256 value, uint256 gasCap, bytes memory data)
        private
        returns (bool done, uint256 size, uint256 answer)
    {
        assembly ("memory-safe") {
            mstore(0, 0)
            done := call(gasCap, target, value, add(data, 0x20), mload(data), 0, 0x20)
            size := returndatasize()
            answer := mload(0)
        }
    }

    /// @dev Asks a token for one word by one word, and reverts as it does, or if it does not answer with one.
    function _read(address token, bytes4 selector, uint256 argument) private view returns (uint256 answer) {
        assembly ("memory-safe") {
            mstore(0, selector)
            mstore(0x04, argument)
            let done := staticcall(gas(), token, 0, 0x24, 0, 0x20)
            if or(iszero(done), lt(returndatasize(), 0x20)) {
                let reason := mload(0x40)
                returndatacopy(reason, 0, returndatasize())
                revert(reason, returndatasize())
            }
            answer := mload(0)
        }
    }
}
