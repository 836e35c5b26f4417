// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PlainToken} from "./Tokens.sol";

/// @notice Says no to every pull, and moves nothing.
contract FalseToken is PlainToken {
    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return false;
    }
}

/// @notice Says that it moved, and did not.
contract IdleToken is PlainToken {
    function transferFrom(address, address, uint256) public pure override returns (bool) {
        return true;
    }
}

/// @notice Takes native coin only when it likes.
contract Purse {
    bool public open;

    function set(bool open_) external {
        open = open_;
    }

    function call(address target, bytes calldata data) external returns (bytes memory) {
        (bool done, bytes memory answer) = target.call(data);
        require(done);
        return answer;
    }

    receive() external payable {
        require(open);
    }
}
