// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Escrow} from "../src/Escrow.sol";
import {IEscrow} from "../src/interfaces/IEscrow.sol";
import {AssetKind, toAsset} from "../src/types/Asset.sol";
import {EscrowTerms} from "../src/types/EscrowTerms.sol";
import {Id} from "../src/types/Id.sol";
import {Status} from "../src/types/Status.sol";
import {svm} from "./Svm.sol";
import {Test} from "forge-std/Test.sol";

/// @notice Moves what it is told to, except to one payee that it may refuse.
contract EscrowedCash {
    mapping(address => uint256) public balanceOf;
    address public refused;

    function refuse(address payee) external {
        refused = payee;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        if (to == refused) return false;
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        return true;
    }

    function set(address account, uint256 amount) external {
        balanceOf[account] = amount;
    }
}

/// @notice The parties, the terms and the calls.
abstract contract EscrowProofBase is Test {
    uint16 internal constant BOND = 41;
    uint16 internal constant WHOLE = 10_000;
    uint40 internal constant START = 1_800_000_000;
    uint40 internal constant ACCEPT_BY = START + 1 days;
    uint40 internal constant DISPUTE_BY = START + 2 days;
    uint40 internal constant RULE_WINDOW = 3 days;
    address internal constant PAYER = address(0xA11CE);
    address internal constant PAYEE = address(0xB0B);
    address internal constant ARBITER = address(0xA4B);

    enum Function {
        Fund,
        Accept,
        Release,
        Refund,
        Dispute,
        Rule,
        Settle,
        Abort
    }

    struct Call {
        address caller;
        uint40 time;
        uint16 bps;
        bytes32 r;
        bytes32 s;
        uint8 v;
    }

    Escrow internal escrow;
    EscrowedCash internal token;

    function _do(Function which, EscrowTerms memory terms, Call memory c) internal returns (bool done) {
        vm.warp(c.time);
        vm.prank(c.caller);
        (done,) = address(escrow).call(_data(which, terms, c));
    }

    function _data(Function which, EscrowTerms memory terms, Call memory c) private pure returns (bytes memory) {
        if (which == Function.Fund) return abi.encodeCall(IEscrow.fund, (terms));
        if (which == Function.Accept) return abi.encodeCall(IEscrow.accept, (terms));
        if (which == Function.Release) {
            return abi.encodeCall(IEscrow.release, (terms, c.bps, abi.encodePacked(c.r, c.s, c.v)));
        }
        if (which == Function.Refund) return abi.encodeCall(IEscrow.refund, (terms));
        if (which == Function.Dispute) return abi.encodeCall(IEscrow.dispute, (terms));
        if (which == Function.Rule) return abi.encodeCall(IEscrow.rule, (terms, c.bps));
        if (which == Function.Settle) return abi.encodeCall(IEscrow.settle, (terms));
        return abi.encodeCall(IEscrow.abort, (terms));
    }

    function _terms(uint256 amount, uint256 bond, uint16 defaultBps) internal view returns (EscrowTerms memory) {
        return EscrowTerms({
            payer: PAYER,
            payee: PAYEE,
            asset: toAsset(AssetKind.ERC20, address(token)),
            tokenId: 0,
            amount: amount,
            subject: "what is delivered",
            arbiter: ARBITER,
            bond: bond,
            defaultBps: defaultBps,
            acceptBy: ACCEPT_BY,
            disputeBy: DISPUTE_BY,
            ruleWindow: RULE_WINDOW,
            nonce: 1
        });
    }
}

