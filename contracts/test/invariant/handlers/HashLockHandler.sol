// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HashLock} from "../../../src/HashLock.sol";
import {ICustody} from "../../../src/interfaces/ICustody.sol";
import {IHashLock} from "../../../src/interfaces/IHashLock.sol";
import {Asset, AssetKind, toAsset} from "../../../src/types/Asset.sol";
import {Id} from "../../../src/types/Id.sol";
import {HashKind, LockTerms, toLock} from "../../../src/types/LockTerms.sol";
import {Status} from "../../../src/types/Status.sol";
import {RefusingToken} from "../../mocks/Tokens.sol";
import {CommonBase} from "forge-std/Base.sol";
import {StdAssertions} from "forge-std/StdAssertions.sol";
import {StdCheats} from "forge-std/StdCheats.sol";
import {StdUtils} from "forge-std/StdUtils.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice Lets a handful of parties lock, claim and refund at random, with a token that refuses some of them now and
/// then, and says before each call whether it must work. What it believes of each lock it has from the events alone.
contract HashLockHandler is CommonBase, StdAssertions, StdCheats, StdUtils {
    /// @dev What the events say of a lock.
    struct Ghost {
        Status status;
        uint256 amount;
        uint256 terminals;
    }

    uint256 public constant ACTORS = 4;

    HashLock public immutable hashLock;
    RefusingToken public immutable token = new RefusingToken();
    Asset public immutable asset = toAsset(AssetKind.ERC20, address(token));
    address[] public actors;

    bytes[] private _deals;
    mapping(Id => Ghost) private _ghosts;
    uint256 public deposited;
    uint256 public settled;
    uint256 public aborted;
    uint256 public credited;
    uint256 public withdrawn;
    uint256 public strayed;

    constructor(HashLock hashLock_) {
        hashLock = hashLock_;
        for (uint256 i = 0; i < ACTORS; ++i) {
            actors.push(makeAddr(string(abi.encodePacked("actor", i))));
            vm.prank(actors[i]);
            token.approve(address(hashLock), type(uint256).max);
        }
    }

    modifier recorded() {
        vm.recordLogs();
        _;
        _replay(vm.getRecordedLogs());
    }

    /// @notice Somebody locks something for somebody.
    function lock(uint256 seed, uint96 amount) external recorded {
        LockTerms memory terms;
        terms.sender = actors[seed % ACTORS];
        terms.receiver = actors[(seed % ACTORS + 1 + (seed >> 8) % (ACTORS - 1)) % ACTORS];
        terms.asset = asset;
        terms.amount = uint256(amount) + 1;
        HashKind kind = HashKind((seed >> 16) % 3);
        terms.hashlock = hashLock.lockOf(kind, _preimage(_deals.length));
        uint256 window = bound(seed >> 24, 30 minutes, 3 days);
        terms.lock = toLock(kind, uint40(block.timestamp + window), uint208(_deals.length));
        token.mint(terms.sender, terms.amount);
        bytes memory data = abi.encodeCall(hashLock.lock, (terms));
        bool works = window >= hashLock.MIN_WINDOW();
        vm.prank(terms.sender);
        if (!works) return _refuses(data);
        _works(data);
        _deals.push(abi.encode(terms));
        // Nobody locks the same terms twice, not even the sender.
        token.mint(terms.sender, terms.amount);
        vm.prank(terms.sender);
        _refuses(data);
    }

    /// @notice Somebody claims, with the preimage or with another one.
    function claim(uint256 seed, bool right) external recorded {
        if (_deals.length == 0) return;
        uint256 i = seed % _deals.length;
        LockTerms memory terms = deal(i);
        Status before = _ghosts[hashLock.id(terms)].status;
        bool works = right && before == Status.Armed && block.timestamp < terms.lock.deadline();
        bytes memory data = abi.encodeCall(hashLock.claim, (terms, _preimage(right ? i : i + 1)));
        if (works) _works(data);
        else _refuses(data);
    }

    /// @notice Somebody refunds.
    function refund(uint256 seed) external recorded {
        if (_deals.length == 0) return;
        _refund(deal(seed % _deals.length));
    }

    /// @notice A payee takes what it is owed.
    function withdraw(uint256 seed) external recorded {
        address payee = actors[seed % ACTORS];
        uint256 owed = hashLock.owed(payee, asset, 0);
        bytes memory data = abi.encodeCall(hashLock.withdraw, (asset, 0, address(0xbeef)));
        vm.prank(payee);
        if (owed == 0) return _refuses(data);
        _works(data);
    }

    /// @notice The token turns against somebody, or relents.
    function refuse(uint256 seed, bool on) external {
        token.refuse(actors[seed % ACTORS], on);
        token.setWay(RefusingToken.Way((seed >> 8) % 3));
    }

    /// @notice Somebody sends cash to the contract by mistake.
    function stray(uint64 amount) external {
        token.mint(address(hashLock), amount);
        strayed += amount;
    }

    function wait(uint256 seed) external {
        vm.warp(block.timestamp + seed % 1 days);
    }

    /// @notice After every deadline anyone ends every lock, whoever is refused by then.
    function finish() external recorded {
        vm.warp(block.timestamp + 367 days);
        for (uint256 i = 0; i < ACTORS; ++i) {
            token.refuse(actors[i], i % 2 == 0);
        }
        for (uint256 i = 0; i < _deals.length; ++i) {
            _refund(deal(i));
        }
    }

    function deal(uint256 i) public view returns (LockTerms memory) {
        return abi.decode(_deals[i], (LockTerms));
    }

    function dealCount() external view returns (uint256) {
        return _deals.length;
    }

    function ghostOf(Id id) external view returns (Ghost memory) {
        return _ghosts[id];
    }

    function _preimage(uint256 i) private pure returns (bytes32) {
        return keccak256(abi.encode("preimage", i));
    }

    function _refund(LockTerms memory terms) private {
        Status before = _ghosts[hashLock.id(terms)].status;
        bool works = before == Status.Armed && block.timestamp >= terms.lock.deadline();
        bytes memory data = abi.encodeCall(hashLock.refund, (terms));
        if (works) _works(data);
        else _refuses(data);
    }

    function _works(bytes memory data) private {
        (bool done,) = address(hashLock).call(data);
        assertTrue(done);
    }

    function _refuses(bytes memory data) private {
        (bool done,) = address(hashLock).call(data);
        assertFalse(done);
    }

    /// @dev All that is believed of a lock comes from here.
    function _replay(Vm.Log[] memory logs) private {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(hashLock)) continue;
            bytes32 topic = logs[i].topics[0];
            Ghost storage ghost = _ghosts[Id.wrap(logs[i].topics[1])];
            if (topic == IHashLock.Opened.selector) {
                LockTerms memory terms = abi.decode(logs[i].data, (LockTerms));
                (ghost.status, ghost.amount) = (Status.Armed, terms.amount);
                deposited += terms.amount;
            } else if (topic == IHashLock.Settled.selector) {
                (ghost.status, ghost.terminals) = (Status.Settled, ghost.terminals + 1);
                settled += ghost.amount;
            } else if (topic == IHashLock.Aborted.selector) {
                (ghost.status, ghost.terminals) = (Status.Aborted, ghost.terminals + 1);
                aborted += ghost.amount;
            } else if (topic == ICustody.Credited.selector) {
                (, uint256 amount) = abi.decode(logs[i].data, (uint256, uint256));
                credited += amount;
            } else if (topic == ICustody.Withdrawn.selector) {
                (, uint256 amount) = abi.decode(logs[i].data, (uint256, uint256));
                withdrawn += amount;
            }
        }
    }
}
