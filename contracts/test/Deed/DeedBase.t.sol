// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Deed} from "../../src/Deed.sol";
import {DocumentRegistry} from "../../src/DocumentRegistry.sol";
import {Document} from "../../src/types/Document.sol";
import {Id} from "../../src/types/Id.sol";
import {TokenBase} from "../TokenBase.t.sol";

/// @notice Deeds that Alice may mint, for documents that she registered.
abstract contract DeedBase is TokenBase {
    DocumentRegistry internal registry;
    Deed internal deed;

    function setUp() public virtual override {
        super.setUp();
        registry = new DocumentRegistry();
        deed = new Deed("Test Deed", "TDEED", registry, address(manager));
        _open(address(deed), Deed.mint.selector);
        _open(address(deed), Deed.mintWithData.selector);
        _open(address(deed), deed.setContractURI.selector);
    }

    function _document(bytes32 root) internal view returns (Document memory) {
        return Document({
            issuer: alice,
            root: root,
            chunks: 3,
            chunkSize: 1024,
            size: 2500,
            schema: keccak256("schema"),
            previous: Id.wrap(0)
        });
    }

    /// @dev Registers a document, and mints its deed to Alice.
    function _mintDeed(bytes32 root) internal returns (uint256 tokenId) {
        Document memory document = _document(root);
        vm.startPrank(alice);
        registry.register(document);
        deed.mint(alice, document);
        vm.stopPrank();
        return uint256(Id.unwrap(registry.id(document)));
    }
}
