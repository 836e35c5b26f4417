// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cash} from "../../src/Cash.sol";
import {Item} from "../../src/Item.sol";
import {ITokenFactory} from "../../src/interfaces/ITokenFactory.sol";
import {FactoryBase} from "./FactoryBase.t.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice create, predict.
contract TokenFactoryCreateTest is FactoryBase {
    function testFuzz_MakesACashForItsCreator(string calldata any, string calldata symbol, bytes calldata data) public {
        // Cut, not assumed: half of the fuzzer's strings are longer than a name may be.
        string calldata name = string(bytes(any)[:Math.min(bytes(any).length, 31)]);
        address expected = factory.predict(alice, 0, name, symbol, true, "");
        vm.expectEmit(address(factory));
        emit ITokenFactory.IssuerSet(expected, alice);
        vm.expectEmit(address(factory));
        emit ITokenFactory.TokenPoolCreation(expected, name, symbol, true, data);
        vm.prank(alice);
        Cash cash = Cash(factory.create(name, symbol, true, data));
        assertEq(address(cash), expected);
        assertEq(cash.name(), name);
        assertEq(cash.symbol(), symbol);
        assertEq(cash.decimals(), 18);
        assertEq(cash.authority(), address(factory));
        assertEq(factory.issuerOf(expected), alice);
        assertEq(factory.created(alice), 1);
    }

    function testFuzz_MakesAnItemForItsCreator(string calldata uri, bytes calldata data) public {
        address expected = factory.predict(alice, 0, "Items", "ITM", false, uri);
        vm.expectEmit(address(factory));
        emit ITokenFactory.TokenPoolCreation(expected, "Items", "ITM", false, data);
        vm.prank(alice);
        Item item = Item(factory.create("Items", "ITM", false, data, uri));
        assertEq(address(item), expected);
        assertEq(item.name(), "Items");
        assertEq(item.symbol(), "ITM");
        assertEq(item.baseTokenUri(), uri);
        assertEq(item.authority(), address(factory));
    }

    function test_FireFlysEventIsTheLastThatIsSaid() public {
        vm.recordLogs();
        vm.prank(alice);
        address token = factory.create("Money", "MNY", true, DATA);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        Vm.Log memory last = logs[logs.length - 1];
        assertEq(last.topics.length, 2);
        assertEq(last.topics[0], keccak256("TokenPoolCreation(address,string,string,bool,bytes)"));
        assertEq(last.topics[1], bytes32(uint256(uint160(token))));
        assertEq(last.data, abi.encode("Money", "MNY", true, DATA));
    }

    function test_BothFormsAreOneForItems() public {
        vm.startPrank(alice);
        uint256 state = vm.snapshotState();
        address first = factory.create("Items", "ITM", false, DATA);
        vm.revertToState(state);
        assertEq(factory.create("Items", "ITM", false, DATA, ""), first);
        assertEq(Item(first).baseTokenUri(), "");
    }

    function test_EqualTokensHaveAddressesOfTheirOwn() public {
        address predicted = factory.predict(alice, 1, "Money", "MNY", true, "");
        vm.startPrank(alice);
        address first = factory.create("Money", "MNY", true, DATA);
        address second = factory.create("Money", "MNY", true, DATA);
        assertNotEq(first, second);
        assertEq(second, predicted);
    }

    function test_NobodyTakesAnothersAddress() public {
        address expected = factory.predict(alice, 0, "Money", "MNY", true, "");
        // Bob copies Alice's call and gets in first.
        vm.prank(bob);
        assertNotEq(factory.create("Money", "MNY", true, DATA), expected);
        vm.prank(alice);
        assertEq(factory.create("Money", "MNY", true, DATA), expected);
        assertEq(factory.issuerOf(expected), alice);
    }

    function test_AddressesDependOnNoChain() public {
        address here = factory.predict(alice, 0, "Money", "MNY", true, "");
        vm.chainId(block.chainid + 1);
        assertEq(factory.predict(alice, 0, "Money", "MNY", true, ""), here);
    }

    function test_RevertWhen_AFungibleTokenHasAUri() public {
        vm.expectRevert(ITokenFactory.UriOfFungible.selector);
        factory.create("Money", "MNY", true, DATA, "https://money.example/");
        vm.expectRevert(ITokenFactory.UriOfFungible.selector);
        factory.predict(alice, 0, "Money", "MNY", true, "https://money.example/");
        factory.create("Money", "MNY", true, DATA, "");
    }

    function test_RevertWhen_AFungibleTokensNameIsTooLong() public {
        string memory most = "A name of thirty-one characters";
        factory.create(most, "MNY", true, DATA);
        // Its name is that of its EIP-712 domain, which is kept in one word.
        vm.expectRevert();
        factory.create(string.concat(most, "!"), "MNY", true, DATA);
        factory.create(string.concat(most, "!"), "ITM", false, DATA);
    }

    function test_RevertWhen_DataTooLong() public {
        (bytes memory data, bytes memory refusal) = _tooLong();
        vm.expectRevert(refusal);
        factory.create("Money", "MNY", true, data);
        vm.expectRevert(refusal);
        factory.create("Items", "ITM", false, data, "");
    }

    function test_SaysWhatItFollows() public view {
        assertTrue(factory.supportsInterface(0x01ffc9a7), "ERC-165");
        assertTrue(factory.supportsInterface(0x83a74a0c), "what FireFly's connector asks for");
        assertTrue(factory.supportsInterface(type(ITokenFactory).interfaceId));
        assertTrue(factory.supportsInterface(factory.canCall.selector), "an authority");
        assertFalse(factory.supportsInterface(0xffffffff));
        assertFalse(factory.supportsInterface(0xaefdad0f), "not a token");
    }
}
