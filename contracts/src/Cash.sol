// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Attaching} from "./base/Attaching.sol";
import {ContractUri} from "./base/ContractUri.sol";
import {ICash} from "./interfaces/ICash.sol";
import {IContractUri} from "./interfaces/IContractUri.sol";
import {IERC20WithData} from "./interfaces/IERC20WithData.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC3009, IERC3009Cancel} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {
    ERC20TransferAuthorization
} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20TransferAuthorization.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {NoncesKeyed} from "@openzeppelin/contracts/utils/NoncesKeyed.sol";
import {ERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";

/// @title Cash
/// @notice The ERC-20 that pays.
contract Cash is ICash, ERC20Permit, ERC20TransferAuthorization, Attaching, ContractUri, ERC165 {
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

    /// @inheritdoc IERC20WithData
    function mintWithData(address to, uint256 amount, bytes calldata data) external restricted {
        _mint(to, amount);
        _attach(data);
    }

    /// @inheritdoc IERC20WithData
    function transferWithData(address from, address to, uint256 amount, bytes calldata data) external {
        if (from != msg.sender) _spendAllowance(from, msg.sender, amount);
        _transfer(from, to, amount);
        _attach(data);
    }

    /// @inheritdoc IERC20WithData
    function approveWithData(address spender, uint256 amount, bytes calldata data) external returns (bool) {
        _approve(msg.sender, spender, amount);
        _attach(data);
        return true;
    }

    /// @inheritdoc ICash
    function burn(uint256 amount) external {
        _burn(msg.sender, amount);
    }

    /// @inheritdoc IERC20WithData
    function burnWithData(address from, uint256 amount, bytes calldata data) external {
        require(from == msg.sender, NotHolder(from, msg.sender));

        _burn(from, amount);
        _attach(data);
    }

    /// @notice Which standards this token follows (ERC-165).
    function supportsInterface(bytes4 id) public view override returns (bool) {
        return id == type(IERC20).interfaceId || id == type(IERC20Metadata).interfaceId
            || id == type(IERC20Permit).interfaceId || id == type(IERC3009).interfaceId
            || id == type(IERC3009Cancel).interfaceId || id == type(IERC20WithData).interfaceId
            || id == type(IContractUri).interfaceId || super.supportsInterface(id);
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
