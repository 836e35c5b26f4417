// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Dvp} from "../../src/Dvp.sol";
import {ICustody} from "../../src/interfaces/ICustody.sol";
import {IDvp} from "../../src/interfaces/IDvp.sol";
import {DvpTerms, Windows, toWindows} from "../../src/types/DvpTerms.sol";
import {Id} from "../../src/types/Id.sol";
import {Status} from "../../src/types/Status.sol";
import {DvpBase} from "./DvpBase.sol";

contract DvpId is DvpBase {
    bytes32 private constant RECEIPT = keccak256("Receipt(bytes32 settlement,address party,bytes32 subject)");

    function test_Domain() public view {
        (bytes1 fields, string memory name, string memory version, uint256 chainId, address contract_,,) =
            dvp.eip712Domain();
        assertEq(fields, hex"0f");
        assertEq(name, "Quittance Dvp");
        assertEq(version, "1");
        assertEq(chainId, block.chainid);
        assertEq(contract_, address(dvp));
    }

    /// @dev The standard, spelled out by hand.
    function testFuzz_HashIsWhatFieldsGive(DvpTerms memory t) public view {
        bytes32 typeHash = keccak256(
            "DvpTerms(address seller,address buyer,bytes32 asset,uint256 tokenId,uint256 amount,bytes32 payment,uint256 price,bytes32 subject,bytes32 windows)"
        );
        bytes memory first = abi.encode(typeHash, t.seller, t.buyer, t.asset, t.tokenId, t.amount);
        bytes memory rest = abi.encode(t.payment, t.price, t.subject, t.windows);
        assertEq(Id.unwrap(dvp.id(t)), _digest(keccak256(abi.encodePacked(first, rest))));
    }

    function testFuzz_MessagesAreTypedData(bytes32 id, address party, bytes32 subject) public view {
        bytes32 receipt = keccak256(abi.encode(RECEIPT, id, party, subject));
        assertEq(dvp.receiptDigest(Id.wrap(id), party, subject), _digest(receipt));
        bytes32 cancel = keccak256(abi.encode(keccak256("Cancel(bytes32 settlement,address party)"), id, party));
        assertEq(dvp.cancelDigest(Id.wrap(id), party), _digest(cancel));
    }

    /// @dev Any other word of the terms is another deal, which nobody made.
    function testFuzz_AnyChangeIsAnotherId(uint256 which, uint256 flip) public {
        DvpTerms memory terms = _terms();
        bytes memory receipt = _receipt(terms);
        (bytes memory bySeller, bytes memory byBuyer) = _cancels(terms);
        _fundBoth(terms);
        flip = bound(flip, 1, type(uint256).max);
        bytes[3] memory calls = [
            abi.encodeCall(dvp.settle, (terms, receipt)),
            abi.encodeCall(dvp.abort, (terms)),
            abi.encodeCall(dvp.cancel, (terms, bySeller, byBuyer))
        ];
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory data = calls[i];
            uint256 word = bound(which, 0, 8);
            assembly ("memory-safe") {
                let at := add(add(data, 36), mul(32, word))
                mstore(at, xor(mload(at), flip))
            }
            vm.warp(i == 1 ? SETTLE_BY : FUND_BY);
            (bool done, bytes memory answer) = address(dvp).call(data);
            assertFalse(done);
            assertEq(bytes4(answer), ICustody.BadStatus.selector);
        }
    }

    function test_NoReplayOnAnotherChain() public {
        DvpTerms memory terms = _terms();
        Id here = _fundBoth(terms);
        bytes memory receipt = _receipt(terms);
        bytes32 digest = dvp.receiptDigest(here, bob, SUBJECT);

        // After a chain split the same deal has another id, so nothing is funded under it and no signature fits.
        vm.chainId(block.chainid + 1);
        Id there = dvp.id(terms);
        assertTrue(here != there);
        assertNotEq(dvp.receiptDigest(here, bob, SUBJECT), digest);
        vm.expectRevert(abi.encodeWithSelector(ICustody.BadStatus.selector, there, Status.None));
        dvp.settle(terms, receipt);
    }

    function test_NoReplayOnAnotherContract() public {
        DvpTerms memory terms = _terms();
        bytes memory receipt = _receipt(terms);
        (bytes memory bySeller, bytes memory byBuyer) = _cancels(terms);
        Dvp first = dvp;
        dvp = new Dvp();
        vm.prank(alice);
        nft.setApprovalForAll(address(dvp), true);
        vm.prank(bob);
        cash.approve(address(dvp), PRICE);
        Id id = _fundBoth(terms);
        assertTrue(id != first.id(terms));
        vm.expectRevert(abi.encodeWithSelector(IDvp.BadReceipt.selector, id));
        dvp.settle(terms, receipt);
        vm.expectRevert(abi.encodeWithSelector(IDvp.BadCancel.selector, id, alice));
        dvp.cancel(terms, bySeller, byBuyer);
    }

    function test_NonceRepeatsADeal() public {
        DvpTerms memory terms = _terms();
        _fundBoth(terms);
        bytes memory used = _receipt(terms);
        dvp.settle(terms, used);

        vm.prank(bob);
        nft.transferFrom(bob, alice, NUMBER);
        terms.windows = toWindows(FUND_BY, SETTLE_BY, 2);
        Id id = _fundBoth(terms);
        vm.expectRevert(abi.encodeWithSelector(IDvp.BadReceipt.selector, id));
        dvp.settle(terms, used);
        _settle(terms);
        assertEq(cash.balanceOf(alice), 2 * PRICE);
    }

    function testFuzz_WindowsAreAWord(uint40 fundBy, uint40 settleBy, uint176 nonce) public pure {
        Windows windows = toWindows(fundBy, settleBy, nonce);
        assertEq(windows.fundBy(), fundBy);
        assertEq(windows.settleBy(), settleBy);
        assertEq(windows.nonce(), nonce);
        assertEq(Windows.unwrap(windows), bytes32(abi.encodePacked(fundBy, settleBy, nonce)));
    }

    function _digest(bytes32 structHash) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Quittance Dvp"),
                keccak256("1"),
                block.chainid,
                address(dvp)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }
}
