// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Custody} from "./base/Custody.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {IHashLock} from "./interfaces/IHashLock.sol";
import {LockHash} from "./libraries/LockHash.sol";
import {Id} from "./types/Id.sol";
import {HashKind, LockTerms} from "./types/LockTerms.sol";
import {Status} from "./types/Status.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title HashLock
/// @notice Holds an asset for whoever it was promised to, until a preimage comes or its time is over.
contract HashLock is IHashLock, Custody, EIP712 {
    using LockHash for LockTerms;

    /// @notice The least time to claim: filling every block for so long costs more than a lock is worth stopping for.
    uint256 public constant MIN_WINDOW = 1 hours;
    uint256 public constant MAX_TIME = 366 days;

    /// @dev One storage slot per lock: its Status, as a whole word, which is written without being read.
    struct Word {
        uint256 status;
    }

    mapping(Id => Word) private _words;

    constructor() EIP712("Quittance HashLock", "1") {}

    /// @inheritdoc IHashLock
    function lock(LockTerms calldata terms) external payable nonReentrant {
        (Id id_, Word storage word) = _at(terms, Status.None);
        require(terms.sender == msg.sender, NotSender(id_, msg.sender));
        _check(terms);

        word.status = uint256(Status.Armed);
        terms.logOpened(id_);

        _pull(terms.asset, terms.tokenId, terms.amount);
    }

    /// @inheritdoc IHashLock
    function claim(LockTerms calldata terms, bytes32 preimage) external nonReentrant {
        (Id id_, Word storage word) = _at(terms, Status.Armed);
        uint256 deadline = terms.lock.deadline();
        require(block.timestamp < deadline, TooLate(id_, deadline));
        require(lockOf(terms.lock.kind(), preimage) == terms.hashlock, BadPreimage(id_));

        word.status = uint256(Status.Settled);
        emit Settled(id_, msg.sender, preimage);

        _push(id_, terms.asset, terms.receiver, terms.tokenId, terms.amount);
    }

    /// @inheritdoc IHashLock
    function refund(LockTerms calldata terms) external nonReentrant {
        (Id id_, Word storage word) = _at(terms, Status.Armed);
        uint256 deadline = terms.lock.deadline();
        require(block.timestamp >= deadline, TooEarly(id_, deadline));

        word.status = uint256(Status.Aborted);
        emit Aborted(id_, msg.sender);

        _push(id_, terms.asset, terms.sender, terms.tokenId, terms.amount);
    }

    /// @inheritdoc ICustody
    function status(Id lock_) external view nonReentrantView returns (Status) {
        return Status(_words[lock_].status);
    }

    /// @inheritdoc IHashLock
    function id(LockTerms calldata terms) public view returns (Id) {
        return Id.wrap(_hashTypedDataV4(terms.hash()));
    }

    /// @inheritdoc IHashLock
    function lockOf(HashKind kind, bytes32 preimage) public view returns (bytes32) {
        return LockHash.lockOf(kind, preimage);
    }

    /// @dev The id and the word of a lock, which must stand as said.
    function _at(LockTerms calldata terms, Status expected) private view returns (Id id_, Word storage word) {
        id_ = id(terms);
        word = _words[id_];
        uint256 actual = word.status;
        require(actual == uint256(expected), BadStatus(id_, Status(actual)));
    }

    /// @dev What must hold of terms before anything is put under them; `_pull` looks at the asset.
    function _check(LockTerms calldata terms) private view {
        address receiver = terms.receiver;
        require(receiver != address(0) && receiver != address(this) && receiver != msg.sender, BadParty(receiver));

        // Before now is a window beyond every bound.
        uint256 deadline = terms.lock.deadline();
        uint256 window;
        unchecked {
            window = deadline - block.timestamp;
        }
        require(window >= MIN_WINDOW && window <= MAX_TIME, BadWindow(deadline));
        require(terms.lock.hasKind(), BadHashKind());
    }
}
