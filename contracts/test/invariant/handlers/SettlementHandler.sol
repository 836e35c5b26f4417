// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Settlement} from "../../../src/Settlement.sol";
import {ICustody} from "../../../src/interfaces/ICustody.sol";
import {ISettlement} from "../../../src/interfaces/ISettlement.sol";
import {Asset, AssetKind} from "../../../src/types/Asset.sol";
import {Id} from "../../../src/types/Id.sol";
import {Status} from "../../../src/types/Status.sol";
import {Condition, ConditionKind, Leg, Terms} from "../../../src/types/Terms.sol";
import {DealHandler} from "./DealHandler.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice Lets a handful of parties deal at random, in assets of every kind that refuse at random, and says before each
/// call whether it must work. What it believes of each deal and each credit it has from the events alone.
contract SettlementHandler is DealHandler {
    Settlement public immutable settlement;

    constructor(Settlement settlement_) DealHandler(settlement_) {
        settlement = settlement_;
    }

    /// @notice Somebody opens a new deal of 1 to 4 legs under 0 to 2 conditions.
    function open(uint256 seed) external recorded {
        Terms memory terms;
        terms.legs = new Leg[](1 + seed % 4);
        terms.conditions = new Condition[]((seed >> 8) % 3);
        terms.fundBy = uint40(block.timestamp + 1 + (seed >> 16) % 3 days);
        terms.settleBy = uint40(terms.fundBy + 1 + (seed >> 40) % 5 days);
        terms.nonce = _deals.length;
        for (uint256 i = 0; i < terms.legs.length; ++i) {
            terms.legs[i] = _randomLeg(uint256(keccak256(abi.encode(seed, i))));
        }
        for (uint256 i = 0; i < terms.conditions.length; ++i) {
            terms.conditions[i] = _randomCondition(uint256(keccak256(abi.encode(seed, "condition", i))));
        }
        _register(settlement.id(terms), abi.encode(terms));
        _fund(terms, (seed >> 128) % terms.legs.length);
    }

    /// @notice A funder puts its leg in, if it is not late.
    function fund(uint256 seed, uint256 leg) external recorded {
        if (_deals.length == 0) return;
        Terms memory terms = deal(seed);
        leg %= terms.legs.length;
        Ghost memory ghost = _ghosts[settlement.id(terms)];
        bool works = ghost.status == Status.Open && block.timestamp < terms.fundBy && ghost.funded & (1 << leg) == 0;
        if (works) return _fund(terms, leg);
        vm.prank(terms.legs[leg].from);
        _refuses(abi.encodeCall(settlement.fund, (terms, leg)));
    }

    /// @notice Somebody brings a proof.
    function satisfy(uint256 seed, uint256 condition) external recorded {
        if (_deals.length == 0) return;
        Terms memory terms = deal(seed);
        if (terms.conditions.length == 0) return;
        condition %= terms.conditions.length;
        Id id = settlement.id(terms);
        Ghost memory ghost = _ghosts[id];
        bytes memory call = abi.encodeCall(settlement.satisfy, (terms, condition, _proof(id, terms, condition)));
        bool works = ghost.status == Status.Armed && block.timestamp < terms.settleBy
            && ghost.satisfied & (1 << condition) == 0 && _provable(terms.conditions[condition]);
        if (works) _works(call, 0);
        else _refuses(call);
    }

    /// @notice Somebody settles, with every missing proof or with none.
    function settle(uint256 seed, bool withProofs) external recorded {
        if (_deals.length == 0) return;
        Terms memory terms = deal(seed);
        Id id = settlement.id(terms);
        Ghost memory ghost = _ghosts[id];
        bytes[] memory proofs = new bytes[](withProofs ? terms.conditions.length : 0);
        bool provable = withProofs && block.timestamp < terms.settleBy;
        for (uint256 i = 0; i < proofs.length; ++i) {
            if (ghost.satisfied & (1 << i) != 0) continue;
            proofs[i] = _proof(id, terms, i);
            provable = provable && _provable(terms.conditions[i]);
        }
        bool works = ghost.status == Status.Armed && (_proven(ghost, terms) || provable);
        bytes memory call = abi.encodeCall(settlement.settle, (terms, proofs));
        if (works) _moves(terms, call, (1 << terms.legs.length) - 1, true);
        else _refuses(call);
    }

    /// @notice Somebody aborts.
    function abort(uint256 seed) external recorded {
        if (_deals.length != 0) _abort(deal(seed));
    }

    /// @notice All leg parties cancel.
    function cancel(uint256 seed) external recorded {
        if (_deals.length == 0 || seed % 4 != 0) return;
        Terms memory terms = deal(seed / 4);
        Id id = settlement.id(terms);
        Ghost memory ghost = _ghosts[id];
        address[] memory parties = settlement.parties(terms);
        bytes[] memory signatures = new bytes[](parties.length);
        for (uint256 i = 0; i < parties.length; ++i) {
            signatures[i] = _sign(parties[i], settlement.cancelDigest(id, parties[i]));
        }
        bool works = ghost.status == Status.Open || (ghost.status == Status.Armed && !_proven(ghost, terms));
        bytes memory call = abi.encodeCall(settlement.cancel, (terms, signatures));
        if (works) _moves(terms, call, ghost.funded, false);
        else _refuses(call);
    }

    /// @notice After every deadline: anyone ends every deal.
    function finish() external override recorded {
        vm.warp(block.timestamp + 30 days);
        for (uint256 i = 0; i < _deals.length; ++i) {
            Terms memory terms = deal(i);
            Ghost memory ghost = _ghosts[_ids[i]];
            if (ghost.status == Status.Armed && _proven(ghost, terms)) {
                bytes memory call = abi.encodeCall(settlement.settle, (terms, new bytes[](0)));
                _moves(terms, call, (1 << terms.legs.length) - 1, true);
            } else if (ghost.status == Status.Open || ghost.status == Status.Armed) {
                _abort(terms);
            }
        }
    }

    function legCount(uint256 number) external view returns (uint256) {
        return abi.decode(_deals[number], (Terms)).legs.length;
    }

    function deal(uint256 seed) public view returns (Terms memory) {
        return abi.decode(_deals[seed % _deals.length], (Terms));
    }

    function _randomLeg(uint256 seed) private returns (Leg memory leg) {
        leg.from = actors[seed % ACTORS];
        leg.to = actors[(seed % ACTORS + 1 + (seed >> 8) % (ACTORS - 1)) % ACTORS];
        (leg.asset, leg.tokenId, leg.amount) = assets.pick(seed >> 16);
        if (leg.asset.kind() == AssetKind.ERC721) assets.mint(leg.asset, leg.from, leg.tokenId, 1);
        _know(leg.asset, leg.tokenId);
    }

    function _randomCondition(uint256 seed) private view returns (Condition memory c) {
        c.kind = ConditionKind(seed % 5);
        seed >>= 8;
        bytes32 secret = bytes32(seed % 100);
        if (c.kind == ConditionKind.Outcome && _ids.length == 0) c.kind = ConditionKind.Receipt;
        if (c.kind == ConditionKind.Receipt) (c.party, c.subject) = (actors[seed % ACTORS], secret);
        if (c.kind == ConditionKind.Preimage) c.subject = sha256(abi.encode(secret));
        if (c.kind == ConditionKind.Key) c.subject = keccak256(abi.encode(secret));
        if (c.kind == ConditionKind.Time) c.subject = bytes32(block.timestamp + seed % 4 days);
        if (c.kind == ConditionKind.Outcome) {
            (c.party, c.subject) = (address(settlement), Id.unwrap(_ids[seed % _ids.length]));
        }
    }

    /// @dev Whether the proof that `_proof` gives is good now.
    function _provable(Condition memory c) private view returns (bool) {
        if (c.kind == ConditionKind.Time) return block.timestamp >= uint256(c.subject);
        if (c.kind == ConditionKind.Outcome) return _ghosts[Id.wrap(c.subject)].status == Status.Settled;
        return true;
    }

    function _proof(Id id, Terms memory terms, uint256 i) private view returns (bytes memory) {
        Condition memory c = terms.conditions[i];
        if (c.kind == ConditionKind.Receipt) return _sign(c.party, settlement.receiptDigest(id, c.party, c.subject));
        if (c.kind == ConditionKind.Time || c.kind == ConditionKind.Outcome) return "?";
        bool short = c.kind == ConditionKind.Key;
        for (uint256 secret = 0;; ++secret) {
            bytes memory proof = abi.encode(secret);
            if ((short ? keccak256(proof) : sha256(proof)) == c.subject) return proof;
        }
        revert();
    }

    function _proven(Ghost memory ghost, Terms memory terms) private pure returns (bool) {
        return ghost.satisfied == (1 << terms.conditions.length) - 1;
    }

    function _fund(Terms memory terms, uint256 leg) private {
        Leg memory l = terms.legs[leg];
        bool coin = l.asset.kind() == AssetKind.Native;
        // What a funder dealt away in the meantime is made good, so that a refusal here is always a fault.
        uint256 has = assets.balanceOf(l.asset, l.from, l.tokenId);
        if (has < l.amount) assets.mint(l.asset, l.from, l.tokenId, l.amount - has);
        vm.prank(l.from);
        _works(abi.encodeCall(settlement.fund, (terms, leg)), coin ? l.amount : 0);
    }

    function _abort(Terms memory terms) private {
        Ghost memory ghost = _ghosts[settlement.id(terms)];
        bool works = (ghost.status == Status.Open && block.timestamp >= terms.fundBy)
            || (ghost.status == Status.Armed && !_proven(ghost, terms) && block.timestamp >= terms.settleBy);
        bytes memory call = abi.encodeCall(settlement.abort, (terms));
        if (works) _moves(terms, call, ghost.funded, false);
        else _refuses(call);
    }

    /// @dev Makes a call that ends a deal, and checks that each leg in `mask` reaches its payee, or its payee's credit.
    function _moves(Terms memory terms, bytes memory call, uint256 mask, bool forward) private {
        uint256[] memory before = new uint256[](terms.legs.length);
        for (uint256 i = 0; i < terms.legs.length; ++i) {
            before[i] = _position(terms.legs[i], forward);
        }
        _works(call, 0);
        for (uint256 i = 0; i < terms.legs.length; ++i) {
            Leg memory leg = terms.legs[i];
            uint256 due = 0;
            for (uint256 j = 0; j < terms.legs.length; ++j) {
                Leg memory other = terms.legs[j];
                bool same = other.asset == leg.asset && other.tokenId == leg.tokenId
                    && (forward ? other.to == leg.to : other.from == leg.from);
                if (same && mask & (1 << j) != 0) due += other.amount;
            }
            assertEq(_position(leg, forward), before[i] + due, "each payee gets exactly its own");
        }
    }

    /// @dev What a leg's payee has of the leg's asset, credits included.
    function _position(Leg memory leg, bool forward) private view returns (uint256) {
        return _position(forward ? leg.to : leg.from, leg.asset, leg.tokenId);
    }

    function _replayDeal(Vm.Log memory entry, bytes32 topic, Id id) internal override {
        Ghost storage ghost = _ghosts[id];
        if (topic == ISettlement.Opened.selector) {
            assertEq(uint8(ghost.status), uint8(Status.None));
            (uint256 leg, Terms memory terms) = abi.decode(entry.data, (uint256, Terms));
            assertEq(abi.encode(terms), _deals[_numbers[id]], "the terms, in full");
            _replayFunded(ghost, terms, leg);
        } else if (topic == ISettlement.Funded.selector) {
            assertEq(uint8(ghost.status), uint8(Status.Open));
            _replayFunded(ghost, deal(_numbers[id]), abi.decode(entry.data, (uint256)));
        } else if (topic == ISettlement.Satisfied.selector) {
            assertEq(uint8(ghost.status), uint8(Status.Armed));
            ghost.satisfied |= 1 << uint256(entry.topics[2]);
        } else if (topic == ISettlement.Settled.selector) {
            assertEq(uint8(ghost.status), uint8(Status.Armed));
            _replayEnd(ghost, id, Status.Settled);
        } else if (topic == ISettlement.Aborted.selector) {
            assertTrue(ghost.status == Status.Open || ghost.status == Status.Armed);
            assertEq(abi.decode(entry.data, (uint256)), ghost.funded);
            _replayEnd(ghost, id, Status.Aborted);
        } else {
            fail();
        }
    }

    function _replayFunded(Ghost storage ghost, Terms memory terms, uint256 leg) private {
        ghost.funded |= 1 << leg;
        ghost.status = ghost.funded == (1 << terms.legs.length) - 1 ? Status.Armed : Status.Open;
        live[terms.legs[leg].asset][terms.legs[leg].tokenId] += terms.legs[leg].amount;
    }

    function _replayEnd(Ghost storage ghost, Id id, Status status) private {
        ghost.status = status;
        ++ghost.terminals;
        Leg[] memory legs = deal(_numbers[id]).legs;
        for (uint256 i = 0; i < legs.length; ++i) {
            if (ghost.funded & (1 << i) != 0) live[legs[i].asset][legs[i].tokenId] -= legs[i].amount;
        }
    }
}
