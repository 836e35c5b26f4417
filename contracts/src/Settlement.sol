// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Custody} from "./base/Custody.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {TermsHash} from "./libraries/TermsHash.sol";
import {TermsLog} from "./libraries/TermsLog.sol";
import {Asset} from "./types/Asset.sol";
import {Id} from "./types/Id.sol";
import {Status} from "./types/Status.sol";
import {Condition, ConditionKind, Leg, Terms} from "./types/Terms.sol";
import {Word} from "./types/Word.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title Settlement
/// @notice Holds the legs of a deal until its conditions are proven, then moves them all, or gives them all back.
contract Settlement is ISettlement, Custody, EIP712 {
    using TermsHash for Terms;

    uint256 public constant MAX_LEGS = 8;
    uint256 public constant MAX_CONDITIONS = 8;
    uint256 public constant MAX_TIME = 366 days;
    uint256 private constant MAX_KEY = 1024;

    /// @dev One slot per settlement.
    mapping(Id => Word) private _words;

    constructor() EIP712("Quittance Settlement", "1") {}

    /// @inheritdoc ISettlement
    function fund(Terms calldata terms, uint256 leg) external payable nonReentrant {
        (Leg[] calldata legs, Condition[] calldata conditions) = (terms.legs, terms.conditions);
        (Id id_, Word word, Status before) = _find(terms, legs, conditions);
        require(before <= Status.Open, BadStatus(id_, before));
        require(leg < legs.length, NoSuchLeg(leg));
        Leg calldata l = legs[leg];
        require(l.from == msg.sender, NotFunder(leg, msg.sender));
        _requireBefore(id_, terms.fundBy);
        require(!word.hasFunded(leg), AlreadyFunded(id_, leg));
        if (before == Status.None) _check(terms, legs, conditions);

        word = word.withFunded(leg);
        _words[id_] = word.with(word.funded() == _full(legs.length) ? Status.Armed : Status.Open);
        if (before == Status.None) TermsLog.opened(id_, leg, terms, legs, conditions);
        else emit Funded(id_, msg.sender, leg);

        _pull(l.asset, l.tokenId, l.amount);
    }

    /// @inheritdoc ISettlement
    function satisfy(Terms calldata terms, uint256 condition, bytes calldata proof) external nonReentrant {
        Condition[] calldata conditions = terms.conditions;
        (Id id_, Word word, Status before) = _find(terms, terms.legs, conditions);
        require(before == Status.Armed, BadStatus(id_, before));
        require(condition < conditions.length, NoSuchCondition(condition));

        _words[id_] = _satisfy(id_, word, terms.settleBy, conditions[condition], condition, proof);
    }

    /// @inheritdoc ISettlement
    function settle(Terms calldata terms, bytes[] calldata proofs) external nonReentrant {
        (Leg[] calldata legs, Condition[] calldata conditions) = (terms.legs, terms.conditions);
        (Id id_, Word word, Status before) = _find(terms, legs, conditions);
        require(before == Status.Armed, BadStatus(id_, before));
        uint256 count = conditions.length;
        require(proofs.length == 0 || proofs.length == count, BadProofCount(proofs.length, count));

        if (proofs.length != 0) word = _satisfyAll(id_, word, terms.settleBy, conditions, proofs);
        require(word.satisfied() == _full(count), NotSatisfied(id_, word.satisfied()));

        _words[id_] = word.with(Status.Settled);
        emit Settled(id_, msg.sender);

        for (uint256 i = 0; i < legs.length; ++i) {
            Leg calldata leg = legs[i];
            _push(id_, leg.asset, leg.to, leg.tokenId, leg.amount);
        }
    }

    /// @inheritdoc ISettlement
    function abort(Terms calldata terms) external nonReentrant {
        (Id id_, Word word) = _findAbortable(terms);
        uint256 deadline = word.status() == Status.Open ? terms.fundBy : terms.settleBy;
        require(block.timestamp >= deadline, TooEarly(id_, deadline));

        _abort(id_, terms, word);
    }

    /// @inheritdoc ISettlement
    function cancel(Terms calldata terms, bytes[] calldata signatures) external nonReentrant {
        (Id id_, Word word) = _findAbortable(terms);
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
        return _words[settlement].status();
    }

    /// @inheritdoc ISettlement
    function funded(Id settlement) external view nonReentrantView returns (uint256) {
        return _words[settlement].funded();
    }

    /// @inheritdoc ISettlement
    function satisfied(Id settlement) external view nonReentrantView returns (uint256) {
        return _words[settlement].satisfied();
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
        return Id.wrap(_hashTypedDataV4(terms.hash(terms.legs, terms.conditions)));
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

    function _find(Terms calldata terms, Leg[] calldata legs, Condition[] calldata conditions)
        private
        view
        returns (Id id_, Word word, Status status_)
    {
        id_ = Id.wrap(_hashTypedDataV4(terms.hash(legs, conditions)));
        word = _words[id_];
        status_ = word.status();
    }

    /// @dev Only a settlement that cannot settle, or not yet, may be taken back.
    function _findAbortable(Terms calldata terms) private view returns (Id id_, Word word) {
        Condition[] calldata conditions = terms.conditions;
        Status before;
        (id_, word, before) = _find(terms, terms.legs, conditions);
        require(before == Status.Open || before == Status.Armed, BadStatus(id_, before));
        bool proven = before == Status.Armed && word.satisfied() == _full(conditions.length);
        require(!proven, AllSatisfied(id_));
    }

    function _requireBefore(Id id_, uint256 deadline) private view {
        require(block.timestamp < deadline, TooLate(id_, deadline));
    }

    /// @dev Marks those conditions as proven that a proof is given for.
    function _satisfyAll(Id id_, Word word, uint256 deadline, Condition[] calldata conditions, bytes[] calldata proofs)
        private
        returns (Word)
    {
        for (uint256 i = 0; i < proofs.length; ++i) {
            bytes calldata proof = proofs[i];
            if (proof.length != 0) word = _satisfy(id_, word, deadline, conditions[i], i, proof);
        }
        return word;
    }

    /// @dev Marks condition number `i` as proven, if `proof` proves it in time.
    function _satisfy(Id id_, Word word, uint256 deadline, Condition calldata c, uint256 i, bytes calldata proof)
        private
        returns (Word)
    {
        _requireBefore(id_, deadline);
        require(!word.hasSatisfied(i), AlreadySatisfied(id_, i));
        ConditionKind kind = c.kind;
        require(_proves(id_, kind, c.party, c.subject, proof), BadProof(id_, i));

        if (kind == ConditionKind.Preimage || kind == ConditionKind.Key) emit Satisfied(id_, i, proof);
        else emit Satisfied(id_, i, "");
        return word.withSatisfied(i);
    }

    /// @dev Whether `proof` proves a condition now.
    function _proves(Id id_, ConditionKind kind, address party, bytes32 subject, bytes calldata proof)
        private
        view
        returns (bool)
    {
        if (kind == ConditionKind.Receipt) {
            return Signatures.isValid(party, receiptDigest(id_, party, subject), proof);
        }
        if (kind == ConditionKind.Preimage) return proof.length == 32 && sha256(proof) == subject;
        if (kind == ConditionKind.Key) return proof.length <= MAX_KEY && keccak256(proof) == subject;
        if (kind == ConditionKind.Time) return block.timestamp >= uint256(subject);
        // Of its own settlements it need not ask, and while it is entered it would not answer.
        Id other = Id.wrap(subject);
        Status reached = party == address(this) ? _words[other].status() : ICustody(party).status(other);
        return reached == Status.Settled;
    }

    /// @dev Makes the settlement final and gives back what was funded.
    function _abort(Id id_, Terms calldata terms, Word word) private {
        _words[id_] = word.with(Status.Aborted);
        emit Aborted(id_, msg.sender, word.funded());

        Leg[] calldata legs = terms.legs;
        for (uint256 i = 0; i < legs.length; ++i) {
            Leg calldata leg = legs[i];
            if (word.hasFunded(i)) _push(id_, leg.asset, leg.from, leg.tokenId, leg.amount);
        }
    }

    /// @dev What must hold of terms before anything is put under them. What only the token can tell is found when its
    /// leg is funded: a leg that cannot be funded keeps the settlement from arming, and it expires.
    function _check(Terms calldata terms, Leg[] calldata legs, Condition[] calldata conditions) private view {
        require(legs.length <= MAX_LEGS, BadLegCount(legs.length));
        require(conditions.length <= MAX_CONDITIONS, BadConditionCount(conditions.length));
        (uint256 fundBy, uint256 settleBy) = (terms.fundBy, terms.settleBy);
        require(fundBy < settleBy && settleBy <= block.timestamp + MAX_TIME, BadWindow(fundBy, settleBy));

        for (uint256 i = 0; i < legs.length; ++i) {
            _checkLeg(legs[i], i);
        }
        for (uint256 i = 0; i < conditions.length; ++i) {
            Condition calldata c = conditions[i];
            ConditionKind kind = c.kind;
            bool named = kind == ConditionKind.Receipt || kind == ConditionKind.Outcome;
            require(named == (c.party != address(0)), BadConditionParty(i));
        }
    }

    function _checkLeg(Leg calldata leg, uint256 i) private view {
        (address from, address to) = (leg.from, leg.to);
        require(from != address(0) && from != address(this), BadParty(i, from));
        require(to != address(0) && to != address(this), BadParty(i, to));
        require(from != to, SelfDeal(i));
        (Asset asset, uint256 tokenId, uint256 amount) = (leg.asset, leg.tokenId, leg.amount);
        require(asset.isWellFormed(tokenId, amount), BadAsset(asset, tokenId, amount));
    }

    /// @dev Adds `party` to the first `count` entries of `seen` unless it is there, and returns the new count.
    function _include(address[] memory seen, uint256 count, address party) private pure returns (uint256) {
        for (uint256 i = 0; i < count; ++i) {
            if (seen[i] == party) return count;
        }
        seen[count] = party;
        return count + 1;
    }

    /// @dev A byte with the lowest `count` bits set.
    function _full(uint256 count) private pure returns (uint256) {
        return ~(type(uint256).max << count);
    }
}
