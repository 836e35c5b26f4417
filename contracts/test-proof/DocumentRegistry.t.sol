// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DocumentRegistry} from "../src/DocumentRegistry.sol";
import {IDocumentRegistry} from "../src/interfaces/IDocumentRegistry.sol";
import {Document, DocumentStatus} from "../src/types/Document.sol";
import {Id} from "../src/types/Id.sol";
import {svm} from "./Svm.sol";
import {Test} from "forge-std/Test.sol";

/// @notice A document ends at most once, and only its issuer moves it. Each proof makes one arbitrary call in an
/// arbitrary state, so by induction it holds for every sequence of calls.
contract DocumentRegistryProof is Test {
    struct Seen {
        DocumentStatus status;
        uint256 issuedAt;
        uint256 endedAt;
    }

    DocumentRegistry internal registry;

    function setUp() public {
        registry = new DocumentRegistry();
        svm.enableSymbolicStorage(address(registry));
    }

    /// @notice Superseded and Revoked are absorbing: no call changes anything about an ended document.
    function check_EndedStaysEnded(address caller, uint8 which, Document calldata a, Document calldata b, Id id)
        public
    {
        Seen memory before = _see(id);
        vm.assume(before.status == DocumentStatus.Superseded || before.status == DocumentStatus.Revoked);
        _call(caller, which, a, b);
        Seen memory later = _see(id);
        assert(later.status == before.status);
        assert(later.issuedAt == before.issuedAt && later.endedAt == before.endedAt);
    }

    /// @notice The edges are those of the interface, each under its own function and for its own document.
    function check_Edges(address caller, uint8 which, Document calldata a, Document calldata b, Id id) public {
        DocumentStatus before = registry.statusOf(id);
        Id first = registry.id(a);
        Id second = registry.id(b);
        bool done = _call(caller, which, a, b);
        DocumentStatus later = registry.statusOf(id);
        if (later == before) return;

        assert(done);
        if (before == DocumentStatus.None) {
            assert(later == DocumentStatus.Live);
            assert((which == 0 && id == first) || (which == 1 && id == second));
        } else {
            assert(before == DocumentStatus.Live && id == first);
            assert(later == (which == 1 ? DocumentStatus.Superseded : DocumentStatus.Revoked) && which != 0);
        }
    }

    /// @notice Whoever moves a document is its issuer.
    function check_OnlyIssuer(address caller, uint8 which, Document calldata a, Document calldata b) public {
        if (!_call(caller, which, a, b)) return;
        assert(a.issuer == caller);
        assert(which != 1 || b.issuer == caller);
    }

    /// @notice The issuer of a Live document can always take it back; no state of anything else stands in the way.
    function check_IssuerCanRevoke(Document calldata a) public {
        vm.assume(registry.statusOf(registry.id(a)) == DocumentStatus.Live);
        assert(_call(a.issuer, 2, a, a));
        assert(registry.statusOf(registry.id(a)) == DocumentStatus.Revoked);
    }

    function _call(address caller, uint8 which, Document calldata a, Document calldata b) private returns (bool done) {
        vm.assume(which < 3);
        bytes memory data = which == 0
            ? abi.encodeCall(IDocumentRegistry.register, (a))
            : which == 1
                ? abi.encodeCall(IDocumentRegistry.supersede, (a, b))
                : abi.encodeCall(IDocumentRegistry.revoke, (a));
        vm.prank(caller);
        (done,) = address(registry).call(data);
    }

    function _see(Id id) private view returns (Seen memory) {
        return Seen({status: registry.statusOf(id), issuedAt: registry.issuedAt(id), endedAt: registry.endedAt(id)});
    }
}
