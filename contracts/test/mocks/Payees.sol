// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Id} from "../../src/types/Id.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";

/// @notice Does a lot whenever it gets coin: about `steps` times 2,900 gas, and more the first time.
contract HungryPayee {
    uint256 public immutable steps;
    mapping(uint256 => uint256) public times;

    constructor(uint256 steps_) {
        steps = steps_;
    }

    receive() external payable {
        for (uint256 i = 0; i < steps; ++i) {
            ++times[i];
        }
    }
}

/// @notice Calls somebody whenever it gets coin or units, and remembers how that went.
contract CallingPayee is ERC1155Holder {
    address public target;
    bytes public data;
    bool public called;
    bool public succeeded;
    bytes public answer;

    function hook(address target_, bytes calldata data_) external {
        (target, data) = (target_, data_);
    }

    receive() external payable {
        _call();
    }

    function onERC1155Received(address, address, uint256, uint256, bytes memory) public override returns (bytes4) {
        _call();
        return this.onERC1155Received.selector;
    }

    function _call() private {
        called = true;
        // forge-lint: disable-next-line(unchecked-call)
        (succeeded, answer) = target.call(data);
    }
}

/// @notice Does something hostile when it gets coin.
contract HostilePayee {
    enum Way {
        Revert,
        RevertBomb,
        ReturnBomb,
        BurnGas
    }

    Way public way;

    function setWay(Way way_) external {
        way = way_;
    }

    receive() external payable {
        if (way == Way.BurnGas) while (true) {}
        bool good = way == Way.ReturnBomb;
        assembly ("memory-safe") {
            if good { return(0, 200000) }
            revert(0, 200000)
        }
    }
}

/// @notice A contract account that asks somebody while its signature is checked, and signs only if it gets an answer.
contract PeekingWallet is IERC1271 {
    address public target;
    bytes public data;

    function peek(address target_, bytes calldata data_) external {
        (target, data) = (target_, data_);
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        (bool done,) = target.staticcall(data);
        return done ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

/// @notice Tells the status of deals as it likes.
contract Oracle {
    enum Way {
        Tell,
        Revert,
        TellNothing,
        BurnGas
    }

    Way public way;
    uint256 public told;

    function set(Way way_, uint256 told_) external {
        (way, told) = (way_, told_);
    }

    function status(Id) external view returns (uint256) {
        if (way == Way.BurnGas) while (true) {}
        if (way == Way.TellNothing) {
            assembly ("memory-safe") {
                return(0, 31)
            }
        }
        require(way != Way.Revert);
        return told;
    }
}
