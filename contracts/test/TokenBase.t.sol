// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttaching} from "../src/interfaces/IAttaching.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Test} from "forge-std/Test.sol";

/// @notice The stage of the tests of issuance: an authority, and three accounts with keys.
abstract contract TokenBase is Test {
    uint256 internal constant T0 = 1_800_000_000;
    uint64 internal constant ISSUER = 1;
    uint256 private constant CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    /// @dev What FireFly's connector sends along with a transfer.
    bytes internal constant DATA = '{"tx":"5d1e","txtype":"token_transfer","message":"a4c2"}';

    address internal admin = makeAddr("admin");
    address internal alice;
    uint256 internal aliceKey;
    address internal bob;
    uint256 internal bobKey;
    address internal carol;
    uint256 internal carolKey;
    AccessManager internal manager;

    function setUp() public virtual {
        vm.warp(T0);
        (alice, aliceKey) = makeAddrAndKey("alice");
        (bob, bobKey) = makeAddrAndKey("bob");
        (carol, carolKey) = makeAddrAndKey("carol");
        manager = new AccessManager(admin);
        _grantRole(alice);
    }

    /// @dev Lets the issuer role call a function.
    function _open(address target, bytes4 selector) internal {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        vm.prank(admin);
        manager.setTargetFunctionRole(target, selectors, ISSUER);
    }

    function _grantRole(address account) internal {
        vm.prank(admin);
        manager.grantRole(ISSUER, account, 0);
    }

    function _revokeRole(address account) internal {
        vm.prank(admin);
        manager.revokeRole(ISSUER, account);
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev The other signature that plain ecrecover takes for the same: s' = n - s.
    function _twist(bytes memory signature) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = _parts(signature);
        return abi.encodePacked(r, bytes32(CURVE_ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
    }

    /// @dev The 64-byte form of ERC-2098.
    function _shorten(bytes memory signature) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = _parts(signature);
        return abi.encodePacked(r, bytes32(uint256(s) | uint256(v - 27) << 255));
    }

    function _parts(bytes memory signature) internal pure returns (uint8 v, bytes32 r, bytes32 s) {
        r = bytes32(_word(signature, 0));
        s = bytes32(_word(signature, 32));
        v = uint8(signature[64]);
    }

    /// @dev Expects that `token` logs the data next.
    function _expectAttached(address token, address by, bytes memory data) internal {
        vm.expectEmit(token);
        emit IAttaching.Attached(by, data);
    }

    function _tooLong() internal pure returns (bytes memory data, bytes memory refusal) {
        data = new bytes(4097);
        refusal = abi.encodeWithSelector(IAttaching.DataTooLong.selector, 4097, 4096);
    }

    /// @dev The text between `from` and `to` of a text.
    function _slice(string memory text, uint256 from, uint256 to) internal pure returns (string memory) {
        bytes memory part = new bytes(to - from);
        for (uint256 i = 0; i < part.length; ++i) {
            part[i] = bytes(text)[from + i];
        }
        return string(part);
    }

    function _word(bytes memory data, uint256 offset) private pure returns (uint256 word) {
        for (uint256 i = 0; i < 32; ++i) {
            word = word << 8 | uint8(data[offset + i]);
        }
    }
}
