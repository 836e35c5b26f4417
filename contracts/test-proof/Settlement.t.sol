// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Settlement} from "../src/Settlement.sol";
import {AssetKind, toAsset} from "../src/types/Asset.sol";
import {Id} from "../src/types/Id.sol";
import {Status} from "../src/types/Status.sol";
import {Condition, ConditionKind, Leg, Terms} from "../src/types/Terms.sol";
import {svm} from "./Svm.sol";
import {Test} from "forge-std/Test.sol";

/// @notice A token that always does as told, and counts nothing.
contract YesToken {
    uint256 private _here;

    function balanceOf(address) external view returns (uint256) {
        return _here;
    }

    function transferFrom(address, address, uint256 amount) external returns (bool) {
        _here += amount;
        return true;
    }

    function transfer(address, uint256) external pure returns (bool) {
        return true;
    }
}

/// @notice A settlement ends at most once, in one way at a time, and only by its own terms. Each proof makes one arbitrary
/// call in an arbitrary state, so by induction it holds for every sequence of calls. The terms have two legs and one
/// condition of Time; amounts, windows, ids and the state are arbitrary.
contract SettlementProof is Test {
    struct Numbers {
        uint256 first;
        uint256 second;
        uint40 fundBy;
        uint40 settleBy;
        uint256 nonce;
        uint256 when;
    }

    struct Seen {
        Status status;
        uint256 funded;
        uint256 satisfied;
    }

    address internal constant ALICE = address(0xa11ce);
    address internal constant BOB = address(0xb0b);

    Settlement internal settlement;
    YesToken internal token;

    function setUp() public {
        settlement = new Settlement();
        token = new YesToken();
        svm.enableSymbolicStorage(address(settlement));
    }

    /// @notice Settled and Aborted are absorbing: no call changes anything about an ended settlement, its own included.
    function check_EndedStaysEnded(uint8 which, uint256 now_, Numbers calldata n, uint256 leg, Id id) public {
        Seen memory before = _see(id);
        vm.assume(before.status == Status.Settled || before.status == Status.Aborted);
        _call(which, now_, n, leg);
        Seen memory later = _see(id);
        assert(later.status == before.status);
        assert(later.funded == before.funded && later.satisfied == before.satisfied);
    }

    /// @notice A call moves only the settlement whose terms it brings.
    function check_OnlyByItsTerms(uint8 which, uint256 now_, Numbers calldata n, uint256 leg, Id id) public {
        vm.assume(id != settlement.id(_terms(n)));
        Seen memory before = _see(id);
        _call(which, now_, n, leg);
        Seen memory later = _see(id);
        assert(later.status == before.status);
        assert(later.funded == before.funded && later.satisfied == before.satisfied);
    }

    /// @notice The edges are those of the drawing, each under its own function.
    function check_Edges(uint8 which, uint256 now_, Numbers calldata n, uint256 leg) public {
        Id id = settlement.id(_terms(n));
        Status before = settlement.status(id);
        bool done = _call(which, now_, n, leg);
        Status later = settlement.status(id);
        if (!done) assert(later == before);
        if (later == before) return;
        if (which == 0) assert(before == Status.None || before == Status.Open);
        if (which == 0) assert(later == Status.Open || later == Status.Armed);
        assert(which != 1);
        if (which == 2) assert(before == Status.Armed && later == Status.Settled);
        if (which == 3) assert((before == Status.Open || before == Status.Armed) && later == Status.Aborted);
    }

    /// @notice settle works just when an Armed settlement is proven, or its proof comes in time; abort just when it is
    /// unproven and late, or Open and late. So never both, and after the last deadline always one of them.
    function check_WindowsPartitionTime(bool aborting, uint256 now_, Numbers calldata n, bool withProof) public {
        Id id = settlement.id(_terms(n));
        Seen memory seen = _see(id);
        vm.assume(seen.satisfied <= 1 && seen.funded <= 3);
        bool proven = seen.satisfied == 1;
        bool settles =
            seen.status == Status.Armed && (proven ? !withProof : withProof && now_ < n.settleBy && now_ >= n.when);
        bool aborts = (seen.status == Status.Open && now_ >= n.fundBy)
            || (seen.status == Status.Armed && !proven && now_ >= n.settleBy);
        assert(!(settles && aborts));
        bool done = aborting ? _call(3, now_, n, 0) : _call(withProof ? 2 : 4, now_, n, 0);
        assert(done == (aborting ? aborts : settles));
        if (done) assert(settlement.status(id) == (aborting ? Status.Aborted : Status.Settled));
    }

    function _see(Id id) internal view returns (Seen memory) {
        return Seen(settlement.status(id), settlement.funded(id), settlement.satisfied(id));
    }

    /// @dev 0 fund, 1 satisfy, 2 settle with the proof, 3 abort, else settle without.
    function _call(uint8 which, uint256 now_, Numbers calldata n, uint256 leg) internal returns (bool done) {
        vm.assume(now_ < 2 ** 40);
        vm.warp(now_);
        Terms memory terms = _terms(n);
        bytes[] memory proofs = new bytes[](which == 2 ? 1 : 0);
        if (which == 2) proofs[0] = "!";
        bytes memory data;
        if (which == 0 && leg == 0) data = abi.encodeCall(settlement.fund, (terms, 0));
        else if (which == 0) data = abi.encodeCall(settlement.fund, (terms, 1));
        else if (which == 1) data = abi.encodeCall(settlement.satisfy, (terms, 0, "!"));
        else if (which == 3) data = abi.encodeCall(settlement.abort, (terms));
        else data = abi.encodeCall(settlement.settle, (terms, proofs));
        vm.prank(leg == 0 ? ALICE : BOB);
        (done,) = address(settlement).call(data);
    }

    function _terms(Numbers calldata n) internal view returns (Terms memory terms) {
        terms.legs = new Leg[](2);
        terms.legs[0] = Leg(toAsset(AssetKind.ERC20, address(token)), ALICE, BOB, 0, n.first);
        terms.legs[1] = Leg(toAsset(AssetKind.ERC20, address(token)), BOB, ALICE, 0, n.second);
        terms.conditions = new Condition[](1);
        terms.conditions[0] = Condition(ConditionKind.Time, address(0), bytes32(n.when));
        (terms.fundBy, terms.settleBy, terms.nonce) = (n.fundBy, n.settleBy, n.nonce);
    }
}

