// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Council} from "../../src/Council.sol";
import {Dvp} from "../../src/Dvp.sol";
import {Escrow} from "../../src/Escrow.sol";
import {Exchange} from "../../src/Exchange.sol";
import {HashLock} from "../../src/HashLock.sol";
import {Asset} from "../../src/types/Asset.sol";
import {DvpTerms, Windows} from "../../src/types/DvpTerms.sol";
import {EscrowTerms} from "../../src/types/EscrowTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {Lock, LockTerms} from "../../src/types/LockTerms.sol";
import {Order, Take} from "../../src/types/Order.sol";
import {Call, Member, Proposal} from "../../src/types/Proposal.sol";
import {Test} from "forge-std/Test.sol";

/// @notice ids.json: terms at the edges of their fields, with their ids and with what is signed about them, which other
/// languages check themselves against. An id is asked of terms that nobody could ever put anything under, too.
/// To write it anew: WRITE_VECTORS=true forge test --match-contract Ids
contract Ids is Test {
    string private constant PATH = "contracts/test/vectors/ids.json";
    address private constant COUNCIL = 0xC0C1000000000000000000000000000000000006;
    address private constant DVP = 0xD5D0000000000000000000000000000000000007;
    address private constant ESCROW = 0xE5c0000000000000000000000000000000000008;
    address private constant EXCHANGE = 0xE8c0000000000000000000000000000000000009;
    address private constant HASH_LOCK = 0xa51000000000000000000000000000000000000B;

    uint256 private constant SAMPLES = 10;
    /// @dev The highest bit of each width that a field has: 256, 160, 40, 16 and 8.
    uint256 private constant TOPS = 1 << 255 | 1 << 159 | 1 << 39 | 1 << 15 | 1 << 7;

    /// @dev Which sample is being made, and how many of its fields are.
    uint256 private _sample;
    uint256 private _fields;
    /// @dev The vectors of one contract in the making.
    string private _vectors;

    function setUp() public {
        Member[] memory members = new Member[](1);
        members[0] = Member(abi.encodePacked(address(1)), 1);
        deployCodeTo("Council.sol", abi.encode(members, 1), COUNCIL);
        deployCodeTo("Dvp.sol", DVP);
        deployCodeTo("Escrow.sol", ESCROW);
        deployCodeTo("Exchange.sol", EXCHANGE);
        deployCodeTo("HashLock.sol", HASH_LOCK);
    }

    function test_FileIsRight() public {
        string memory json = _json();
        if (vm.envOr("WRITE_VECTORS", false)) vm.writeFile(PATH, json);
        assertEq(vm.readFile(PATH), json);
    }

    /// @dev Put together by hand, because forge takes an array of objects for a text.
    function _json() private returns (string memory json) {
        json = string.concat('{"council":', _all(COUNCIL, _councilJson), ',"dvp":', _all(DVP, _dvpJson));
        json = string.concat(json, ',"escrow":', _all(ESCROW, _escrowJson));
        json = string.concat(json, ',"exchange":', _all(EXCHANGE, _exchangeJson));
        return string.concat(json, ',"hashLock":', _all(HASH_LOCK, _hashLockJson), "}\n");
    }

    /// @dev Every sample of one contract, each on a chain of its own.
    function _all(address contract_, function(string memory) returns (string memory) sampleJson)
        private
        returns (string memory)
    {
        uint64[4] memory chains = [uint64(1), 31337, 1 << 32, (1 << 53) - 1];
        string memory list = "";
        for (_sample = 0; _sample < SAMPLES; ++_sample) {
            _fields = 0;
            vm.chainId(chains[_sample % chains.length]);
            string memory object = string.concat(vm.toString(contract_), vm.toString(_sample));
            vm.serializeUint(object, "chainId", block.chainid);
            vm.serializeAddress(object, "contract", contract_);
            list = string.concat(list, _sample == 0 ? "" : ",", sampleJson(object));
        }
        return string.concat("[", list, "]");
    }

    function _escrowJson(string memory object) private returns (string memory) {
        EscrowTerms memory terms;
        (terms.payer, terms.payee, terms.asset) = (_address(), _address(), Asset.wrap(_bytes32()));
        (terms.tokenId, terms.amount, terms.subject) = (_next(), _next(), _bytes32());
        (terms.arbiter, terms.bond, terms.defaultBps) = (_address(), _next(), uint16(_next()));
        (terms.acceptBy, terms.disputeBy, terms.ruleWindow) = (_uint40(), _uint40(), _uint40());
        terms.nonce = _next();
        uint16 releasedBps = uint16(_next());
        Id id = Escrow(ESCROW).id(terms);

        string memory fields = string.concat(object, ".terms");
        vm.serializeAddress(fields, "payer", terms.payer);
        vm.serializeAddress(fields, "payee", terms.payee);
        vm.serializeBytes32(fields, "asset", Asset.unwrap(terms.asset));
        vm.serializeBytes32(fields, "tokenId", bytes32(terms.tokenId));
        vm.serializeBytes32(fields, "amount", bytes32(terms.amount));
        vm.serializeBytes32(fields, "subject", terms.subject);
        vm.serializeAddress(fields, "arbiter", terms.arbiter);
        vm.serializeBytes32(fields, "bond", bytes32(terms.bond));
        vm.serializeUint(fields, "defaultBps", terms.defaultBps);
        vm.serializeUint(fields, "acceptBy", terms.acceptBy);
        vm.serializeUint(fields, "disputeBy", terms.disputeBy);
        vm.serializeUint(fields, "ruleWindow", terms.ruleWindow);
        vm.serializeString(object, "terms", vm.serializeBytes32(fields, "nonce", bytes32(terms.nonce)));

        vm.serializeBytes(object, "abi", abi.encode(terms));
        vm.serializeUint(object, "releasedBps", releasedBps);
        vm.serializeBytes32(object, "releaseDigest", Escrow(ESCROW).releaseDigest(id, releasedBps));
        return vm.serializeBytes32(object, "id", Id.unwrap(id));
    }

    function _hashLockJson(string memory object) private returns (string memory) {
        LockTerms memory terms;
        (terms.sender, terms.receiver, terms.asset) = (_address(), _address(), Asset.wrap(_bytes32()));
        (terms.tokenId, terms.amount, terms.hashlock) = (_next(), _next(), _bytes32());
        terms.lock = Lock.wrap(_bytes32());

        string memory fields = string.concat(object, ".terms");
        vm.serializeAddress(fields, "sender", terms.sender);
        vm.serializeAddress(fields, "receiver", terms.receiver);
        vm.serializeBytes32(fields, "asset", Asset.unwrap(terms.asset));
        vm.serializeBytes32(fields, "tokenId", bytes32(terms.tokenId));
        vm.serializeBytes32(fields, "amount", bytes32(terms.amount));
        vm.serializeBytes32(fields, "hashlock", terms.hashlock);
        vm.serializeString(object, "terms", vm.serializeBytes32(fields, "lock", Lock.unwrap(terms.lock)));

        // What the word `lock` says.
        vm.serializeUint(object, "kind", uint8(bytes1(Lock.unwrap(terms.lock))));
        vm.serializeUint(object, "deadline", terms.lock.deadline());
        vm.serializeBytes32(object, "nonce", bytes32(uint256(terms.lock.nonce())));
        vm.serializeBytes(object, "abi", abi.encode(terms));
        return vm.serializeBytes32(object, "id", Id.unwrap(HashLock(HASH_LOCK).id(terms)));
    }

    function _exchangeJson(string memory object) private returns (string memory) {
        Order memory order;
        (order.maker, order.taker) = (_address(), _address());
        (order.give, order.giveId, order.giveAmount) = (Asset.wrap(_bytes32()), _next(), _next());
        (order.take, order.takeId, order.takeAmount) = (Asset.wrap(_bytes32()), _next(), _next());
        (order.minFill, order.deadline, order.nonce) = (_next(), _uint40(), _next());
        Take memory take = Take(_address(), _next(), _uint40(), _next());
        Id id = Exchange(EXCHANGE).id(order);

        string memory fields = string.concat(object, ".order");
        vm.serializeAddress(fields, "maker", order.maker);
        vm.serializeAddress(fields, "taker", order.taker);
        vm.serializeBytes32(fields, "give", Asset.unwrap(order.give));
        vm.serializeBytes32(fields, "giveId", bytes32(order.giveId));
        vm.serializeBytes32(fields, "giveAmount", bytes32(order.giveAmount));
        vm.serializeBytes32(fields, "take", Asset.unwrap(order.take));
        vm.serializeBytes32(fields, "takeId", bytes32(order.takeId));
        vm.serializeBytes32(fields, "takeAmount", bytes32(order.takeAmount));
        vm.serializeBytes32(fields, "minFill", bytes32(order.minFill));
        vm.serializeUint(fields, "deadline", order.deadline);
        vm.serializeString(object, "order", vm.serializeBytes32(fields, "nonce", bytes32(order.nonce)));

        // The order's id is the first field of what is signed.
        fields = string.concat(object, ".take");
        vm.serializeBytes32(fields, "order", Id.unwrap(id));
        vm.serializeAddress(fields, "taker", take.taker);
        vm.serializeBytes32(fields, "amount", bytes32(take.amount));
        vm.serializeUint(fields, "deadline", take.deadline);
        vm.serializeString(object, "take", vm.serializeBytes32(fields, "nonce", bytes32(take.nonce)));

        vm.serializeBytes(object, "abi", abi.encode(order));
        vm.serializeBytes32(object, "takeDigest", Exchange(EXCHANGE).takeDigest(id, take));
        return vm.serializeBytes32(object, "id", Id.unwrap(id));
    }

    function _dvpJson(string memory object) private returns (string memory) {
        DvpTerms memory terms;
        (terms.seller, terms.buyer) = (_address(), _address());
        (terms.asset, terms.tokenId, terms.amount) = (Asset.wrap(_bytes32()), _next(), _next());
        (terms.payment, terms.price, terms.subject) = (Asset.wrap(_bytes32()), _next(), _bytes32());
        terms.windows = Windows.wrap(_bytes32());
        Id id = Dvp(DVP).id(terms);

        string memory fields = string.concat(object, ".terms");
        vm.serializeAddress(fields, "seller", terms.seller);
        vm.serializeAddress(fields, "buyer", terms.buyer);
        vm.serializeBytes32(fields, "asset", Asset.unwrap(terms.asset));
        vm.serializeBytes32(fields, "tokenId", bytes32(terms.tokenId));
        vm.serializeBytes32(fields, "amount", bytes32(terms.amount));
        vm.serializeBytes32(fields, "payment", Asset.unwrap(terms.payment));
        vm.serializeBytes32(fields, "price", bytes32(terms.price));
        vm.serializeBytes32(fields, "subject", terms.subject);
        vm.serializeString(object, "terms", vm.serializeBytes32(fields, "windows", Windows.unwrap(terms.windows)));

        // What the word `windows` says.
        vm.serializeUint(object, "fundBy", terms.windows.fundBy());
        vm.serializeUint(object, "settleBy", terms.windows.settleBy());
        vm.serializeBytes32(object, "nonce", bytes32(uint256(terms.windows.nonce())));
        vm.serializeBytes(object, "abi", abi.encode(terms));
        vm.serializeBytes32(object, "receiptDigest", Dvp(DVP).receiptDigest(id, terms.buyer, terms.subject));
        vm.serializeBytes32(object, "cancelDigest", Dvp(DVP).cancelDigest(id, terms.seller));
        return vm.serializeBytes32(object, "id", Id.unwrap(id));
    }

    function _councilJson(string memory object) private returns (string memory) {
        Proposal memory proposal;
        proposal.subject = _bytes32();
        (proposal.voteBy, proposal.executeFrom, proposal.executeBy) = (_uint40(), _uint40(), _uint40());
        proposal.nonce = _next();
        (uint256 epoch, uint8 seat, bytes32 digest) = (_next(), uint8(_next()), _bytes32());
        proposal.calls = new Call[](_sample % 4);
        for (uint256 i = 0; i < proposal.calls.length; ++i) {
            proposal.calls[i] = Call(_address(), _next(), _data(_sample + i));
        }

        vm.serializeString(object, "proposal", _proposalJson(proposal));
        vm.serializeBytes32(object, "epoch", bytes32(epoch));
        vm.serializeUint(object, "seat", seat);
        vm.serializeBytes32(object, "digest", digest);
        vm.serializeBytes(object, "abi", abi.encode(proposal));
        Council council = Council(payable(COUNCIL));
        vm.serializeBytes32(object, "voteDigest", council.voteDigest(proposal, epoch, seat));
        vm.serializeBytes32(object, "approvalDigest", council.approvalDigest(digest, epoch, seat));
        return vm.serializeBytes32(object, "id", Id.unwrap(council.id(proposal)));
    }

    function _proposalJson(Proposal memory proposal) private returns (string memory json) {
        for (uint256 i = 0; i < proposal.calls.length; ++i) {
            string memory fields = string.concat("call", vm.toString(_sample), vm.toString(i));
            vm.serializeAddress(fields, "target", proposal.calls[i].target);
            vm.serializeBytes32(fields, "value", bytes32(proposal.calls[i].value));
            json = string.concat(json, i == 0 ? "" : ",", vm.serializeBytes(fields, "data", proposal.calls[i].data));
        }
        json = string.concat('{"calls":[', json, '],"subject":"', vm.toString(proposal.subject), '","voteBy":');
        json = string.concat(json, vm.toString(proposal.voteBy), ',"executeFrom":', vm.toString(proposal.executeFrom));
        json = string.concat(json, ',"executeBy":', vm.toString(proposal.executeBy), ',"nonce":"');
        return string.concat(json, vm.toString(bytes32(proposal.nonce)), '"}');
    }

    /// @dev The value of the next field: nothing, everything, the highest bits, the lowest bit, every other bit, the
    /// number of the field, and whatever comes.
    function _next() private returns (uint256) {
        ++_fields;
        uint256[6] memory same = [0, type(uint256).max, TOPS, 1, type(uint256).max / 3, type(uint256).max / 3 * 2];
        if (_sample < 6) return same[_sample];
        return _sample == 6 ? _fields : uint256(keccak256(abi.encode(_sample, _fields)));
    }

    function _bytes32() private returns (bytes32) {
        return bytes32(_next());
    }

    function _address() private returns (address) {
        return address(uint160(_next()));
    }

    function _uint40() private returns (uint40) {
        return uint40(_next());
    }

    /// @dev Data of a length around that of a word, or of none.
    function _data(uint256 which) private returns (bytes memory data) {
        uint256[6] memory lengths = [uint256(0), 1, 31, 32, 33, 68];
        data = new bytes(lengths[which % lengths.length]);
        for (uint256 i = 0; i < data.length; ++i) {
            data[i] = bytes1(uint8(_next()));
        }
    }
}
