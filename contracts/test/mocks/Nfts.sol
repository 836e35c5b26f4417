// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// @notice A well-behaved NFT that anyone mints.
contract PlainNft is ERC721 {
    constructor() ERC721("Nft", "NFT") {}

    function mint(address to, uint256 tokenId) external {
        _mint(to, tokenId);
    }
}

/// @notice Refuses named payees, by reverting or by burning all gas.
contract RefusingNft is PlainNft {
    mapping(address => bool) public refused;
    bool public burning;

    error Refused(address payee);

    function refuse(address payee, bool on) external {
        refused[payee] = on;
    }

    function setBurning(bool on) external {
        burning = on;
    }

    function transferFrom(address from, address to, uint256 tokenId) public override {
        if (refused[to] && burning) while (true) {}
        require(!refused[to], Refused(to));
        super.transferFrom(from, to, tokenId);
    }
}

/// @notice Says nothing and moves nothing, once `still`.
contract StillNft is PlainNft {
    bool public still;

    function setStill(bool on) external {
        still = on;
    }

    function transferFrom(address from, address to, uint256 tokenId) public override {
        if (!still) super.transferFrom(from, to, tokenId);
    }
}

/// @notice Its issuer may take any of it from anyone.
contract ClawbackNft is PlainNft {
    function claw(uint256 tokenId, address to) external {
        _transfer(ownerOf(tokenId), to, tokenId);
    }
}
