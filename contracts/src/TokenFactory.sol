// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cash} from "./Cash.sol";
import {Item} from "./Item.sol";
import {Attaching} from "./base/Attaching.sol";
import {IFireFlyFactory, ITokenFactory} from "./interfaces/ITokenFactory.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAuthority} from "@openzeppelin/contracts/access/manager/IAuthority.sol";
import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";
import {ERC165} from "@openzeppelin/contracts/utils/introspection/ERC165.sol";

/// @title ItemCode
/// @notice Holds what makes an Item, because the factory could not hold that of two tokens within the limit on code.
contract ItemCode {
    function creationCode() external pure returns (bytes memory) {
        return type(Item).creationCode;
    }
}

/// @title TokenFactory
/// @notice Makes tokens at known addresses, and says who may mint them.
contract TokenFactory is ITokenFactory, Attaching, ERC165 {
    uint8 public constant DECIMALS = 18;
    ItemCode private immutable _itemCode = new ItemCode();

    /// @inheritdoc ITokenFactory
    mapping(address token => address) public issuerOf;
    /// @inheritdoc ITokenFactory
    mapping(address creator => uint256) public created;

    /// @inheritdoc ITokenFactory
    function create(string calldata name, string calldata symbol, bool isFungible, bytes calldata data)
        external
        returns (address token)
    {
        return _create(name, symbol, isFungible, data, "");
    }

    /// @inheritdoc ITokenFactory
    function create(
        string calldata name,
        string calldata symbol,
        bool isFungible,
        bytes calldata data,
        string calldata uri
    ) external returns (address token) {
        return _create(name, symbol, isFungible, data, uri);
    }

    /// @inheritdoc ITokenFactory
    function setIssuer(address token, address issuer) external {
        require(issuerOf[token] == msg.sender, NotIssuer(token, msg.sender));
        _setIssuer(token, issuer);
    }

    /// @inheritdoc ITokenFactory
    function setAuthority(address token, address authority) external {
        require(issuerOf[token] == msg.sender, NotIssuer(token, msg.sender));
        _setIssuer(token, address(0));
        IAccessManaged(token).setAuthority(authority);
    }

    /// @inheritdoc ITokenFactory
    function predict(
        address creator,
        uint256 number,
        string calldata name,
        string calldata symbol,
        bool isFungible,
        string calldata uri
    ) external view returns (address token) {
        return Create2.computeAddress(_salt(creator, number), keccak256(_initCode(name, symbol, isFungible, uri)));
    }

    /// @inheritdoc IAuthority
    function canCall(address caller, address target, bytes4) external view returns (bool allowed) {
        return caller != address(0) && issuerOf[target] == caller;
    }

    /// @notice Which interfaces this factory has (ERC-165).
    function supportsInterface(bytes4 id) public view override returns (bool) {
        return id == type(IFireFlyFactory).interfaceId || id == type(IAuthority).interfaceId
            || id == type(ITokenFactory).interfaceId || super.supportsInterface(id);
    }

    function _create(
        string calldata name,
        string calldata symbol,
        bool isFungible,
        bytes calldata data,
        string memory uri
    ) private returns (address token) {
        _checkData(data);
        bytes memory code = _initCode(name, symbol, isFungible, uri);
        token = Create2.deploy(0, _salt(msg.sender, created[msg.sender]++), code);
        _setIssuer(token, msg.sender);
        emit TokenPoolCreation(token, name, symbol, isFungible, data);
    }

    function _setIssuer(address token, address issuer) private {
        issuerOf[token] = issuer;
        emit IssuerSet(token, issuer);
    }

    function _initCode(string calldata name, string calldata symbol, bool isFungible, string memory uri)
        private
        view
        returns (bytes memory)
    {
        if (!isFungible) {
            return abi.encodePacked(_itemCode.creationCode(), abi.encode(name, symbol, uri, address(this)));
        }
        require(bytes(uri).length == 0, UriOfFungible());
        return abi.encodePacked(type(Cash).creationCode, abi.encode(name, symbol, DECIMALS, address(this)));
    }

    function _salt(address creator, uint256 number) private pure returns (bytes32) {
        return keccak256(abi.encode(creator, number));
    }
}
