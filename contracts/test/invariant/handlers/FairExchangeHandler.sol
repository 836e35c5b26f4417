// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FairExchange} from "../../../src/FairExchange.sol";
import {Asset, AssetKind, toAsset} from "../../../src/types/Asset.sol";
import {FairTerms} from "../../../src/types/FairTerms.sol";
import {Id} from "../../../src/types/Id.sol";
import {Status} from "../../../src/types/Status.sol";
import {Complaint, Sealed, Sealing} from "../../Judge/Sealing.sol";
import {RefusingToken} from "../../mocks/Tokens.sol";
import {Test, Vm} from "forge-std/Test.sol";

/// @notice Plays exchanges between a few parties, honest or not, and says beforehand how each call must end. What it
/// knows of an exchange comes from events alone.
contract FairExchangeHandler is Test {
    struct Ghost {
        Status status;
        uint256 until;
        uint256 terminals;
        bool paid;
    }

    uint256 public constant ACTORS = 4;
    uint256 private constant CHUNKS = 2;

    FairExchange public immutable fair;
    RefusingToken public immutable token = new RefusingToken();
    address[ACTORS] public actors;
    uint256[ACTORS] private keys;
    uint256 public deposited;
    uint256 public released;
    uint256 public strayed;

    bytes[] private deals;
    mapping(Id => Ghost) private ghosts;
    mapping(Id => bool) public honest;

    constructor(FairExchange fair_) {
        fair = fair_;
        for (uint256 i = 0; i < ACTORS; ++i) {
            (actors[i], keys[i]) = makeAddrAndKey(vm.toString(i));
            vm.prank(actors[i]);
            token.approve(address(fair), type(uint256).max);
        }
    }

    function lock(uint256 buyer, uint256 seller, uint256 amount, uint256 revealIn, uint256 window, uint8 spoil)
        external
    {
        Sealed memory deal = _make(spoil);
        FairTerms memory terms = deal.terms;
        (terms.buyer, terms.seller) = (actors[buyer % ACTORS], actors[seller % ACTORS]);
        terms.asset = asset();
        terms.amount = bound(amount, 0, 1e24);
        terms.revealBy = uint40(block.timestamp + bound(revealIn, 1 hours - 60, 3 days));
        terms.window = uint40(bound(window, 1 hours - 60, 2 days));
        token.mint(terms.buyer, terms.amount);

        bool good = terms.buyer != terms.seller && terms.amount != 0 && terms.window >= 1 hours
            && terms.revealBy >= block.timestamp + 1 hours;
        _call(terms.buyer, abi.encodeCall(fair.lock, (terms)), good);
        if (!good) return;
        deals.push(abi.encode(deal));
        honest[fair.id(terms)] = spoil % 3 == 0;
        deposited += terms.amount;
    }

    function reveal(uint256 which, uint256 by, bool otherKey) external {
        if (deals.length == 0) return;
        Sealed memory deal = _pick(which);
        address caller = by % 4 == 0 ? actors[by / 4 % ACTORS] : deal.terms.seller;
        bool good = ghosts[fair.id(deal.terms)].status == Status.Armed && caller == deal.terms.seller
            && block.timestamp < deal.terms.revealBy && !otherKey;
        bytes32 key = otherKey ? ~deal.key : deal.key;
        _call(caller, abi.encodeCall(fair.reveal, (deal.terms, key)), good);
    }

    function finalize(uint256 which, uint256 by) external {
        if (deals.length == 0) return;
        FairTerms memory terms = _pick(which).terms;
        Ghost memory ghost = ghosts[fair.id(terms)];
        address caller = actors[by % ACTORS];
        bool good = ghost.status == Status.Revealed && (caller == terms.buyer || block.timestamp >= ghost.until);
        _call(caller, abi.encodeCall(fair.finalize, (terms, "")), good);
    }

    function finalizeOnReceipt(uint256 which, uint256 by, uint256 signer) external {
        if (deals.length == 0) return;
        FairTerms memory terms = _pick(which).terms;
        Id id = fair.id(terms);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[signer % ACTORS], fair.receiptDigest(id));
        bool good = ghosts[id].status == Status.Revealed && actors[signer % ACTORS] == terms.buyer;
        bytes memory receipt = abi.encodePacked(r, s, v);
        _call(actors[by % ACTORS], abi.encodeCall(fair.finalize, (terms, receipt)), good);
    }

    function complain(uint256 which, uint256 by, uint256 index) external {
        if (deals.length == 0) return;
        Sealed memory deal = _pick(which);
        Complaint memory c = Sealing.complaint(deal, index % CHUNKS);
        Id id = fair.id(deal.terms);
        address caller = by % 4 == 0 ? actors[by / 4 % ACTORS] : deal.terms.buyer;
        bool good = ghosts[id].status == Status.Revealed && caller == deal.terms.buyer
            && block.timestamp < ghosts[id].until && _isWrong(deal, c.index);
        bytes memory data = abi.encodeCall(fair.complain, (deal.terms, c.goods, c.key, c.index, c.leaf, c.proof));
        _call(caller, data, good);
    }

    function reclaim(uint256 which, uint256 by) external {
        if (deals.length == 0) return;
        FairTerms memory terms = _pick(which).terms;
        bool good = ghosts[fair.id(terms)].status == Status.Armed && block.timestamp >= terms.revealBy;
        _call(actors[by % ACTORS], abi.encodeCall(fair.reclaim, (terms)), good);
    }

    function withdraw(uint256 by, uint256 to) external {
        address caller = actors[by % ACTORS];
        address payee = actors[to % ACTORS];
        bool good = fair.owed(caller, asset(), 0) != 0 && !token.refused(payee);
        _call(caller, abi.encodeCall(fair.withdraw, (asset(), 0, payee)), good);
    }

    function refuse(uint256 who, bool on) external {
        token.refuse(actors[who % ACTORS], on);
    }

    function stray(uint256 amount) external {
        amount = bound(amount, 0, 1e18);
        token.mint(address(fair), amount);
        strayed += amount;
    }

    function wait(uint256 time) external {
        skip(bound(time, 1, 12 hours));
    }

    /// @notice Long after, a stranger ends everything, and whoever is owed withdraws.
    function finish() external {
        skip(30 days);
        for (uint256 i = 0; i < ACTORS; ++i) {
            token.refuse(actors[i], i % 2 == 0);
        }
        for (uint256 i = 0; i < deals.length; ++i) {
            FairTerms memory terms = termsOf(i);
            Status status = ghosts[fair.id(terms)].status;
            if (status == Status.Armed) _call(address(1), abi.encodeCall(fair.reclaim, (terms)), true);
            if (status == Status.Revealed) _call(address(1), abi.encodeCall(fair.finalize, (terms, "")), true);
        }
        for (uint256 i = 0; i < ACTORS; ++i) {
            if (fair.owed(actors[i], asset(), 0) == 0) continue;
            _call(actors[i], abi.encodeCall(fair.withdraw, (asset(), 0, actors[1])), true);
        }
    }

    function asset() public view returns (Asset) {
        return toAsset(AssetKind.ERC20, address(token));
    }

    function dealCount() external view returns (uint256) {
        return deals.length;
    }

    function termsOf(uint256 i) public view returns (FairTerms memory) {
        return abi.decode(deals[i], (Sealed)).terms;
    }

    function ghostOf(Id id) external view returns (Ghost memory) {
        return ghosts[id];
    }

    /// @dev A deal with a key of its own; the seller cheats by chunk 0 (1) or by the key, so both chunks (2).
    function _make(uint8 spoil) private view returns (Sealed memory deal) {
        bytes32 seed = bytes32(deals.length);
        bytes[] memory plain = Sealing.document(CHUNKS, 256, seed);
        deal = Sealing.seal(plain, keccak256(abi.encode("key", seed)), keccak256(abi.encode("secret", seed)), 0);
        if (spoil % 3 == 1) {
            deal.cipher[0][spoil] ^= 0x01;
            Sealing.recommit(deal);
        }
        if (spoil % 3 == 2) {
            deal.key = ~deal.key;
            Sealing.bind(deal);
        }
    }

    function _isWrong(Sealed memory deal, uint256 index) private pure returns (bool) {
        bytes32 documentKey = Sealing.documentKey(deal.key, deal.goods.secret, deal.goods.plainRoot, deal.goods.nonce);
        bytes memory opened = Sealing.xor(deal.cipher[index], Sealing.pad(documentKey, index, 256));
        return Sealing.plainLeaf(index, opened) != deal.plainLeaves[index];
    }

    function _pick(uint256 which) private view returns (Sealed memory) {
        return abi.decode(deals[which % deals.length], (Sealed));
    }

    function _call(address by, bytes memory data, bool expected) private {
        uint256 before = token.balanceOf(address(fair));
        vm.recordLogs();
        vm.prank(by);
        (bool done,) = address(fair).call(data);
        assertEq(done, expected, "not as predicted");
        _replay();
        uint256 afterwards = token.balanceOf(address(fair));
        if (afterwards < before) released += before - afterwards;
    }

    /// @dev What the events of the last call say.
    function _replay() private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(fair)) continue;
            bytes32 topic = logs[i].topics[0];
            Ghost storage ghost = ghosts[Id.wrap(logs[i].topics[1])];
            if (
                topic
                    == _topic(
                        "Opened(bytes32,address,(address,address,bytes32,uint256,uint256,bytes32,bytes32,uint40,uint40))"
                    )
            ) {
                ghost.status = Status.Armed;
            } else if (topic == _topic("Revealed(bytes32,address,bytes32,uint256)")) {
                ghost.status = Status.Revealed;
                (, ghost.until) = abi.decode(logs[i].data, (bytes32, uint256));
            } else if (topic == _topic("Settled(bytes32,address)")) {
                (ghost.status, ghost.paid, ghost.terminals) = (Status.Settled, true, ghost.terminals + 1);
            } else if (topic == _topic("Aborted(bytes32,address,bool)")) {
                (ghost.status, ghost.terminals) = (Status.Aborted, ghost.terminals + 1);
                // Proven against an honest seller: never.
                bool proven = abi.decode(logs[i].data, (bool));
                assertFalse(proven && honest[Id.wrap(logs[i].topics[1])], "an honest seller was refuted");
            }
        }
    }

    function _topic(string memory signature) private pure returns (bytes32) {
        return keccak256(bytes(signature));
    }
}
