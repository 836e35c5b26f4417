// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Id} from "../types/Id.sol";
import {Status} from "../types/Status.sol";
import {LegKind, Terms} from "../types/Terms.sol";

/// @title ISettlement
/// @notice Escrowed delivery versus payment: up to 8 legs move together, once up to 8 conditions are proven, or every
/// funded leg goes back to where it came from. There is no owner, no pause and no upgrade.
///
/// States (`Settled` and `Aborted` are final):
///
///   None --fund--> Open --last fund--> Armed --settle--> Settled
///                   |                    |
///                   +--abort, cancel-----+-------------> Aborted
///
/// Timeline (half-open windows; `now` is the block's time):
///
///   opened                   fundBy                  settleBy
///     |--------- fund ---------|                        |
///     |                        |-- abort, while Open ---------------------------------->
///     |--------------- satisfy, while Armed ------------|
///     |--------------- cancel, while Open, or Armed with a condition unproven ---------->
///                                                       |-- abort, while Armed with a
///                                                       |   condition unproven --------->
///     |--------------- settle, while Armed with every condition proven ----------------->
///
/// So an Armed settlement with every condition proven (or with none to prove) can only be settled, at any later time,
/// by anyone; an Armed settlement that lacks a proof at `settleBy` can only be aborted.
///
/// Terms are never stored: the id is their EIP-712 digest, they are emitted in full once, and callers send them again.
/// Domain: name "Quittance Settlement", version "1". Signed messages: `Receipt(bytes32 settlement,bytes32 subject)` by
/// a condition's party, `Cancel(bytes32 settlement)` by every leg party. Signatures are ECDSA, or ERC-1271 where the
/// signer has code. A signed Cancel has no expiry: it stays good until the settlement is final or fully proven.
///
/// Tokens: an ERC-20 must hand over exactly the amount asked (no fee on transfer) or `fund` reverts. A token that can
/// take balances away from this contract (clawback, negative rebase) can leave settlements in that same token short,
/// never those in another. A token that refuses a payee cannot hold up the other legs: what it refuses is credited,
/// and the payee withdraws it, to another address if need be. Each push out gets at most `PUSH_GAS` gas.
///
/// A condition's party need not be a leg party: an inspector who keeps silent only lets the deal expire.
interface ISettlement {
    /// @notice A leg party put the first leg in; `terms` are what it and the others agreed on.
    event Opened(Id indexed id, address indexed by, Terms terms);
    /// @notice Leg number `leg` is in custody. `status` is the status after it: Open, or Armed if it was the last one.
    event Funded(Id indexed id, uint256 indexed leg, address indexed from, Status status);
    /// @notice Condition number `condition` is proven, for good.
    event Satisfied(Id indexed id, uint256 indexed condition, address indexed party);
    /// @notice Every leg went to its `to`, save those that a Credited event of the same transaction names.
    event Settled(Id indexed id, address indexed by);
    /// @notice Each leg whose bit is set in `refunded` went back to its `from`, save those that a Credited event names.
    event Aborted(Id indexed id, address indexed by, uint256 refunded);
    /// @notice `token` refused the push of `amount` to `payee`, who may now withdraw it.
    event Credited(Id indexed id, address indexed token, address indexed payee, uint256 amount);
    /// @notice `token` refused the push of `tokenId` to `payee`, who may now withdraw it.
    event CreditedNft(Id indexed id, address indexed token, address indexed payee, uint256 tokenId);
    /// @notice `payee` took what it was owed.
    event Withdrawn(address indexed token, address indexed payee, address indexed to, uint256 amount);
    /// @notice `payee` took the NFT it was owed.
    event WithdrawnNft(address indexed token, address indexed payee, address indexed to, uint256 tokenId);

    error BadLegCount(uint256 count);
    error BadConditionCount(uint256 count);
    error BadParty(uint256 leg, address party);
    error SelfDeal(uint256 leg);
    error BadToken(uint256 leg, address token);
    error ZeroAmount(uint256 leg);
    error SameNft(uint256 leg, uint256 other);
    error BadConditionParty(uint256 condition);
    error BadWindow(uint256 fundBy, uint256 settleBy);

