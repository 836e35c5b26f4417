// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IContractUri} from "../interfaces/IContractUri.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

/// @title ContractUri
/// @notice Keeps the address of a token contract's description.
abstract contract ContractUri is AccessManaged, IContractUri {
    string private _contractUri;

    /// @inheritdoc IContractUri
    function setContractURI(string calldata uri) external restricted {
        _contractUri = uri;
        emit ContractURIUpdated();
    }

    /// @inheritdoc IContractUri
    function contractURI() public view virtual returns (string memory) {
        return _contractUri;
    }
}
