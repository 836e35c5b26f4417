// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Id} from "../types/Id.sol";
import {Ballot, Member, Proposal, ProposalStatus} from "../types/Proposal.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title ICouncil
/// @notice An account that acts when enough of its members say yes: by transaction, by signature, or by both mixed.
/// Members have weights; the council has a threshold. There is no owner, no pause and no upgrade: only the council
/// itself, by a proposal that passed, changes who sits on it.
///
/// States of a proposal (`Executed`, `Expired` and `Stale` are final):
///
///   None --open, submit, enact--> Open --vote, submit, enact--> Passed --execute, enact--> Executed
///                                   |                             |
///                                   +--expire--> Expired          +--expire--> Stale
///
/// Whoever opens a proposal says yes to it in the same call, so a call that opens may also pass it, and `enact` takes
/// it from None to Executed in one transaction.
///
/// Timeline (half-open windows; `now` is the block's time; executeFrom may also lie before voteBy, or be zero):
///
///   opened               voteBy            executeFrom            executeBy
///     |- open,vote,submit -|                    |                     |
///     |                    |-- expire, while Open ------------------------------------->
///     |                                         |-- execute, Passed --|
///     |                                                               |-- expire, while
///     |                                                               |   Passed ------->
///
/// `voteBy <= executeBy` and `executeFrom < executeBy`, so a proposal that passes can always still be executed. A
/// waiting time after the vote is written as `executeFrom = voteBy + wait`; all times are absolute, so that members
/// sign exactly when the thing may happen.
///
/// Who may open: a member, by its own call or by its signature that anybody brings. Nobody else can put anything here.
///
/// Electorates: each set of members is an epoch, and what was written for an epoch never changes. A proposal is
/// decided by the epoch that was current when it was opened, with the threshold of that epoch, even if the members
/// change before it ends. Votes and signatures fill one bitmap of seats, so no seat counts twice. A yes is final.
/// 1 <= threshold <= the sum of the weights, in every epoch. `reform` names the epoch that it replaces, so a change of
/// members that was decided by an older epoch cannot undo a later one.
///
/// A proposal is never stored: its id is its EIP-712 digest, it is emitted in full once, and callers send it again.
/// Domain: name "Quittance Council", version "1". Signed messages:
///   `Vote(Proposal proposal,uint256 epoch,uint8 seat)` yes to a proposal;
///   `Approval(bytes32 digest,uint256 epoch,uint8 seat)` yes to a digest that somebody else asks this council about.
/// Both name chain, council, epoch and seat: a signature is good for nothing in another council with the same members,
/// after a change of members, or from another seat, even if one key stands behind both. A member may be an address
/// with a key (ECDSA), an ERC-1271 contract, or an ERC-7913 signer. A member whose contract takes or refuses anything,
/// or changes its mind later, decides over its own weight only; what has been counted stays counted.
///
/// As a signer (ERC-1271) a council can be the party of a Settlement's condition, an Escrow's payer, or a member of
/// another council; an Escrow's arbiter rules by a call, which a council makes by a proposal. It signs a digest by
/// executing a call of its own `approve`, or by the threshold's weight in Approval signatures given as the ERC-1271
/// signature.
///
/// While a proposal executes, nothing else can be submitted, executed or enacted, and its state cannot be read. `open`,
/// `vote` and `expire` call nobody and so may be called then: what they do, they could do a moment later.
///
/// A call that fails undoes the whole execution, and the proposal stays Passed. Anyone may execute, with as much gas as
/// they like: a target that swallows a lack of gas must set a floor of its own, as Settlement does. What is voted for is
/// an address, a value and data, not the code that will be there: who wants that bound lets a first call look at it.
interface ICouncil is IERC1271 {
    /// @notice The members of `epoch`, by seat, and the weight that a proposal opened in it needs.
    event Reformed(uint256 indexed epoch, uint256 threshold, Member[] members);
    /// @notice `proposal` is put to the vote of `epoch`. A Voted event of the same call follows.
    event Opened(Id indexed id, address indexed by, uint256 indexed epoch, Proposal proposal);
    /// @notice The seats whose bits are set in `seats` said yes. `weight` and `status` are those after it: Open, or
    /// Passed if this reached the threshold. `by` is the member itself, or whoever brought the signatures.
    event Voted(Id indexed id, address indexed by, uint256 seats, uint256 weight, ProposalStatus status);
    /// @notice Every call of the proposal was made.
    event Executed(Id indexed id, address indexed by);
    /// @notice Too little weight said yes in time.
    event Expired(Id indexed id, address indexed by);
    /// @notice It passed, and nobody executed it in time.
    event WentStale(Id indexed id, address indexed by);
    /// @notice From now on this council stands as the signer of `digest`.
    event Approved(bytes32 indexed digest);
    /// @notice This council no longer stands as the signer of `digest`.
    event Revoked(bytes32 indexed digest);

