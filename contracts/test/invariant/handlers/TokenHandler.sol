// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {CommonBase} from "forge-std/Base.sol";
import {StdAssertions} from "forge-std/StdAssertions.sol";
import {StdCheats} from "forge-std/StdCheats.sol";
import {StdUtils} from "forge-std/StdUtils.sol";

/// @notice What the handlers of issuance share: four accounts, of which the first two have the issuer role, and a way to
/// call that says beforehand whether it must work.
abstract contract TokenHandler is CommonBase, StdAssertions, StdCheats, StdUtils {
    uint256 public constant ACTORS = 4;
    uint64 internal constant ISSUER = 1;

    AccessManager public immutable manager;
    address[] public actors;
    mapping(address => uint256) internal _keys;
    /// @dev How often each outcome was met, to see that both are.
    mapping(string => mapping(bool => uint256)) public calls;

    constructor() {
        manager = new AccessManager(address(this));
        for (uint256 i = 0; i < ACTORS; ++i) {
            (address actor, uint256 key) = makeAddrAndKey(string(abi.encodePacked("actor", i)));
            actors.push(actor);
            _keys[actor] = key;
            if (i < 2) manager.grantRole(ISSUER, actor, 0);
        }
    }

    function _open(address target, bytes4 selector) internal {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        manager.setTargetFunctionRole(target, selectors, ISSUER);
    }

    function _actor(uint256 seed) internal view returns (address) {
        return actors[seed % ACTORS];
    }

    function _isIssuer(address account) internal view returns (bool) {
        return account == actors[0] || account == actors[1];
    }

    /// @dev `caller` calls, and it works exactly if `works`.
    function _call(string memory name, address caller, address target, bytes memory data, bool works) internal {
        vm.prank(caller);
        (bool done, bytes memory answer) = target.call(data);
        if (done != works) emit log_named_bytes(name, answer);
        assertEq(done, works, name);
        // forge records also what a refused call took back.
        if (!done) vm.getRecordedLogs();
        ++calls[name][works];
    }

    function _sign(address signer, bytes32 digest) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keys[signer], digest);
        return abi.encodePacked(r, s, v);
    }
}
