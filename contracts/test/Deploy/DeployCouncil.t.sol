// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DeployCouncil} from "../../../scripts/DeployCouncil.s.sol";
import {Council} from "../../src/Council.sol";
import {ICouncil} from "../../src/interfaces/ICouncil.sol";
import {Member} from "../../src/types/Proposal.sol";
import {Test} from "forge-std/Test.sol";

contract DeployCouncilTest is Test {
    string private constant SALT = "Quittance 1";
    bytes private constant LONG = hex"00000000000000000000000000000000000000a1b2c3";

    DeployCouncil private _script;
    address private _alice = makeAddr("alice");
    address private _bob = makeAddr("bob");

    function setUp() public {
        _script = new DeployCouncil();
    }

    function test_DeploysAtTheComputedAddress() public {
        Member[] memory members = new Member[](3);
        members[0] = Member(abi.encodePacked(_alice), 1);
        members[1] = Member(abi.encodePacked(_bob), 2);
        members[2] = Member(LONG, 4_294_967_292);
        bytes32 hash = keccak256(abi.encodePacked(type(Council).creationCode, abi.encode(members, 2)));
        bytes32 place = keccak256(abi.encodePacked(bytes1(0xff), CREATE2_FACTORY, keccak256(bytes(SALT)), hash));

        string[] memory list = new string[](3);
        list[0] = vm.toString(_alice);
        list[1] = string.concat(" ", vm.toString(_bob), ":2 ");
        list[2] = string.concat(vm.toString(LONG), ":4294967292");
        Council council = _script.deploy(list, 2, SALT);
        assertEq(address(council), address(uint160(uint256(place))));
        (uint256 epoch, uint256 seats, uint256 threshold, uint256 weight) = council.electorate();
        assertEq(epoch, 1);
        assertEq(seats, 3);
        assertEq(threshold, 2);
        assertEq(weight, type(uint32).max);
        (bytes28 key, uint256 weight_) = council.seatOf(1, 1);
        assertEq(key, bytes28(bytes20(_bob)));
        assertEq(weight_, 2);
    }

    function test_TheSameMembersHaveTheSameAddressOnEveryChain() public {
        uint256 state = vm.snapshotState();
        address here = address(_script.deploy(_both(), 2, SALT));
        vm.revertToState(state);
        vm.chainId(777);
        assertEq(address(new DeployCouncil().deploy(_both(), 2, SALT)), here);
    }

    function test_TheSecondRunDoesNothing() public {
        Council council = _script.deploy(_both(), 2, SALT);
        uint64 created = vm.getNonce(CREATE2_FACTORY);
        assertEq(address(_script.deploy(_both(), 2, SALT)), address(council));
        assertEq(vm.getNonce(CREATE2_FACTORY), created);
    }

    /// @dev The order of the members is that of the seats: nothing has to be sorted, and another order is another council.
    function test_AnythingElseIsAnotherCouncil() public {
        string[] memory turned = new string[](2);
        (turned[0], turned[1]) = (_both()[1], _both()[0]);
        address[4] memory councils = [
            address(_script.deploy(_both(), 2, SALT)),
            address(_script.deploy(turned, 2, SALT)),
            address(_script.deploy(_both(), 1, SALT)),
            address(_script.deploy(_both(), 2, "a second one"))
        ];
        for (uint256 i = 0; i < councils.length; ++i) {
            assertGt(councils[i].code.length, 0);
            for (uint256 j = 0; j < i; ++j) {
                assertNotEq(councils[i], councils[j]);
            }
        }
        (bytes28 key,) = Council(payable(councils[1])).seatOf(1, 0);
        assertEq(key, bytes28(bytes20(_bob)));
    }

    function test_RevertWhen_TheThresholdIsNoneOrCannotBeReached() public {
        _refuses(_both(), 0, abi.encodeWithSelector(ICouncil.BadThreshold.selector, 0, 2));
        _refuses(_both(), 3, abi.encodeWithSelector(ICouncil.BadThreshold.selector, 3, 2));
        uint256 past = 1 + (uint256(1) << 32);
        _refuses(_both(), past, abi.encodeWithSelector(ICouncil.BadThreshold.selector, past, 2));
    }

    function test_RevertWhen_AMemberComesTwice() public {
        string[] memory list = _both();
        list[1] = string.concat(list[0], ":5");
        _refuses(list, 1, abi.encodeWithSelector(ICouncil.SameMember.selector, 1, 0));
    }

    function test_RevertWhen_AMemberIsNone() public {
        string[] memory list = _both();
        list[1] = vm.toString(address(0));
        _refuses(list, 1, abi.encodeWithSelector(ICouncil.BadMember.selector, 1, abi.encodePacked(address(0))));
        list[1] = "0xa1b2";
        _refuses(list, 1, abi.encodeWithSelector(ICouncil.BadMember.selector, 1, hex"a1b2"));
        _refuses(new string[](0), 1, abi.encodeWithSelector(ICouncil.BadMemberCount.selector, 0));
    }

    function test_RevertWhen_AWeightIsNone() public {
        string[] memory list = _both();
        list[1] = string.concat(list[1], ":0");
        _refuses(list, 1, abi.encodeWithSelector(ICouncil.BadWeight.selector, 1));
    }

    function test_RevertWhen_AMemberIsMalformed() public {
        string[] memory list = _both();
        string[2] memory tails = [":4294967296", ":1:2"];
        for (uint256 i = 0; i < tails.length; ++i) {
            list[1] = string.concat(_both()[1], tails[i]);
            _refuses(list, 1, abi.encodeWithSelector(DeployCouncil.BadMember.selector, list[1]));
        }
    }

    /// @dev The only test that sets these variables: they are those of the whole process.
    function test_ReadsTheEnvironment() public {
        vm.setEnv("MEMBERS", string.concat(_both()[0], ", ", _both()[1], ":2"));
        vm.setEnv("THRESHOLD", "3");
        Council council = _script.run();
        (, uint256 seats, uint256 threshold, uint256 weight) = council.electorate();
        assertEq(seats, 2);
        assertEq(threshold, 3);
        assertEq(weight, 3);
        string[] memory list = _both();
        list[1] = string.concat(list[1], ":2");
        assertEq(address(_script.deploy(list, 3, SALT)), address(council));
    }

    function _both() private view returns (string[] memory list) {
        list = new string[](2);
        (list[0], list[1]) = (vm.toString(_alice), vm.toString(_bob));
    }

    function _refuses(string[] memory list, uint256 threshold, bytes memory reason) private {
        vm.expectRevert(reason);
        _script.deploy(list, threshold, SALT);
    }
}
