// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor, IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {ActionList} from "../base/ActionList.sol";
import {GovernanceTest} from "../base/GovernanceTest.sol";

/// @title Gas of whole transactions that queue, execute and cancel
/// @notice Each call is a transaction of its own: slots are cold, and intrinsic gas, calldata and refunds count.
/// forge-config: default.isolate = true
contract GovernorExecutionGasTest is GovernanceTest {
    /// Most gas of a transaction (EIP-7825).
    uint256 private constant TRANSACTION_GAS_CAP = 16_777_216;
    /// Bytes of call data that each of ten actions can have.
    uint256 private constant LARGEST_CALL = 2448;

    function test_gas_queueAndExecute() public {
        measure(1, "1 action");
        measure(3, "3 actions");
        measure(10, "10 actions");
    }

    function test_gas_cancel() public {
        uint256 pending = proposeList(proposer, transfers(1));
        vm.prank(proposer.addr);
        governor.cancel(pending);
        vm.snapshotGasLastCall("governor", "cancel: 1 action, pending");

        uint256 queued = proposeList(proposer, transfers(1));
        passAndQueue(queued);
        vm.prank(proposer.addr);
        governor.cancel(queued);
        vm.snapshotGasLastCall("governor", "cancel: 1 action, queued");
    }

    /// Ten actions of bytes that are not zero, as long as the record can hold, to a target that takes anything.
    function test_gas_largestProposalFitsTransactions() public {
        ActionList memory list;
        for (uint256 i = 0; i < 10; i++) {
            list.add(address(timelock), 0, "", filler(i, LARGEST_CALL));
        }
        uint256 id = proposeList(proposer, list);
        assertLt(vm.lastCallGas().gasTotalUsed, TRANSACTION_GAS_CAP, "propose");
        pass(id);
        governor.queue(id);
        assertLt(vm.lastCallGas().gasTotalUsed, TRANSACTION_GAS_CAP, "queue");
        vm.warp(governor.proposalEta(id));
        governor.execute(id);
        assertLt(vm.lastCallGas().gasTotalUsed, TRANSACTION_GAS_CAP, "execute");
        assertState(id, IBraintrustGovernor.ProposalState.Executed);

        // No action could be longer.
        for (uint256 i = 0; i < 10; i++) {
            list.calldatas[i] = filler(i, LARGEST_CALL + 1);
        }
        vm.expectPartialRevert(IGovernorEvents.ActionsTooLarge.selector);
        proposeList(proposer, list);
    }

    function measure(uint256 count, string memory name) private {
        uint256 before = vm.snapshotState();
        uint256 id = proposeList(proposer, transfers(count));
        pass(id);
        governor.queue(id);
        vm.snapshotGasLastCall("governor", string.concat("queue: ", name));
        vm.warp(governor.proposalEta(id));
        governor.execute(id);
        vm.snapshotGasLastCall("governor", string.concat("execute: ", name));
        assertEq(token.balanceOf(recipient(count - 1)), 1e18, "transferred");
        vm.revertToState(before);
    }

    /// Transfers of the treasury's tokens to `count` accounts that have none.
    function transfers(uint256 count) private view returns (ActionList memory list) {
        for (uint256 i = 0; i < count; i++) {
            list.add(
                address(token),
                0,
                "",
                abi.encodeWithSignature("transfer(address,uint256)", recipient(i), 1e18)
            );
        }
    }

    /// `length` bytes, none of them zero, in the first of which is `index` plus one.
    function filler(uint256 index, uint256 length) private pure returns (bytes memory data) {
        data = new bytes(length);
        for (uint256 i = 0; i < length; i++) {
            data[i] = 0xFF;
        }
        // Safe: there are ten.
        data[0] = bytes1(uint8(index + 1));
    }

    function recipient(uint256 index) private pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode("recipient", index)))));
    }
}
