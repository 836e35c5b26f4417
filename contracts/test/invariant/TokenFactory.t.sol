// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cash} from "../../src/Cash.sol";
import {Item} from "../../src/Item.sol";
import {TokenFactory} from "../../src/TokenFactory.sol";
import {TokenFactoryHandler} from "./handlers/TokenFactoryHandler.sol";
import {Test} from "forge-std/Test.sol";

contract TokenFactoryInvariants is Test {
    TokenFactoryHandler internal handler;
    TokenFactory internal factory;

    function setUp() public {
        handler = new TokenFactoryHandler();
        factory = handler.factory();
        bytes4[] memory selectors = new bytes4[](6);
        selectors[0] = TokenFactoryHandler.create.selector;
        selectors[1] = TokenFactoryHandler.mint.selector;
        selectors[2] = TokenFactoryHandler.mint.selector;
        selectors[3] = TokenFactoryHandler.burn.selector;
        selectors[4] = TokenFactoryHandler.setIssuer.selector;
        selectors[5] = TokenFactoryHandler.setAuthority.selector;
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
        targetContract(address(handler));
    }

    /// @notice A token obeys the factory exactly until its issuer takes it away, and the factory names its issuer.
    function invariant_OneSayPerToken() public view {
        for (uint256 i = 0; i < handler.tokenCount(); ++i) {
            address token = handler.tokens(i);
            address authority = Cash(token).authority();
            assertEq(authority, handler.left(token) ? address(handler.manager()) : address(factory));
            assertEq(factory.issuerOf(token), handler.issuers(token));
            if (handler.left(token)) assertEq(factory.issuerOf(token), address(0));
            for (uint256 j = 0; j < handler.ACTORS(); ++j) {
                address actor = handler.actors(j);
                assertEq(factory.canCall(actor, token, 0), actor == handler.issuers(token));
            }
            assertFalse(factory.canCall(address(0), token, 0));
        }
    }

    /// @notice What there is was minted by issuers: the supply of each Cash, and the numbers of each Item.
    function invariant_OnlyIssuersMinted() public view {
        for (uint256 i = 0; i < handler.tokenCount(); ++i) {
            address token = handler.tokens(i);
            uint256 minted = handler.fungible(token) ? Cash(token).totalSupply() : Item(token).minted();
            assertEq(minted, handler.minted(token));
        }
    }
}
