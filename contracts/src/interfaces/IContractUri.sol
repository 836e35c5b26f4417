// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IContractUri
/// @notice Says where a token contract as a whole is described (ERC-7572): what wallets show beside its name.
interface IContractUri {
    /// @notice `contractURI` answers differently from now on.
    event ContractURIUpdated();

    /// @notice Changes where the description is. Only the issuer role. Emits ContractURIUpdated.
    function setContractURI(string calldata uri) external;

    /// @notice Where the description is; empty until it is set.
    function contractURI() external view returns (string memory);
}
