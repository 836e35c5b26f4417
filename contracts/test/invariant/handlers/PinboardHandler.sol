// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Pinboard} from "../../../src/Pinboard.sol";
import {IPinboard} from "../../../src/interfaces/IPinboard.sol";
import {NetworkAction, Pin} from "../../../src/types/Pin.sol";
import {TokenHandler} from "./TokenHandler.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice Accounts pin, sign, hand in for each other and invalidate, at random.
contract PinboardHandler is TokenHandler {
    uint256 public constant WORDS = 2;

    Pinboard public immutable board = new Pinboard();
    mapping(address author => mapping(uint256 word => uint256)) public used;
    mapping(address author => mapping(uint256 nonce => uint256)) public handedIn;
    mapping(address author => uint256) public pinned;
    mapping(address author => uint256) public willed;
    uint256 public mostHandedIn;

    modifier recorded() {
        vm.recordLogs();
        _;
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IPinboard.BatchPin.selector) continue;
            ++pinned[abi.decode(logs[i].data, (address))];
        }
    }

    function pinBatch(uint256 who, uint256 contexts, bool data) external recorded {
        bytes32[] memory list = new bytes32[](contexts % 4);
        bytes memory call = data
            ? abi.encodeCall(board.pinBatchData, (abi.encode(bytes32("u"), bytes32("b"), "", list)))
            : abi.encodeCall(board.pinBatch, ("u", "b", "", list));
        bool works = list.length != 0;
        _call("pinBatch", _actor(who), address(board), call, works);
        if (works) ++willed[_actor(who)];
    }

    /// @notice Somebody hands in a pin that its author signed, or that another signed.
    function pinFor(uint256 who, uint256 author, uint256 signer, uint256 nonce, uint256 carrier) external recorded {
        Pin memory pin;
        pin.author = _actor(author);
        pin.carrier = carrier % 3 == 0 ? _actor(carrier / 3) : address(0);
        pin.contexts = new bytes32[](1);
        pin.nonce = nonce % (WORDS * 256);
        pin.deadline = uint40(block.timestamp + nonce % 5);
        address by = signer % 4 == 0 ? _actor(signer / 4) : pin.author;
        bytes memory signature = _sign(by, board.pinDigest(pin));
        bytes memory call = abi.encodeCall(board.pinFor, (pin, signature));
        bool works = by == pin.author && nonce % 5 != 0 && _isFresh(pin.author, pin.nonce)
            && (pin.carrier == address(0) || pin.carrier == _actor(who));
        _call("pinFor", _actor(who), address(board), call, works);
        if (works) _use(pin.author, pin.nonce);
    }

    function networkActionFor(uint256 who, uint256 author, uint256 signer, uint256 nonce) external recorded {
        NetworkAction memory act;
        act.author = _actor(author);
        act.action = "terminate";
        act.nonce = nonce % (WORDS * 256);
        act.deadline = uint40(block.timestamp + nonce % 5);
        address by = signer % 4 == 0 ? _actor(signer / 4) : act.author;
        bytes memory signature = _sign(by, board.networkActionDigest(act));
        bool works = by == act.author && nonce % 5 != 0 && _isFresh(act.author, act.nonce);
        bytes memory call = abi.encodeCall(board.networkActionFor, (act, signature));
        _call("networkActionFor", _actor(who), address(board), call, works);
        if (works) _use(act.author, act.nonce);
    }

    function invalidate(uint256 who, uint256 word, uint256 mask) external recorded {
        // Sparse, so that some nonces stay Fresh.
        mask &= mask << 7 & mask >> 13 & mask << 29;
        word %= WORDS;
        _call("invalidate", _actor(who), address(board), abi.encodeCall(board.invalidate, (word, mask)), true);
        used[_actor(who)][word] |= mask;
    }

    function _isFresh(address author, uint256 nonce) private view returns (bool) {
        return used[author][nonce / 256] & (1 << nonce % 256) == 0;
    }

    function _use(address author, uint256 nonce) private {
        used[author][nonce / 256] |= 1 << nonce % 256;
        uint256 count = ++handedIn[author][nonce];
        if (count > mostHandedIn) mostHandedIn = count;
        ++willed[author];
    }
}
