// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AssetKind, toAsset} from "../../src/types/Asset.sol";
import {Leg, Terms} from "../../src/types/Terms.sol";
import {Base} from "../Base.t.sol";
import {PlainUnits} from "../mocks/Multitokens.sol";
import {CallingPayee} from "../mocks/Payees.sol";
import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

contract CustodyOnErc1155ReceivedTest is Base {
    PlainUnits internal units;

    function setUp() public override {
        super.setUp();
        units = new PlainUnits();
        units.mint(alice, 7, 10);
        vm.prank(alice);
        units.setApprovalForAll(address(settlement), true);
    }

    function test_TakesALeg() public {
        _fund(_units(bob), 0);
        assertEq(units.balanceOf(address(settlement), 7), 5);
    }

    function test_RevertWhen_UnitsStray() public {
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, address(settlement)));
        vm.prank(alice);
        units.safeTransferFrom(alice, address(settlement), 7, 1, "");
    }

    function test_RevertWhen_UnitsComeInABatch() public {
        uint256[] memory one = new uint256[](1);
        one[0] = 7;
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, address(settlement)));
        vm.prank(alice);
        units.safeBatchTransferFrom(alice, address(settlement), one, one, "");
        assertEq(settlement.onERC1155BatchReceived(address(settlement), alice, one, one, ""), bytes4(0));
    }

    /// @dev While a leg is being paid out, its payee sends units back in: they bounce, for it is the operator then.
    function test_RevertWhen_UnitsStrayInTheMiddle() public {
        CallingPayee payee = new CallingPayee();
        Terms memory terms = _units(address(payee));
        _fundAll(terms);
        bytes memory back = abi.encodeCall(units.safeTransferFrom, (address(payee), address(settlement), 7, 5, ""));
        payee.hook(address(units), back);
        settlement.settle(terms, _proofs(terms));
        assertTrue(payee.called());
        assertFalse(payee.succeeded());
        assertEq(units.balanceOf(address(payee), 7), 5);
    }

    function test_RefusesWhenIdle() public view {
        assertEq(settlement.onERC1155Received(address(settlement), alice, 7, 1, ""), bytes4(0));
        assertEq(settlement.onERC1155Received(alice, alice, 7, 1, ""), bytes4(0));
    }

    function test_SupportsInterface() public view {
        assertTrue(settlement.supportsInterface(type(IERC1155Receiver).interfaceId));
        assertTrue(settlement.supportsInterface(type(IERC165).interfaceId));
        assertFalse(settlement.supportsInterface(0xffffffff));
    }

    function _units(address payee) private returns (Terms memory) {
        _mintCash(bob, 9);
        _approve();
        Leg memory leg = Leg(toAsset(AssetKind.ERC1155, address(units)), alice, payee, 7, 5);
        return _terms(leg, _cashLeg(address(cash), bob, alice, 9), 1);
    }
}
