// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Deed} from "../../../src/Deed.sol";
import {DocumentRegistry} from "../../../src/DocumentRegistry.sol";
import {Document, DocumentStatus} from "../../../src/types/Document.sol";
import {Id} from "../../../src/types/Id.sol";
import {TokenHandler} from "./TokenHandler.sol";
import {IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice Issuers register, mint and revoke, holders pass on and burn, at random. What is believed of a deed is from
/// events alone.
contract DeedHandler is TokenHandler {
    /// @dev What the events say of a deed.
    struct Ghost {
        address owner;
        uint256 mints;
        uint256 burns;
        uint256 updates;
    }

    uint256 public constant DOCUMENTS = 8;

    DocumentRegistry public immutable registry = new DocumentRegistry();
    Deed public immutable deed;
    mapping(uint256 tokenId => Ghost) public ghosts;

    constructor() {
        deed = new Deed("Deed", "DEED", registry, address(manager));
        _open(address(deed), Deed.mint.selector);
        _open(address(deed), Deed.mintWithData.selector);
    }

    modifier recorded() {
        vm.recordLogs();
        _;
        _replay(vm.getRecordedLogs());
    }

    function register(uint256 which) external {
        Document memory document = documentOf(which);
        bool works = registry.statusOf(registry.id(document)) == DocumentStatus.None;
        _call("register", document.issuer, address(registry), abi.encodeCall(registry.register, (document)), works);
    }

    function revoke(uint256 which) external {
        if (which % 3 != 0) return;
        Document memory document = documentOf(which / 3);
        bool works = registry.statusOf(registry.id(document)) == DocumentStatus.Live;
        _call("revoke", document.issuer, address(registry), abi.encodeCall(registry.revoke, (document)), works);
    }

    function mint(uint256 which, uint256 who, uint256 to, bool withData) external recorded {
        Document memory document = documentOf(which);
        address caller = who % 2 == 0 ? document.issuer : _actor(who);
        bool live = registry.statusOf(registry.id(document)) == DocumentStatus.Live;
        bool fresh = ghosts[tokenIdOf(which)].mints == 0;
        bytes memory data = withData
            ? abi.encodeCall(deed.mintWithData, (_actor(to), document, "x"))
            : abi.encodeCall(deed.mint, (_actor(to), document));
        bool works = live && fresh && caller == document.issuer && _isIssuer(caller);
        _call("mint", caller, address(deed), data, works);
    }

    function transfer(uint256 which, uint256 who, uint256 to, bool withData) external recorded {
        uint256 tokenId = tokenIdOf(which);
        address owner = ghosts[tokenId].owner;
        address caller = who % 4 == 0 || owner == address(0) ? _actor(who) : owner;
        bytes memory data = withData
            ? abi.encodeCall(deed.transferWithData, (owner, _actor(to), tokenId, "x"))
            : abi.encodeCall(deed.transferFrom, (owner, _actor(to), tokenId));
        bool allowed = caller == owner || (owner != address(0) && deed.isApprovedForAll(owner, caller));
        _call("transfer", caller, address(deed), data, allowed && owner != address(0));
    }

    function trust(uint256 who, uint256 operator, bool on) external {
        bytes memory data = abi.encodeCall(deed.setApprovalForAllWithData, (_actor(operator), on, "x"));
        _call("trust", _actor(who), address(deed), data, true);
    }

    function burn(uint256 which, uint256 who, bool withData) external recorded {
        uint256 tokenId = tokenIdOf(which);
        address owner = ghosts[tokenId].owner;
        address caller = who % 2 == 0 || owner == address(0) ? _actor(who) : owner;
        bytes memory data =
            withData ? abi.encodeCall(deed.burnWithData, (caller, tokenId, "x")) : abi.encodeCall(deed.burn, (tokenId));
        _call("burn", caller, address(deed), data, caller == owner);
    }

    function refresh(uint256 which, uint256 who) external recorded {
        uint256 tokenId = tokenIdOf(which);
        Ghost memory ghost = ghosts[tokenId];
        bool ended = registry.statusOf(Id.wrap(bytes32(tokenId))) == DocumentStatus.Revoked;
        bool works = ghost.owner != address(0) && ended && ghost.updates == 0;
        _call("refresh", _actor(who), address(deed), abi.encodeCall(deed.refresh, (tokenId)), works);
    }

    /// @dev One of a few documents; the issuers of some have no role.
    function documentOf(uint256 which) public view returns (Document memory) {
        which %= DOCUMENTS;
        return Document({
            issuer: actors[which % 3],
            root: bytes32(which + 1),
            chunks: 3,
            chunkSize: 1024,
            size: 2500,
            schema: 0,
            previous: Id.wrap(0)
        });
    }

    function tokenIdOf(uint256 which) public view returns (uint256) {
        return uint256(Id.unwrap(registry.id(documentOf(which))));
    }

    function _replay(Vm.Log[] memory logs) private {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(deed)) continue;
            if (logs[i].topics[0] == IERC4906.MetadataUpdate.selector) {
                ++ghosts[abi.decode(logs[i].data, (uint256))].updates;
            } else if (logs[i].topics[0] == IERC721.Transfer.selector) {
                Ghost storage ghost = ghosts[uint256(logs[i].topics[3])];
                assertEq(ghost.owner, address(uint160(uint256(logs[i].topics[1]))));
                ghost.owner = address(uint160(uint256(logs[i].topics[2])));
                if (logs[i].topics[1] == 0) ++ghost.mints;
                if (logs[i].topics[2] == 0) ++ghost.burns;
            }
        }
    }
}
