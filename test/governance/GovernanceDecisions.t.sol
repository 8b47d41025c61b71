// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {GovernanceDecisions} from "../../contracts/governance/GovernanceDecisions.sol";
import {IGovernanceDecisions} from "../../contracts/interfaces/IGovernanceDecisions.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {Test, Vm} from "forge-std/Test.sol";

contract GovernanceDecisionsTest is Test {
    bytes32 private constant ROLE = keccak256("GOVERNOR_ROLE");

    address private timelock = makeAddr("timelock");
    address private successor = makeAddr("successor");
    GovernanceDecisions private decisions;

    /// What the events said, replayed.
    string[] private replayed;

    function setUp() public {
        decisions = new GovernanceDecisions(timelock);
    }

    function test_constructor_grantsTheRoleToTheTimelockAlone() public {
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
        vm.expectEmit(next);
        emit IAccessControl.RoleAdminChanged(ROLE, bytes32(0), ROLE);
        vm.expectEmit(next);
        emit IAccessControl.RoleGranted(ROLE, timelock, address(this));
        decisions = new GovernanceDecisions(timelock);

        assertEq(decisions.GOVERNOR_ROLE(), ROLE);
        assertEq(decisions.getRoleAdmin(ROLE), ROLE);
        assertTrue(decisions.hasRole(ROLE, timelock));
        assertFalse(decisions.hasRole(ROLE, address(this)));
        assertFalse(decisions.hasRole(bytes32(0), timelock));
        assertFalse(decisions.hasRole(bytes32(0), address(this)));
        assertEq(decisions.marketplaceFee(), 10);
        assertEq(decisions.MAX_NAME_LENGTH(), 128);
        assertEq(decisions.getMarketplaceCategories().length, 0);
        assertEq(decisions.getMemberships().length, 0);
        assertTrue(decisions.supportsInterface(type(IAccessControl).interfaceId));
    }

    function test_RevertWhen_constructor_timelockIsZero() public {
        vm.expectRevert(abi.encodeWithSelector(IGovernanceDecisions.InvalidRoleHolder.selector, address(0)));
        new GovernanceDecisions(address(0));
    }

    function test_selectors_areThoseOfTheOriginal() public view {
        assertEq(decisions.setMarketplaceFee.selector, bytes4(0x1c55b8f8));
        assertEq(decisions.addMarketplaceCategory.selector, bytes4(0x4320a988));
        assertEq(decisions.addFoundationMember.selector, bytes4(0xcd80dc8d));
        assertEq(decisions.getMarketplaceCategories.selector, bytes4(0x75945ce8));
        assertEq(decisions.getMemberships.selector, bytes4(0x7840c6a4));
        assertEq(
            IGovernanceDecisions.MarketplaceFeeChanged.selector,
            keccak256("MarketplaceFeeChanged(uint8,uint8)")
        );
        assertEq(
            IGovernanceDecisions.MarketplaceCategoryAdded.selector,
            keccak256("MarketplaceCategoryAdded(string)")
        );
        assertEq(
            IGovernanceDecisions.FoundationMemberAdded.selector, keccak256("FoundationMemberAdded(string)")
        );
    }

    function testFuzz_RevertWhen_callerIsNotTheTimelock(address caller) public {
        vm.assume(caller != timelock);
        addToBoth("design");
        bytes memory unauthorized =
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, caller, ROLE);
        vm.startPrank(caller);
        vm.expectRevert(unauthorized);
        decisions.setMarketplaceFee(5);
        vm.expectRevert(unauthorized);
        decisions.addMarketplaceCategory("engineering");
        vm.expectRevert(unauthorized);
        decisions.removeMarketplaceCategory("design");
        vm.expectRevert(unauthorized);
        decisions.addFoundationMember("alice");
        vm.expectRevert(unauthorized);
        decisions.removeFoundationMember("design");
        vm.expectRevert(unauthorized);
        decisions.grantRole(ROLE, caller);
        vm.expectRevert(unauthorized);
        decisions.revokeRole(ROLE, timelock);
    }

    function testFuzz_setMarketplaceFee_belowOneHundred(uint8 first, uint8 second) public {
        first = uint8(bound(first, 0, 99));
        second = uint8(bound(second, 0, 99));
        vm.startPrank(timelock);
        vm.expectEmit(address(decisions));
        emit IGovernanceDecisions.MarketplaceFeeChanged(10, first);
        decisions.setMarketplaceFee(first);
        vm.expectEmit(address(decisions));
        emit IGovernanceDecisions.MarketplaceFeeChanged(first, second);
        decisions.setMarketplaceFee(second);
        assertEq(decisions.marketplaceFee(), second);
    }

    function test_setMarketplaceFee_acceptsNinetyNine() public {
        vm.prank(timelock);
        decisions.setMarketplaceFee(99);
        assertEq(decisions.marketplaceFee(), 99);
    }

    function testFuzz_RevertWhen_setMarketplaceFee_tooHigh(uint8 fee) public {
        fee = uint8(bound(fee, 100, 255));
        vm.startPrank(timelock);
        vm.expectRevert(abi.encodeWithSelector(IGovernanceDecisions.FeeTooHigh.selector, fee));
        decisions.setMarketplaceFee(fee);
        vm.expectRevert(abi.encodeWithSelector(IGovernanceDecisions.FeeTooHigh.selector, 100));
        decisions.setMarketplaceFee(100);
        assertEq(decisions.marketplaceFee(), 10);
    }

    function test_marketplaceCategories_addAndRemove() public {
        vm.startPrank(timelock);
        vm.expectEmit(address(decisions));
        emit IGovernanceDecisions.MarketplaceCategoryAdded("design");
        decisions.addMarketplaceCategory("design");
        assertTrue(decisions.isMarketplaceCategory("design"));
        assertFalse(decisions.isMarketplaceCategory("Design"));
        assertFalse(decisions.isFoundationMember("design"));
        assertEq(decisions.getMarketplaceCategories().length, 1);
        assertEq(decisions.getMarketplaceCategories()[0], "design");
        assertEq(decisions.getMemberships().length, 0);

        vm.expectEmit(address(decisions));
        emit IGovernanceDecisions.MarketplaceCategoryRemoved("design");
        decisions.removeMarketplaceCategory("design");
        assertFalse(decisions.isMarketplaceCategory("design"));
        assertEq(decisions.getMarketplaceCategories().length, 0);
        decisions.addMarketplaceCategory("design");
        assertEq(decisions.getMarketplaceCategories().length, 1);
    }

    function test_foundationMembers_addAndRemove() public {
        vm.startPrank(timelock);
        vm.expectEmit(address(decisions));
        emit IGovernanceDecisions.FoundationMemberAdded("alice");
        decisions.addFoundationMember("alice");
        assertTrue(decisions.isFoundationMember("alice"));
        assertFalse(decisions.isMarketplaceCategory("alice"));
        assertEq(decisions.getMemberships().length, 1);
        assertEq(decisions.getMemberships()[0], "alice");
        assertEq(decisions.getMarketplaceCategories().length, 0);

        vm.expectEmit(address(decisions));
        emit IGovernanceDecisions.FoundationMemberRemoved("alice");
        decisions.removeFoundationMember("alice");
        assertFalse(decisions.isFoundationMember("alice"));
        assertEq(decisions.getMemberships().length, 0);
    }

    function test_RevertWhen_add_nameLengthIsInvalid() public {
        string memory longest = string(new bytes(128));
        string memory tooLong = string(new bytes(129));
        bytes4 selector = IGovernanceDecisions.InvalidNameLength.selector;
        vm.startPrank(timelock);
        vm.expectRevert(abi.encodeWithSelector(selector, 0, 128));
        decisions.addMarketplaceCategory("");
        vm.expectRevert(abi.encodeWithSelector(selector, 0, 128));
        decisions.addFoundationMember("");
        vm.expectRevert(abi.encodeWithSelector(selector, 129, 128));
        decisions.addMarketplaceCategory(tooLong);
        vm.expectRevert(abi.encodeWithSelector(selector, 129, 128));
        decisions.addFoundationMember(tooLong);
        decisions.addMarketplaceCategory(longest);
        decisions.addFoundationMember("a");
        assertEq(decisions.getMarketplaceCategories()[0], longest);
        assertEq(decisions.getMemberships()[0], "a");
    }

    function test_RevertWhen_add_nameExists() public {
        addToBoth("design");
        vm.startPrank(timelock);
        vm.expectRevert(abi.encodeWithSelector(IGovernanceDecisions.NameExists.selector, "design"));
        decisions.addMarketplaceCategory("design");
        vm.expectRevert(abi.encodeWithSelector(IGovernanceDecisions.NameExists.selector, "design"));
        decisions.addFoundationMember("design");
    }

    function test_RevertWhen_remove_nameUnknown() public {
        vm.startPrank(timelock);
        decisions.addMarketplaceCategory("design");
        decisions.addFoundationMember("alice");
        vm.expectRevert(abi.encodeWithSelector(IGovernanceDecisions.NameUnknown.selector, "alice"));
        decisions.removeMarketplaceCategory("alice");
        vm.expectRevert(abi.encodeWithSelector(IGovernanceDecisions.NameUnknown.selector, "design"));
        decisions.removeFoundationMember("design");
        decisions.removeMarketplaceCategory("design");
        vm.expectRevert(abi.encodeWithSelector(IGovernanceDecisions.NameUnknown.selector, "design"));
        decisions.removeMarketplaceCategory("design");
        vm.expectRevert(abi.encodeWithSelector(IGovernanceDecisions.NameUnknown.selector, ""));
        decisions.removeMarketplaceCategory("");
    }

    function test_remove_lastNameTakesThePlace() public {
        vm.startPrank(timelock);
        decisions.addMarketplaceCategory("a");
        decisions.addMarketplaceCategory("b");
        decisions.addMarketplaceCategory("c");
        decisions.removeMarketplaceCategory("a");
        string[] memory names = decisions.getMarketplaceCategories();
        assertEq(names.length, 2);
        assertEq(names[0], "c");
        assertEq(names[1], "b");
        decisions.removeMarketplaceCategory("c");
        decisions.removeMarketplaceCategory("b");
        assertEq(decisions.getMarketplaceCategories().length, 0);
    }

    /// The list equals one replayed from the events by a plain search, whatever was added and removed; names of up
    /// to 127 bytes cover both ways in which storage keeps strings.
    function testFuzz_lists_equalTheReplayedEvents(uint8[48] memory choices) public {
        for (uint256 i = 0; i < choices.length; ++i) {
            string memory name = nameOf(choices[i] % 12);
            (bool found, uint256 index) = find(name);
            bool adds = choices[i] >= 96;
            bytes memory call = adds
                ? abi.encodeCall(decisions.addFoundationMember, (name))
                : abi.encodeCall(decisions.removeFoundationMember, (name));
            vm.recordLogs();
            vm.prank(timelock);
            (bool success, bytes memory result) = address(decisions).call(call);
            assertEq(success, adds != found);
            if (success) {
                replay(vm.getRecordedLogs(), index);
            } else if (adds) {
                assertEq(result, abi.encodeWithSelector(IGovernanceDecisions.NameExists.selector, name));
            } else {
                assertEq(result, abi.encodeWithSelector(IGovernanceDecisions.NameUnknown.selector, name));
            }
            assertEq(abi.encode(decisions.getMemberships()), abi.encode(replayed));
        }
        for (uint256 i = 0; i < 12; ++i) {
            (bool found,) = find(nameOf(i));
            assertEq(decisions.isFoundationMember(nameOf(i)), found);
            assertFalse(decisions.isMarketplaceCategory(nameOf(i)));
        }
    }

    function test_role_canBeRotated() public {
        vm.startPrank(timelock);
        vm.expectEmit(address(decisions));
        emit IAccessControl.RoleGranted(ROLE, successor, timelock);
        decisions.grantRole(ROLE, successor);
        vm.expectEmit(address(decisions));
        emit IAccessControl.RoleRevoked(ROLE, timelock, timelock);
        decisions.renounceRole(ROLE, timelock);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, timelock, ROLE)
        );
        decisions.setMarketplaceFee(5);
        vm.stopPrank();

        vm.startPrank(successor);
        decisions.setMarketplaceFee(5);
        assertEq(decisions.marketplaceFee(), 5);
        decisions.grantRole(ROLE, timelock);
        decisions.revokeRole(ROLE, timelock);
        assertFalse(decisions.hasRole(ROLE, timelock));
        expectLastRoleHolder();
        decisions.renounceRole(ROLE, successor);
    }

    function test_RevertWhen_lastHolder_renouncesOrIsRevoked() public {
        vm.startPrank(timelock);
        expectLastRoleHolder();
        decisions.renounceRole(ROLE, timelock);
        expectLastRoleHolder();
        decisions.revokeRole(ROLE, timelock);
        assertTrue(decisions.hasRole(ROLE, timelock));
    }

    function test_grantRole_countsAHolderOnce() public {
        vm.startPrank(timelock);
        decisions.grantRole(ROLE, timelock);
        decisions.grantRole(ROLE, timelock);
        expectLastRoleHolder();
        decisions.renounceRole(ROLE, timelock);
    }

    function test_revokeRole_ofANonHolderCountsNothing() public {
        vm.startPrank(timelock);
        decisions.grantRole(ROLE, successor);
        decisions.revokeRole(ROLE, address(this));
        decisions.revokeRole(ROLE, address(this));
        decisions.revokeRole(ROLE, successor);
        assertTrue(decisions.hasRole(ROLE, timelock));
    }

    function test_RevertWhen_grantRole_holderCouldNeverCall() public {
        vm.startPrank(timelock);
        vm.expectRevert(abi.encodeWithSelector(IGovernanceDecisions.InvalidRoleHolder.selector, address(0)));
        decisions.grantRole(ROLE, address(0));
        vm.expectRevert(
            abi.encodeWithSelector(IGovernanceDecisions.InvalidRoleHolder.selector, address(decisions))
        );
        decisions.grantRole(ROLE, address(decisions));
    }

    function testFuzz_RevertWhen_grantRole_isAnotherRole(bytes32 role) public {
        vm.assume(role != ROLE);
        vm.startPrank(timelock);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControl.AccessControlUnauthorizedAccount.selector, timelock, bytes32(0)
            )
        );
        decisions.grantRole(role, timelock);
    }

    /// The role always has a holder who can write, whatever its holders do.
    function testFuzz_role_isNeverLost(uint8[32] memory choices) public {
        address[4] memory accounts = [timelock, successor, address(this), makeAddr("other")];
        for (uint256 i = 0; i < choices.length; ++i) {
            address caller = accounts[choices[i] % 4];
            address account = accounts[(choices[i] >> 2) % 4];
            bytes memory call = choices[i] < 96
                ? abi.encodeCall(decisions.grantRole, (ROLE, account))
                : choices[i] < 176
                    ? abi.encodeCall(decisions.revokeRole, (ROLE, account))
                    : abi.encodeCall(decisions.renounceRole, (ROLE, caller));
            uint256 holders = countHolders(accounts);
            bool allowed = choices[i] >= 176 || decisions.hasRole(ROLE, caller);
            bool removes = choices[i] >= 96 && decisions.hasRole(ROLE, choices[i] < 176 ? account : caller);
            vm.prank(caller);
            (bool success,) = address(decisions).call(call);
            assertEq(success, allowed && !(removes && holders == 1));
            assertGt(countHolders(accounts), 0);
        }
    }

    function addToBoth(string memory name) private {
        vm.startPrank(timelock);
        decisions.addMarketplaceCategory(name);
        decisions.addFoundationMember(name);
        vm.stopPrank();
    }

    function expectLastRoleHolder() private {
        vm.expectRevert(abi.encodeWithSelector(IGovernanceDecisions.LastRoleHolder.selector, ROLE));
    }

    function countHolders(address[4] memory accounts) private view returns (uint256 holders) {
        for (uint256 i = 0; i < 4; ++i) {
            if (decisions.hasRole(ROLE, accounts[i])) ++holders;
        }
    }

    function find(string memory name) private view returns (bool, uint256) {
        for (uint256 i = 0; i < replayed.length; ++i) {
            if (keccak256(bytes(replayed[i])) == keccak256(bytes(name))) return (true, i);
        }
        return (false, 0);
    }

    function replay(Vm.Log[] memory logs, uint256 index) private {
        assertEq(logs.length, 1);
        string memory name = abi.decode(logs[0].data, (string));
        if (logs[0].topics[0] == IGovernanceDecisions.FoundationMemberAdded.selector) {
            replayed.push(name);
        } else {
            assertEq(logs[0].topics[0], IGovernanceDecisions.FoundationMemberRemoved.selector);
            assertEq(replayed[index], name);
            replayed[index] = replayed[replayed.length - 1];
            replayed.pop();
        }
    }

    /// A distinct name for each `number` below 12, of 6 to 127 bytes.
    function nameOf(uint256 number) private pure returns (string memory) {
        bytes memory name = new bytes(6 + 11 * number);
        name[0] = bytes1(uint8(65 + number));
        return string(name);
    }
}
