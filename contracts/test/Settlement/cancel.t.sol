// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {Leg, Terms} from "../../src/types/Terms.sol";
import {Base} from "../Base.t.sol";
import {Wallet} from "../mocks/Wallet.sol";

contract SettlementCancelTest is Base {
    function test_OpenAndArmed() public {
        Terms memory terms = _deal();
        Id id = settlement.id(terms);
        bytes[] memory signatures = _cancels(terms);
        _fund(terms, 0);
        uint256 state = vm.snapshotState();
        vm.expectEmit();
        emit ISettlement.Aborted(id, carol, 1);
        vm.prank(carol);
        settlement.cancel(terms, signatures);
        assertEq(deed.ownerOf(terms.legs[0].tokenId), alice);

        vm.revertToState(state);
        _fund(terms, 1);
        vm.expectEmit();
        emit ISettlement.Aborted(id, carol, 3);
        vm.prank(carol);
        settlement.cancel(terms, signatures);
        assertEq(deed.ownerOf(terms.legs[0].tokenId), alice);
        assertEq(cash.balanceOf(bob), PRICE);
        assertEq(settlement.status(id), Status.Aborted);
    }

    function test_CallerNeedsNoSignature() public {
        Terms memory terms = _deal();
        _fundAll(terms);
        bytes[] memory signatures = _cancels(terms);
        signatures[1] = "";
        vm.prank(bob);
        settlement.cancel(terms, signatures);
        assertEq(cash.balanceOf(bob), PRICE);
    }

    function test_PartiesInOrderOfAppearance() public {
        Terms memory terms = _deal();
        Leg memory fee = _cashLeg(address(cash), bob, carol, 5);
        Leg[] memory legs = new Leg[](3);
        (legs[0], legs[1], legs[2]) = (terms.legs[1], fee, terms.legs[0]);
        terms.legs = legs;
        address[] memory parties = settlement.parties(terms);
        assertEq(parties.length, 3);
        assertEq(parties[0], bob);
        assertEq(parties[1], alice);
        assertEq(parties[2], carol);

        _fund(terms, 2);
        settlement.cancel(terms, _cancels(terms));
        assertEq(deed.ownerOf(terms.legs[2].tokenId), alice);
    }

    function test_ContractPartySigns() public {
        Wallet wallet = new Wallet(carol);
        Terms memory terms = _deal();
        terms.legs[1].to = address(wallet);
        _fund(terms, 0);
        bytes[] memory signatures = _cancels(terms);
        assertEq(signatures.length, 3);
        signatures[2] = _sign(carolKey, settlement.cancelDigest(settlement.id(terms), address(wallet)));
        settlement.cancel(terms, signatures);
        assertEq(deed.ownerOf(terms.legs[0].tokenId), alice);
    }

    function test_RevertWhen_BadSignatureCount() public {
        Terms memory terms = _deal();
        _fundAll(terms);
        for (uint256 count = 1; count <= 3; count += 2) {
            vm.expectRevert(abi.encodeWithSelector(ISettlement.BadSignatureCount.selector, count, 2));
            settlement.cancel(terms, new bytes[](count));
        }
    }

    function test_RevertWhen_APartyDidNotSign() public {
        Terms memory terms = _deal();
        _fundAll(terms);
        Id id = settlement.id(terms);
        bytes[] memory signatures = _cancels(terms);
        signatures[1] = signatures[0];
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadCancel.selector, id, bob));
        settlement.cancel(terms, signatures);

        signatures = _cancels(terms);
        signatures[0] = "";
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadCancel.selector, id, alice));
        vm.prank(bob);
        settlement.cancel(terms, signatures);

        signatures[0] = _sign(aliceKey, settlement.cancelDigest(Id.wrap(keccak256("other")), alice));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadCancel.selector, id, alice));
        settlement.cancel(terms, signatures);

        // A receipt is not a cancel.
        signatures = _cancels(terms);
        signatures[1] = _proof(terms, 0);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadCancel.selector, id, bob));
        settlement.cancel(terms, signatures);
    }

    function test_RevertWhen_AllSatisfied() public {
        Terms memory terms = _deal();
        _fundAll(terms);
        settlement.satisfy(terms, 0, _proof(terms, 0));
        bytes[] memory signatures = _cancels(terms);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.AllSatisfied.selector, settlement.id(terms)));
        settlement.cancel(terms, signatures);
    }

    function test_RevertWhen_NoneOrFinal() public {
        Terms memory terms = _deal();
        Id id = settlement.id(terms);
        bytes[] memory signatures = _cancels(terms);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, id, Status.None));
        settlement.cancel(terms, signatures);

        _fundAll(terms);
        uint256 state = vm.snapshotState();
        settlement.settle(terms, _proofs(terms));
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, id, Status.Settled));
        settlement.cancel(terms, signatures);

        vm.revertToState(state);
        settlement.cancel(terms, signatures);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, id, Status.Aborted));
        settlement.cancel(terms, signatures);
    }
}
