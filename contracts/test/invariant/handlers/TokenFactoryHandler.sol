// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cash} from "../../../src/Cash.sol";
import {Item} from "../../../src/Item.sol";
import {TokenFactory} from "../../../src/TokenFactory.sol";
import {ITokenFactory} from "../../../src/interfaces/ITokenFactory.sol";
import {TokenHandler} from "./TokenHandler.sol";
import {Vm} from "forge-std/Vm.sol";

/// @notice Accounts create tokens, mint them, hand them on and take them away, at random. Who issues what is believed
/// from events alone.
contract TokenFactoryHandler is TokenHandler {
    uint256 private constant MOST = 12;

    TokenFactory public immutable factory = new TokenFactory();
    address[] public tokens;
    mapping(address token => bool) public fungible;
    mapping(address token => address) public issuers;
    mapping(address token => bool) public left;
    mapping(address token => uint256) public minted;

    modifier recorded() {
        vm.recordLogs();
        _;
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != ITokenFactory.IssuerSet.selector) continue;
            issuers[address(uint160(uint256(logs[i].topics[1])))] = address(uint160(uint256(logs[i].topics[2])));
        }
    }

    function tokenCount() external view returns (uint256) {
        return tokens.length;
    }

    function create(uint256 who, bool isFungible) external recorded {
        if (tokens.length == MOST) return;
        address caller = _actor(who);
        address expected = factory.predict(caller, factory.created(caller), "Name", "N", isFungible, "");
        vm.prank(caller);
        address token = factory.create("Name", "N", isFungible, "x");
        assertEq(token, expected);
        tokens.push(token);
        fungible[token] = isFungible;
    }

    function mint(uint256 which, uint256 who, uint256 to) external {
        if (tokens.length == 0) return;
        address token = _token(which);
        address caller = who % 2 == 0 ? _issuer(token, who) : _actor(who);
        bytes memory data =
            fungible[token] ? abi.encodeCall(Cash.mint, (_actor(to), 1)) : abi.encodeCall(Item.mint, (_actor(to)));
        bool works = caller == issuers[token];
        _call("mint", caller, token, data, works);
        if (works) ++minted[token];
    }

    function burn(uint256 which, uint256 who) external {
        if (tokens.length == 0) return;
        address token = _token(which);
        if (fungible[token]) return;
        uint256 number = 1 + who % (minted[token] + 1);
        try Item(token).ownerOf(number) returns (address owner) {
            _call("burn", owner, token, abi.encodeCall(Item.burn, (number)), true);
        } catch {
            _call("burn", _actor(who), token, abi.encodeCall(Item.burn, (number)), false);
        }
    }

    function setIssuer(uint256 which, uint256 who, uint256 to) external recorded {
        if (tokens.length == 0) return;
        address token = _token(which);
        address caller = who % 2 == 0 ? _issuer(token, who) : _actor(who);
        address next = to % 8 == 0 ? address(0) : _actor(to);
        bytes memory data = abi.encodeCall(factory.setIssuer, (token, next));
        _call("setIssuer", caller, address(factory), data, caller == issuers[token]);
    }

    function setAuthority(uint256 which, uint256 who) external recorded {
        if (tokens.length == 0 || who % 4 != 0) return;
        address token = _token(which);
        address caller = who % 8 == 0 ? _issuer(token, who) : _actor(who);
        bool works = caller == issuers[token];
        bytes memory data = abi.encodeCall(factory.setAuthority, (token, address(manager)));
        _call("setAuthority", caller, address(factory), data, works);
        if (works) left[token] = true;
    }

    function _token(uint256 seed) private view returns (address) {
        return tokens[seed % tokens.length];
    }

    function _issuer(address token, uint256 seed) private view returns (address) {
        address issuer = issuers[token];
        return issuer == address(0) ? _actor(seed) : issuer;
    }
}
