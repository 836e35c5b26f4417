// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttaching} from "./IAttaching.sol";

/// @title IERC20WithData
/// @notice The calls by which FireFly's token connector moves a fungible token and sends data along. The connector
/// knows them by their ERC-165 id, 0xaefdad0f.
interface IERC20WithData is IAttaching {
    error NotHolder(address from, address caller);

    /// @notice `mint`, carrying data. Only the issuer role. Emits Transfer, then Attached.
    function mintWithData(address to, uint256 amount, bytes calldata data) external;

    /// @notice `transfer` if the caller is `from`, else `transferFrom`, carrying data. Emits Transfer, then Attached.
    function transferWithData(address from, address to, uint256 amount, bytes calldata data) external;

    /// @notice `burn`, carrying data. Only for the caller's own: `from` must be the caller. Emits Transfer, then
    /// Attached.
    function burnWithData(address from, uint256 amount, bytes calldata data) external;

    /// @notice `approve`, carrying data. Emits Approval, then Attached.
    function approveWithData(address spender, uint256 amount, bytes calldata data) external returns (bool);
}
