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
            return _agreed(token, gasCap, abi.encodeCall(IERC20.transfer, (to, amount)), true);
        }
        if (kind == AssetKind.ERC721) {
            return _agreed(token, gasCap, abi.encodeCall(IERC721.transferFrom, (address(this), to, tokenId)), false);
        }
        if (kind == AssetKind.ERC1155) {
            bytes memory data = abi.encodeCall(IERC1155.safeTransferFrom, (address(this), to, tokenId, amount, ""));
            return _agreed(token, gasCap, data, false);
        }
        if (kind == AssetKind.ERC6909) {
            return _agreed(token, gasCap, abi.encodeCall(IERC6909.transfer, (to, tokenId, amount)), true);
        }
        (bool sent,,) = _call(to, amount, gasCap, "");
        return sent;
    }

    /// @dev Whether a token did as told: it has code, did not revert, and did not answer anything but yes.
    function _agreed(address token, uint256 gasCap, bytes memory data, bool answers) private returns (bool) {
        (bool done, uint256 size, uint256 answer) = _call(token, 0, gasCap, data);
        if (!done) return false;
        // Old tokens answer nothing; then only the code tells them from an empty account.
        return size == 0 || !answers ? token.code.length != 0 : answer == 1;
    }

    /// @dev A call that reads at most one word of the answer, so that a long one costs its sender only.
    function _call(address target, uint256 value, uint256 gasCap, bytes memory data)
        private
        returns (bool done, uint256 size, uint256 answer)
    {
        assembly ("memory-safe") {
            mstore(0, 0)
            done := call(gasCap, target, value, add(data, 32), mload(data), 0, 32)
            size := returndatasize()
            answer := mload(0)
        }
    }
}
