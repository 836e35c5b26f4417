// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {ERC6909} from "@openzeppelin/contracts/token/ERC6909/ERC6909.sol";

/// @notice A well-behaved ERC-1155 that anyone mints. It asks receivers on transfers only.
contract PlainUnits is ERC1155 {
    constructor() ERC1155("") {}

    function mint(address to, uint256 id, uint256 amount) external {
        uint256[] memory ids = new uint256[](1);
        uint256[] memory amounts = new uint256[](1);
        (ids[0], amounts[0]) = (id, amount);
        _update(address(0), to, ids, amounts);
    }
}

/// @notice Refuses named payees.
contract RefusingUnits is PlainUnits {
    mapping(address => bool) public refused;

    error Refused(address payee);

    function refuse(address payee, bool on) external {
        refused[payee] = on;
    }

    function _update(address from, address to, uint256[] memory ids, uint256[] memory amounts) internal override {
        require(!refused[to], Refused(to));
        super._update(from, to, ids, amounts);
    }
}

/// @notice Keeps one unit of what moves.
contract FeeUnits is PlainUnits {
    function _update(address from, address to, uint256[] memory ids, uint256[] memory amounts) internal override {
        super._update(from, to, ids, amounts);
        if (from == address(0) || to == address(0)) return;
        uint256[] memory fee = new uint256[](1);
        fee[0] = 1;
        super._update(to, address(0), ids, fee);
    }
}

/// @notice A well-behaved ERC-6909 that anyone mints.
contract PlainClasses is ERC6909 {
    function mint(address to, uint256 id, uint256 amount) external {
        _mint(to, id, amount);
    }
}

/// @notice Refuses named payees, by reverting or by saying no.
contract RefusingClasses is PlainClasses {
    mapping(address => bool) public refused;
    bool public polite;

    error Refused(address payee);

    function refuse(address payee, bool on) external {
        refused[payee] = on;
    }

    function setPolite(bool on) external {
        polite = on;
    }

    function transfer(address to, uint256 id, uint256 amount) public override returns (bool) {
        if (refused[to] && polite) return false;
        require(!refused[to], Refused(to));
        return super.transfer(to, id, amount);
    }

    function transferFrom(address from, address to, uint256 id, uint256 amount) public override returns (bool) {
        if (refused[to] && polite) return false;
        return super.transferFrom(from, to, id, amount);
    }
}
