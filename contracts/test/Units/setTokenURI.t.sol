// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IContractUri} from "../../src/interfaces/IContractUri.sol";
import {IUnits} from "../../src/interfaces/IUnits.sol";
import {UnitsBase} from "./UnitsBase.t.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

/// @notice setTokenURI, setContractURI, supportsInterface, and the states of a class.
contract UnitsSetTokenURITest is UnitsBase {
    function testFuzz_TheIssuerDescribesItsClass(string calldata uri) public {
        uint256 id = _create(0);
        // The description stays in the issuer's hand, also without the role.
        _revokeRole(alice);
        vm.expectEmit(address(units));
        emit IUnits.URI(uri, id);
        vm.prank(alice);
        units.setTokenURI(id, uri);
        assertEq(units.tokenURI(id), uri);
        assertEq(units.name(id), "Bond 2030");
    }

    function test_RevertWhen_ClassOfAnother() public {
        uint256 id = _create(0);
        vm.startPrank(bob);
        vm.expectRevert(abi.encodeWithSelector(IUnits.NotIssuer.selector, alice, bob));
        units.setTokenURI(id, "x");
        vm.expectRevert(abi.encodeWithSelector(IUnits.NotIssuer.selector, address(0), bob));
        units.setTokenURI(id + 1, "x");
    }

    function test_ContractUriIsForTheRole() public {
        vm.expectEmit(address(units));
        emit IContractUri.ContractURIUpdated();
        vm.prank(alice);
        units.setContractURI("https://issuer.example/units.json");
        assertEq(units.contractURI(), "https://issuer.example/units.json");
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, carol));
        vm.prank(carol);
        units.setContractURI("x");
    }

    function test_SaysWhatItFollows() public view {
        assertTrue(units.supportsInterface(0x01ffc9a7), "ERC-165");
        assertTrue(units.supportsInterface(0x0f632fb3), "ERC-6909");
        assertTrue(units.supportsInterface(0xbd85b039), "ERC-6909 supply");
        assertTrue(
            units.supportsInterface(
                bytes4(keccak256("name(uint256)")) ^ bytes4(keccak256("symbol(uint256)"))
                    ^ bytes4(keccak256("decimals(uint256)"))
            ),
            "ERC-6909 metadata"
        );
        assertTrue(
            units.supportsInterface(bytes4(keccak256("contractURI()")) ^ bytes4(keccak256("tokenURI(uint256)"))),
            "ERC-6909 content"
        );
        assertTrue(
            units.supportsInterface(IContractUri.setContractURI.selector ^ IContractUri.contractURI.selector),
            "ERC-7572"
        );
        assertFalse(units.supportsInterface(0xffffffff));
        assertFalse(units.supportsInterface(0xd9b67a26), "ERC-1155");
        assertFalse(units.supportsInterface(0xaefdad0f), "not one ERC-20");
    }

    /// @notice The drawing in IUnits: a class that is None can only be created, and a Live one never again.
    function test_AllowedEdges() public {
        uint256 live = _held();
        uint256 none = units.idOf(_class(1));
        vm.prank(alice);
        units.mint(alice, live, 10);
        vm.startPrank(alice);
        for (uint256 i = 0; i < 2; ++i) {
            uint256 id = i == 0 ? none : live;
            bytes[6] memory calls = [
                abi.encodeCall(units.create, (_class(i == 0 ? 1 : 0))),
                abi.encodeCall(units.mint, (alice, id, 1)),
                abi.encodeCall(units.mintWithData, (alice, id, 1, DATA)),
                abi.encodeCall(units.transfer, (bob, id, 1)),
                abi.encodeCall(units.burn, (id, 1)),
                abi.encodeCall(units.setTokenURI, (id, "x"))
            ];
            for (uint256 j = 0; j < calls.length; ++j) {
                uint256 state = vm.snapshotState();
                (bool done,) = address(units).call(calls[j]);
                assertEq(done, (i == 0) == (j == 0), string.concat(vm.toString(i), " ", vm.toString(j)));
                vm.revertToState(state);
            }
        }
    }
}
