// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Guard} from "../../src/base/Guard.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {IHashLock} from "../../src/interfaces/IHashLock.sol";
import {Asset, AssetKind, toAsset} from "../../src/types/Asset.sol";
import {Id} from "../../src/types/Id.sol";
import {HashKind, Lock, LockTerms, toLock} from "../../src/types/LockTerms.sol";
import {Status} from "../../src/types/Status.sol";
import {FalseToken, IdleToken} from "../mocks/Swaps.sol";
import {FeeToken, HookToken, PlainToken, QuietToken} from "../mocks/Tokens.sol";
import {HashLockBase} from "./HashLockBase.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

contract HashLockLock is HashLockBase {
    function test_TakesEveryKindOfAsset() public {
        LockTerms[] memory all = _termsOfEveryKind();
        for (uint256 i = 0; i < all.length; ++i) {
            uint256 before = _held(all[i], alice);
            Id id = hashLock.id(all[i]);
            vm.expectEmit();
            emit IHashLock.Opened(id, alice, all[i]);
            _lock(all[i]);
            assertStatus(id, Status.Armed);
            assertEq(_held(all[i], alice), before - all[i].amount);
            assertEq(_held(all[i], address(hashLock)), all[i].amount);
        }
    }

    /// @dev Id squatting: with a victim's terms nobody else gets anywhere.
    function test_RevertWhen_CallerIsNotTheSender() public {
        LockTerms memory terms = _terms();
        Id id = hashLock.id(terms);
        vm.expectRevert(abi.encodeWithSelector(IHashLock.NotSender.selector, id, bob));
        vm.prank(bob);
        hashLock.lock(terms);
        _lock(terms);
        assertStatus(id, Status.Armed);
    }

    function test_RevertWhen_BadParty() public {
        LockTerms memory terms = _terms();
        address[3] memory bad = [address(0), alice, address(hashLock)];
        for (uint256 i = 0; i < 3; ++i) {
            terms.receiver = bad[i];
            vm.expectRevert(abi.encodeWithSelector(IHashLock.BadParty.selector, bad[i]));
            vm.prank(alice);
            hashLock.lock(terms);
        }
    }

    function testFuzz_WindowIsBounded(uint40 deadline) public {
        LockTerms memory terms = _terms();
        if (uint256(deadline) % 2 == 0) deadline = uint40(bound(deadline, T0 - 10, T0 + 367 days));
        terms.lock = toLock(HashKind.Sha256, deadline, 1);
        bool good = deadline >= T0 + 1 hours && deadline <= T0 + 366 days;
        if (!good) vm.expectRevert(abi.encodeWithSelector(IHashLock.BadWindow.selector, deadline));
        vm.prank(alice);
        hashLock.lock(terms);
    }

    function test_RevertWhen_BadWindow() public {
        LockTerms memory terms = _terms();
        uint40[5] memory bad =
            [uint40(0), uint40(T0 - 1), uint40(T0 + 1 hours - 1), uint40(T0 + 366 days + 1), type(uint40).max];
        for (uint256 i = 0; i < bad.length; ++i) {
            terms.lock = toLock(HashKind.Sha256, bad[i], 1);
            vm.expectRevert(abi.encodeWithSelector(IHashLock.BadWindow.selector, bad[i]));
            vm.prank(alice);
            hashLock.lock(terms);
        }
        uint40[2] memory good = [uint40(T0 + 1 hours), uint40(T0 + 366 days)];
        for (uint256 i = 0; i < good.length; ++i) {
            terms.lock = toLock(HashKind.Sha256, good[i], 1);
            assertStatus(_lock(terms), Status.Armed);
        }
    }

    function test_RevertWhen_NoSuchKind() public {
        LockTerms memory terms = _terms();
        for (uint256 kind = 3; kind <= 255; kind += 84) {
            terms.lock = Lock.wrap(bytes32(kind << 248 | uint256(Lock.unwrap(terms.lock)) << 8 >> 8));
            assertEq(terms.lock.deadline(), DEADLINE);
            vm.expectRevert(IHashLock.BadHashKind.selector);
            vm.prank(alice);
            hashLock.lock(terms);
        }
    }

    /// @dev What is beside an address's own bits is refused, and so never logged.
    function testFuzz_RevertWhen_WordsAreDirty(bool second, uint96 dirt) public {
        vm.assume(dirt != 0);
        bytes memory data = abi.encodeCall(hashLock.lock, (_terms()));
        assembly {
            let at := add(add(data, 36), mul(32, second))
            mstore(at, or(mload(at), shl(160, dirt)))
        }
        vm.prank(alice);
        (bool done,) = address(hashLock).call(data);
        assertFalse(done);
    }

    function test_RevertWhen_BadAsset() public {
        LockTerms memory terms = _terms();
        terms.amount = 0;
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadAsset.selector, terms.asset, 0, 0));
        vm.prank(alice);
        hashLock.lock(terms);
        terms.asset = Asset.wrap(bytes32(uint256(5) << 248));
        terms.amount = 1;
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadAsset.selector, terms.asset, 0, 1));
        vm.prank(alice);
        hashLock.lock(terms);
    }

    function test_RevertWhen_ValueIsNotTheAsset() public {
        vm.deal(alice, 10 * PRICE);
        LockTerms memory terms = _terms();
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongAmount.selector, terms.asset, 1, PRICE));
        vm.prank(alice);
        hashLock.lock{value: 1}(terms);
        terms.asset = toAsset(AssetKind.Native, address(0));
        for (uint256 off = 0; off < 3; off += 2) {
            uint256 value = PRICE + 1 - off;
            vm.expectRevert(abi.encodeWithSelector(ICustody.WrongAmount.selector, terms.asset, value, PRICE));
            vm.prank(alice);
            hashLock.lock{value: value}(terms);
        }
    }

    /// @dev Tokens that keep a fee, that refuse without reverting, that move nothing, or that are not there.
    function test_RevertWhen_NotAllComesIn() public {
        FeeToken fee = new FeeToken();
        _refuses(
            fee,
            abi.encodeWithSelector(
                ICustody.WrongAmount.selector, toAsset(AssetKind.ERC20, address(fee)), PRICE - PRICE / 100, PRICE
            )
        );
        FalseToken no = new FalseToken();
        _refuses(no, abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(no)));
        IdleToken idle = new IdleToken();
        _refuses(
            idle,
            abi.encodeWithSelector(ICustody.WrongAmount.selector, toAsset(AssetKind.ERC20, address(idle)), 0, PRICE)
        );
        LockTerms memory terms = _termsIn(PlainToken(address(0xdead)));
        vm.expectRevert();
        vm.prank(alice);
        hashLock.lock(terms);
    }

    /// @dev Nobody's allowance but the caller's is ever used.
    function test_NobodyElseIsDrawnUpon() public {
        LockTerms memory terms = _terms();
        (terms.sender, terms.receiver) = (stranger, stranger);
        vm.expectRevert();
        vm.prank(stranger);
        hashLock.lock(terms);
        terms.receiver = bob;
        vm.expectRevert();
        vm.prank(stranger);
        hashLock.lock(terms);
        assertEq(cash.balanceOf(alice), 10 * PRICE);
    }

    function test_TokenWithoutAnswers() public {
        QuietToken quiet = new QuietToken();
        quiet.mint(alice, PRICE);
        vm.prank(alice);
        quiet.approve(address(hashLock), PRICE);
        LockTerms memory terms = _termsIn(PlainToken(address(quiet)));
        _lock(terms);
        hashLock.claim(terms, PREIMAGE);
        assertEq(quiet.balanceOf(bob), PRICE);
    }

    function test_ReenteringReverts() public {
        HookToken token = new HookToken();
        _stock(token);
        LockTerms memory terms = _termsIn(token);
        LockTerms memory other = _terms();
        Id id = _lock(other);
        bytes[6] memory calls = [
            abi.encodeCall(hashLock.lock, (terms)),
            abi.encodeCall(hashLock.claim, (other, PREIMAGE)),
            abi.encodeCall(hashLock.refund, (other)),
            abi.encodeCall(hashLock.withdraw, (other.asset, 0, alice)),
            abi.encodeCall(hashLock.status, (id)),
            abi.encodeCall(hashLock.owed, (alice, other.asset, 0))
        ];
        bytes memory refusal = abi.encodePacked(Guard.Reentered.selector);
        for (uint256 phase = 0; phase < 3; ++phase) {
            for (uint256 i = 0; i < calls.length; ++i) {
                uint256 state = vm.snapshotState();
                if (phase != 0) _lock(terms);
                if (phase == 2) vm.warp(DEADLINE);
                token.hook(address(hashLock), calls[i]);
                if (phase == 0) _lock(terms);
                else if (phase == 1) hashLock.claim(terms, PREIMAGE);
                else hashLock.refund(terms);
                assertTrue(token.called());
                assertFalse(token.succeeded());
                assertEq(token.answer(), refusal);
                vm.revertToState(state);
            }
        }
    }

    function _refuses(PlainToken token, bytes memory reason) private {
        _stock(token);
        LockTerms memory terms = _termsIn(token);
        vm.expectRevert(reason);
        vm.prank(alice);
        hashLock.lock(terms);
        assertStatus(hashLock.id(terms), Status.None);
    }
}
