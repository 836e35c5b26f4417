// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Asset} from "../types/Asset.sol";
import {Id} from "../types/Id.sol";
import {Order, Take} from "../types/Order.sol";

/// @title IExchange
/// @notice Delivery versus payment in one transaction: a maker signs what it gives for what (an order, or the answer to
/// a request for a quote), and a taker fills it. Both assets go straight from the one to the other, or neither does;
/// nothing is ever in custody here. There is no owner, no pause and no upgrade.
///
/// States of an order, as the events tell them (`Settled` and `Aborted` are final):
///
///   None --fill, in part--> Open --fill, the rest--> Settled
///     |                       |
///     +--fill, whole----------+--------------------> Settled
///     |                       |
///     +--cancel, invalidate---+--------------------> Aborted
///
///   Filled with `left` not zero: Open. Filled with `left` zero: Settled. Cancelled: Aborted. Invalidated, or any other
///   event that spends its nonce: Aborted, for each order that is not final yet and has that nonce.
///
/// Timeline (half-open windows; `now` is the block's time):
///
///   signed                              deadline
///     |--- fill, while the nonce is good ---|
///     |--- cancel, invalidate ---------------------------------------------------->
///
/// After its deadline an order just lies there: nothing is held for it, so nothing has to be done.
///
/// What is stored. A nonce is one bit of a word per account and 256 nonces: a maker who counts up finds its word warm,
/// and an order that is filled whole writes nothing else. An order that may be filled in parts also has the amount
/// filled so far, under its id; it spends its nonce with the last part. So one rule holds for all: an order whose nonce
/// is spent never fills again, and to cancel is to spend the nonce. Orders that share a nonce are alternatives: the
/// first one to be filled up ends the others.
///
/// Price of a part: `amount * takeAmount / giveAmount`, rounded up, so never in the taker's favour; the parts of an
/// order give `giveAmount` in sum to the last unit, and cost `takeAmount` or, by less than one unit per fill, more.
///
/// Who can lose what. Only two accounts are ever drawn upon: the maker, who signed the order, and the taker, who calls
/// or signed the take; and only for that order's two assets. Signatures are ECDSA, or ERC-1271 where that fails; both
/// signed structs name their signer, the chain and this contract, so that none is good anywhere else, or for another
/// account of the same owner. Domain: name "Quittance Exchange", version "1". Signed: `Order(…)`, whose digest is its
/// id, and `Take(bytes32 order,address taker,uint256 amount,uint40 deadline,uint256 nonce)`. Whoever holds a signed
/// order can fill it (unless it names a taker) until its deadline or until the maker spends the nonce: for a quote,
/// name the taker and let it live for seconds.
///
/// Tokens. Of what is counted, the receiver must have got the whole amount, or nothing happens: a token that keeps a
/// fee, that says it moved and did not, or whose receiver passes it on at once, cannot be exchanged. A token that takes
/// more from the giver than it moves cannot be told from an honest one here; nor can an ERC-721 that does not do what
/// it says, and whoever wants its NFTs has to trust it anyway. The word of an ERC-20 must name an ERC-20: the amount of
/// another standard would mean something else. Receivers of an ERC-1155 are asked whether they want it; those of an
/// ERC-721 are not.
///
/// Native coin: only as what the taker pays, by sending it along, so only in `fill`; a maker could not give it by a
/// signature, nor a taker through a relayer. (They can use its wrapped token.)
interface IExchange {
    /// @notice `taker` got `given` of what the order gives for `paid`; `left` may still be filled.
    event Filled(
        Id indexed id,
        address indexed maker,
        address indexed taker,
        uint256 nonce,
        Asset give,
        uint256 giveId,
        uint256 given,
        Asset take,
        uint256 takeId,
        uint256 paid,
        uint256 left
    );
    /// @notice The maker ended an order, whose nonce is spent, after `filled` of it had been filled in parts.
    event Aborted(Id indexed id, address indexed by, uint256 nonce, uint256 filled);
    /// @notice The nonces `256 * word + i`, for each bit i in `mask`, are spent: by the account, or by its signed take.
    event Invalidated(address indexed by, uint256 indexed word, uint256 mask);

    error TooLate(Id id, uint256 deadline);
    error BadAsset(Asset asset, uint256 tokenId, uint256 amount);
    error BadMinFill(uint256 minFill, uint256 giveAmount);
    error BadFill(Id id, uint256 amount, uint256 left);
    error BadParty(address party);
    error BadSignature(Id id, address signer);
    error SpentNonce(address account, uint256 nonce);
    error NotMaker(Id id, address caller);
    error WrongAmount(Asset asset, uint256 moved, uint256 expected);

    /// @notice Fills `amount` of what the order gives, for the caller, who approved what it pays (or sends it along, if
    /// that is native coin). `signature` is the maker's over the order.
    /// @dev The order's nonce is good, `now < deadline`, the caller is a taker that it allows and not its maker.
    /// `amount` is `minFill` or more and less than what is left, or all that is left. `1 <= minFill <= giveAmount`, and
    /// `minFill == giveAmount` if either asset is an ERC-721. Emits Filled.
    /// @return paid What the caller paid.
    function fill(Order calldata order, uint256 amount, bytes calldata signature)
        external
        payable
        returns (uint256 paid);

    /// @notice Fills an order for a taker who signed a take, under the same rules. Anyone.
    /// @dev Also: the take's nonce is good, and `now` is before the take's deadline. The order does not take native
    /// coin. Emits Invalidated for the take's nonce, then Filled.
    function fillFor(Order calldata order, bytes calldata signature, Take calldata take, bytes calldata takerSignature)
        external
        returns (uint256 paid);

    /// @notice Ends an order of the caller's, by its nonce.
    /// @dev The nonce is good; at any time. Emits Aborted.
    function cancel(Order calldata order) external;

    /// @notice Spends up to 256 of the caller's nonces, and so ends every order and take that has one of them.
    /// @dev At any time. Spent ones stay so. Emits Invalidated.
    function invalidate(uint256 word, uint256 mask) external;

    /// @notice The name of an order: the EIP-712 digest of it, which its maker signs.
    function id(Order calldata order) external view returns (Id);

    /// @notice What a taker signs.
    function takeDigest(Id order, Take calldata take) external view returns (bytes32);

    /// @notice How much of an order its nonce still lets be filled, whatever its deadline.
    function left(Order calldata order) external view returns (uint256);

    /// @notice How much of an order has been filled in parts; zero for one that is filled whole.
    function filled(Id order) external view returns (uint256);

    /// @notice The spent nonces of an account from `256 * word` on, one bit each.
    function nonces(address account, uint256 word) external view returns (uint256);
}
