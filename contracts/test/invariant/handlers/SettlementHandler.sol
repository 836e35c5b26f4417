// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Settlement} from "../../../src/Settlement.sol";
import {ISettlement} from "../../../src/interfaces/ISettlement.sol";
import {Id} from "../../../src/types/Id.sol";
import {Status} from "../../../src/types/Status.sol";
import {Condition, ConditionKind, Leg, LegKind, Terms} from "../../../src/types/Terms.sol";
import {PlainNft, RefusingNft} from "../../mocks/Nfts.sol";
import {PlainToken, RefusingToken} from "../../mocks/Tokens.sol";
import {CommonBase} from "forge-std/Base.sol";
import {StdAssertions} from "forge-std/StdAssertions.sol";
import {StdCheats} from "forge-std/StdCheats.sol";
import {StdUtils} from "forge-std/StdUtils.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice Lets a handful of parties deal at random, in tokens that refuse at random, and says before each call whether
/// it must work. What it believes of each deal it has from the events alone.
contract SettlementHandler is CommonBase, StdAssertions, StdCheats, StdUtils {
    /// @dev What the events say of a deal.
    struct Ghost {
        Status status;
        uint256 funded;
        uint256 satisfied;
        uint256 terminals;
    }

    uint256 public constant ACTORS = 5;

    Settlement public immutable settlement;
    /// @dev Two cash tokens and two NFTs; the second of each refuses payees now and then.
    PlainToken[2] public tokens;
    PlainNft[2] public nfts;
    address[] public actors;
    mapping(address => uint256) private _keys;

    bytes[] private _deals;
    mapping(Id => Ghost) private _ghosts;
    uint256 private _nextTokenId = 1;

    /// @dev Sums per token, in amounts (or numbers of NFTs).
    mapping(address => uint256) public deposited;
    mapping(address => uint256) public released;
    mapping(address => uint256) public strayed;
    mapping(string => uint256) public calls;

    constructor(Settlement settlement_) {
        settlement = settlement_;
        tokens = [new PlainToken(), PlainToken(new RefusingToken())];
        nfts = [new PlainNft(), PlainNft(new RefusingNft())];
        for (uint256 i = 0; i < ACTORS; ++i) {
            (address actor, uint256 key) = makeAddrAndKey(string(abi.encodePacked("actor", i)));
            actors.push(actor);
            _keys[actor] = key;
            for (uint256 t = 0; t < 2; ++t) {
                vm.startPrank(actor);
                tokens[t].approve(address(settlement), type(uint256).max);
                nfts[t].setApprovalForAll(address(settlement), true);
                vm.stopPrank();
            }
        }
    }

    modifier recorded(string memory name) {
        vm.recordLogs();
        _;
        _replay(vm.getRecordedLogs());
        ++calls[name];
    }

    /// @notice Somebody opens a new deal of 1 to 4 legs under 0 to 2 conditions.
    function open(uint256 seed) external recorded("open") {
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
            uint256 party = uint256(keccak256(abi.encode(seed, "condition", i))) % ACTORS;
            terms.conditions[i] = Condition(ConditionKind.Receipt, actors[party], keccak256(abi.encode(seed, i)));
        }
        _deals.push(abi.encode(terms));
        _fund(terms, (seed >> 128) % terms.legs.length);
    }

    /// @notice A funder puts its leg in, if it is not late.
    function fund(uint256 seed, uint256 leg) external recorded("fund") {
        if (_deals.length == 0) return;
        Terms memory terms = deal(seed);
        leg %= terms.legs.length;
        Ghost memory ghost = _ghosts[settlement.id(terms)];
        bool works = ghost.status == Status.Open && block.timestamp < terms.fundBy && ghost.funded & (1 << leg) == 0;
        if (works) {
            _fund(terms, leg);
        } else {
            vm.prank(terms.legs[leg].from);
            _refuses(abi.encodeCall(settlement.fund, (terms, leg)));
        }
    }

    /// @notice Somebody brings a receipt.
    function satisfy(uint256 seed, uint256 condition) external recorded("satisfy") {
        if (_deals.length == 0) return;
        Terms memory terms = deal(seed);
        if (terms.conditions.length == 0) return;
        condition %= terms.conditions.length;
        Id id = settlement.id(terms);
        Ghost memory ghost = _ghosts[id];
        bytes memory call = abi.encodeCall(settlement.satisfy, (terms, condition, _proof(id, terms, condition)));
        bool works =
            ghost.status == Status.Armed && block.timestamp < terms.settleBy && ghost.satisfied & (1 << condition) == 0;
        if (works) _works(call);
        else _refuses(call);
    }

    /// @notice Somebody settles, with every missing receipt or with none.
    function settle(uint256 seed, bool withProofs) external recorded("settle") {
        if (_deals.length == 0) return;
        Terms memory terms = deal(seed);
        Id id = settlement.id(terms);
        Ghost memory ghost = _ghosts[id];
        bytes[] memory proofs = new bytes[](withProofs ? terms.conditions.length : 0);
        for (uint256 i = 0; i < proofs.length; ++i) {
            if (ghost.satisfied & (1 << i) == 0) proofs[i] = _proof(id, terms, i);
        }
        bool proven = ghost.satisfied == (1 << terms.conditions.length) - 1;
        bool works = ghost.status == Status.Armed && (proven || (withProofs && block.timestamp < terms.settleBy));
        bytes memory call = abi.encodeCall(settlement.settle, (terms, proofs));
        if (works) _moves(terms, call, (1 << terms.legs.length) - 1, true);
        else _refuses(call);
    }

    /// @notice Somebody aborts.
    function abort(uint256 seed) external recorded("abort") {
        if (_deals.length == 0) return;
        _abort(deal(seed));
    }

    /// @notice All leg parties cancel.
    function cancel(uint256 seed) external recorded("cancel") {
        if (_deals.length == 0 || seed % 4 != 0) return;
        Terms memory terms = deal(seed / 4);
        Id id = settlement.id(terms);
        Ghost memory ghost = _ghosts[id];
        address[] memory parties = settlement.parties(terms);
        bytes[] memory signatures = new bytes[](parties.length);
        for (uint256 i = 0; i < parties.length; ++i) {
            signatures[i] = _sign(parties[i], settlement.cancelDigest(id));
        }
        bool proven = ghost.satisfied == (1 << terms.conditions.length) - 1;
        bool works = ghost.status == Status.Open || (ghost.status == Status.Armed && !proven);
        bytes memory call = abi.encodeCall(settlement.cancel, (terms, signatures));
        if (works) _moves(terms, call, ghost.funded, false);
        else _refuses(call);
    }

    /// @notice A payee takes what it is owed.
    function withdraw(uint256 seed) external recorded("withdraw") {
        address payee = actors[seed % ACTORS];
        PlainToken token = tokens[1];
        uint256 owed = settlement.owed(address(token), payee);
        uint256 before = token.balanceOf(address(0xbeef));
        vm.prank(payee);
        bytes memory call = abi.encodeCall(settlement.withdraw, (address(token), address(0xbeef)));
        if (owed == 0) return _refuses(call);
        _works(call);
        assertEq(token.balanceOf(address(0xbeef)), before + owed);
        released[address(token)] += owed;
    }

    /// @notice A payee takes an NFT that it is owed.
    function withdrawNft(uint256 seed) external recorded("withdrawNft") {
        uint256 tokenId = seed % _nextTokenId;
        PlainNft nft = nfts[1];
        address payee = settlement.owedNft(address(nft), tokenId);
        bytes memory call = abi.encodeCall(settlement.withdrawNft, (address(nft), tokenId, address(0xbeef)));
        if (payee == address(0)) return _refuses(call);
        vm.prank(payee);
        _works(call);
        assertEq(nft.ownerOf(tokenId), address(0xbeef));
        ++released[address(nft)];
    }

    /// @notice A token turns against somebody, or relents.
    function refuse(uint256 seed, bool on) external {
        RefusingToken(address(tokens[1])).refuse(actors[seed % ACTORS], on);
        RefusingToken(address(tokens[1])).setWay(RefusingToken.Way((seed >> 8) % 3));
        RefusingNft(address(nfts[1])).refuse(actors[(seed >> 16) % ACTORS], on);
    }

    /// @notice Somebody sends cash to the contract by mistake.
    function stray(uint256 seed, uint64 amount) external {
        PlainToken token = tokens[seed % 2];
        token.mint(address(settlement), amount);
        strayed[address(token)] += amount;
    }

    /// @notice Time passes.
    function wait(uint256 seconds_) external {
        vm.warp(block.timestamp + bound(seconds_, 1, 12 hours));
    }

    /// @notice After every deadline: anyone ends every deal, and then every payee takes its credits.
    function finish() external recorded("finish") {
        vm.warp(block.timestamp + 30 days);
        for (uint256 i = 0; i < _deals.length; ++i) {
            Terms memory terms = deal(i);
            Ghost memory ghost = _ghosts[settlement.id(terms)];
            bool live = ghost.status == Status.Open || ghost.status == Status.Armed;
            bool proven = ghost.satisfied == (1 << terms.conditions.length) - 1;
            if (!live) continue;
            if (ghost.status == Status.Armed && proven) {
                bytes memory call = abi.encodeCall(settlement.settle, (terms, new bytes[](0)));
                _moves(terms, call, (1 << terms.legs.length) - 1, true);
            } else {
                _abort(terms);
            }
        }
        for (uint256 i = 0; i < ACTORS; ++i) {
            uint256 owed = settlement.owed(address(tokens[1]), actors[i]);
            vm.prank(actors[i]);
            if (owed != 0) settlement.withdraw(address(tokens[1]), address(0xbeef));
            released[address(tokens[1])] += owed;
        }
        for (uint256 tokenId = 1; tokenId < _nextTokenId; ++tokenId) {
            address payee = settlement.owedNft(address(nfts[1]), tokenId);
            if (payee == address(0)) continue;
            vm.prank(payee);
            settlement.withdrawNft(address(nfts[1]), tokenId, address(0xbeef));
            ++released[address(nfts[1])];
        }
    }

    function dealCount() external view returns (uint256) {
        return _deals.length;
    }

    function nftCount() external view returns (uint256) {
        return _nextTokenId;
    }

    function ghostOf(Id id) external view returns (Ghost memory) {
        return _ghosts[id];
    }

    function deal(uint256 seed) public view returns (Terms memory) {
        return abi.decode(_deals[seed % _deals.length], (Terms));
    }

    function _randomLeg(uint256 seed) private returns (Leg memory leg) {
        leg.from = actors[seed % ACTORS];
        leg.to = actors[(seed + 1 + (seed >> 8) % (ACTORS - 1)) % ACTORS];
        uint256 which = (seed >> 16) & 1;
        if ((seed >> 24) & 1 == 0) {
            leg.kind = LegKind.ERC20;
            leg.token = address(tokens[which]);
            leg.value = 1 + (seed >> 32) % 1e18;
            tokens[which].mint(leg.from, leg.value);
        } else {
            leg.kind = LegKind.ERC721;
            leg.token = address(nfts[which]);
            leg.value = _nextTokenId++;
            nfts[which].mint(leg.from, leg.value);
        }
    }

    function _fund(Terms memory terms, uint256 leg) private {
        Leg memory l = terms.legs[leg];
        // What somebody else dealt away in the meantime is made good, so that a refusal here is always a fault.
        if (l.kind == LegKind.ERC20) {
            uint256 has = PlainToken(l.token).balanceOf(l.from);
            if (has < l.value) PlainToken(l.token).mint(l.from, l.value - has);
        }
        vm.prank(l.from);
        _works(abi.encodeCall(settlement.fund, (terms, leg)));
        deposited[l.token] += l.kind == LegKind.ERC20 ? l.value : 1;
    }

    function _abort(Terms memory terms) private {
        Ghost memory ghost = _ghosts[settlement.id(terms)];
        bool proven = ghost.satisfied == (1 << terms.conditions.length) - 1;
        bool works = (ghost.status == Status.Open && block.timestamp >= terms.fundBy)
            || (ghost.status == Status.Armed && !proven && block.timestamp >= terms.settleBy);
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
        uint256[2] memory cashBefore = [_cashIn(0), _cashIn(1)];
        _works(call);

        for (uint256 i = 0; i < 2; ++i) {
            released[address(tokens[i])] += cashBefore[i] - _cashIn(i);
        }
        for (uint256 i = 0; i < terms.legs.length; ++i) {
            Leg memory leg = terms.legs[i];
            address payee = forward ? leg.to : leg.from;
            uint256 due = 0;
            for (uint256 j = 0; j < terms.legs.length; ++j) {
                Leg memory other = terms.legs[j];
                bool same = other.token == leg.token && (forward ? other.to : other.from) == payee;
                if (same && mask & (1 << j) != 0) due += other.kind == LegKind.ERC20 ? other.value : 1;
            }
            assertEq(_position(leg, forward), before[i] + due, "each payee gets exactly its own");
            bool left = leg.kind == LegKind.ERC721 && mask & (1 << i) != 0
                && settlement.owedNft(leg.token, leg.value) == address(0);
            if (left) {
                assertEq(PlainNft(leg.token).ownerOf(leg.value), payee);
                ++released[leg.token];
            }
        }
    }

    /// @dev What a leg's payee has of the leg's token, credits included.
    function _position(Leg memory leg, bool forward) private view returns (uint256 position) {
        address payee = forward ? leg.to : leg.from;
        position = PlainToken(leg.token).balanceOf(payee);
        if (leg.kind == LegKind.ERC20) return position + settlement.owed(leg.token, payee);
        for (uint256 tokenId = 1; tokenId < _nextTokenId; ++tokenId) {
            if (settlement.owedNft(leg.token, tokenId) == payee) ++position;
        }
    }

    function _cashIn(uint256 token) private view returns (uint256) {
        return tokens[token].balanceOf(address(settlement));
    }

    function _works(bytes memory call) private {
        (bool done, bytes memory answer) = address(settlement).call(call);
        if (!done) {
            emit log_named_bytes("refused", answer);
            fail();
        }
    }

    function _refuses(bytes memory call) private {
        (bool done,) = address(settlement).call(call);
        assertFalse(done, "should have been refused");
    }

    /// @dev Rebuilds what is known of the deals from the events alone.
    function _replay(Vm.Log[] memory logs) private {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(settlement)) continue;
            bytes32 topic = logs[i].topics[0];
            Ghost storage ghost = _ghosts[Id.wrap(logs[i].topics[1])];
            if (topic == ISettlement.Opened.selector) {
                assertEq(uint8(ghost.status), uint8(Status.None));
                ghost.status = Status.Open;
            } else if (topic == ISettlement.Funded.selector) {
                assertEq(uint8(ghost.status), uint8(Status.Open));
                ghost.funded |= 1 << uint256(logs[i].topics[2]);
                ghost.status = abi.decode(logs[i].data, (Status));
            } else if (topic == ISettlement.Satisfied.selector) {
                assertEq(uint8(ghost.status), uint8(Status.Armed));
                ghost.satisfied |= 1 << uint256(logs[i].topics[2]);
            } else if (topic == ISettlement.Settled.selector) {
                assertEq(uint8(ghost.status), uint8(Status.Armed));
                ghost.status = Status.Settled;
                ++ghost.terminals;
            } else if (topic == ISettlement.Aborted.selector) {
                assertTrue(ghost.status == Status.Open || ghost.status == Status.Armed);
                assertEq(abi.decode(logs[i].data, (uint256)), ghost.funded);
                ghost.status = Status.Aborted;
                ++ghost.terminals;
            }
        }
    }

    function _proof(Id id, Terms memory terms, uint256 i) private view returns (bytes memory) {
        return _sign(terms.conditions[i].party, settlement.receiptDigest(id, terms.conditions[i].subject));
    }

    function _sign(address signer, bytes32 digest) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keys[signer], digest);
        return abi.encodePacked(r, s, v);
    }
}
