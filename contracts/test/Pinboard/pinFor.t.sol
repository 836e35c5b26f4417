// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Pinboard} from "../../src/Pinboard.sol";
import {IPinboard} from "../../src/interfaces/IPinboard.sol";
import {NetworkAction, Pin} from "../../src/types/Pin.sol";
import {Carrier} from "../mocks/Carrier.sol";
import {Wallet} from "../mocks/Wallet.sol";
import {PinBase} from "./PinBase.t.sol";

/// @notice pinFor.
contract PinboardPinForTest is PinBase {
    function testFuzz_AnyoneHandsIn(address caller, uint256 nonce) public {
        Pin memory pin = _pin(nonce);
        bytes memory signature = _signed(pin);
        _expectPin(bob, BATCH_PIN);
        vm.prank(caller);
        board.pinFor(pin, signature);
        assertEq(board.nonces(bob, nonce >> 8), 1 << (nonce & 0xff));
    }

    function test_NoncesComeInAnyOrder() public {
        uint256[4] memory nonces = [uint256(256), 3, 255, 0];
        for (uint256 i = 0; i < nonces.length; ++i) {
            bytes memory signature = _signed(_pin(nonces[i]));
            board.pinFor(_pin(nonces[i]), signature);
        }
        assertEq(board.nonces(bob, 0), 1 << 3 | 1 << 255 | 1);
        assertEq(board.nonces(bob, 1), 1);
    }

    function test_ACarrierPinsInTheAuthorsName() public {
        Carrier carrier = new Carrier(board);
        Pin memory pin = _pin(0);
        pin.carrier = address(carrier);
        bytes memory signature = _signed(pin);
        _expectPin(bob, INVOKE_PIN);
        vm.prank(carol);
        carrier.deal(abi.encode(pin, signature));
        assertEq(carrier.deals(), 1);
    }

    /// @notice The kin of the permit front-run: using a pin up beforehand so that the carrier's call fails.
    function test_RevertWhen_AStrangerGetsAheadOfTheCarrier() public {
        Carrier carrier = new Carrier(board);
        Pin memory pin = _pin(0);
        pin.carrier = address(carrier);
        bytes memory signature = _signed(pin);
        bytes memory refusal = abi.encodeWithSelector(IPinboard.NotCarrier.selector, address(carrier), carol);
        vm.startPrank(carol);
        vm.expectRevert(refusal);
        board.pinFor(pin, signature);
        // Nor does it help to leave the carrier out.
        pin.carrier = address(0);
        vm.expectRevert(abi.encodeWithSelector(IPinboard.BadSignature.selector, bob));
        board.pinFor(pin, signature);
        pin.carrier = address(carrier);
        carrier.deal(abi.encode(pin, signature));
    }

    function test_RevertWhen_HandedInTwiceInAnyForm() public {
        Pin memory pin = _pin(7);
        bytes memory signature = _signed(pin);
        board.pinFor(pin, signature);
        bytes[3] memory forms = [signature, _twist(signature), _shorten(signature)];
        for (uint256 i = 0; i < forms.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IPinboard.NonceUsed.selector, bob, 7));
            board.pinFor(pin, forms[i]);
        }
        // Another pin with the same nonce is void too.
        pin.batchHash = keccak256("other");
        signature = _signed(pin);
        vm.expectRevert(abi.encodeWithSelector(IPinboard.NonceUsed.selector, bob, 7));
        board.pinFor(pin, signature);
    }

    function test_RevertWhen_Malleable() public {
        Pin memory pin = _pin(0);
        bytes memory signature = _twist(_signed(pin));
        (uint8 v, bytes32 r, bytes32 s) = _parts(signature);
        assertEq(ecrecover(board.pinDigest(pin), v, r, s), bob);
        vm.expectRevert(abi.encodeWithSelector(IPinboard.BadSignature.selector, bob));
        board.pinFor(pin, signature);
    }

    function test_RevertWhen_SignedByAnother() public {
        Pin memory pin = _pin(0);
        bytes memory signature = _sign(carolKey, board.pinDigest(pin));
        vm.expectRevert(abi.encodeWithSelector(IPinboard.BadSignature.selector, bob));
        board.pinFor(pin, signature);
        // The zero address signs nothing, though plain ecrecover answers it for nonsense.
        pin.author = address(0);
        vm.expectRevert(abi.encodeWithSelector(IPinboard.BadSignature.selector, address(0)));
        board.pinFor(pin, new bytes(65));
    }

    function test_RevertWhen_AnyFieldIsAnother() public {
        bytes memory signature = _signed(_pin(0));
        for (uint256 i = 0; i < 7; ++i) {
            Pin memory pin = _pin(0);
            if (i == 0) pin.author = carol;
            if (i == 1) pin.uuids = BATCH;
            if (i == 2) pin.batchHash = UUIDS;
            if (i == 3) pin.payloadRef = "Qm2";
            if (i == 4) pin.contexts = _contexts(3);
            if (i == 5) pin.nonce = 1;
            if (i == 6) pin.deadline += 1;
            vm.expectRevert(abi.encodeWithSelector(IPinboard.BadSignature.selector, pin.author));
            board.pinFor(pin, signature);
        }
        board.pinFor(_pin(0), signature);
    }

    function test_RevertWhen_ReplayedOnAnotherBoardOrChain() public {
        Pin memory pin = _pin(0);
        bytes memory signature = _signed(pin);
        Pinboard twin = new Pinboard();
        vm.expectRevert(abi.encodeWithSelector(IPinboard.BadSignature.selector, bob));
        twin.pinFor(pin, signature);
        vm.chainId(block.chainid + 1);
        vm.expectRevert(abi.encodeWithSelector(IPinboard.BadSignature.selector, bob));
        board.pinFor(pin, signature);
    }

    function test_RevertWhen_Late() public {
        Pin memory pin = _pin(0);
        bytes memory signature = _signed(pin);
        vm.warp(T0 + 1);
        vm.expectRevert(abi.encodeWithSelector(IPinboard.TooLate.selector, T0 + 1));
        board.pinFor(pin, signature);
        vm.warp(T0);
        board.pinFor(pin, signature);
    }

    function test_AWalletPinsByItsOwnersSignature() public {
        Wallet wallet = new Wallet(bob);
        Wallet other = new Wallet(bob);
        Pin memory pin = _pin(0);
        pin.author = address(wallet);
        bytes memory signature = _signed(pin);
        pin.author = address(other);
        // The pin names the wallet, so it is no good for the other wallet of the same owner.
        vm.expectRevert(abi.encodeWithSelector(IPinboard.BadSignature.selector, address(other)));
        board.pinFor(pin, signature);
        pin.author = address(wallet);
        _expectPin(address(wallet), BATCH_PIN);
        board.pinFor(pin, signature);
    }

    function test_ALyingWalletSpeaksOnlyForItself() public {
        Wallet liar = new Wallet(bob);
        liar.lie();
        Pin memory pin = _pin(0);
        pin.author = address(liar);
        _expectPin(address(liar), BATCH_PIN);
        board.pinFor(pin, "");
        assertEq(board.nonces(bob, 0), 0);
        vm.expectRevert(abi.encodeWithSelector(IPinboard.NonceUsed.selector, address(liar), 0));
        board.pinFor(pin, "");
        vm.expectRevert(abi.encodeWithSelector(IPinboard.BadSignature.selector, bob));
        board.pinFor(_pin(0), "");
    }

    function test_RevertWhen_TheListsAreTooLong() public {
        Pin memory pin = _pin(0);
        pin.contexts = _contexts(1025);
        bytes memory signature = _signed(pin);
        vm.expectRevert(abi.encodeWithSelector(IPinboard.BadContextCount.selector, 1025, 1024));
        board.pinFor(pin, signature);
        pin.contexts = _contexts(0);
        signature = _signed(pin);
        vm.expectRevert(abi.encodeWithSelector(IPinboard.BadContextCount.selector, 0, 1024));
        board.pinFor(pin, signature);
        pin = _pin(0);
        pin.payloadRef = string(new bytes(257));
        signature = _signed(pin);
        vm.expectRevert(abi.encodeWithSelector(IPinboard.TextTooLong.selector, 257, 256));
        board.pinFor(pin, signature);
        assertEq(board.nonces(bob, 0), 0);
    }

    /// @notice The digests are those that other programs compute.
    function test_DigestsAreEip712() public view {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Quittance Pinboard"),
                keccak256("1"),
                block.chainid,
                address(board)
            )
        );
        Pin memory pin = _pin(9);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Pin(address author,address carrier,bytes32 uuids,bytes32 batchHash,string payloadRef,bytes32[] contexts,uint256 nonce,uint40 deadline)"
                ),
                bob,
                address(0),
                UUIDS,
                BATCH,
                keccak256("Qm1"),
                keccak256(abi.encodePacked(_contexts(2))),
                9,
                T0 + 1
            )
        );
        assertEq(board.pinDigest(pin), keccak256(abi.encodePacked(hex"1901", domain, structHash)));

        NetworkAction memory act = _act(9);
        structHash = keccak256(
            abi.encode(
                keccak256("NetworkAction(address author,string action,string payload,uint256 nonce,uint40 deadline)"),
                bob,
                keccak256("firefly:terminate"),
                keccak256("now"),
                9,
                T0 + 1
            )
        );
        assertEq(board.networkActionDigest(act), keccak256(abi.encodePacked(hex"1901", domain, structHash)));
    }
}
