// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Escrow} from "../../../src/Escrow.sol";
import {ICustody} from "../../../src/interfaces/ICustody.sol";
import {IEscrow} from "../../../src/interfaces/IEscrow.sol";
import {Asset, AssetKind, toAsset} from "../../../src/types/Asset.sol";
import {EscrowTerms} from "../../../src/types/EscrowTerms.sol";
import {Id} from "../../../src/types/Id.sol";
import {Status} from "../../../src/types/Status.sol";
import {RefusingToken} from "../../mocks/Tokens.sol";
import {CommonBase} from "forge-std/Base.sol";
import {StdAssertions} from "forge-std/StdAssertions.sol";
import {StdCheats} from "forge-std/StdCheats.sol";
import {StdUtils} from "forge-std/StdUtils.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice Lets a handful of parties pay each other at random through escrows, with a token that refuses some of them
/// now and then, and says before each call whether it must work. What it believes of each escrow it has from events.
contract EscrowHandler is CommonBase, StdAssertions, StdCheats, StdUtils {
    /// @dev What the events say of an escrow: `out` is all that left it, the bond aside.
    struct Ghost {
        Status status;
        uint256 releasedBps;
        uint256 out;
        uint256 ruleBy;
        bool bonded;
        uint256 terminals;
    }

    uint256 public constant ACTORS = 5;

    Escrow public immutable escrow;
    RefusingToken public immutable token = new RefusingToken();
    Asset public immutable asset = toAsset(AssetKind.ERC20, address(token));
    address[] public actors;

    bytes[] private _deals;
    mapping(Id => Ghost) private _ghosts;
    uint256 public deposited;
    uint256 public strayed;
    mapping(string => uint256) public calls;

    constructor(Escrow escrow_) {
        escrow = escrow_;
        for (uint256 i = 0; i < ACTORS; ++i) {
            actors.push(makeAddr(string(abi.encodePacked("actor", i))));
            vm.prank(actors[i]);
            token.approve(address(escrow), type(uint256).max);
        }
    }

    modifier recorded(string memory name) {
        vm.recordLogs();
        _;
        _replay(vm.getRecordedLogs());
        ++calls[name];
    }

    /// @notice Somebody pays somebody, now and then without arbiter or bond.
    function fund(uint256 seed) external recorded("fund") {
        uint256 payer = seed % ACTORS;
        uint256 acceptBy = block.timestamp + 1 + (seed >> 16) % 2 days;
        EscrowTerms memory terms = EscrowTerms({
            payer: actors[payer],
            payee: actors[(payer + 1) % ACTORS],
            asset: asset,
            tokenId: 0,
            amount: 1 + (seed >> 64) % 100_000,
            subject: bytes32(seed),
            arbiter: seed % 7 == 0 ? address(0) : actors[(payer + 2) % ACTORS],
            bond: seed % 7 == 0 ? 0 : (seed >> 128) % 1_000,
            defaultBps: uint16((seed >> 144) % 10_001),
            acceptBy: uint40(acceptBy),
            disputeBy: uint40(acceptBy + 1 hours + (seed >> 160) % 2 days),
            ruleWindow: uint40(1 hours + (seed >> 176) % 2 days),
            nonce: _deals.length
        });
        _deals.push(abi.encode(terms));
        _does(terms.payer, abi.encodeCall(escrow.fund, (terms)), true, terms.amount);
    }

    function accept(uint256 seed) external recorded("accept") {
        if (_deals.length == 0) return;
        (EscrowTerms memory terms, Ghost memory ghost) = _pick(seed);
        bool works = ghost.status == Status.Open && block.timestamp < terms.acceptBy;
        _does(terms.payee, abi.encodeCall(escrow.accept, (terms)), works, 0);
    }

    function release(uint256 seed, uint16 bps) external recorded("release") {
        if (_deals.length == 0) return;
        (EscrowTerms memory terms, Ghost memory ghost) = _pick(seed);
        bps = seed % 5 == 0 ? 10_000 : uint16(bps % 10_000);
        bool more = terms.amount * bps / 10_000 > terms.amount * ghost.releasedBps / 10_000;
        _does(terms.payer, abi.encodeCall(escrow.release, (terms, bps, "")), _live(ghost) && more, 0);
    }

    function refund(uint256 seed) external recorded("refund") {
        if (_deals.length == 0 || seed % 4 != 0) return;
        (EscrowTerms memory terms, Ghost memory ghost) = _pick(seed / 4);
        _does(terms.payee, abi.encodeCall(escrow.refund, (terms)), _live(ghost), 0);
    }

    function dispute(uint256 seed, bool byPayer) external recorded("dispute") {
        if (_deals.length == 0) return;
        (EscrowTerms memory terms, Ghost memory ghost) = _pick(seed);
        bool works = ghost.status == Status.Armed && block.timestamp < terms.disputeBy;
        address by = byPayer ? terms.payer : terms.payee;
        _does(by, abi.encodeCall(escrow.dispute, (terms)), works, terms.bond);
    }

    function rule(uint256 seed, uint16 bps) external recorded("rule") {
        if (_deals.length == 0) return;
        (EscrowTerms memory terms, Ghost memory ghost) = _pick(seed);
        bps %= 10_001;
        bool works = ghost.status == Status.Disputed && block.timestamp < ghost.ruleBy && terms.arbiter != address(0);
        // Nobody is address zero.
        address by = terms.arbiter == address(0) ? address(this) : terms.arbiter;
        _does(by, abi.encodeCall(escrow.rule, (terms, bps)), works, 0);
    }

    function settle(uint256 seed) external recorded("settle") {
        if (_deals.length == 0) return;
        (EscrowTerms memory terms, Ghost memory ghost) = _pick(seed);
        _does(address(this), abi.encodeCall(escrow.settle, (terms)), _canSettle(terms, ghost), 0);
    }

    function abort(uint256 seed) external recorded("abort") {
        if (_deals.length == 0) return;
        (EscrowTerms memory terms, Ghost memory ghost) = _pick(seed);
        _does(address(this), abi.encodeCall(escrow.abort, (terms)), _canAbort(terms, ghost), 0);
    }

    /// @notice Somebody who has no part in it tries everything that only parties may do.
    function trespass(uint256 seed) external {
        if (_deals.length == 0) return;
        (EscrowTerms memory terms,) = _pick(seed);
        bytes[6] memory tries = [
            abi.encodeCall(escrow.fund, (terms)),
            abi.encodeCall(escrow.accept, (terms)),
            abi.encodeCall(escrow.release, (terms, 10_000, "")),
            abi.encodeCall(escrow.refund, (terms)),
            abi.encodeCall(escrow.dispute, (terms)),
            abi.encodeCall(escrow.rule, (terms, 10_000))
        ];
        (bool done,) = address(escrow).call(tries[seed % 6]);
        assertFalse(done, "a stranger moved it");
    }

    function withdraw(uint256 seed) external {
        address payee = actors[seed % ACTORS];
        uint256 owed = escrow.owed(payee, asset, 0);
        uint256 before = token.balanceOf(address(0xbeef));
        vm.prank(payee);
        bytes memory call = abi.encodeCall(escrow.withdraw, (asset, 0, address(0xbeef)));
        (bool done,) = address(escrow).call(call);
        assertEq(done, owed != 0);
        assertEq(token.balanceOf(address(0xbeef)), before + owed);
    }

    function refuse(uint256 seed, bool on) external {
        token.refuse(actors[seed % ACTORS], on);
        token.setWay(RefusingToken.Way((seed >> 8) % 3));
    }

    function stray(uint64 amount) external {
        token.mint(address(escrow), amount);
        strayed += amount;
    }

    function wait(uint256 time) external {
        skip(time % 12 hours);
    }

    /// @notice After every deadline, anyone ends every escrow, whoever keeps silent or is refused.
    function finish() external recorded("finish") {
        skip(10 days);
        for (uint256 i = 0; i < _deals.length; ++i) {
            (EscrowTerms memory terms, Ghost memory ghost) = _pick(i);
            if (_canSettle(terms, ghost)) escrow.settle(terms);
            else if (_canAbort(terms, ghost)) escrow.abort(terms);
        }
    }

    function dealCount() external view returns (uint256) {
        return _deals.length;
    }

    function ghostOf(Id id) external view returns (Ghost memory) {
        return _ghosts[id];
    }

    function deal(uint256 seed) public view returns (EscrowTerms memory) {
        return abi.decode(_deals[seed % _deals.length], (EscrowTerms));
    }

    function _pick(uint256 seed) private view returns (EscrowTerms memory terms, Ghost memory ghost) {
        terms = deal(seed);
        ghost = _ghosts[escrow.id(terms)];
    }

    function _live(Ghost memory ghost) private pure returns (bool) {
        return ghost.status == Status.Open || ghost.status == Status.Armed || ghost.status == Status.Disputed;
    }

    function _canSettle(EscrowTerms memory terms, Ghost memory ghost) private view returns (bool) {
        return (ghost.status == Status.Armed && block.timestamp >= terms.disputeBy)
            || (ghost.status == Status.Disputed && block.timestamp >= ghost.ruleBy);
    }

    function _canAbort(EscrowTerms memory terms, Ghost memory ghost) private view returns (bool) {
        return ghost.status == Status.Open && block.timestamp >= terms.acceptBy;
    }

    /// @dev Makes a call that must work, or must not; `cost` is what it takes from the caller.
    function _does(address by, bytes memory call, bool works, uint256 cost) private {
        if (works && cost != 0) {
            token.mint(by, cost);
            deposited += cost;
        }
        vm.prank(by);
        (bool done, bytes memory answer) = address(escrow).call(call);
        if (done != works) emit log_named_bytes("answer", answer);
        assertEq(done, works);
        // What a refused call said before it was undone does not count.
        if (!done) vm.getRecordedLogs();
    }

    /// @dev Rebuilds what is known from the events alone.
    function _replay(Vm.Log[] memory logs) private {
        for (uint256 i = 0; i < logs.length; ++i) {
            bytes32 topic = logs[i].topics[0];
            bool ours = logs[i].emitter == address(escrow) && topic != ICustody.Withdrawn.selector;
            if (ours) _apply(topic, _ghosts[Id.wrap(logs[i].topics[1])], logs[i].data);
        }
    }

    function _apply(bytes32 topic, Ghost storage ghost, bytes memory data) private {
        if (topic == IEscrow.Opened.selector) {
            assertEq(uint8(ghost.status), uint8(Status.None));
            ghost.status = Status.Open;
        } else if (topic == IEscrow.Accepted.selector) {
            ghost.status = Status.Armed;
        } else if (topic == IEscrow.Released.selector) {
            (uint256 bps, uint256 amount) = abi.decode(data, (uint256, uint256));
            ghost.releasedBps = bps;
            ghost.out += amount;
        } else if (topic == IEscrow.DisputeRaised.selector) {
            ghost.status = Status.Disputed;
            ghost.ruleBy = abi.decode(data, (uint256));
            ghost.bonded = true;
        } else if (topic == IEscrow.Settled.selector) {
            (uint256 toPayee, uint256 toPayer,) = abi.decode(data, (uint256, uint256, address));
            ghost.out += toPayee + toPayer;
            (ghost.status, ghost.terminals) = (Status.Settled, ghost.terminals + 1);
        } else if (topic == IEscrow.Aborted.selector) {
            (uint256 toPayer,) = abi.decode(data, (uint256, address));
            ghost.out += toPayer;
            (ghost.status, ghost.terminals) = (Status.Aborted, ghost.terminals + 1);
        }
    }
}
