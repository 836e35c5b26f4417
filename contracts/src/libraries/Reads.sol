// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

/// @title Reads
/// @notice Asks tokens what an account has, and reverts as they do.
library Reads {
    error NoAnswer(address token);

    /// @notice How much of an ERC-20 an account has.
    function balanceOf(address token, address account) internal view returns (uint256) {
        return _read(token, IERC20.balanceOf.selector, uint160(account));
    }

    /// @notice Whether an account has an ERC-721.
    function isOwner(address token, address account, uint256 tokenId) internal view returns (bool) {
        return _read(token, IERC721.ownerOf.selector, tokenId) == uint160(account);
    }

    /// @dev One word by one word. In scratch memory, because most deals ask twice.
    function _read(address token, bytes4 selector, uint256 argument) private view returns (uint256 answer) {
        bool answered;
        assembly ("memory-safe") {
            mstore(0, selector)
            mstore(0x04, argument)
            if iszero(staticcall(gas(), token, 0, 0x24, 0, 0x20)) {
                let reason := mload(0x40)
                returndatacopy(reason, 0, returndatasize())
                revert(reason, returndatasize())
            }
            answered := gt(returndatasize(), 0x1f)
            answer := mload(0)
        }
        require(answered, NoAnswer(token));
    }
}
