// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Deed} from "../../src/Deed.sol";
import {IDeed} from "../../src/interfaces/IDeed.sol";
import {Document, DocumentStatus} from "../../src/types/Document.sol";
import {Id} from "../../src/types/Id.sol";
import {DeedBase} from "./DeedBase.t.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

contract DeedMintTest is DeedBase {
    Document internal document;
    Id internal id;
    uint256 internal tokenId;

    function setUp() public override {
        super.setUp();
        document = _document("root");
        id = registry.id(document);
        tokenId = uint256(Id.unwrap(id));
        vm.prank(alice);
        registry.register(document);
    }

    function test_BindsTheDocument() public {
        vm.expectEmit();
        emit IERC721.Transfer(address(0), bob, tokenId);
        vm.prank(alice);
        deed.mint(bob, document);
        assertEq(deed.ownerOf(tokenId), bob);
        assertEq(uint8(deed.documentStatus(tokenId)), uint8(DocumentStatus.Live));
        assertEq(address(deed.registry()), address(registry));

        vm.prank(alice);
        registry.revoke(document);
        assertEq(uint8(deed.documentStatus(tokenId)), uint8(DocumentStatus.Revoked));
        assertEq(deed.ownerOf(tokenId), bob);
    }

    function test_NeedsNoReceiverHook() public {
        vm.prank(alice);
        deed.mint(address(registry), document);
        assertEq(deed.ownerOf(tokenId), address(registry));
    }

    function test_RevertWhen_NoRole() public {
        document.issuer = bob;
        vm.startPrank(bob);
        registry.register(document);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, bob));
        deed.mint(bob, document);
    }

    function test_RevertWhen_NotIssuer() public {
        _grantRole(bob);
        vm.expectRevert(abi.encodeWithSelector(IDeed.NotIssuer.selector, alice, bob));
        vm.prank(bob);
        deed.mint(bob, document);
    }

    function test_RevertWhen_NotLive() public {
        Document memory unknown = _document("unknown");
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IDeed.NotLive.selector, registry.id(unknown), DocumentStatus.None));
        deed.mint(bob, unknown);

        registry.revoke(document);
        vm.expectRevert(abi.encodeWithSelector(IDeed.NotLive.selector, id, DocumentStatus.Revoked));
        deed.mint(bob, document);
    }

    function test_RevertWhen_Minted() public {
        vm.startPrank(alice);
        deed.mint(bob, document);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidSender.selector, address(0)));
        deed.mint(bob, document);
    }

    function test_RevertWhen_Burned() public {
        vm.startPrank(alice);
        deed.mint(alice, document);
        deed.burn(tokenId);
        vm.expectRevert(abi.encodeWithSelector(IDeed.AlreadyBurned.selector, tokenId));
        deed.mint(alice, document);
    }
}
