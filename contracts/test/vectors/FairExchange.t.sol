// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FairExchange} from "../../src/FairExchange.sol";
import {AssetKind, toAsset} from "../../src/types/Asset.sol";
import {FairTerms, Goods, Verdict} from "../../src/types/FairTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {Complaint, Sealed, Sealing} from "../Judge/Sealing.sol";
import {Test} from "forge-std/Test.sol";

/// @notice fair-exchange.json: a document encrypted for one deal, with every hash on the way, and complaints with what
/// the judge says of them, which other languages check themselves against.
/// To write it anew: WRITE_VECTORS=true forge test --match-contract FairVectors
contract FairVectors is Test {
    string private constant PATH = "contracts/test/vectors/fair-exchange.json";
    address private constant FAIR = 0xFa1200000000000000000000000000000000000A;
    address private constant CASH = 0xcA54000000000000000000000000000000000003;
    address private constant SELLER = 0xA11cE00000000000000000000000000000000005;
    uint256 private constant BUYER_KEY = 0xb0b;

    string[] private complaints;

    function setUp() public {
        vm.chainId(31337);
        deployCodeTo("FairExchange.sol", FAIR);
    }

    function test_FileIsRight() public {
        string memory json = _json();
        if (vm.envOr("WRITE_VECTORS", false)) vm.writeFile(PATH, json);
        assertEq(vm.readFile(PATH), json);
    }

    function _json() private returns (string memory) {
        Sealed memory deal = _deal();
        Sealed memory wrong = _deal();
        wrong.cipher[1][200] ^= 0x20;
        Sealing.recommit(wrong);

        string memory file = "fair";
        vm.serializeUint(file, "chainId", 31337);
        vm.serializeAddress(file, "contract", FAIR);
        vm.serializeString(file, "deal", _dealJson("deal", deal));
        vm.serializeString(file, "wrong", _dealJson("wrong", wrong));
        return string.concat(vm.serializeString(file, "complaints", _complaintsJson(deal, wrong)), "\n");
    }

    function _deal() private pure returns (Sealed memory deal) {
        bytes[] memory plain = Sealing.document(3, 256, "document");
        deal = Sealing.seal(plain, keccak256("key"), keccak256("secret"), 0x8f3c1d5a7e2b4960);
        FairTerms memory terms = deal.terms;
        (terms.buyer, terms.seller) = (vm.addr(BUYER_KEY), SELLER);
        (terms.asset, terms.amount) = (toAsset(AssetKind.ERC20, CASH), 250_000e6);
        (terms.revealBy, terms.window) = (1_800_000_000, 1 days);
    }

    function _dealJson(string memory object, Sealed memory deal) private returns (string memory) {
        Goods memory goods = deal.goods;
        Id id = FairExchange(FAIR).id(deal.terms);
        bytes32 documentKey = Sealing.documentKey(deal.key, goods.secret, goods.plainRoot, goods.nonce);
        vm.serializeBytes32(object, "key", deal.key);
        vm.serializeBytes32(object, "documentKey", documentKey);
        vm.serializeBytes(object, "plain", deal.plain);
        vm.serializeBytes(object, "cipher", deal.cipher);
        vm.serializeBytes32(object, "plainLeaves", deal.plainLeaves);
        vm.serializeBytes32(object, "cipherLeaves", deal.cipherLeaves);
        vm.serializeString(object, "goods", _goodsJson(string.concat(object, ".goods"), goods));
        vm.serializeBytes32(object, "goodsHash", FairExchange(FAIR).hashGoods(goods));
        vm.serializeString(object, "terms", _termsJson(string.concat(object, ".terms"), deal.terms));
        vm.serializeBytes32(object, "id", Id.unwrap(id));
        return vm.serializeBytes32(object, "receiptDigest", FairExchange(FAIR).receiptDigest(id));
    }

    function _goodsJson(string memory object, Goods memory goods) private returns (string memory) {
        vm.serializeBytes32(object, "plainRoot", goods.plainRoot);
        vm.serializeBytes32(object, "cipherRoot", goods.cipherRoot);
        vm.serializeUint(object, "chunks", goods.chunks);
        vm.serializeUint(object, "chunkSize", goods.chunkSize);
        vm.serializeBytes32(object, "secret", goods.secret);
        return vm.serializeBytes32(object, "nonce", bytes32(uint256(goods.nonce)));
    }

    function _termsJson(string memory object, FairTerms memory terms) private returns (string memory) {
        vm.serializeAddress(object, "buyer", terms.buyer);
        vm.serializeAddress(object, "seller", terms.seller);
        vm.serializeBytes(object, "abi", abi.encode(terms));
        vm.serializeBytes32(object, "asset", bytes32(abi.encode(terms.asset)));
        vm.serializeBytes32(object, "tokenId", bytes32(terms.tokenId));
        vm.serializeBytes32(object, "amount", bytes32(terms.amount));
        vm.serializeBytes32(object, "goods", terms.goods);
        vm.serializeBytes32(object, "keyCommit", terms.keyCommit);
        vm.serializeUint(object, "revealBy", terms.revealBy);
        return vm.serializeUint(object, "window", terms.window);
    }

    /// @dev Each is about the honest deal, unless it says otherwise.
    function _complaintsJson(Sealed memory deal, Sealed memory wrong) private returns (string memory) {
        delete complaints;
        for (uint256 i = 0; i < 3; ++i) {
            _add("an honest chunk", deal, Sealing.complaint(deal, i), Verdict.Right);
            Verdict verdict = i == 1 ? Verdict.Wrong : Verdict.Right;
            _add("of the wrong deal", wrong, Sealing.complaint(wrong, i), verdict);
        }
        _addHoles(deal);
        _addBindings(deal, wrong);

        string memory all = complaints[0];
        for (uint256 i = 1; i < complaints.length; ++i) {
            all = string.concat(all, ",", complaints[i]);
        }
        return string.concat("[", all, "]");
    }

    function _addHoles(Sealed memory deal) private {
        bytes memory cipher = bytes.concat(deal.cipher[0], Sealing.path(deal.cipherLeaves, 0));
        Complaint memory c = Sealing.complaint(deal, 0);
        c.leaf = deal.plainLeaves[1];
        c.proof = Sealing.words(bytes.concat(cipher, Sealing.path(deal.plainLeaves, 1)));
        _add("topology: the leaf of a neighbour", deal, c, Verdict.NotPlain);
        c = Sealing.complaint(deal, 0);
        c.proof[8] = 0;
        _add("sibling unauthenticated: in the cipher path", deal, c, Verdict.NotCipher);
        c = Sealing.complaint(deal, 0);
        c.proof[11] = 0;
        _add("sibling unauthenticated: in the plain path", deal, c, Verdict.NotPlain);
        c = Sealing.complaint(deal, 0);
        c.index = 4;
        _add("index aliasing: one whole tree further", deal, c, Verdict.NoSuchChunk);
        c.index = 1 << 255;
        _add("index aliasing: far out", deal, c, Verdict.NoSuchChunk);
        c.index = 3;
        _add("an absent place", deal, c, Verdict.NoSuchChunk);
        c = Sealing.complaint(deal, 0);
        c.proof = Sealing.words(bytes.concat(cipher, deal.plainLeaves[1]));
        _add("path length: too short", deal, c, Verdict.BadLength);
        c.proof = Sealing.words(bytes.concat(cipher, Sealing.path(deal.plainLeaves, 0), bytes32(0)));
        _add("path length: too long", deal, c, Verdict.BadLength);
        c.leaf = deal.goods.plainRoot;
        c.proof = Sealing.words(bytes.concat(cipher, new bytes(64)));
        _add("an inner node as leaf", deal, c, Verdict.NotPlain);
        c = Sealing.complaint(deal, 0);
        c.leaf = deal.cipherLeaves[0];
        _add("a cipher leaf as plain one", deal, c, Verdict.NotPlain);
        c = Sealing.complaint(deal, 0);
        for (uint256 i = 0; i < 8; ++i) {
            c.proof[i] = Sealing.words(deal.plain[0])[i];
        }
        _add("a plain chunk as encrypted one", deal, c, Verdict.NotCipher);
    }

    function _addBindings(Sealed memory deal, Sealed memory wrong) private {
        Complaint memory c = Sealing.complaint(deal, 0);
        c.key = deal.goods.secret;
        _add("key and secret exchanged", deal, c, Verdict.BadKey);
        c = Sealing.complaint(deal, 0);
        c.goods = abi.decode(abi.encode(c.goods), (Goods));
        c.goods.secret = deal.key;
        _add("another secret", deal, c, Verdict.BadGoods);
        _add("the goods of another deal", deal, Sealing.complaint(wrong, 1), Verdict.BadGoods);
    }

    function _add(string memory name, Sealed memory deal, Complaint memory c, Verdict verdict) private {
        bool wrong = deal.cipherLeaves[1] != _deal().cipherLeaves[1];
        Verdict said = FairExchange(FAIR).judge(deal.terms, c.goods, c.key, c.index, c.leaf, c.proof);
        assertEq(uint8(said), uint8(verdict), name);
        string memory object = string.concat("complaint", vm.toString(complaints.length));
        vm.serializeString(object, "name", name);
        vm.serializeString(object, "about", wrong ? "wrong" : "deal");
        vm.serializeString(object, "goods", _goodsJson(string.concat(object, ".goods"), c.goods));
        vm.serializeBytes32(object, "key", c.key);
        vm.serializeBytes32(object, "index", bytes32(c.index));
        vm.serializeBytes32(object, "leaf", c.leaf);
        vm.serializeBytes32(object, "proof", c.proof);
        complaints.push(vm.serializeUint(object, "verdict", uint8(verdict)));
    }
}
