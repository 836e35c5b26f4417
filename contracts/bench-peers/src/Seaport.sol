// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Nothing but the sources, so that they are compiled by the settings that foundry.toml keeps for this file.
import {Seaport} from "seaport-core/src/Seaport.sol";
import {ConduitController} from "seaport-core/src/conduit/ConduitController.sol";
