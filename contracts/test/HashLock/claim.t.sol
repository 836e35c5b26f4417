// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {IHashLock} from "../../src/interfaces/IHashLock.sol";
import {Asset, AssetKind, toAsset} from "../../src/types/Asset.sol";
import {Id} from "../../src/types/Id.sol";
import {HashKind, Lock, LockTerms, toLock} from "../../src/types/LockTerms.sol";
import {Status} from "../../src/types/Status.sol";
import {Purse} from "../mocks/Swaps.sol";
import {RefusingToken} from "../mocks/Tokens.sol";
import {HashLockBase} from "./HashLockBase.sol";

contract HashLockClaim is HashLockBase {
    function test_PaysTheReceiver() public {
        LockTerms[] memory all = _termsOfEveryKind();
        for (uint256 i = 0; i < all.length; ++i) {
            Id id = _lock(all[i]);
            uint256 before = _held(all[i], bob);
            vm.expectEmit();
            emit IHashLock.Settled(id, bob, PREIMAGE);
            vm.prank(bob);
            hashLock.claim(all[i], PREIMAGE);
            assertStatus(id, Status.Settled);
            assertEq(_held(all[i], bob), before + all[i].amount);
            assertEq(_held(all[i], address(hashLock)), 0);
        }
    }

    /// @dev A preimage copied from the mempool: whoever is first, the receiver is paid.
    function testFuzz_FrontRunPaysTheReceiver(address thief) public {
        LockTerms memory terms = _terms();
        _lock(terms);
        vm.prank(thief);
        hashLock.claim(terms, PREIMAGE);
        assertEq(cash.balanceOf(bob), PRICE);
    }

    function test_EveryKindOfHash() public {
        for (uint256 i = 0; i < 3; ++i) {
            LockTerms memory terms = _terms(HashKind(i));
            _lock(terms);
            hashLock.claim(terms, PREIMAGE);
            assertStatus(hashLock.id(terms), Status.Settled);
        }
    }

    function testFuzz_HashesAreTheNamedOnes(bytes32 p) public view {
        bytes32 tag = keccak256("Quittance seller's key");
        assertEq(hashLock.lockOf(HashKind.Sha256, p), sha256(abi.encodePacked(p)));
        assertEq(hashLock.lockOf(HashKind.Keccak256, p), keccak256(abi.encodePacked(p)));
        assertEq(hashLock.lockOf(HashKind.Key, p), keccak256(abi.encodePacked(tag, p)));
    }

    /// @dev The vector of the SHA-256 of 32 zero bytes, as every other chain knows it.
    function test_Sha256OfZeros() public view {
        bytes32 known = 0x66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925;
        assertEq(hashLock.lockOf(HashKind.Sha256, 0), known);
    }

    function testFuzz_RevertWhen_BadPreimage(bytes32 other) public {
        vm.assume(other != PREIMAGE);
        LockTerms memory terms = _terms();
        Id id = _lock(terms);
        vm.expectRevert(abi.encodeWithSelector(IHashLock.BadPreimage.selector, id));
        hashLock.claim(terms, other);
    }

    /// @dev Cross-hash mismatch: a hash of one kind does not open under another.
    function test_RevertWhen_AnotherKindOfHash() public {
        for (uint256 i = 0; i < 3; ++i) {
            for (uint256 j = 0; j < 3; ++j) {
                if (i == j) continue;
                LockTerms memory terms = _terms(HashKind(i));
                terms.hashlock = hashLock.lockOf(HashKind(j), PREIMAGE);
                Id id = _lock(terms);
                vm.expectRevert(abi.encodeWithSelector(IHashLock.BadPreimage.selector, id));
                hashLock.claim(terms, PREIMAGE);
            }
        }
    }

    /// @dev A preimage has 32 bytes: of fewer the call fails, and a hash of more or fewer never opens.
    function test_RevertWhen_PreimageIsShortOrLong() public {
        for (uint256 length = 0; length <= 64; ++length) {
            if (length == 32) continue;
            bytes memory preimage = new bytes(length);
            LockTerms memory terms = _terms();
            terms.hashlock = sha256(preimage);
            terms.lock = toLock(HashKind.Sha256, DEADLINE, uint208(100 + length));
            if (length % 8 == 0) _lock(terms);
            else continue;
            bytes memory call = abi.encodePacked(abi.encodeCall(hashLock.claim, (terms, 0)));
            bytes memory cut = abi.encodePacked(_head(call), preimage);
            (bool done,) = address(hashLock).call(cut);
            assertFalse(done);
            vm.warp(DEADLINE);
            hashLock.refund(terms);
            vm.warp(T0);
        }
    }

    function test_RevertWhen_TooLate() public {
        LockTerms memory terms = _terms();
        Id id = _lock(terms);
        for (uint256 late = 0; late < 2; ++late) {
            vm.warp(DEADLINE + late);
            vm.expectRevert(abi.encodeWithSelector(ICustody.TooLate.selector, id, DEADLINE));
            hashLock.claim(terms, PREIMAGE);
        }
        vm.warp(DEADLINE - 1);
        hashLock.claim(terms, PREIMAGE);
    }

    /// @dev At any time just one of claim and refund works.
    function testFuzz_WindowsPartitionTime(uint40 time) public {
        LockTerms memory terms = _terms();
        _lock(terms);
        vm.warp(bound(time, T0, type(uint40).max));
        uint256 state = vm.snapshotState();
        (bool claimed,) = address(hashLock).call(abi.encodeCall(hashLock.claim, (terms, PREIMAGE)));
        vm.revertToState(state);
        (bool refunded,) = address(hashLock).call(abi.encodeCall(hashLock.refund, (terms)));
        assertTrue(claimed != refunded);
        assertEq(claimed, block.timestamp < DEADLINE);
    }

    /// @dev Any other word of the terms is another lock, which nobody made.
    function testFuzz_RevertWhen_TermsDiffer(uint256 which, uint256 flip) public {
        LockTerms memory terms = _terms();
        _lock(terms);
        bytes memory data = abi.encodeCall(hashLock.claim, (terms, PREIMAGE));
        which = bound(which, 0, 6);
        flip = bound(flip, 1, type(uint256).max);
        assembly {
            let at := add(add(data, 36), mul(32, which))
            mstore(at, xor(mload(at), flip))
        }
        (bool done, bytes memory answer) = address(hashLock).call(data);
        assertFalse(done);
        assertEq(bytes4(answer), ICustody.BadStatus.selector);
    }

    function test_RefusedAssetIsCredited() public {
        for (uint256 way = 0; way <= uint256(RefusingToken.Way.BurnGas); ++way) {
            uint256 state = vm.snapshotState();
            LockTerms memory terms = _terms();
            Id id = _lock(terms);
            cash.refuse(bob, true);
            cash.setWay(RefusingToken.Way(way));
            vm.expectEmit();
            emit IHashLock.Settled(id, stranger, PREIMAGE);
            vm.expectEmit();
            emit ICustody.Credited(id, bob, terms.asset, 0, PRICE);
            vm.prank(stranger);
            hashLock.claim{gas: 3_000_000}(terms, PREIMAGE);
            assertStatus(id, Status.Settled);
            assertEq(hashLock.owed(bob, terms.asset, 0), PRICE);

            vm.prank(bob);
            assertEq(hashLock.withdraw(terms.asset, 0, stranger), PRICE);
            assertEq(cash.balanceOf(stranger), PRICE);
            assertEq(hashLock.owed(bob, terms.asset, 0), 0);
            vm.expectRevert(abi.encodeWithSelector(ICustody.NothingOwed.selector, bob, terms.asset, 0));
            vm.prank(bob);
            hashLock.withdraw(terms.asset, 0, stranger);
            vm.revertToState(state);
        }
    }

    function test_NativeCoinThatIsRefusedIsCredited() public {
        Purse purse = new Purse();
        LockTerms memory terms = _termsOfEveryKind()[4];
        terms.receiver = address(purse);
        _lock(terms);
        hashLock.claim(terms, PREIMAGE);
        assertEq(hashLock.owed(address(purse), terms.asset, 0), PRICE);
        purse.call(address(hashLock), abi.encodeCall(hashLock.withdraw, (terms.asset, 0, bob)));
        assertEq(bob.balance, PRICE);
    }

    function test_RevertWhen_TooLittleGas() public {
        LockTerms memory terms = _terms();
        _lock(terms);
        cash.refuse(bob, true);
        vm.expectPartialRevert(ICustody.TooLittleGas.selector);
        hashLock.claim{gas: 250_000}(terms, PREIMAGE);
    }

    function testFuzz_GasCannotForceACredit(uint256 gas_) public {
        LockTerms memory terms = _terms();
        Id id = _lock(terms);
        gas_ = bound(gas_, 5_000, 500_000);
        try hashLock.claim{gas: gas_}(terms, PREIMAGE) {
            assertEq(cash.balanceOf(bob), PRICE);
        } catch {
            assertStatus(id, Status.Armed);
        }
    }

    /// @dev A lock under the same hash by somebody else harms nobody: each pays its own receiver from its own deposit.
    function test_LocksUnderOneHashAreApart() public {
        LockTerms memory terms = _terms();
        LockTerms memory other = _terms();
        (other.sender, other.receiver) = (stranger, alice);
        cash.mint(stranger, PRICE);
        vm.prank(stranger);
        cash.approve(address(hashLock), PRICE);
        Id first = _lock(terms);
        Id second = _lock(other);
        hashLock.claim(terms, PREIMAGE);
        assertStatus(second, Status.Armed);
        hashLock.claim(other, PREIMAGE);
        assertStatus(first, Status.Settled);
        assertEq(cash.balanceOf(bob), PRICE);
        assertEq(cash.balanceOf(alice), 10 * PRICE);
    }

    function testFuzz_LockIsAWord(uint8 kind, uint40 deadline, uint208 nonce) public pure {
        kind = uint8(bound(kind, 0, 2));
        Lock lock = toLock(HashKind(kind), deadline, nonce);
        assertEq(uint8(lock.kind()), kind);
        assertEq(lock.deadline(), deadline);
        assertEq(lock.nonce(), nonce);
        assertEq(Lock.unwrap(lock), bytes32(abi.encodePacked(kind, deadline, nonce)));
    }

    /// @dev A claim's calldata up to its preimage.
    function _head(bytes memory call) private pure returns (bytes memory head) {
        head = new bytes(4 + 7 * 32);
        for (uint256 i = 0; i < head.length; ++i) {
            head[i] = call[i];
        }
    }
}
