// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Asset} from "./Asset.sol";

/// @notice All that payer and payee agree on. Shares are in basis points: 10,000 is everything.
/// @param subject What is to be delivered, as the parties name it: a document's id, the hash of a contract. Never read.
/// @param arbiter Who decides a dispute, an account or a Council; zero if nobody does, and time alone ends it.
/// @param bond What a dispute costs, in the same asset: the arbiter's fee, and back to the disputer without a ruling.
/// @param defaultBps The payee's share of what is left when nobody rules in time.
/// @param ruleWindow How long the arbiter has, in seconds from the dispute.
struct EscrowTerms {
    address payer;
    address payee;
    Asset asset;
    uint256 tokenId;
    uint256 amount;
    bytes32 subject;
    address arbiter;
    uint256 bond;
    uint16 defaultBps;
    uint40 acceptBy;
    uint40 disputeBy;
    uint40 ruleWindow;
    uint256 nonce;
}
