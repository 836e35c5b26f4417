// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Units} from "../../src/Units.sol";
import {IUnits} from "../../src/interfaces/IUnits.sol";
import {UnitClass} from "../../src/types/UnitClass.sol";
import {UnitsBase} from "./UnitsBase.t.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

contract UnitsCreateTest is UnitsBase {
    function testFuzz_NamesTheClassByItsTerms(string calldata name, string calldata symbol, uint8 decimals, uint256 n)
        public
    {
        UnitClass memory class = UnitClass(alice, name, symbol, decimals, n);
        uint256 id = units.idOf(class);
        assertEq(units.issuerOf(id), address(0));
        vm.expectEmit(address(units));
        emit IUnits.Created(id, alice, class);
        vm.prank(alice);
        assertEq(units.create(class), id);
        assertEq(units.issuerOf(id), alice);
        assertEq(units.name(id), name);
        assertEq(units.symbol(id), symbol);
        assertEq(units.decimals(id), decimals);
        assertEq(units.tokenURI(id), "");
        assertEq(units.totalSupply(id), 0);
    }

    function test_RevertWhen_NoRole() public {
        UnitClass memory class = _class(0);
        class.issuer = carol;
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, carol));
        vm.prank(carol);
        units.create(class);
    }

    function test_RevertWhen_ForAnotherIssuer() public {
        vm.expectRevert(abi.encodeWithSelector(IUnits.NotIssuer.selector, alice, bob));
        vm.prank(bob);
        units.create(_class(0));
    }

    function test_RevertWhen_CreatedTwice() public {
        uint256 id = _create(0);
        vm.expectRevert(abi.encodeWithSelector(IUnits.AlreadyCreated.selector, id));
        vm.prank(alice);
        units.create(_class(0));
        assertNotEq(_create(1), id);
    }

    /// @notice The id is the EIP-712 digest that other programs compute.
    function test_IdIsTheDigest() public view {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Quittance Units"),
                keccak256("1"),
                block.chainid,
                address(units)
            )
        );
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("UnitClass(address issuer,string name,string symbol,uint8 decimals,uint256 nonce)"),
                alice,
                keccak256("Bond 2030"),
                keccak256("B30"),
                uint8(2),
                uint256(7)
            )
        );
        assertEq(units.idOf(_class(7)), uint256(keccak256(abi.encodePacked(hex"1901", domain, structHash))));
    }

    function test_IdBindsEveryFieldAndChainAndContract() public {
        UnitClass[6] memory classes;
        for (uint256 i = 0; i < classes.length; ++i) {
            classes[i] = _class(0);
        }
        classes[1].issuer = bob;
        classes[2].name = "Bond 2031";
        classes[3].symbol = "B31";
        classes[4].decimals = 3;
        classes[5].nonce = 1;
        uint256 id = units.idOf(classes[0]);
        for (uint256 i = 1; i < classes.length; ++i) {
            assertNotEq(units.idOf(classes[i]), id);
        }
        assertNotEq(new Units(address(manager)).idOf(classes[0]), id);
        vm.chainId(block.chainid + 1);
        assertNotEq(units.idOf(classes[0]), id);
    }
}
