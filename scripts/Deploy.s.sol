// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cash} from "../contracts/src/Cash.sol";
import {Deed} from "../contracts/src/Deed.sol";
import {DocumentRegistry} from "../contracts/src/DocumentRegistry.sol";
import {Dvp} from "../contracts/src/Dvp.sol";
import {Escrow} from "../contracts/src/Escrow.sol";
import {Exchange} from "../contracts/src/Exchange.sol";
import {FairExchange} from "../contracts/src/FairExchange.sol";
import {HashLock} from "../contracts/src/HashLock.sol";
import {PartyRegistry} from "../contracts/src/PartyRegistry.sol";
import {Pinboard} from "../contracts/src/Pinboard.sol";
import {Settlement} from "../contracts/src/Settlement.sol";
import {TokenFactory} from "../contracts/src/TokenFactory.sol";
import {Units} from "../contracts/src/Units.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Script, console} from "forge-std/Script.sol";
import {VmSafe} from "forge-std/Vm.sol";

/// @title Deploy
/// @notice Puts the suite, or any part of it, on a chain by CREATE2, grants the issuer roles, and writes
/// deployments/<chain id>.json.
///
///   forge script scripts/Deploy.s.sol --rpc-url URL                                     says what it would do
///   forge script scripts/Deploy.s.sol --rpc-url URL --broadcast --private-key KEY       does it
///
/// The whole suite takes more gas than a block of anvil has, and anvil loses what does not fit: there, add --slow.
/// Running it again changes nothing that is there already, and grants what is missing. What needs no roles has the same
/// address on every chain, whoever deploys it. AccessManager, Cash, Deed and Units also depend on the sender, who
/// becomes admin of the roles: the same sender gets the same addresses everywhere. A Council is somebody's own, with
/// members of its own: scripts/DeployCouncil.s.sol.
///
/// Environment, all optional:
///   ONLY                         comma-separated names of contracts, with what they need; everything, if unset
///   CASH_ISSUERS, DEED_ISSUERS, UNITS_ISSUERS   comma-separated addresses that get the role
///   DEPLOYMENTS_DIR              where the record goes (default: deployments)
/// For runs in parallel give each its own FOUNDRY_BROADCAST and FOUNDRY_CACHE_PATH folder.
contract Deploy is Script {
    bytes32 public constant SALT = keccak256("Quittance 1");
    uint64 public constant CASH_ISSUER = 1;
    uint64 public constant DEED_ISSUER = 2;
    uint64 public constant UNITS_ISSUER = 3;

    /// @notice Who gets the role of each token.
    struct Issuers {
        address[] cash;
        address[] deed;
        address[] units;
    }

    /// @dev The names of the contracts that are wanted, or none for all, and which of the names were met.
    string[] private _only;
    mapping(string name => bool) private _met;
    /// @dev The record in the making: what is on the chain, as JSON.
    string private _contracts = "{}";

    error UnknownContract(string name);
    error Create2Failed(string name);

    function run() external {
        uint256 startBlock = block.number;
        deploy(_list("ONLY"), Issuers(_accounts("CASH_ISSUERS"), _accounts("DEED_ISSUERS"), _accounts("UNITS_ISSUERS")));
        // A simulation deploys nothing, so there is nothing to put on record.
        if (vm.isContext(VmSafe.ForgeContext.ScriptBroadcast)) {
            _record(startBlock, vm.envOr("DEPLOYMENTS_DIR", string("deployments")));
        }
    }

    /// @notice What `run` does, with the environment as arguments; it records nothing.
    function deploy(string[] memory only, Issuers memory issuers) public {
        (, address admin,) = vm.readCallers();
        _only = only;

        vm.startBroadcast();
        _settlementContracts();
        _issuance(admin, issuers);
        vm.stopBroadcast();
        for (uint256 i = 0; i < only.length; ++i) {
            require(_met[only[i]], UnknownContract(only[i]));
        }
    }

    function _settlementContracts() private {
        _put("Dvp", type(Dvp).creationCode, false);
        _put("Escrow", type(Escrow).creationCode, false);
        _put("Exchange", type(Exchange).creationCode, false);
        _put("FairExchange", type(FairExchange).creationCode, false);
        _put("HashLock", type(HashLock).creationCode, false);
        _put("PartyRegistry", type(PartyRegistry).creationCode, false);
        _put("Pinboard", type(Pinboard).creationCode, false);
        _put("Settlement", type(Settlement).creationCode, false);
        _put("TokenFactory", type(TokenFactory).creationCode, false);
    }

    /// @dev Tokens and what they lean on: roles, and the registry of documents.
    function _issuance(address admin, Issuers memory issuers) private {
        bool roles = _wants("Cash") || _wants("Deed") || _wants("Units");
        bytes memory code = abi.encodePacked(type(AccessManager).creationCode, abi.encode(admin));
        AccessManager manager = AccessManager(_put("AccessManager", code, roles));
        address registry = _put("DocumentRegistry", type(DocumentRegistry).creationCode, _wants("Deed"));

        code = abi.encode("Quittance Cash", "QCASH", uint8(6), manager);
        address cash = _put("Cash", abi.encodePacked(type(Cash).creationCode, code), false);
        bytes4[3] memory calls = [Cash.mint.selector, Cash.mintWithData.selector, Cash.mint.selector];
        if (_wants("Cash")) _allow(manager, cash, calls, CASH_ISSUER, "CASH_ISSUER", issuers.cash);

        code = abi.encode("Quittance Deed", "QDEED", registry, manager);
        address deed = _put("Deed", abi.encodePacked(type(Deed).creationCode, code), false);
        calls = [Deed.mint.selector, Deed.mintWithData.selector, Deed.mint.selector];
        if (_wants("Deed")) _allow(manager, deed, calls, DEED_ISSUER, "DEED_ISSUER", issuers.deed);

        address units = _put("Units", abi.encodePacked(type(Units).creationCode, abi.encode(manager)), false);
        calls = [Units.mint.selector, Units.mintWithData.selector, Units.create.selector];
        if (_wants("Units")) _allow(manager, units, calls, UNITS_ISSUER, "UNITS_ISSUER", issuers.units);
    }

    /// @dev Creates a contract through the deterministic deployer if it is wanted, or `needed` by one that is, and not
    /// there yet. Puts it on record if it is there then.
    function _put(string memory name, bytes memory code, bool needed) private returns (address created) {
        _met[name] = true;
        created = vm.computeCreate2Address(SALT, keccak256(code), CREATE2_FACTORY);
        bool there = created.code.length != 0;
        if (!there && !needed && !_wants(name)) return created;

        console.log(there ? "is there  " : "deploys   ", created, name);
        if (!there) {
            (bool done,) = CREATE2_FACTORY.call(abi.encodePacked(SALT, code));
            require(done && created.code.length != 0, Create2Failed(name));
        }
        _contracts = vm.serializeAddress("contracts", name, created);
    }

    /// @dev Makes `role` the one that may make `calls`, and gives it to `accounts`.
    function _allow(
        AccessManager manager,
        address target,
        bytes4[3] memory calls,
        uint64 role,
        string memory label,
        address[] memory accounts
    ) private {
        bytes4[] memory selector = new bytes4[](1);
        for (uint256 i = 0; i < calls.length; ++i) {
            selector[0] = calls[i];
            if (manager.getTargetFunctionRole(target, calls[i]) == role) continue;
            manager.setTargetFunctionRole(target, selector, role);
            manager.labelRole(role, label);
        }
        for (uint256 i = 0; i < accounts.length; ++i) {
            (bool member,) = manager.hasRole(role, accounts[i]);
            if (member) continue;
            console.log("grants    ", accounts[i], label);
            manager.grantRole(role, accounts[i], 0);
        }
    }

    function _wants(string memory name) private view returns (bool) {
        return _only.length == 0 || _named(name);
    }

    function _named(string memory name) private view returns (bool) {
        for (uint256 i = 0; i < _only.length; ++i) {
            if (keccak256(bytes(_only[i])) == keccak256(bytes(name))) return true;
        }
        return false;
    }

    /// @dev The names in a variable, separated by commas.
    function _list(string memory variable) private view returns (string[] memory names) {
        names = vm.envOr(variable, ",", new string[](0));
        for (uint256 i = 0; i < names.length; ++i) {
            names[i] = vm.trim(names[i]);
        }
    }

    function _accounts(string memory variable) private view returns (address[] memory accounts) {
        string[] memory names = _list(variable);
        accounts = new address[](names.length);
        for (uint256 i = 0; i < names.length; ++i) {
            accounts[i] = vm.parseAddress(names[i]);
        }
    }

    function _record(uint256 startBlock, string memory folder) internal {
        string memory path = string.concat(folder, "/", vm.toString(block.chainid), ".json");
        if (vm.isFile(path)) {
            string memory old = vm.readFile(path);
            // The record of another chain with this id (a restarted development chain) starts later: keep no block of
            // it.
            uint256 oldStart = vm.parseJsonUint(old, ".startBlock");
            if (oldStart < startBlock) startBlock = oldStart;
        }

        string memory json = "deployment";
        vm.serializeUint(json, "chainId", block.chainid);
        vm.serializeUint(json, "startBlock", startBlock);
        json = vm.serializeString(json, "contracts", _contracts);
        vm.createDir(folder, true);
        vm.writeJson(json, path);
    }
}
