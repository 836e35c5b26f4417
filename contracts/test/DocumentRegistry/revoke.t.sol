// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry} from "../../src/interfaces/IDocumentRegistry.sol";
import {Document, DocumentStatus} from "../../src/types/Document.sol";
import {Id} from "../../src/types/Id.sol";
import {Base} from "../Base.t.sol";

contract DocumentRegistryRevokeTest is Base {
    function test_TakesBack() public {
        Document memory document = _document("root");
        Id id = registry.id(document);
        vm.startPrank(alice);
        registry.register(document);
        vm.warp(T0 + 5);
        vm.expectEmit();
        emit IDocumentRegistry.Revoked(id);
        registry.revoke(document);
        assertEq(uint8(registry.statusOf(id)), uint8(DocumentStatus.Revoked));
        assertEq(registry.issuedAt(id), T0);
        assertEq(registry.endedAt(id), T0 + 5);
    }

    function test_RevertWhen_NotLive() public {
        Document memory document = _document("root");
        Id id = registry.id(document);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IDocumentRegistry.BadStatus.selector, id, DocumentStatus.None));
        registry.revoke(document);
        registry.register(document);
        registry.revoke(document);
        vm.expectRevert(abi.encodeWithSelector(IDocumentRegistry.BadStatus.selector, id, DocumentStatus.Revoked));
        registry.revoke(document);
    }

    function test_RevertWhen_NotIssuer() public {
        Document memory document = _document("root");
        vm.prank(alice);
        registry.register(document);
        vm.expectRevert(abi.encodeWithSelector(IDocumentRegistry.NotIssuer.selector, alice, bob));
        vm.prank(bob);
        registry.revoke(document);
    }
}
