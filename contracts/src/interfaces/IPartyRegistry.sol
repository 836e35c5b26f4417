// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Party} from "../types/Party.sol";

/// @title IPartyRegistry
/// @notice A phone book that each party writes for itself: under which name, where and with which TLS key it is found.
///
/// States of an address:
///
///   Unknown --register--> Registered --register (change)--> Registered --remove--> Unknown
///
/// Timeline: no deadlines. The latest registration wins; what it replaces is free for others at once.
///
/// The party is the caller, and its address is also its signing key. There is no owner, and no entry can be made or
/// changed for somebody else. A name here is first come, first served: it says nothing about who is behind it.
interface IPartyRegistry {
    /// @notice `party` is found so from now on.
    event Registered(address indexed party, string name, string endpoint, bytes32 tlsKey);
    /// @notice `party` is no longer found.
    event Removed(address indexed party);

    error BadName(string name);
    error BadEndpoint(uint256 length);
    error ZeroTlsKey();
    error NameTaken(string name);
    error TlsKeyTaken(bytes32 tlsKey);
    error NotRegistered(address party);

    /// @notice Enters the caller, or changes its entry.
    /// @param name 1 to 64 bytes of a-z, 0-9, hyphen and dot; no other party has it.
    /// @param endpoint 1 to 256 bytes, where peers connect.
    /// @param tlsKey What peers recognise it by, not zero; no other party has it.
    function register(string calldata name, string calldata endpoint, bytes32 tlsKey) external;

    /// @notice Removes the caller's entry.
    function remove() external;

    /// @notice The entry of an address; all empty if it has none.
    function get(address party) external view returns (Party memory);

    /// @notice Who has a name, or zero.
    function partyOf(string calldata name) external view returns (address);

    /// @notice Who has a TLS key, or zero.
    function partyOfTlsKey(bytes32 tlsKey) external view returns (address);
}