/// @notice The state machine, a function at a time: when it works, for whom, what it writes and what it moves. Each proof
/// makes one arbitrary call at an arbitrary time in an arbitrary state that keeps `_isWritten`, and shows that the next
/// state keeps it too; so by induction it holds for every sequence of calls. Shares are arbitrary; the amount is a few
/// units, which no share divides evenly, because a solver divides slowly.
contract EscrowStepProof is EscrowProofBase {
    uint256 private constant AMOUNT = 7;
    uint256 private constant HELD = 1e9;

    struct Seen {
        Status status;
        uint256 released;
        uint256 ruleBy;
        bool byPayer;
    }

    function setUp() public {
        escrow = new Escrow();
        token = new EscrowedCash();
        svm.enableSymbolicStorage(address(escrow));
        token.set(PAYER, HELD);
        token.set(PAYEE, HELD);
        token.set(ARBITER, HELD);
        token.set(address(escrow), HELD);
    }

    /// @notice The payer puts the amount in, once, before acceptBy.
    function check_Fund(Call calldata c, uint16 bond, uint16 defaultBps) public {
        EscrowTerms memory terms = _terms(AMOUNT, bond, defaultBps);
        (Seen memory before, bool done, Seen memory later) = _step(Function.Fund, terms, c);
        bool near = c.time < ACCEPT_BY && DISPUTE_BY <= c.time + escrow.MAX_TIME();
        assert(done == (before.status == Status.None && c.caller == PAYER && near && defaultBps <= WHOLE));
        if (!done) return;
        _assertSame(later, Seen(Status.Open, 0, 0, false));
        _assertHeld(HELD - AMOUNT, HELD, HELD);
    }

    /// @notice The payee accepts before acceptBy, and nothing moves.
    function check_Accept(Call calldata c) public {
        (Seen memory before, bool done, Seen memory later) = _step(Function.Accept, _terms(AMOUNT, BOND, 0), c);
        assert(done == (before.status == Status.Open && c.caller == PAYEE && c.time < ACCEPT_BY));
        if (!done) return;
        before.status = Status.Armed;
        _assertSame(later, before);
        _assertHeld(HELD, HELD, HELD);
    }

    /// @notice While it is live the payer, or who has its signature, pays the payee up to a larger share.
    function check_Release(Call calldata c) public {
        vm.assume(c.bps != WHOLE);
        EscrowTerms memory terms = _terms(AMOUNT, BOND, 0);
        (Seen memory before, bool done, Seen memory later) = _step(Function.Release, terms, c);
        if (!done) return;
        _assertByPayer(terms, c);
        assert(_isLive(before.status) && c.bps < WHOLE);
        uint256 paid = _share(AMOUNT, c.bps) - _share(AMOUNT, before.released);
        assert(paid != 0);
        before.released = c.bps;
        _assertSame(later, before);
        _assertHeld(HELD, HELD + paid, HELD);
    }

    /// @notice With the last share the escrow ends, and the bond of a dispute goes back.
    function check_ReleaseAll(Call memory c) public {
        c.bps = WHOLE;
        EscrowTerms memory terms = _terms(AMOUNT, BOND, 0);
        (Seen memory before, bool done, Seen memory later) = _step(Function.Release, terms, c);
        if (!done) return;
        _assertByPayer(terms, c);
        assert(_isLive(before.status));
        _assertEnd(before, later, _left(before), _disputer(before));
    }

    /// @notice While it is live the payee gives all that is left back, and the bond of a dispute goes back.
    function check_Refund(Call calldata c) public {
        (Seen memory before, bool done, Seen memory later) = _step(Function.Refund, _terms(AMOUNT, BOND, 0), c);
        assert(done == (_isLive(before.status) && c.caller == PAYEE));
        if (done) _assertEnd(before, later, 0, _disputer(before));
    }

    /// @notice A party disputes before disputeBy, and puts the bond in.
    function check_Dispute(Call calldata c, uint16 bond) public {
        (Seen memory before, bool done, Seen memory later) = _step(Function.Dispute, _terms(AMOUNT, bond, 0), c);
        bool byPayer = c.caller == PAYER;
        bool byPayee = c.caller == PAYEE;
        assert(done == (before.status == Status.Armed && (byPayer || byPayee) && c.time < DISPUTE_BY));
        if (!done) return;
        _assertSame(later, Seen(Status.Disputed, before.released, c.time + RULE_WINDOW, byPayer));
        _assertHeld(byPayer ? HELD - bond : HELD, byPayer ? HELD : HELD - bond, HELD);
    }

    /// @notice The arbiter divides what is left before ruleBy, and has the bond.
    function check_Rule(Call calldata c) public {
        (Seen memory before, bool done, Seen memory later) = _step(Function.Rule, _terms(AMOUNT, BOND, 0), c);
        bool inTime = before.status == Status.Disputed && c.time < before.ruleBy;
        assert(done == (inTime && c.caller == ARBITER && c.bps <= WHOLE));
        if (done) _assertEnd(before, later, _share(_left(before), c.bps), ARBITER);
    }

    /// @notice Anyone has the payee paid if nobody disputed by disputeBy, and what is left divided by the default if
    /// nobody ruled by ruleBy; then the bond goes back.
    function check_Settle(Call calldata c, uint16 defaultBps) public {
        vm.assume(defaultBps <= WHOLE);
        EscrowTerms memory terms = _terms(AMOUNT, BOND, defaultBps);
        (Seen memory before, bool done, Seen memory later) = _step(Function.Settle, terms, c);
        bool disputed = before.status == Status.Disputed;
        assert(done == (disputed ? c.time >= before.ruleBy : before.status == Status.Armed && c.time >= DISPUTE_BY));
        if (!done) return;
        uint256 left = _left(before);
        uint256 toPayee = disputed ? _share(left, defaultBps) : _share(left, WHOLE);
        assert(disputed || toPayee == left);
        _assertEnd(before, later, toPayee, _disputer(before));
    }

    /// @notice Anyone has what is left given back if the payee did not accept by acceptBy.
    function check_Abort(Call calldata c) public {
        (Seen memory before, bool done, Seen memory later) = _step(Function.Abort, _terms(AMOUNT, BOND, 0), c);
        assert(done == (before.status == Status.Open && c.time >= ACCEPT_BY));
        if (done) _assertEnd(before, later, 0, address(0));
    }

    /// @notice Settled and Aborted are absorbing: no call of anybody works ever again, the one that ended it included.
    function check_EndedStaysEnded(Call calldata c, uint8 which) public {
        vm.assume(which <= uint8(Function.Abort));
        EscrowTerms memory terms = _terms(AMOUNT, BOND, 0);
        Status before = escrow.status(escrow.id(terms));
        vm.assume(before == Status.Settled || before == Status.Aborted);
        (, bool done,) = _step(Function(which), terms, c);
        assert(!done);
    }

    /// @notice A call changes no escrow but that of its terms.
    function check_OthersStay(Call calldata c, uint8 which, Id other) public {
        vm.assume(which <= uint8(Function.Abort));
        EscrowTerms memory terms = _terms(AMOUNT, 0, 0);
        vm.assume(other != escrow.id(terms));
        Seen memory before = _see(other);
        _do(Function(which), terms, c);
        _assertSame(_see(other), before);
    }

    /// @notice What is assumed of shares: the product is one, and the share is rounded down, so never more than there is,
    /// and all of it by the whole only.
    function check_ShareIsRoundedDown(uint256 amount, uint256 bps) public pure {
        vm.assume(amount <= AMOUNT && bps <= WHOLE);
        unchecked {
            assert(amount == 0 || amount * bps / amount == bps);
        }
        uint256 share = _shareOf(amount, bps);
        assert(share * WHOLE <= amount * bps && amount * bps < (share + 1) * WHOLE);
        assert(share <= amount && (amount == 0 || (share == amount) == (bps == WHOLE)));
    }

    /// @dev What every call keeps to, once the shares of an escrow are known to be shares.
    function _isWritten(Seen memory seen) private pure returns (bool) {
        if (seen.status == Status.None) return seen.released | seen.ruleBy == 0 && !seen.byPayer;
        return seen.status != Status.Revealed && seen.released < WHOLE;
    }

    function _isLive(Status status) private pure returns (bool) {
        return status == Status.Open || status == Status.Armed || status == Status.Disputed;
    }

    /// @dev One call; if it does not work nothing is written and nothing moves.
    function _step(Function which, EscrowTerms memory terms, Call memory c)
        private
        returns (Seen memory before, bool done, Seen memory later)
    {
        Id id = escrow.id(terms);
        before = _see(id);
        vm.assume(_isWritten(before));
        _left(before);
        done = _do(which, terms, c);
        later = _see(id);
        if (done) return (before, done, later);
        _assertSame(later, before);
        _assertHeld(HELD, HELD, HELD);
    }

    function _see(Id id) private view returns (Seen memory seen) {
        (seen.status, seen.released) = (escrow.status(id), escrow.released(id));
        (seen.ruleBy, seen.byPayer) = escrow.disputeOf(id);
    }

    function _assertByPayer(EscrowTerms memory terms, Call memory c) private view {
        if (c.caller == PAYER) return;
        assert(ecrecover(escrow.releaseDigest(escrow.id(terms), c.bps), c.v, c.r, c.s) == PAYER);
    }

    /// @dev It is final, the rest of its word as it was. All that was left went out, so much of it to the payee, and the
    /// bond of a dispute to `bondTo`.
    function _assertEnd(Seen memory before, Seen memory later, uint256 toPayee, address bondTo) private view {
        (uint256 payer, uint256 payee, uint256 arbiter) = (HELD + _left(before) - toPayee, HELD + toPayee, HELD);
        if (before.status == Status.Disputed) {
            if (bondTo == PAYER) payer += BOND;
            else if (bondTo == PAYEE) payee += BOND;
            else arbiter += BOND;
        }
        before.status = toPayee == 0 ? Status.Aborted : Status.Settled;
        _assertSame(later, before);
        _assertHeld(payer, payee, arbiter);
    }

    function _disputer(Seen memory seen) private pure returns (address) {
        return seen.byPayer ? PAYER : PAYEE;
    }

    /// @dev As below, at once: every branch would multiply the paths.
    function _assertSame(Seen memory a, Seen memory b) private pure {
        assert(_word(a) == _word(b));
    }

    function _word(Seen memory seen) private pure returns (uint256) {
        return uint256(seen.status) | seen.released << 8 | seen.ruleBy << 24 | _one(seen.byPayer) << 64;
    }

    /// @dev These balances, and in custody the rest of all that there is.
    function _assertHeld(uint256 payer, uint256 payee, uint256 arbiter) private view {
        unchecked {
            uint256 custody = 4 * HELD - payer - payee - arbiter;
            uint256 differs = token.balanceOf(PAYER) ^ payer | token.balanceOf(PAYEE) ^ payee | token.balanceOf(ARBITER)
                ^ arbiter | token.balanceOf(address(escrow)) ^ custody;
            assert(differs == 0);
        }
    }

    function _left(Seen memory seen) private pure returns (uint256 left) {
        left = AMOUNT - _share(AMOUNT, seen.released);
        vm.assume(left != 0);
    }

    /// @dev A share, of which the solver is told what check_ShareIsRoundedDown proves, so that it need not divide.
    function _share(uint256 amount, uint256 bps) private pure returns (uint256 share) {
        share = _shareOf(amount, bps);
        vm.assume(share <= amount);
        vm.assume(_one(share == amount) == (_one(bps == WHOLE) | _one(amount == 0)));
    }

    function _shareOf(uint256 amount, uint256 bps) private pure returns (uint256) {
        return amount / WHOLE * bps + amount % WHOLE * bps / WHOLE;
    }

    function _one(bool yes) internal pure returns (uint256 bit) {
        assembly ("memory-safe") {
            bit := yes
        }
    }
}
