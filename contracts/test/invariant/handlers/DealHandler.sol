// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICustody} from "../../../src/interfaces/ICustody.sol";
import {Asset, AssetKind} from "../../../src/types/Asset.sol";
import {Id} from "../../../src/types/Id.sol";
import {Status} from "../../../src/types/Status.sol";
import {Assets} from "./Assets.sol";
import {CommonBase} from "forge-std/Base.sol";
import {StdAssertions} from "forge-std/StdAssertions.sol";
import {StdCheats} from "forge-std/StdCheats.sol";
import {StdUtils} from "forge-std/StdUtils.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice Who deals, in what, and what the events say of it, whatever the contract: parties in assets of every kind that
/// refuse at random, credits, strays and time. What is believed of each deal and each credit is from the events alone.
abstract contract DealHandler is CommonBase, StdAssertions, StdCheats, StdUtils {
    /// @dev What the events say of a deal.
    struct Ghost {
        Status status;
        uint256 funded;
        uint256 satisfied;
        uint256 terminals;
    }

    /// @dev What can be in custody: an asset, and which of it.
    struct Key {
        Asset asset;
        uint256 tokenId;
    }

    uint256 public constant ACTORS = 5;
    address internal constant SINK = address(0xbeef);

    ICustody public immutable custody;
    Assets public immutable assets;
    address[] public actors;
    mapping(address => uint256) private _signingKeys;

    bytes[] internal _deals;
    Id[] internal _ids;
    mapping(Id => uint256 number) internal _numbers;
    mapping(Id => Ghost) internal _ghosts;

    Key[] private _keys;
    mapping(Asset => mapping(uint256 => bool)) private _known;
    /// @dev By the events: in custody for live deals, and owed, in all and to whom.
    mapping(Asset => mapping(uint256 => uint256)) public live;
    mapping(Asset => mapping(uint256 => uint256)) public credits;
    mapping(address => mapping(Asset => mapping(uint256 => uint256))) public creditOf;
    mapping(Asset => mapping(uint256 => uint256)) public strayed;
    /// @dev How many calls worked, and how many were refused as foretold.
    uint256 public worked;
    uint256 public refusals;

    constructor(ICustody custody_) {
        custody = custody_;
        assets = new Assets(address(custody_));
        for (uint256 i = 0; i < ACTORS; ++i) {
            (address actor, uint256 key) = makeAddrAndKey(string(abi.encodePacked("actor", i)));
            actors.push(actor);
            _signingKeys[actor] = key;
            assets.approveAll(actor);
        }
    }

    modifier recorded() {
        vm.recordLogs();
        _;
        _replay(vm.getRecordedLogs());
    }

    /// @notice A payee takes what it is owed, if it is.
    function withdraw(uint256 seed) external recorded {
        if (_keys.length != 0) _withdraw(actors[seed % ACTORS], _keys[(seed >> 8) % _keys.length]);
    }

    /// @notice Somebody takes something that it is owed, so that credits do not only grow.
    function withdrawAny(uint256 seed) external recorded {
        address payee = actors[seed % ACTORS];
        for (uint256 i = 0; i < _keys.length; ++i) {
            if (creditOf[payee][_keys[i].asset][_keys[i].tokenId] != 0) return _withdraw(payee, _keys[i]);
        }
    }

    /// @notice An asset turns against somebody, or relents; or somebody turns against coin and hooks.
    function refuse(uint256 seed, bool on) external {
        assets.refuse(seed >> 8, actors[seed % ACTORS], on);
    }

    /// @notice Something reaches the contract by mistake.
    function stray(uint256 seed, uint64 amount) external {
        if (_keys.length == 0) return;
        Key memory key = _keys[seed % _keys.length];
        if (key.asset.kind() == AssetKind.ERC721) return;
        assets.mint(key.asset, address(custody), key.tokenId, amount);
        strayed[key.asset][key.tokenId] += amount;
    }

    /// @notice Time passes.
    function wait(uint256 seconds_) external {
        vm.warp(block.timestamp + bound(seconds_, 1, 12 hours));
    }

    /// @notice After every deadline: anyone ends every deal.
    function finish() external virtual;

    /// @notice Every payee takes its credits.
    function payOut() external recorded {
        for (uint256 i = 0; i < _keys.length * ACTORS; ++i) {
            (address payee, Key memory key) = (actors[i % ACTORS], _keys[i / ACTORS]);
            if (creditOf[payee][key.asset][key.tokenId] != 0) _withdraw(payee, key);
        }
    }

    function dealCount() external view returns (uint256) {
        return _deals.length;
    }

    function idOf(uint256 number) external view returns (Id) {
        return _ids[number];
    }

    function keys() external view returns (Key[] memory) {
        return _keys;
    }

    function ghostOf(Id id) external view returns (Ghost memory) {
        return _ghosts[id];
    }

    function _register(Id id, bytes memory terms) internal {
        _numbers[id] = _deals.length;
        _ids.push(id);
        _deals.push(terms);
    }

    function _know(Asset asset, uint256 tokenId) internal {
        if (!_known[asset][tokenId]) _keys.push(Key(asset, tokenId));
        _known[asset][tokenId] = true;
    }

    function _works(bytes memory call, uint256 value) internal {
        ++worked;
        (bool done, bytes memory answer) = address(custody).call{value: value}(call);
        if (done) return;
        emit log_named_bytes("refused", answer);
        fail();
    }

    function _refuses(bytes memory call) internal {
        ++refusals;
        _replay(vm.getRecordedLogs());
        (bool done,) = address(custody).call(call);
        assertFalse(done, "should have been refused");
        // What was logged before the refusal did not happen, but is recorded.
        vm.getRecordedLogs();
    }

    /// @dev Rebuilds what is known of the deals and the credits from the events alone.
    function _replay(Vm.Log[] memory logs) internal {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(custody)) continue;
            bytes32 topic = logs[i].topics[0];
            if (topic == ICustody.Withdrawn.selector) _replayWithdrawn(logs[i]);
            else if (topic == ICustody.Credited.selector) _replayCredited(logs[i]);
            else _replayDeal(logs[i], topic, Id.wrap(logs[i].topics[1]));
        }
    }

    function _replayDeal(Vm.Log memory entry, bytes32 topic, Id id) internal virtual;

    /// @dev What somebody has of an asset, credits included.
    function _position(address party, Asset asset, uint256 tokenId) internal view returns (uint256) {
        return assets.balanceOf(asset, party, tokenId) + custody.owed(party, asset, tokenId);
    }

    function _sign(address signer, bytes32 digest) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_signingKeys[signer], digest);
        return abi.encodePacked(r, s, v);
    }

    function _withdraw(address payee, Key memory key) private {
        uint256 due = creditOf[payee][key.asset][key.tokenId];
        uint256 before = assets.balanceOf(key.asset, SINK, key.tokenId);
        bytes memory call = abi.encodeCall(ICustody.withdraw, (key.asset, key.tokenId, SINK));
        vm.prank(payee);
        if (due == 0) return _refuses(call);
        _works(call, 0);
        assertEq(assets.balanceOf(key.asset, SINK, key.tokenId), before + due);
    }

    function _replayCredited(Vm.Log memory entry) private {
        (address payee, Asset asset) = (address(uint160(uint256(entry.topics[2]))), Asset.wrap(entry.topics[3]));
        (uint256 tokenId, uint256 amount) = abi.decode(entry.data, (uint256, uint256));
        creditOf[payee][asset][tokenId] += amount;
        credits[asset][tokenId] += amount;
    }

    function _replayWithdrawn(Vm.Log memory entry) private {
        (address payee, Asset asset) = (address(uint160(uint256(entry.topics[1]))), Asset.wrap(entry.topics[2]));
        (uint256 tokenId, uint256 amount) = abi.decode(entry.data, (uint256, uint256));
        creditOf[payee][asset][tokenId] -= amount;
        credits[asset][tokenId] -= amount;
    }
}
