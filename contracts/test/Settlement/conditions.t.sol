// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Settlement} from "../../src/Settlement.sol";
import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {Condition, ConditionKind, Leg, Terms} from "../../src/types/Terms.sol";
import {Base} from "../Base.t.sol";
import {Oracle, PeekingWallet} from "../mocks/Payees.sol";
import {Wallet} from "../mocks/Wallet.sol";

contract SettlementConditionsTest is Base {
    bytes32 private constant SECRET = keccak256("secret");

    function test_PreimageIsPublishedAndPaysTheFixedPayees() public {
        Terms memory terms = _under(Condition(ConditionKind.Preimage, address(0), sha256(abi.encode(SECRET))));
        vm.expectEmit();
        emit ISettlement.Satisfied(settlement.id(terms), 0, abi.encode(SECRET));
        // Whoever copies it from the pool of transactions pays whom the terms name.
        vm.prank(makeAddr("front runner"));
        settlement.settle(terms, _one(abi.encode(SECRET)));
        assertEq(cash.balanceOf(alice), PRICE);
        assertEq(deed.ownerOf(terms.legs[0].tokenId), bob);
    }

    function test_RevertWhen_PreimageIsNot32Bytes() public {
        bytes[4] memory odd = [new bytes(0), new bytes(31), new bytes(33), abi.encode(SECRET, SECRET)];
        for (uint256 i = 0; i < 4; ++i) {
            uint256 state = vm.snapshotState();
            Terms memory terms = _under(Condition(ConditionKind.Preimage, address(0), sha256(odd[i])));
            _expectBadProof(terms, odd[i]);
            vm.revertToState(state);
        }
    }

    function test_RevertWhen_WrongPreimage() public {
        // The same bytes under the other hash function do not help either.
        Terms memory terms = _under(Condition(ConditionKind.Preimage, address(0), keccak256(abi.encode(SECRET))));
        _expectBadProof(terms, abi.encode(SECRET));
        _expectBadProof(terms, abi.encode(keccak256("other")));
    }

    function test_KeyOfAnyLengthUpTo1024() public {
        uint256[4] memory lengths = [uint256(0), 1, 32, 1024];
        for (uint256 i = 0; i < 4; ++i) {
            uint256 state = vm.snapshotState();
            bytes memory key = new bytes(lengths[i]);
            Terms memory terms = _under(Condition(ConditionKind.Key, address(0), keccak256(key)));
            _expectBadProof(terms, abi.encodePacked(key, uint8(0)));
            vm.expectEmit();
            emit ISettlement.Satisfied(settlement.id(terms), 0, key);
            settlement.satisfy(terms, 0, key);
            vm.revertToState(state);
        }
        _expectBadProof(_under(Condition(ConditionKind.Key, address(0), keccak256(new bytes(1025)))), new bytes(1025));
    }

    function test_RevertWhen_KeyUnderTheOtherHash() public {
        Terms memory terms = _under(Condition(ConditionKind.Key, address(0), sha256(abi.encode(SECRET))));
        _expectBadProof(terms, abi.encode(SECRET));
    }

    function test_TimeFromThatSecondOn() public {
        uint256 when = T0 + 1000;
        Terms memory terms = _under(Condition(ConditionKind.Time, address(0), bytes32(when)));
        vm.warp(when - 1);
        _expectBadProof(terms, "!");
        for (uint256 i = 0; i < 2; ++i) {
            uint256 state = vm.snapshotState();
            vm.warp(when + i);
            vm.expectEmit();
            emit ISettlement.Satisfied(settlement.id(terms), 0, "");
            settlement.settle(terms, _one("!"));
            assertEq(cash.balanceOf(alice), PRICE);
            vm.revertToState(state);
        }
    }

    function test_TimeBeyondAllTimesNeverComes() public {
        Terms memory terms = _under(Condition(ConditionKind.Time, address(0), bytes32(type(uint256).max)));
        vm.warp(SETTLE_BY - 1);
        _expectBadProof(terms, "!");
        vm.warp(SETTLE_BY);
        settlement.abort(terms);
    }

    function test_OutcomeOfThisContract() public {
        Terms memory first = _small(1);
        first.conditions = new Condition[](1);
        first.conditions[0] = Condition(ConditionKind.Time, address(0), bytes32(T0));
        Terms memory terms = _under(_outcome(address(settlement), settlement.id(first)));
        _expectBadProof(terms, "!");
        _fundAll(first);
        _expectBadProof(terms, "!");
        uint256 state = vm.snapshotState();
        settlement.cancel(first, _cancels(first));
        _expectBadProof(terms, "!");

        vm.revertToState(state);
        settlement.settle(first, _one("!"));
        vm.expectEmit();
        emit ISettlement.Satisfied(settlement.id(terms), 0, "");
        settlement.settle(terms, _one("!"));
        assertEq(cash.balanceOf(alice), PRICE + 1);
    }

    /// @dev Of two deals in one transaction, the second under the outcome of the first: both, or neither.
    function test_OutcomeInOneTransaction() public {
        Terms memory first = _small(1);
        Terms memory terms = _under(_outcome(address(settlement), settlement.id(first)));
        _fundAll(first);
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(settlement.settle, (terms, _one("!")));
        calls[1] = abi.encodeCall(settlement.settle, (first, _none()));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadProof.selector, settlement.id(terms), 0));
        settlement.multicall(calls);
        (calls[0], calls[1]) = (calls[1], calls[0]);
        settlement.multicall(calls);
        assertEq(settlement.status(settlement.id(terms)), Status.Settled);
    }

    function test_RevertWhen_OutcomeOfItself() public {
        // No terms contain their own id; the nearest is an id that nobody can fund, and that never comes true.
        Terms memory terms = _under(_outcome(address(settlement), Id.wrap(0)));
        _expectBadProof(terms, "!");
    }

    function test_OutcomeOfAnotherContract() public {
        Settlement other = new Settlement();
        Terms memory first = _small(1);
        Terms memory terms = _under(_outcome(address(other), other.id(first)));
        vm.prank(bob);
        cash.approve(address(other), 1);
        vm.prank(bob);
        other.fund(first, 0);
        _expectBadProof(terms, "!");
        other.settle(first, _none());
        settlement.settle(terms, _one("!"));
        assertEq(settlement.status(settlement.id(terms)), Status.Settled);
    }

    /// @dev Only `Settled` counts, whatever number the other contract tells; and a hostile one only lets the deal expire.
    function test_HostileOutcomeOnlyLetsTheDealExpire() public {
        Oracle oracle = new Oracle();
        Terms memory terms = _under(_outcome(address(oracle), Id.wrap(keccak256("deal"))));
        for (uint256 told = 0; told < 7; ++told) {
            oracle.set(Oracle.Way.Tell, told);
            if (told != uint256(Status.Settled)) _expectBadProof(terms, "!");
        }
        uint256[2] memory nonsense = [uint256(7), type(uint256).max];
        for (uint256 i = 0; i < 5; ++i) {
            oracle.set(i < 2 ? Oracle.Way.Tell : Oracle.Way(i - 1), i < 2 ? nonsense[i] : 3);
            vm.expectRevert();
            settlement.satisfy{gas: 1_000_000}(terms, 0, "!");
        }
        vm.warp(SETTLE_BY);
        settlement.abort(terms);
        assertEq(deed.ownerOf(terms.legs[0].tokenId), alice);
        assertEq(cash.balanceOf(bob), PRICE + 1);
    }

    function test_OutcomeOfAnAccountWithoutCodeNeverComes() public {
        Terms memory terms = _under(_outcome(carol, Id.wrap(keccak256("deal"))));
        vm.expectRevert();
        settlement.satisfy(terms, 0, "!");
        vm.warp(SETTLE_BY);
        settlement.abort(terms);
    }

    function test_RevertWhen_PartyDoesNotFitTheKind() public {
        Terms memory terms = _deal();
        for (uint256 kind = 0; kind < 5; ++kind) {
            bool named = kind == uint256(ConditionKind.Receipt) || kind == uint256(ConditionKind.Outcome);
            terms.conditions[0] = Condition(ConditionKind(kind), named ? address(0) : carol, bytes32(uint256(1)));
            vm.expectRevert(abi.encodeWithSelector(ISettlement.BadConditionParty.selector, 0));
            _fund(terms, 0);
        }
    }

    /// @dev One of each kind, proven in any order, some before and some with the settlement.
    function testFuzz_AllKindsAtOnce(uint8 before) public {
        Terms memory first = _small(1);
        Terms memory terms = _deal();
        terms.conditions = new Condition[](5);
        terms.conditions[0] = _receipt(carol, keccak256("inspection"));
        terms.conditions[1] = Condition(ConditionKind.Preimage, address(0), sha256(abi.encode(SECRET)));
        terms.conditions[2] = Condition(ConditionKind.Key, address(0), keccak256("key"));
        terms.conditions[3] = Condition(ConditionKind.Time, address(0), bytes32(T0 + 5));
        terms.conditions[4] = _outcome(address(settlement), settlement.id(first));
        _mintCash(bob, 1);
        _fundAll(terms);
        _fundAll(first);
        settlement.settle(first, _none());
        vm.warp(T0 + 5);
        bytes[] memory proofs = new bytes[](5);
        (proofs[0], proofs[1], proofs[2], proofs[3], proofs[4]) =
        (_proof(terms, 0), abi.encode(SECRET), bytes("key"), bytes("!"), bytes("!"));
        for (uint256 i = 0; i < 5; ++i) {
            if (before & (1 << i) == 0) continue;
            settlement.satisfy(terms, i, proofs[i]);
            proofs[i] = "";
        }
        assertEq(settlement.satisfied(settlement.id(terms)), before % 32);
        settlement.settle(terms, proofs);
        assertEq(settlement.satisfied(settlement.id(terms)), 31);
        assertEq(settlement.status(settlement.id(terms)), Status.Settled);
    }

    /// @dev A signature of 64 bytes (ERC-2098), with v of 0 or 1, or with the other s, is none: one form, and replay
    /// would change nothing, because what is proven is marked and not counted.
    function test_RevertWhen_SignatureIsInAnotherForm() public {
        Terms memory terms = _under(_receipt(bob, SECRET));
        bytes memory good = _proof(terms, 0);
        (bytes32 r, bytes32 s) = abi.decode(good, (bytes32, bytes32));
        uint8 v = uint8(good[64]);
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        bytes[5] memory bad = [
            abi.encodePacked(r, uint256(s) | uint256(v - 27) << 255),
            abi.encodePacked(r, s, v - 27),
            abi.encodePacked(r, order - uint256(s), v == 27 ? 28 : 27),
            abi.encodePacked(r, s, uint8(29)),
            abi.encodePacked(bytes32(0), bytes32(0), v)
        ];
        for (uint256 i = 0; i < 5; ++i) {
            _expectBadProof(terms, bad[i]);
        }
        settlement.satisfy(terms, 0, good);
    }

    /// @dev Two contract accounts with one owner: what it signed for one is nothing to the other.
    function test_TwoWalletsOfOneOwner() public {
        (Wallet one, Wallet two) = (new Wallet(carol), new Wallet(carol));
        Terms memory terms = _deal();
        terms.conditions = new Condition[](2);
        terms.conditions[0] = _receipt(address(one), SECRET);
        terms.conditions[1] = _receipt(address(two), SECRET);
        _fundAll(terms);
        Id id = settlement.id(terms);
        bytes memory proof = _sign(carolKey, settlement.receiptDigest(id, address(one), SECRET));
        settlement.satisfy(terms, 0, proof);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadProof.selector, id, 1));
        settlement.satisfy(terms, 1, proof);
        settlement.satisfy(terms, 1, _sign(carolKey, settlement.receiptDigest(id, address(two), SECRET)));
    }

    /// @dev An account with delegated code (EIP-7702) signs by its key, whatever the code says.
    function test_KeyCountsBeforeCode() public {
        Terms memory terms = _under(_receipt(bob, SECRET));
        bytes memory proof = _proof(terms, 0);
        vm.etch(bob, hex"5f5ffd");
        settlement.satisfy(terms, 0, proof);
    }

    /// @dev While a contract account's signature is checked, it sees no state in between and can change none.
    function test_WalletCannotPeekWhileItSigns() public {
        PeekingWallet wallet = new PeekingWallet();
        Terms memory terms = _under(_receipt(address(wallet), SECRET));
        Id id = settlement.id(terms);
        bytes[4] memory calls = [
            abi.encodeCall(settlement.status, (id)),
            abi.encodeCall(settlement.satisfied, (id)),
            abi.encodeCall(settlement.owed, (bob, _erc20(address(cash)), 0)),
            abi.encodeCall(settlement.satisfy, (terms, 0, "!"))
        ];
        for (uint256 i = 0; i < 4; ++i) {
            wallet.peek(address(settlement), calls[i]);
            _expectBadProof(terms, "!");
        }
        // What does not change in between may be read.
        wallet.peek(address(settlement), abi.encodeCall(settlement.id, (terms)));
        settlement.satisfy(terms, 0, "!");
    }

    function _expectBadProof(Terms memory terms, bytes memory proof) private {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.BadProof.selector, settlement.id(terms), 0));
        settlement.satisfy(terms, 0, proof);
    }

    /// @dev The usual deal under one condition, armed. Bob has one more unit of cash.
    function _under(Condition memory c) private returns (Terms memory terms) {
        terms = _deal();
        terms.conditions[0] = c;
        _mintCash(bob, 1);
        _fundAll(terms);
    }

    /// @dev Bob gives Alice one unit of cash, under no condition.
    function _small(uint256 nonce) private view returns (Terms memory terms) {
        terms.legs = new Leg[](1);
        terms.legs[0] = _cashLeg(address(cash), bob, alice, 1);
        terms.fundBy = FUND_BY;
        terms.settleBy = SETTLE_BY;
        terms.nonce = nonce;
    }

    function _outcome(address party, Id other) private pure returns (Condition memory) {
        return Condition(ConditionKind.Outcome, party, Id.unwrap(other));
    }

    function _one(bytes memory proof) private pure returns (bytes[] memory proofs) {
        proofs = new bytes[](1);
        proofs[0] = proof;
    }
}
