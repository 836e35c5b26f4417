// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDocumentRegistry} from "../../src/interfaces/IDocumentRegistry.sol";
import {Document, DocumentStatus} from "../../src/types/Document.sol";
import {Id} from "../../src/types/Id.sol";
import {Base} from "../Base.t.sol";

contract DocumentRegistrySupersedeTest is Base {
    Document internal old;
    Document internal next;
    Id internal oldId;

    function setUp() public override {
        super.setUp();
        old = _document("old");
        oldId = registry.id(old);
        next = _document("next");
        next.previous = oldId;
        vm.prank(alice);
        registry.register(old);
        vm.warp(T0 + 100);
    }

    function test_Replaces() public {
        Id nextId = registry.id(next);
        vm.expectEmit();
        emit IDocumentRegistry.Registered(nextId, alice, next);
        vm.expectEmit();
        emit IDocumentRegistry.Superseded(oldId, nextId);
        vm.prank(alice);
        registry.supersede(old, next);
        assertEq(uint8(registry.statusOf(oldId)), uint8(DocumentStatus.Superseded));
        assertEq(registry.issuedAt(oldId), T0);
        assertEq(registry.endedAt(oldId), T0 + 100);
        assertEq(uint8(registry.statusOf(nextId)), uint8(DocumentStatus.Live));
        assertEq(registry.issuedAt(nextId), T0 + 100);
        assertEq(registry.endedAt(nextId), 0);
    }

    function test_RevertWhen_OldIsNotLive() public {
        Document memory unknown = _document("unknown");
        vm.startPrank(alice);
        vm.expectRevert(
            abi.encodeWithSelector(IDocumentRegistry.BadStatus.selector, registry.id(unknown), DocumentStatus.None)
        );
        registry.supersede(unknown, next);

        registry.supersede(old, next);
        vm.expectRevert(abi.encodeWithSelector(IDocumentRegistry.BadStatus.selector, oldId, DocumentStatus.Superseded));
        registry.supersede(old, next);
        vm.expectRevert(abi.encodeWithSelector(IDocumentRegistry.BadStatus.selector, oldId, DocumentStatus.Superseded));
        registry.revoke(old);
    }

    function test_RevertWhen_NotIssuer() public {
        vm.expectRevert(abi.encodeWithSelector(IDocumentRegistry.NotIssuer.selector, alice, bob));
        vm.prank(bob);
        registry.supersede(old, next);
        next.issuer = bob;
        vm.expectRevert(abi.encodeWithSelector(IDocumentRegistry.NotIssuer.selector, bob, alice));
        vm.prank(alice);
        registry.supersede(old, next);
    }

    function test_RevertWhen_BadPrevious() public {
        next.previous = Id.wrap(0);
        vm.expectRevert(abi.encodeWithSelector(IDocumentRegistry.BadPrevious.selector, Id.wrap(0), oldId));
        vm.prank(alice);
        registry.supersede(old, next);
    }

    function test_RevertWhen_NextIsMalformed() public {
        next.root = 0;
        vm.expectRevert(IDocumentRegistry.ZeroRoot.selector);
        vm.prank(alice);
        registry.supersede(old, next);
    }
}
