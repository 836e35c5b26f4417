// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPartyRegistry} from "../../src/interfaces/IPartyRegistry.sol";
import {Party} from "../../src/types/Party.sol";
import {Base} from "../Base.t.sol";

contract PartyRegistryTest is Base {
    bytes32 private constant KEY = "key";

    function test_Enters() public {
        vm.expectEmit();
        emit IPartyRegistry.Registered(alice, "alice.bank-1", "https://alice.test:9000", "key");
        _register(alice, "alice.bank-1", "key");
        Party memory party = phoneBook.get(alice);
        assertEq(party.name, "alice.bank-1");
        assertEq(party.endpoint, "https://alice.test:9000");
        assertEq(party.tlsKey, "key");
        assertEq(phoneBook.partyOf("alice.bank-1"), alice);
        assertEq(phoneBook.partyOfTlsKey("key"), alice);
    }

    function test_LatestWins() public {
        _register(alice, "alice", "key");
        _register(alice, "alice", "new key");
        assertEq(phoneBook.partyOf("alice"), alice);
        assertEq(phoneBook.partyOfTlsKey("key"), address(0));
        assertEq(phoneBook.partyOfTlsKey("new key"), alice);

        _register(alice, "alice-2", "new key");
        assertEq(phoneBook.partyOf("alice"), address(0));
        assertEq(phoneBook.partyOf("alice-2"), alice);
        _register(bob, "alice", "key");
        assertEq(phoneBook.partyOf("alice"), bob);
    }

    function test_SameAgain() public {
        _register(alice, "alice", "key");
        _register(alice, "alice", "key");
        assertEq(phoneBook.partyOf("alice"), alice);
        assertEq(phoneBook.partyOfTlsKey("key"), alice);
    }

    function test_Removes() public {
        _register(alice, "alice", "key");
        vm.expectEmit();
        emit IPartyRegistry.Removed(alice);
        vm.prank(alice);
        phoneBook.remove();
        assertEq(phoneBook.partyOf("alice"), address(0));
        assertEq(phoneBook.partyOfTlsKey("key"), address(0));
        assertEq(phoneBook.get(alice).name, "");
        assertEq(phoneBook.get(alice).tlsKey, 0);

        vm.expectRevert(abi.encodeWithSelector(IPartyRegistry.NotRegistered.selector, alice));
        vm.prank(alice);
        phoneBook.remove();
        _register(bob, "alice", "key");
    }

    function test_RevertWhen_Taken() public {
        _register(alice, "alice", "key");
        vm.expectRevert(abi.encodeWithSelector(IPartyRegistry.NameTaken.selector, "alice"));
        _register(bob, "alice", "other");
        vm.expectRevert(abi.encodeWithSelector(IPartyRegistry.TlsKeyTaken.selector, KEY));
        _register(bob, "bob", "key");

        // A failed change leaves the old entry whole.
        _register(bob, "bob", "other");
        vm.expectRevert(abi.encodeWithSelector(IPartyRegistry.NameTaken.selector, "alice"));
        _register(bob, "alice", "other");
        assertEq(phoneBook.partyOf("bob"), bob);
        assertEq(phoneBook.partyOfTlsKey("other"), bob);
    }

    function test_RevertWhen_BadName() public {
        string[8] memory bad = ["", "Alice", "al ice", "a_b", "a/b", "caf\xc3\xa9", "a\x00", ""];
        bad[7] = _repeat("a", 65);
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IPartyRegistry.BadName.selector, bad[i]));
            _register(alice, bad[i], "key");
        }
        _register(alice, _repeat("z", 64), "key");
    }

    function testFuzz_NameBytes(bytes1 c) public {
        bool good = (c >= 0x61 && c <= 0x7a) || (c >= 0x30 && c <= 0x39) || c == 0x2d || c == 0x2e;
        string memory name = string(abi.encodePacked("a", c));
        if (!good) vm.expectRevert(abi.encodeWithSelector(IPartyRegistry.BadName.selector, name));
        _register(alice, name, "key");
    }

    function test_RevertWhen_BadEndpoint() public {
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IPartyRegistry.BadEndpoint.selector, 0));
        phoneBook.register("alice", "", "key");
        vm.expectRevert(abi.encodeWithSelector(IPartyRegistry.BadEndpoint.selector, 257));
        phoneBook.register("alice", _repeat("x", 257), "key");
        phoneBook.register("alice", _repeat("x", 256), "key");
    }

    function test_RevertWhen_ZeroTlsKey() public {
        vm.expectRevert(IPartyRegistry.ZeroTlsKey.selector);
        _register(alice, "alice", 0);
    }

    function _register(address party, string memory name, bytes32 tlsKey) private {
        vm.prank(party);
        phoneBook.register(name, "https://alice.test:9000", tlsKey);
    }

    function _repeat(string memory c, uint256 times) private pure returns (string memory s) {
        for (uint256 i = 0; i < times; ++i) {
            s = string.concat(s, c);
        }
    }
}
