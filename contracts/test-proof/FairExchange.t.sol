// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FairExchange} from "../src/FairExchange.sol";
import {IFairExchange} from "../src/interfaces/IFairExchange.sol";
import {AssetKind, toAsset} from "../src/types/Asset.sol";
import {FairTerms, Goods, Verdict} from "../src/types/FairTerms.sol";
import {Id} from "../src/types/Id.sol";
import {Status} from "../src/types/Status.sol";
import {svm} from "./Svm.sol";
import {Test} from "forge-std/Test.sol";

/// @notice Moves what it is told to.
contract PriceCash {
    mapping(address => uint256) public balanceOf;

    function transfer(address to, uint256 amount) external returns (bool) {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        return true;
    }

    function set(address account, uint256 amount) external {
        balanceOf[account] = amount;
    }
}

/// @notice The state machine, a function at a time: when it works, for whom, what it writes and what it moves. Each proof
/// makes one arbitrary call at an arbitrary time in an arbitrary state, so by induction it holds for every sequence of
/// calls. The document is one chunk of one word, and both its trees are arbitrary; what the judge finds of larger ones
/// is proved in Judge.t.sol.
contract FairExchangeProof is Test {
    uint256 private constant AMOUNT = 250_007;
    uint256 private constant HELD = 1e9;
    uint40 private constant REVEAL_BY = 1_800_086_400;
    uint40 private constant WINDOW = 1 days;
    address private constant BUYER = address(0xA11CE);
    address private constant SELLER = address(0xB0B);

    enum Function {
        Lock,
        Reveal,
        FinalizeBare,
        FinalizeWithReceipt,
        Complain,
        Reclaim
    }

    /// @dev What goes with a call, each function using its part.
    struct Call {
        address caller;
        uint40 time;
        bytes32 key;
        bytes32 r;
        bytes32 s;
        uint8 v;
        uint256 index;
        bytes32 leaf;
        bytes32 chunk;
    }

    /// @dev What was agreed on.
    struct Deal {
        bytes32 key;
        bytes32 secret;
        bytes32 plainRoot;
        bytes32 cipherRoot;
    }

    FairExchange private fair;
    PriceCash private token;

    function setUp() public {
        fair = new FairExchange();
        token = new PriceCash();
        svm.enableSymbolicStorage(address(fair));
        token.set(BUYER, HELD);
        token.set(SELLER, HELD);
        token.set(address(fair), HELD);
    }

    /// @notice The buyer puts the price in, once, an hour to 366 days before revealBy.
    function check_Lock(Call calldata c, Deal calldata deal) public {
        (Status before, bool done, Status later,) = _step(Function.Lock, c, deal);
        bool near = REVEAL_BY - fair.MAX_TIME() <= c.time && c.time <= REVEAL_BY - fair.MIN_TIME();
        assert(done == (before == Status.None && c.caller == BUYER && near));
        if (!done) return;
        assert(later == Status.Armed);
        _assertHeld(HELD - AMOUNT, HELD);
    }

    /// @notice The seller shows its key, and no other, before revealBy; nothing moves.
    function check_Reveal(Call calldata c, Deal calldata deal) public {
        (Status before, bool done, Status later,) = _step(Function.Reveal, c, deal);
        assert(done == (before == Status.Armed && c.caller == SELLER && c.time < REVEAL_BY && c.key == deal.key));
        if (!done) return;
        assert(later == Status.Revealed && fair.until(_id(deal)) == uint256(c.time) + WINDOW);
        _assertHeld(HELD, HELD);
    }

    /// @notice Once it is revealed the buyer has the seller paid, and from `until` on anyone does.
    function check_Finalize(Call calldata c, Deal calldata deal) public {
        (Status before, bool done, Status later, uint256 until) = _step(Function.FinalizeBare, c, deal);
        assert(done == (before == Status.Revealed && (c.caller == BUYER || c.time >= until)));
        if (!done) return;
        assert(later == Status.Settled);
        _assertHeld(HELD, HELD + AMOUNT);
    }

    /// @notice So does whoever brings the buyer's receipt, at any time.
    function check_FinalizeWithReceipt(Call calldata c, Deal calldata deal) public {
        (Status before, bool done, Status later,) = _step(Function.FinalizeWithReceipt, c, deal);
        if (!done) return;
        assert(before == Status.Revealed && later == Status.Settled);
        assert(ecrecover(fair.receiptDigest(_id(deal)), c.v, c.r, c.s) == BUYER);
        _assertHeld(HELD, HELD + AMOUNT);
    }

    /// @notice The buyer has the price back before `until`, just if the judge finds the seller wrong.
    function check_Complain(Call calldata c, Deal calldata deal) public {
        (Status before, bool done, Status later, uint256 until) = _step(Function.Complain, c, deal);
        bool inTime = before == Status.Revealed && c.caller == BUYER && c.time < until;
        assert(!done || inTime);
        if (inTime) assert(done == (_judge(c, deal) == Verdict.Wrong));
        if (!done) return;
        assert(later == Status.Aborted);
        _assertHeld(HELD + AMOUNT, HELD);
    }

    /// @notice Anyone has the price given back from revealBy on, if no key came.
    function check_Reclaim(Call calldata c, Deal calldata deal) public {
        (Status before, bool done, Status later,) = _step(Function.Reclaim, c, deal);
        assert(done == (before == Status.Armed && c.time >= REVEAL_BY));
        if (!done) return;
        assert(later == Status.Aborted);
        _assertHeld(HELD + AMOUNT, HELD);
    }

    /// @notice Settled and Aborted are absorbing: no call of anybody works ever again, the one that ended it included.
    /// So the price goes one way, once.
    function check_EndedStaysEnded(Call calldata c, Deal calldata deal, uint8 which) public {
        vm.assume(which <= uint8(Function.Reclaim));
        Status before = fair.status(_id(deal));
        vm.assume(before == Status.Settled || before == Status.Aborted);
        (, bool done,,) = _step(Function(which), c, deal);
        assert(!done);
    }

    /// @notice Of a right complaint and of anybody's finalize, before the buyer gives in, just one works at any time.
    function check_ComplainXorFinalize(Call calldata c, Deal calldata deal, bool complainsFirst) public {
        Id id = _id(deal);
        vm.assume(fair.status(id) == Status.Revealed && c.caller != BUYER);
        vm.assume(_judge(c, deal) == Verdict.Wrong);
        bool inTime = c.time < fair.until(id);
        Call memory buyers = c;
        buyers.caller = BUYER;
        bool complained = complainsFirst && _do(Function.Complain, buyers, deal);
        bool finalized = _do(Function.FinalizeBare, c, deal);
        if (!complainsFirst) complained = _do(Function.Complain, buyers, deal);
        assert(complained == inTime && finalized == !inTime);
    }

    /// @notice Of the seller's key and a reclaim just one works at any time.
    function check_RevealXorReclaim(Call calldata c, Deal calldata deal, bool revealsFirst) public {
        vm.assume(fair.status(_id(deal)) == Status.Armed);
        Call memory sellers = c;
        (sellers.caller, sellers.key) = (SELLER, deal.key);
        bool revealed = revealsFirst && _do(Function.Reveal, sellers, deal);
        bool reclaimed = _do(Function.Reclaim, c, deal);
        if (!revealsFirst) revealed = _do(Function.Reveal, sellers, deal);
        assert(revealed == (c.time < REVEAL_BY) && reclaimed == (c.time >= REVEAL_BY));
    }

    /// @dev One call. If it does not work nothing is written and nothing moves.
    function _step(Function which, Call memory c, Deal memory deal)
        private
        returns (Status before, bool done, Status later, uint256 until)
    {
        Id id = _id(deal);
        (before, until) = (fair.status(id), fair.until(id));
        vm.assume(before != Status.Open && before != Status.Disputed);
        done = _do(which, c, deal);
        later = fair.status(id);
        if (done) return (before, done, later, until);
        assert(later == before && fair.until(id) == until);
        _assertHeld(HELD, HELD);
    }

    function _do(Function which, Call memory c, Deal memory deal) private returns (bool done) {
        bytes memory data = _data(which, c, deal);
        vm.warp(c.time);
        vm.prank(c.caller);
        (done,) = address(fair).call(data);
    }

    function _data(Function which, Call memory c, Deal memory deal) private view returns (bytes memory) {
        FairTerms memory terms = _terms(deal);
        if (which == Function.Lock) return abi.encodeCall(IFairExchange.lock, (terms));
        if (which == Function.Reveal) return abi.encodeCall(IFairExchange.reveal, (terms, c.key));
        if (which == Function.FinalizeBare) return abi.encodeCall(IFairExchange.finalize, (terms, ""));
        if (which == Function.FinalizeWithReceipt) {
            return abi.encodeCall(IFairExchange.finalize, (terms, abi.encodePacked(c.r, c.s, c.v)));
        }
        if (which == Function.Reclaim) return abi.encodeCall(IFairExchange.reclaim, (terms));
        return abi.encodeCall(IFairExchange.complain, (terms, _goods(deal), c.key, c.index, c.leaf, _proof(c)));
    }

    function _judge(Call memory c, Deal memory deal) private view returns (Verdict) {
        return fair.judge(_terms(deal), _goods(deal), c.key, c.index, c.leaf, _proof(c));
    }

    /// @dev These balances, and in custody the rest of all that there is.
    function _assertHeld(uint256 buyer, uint256 seller) private view {
        assert(token.balanceOf(BUYER) == buyer && token.balanceOf(SELLER) == seller);
        assert(token.balanceOf(address(fair)) == 3 * HELD - buyer - seller);
    }

    function _id(Deal memory deal) private view returns (Id) {
        return fair.id(_terms(deal));
    }

    function _terms(Deal memory deal) private view returns (FairTerms memory) {
        return FairTerms({
            buyer: BUYER,
            seller: SELLER,
            asset: toAsset(AssetKind.ERC20, address(token)),
            tokenId: 0,
            amount: AMOUNT,
            goods: fair.hashGoods(_goods(deal)),
            keyCommit: keccak256(abi.encode(keccak256("Quittance seller's key"), deal.key)),
            revealBy: REVEAL_BY,
            window: WINDOW
        });
    }

    function _goods(Deal memory deal) private pure returns (Goods memory) {
        return Goods(deal.plainRoot, deal.cipherRoot, 1, 32, deal.secret, 1);
    }

    /// @dev The chunk alone: a tree of one leaf has no paths.
    function _proof(Call memory c) private pure returns (bytes32[] memory proof) {
        proof = new bytes32[](1);
        proof[0] = c.chunk;
    }
}
