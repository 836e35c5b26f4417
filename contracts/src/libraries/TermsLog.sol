// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "../interfaces/ISettlement.sol";
import {Id} from "../types/Id.sol";
import {Condition, Leg, Terms} from "../types/Terms.sol";

/// @title TermsLog
/// @notice Emits `Opened` with the terms copied from calldata, instead of decoded and encoded again field by field: the
/// same bytes for half the gas. Only for terms that have been checked: what calldata may hold beside a field's own
/// bits would be copied too.
library TermsLog {
    uint256 private constant LEG_SIZE = 5 * 32;
    uint256 private constant CONDITION_SIZE = 3 * 32;

    /// @notice Emits Opened(id, msg.sender, leg, terms).
    /// @param legs `terms.legs`, and `conditions` likewise: callers need them too, and finding them is not for free.
    function opened(Id id, uint256 leg, Terms calldata terms, Leg[] calldata legs, Condition[] calldata conditions)
        internal
    {
        bytes32 topic = ISettlement.Opened.selector;
        assembly ("memory-safe") {
            // leg, offset of the terms; their head: offset of the legs, offset of the conditions, fundBy, settleBy,
            // nonce; the legs with their count, the conditions with theirs.
            let data := mload(0x40)
            let legsSize := mul(legs.length, LEG_SIZE)
            let conditionsSize := mul(conditions.length, CONDITION_SIZE)
            mstore(data, leg)
            mstore(add(data, 0x20), 0x40)
            mstore(add(data, 0x40), 0xa0)
            mstore(add(data, 0x60), add(legsSize, 0xc0))
            calldatacopy(add(data, 0x80), add(terms, 0x40), 0x60)
            mstore(add(data, 0xe0), legs.length)
            calldatacopy(add(data, 0x100), legs.offset, legsSize)
            let list := add(add(data, 0x100), legsSize)
            mstore(list, conditions.length)
            calldatacopy(add(list, 0x20), conditions.offset, conditionsSize)
            log3(data, add(add(legsSize, conditionsSize), 0x120), topic, id, caller())
        }
    }
}
