// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Custody} from "./base/Custody.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {IEscrow} from "./interfaces/IEscrow.sol";
import {EscrowHash} from "./libraries/EscrowHash.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {AssetKind} from "./types/Asset.sol";
import {EscrowTerms} from "./types/EscrowTerms.sol";
import {Id} from "./types/Id.sol";
import {Status} from "./types/Status.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title Escrow
/// @notice Holds a payment until the payer releases it, the payee gives it back, or an arbiter or time divides it.
contract Escrow is IEscrow, Custody, EIP712 {
    using EscrowHash for EscrowTerms;

    /// @dev One storage slot per escrow.
    struct Word {
        Status status;
        uint16 releasedBps;
        uint40 ruleBy;
        bool byPayer;
    }

    uint256 public constant WHOLE = 10_000;
    uint256 public constant MIN_WINDOW = 1 hours;
    uint256 public constant MAX_TIME = 366 days;

    mapping(Id => Word) private _words;

    constructor() EIP712("Quittance Escrow", "1") {}

    /// @inheritdoc IEscrow
    function fund(EscrowTerms calldata terms) external payable nonReentrant {
        Id id_ = id(terms);
        require(_words[id_].status == Status.None, BadStatus(id_, _words[id_].status));
        require(terms.payer == msg.sender, NotPayer(id_, msg.sender));
        require(block.timestamp < terms.acceptBy, TooLate(id_, terms.acceptBy));
        _check(terms);

        _words[id_].status = Status.Open;
        emit Opened(id_, msg.sender, terms);

        _pull(terms.asset, terms.tokenId, terms.amount);
    }

    /// @inheritdoc IEscrow
    function accept(EscrowTerms calldata terms) external nonReentrant {
        Id id_ = id(terms);
        require(_words[id_].status == Status.Open, BadStatus(id_, _words[id_].status));
        require(terms.payee == msg.sender, NotPayee(id_, msg.sender));
        require(block.timestamp < terms.acceptBy, TooLate(id_, terms.acceptBy));

        _words[id_].status = Status.Armed;
        emit Accepted(id_, msg.sender);
    }

    /// @inheritdoc IEscrow
    function release(EscrowTerms calldata terms, uint16 releasedBps, bytes calldata signature) external nonReentrant {
        Id id_ = id(terms);
        Word memory word = _live(id_);
        bool agreed =
            terms.payer == msg.sender || Signatures.isValid(terms.payer, releaseDigest(id_, releasedBps), signature);
        require(agreed, NotPayer(id_, msg.sender));
        require(releasedBps <= WHOLE, BadShare(releasedBps));
        uint256 before = _share(terms.amount, word.releasedBps);
        uint256 after_ = _share(terms.amount, releasedBps);
        require(after_ > before, BadShare(releasedBps));

        if (releasedBps == WHOLE) return _end(id_, terms, word, after_ - before, _disputer(terms, word));
        _words[id_].releasedBps = releasedBps;
        emit Released(id_, msg.sender, releasedBps, after_ - before);

        _push(id_, terms.asset, terms.payee, terms.tokenId, after_ - before);
    }

    /// @inheritdoc IEscrow
    function refund(EscrowTerms calldata terms) external nonReentrant {
        Id id_ = id(terms);
        Word memory word = _live(id_);
        require(terms.payee == msg.sender, NotPayee(id_, msg.sender));

        _end(id_, terms, word, 0, _disputer(terms, word));
    }

    /// @inheritdoc IEscrow
    function dispute(EscrowTerms calldata terms) external payable nonReentrant {
        Id id_ = id(terms);
        Word memory word = _words[id_];
        require(word.status == Status.Armed, BadStatus(id_, word.status));
        require(msg.sender == terms.payer || msg.sender == terms.payee, NotParty(id_, msg.sender));
        require(block.timestamp < terms.disputeBy, TooLate(id_, terms.disputeBy));

        word.status = Status.Disputed;
        word.ruleBy = uint40(block.timestamp) + terms.ruleWindow;
        word.byPayer = msg.sender == terms.payer;
        _words[id_] = word;
        emit DisputeRaised(id_, msg.sender, word.ruleBy);

        if (terms.bond != 0) _pull(terms.asset, terms.tokenId, terms.bond);
        else require(msg.value == 0, WrongAmount(terms.asset, msg.value, 0));
    }

    /// @inheritdoc IEscrow
    function rule(EscrowTerms calldata terms, uint16 payeeBps) external nonReentrant {
        Id id_ = id(terms);
        Word memory word = _words[id_];
        require(word.status == Status.Disputed, BadStatus(id_, word.status));
        require(terms.arbiter == msg.sender, NotArbiter(id_, msg.sender));
        require(block.timestamp < word.ruleBy, TooLate(id_, word.ruleBy));
        require(payeeBps <= WHOLE, BadShare(payeeBps));

        _end(id_, terms, word, _share(_left(terms, word), payeeBps), msg.sender);
    }

    /// @inheritdoc IEscrow
    function settle(EscrowTerms calldata terms) external nonReentrant {
        Id id_ = id(terms);
        Word memory word = _words[id_];
        bool disputed = word.status == Status.Disputed;
        require(disputed || word.status == Status.Armed, BadStatus(id_, word.status));
        uint256 deadline = disputed ? word.ruleBy : terms.disputeBy;
        require(block.timestamp >= deadline, TooEarly(id_, deadline));

        uint256 bps = disputed ? terms.defaultBps : WHOLE;
        _end(id_, terms, word, _share(_left(terms, word), bps), _disputer(terms, word));
    }

    /// @inheritdoc IEscrow
    function abort(EscrowTerms calldata terms) external nonReentrant {
        Id id_ = id(terms);
        Word memory word = _words[id_];
        require(word.status == Status.Open, BadStatus(id_, word.status));
        require(block.timestamp >= terms.acceptBy, TooEarly(id_, terms.acceptBy));

        _end(id_, terms, word, 0, address(0));
    }

    /// @inheritdoc ICustody
    function status(Id escrow) external view nonReentrantView returns (Status) {
        return _words[escrow].status;
    }

    /// @inheritdoc IEscrow
    function released(Id escrow) external view nonReentrantView returns (uint256) {
        return _words[escrow].releasedBps;
    }

    /// @inheritdoc IEscrow
    function disputeOf(Id escrow) external view nonReentrantView returns (uint256 ruleBy, bool byPayer) {
        return (_words[escrow].ruleBy, _words[escrow].byPayer);
    }

    /// @inheritdoc IEscrow
    function id(EscrowTerms calldata terms) public view returns (Id) {
        return Id.wrap(_hashTypedDataV4(terms.hash()));
    }

    /// @inheritdoc IEscrow
    function releaseDigest(Id escrow, uint16 releasedBps) public view returns (bytes32) {
        return _hashTypedDataV4(EscrowHash.hashRelease(escrow, releasedBps));
    }

    /// @dev Pays out all that is left: `toPayee`, the rest to the payer, and the bond of a dispute to `bondTo`.
    function _end(Id id_, EscrowTerms calldata terms, Word memory word, uint256 toPayee, address bondTo) private {
        uint256 toPayer = _left(terms, word) - toPayee;
        bool bonded = word.status == Status.Disputed && terms.bond != 0;
        if (!bonded) bondTo = address(0);

        // The milestones stay as they were: what they say, and these events, add up to the whole.
        _words[id_].status = toPayee == 0 ? Status.Aborted : Status.Settled;
        if (toPayee == 0) emit Aborted(id_, msg.sender, toPayer, bondTo);
        else emit Settled(id_, msg.sender, toPayee, toPayer, bondTo);

        if (toPayee != 0) _push(id_, terms.asset, terms.payee, terms.tokenId, toPayee);
        if (toPayer != 0) _push(id_, terms.asset, terms.payer, terms.tokenId, toPayer);
        if (bonded) _push(id_, terms.asset, bondTo, terms.tokenId, terms.bond);
    }

    /// @dev The word of an escrow that is not final.
    function _live(Id id_) private view returns (Word memory word) {
        word = _words[id_];
        bool live = word.status == Status.Open || word.status == Status.Armed || word.status == Status.Disputed;
        require(live, BadStatus(id_, word.status));
    }

    /// @dev What must hold of terms before anything is put under them.
    function _check(EscrowTerms calldata terms) private view {
        address payer = terms.payer;
        address payee = terms.payee;
        address arbiter = terms.arbiter;
        uint256 acceptBy = terms.acceptBy;
        uint256 disputeBy = terms.disputeBy;
        uint256 window = terms.ruleWindow;
        require(payee != address(0) && payee != address(this) && payee != payer, BadParty(payee));
        require(arbiter != payer && arbiter != payee && arbiter != address(this), BadArbiter(arbiter));
        require(terms.defaultBps <= WHOLE, BadShare(terms.defaultBps));
        bool wellFormed = terms.asset.isWellFormed(terms.tokenId, terms.amount);
        require(wellFormed, BadAsset(terms.asset, terms.tokenId, terms.amount));

        bool fungible = terms.asset.kind() != AssetKind.ERC721;
        bool feasible = fungible && arbiter != address(0) && terms.bond <= type(uint256).max - terms.amount;
        require(terms.bond == 0 || feasible, BadBond(terms.bond));

        bool ordered = disputeBy >= acceptBy + MIN_WINDOW && disputeBy <= block.timestamp + MAX_TIME;
        bool bounded = window >= MIN_WINDOW && window <= MAX_TIME;
        require(ordered && bounded, BadWindow(acceptBy, disputeBy, window));
    }

    /// @dev What is still in custody, the bond aside.
    function _left(EscrowTerms calldata terms, Word memory word) private pure returns (uint256) {
        return terms.amount - _share(terms.amount, word.releasedBps);
    }

    function _disputer(EscrowTerms calldata terms, Word memory word) private pure returns (address) {
        return word.byPayer ? terms.payer : terms.payee;
    }

    /// @dev Rounded down, which leaves the rest to the payer. Divided before it is multiplied: no amount is too large.
    function _share(uint256 amount, uint256 bps) private pure returns (uint256) {
        return amount / WHOLE * bps + amount % WHOLE * bps / WHOLE;
    }
}
