// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICash} from "./interfaces/ICash.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {
    ERC20TransferAuthorization
} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20TransferAuthorization.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {NoncesKeyed} from "@openzeppelin/contracts/utils/NoncesKeyed.sol";

/// @title Cash
/// @notice The ERC-20 that pays.
contract Cash is ICash, ERC20Permit, ERC20TransferAuthorization, AccessManaged {
    uint8 private immutable _decimals;

    constructor(string memory name_, string memory symbol_, uint8 decimals_, address authority_)
        ERC20(name_, symbol_)
        ERC20Permit(name_)
        AccessManaged(authority_)
    {
        _decimals = decimals_;
    }

    /// @inheritdoc ICash
    function mint(address to, uint256 amount) external restricted {
        _mint(to, amount);
    }

    /// @inheritdoc ICash
    function burn(uint256 amount) external {
        _burn(msg.sender, amount);
    }

    /// @notice How many decimal places wallets show.
    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    /// @notice The next permit nonce of `owner`; also the next nonce under key 0 for authorisations.
    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    function _useCheckedNonce(address owner, uint256 nonce) internal override(Nonces, NoncesKeyed) {
        super._useCheckedNonce(owner, nonce);
    }
}
