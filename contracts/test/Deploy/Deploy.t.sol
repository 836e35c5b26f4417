// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Deploy} from "../../../scripts/Deploy.s.sol";
import {Cash} from "../../src/Cash.sol";
import {Deed} from "../../src/Deed.sol";
import {DocumentRegistry} from "../../src/DocumentRegistry.sol";
import {Dvp} from "../../src/Dvp.sol";
import {Escrow} from "../../src/Escrow.sol";
import {Exchange} from "../../src/Exchange.sol";
import {FairExchange} from "../../src/FairExchange.sol";
import {HashLock} from "../../src/HashLock.sol";
import {PartyRegistry} from "../../src/PartyRegistry.sol";
import {Pinboard} from "../../src/Pinboard.sol";
import {Settlement} from "../../src/Settlement.sol";
import {TokenFactory} from "../../src/TokenFactory.sol";
import {Units} from "../../src/Units.sol";
import {IContractUri} from "../../src/interfaces/IContractUri.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {Test} from "forge-std/Test.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice The script, whose record can be written here too: a test broadcasts nothing.
contract RecordingDeploy is Deploy {
    function record(uint256 startBlock, string memory folder) external {
        _record(startBlock, folder);
    }
}

contract DeployTest is Test {
    /// @dev What can be asked for by name, and where it belongs.
    struct Place {
        string name;
        address where;
    }

    uint64 private constant ADMIN = 0;
    bytes32 private constant SALT = keccak256("Quittance 1");

    RecordingDeploy private _script;
    /// @dev The sender of a script without a key, as that of a test: admin of the roles.
    address private _sender;
    address private _manager;
    address private _registry;
    address private _cash;
    address private _deed;
    address private _units;
    Place[] private _places;
    address private _issuer = makeAddr("issuer");
    address private _other = makeAddr("another issuer");
    address private _nobody = makeAddr("nobody");

    function setUp() public {
        _script = new RecordingDeploy();
        (, _sender,) = vm.readCallers();
        _place("Dvp", type(Dvp).creationCode, "");
        _place("Escrow", type(Escrow).creationCode, "");
        _place("Exchange", type(Exchange).creationCode, "");
        _place("FairExchange", type(FairExchange).creationCode, "");
        _place("HashLock", type(HashLock).creationCode, "");
        _place("PartyRegistry", type(PartyRegistry).creationCode, "");
        _place("Pinboard", type(Pinboard).creationCode, "");
        _place("Settlement", type(Settlement).creationCode, "");
        _place("TokenFactory", type(TokenFactory).creationCode, "");
        _manager = _place("AccessManager", type(AccessManager).creationCode, abi.encode(_sender));
        _registry = _place("DocumentRegistry", type(DocumentRegistry).creationCode, "");
        bytes memory arguments = abi.encode("Quittance Cash", "QCASH", 6, _manager);
        _cash = _place("Cash", type(Cash).creationCode, arguments);
        arguments = abi.encode("Quittance Deed", "QDEED", _registry, _manager);
        _deed = _place("Deed", type(Deed).creationCode, arguments);
        _units = _place("Units", type(Units).creationCode, abi.encode(_manager));
    }

    function test_DeploysAllAtTheComputedAddresses() public {
        _assertThere("");
        _deploy("");
        _assertThere(
            "Dvp,Escrow,Exchange,FairExchange,HashLock,PartyRegistry,Pinboard,Settlement,TokenFactory,AccessManager,"
            "DocumentRegistry,Cash,Deed,Units"
        );
        assertEq(Cash(_cash).decimals(), 6);
        assertEq(Cash(_cash).authority(), _manager);
        assertEq(address(Deed(_deed).registry()), _registry);
        assertEq(Deed(_deed).authority(), _manager);
        assertEq(Units(_units).authority(), _manager);
    }

    /// @dev What needs no roles is where it is on every chain, whoever deploys it.
    function test_AddressesDependOnNoChain() public {
        vm.chainId(777);
        _deploy("Settlement,Dvp");
        _assertThere("Settlement,Dvp");
    }

    function test_TheSecondRunDoesNothing() public {
        _deploy("", _issuers());
        uint64 created = vm.getNonce(CREATE2_FACTORY);
        vm.recordLogs();
        new RecordingDeploy().deploy(_list(""), _issuers());
        assertEq(vm.getRecordedLogs().length, 0, "grants, or opens calls");
        assertEq(vm.getNonce(CREATE2_FACTORY), created, "deploys");
    }

    /// @dev A run that was cut off, or was asked for less, is made whole by the next one.
    function test_TheSecondRunAddsWhatIsMissing() public {
        Deploy.Issuers memory issuers = _issuers();
        _deploy("Cash,Pinboard", issuers);
        uint64 created = vm.getNonce(CREATE2_FACTORY);
        issuers.cash = _one(_other);
        _deploy("", issuers);
        assertEq(vm.getNonce(CREATE2_FACTORY) - created, _places.length - 3);
        assertTrue(_has(_script.CASH_ISSUER(), _issuer));
        assertTrue(_has(_script.CASH_ISSUER(), _other));
    }

    /// @dev Each of them alone, from nothing, with what it leans on and with nothing else.
    function test_APartComesWithWhatItNeeds() public {
        uint256 nothing = vm.snapshotState();
        for (uint256 i = 0; i < _places.length; ++i) {
            string memory name = _places[i].name;
            bytes32 which = keccak256(bytes(name));
            string memory needs = "";
            if (which == keccak256("Cash") || which == keccak256("Units")) needs = ",AccessManager";
            if (which == keccak256("Deed")) needs = ",AccessManager,DocumentRegistry";
            _deploy(name);
            _assertThere(string.concat(name, needs));
            vm.revertToState(nothing);
        }
    }

    function test_NamesMayBeGivenTwice() public {
        _deploy("Pinboard,Pinboard");
        _assertThere("Pinboard");
    }

    function test_RevertWhen_ThereIsNoSuchContract() public {
        string[3] memory names = ["Cheque", "cash", "Cash "];
        for (uint256 i = 0; i < names.length; ++i) {
            string[] memory only = _list("Escrow,?");
            only[1] = names[i];
            vm.expectRevert(abi.encodeWithSelector(Deploy.UnknownContract.selector, names[i]));
            _script.deploy(only, _nobodys());
        }
    }

    function test_RolesAreTheIssuersAndNobodyElses() public {
        vm.recordLogs();
        _deploy("", _issuers());
        uint64[3] memory roles = [_script.CASH_ISSUER(), _script.DEED_ISSUER(), _script.UNITS_ISSUER()];
        for (uint256 i = 0; i < roles.length; ++i) {
            assertEq(_has(roles[i], _issuer), i != 1);
            assertEq(_has(roles[i], _other), i != 0);
            assertFalse(_has(roles[i], _sender));
            assertFalse(_has(roles[i], _nobody));
        }
        // The sender is admin, and two issuers of Units, one of Cash and one of Deed have got their role.
        assertEq(_grants(), 5);
        assertTrue(_has(ADMIN, _sender));
    }

    function test_RolesOpenIssuanceAndNothingElse() public {
        Deploy.Issuers memory issuers = _nobodys();
        issuers.cash = _one(_issuer);
        _deploy("", issuers);
        vm.prank(_issuer);
        Cash(_cash).mint(_nobody, 5);
        assertEq(Cash(_cash).balanceOf(_nobody), 5);

        bytes4[2] memory minting = [Cash.mint.selector, Cash.mintWithData.selector];
        for (uint256 i = 0; i < minting.length; ++i) {
            assertTrue(_may(_issuer, _cash, minting[i]));
            assertFalse(_may(_sender, _cash, minting[i]));
        }
        assertFalse(_may(_issuer, _cash, IContractUri.setContractURI.selector));
        assertFalse(_may(_issuer, _deed, Deed.mint.selector));
        assertFalse(_may(_issuer, _deed, Deed.mintWithData.selector));
        assertFalse(_may(_issuer, _units, Units.mint.selector));
        assertFalse(_may(_issuer, _units, Units.mintWithData.selector));
        assertFalse(_may(_issuer, _units, Units.create.selector));
    }

    /// @dev The record of a later run keeps the first block of the earlier one, but not that of another chain's past.
    function test_RecordsWhatIsThere() public {
        string memory folder = "target/test-deployments";
        string memory path = string.concat(folder, "/", vm.toString(block.chainid), ".json");
        if (vm.isFile(path)) vm.removeFile(path);
        _deploy("");
        uint256[2][3] memory runs = [[uint256(70), 70], [uint256(90), 70], [uint256(60), 60]];
        for (uint256 i = 0; i < runs.length; ++i) {
            _script.record(runs[i][0], folder);
            string memory json = vm.readFile(path);
            assertEq(vm.parseJsonUint(json, ".chainId"), block.chainid);
            assertEq(vm.parseJsonUint(json, ".startBlock"), runs[i][1]);
            assertEq(vm.parseJsonKeys(json, ".contracts").length, _places.length);
            for (uint256 j = 0; j < _places.length; ++j) {
                assertEq(vm.parseJsonAddress(json, string.concat(".contracts.", _places[j].name)), _places[j].where);
            }
        }
    }

    /// @dev The only test that sets these variables: they are those of the whole process.
    function test_ReadsTheEnvironment() public {
        vm.setEnv("ONLY", "Cash, Units");
        vm.setEnv("CASH_ISSUERS", string.concat(vm.toString(_issuer), ", ", vm.toString(_other)));
        vm.setEnv("UNITS_ISSUERS", vm.toString(_other));
        _script.run();
        _assertThere("AccessManager,Cash,Units");
        assertTrue(_has(_script.CASH_ISSUER(), _issuer));
        assertTrue(_has(_script.CASH_ISSUER(), _other));
        assertFalse(_has(_script.UNITS_ISSUER(), _issuer));
        assertTrue(_has(_script.UNITS_ISSUER(), _other));
    }

    function _place(string memory name, bytes memory code, bytes memory arguments) private returns (address where) {
        bytes32 hash = keccak256(abi.encodePacked(code, arguments));
        where = address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), CREATE2_FACTORY, SALT, hash)))));
        _places.push(Place(name, where));
    }

    function _deploy(string memory only) private {
        _deploy(only, _nobodys());
    }

    function _deploy(string memory only, Deploy.Issuers memory issuers) private {
        _script.deploy(_list(only), issuers);
    }

    function _list(string memory names) private pure returns (string[] memory) {
        return bytes(names).length == 0 ? new string[](0) : vm.split(names, ",");
    }

    function _nobodys() private pure returns (Deploy.Issuers memory) {
        return Deploy.Issuers(new address[](0), new address[](0), new address[](0));
    }

    /// @dev One issues Cash, the other Deeds, and both Units.
    function _issuers() private view returns (Deploy.Issuers memory issuers) {
        issuers = Deploy.Issuers(_one(_issuer), _one(_other), new address[](2));
        (issuers.units[0], issuers.units[1]) = (_issuer, _other);
    }

    function _one(address account) private pure returns (address[] memory accounts) {
        accounts = new address[](1);
        accounts[0] = account;
    }

    function _has(uint64 role, address account) private view returns (bool member) {
        (member,) = AccessManager(_manager).hasRole(role, account);
    }

    function _may(address account, address target, bytes4 selector) private view returns (bool immediate) {
        (immediate,) = AccessManager(_manager).canCall(account, target, selector);
    }

    /// @dev How many grants of a role were recorded.
    function _grants() private returns (uint256 count) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == IAccessManager.RoleGranted.selector) ++count;
        }
    }

    /// @dev These are there, and nothing else is.
    function _assertThere(string memory names) private view {
        string[] memory wanted = _list(names);
        for (uint256 i = 0; i < _places.length; ++i) {
            bool want;
            for (uint256 j = 0; j < wanted.length; ++j) {
                if (keccak256(bytes(wanted[j])) == keccak256(bytes(_places[i].name))) want = true;
            }
            assertEq(_places[i].where.code.length != 0, want, _places[i].name);
        }
    }
}
