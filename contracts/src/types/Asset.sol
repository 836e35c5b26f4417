// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The standard that an asset follows.
enum AssetKind {
    ERC20,
    ERC721,
    ERC1155,
    ERC6909,
    Native
}

/// @title Asset
/// @notice What can change hands: the kind in the first byte, the token contract in the last twenty, zeros between.
/// An ERC-20 is thus its own address, and the chain's native coin 0x04 followed by zeros. One word instead of two,
/// because terms are sent with every call and emitted in full.
///
/// An asset always goes with a token id and an amount:
///   ERC-20, native coin   id 0, amount > 0
///   ERC-721               its id, amount 1
///   ERC-1155, ERC-6909    its id, amount > 0
type Asset is bytes32;

using {eq as ==, kind, kindNumber, token, isWellFormed} for Asset global;

function eq(Asset a, Asset b) pure returns (bool) {
    return Asset.unwrap(a) == Asset.unwrap(b);
}

/// @dev Panics if there is no such kind.
function kind(Asset asset) pure returns (AssetKind) {
    return AssetKind(uint8(bytes1(Asset.unwrap(asset))));
}

/// @dev The kind without a look at whether there is such a one: each use of an enum costs a check of its range.
function kindNumber(Asset asset) pure returns (uint256) {
    return uint256(Asset.unwrap(asset)) >> 248;
}

function token(Asset asset) pure returns (address) {
    return address(uint160(uint256(Asset.unwrap(asset))));
}

/// @notice Whether the word says something, and `tokenId` and `amount` go with it.
function isWellFormed(Asset asset, uint256 tokenId, uint256 amount) pure returns (bool) {
    uint256 word = uint256(Asset.unwrap(asset));
    if (amount == 0) return false;
    // The everyday case first: an ERC-20 is its own address.
    if (word >> 160 == 0) return tokenId == 0;
    if (word << 8 >> 168 != 0) return false;
    uint256 kind_ = word >> 248;
    if (kind_ == uint256(AssetKind.ERC721)) return amount == 1;
    if (kind_ < uint256(AssetKind.Native)) return true;
    return word == uint256(AssetKind.Native) << 248 && tokenId == 0;
}

function toAsset(AssetKind kind_, address token_) pure returns (Asset) {
    return Asset.wrap(bytes32(uint256(kind_) << 248 | uint160(token_)));
}
