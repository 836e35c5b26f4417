// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What halmos offers beside forge's cheat codes.
interface Svm {
    /// @notice Makes the storage of `account` arbitrary: a proof then holds from every state, not only from the first.
    function enableSymbolicStorage(address account) external;
}

/// @dev keccak256("svm cheat code"), the address that halmos answers at.
Svm constant svm = Svm(address(uint160(uint256(keccak256("svm cheat code")))));
