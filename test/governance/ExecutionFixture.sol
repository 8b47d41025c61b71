// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionList} from "../base/ActionList.sol";
import {GovernanceTest} from "../base/GovernanceTest.sol";
import {Target} from "./TimelockFixture.sol";

/// @title Proposals that call a recording target, and what the time lock is asked about them
abstract contract ExecutionFixture is GovernanceTest {
    Target internal target;

    function setUp() public virtual override {
        super.setUp();
        target = new Target();
    }

    /// A proposal of `count` different marks.
    function marks(uint256 count) internal view returns (ActionList memory list) {
        for (uint256 i = 0; i < count; i++) {
            list.add(address(target), 0, "", abi.encodeCall(Target.mark, (i)));
        }
    }

    /// Carries two new proposals to success, the second the later one.
    function passBoth(uint256 first, uint256 second) internal {
        startVote(second);
        vote(alice, first, FOR);
        vote(alice, second, FOR);
        endVote(second);
    }

    function executeBatchCall(uint256 id) internal view returns (bytes memory) {
        ActionList memory list;
        (list.targets, list.values, list.signatures, list.calldatas) = governor.getActions(id);
        return abi.encodeWithSelector(
            timelock.executeBatch.selector,
            list.targets,
            list.values,
            list.signatures,
            list.calldatas,
            bytes32(id),
            governor.proposalEta(id)
        );
    }
}
