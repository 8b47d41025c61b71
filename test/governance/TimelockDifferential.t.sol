// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Timelock} from "../../contracts/governance/Timelock.sol";
import {ICompoundTimelock, ITimelock} from "../../contracts/interfaces/ITimelock.sol";
import {Artifacts} from "../base/Artifacts.sol";
import {Target, TimelockFixture} from "./TimelockFixture.sol";

/// @title Single transactions, against the compiled time lock of the Compound generation
/// @notice The same steps run on both, each deployed at the same address from the same state, so that hashes, return
/// data, events, balances and queue can be compared as they are. Reasons of failure differ; failing does not.
contract TimelockDifferentialTest is TimelockFixture {
    /// @param kind Queue (0, 5), cancel (1), execute (2 with ETH, 6, 7), move the clock (3), accept the role (4).
    /// @param caller Mostly the governor.
    /// @param action Index of the action concerned.
    /// @param when Which edge of the action's window the clock moves to.
    struct Step {
        uint8 kind;
        uint8 caller;
        uint8 action;
        uint8 when;
    }

    struct Outcome {
        bool success;
        bytes result;
        bytes32 logs;
        bytes32 state;
    }

    uint256 private constant MAXIMUM_STEPS = 48;

    address private heir = makeAddr("heir");
    uint256 private start;

    function setUp() public override {
        super.setUp();
        start = block.timestamp;
        vm.deal(governor, 100 ether);
    }

    function testFuzz_steps_haveTheSameOutcome(Step[] memory steps) public {
        Action[] memory pool = actions(expectedAddress());
        Outcome[] memory ours = run(false, steps, pool);
        Outcome[] memory theirs = run(true, steps, pool);
        for (uint256 i = 0; i < ours.length; ++i) {
            assertEq(ours[i].success, theirs[i].success, "success");
            assertEq(ours[i].result, theirs[i].result, "return data");
            assertEq(ours[i].logs, theirs[i].logs, "events");
            assertEq(ours[i].state, theirs[i].state, "state");
        }
    }

    function test_everyAction_hasTheSameOutcome() public {
        Action[] memory pool = actions(expectedAddress());
        for (uint256 i = 0; i < pool.length; ++i) {
            Step[] memory steps = new Step[](5);
            steps[0] = Step(0, 0, uint8(i), 0);
            steps[1] = Step(3, 0, uint8(i), 1);
            steps[2] = Step(2, 0, uint8(i), 0);
            steps[3] = Step(4, 7, 0, 0);
            steps[4] = Step(2, 0, uint8(i), 0);
            Outcome[] memory ours = run(false, steps, pool);
            Outcome[] memory theirs = run(true, steps, pool);
            assertTrue(ours[0].success, "queued");
            for (uint256 j = 0; j < ours.length; ++j) {
                assertEq(abi.encode(ours[j]), abi.encode(theirs[j]));
            }
        }
    }

    function testFuzz_anyTransaction_hasTheSameOutcome(
        uint256 value,
        string memory signature,
        bytes memory data,
        uint256 eta,
        uint256 timestamp
    ) public {
        Action[] memory pool = new Action[](1);
        eta = bound(eta, start + DELAY - 1, start + DELAY + 1);
        pool[0] = Action(address(target), bound(value, 0, 6 ether), signature, data, eta);
        timestamp = bound(timestamp, 0, 4);
        Step[] memory steps = new Step[](3);
        steps[0] = Step(0, 0, 0, 0);
        steps[1] = Step(3, 0, 0, uint8(timestamp));
        steps[2] = Step(2, 0, 0, 0);
        assertEq(abi.encode(run(false, steps, pool)), abi.encode(run(true, steps, pool)));
    }

    /// The one intended difference: what would do nothing and look like success fails.
    function testFuzz_targetWithoutCode_isTheDeviation(string memory signature, bytes memory data) public {
        Action[] memory pool = new Action[](1);
        pool[0] = Action(stranger, 0, signature, data, start + DELAY);
        Step[] memory steps = new Step[](3);
        steps[0] = Step(0, 0, 0, 0);
        steps[1] = Step(3, 0, 0, 1);
        steps[2] = Step(2, 0, 0, 0);
        Outcome[] memory ours = run(false, steps, pool);
        Outcome[] memory theirs = run(true, steps, pool);
        bool deviates = bytes(signature).length + data.length != 0;
        assertEq(abi.encode(ours[0]), abi.encode(theirs[0]));
        assertTrue(theirs[2].success);
        assertEq(ours[2].success, !deviates);

        timelock = new Timelock(governor, DELAY);
        pool[0].eta = block.timestamp + DELAY;
        queue(pool[0]);
        vm.warp(pool[0].eta);
        if (deviates) {
            vm.expectRevert(abi.encodeWithSelector(ITimelock.TargetWithoutCode.selector, stranger));
        }
        execute(pool[0]);
    }

    /// Runs `steps` on a new time lock, then undoes them.
    function run(bool compound, Step[] memory steps, Action[] memory pool)
        private
        returns (Outcome[] memory outcomes)
    {
        uint256 snapshot = vm.snapshotState();
        address expected = expectedAddress();
        address deployed = compound
            ? Artifacts.deploy("@uniswap/governance/build/Timelock.json", abi.encode(governor, DELAY))
            : address(new Timelock(governor, DELAY));
        assertEq(deployed, expected);
        vm.deal(deployed, 5 ether);

        outcomes = new Outcome[](steps.length < MAXIMUM_STEPS ? steps.length : MAXIMUM_STEPS);
        for (uint256 i = 0; i < outcomes.length; ++i) {
            outcomes[i] = take(steps[i], pool, ITimelock(deployed));
        }
        vm.revertToState(snapshot);
    }

    function take(Step memory step, Action[] memory pool, ITimelock lock)
        private
        returns (Outcome memory outcome)
    {
        Action memory a = pool[step.action % pool.length];
        uint256 kind = step.kind % 8;
        if (kind == 3) {
            uint256[5] memory edges = [a.eta - 1, a.eta, a.eta + GRACE, a.eta + GRACE + 1, a.eta + 1];
            uint256 edge = edges[step.when % 5];
            if (edge > vm.getBlockTimestamp()) vm.warp(edge);
        } else {
            vm.recordLogs();
            vm.prank(step.caller % 8 == 7 ? heir : step.caller % 8 == 6 ? stranger : governor);
            (outcome.success, outcome.result) =
                address(lock).call{value: kind == 2 ? 1 gwei * (step.when % 2) : 0}(message(kind, a));
            if (!outcome.success) outcome.result = "";
            outcome.logs = hashOfLogs();
        }
        outcome.state = stateOf(lock, pool);
    }

    function message(uint256 kind, Action memory a) private pure returns (bytes memory) {
        bytes4 selector = kind == 1
            ? ICompoundTimelock.cancelTransaction.selector
            : ICompoundTimelock.queueTransaction.selector;
        if (kind == 2 || kind > 5) selector = ICompoundTimelock.executeTransaction.selector;
        if (kind == 4) return abi.encodeCall(ICompoundTimelock.acceptAdmin, ());
        return abi.encodeWithSelector(selector, a.target, a.value, a.signature, a.data, a.eta);
    }

    /// Actions of every sort: by signature and by data, that pay and that cannot, that fail with and without a
    /// reason, and that change the time lock `lock` itself.
    function actions(address lock) private view returns (Action[] memory pool) {
        uint256 eta = start + DELAY;
        pool = new Action[](11);
        pool[0] = Action(address(target), 0, "mark(uint256)", abi.encode(1), eta);
        pool[1] = Action(address(target), 0, "", abi.encodeCall(Target.mark, (2)), eta + 1);
        pool[2] = Action(address(target), 1 ether, "", "", eta);
        pool[3] = Action(stranger, 3 ether, "", "", eta + GRACE);
        pool[4] = Action(stranger, 6 ether, "", "", eta + DELAY);
        pool[5] = Action(address(target), 1 ether, "refuse(uint256)", abi.encode(3), eta);
        pool[6] = Action(address(target), 0, "refuseWith(bytes)", abi.encode(""), eta);
        pool[7] = Action(lock, 0, "setDelay(uint256)", abi.encode(3 days), eta);
        pool[8] = Action(lock, 0, "", abi.encodeCall(ITimelock.setDelay, (31 days)), eta);
        pool[9] = Action(lock, 0, "setPendingAdmin(address)", abi.encode(heir), eta);
        pool[10] = Action(lock, 1 ether, "", "", eta);
    }

    function stateOf(ITimelock lock, Action[] memory pool) private view returns (bytes32) {
        bool[] memory queued = new bool[](pool.length);
        for (uint256 i = 0; i < pool.length; ++i) {
            queued[i] = lock.queuedTransactions(hashOf(pool[i]));
        }
        return keccak256(
            abi.encode(
                queued,
                lock.delay(),
                lock.admin(),
                lock.pendingAdmin(),
                target.count(),
                address(lock).balance,
                address(target).balance,
                governor.balance
            )
        );
    }

    function hashOfLogs() private returns (bytes32) {
        return keccak256(abi.encode(vm.getRecordedLogs()));
    }

    function expectedAddress() private view returns (address) {
        return vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
    }
}
