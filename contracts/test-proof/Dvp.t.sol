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

/// @notice A deal ends at most once, in one way at a time, only by its own terms and with the consent it needs, and gives
/// out what it took in. Each proof makes one arbitrary call by an arbitrary caller at an arbitrary time in an arbitrary
/// state, so by induction it holds for every sequence of calls. The parties are accounts that signed something arbitrary.
abstract contract DvpProofBase is Test {
    uint256 internal constant AMOUNT = 7_001;
    uint256 internal constant PRICE = 250_007;
    uint256 internal constant PLENTY = 1e9;
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

    Dvp internal dvp;
    TradedCash internal goods;
    TradedCash internal cash;
    Signer internal seller;
    Signer internal buyer;

    function setUp() public {
        dvp = new Dvp();
        goods = new TradedCash();
        cash = new TradedCash();
        seller = new Signer();
        buyer = new Signer();
        svm.enableSymbolicStorage(address(dvp));
        goods.set(address(seller), PLENTY);
        goods.set(address(dvp), PLENTY);
        cash.set(address(buyer), PLENTY);
        cash.set(address(dvp), PLENTY);
    }

    /// @dev A deal's word, which is one that some call has written (see `_isSound`).
    function _see(Id id) internal view returns (Seen memory seen) {
        seen = _read(id);
        vm.assume(_isSound(seen));
    }

    function _read(Id id) internal view returns (Seen memory) {
        return Seen(dvp.status(id), dvp.funded(id));
    }

    function _isSound(Seen memory seen) internal pure returns (bool) {
        if (seen.status == Status.None) return seen.funded == 0;
        if (seen.status == Status.Open) return seen.funded == 1 || seen.funded == 2;
        if (seen.status == Status.Aborted) return seen.funded >= 1 && seen.funded <= 3;
        return (seen.status == Status.Armed || seen.status == Status.Settled) && seen.funded == 3;
    }

    function _same(Seen memory a, Seen memory b) internal pure returns (bool) {
        return a.status == b.status && a.funded == b.funded;
    }

    function _call(DvpTerms memory terms, Call memory c) internal returns (bool done) {
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
    function _callOf(address caller, uint8 which, uint256 time) internal pure returns (Call memory) {
        return Call(caller, which, true, bytes32(0), bytes32(0), time);
    }

    function _terms(Windows memory w) internal view returns (DvpTerms memory) {
        return DvpTerms({
            seller: address(seller),
            buyer: address(buyer),
            asset: toAsset(AssetKind.ERC20, address(goods)),
            tokenId: 0,
            amount: AMOUNT,
            payment: toAsset(AssetKind.ERC20, address(cash)),
            price: PRICE,
            subject: SUBJECT,
            windows: toWindows(w.fundBy, w.settleBy, w.nonce)
        });
    }
}

contract DvpProof is DvpProofBase {
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

contract DvpConservationProof is DvpProofBase {
    /// @dev What seller, buyer and custody have of goods and cash; what the parties are owed counts as theirs.
    struct Held {
        uint256[3] goods;
        uint256[3] cash;
    }

    /// @notice A call that works moves each side that its arrow moves, once, in whole, from where to where the arrow says,
    /// also if a token refuses a payee, who is owed it then; one that does not work moves nothing.
    function check_Conservation(Call calldata c, Windows calldata w, uint8 refusing) public {
        DvpTerms memory terms = _terms(w);
        Seen memory before = _see(dvp.id(terms));
        _assumeLittleIsOwed(terms);
        if (refusing == 1) goods.refuse(address(buyer));
        if (refusing == 2) cash.refuse(address(seller));
        if (refusing == 3) goods.refuse(address(seller));
        if (refusing == 4) cash.refuse(address(buyer));
        Held memory had = _held(terms);
        bool done = _call(terms, c);
        Held memory has = _held(terms);

        bool selling = c.caller == address(seller);
        bool back = c.which == ABORT || c.which == CANCEL;
        uint256 asset = done && (c.which == FUND ? selling : before.funded & 1 != 0) ? AMOUNT : 0;
        uint256 price = done && (c.which == FUND ? !selling : before.funded & 2 != 0) ? PRICE : 0;
        if (c.which == FUND) {
            _assertMoved(had.goods, has.goods, 0, 2, asset);
            _assertMoved(had.cash, has.cash, 1, 2, price);
        } else {
            _assertMoved(had.goods, has.goods, 2, back ? 0 : 1, asset);
            _assertMoved(had.cash, has.cash, 2, back ? 1 : 0, price);
        }
    }

    /// @dev `amount` went from the one to the other, and the third has what it had.
    function _assertMoved(uint256[3] memory had, uint256[3] memory has, uint256 from, uint256 to, uint256 amount)
        private
        pure
    {
        assert(has[from] == had[from] - amount);
        assert(has[to] == had[to] + amount);
        assert(has[3 - from - to] == had[3 - from - to]);
    }

    /// @dev Custody without what it owes.
    function _held(DvpTerms memory terms) private view returns (Held memory held) {
        held.goods = _heldOf(goods, terms.asset);
        held.cash = _heldOf(cash, terms.payment);
    }

    function _heldOf(TradedCash token, Asset asset) private view returns (uint256[3] memory held) {
        uint256 sellers = dvp.owed(address(seller), asset, 0);
        uint256 buyers = dvp.owed(address(buyer), asset, 0);
        held[0] = token.balanceOf(address(seller)) + sellers;
        held[1] = token.balanceOf(address(buyer)) + buyers;
        held[2] = token.balanceOf(address(dvp)) - sellers - buyers;
    }

    /// @dev Custody covers what is owed and this deal, which is what this proof shows to stay so.
    function _assumeLittleIsOwed(DvpTerms memory terms) private view {
        vm.assume(dvp.owed(address(seller), terms.asset, 0) < 1e6 && dvp.owed(address(buyer), terms.asset, 0) < 1e6);
        vm.assume(dvp.owed(address(seller), terms.payment, 0) < 1e6);
        vm.assume(dvp.owed(address(buyer), terms.payment, 0) < 1e6);
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
