// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeed} from "../../src/interfaces/IDeed.sol";
import {Document} from "../../src/types/Document.sol";
import {Id} from "../../src/types/Id.sol";
import {DeedBase} from "./DeedBase.t.sol";
import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

contract DeedRefreshTest is DeedBase {
    uint256 internal tokenId;

    function setUp() public override {
        super.setUp();
        tokenId = _mintDeed("root");
    }

    function test_AnyoneTellsOnceThatTheDocumentEnded() public {
        vm.prank(alice);
        registry.revoke(_document("root"));
        vm.expectEmit(address(deed));
        emit IERC4906.MetadataUpdate(tokenId);
        vm.prank(carol);
        deed.refresh(tokenId);

        vm.expectRevert(abi.encodeWithSelector(IDeed.NothingNew.selector, tokenId));
        deed.refresh(tokenId);
    }

    function test_ASupersededDocumentEndedToo() public {
        Document memory next = _document("next");
        next.previous = Id.wrap(bytes32(tokenId));
        vm.prank(alice);
        registry.supersede(_document("root"), next);
        vm.expectEmit(address(deed));
        emit IERC4906.MetadataUpdate(tokenId);
        deed.refresh(tokenId);
    }

    function test_RevertWhen_TheDocumentIsLive() public {
        vm.expectRevert(abi.encodeWithSelector(IDeed.NothingNew.selector, tokenId));
        deed.refresh(tokenId);
    }

    function test_RevertWhen_NobodyHoldsTheDeed() public {
        vm.startPrank(alice);
        registry.revoke(_document("root"));
        deed.burn(tokenId);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, tokenId));
        deed.refresh(tokenId);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 1));
        deed.refresh(1);
    }
}
