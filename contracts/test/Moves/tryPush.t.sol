// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Moves} from "../../src/libraries/Moves.sol";
import {Asset, AssetKind, toAsset} from "../../src/types/Asset.sol";
import {IERC6909} from "@openzeppelin/contracts/interfaces/IERC6909.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {Test} from "forge-std/Test.sol";

/// @notice Notes what it is asked, and answers as it is told.
contract Listener {
    bytes public heard;
    bytes private _answer;
    bool private _reverting;

    function answerWith(bytes calldata answer, bool reverting) external {
        (_answer, _reverting) = (answer, reverting);
    }

    fallback() external payable {
        heard = msg.data;
        bytes memory answer = _answer;
        bool reverting = _reverting;
        assembly ("memory-safe") {
            if reverting { revert(add(answer, 32), mload(answer)) }
            return(add(answer, 32), mload(answer))
        }
    }
}

contract Mover {
    function tryPush(Asset asset, address to, uint256 tokenId, uint256 amount, uint256 gasCap) external returns (bool) {
        return Moves.tryPush(asset, to, tokenId, amount, gasCap);
    }
}

contract MovesTest is Test {
    Mover private _mover = new Mover();
    Listener private _token = new Listener();

    /// @dev The calls that the libraries' hand-made encoding makes, against the compiler's.
    function testFuzz_CallsAreTheStandards(uint8 kind_, address to, uint256 tokenId, uint256 amount) public {
        AssetKind kind = AssetKind(kind_ % 4);
        _token.answerWith(abi.encode(1), false);
        assertTrue(_mover.tryPush(toAsset(kind, address(_token)), to, tokenId, amount, 1e6));
        bytes memory heard = _token.heard();
        bytes[4] memory expected = [
            abi.encodeCall(IERC20.transfer, (to, amount)),
            abi.encodeCall(IERC721.transferFrom, (address(_mover), to, tokenId)),
            abi.encodeCall(IERC1155.safeTransferFrom, (address(_mover), to, tokenId, amount, "")),
            abi.encodeCall(IERC6909.transfer, (to, tokenId, amount))
        ];
        assertEq(heard, expected[uint256(kind)]);
    }

    function test_AnswersThatMeanYes() public {
        bytes[5] memory answers = [abi.encode(1), bytes(""), abi.encode(0), abi.encode(2), new bytes(31)];
        for (uint256 kind = 0; kind < 4; ++kind) {
            // How many of those say yes: old ERC-20s answer nothing; where the standard has no answer, any will do.
            uint256 yes = kind == 0 ? 2 : kind == 3 ? 1 : 5;
            for (uint256 i = 0; i < 5; ++i) {
                _token.answerWith(answers[i], false);
                assertEq(_push(AssetKind(kind), address(_token)), i < yes);
                _token.answerWith(answers[i], true);
                assertFalse(_push(AssetKind(kind), address(_token)));
            }
            assertFalse(_push(AssetKind(kind), makeAddr("no code")));
        }
    }

    function test_Coin() public {
        Asset coin = toAsset(AssetKind.Native, address(0));
        vm.deal(address(_mover), 5);
        assertTrue(_mover.tryPush(coin, address(_token), 0, 3, 1e6));
        assertEq(address(_token).balance, 3);
        assertFalse(_mover.tryPush(coin, address(_token), 0, 3, 1e6));
        assertTrue(_mover.tryPush(coin, makeAddr("no code"), 0, 2, 0));
    }

    function testFuzz_NoMoreGasThanItMay(uint8 kind, uint256 gasCap) public {
        gasCap = bound(gasCap, 1, 3_000_000);
        vm.etch(address(_token), hex"5b5f56");
        vm.deal(address(_mover), 5);
        address token = kind % 5 == 4 ? address(0) : address(_token);
        uint256 before = gasleft();
        assertFalse(_mover.tryPush(toAsset(AssetKind(kind % 5), token), address(_token), 0, 1, gasCap));
        assertLt(before - gasleft(), gasCap + 30_000);
    }

    function test_LongAnswersCostTheirSenderOnly() public {
        for (uint256 i = 0; i < 10; ++i) {
            // return or revert with 200,000 bytes of memory
            vm.etch(address(_token), i < 5 ? bytes(hex"62030d405ff3") : bytes(hex"62030d405ffd"));
            vm.deal(address(_mover), 5);
            address token = i % 5 == 4 ? address(0) : address(_token);
            uint256 before = gasleft();
            _mover.tryPush(toAsset(AssetKind(i % 5), token), address(_token), 0, 1, 300_000);
            // Once for the memory of the answer, by its sender.
            assertLt(before - gasleft(), 200_000);
        }
    }

    function _push(AssetKind kind, address token) private returns (bool) {
        return _mover.tryPush(toAsset(kind, token), address(1), 2, 3, 1e6);
    }
}
