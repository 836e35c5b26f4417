// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {Assets} from "./handlers/Assets.sol";
import {DealHandler} from "./handlers/DealHandler.sol";
import {Test} from "forge-std/Test.sol";

/// @notice What must hold of every contract that keeps assets for deals of several sides.
abstract contract DealInvariants is Test {
    ICustody private _custody;
    DealHandler private _handler;
    Assets private _assets;

    function _target(DealHandler handler_, bytes4[] memory selectors) internal {
        (_handler, _custody, _assets) = (handler_, handler_.custody(), handler_.assets());
        targetSelector(FuzzSelector({addr: address(handler_), selectors: selectors}));
        targetContract(address(handler_));
    }

    /// @notice Of every asset, the balance is what live deals put in, plus what is owed, plus what strayed here. So no
    /// side that went out came from anybody else's, and nothing stayed behind.
    function invariant_Conservation() public view {
        DealHandler.Key[] memory keys = _handler.keys();
        for (uint256 i = 0; i < keys.length; ++i) {
            DealHandler.Key memory key = keys[i];
            uint256 due = _handler.live(key.asset, key.tokenId) + _handler.credits(key.asset, key.tokenId);
            uint256 here = _assets.balanceOf(key.asset, address(_custody), key.tokenId);
            assertEq(here, due + _handler.strayed(key.asset, key.tokenId));
        }
    }

    /// @notice The events alone rebuild every word and every credit, and no deal ends twice.
    function invariant_EventsTellAll() public view {
        for (uint256 i = 0; i < _handler.dealCount(); ++i) {
            Id id = _handler.idOf(i);
            DealHandler.Ghost memory ghost = _handler.ghostOf(id);
            assertEq(uint8(_custody.status(id)), uint8(ghost.status));
            bool final_ = ghost.status == Status.Settled || ghost.status == Status.Aborted;
            assertEq(ghost.terminals, final_ ? 1 : 0);
            _wordIs(i, id, ghost);
        }
    }

    /// @notice Whatever happened: after the last deadline anyone ends every deal, every payee gets its credits, and
    /// nothing is left behind but what strayed here.
    function afterInvariant() public {
        _handler.finish();
        invariant_Conservation();
        invariant_EventsTellAll();
        _creditsAreWhatEventsSay();
        for (uint256 i = 0; i < _handler.dealCount(); ++i) {
            Status status = _custody.status(_handler.idOf(i));
            assertTrue(status == Status.Settled || status == Status.Aborted);
        }
        _handler.payOut();
        _creditsAreWhatEventsSay();
        DealHandler.Key[] memory keys = _handler.keys();
        for (uint256 i = 0; i < keys.length; ++i) {
            uint256 here = _assets.balanceOf(keys[i].asset, address(_custody), keys[i].tokenId);
            assertEq(here, _handler.strayed(keys[i].asset, keys[i].tokenId));
        }
        emit log_named_uint("calls that worked", _handler.worked());
        emit log_named_uint("calls refused as foretold", _handler.refusals());
    }

    /// @dev What the contract's own views say of deal number `number` is what the events say.
    function _wordIs(uint256 number, Id id, DealHandler.Ghost memory ghost) internal view virtual;

    function _creditsAreWhatEventsSay() private view {
        DealHandler.Key[] memory keys = _handler.keys();
        for (uint256 i = 0; i < keys.length; ++i) {
            for (uint256 j = 0; j < _handler.ACTORS(); ++j) {
                address payee = _handler.actors(j);
                uint256 owed = _custody.owed(payee, keys[i].asset, keys[i].tokenId);
                assertEq(owed, _handler.creditOf(payee, keys[i].asset, keys[i].tokenId));
            }
        }
    }
}
