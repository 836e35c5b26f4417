// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Deed} from "../../src/Deed.sol";
import {IContractUri} from "../../src/interfaces/IContractUri.sol";
import {Document, DocumentStatus} from "../../src/types/Document.sol";
import {Id} from "../../src/types/Id.sol";
import {DeedBase} from "./DeedBase.t.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/// @notice docOf, tokenURI, supportsInterface, setContractURI, and the states of a deed.
contract DeedReadsTest is DeedBase {
    uint256 internal tokenId;

    function setUp() public override {
        super.setUp();
        tokenId = _mintDeed("root");
    }

    function test_DocOfSaysWhatTheRegistrySays() public {
        _assertDocument(DocumentStatus.Live, 0);
        vm.warp(T0 + 5);
        vm.prank(alice);
        registry.revoke(_document("root"));
        _assertDocument(DocumentStatus.Revoked, T0 + 5);
    }

    function test_RevertWhen_DocOfNoDeed() public {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 1));
        deed.docOf(1);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 1));
        deed.tokenURI(1);
    }

    function test_TokenUriIsMadeFromTheChain() public {
        string memory json = _json(deed);
        assertEq(vm.parseJsonString(json, ".name"), string.concat("TDEED ", Strings.toHexString(tokenId, 32)));
        assertEq(vm.parseJsonString(json, ".attributes[0].value"), "Live");
        assertEq(vm.parseJsonUint(json, ".attributes[1].value"), T0);
        assertFalse(vm.keyExistsJson(json, ".attributes[2]"));

        vm.warp(T0 + 5);
        vm.prank(alice);
        registry.revoke(_document("root"));
        json = _json(deed);
        assertEq(vm.parseJsonString(json, ".attributes[0].value"), "Revoked");
        assertEq(vm.parseJsonString(json, ".attributes[2].trait_type"), "Ended");
        assertEq(vm.parseJsonUint(json, ".attributes[2].value"), T0 + 5);
    }

    function test_TokenUriOfASupersededDocument() public {
        Document memory next = _document("next");
        next.previous = Id.wrap(bytes32(tokenId));
        vm.prank(alice);
        registry.supersede(_document("root"), next);
        assertEq(vm.parseJsonString(_json(deed), ".attributes[0].value"), "Superseded");
    }

    function test_TokenUriStaysJsonWhateverTheSymbol() public {
        Deed odd = new Deed("Odd", '","name":"\\\n', registry, address(manager));
        _open(address(odd), Deed.mint.selector);
        vm.prank(alice);
        odd.mint(alice, _document("root"));
        assertEq(
            vm.parseJsonString(_json(odd), ".name"), string.concat('","name":"\\\n ', Strings.toHexString(tokenId, 32))
        );
    }

    function test_SaysWhatItFollows() public view {
        assertTrue(deed.supportsInterface(0x01ffc9a7), "ERC-165");
        assertTrue(deed.supportsInterface(0x80ac58cd), "ERC-721");
        assertTrue(deed.supportsInterface(0x5b5e139f), "ERC-721 metadata");
        assertTrue(deed.supportsInterface(0x49064906), "ERC-4906");
        // transferWithData, burnWithData, approveWithData, setApprovalForAllWithData: FireFly's, less its mint.
        assertTrue(
            deed.supportsInterface(bytes4(0xb2429c12) ^ bytes4(keccak256("mintWithData(address,uint256,bytes)")))
        );
        assertTrue(
            deed.supportsInterface(IContractUri.setContractURI.selector ^ IContractUri.contractURI.selector), "ERC-7572"
        );
        assertFalse(deed.supportsInterface(0xffffffff));
        assertFalse(deed.supportsInterface(0x2a55205a), "no royalties");
        assertFalse(deed.supportsInterface(0xb2429c12), "not minted by an id alone");
        assertFalse(deed.supportsInterface(0xaefe69bf), "not numbering itself");
    }

    function test_TheIssuerDescribesTheCollection() public {
        vm.expectEmit(address(deed));
        emit IContractUri.ContractURIUpdated();
        vm.prank(alice);
        deed.setContractURI("https://issuer.example/deeds.json");
        assertEq(deed.contractURI(), "https://issuer.example/deeds.json");
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, bob));
        vm.prank(bob);
        deed.setContractURI("x");
    }

    /// @notice The drawing in IDeed: which call works in which state, and where it leads.
    function test_AllowedEdges() public {
        vm.startPrank(alice);
        deed.burn(tokenId);
        registry.register(_document("other"));
        deed.mint(alice, _document("other"));
        registry.register(_document("new"));
        bytes32[3] memory roots = [bytes32("new"), "other", "root"];
        bool[5][3] memory allowed =
            [[true, false, false, false, false], [false, true, true, true, true], [false, false, false, false, false]];
        for (uint256 i = 0; i < roots.length; ++i) {
            Document memory document = _document(roots[i]);
            uint256 id = uint256(Id.unwrap(registry.id(document)));
            bytes[5] memory calls = [
                abi.encodeCall(deed.mint, (alice, document)),
                abi.encodeCall(deed.transferFrom, (alice, bob, id)),
                abi.encodeCall(deed.approve, (bob, id)),
                abi.encodeCall(deed.burn, (id)),
                abi.encodeCall(deed.refresh, (id))
            ];
            for (uint256 j = 0; j < calls.length; ++j) {
                uint256 state = vm.snapshotState();
                if (j == 4) registry.revoke(document);
                (bool done,) = address(deed).call(calls[j]);
                assertEq(done, allowed[i][j], string.concat(vm.toString(i), " ", vm.toString(j)));
                vm.revertToState(state);
            }
        }
    }

    function _assertDocument(DocumentStatus expected, uint256 ended) private view {
        (Id document, DocumentStatus status, uint256 issuedAt, uint256 endedAt) = deed.docOf(tokenId);
        assertEq(Id.unwrap(document), Id.unwrap(registry.id(_document("root"))));
        assertEq(uint8(status), uint8(expected));
        assertEq(issuedAt, T0);
        assertEq(endedAt, ended);
    }

    function _json(Deed token) private view returns (string memory) {
        string memory uri = token.tokenURI(tokenId);
        assertEq(_slice(uri, 0, 29), "data:application/json;base64,");
        return string(Base64.decode(_slice(uri, 29, bytes(uri).length)));
    }
}
