// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "./interfaces/ISettlement.sol";
import {TermsHash} from "./libraries/TermsHash.sol";
import {Id} from "./types/Id.sol";
import {Status} from "./types/Status.sol";
import {Condition, Leg, LegKind, Terms} from "./types/Terms.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ERC165Checker} from "@openzeppelin/contracts/utils/introspection/ERC165Checker.sol";

/// @title Settlement
/// @notice Holds the legs of a deal until its conditions are proven, then moves them all, or gives them all back.
contract Settlement is ISettlement, EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;
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

    /// @notice The gas that one push out may use: enough for any usual token, and a bound on what a hostile one burns.
    uint256 public constant PUSH_GAS = 300_000;
    /// @dev A push may count as refused only if it had all of PUSH_GAS; 1/64 of the rest stays with the caller.
    uint256 private constant PUSH_GAS_FLOOR = PUSH_GAS * 64 / 63 + 5_000;

    mapping(Id => Word) private _words;

    /// @inheritdoc ISettlement
    mapping(address token => uint256) public liability;
    /// @inheritdoc ISettlement
    mapping(address token => mapping(uint256 tokenId => Id)) public holder;
    /// @inheritdoc ISettlement
    mapping(address token => mapping(address payee => uint256)) public owed;
    /// @inheritdoc ISettlement
    mapping(address token => mapping(uint256 tokenId => address)) public owedNft;

    constructor() EIP712("Quittance Settlement", "1") {}

    /// @inheritdoc ISettlement
    function fund(Terms calldata terms, uint256 leg) external nonReentrant {
        Id id_ = id(terms);
        Word memory word = _words[id_];
        require(word.status <= Status.Open, BadStatus(id_, word.status));
        Leg[] calldata legs = terms.legs;
        require(leg < legs.length, NoSuchLeg(leg));
        require(legs[leg].from == msg.sender, NotFunder(leg, msg.sender));
        require(block.timestamp < terms.fundBy, TooLate(id_, terms.fundBy));
        require(!_has(word.funded, leg), AlreadyFunded(id_, leg));

        if (word.status == Status.None) {
            _check(terms);
            word.status = Status.Open;
            emit Opened(id_, msg.sender, terms);
        }
        word.funded = _with(word.funded, leg);
        if (word.funded == _full(legs.length)) word.status = Status.Armed;
        _words[id_] = word;
        emit Funded(id_, leg, msg.sender, word.status);

        _pull(id_, legs[leg]);
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

        bytes32 digest = cancelDigest(id_);
        for (uint256 i = 0; i < signers.length; ++i) {
            if (signatures[i].length == 0 && signers[i] == msg.sender) continue;
            bool valid = SignatureChecker.isValidSignatureNowCalldata(signers[i], digest, signatures[i]);
            require(valid, BadCancel(id_, signers[i]));
        }

        _abort(id_, terms, word);
    }

    /// @inheritdoc ISettlement
    function withdraw(address token, address to) external nonReentrant {
        uint256 amount = owed[token][msg.sender];
        require(amount != 0, NothingOwed(token, msg.sender));
        require(to != address(0) && to != address(this), BadRecipient(to));

        owed[token][msg.sender] = 0;
        liability[token] -= amount;
        emit Withdrawn(token, msg.sender, to, amount);

        _push(LegKind.ERC20, token, to, amount);
    }

    /// @inheritdoc ISettlement
    function withdrawNft(address token, uint256 tokenId, address to) external nonReentrant {
        require(owedNft[token][tokenId] == msg.sender, NothingOwed(token, msg.sender));
        require(to != address(0) && to != address(this), BadRecipient(to));

        delete owedNft[token][tokenId];
        holder[token][tokenId] = Id.wrap(0);
        emit WithdrawnNft(token, msg.sender, to, tokenId);

        _push(LegKind.ERC721, token, to, tokenId);
    }

    /// @inheritdoc ISettlement
    function push(LegKind kind, address token, address to, uint256 value) external {
        require(msg.sender == address(this), OnlySelf(msg.sender));
        _push(kind, token, to, value);
    }

    /// @inheritdoc ISettlement
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
    function receiptDigest(Id settlement, bytes32 subject) public view returns (bytes32) {
        return _hashTypedDataV4(TermsHash.hashReceipt(settlement, subject));
    }

    /// @inheritdoc ISettlement
    function cancelDigest(Id settlement) public view returns (bytes32) {
        return _hashTypedDataV4(TermsHash.hashCancel(settlement));
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
        bytes32 digest = receiptDigest(id_, c.subject);
        require(SignatureChecker.isValidSignatureNowCalldata(c.party, digest, proof), BadProof(id_, condition));

        emit Satisfied(id_, condition, c.party);
        return _with(done, condition);
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

    /// @dev Takes a leg into custody, and into the ledger, and checks that it came in whole.
    function _pull(Id id_, Leg calldata leg) private {
        if (leg.kind == LegKind.ERC20) {
            liability[leg.token] += leg.value;
            IERC20 token = IERC20(leg.token);
            uint256 before = token.balanceOf(address(this));
            token.safeTransferFrom(msg.sender, address(this), leg.value);
            uint256 moved = token.balanceOf(address(this)) - before;
            require(moved == leg.value, WrongAmount(leg.token, moved, leg.value));
        } else {
            Id held = holder[leg.token][leg.value];
            require(held == Id.wrap(0), NftHeld(leg.token, leg.value, held));
            holder[leg.token][leg.value] = id_;
            IERC721 token = IERC721(leg.token);
            token.transferFrom(msg.sender, address(this), leg.value);
            require(token.ownerOf(leg.value) == address(this), NftNotMoved(leg.token, leg.value));
        }
    }

    /// @dev Sends a leg out of custody; if the token refuses, keeps it for the payee to withdraw.
    function _release(Id id_, Leg calldata leg, address payee) private {
        if (leg.kind == LegKind.ERC20) liability[leg.token] -= leg.value;
        else holder[leg.token][leg.value] = Id.wrap(0);

        uint256 gasBefore = gasleft();
        try this.push{gas: PUSH_GAS}(leg.kind, leg.token, payee, leg.value) {}
        catch {
            // A caller that gives too little gas must not turn a good push into a credit.
            require(gasBefore >= PUSH_GAS_FLOOR, TooLittleGas(gasBefore, PUSH_GAS_FLOOR));
            _credit(id_, leg, payee);
        }
    }

    function _credit(Id id_, Leg calldata leg, address payee) private {
        if (leg.kind == LegKind.ERC20) {
            liability[leg.token] += leg.value;
            owed[leg.token][payee] += leg.value;
            emit Credited(id_, leg.token, payee, leg.value);
        } else {
            holder[leg.token][leg.value] = id_;
            owedNft[leg.token][leg.value] = payee;
            emit CreditedNft(id_, leg.token, payee, leg.value);
        }
    }

    /// @dev Moves a token out and checks that exactly this much has left.
    function _push(LegKind kind, address token, address to, uint256 value) private {
        if (kind == LegKind.ERC20) {
            uint256 before = IERC20(token).balanceOf(address(this));
            IERC20(token).safeTransfer(to, value);
            uint256 moved = before - IERC20(token).balanceOf(address(this));
            require(moved == value, WrongAmount(token, moved, value));
        } else {
            IERC721(token).transferFrom(address(this), to, value);
            require(IERC721(token).ownerOf(value) != address(this), NftNotMoved(token, value));
        }
    }

    /// @dev Only a settlement that cannot settle, or not yet, may be taken back.
    function _requireAbortable(Id id_, Terms calldata terms, Word memory word) private pure {
        require(word.status == Status.Open || word.status == Status.Armed, BadStatus(id_, word.status));
        bool proven = word.status == Status.Armed && word.satisfied == _full(terms.conditions.length);
        require(!proven, AllSatisfied(id_));
    }

    /// @dev What must hold of terms before anything is put under them.
    function _check(Terms calldata terms) private view {
        Leg[] calldata legs = terms.legs;
        Condition[] calldata conditions = terms.conditions;
        uint256 fundBy = terms.fundBy;
        uint256 settleBy = terms.settleBy;
        require(legs.length <= MAX_LEGS, BadLegCount(legs.length));
        require(conditions.length <= MAX_CONDITIONS, BadConditionCount(conditions.length));
        require(fundBy < settleBy && settleBy <= block.timestamp + MAX_TIME, BadWindow(fundBy, settleBy));

        for (uint256 i = 0; i < legs.length; ++i) {
            _checkLeg(legs, i);
        }
        for (uint256 i = 0; i < conditions.length; ++i) {
            require(conditions[i].party != address(0), BadConditionParty(i));
        }
    }

    function _checkLeg(Leg[] calldata legs, uint256 i) private view {
        Leg memory leg = legs[i];
        require(leg.from != address(0) && leg.from != address(this), BadParty(i, leg.from));
        require(leg.to != address(0) && leg.to != address(this), BadParty(i, leg.to));
        require(leg.from != leg.to, SelfDeal(i));
        require(leg.token != address(this) && leg.token.code.length != 0, BadToken(i, leg.token));

        if (leg.kind == LegKind.ERC20) {
            require(leg.value != 0, ZeroAmount(i));
            // NFT number 1 moves in just like one unit of cash, but would never move out again.
            require(leg.value != 1 || !_isNft(leg.token), BadToken(i, leg.token));
        } else {
            for (uint256 j = 0; j < i; ++j) {
                Leg calldata other = legs[j];
                bool same = other.kind == LegKind.ERC721 && other.token == leg.token && other.value == leg.value;
                require(!same, SameNft(i, j));
            }
        }
    }

    function _isNft(address token) private view returns (bool) {
        return ERC165Checker.supportsERC165InterfaceUnchecked(token, type(IERC721).interfaceId);
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
