// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Peers} from "./Peers.t.sol";

/// @notice As much of a Safe as is called here.
interface ISafe {
    function setup(
        address[] calldata owners,
        uint256 threshold,
        address to,
        bytes calldata data,
        address fallbackHandler,
        address paymentToken,
        uint256 payment,
        address payable paymentReceiver
    ) external;

    function execTransaction(
        address to,
        uint256 value,
        bytes calldata data,
        uint8 operation,
        uint256 safeTxGas,
        uint256 baseGas,
        uint256 gasPrice,
        address gasToken,
        address payable refundReceiver,
        bytes calldata signatures
    ) external payable returns (bool success);

    function getTransactionHash(
        address to,
        uint256 value,
        bytes calldata data,
        uint8 operation,
        uint256 safeTxGas,
        uint256 baseGas,
        uint256 gasPrice,
        address gasToken,
        address refundReceiver,
        uint256 nonce
    ) external view returns (bytes32);

    function nonce() external view returns (uint256);
}

/// @notice A Safe of three owners acts on two signatures, not for the first time. It is the bytecode that its makers
/// publish and deploy (solc 0.7.6 without the optimizer), behind their proxy.
contract SafeGas is Peers {
    string internal constant BUILD =
        "contracts/bench-peers/node_modules/@safe-global/safe-contracts/build/artifacts/contracts/";

    ISafe internal safe;
    uint256[2] internal keys;

    function setUp() public override {
        super.setUp();
        address singleton = vm.deployCode(string.concat(BUILD, "Safe.sol/Safe.json"));
        safe = ISafe(vm.deployCode(string.concat(BUILD, "proxies/SafeProxy.sol/SafeProxy.json"), abi.encode(singleton)));

        address[] memory owners = new address[](3);
        (owners[0], owners[1], owners[2]) = (alice, bob, carol);
        safe.setup(owners, 2, address(0), "", address(0), address(0), 0, payable(0));
        // Signatures come in the order of their signers' addresses.
        keys = alice < bob ? [aliceKey, bobKey] : [bobKey, aliceKey];

        cash.mint(address(safe), 2 * PRICE);
        _execute(alice, "");
    }

    function _execute(address to, bytes memory data) internal {
        bytes32 digest = safe.getTransactionHash(to, 0, data, 0, 0, 0, 0, address(0), address(0), safe.nonce());
        bytes memory signatures = bytes.concat(_sign(keys[0], digest), _sign(keys[1], digest));
        vm.prank(carol);
        safe.execTransaction(to, 0, data, 0, 0, 0, 0, address(0), payable(0), signatures);
    }

    function test_Gas() public {
        _execute(alice, "");
        vm.snapshotGasLastCall("safe", "signatures_2of3");
        assertEq(safe.nonce(), 2);

        _execute(address(cash), abi.encodeCall(cash.transfer, (alice, PRICE)));
        vm.snapshotGasLastCall("safe", "erc20_transfer_2of3");
        assertEq(cash.balanceOf(alice), PRICE + 1e6);
    }
}
