// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Item} from "../../src/Item.sol";
import {IContractUri} from "../../src/interfaces/IContractUri.sol";
import {IERC721WithData} from "../../src/interfaces/IERC721WithData.sol";
import {TokenBase} from "../TokenBase.t.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

/// @notice mint, mintWithData, mintWithURI, burn, the reads, and the states of an item. What Item shares with Deed
/// (calls with data) is tested there in full.
contract ItemTest is TokenBase {
    Item internal item;

    function setUp() public override {
        super.setUp();
        item = _new("https://items.example/");
    }

    function _new(string memory base) private returns (Item made) {
        made = new Item("Test Item", "TITEM", base, address(manager));
        bytes4[4] memory selectors =
            [Item.mint.selector, Item.mintWithData.selector, Item.mintWithURI.selector, made.setContractURI.selector];
        for (uint256 i = 0; i < selectors.length; ++i) {
            _open(address(made), selectors[i]);
        }
    }

    function testFuzz_NumbersGoUp(bytes calldata data) public {
        vm.startPrank(alice);
        vm.expectEmit(address(item));
        emit IERC721.Transfer(address(0), bob, 1);
        assertEq(item.mint(bob), 1);
        vm.expectEmit(address(item));
        emit IERC721.Transfer(address(0), bob, 2);
        _expectAttached(address(item), alice, data);
        assertEq(item.mintWithData(bob, data), 2);
        vm.expectEmit(address(item));
        emit IERC721.Transfer(address(0), carol, 3);
        _expectAttached(address(item), alice, data);
        assertEq(item.mintWithURI(carol, data, "own"), 3);
        assertEq(item.minted(), 3);
        assertEq(item.balanceOf(bob), 2);
        assertEq(item.ownerOf(3), carol);
    }

    function test_RevertWhen_NoRole() public {
        bytes memory refusal = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, bob);
        vm.startPrank(bob);
        vm.expectRevert(refusal);
        item.mint(bob);
        vm.expectRevert(refusal);
        item.mintWithData(bob, DATA);
        vm.expectRevert(refusal);
        item.mintWithURI(bob, DATA, "own");
        vm.expectRevert(refusal);
        item.setContractURI("x");
    }

    function test_RevertWhen_ToNobody() public {
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721InvalidReceiver.selector, address(0)));
        vm.prank(alice);
        item.mint(address(0));
        assertEq(item.minted(), 0);
    }

    function test_RevertWhen_DataTooLong() public {
        (bytes memory data, bytes memory refusal) = _tooLong();
        vm.startPrank(alice);
        vm.expectRevert(refusal);
        item.mintWithData(bob, data);
        vm.expectRevert(refusal);
        item.mintWithURI(bob, data, "own");
    }

    function test_BurnedNumbersDoNotComeBack() public {
        vm.prank(alice);
        item.mint(bob);
        vm.prank(bob);
        item.burn(1);
        vm.prank(alice);
        assertEq(item.mint(bob), 2);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 1));
        item.ownerOf(1);
        vm.prank(bob);
        item.burnWithData(bob, 2, DATA);
        vm.prank(alice);
        assertEq(item.mint(bob), 3);
    }

    function test_RevertWhen_BurnedByAnother() public {
        vm.prank(alice);
        item.mint(bob);
        vm.prank(bob);
        item.setApprovalForAll(alice, true);
        vm.expectRevert(abi.encodeWithSelector(IERC721WithData.NotOwner.selector, 1, alice));
        vm.prank(alice);
        item.burn(1);
    }

    function test_CarriesData() public {
        vm.prank(alice);
        item.mint(bob);
        vm.startPrank(bob);
        _expectAttached(address(item), bob, DATA);
        item.approveWithData(carol, 1, DATA);
        _expectAttached(address(item), bob, DATA);
        item.setApprovalForAllWithData(carol, true, DATA);
        _expectAttached(address(item), bob, DATA);
        item.transferWithData(bob, carol, 1, DATA);
        assertEq(item.ownerOf(1), carol);
    }

    function test_UriIsOwnOrBaseAndNumberOrNothing() public {
        vm.startPrank(alice);
        item.mintWithURI(bob, DATA, "u");
        item.mintWithURI(bob, DATA, "");
        vm.stopPrank();
        assertEq(item.baseTokenUri(), "https://items.example/");
        assertEq(item.tokenURI(1), "u");
        assertEq(item.tokenURI(2), "https://items.example/2");
        Item bare = _new("");
        vm.prank(alice);
        bare.mint(bob);
        assertEq(bare.tokenURI(1), "");
    }

    function test_RevertWhen_UriOfNoItem() public {
        vm.prank(alice);
        item.mintWithURI(bob, DATA, "own");
        vm.prank(bob);
        item.burn(1);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 1));
        item.tokenURI(1);
        vm.expectRevert(abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 2));
        item.tokenURI(2);
    }

    function test_SaysWhatItFollows() public {
        assertTrue(item.supportsInterface(0x01ffc9a7), "ERC-165");
        assertTrue(item.supportsInterface(0x80ac58cd), "ERC-721");
        assertTrue(item.supportsInterface(0x5b5e139f), "ERC-721 metadata");
        assertTrue(item.supportsInterface(0xaefe69bf), "what FireFly's connector asks for");
        assertTrue(item.supportsInterface(type(IERC721WithData).interfaceId));
        assertTrue(
            item.supportsInterface(IContractUri.setContractURI.selector ^ IContractUri.contractURI.selector), "ERC-7572"
        );
        assertFalse(item.supportsInterface(0xffffffff));
        assertFalse(item.supportsInterface(0xaefdad0f), "FireFly's ERC-20");
        vm.prank(alice);
        item.setContractURI("https://issuer.example/items.json");
        assertEq(item.contractURI(), "https://issuer.example/items.json");
    }

    /// @notice The drawing in IItem: None by number 3, Held by 2, Burned by 1.
    function test_AllowedEdges() public {
        vm.startPrank(alice);
        item.mint(alice);
        item.mint(alice);
        item.burn(1);
        for (uint256 number = 1; number <= 3; ++number) {
            bytes[6] memory calls = [
                abi.encodeCall(item.transferFrom, (alice, bob, number)),
                abi.encodeCall(item.transferWithData, (alice, bob, number, DATA)),
                abi.encodeCall(item.approve, (bob, number)),
                abi.encodeCall(item.approveWithData, (bob, number, DATA)),
                abi.encodeCall(item.burn, (number)),
                abi.encodeCall(item.burnWithData, (alice, number, DATA))
            ];
            for (uint256 i = 0; i < calls.length; ++i) {
                uint256 state = vm.snapshotState();
                (bool done,) = address(item).call(calls[i]);
                assertEq(done, number == 2);
                vm.revertToState(state);
            }
        }
        assertEq(item.mint(alice), 3);
    }
}
