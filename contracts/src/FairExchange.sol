// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Custody} from "./base/Custody.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {IFairExchange} from "./interfaces/IFairExchange.sol";
import {ChunkCipher} from "./libraries/ChunkCipher.sol";
import {FairHash} from "./libraries/FairHash.sol";
import {Judge} from "./libraries/Judge.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {FairTerms, Goods, Verdict} from "./types/FairTerms.sol";
import {Id} from "./types/Id.sol";
import {Status} from "./types/Status.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title FairExchange
/// @notice Holds the price of a private document until its key is known and not proven wrong.
contract FairExchange is IFairExchange, Custody, EIP712 {
    using FairHash for FairTerms;
    using FairHash for Goods;

    /// @dev One storage slot per exchange.
    struct Word {
        Status status;
        uint40 until;
    }

    uint256 public constant MIN_TIME = 1 hours;
    uint256 public constant MAX_TIME = 366 days;

    mapping(Id => Word) private _words;

    constructor() EIP712("Quittance FairExchange", "1") {}

    /// @inheritdoc IFairExchange
    function lock(FairTerms calldata terms) external payable nonReentrant {
        (Id id_, Word storage word) = _at(terms, Status.None);
        _check(terms);

        word.status = Status.Armed;
        emit Opened(id_, msg.sender, terms);

        _pull(terms.asset, terms.tokenId, terms.amount);
    }

    /// @inheritdoc IFairExchange
    function reveal(FairTerms calldata terms, bytes32 key) external nonReentrant {
        (Id id_, Word storage word) = _at(terms, Status.Armed);
        require(msg.sender == terms.seller, BadParty(msg.sender));
        require(block.timestamp < terms.revealBy, TooLate(id_, terms.revealBy));
        require(ChunkCipher.commit(key) == terms.keyCommit, BadKey(id_));

        uint256 until_ = block.timestamp + terms.window;
        word.status = Status.Revealed;
        // forge-lint: disable-next-line(unsafe-typecast)
        word.until = uint40(until_);
        emit Revealed(id_, msg.sender, key, until_);
    }

    /// @inheritdoc IFairExchange
    function finalize(FairTerms calldata terms, bytes calldata receipt) external nonReentrant {
        (Id id_, Word storage word) = _at(terms, Status.Revealed);
        if (receipt.length != 0) {
            require(Signatures.isValid(terms.buyer, receiptDigest(id_), receipt), BadReceipt(id_));
        } else if (msg.sender != terms.buyer) {
            require(block.timestamp >= word.until, TooEarly(id_, word.until));
        }

        word.status = Status.Settled;
        emit Settled(id_, msg.sender);

        _push(id_, terms.asset, terms.seller, terms.tokenId, terms.amount);
    }

    /// @inheritdoc IFairExchange
    function complain(
        FairTerms calldata terms,
        Goods calldata goods,
        bytes32 key,
        uint256 index,
        bytes32 leaf,
        bytes32[] calldata proof
    ) external nonReentrant {
        (Id id_, Word storage word) = _at(terms, Status.Revealed);
        require(msg.sender == terms.buyer, BadParty(msg.sender));
        require(block.timestamp < word.until, TooLate(id_, word.until));
        Verdict verdict = Judge.judge(terms, goods, key, index, leaf, proof);
        require(verdict == Verdict.Wrong, BadProof(id_, verdict));

        _abort(id_, terms, true);
    }

    /// @inheritdoc IFairExchange
    function reclaim(FairTerms calldata terms) external nonReentrant {
        (Id id_,) = _at(terms, Status.Armed);
        require(block.timestamp >= terms.revealBy, TooEarly(id_, terms.revealBy));

        _abort(id_, terms, false);
    }

    /// @inheritdoc ICustody
    function status(Id exchange) external view nonReentrantView returns (Status) {
        return _words[exchange].status;
    }

    /// @inheritdoc IFairExchange
    function until(Id exchange) external view nonReentrantView returns (uint256) {
        return _words[exchange].until;
    }

    /// @inheritdoc IFairExchange
    function judge(
        FairTerms calldata terms,
        Goods calldata goods,
        bytes32 key,
        uint256 index,
        bytes32 leaf,
        bytes32[] calldata proof
    ) external pure returns (Verdict) {
        return Judge.judge(terms, goods, key, index, leaf, proof);
    }

    /// @inheritdoc IFairExchange
    function hashGoods(Goods calldata goods) external pure returns (bytes32) {
        return goods.hash();
    }

    /// @inheritdoc IFairExchange
    function receiptDigest(Id exchange) public view returns (bytes32) {
        return _hashTypedDataV4(FairHash.hashReceipt(exchange));
    }

    /// @inheritdoc IFairExchange
    function id(FairTerms calldata terms) public view returns (Id) {
        return Id.wrap(_hashTypedDataV4(terms.hash()));
    }

    /// @dev Makes the exchange final and gives the price back.
    function _abort(Id id_, FairTerms calldata terms, bool proven) private {
        _words[id_].status = Status.Aborted;
        emit Aborted(id_, msg.sender, proven);

        _push(id_, terms.asset, terms.buyer, terms.tokenId, terms.amount);
    }

    /// @dev The id and the word of terms that must stand at `expected`.
    function _at(FairTerms calldata terms, Status expected) private view returns (Id id_, Word storage word) {
        id_ = id(terms);
        word = _words[id_];
        Status actual = word.status;
        require(actual == expected, BadStatus(id_, actual));
    }

    /// @dev What must hold of terms before the price is put under them. The price itself is checked as it is pulled.
    function _check(FairTerms calldata terms) private view {
        address seller = terms.seller;
        require(terms.buyer == msg.sender, BadParty(terms.buyer));
        require(seller != address(0) && seller != address(this) && seller != msg.sender, BadParty(seller));

        uint256 revealBy = terms.revealBy;
        uint256 window = terms.window;
        bool timely = block.timestamp + MIN_TIME <= revealBy && revealBy <= block.timestamp + MAX_TIME;
        require(timely && MIN_TIME <= window && window <= MAX_TIME, BadWindow(revealBy, window));
    }
}
