// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Reads} from "../../src/libraries/Reads.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {Test} from "forge-std/Test.sol";

contract Reader {
    function balanceOf(address token, address account) external view returns (uint256) {
        return Reads.balanceOf(token, account);
    }

    function isOwner(address token, address account, uint256 tokenId) external view returns (bool) {
        return Reads.isOwner(token, account, tokenId);
    }
}

contract ReadsTest is Test {
    Reader private _reader = new Reader();
    address private _token = makeAddr("token");

    function testFuzz_BalanceIsWhatTheTokenSays(address account, uint256 amount) public {
        vm.mockCall(_token, abi.encodeCall(IERC20.balanceOf, (account)), abi.encode(amount));
        vm.expectCall(_token, abi.encodeCall(IERC20.balanceOf, (account)));
        assertEq(_reader.balanceOf(_token, account), amount);
    }

    function testFuzz_OwnerIsWhomTheTokenNames(address owner, address other, uint256 tokenId) public {
        vm.assume(owner != other);
        vm.mockCall(_token, abi.encodeCall(IERC721.ownerOf, (tokenId)), abi.encode(owner));
        vm.expectCall(_token, abi.encodeCall(IERC721.ownerOf, (tokenId)), 2);
        assertTrue(_reader.isOwner(_token, owner, tokenId));
        assertFalse(_reader.isOwner(_token, other, tokenId));
    }

    /// @dev What stands above an address in the word that a token answers with is not ignored.
    function test_AnAnswerThatIsNoAddressIsNobody() public {
        bytes memory dirty = abi.encode(uint256(1) << 160 | uint160(address(this)));
        vm.mockCall(_token, abi.encodeCall(IERC721.ownerOf, (7)), dirty);
        assertFalse(_reader.isOwner(_token, address(this), 7));
    }

    function testFuzz_RevertWhen_TheTokenReverts(bytes calldata reason) public {
        vm.mockCallRevert(_token, "", reason);
        vm.expectRevert(reason);
        _reader.balanceOf(_token, address(this));
        vm.expectRevert(reason);
        _reader.isOwner(_token, address(this), 7);
    }

    function testFuzz_RevertWhen_ThereIsNoWordInTheAnswer(uint256 size) public {
        vm.mockCall(_token, "", new bytes(size % 32));
        _refuses(_token);
        _refuses(makeAddr("no code"));
    }

    function _refuses(address token) private {
        bytes memory refusal = abi.encodeWithSelector(Reads.NoAnswer.selector, token);
        vm.expectRevert(refusal);
        _reader.balanceOf(token, address(this));
        vm.expectRevert(refusal);
        _reader.isOwner(token, address(this), 7);
    }
}
