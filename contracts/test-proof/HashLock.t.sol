// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HashLock} from "../src/HashLock.sol";
import {IHashLock} from "../src/interfaces/IHashLock.sol";
import {AssetKind, toAsset} from "../src/types/Asset.sol";
import {Id} from "../src/types/Id.sol";
import {HashKind, LockTerms, toLock} from "../src/types/LockTerms.sol";
import {Status} from "../src/types/Status.sol";
import {svm} from "./Svm.sol";
import {Test} from "forge-std/Test.sol";

/// @notice Moves what it is told to.
contract LockedCash {
    mapping(address => uint256) public balanceOf;

    function transfer(address to, uint256 amount) external returns (bool) {
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

/// @notice A lock ends once, by claim or by refund, each in its own time, and gives out what it took in. Each proof makes
/// one arbitrary call at an arbitrary time in an arbitrary state, so by induction it holds for every sequence of calls.
/// The hash is keccak-256, an injective function of which nothing else is known; of SHA-256 the solver could know no more.
contract HashLockProof is Test {
    uint256 private constant AMOUNT = 250_007;
    uint40 private constant DEADLINE = 1_800_086_400;
    address private constant SENDER = address(0xA11CE);
    address private constant RECEIVER = address(0xB0B);
    address private constant STRANGER = address(0xCA401);

    struct Call {
        address caller;
        uint8 which;
        bytes32 preimage;
        uint256 time;
    }

    struct Held {
        uint256 sender;
        uint256 receiver;
        uint256 custody;
    }

    HashLock private hashLock;
    LockedCash private token;

    function setUp() public {
        hashLock = new HashLock();
        token = new LockedCash();
        svm.enableSymbolicStorage(address(hashLock));
        token.set(SENDER, 1e9);
        token.set(RECEIVER, 1e9);
        token.set(STRANGER, 1e9);
        token.set(address(hashLock), 1e9);
    }

    /// @notice The status changes by the arrows of the drawing only: each under its own function, for whom it is for, in
    /// its own window, and forward only for the preimage.
    function check_Edges(bytes32 secret, Call calldata c) public {
        LockTerms memory terms = _terms(secret);
        Id id = hashLock.id(terms);
        Status before = _status(id);
        bool done = _call(terms, c);
        Status later = hashLock.status(id);
        if (!done) {
            assert(later == before);
        } else if (c.which == 0) {
            assert(before == Status.None && later == Status.Armed && c.caller == SENDER);
        } else if (c.which == 1) {
            assert(before == Status.Armed && later == Status.Settled && c.time < DEADLINE && c.preimage == secret);
        } else {
            assert(before == Status.Armed && later == Status.Aborted && c.time >= DEADLINE);
        }
    }

    /// @notice While Armed, at any time: of a claim with the preimage and a refund, by anyone, just one works, in either
    /// order, and then neither does ever again.
    function check_ClaimXorRefund(bytes32 secret, address caller, uint256 time, uint256 later, bool claimsFirst)
        public
    {
        LockTerms memory terms = _terms(secret);
        vm.assume(_status(hashLock.id(terms)) == Status.Armed);
        bool claimed;
        bool refunded;
        if (claimsFirst) {
            claimed = _call(terms, Call(caller, 1, secret, time));
            refunded = _call(terms, Call(caller, 2, secret, time));
        } else {
            refunded = _call(terms, Call(caller, 2, secret, time));
            claimed = _call(terms, Call(caller, 1, secret, time));
        }
        assert(claimed == (time < DEADLINE) && refunded == (time >= DEADLINE));
        assert(!_call(terms, Call(caller, 1, secret, later)) && !_call(terms, Call(caller, 2, secret, later)));
        assert(!_call(terms, Call(SENDER, 0, secret, later)));
    }

    /// @notice A call that works moves the amount, once, from where to where its arrow says; one that does not moves
    /// nothing. What the receiver or sender does not get at once is theirs to withdraw.
    function check_Conservation(bytes32 secret, Call calldata c) public {
        LockTerms memory terms = _terms(secret);
        _status(hashLock.id(terms));
        Held memory before = _held();
        uint256 owedBefore = hashLock.owed(RECEIVER, terms.asset, 0) + hashLock.owed(SENDER, terms.asset, 0);
        bool done = _call(terms, c);
        Held memory later = _held();
        bool in_ = done && c.which == 0;
        bool forward = done && c.which == 1;
        bool back = done && c.which == 2;
        assert(later.sender == before.sender + (back ? AMOUNT : 0) - (in_ ? AMOUNT : 0));
        assert(later.receiver == before.receiver + (forward ? AMOUNT : 0));
        assert(later.custody == before.custody + (in_ ? AMOUNT : 0) - (forward || back ? AMOUNT : 0));
        assert(hashLock.owed(RECEIVER, terms.asset, 0) + hashLock.owed(SENDER, terms.asset, 0) == owedBefore);
    }

    /// @notice A call for one lock changes no other lock, whatever the other's terms.
    function check_OthersStay(bytes32 secret, Call calldata c, Id other) public {
        LockTerms memory terms = _terms(secret);
        vm.assume(other != hashLock.id(terms));
        Status before = _status(other);
        _call(terms, c);
        assert(hashLock.status(other) == before);
    }

    /// @notice Whatever everybody else did or did not do: from the deadline on anyone ends an Armed lock.
    function check_TimeEndsIt(bytes32 secret, address caller, uint256 time) public {
        LockTerms memory terms = _terms(secret);
        Id id = hashLock.id(terms);
        vm.assume(_status(id) == Status.Armed && time >= DEADLINE);
        assert(_call(terms, Call(caller, 2, 0, time)));
        assert(hashLock.status(id) == Status.Aborted);
    }

    /// @dev The status, which is one that some call has written.
    function _status(Id id) private view returns (Status status) {
        status = hashLock.status(id);
        vm.assume(
            status == Status.None || status == Status.Armed || status == Status.Settled || status == Status.Aborted
        );
    }

    function _call(LockTerms memory terms, Call memory c) private returns (bool done) {
        vm.assume(c.which < 3 && c.time >= 1_800_000_000 && c.time <= 1_900_000_000);
        vm.assume(c.caller != address(hashLock) && c.caller != address(token));
        vm.warp(c.time);
        bytes memory data;
        if (c.which == 0) data = abi.encodeCall(IHashLock.lock, (terms));
        else if (c.which == 1) data = abi.encodeCall(IHashLock.claim, (terms, c.preimage));
        else data = abi.encodeCall(IHashLock.refund, (terms));
        vm.prank(c.caller);
        (done,) = address(hashLock).call(data);
    }

    function _held() private view returns (Held memory) {
        return Held(token.balanceOf(SENDER), token.balanceOf(RECEIVER), token.balanceOf(address(hashLock)));
    }

    function _terms(bytes32 secret) private view returns (LockTerms memory) {
        return LockTerms({
            sender: SENDER,
            receiver: RECEIVER,
            asset: toAsset(AssetKind.ERC20, address(token)),
            tokenId: 0,
            amount: AMOUNT,
            hashlock: keccak256(abi.encode(secret)),
            lock: toLock(HashKind.Keccak256, DEADLINE, 1)
        });
    }
}
