// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICustody} from "../../src/interfaces/ICustody.sol";
import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {Asset, AssetKind, toAsset} from "../../src/types/Asset.sol";
import {EscrowTerms} from "../../src/types/EscrowTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {PlainNft} from "../mocks/Nfts.sol";
import {FeeToken} from "../mocks/Tokens.sol";
import {EscrowBase} from "./EscrowBase.sol";

contract EscrowFund is EscrowBase {
    function _refuses(EscrowTerms memory terms, bytes memory why) private {
        vm.expectRevert(why);
        vm.prank(terms.payer);
        escrow.fund(terms);
        assertStatus(escrow.id(terms), Status.None);
    }

    function test_RevertWhen_CallerIsNotThePayer() public {
        EscrowTerms memory terms = _terms();
        Id id = escrow.id(terms);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.NotPayer.selector, id, bob));
        vm.prank(bob);
        escrow.fund(terms);
    }

    function test_RevertWhen_Late() public {
        EscrowTerms memory terms = _terms();
        vm.warp(ACCEPT_BY);
        _refuses(terms, abi.encodeWithSelector(ICustody.TooLate.selector, escrow.id(terms), ACCEPT_BY));
        vm.warp(ACCEPT_BY - 1);
        _fund(terms);
    }

    function test_RevertWhen_BadPayee() public {
        address[3] memory bad = [address(0), alice, address(escrow)];
        for (uint256 i = 0; i < 3; ++i) {
            EscrowTerms memory terms = _terms();
            terms.payee = bad[i];
            _refuses(terms, abi.encodeWithSelector(IEscrow.BadParty.selector, bad[i]));
        }
    }

    function test_RevertWhen_BadArbiter() public {
        address[3] memory bad = [alice, bob, address(escrow)];
        for (uint256 i = 0; i < 3; ++i) {
            EscrowTerms memory terms = _terms();
            terms.arbiter = bad[i];
            _refuses(terms, abi.encodeWithSelector(IEscrow.BadArbiter.selector, bad[i]));
        }
    }

    function test_RevertWhen_DefaultShareIsMoreThanAll() public {
        EscrowTerms memory terms = _terms();
        terms.defaultBps = 10_001;
        _refuses(terms, abi.encodeWithSelector(IEscrow.BadShare.selector, 10_001));
        terms.defaultBps = 10_000;
        _fund(terms);
    }

    function test_RevertWhen_AssetIsMalformed() public {
        EscrowTerms memory terms = _terms();
        terms.amount = 0;
        _refuses(terms, abi.encodeWithSelector(ICustody.BadAsset.selector, terms.asset, 0, 0));
        terms.amount = PRICE;
        terms.tokenId = 7;
        _refuses(terms, abi.encodeWithSelector(ICustody.BadAsset.selector, terms.asset, 7, PRICE));
        terms.tokenId = 0;
        terms.asset = Asset.wrap(bytes32(uint256(5) << 248));
        _refuses(terms, abi.encodeWithSelector(ICustody.BadAsset.selector, terms.asset, 0, PRICE));
    }

    function test_RevertWhen_BondCannotBe() public {
        EscrowTerms memory terms = _terms();
        terms.arbiter = address(0);
        _refuses(terms, abi.encodeWithSelector(IEscrow.BadBond.selector, BOND));

        terms = _terms();
        terms.asset = toAsset(AssetKind.ERC721, address(cash));
        terms.amount = 1;
        _refuses(terms, abi.encodeWithSelector(IEscrow.BadBond.selector, BOND));

        terms = _terms();
        terms.bond = type(uint256).max - PRICE + 1;
        _refuses(terms, abi.encodeWithSelector(IEscrow.BadBond.selector, terms.bond));
        terms.bond = type(uint256).max - PRICE;
        _fund(terms);
    }

    function test_RevertWhen_WindowsAreBad() public {
        EscrowTerms memory terms = _terms();
        terms.disputeBy = ACCEPT_BY + 1 hours - 1;
        _refusesWindow(terms);
        terms = _terms();
        terms.disputeBy = uint40(T0 + 366 days + 1);
        _refusesWindow(terms);
        terms = _terms();
        terms.ruleWindow = 1 hours - 1;
        _refusesWindow(terms);
        terms = _terms();
        terms.ruleWindow = 366 days + 1;
        _refusesWindow(terms);
    }

    function test_WindowsAtTheirEnds() public {
        EscrowTerms memory terms = _terms();
        (terms.disputeBy, terms.ruleWindow) = (ACCEPT_BY + 1 hours, 1 hours);
        _fund(terms);
        (terms.disputeBy, terms.ruleWindow) = (uint40(T0 + 366 days), 366 days);
        _fund(terms);
    }

    function test_RevertWhen_TokenKeepsAFee() public {
        FeeToken token = new FeeToken();
        token.mint(alice, PRICE);
        vm.prank(alice);
        token.approve(address(escrow), PRICE);
        EscrowTerms memory terms = _terms();
        terms.asset = toAsset(AssetKind.ERC20, address(token));
        uint256 moved = PRICE - PRICE / 100;
        _refuses(terms, abi.encodeWithSelector(ICustody.WrongAmount.selector, terms.asset, moved, PRICE));
    }

    function test_RevertWhen_ValueComesWithAToken() public {
        EscrowTerms memory terms = _terms();
        vm.deal(alice, 1);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongAmount.selector, terms.asset, 1, PRICE));
        vm.prank(alice);
        escrow.fund{value: 1}(terms);
    }

    function test_TakesTheAmount() public {
        EscrowTerms memory terms = _terms();
        Id id = escrow.id(terms);
        vm.expectEmit(address(escrow));
        emit IEscrow.Opened(id, alice, terms);
        _fund(terms);
        assertStatus(id, Status.Open);
        assertEq(cash.balanceOf(address(escrow)), PRICE);
        assertEq(cash.balanceOf(alice), 9 * PRICE);
    }

    function test_TakesNativeCoin() public {
        EscrowTerms memory terms = _terms();
        terms.asset = toAsset(AssetKind.Native, address(0));
        vm.deal(alice, PRICE);
        vm.prank(alice);
        escrow.fund{value: PRICE}(terms);
        assertEq(address(escrow).balance, PRICE);
        _release(terms, 10_000);
        assertEq(bob.balance, PRICE);
    }

    function test_TakesAnNft() public {
        PlainNft nft = new PlainNft();
        nft.mint(alice, 5);
        vm.prank(alice);
        nft.approve(address(escrow), 5);
        EscrowTerms memory terms = _terms();
        (terms.asset, terms.tokenId, terms.amount, terms.bond) = (toAsset(AssetKind.ERC721, address(nft)), 5, 1, 0);
        _fund(terms);
        assertEq(nft.ownerOf(5), address(escrow));
    }

    function test_EveryFieldMakesAnotherEscrow() public {
        Id id = _fund(_terms());
        bytes memory encoded = abi.encode(_terms());
        for (uint256 i = 31; i < encoded.length; i += 32) {
            // One bit of each field, the kind of the asset aside.
            encoded[i] = bytes1(uint8(encoded[i]) ^ 1);
            assertNotEq(Id.unwrap(escrow.id(abi.decode(encoded, (EscrowTerms)))), Id.unwrap(id));
            encoded[i] = bytes1(uint8(encoded[i]) ^ 1);
        }
    }

    function test_IdIsTheTypedDataDigest() public view {
        string memory types = "EscrowTerms(address payer,address payee,bytes32 asset,uint256 tokenId,uint256 amount,"
            "bytes32 subject,address arbiter,uint256 bond,uint16 defaultBps,uint40 acceptBy,uint40 disputeBy,"
            "uint40 ruleWindow,uint256 nonce)";
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Quittance Escrow"),
                keccak256("1"),
                block.chainid,
                escrow
            )
        );
        bytes32 struct_ = keccak256(bytes.concat(keccak256(bytes(types)), abi.encode(_terms())));
        assertEq(Id.unwrap(escrow.id(_terms())), keccak256(abi.encodePacked("\x19\x01", domain, struct_)));
    }

    function _refusesWindow(EscrowTerms memory terms) private {
        _refuses(
            terms, abi.encodeWithSelector(IEscrow.BadWindow.selector, terms.acceptBy, terms.disputeBy, terms.ruleWindow)
        );
    }
}
