// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @notice What Permit2 does, by the same calls: owners approve it once, and then tell it, by a call or by a signature,
/// which spender may have how much.
contract AllowanceHub is EIP712 {
    struct Permitted {
        address token;
        uint256 amount;
    }

    struct Permit {
        Permitted permitted;
        uint256 nonce;
        uint256 deadline;
    }

    struct Details {
        address to;
        uint256 requestedAmount;
    }

    mapping(address owner => mapping(address token => mapping(address spender => uint160))) public allowance;
    mapping(address owner => mapping(uint256 nonce => bool)) public used;

    error InsufficientAllowance(uint256 amount);
    error InvalidNonce();
    error InvalidSigner();
    error SignatureExpired(uint256 deadline);

    constructor() EIP712("Permit2", "1") {}

    function approve(address token, address spender, uint160 amount, uint48) external {
        allowance[msg.sender][token][spender] = amount;
    }

    function transferFrom(address from, address to, uint160 amount, address token) external {
        uint160 allowed = allowance[from][token][msg.sender];
        require(amount <= allowed, InsufficientAllowance(allowed));
        if (allowed != type(uint160).max) allowance[from][token][msg.sender] = allowed - amount;
        require(IERC20(token).transferFrom(from, to, amount));
    }

    function permitTransferFrom(
        Permit calldata permit,
        Details calldata details,
        address owner,
        bytes calldata signature
    ) external {
        require(block.timestamp <= permit.deadline, SignatureExpired(permit.deadline));
        require(details.requestedAmount <= permit.permitted.amount);
        require(!used[owner][permit.nonce], InvalidNonce());
        used[owner][permit.nonce] = true;
        require(ECDSA.recover(digest(permit, msg.sender), signature) == owner, InvalidSigner());
        require(IERC20(permit.permitted.token).transferFrom(owner, details.to, details.requestedAmount));
    }

    /// @notice What an owner signs for a spender.
    function digest(Permit calldata permit, address spender) public view returns (bytes32) {
        bytes32 permitted =
            keccak256(abi.encode(keccak256("TokenPermissions(address token,uint256 amount)"), permit.permitted));
        bytes32 typeHash = keccak256(
            "PermitTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline)"
            "TokenPermissions(address token,uint256 amount)"
        );
        return _hashTypedDataV4(keccak256(abi.encode(typeHash, permitted, spender, permit.nonce, permit.deadline)));
    }
}
