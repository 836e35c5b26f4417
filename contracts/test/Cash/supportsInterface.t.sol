// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IContractUri} from "../../src/interfaces/IContractUri.sol";
import {CashBase} from "./CashBase.t.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

/// @notice supportsInterface, setContractURI.
contract CashSupportsInterfaceTest is CashBase {
    function test_SaysWhatItFollows() public view {
        assertTrue(cash.supportsInterface(0x01ffc9a7), "ERC-165");
        assertTrue(cash.supportsInterface(0x36372b07), "ERC-20");
        assertTrue(cash.supportsInterface(0xa219a025), "ERC-20 metadata");
        assertTrue(cash.supportsInterface(0x9d8ff7da), "ERC-2612");
        assertTrue(cash.supportsInterface(0xaefdad0f), "what FireFly's connector asks for");
        assertTrue(
            cash.supportsInterface(IContractUri.setContractURI.selector ^ IContractUri.contractURI.selector), "ERC-7572"
        );
        assertTrue(
            cash.supportsInterface(
                bytes4(keccak256("authorizationState(address,bytes32)"))
                    ^ bytes4(
                        keccak256(
                            "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
                        )
                    )
                    ^ bytes4(
                        keccak256(
                            "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)"
                        )
                    )
            ),
            "ERC-3009"
        );
        assertTrue(
            cash.supportsInterface(bytes4(keccak256("cancelAuthorization(address,bytes32,uint8,bytes32,bytes32)"))),
            "ERC-3009, cancelling"
        );
    }

    function test_NothingElse() public view {
        assertFalse(cash.supportsInterface(0xffffffff));
        assertFalse(cash.supportsInterface(0x80ac58cd), "ERC-721");
        assertFalse(cash.supportsInterface(0xb2429c12), "FireFly's NFT");
        assertFalse(cash.supportsInterface(0xaefe69bf), "FireFly's NFT that numbers itself");
    }

    function test_TheIssuerDescribesTheToken() public {
        assertEq(cash.contractURI(), "");
        vm.expectEmit(address(cash));
        emit IContractUri.ContractURIUpdated();
        vm.prank(alice);
        cash.setContractURI("https://issuer.example/cash.json");
        assertEq(cash.contractURI(), "https://issuer.example/cash.json");
    }

    function test_RevertWhen_DescribedWithoutRole() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, bob));
        vm.prank(bob);
        cash.setContractURI("x");
    }
}
