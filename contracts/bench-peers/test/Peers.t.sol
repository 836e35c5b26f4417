// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PlainCash, PlainDeed} from "../src/Tokens.sol";
import {Test} from "forge-std/Test.sol";

/// @notice The stage of every measurement: parties that have dealt before. Each holds some cash and a deed already and
/// keeps some of both afterwards, so no balance goes from or to zero; allowances are given once and without end.
abstract contract Peers is Test {
    uint256 internal constant T0 = 1_800_000_000;
    uint256 internal constant DEADLINE = T0 + 1 days;
    uint256 internal constant PRICE = 250_000e6;
    uint256 internal constant SOLD = uint256(keccak256("sold"));

    PlainCash internal cash = new PlainCash();
    PlainDeed internal deed = new PlainDeed();

    address internal alice;
    uint256 internal aliceKey;
    address internal bob;
    uint256 internal bobKey;
    address internal carol = makeAddr("carol");

    function setUp() public virtual {
        vm.warp(T0);
        (alice, aliceKey) = makeAddrAndKey("alice");
        (bob, bobKey) = makeAddrAndKey("bob");
        cash.mint(alice, 1e6);
        cash.mint(bob, 4 * PRICE);
        deed.mint(alice, SOLD);
        deed.mint(alice, uint256(keccak256("alice keeps")));
        deed.mint(bob, uint256(keccak256("bob keeps")));
        vm.deal(alice, 1 ether);
        vm.deal(bob, 10 ether);
    }

    /// @dev Alice's deeds and Bob's cash may be taken by `spender`.
    function _approve(address spender) internal {
        vm.prank(alice);
        deed.setApprovalForAll(spender, true);
        vm.prank(bob);
        cash.approve(spender, type(uint256).max);
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}
