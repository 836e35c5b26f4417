// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cash} from "../contracts/src/Cash.sol";
import {Deed} from "../contracts/src/Deed.sol";
import {DocumentRegistry} from "../contracts/src/DocumentRegistry.sol";
import {PartyRegistry} from "../contracts/src/PartyRegistry.sol";
import {Settlement} from "../contracts/src/Settlement.sol";
import {IDocumentRegistry} from "../contracts/src/interfaces/IDocumentRegistry.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Script} from "forge-std/Script.sol";
import {VmSafe} from "forge-std/Vm.sol";

/// @title Deploy
/// @notice Puts every contract on a chain by CREATE2, grants the issuer roles, and writes deployments/<chain id>.json.
///
///   forge script scripts/Deploy.s.sol --rpc-url URL --broadcast --private-key KEY
///
/// Running it again changes nothing that is there already, and grants what is missing. Registries and Settlement have
/// the same address on every chain; the rest also depends on the sender, who becomes admin of the roles.
///
/// Environment, all optional:
///   CASH_ISSUERS, DEED_ISSUERS   comma-separated addresses that get the role
///   DEPLOYMENTS_DIR              where the record goes (default: deployments)
/// For runs in parallel give each its own FOUNDRY_BROADCAST and FOUNDRY_CACHE_PATH folder.
contract Deploy is Script {
    /// @dev What a deployment consists of, in alphabetical order, as the record has it.
    struct Contracts {
        AccessManager accessManager;
        Cash cash;
        Deed deed;
        DocumentRegistry documentRegistry;
        PartyRegistry partyRegistry;
        Settlement settlement;
    }

    bytes32 public constant SALT = keccak256("Quittance 1");
    uint64 public constant CASH_ISSUER = 1;
    uint64 public constant DEED_ISSUER = 2;

    function run() external returns (Contracts memory c) {
        (, address admin,) = vm.readCallers();
        uint256 startBlock = block.number;

        vm.startBroadcast();
        c = _deploy(admin);
        _configure(c.accessManager, address(c.cash), Cash.mint.selector, CASH_ISSUER, "CASH_ISSUER");
        _configure(c.accessManager, address(c.deed), Deed.mint.selector, DEED_ISSUER, "DEED_ISSUER");
        _grant(c.accessManager, CASH_ISSUER, "CASH_ISSUERS");
        _grant(c.accessManager, DEED_ISSUER, "DEED_ISSUERS");
        vm.stopBroadcast();

        // A simulation deploys nothing, so there is nothing to put on record.
        if (vm.isContext(VmSafe.ForgeContext.ScriptBroadcast)) _record(c, startBlock);
    }

    function _deploy(address admin) private returns (Contracts memory c) {
        bytes memory code = abi.encodePacked(type(AccessManager).creationCode, abi.encode(admin));
        c.accessManager = AccessManager(_create(code));
        c.documentRegistry = DocumentRegistry(_create(type(DocumentRegistry).creationCode));
        c.partyRegistry = PartyRegistry(_create(type(PartyRegistry).creationCode));
        c.settlement = Settlement(_create(type(Settlement).creationCode));

        bytes memory arguments = abi.encode("Quittance Cash", "QCASH", uint8(6), address(c.accessManager));
        c.cash = Cash(_create(abi.encodePacked(type(Cash).creationCode, arguments)));
        arguments = abi.encode(
            "Quittance Deed", "QDEED", IDocumentRegistry(address(c.documentRegistry)), address(c.accessManager)
        );
        c.deed = Deed(_create(abi.encodePacked(type(Deed).creationCode, arguments)));
    }

    /// @dev Creates a contract through the deterministic deployer, unless it is there.
    function _create(bytes memory code) private returns (address created) {
        created = vm.computeCreate2Address(SALT, keccak256(code), CREATE2_FACTORY);
        if (created.code.length != 0) return created;
        (bool done,) = CREATE2_FACTORY.call(abi.encodePacked(SALT, code));
        require(done && created.code.length != 0, "create2 failed");
    }

    function _configure(AccessManager manager, address target, bytes4 selector, uint64 role, string memory label)
        private
    {
        if (manager.getTargetFunctionRole(target, selector) == role) return;
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        manager.setTargetFunctionRole(target, selectors, role);
        manager.labelRole(role, label);
    }

    function _grant(AccessManager manager, uint64 role, string memory variable) private {
        string memory list = vm.envOr(variable, string(""));
        if (bytes(list).length == 0) return;
        string[] memory accounts = vm.split(list, ",");
        for (uint256 i = 0; i < accounts.length; ++i) {
            address account = vm.parseAddress(vm.trim(accounts[i]));
            (bool member,) = manager.hasRole(role, account);
            if (!member) manager.grantRole(role, account, 0);
        }
    }

    function _record(Contracts memory c, uint256 startBlock) private {
        string memory folder = vm.envOr("DEPLOYMENTS_DIR", string("deployments"));
        string memory path = string.concat(folder, "/", vm.toString(block.chainid), ".json");
        if (vm.isFile(path)) {
            string memory old = vm.readFile(path);
            // The record of another chain with this id (a restarted development chain) starts later: keep no block of it.
            uint256 oldStart = vm.parseJsonUint(old, ".startBlock");
            if (oldStart < startBlock) startBlock = oldStart;
        }

        string memory contracts = "contracts";
        vm.serializeAddress(contracts, "AccessManager", address(c.accessManager));
        vm.serializeAddress(contracts, "Cash", address(c.cash));
        vm.serializeAddress(contracts, "Deed", address(c.deed));
        vm.serializeAddress(contracts, "DocumentRegistry", address(c.documentRegistry));
        vm.serializeAddress(contracts, "PartyRegistry", address(c.partyRegistry));
        contracts = vm.serializeAddress(contracts, "Settlement", address(c.settlement));

        string memory json = "deployment";
        vm.serializeUint(json, "chainId", block.chainid);
        vm.serializeUint(json, "startBlock", startBlock);
        json = vm.serializeString(json, "contracts", contracts);
        vm.createDir(folder, true);
        vm.writeJson(json, path);
    }
}
