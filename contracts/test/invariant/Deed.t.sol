// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Deed} from "../../src/Deed.sol";
import {DeedHandler} from "./handlers/DeedHandler.sol";
import {Test} from "forge-std/Test.sol";

contract DeedInvariants is Test {
    DeedHandler internal handler;
    Deed internal deed;

    function setUp() public {
        handler = new DeedHandler();
        deed = handler.deed();
        bytes4[] memory selectors = new bytes4[](8);
        selectors[0] = DeedHandler.register.selector;
        selectors[1] = DeedHandler.revoke.selector;
        selectors[2] = DeedHandler.mint.selector;
        selectors[3] = DeedHandler.mint.selector;
        selectors[4] = DeedHandler.transfer.selector;
        selectors[5] = DeedHandler.trust.selector;
        selectors[6] = DeedHandler.burn.selector;
        selectors[7] = DeedHandler.refresh.selector;
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
        targetContract(address(handler));
    }

    /// @notice A deed is minted once, burned once at most, and then gone for good; its end is told once.
    function invariant_OneLifeEach() public view {
        for (uint256 i = 0; i < handler.DOCUMENTS(); ++i) {
            uint256 tokenId = handler.tokenIdOf(i);
            (address owner, uint256 mints, uint256 burns, uint256 updates) = handler.ghosts(tokenId);
            assertLe(mints, 1);
            assertLe(burns, mints);
            assertLe(updates, mints);
            assertEq(owner != address(0), mints != burns);
            assertEq(deed.burned(tokenId), burns == 1);
            if (owner != address(0)) assertEq(deed.ownerOf(tokenId), owner);
        }
    }

    /// @notice The holders hold as many as were minted and not burned.
    function invariant_BalancesCountTheDeeds() public view {
        uint256 alive;
        for (uint256 i = 0; i < handler.DOCUMENTS(); ++i) {
            (, uint256 mints, uint256 burns,) = handler.ghosts(handler.tokenIdOf(i));
            alive += mints - burns;
        }
        uint256 held;
        for (uint256 i = 0; i < handler.ACTORS(); ++i) {
            held += deed.balanceOf(handler.actors(i));
        }
        assertEq(held, alive);
    }
}
