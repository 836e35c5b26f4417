// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721WithData} from "../../src/interfaces/IERC721WithData.sol";
import {DeedBase} from "./DeedBase.t.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

contract DeedBurnTest is DeedBase {
    function test_OwnerBurns() public {
        uint256 tokenId = _mintDeed("root");
        vm.startPrank(alice);
        deed.transferFrom(alice, bob, tokenId);
        vm.startPrank(bob);
        vm.expectEmit();
        emit IERC721.Transfer(bob, address(0), tokenId);
        deed.burn(tokenId);
        assertTrue(deed.burned(tokenId));
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, tokenId));
        deed.burn(tokenId);
    }

    function test_RevertWhen_NotOwner() public {
        uint256 tokenId = _mintDeed("root");
        vm.startPrank(alice);
        deed.setApprovalForAll(carol, true);
        deed.transferFrom(alice, bob, tokenId);
        // The issuer may not burn what it sold, nor an operator what it was trusted with.
        vm.expectRevert(abi.encodeWithSelector(IERC721WithData.NotOwner.selector, tokenId, alice));
        deed.burn(tokenId);
        vm.startPrank(bob);
        deed.setApprovalForAll(carol, true);
        vm.startPrank(carol);
        vm.expectRevert(abi.encodeWithSelector(IERC721WithData.NotOwner.selector, tokenId, carol));
        deed.burn(tokenId);
        assertFalse(deed.burned(tokenId));
    }
}
