// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Custody} from "./base/Custody.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {TermsHash} from "./libraries/TermsHash.sol";
import {Id} from "./types/Id.sol";
import {Status} from "./types/Status.sol";
import {Condition, ConditionKind, Leg, Terms} from "./types/Terms.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title Settlement
/// @notice Holds the legs of a deal until its conditions are proven, then moves them all, or gives them all back.
contract Settlement is ISettlement, Custody, EIP712 {
    using TermsHash for Terms;

    /// @dev One storage slot per settlement.
    struct Word {
        Status status;
        uint8 funded;
        uint8 satisfied;
    }

    uint256 public constant MAX_LEGS = 8;
    uint256 public constant MAX_CONDITIONS = 8;
    uint256 public constant MAX_TIME = 366 days;
    uint256 private constant MAX_KEY = 1024;

    mapping(Id => Word) private _words;

    constructor() EIP712("Quittance Settlement", "1") {}

    /// @inheritdoc ISettlement
    function fund(Terms calldata terms, uint256 leg) external payable nonReentrant {
        Id id_ = id(terms);
        Word memory word = _words[id_];
        require(word.status <= Status.Open, BadStatus(id_, word.status));
        require(leg < terms.legs.length, NoSuchLeg(leg));
        Leg calldata l = terms.legs[leg];
        require(l.from == msg.sender, NotFunder(leg, msg.sender));
        require(block.timestamp < terms.fundBy, TooLate(id_, terms.fundBy));
        require(!_has(word.funded, leg), AlreadyFunded(id_, leg));
        bool opens = word.status == Status.None;
        if (opens) _check(terms);

        word.funded = _with(word.funded, leg);
        word.status = word.funded == _full(terms.legs.length) ? Status.Armed : Status.Open;
        _words[id_] = word;
        if (opens) emit Opened(id_, msg.sender, leg, terms);
        else emit Funded(id_, msg.sender, leg);

        _pull(l.asset, l.tokenId, l.amount);
    }

    /// @inheritdoc ISettlement
    function satisfy(Terms calldata terms, uint256 condition, bytes calldata proof) external nonReentrant {
        Id id_ = id(terms);
        Word memory word = _words[id_];
        require(word.status == Status.Armed, BadStatus(id_, word.status));
        require(condition < terms.conditions.length, NoSuchCondition(condition));

        word.satisfied = _satisfy(id_, terms, word.satisfied, condition, proof);
        _words[id_] = word;
    }

    /// @inheritdoc ISettlement
    function settle(Terms calldata terms, bytes[] calldata proofs) external nonReentrant {
        Id id_ = id(terms);
        Word memory word = _words[id_];
        require(word.status == Status.Armed, BadStatus(id_, word.status));
        uint256 count = terms.conditions.length;
        require(proofs.length == 0 || proofs.length == count, BadProofCount(proofs.length, count));

        for (uint256 i = 0; i < proofs.length; ++i) {
            if (proofs[i].length != 0) word.satisfied = _satisfy(id_, terms, word.satisfied, i, proofs[i]);
        }
        require(word.satisfied == _full(count), NotSatisfied(id_, word.satisfied));

        word.status = Status.Settled;
        _words[id_] = word;
        emit Settled(id_, msg.sender);

        Leg[] calldata legs = terms.legs;
        for (uint256 i = 0; i < legs.length; ++i) {
            _release(id_, legs[i], legs[i].to);
        }
    }

    /// @inheritdoc ISettlement
    function abort(Terms calldata terms) external nonReentrant {
        Id id_ = id(terms);
        Word memory word = _words[id_];
        _requireAbortable(id_, terms, word);
        uint256 deadline = word.status == Status.Open ? terms.fundBy : terms.settleBy;
        require(block.timestamp >= deadline, TooEarly(id_, deadline));

        _abort(id_, terms, word);
    }

    /// @inheritdoc ISettlement
    function cancel(Terms calldata terms, bytes[] calldata signatures) external nonReentrant {
        Id id_ = id(terms);
        Word memory word = _words[id_];
        _requireAbortable(id_, terms, word);
        address[] memory signers = parties(terms);
        require(signatures.length == signers.length, BadSignatureCount(signatures.length, signers.length));

        for (uint256 i = 0; i < signers.length; ++i) {
            if (signatures[i].length == 0 && signers[i] == msg.sender) continue;
            bool valid = Signatures.isValid(signers[i], cancelDigest(id_, signers[i]), signatures[i]);
            require(valid, BadCancel(id_, signers[i]));
        }

        _abort(id_, terms, word);
    }

    /// @inheritdoc ICustody
    function status(Id settlement) external view nonReentrantView returns (Status) {
        return _words[settlement].status;
    }

    /// @inheritdoc ISettlement
    function funded(Id settlement) external view nonReentrantView returns (uint256) {
        return _words[settlement].funded;
    }

    /// @inheritdoc ISettlement
    function satisfied(Id settlement) external view nonReentrantView returns (uint256) {
        return _words[settlement].satisfied;
    }

    /// @inheritdoc ISettlement
    function receiptDigest(Id settlement, address party, bytes32 subject) public view returns (bytes32) {
        return _hashTypedDataV4(TermsHash.hashReceipt(settlement, party, subject));
    }

    /// @inheritdoc ISettlement
    function cancelDigest(Id settlement, address party) public view returns (bytes32) {
        return _hashTypedDataV4(TermsHash.hashCancel(settlement, party));
    }

    /// @inheritdoc ISettlement
    function id(Terms calldata terms) public view returns (Id) {
        return Id.wrap(_hashTypedDataV4(terms.hash()));
    }

    /// @inheritdoc ISettlement
    function parties(Terms calldata terms) public pure returns (address[] memory) {
        address[] memory seen = new address[](2 * terms.legs.length);
        uint256 count = 0;
        for (uint256 i = 0; i < terms.legs.length; ++i) {
            count = _include(seen, count, terms.legs[i].from);
            count = _include(seen, count, terms.legs[i].to);
        }

        address[] memory distinct = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            distinct[i] = seen[i];
        }
        return distinct;
    }

    /// @dev Marks one condition as proven, if `proof` proves it in time.
    function _satisfy(Id id_, Terms calldata terms, uint8 done, uint256 condition, bytes calldata proof)
        private
        returns (uint8)
    {
        require(block.timestamp < terms.settleBy, TooLate(id_, terms.settleBy));
        require(!_has(done, condition), AlreadySatisfied(id_, condition));
        Condition calldata c = terms.conditions[condition];
        require(_proves(id_, c, proof), BadProof(id_, condition));

        bool published = c.kind == ConditionKind.Preimage || c.kind == ConditionKind.Key;
        emit Satisfied(id_, condition, published ? proof : proof[:0]);
        return _with(done, condition);
    }

    /// @dev Whether `proof` proves a condition now.
    function _proves(Id id_, Condition calldata c, bytes calldata proof) private view returns (bool) {
        ConditionKind kind = c.kind;
        if (kind == ConditionKind.Receipt) {
            return Signatures.isValid(c.party, receiptDigest(id_, c.party, c.subject), proof);
        }
        if (kind == ConditionKind.Preimage) return proof.length == 32 && sha256(proof) == c.subject;
        if (kind == ConditionKind.Key) return proof.length <= MAX_KEY && keccak256(proof) == c.subject;
        if (kind == ConditionKind.Time) return block.timestamp >= uint256(c.subject);
        // Of its own settlements it need not ask, and while it is entered it would not answer.
        if (c.party == address(this)) return _words[Id.wrap(c.subject)].status == Status.Settled;
        return ICustody(c.party).status(Id.wrap(c.subject)) == Status.Settled;
    }

    /// @dev Makes the settlement final and gives back what was funded.
    function _abort(Id id_, Terms calldata terms, Word memory word) private {
        word.status = Status.Aborted;
        _words[id_] = word;
        emit Aborted(id_, msg.sender, word.funded);

        Leg[] calldata legs = terms.legs;
        for (uint256 i = 0; i < legs.length; ++i) {
            if (_has(word.funded, i)) _release(id_, legs[i], legs[i].from);
        }
    }

    function _release(Id id_, Leg calldata leg, address payee) private {
        _push(id_, leg.asset, payee, leg.tokenId, leg.amount);
    }

    /// @dev Only a settlement that cannot settle, or not yet, may be taken back.
    function _requireAbortable(Id id_, Terms calldata terms, Word memory word) private pure {
        require(word.status == Status.Open || word.status == Status.Armed, BadStatus(id_, word.status));
        bool proven = word.status == Status.Armed && word.satisfied == _full(terms.conditions.length);
        require(!proven, AllSatisfied(id_));
    }

    /// @dev What must hold of terms before anything is put under them. What only the token can tell is found when its
    /// leg is funded: a leg that cannot be funded keeps the settlement from arming, and it expires.
    function _check(Terms calldata terms) private view {
        Leg[] calldata legs = terms.legs;
        Condition[] calldata conditions = terms.conditions;
        uint256 fundBy = terms.fundBy;
        uint256 settleBy = terms.settleBy;
        require(legs.length <= MAX_LEGS, BadLegCount(legs.length));
        require(conditions.length <= MAX_CONDITIONS, BadConditionCount(conditions.length));
        require(fundBy < settleBy && settleBy <= block.timestamp + MAX_TIME, BadWindow(fundBy, settleBy));

        for (uint256 i = 0; i < legs.length; ++i) {
            _checkLeg(legs[i], i);
        }
        for (uint256 i = 0; i < conditions.length; ++i) {
            Condition calldata c = conditions[i];
            bool named = c.kind == ConditionKind.Receipt || c.kind == ConditionKind.Outcome;
            require(named == (c.party != address(0)), BadConditionParty(i));
        }
    }

    function _checkLeg(Leg calldata leg, uint256 i) private view {
        address from = leg.from;
        address to = leg.to;
        require(from != address(0) && from != address(this), BadParty(i, from));
        require(to != address(0) && to != address(this), BadParty(i, to));
        require(from != to, SelfDeal(i));
        require(leg.asset.isWellFormed(leg.tokenId, leg.amount), BadAsset(leg.asset, leg.tokenId, leg.amount));
    }

    /// @dev Adds `party` to the first `count` entries of `seen` unless it is there, and returns the new count.
    function _include(address[] memory seen, uint256 count, address party) private pure returns (uint256) {
        for (uint256 i = 0; i < count; ++i) {
            if (seen[i] == party) return count;
        }
        seen[count] = party;
        return count + 1;
    }

    /// @dev Bitmaps of at most 8 bits, the width of MAX_LEGS and MAX_CONDITIONS.
    function _has(uint8 bitmap, uint256 i) private pure returns (bool) {
        return bitmap & (1 << i) != 0;
    }

    function _with(uint8 bitmap, uint256 i) private pure returns (uint8) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return bitmap | uint8(1 << i);
    }

    function _full(uint256 count) private pure returns (uint8) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint8((1 << count) - 1);
    }
}
