// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Guard} from "../../src/base/Guard.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {Asset, AssetKind, toAsset} from "../../src/types/Asset.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {Leg, Terms} from "../../src/types/Terms.sol";
import {Base} from "../Base.t.sol";
import {FeeUnits, PlainClasses, PlainUnits, RefusingClasses, RefusingUnits} from "../mocks/Multitokens.sol";
import {PlainNft} from "../mocks/Nfts.sol";
import {CallingPayee, HostilePayee, HungryPayee} from "../mocks/Payees.sol";
import {PlainToken} from "../mocks/Tokens.sol";
import {AbsurdToken, AllToken, BonusToken, GarbageToken} from "../mocks/Zoo.sol";

contract SettlementAssetsTest is Base {
    function testFuzz_EveryKindAgainstEveryKind(uint8 first, uint8 second, uint128 amount, bool back) public {
        Leg memory give = _leg(AssetKind(first % 5), alice, bob, 1 + uint256(amount));
        Leg memory take = _leg(AssetKind(second % 5), bob, alice, 2 + uint256(amount));
        Terms memory terms = _terms(give, take, 1);
        _fundAll(terms);
        bool coins = give.asset == take.asset;
        assertEq(_held(give, address(settlement)), give.amount + (coins ? take.amount : 0));
        assertEq(_held(take, address(settlement)), take.amount + (coins ? give.amount : 0));
        (uint256 alices, uint256 bobs) = (_held(take, alice), _held(give, bob));
        if (back) {
            vm.warp(SETTLE_BY);
            settlement.abort(terms);
            assertEq(_held(give, alice), give.amount);
            assertEq(_held(take, bob), take.amount);
        } else {
            settlement.settle(terms, _proofs(terms));
            assertEq(_held(give, bob), bobs + give.amount);
            assertEq(_held(take, alice), alices + take.amount);
        }
        assertEq(_held(give, address(settlement)) + _held(take, address(settlement)), 0);
    }

    function test_RevertWhen_MalformedAsset() public {
        Terms memory terms = _deal();
        address token = address(cash);
        Leg[] memory bad = new Leg[](13);
        bad[0] = Leg(_erc20(token), bob, alice, 0, 0);
        bad[1] = Leg(_erc20(token), bob, alice, 1, 5);
        bad[2] = Leg(_erc721(token), bob, alice, 1, 0);
        bad[3] = Leg(_erc721(token), bob, alice, 1, 2);
        bad[4] = Leg(toAsset(AssetKind.ERC1155, token), bob, alice, 1, 0);
        bad[5] = Leg(toAsset(AssetKind.ERC6909, token), bob, alice, 1, 0);
        bad[6] = Leg(toAsset(AssetKind.Native, address(0)), bob, alice, 0, 0);
        bad[7] = Leg(toAsset(AssetKind.Native, address(0)), bob, alice, 1, 5);
        bad[8] = Leg(toAsset(AssetKind.Native, token), bob, alice, 0, 5);
        bad[9] = Leg(Asset.wrap(bytes32(uint256(5) << 248 | uint160(token))), bob, alice, 0, 5);
        bad[10] = Leg(Asset.wrap(bytes32(uint256(255) << 248 | uint160(token))), bob, alice, 0, 5);
        bad[11] = Leg(Asset.wrap(bytes32(uint256(1) << 160 | uint160(token))), bob, alice, 0, 5);
        bad[12] = Leg(Asset.wrap(bytes32(uint256(1) << 247 | uint160(token))), bob, alice, 0, 5);
        for (uint256 i = 0; i < bad.length; ++i) {
            terms.legs[1] = bad[i];
            bytes memory refusal =
                abi.encodeWithSelector(ICustody.BadAsset.selector, bad[i].asset, bad[i].tokenId, bad[i].amount);
            vm.expectRevert(refusal);
            vm.prank(alice);
            settlement.fund(terms, 0);
        }
    }

    function test_RevertWhen_WrongCoin() public {
        Terms memory terms = _terms(_leg(AssetKind.Native, alice, bob, 5), _leg(AssetKind.ERC20, bob, alice, 9), 1);
        vm.deal(alice, 100);
        vm.deal(bob, 100);
        uint256[3] memory wrong = [uint256(0), 4, 6];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ICustody.WrongAmount.selector, terms.legs[0].asset, wrong[i], 5));
            vm.prank(alice);
            settlement.fund{value: wrong[i]}(terms, 0);
        }
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongAmount.selector, terms.legs[1].asset, 1, 9));
        vm.prank(bob);
        settlement.fund{value: 1}(terms, 1);
    }

    function test_RevertWhen_CoinIsJustSent() public {
        vm.deal(alice, 1);
        vm.prank(alice);
        (bool done,) = address(settlement).call{value: 1}("");
        assertFalse(done);
    }

    function test_RevertWhen_UnitsKeepAFee() public {
        FeeUnits units = new FeeUnits();
        units.mint(alice, 7, 10);
        Leg memory leg = Leg(toAsset(AssetKind.ERC1155, address(units)), alice, bob, 7, 10);
        Terms memory terms = _terms(leg, _leg(AssetKind.ERC20, bob, alice, 9), 1);
        vm.prank(alice);
        units.setApprovalForAll(address(settlement), true);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongAmount.selector, leg.asset, 9, 10));
        _fund(terms, 0);
    }

    function test_RevertWhen_ClassesSayNo() public {
        RefusingClasses classes = new RefusingClasses();
        classes.mint(alice, 7, 10);
        classes.refuse(address(settlement), true);
        classes.setPolite(true);
        Leg memory leg = Leg(toAsset(AssetKind.ERC6909, address(classes)), alice, bob, 7, 10);
        Terms memory terms = _terms(leg, _leg(AssetKind.ERC20, bob, alice, 9), 1);
        vm.prank(alice);
        classes.setOperator(address(settlement), true);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongAmount.selector, leg.asset, 0, 10));
        _fund(terms, 0);
    }

    function test_RevertWhen_MintOnTransfer() public {
        BonusToken token = new BonusToken();
        Terms memory terms = _payIn(token, 9);
        vm.expectRevert(abi.encodeWithSelector(ICustody.WrongAmount.selector, terms.legs[1].asset, 10, 9));
        _fund(terms, 1);
    }

    function test_RevertWhen_TransferAllByTheHighestNumber() public {
        AllToken token = new AllToken();
        Terms memory terms = _payIn(token, 9);
        terms.legs[1].amount = type(uint256).max;
        vm.expectRevert(
            abi.encodeWithSelector(ICustody.WrongAmount.selector, terms.legs[1].asset, 9, type(uint256).max)
        );
        _fund(terms, 1);
    }

    /// @dev Balances that grow by themselves count for nothing: a leg is what was agreed, in and out.
    function test_RebaseUpStaysHere() public {
        PlainToken token = new PlainToken();
        Terms memory terms = _payIn(token, 9);
        _fundAll(terms);
        token.mint(address(settlement), 5);
        settlement.settle(terms, _proofs(terms));
        assertEq(token.balanceOf(alice), 9);
        assertEq(token.balanceOf(address(settlement)), 5);
    }

    function test_StrayNftOfPlainTransferStaysHere() public {
        Terms memory terms = _deal();
        uint256 tokenId = terms.legs[0].tokenId;
        vm.prank(alice);
        deed.transferFrom(alice, address(settlement), tokenId);
        vm.expectRevert();
        _fund(terms, 0);
    }

    /// @dev A token whose code is gone, or was replaced by one that refuses, holds up nothing else.
    function test_TokenWithoutCodeIsCredited() public {
        bytes[2] memory codes = [bytes(""), bytes(hex"5f5ffd")];
        for (uint256 kind = 0; kind < 4; ++kind) {
            for (uint256 i = 0; i < 2; ++i) {
                uint256 state = vm.snapshotState();
                Terms memory terms =
                    _terms(_leg(AssetKind(kind), alice, bob, 5), _leg(AssetKind.ERC20, bob, alice, 9), 1);
                _fundAll(terms);
                vm.etch(terms.legs[0].asset.token(), codes[i]);
                settlement.settle(terms, _proofs(terms));
                Leg memory leg = terms.legs[0];
                assertEq(settlement.owed(bob, leg.asset, leg.tokenId), leg.amount);
                assertEq(_held(terms.legs[1], alice), 9);
                vm.expectRevert(abi.encodeWithSelector(ICustody.Refused.selector, leg.asset, carol));
                vm.prank(bob);
                settlement.withdraw(leg.asset, leg.tokenId, carol);
                vm.revertToState(state);
            }
        }
    }

    function test_AnswersOfATransfer() public {
        bytes[6] memory answers = [
            bytes(""),
            abi.encode(1),
            abi.encode(0),
            abi.encode(2),
            new bytes(31),
            abi.encodePacked(uint256(1), uint8(1))
        ];
        bool[6] memory good = [true, true, false, false, false, true];
        for (uint256 i = 0; i < 6; ++i) {
            uint256 state = vm.snapshotState();
            GarbageToken token = new GarbageToken();
            Terms memory terms = _payIn(token, 9);
            _fundAll(terms);
            token.answerWith(answers[i]);
            settlement.settle(terms, _proofs(terms));
            assertEq(settlement.owed(alice, terms.legs[1].asset, 0), good[i] ? 0 : 9);
            vm.revertToState(state);
        }
    }

    function test_RefusedUnitsAndClassesAreCredited() public {
        for (uint256 i = 0; i < 3; ++i) {
            Terms memory terms = _terms(
                _leg(i == 0 ? AssetKind.ERC1155 : AssetKind.ERC6909, alice, bob, 5),
                _leg(AssetKind.ERC20, bob, alice, 9),
                i
            );
            Leg memory leg = terms.legs[0];
            _fundAll(terms);
            _replaceByRefusing(leg, bob, i == 2);
            vm.expectEmit();
            emit ICustody.Credited(settlement.id(terms), bob, leg.asset, leg.tokenId, 5);
            settlement.settle(terms, _proofs(terms));
            assertEq(_held(terms.legs[1], alice), 9);
            vm.prank(bob);
            settlement.withdraw(leg.asset, leg.tokenId, carol);
            assertEq(_held(leg, carol), 5);
        }
    }

    /// @dev An ERC-1155 goes only to who takes it: a contract without the hook is credited.
    function test_UnitsToAContractWithoutHook() public {
        Terms memory terms = _terms(_leg(AssetKind.ERC1155, alice, bob, 5), _leg(AssetKind.ERC20, bob, alice, 9), 1);
        terms.legs[0].to = address(new HostilePayee());
        _fundAll(terms);
        settlement.settle(terms, _proofs(terms));
        assertEq(settlement.owed(terms.legs[0].to, terms.legs[0].asset, terms.legs[0].tokenId), 5);
    }

    function test_RefusedCoinIsCredited() public {
        for (uint256 way = 0; way <= uint256(HostilePayee.Way.BurnGas); ++way) {
            HostilePayee payee = new HostilePayee();
            payee.setWay(HostilePayee.Way(way));
            Terms memory terms =
                _terms(_leg(AssetKind.Native, alice, bob, 5), _leg(AssetKind.ERC20, bob, alice, 9), way);
            terms.legs[0].to = address(payee);
            _fundAll(terms);
            bytes[] memory proofs = _proofs(terms);
            settlement.settle{gas: 1_000_000}(terms, proofs);
            bool took = way == uint256(HostilePayee.Way.ReturnBomb);
            assertEq(address(payee).balance, took ? 5 : 0);
            assertEq(settlement.owed(address(payee), terms.legs[0].asset, 0), took ? 0 : 5);
            if (took) continue;
            uint256 before = carol.balance;
            vm.prank(address(payee));
            settlement.withdraw(terms.legs[0].asset, 0, carol);
            assertEq(carol.balance, before + 5);
        }
    }

    /// @dev A payee that needs nearly all the gas a push may use is paid, or nothing happens: whoever calls cannot
    /// choose an amount of gas that leaves the payee with a credit (63/64 starvation).
    function testFuzz_GasCannotForceACreditOnAHungryPayee(uint256 gas_, bool first) public {
        HungryPayee payee = new HungryPayee(first ? 12 : 90);
        if (!first) payable(address(payee)).call{value: 1, gas: 20_000_000}("");
        Terms memory terms = _terms(_leg(AssetKind.Native, alice, bob, 5), _leg(AssetKind.ERC20, bob, alice, 9), 1);
        terms.legs[0].to = address(payee);
        _fundAll(terms);
        bytes[] memory proofs = _proofs(terms);
        gas_ = bound(gas_, 100_000, 900_000);
        try settlement.settle{gas: gas_}(terms, proofs) {
            assertEq(address(payee).balance, first ? 5 : 6);
        } catch {
            assertEq(settlement.status(settlement.id(terms)), Status.Armed);
        }
        assertEq(settlement.owed(address(payee), terms.legs[0].asset, 0), 0);
    }

    function test_TooHungryPayeeIsCredited() public {
        HungryPayee payee = new HungryPayee(20);
        Terms memory terms = _terms(_leg(AssetKind.Native, alice, bob, 5), _leg(AssetKind.ERC20, bob, alice, 9), 1);
        terms.legs[0].to = address(payee);
        _fundAll(terms);
        settlement.settle(terms, _proofs(terms));
        assertEq(settlement.owed(address(payee), terms.legs[0].asset, 0), 5);
        vm.prank(address(payee));
        settlement.withdraw(terms.legs[0].asset, 0, address(payee));
        assertEq(address(payee).balance, 5);
    }

    function test_RevertWhen_TooLittleGasForAFullPush() public {
        HostilePayee payee = new HostilePayee();
        payee.setWay(HostilePayee.Way.BurnGas);
        Terms memory terms = _terms(_leg(AssetKind.Native, alice, bob, 5), _leg(AssetKind.ERC20, bob, alice, 9), 1);
        terms.legs[0].to = address(payee);
        _fundAll(terms);
        bytes[] memory proofs = _proofs(terms);
        vm.expectPartialRevert(ICustody.TooLittleGas.selector);
        settlement.settle{gas: 330_000}(terms, proofs);
    }

    /// @dev Credits stop at the highest number instead of holding up the deal.
    function test_AbsurdCreditsSaturate() public {
        AbsurdToken token = new AbsurdToken();
        for (uint256 i = 0; i < 2; ++i) {
            Terms memory terms =
                _terms(_cashLeg(address(token), alice, bob, 2 ** 255 + 1), _leg(AssetKind.ERC20, bob, alice, 9), i);
            token.reset();
            _fundAll(terms);
            settlement.settle(terms, _proofs(terms));
            assertEq(_held(terms.legs[1], alice), 9);
        }
        assertEq(settlement.owed(bob, _erc20(address(token)), 0), type(uint256).max);
    }

    /// @dev A payee that is called in the middle, by coin or by an ERC-1155's hook, finds every door shut.
    function test_ReenteringPayeeIsRefused() public {
        AssetKind[2] memory kinds = [AssetKind.Native, AssetKind.ERC1155];
        bytes[6] memory calls = [
            abi.encodeCall(settlement.withdraw, (_erc20(address(cash)), 0, bob)),
            abi.encodeCall(settlement.permit, (address(cash), 1, 1, 0, 0, 0)),
            abi.encodeCall(settlement.status, (Id.wrap(0))),
            abi.encodeCall(settlement.funded, (Id.wrap(0))),
            abi.encodeCall(settlement.satisfied, (Id.wrap(0))),
            abi.encodeCall(settlement.owed, (bob, _erc20(address(cash)), 0))
        ];
        bytes memory refusal = abi.encodePacked(Guard.Reentered.selector);
        for (uint256 i = 0; i < 12; ++i) {
            CallingPayee payee = new CallingPayee();
            Terms memory terms = _terms(_leg(kinds[i / 6], alice, bob, 5), _leg(AssetKind.ERC20, bob, alice, 9), i);
            terms.legs[0].to = address(payee);
            _fundAll(terms);
            payee.hook(address(settlement), calls[i % 6]);
            settlement.settle(terms, _proofs(terms));
            assertTrue(payee.called());
            assertFalse(payee.succeeded());
            assertEq(payee.answer(), refusal);
            assertEq(_held(terms.legs[0], address(payee)), 5);
        }
    }

    /// @dev A leg of a new asset of `kind`, which `from` has and approved. An NFT is number 5; units and classes are.
    function _leg(AssetKind kind, address from, address to, uint256 amount) private returns (Leg memory) {
        vm.startPrank(from);
        if (kind == AssetKind.ERC20) {
            PlainToken token = new PlainToken();
            token.mint(from, amount);
            token.approve(address(settlement), amount);
            vm.stopPrank();
            return _cashLeg(address(token), from, to, amount);
        }
        if (kind == AssetKind.Native) {
            vm.stopPrank();
            vm.deal(from, from.balance + amount);
            return _coinLeg(from, to, amount);
        }
        if (kind == AssetKind.ERC721) {
            PlainNft nft = new PlainNft();
            nft.mint(from, 5);
            nft.approve(address(settlement), 5);
            vm.stopPrank();
            return _nftLeg(address(nft), from, to, 5);
        }
        PlainUnits units = kind == AssetKind.ERC1155 ? new PlainUnits() : PlainUnits(address(new PlainClasses()));
        units.mint(from, 5, amount);
        if (kind == AssetKind.ERC1155) units.setApprovalForAll(address(settlement), true);
        else PlainClasses(address(units)).approve(address(settlement), 5, amount);
        vm.stopPrank();
        return Leg(toAsset(kind, address(units)), from, to, 5, amount);
    }

    function _held(Leg memory leg, address account) private view returns (uint256) {
        AssetKind kind = leg.asset.kind();
        address token = leg.asset.token();
        if (kind == AssetKind.Native) return account.balance;
        if (kind == AssetKind.ERC20) return PlainToken(token).balanceOf(account);
        if (kind == AssetKind.ERC721) return PlainNft(token).ownerOf(leg.tokenId) == account ? 1 : 0;
        return PlainUnits(token).balanceOf(account, leg.tokenId);
    }

    /// @dev Puts refusing code in the place of a leg's well-behaved one, with the balances it had.
    function _replaceByRefusing(Leg memory leg, address payee, bool polite) private {
        address token = leg.asset.token();
        bool units = leg.asset.kind() == AssetKind.ERC1155;
        vm.etch(token, units ? address(new RefusingUnits()).code : address(new RefusingClasses()).code);
        RefusingUnits(token).refuse(payee, true);
        if (!units) RefusingClasses(token).setPolite(polite);
    }

    /// @dev The usual deal over an NFT, paid in `token`.
    function _payIn(PlainToken token, uint256 amount) private returns (Terms memory) {
        token.mint(bob, amount);
        vm.prank(bob);
        token.approve(address(settlement), type(uint256).max);
        return _terms(_leg(AssetKind.ERC721, alice, bob, 1), _cashLeg(address(token), bob, alice, amount), 1);
    }
}
