// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {AssetKind} from "../../src/types/Asset.sol";
import {Status} from "../../src/types/Status.sol";
import {Leg, Terms} from "../../src/types/Terms.sol";
import {Base} from "../Base.t.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

contract CustodyMulticallTest is Base {
    function test_PermitAndFundInOneCall() public {
        Terms memory terms = _unapproved();
        bytes[] memory calls = _permitAndFund(terms, bobKey);
        vm.prank(bob);
        settlement.multicall(calls);
        assertEq(settlement.funded(settlement.id(terms)), 2);
        assertEq(cash.allowance(bob, address(settlement)), 0);
    }

    /// @dev Somebody takes the permit from the pool of transactions and uses it first.
    function test_PermitFrontRunIsHarmless() public {
        Terms memory terms = _unapproved();
        bytes[] memory calls = _permitAndFund(terms, bobKey);
        (uint8 v, bytes32 r, bytes32 s) = _permit(bobKey);
        vm.prank(makeAddr("front runner"));
        cash.permit(bob, address(settlement), PRICE, SETTLE_BY, v, r, s);
        vm.prank(bob);
        settlement.multicall(calls);
        assertEq(settlement.funded(settlement.id(terms)), 2);
    }

    function test_BadPermitDoesNothing() public {
        Terms memory terms = _unapproved();
        bytes[] memory calls = _permitAndFund(terms, carolKey);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(settlement), 0, PRICE)
        );
        vm.prank(bob);
        settlement.multicall(calls);
        vm.prank(bob);
        settlement.permit(address(deed), 1, SETTLE_BY, 27, 0, 0);
    }

    /// @dev Whose signature it is, is whose allowance moves; and only the caller's own is asked for.
    function test_PermitIsTheCallersOwn() public {
        _unapproved();
        (uint8 v, bytes32 r, bytes32 s) = _permit(bobKey);
        vm.prank(carol);
        settlement.permit(address(cash), PRICE, SETTLE_BY, v, r, s);
        assertEq(cash.allowance(bob, address(settlement)), 0);
        assertEq(cash.allowance(carol, address(settlement)), 0);
    }

    function test_AllOrNone() public {
        Terms memory terms = _deal();
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(settlement.fund, (terms, 1));
        calls[1] = abi.encodeCall(settlement.abort, (terms));
        vm.expectRevert(abi.encodeWithSelector(ICustody.TooEarly.selector, settlement.id(terms), FUND_BY));
        vm.prank(bob);
        settlement.multicall(calls);
        assertEq(settlement.status(settlement.id(terms)), Status.None);
    }

    /// @dev One sender funds its legs of several deals at once.
    function test_SeveralLegsOfOneSender() public {
        Terms memory terms = _deal();
        Leg[] memory legs = new Leg[](3);
        (legs[0], legs[1], legs[2]) =
        (terms.legs[0], _cashLeg(address(cash), bob, alice, 5), _cashLeg(address(cash), bob, carol, 6));
        terms.legs = legs;
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(settlement.fund, (terms, 1));
        calls[1] = abi.encodeCall(settlement.fund, (terms, 2));
        vm.prank(bob);
        settlement.multicall(calls);
        assertEq(settlement.funded(settlement.id(terms)), 6);
    }

    function test_RevertWhen_OneValueIsToFundTwoLegs() public {
        Terms memory terms = _terms(_coinLeg(bob, alice, 5), _coinLeg(bob, carol, 5), 1);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(settlement.fund, (terms, 0));
        calls[1] = abi.encodeCall(settlement.fund, (terms, 1));
        vm.deal(bob, 100);
        vm.prank(bob);
        (bool done,) = address(settlement).call{value: 5}(abi.encodeCall(settlement.multicall, (calls)));
        assertFalse(done);

        // Without value there is nothing to count; what strayed here is not taken for it.
        vm.deal(address(settlement), 10);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongAmount.selector, terms.legs[0].asset, 0, 5));
        vm.prank(bob);
        settlement.multicall(calls);
        assertEq(uint8(terms.legs[0].asset.kind()), uint8(AssetKind.Native));
    }

    /// @dev Who brings another's terms moves nobody's assets, however widely they are approved.
    function test_StrangerCannotUseApprovals() public {
        Terms memory terms = _deal();
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(settlement.permit, (address(cash), PRICE, SETTLE_BY, 27, 0, 0));
        calls[1] = abi.encodeCall(settlement.fund, (terms, 1));
        vm.expectRevert();
        vm.prank(carol);
        settlement.multicall(calls);
        terms.legs[1].to = carol;
        vm.expectRevert();
        vm.prank(carol);
        settlement.fund(terms, 1);
        assertEq(cash.balanceOf(bob), PRICE);
    }

    function _unapproved() private returns (Terms memory terms) {
        terms = _deal();
        vm.prank(bob);
        cash.approve(address(settlement), 0);
    }

    function _permitAndFund(Terms memory terms, uint256 key) private view returns (bytes[] memory calls) {
        (uint8 v, bytes32 r, bytes32 s) = _permit(key);
        calls = new bytes[](2);
        calls[0] = abi.encodeCall(settlement.permit, (address(cash), PRICE, SETTLE_BY, v, r, s));
        calls[1] = abi.encodeCall(settlement.fund, (terms, 1));
    }

    function _permit(uint256 key) private view returns (uint8, bytes32, bytes32) {
        bytes32 typeHash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 message = keccak256(abi.encode(typeHash, bob, address(settlement), PRICE, cash.nonces(bob), SETTLE_BY));
        return vm.sign(key, keccak256(abi.encodePacked(hex"1901", cash.DOMAIN_SEPARATOR(), message)));
    }
}
