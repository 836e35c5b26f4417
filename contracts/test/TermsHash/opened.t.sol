// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../../src/interfaces/ISettlement.sol";
import {TermsHash} from "../../src/libraries/TermsHash.sol";
import {TermsLog} from "../../src/libraries/TermsLog.sol";
import {Asset} from "../../src/types/Asset.sol";
import {Id} from "../../src/types/Id.sol";
import {Condition, ConditionKind, Leg, Terms} from "../../src/types/Terms.sol";
import {Base} from "../Base.t.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice The libraries that read terms from calldata, beside the compiler's own way.
contract TermsReader {
    function hash(Terms calldata terms) external pure returns (bytes32) {
        return TermsHash.hash(terms, terms.legs, terms.conditions);
    }

    function hashPlainly(Terms memory terms) external pure returns (bytes32) {
        bytes32[] memory legs = new bytes32[](terms.legs.length);
        for (uint256 i = 0; i < legs.length; ++i) {
            legs[i] = keccak256(abi.encode(TermsHash.LEG_TYPEHASH, terms.legs[i]));
        }
        bytes32[] memory conditions = new bytes32[](terms.conditions.length);
        for (uint256 i = 0; i < conditions.length; ++i) {
            conditions[i] = keccak256(abi.encode(TermsHash.CONDITION_TYPEHASH, terms.conditions[i]));
        }
        return keccak256(
            abi.encode(
                TermsHash.TERMS_TYPEHASH,
                keccak256(abi.encodePacked(legs)),
                keccak256(abi.encodePacked(conditions)),
                terms.fundBy,
                terms.settleBy,
                terms.nonce
            )
        );
    }

    function log(Id id, uint256 leg, Terms calldata terms) external {
        TermsLog.opened(id, leg, terms, terms.legs, terms.conditions);
    }

    function logPlainly(Id id, uint256 leg, Terms calldata terms) external {
        emit ISettlement.Opened(id, msg.sender, leg, terms);
    }
}

contract TermsHashTest is Base {
    TermsReader private _reader = new TermsReader();

    function testFuzz_HashIsWhatFieldsGive(bytes32 seed, uint8 legs, uint8 conditions) public view {
        Terms memory terms = _random(seed, legs % 9, conditions % 9);
        assertEq(_reader.hash(terms), _reader.hashPlainly(terms));
    }

    function testFuzz_LogIsWhatEmitGives(bytes32 seed, uint8 legs, uint8 conditions, Id id, uint256 leg) public {
        Terms memory terms = _random(seed, legs % 9, conditions % 9);
        vm.recordLogs();
        _reader.log(id, leg, terms);
        _reader.logPlainly(id, leg, terms);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs[0].topics.length, 3);
        assertEq(abi.encode(logs[0].topics), abi.encode(logs[1].topics));
        assertEq(logs[0].data, logs[1].data);
    }

    /// @dev Terms laid out with gaps and with the conditions before the legs are the same terms, with the same id, hash
    /// and event.
    function test_LayoutOfCalldataDoesNotMatter() public {
        Terms memory terms = _deal();
        bytes memory data = _strange(settlement.id.selector, terms, 0);
        (bool done, bytes memory answer) = address(settlement).call(data);
        assertTrue(done);
        assertEq(abi.decode(answer, (Id)), settlement.id(terms));

        data = _strange(settlement.fund.selector, terms, 0);
        vm.expectEmit();
        emit ISettlement.Opened(settlement.id(terms), alice, 0, terms);
        vm.prank(alice);
        (done,) = address(settlement).call(data);
        assertTrue(done);
    }

    /// @dev A word that is no value of its field makes no terms: neither an id that can be opened, nor an event.
    function test_RevertWhen_FieldsHoldMore() public {
        Terms memory terms = _deal();
        bytes memory data = abi.encodeCall(settlement.fund, (terms, 0));
        // Words of the call: 2 + (offsets, fundBy, settleBy, nonce) + legs + conditions.
        uint256[7] memory words = [uint256(4), 5, 9, 10, 14, 15, 18];
        bytes32[7] memory old;
        for (uint256 i = 0; i < 7; ++i) {
            old[i] = _word(data, words[i]);
            _setWord(data, words[i], old[i] | bytes32(uint256(1) << 255));
            vm.prank(alice);
            (bool done,) = address(settlement).call(data);
            assertFalse(done, vm.toString(words[i]));
            _setWord(data, words[i], old[i]);
        }
        vm.prank(alice);
        (bool works,) = address(settlement).call(data);
        assertTrue(works);
    }

    /// @dev Cut calldata, and lengths beyond it, are refused.
    function test_RevertWhen_CalldataIsCut() public {
        Terms memory terms = _deal();
        bytes memory data = abi.encodeCall(settlement.fund, (terms, 0));
        uint256 length = data.length;
        for (uint256 cut = 1; cut < 200; cut += 33) {
            assembly ("memory-safe") {
                mstore(data, sub(length, cut))
            }
            vm.prank(alice);
            (bool done,) = address(settlement).call(data);
            assertFalse(done);
        }
    }

    function _random(bytes32 seed, uint256 legs, uint256 conditions) private pure returns (Terms memory terms) {
        terms.legs = new Leg[](legs);
        for (uint256 i = 0; i < legs; ++i) {
            bytes32 h = keccak256(abi.encode(seed, i));
            terms.legs[i] =
                Leg(Asset.wrap(h), address(bytes20(~h)), address(bytes20(h << 40)), uint256(~h), uint256(h >> 3));
        }
        terms.conditions = new Condition[](conditions);
        for (uint256 i = 0; i < conditions; ++i) {
            bytes32 h = keccak256(abi.encode(seed, "condition", i));
            terms.conditions[i] = Condition(ConditionKind(uint256(h) % 5), address(bytes20(h)), ~h);
        }
        (terms.fundBy, terms.settleBy) = (uint40(bytes5(seed)), uint40(bytes5(seed << 40)));
        terms.nonce = uint256(seed);
    }

    /// @dev A call whose terms come after a gap, conditions first, with a gap between the arrays.
    function _strange(bytes4 selector, Terms memory terms, uint256 leg) private pure returns (bytes memory) {
        bytes memory conditions = abi.encodePacked(terms.conditions.length);
        for (uint256 i = 0; i < terms.conditions.length; ++i) {
            conditions = abi.encodePacked(conditions, abi.encode(terms.conditions[i]));
        }
        bytes memory legs = abi.encodePacked(terms.legs.length);
        for (uint256 i = 0; i < terms.legs.length; ++i) {
            legs = abi.encodePacked(legs, abi.encode(terms.legs[i]));
        }
        bytes memory head =
            abi.encode(0xa0 + 32 + conditions.length + 64, 0xa0 + 32, terms.fundBy, terms.settleBy, terms.nonce);
        return abi.encodePacked(
            selector, abi.encode(0x60, leg, ~uint256(0)), head, ~uint256(0), conditions, ~uint256(0), ~uint256(0), legs
        );
    }

    function _word(bytes memory data, uint256 i) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := mload(add(data, add(0x24, shl(5, i))))
        }
    }

    function _setWord(bytes memory data, uint256 i, bytes32 word) private pure {
        assembly ("memory-safe") {
            mstore(add(data, add(0x24, shl(5, i))), word)
        }
    }
}
