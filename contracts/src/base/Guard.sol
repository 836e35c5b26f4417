// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Guard
/// @notice Lets nobody in while a call is under way: neither to change nor to read what is half changed.
/// @dev OpenZeppelin's ReentrancyGuardTransient does the same for 150 gas more, spent on finding its slot by name,
/// which only proxies need. Transient storage is of one transaction: there is nothing to clear after a revert.
abstract contract Guard {
    uint256 private transient _calls;

    error Reentered();

    modifier nonReentrant() {
        require(_calls == 0, Reentered());
        _calls = 1;
        _;
        _calls = 0;
    }

    modifier nonReentrantView() {
        require(_calls == 0, Reentered());
        _;
    }

    /// @dev Whether a call is under way.
    function _entered() internal view returns (bool) {
        return _calls != 0;
    }
}
