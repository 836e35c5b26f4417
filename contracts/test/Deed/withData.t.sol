// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721WithData} from "../../src/interfaces/IERC721WithData.sol";
import {DeedBase} from "./DeedBase.t.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

/// @notice transferWithData, burnWithData, approveWithData, setApprovalForAllWithData.
contract DeedWithDataTest is DeedBase {
    uint256 internal tokenId;

    function setUp() public override {
        super.setUp();
        tokenId = _mintDeed("root");
    }

    function testFuzz_OwnerTransfers(bytes calldata data) public {
        vm.expectEmit(address(deed));
        emit IERC721.Transfer(alice, bob, tokenId);
        _expectAttached(address(deed), alice, data);
        vm.prank(alice);
        deed.transferWithData(alice, bob, tokenId, data);
        assertEq(deed.ownerOf(tokenId), bob);
    }

    function test_ApprovedTransfersWithoutHook() public {
        vm.prank(alice);
        deed.approve(carol, tokenId);
        vm.prank(carol);
        // The payee is a contract that knows nothing of NFTs.
        deed.transferWithData(alice, address(registry), tokenId, DATA);
        assertEq(deed.ownerOf(tokenId), address(registry));
    }

    function test_RevertWhen_TransferredByAStranger() public {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InsufficientApproval.selector, bob, tokenId));
        vm.prank(bob);
        deed.transferWithData(alice, bob, tokenId, DATA);
    }

    function test_RevertWhen_TransferredFromAnother() public {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721IncorrectOwner.selector, bob, tokenId, alice));
        vm.prank(alice);
        deed.transferWithData(bob, carol, tokenId, DATA);
    }

    function testFuzz_OwnerBurns(bytes calldata data) public {
        vm.expectEmit(address(deed));
        emit IERC721.Transfer(alice, address(0), tokenId);
        _expectAttached(address(deed), alice, data);
        vm.prank(alice);
        deed.burnWithData(alice, tokenId, data);
        assertTrue(deed.burned(tokenId));
    }

    function test_RevertWhen_BurnedByAnother() public {
        vm.prank(alice);
        deed.setApprovalForAll(bob, true);
        vm.startPrank(bob);
        vm.expectRevert(abi.encodeWithSelector(IERC721WithData.NotOwner.selector, tokenId, bob));
        deed.burnWithData(alice, tokenId, DATA);
        vm.expectRevert(abi.encodeWithSelector(IERC721WithData.NotOwner.selector, tokenId, bob));
        deed.burnWithData(bob, tokenId, DATA);
        assertFalse(deed.burned(tokenId));
    }

    function test_RevertWhen_BurnedInAnothersName() public {
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IERC721WithData.NotOwner.selector, tokenId, alice));
        deed.burnWithData(bob, tokenId, DATA);
        assertFalse(deed.burned(tokenId));
    }

    function testFuzz_Approves(bytes calldata data) public {
        vm.expectEmit(address(deed));
        emit IERC721.Approval(alice, carol, tokenId);
        _expectAttached(address(deed), alice, data);
        vm.prank(alice);
        deed.approveWithData(carol, tokenId, data);
        assertEq(deed.getApproved(tokenId), carol);
    }

    function test_RevertWhen_ApprovedByAStranger() public {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidApprover.selector, bob));
        vm.prank(bob);
        deed.approveWithData(bob, tokenId, DATA);
    }

    function testFuzz_ApprovesForAll(bool approved, bytes calldata data) public {
        vm.expectEmit(address(deed));
        emit IERC721.ApprovalForAll(alice, carol, approved);
        _expectAttached(address(deed), alice, data);
        vm.prank(alice);
        deed.setApprovalForAllWithData(carol, approved, data);
        assertEq(deed.isApprovedForAll(alice, carol), approved);
    }

    function test_RevertWhen_DataTooLong() public {
        (bytes memory data, bytes memory refusal) = _tooLong();
        vm.startPrank(alice);
        vm.expectRevert(refusal);
        deed.transferWithData(alice, bob, tokenId, data);
        vm.expectRevert(refusal);
        deed.approveWithData(bob, tokenId, data);
        vm.expectRevert(refusal);
        deed.setApprovalForAllWithData(bob, true, data);
        vm.expectRevert(refusal);
        deed.burnWithData(alice, tokenId, data);
    }
}
