// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @notice A hash lock as it is usually written: nine fields stored, among them all that was agreed and the preimage.
/// It is here to be measured, not to be used: as in others of its kind, a claim after the deadline races the refund.
contract NaiveHashLock {
    using SafeERC20 for IERC20;

    struct Lock {
        address sender;
        address receiver;
        IERC20 token;
        uint256 amount;
        bytes32 hash;
        uint256 deadline;
        bool claimed;
        bool refunded;
        bytes32 preimage;
    }

    mapping(bytes32 id => Lock lock) private _locks;

    event Locked(
        bytes32 indexed id,
        address indexed sender,
        address indexed receiver,
        IERC20 token,
        uint256 amount,
        bytes32 hash,
        uint256 deadline
    );
    event Claimed(bytes32 indexed id);
    event Refunded(bytes32 indexed id);

    error Known(bytes32 id);
    error Ended(bytes32 id);
    error WrongPreimage(bytes32 id);
    error WrongTime(uint256 deadline);
    error WrongCaller(address caller);

    function lock(address receiver, IERC20 token, uint256 amount, bytes32 hash, uint256 deadline)
        external
        returns (bytes32 id)
    {
        require(deadline > block.timestamp, WrongTime(deadline));
        id = keccak256(abi.encode(msg.sender, receiver, token, amount, hash, deadline));
        require(_locks[id].sender == address(0), Known(id));
        _locks[id] = Lock(msg.sender, receiver, token, amount, hash, deadline, false, false, 0);
        token.safeTransferFrom(msg.sender, address(this), amount);
        emit Locked(id, msg.sender, receiver, token, amount, hash, deadline);
    }

    function claim(bytes32 id, bytes32 preimage) external {
        Lock storage it = _open(id);
        require(msg.sender == it.receiver, WrongCaller(msg.sender));
        require(sha256(abi.encode(preimage)) == it.hash, WrongPreimage(id));
        it.preimage = preimage;
        it.claimed = true;
        it.token.safeTransfer(it.receiver, it.amount);
        emit Claimed(id);
    }

    function refund(bytes32 id) external {
        Lock storage it = _open(id);
        require(msg.sender == it.sender, WrongCaller(msg.sender));
        require(block.timestamp >= it.deadline, WrongTime(it.deadline));
        it.refunded = true;
        it.token.safeTransfer(it.sender, it.amount);
        emit Refunded(id);
    }

    function _open(bytes32 id) private view returns (Lock storage it) {
        it = _locks[id];
        require(!it.claimed && !it.refunded, Ended(id));
    }
}
