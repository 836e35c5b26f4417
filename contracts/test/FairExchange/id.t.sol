// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FairExchange} from "../../src/FairExchange.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {FairTerms, Goods} from "../../src/types/FairTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {Sealing} from "../Judge/Sealing.sol";
import {FairBase} from "./FairBase.sol";

contract FairIdTest is FairBase {
    bytes32 private constant GOODS_TYPE = keccak256(
        "Goods(bytes32 plainRoot,bytes32 cipherRoot,uint32 chunks,uint32 chunkSize,bytes32 secret,uint64 nonce)"
    );
    bytes32 private constant TERMS_TYPE = keccak256(
        "FairTerms(address buyer,address seller,bytes32 asset,uint256 tokenId,uint256 amount,Goods goods,"
        "bytes32 keyCommit,uint40 revealBy,uint40 window)"
        "Goods(bytes32 plainRoot,bytes32 cipherRoot,uint32 chunks,uint32 chunkSize,bytes32 secret,uint64 nonce)"
    );

    /// @dev The assembly in FairHash against what the compiler makes of the definition.
    function testFuzz_IsTheDigestOfTheTerms(FairTerms memory terms) public view {
        bytes32 hash = keccak256(abi.encode(TERMS_TYPE, terms));
        assertEq(Id.unwrap(fair.id(terms)), keccak256(abi.encodePacked("\x19\x01", _domain(fair), hash)));
    }

    function testFuzz_GoodsByTheirHash(Goods memory goods) public view {
        assertEq(fair.hashGoods(goods), keccak256(abi.encode(GOODS_TYPE, goods)));
        assertEq(fair.hashGoods(goods), Sealing.hashGoods(goods));
    }

    function test_DiffersWithEveryField() public {
        bytes memory words = abi.encode(_deal().terms);
        Id id = fair.id(_deal().terms);
        for (uint256 i = 0; i < 9; ++i) {
            bytes memory other = bytes.concat(words);
            other[32 * i + 31] ^= 0x01;
            assertTrue(Id.unwrap(fair.id(abi.decode(other, (FairTerms)))) != Id.unwrap(id));
        }
        assertTrue(Id.unwrap(new FairExchange().id(_deal().terms)) != Id.unwrap(id));
        vm.chainId(block.chainid + 1);
        assertTrue(Id.unwrap(fair.id(_deal().terms)) != Id.unwrap(id));
    }

    /// @dev Bits above a field's range are part of the hash: such terms are other terms, and nothing is under them.
    function test_WordsOutOfRange() public {
        FairTerms memory terms = _deal().terms;
        uint256[4] memory narrow = [uint256(0), 1, 7, 8];
        _lock(terms);
        vm.warp(REVEAL_BY);
        for (uint256 i = 0; i < 4; ++i) {
            bytes memory words = abi.encode(terms);
            words[32 * narrow[i]] = 0x01;
            vm.prank(bob);
            (bool done, bytes memory answer) = address(fair).call(bytes.concat(fair.reclaim.selector, words));
            assertFalse(done);
            assertEq(bytes4(answer), ICustody.BadStatus.selector);
            vm.warp(T0);
            vm.prank(bob);
            (done, answer) = address(fair).call(bytes.concat(fair.lock.selector, words));
            assertFalse(done);
            assertEq(answer.length, 0, "not even decoded");
            vm.warp(REVEAL_BY);
        }
        fair.reclaim(terms);
        _assertStatus(terms, Status.Aborted);
    }

    function testFuzz_ReceiptDigest(bytes32 exchange) public view {
        bytes32 hash = keccak256(abi.encode(keccak256("Receipt(bytes32 exchange)"), exchange));
        bytes32 digest = keccak256(abi.encodePacked("\x19\x01", _domain(fair), hash));
        assertEq(fair.receiptDigest(Id.wrap(exchange)), digest);
    }

    function _domain(FairExchange of_) private view returns (bytes32) {
        bytes32 shape = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 name = keccak256("Quittance FairExchange");
        return keccak256(abi.encode(shape, name, keccak256("1"), block.chainid, address(of_)));
    }
}
