// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FairTerms, Goods, Verdict} from "../types/FairTerms.sol";
import {Id} from "../types/Id.sol";
import {ICustody} from "./ICustody.sol";

/// @title IFairExchange
/// @notice A private document for money, where neither side goes first. The document never touches the chain: the buyer
/// gets it encrypted, puts the price into custody, and the seller reveals the key. If that key does not open exactly
/// the document that was agreed on, one chunk proves it and the price goes back; if it does, nobody can keep the price
/// from the seller. There is no owner, no pause and no upgrade.
///
/// States (`Settled` and `Aborted` are final):
///
///   None --lock--> Armed --reveal--> Revealed --finalize--> Settled
///                    |                   |
///                    |                   +---- complain---> Aborted
///                    +-------- reclaim -------------------> Aborted
///
/// Timeline (half-open windows; `now` is the block's time):
///
///   agreed    revealBy - 1 h    revealBy
///     |----- lock -----|           |
///     |      locked |--- reveal ---|
///     |             |              |-- reclaim, while Armed ------------------------------------------->
///
///                         revealed                  until = revealed + window
///                            |------ complain, by the buyer ---------|
///                            |------ finalize, by the buyer or with its receipt ---------------------->
///                            |                                       |-- finalize, by anyone --------->
///
/// So an Armed exchange can either be revealed or taken back; a Revealed one can be undone by a right complaint until
/// `until`, and from then on anyone can finish it.
///
/// What is exchanged. The document is cut into `chunks` chunks of `chunkSize` bytes (256, 1024 or 4096), each with a
/// 32-byte salt in front, and `plainRoot` is the root over them (see ChunkTree): all three as in the document's
/// commitment in DocumentRegistry. The seller encrypts the chunks under a key of its own and a secret of the buyer's
/// (see ChunkCipher); `cipherRoot` is the root over the result. The terms show all that only as a hash: which document
/// it is becomes public with a complaint, as do the secret and one encrypted chunk, and never without one.
///
/// The buyer, before it locks, must hold every encrypted chunk and every leaf of the plain tree, compute both roots
/// from them, and check sizes and `goods`; who locks without that may be left without a complaint. It must keep them
/// all until the exchange is final, and see Revealed in time: `window` is at least an hour, and a day is the usual
/// choice.
///
/// The seller agrees by revealing: only it can, on terms that it sends itself. So it must send the terms that it agreed
/// to, never those of an event, reveal only when the Opened event of just these is final, and never so late that the
/// call may miss `revealBy`: the buyer would learn the key and take the price back. It must never use a key twice.
///
/// No bond: it would pay the buyer for the time that its money waited, and cost every honest seller the same. Both
/// waits end by themselves. Whether the document is worth anything is not told here: the registry says who vouches for
/// it.
///
/// Only the price is held here. To have more move together with the key (a deed, say), put it into a Settlement with an
/// Outcome condition on this exchange, its `settleBy` after `revealBy + window` by a margin for `finalize`.
///
/// Terms are never stored: the id is their EIP-712 digest, they are emitted in full once, and callers send them again.
/// Domain: name "Quittance FairExchange", version "1". Signed message: `Receipt(bytes32 exchange)`, by the buyer, by
/// key or as a contract (ERC-1271). The terms name the buyer, so of two contract accounts with one owner each needs a
/// signature of its own. How assets come in and go out, and which tokens can do what harm, is said in ICustody.
interface IFairExchange is ICustody {
    /// @notice The buyer put the price into custody, on these terms. Now Armed.
    event Opened(Id indexed id, address indexed by, FairTerms terms);
    /// @notice The seller's key is out. Until `until` the buyer may complain of it. Now Revealed.
    event Revealed(Id indexed id, address indexed by, bytes32 key, uint256 until);
    /// @notice The price went to the seller, unless a Credited event of the same transaction says otherwise.
    event Settled(Id indexed id, address indexed by);
    /// @notice The price went back to the buyer, unless a Credited event of the same transaction says otherwise:
    /// because the key was proven wrong, if `proven`, else because none came in time.
    event Aborted(Id indexed id, address indexed by, bool proven);

    error BadParty(address party);
    error BadWindow(uint256 revealBy, uint256 window);
    error BadKey(Id id);
    error BadReceipt(Id id);
    error BadProof(Id id, Verdict verdict);

    /// @notice Puts the price into custody. Only the terms' buyer, who approved it (or sends it along, if it is native
    /// coin).
    /// @dev None. Buyer and seller differ, and the seller is not zero and not this contract; the price is well-formed
    /// (see Asset); `now + 1 h <= revealBy <= now + 366 days`; `1 h <= window <= 366 days`. Emits Opened.
    function lock(FairTerms calldata terms) external payable;

    /// @notice Makes the key known. Only the terms' seller.
    /// @dev Armed, `now < revealBy`, the committed key. Emits Revealed.
    function reveal(FairTerms calldata terms, bytes32 key) external;

    /// @notice Pays the seller. The buyer, at any time; whoever brings the buyer's receipt (its signature over the
    /// Receipt), at any time; anyone with no receipt (empty), `now >= until`.
    /// @dev Revealed. Emits Settled, then Credited if the push is refused.
    function finalize(FairTerms calldata terms, bytes calldata receipt) external;

    /// @notice Proves that the revealed key does not open the document, and gives the price back. Only the buyer.
    /// @dev Revealed, `now < until`, and `judge` says Wrong. Emits Aborted, then Credited if the push is refused.
    /// @param goods What `terms.goods` stands for. It becomes public, the buyer's secret included.
    /// @param key The revealed key once more: it is not stored.
    /// @param index Which chunk is wrong.
    /// @param leaf The plain tree's leaf at that index.
    /// @param proof The encrypted chunk, then its path in the cipher tree, then the leaf's path in the plain tree, each
    /// path from the bottom up and as deep as the tree: `chunkSize / 32 + 2 * ceil(log2 chunks)` words in all.
    function complain(
        FairTerms calldata terms,
        Goods calldata goods,
        bytes32 key,
        uint256 index,
        bytes32 leaf,
        bytes32[] calldata proof
    ) external;

    /// @notice Gives the price back because no key came. Anyone.
    /// @dev Armed, `now >= revealBy`. Emits Aborted, then Credited if the push is refused.
    function reclaim(FairTerms calldata terms) external;

    /// @notice When the time to complain ends; zero before the key is revealed.
    function until(Id exchange) external view returns (uint256);

    /// @notice The name of an exchange: the EIP-712 digest of its terms.
    function id(FairTerms calldata terms) external view returns (Id);

    /// @notice What stands for goods in the terms: their EIP-712 struct hash. Ask no node that you do not trust with
    /// them.
    function hashGoods(Goods calldata goods) external pure returns (bytes32);

    /// @notice What the buyer signs to have the seller paid at once.
    function receiptDigest(Id exchange) external view returns (bytes32);

    /// @notice What would be found of a complaint, for a look before it is sent. Reads the arguments only.
    function judge(
        FairTerms calldata terms,
        Goods calldata goods,
        bytes32 key,
        uint256 index,
        bytes32 leaf,
        bytes32[] calldata proof
    ) external pure returns (Verdict);
}
