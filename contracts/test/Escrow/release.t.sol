// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {AssetKind, toAsset} from "../../src/types/Asset.sol";
import {EscrowTerms} from "../../src/types/EscrowTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {PlainNft} from "../mocks/Nfts.sol";
import {Wallet} from "../mocks/Wallet.sol";
import {EscrowBase} from "./EscrowBase.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

contract EscrowRelease is EscrowBase {
    function test_RevertWhen_NotThePayer() public {
        EscrowTerms memory terms = _terms();
        Id id = _fund(terms);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotPayer.selector, id, bob));
        vm.prank(bob);
        escrow.release(terms, 10_000, "");

        bytes memory other = _signRelease(id, 5_000);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotPayer.selector, id, bob));
        vm.prank(bob);
        escrow.release(terms, 10_000, other);
    }

    function test_RevertWhen_TheSignatureIsForAnotherEscrowOrChain() public {
        EscrowTerms memory terms = _terms();
        Id id = _fund(terms);
        bytes memory signature = _signRelease(id, 10_000);
        terms.nonce = 2;
        Id second = _fund(terms);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotPayer.selector, second, bob));
        vm.prank(bob);
        escrow.release(terms, 10_000, signature);

        vm.chainId(5);
        Id elsewhere = escrow.id(terms);
        assertNotEq(Id.unwrap(elsewhere), Id.unwrap(second));
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, elsewhere, Status.None));
        escrow.release(terms, 10_000, signature);
    }

    function test_RevertWhen_TheSignatureIsMalleated() public {
        EscrowTerms memory terms = _terms();
        Id id = _fund(terms);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(aliceKey, escrow.releaseDigest(id, 10_000));
        uint256 order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        bytes memory high = abi.encodePacked(r, bytes32(order - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotPayer.selector, id, bob));
        vm.prank(bob);
        escrow.release(terms, 10_000, high);
    }

    function test_RevertWhen_TheShareIsBad() public {
        EscrowTerms memory terms = _terms();
        _fund(terms);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.BadShare.selector, 10_001));
        escrow.release(terms, 10_001, "");
        vm.expectRevert(abi.encodeWithSelector(IEscrow.BadShare.selector, 0));
        escrow.release(terms, 0, "");
        escrow.release(terms, 4_000, "");
        vm.expectRevert(abi.encodeWithSelector(IEscrow.BadShare.selector, 4_000));
        escrow.release(terms, 4_000, "");
        vm.expectRevert(abi.encodeWithSelector(IEscrow.BadShare.selector, 3_999));
        escrow.release(terms, 3_999, "");
        vm.stopPrank();
    }

    function test_RevertWhen_AnNftIsDivided() public {
        PlainNft nft = new PlainNft();
        nft.mint(alice, 5);
        vm.prank(alice);
        nft.approve(address(escrow), 5);
        EscrowTerms memory terms = _terms();
        (terms.asset, terms.tokenId, terms.amount, terms.bond) = (toAsset(AssetKind.ERC721, address(nft)), 5, 1, 0);
        _fund(terms);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.BadShare.selector, 9_999));
        _release(terms, 9_999);
        _release(terms, 10_000);
        assertEq(nft.ownerOf(5), bob);
    }

    function testFuzz_MilestonesAddUp(uint256 amount, uint16 first, uint16 second) public {
        first = uint16(bound(first, 1, 9_998));
        second = uint16(bound(second, first + 1, 9_999));
        EscrowTerms memory terms = _terms();
        terms.amount = bound(amount, 10_000, type(uint256).max);
        terms.bond = 0;
        deal(address(cash), alice, terms.amount);
        deal(address(cash), bob, 0);
        Id id = _accept(terms);

        uint256 due = _floor(terms.amount, first);
        vm.expectEmit(address(escrow));
        emit IEscrow.Released(id, alice, first, due);
        _release(terms, first);
        assertEq(cash.balanceOf(bob), due);
        assertEq(escrow.released(id), first);
        _release(terms, second);
        assertEq(cash.balanceOf(bob), _floor(terms.amount, second));
        assertStatus(id, Status.Armed);

        vm.expectEmit(address(escrow));
        emit IEscrow.Settled(id, alice, terms.amount - _floor(terms.amount, second), 0, address(0));
        _release(terms, 10_000);
        assertEq(cash.balanceOf(bob), terms.amount);
        assertEq(cash.balanceOf(address(escrow)), 0);
        assertStatus(id, Status.Settled);
    }

    function test_AnyoneBringsTheSignature() public {
        EscrowTerms memory terms = _terms();
        Id id = _fund(terms);
        bytes memory signature = _signRelease(id, 6_000);
        vm.prank(stranger);
        escrow.release(terms, 6_000, signature);
        assertEq(cash.balanceOf(bob), 10 * BOND + PRICE * 6 / 10);

        vm.expectRevert(abi.encodeWithSelector(IEscrow.BadShare.selector, 6_000));
        vm.prank(stranger);
        escrow.release(terms, 6_000, signature);
    }

    function test_AContractPayerSignsToo() public {
        Wallet wallet = new Wallet(alice);
        cash.mint(address(wallet), PRICE);
        EscrowTerms memory terms = _terms();
        terms.payer = address(wallet);
        vm.startPrank(alice);
        wallet.execute(address(cash), abi.encodeCall(cash.approve, (address(escrow), PRICE)));
        wallet.execute(address(escrow), abi.encodeCall(escrow.fund, (terms)));
        vm.stopPrank();
        Id id = escrow.id(terms);
        bytes memory signature = _signRelease(id, 10_000);
        vm.prank(stranger);
        escrow.release(terms, 10_000, signature);
        assertStatus(id, Status.Settled);
    }

    function test_GivingInEndsADispute() public {
        EscrowTerms memory terms = _terms();
        Id id = _dispute(terms, bob);
        vm.expectEmit(address(escrow));
        emit IEscrow.Settled(id, alice, PRICE, 0, bob);
        _release(terms, 10_000);
        assertEq(cash.balanceOf(bob), 10 * BOND + PRICE);
        assertEq(cash.balanceOf(address(escrow)), 0);
    }

    function test_ARefusedPayeeIsCredited() public {
        EscrowTerms memory terms = _terms();
        Id id = _fund(terms);
        cash.refuse(bob, true);
        vm.expectEmit(address(escrow));
        emit ICustody.Credited(id, bob, terms.asset, 0, PRICE / 2);
        _release(terms, 5_000);
        assertEq(escrow.owed(bob, terms.asset, 0), PRICE / 2);
        _release(terms, 10_000);
        assertEq(escrow.owed(bob, terms.asset, 0), PRICE);

        vm.prank(bob);
        escrow.withdraw(terms.asset, 0, stranger);
        assertEq(cash.balanceOf(stranger), PRICE);
    }

    function _floor(uint256 amount, uint256 bps) private pure returns (uint256) {
        return Math.mulDiv(amount, bps, 10_000);
    }
}
