// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Dvp} from "../src/Dvp.sol";
import {Asset, AssetKind, toAsset} from "../src/types/Asset.sol";
import {DvpTerms, toWindows} from "../src/types/DvpTerms.sol";
import {Id} from "../src/types/Id.sol";
import {Status} from "../src/types/Status.sol";
import {svm} from "./Svm.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Test} from "forge-std/Test.sol";

/// @notice A token with balances, which refuses one payee if it likes.
contract TradedCash {
    mapping(address => uint256) public balanceOf;
    address private _refused;

    function set(address account, uint256 amount) external {
        balanceOf[account] = amount;
    }

    function refuse(address payee) external {
        _refused = payee;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        return true;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        if (to == _refused) return false;
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
        return true;
    }
}

/// @notice An account that signed one message.
contract Signer is IERC1271 {
    bytes32 private _signed;

    function sign(bytes32 digest) external {
        _signed = digest;
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return digest == _signed ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}

/// @notice Goods are sold for cash by one contract account to another.
abstract contract DvpStage is Test {
    bytes32 internal constant SUBJECT = keccak256("document");
    address internal constant STRANGER = address(0xCA401);

    uint8 internal constant FUND = 0;
    uint8 internal constant SETTLE = 1;
    uint8 internal constant ABORT = 2;
    uint8 internal constant CANCEL = 3;

    struct Windows {
        uint40 fundBy;
        uint40 settleBy;
        uint176 nonce;
    }

    Dvp internal dvp = new Dvp();
    TradedCash internal goods = new TradedCash();
    TradedCash internal cash = new TradedCash();
    Signer internal seller = new Signer();
    Signer internal buyer = new Signer();

    function _terms(Windows memory w) internal view returns (DvpTerms memory) {
        return DvpTerms({
            seller: address(seller),
            buyer: address(buyer),
            asset: toAsset(AssetKind.ERC20, address(goods)),
            tokenId: 0,
            amount: 7_001,
            payment: toAsset(AssetKind.ERC20, address(cash)),
            price: 250_007,
            subject: SUBJECT,
            windows: toWindows(w.fundBy, w.settleBy, w.nonce)
        });
    }
}

/// @notice A deal ends at most once, in one way at a time, only by its own terms and with the consent it needs. Each proof
/// makes one arbitrary call by an arbitrary caller at an arbitrary time in an arbitrary state, so by induction it holds
/// for every sequence of calls. The parties have signed something arbitrary.
contract DvpProof is DvpStage {
    uint256 private constant PLENTY = 1e9;

    /// @dev `bare` calls bring no signatures, others bring some.
    struct Call {
        address caller;
        uint8 which;
        bool bare;
        bytes32 bySeller;
        bytes32 byBuyer;
        uint256 time;
    }

    struct Seen {
        Status status;
        uint256 funded;
    }

    function setUp() public {
        svm.enableSymbolicStorage(address(dvp));
        goods.set(address(seller), PLENTY);
        goods.set(address(dvp), PLENTY);
        cash.set(address(buyer), PLENTY);
        cash.set(address(dvp), PLENTY);
    }

    /// @notice The edges are those of the drawing, each under its own function, in its own window, with the consent of
    /// whom it needs; and the word that results is one of those that these proofs start from.
    function check_Edges(Call calldata c, Windows calldata w) public {
        DvpTerms memory terms = _terms(w);
        Id id = dvp.id(terms);
        Seen memory before = _see(id);
        bool done = _call(terms, c);
        Seen memory later = _read(id);
        assert(_isSound(later));
        if (!done) return assert(_same(later, before));
        if (c.which == FUND) return _assertFunded(c, w, before, later);
        assert(later.funded == before.funded);
        if (c.which == SETTLE) {
            assert(before.status == Status.Armed && later.status == Status.Settled && c.time < w.settleBy);
            assert(_agreed(c, address(buyer), c.byBuyer, dvp.receiptDigest(id, address(buyer), SUBJECT)));
            return;
        }
        assert(before.status == Status.Open || before.status == Status.Armed);
        assert(later.status == Status.Aborted);
        if (c.which == ABORT) return assert(c.time >= (before.status == Status.Open ? w.fundBy : w.settleBy));
        assert(_agreed(c, address(seller), c.bySeller, dvp.cancelDigest(id, address(seller))));
        assert(_agreed(c, address(buyer), c.byBuyer, dvp.cancelDigest(id, address(buyer))));
    }

    /// @notice Settled and Aborted are absorbing: no call changes anything about an ended deal, its own included.
    function check_EndedStaysEnded(Call calldata c, Windows calldata w, Id id) public {
        Seen memory before = _see(id);
        vm.assume(before.status == Status.Settled || before.status == Status.Aborted);
        _call(_terms(w), c);
        assert(_same(_read(id), before));
    }

    /// @notice A call moves only the deal whose terms it brings.
    function check_OnlyByItsTerms(Call calldata c, Windows calldata w, Id id) public {
        DvpTerms memory terms = _terms(w);
        vm.assume(id != dvp.id(terms));
        Seen memory before = _see(id);
        _call(terms, c);
        assert(_same(_read(id), before));
    }

    /// @notice While Armed, at any time: of a settle by the buyer and an abort by anyone, just one works, in either order,
    /// and then neither does ever again. So after the last deadline anyone ends it.
    function check_WindowsPartitionTime(
        address caller,
        uint256 time,
        uint256 later,
        bool settlesFirst,
        Windows calldata w
    ) public {
        DvpTerms memory terms = _terms(w);
        vm.assume(_see(dvp.id(terms)).status == Status.Armed);
        bool settled = settlesFirst && _call(terms, _callOf(address(buyer), SETTLE, time));
        bool aborted = _call(terms, _callOf(caller, ABORT, time));
        if (!settlesFirst) settled = _call(terms, _callOf(address(buyer), SETTLE, time));
        assert(settled == (time < w.settleBy) && aborted == (time >= w.settleBy));
        assert(!_call(terms, _callOf(address(buyer), SETTLE, later)) && !_call(terms, _callOf(caller, ABORT, later)));
    }

    /// @notice While Open, at any time: of a fund by who is missing and an abort by anyone, just one works.
    function check_OpenIsFundedOrAborted(address caller, uint256 time, bool aborting, Windows calldata w) public {
        DvpTerms memory terms = _terms(w);
        Seen memory seen = _see(dvp.id(terms));
        vm.assume(seen.status == Status.Open);
        address missing = seen.funded == 1 ? address(buyer) : address(seller);
        bool done = _call(terms, aborting ? _callOf(caller, ABORT, time) : _callOf(missing, FUND, time));
        assert(done == (aborting == (time >= w.fundBy)));
    }

    /// @dev A deal's word, which is one that some call has written (see `_isSound`).
    function _see(Id id) private view returns (Seen memory seen) {
        seen = _read(id);
        vm.assume(_isSound(seen));
    }

    function _read(Id id) private view returns (Seen memory) {
        return Seen(dvp.status(id), dvp.funded(id));
    }

    function _isSound(Seen memory seen) private pure returns (bool) {
        if (seen.status == Status.None) return seen.funded == 0;
        if (seen.status == Status.Open) return seen.funded == 1 || seen.funded == 2;
        if (seen.status == Status.Aborted) return seen.funded >= 1 && seen.funded <= 3;
        return (seen.status == Status.Armed || seen.status == Status.Settled) && seen.funded == 3;
    }

    function _same(Seen memory a, Seen memory b) private pure returns (bool) {
        return a.status == b.status && a.funded == b.funded;
    }

    function _call(DvpTerms memory terms, Call memory c) private returns (bool done) {
        vm.assume(c.which <= CANCEL && c.time < 2 ** 40);
        vm.assume(c.caller != address(dvp) && c.caller != address(goods) && c.caller != address(cash));
        vm.warp(c.time);
        seller.sign(c.bySeller);
        buyer.sign(c.byBuyer);
        bytes memory signature = c.bare ? bytes("") : bytes("!");
        bytes memory data;
        if (c.which == FUND) data = abi.encodeCall(dvp.fund, (terms));
        else if (c.which == SETTLE) data = abi.encodeCall(dvp.settle, (terms, signature));
        else if (c.which == ABORT) data = abi.encodeCall(dvp.abort, (terms));
        else data = abi.encodeCall(dvp.cancel, (terms, signature, signature));
        vm.prank(c.caller);
        (done,) = address(dvp).call(data);
    }

    /// @dev A call by anyone, with whatever the parties signed.
    function _callOf(address caller, uint8 which, uint256 time) private pure returns (Call memory) {
        return Call(caller, which, true, bytes32(0), bytes32(0), time);
    }

    function _assertFunded(Call calldata c, Windows calldata w, Seen memory before, Seen memory later) private view {
        assert(c.caller == address(seller) || c.caller == address(buyer));
        uint256 side = c.caller == address(seller) ? 1 : 2;
        assert(before.funded & side == 0 && later.funded == before.funded | side);
        assert(c.time < w.fundBy);
        if (before.status == Status.None) {
            assert(later.status == Status.Open && w.fundBy < w.settleBy && w.settleBy <= c.time + 366 days);
        } else {
            assert(before.status == Status.Open && later.status == Status.Armed);
        }
    }

    /// @dev Whether `party` is the caller and need not sign, or signed this message.
    function _agreed(Call calldata c, address party, bytes32 signed, bytes32 digest) private pure returns (bool) {
        return (c.bare && c.caller == party) || signed == digest;
    }
}

/// @notice What goes in is where it belongs in the end, whoever is refused: forward, back, or owed.
contract DvpConservationProof is DvpStage {
    uint40 private constant START = 1_800_000_000;

    /// @dev `funded` as in the word; `refusing` has bit 0 set if the goods refuse their payee, and bit 1 if the cash does.
    function check_Conservation(uint128 amount, uint128 price, uint8 funded, uint8 way, uint8 refusing) public {
        vm.assume(amount > 1 && price > 1 && funded >= 1 && funded <= 3);
        vm.assume(way >= SETTLE && way <= CANCEL && (way != SETTLE || funded == 3));
        goods.set(address(seller), amount);
        cash.set(address(buyer), price);
        vm.warp(START);
        DvpTerms memory terms = _terms(Windows(START + 10, START + 20, 1));
        (terms.amount, terms.price) = (amount, price);
        if (funded & 1 != 0) _fund(terms, address(seller));
        if (funded & 2 != 0) _fund(terms, address(buyer));
        assert(goods.balanceOf(address(dvp)) == (funded & 1 != 0 ? amount : 0));
        assert(cash.balanceOf(address(dvp)) == (funded & 2 != 0 ? price : 0));

        (address goodsTo, address cashTo) = (address(seller), address(buyer));
        if (way == SETTLE) (goodsTo, cashTo) = (cashTo, goodsTo);
        if (refusing & 1 != 0) goods.refuse(goodsTo);
        if (refusing & 2 != 0) cash.refuse(cashTo);
        _end(terms, way);
        _assertOwn(goods, terms.asset, goodsTo, amount, refusing & 1 & funded != 0);
        _assertOwn(cash, terms.payment, cashTo, price, refusing & 2 & funded != 0);
    }

    function _fund(DvpTerms memory terms, address party) private {
        vm.prank(party);
        dvp.fund(terms);
    }

    function _end(DvpTerms memory terms, uint8 way) private {
        if (way == SETTLE) {
            vm.prank(address(buyer));
            dvp.settle(terms, "");
        } else if (way == ABORT) {
            vm.warp(START + 20);
            dvp.abort(terms);
        } else {
            buyer.sign(dvp.cancelDigest(dvp.id(terms), address(buyer)));
            vm.prank(address(seller));
            dvp.cancel(terms, "", "");
        }
    }

    /// @dev All of it is the payee's: in its hands, or owed if it was refused, and then it takes it once.
    function _assertOwn(TradedCash token, Asset asset, address payee, uint256 amount, bool refused) private {
        assert(token.balanceOf(payee) == (refused ? 0 : amount));
        assert(dvp.owed(payee, asset, 0) == (refused ? amount : 0));
        assert(token.balanceOf(address(dvp)) == (refused ? amount : 0));
        if (!refused) return;
        vm.prank(payee);
        dvp.withdraw(asset, 0, STRANGER);
        assert(token.balanceOf(STRANGER) == amount && dvp.owed(payee, asset, 0) == 0);
    }
}

/// @notice Every field of the terms is in the id: different terms have different ids.
contract DvpIdProof is Test {
    Dvp internal dvp = new Dvp();

    function check_IdBindsEveryField(DvpTerms calldata a, DvpTerms calldata b) public view {
        if (dvp.id(a) != dvp.id(b)) return;
        assert(a.seller == b.seller && a.buyer == b.buyer);
        assert(a.asset == b.asset && a.tokenId == b.tokenId && a.amount == b.amount);
        assert(a.payment == b.payment && a.price == b.price && a.subject == b.subject);
        assert(a.windows.fundBy() == b.windows.fundBy() && a.windows.settleBy() == b.windows.settleBy());
        assert(a.windows.nonce() == b.windows.nonce());
    }
}