    error BadMemberCount(uint256 count);
    error BadMember(uint256 seat, bytes signer);
    error BadWeight(uint256 seat);
    error SameMember(uint256 seat, uint256 other);
    error BadThreshold(uint256 threshold, uint256 weight);
    error BadEpoch(uint256 given, uint256 current);
    error BadCallCount(uint256 count);
    error BadWindow(uint256 voteBy, uint256 executeFrom, uint256 executeBy);

    error BadStatus(Id id, ProposalStatus status);
    error TooLate(Id id, uint256 deadline);
    error TooEarly(Id id, uint256 deadline);
    error NotMember(uint256 seat, address caller);
    error AlreadyVoted(Id id, uint256 seat);
    error BadBallot(Id id, uint256 seat);
    error NothingNew(Id id);
    error NoCode(uint256 call, address target);
    error CallFailed(uint256 call, bytes reason);
    error OnlySelf(address caller);

    /// @notice Puts a proposal to the vote and says yes to it. Only the member in seat `seat`.
    /// @dev None. 1 to 16 calls; `now < voteBy <= executeBy <= now + 366 days`; `executeFrom < executeBy`.
    /// Emits Opened, then Voted.
    function open(Proposal calldata proposal, uint8 seat) external;

    /// @notice Says yes. Only the member in seat `seat` of the epoch in which the proposal was opened.
    /// @dev Open, `now < voteBy`, not said before. Emits Voted.
    function vote(Id id, uint8 seat) external;

    /// @notice Brings members' yes by signature. Anyone.
    /// @dev None (it is opened then, as `open` does) or Open, `now < voteBy`. Every ballot must be good, save that one
    /// of a seat that is counted already is passed over, so that a vote that comes first does not spoil the rest; at
    /// least one must be new. A ballot of an ERC-7913 member that is no `abi.encode(bytes, bytes)` reverts without an
    /// error of its own. Emits Opened if it opens, then Voted.
    function submit(Proposal calldata proposal, Ballot[] calldata ballots) external;

    /// @notice Makes the calls of a proposal that passed, in order, all or none. Anyone.
    /// @dev Passed, `executeFrom <= now < executeBy`. A target of data must have code. Emits Executed, before the
    /// calls.
    function execute(Proposal calldata proposal) external;

    /// @notice `submit`, then `execute`, in one. Anyone.
    function enact(Proposal calldata proposal, Ballot[] calldata ballots) external;

    /// @notice Ends a proposal that can no longer pass, or no longer be executed. Anyone.
    /// @dev Open and `now >= voteBy`: emits Expired. Passed and `now >= executeBy`: emits WentStale.
    function expire(Proposal calldata proposal) external;

    /// @notice Replaces the members of epoch `replaced`, which must be the current one. Only this council, by a call of
    /// its own in a proposal that passed.
    /// @dev 1 to 128 members, none twice; a signer of 20 bytes or more that is not this council nor address zero;
    /// weights above zero; `1 <= threshold <=` their sum, which fits 32 bits. Emits Reformed.
    function reform(uint256 replaced, Member[] calldata members, uint256 threshold) external;

    /// @notice Stands as the signer of `digest` from now on, whoever sits on the council later. Only this council.
    /// @dev Emits Approved.
    function approve(bytes32 digest) external;

    /// @notice Takes `approve` back. Only this council.
    /// @dev Emits Revoked.
    function revoke(bytes32 digest) external;

    /// @notice The name of a proposal: its EIP-712 digest.
    function id(Proposal calldata proposal) external view returns (Id);

    /// @notice What the member in seat `seat` of `epoch` signs to say yes to a proposal.
    function voteDigest(Proposal calldata proposal, uint256 epoch, uint8 seat) external view returns (bytes32);

    /// @notice What the member in seat `seat` of `epoch` signs so that this council stands as the signer of `digest`.
    function approvalDigest(bytes32 digest, uint256 epoch, uint8 seat) external view returns (bytes32);

    /// @notice Where a proposal stands.
    function status(Id id) external view returns (ProposalStatus);

    /// @notice The yes of a proposal: one bit per seat, their weight, the weight needed, and the epoch that decides.
    function tally(Id id) external view returns (uint256 seats, uint256 weight, uint256 threshold, uint256 epoch);

    /// @notice The members as they are now: epoch, number of seats, threshold, sum of the weights.
    function electorate() external view returns (uint256 epoch, uint256 seats, uint256 threshold, uint256 weight);

    /// @notice Who sits in a seat: the address and zeros, or for an ERC-7913 signer its hash, whose last bit is set.
    function seatOf(uint256 epoch, uint8 seat) external view returns (bytes28 key, uint256 weight);

    /// @notice Whether this council stands as the signer of `digest` by its own `approve`.
    function approved(bytes32 digest) external view returns (bool);

    /// @notice ERC-1271: whether this council stands as the signer of `digest`.
    /// @dev Yes if `approved(digest)`, whatever `signature` is. Else `signature` must be `abi.encode(Ballot[])` with
    /// Approval signatures of the current epoch that reach its threshold together; anything that is not encoded so
    /// reverts. May be asked at any time, also by the targets of a running execution.
    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4);
}
