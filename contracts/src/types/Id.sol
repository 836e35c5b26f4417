// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Id
/// @notice The name of an agreed thing: the EIP-712 digest of its terms. It binds chain, contract and every field.
type Id is bytes32;

using {eq as ==, neq as !=} for Id global;

function eq(Id a, Id b) pure returns (bool) {
    return Id.unwrap(a) == Id.unwrap(b);
}

function neq(Id a, Id b) pure returns (bool) {
    return Id.unwrap(a) != Id.unwrap(b);
}
