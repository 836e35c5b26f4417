// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Guard} from "./base/Guard.sol";
import {IExchange} from "./interfaces/IExchange.sol";
import {OrderHash} from "./libraries/OrderHash.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {Transfers} from "./libraries/Transfers.sol";
import {Asset, AssetKind} from "./types/Asset.sol";
import {Id} from "./types/Id.sol";
import {Order, Take} from "./types/Order.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Exchange
/// @notice Swaps what a maker signed for what a taker pays, in one transaction and without holding either.
contract Exchange is IExchange, EIP712, Guard {
    using OrderHash for Order;
    using OrderHash for Take;

    /// @dev The word of the chain's own coin: there is only one that is well-formed.
    Asset private constant _NATIVE = Asset.wrap(bytes32(uint256(AssetKind.Native) << 248));

    /// @dev Spent nonces: one bit each, one slot per 256.
    mapping(address account => mapping(uint256 word => uint256)) private _nonces;
    /// @dev One slot per order that is filled in parts.
    mapping(Id => uint256) private _filled;

    constructor() EIP712("Quittance Exchange", "1") {}

    /// @inheritdoc IExchange
    function fill(Order calldata order, uint256 amount, bytes calldata signature)
        external
        payable
        nonReentrant
        returns (uint256 paid)
    {
        return _fill(id(order), order, signature, msg.sender, amount);
    }

    /// @inheritdoc IExchange
    function fillFor(Order calldata order, bytes calldata signature, Take calldata take, bytes calldata takerSignature)
        external
        nonReentrant
        returns (uint256 paid)
    {
        Id id_ = id(order);
        require(block.timestamp < take.deadline, TooLate(id_, take.deadline));
        bool signed = Signatures.isValid(take.taker, takeDigest(id_, take), takerSignature);
        require(signed, BadSignature(id_, take.taker));

        _spend(take.taker, take.nonce);
        emit Invalidated(take.taker, take.nonce >> 8, 1 << (take.nonce & 0xff));

        return _fill(id_, order, signature, take.taker, take.amount);
    }

    /// @inheritdoc IExchange
    function cancel(Order calldata order) external nonReentrant {
        Id id_ = id(order);
        require(order.maker == msg.sender, NotMaker(id_, msg.sender));

        _spend(msg.sender, order.nonce);
        emit Aborted(id_, msg.sender, order.nonce, _filled[id_]);
    }

    /// @inheritdoc IExchange
    function invalidate(uint256 word, uint256 mask) external nonReentrant {
        _nonces[msg.sender][word] |= mask;
        emit Invalidated(msg.sender, word, mask);
    }

    /// @inheritdoc IExchange
    function left(Order calldata order) external view nonReentrantView returns (uint256) {
        return _isSpent(order.maker, order.nonce) ? 0 : order.giveAmount - _filled[id(order)];
    }

    /// @inheritdoc IExchange
    function filled(Id order) external view nonReentrantView returns (uint256) {
        return _filled[order];
    }

    /// @inheritdoc IExchange
    function nonces(address account, uint256 word) external view nonReentrantView returns (uint256) {
        return _nonces[account][word];
    }

    /// @inheritdoc IExchange
    function id(Order calldata order) public view returns (Id) {
        return Id.wrap(_hashTypedDataV4(order.hash()));
    }

    /// @inheritdoc IExchange
    function takeDigest(Id order, Take calldata take) public view returns (bytes32) {
        return _hashTypedDataV4(take.hash(order));
    }

    /// @dev Fills `amount` of an order for a taker who agreed to it.
    function _fill(Id id_, Order calldata order, bytes calldata signature, address taker, uint256 amount)
        private
        returns (uint256 paid)
    {
        _check(id_, order, taker);

        uint256 left_;
        (left_, paid) = _isWhole(order) ? _bookWhole(id_, order, amount) : _bookPart(id_, order, amount);
        require(Signatures.isValid(order.maker, Id.unwrap(id_), signature), BadSignature(id_, order.maker));
        emit Filled(
            id_,
            order.maker,
            taker,
            order.nonce,
            order.give,
            order.giveId,
            amount,
            order.take,
            order.takeId,
            paid,
            left_
        );

        _move(order.give, order.maker, taker, order.giveId, amount);
        _pay(order, taker, paid);
    }

    /// @dev Books the only fill of an order.
    function _bookWhole(Id id_, Order calldata order, uint256 amount) private returns (uint256 left_, uint256 paid) {
        _spend(order.maker, order.nonce);
        require(amount == order.giveAmount, BadFill(id_, amount, order.giveAmount));
        return (0, order.takeAmount);
    }

    /// @dev Books one of several fills, of which the last one uses up the nonce.
    function _bookPart(Id id_, Order calldata order, uint256 amount) private returns (uint256 left_, uint256 paid) {
        require(!_isSpent(order.maker, order.nonce), SpentNonce(order.maker, order.nonce));
        uint256 before = order.giveAmount - _filled[id_];
        bool fits = amount == before || (amount >= order.minFill && amount < before);
        require(fits, BadFill(id_, amount, before));

        left_ = before - amount;
        _filled[id_] = order.giveAmount - left_;
        if (left_ == 0) _spend(order.maker, order.nonce);
        // At most takeAmount, since amount is at most giveAmount; the product has 512 bits.
        paid = Math.mulDiv(amount, order.takeAmount, order.giveAmount, Math.Rounding.Ceil);
    }

    /// @dev Moves what the taker pays; no other value may come along.
    function _pay(Order calldata order, address taker, uint256 paid) private {
        bool native = order.take == _NATIVE;
        uint256 value = native ? paid : 0;
        require(msg.value == value, WrongAmount(order.take, msg.value, value));
        if (native) Address.sendValue(payable(order.maker), paid);
        else _move(order.take, taker, order.maker, order.takeId, paid);
    }

    /// @dev Moves a token between the two who signed or called, whole or not at all.
    function _move(Asset asset, address from, address to, uint256 tokenId, uint256 amount) private {
        uint256 moved = Transfers.move(asset, from, to, tokenId, amount);
        require(moved == amount, WrongAmount(asset, moved, amount));
    }

    /// @dev Uses a nonce up.
    function _spend(address account, uint256 nonce) private {
        mapping(uint256 => uint256) storage words = _nonces[account];
        uint256 word = words[nonce >> 8];
        uint256 bit = 1 << (nonce & 0xff);
        require(word & bit == 0, SpentNonce(account, nonce));
        words[nonce >> 8] = word | bit;
    }

    function _isSpent(address account, uint256 nonce) private view returns (bool) {
        return _nonces[account][nonce >> 8] & 1 << (nonce & 0xff) != 0;
    }

    function _isWhole(Order calldata order) private pure returns (bool) {
        return order.minFill == order.giveAmount;
    }

    /// @dev An NFT cannot be paid in parts. (One that is given has the amount 1, and so no parts.)
    function _isDivisible(Order calldata order) private pure returns (bool) {
        return order.minFill != 0 && order.minFill < order.giveAmount && order.take.kind() != AssetKind.ERC721;
    }

    /// @dev What must hold of an order, and of who fills it.
    function _check(Id id_, Order calldata order, address taker) private view {
        require(block.timestamp < order.deadline, TooLate(id_, order.deadline));
        address only = order.taker;
        require((only == taker || only == address(0)) && taker != order.maker, BadParty(taker));

        uint256 giveAmount = order.giveAmount;
        bool gives = order.give.isWellFormed(order.giveId, giveAmount) && !(order.give == _NATIVE);
        require(gives, BadAsset(order.give, order.giveId, giveAmount));
        bool takes = order.take.isWellFormed(order.takeId, order.takeAmount);
        require(takes, BadAsset(order.take, order.takeId, order.takeAmount));

        require(_isWhole(order) || _isDivisible(order), BadMinFill(order.minFill, giveAmount));
    }
}
