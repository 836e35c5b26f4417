// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Custody} from "./base/Custody.sol";
import {ICustody} from "./interfaces/ICustody.sol";
import {IDvp} from "./interfaces/IDvp.sol";
import {DvpHash} from "./libraries/DvpHash.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {TermsHash} from "./libraries/TermsHash.sol";
import {DvpTerms} from "./types/DvpTerms.sol";
import {Id} from "./types/Id.sol";
import {Status} from "./types/Status.sol";
import {Word} from "./types/Word.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title Dvp
/// @notice Holds an asset and its price until the buyer has signed for the delivery, then swaps them, or gives both
/// back.
contract Dvp is IDvp, Custody, EIP712 {
    using DvpHash for DvpTerms;

    uint256 public constant MAX_TIME = 366 days;
    uint256 private constant SELLER = 0;
    uint256 private constant BUYER = 1;

    /// @dev One slot per deal; its funded bits are SELLER and BUYER.
    mapping(Id => Word) private _words;

    constructor() EIP712("Quittance Dvp", "1") {}

    /// @inheritdoc IDvp
    function fund(DvpTerms calldata terms) external payable nonReentrant {
        (Id id_, Word word, Status before) = _find(terms);
        require(before <= Status.Open, BadStatus(id_, before));
        bool selling = msg.sender == terms.seller;
        require(selling || msg.sender == terms.buyer, NotParty(id_, msg.sender));
        uint256 side = selling ? SELLER : BUYER;
        require(!word.hasFunded(side), AlreadyFunded(id_, msg.sender));
        uint256 deadline = terms.windows.fundBy();
        require(block.timestamp < deadline, TooLate(id_, deadline));

        bool first = before == Status.None;
        if (first) _check(terms);
        _words[id_] = word.withFunded(side).with(first ? Status.Open : Status.Armed);
        if (first) terms.logOpened(id_);
        else emit Funded(id_, msg.sender);

        if (selling) _pull(terms.asset, terms.tokenId, terms.amount);
        else _pull(terms.payment, 0, terms.price);
    }

    /// @inheritdoc IDvp
    function settle(DvpTerms calldata terms, bytes calldata receipt) external nonReentrant {
        (Id id_, Word word, Status before) = _find(terms);
        require(before == Status.Armed, BadStatus(id_, before));
        uint256 deadline = terms.windows.settleBy();
        require(block.timestamp < deadline, TooLate(id_, deadline));
        address buyer = terms.buyer;
        bool signed = _agrees(buyer, receiptDigest(id_, buyer, terms.subject), receipt);
        require(signed, BadReceipt(id_));

        _words[id_] = word.with(Status.Settled);
        emit Settled(id_, msg.sender);

        _push(id_, terms.asset, buyer, terms.tokenId, terms.amount);
        _push(id_, terms.payment, terms.seller, 0, terms.price);
    }

    /// @inheritdoc IDvp
    function abort(DvpTerms calldata terms) external nonReentrant {
        (Id id_, Word word, Status before) = _find(terms);
        require(before == Status.Open || before == Status.Armed, BadStatus(id_, before));
        uint256 deadline = before == Status.Open ? terms.windows.fundBy() : terms.windows.settleBy();
        require(block.timestamp >= deadline, TooEarly(id_, deadline));

        _abort(id_, terms, word);
    }

    /// @inheritdoc IDvp
    function cancel(DvpTerms calldata terms, bytes calldata bySeller, bytes calldata byBuyer) external nonReentrant {
        (Id id_, Word word, Status before) = _find(terms);
        require(before == Status.Open || before == Status.Armed, BadStatus(id_, before));
        (address seller, address buyer) = (terms.seller, terms.buyer);
        require(_agrees(seller, cancelDigest(id_, seller), bySeller), BadCancel(id_, seller));
        require(_agrees(buyer, cancelDigest(id_, buyer), byBuyer), BadCancel(id_, buyer));

        _abort(id_, terms, word);
    }

    /// @inheritdoc ICustody
    function status(Id deal) external view nonReentrantView returns (Status) {
        return _words[deal].status();
    }

    /// @inheritdoc IDvp
    function funded(Id deal) external view nonReentrantView returns (uint256) {
        return _words[deal].funded();
    }

    /// @inheritdoc IDvp
    function receiptDigest(Id deal, address buyer, bytes32 subject) public view returns (bytes32) {
        return _hashTypedDataV4(TermsHash.hashReceipt(deal, buyer, subject));
    }

    /// @inheritdoc IDvp
    function cancelDigest(Id deal, address party) public view returns (bytes32) {
        return _hashTypedDataV4(TermsHash.hashCancel(deal, party));
    }

    /// @inheritdoc IDvp
    function id(DvpTerms calldata terms) public view returns (Id) {
        return Id.wrap(_hashTypedDataV4(terms.hash()));
    }

    function _find(DvpTerms calldata terms) private view returns (Id id_, Word word, Status status_) {
        id_ = id(terms);
        word = _words[id_];
        status_ = word.status();
    }

    /// @dev Whether `party` agrees: it calls, or it signed.
    function _agrees(address party, bytes32 digest, bytes calldata signature) private view returns (bool) {
        if (signature.length == 0 && party == msg.sender) return true;
        return Signatures.isValid(party, digest, signature);
    }

    /// @dev Makes the deal final and gives back what was put in.
    function _abort(Id id_, DvpTerms calldata terms, Word word) private {
        _words[id_] = word.with(Status.Aborted);
        emit Aborted(id_, msg.sender, word.funded());

        if (word.hasFunded(SELLER)) _push(id_, terms.asset, terms.seller, terms.tokenId, terms.amount);
        if (word.hasFunded(BUYER)) _push(id_, terms.payment, terms.buyer, 0, terms.price);
    }

    /// @dev What must hold of terms before anything is put under them.
    function _check(DvpTerms calldata terms) private view {
        (address seller, address buyer) = (terms.seller, terms.buyer);
        require(seller != address(0) && seller != address(this) && seller != buyer, BadParty(seller));
        require(buyer != address(0) && buyer != address(this), BadParty(buyer));
        require(
            terms.asset.isWellFormed(terms.tokenId, terms.amount), BadAsset(terms.asset, terms.tokenId, terms.amount)
        );
        require(terms.payment.isWellFormed(0, terms.price), BadAsset(terms.payment, 0, terms.price));

        (uint256 fundBy, uint256 settleBy) = (terms.windows.fundBy(), terms.windows.settleBy());
        require(fundBy < settleBy && settleBy <= block.timestamp + MAX_TIME, BadWindow(fundBy, settleBy));
    }
}
