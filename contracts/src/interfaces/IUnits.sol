// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {UnitClass} from "../types/UnitClass.sol";
import {IAttaching} from "./IAttaching.sol";
import {IContractUri} from "./IContractUri.sol";
import {IERC6909} from "@openzeppelin/contracts/interfaces/IERC6909.sol";

/// @title IUnits
/// @notice Many kinds of fungible units in one contract, such as the bond issues or share classes of one programme.
///
/// Why ERC-6909 and not ERC-1155: an allowance is for one class and one amount, so an escrow is trusted with exactly
/// what a deal moves, where ERC-1155 knows only trust in everything; no transfer calls the payee, so nobody can refuse
/// or enter again in the middle of a settlement; and it costs less gas (7 % on a mint, 10 % on a transfer between
/// holders, as measured before this was built). ERC-1155 tokens of others are served elsewhere.
///
/// States of a class (its id, name, symbol, decimals and issuer never change):
///
///   None --create--> Live --mint, burn, transfer, setTokenURI--> Live
///
/// Timeline: no deadlines.
///
/// A class is named by the EIP-712 digest of its UnitClass (domain name "Quittance Units", version "1"), so everybody
/// knows the id before it is there, nobody can take it for another issuer, and the same id means the same thing for
/// ever. The authority may decide who creates and mints; each issuer does so only for its own classes. Nobody but the
/// holder, or whom it approved, moves units, and only the holder burns them.
interface IUnits is IERC6909, IAttaching, IContractUri {
    /// @notice A class is Live.
    event Created(uint256 indexed id, address indexed issuer, UnitClass class);
    /// @notice `tokenURI(id)` answers `value` from now on.
    event URI(string value, uint256 indexed id);

    error NotIssuer(address issuer, address caller);
    error AlreadyCreated(uint256 id);
    error NotHolder(address from, address caller);

    /// @notice Makes a class Live. Only the issuer role, and only for a class whose issuer is the caller.
    /// Emits Created.
    function create(UnitClass calldata class) external returns (uint256 id);

    /// @notice Creates `amount` of a class for `to`. Only the issuer role, and only the issuer of the class.
    /// Emits Transfer from the zero address.
    function mint(address to, uint256 id, uint256 amount) external;

    /// @notice `mint`, carrying data. Emits Transfer, then Attached.
    function mintWithData(address to, uint256 id, uint256 amount, bytes calldata data) external;

    /// @notice `transferFrom`, carrying data. Emits Transfer, then Attached.
    function transferWithData(address from, address to, uint256 id, uint256 amount, bytes calldata data) external;

    /// @notice `approve`, carrying data. Emits Approval, then Attached.
    function approveWithData(address spender, uint256 id, uint256 amount, bytes calldata data) external returns (bool);

    /// @notice `setOperator`, carrying data. Emits OperatorSet, then Attached.
    function setOperatorWithData(address spender, bool approved, bytes calldata data) external returns (bool);

    /// @notice Destroys `amount` of the caller's own. Emits Transfer to the zero address.
    function burn(uint256 id, uint256 amount) external;

    /// @notice `burn`, carrying data: `from` must be the caller. Emits Transfer, then Attached.
    function burnWithData(address from, uint256 id, uint256 amount, bytes calldata data) external;

    /// @notice Changes where a class is described. Only its issuer, whatever its role now. Emits URI.
    function setTokenURI(uint256 id, string calldata uri) external;

    /// @notice The id of a class: the EIP-712 digest of its terms.
    function idOf(UnitClass calldata class) external view returns (uint256);

    /// @notice Who issues a class, or zero if there is none.
    function issuerOf(uint256 id) external view returns (address);
}
