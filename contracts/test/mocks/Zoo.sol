// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PlainToken} from "./Tokens.sol";

/// @notice Gives the receiver one unit more than what moves.
contract BonusToken is PlainToken {
    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0)) super._update(address(0), to, 1);
    }
}

/// @notice Takes the highest number to mean all that the sender has.
contract AllToken is PlainToken {
    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        _transfer(from, to, value == type(uint256).max ? balanceOf(from) : value);
        return true;
    }
}

/// @notice Takes in any amount, however absurd, and lets nothing out.
contract AbsurdToken {
    uint256 public held;

    function reset() external {
        held = 0;
    }

    function balanceOf(address) external view returns (uint256) {
        return held;
    }

    function transferFrom(address, address, uint256 value) external returns (bool) {
        held = value;
        return true;
    }

    function transfer(address, uint256) external pure returns (bool) {
        return false;
    }
}

/// @notice Answers every transfer with the bytes it was told to.
contract GarbageToken is PlainToken {
    bytes private _answer;

    function answerWith(bytes calldata answer) external {
        _answer = answer;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        bytes memory answer = _answer;
        if (answer.length == 32 && uint256(bytes32(answer)) == 1) super.transfer(to, value);
        assembly ("memory-safe") {
            return(add(answer, 32), mload(answer))
        }
    }
}
