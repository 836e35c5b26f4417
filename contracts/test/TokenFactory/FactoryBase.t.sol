// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TokenFactory} from "../../src/TokenFactory.sol";
import {TokenBase} from "../TokenBase.t.sol";

abstract contract FactoryBase is TokenBase {
    TokenFactory internal factory;

    function setUp() public virtual override {
        super.setUp();
        factory = new TokenFactory();
    }
}
