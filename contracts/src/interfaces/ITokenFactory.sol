// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAuthority} from "@openzeppelin/contracts/access/manager/IAuthority.sol";

/// @title ITokenFactory
/// @notice Makes a token in one call, in the shape that FireFly's token connector knows: a Cash with 18 decimals or an
/// Item, whose issuer is the caller.
///
/// States of a token, seen from here (`Left` is final):
///
///   None --create--> Ours --setIssuer--> Ours --setAuthority--> Left
///
/// Timeline: no deadlines.
///
/// The factory is the authority of each token it makes, and all that this authority ever says is: the issuer may,
/// others may not. It has no owner and no way of its own to mint. An issuer hands its token on by `setIssuer` (to the
/// zero address: nobody mints any more, for good), or takes it to an authority of its choice by `setAuthority`, for
/// instance an AccessManager with roles and delays; from then on the factory has no say.
///
/// A token's address is known before it is there, and nobody else can take it: it depends on the creator, on how many
/// tokens the creator made before, and on the token's own arguments. The factory itself has no arguments, so it and the
/// tokens of a creator have the same addresses on every chain.
interface ITokenFactory is IAuthority {
    /// @notice A token is there. `data` is what the creator sent along. (FireFly's connector reads this event.)
    event TokenPoolCreation(address indexed contract_address, string name, string symbol, bool is_fungible, bytes data);
    /// @notice `issuer` alone may mint `token` from now on; zero: nobody may, as far as this factory has a say.
    event IssuerSet(address indexed token, address indexed issuer);

    error NotIssuer(address token, address caller);
    error UriOfFungible();

    /// @notice Makes a token. Anyone, who becomes its issuer. The name of a fungible token has at most 31 bytes,
    /// because it is also the name of its EIP-712 domain. Emits IssuerSet, then TokenPoolCreation.
    function create(string calldata name, string calldata symbol, bool isFungible, bytes calldata data)
        external
        returns (address token);

    /// @notice The same, with the base of the URIs of its items. A fungible token has none, so `uri` must be empty
    /// then.
    function create(
        string calldata name,
        string calldata symbol,
        bool isFungible,
        bytes calldata data,
        string calldata uri
    ) external returns (address token);

    /// @notice Hands a token on to another issuer, or with zero gives up minting it for good. Only its issuer.
    /// Emits IssuerSet.
    function setIssuer(address token, address issuer) external;

    /// @notice Makes a contract the authority of a token, instead of this factory. Only its issuer.
    /// Emits IssuerSet with zero; the token emits AuthorityUpdated.
    function setAuthority(address token, address authority) external;

    /// @notice Where token number `number` (from 0) of `creator` is or will be.
    function predict(
        address creator,
        uint256 number,
        string calldata name,
        string calldata symbol,
        bool isFungible,
        string calldata uri
    ) external view returns (address token);

    /// @notice How many tokens an account has made here.
    function created(address creator) external view returns (uint256);

    /// @notice Who may mint a token of this factory; zero if nobody may, or if this factory has no say.
    function issuerOf(address token) external view returns (address);
}

/// @title IFireFlyFactory
/// @notice What FireFly's connector asks for by ERC-165, with the id 0x83a74a0c, before it sends a URI along.
interface IFireFlyFactory {
    function create(
        string calldata name,
        string calldata symbol,
        bool isFungible,
        bytes calldata data,
        string calldata uri
    ) external returns (address token);
}
