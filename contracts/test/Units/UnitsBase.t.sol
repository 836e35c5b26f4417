// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Units} from "../../src/Units.sol";
import {UnitClass} from "../../src/types/UnitClass.sol";
import {TokenBase} from "../TokenBase.t.sol";

/// @notice Units that Alice and Bob may create and mint.
abstract contract UnitsBase is TokenBase {
    Units internal units;

    function setUp() public virtual override {
        super.setUp();
        units = new Units(address(manager));
        _grantRole(bob);
        bytes4[4] memory selectors =
            [Units.create.selector, Units.mint.selector, Units.mintWithData.selector, units.setContractURI.selector];
        for (uint256 i = 0; i < selectors.length; ++i) {
            _open(address(units), selectors[i]);
        }
    }

    function _class(uint256 nonce) internal view returns (UnitClass memory) {
        return UnitClass({issuer: alice, name: "Bond 2030", symbol: "B30", decimals: 2, nonce: nonce});
    }

    function _create(uint256 nonce) internal returns (uint256 id) {
        vm.prank(alice);
        return units.create(_class(nonce));
    }

    /// @dev A class of which Bob holds 10.
    function _held() internal returns (uint256 id) {
        id = _create(0);
        vm.prank(alice);
        units.mint(bob, id, 10);
    }
}
