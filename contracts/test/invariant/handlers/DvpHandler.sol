// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Dvp} from "../../../src/Dvp.sol";
import {ICustody} from "../../../src/interfaces/ICustody.sol";
import {IDvp} from "../../../src/interfaces/IDvp.sol";
import {Asset, AssetKind} from "../../../src/types/Asset.sol";
import {DvpTerms, toWindows} from "../../../src/types/DvpTerms.sol";
import {Id} from "../../../src/types/Id.sol";
import {Status} from "../../../src/types/Status.sol";
import {DealHandler} from "./DealHandler.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice Lets a handful of parties deal at random, in assets of every kind that refuse at random, and says before each
/// call whether it must work. What it believes of each deal and each credit it has from the events alone.
contract DvpHandler is DealHandler {
    Dvp public immutable dvp;

    constructor(Dvp dvp_) DealHandler(dvp_) {
        dvp = dvp_;
    }

    /// @notice Somebody opens a new deal, as its seller or as its buyer.
    function open(uint256 seed) external recorded {
        DvpTerms memory terms;
        terms.seller = actors[seed % ACTORS];
        terms.buyer = actors[(seed % ACTORS + 1 + (seed >> 8) % (ACTORS - 1)) % ACTORS];
        (terms.asset, terms.tokenId, terms.amount) = assets.pick(seed >> 16);
        // A payment has no number: tokens and coin, and the first of all others.
        do {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 number;
            (terms.payment, number, terms.price) = assets.pick(seed);
            if (number == 0 && terms.payment.kind() != AssetKind.ERC721) break;
        } while (true);
        terms.subject = bytes32(seed);
        uint256 fundBy = block.timestamp + 1 + (seed >> 96) % 3 days;
        uint256 settleBy = fundBy + 1 + (seed >> 128) % 5 days;
        terms.windows = toWindows(uint40(fundBy), uint40(settleBy), uint176(_deals.length));

        _know(terms.asset, terms.tokenId);
        _know(terms.payment, 0);
        if (terms.asset.kind() == AssetKind.ERC721) assets.mint(terms.asset, terms.seller, terms.tokenId, 1);
        _register(dvp.id(terms), abi.encode(terms));
        _fund(terms, (seed >> 160) % 2 == 0);
    }

    /// @notice A party puts its side in, if it may.
    function fund(uint256 seed, bool selling) external recorded {
        if (_deals.length == 0) return;
        DvpTerms memory terms = deal(seed);
        Ghost memory ghost = _ghosts[dvp.id(terms)];
        bool missing = ghost.funded & (selling ? 1 : 2) == 0;
        if (ghost.status == Status.Open && block.timestamp < terms.windows.fundBy() && missing) {
            return _fund(terms, selling);
        }
        vm.prank(selling ? terms.seller : terms.buyer);
        _refuses(abi.encodeCall(dvp.fund, (terms)));
    }

    /// @notice Somebody settles with the buyer's receipt, the buyer without, or somebody else without.
    function settle(uint256 seed, uint256 way) external recorded {
        if (_deals.length == 0) return;
        DvpTerms memory terms = deal(seed);
        Id id = dvp.id(terms);
        way %= 4;
        bytes memory receipt;
        if (way < 2) receipt = _sign(terms.buyer, dvp.receiptDigest(id, terms.buyer, terms.subject));
        address caller = way == 2 ? terms.buyer : terms.seller;
        bool works = way < 3 && _ghosts[id].status == Status.Armed && block.timestamp < terms.windows.settleBy();
        bytes memory call = abi.encodeCall(dvp.settle, (terms, receipt));
        if (works) return _moves(terms, call, caller, true, 3);
        vm.prank(caller);
        _refuses(call);
    }

    /// @notice Somebody aborts.
    function abort(uint256 seed) external recorded {
        if (_deals.length != 0) _abort(deal(seed));
    }

    /// @notice Both parties cancel, the seller by calling, or by its signature; or only one of them does.
    function cancel(uint256 seed, uint256 way) external recorded {
        if (_deals.length == 0 || seed % 4 != 0) return;
        DvpTerms memory terms = deal(seed / 4);
        Id id = dvp.id(terms);
        way %= 3;
        bytes memory bySeller;
        bytes memory byBuyer;
        if (way == 1) bySeller = _sign(terms.seller, dvp.cancelDigest(id, terms.seller));
        if (way != 2) byBuyer = _sign(terms.buyer, dvp.cancelDigest(id, terms.buyer));
        Ghost memory ghost = _ghosts[id];
        bool works = way != 2 && (ghost.status == Status.Open || ghost.status == Status.Armed);
        bytes memory call = abi.encodeCall(dvp.cancel, (terms, bySeller, byBuyer));
        if (works) return _moves(terms, call, terms.seller, false, ghost.funded);
        vm.prank(terms.seller);
        _refuses(call);
    }

    /// @notice After every deadline: anyone ends every deal, whoever is refused by then.
    function finish() external override recorded {
        vm.warp(block.timestamp + 30 days);
        for (uint256 i = 0; i < ACTORS * 5; ++i) {
            if (i % 2 == 0) assets.refuse(i / ACTORS, actors[i % ACTORS], true);
        }
        for (uint256 i = 0; i < _deals.length; ++i) {
            _abort(deal(i));
            _replay(vm.getRecordedLogs());
        }
    }

    function deal(uint256 seed) public view returns (DvpTerms memory) {
        return abi.decode(_deals[seed % _deals.length], (DvpTerms));
    }

    function _fund(DvpTerms memory terms, bool selling) private {
        (address party, Key memory key, uint256 amount) = selling
            ? (terms.seller, Key(terms.asset, terms.tokenId), terms.amount)
            : (terms.buyer, Key(terms.payment, 0), terms.price);
        // What a party dealt away in the meantime is made good, so that a refusal here is always a fault.
        uint256 has = assets.balanceOf(key.asset, party, key.tokenId);
        if (has < amount) assets.mint(key.asset, party, key.tokenId, amount - has);
        uint256 value = key.asset.kind() == AssetKind.Native ? amount : 0;
        vm.prank(party);
        _works(abi.encodeCall(dvp.fund, (terms)), value);
    }

    function _abort(DvpTerms memory terms) private {
        Ghost memory ghost = _ghosts[dvp.id(terms)];
        bool works = (ghost.status == Status.Open && block.timestamp >= terms.windows.fundBy())
            || (ghost.status == Status.Armed && block.timestamp >= terms.windows.settleBy());
        bytes memory call = abi.encodeCall(dvp.abort, (terms));
        if (works) _moves(terms, call, SINK, false, ghost.funded);
        else _refuses(call);
    }

    /// @dev Makes a call that ends a deal, and checks that of each side in `funded` the payee has all, credits included,
    /// and of a side that is not, nobody has any more than before.
    function _moves(DvpTerms memory terms, bytes memory call, address caller, bool forward, uint256 funded) private {
        uint256[4] memory before = _positions(terms);
        vm.prank(caller);
        _works(call, 0);
        uint256[4] memory later = _positions(terms);
        uint256 asset = funded & 1 != 0 ? terms.amount : 0;
        uint256 price = funded & 2 != 0 ? terms.price : 0;
        bool one = terms.asset == terms.payment && terms.tokenId == 0;
        uint256[4] memory due;
        due[forward ? 1 : 0] = asset;
        due[forward ? 2 : 3] = price;
        // In one asset on both sides, each party's two positions are the same one.
        if (one) {
            due[0] = due[2] = due[0] + due[2];
            due[1] = due[3] = due[1] + due[3];
        }
        for (uint256 i = 0; i < 4; ++i) {
            assertEq(later[i], before[i] + due[i], "each payee gets exactly its own");
        }
    }

    /// @dev What seller and buyer have of the asset and then of the payment, credits included.
    function _positions(DvpTerms memory terms) private view returns (uint256[4] memory) {
        return [
            _position(terms.seller, terms.asset, terms.tokenId),
            _position(terms.buyer, terms.asset, terms.tokenId),
            _position(terms.seller, terms.payment, 0),
            _position(terms.buyer, terms.payment, 0)
        ];
    }

    function _replayDeal(Vm.Log memory entry, bytes32 topic, Id id) internal override {
        Ghost storage ghost = _ghosts[id];
        address by = address(uint160(uint256(entry.topics[2])));
        if (topic == IDvp.Opened.selector) {
            assertEq(uint8(ghost.status), uint8(Status.None));
            assertEq(entry.data, _deals[_numbers[id]], "the terms, in full");
            _replayFunded(ghost, abi.decode(entry.data, (DvpTerms)), by, Status.Open);
        } else if (topic == IDvp.Funded.selector) {
            assertEq(uint8(ghost.status), uint8(Status.Open));
            _replayFunded(ghost, deal(_numbers[id]), by, Status.Armed);
        } else if (topic == IDvp.Settled.selector) {
            assertEq(uint8(ghost.status), uint8(Status.Armed));
            _replayEnd(ghost, id, Status.Settled);
        } else if (topic == IDvp.Aborted.selector) {
            assertTrue(ghost.status == Status.Open || ghost.status == Status.Armed);
            assertEq(abi.decode(entry.data, (uint256)), ghost.funded);
            _replayEnd(ghost, id, Status.Aborted);
        } else {
            fail();
        }
    }

    function _replayFunded(Ghost storage ghost, DvpTerms memory terms, address by, Status status) private {
        bool selling = by == terms.seller;
        assertTrue(selling || by == terms.buyer);
        ghost.funded |= selling ? 1 : 2;
        ghost.status = status;
        if (selling) live[terms.asset][terms.tokenId] += terms.amount;
        else live[terms.payment][0] += terms.price;
    }

    function _replayEnd(Ghost storage ghost, Id id, Status status) private {
        ghost.status = status;
        ++ghost.terminals;
        DvpTerms memory terms = deal(_numbers[id]);
        if (ghost.funded & 1 != 0) live[terms.asset][terms.tokenId] -= terms.amount;
        if (ghost.funded & 2 != 0) live[terms.payment][0] -= terms.price;
    }
}
