// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cash} from "../../src/Cash.sol";
import {Item} from "../../src/Item.sol";
import {ITokenFactory} from "../../src/interfaces/ITokenFactory.sol";
import {FactoryBase} from "./FactoryBase.t.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

/// @notice setIssuer, setAuthority, canCall, and the states of a token.
contract TokenFactoryIssuerTest is FactoryBase {
    Cash internal cash;
    Item internal item;

    function setUp() public override {
        super.setUp();
        vm.startPrank(alice);
        cash = Cash(factory.create("Money", "MNY", true, DATA));
        item = Item(factory.create("Items", "ITM", false, DATA, "https://items.example/"));
        vm.stopPrank();
    }

    function test_OnlyTheIssuerMints() public {
        vm.startPrank(alice);
        cash.mint(carol, 5);
        cash.mintWithData(carol, 5, DATA);
        item.mintWithURI(carol, DATA, "own");
        cash.setContractURI("x");
        assertEq(cash.balanceOf(carol), 10);
        assertEq(item.ownerOf(1), carol);
        address[3] memory others = [bob, address(factory), address(0)];
        for (uint256 i = 0; i < others.length; ++i) {
            _assertMayNot(others[i]);
        }
    }

    function test_TheIssuerOfOneIsNotTheIssuerOfAnother() public {
        vm.prank(bob);
        Cash other = Cash(factory.create("Money", "MNY", true, DATA));
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, alice));
        vm.prank(alice);
        other.mint(alice, 1);
        assertFalse(factory.canCall(alice, address(other), Cash.mint.selector));
        assertTrue(factory.canCall(bob, address(other), Cash.mint.selector));
    }

    function test_TheIssuerHandsOn() public {
        vm.expectEmit(address(factory));
        emit ITokenFactory.IssuerSet(address(cash), bob);
        vm.prank(alice);
        factory.setIssuer(address(cash), bob);
        assertEq(factory.issuerOf(address(cash)), bob);
        _assertMayNot(alice);
        vm.prank(bob);
        cash.mint(carol, 1);
        // The other token stays Alice's.
        vm.prank(alice);
        item.mint(carol);
    }

    function test_GivenUpIsForGood() public {
        vm.startPrank(alice);
        cash.mint(carol, 1);
        factory.setIssuer(address(cash), address(0));
        vm.expectRevert(abi.encodeWithSelector(ITokenFactory.NotIssuer.selector, address(cash), alice));
        factory.setIssuer(address(cash), alice);
        vm.stopPrank();
        _assertMayNot(alice);
        _assertMayNot(address(0));
        // What is held stays money.
        vm.prank(carol);
        cash.transfer(bob, 1);
        assertEq(cash.balanceOf(bob), 1);
    }

    function test_TheIssuerTakesItsTokenAway() public {
        _open(address(cash), Cash.mint.selector);
        _grantRole(bob);
        vm.expectEmit(address(factory));
        emit ITokenFactory.IssuerSet(address(cash), address(0));
        vm.expectEmit(address(cash));
        emit IAccessManaged.AuthorityUpdated(address(manager));
        vm.prank(alice);
        factory.setAuthority(address(cash), address(manager));
        assertEq(cash.authority(), address(manager));
        vm.prank(bob);
        cash.mint(carol, 1);
        _revokeRole(alice);
        _assertMayNot(alice);
    }

    function test_RevertWhen_TheNewAuthorityIsNoContract() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedInvalidAuthority.selector, bob));
        vm.prank(alice);
        factory.setAuthority(address(cash), bob);
        assertEq(factory.issuerOf(address(cash)), alice);
    }

    function test_RevertWhen_NotIssuer() public {
        bytes memory refusal = abi.encodeWithSelector(ITokenFactory.NotIssuer.selector, address(cash), bob);
        vm.startPrank(bob);
        vm.expectRevert(refusal);
        factory.setIssuer(address(cash), bob);
        vm.expectRevert(refusal);
        factory.setAuthority(address(cash), address(manager));
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, bob));
        cash.setAuthority(address(manager));
    }

    /// @notice The drawing in ITokenFactory: what the issuer may do with a token that is None, Ours or Left.
    function test_AllowedEdges() public {
        vm.startPrank(alice);
        factory.setAuthority(address(item), address(manager));
        address none = factory.predict(alice, 2, "Money", "MNY", true, "");
        address[3] memory tokens = [none, address(cash), address(item)];
        for (uint256 i = 0; i < tokens.length; ++i) {
            bytes[2] memory calls = [
                abi.encodeCall(factory.setIssuer, (tokens[i], alice)),
                abi.encodeCall(factory.setAuthority, (tokens[i], address(manager)))
            ];
            for (uint256 j = 0; j < calls.length; ++j) {
                uint256 state = vm.snapshotState();
                (bool done,) = address(factory).call(calls[j]);
                assertEq(done, i == 1);
                vm.revertToState(state);
            }
            assertEq(factory.canCall(alice, tokens[i], Cash.mint.selector), i == 1);
        }
    }

    function _assertMayNot(address caller) private {
        assertFalse(factory.canCall(caller, address(cash), Cash.mint.selector));
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, caller));
        vm.startPrank(caller);
        cash.mint(caller, 1);
        vm.stopPrank();
    }
}
