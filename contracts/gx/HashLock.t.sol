// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HashLock} from "../src/HashLock.sol";
import {AssetKind, toAsset} from "../src/types/Asset.sol";
import {HashKind, LockTerms, toLock} from "../src/types/LockTerms.sol";
import {PlainToken} from "../test/mocks/Tokens.sol";
import {Test} from "forge-std/Test.sol";

/// @notice What a swap's calls cost, as whole transactions, with cash of which everyone holds some before and after, and
/// the sender approved what it locks. The lock is one that Lightning shares (SHA-256).
contract HashLockGas is Test {
    uint256 private constant PRICE = 250_000e6;
    bytes32 private constant PREIMAGE = keccak256("preimage");

    HashLock private hashLock = new HashLock();
    PlainToken private cash = new PlainToken();
    address private sender = makeAddr("sender");
    address private receiver = makeAddr("receiver");

    function setUp() public {
        vm.warp(1_800_000_000);
        cash.mint(sender, PRICE + 1e6);
        cash.mint(receiver, 1e6);
        cash.mint(address(hashLock), 1e6);
        vm.prank(sender);
        cash.approve(address(hashLock), PRICE);
    }

    function test_Gas() public {
        _run(HashKind.Sha256, "");
    }

    function test_GasOfKeccak() public {
        _run(HashKind.Keccak256, "_keccak");
    }

    function test_GasWithStandingApproval() public {
        vm.prank(sender);
        cash.approve(address(hashLock), type(uint256).max);
        _run(HashKind.Sha256, "_standing_approval");
    }

    function _run(HashKind kind, string memory name) private {
        LockTerms memory terms = LockTerms({
            sender: sender,
            receiver: receiver,
            asset: toAsset(AssetKind.ERC20, address(cash)),
            tokenId: 0,
            amount: PRICE,
            hashlock: hashLock.lockOf(kind, PREIMAGE),
            lock: toLock(kind, 1_800_086_400, 1)
        });
        vm.prank(sender);
        hashLock.lock(terms);
        vm.snapshotGasLastCall("hashlock", string.concat("lock", name));

        uint256 state = vm.snapshotState();
        vm.prank(receiver);
        hashLock.claim(terms, PREIMAGE);
        vm.snapshotGasLastCall("hashlock", string.concat("claim", name));

        vm.revertToState(state);
        vm.warp(1_800_086_400);
        vm.prank(sender);
        hashLock.refund(terms);
        vm.snapshotGasLastCall("hashlock", string.concat("refund", name));
    }
}
