// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DocumentRegistry} from "../../src/DocumentRegistry.sol";
import {Settlement} from "../../src/Settlement.sol";
import {Asset, AssetKind, toAsset} from "../../src/types/Asset.sol";
import {Document} from "../../src/types/Document.sol";
import {Id} from "../../src/types/Id.sol";
import {Condition, ConditionKind, Leg, Terms} from "../../src/types/Terms.sol";
import {Test} from "forge-std/Test.sol";

/// @notice vectors.json: samples with their digests, which other languages check themselves against.
/// To write it anew: WRITE_VECTORS=true forge test --match-contract Vectors
contract Vectors is Test {
    string private constant PATH = "contracts/test/vectors/vectors.json";
    address private constant SETTLEMENT = 0x5E771E0000000000000000000000000000000001;
    address private constant REGISTRY = 0xD0c0000000000000000000000000000000000002;
    address private constant CASH = 0xcA54000000000000000000000000000000000003;
    address private constant DEED = 0xdeED000000000000000000000000000000000004;
    address private constant ISSUER = 0xA11cE00000000000000000000000000000000005;
    uint256 private constant BUYER_KEY = 0xb0b;

    address private buyer = vm.addr(BUYER_KEY);

    function setUp() public {
        vm.chainId(31337);
        deployCodeTo("Settlement.sol", SETTLEMENT);
        deployCodeTo("DocumentRegistry.sol", REGISTRY);
    }

    function test_FileIsRight() public {
        string memory json = _json();
        if (vm.envOr("WRITE_VECTORS", false)) vm.writeFile(PATH, json);
        assertEq(vm.readFile(PATH), json);
    }

    function _json() private returns (string memory) {
        Document memory document = Document({
            issuer: ISSUER,
            root: keccak256("root"),
            chunks: 3,
            chunkSize: 1024,
            size: 2500,
            schema: keccak256("schema"),
            previous: Id.wrap(keccak256("previous"))
        });
        Id documentId = DocumentRegistry(REGISTRY).id(document);
        Terms memory terms = _terms(documentId);

        string memory file = "vectors";
        vm.serializeUint(file, "chainId", 31337);
        vm.serializeString(file, "document", _documentJson(document, documentId));
        return string.concat(vm.serializeString(file, "settlement", _settlementJson(terms, documentId)), "\n");
    }

    function _terms(Id documentId) private view returns (Terms memory terms) {
        terms.legs = new Leg[](2);
        terms.legs[0] = Leg(toAsset(AssetKind.ERC721, DEED), ISSUER, buyer, uint256(Id.unwrap(documentId)), 1);
        terms.legs[1] = Leg(toAsset(AssetKind.ERC20, CASH), buyer, ISSUER, 0, 250_000e6);
        terms.conditions = new Condition[](1);
        terms.conditions[0] = Condition(ConditionKind.Receipt, buyer, Id.unwrap(documentId));
        terms.fundBy = 1_800_000_000;
        terms.settleBy = 1_800_086_400;
        terms.nonce = uint256(keccak256("nonce"));
    }

    function _documentJson(Document memory document, Id id) private returns (string memory) {
        string memory fields = "document.document";
        vm.serializeAddress(fields, "issuer", document.issuer);
        vm.serializeBytes32(fields, "root", document.root);
        vm.serializeUint(fields, "chunks", document.chunks);
        vm.serializeUint(fields, "chunkSize", document.chunkSize);
        vm.serializeUint(fields, "size", document.size);
        vm.serializeBytes32(fields, "schema", document.schema);
        fields = vm.serializeBytes32(fields, "previous", Id.unwrap(document.previous));

        string memory object = "document";
        vm.serializeAddress(object, "contract", REGISTRY);
        vm.serializeBytes(object, "abi", abi.encode(document));
        vm.serializeBytes32(object, "id", Id.unwrap(id));
        return vm.serializeString(object, "document", fields);
    }

    function _settlementJson(Terms memory terms, Id documentId) private returns (string memory) {
        Settlement settlement = Settlement(SETTLEMENT);
        Id id = settlement.id(terms);
        bytes32 subject = Id.unwrap(documentId);

        string memory object = "settlement";
        vm.serializeAddress(object, "contract", SETTLEMENT);
        vm.serializeBytes(object, "abi", abi.encode(terms));
        vm.serializeBytes32(object, "id", Id.unwrap(id));
        vm.serializeString(object, "terms", _termsJson(terms));
        vm.serializeBytes32(object, "buyerKey", bytes32(BUYER_KEY));
        vm.serializeAddress(object, "buyer", buyer);
        vm.serializeBytes32(object, "receiptSubject", subject);
        vm.serializeBytes32(object, "receiptDigest", settlement.receiptDigest(id, buyer, subject));
        vm.serializeBytes(object, "receiptSignature", _sign(settlement.receiptDigest(id, buyer, subject)));
        vm.serializeBytes(object, "cancelSignature", _sign(settlement.cancelDigest(id, buyer)));
        return vm.serializeBytes32(object, "cancelDigest", settlement.cancelDigest(id, buyer));
    }

    function _termsJson(Terms memory terms) private pure returns (string memory) {
        return string.concat(
            '{"legs":[',
            _legJson(terms.legs[0]),
            ",",
            _legJson(terms.legs[1]),
            '],"conditions":[{"kind":',
            vm.toString(uint8(terms.conditions[0].kind)),
            ',"party":"',
            vm.toString(terms.conditions[0].party),
            '","subject":"',
            vm.toString(terms.conditions[0].subject),
            '"}],"fundBy":',
            vm.toString(terms.fundBy),
            ',"settleBy":',
            vm.toString(terms.settleBy),
            ',"nonce":"',
            vm.toString(bytes32(terms.nonce)),
            '"}'
        );
    }

    function _legJson(Leg memory leg) private pure returns (string memory) {
        return string.concat(
            '{"asset":"',
            vm.toString(Asset.unwrap(leg.asset)),
            '","from":"',
            vm.toString(leg.from),
            '","to":"',
            vm.toString(leg.to),
            '","tokenId":"',
            vm.toString(bytes32(leg.tokenId)),
            '","amount":"',
            vm.toString(bytes32(leg.amount)),
            '"}'
        );
    }

    function _sign(bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(BUYER_KEY, digest);
        return abi.encodePacked(r, s, v);
    }
}
