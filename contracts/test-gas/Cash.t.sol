// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CashBase} from "../test/Cash/CashBase.t.sol";

/// @notice What the everyday calls cost, as whole transactions. A 'new' payee holds nothing yet.
contract CashGas is CashBase {
    function _snap(string memory name) private {
        vm.snapshotGasLastCall("Cash", name);
    }

    function test_GasMint() public {
        vm.startPrank(alice);
        cash.mint(bob, 100);
        _snap("mint (first ever)");
        cash.mint(carol, 100);
        _snap("mint (new)");
        cash.mint(carol, 100);
        _snap("mint (existing)");
        cash.mintWithData(carol, 100, DATA);
        _snap("mintWithData (existing)");
    }

    function test_GasTransfer() public {
        _mint(bob, 1000);
        vm.startPrank(bob);
        cash.transfer(carol, 1);
        _snap("transfer (new)");
        cash.transfer(carol, 1);
        _snap("transfer (existing)");
        cash.transferWithData(bob, carol, 1, DATA);
        _snap("transferWithData (existing)");
        cash.approve(alice, 100);
        _snap("approve");
        cash.burn(1);
        _snap("burn");
        vm.startPrank(alice);
        cash.transferFrom(bob, carol, 1);
        _snap("transferFrom (existing, finite)");
        vm.startPrank(bob);
        cash.approve(alice, type(uint256).max);
        vm.startPrank(alice);
        cash.transferFrom(bob, carol, 1);
        _snap("transferFrom (existing, infinite)");
    }

    function test_GasSigned() public {
        _mint(bob, 1000);
        _mint(carol, 1);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(bobKey, _permitDigest(bob, carol, 7, 0));
        cash.permit(bob, carol, 7, T0, v, r, s);
        _snap("permit (first)");
        for (uint256 i = 0; i < 2; ++i) {
            bytes32 nonce = bytes32((uint256(9) << 64) + i);
            bytes memory signature = _sign(bobKey, _payDigest(TRANSFER, bob, nonce));
            cash.transferWithAuthorization(bob, carol, 3, T0 - 1, T0 + 1, nonce, signature);
            _snap(i == 0 ? "transferWithAuthorization (first of a key)" : "transferWithAuthorization (next)");
        }
    }
}
