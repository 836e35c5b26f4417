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
        uint256 kind = asset.kindNumber();
        address token = asset.token();
        if (kind == uint256(AssetKind.ERC20)) return _transfer(token, to, amount, gasCap);
        if (kind == uint256(AssetKind.Native)) {
            (bool sent,) = _call(to, amount, "", gasCap);
            return sent;
        }

        (bool done, bool yes) = _call(token, 0, _encode(kind, to, tokenId, amount), gasCap);
        return done && (yes || kind != uint256(AssetKind.ERC6909)) && token.code.length != 0;
    }

    /// @dev The call of the asset's standard.
    function _encode(uint256 kind, address to, uint256 tokenId, uint256 amount) private view returns (bytes memory) {
        if (kind == uint256(AssetKind.ERC721)) {
            return abi.encodeCall(IERC721.transferFrom, (address(this), to, tokenId));
        }
        if (kind == uint256(AssetKind.ERC6909)) return abi.encodeCall(IERC6909.transfer, (to, tokenId, amount));
        return abi.encodeCall(IERC1155.safeTransferFrom, (address(this), to, tokenId, amount, ""));
    }

    /// @dev The everyday case, for less gas: an ERC-20 that agrees answers yes. Old ones answer nothing, and then only
    /// the code tells them from an empty account. Like the call below, it reads at most one word of the answer, so that
    /// a long one costs its sender only.
    function _transfer(address token, address to, uint256 amount, uint256 gasCap) private returns (bool done) {
        bytes4 selector = IERC20.transfer.selector;
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, selector)
            mstore(add(data, 0x04), to)
            mstore(add(data, 0x24), amount)
            mstore(0, 0)
            done := call(gasCap, token, 0, data, 0x44, 0, 0x20)
            switch returndatasize()
            case 0 { done := and(done, gt(extcodesize(token), 0)) }
            default { done := and(done, eq(mload(0), 1)) }
        }
    }

    /// @dev Whether a call succeeded, and whether it answered yes.
    function _call(address target, uint256 value, bytes memory data, uint256 gasCap)
        private
        returns (bool done, bool yes)
    {
        assembly ("memory-safe") {
            mstore(0, 0)
            done := call(gasCap, target, value, add(data, 0x20), mload(data), 0, 0x20)
            yes := eq(mload(0), 1)
        }
    }
}
