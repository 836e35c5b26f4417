// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Id} from "../types/Id.sol";
import {HashKind, LockTerms} from "../types/LockTerms.sol";
import {ICustody} from "./ICustody.sol";

/// @title IHashLock
/// @notice One side of a swap whose other side is elsewhere, as a rule on another chain: an asset that its receiver
/// gets for a preimage until a deadline, and its sender gets back from then on. Both sides are under one hash, so
/// whoever takes the one publishes what takes the other. There is no owner, no pause and no upgrade.
///
/// States (`Settled` and `Aborted` are final):
///
///   None --lock--> Armed --claim--> Settled
///                    |
///                    +----refund--> Aborted
///
/// Timeline (half-open windows; `now` is the block's time):
///
///   locked                              deadline
///     |--------- claim, while Armed --------|
///     |                                     |-- refund, while Armed ---------------->
///
/// So at any time just one of the two works, and a lock always ends. Terms are never stored: the id is their EIP-712
/// digest (domain name "Quittance HashLock", version "1"), they are emitted in full once, and callers send them again.
///
/// A swap over two chains. Alice knows the preimage; she locks on the source chain, Bob on the destination chain:
///
///   Alice locks (source)   Bob locks (destination)      T_dst                         T_src
///     |                      |--- Alice claims there -----|                             |
///     |                      |                            |------- at least D ----------|
///     |                      |--- Bob claims at the source, once he saw the preimage ---|
///
/// - T_src >= T_dst + D, where D is the time that Bob needs to see a claim made at the last moment and to get his own
///   into a block: finality of the destination chain, plus a full (or attacked) source chain, plus an outage of his.
///   This contract cannot see the other chain: it is for Bob to read T_src before he locks, and to wait for finality.
/// - Alice claims early or not at all. A claim that she sends near T_dst may miss its block: then its preimage is
///   public, Bob takes the refund at T_dst and claims at the source too. From T_dst on her only safe move is to keep
///   silent.
/// - A claim in the mempool may be copied: it pays the same receiver. A lock by others under the same hash does no
///   harm: it pays its own receiver, and out of their pocket. Only its sender can create a lock.
/// - The preimage has exactly 32 bytes, so no chain can hold a swap back because another's preimage does not fit it.
///   A hash lock made of any other length never opens here, and the sender gets its asset back.
///
/// With a FairExchange: put the payment on another chain under kind `Key` and the deal's own key commitment. Taking the
/// payment then is revealing the key, by the same 32 bytes. The complaint window must end before the other chain's
/// deadline by at least D. With a Settlement on another chain: its Preimage condition is kind `Sha256`; on this chain,
/// its Outcome condition can wait for a lock to be Settled.
///
/// How assets come in and go out, and which tokens can do what harm, is said in ICustody.
interface IHashLock is ICustody {
    /// @notice `by` put the asset in: the lock is Armed.
    event Opened(Id indexed id, address indexed by, LockTerms terms);
    /// @notice The asset went to the receiver, unless a Credited event of the same transaction says otherwise; `by`
    /// brought the preimage, which now opens every other lock under the same hash.
    event Settled(Id indexed id, address indexed by, bytes32 preimage);
    /// @notice The asset went back to the sender, unless a Credited event of the same transaction says otherwise.
    event Aborted(Id indexed id, address indexed by);

    error NotSender(Id id, address caller);
    error BadParty(address party);
    error BadWindow(uint256 deadline);
    error BadHashKind();
    error BadPreimage(Id id);

    /// @notice Puts the asset in. Only its sender, who approved it (or sends it along, if it is native coin).
    /// @dev None. The receiver is neither zero nor the sender nor this contract; the asset is well-formed (see Asset);
    /// the kind of hash is one; `now + MIN_WINDOW <= deadline <= now + MAX_TIME`. Emits Opened.
    function lock(LockTerms calldata terms) external payable;

    /// @notice Pays the receiver. Anyone with the preimage.
    /// @dev Armed, `now < deadline`. Emits Settled, then Credited if the push was refused.
    function claim(LockTerms calldata terms, bytes32 preimage) external;

    /// @notice Pays the sender back. Anyone.
    /// @dev Armed, `now >= deadline`. Emits Aborted, then Credited if the push was refused.
    function refund(LockTerms calldata terms) external;

    /// @notice The name of a lock: the EIP-712 digest of its terms.
    function id(LockTerms calldata terms) external view returns (Id);

    /// @notice The hash lock that `preimage` opens.
    function lockOf(HashKind kind, bytes32 preimage) external view returns (bytes32);
}
