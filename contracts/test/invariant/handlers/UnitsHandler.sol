// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Units} from "../../../src/Units.sol";
import {UnitClass} from "../../../src/types/UnitClass.sol";
import {TokenHandler} from "./TokenHandler.sol";
import {IERC6909} from "@openzeppelin/contracts/interfaces/IERC6909.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice Issuers create and mint, holders pass on and burn, at random. Balances are believed from events alone.
contract UnitsHandler is TokenHandler {
    uint256 public constant CLASSES = 4;

    Units public immutable units;
    mapping(uint256 id => mapping(address => uint256)) public balances;
    mapping(uint256 id => uint256) public supplies;
    mapping(uint256 id => uint256) public creations;

    constructor() {
        units = new Units(address(manager));
        _open(address(units), Units.create.selector);
        _open(address(units), Units.mint.selector);
        _open(address(units), Units.mintWithData.selector);
    }

    modifier recorded() {
        vm.recordLogs();
        _;
        _replay(vm.getRecordedLogs());
    }

    function create(uint256 which, uint256 who) external recorded {
        UnitClass memory class = classOf(which);
        uint256 id = units.idOf(class);
        address caller = who % 2 == 0 ? class.issuer : _actor(who);
        bool works = creations[id] == 0 && caller == class.issuer && _isIssuer(caller);
        _call("create", caller, address(units), abi.encodeCall(units.create, (class)), works);
        if (works) ++creations[id];
    }

    function mint(uint256 which, uint256 who, uint256 to, uint96 amount, bool withData) external recorded {
        UnitClass memory class = classOf(which);
        uint256 id = units.idOf(class);
        address caller = who % 2 == 0 ? class.issuer : _actor(who);
        bytes memory data = withData
            ? abi.encodeCall(units.mintWithData, (_actor(to), id, amount, "x"))
            : abi.encodeCall(units.mint, (_actor(to), id, amount));
        bool works = creations[id] == 1 && caller == class.issuer && _isIssuer(caller);
        _call("mint", caller, address(units), data, works);
    }

    function transfer(uint256 which, uint256 who, uint256 to, uint96 amount) external recorded {
        uint256 id = units.idOf(classOf(which));
        bytes memory data = abi.encodeCall(units.transfer, (_actor(to), id, amount));
        _call("transfer", _actor(who), address(units), data, balances[id][_actor(who)] >= amount);
    }

    function transferWithData(uint256 which, uint256 who, uint256 from_, uint256 to, uint96 amount) external recorded {
        uint256 id = units.idOf(classOf(which));
        (address caller, address from) = (_actor(who), _actor(from_));
        bool allowed = caller == from || units.isOperator(from, caller) || units.allowance(from, caller, id) >= amount;
        bytes memory data = abi.encodeCall(units.transferWithData, (from, _actor(to), id, amount, "x"));
        _call("transferWithData", caller, address(units), data, allowed && balances[id][from] >= amount);
    }

    function approve(uint256 which, uint256 who, uint256 spender, uint96 amount) external {
        uint256 id = units.idOf(classOf(which));
        bytes memory data = abi.encodeCall(units.approveWithData, (_actor(spender), id, amount, "x"));
        _call("approve", _actor(who), address(units), data, true);
    }

    function trust(uint256 who, uint256 spender, bool on) external {
        bytes memory data = abi.encodeCall(units.setOperatorWithData, (_actor(spender), on, "x"));
        _call("trust", _actor(who), address(units), data, true);
    }

    function burn(uint256 which, uint256 who, uint256 of_, uint96 amount, bool withData) external recorded {
        uint256 id = units.idOf(classOf(which));
        address caller = _actor(who);
        address from = withData ? _actor(of_) : caller;
        bytes memory data = withData
            ? abi.encodeCall(units.burnWithData, (from, id, amount, "x"))
            : abi.encodeCall(units.burn, (id, amount));
        _call("burn", caller, address(units), data, from == caller && balances[id][from] >= amount);
    }

    /// @dev One of a few classes; the issuer of the third has no role.
    function classOf(uint256 which) public view returns (UnitClass memory) {
        which %= CLASSES;
        return UnitClass({issuer: actors[which % 3], name: "Unit", symbol: "U", decimals: 3, nonce: which});
    }

    function _replay(Vm.Log[] memory logs) private {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(units) || logs[i].topics[0] != IERC6909.Transfer.selector) continue;
            address from = address(uint160(uint256(logs[i].topics[1])));
            address to = address(uint160(uint256(logs[i].topics[2])));
            uint256 id = uint256(logs[i].topics[3]);
            (address caller, uint256 amount) = abi.decode(logs[i].data, (address, uint256));
            if (from == address(0)) {
                assertEq(caller, units.issuerOf(id));
                supplies[id] += amount;
            } else {
                balances[id][from] -= amount;
            }
            if (to == address(0)) {
                assertEq(caller, from);
                supplies[id] -= amount;
            } else {
                balances[id][to] += amount;
            }
        }
    }
}
