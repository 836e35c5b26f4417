// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A kind of fungible unit, such as one bond issue or one share class. `nonce` lets equal classes repeat.
struct UnitClass {
    address issuer;
    string name;
    string symbol;
    uint8 decimals;
    uint256 nonce;
}
