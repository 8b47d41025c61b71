// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

import {GovernanceDecisions} from "../../contracts/governance/GovernanceDecisions.sol";
import {ACCOUNTS, NAMES, RegistryHandler} from "./RegistryHandler.sol";

/// @title GovernanceDecisions after any sequence of calls, permitted and forbidden
contract RegistryInvariantsTest is Test {
    bytes32 private constant ROLE = keccak256("GOVERNOR_ROLE");
    /// @dev Calls of a run, the depth of foundry.toml.
    uint256 private constant RUN = 64;

    RegistryHandler private handler;
    GovernanceDecisions private registry;

    function setUp() public {
        handler = new RegistryHandler();
        registry = handler.REGISTRY();
        targetContract(address(handler));
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = handler.act.selector;
        targetSelector(FuzzSelector(address(handler), selectors));
    }

    /// All in one, so that every run is held against every property.
    /// forge-config: default.invariant.shrink-run-limit = 64
    function invariant_registryEqualsItsModel() public view {
        assertContent(handler.expectedContent());
        assertEq(abi.encode(handler.replayedContent()), abi.encode(handler.expectedContent()));
        assertLt(registry.marketplaceFee(), 100);
        assertRoleHasHolders();
    }

    /// One run, always the same: the handler comes to every outcome that a call can have.
    function test_handler_comesToEveryOutcome() public {
        for (uint256 call = 0; call < RUN; ++call) {
            handler.act(call);
        }
        for (uint8 i = 0; i <= uint8(type(RegistryHandler.Outcome).max); ++i) {
            assertGt(handler.outcomes(RegistryHandler.Outcome(i)), 0);
        }
    }

    function assertContent(RegistryHandler.Content memory content) private view {
        assertEq(registry.marketplaceFee(), content.fee);
        assertList(registry.getMarketplaceCategories(), content.has[0]);
        assertList(registry.getMemberships(), content.has[1]);
        for (uint256 number = 0; number < NAMES; ++number) {
            string memory name = handler.nameOf(number);
            assertEq(registry.isMarketplaceCategory(name), content.has[0][number]);
            assertEq(registry.isFoundationMember(name), content.has[1][number]);
        }
    }

    /// @dev As many names as the set, and each of the set's among them: so none twice, none else.
    function assertList(string[] memory list, bool[NAMES] memory has) private view {
        uint256 count = 0;
        for (uint256 number = 0; number < NAMES; ++number) {
            if (!has[number]) continue;
            ++count;
            bytes32 nameHash = keccak256(bytes(handler.nameOf(number)));
            uint256 found = 0;
            for (uint256 i = 0; i < list.length; ++i) {
                if (keccak256(bytes(list[i])) == nameHash) ++found;
            }
            assertEq(found, 1);
        }
        assertEq(list.length, count);
    }

    function assertRoleHasHolders() private view {
        uint256 count = 0;
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            address account = handler.accounts(i);
            assertEq(registry.hasRole(ROLE, account), handler.holds(account));
            assertFalse(registry.hasRole(0, account));
            if (registry.hasRole(ROLE, account)) ++count;
        }
        assertGt(count, 0);
        assertEq(registry.getRoleAdmin(ROLE), ROLE);
    }
}
