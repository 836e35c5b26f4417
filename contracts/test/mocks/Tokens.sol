// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice A well-behaved token that anyone mints, and that the others below spoil.
contract PlainToken is ERC20 {
    constructor() ERC20("Token", "TKN") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function take(address from, uint256 amount) external {
        _burn(from, amount);
    }
}

/// @notice Keeps 1 % of what moves once `charging`.
contract FeeToken is PlainToken {
    bool public charging = true;

    function setCharging(bool on) external {
        charging = on;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (charging && from != address(0) && to != address(0)) super._update(to, address(0), value / 100);
    }
}

/// @notice Takes 1 % from the sender on top of what moves, once `charging`.
contract SurchargeToken is PlainToken {
    bool public charging;

    function setCharging(bool on) external {
        charging = on;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (charging && from != address(0) && to != address(0)) super._update(from, address(0), value / 100);
    }
}

/// @notice Refuses named payees, in one of several ways.
contract RefusingToken is PlainToken {
    enum Way {
        Revert,
        ReturnFalse,
        RevertBomb,
        ReturnBomb,
        BurnGas,
        DoNothing
    }

    Way public way;
    mapping(address => bool) public refused;

    error Refused(address payee);

    function refuse(address payee, bool on) external {
        refused[payee] = on;
    }

    function setWay(Way way_) external {
        way = way_;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        if (!refused[to]) return super.transfer(to, value);
        if (way == Way.ReturnFalse) return false;
        if (way == Way.DoNothing) return true;
        if (way == Way.BurnGas) while (true) {}
        if (way == Way.RevertBomb) {
            assembly ("memory-safe") {
                revert(0, 200000)
            }
        }
        if (way == Way.ReturnBomb) {
            assembly ("memory-safe") {
                return(0, 200000)
            }
        }
        revert Refused(to);
    }
}

/// @notice Calls somebody in the middle of every transfer, and remembers how that went.
contract HookToken is PlainToken {
    address public target;
    bytes public data;
    bool public called;
    bool public succeeded;
    bytes public answer;

    function hook(address target_, bytes calldata data_) external {
        (target, data) = (target_, data_);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (target == address(0) || from == address(0)) return;
        called = true;
        // forge-lint: disable-next-line(unchecked-call)
        (succeeded, answer) = target.call(data);
    }
}

/// @notice A second address for the balances of another token.
contract TwinToken {
    DoubleToken public immutable ledger;

    constructor(DoubleToken ledger_) {
        ledger = ledger_;
    }

    function balanceOf(address account) external view returns (uint256) {
        return ledger.balanceOf(account);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        ledger.twinMove(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        ledger.twinMove(from, to, value);
        return true;
    }
}

/// @notice A token with two addresses: its own and its twin's.
contract DoubleToken is PlainToken {
    TwinToken public immutable twin;

    constructor() {
        twin = new TwinToken(this);
    }

    function twinMove(address from, address to, uint256 value) external {
        require(msg.sender == address(twin));
        _transfer(from, to, value);
    }
}

/// @notice Returns nothing from transfers, as some old tokens do.
contract QuietToken {
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }

    function transferFrom(address from, address to, uint256 amount) external {
        allowance[from][msg.sender] -= amount;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}