    error NoSuchLeg(uint256 leg);
    error NoSuchCondition(uint256 condition);
    error NotFunder(uint256 leg, address caller);
    error BadStatus(Id id, Status status);
    error TooLate(Id id, uint256 deadline);
    error TooEarly(Id id, uint256 deadline);
    error AlreadyFunded(Id id, uint256 leg);
    error AlreadySatisfied(Id id, uint256 condition);
    error NotSatisfied(Id id, uint256 satisfied);
    error AllSatisfied(Id id);
    error BadProofCount(uint256 given, uint256 expected);
    error BadProof(Id id, uint256 condition);
    error BadSignatureCount(uint256 given, uint256 expected);
    error BadCancel(Id id, address party);
    error WrongAmount(address token, uint256 moved, uint256 expected);
    error NftNotMoved(address token, uint256 tokenId);
    error NftHeld(address token, uint256 tokenId, Id id);
    error NothingOwed(address token, address payee);
    error BadRecipient(address to);
    error OnlySelf(address caller);
    error TooLittleGas(uint256 given, uint256 needed);

    /// @notice Puts leg number `leg` into custody. Only that leg's `from`, and only its own assets, which it approved.
    /// @dev None or Open, `now < fundBy`. The first call opens the settlement, and the terms are checked then: 1 to 8
    /// legs, at most 8 conditions; parties non-zero, not this contract and not the same at both ends; tokens with code;
    /// no zero amount; no NFT twice; condition parties non-zero; `now < fundBy < settleBy <= now + 366 days`.
    /// Emits Opened on the first call, then Funded.
    function fund(Terms calldata terms, uint256 leg) external;

    /// @notice Proves condition number `condition`. Anyone may bring the proof: the party's signature over the Receipt.
    /// @dev Armed, `now < settleBy`. Emits Satisfied.
    function satisfy(Terms calldata terms, uint256 condition, bytes calldata proof) external;

    /// @notice Pays every leg to its `to`. Anyone.
    /// @dev Armed with every condition proven, at any time. `proofs` is empty, or holds one entry per condition, where
    /// an empty entry says that it is proven already; each given proof counts as `satisfy` does, so only while
    /// `now < settleBy`. Emits Satisfied for each proof, then Settled, then Credited for each refused push.
    function settle(Terms calldata terms, bytes[] calldata proofs) external;

    /// @notice Gives every funded leg back to its `from`. Anyone.
    /// @dev Open and `now >= fundBy`; or Armed with an unproven condition and `now >= settleBy`.
    /// Emits Aborted, then Credited for each refused push.
    function abort(Terms calldata terms) external;

    /// @notice Gives every funded leg back at once, because all leg parties agree.
    /// @dev Open, or Armed with an unproven condition, at any time. `signatures` holds one Cancel signature per distinct
    /// leg party, in the order of `parties(terms)`; the caller's own may be empty.
    /// Emits Aborted, then Credited for each refused push.
    function cancel(Terms calldata terms, bytes[] calldata signatures) external;

    /// @notice Pays the caller all of `token` that it is owed after refused pushes, to an address of its choice.
    function withdraw(address token, address to) external;

    /// @notice Gives the caller the NFT that it is owed after a refused push, to an address of its choice.
    function withdrawNft(address token, uint256 tokenId, address to) external;

    /// @notice The name of a settlement: the EIP-712 digest of its terms.
    function id(Terms calldata terms) external view returns (Id);

    /// @notice The distinct leg parties, in order of first appearance, reading each leg's `from` and then its `to`.
    function parties(Terms calldata terms) external pure returns (address[] memory);

    /// @notice What a condition's party signs.
    function receiptDigest(Id settlement, bytes32 subject) external view returns (bytes32);

    /// @notice What every leg party signs to cancel.
    function cancelDigest(Id settlement) external view returns (bytes32);

    /// @notice Where a settlement stands.
    function status(Id settlement) external view returns (Status);

    /// @notice The funded legs, one bit each, as they were when the settlement became final or as they are now.
    function funded(Id settlement) external view returns (uint256);

    /// @notice The proven conditions, one bit each.
    function satisfied(Id settlement) external view returns (uint256);

    /// @notice How much of an ERC-20 this contract answers for: live legs and credits.
    function liability(address token) external view returns (uint256);

    /// @notice The settlement for which this contract answers for an NFT, or zero.
    function holder(address token, uint256 tokenId) external view returns (Id);

    /// @notice How much of `token` `payee` may withdraw.
    function owed(address token, address payee) external view returns (uint256);

    /// @notice Who may withdraw an NFT after a refused push, or zero.
    function owedNft(address token, uint256 tokenId) external view returns (address);

    /// @notice One push out, in a frame of its own, so that whatever goes wrong in it is undone. Only this contract.
    function push(LegKind kind, address token, address to, uint256 value) external;
}
