// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICouncil} from "./interfaces/ICouncil.sol";
import {ProposalHash} from "./libraries/ProposalHash.sol";
import {Id} from "./types/Id.sol";
import {Ballot, Call, Member, Proposal, ProposalStatus} from "./types/Proposal.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {ERC721Holder} from "@openzeppelin/contracts/token/ERC721/utils/ERC721Holder.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Council
/// @notice An account that acts when enough of its members say yes, by transaction or by signature.
contract Council is ICouncil, EIP712, ERC721Holder, ERC1155Holder, ReentrancyGuardTransient {
    using ProposalHash for Proposal;

    /// @dev One storage slot per proposal.
    struct Tally {
        uint128 seats;
        uint32 weight;
        uint32 threshold;
        uint16 epoch;
        uint40 voteBy;
        ProposalStatus status;
    }

    /// @dev One storage slot per member and epoch. A vote reads one of them.
    struct Seat {
        bytes28 key;
        uint32 weight;
    }

    /// @dev One storage slot.
    struct Electorate {
        uint16 epoch;
        uint8 seats;
        uint32 threshold;
        uint32 weight;
    }

    uint256 public constant MAX_MEMBERS = 128;
    uint256 public constant MAX_CALLS = 16;
    uint256 public constant MAX_TIME = 366 days;

    Electorate private _electorate;
    mapping(uint256 epoch => mapping(uint256 seat => Seat)) private _seats;
    mapping(Id => Tally) private _tallies;

    /// @inheritdoc ICouncil
    mapping(bytes32 digest => bool) public approved;

    modifier onlySelf() {
        require(msg.sender == address(this), OnlySelf(msg.sender));
        _;
    }

    constructor(Member[] memory members, uint256 threshold) EIP712("Quittance Council", "1") {
        _reform(members, threshold);
    }

    /// @notice A council has funds of its own, which only its proposals spend.
    receive() external payable {}

    /// @inheritdoc ICouncil
    function open(Proposal calldata proposal, uint256 seat) external nonReentrant {
        Id id_ = id(proposal);
        Tally memory tally_ = _tallies[id_];
        require(tally_.status == ProposalStatus.None, BadStatus(id_, tally_.status));

        _open(id_, tally_, proposal);
        _vote(id_, tally_, seat);
    }

    /// @inheritdoc ICouncil
    function vote(Id id_, uint256 seat) external nonReentrant {
        Tally memory tally_ = _tallies[id_];
        require(tally_.status == ProposalStatus.Open, BadStatus(id_, tally_.status));
        require(block.timestamp < tally_.voteBy, TooLate(id_, tally_.voteBy));

        _vote(id_, tally_, seat);
    }

    /// @inheritdoc ICouncil
    function submit(Proposal calldata proposal, Ballot[] calldata ballots) external nonReentrant {
        _submit(proposal, ballots);
    }

    /// @inheritdoc ICouncil
    function execute(Proposal calldata proposal) external nonReentrant {
        _execute(id(proposal), proposal);
    }

    /// @inheritdoc ICouncil
    function enact(Proposal calldata proposal, Ballot[] calldata ballots) external nonReentrant {
        _execute(_submit(proposal, ballots), proposal);
    }

    /// @inheritdoc ICouncil
    function expire(Proposal calldata proposal) external nonReentrant {
        Id id_ = id(proposal);
        ProposalStatus status_ = _tallies[id_].status;
        bool isOpen = status_ == ProposalStatus.Open;
        require(isOpen || status_ == ProposalStatus.Passed, BadStatus(id_, status_));
        uint256 deadline = isOpen ? proposal.voteBy : proposal.executeBy;
        require(block.timestamp >= deadline, TooEarly(id_, deadline));

        _tallies[id_].status = isOpen ? ProposalStatus.Expired : ProposalStatus.Stale;
        if (isOpen) emit Expired(id_, msg.sender);
        else emit WentStale(id_, msg.sender);
    }

    /// @inheritdoc ICouncil
    function reform(uint256 replaced, Member[] calldata members, uint256 threshold) external onlySelf {
        require(replaced == _electorate.epoch, BadEpoch(replaced, _electorate.epoch));
        _reform(members, threshold);
    }

    /// @inheritdoc ICouncil
    function approve(bytes32 digest) external onlySelf {
        approved[digest] = true;
        emit Approved(digest);
    }

    /// @inheritdoc ICouncil
    function revoke(bytes32 digest) external onlySelf {
        approved[digest] = false;
        emit Revoked(digest);
    }

    /// @inheritdoc ICouncil
    function status(Id id_) external view nonReentrantView returns (ProposalStatus) {
        return _tallies[id_].status;
    }

    /// @inheritdoc ICouncil
    function tally(Id id_)
        external
        view
        nonReentrantView
        returns (uint256 seats, uint256 weight, uint256 threshold, uint256 epoch)
    {
        Tally memory t = _tallies[id_];
        return (t.seats, t.weight, t.threshold, t.epoch);
    }

    /// @inheritdoc ICouncil
    function electorate()
        external
        view
        nonReentrantView
        returns (uint256 epoch, uint256 seats, uint256 threshold, uint256 weight)
    {
        Electorate memory e = _electorate;
        return (e.epoch, e.seats, e.threshold, e.weight);
    }

    /// @inheritdoc ICouncil
    function seatOf(uint256 epoch, uint256 seat) external view returns (bytes28 key, uint256 weight) {
        Seat memory s = _seats[epoch][seat];
        return (s.key, s.weight);
    }

    /// @inheritdoc ICouncil
    // Not guarded: a proposal may approve a digest and use it in its next call, and nothing here is ever half done.
    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        bool valid = approved[digest] || _isSigned(digest, signature);
        return valid ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }

    /// @inheritdoc ICouncil
    function id(Proposal calldata proposal) public view returns (Id) {
        return Id.wrap(_hashTypedDataV4(proposal.hash()));
    }

    /// @inheritdoc ICouncil
    function voteDigest(Proposal calldata proposal, uint256 epoch, uint256 seat) external view returns (bytes32) {
        return _voteDigest(proposal.hash(), epoch, seat);
    }

    /// @inheritdoc ICouncil
    function approvalDigest(bytes32 digest, uint256 epoch, uint256 seat) public view returns (bytes32) {
        return _hashTypedDataV4(ProposalHash.hashApproval(digest, epoch, seat));
    }

    /// @dev Fixes who decides, by what threshold, and until when.
    function _open(Id id_, Tally memory tally_, Proposal calldata proposal) private {
        _check(proposal);
        tally_.status = ProposalStatus.Open;
        tally_.epoch = _electorate.epoch;
        tally_.threshold = _electorate.threshold;
        tally_.voteBy = proposal.voteBy;
        emit Opened(id_, msg.sender, tally_.epoch, proposal);
    }

    /// @dev Counts the caller's own yes.
    function _vote(Id id_, Tally memory tally_, uint256 seat) private {
        Seat memory s = _seats[tally_.epoch][seat];
        require(s.weight != 0 && s.key == _keyOf(msg.sender), NotMember(seat, msg.sender));
        require(!_has(tally_.seats, seat), AlreadyVoted(id_, seat));

        _count(id_, tally_, 1 << seat, s.weight);
    }

    /// @dev Counts the yes of every ballot from a seat that has not said it yet.
    function _submit(Proposal calldata proposal, Ballot[] calldata ballots) private returns (Id id_) {
        bytes32 content = proposal.hash();
        id_ = Id.wrap(_hashTypedDataV4(content));
        Tally memory tally_ = _tallies[id_];
        require(tally_.status <= ProposalStatus.Open, BadStatus(id_, tally_.status));
        if (tally_.status == ProposalStatus.None) _open(id_, tally_, proposal);
        else require(block.timestamp < tally_.voteBy, TooLate(id_, tally_.voteBy));

        uint256 seats = 0;
        uint256 weight = 0;
        for (uint256 i = 0; i < ballots.length; ++i) {
            Ballot memory ballot = ballots[i];
            if (_has(tally_.seats | seats, ballot.seat)) continue;
            uint256 given = _weightOf(ballot, tally_.epoch, _voteDigest(content, tally_.epoch, ballot.seat));
            require(given != 0, BadBallot(id_, ballot.seat));
            seats |= 1 << ballot.seat;
            weight += given;
        }
        require(seats != 0, NothingNew(id_));

        _count(id_, tally_, seats, weight);
    }

    /// @dev Only seats that are not counted yet come here. No sum of weights exceeds 32 bits: `_reform` saw to it.
    function _count(Id id_, Tally memory tally_, uint256 seats, uint256 weight) private {
        // forge-lint: disable-next-line(unsafe-typecast)
        tally_.seats |= uint128(seats);
        // forge-lint: disable-next-line(unsafe-typecast)
        tally_.weight += uint32(weight);
        if (tally_.weight >= tally_.threshold) tally_.status = ProposalStatus.Passed;
        _tallies[id_] = tally_;
        emit Voted(id_, msg.sender, seats, tally_.weight, tally_.status);
    }

    function _execute(Id id_, Proposal calldata proposal) private {
        ProposalStatus status_ = _tallies[id_].status;
        require(status_ == ProposalStatus.Passed, BadStatus(id_, status_));
        require(block.timestamp >= proposal.executeFrom, TooEarly(id_, proposal.executeFrom));
        require(block.timestamp < proposal.executeBy, TooLate(id_, proposal.executeBy));

        _tallies[id_].status = ProposalStatus.Executed;
        emit Executed(id_, msg.sender);

        for (uint256 i = 0; i < proposal.calls.length; ++i) {
            _call(i, proposal.calls[i]);
        }
    }

    function _call(uint256 i, Call calldata call) private {
        // Data for an address without code would be lost in silence.
        require(call.data.length == 0 || call.target.code.length != 0, NoCode(i, call.target));
        (bool done, bytes memory answer) = call.target.call{value: call.value}(call.data);
        require(done, CallFailed(i, answer));
    }

    /// @dev Writes the seats of the next epoch. One slot per member, rather than one hash of all members that each call
    /// would have to send along: a vote stays at 32 k gas however large the council is.
    function _reform(Member[] memory members, uint256 threshold) private {
        require(members.length != 0 && members.length <= MAX_MEMBERS, BadMemberCount(members.length));
        uint16 epoch = _electorate.epoch + 1;
        uint256 sum = 0;
        bytes28[] memory keys = new bytes28[](members.length);
        for (uint256 i = 0; i < members.length; ++i) {
            Member memory member = members[i];
            keys[i] = _newKey(keys, i, member.signer);
            require(member.weight != 0, BadWeight(i));
            _seats[epoch][i] = Seat(keys[i], member.weight);
            sum += member.weight;
        }
        require(threshold != 0 && threshold <= sum && sum <= type(uint32).max, BadThreshold(threshold, sum));

        // The bounds were checked above.
        // forge-lint: disable-next-line(unsafe-typecast)
        _electorate = Electorate(epoch, uint8(members.length), uint32(threshold), uint32(sum));
        emit Reformed(epoch, threshold, members);
    }

    /// @dev The key of the signer for seat `i`, if it may sit there and does not sit in an earlier seat already.
    function _newKey(bytes28[] memory keys, uint256 i, bytes memory signer) private view returns (bytes28 key) {
        // forge-lint: disable-next-line(unsafe-typecast)
        address first = address(bytes20(signer));
        bool fit = signer.length >= 20 && first != address(0) && first != address(this);
        require(fit, BadMember(i, signer));
        key = _keyOf(signer);
        for (uint256 j = 0; j < i; ++j) {
            require(keys[j] != key, SameMember(i, j));
        }
    }

    /// @dev Whether ballots over `digest` reach the threshold of the members as they are now.
    function _isSigned(bytes32 digest, bytes calldata signature) private view returns (bool) {
        if (signature.length == 0) return false;
        Ballot[] memory ballots = abi.decode(signature, (Ballot[]));
        uint256 epoch = _electorate.epoch;
        uint256 seats = 0;
        uint256 weight = 0;
        for (uint256 i = 0; i < ballots.length; ++i) {
            uint256 seat = ballots[i].seat;
            if (_has(seats, seat)) continue;
            uint256 given = _weightOf(ballots[i], epoch, approvalDigest(digest, epoch, seat));
            if (given == 0) return false;
            seats |= 1 << seat;
            weight += given;
        }
        return weight >= _electorate.threshold;
    }

    /// @dev The weight that a ballot brings: that of its seat if the member signed `digest`, else none.
    function _weightOf(Ballot memory ballot, uint256 epoch, bytes32 digest) private view returns (uint256) {
        Seat memory s = _seats[epoch][ballot.seat];
        return s.weight != 0 && _signs(s.key, ballot, digest) ? s.weight : 0;
    }

    /// @dev The shape of the ballot says how to check it, so no account is asked for code that need not have any.
    function _signs(bytes28 key, Ballot memory ballot, bytes32 digest) private view returns (bool) {
        if (ballot.signer.length == 0) {
            (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest, ballot.signature);
            return failure == ECDSA.RecoverError.NoError && _keyOf(signer) == key;
        }
        if (_keyOf(ballot.signer) != key) return false;
        return SignatureChecker.isValidSignatureNow(ballot.signer, digest, ballot.signature);
    }

    /// @dev `hash` is the struct hash of the proposal.
    function _voteDigest(bytes32 hash, uint256 epoch, uint256 seat) private view returns (bytes32) {
        return _hashTypedDataV4(ProposalHash.hashVote(hash, epoch, seat));
    }

    /// @dev What must hold of a proposal before anyone votes on it.
    function _check(Proposal calldata proposal) private view {
        uint256 voteBy = proposal.voteBy;
        uint256 executeFrom = proposal.executeFrom;
        uint256 executeBy = proposal.executeBy;
        uint256 count = proposal.calls.length;
        require(count != 0 && count <= MAX_CALLS, BadCallCount(count));
        bool fit = block.timestamp < voteBy && voteBy <= executeBy && executeFrom < executeBy
            && executeBy <= block.timestamp + MAX_TIME;
        require(fit, BadWindow(voteBy, executeFrom, executeBy));
    }

    /// @dev An address is its own key: it and eight zero bytes.
    function _keyOf(address signer) private pure returns (bytes28) {
        return bytes28(bytes20(signer));
    }

    /// @dev Any longer signer is known by its hash, whose last bit is set, so that it never passes for an address.
    function _keyOf(bytes memory signer) private pure returns (bytes28) {
        // forge-lint: disable-next-line(unsafe-typecast)
        if (signer.length == 20) return _keyOf(address(bytes20(signer)));
        return bytes28(keccak256(signer)) | bytes28(uint224(1));
    }

    function _has(uint256 bitmap, uint256 seat) private pure returns (bool) {
        return bitmap & (1 << seat) != 0;
    }
}
