// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Id} from "../types/Id.sol";
import {Terms} from "../types/Terms.sol";
import {ICustody} from "./ICustody.sol";

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
/// Domain: name "Quittance Settlement", version "1". Signed messages: `Receipt(bytes32 settlement,address party,bytes32
/// subject)` by a condition's party, `Cancel(bytes32 settlement,address party)` by every leg party. They name their
/// signer, so that of two contract accounts with one owner each needs a signature of its own. Signatures are ECDSA, or
/// ERC-1271 where that fails. A signed Cancel has no expiry: it stays good until the settlement is final or fully
/// proven.
///
/// How assets come in and go out, and which tokens can do what harm, is said in ICustody. What an asset's contract
/// alone can tell is found out when its leg is funded: a leg that cannot be funded lets the settlement expire.
///
/// A condition's party need not be a leg party: an inspector who keeps silent only lets the deal expire.
interface ISettlement is ICustody {
    /// @notice A leg party put its leg, number `leg`, in as the first; `terms` are what it and the others agreed on.
    /// Armed, if that is the only leg, else Open.
    event Opened(Id indexed id, address indexed by, uint256 leg, Terms terms);
    /// @notice Leg number `leg` is in custody too. Armed, if it was the last one.
    event Funded(Id indexed id, address indexed by, uint256 leg);
    /// @notice Condition number `condition` is proven, for good. `published` is the preimage or key that proved it, for
    /// whoever waits for it elsewhere, and empty for other kinds.
    event Satisfied(Id indexed id, uint256 indexed condition, bytes published);
    /// @notice Every leg went to its `to`, save those that a Credited event of the same transaction names.
    event Settled(Id indexed id, address indexed by);
    /// @notice Each leg whose bit is set in `refunded` went back to its `from`, save those that a Credited event names.
    event Aborted(Id indexed id, address indexed by, uint256 refunded);

    error BadLegCount(uint256 count);
    error BadConditionCount(uint256 count);
    error BadParty(uint256 leg, address party);
    error SelfDeal(uint256 leg);
    error BadConditionParty(uint256 condition);
    error BadWindow(uint256 fundBy, uint256 settleBy);

    error NoSuchLeg(uint256 leg);
    error NoSuchCondition(uint256 condition);
    error NotFunder(uint256 leg, address caller);
    error AlreadyFunded(Id id, uint256 leg);
    error AlreadySatisfied(Id id, uint256 condition);
    error NotSatisfied(Id id, uint256 satisfied);
    error AllSatisfied(Id id);
    error BadProofCount(uint256 given, uint256 expected);
    error BadProof(Id id, uint256 condition);
    error BadSignatureCount(uint256 given, uint256 expected);
    error BadCancel(Id id, address party);

    /// @notice Puts leg number `leg` into custody. Only that leg's `from`, and only its own assets, which it approved
    /// (or sends along, if they are native coin).
    /// @dev None or Open, `now < fundBy`. The first call opens the settlement, and the terms are checked then: 1 to 8
    /// legs, at most 8 conditions; parties non-zero, not this contract and not the same at both ends; assets
    /// well-formed (see Asset); a condition's party non-zero just where its kind has one;
    /// `now < fundBy < settleBy <= now + 366 days`. Emits Opened on the first call, else Funded.
    function fund(Terms calldata terms, uint256 leg) external payable;

    /// @notice Proves condition number `condition`. Anyone may bring the proof: a signature over the Receipt, a
    /// preimage, a key; the proof of a Time or an Outcome is not read.
    /// @dev Armed, `now < settleBy`. Emits Satisfied.
    function satisfy(Terms calldata terms, uint256 condition, bytes calldata proof) external;

    /// @notice Pays every leg to its `to`. Anyone.
    /// @dev Armed with every condition proven, at any time. `proofs` is empty, or holds one entry per condition, where
    /// an empty entry says that it is proven already (so give a Time or an Outcome any byte); each given proof counts
    /// as `satisfy` does, so only while `now < settleBy`. Emits Satisfied for each proof, then Settled, then Credited
    /// for each refused push.
    function settle(Terms calldata terms, bytes[] calldata proofs) external;

    /// @notice Gives every funded leg back to its `from`. Anyone.
    /// @dev Open and `now >= fundBy`; or Armed with an unproven condition and `now >= settleBy`.
    /// Emits Aborted, then Credited for each refused push.
    function abort(Terms calldata terms) external;

    /// @notice Gives every funded leg back at once, because all leg parties agree.
    /// @dev Open, or Armed with an unproven condition, at any time. `signatures` holds one Cancel signature per
    /// distinct leg party, in the order of `parties(terms)`; the caller's own may be empty.
    /// Emits Aborted, then Credited for each refused push.
    function cancel(Terms calldata terms, bytes[] calldata signatures) external;

    /// @notice The name of a settlement: the EIP-712 digest of its terms.
    function id(Terms calldata terms) external view returns (Id);

    /// @notice The distinct leg parties, in order of first appearance, reading each leg's `from` and then its `to`.
    function parties(Terms calldata terms) external pure returns (address[] memory);

    /// @notice What the party of a Receipt condition signs.
    function receiptDigest(Id settlement, address party, bytes32 subject) external view returns (bytes32);

    /// @notice What a leg party signs to cancel.
    function cancelDigest(Id settlement, address party) external view returns (bytes32);

    /// @notice The funded legs, one bit each, as they were when the settlement became final or as they are now.
    function funded(Id settlement) external view returns (uint256);

    /// @notice The proven conditions, one bit each.
    function satisfied(Id settlement) external view returns (uint256);
}
