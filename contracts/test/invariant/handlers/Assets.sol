// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Asset, AssetKind, toAsset} from "../../../src/types/Asset.sol";
import {PlainClasses, PlainUnits, RefusingClasses, RefusingUnits} from "../../mocks/Multitokens.sol";
import {PlainNft, RefusingNft} from "../../mocks/Nfts.sol";
import {PlainToken, RefusingToken} from "../../mocks/Tokens.sol";
import {CommonBase} from "forge-std/Base.sol";
import {StdCheats} from "forge-std/StdCheats.sol";

/// @notice Assets of every kind behind one face: of each standard one that behaves and one that refuses, and coin.
contract Assets is CommonBase, StdCheats {
    address private immutable _custody;
    Asset[9] public all;
    uint256 private _nextNft = 1;

    constructor(address custody) {
        _custody = custody;
        all[0] = toAsset(AssetKind.ERC20, address(new PlainToken()));
        all[1] = toAsset(AssetKind.ERC20, address(new RefusingToken()));
        all[2] = toAsset(AssetKind.ERC721, address(new PlainNft()));
        all[3] = toAsset(AssetKind.ERC721, address(new RefusingNft()));
        all[4] = toAsset(AssetKind.ERC1155, address(new PlainUnits()));
        all[5] = toAsset(AssetKind.ERC1155, address(new RefusingUnits()));
        all[6] = toAsset(AssetKind.ERC6909, address(new PlainClasses()));
        all[7] = toAsset(AssetKind.ERC6909, address(new RefusingClasses()));
        all[8] = toAsset(AssetKind.Native, address(0));
    }

    function approveAll(address account) external {
        vm.startPrank(account);
        for (uint256 i = 0; i < 8; ++i) {
            address token = all[i].token();
            if (i < 2) PlainToken(token).approve(_custody, type(uint256).max);
            else if (i < 6) PlainNft(token).setApprovalForAll(_custody, true);
            else PlainClasses(token).setOperator(_custody, true);
        }
        vm.stopPrank();
    }

    /// @notice Something to deal in. An NFT is a new one each time.
    function pick(uint256 seed) external returns (Asset asset, uint256 tokenId, uint256 amount) {
        asset = all[seed % 9];
        AssetKind kind = asset.kind();
        amount = kind == AssetKind.ERC721 ? 1 : 1 + (seed >> 16) % 1e18;
        if (kind == AssetKind.ERC721) tokenId = _nextNft++;
        else if (kind == AssetKind.ERC1155 || kind == AssetKind.ERC6909) tokenId = (seed >> 8) % 2;
    }

    function mint(Asset asset, address to, uint256 tokenId, uint256 amount) external {
        AssetKind kind = asset.kind();
        address token = asset.token();
        if (kind == AssetKind.ERC20) PlainToken(token).mint(to, amount);
        else if (kind == AssetKind.ERC721) PlainNft(token).mint(to, tokenId);
        else if (kind == AssetKind.Native) vm.deal(to, to.balance + amount);
        else if (!_refused(token, to)) PlainUnits(token).mint(to, tokenId, amount);
        else _mintToRefused(token, to, tokenId, amount);
    }

    /// @notice Asset number `which` refuses `payee` from now on, or no more; coin and hooks: the payee refuses them.
    function refuse(uint256 which, address payee, bool on) external {
        uint256 refusing = which % 5;
        Asset asset = all[refusing == 4 ? 8 : 2 * refusing + 1];
        if (asset.kind() == AssetKind.Native) return vm.etch(payee, on ? bytes(hex"5f5ffd") : bytes(""));
        RefusingToken(asset.token()).refuse(payee, on);
        if (asset.kind() == AssetKind.ERC20) {
            RefusingToken(asset.token()).setWay(RefusingToken.Way((which >> 8) % 3));
        }
        if (asset.kind() == AssetKind.ERC6909) RefusingClasses(asset.token()).setPolite((which >> 8) % 2 == 0);
    }

    function balanceOf(Asset asset, address account, uint256 tokenId) external view returns (uint256) {
        AssetKind kind = asset.kind();
        address token = asset.token();
        if (kind == AssetKind.ERC20) return PlainToken(token).balanceOf(account);
        if (kind == AssetKind.ERC721) return PlainNft(token).ownerOf(tokenId) == account ? 1 : 0;
        if (kind == AssetKind.Native) return account.balance;
        return PlainUnits(token).balanceOf(account, tokenId);
    }

    function _refused(address token, address account) private view returns (bool) {
        return token == all[5].token() && RefusingUnits(token).refused(account);
    }

    function _mintToRefused(address token, address to, uint256 tokenId, uint256 amount) private {
        RefusingUnits(token).refuse(to, false);
        PlainUnits(token).mint(to, tokenId, amount);
        RefusingUnits(token).refuse(to, true);
    }
}
