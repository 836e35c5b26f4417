// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Cash} from "@quittance/Cash.sol";
import {Test} from "forge-std/Test.sol";

/// @notice Issues a token: who may mint it is a role, and roles live in an AccessManager.
abstract contract Stage is Test {
    uint64 private constant ISSUER = 1;

    address internal issuer = makeAddr("issuer");
    address internal alice;
    uint256 internal aliceKey;
    address internal bob;
    uint256 internal bobKey;
    Cash internal cash;

    function setUp() public virtual {
        (alice, aliceKey) = makeAddrAndKey("alice");
        (bob, bobKey) = makeAddrAndKey("bob");

        AccessManager roles = new AccessManager(issuer);
        cash = new Cash("Example Euro", "EUR", 6, address(roles));
        bytes4[] memory minting = new bytes4[](1);
        minting[0] = Cash.mint.selector;
        vm.startPrank(issuer);
        roles.setTargetFunctionRole(address(cash), minting, ISSUER);
        roles.grantRole(ISSUER, issuer, 0);
        cash.mint(alice, 1_000e6);
        vm.stopPrank();
    }

    function _sign(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}
