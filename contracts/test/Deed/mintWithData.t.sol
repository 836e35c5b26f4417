// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeed} from "../../src/interfaces/IDeed.sol";
import {Document, DocumentStatus} from "../../src/types/Document.sol";
import {Id} from "../../src/types/Id.sol";
import {DeedBase} from "./DeedBase.t.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

contract DeedMintWithDataTest is DeedBase {
    Document internal document;
    Id internal id;

    function setUp() public override {
        super.setUp();
        document = _document("root");
        id = registry.id(document);
        vm.prank(alice);
        registry.register(document);
    }

    function testFuzz_MintsAsMintDoes(bytes calldata data) public {
        uint256 tokenId = uint256(Id.unwrap(id));
        vm.expectEmit(address(deed));
        emit IERC721.Transfer(address(0), bob, tokenId);
        _expectAttached(address(deed), alice, data);
        vm.prank(alice);
        deed.mintWithData(bob, document, data);
        assertEq(deed.ownerOf(tokenId), bob);
    }

    function test_RevertWhen_NoRole() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, bob));
        vm.prank(bob);
        deed.mintWithData(bob, document, DATA);
    }

    function test_RevertWhen_NotIssuer() public {
        _grantRole(bob);
        vm.expectRevert(abi.encodeWithSelector(IDeed.NotIssuer.selector, alice, bob));
        vm.prank(bob);
        deed.mintWithData(bob, document, DATA);
    }

    function test_RevertWhen_NotLive() public {
        vm.startPrank(alice);
        registry.revoke(document);
        vm.expectRevert(abi.encodeWithSelector(IDeed.NotLive.selector, id, DocumentStatus.Revoked));
        deed.mintWithData(bob, document, DATA);
    }

    function test_RevertWhen_Burned() public {
        vm.startPrank(alice);
        deed.mintWithData(alice, document, DATA);
        deed.burn(uint256(Id.unwrap(id)));
        vm.expectRevert(abi.encodeWithSelector(IDeed.AlreadyBurned.selector, id));
        deed.mintWithData(alice, document, DATA);
    }

    function test_RevertWhen_DataTooLong() public {
        (bytes memory data, bytes memory refusal) = _tooLong();
        vm.expectRevert(refusal);
        vm.prank(alice);
        deed.mintWithData(bob, document, data);
    }
}
