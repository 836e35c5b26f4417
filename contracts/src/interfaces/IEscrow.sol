// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EscrowTerms} from "../types/EscrowTerms.sol";
import {Id} from "../types/Id.sol";
import {ICustody} from "./ICustody.sol";

/// @title IEscrow
/// @notice A payment between two parties that waits for a delivery: paid out by milestones, given back, or decided by
/// an arbiter, and in every case over at a time that both know. There is no owner, no pause and no upgrade.
///
/// States (`Settled` and `Aborted` are final):
///
///   None --fund--> Open --accept--> Armed --dispute--> Disputed
///                   |                 |                    |
///                   +--release all----+--------------------+--rule, settle--> Settled
///                   +--refund, abort--+--refund------------+--rule, settle--> Aborted
///
/// Timeline (half-open windows; `now` is the block's time; ruleBy = time of the dispute + ruleWindow):
///
///   funded           acceptBy          disputeBy              ruleBy
///     |---- accept -----|                  |                     |
///     |                 |-- abort, while Open ------------------------------------------->
///     |------------ dispute, while Armed --|                     |
///     |                                    |-- settle, while Armed ---------------------->
///     |                        rule, while Disputed -------------|
///     |                                                          |-- settle, while Disputed ->
///     |------------ release (payer), refund (payee): while Open, Armed or Disputed ------->
///
/// What silence means: a payee that does not accept leaves the payment to the payer; a payer that neither releases nor
/// disputes after the payee accepted leaves it to the payee; an arbiter that does not rule leaves it to the agreed
/// default. Each party may always give in: the payer by releasing, the payee by refunding. Together they reach any
/// split at any time: the payer releases the payee's share, and the payee refunds the rest.
///
/// Milestones: the payer releases growing shares of the amount; `releasedBps` is their sum. Each share is rounded down
/// as a sum, so that all of them together are exactly the amount. What cannot be divided (an NFT) is released at once.
///
/// A final state is Settled if its last movement paid the payee anything, and Aborted if all that was left went back.
///
/// Terms are never stored: the id is their EIP-712 digest, they are emitted in full once, and callers send them again.
/// Domain: name "Quittance Escrow", version "1". Signed message: `Release(bytes32 escrow,uint16 releasedBps)` by the
/// payer, by key or as a contract (ERC-1271). It has no expiry, and bringing it twice does nothing more than once.
interface IEscrow is ICustody {
    /// @notice The payer put the amount in.
    event Opened(Id indexed id, address indexed by, EscrowTerms terms);
    /// @notice The payee will deliver; from now on only a dispute keeps it from being paid.
    event Accepted(Id indexed id, address indexed by);
    /// @notice The payee was paid `amount`, which makes `releasedBps` of the whole.
    event Released(Id indexed id, address indexed by, uint256 releasedBps, uint256 amount);
    /// @notice One party disagrees, put the bond in, and the arbiter may rule before `ruleBy`.
    event DisputeRaised(Id indexed id, address indexed by, uint256 ruleBy);
    /// @notice All that was left went out: so much to each, and the bond, if there was one, to `bondTo`.
    event Settled(Id indexed id, address indexed by, uint256 toPayee, uint256 toPayer, address bondTo);
    /// @notice All that was left went back to the payer, and the bond, if there was one, to `bondTo`.
    event Aborted(Id indexed id, address indexed by, uint256 toPayer, address bondTo);

    error BadParty(address party);
    error BadArbiter(address arbiter);
    error BadBond(uint256 bond);
    error BadShare(uint256 bps);
    error BadWindow(uint256 acceptBy, uint256 disputeBy, uint256 ruleWindow);
    error NotPayer(Id id, address caller);
    error NotPayee(Id id, address caller);
    error NotParty(Id id, address caller);
    error NotArbiter(Id id, address caller);

    /// @notice The payer puts the amount in, which it approved (or sends along, if it is native coin).
    /// @dev None, `now < acceptBy`. Payer and payee non-zero, different, and not this contract; the arbiter neither of
    /// them nor this contract; the asset well-formed (see Asset); a bond only in what can be divided, and only with an
    /// arbiter; `defaultBps` at most 10,000; both from acceptBy to disputeBy and in ruleWindow at least MIN_WINDOW;
    /// disputeBy and ruleWindow at most MAX_TIME away. Emits Opened.
    function fund(EscrowTerms calldata terms) external payable;

    /// @notice The payee accepts, and is paid unless the payer disputes in time.
    /// @dev Open, `now < acceptBy`. Emits Accepted.
    function accept(EscrowTerms calldata terms) external;

    /// @notice Pays the payee until it has `releasedBps` of the whole. By the payer, or by anyone with its signature.
    /// @dev Open, Armed or Disputed, at any time; more than before, by at least one unit of the asset.
    /// Emits Released, or Settled if that was all.
    function release(EscrowTerms calldata terms, uint16 releasedBps, bytes calldata signature) external;

    /// @notice The payee gives back all that is left.
    /// @dev Open, Armed or Disputed, at any time. Emits Aborted.
    function refund(EscrowTerms calldata terms) external;

    /// @notice Payer or payee asks for a decision, and puts the bond in as `fund` does with the amount.
    /// @dev Armed, `now < disputeBy`. Emits DisputeRaised.
    function dispute(EscrowTerms calldata terms) external payable;

    /// @notice The arbiter gives the payee `payeeBps` of what is left, the payer the rest, and is paid the bond.
    /// @dev Disputed, `now < ruleBy`. Emits Settled, or Aborted if the payee gets nothing.
    function rule(EscrowTerms calldata terms, uint16 payeeBps) external;

    /// @notice Ends what silence decided: pays the payee, or after a dispute divides by the agreed default. Anyone.
    /// @dev Armed and `now >= disputeBy`, or Disputed and `now >= ruleBy`. Emits Settled, or Aborted if the payee gets
    /// nothing.
    function settle(EscrowTerms calldata terms) external;

    /// @notice Gives all that is left back to the payer, because the payee never accepted. Anyone.
    /// @dev Open and `now >= acceptBy`. Emits Aborted.
    function abort(EscrowTerms calldata terms) external;

    /// @notice The name of an escrow: the EIP-712 digest of its terms.
    function id(EscrowTerms calldata terms) external view returns (Id);

    /// @notice What the payer signs to release.
    function releaseDigest(Id escrow, uint16 releasedBps) external view returns (bytes32);

    /// @notice The share of the whole that was released by milestones, in basis points.
    function released(Id escrow) external view returns (uint256);

    /// @notice Until when the arbiter may rule, and who disputed: zero if nobody did.
    function disputeOf(Id escrow) external view returns (uint256 ruleBy, bool byPayer);
}
