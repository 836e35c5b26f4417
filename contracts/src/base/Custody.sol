// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICustody} from "../interfaces/ICustody.sol";
import {Moves} from "../libraries/Moves.sol";
import {Reads} from "../libraries/Reads.sol";
import {Transfers} from "../libraries/Transfers.sol";
import {Asset, AssetKind} from "../types/Asset.sol";
import {Id} from "../types/Id.sol";
import {Guard} from "./Guard.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {ERC165Checker} from "@openzeppelin/contracts/utils/introspection/ERC165Checker.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Custody
/// @notice Takes assets in whole and lets them out without ever being held up. `multicall` is not payable, so a value
/// that was sent counts once.
abstract contract Custody is ICustody, IERC1155Receiver, Multicall, Guard {
    /// @notice The gas that one push out may use: enough for any usual token, and a bound on what a hostile one burns.
    uint256 public constant PUSH_GAS = 300_000;
    /// @dev A push may count as refused only if it had all of PUSH_GAS; 1/64 of the rest stays with the caller.
    uint256 private constant PUSH_GAS_FLOOR = PUSH_GAS * 64 / 63 + 20_000;

    mapping(address payee => mapping(Asset => mapping(uint256 tokenId => uint256))) private _owed;

    /// @inheritdoc ICustody
    function withdraw(Asset asset, uint256 tokenId, address to) external nonReentrant returns (uint256 amount) {
        amount = _owed[msg.sender][asset][tokenId];
        require(amount != 0, NothingOwed(msg.sender, asset, tokenId));
        require(to != address(0) && to != address(this), BadRecipient(to));

        _owed[msg.sender][asset][tokenId] = 0;
        emit Withdrawn(msg.sender, asset, to, tokenId, amount);

        require(Moves.tryPush(asset, to, tokenId, amount, gasleft()), Refused(asset, to));
    }

    /// @inheritdoc ICustody
    function permit(address token, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s)
        external
        nonReentrant
    {
        try IERC20Permit(token).permit(msg.sender, address(this), amount, deadline, v, r, s) {} catch {}
    }

    /// @notice Takes an ERC-1155 only while this contract is pulling it.
    function onERC1155Received(address operator, address, uint256, uint256, bytes calldata)
        external
        view
        returns (bytes4)
    {
        bool expected = operator == address(this) && _entered();
        return expected ? IERC1155Receiver.onERC1155Received.selector : bytes4(0);
    }

    /// @notice Takes no batches.
    function onERC1155BatchReceived(address, address, uint256[] calldata, uint256[] calldata, bytes calldata)
        external
        pure
        returns (bytes4)
    {
        return 0;
    }

    /// @inheritdoc ICustody
    function owed(address payee, Asset asset, uint256 tokenId) external view nonReentrantView returns (uint256) {
        return _owed[payee][asset][tokenId];
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC1155Receiver).interfaceId || interfaceId == type(IERC165).interfaceId;
    }

    /// @dev Takes an asset from the caller, and checks that it came in whole. Callers are guarded against reentrancy.
    function _pull(Asset asset, uint256 tokenId, uint256 amount) internal {
        require(asset.isWellFormed(tokenId, amount), BadAsset(asset, tokenId, amount));
        if (asset.kindNumber() == uint256(AssetKind.Native)) {
            require(msg.value == amount, WrongAmount(asset, msg.value, amount));
            return;
        }

        require(msg.value == 0, WrongAmount(asset, msg.value, amount));
        uint256 moved = Transfers.move(asset, msg.sender, address(this), tokenId, amount);
        require(moved == amount, WrongAmount(asset, moved, amount));
        require(amount != 1 || !_isPosing(asset, tokenId), BadAsset(asset, tokenId, amount));
    }

    /// @dev Sends an asset out of custody; if it refuses, keeps it for the payee to withdraw. Never reverts because of
    /// what a token does.
    function _push(Id id, Asset asset, address payee, uint256 tokenId, uint256 amount) internal {
        uint256 gasBefore = gasleft();
        if (Moves.tryPush(asset, payee, tokenId, amount, PUSH_GAS)) return;

        // A caller that gives too little gas must not turn a good push into a credit.
        require(gasBefore >= PUSH_GAS_FLOOR, TooLittleGas(gasBefore, PUSH_GAS_FLOOR));
        // Saturating: a token that deals in absurd amounts must not hold up the rest of a deal either.
        _owed[payee][asset][tokenId] = Math.saturatingAdd(_owed[payee][asset][tokenId], amount);
        emit Credited(id, payee, asset, tokenId, amount);
    }

    /// @dev Both standards of old move in by the same call, but an ERC-721 never moves out by that of an ERC-20, nor
    /// the other way round: number 1 could pose as one unit of cash, and any amount of cash as the number of an NFT.
    function _isPosing(Asset asset, uint256 tokenId) private view returns (bool) {
        (address token, uint256 kind) = (asset.token(), asset.kindNumber());
        if (kind == uint256(AssetKind.ERC721)) return !Reads.isOwner(token, address(this), tokenId);
        return kind == uint256(AssetKind.ERC20)
            && ERC165Checker.supportsERC165InterfaceUnchecked(token, type(IERC721).interfaceId);
    }
}
