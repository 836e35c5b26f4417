// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPartyRegistry} from "./interfaces/IPartyRegistry.sol";
import {Party} from "./types/Party.sol";

/// @title PartyRegistry
/// @notice Says where parties are found.
contract PartyRegistry is IPartyRegistry {
    uint256 public constant MAX_NAME = 64;
    uint256 public constant MAX_ENDPOINT = 256;

    mapping(address party => Party) private _parties;

    /// @inheritdoc IPartyRegistry
    mapping(string name => address) public partyOf;
    /// @inheritdoc IPartyRegistry
    mapping(bytes32 tlsKey => address) public partyOfTlsKey;

    /// @inheritdoc IPartyRegistry
    function register(string calldata name, string calldata endpoint, bytes32 tlsKey) external {
        require(_isName(bytes(name)), BadName(name));
        uint256 length = bytes(endpoint).length;
        require(length != 0 && length <= MAX_ENDPOINT, BadEndpoint(length));
        require(tlsKey != bytes32(0), ZeroTlsKey());
        _release(msg.sender);
        require(partyOf[name] == address(0), NameTaken(name));
        require(partyOfTlsKey[tlsKey] == address(0), TlsKeyTaken(tlsKey));

        partyOf[name] = msg.sender;
        partyOfTlsKey[tlsKey] = msg.sender;
        _parties[msg.sender] = Party({name: name, endpoint: endpoint, tlsKey: tlsKey});
        emit Registered(msg.sender, name, endpoint, tlsKey);
    }

    /// @inheritdoc IPartyRegistry
    function remove() external {
        require(_parties[msg.sender].tlsKey != bytes32(0), NotRegistered(msg.sender));

        _release(msg.sender);
        delete _parties[msg.sender];
        emit Removed(msg.sender);
    }

    /// @inheritdoc IPartyRegistry
    function get(address party) external view returns (Party memory) {
        return _parties[party];
    }

    /// @dev Frees the name and the key of `party`, if it has any.
    function _release(address party) private {
        Party storage entry = _parties[party];
        if (entry.tlsKey == bytes32(0)) return;
        delete partyOf[entry.name];
        delete partyOfTlsKey[entry.tlsKey];
    }

    function _isName(bytes calldata name) private pure returns (bool) {
        if (name.length == 0 || name.length > MAX_NAME) return false;
        for (uint256 i = 0; i < name.length; ++i) {
            bytes1 c = name[i];
            if (!((c >= "a" && c <= "z") || (c >= "0" && c <= "9") || c == "-" || c == ".")) return false;
        }
        return true;
    }
}
