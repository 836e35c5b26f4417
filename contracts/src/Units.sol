// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Attaching} from "./base/Attaching.sol";
import {ContractUri} from "./base/ContractUri.sol";
import {IContractUri} from "./interfaces/IContractUri.sol";
import {IUnits} from "./interfaces/IUnits.sol";
import {UnitClassHash} from "./libraries/UnitClassHash.sol";
import {UnitClass} from "./types/UnitClass.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC6909ContentURI, IERC6909Metadata} from "@openzeppelin/contracts/interfaces/IERC6909.sol";
import {ERC6909TokenSupply} from "@openzeppelin/contracts/token/ERC6909/extensions/ERC6909TokenSupply.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @title Units
/// @notice The ERC-6909 that holds many kinds of fungible units.
contract Units is IUnits, IERC6909Metadata, IERC6909ContentURI, ERC6909TokenSupply, EIP712, Attaching, ContractUri {
    using UnitClassHash for UnitClass;

    /// @dev What is kept of a class; issuer and decimals share a slot.
    struct Entry {
        address issuer;
        uint8 decimals;
        string name;
        string symbol;
        string uri;
    }

    mapping(uint256 id => Entry) private _entries;

    constructor(address authority_) EIP712("Quittance Units", "1") AccessManaged(authority_) {}

    /// @inheritdoc IUnits
    function create(UnitClass calldata class) external restricted returns (uint256 id) {
        require(class.issuer == msg.sender, NotIssuer(class.issuer, msg.sender));
        id = idOf(class);
        require(_entries[id].issuer == address(0), AlreadyCreated(id));

        _entries[id] =
            Entry({issuer: class.issuer, decimals: class.decimals, name: class.name, symbol: class.symbol, uri: ""});
        emit Created(id, class.issuer, class);
    }

    /// @inheritdoc IUnits
    function mint(address to, uint256 id, uint256 amount) external restricted {
        _checkIssuer(id);
        _mint(to, id, amount);
    }

    /// @inheritdoc IUnits
    function mintWithData(address to, uint256 id, uint256 amount, bytes calldata data) external restricted {
        _checkIssuer(id);
        _mint(to, id, amount);
        _attach(data);
    }

    /// @inheritdoc IUnits
    function transferWithData(address from, address to, uint256 id, uint256 amount, bytes calldata data) external {
        transferFrom(from, to, id, amount);
        _attach(data);
    }

    /// @inheritdoc IUnits
    function approveWithData(address spender, uint256 id, uint256 amount, bytes calldata data) external returns (bool) {
        _approve(msg.sender, spender, id, amount);
        _attach(data);
        return true;
    }

    /// @inheritdoc IUnits
    function setOperatorWithData(address spender, bool approved, bytes calldata data) external returns (bool) {
        _setOperator(msg.sender, spender, approved);
        _attach(data);
        return true;
    }

    /// @inheritdoc IUnits
    function burn(uint256 id, uint256 amount) external {
        _burn(msg.sender, id, amount);
    }

    /// @inheritdoc IUnits
    function burnWithData(address from, uint256 id, uint256 amount, bytes calldata data) external {
        require(from == msg.sender, NotHolder(from, msg.sender));

        _burn(from, id, amount);
        _attach(data);
    }

    /// @inheritdoc IUnits
    function setTokenURI(uint256 id, string calldata uri) external {
        _checkIssuer(id);

        _entries[id].uri = uri;
        emit URI(uri, id);
    }

    /// @inheritdoc IUnits
    function idOf(UnitClass calldata class) public view returns (uint256) {
        return uint256(_hashTypedDataV4(class.hash()));
    }

    /// @inheritdoc IUnits
    function issuerOf(uint256 id) external view returns (address) {
        return _entries[id].issuer;
    }

    /// @inheritdoc IERC6909Metadata
    function name(uint256 id) external view returns (string memory) {
        return _entries[id].name;
    }

    /// @inheritdoc IERC6909Metadata
    function symbol(uint256 id) external view returns (string memory) {
        return _entries[id].symbol;
    }

    /// @inheritdoc IERC6909Metadata
    function decimals(uint256 id) external view returns (uint8) {
        return _entries[id].decimals;
    }

    /// @inheritdoc IERC6909ContentURI
    function tokenURI(uint256 id) external view returns (string memory) {
        return _entries[id].uri;
    }

    /// @inheritdoc IContractUri
    function contractURI() public view override(ContractUri, IContractUri, IERC6909ContentURI) returns (string memory) {
        return super.contractURI();
    }

    /// @notice Which standards this token follows (ERC-165).
    function supportsInterface(bytes4 id) public view override(ERC6909TokenSupply, IERC165) returns (bool) {
        return id == type(IERC6909Metadata).interfaceId || id == type(IERC6909ContentURI).interfaceId
            || id == type(IContractUri).interfaceId || super.supportsInterface(id);
    }

    function _checkIssuer(uint256 id) private view {
        address issuer = _entries[id].issuer;
        require(issuer == msg.sender, NotIssuer(issuer, msg.sender));
    }
}
