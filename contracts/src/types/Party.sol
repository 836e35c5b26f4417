// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice How a party is found: `tlsKey` is what its peers recognise it by when they connect to `endpoint`.
struct Party {
    string name;
    string endpoint;
    bytes32 tlsKey;
}
