// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DvpTerms} from "../types/DvpTerms.sol";
import {Id} from "../types/Id.sol";
import {ICustody} from "./ICustody.sol";

/// @title IDvp
/// @notice Escrowed delivery versus payment between two: an asset against a price, once the buyer has signed for what
/// it got outside the chain. There is no owner, no pause and no upgrade. It is the everyday case of a Settlement (two
/// legs, one Receipt) in a form of its own, because that costs less gas and is less to read; deals of more legs, of
/// more parties or under other conditions go there.
///
/// States (`Settled` and `Aborted` are final):
///
///   None --fund--> Open --fund by the other--> Armed --settle--> Settled
///                   |                            |
///                   +-------abort, cancel--------+-------------> Aborted
///
/// Timeline (half-open windows; `now` is the block's time):
///
///   opened                   fundBy                  settleBy
///     |--------- fund ---------|                        |
///     |                        |-- abort, while Open ---------------------------------->
///     |--------------- settle, while Armed -------------|
///     |                                                 |-- abort, while Armed -------->
///     |--------------- cancel, while Open or Armed ------------------------------------>
///
/// So at any time just one of settle and abort can work on an Armed deal, and every deal ends.
///
/// Terms are never stored: the id is their EIP-712 digest, they are emitted in full once, and callers send them again.
/// Domain: name "Quittance Dvp", version "1". Signed messages: by the buyer
/// `Receipt(bytes32 settlement,address party,bytes32 subject)`, by both `Cancel(bytes32 settlement,address party)`.
/// They name their signer, so that of two contract accounts with one owner each needs a signature of its own. Signatures
/// are ECDSA, or ERC-1271 where that fails. A signed Cancel has no expiry: it stays good until the deal is final.
///
/// The receipt protects a buyer who does not get what was agreed on. It does not help a seller whose buyer takes it and
/// keeps silent: who does not know its buyer sells by FairExchange.
///
/// How assets come in and go out, and which tokens can do what harm, is said in ICustody.
interface IDvp is ICustody {
    /// @notice `by` put in what it gives, as the first: the deal is Open.
    event Opened(Id indexed id, address indexed by, DvpTerms terms);
    /// @notice `by` put in what it gives too: the deal is Armed.
    event Funded(Id indexed id, address indexed by);
    /// @notice The asset went to the buyer and the price to the seller, save what a Credited event of the same
    /// transaction names.
    event Settled(Id indexed id, address indexed by);
    /// @notice What was put in went back, save what a Credited event of the same transaction names. `refunded` has
    /// bit 0 set if that was the seller's, and bit 1 if it was the buyer's.
    event Aborted(Id indexed id, address indexed by, uint256 refunded);

    error BadParty(address party);
    error BadWindow(uint256 fundBy, uint256 settleBy);
    error NotParty(Id id, address caller);
    error AlreadyFunded(Id id, address by);
    error BadReceipt(Id id);
    error BadCancel(Id id, address party);

    /// @notice Puts in what the caller gives: the seller its asset, the buyer the price. It approved that (or sends it
    /// along, if it is native coin).
    /// @dev None or Open, `now < fundBy`. The first call opens the deal, and the terms are checked then: parties
    /// non-zero, distinct and not this contract; asset and payment well-formed (see Asset), the payment under token id
    /// 0; `now < fundBy < settleBy <= now + 366 days`. Emits Opened on the first call, else Funded.
    function fund(DvpTerms calldata terms) external payable;

    /// @notice Delivers and pays. Anyone who has the buyer's Receipt, which may be empty if the caller is the buyer.
    /// @dev Armed, `now < settleBy`. Emits Settled, then Credited for each refused push.
    function settle(DvpTerms calldata terms, bytes calldata receipt) external;

    /// @notice Gives back what was put in. Anyone.
    /// @dev Open and `now >= fundBy`, or Armed and `now >= settleBy`. Emits Aborted, then Credited for each refused
    /// push.
    function abort(DvpTerms calldata terms) external;

    /// @notice Gives back what was put in at once, because both agree. Anyone; a party that calls need not sign.
    /// @dev Open or Armed, at any time. Emits Aborted, then Credited for each refused push.
    function cancel(DvpTerms calldata terms, bytes calldata bySeller, bytes calldata byBuyer) external;

    /// @notice The name of a deal: the EIP-712 digest of its terms.
    function id(DvpTerms calldata terms) external view returns (Id);

    /// @notice What the buyer signs.
    function receiptDigest(Id deal, address buyer, bytes32 subject) external view returns (bytes32);

    /// @notice What a party signs to cancel.
    function cancelDigest(Id deal, address party) external view returns (bytes32);

    /// @notice Who has put in: bit 0 the seller, bit 1 the buyer.
    function funded(Id deal) external view returns (uint256);
}
