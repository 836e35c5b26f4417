// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cash} from "../../src/Cash.sol";
import {TokenBase} from "../TokenBase.t.sol";

/// @notice A Cash that Alice may mint, and what its holders sign.
abstract contract CashBase is TokenBase {
    Cash internal cash;

    bytes32 internal constant TRANSFER = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 internal constant RECEIVE = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );

    function setUp() public virtual override {
        super.setUp();
        cash = _newCash();
    }

    function _newCash() internal returns (Cash made) {
        made = new Cash("Test Cash", "TCASH", 6, address(manager));
        _open(address(made), Cash.mint.selector);
        _open(address(made), Cash.mintWithData.selector);
        _open(address(made), made.setContractURI.selector);
    }

    function _mint(address to, uint256 amount) internal {
        vm.prank(alice);
        cash.mint(to, amount);
    }

    function _digest(bytes32 structHash) internal view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", cash.DOMAIN_SEPARATOR(), structHash));
    }

    function _permitDigest(address owner, address spender, uint256 value, uint256 nonce)
        internal
        view
        returns (bytes32)
    {
        bytes32 typeHash = keccak256(
            "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
        );
        return _digest(keccak256(abi.encode(typeHash, owner, spender, value, nonce, T0)));
    }

    /// @dev What pays 3 from `from` to Carol, valid only now.
    function _payDigest(bytes32 typeHash, address from, bytes32 nonce) internal view returns (bytes32) {
        return _digest(keccak256(abi.encode(typeHash, from, carol, 3, T0 - 1, T0 + 1, nonce)));
    }

    function _cancelDigest(address from, bytes32 nonce) internal view returns (bytes32) {
        bytes32 typeHash = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");
        return _digest(keccak256(abi.encode(typeHash, from, nonce)));
    }
}
