// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Guard} from "./base/Guard.sol";
import {ICouncil} from "./interfaces/ICouncil.sol";
import {ProposalHash} from "./libraries/ProposalHash.sol";
import {Id} from "./types/Id.sol";
import {Ballot, Call, Member, Proposal, ProposalStatus} from "./types/Proposal.sol";
import {Tally, openTally} from "./types/Tally.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {ERC721Holder} from "@openzeppelin/contracts/token/ERC721/utils/ERC721Holder.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title Council
/// @notice An account that acts when enough of its members say yes, by transaction or by signature.
contract Council is ICouncil, EIP712, ERC721Holder, ERC1155Holder, Guard {
    using ProposalHash for Proposal;

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

    /// @dev The bit that tells the key of an ERC-7913 signer from an address.
    bytes28 private constant LONG = bytes28(uint224(1));

    Electorate private _electorate;
    /// @dev One storage slot per member and epoch: `[key 224 | weight 32]`. A vote reads one of them.
    mapping(uint256 place => bytes32) private _seats;
    /// @dev One storage slot per proposal.
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
    function open(Proposal calldata proposal, uint8 seat) external {
        Id id_ = id(proposal);
        ProposalStatus status_ = _tallies[id_].status();
        require(status_ == ProposalStatus.None, BadStatus(id_, status_));

        _vote(id_, _open(id_, proposal), seat);
    }

    /// @inheritdoc ICouncil
    function vote(Id id_, uint8 seat) external {
        Tally tally_ = _tallies[id_];
        _requireOpen(id_, tally_);

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
    function expire(Proposal calldata proposal) external {
        Id id_ = id(proposal);
        Tally tally_ = _tallies[id_];
        ProposalStatus status_ = tally_.status();
        bool isOpen = status_ == ProposalStatus.Open;
        require(isOpen || status_ == ProposalStatus.Passed, BadStatus(id_, status_));
        uint256 deadline = isOpen ? proposal.voteBy : proposal.executeBy;
        require(block.timestamp >= deadline, TooEarly(id_, deadline));

        _tallies[id_] = tally_.become(isOpen ? ProposalStatus.Expired : ProposalStatus.Stale);
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
        return _tallies[id_].status();
    }

    /// @inheritdoc ICouncil
    function tally(Id id_)
        external
        view
        nonReentrantView
        returns (uint256 seats, uint256 weight, uint256 threshold, uint256 epoch)
    {
        Tally t = _tallies[id_];
        return (t.seats(), t.weight(), t.threshold(), t.epoch());
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
    function seatOf(uint256 epoch, uint8 seat) external view returns (bytes28 key, uint256 weight) {
        bytes32 word = _seats[_place(epoch, seat)];
        // forge-lint: disable-next-line(unsafe-typecast)
        return (bytes28(word), _weight(word));
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
    function voteDigest(Proposal calldata proposal, uint256 epoch, uint8 seat) external view returns (bytes32) {
        return _voteDigest(proposal.hash(), epoch, seat);
    }

    /// @inheritdoc ICouncil
    function approvalDigest(bytes32 digest, uint256 epoch, uint8 seat) public view returns (bytes32) {
        return _hashTypedDataV4(ProposalHash.hashApproval(digest, epoch, seat));
    }

    /// @dev Fixes who decides, by what threshold, and until when.
    function _open(Id id_, Proposal calldata proposal) private returns (Tally) {
        _check(proposal);
        Electorate memory e = _electorate;
        emit Opened(id_, msg.sender, e.epoch, proposal);
        return openTally(e.epoch, e.threshold, proposal.voteBy);
    }

    function _requireOpen(Id id_, Tally tally_) private view {
        ProposalStatus status_ = tally_.status();
        require(status_ == ProposalStatus.Open, BadStatus(id_, status_));
        uint256 voteBy = tally_.voteBy();
        require(block.timestamp < voteBy, TooLate(id_, voteBy));
    }

    /// @dev Counts the caller's own yes.
    function _vote(Id id_, Tally tally_, uint8 seat) private {
        bytes32 word = _seats[_place(tally_.epoch(), seat)];
        uint256 weight = _weight(word);
        // forge-lint: disable-next-line(unsafe-typecast)
        require(weight != 0 && bytes28(word) == _keyOf(msg.sender), NotMember(seat, msg.sender));
        require(!_has(tally_.seats(), seat), AlreadyVoted(id_, seat));

        _count(id_, tally_, 1 << seat, weight);
    }

    /// @dev Counts the yes of every ballot from a seat that has not said it yet.
    function _submit(Proposal calldata proposal, Ballot[] calldata ballots) private returns (Id id_) {
        bytes32 content = proposal.hash();
        id_ = Id.wrap(_hashTypedDataV4(content));
        Tally tally_ = _tallies[id_];
        if (tally_.status() == ProposalStatus.None) tally_ = _open(id_, proposal);
        else _requireOpen(id_, tally_);

        uint256 epoch = tally_.epoch();
        uint256 counted = tally_.seats();
        uint256 seats = 0;
        uint256 weight = 0;
        for (uint256 i = 0; i < ballots.length; ++i) {
            Ballot memory ballot = ballots[i];
            if (_has(counted | seats, ballot.seat)) continue;
            uint256 given = _weightOf(ballot, epoch, _voteDigest(content, epoch, ballot.seat));
            require(given != 0, BadBallot(id_, ballot.seat));
            seats |= 1 << ballot.seat;
            weight += given;
        }
        require(seats != 0, NothingNew(id_));

        _count(id_, tally_, seats, weight);
    }

    /// @dev Only seats of the tally's epoch that are not counted yet come here.
    function _count(Id id_, Tally tally_, uint256 seats, uint256 weight) private {
        tally_ = tally_.count(seats, weight);
        _tallies[id_] = tally_;
        emit Voted(id_, msg.sender, seats, tally_.weight(), tally_.status());
    }

    function _execute(Id id_, Proposal calldata proposal) private {
        Tally tally_ = _tallies[id_];
        ProposalStatus status_ = tally_.status();
        uint256 from = proposal.executeFrom;
        uint256 until = proposal.executeBy;
        require(status_ == ProposalStatus.Passed, BadStatus(id_, status_));
        require(block.timestamp >= from, TooEarly(id_, from));
        require(block.timestamp < until, TooLate(id_, until));

        _tallies[id_] = tally_.become(ProposalStatus.Executed);
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

    /// @dev Writes the seats of the next epoch. One slot per member: a vote reads one slot (2,100 gas) however large
    /// the council is. A list of all members sent along against one stored hash would cost that slot too, and 512 gas
    /// and more per member in every vote; a Merkle path, 512 gas and more per level. Only changes of members would
    /// gain.
    function _reform(Member[] memory members, uint256 threshold) private {
        require(members.length != 0 && members.length <= MAX_MEMBERS, BadMemberCount(members.length));
        uint16 epoch = _electorate.epoch + 1;
        uint256 sum = 0;
        bytes28[] memory keys = new bytes28[](members.length);
        for (uint256 i = 0; i < members.length; ++i) {
            Member memory member = members[i];
            keys[i] = _newKey(keys, i, member.signer);
            require(member.weight != 0, BadWeight(i));
            // forge-lint: disable-next-line(unsafe-typecast)
            _seats[_place(epoch, uint8(i))] = bytes32(keys[i]) | bytes32(uint256(member.weight));
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
            uint8 seat = ballots[i].seat;
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
        bytes32 word = _seats[_place(epoch, ballot.seat)];
        uint256 weight = _weight(word);
        // forge-lint: disable-next-line(unsafe-typecast)
        return weight != 0 && _signs(bytes28(word), ballot.signature, digest) ? weight : 0;
    }

    /// @dev ECDSA comes first: an account with a key is never asked for code, which would cost a cold access.
    function _signs(bytes28 key, bytes memory signature, bytes32 digest) private view returns (bool) {
        if (key & LONG == 0) {
            // forge-lint: disable-next-line(unsafe-typecast)
            address member = address(bytes20(key));
            (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(digest, signature);
            if (failure == ECDSA.RecoverError.NoError && signer == member) return true;
            return SignatureChecker.isValidERC1271SignatureNow(member, digest, signature);
        }
        (bytes memory long, bytes memory inner) = abi.decode(signature, (bytes, bytes));
        return _keyOf(long) == key && SignatureChecker.isValidSignatureNow(long, digest, inner);
    }

    /// @dev `hash` is the struct hash of the proposal.
    function _voteDigest(bytes32 hash, uint256 epoch, uint8 seat) private view returns (bytes32) {
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

    /// @dev Where the seats of an epoch are: 256 places each, and at most 128 filled.
    function _place(uint256 epoch, uint8 seat) private pure returns (uint256) {
        return epoch << 8 | seat;
    }

    function _weight(bytes32 seat) private pure returns (uint256) {
        return uint32(uint256(seat));
    }

    /// @dev An address is its own key: it and eight zero bytes.
    function _keyOf(address signer) private pure returns (bytes28) {
        return bytes28(bytes20(signer));
    }

    /// @dev Any longer signer is known by its hash, whose last bit is set, so that it never passes for an address.
    function _keyOf(bytes memory signer) private pure returns (bytes28) {
        // forge-lint: disable-next-line(unsafe-typecast)
        if (signer.length == 20) return _keyOf(address(bytes20(signer)));
        return bytes28(keccak256(signer)) | LONG;
    }

    function _has(uint256 bitmap, uint8 seat) private pure returns (bool) {
        return bitmap & (1 << seat) != 0;
    }
}
