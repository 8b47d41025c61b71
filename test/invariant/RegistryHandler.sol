// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {CommonBase} from "forge-std/Base.sol";
import {StdAssertions} from "forge-std/StdAssertions.sol";
import {Vm} from "forge-std/Vm.sol";

import {GovernanceDecisions} from "../../contracts/governance/GovernanceDecisions.sol";
import {IGovernanceDecisions} from "../../contracts/interfaces/IGovernanceDecisions.sol";

/// @dev Names in play.
uint256 constant NAMES = 8;
/// @dev Accounts in play.
uint256 constant ACCOUNTS = 4;

/// @title Accounts that write to the register, pass its role around, and try what is forbidden
/// @notice Every call's outcome is predicted from the expected state, which only this contract keeps; what the
/// events say is kept apart from it.
contract RegistryHandler is CommonBase, StdAssertions {
    enum Outcome {
        FeeSet,
        NameAdded,
        NameRemoved,
        RoleGranted,
        RoleLost,
        Unauthorized,
        FeeTooHigh,
        InvalidNameLength,
        NameExists,
        NameUnknown,
        LastRoleHolder
    }

    /// @dev The fee and the names in each list: categories at 0, members at 1.
    struct Content {
        uint8 fee;
        bool[NAMES][2] has;
    }

    bytes32 private constant ROLE = keccak256("GOVERNOR_ROLE");

    GovernanceDecisions public immutable REGISTRY;

    uint256 public calls;
    mapping(Outcome => uint256) public outcomes;
    address[ACCOUNTS] public accounts;
    mapping(address account => bool) public holds;

    Content private expected;
    Content private replayed;
    uint256 private entropy;

    constructor() {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            accounts[i] = vm.addr(0xACC + i);
        }
        REGISTRY = new GovernanceDecisions(accounts[0]);
        holds[accounts[0]] = true;
        // The register starts with this fee, without an event.
        expected.fee = replayed.fee = 10;
    }

    /// @notice One to four calls by any of the accounts, with the role or without.
    function act(uint256 seed) external {
        ++calls;
        entropy = uint256(keccak256(abi.encode(seed, calls)));
        for (uint256 operations = 1 + draw(4); operations > 0; --operations) {
            uint256 operation = draw(8);
            if (operation == 0) setFee();
            else if (operation < 3) changeRole();
            else changeName();
        }
    }

    function expectedContent() external view returns (Content memory) {
        return expected;
    }

    function replayedContent() external view returns (Content memory) {
        return replayed;
    }

    function holderCount() public view returns (uint256 count) {
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            if (holds[accounts[i]]) ++count;
        }
    }

    /// @notice Name `number`, of 1 to 128 bytes: both ways in which storage keeps strings, and their limits.
    function nameOf(uint256 number) public pure returns (string memory) {
        uint256[NAMES] memory lengths = [uint256(1), 2, 31, 32, 33, 64, 127, 128];
        bytes memory name = new bytes(lengths[number]);
        name[0] = bytes1(uint8(65 + number));
        return string(name);
    }

    function setFee() private {
        address caller = drawAccount();
        uint8 fee = uint8(draw(110));
        bytes memory data = abi.encodeCall(REGISTRY.setMarketplaceFee, (fee));
        if (!holds[caller]) {
            refuse(caller, data, Outcome.Unauthorized, unauthorized(caller));
        } else if (fee > 99) {
            bytes memory reason = abi.encodeWithSelector(IGovernanceDecisions.FeeTooHigh.selector, fee);
            refuse(caller, data, Outcome.FeeTooHigh, reason);
        } else {
            perform(caller, data, Outcome.FeeSet);
            expected.fee = fee;
        }
    }

    function changeName() private {
        address caller = drawAccount();
        uint256 list = draw(2);
        bool adds = draw(2) == 0;
        uint256 number = draw(NAMES);
        string memory name = nameOf(number);
        bool impossible = draw(8) == 0;
        if (impossible) name = draw(2) == 0 ? "" : string(new bytes(129 + draw(200)));
        bytes memory data = abi.encodeWithSelector(selectorOf(list, adds), name);

        if (!holds[caller]) {
            refuse(caller, data, Outcome.Unauthorized, unauthorized(caller));
        } else if (adds && impossible) {
            bytes memory reason = abi.encodeWithSelector(
                IGovernanceDecisions.InvalidNameLength.selector, bytes(name).length, 128
            );
            refuse(caller, data, Outcome.InvalidNameLength, reason);
        } else if (adds && expected.has[list][number]) {
            bytes memory reason = abi.encodeWithSelector(IGovernanceDecisions.NameExists.selector, name);
            refuse(caller, data, Outcome.NameExists, reason);
        } else if (!adds && (impossible || !expected.has[list][number])) {
            bytes memory reason = abi.encodeWithSelector(IGovernanceDecisions.NameUnknown.selector, name);
            refuse(caller, data, Outcome.NameUnknown, reason);
        } else {
            perform(caller, data, adds ? Outcome.NameAdded : Outcome.NameRemoved);
            expected.has[list][number] = adds;
        }
    }

    function changeRole() private {
        (address caller, address account) = (drawAccount(), drawAccount());
        uint256 choice = draw(3);
        if (choice == 2) account = caller;
        bytes memory data = choice == 0
            ? abi.encodeCall(IAccessControl.grantRole, (ROLE, account))
            : choice == 1
                ? abi.encodeCall(IAccessControl.revokeRole, (ROLE, account))
                : abi.encodeCall(IAccessControl.renounceRole, (ROLE, account));

        // Anyone may renounce, even a role that it does not hold.
        if (choice != 2 && !holds[caller]) {
            refuse(caller, data, Outcome.Unauthorized, unauthorized(caller));
        } else if (choice == 0) {
            perform(caller, data, Outcome.RoleGranted);
            holds[account] = true;
        } else if (holds[account] && holderCount() == 1) {
            bytes memory reason = abi.encodeWithSelector(IGovernanceDecisions.LastRoleHolder.selector, ROLE);
            refuse(caller, data, Outcome.LastRoleHolder, reason);
        } else {
            perform(caller, data, Outcome.RoleLost);
            holds[account] = false;
        }
    }

    function perform(address caller, bytes memory data, Outcome outcome) private {
        vm.recordLogs();
        vm.prank(caller);
        (bool success,) = address(REGISTRY).call(data);
        assertTrue(success);
        ++outcomes[outcome];
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            replay(logs[i]);
        }
    }

    function refuse(address caller, bytes memory data, Outcome outcome, bytes memory reason) private {
        vm.prank(caller);
        (bool success, bytes memory result) = address(REGISTRY).call(data);
        assertFalse(success);
        assertEq(result, reason);
        ++outcomes[outcome];
    }

    /// @dev Knows nothing but the events.
    function replay(Vm.Log memory log) private {
        bytes32 topic = log.topics[0];
        if (topic == IGovernanceDecisions.MarketplaceFeeChanged.selector) {
            (uint8 oldFee, uint8 newFee) = abi.decode(log.data, (uint8, uint8));
            assertEq(oldFee, replayed.fee);
            replayed.fee = newFee;
        } else if (topic == IGovernanceDecisions.MarketplaceCategoryAdded.selector) {
            replayName(0, log.data, true);
        } else if (topic == IGovernanceDecisions.MarketplaceCategoryRemoved.selector) {
            replayName(0, log.data, false);
        } else if (topic == IGovernanceDecisions.FoundationMemberAdded.selector) {
            replayName(1, log.data, true);
        } else if (topic == IGovernanceDecisions.FoundationMemberRemoved.selector) {
            replayName(1, log.data, false);
        }
    }

    function replayName(uint256 list, bytes memory data, bool adds) private {
        string memory name = abi.decode(data, (string));
        uint256 number = uint8(bytes(name)[0]) - 65;
        assertEq(name, nameOf(number));
        assertEq(replayed.has[list][number], !adds);
        replayed.has[list][number] = adds;
    }

    function selectorOf(uint256 list, bool adds) private view returns (bytes4) {
        if (list == 0) {
            return
                adds ? REGISTRY.addMarketplaceCategory.selector : REGISTRY.removeMarketplaceCategory.selector;
        }
        return adds ? REGISTRY.addFoundationMember.selector : REGISTRY.removeFoundationMember.selector;
    }

    /// @dev Mostly one with the role.
    function drawAccount() private returns (address account) {
        account = accounts[draw(ACCOUNTS)];
        for (uint256 i = 0; i < ACCOUNTS && !holds[account] && draw(4) != 0; ++i) {
            account = accounts[i];
        }
    }

    /// @dev An even draw below `bound`.
    function draw(uint256 bound) private returns (uint256) {
        entropy = uint256(keccak256(abi.encode(entropy)));
        return entropy % bound;
    }

    function unauthorized(address caller) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, caller, ROLE);
    }
}
