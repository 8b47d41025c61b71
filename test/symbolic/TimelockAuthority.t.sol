// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Timelock} from "../../contracts/governance/Timelock.sol";
import {InertTarget} from "./InertTarget.sol";
import {Proof} from "./Proof.sol";
import {SYMBOLIC} from "./SymbolicCalldata.sol";

/// @title The time lock, in an arbitrary state, under any call
/// @notice Arbitrary are: queue, pending admin, delay within its bounds, time. What is executed goes to a target that
/// calls nobody.
/// @custom:halmos --default-array-lengths 1 --default-bytes-lengths 4
contract TimelockAuthorityProof is Proof {
    uint256 private constant GRACE_PERIOD = 14 days;
    uint256 private constant SET_UP_AT = 1_790_000_000;

    address private constant ADMIN = address(0xad);

    Timelock private timelock;
    InertTarget private target;
    uint256 private time;

    function setUp() external {
        vm.warp(SET_UP_AT);
        target = new InertTarget();
        timelock = new Timelock(ADMIN, 2 days);
        vm.setArbitraryStorage(address(timelock));
    }

    /// @notice Property 32. Nobody but the time lock changes its delay, and nobody its admin, but the pending admin.
    /// @dev Any caller but the time lock and its admin, every function, arrays of 1, texts of 4 bytes.
    function check_delayAndAdmin(address caller, address pending) external proof {
        arbitrary();
        vm.assume(caller != address(timelock) && caller != ADMIN);
        vm.prank(address(timelock));
        timelock.setPendingAdmin(pending);
        uint256 delay = timelock.delay();

        vm.prank(caller);
        (bool success,) = address(timelock).call(SYMBOLIC.createCalldata("Timelock"));
        vm.assume(success);

        assert(timelock.delay() == delay);
        if (caller == pending) {
            assert(timelock.admin() == ADMIN || timelock.admin() == pending);
        } else {
            assert(timelock.admin() == ADMIN && timelock.pendingAdmin() == pending);
        }
    }

    /// @notice Property 30, 31. Nobody but the admin changes the queue.
    /// @dev Any caller but the time lock and its admin, every function, arrays of 1, texts of 4 bytes; any hash.
    function check_queue_onlyAdmin(address caller, bytes32 hash) external proof {
        arbitrary();
        vm.assume(caller != address(timelock) && caller != ADMIN);
        bool queued = timelock.queuedTransactions(hash);
        vm.prank(caller);
        (bool success,) = address(timelock).call(SYMBOLIC.createCalldata("Timelock"));
        vm.assume(success);
        assert(timelock.queuedTransactions(hash) == queued);
    }

    /// @notice Property 30. What is queued can be executed only after the delay that was in force, 2 days at least,
    /// and it is queued under the hash of all its fields, and nothing else is.
    /// @dev Any target, value, eta and other hash; signature of 4 bytes, data of 36.
    function check_queueTransaction(address to, uint256 value, uint256 eta, bytes32 other) external proof {
        arbitrary();
        (string memory signature, bytes memory data) = (string(vm.randomBytes(4)), vm.randomBytes(36));
        bytes32 hash = keccak256(abi.encode(to, value, signature, data, eta));
        bool otherQueued = timelock.queuedTransactions(other);
        vm.prank(ADMIN);
        timelock.queueTransaction(to, value, signature, data, eta);

        assert(eta >= time + timelock.delay() && timelock.delay() >= 2 days);
        assert(timelock.queuedTransactions(hash));
        assert(other == hash || timelock.queuedTransactions(other) == otherQueued);
    }

    /// @notice Property 30, 31, 33. A call is executed only if it was queued, from its eta to the end of the grace
    /// period, and once: it is not queued afterwards, and nothing else changes in the queue.
    /// @dev Any value, eta and other hash, any data of 4 bytes to the inert target.
    function check_executeTransaction(uint256 value, uint256 eta, bytes32 other) external proof {
        arbitrary();
        bytes memory data = vm.randomBytes(4);
        bytes32 hash = keccak256(abi.encode(address(target), value, "", data, eta));
        (bool queued, bool otherQueued) =
            (timelock.queuedTransactions(hash), timelock.queuedTransactions(other));
        vm.prank(ADMIN);
        timelock.executeTransaction(address(target), value, "", data, eta);

        assert(queued && time >= eta && time <= eta + GRACE_PERIOD);
        assert(!timelock.queuedTransactions(hash));
        assert(other == hash || timelock.queuedTransactions(other) == otherQueued);
        assert(uint256(vm.load(address(target), 0)) == 1);
    }

    /// @notice Property 30, 31, 33. As for a single call, a batch: all its calls run, or none.
    /// @dev Two calls of 4 bytes each to the inert target; any salt, eta and other hash.
    function check_executeBatch(bytes32 salt, uint256 eta, bytes32 other) external proof {
        arbitrary();
        address[] memory targets = new address[](2);
        bytes[] memory calldatas = new bytes[](2);
        (targets[0], targets[1]) = (address(target), address(target));
        (calldatas[0], calldatas[1]) = (vm.randomBytes(4), vm.randomBytes(4));
        (uint256[] memory values, string[] memory signatures) = (new uint256[](2), new string[](2));
        bytes32 hash = timelock.hashBatch(targets, values, signatures, calldatas, salt, eta);
        (bool queued, bool otherQueued) =
            (timelock.queuedTransactions(hash), timelock.queuedTransactions(other));
        vm.prank(ADMIN);
        timelock.executeBatch(targets, values, signatures, calldatas, salt, eta);

        assert(queued && time >= eta && time <= eta + GRACE_PERIOD);
        assert(!timelock.queuedTransactions(hash));
        assert(other == hash || timelock.queuedTransactions(other) == otherQueued);
        assert(uint256(vm.load(address(target), 0)) == 2);
    }

    /// @notice Property 31. No batch has the hash of a single call.
    /// @dev Single calls with signature and data of 4 bytes, batches of one call of the same sizes; keccak256 is
    /// taken to have no collisions.
    function check_hashes_areSeparate(address to, uint256 value, bytes32 salt, uint256 eta) external proof {
        (string memory signature, bytes memory data) = (string(vm.randomBytes(4)), vm.randomBytes(4));
        bytes32 single =
            keccak256(abi.encode(vm.randomAddress(), vm.randomUint(), signature, data, vm.randomUint()));
        address[] memory targets = new address[](1);
        uint256[] memory values = new uint256[](1);
        string[] memory signatures = new string[](1);
        bytes[] memory calldatas = new bytes[](1);
        (targets[0], values[0], signatures[0], calldatas[0]) = (to, value, signature, data);
        assert(timelock.hashBatch(targets, values, signatures, calldatas, salt, eta) != single);
    }

    function arbitrary() private {
        (uint256 delay, uint256 now_) = (vm.randomUint(2 days, 30 days), vm.randomUint());
        vm.prank(address(timelock));
        timelock.setDelay(delay);
        vm.assume(now_ >= SET_UP_AT && now_ <= type(uint32).max);
        time = now_;
        vm.warp(now_);
    }
}
