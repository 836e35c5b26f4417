// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DocumentRegistry} from "../../src/DocumentRegistry.sol";
import {IDocumentRegistry} from "../../src/interfaces/IDocumentRegistry.sol";
import {Document, DocumentStatus} from "../../src/types/Document.sol";
import {Id} from "../../src/types/Id.sol";
import {Base} from "../Base.t.sol";

contract DocumentRegistryRegisterTest is Base {
    function test_MakesLive() public {
        Document memory document = _document("root");
        Id id = registry.id(document);
        assertEq(uint8(registry.statusOf(id)), uint8(DocumentStatus.None));
        vm.expectEmit();
        emit IDocumentRegistry.Registered(id, alice, document);
        vm.prank(alice);
        registry.register(document);
        assertEq(uint8(registry.statusOf(id)), uint8(DocumentStatus.Live));
        assertEq(registry.issuedAt(id), T0);
        assertEq(registry.endedAt(id), 0);
    }

    function test_RevertWhen_PreviousIsGiven() public {
        Document memory document = _document("root");
        document.previous = Id.wrap("other");
        vm.expectRevert(abi.encodeWithSelector(IDocumentRegistry.BadPrevious.selector, document.previous, Id.wrap(0)));
        vm.prank(alice);
        registry.register(document);
    }

    function test_RevertWhen_Known() public {
        Document memory document = _document("root");
        Id id = registry.id(document);
        vm.startPrank(alice);
        registry.register(document);
        vm.expectRevert(abi.encodeWithSelector(IDocumentRegistry.BadStatus.selector, id, DocumentStatus.Live));
        registry.register(document);
        registry.revoke(document);
        vm.expectRevert(abi.encodeWithSelector(IDocumentRegistry.BadStatus.selector, id, DocumentStatus.Revoked));
        registry.register(document);
    }

    function test_RevertWhen_NotIssuer() public {
        vm.expectRevert(abi.encodeWithSelector(IDocumentRegistry.NotIssuer.selector, alice, bob));
        vm.prank(bob);
        registry.register(_document("root"));
    }

    function test_RevertWhen_ZeroRoot() public {
        vm.expectRevert(IDocumentRegistry.ZeroRoot.selector);
        vm.prank(alice);
        registry.register(_document(0));
    }

    function test_RevertWhen_BadChunkSize() public {
        Document memory document = _document("root");
        uint32[6] memory bad = [uint32(0), 32, 255, 512, 4097, type(uint32).max];
        vm.startPrank(alice);
        for (uint256 i = 0; i < bad.length; ++i) {
            document.chunkSize = bad[i];
            vm.expectRevert(abi.encodeWithSelector(IDocumentRegistry.BadChunkSize.selector, bad[i]));
            registry.register(document);
        }
    }

    /// @dev 224, 992 and 4064 bytes of data fit in a chunk.
    function test_ChunkEdges() public {
        uint32[3] memory sizes = [uint32(256), 1024, 4096];
        vm.startPrank(alice);
        for (uint256 i = 0; i < 3; ++i) {
            uint64 data = sizes[i] - 32;
            _accepts(sizes[i], 1, 1);
            _accepts(sizes[i], data, 1);
            _accepts(sizes[i], data + 1, 2);
            _accepts(sizes[i], data << 24, 1 << 24);
            _refuses(sizes[i], 0, 0, 0);
            _refuses(sizes[i], 0, 1, 0);
            _refuses(sizes[i], data, 2, 1);
            _refuses(sizes[i], data + 1, 1, 2);
            _refuses(sizes[i], (data << 24) + 1, (1 << 24) + 1, (1 << 24) + 1);
        }
        _refuses(256, type(uint64).max, 1, (uint256(type(uint64).max) + 223) / 224);
    }

    function testFuzz_ChunksHoldExactlySize(uint8 which, uint64 size, uint32 chunks) public {
        uint32 chunkSize = [uint32(256), 1024, 4096][which % 3];
        uint64 data = chunkSize - 32;
        size = uint64(bound(size, 1, uint256(data) << 24));
        uint32 right = uint32(size % data == 0 ? size / data : size / data + 1);
        vm.startPrank(alice);
        _accepts(chunkSize, size, right);
        if (chunks != right) _refuses(chunkSize, size, chunks, right);
    }

    function test_IsTheTypedDataDigest() public {
        Document memory document = _document("root");
        bytes32 typeHash = keccak256(
            "Document(address issuer,bytes32 root,uint32 chunks,uint32 chunkSize,uint64 size,bytes32 schema,bytes32 previous)"
        );
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Quittance DocumentRegistry"),
                keccak256("1"),
                block.chainid,
                address(registry)
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", domain, keccak256(abi.encode(typeHash, document))));
        assertEq(Id.unwrap(registry.id(document)), digest);

        assertNotEq(Id.unwrap(new DocumentRegistry().id(document)), digest);
        vm.chainId(block.chainid + 1);
        assertNotEq(Id.unwrap(registry.id(document)), digest);
    }

    function _accepts(uint32 chunkSize, uint64 size, uint32 chunks) private {
        Document memory document = _sized(chunkSize, size, chunks);
        registry.register(document);
        assertEq(uint8(registry.statusOf(registry.id(document))), uint8(DocumentStatus.Live));
    }

    function _refuses(uint32 chunkSize, uint64 size, uint32 chunks, uint256 expected) private {
        vm.expectRevert(abi.encodeWithSelector(IDocumentRegistry.BadChunkCount.selector, chunks, expected));
        registry.register(_sized(chunkSize, size, chunks));
    }

    function _sized(uint32 chunkSize, uint64 size, uint32 chunks) private view returns (Document memory document) {
        document = _document("root");
        (document.chunkSize, document.size, document.chunks) = (chunkSize, size, chunks);
    }
}
