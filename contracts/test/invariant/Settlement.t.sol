// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Settlement} from "../../src/Settlement.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {Leg, LegKind, Terms} from "../../src/types/Terms.sol";
import {PlainNft} from "../mocks/Nfts.sol";
import {PlainToken} from "../mocks/Tokens.sol";
import {SettlementHandler} from "./handlers/SettlementHandler.sol";
import {Test} from "forge-std/Test.sol";

contract SettlementInvariants is Test {
    Settlement internal settlement;
    SettlementHandler internal handler;

    function setUp() public {
        vm.warp(1_800_000_000);
        settlement = new Settlement();
        handler = new SettlementHandler(settlement);

        bytes4[] memory selectors = new bytes4[](14);
        selectors[0] = SettlementHandler.open.selector;
        selectors[1] = SettlementHandler.fund.selector;
        selectors[2] = SettlementHandler.satisfy.selector;
        selectors[3] = SettlementHandler.settle.selector;
        selectors[4] = SettlementHandler.abort.selector;
        selectors[5] = SettlementHandler.cancel.selector;
        selectors[6] = SettlementHandler.withdraw.selector;
        selectors[7] = SettlementHandler.withdrawNft.selector;
        selectors[8] = SettlementHandler.refuse.selector;
        selectors[9] = SettlementHandler.stray.selector;
        selectors[10] = SettlementHandler.wait.selector;
        // Deals of several legs arm only if their funders come in time.
        selectors[11] = SettlementHandler.fund.selector;
        selectors[12] = SettlementHandler.fund.selector;
        selectors[13] = SettlementHandler.fund.selector;
        targetSelector(FuzzSelector({addr: address(handler), selectors: selectors}));
        targetContract(address(handler));
    }

    /// @notice Deposits = what went out + what is live + what is owed; and custody covers it.
    function invariant_Conservation() public view {
        for (uint256 i = 0; i < 2; ++i) {
            PlainToken token = handler.tokens(i);
            uint256 expected = _live(address(token)) + _owed(token);
            assertEq(settlement.liability(address(token)), expected);
            assertEq(handler.deposited(address(token)), handler.released(address(token)) + expected);
            assertEq(token.balanceOf(address(settlement)), expected + handler.strayed(address(token)));

            PlainNft nft = handler.nfts(i);
            uint256 held = nft.balanceOf(address(settlement));
            assertEq(handler.deposited(address(nft)), handler.released(address(nft)) + held);
            assertEq(held, _live(address(nft)) + _owedNfts(nft));
        }
    }

    /// @notice An NFT is here exactly while the ledger says for whom.
    function invariant_HeldNftsAreNamed() public view {
        for (uint256 i = 0; i < 2; ++i) {
            PlainNft nft = handler.nfts(i);
            for (uint256 tokenId = 1; tokenId < handler.nftCount(); ++tokenId) {
                bool named = settlement.holder(address(nft), tokenId) != Id.wrap(0);
                bool here = _ownerOf(nft, tokenId) == address(settlement);
                assertEq(named, here);
                if (settlement.owedNft(address(nft), tokenId) != address(0)) assertTrue(here);
            }
        }
    }

    /// @notice The events alone rebuild every word, and no deal ends twice.
    function invariant_EventsTellAll() public view {
        for (uint256 i = 0; i < handler.dealCount(); ++i) {
            Terms memory terms = handler.deal(i);
            Id id = settlement.id(terms);
            SettlementHandler.Ghost memory ghost = handler.ghostOf(id);
            assertEq(uint8(settlement.status(id)), uint8(ghost.status));
            assertEq(settlement.funded(id), ghost.funded);
            assertEq(settlement.satisfied(id), ghost.satisfied);
            bool final_ = ghost.status == Status.Settled || ghost.status == Status.Aborted;
            assertEq(ghost.terminals, final_ ? 1 : 0);
            if (ghost.status == Status.Settled) assertEq(ghost.funded, (1 << terms.legs.length) - 1);
        }
    }

    /// @notice Whatever happened: after the last deadline anyone ends every deal, and nothing is left behind.
    function afterInvariant() public {
        handler.finish();
        invariant_Conservation();
        invariant_EventsTellAll();
        for (uint256 i = 0; i < handler.dealCount(); ++i) {
            Status status = settlement.status(settlement.id(handler.deal(i)));
            assertTrue(status == Status.Settled || status == Status.Aborted);
        }
        for (uint256 i = 0; i < 2; ++i) {
            assertEq(settlement.liability(address(handler.tokens(i))), 0);
            assertEq(handler.nfts(i).balanceOf(address(settlement)), 0);
        }
    }

    function _live(address token) private view returns (uint256 sum) {
        for (uint256 i = 0; i < handler.dealCount(); ++i) {
            Terms memory terms = handler.deal(i);
            Id id = settlement.id(terms);
            Status status = settlement.status(id);
            if (status != Status.Open && status != Status.Armed) continue;
            for (uint256 j = 0; j < terms.legs.length; ++j) {
                Leg memory leg = terms.legs[j];
                bool counts = leg.token == token && settlement.funded(id) & (1 << j) != 0;
                if (counts) sum += leg.kind == LegKind.ERC20 ? leg.value : 1;
            }
        }
    }

    function _owed(PlainToken token) private view returns (uint256 sum) {
        for (uint256 i = 0; i < handler.ACTORS(); ++i) {
            sum += settlement.owed(address(token), handler.actors(i));
        }
    }

    function _owedNfts(PlainNft nft) private view returns (uint256 sum) {
        for (uint256 tokenId = 1; tokenId < handler.nftCount(); ++tokenId) {
            if (settlement.owedNft(address(nft), tokenId) != address(0)) ++sum;
        }
    }

    function _ownerOf(PlainNft nft, uint256 tokenId) private view returns (address owner) {
        (bool done, bytes memory answer) = address(nft).staticcall(abi.encodeCall(nft.ownerOf, (tokenId)));
        return done ? abi.decode(answer, (address)) : address(0);
    }
}