/// @notice A token with balances, which refuses one payee if it likes.
contract CountingToken {
    mapping(address => uint256) public balanceOf;
    address public refused;

    constructor(address alice, uint256 alices, address bob, uint256 bobs) {
        (balanceOf[alice], balanceOf[bob]) = (alices, bobs);
    }

    function refuse(address payee) external {
        refused = payee;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        _move(from, to, amount);
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        if (to == refused) return false;
        _move(msg.sender, to, amount);
        return true;
    }

    function _move(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @notice Two legs of one token go in, and then each is where it belongs, whoever is refused: forward, back, or owed.
contract SettlementConservationProof is Test {
    address internal constant ALICE = address(0xa11ce);
    address internal constant BOB = address(0xb0b);
    uint40 internal constant START = 1_800_000_000;

    Settlement internal settlement;
    CountingToken internal token;

    function setUp() public {
        settlement = new Settlement();
    }

    function check_Conservation(uint128 first, uint128 second, bool both, bool forward, uint8 refusing) public {
        vm.assume(first > 1 && second > 1);
        token = new CountingToken(ALICE, first, BOB, second);
        vm.warp(START);
        Terms memory terms = _terms(first, second);
        vm.prank(ALICE);
        settlement.fund(terms, 0);
        vm.prank(BOB);
        if (both) settlement.fund(terms, 1);
        assert(token.balanceOf(address(settlement)) == uint256(first) + (both ? second : 0));

        if (refusing == 1) token.refuse(ALICE);
        if (refusing == 2) token.refuse(BOB);
        if (both && forward) {
            settlement.settle(terms, new bytes[](0));
        } else {
            vm.assume(!both);
            vm.warp(START + 10);
            settlement.abort(terms);
        }
        uint256 alices = both ? uint256(second) : uint256(first);
        uint256 bobs = both ? uint256(first) : uint256(second);
        uint256 owedAlice = settlement.owed(ALICE, terms.legs[0].asset, 0);
        uint256 owedBob = settlement.owed(BOB, terms.legs[0].asset, 0);
        assert(owedAlice == (refusing == 1 ? alices : 0));
        assert(owedBob == (refusing == 2 && both ? bobs : 0));
        assert(token.balanceOf(ALICE) + owedAlice == alices);
        assert(token.balanceOf(BOB) + owedBob == bobs);
        assert(token.balanceOf(address(settlement)) == owedAlice + owedBob);

        if (owedAlice == 0) return;
        token.refuse(address(0));
        vm.prank(ALICE);
        settlement.withdraw(terms.legs[0].asset, 0, ALICE);
        assert(token.balanceOf(ALICE) == alices);
        assert(settlement.owed(ALICE, terms.legs[0].asset, 0) == 0);
    }

    function _terms(uint256 first, uint256 second) internal view returns (Terms memory terms) {
        terms.legs = new Leg[](2);
        terms.legs[0] = Leg(toAsset(AssetKind.ERC20, address(token)), ALICE, BOB, 0, first);
        terms.legs[1] = Leg(toAsset(AssetKind.ERC20, address(token)), BOB, ALICE, 0, second);
        (terms.fundBy, terms.settleBy) = (START + 10, START + 20);
    }
}

/// @notice Every field of the terms is in the id: different terms have different ids.
contract SettlementIdProof is Test {
    Settlement internal settlement = new Settlement();

    function check_IdBindsEveryField(
        Leg calldata leg,
        Leg calldata leg2,
        Condition calldata condition,
        Condition calldata condition2,
        uint40[4] calldata times,
        uint256[2] calldata nonces
    ) public view {
        Terms memory a = _terms(leg, condition, times[0], times[1], nonces[0]);
        Terms memory b = _terms(leg2, condition2, times[2], times[3], nonces[1]);
        if (settlement.id(a) != settlement.id(b)) return;
        assert(leg.asset == leg2.asset && leg.from == leg2.from && leg.to == leg2.to);
        assert(leg.tokenId == leg2.tokenId && leg.amount == leg2.amount);
        assert(condition.kind == condition2.kind && condition.party == condition2.party);
        assert(condition.subject == condition2.subject);
        assert(times[0] == times[2] && times[1] == times[3] && nonces[0] == nonces[1]);
    }

    function _terms(Leg memory leg, Condition memory c, uint40 fundBy, uint40 settleBy, uint256 nonce)
        private
        pure
        returns (Terms memory terms)
    {
        terms.legs = new Leg[](1);
        terms.legs[0] = leg;
        terms.conditions = new Condition[](1);
        terms.conditions[0] = c;
        (terms.fundBy, terms.settleBy, terms.nonce) = (fundBy, settleBy, nonce);
    }
}
