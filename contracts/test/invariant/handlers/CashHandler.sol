// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cash} from "../../../src/Cash.sol";
import {TokenHandler} from "./TokenHandler.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice A handful of accounts mint, pay, allow, burn and sign at random. Balances are believed from events alone.
contract CashHandler is TokenHandler {
    Cash public immutable cash;

    mapping(address => uint256) public balances;
    uint256 public supply;
    mapping(address => mapping(uint192 key => uint64)) public nextNonce;
    mapping(address => mapping(bytes32 nonce => uint256)) public uses;
    uint256 public mostUses;

    bytes32 private constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    bytes32 private constant TRANSFER = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant CANCEL = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");

    constructor() {
        cash = new Cash("Cash", "CSH", 6, address(manager));
        _open(address(cash), Cash.mint.selector);
        _open(address(cash), Cash.mintWithData.selector);
    }

    modifier recorded() {
        vm.recordLogs();
        _;
        _replay(vm.getRecordedLogs());
    }

    function mint(uint256 who, uint256 to, uint96 amount, bool withData) external recorded {
        bytes memory data = withData
            ? abi.encodeCall(cash.mintWithData, (_actor(to), amount, "x"))
            : abi.encodeCall(cash.mint, (_actor(to), amount));
        _call("mint", _actor(who), address(cash), data, _isIssuer(_actor(who)));
    }

    function burn(uint256 who, uint256 of_, uint96 amount, bool withData) external recorded {
        address caller = _actor(who);
        address from = withData ? _actor(of_) : caller;
        bytes memory data =
            withData ? abi.encodeCall(cash.burnWithData, (from, amount, "x")) : abi.encodeCall(cash.burn, (amount));
        _call("burn", caller, address(cash), data, from == caller && balances[from] >= amount);
    }

    function transfer(uint256 who, uint256 to, uint96 amount) external recorded {
        address caller = _actor(who);
        bytes memory data = abi.encodeCall(cash.transfer, (_actor(to), amount));
        _call("transfer", caller, address(cash), data, balances[caller] >= amount);
    }

    function transferWithData(uint256 who, uint256 from_, uint256 to, uint96 amount) external recorded {
        (address caller, address from) = (_actor(who), _actor(from_));
        bool allowed = caller == from || cash.allowance(from, caller) >= amount;
        bytes memory data = abi.encodeCall(cash.transferWithData, (from, _actor(to), amount, "x"));
        _call("transferWithData", caller, address(cash), data, allowed && balances[from] >= amount);
    }

    function approve(uint256 who, uint256 spender, uint96 amount, bool withData) external recorded {
        bytes memory data = withData
            ? abi.encodeCall(cash.approveWithData, (_actor(spender), amount, "x"))
            : abi.encodeCall(cash.approve, (_actor(spender), amount));
        _call("approve", _actor(who), address(cash), data, true);
        assertEq(cash.allowance(_actor(who), _actor(spender)), amount);
    }

    /// @notice Somebody hands in a permit with the next nonce, or one near it.
    function permit(uint256 owner_, uint256 spender, uint96 amount, uint256 skew) external recorded {
        address owner = _actor(owner_);
        uint64 nonce = _near(nextNonce[owner][0], skew);
        bytes32 digest =
            _digest(keccak256(abi.encode(PERMIT, owner, _actor(spender), amount, nonce, type(uint256).max)));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keys[owner], digest);
        bytes memory data = abi.encodeCall(cash.permit, (owner, _actor(spender), amount, type(uint256).max, v, r, s));
        bool works = nonce == nextNonce[owner][0];
        _call("permit", address(this), address(cash), data, works);
        if (works) _use(owner, bytes32(uint256(nonce)));
    }

    /// @notice Somebody hands in a payment or its cancellation, under one of three keys, with a nonce near the next.
    function authorize(uint256 from_, uint256 to, uint96 amount, uint256 key, uint256 skew, bool cancel)
        external
        recorded
    {
        address from = _actor(from_);
        uint192 key_ = uint192(key % 3);
        uint64 sequence = _near(nextNonce[from][key_], skew);
        bytes32 nonce = bytes32(uint256(key_) << 64 | sequence);
        bool works = sequence == nextNonce[from][key_] && (cancel || balances[from] >= amount);
        bytes memory data;
        if (cancel) {
            bytes memory signature = _sign(from, _digest(keccak256(abi.encode(CANCEL, from, nonce))));
            data = abi.encodeWithSignature("cancelAuthorization(address,bytes32,bytes)", from, nonce, signature);
        } else {
            bytes32 digest =
                _digest(keccak256(abi.encode(TRANSFER, from, _actor(to), amount, 0, type(uint256).max >> 1, nonce)));
            data = abi.encodeWithSignature(
                "transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)",
                from,
                _actor(to),
                amount,
                0,
                type(uint256).max >> 1,
                nonce,
                _sign(from, digest)
            );
        }
        _call(cancel ? "cancel" : "authorize", address(this), address(cash), data, works);
        if (works) _use(from, nonce);
    }

    function _use(address owner, bytes32 nonce) private {
        ++nextNonce[owner][uint192(uint256(nonce) >> 64)];
        uint256 count = ++uses[owner][nonce];
        if (count > mostUses) mostUses = count;
    }

    function _near(uint64 next, uint256 skew) private pure returns (uint64) {
        if (skew % 8 == 0) return next + 1;
        return skew % 8 == 1 && next != 0 ? next - 1 : next;
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", cash.DOMAIN_SEPARATOR(), structHash));
    }

    function _replay(Vm.Log[] memory logs) private {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(cash) || logs[i].topics[0] != IERC20.Transfer.selector) continue;
            address from = address(uint160(uint256(logs[i].topics[1])));
            address to = address(uint160(uint256(logs[i].topics[2])));
            uint256 amount = abi.decode(logs[i].data, (uint256));
            if (from == address(0)) supply += amount;
            else balances[from] -= amount;
            if (to == address(0)) supply -= amount;
            else balances[to] += amount;
        }
    }
}
