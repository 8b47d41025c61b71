// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {GovernancePair} from "../../contracts/governance/GovernancePair.sol";
import {Timelock} from "../../contracts/governance/Timelock.sol";
import {IBraintrustGovernor} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {ITimelock} from "../../contracts/interfaces/ITimelock.sol";
import {BTRST} from "../../contracts/token/BTRST.sol";
import {GovernorDeployer} from "../base/GovernorDeployer.sol";

/// @title A time lock that takes no admin but its own choice
contract OtherAdminTimelock is Timelock {
    constructor(address, uint256 delay) Timelock(address(0xa11ce), delay) {}
}

/// @title Answers as a governor of another time lock
contract OtherTimelockGovernor {
    address public immutable timelock = address(0xb0b);
}

/// @title Cannot be created, and does not say why
contract Unwilling {
    constructor() {
        assembly ("memory-safe") {
            revert(0, 0)
        }
    }
}

/// @title The pair is created whole, where it was computed, by whomever
contract GovernancePairTest is GovernorDeployer {
    /// The canonical deployer of CREATE2: a salt and creation code as calldata, the address as answer.
    address private constant DETERMINISTIC_DEPLOYER = 0x4e59b44847b379578588920cA78FbF26c0B4956C;

    /// Most bytes of creation code and arguments (EIP-3860), and most gas of a transaction (EIP-7825).
    uint256 private constant MAX_INIT_CODE = 49_152;
    uint256 private constant TRANSACTION_GAS_CAP = 16_777_216;

    uint256 private constant DELAY = 7 days;
    bytes32 private constant SALT = keccak256("salt");

    BTRST private token;
    address private guardian = makeAddr("guardian");
    address private deployer = makeAddr("deployer");
    address private stranger = makeAddr("stranger");

    function setUp() public {
        vm.roll(20_000_000);
        vm.warp(1_790_000_000);
        token = new BTRST(deployer);
    }

    function test_constructor_createsThePair() public {
        GovernancePair pair =
            new GovernancePair(type(Timelock).creationCode, abi.encode(DELAY), governorCode(), tail());
        (ITimelock timelock, IBraintrustGovernor governor) = createdBy(address(pair));
        assertPaired(timelock, governor);
    }

    function test_constructor_isTheSameAsDeployingOneByOne() public {
        (, address pair) = deploy(deployer, initCode());
        (ITimelock timelock, IBraintrustGovernor governor) = createdBy(pair);
        Timelock alone = new Timelock(address(governor), DELAY);
        assertEq(address(timelock).code, address(alone).code, "time lock");
        assertEq(address(governor).code.length, deployedGovernorLength(address(alone)), "governor");
    }

    /// Whoever sends the same bytes gets the same pair, and nothing else; the second to send them gets a failure.
    function test_deploy_byAnyoneGivesTheSame() public {
        address predicted = vm.computeCreate2Address(SALT, keccak256(initCode()), DETERMINISTIC_DEPLOYER);
        (bool success, address pair) = deploy(stranger, initCode());
        assertTrue(success);
        assertEq(pair, predicted, "pair");
        (ITimelock timelock, IBraintrustGovernor governor) = createdBy(pair);
        assertPaired(timelock, governor);
        (success,) = deploy(deployer, initCode());
        assertFalse(success, "again");
    }

    /// Bytes that differ in anything make other contracts: nobody can take the addresses.
    function testFuzz_deploy_ofOtherBytesIsElsewhere(uint256 expiry) public {
        expiry = bound(expiry, vm.getBlockTimestamp() + 180 days + 1, vm.getBlockTimestamp() + 365 days);
        bytes memory other = initCodeOf(
            type(Timelock).creationCode, abi.encode(DELAY), governorCode(), tailOf(stranger, expiry)
        );
        (bool success, address pair) = deploy(stranger, other);
        assertTrue(success);
        (, address ours) = deploy(deployer, initCode());
        assertNotEq(pair, ours, "pair");
        (ITimelock timelock, IBraintrustGovernor governor) = createdBy(ours);
        assertPaired(timelock, governor);
    }

    function test_pair_hasNoFunctionAndTakesNoEther() public {
        (, address pair) = deploy(deployer, initCode());
        vm.deal(stranger, 1 ether);
        vm.startPrank(stranger);
        bytes[4] memory calls = [
            bytes(""),
            abi.encodeCall(ITimelock.setPendingAdmin, (stranger)),
            abi.encodeWithSignature("timelock()"),
            abi.encodeWithSignature("kill()")
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool success,) = pair.call{value: i == 0 ? 1 : 0}(calls[i]);
            assertFalse(success, "a call succeeded");
        }
        assertEq(pair.balance, 0, "ether");
    }

    /// forge-config: default.isolate = true
    function test_gas_deploy_isWithinTheLimitsOfMainnet() public {
        bytes memory code = initCode();
        assertLe(code.length, MAX_INIT_CODE, "init code");
        deploy(deployer, code);
        uint256 gas = vm.snapshotGasLastCall("GovernancePair", "deploy");
        // Calldata costs at most 40 gas a byte (EIP-7623).
        assertLe(gas + 40 * code.length, TRANSACTION_GAS_CAP, "gas");
    }

    function test_RevertWhen_aConstructorReverts() public {
        bytes memory reason =
            abi.encodeWithSelector(ITimelock.DelayOutOfBounds.selector, 1 days, 2 days, 30 days);
        bytes memory code = governorCode();
        bytes memory arguments = tail();
        vm.expectRevert(reason);
        new GovernancePair(type(Timelock).creationCode, abi.encode(1 days), code, arguments);
    }

    function test_RevertWhen_aConstructorRevertsWithoutReason() public {
        bytes memory code = governorCode();
        bytes memory arguments = tail();
        vm.expectRevert(GovernancePair.CreationFailed.selector);
        new GovernancePair(type(Unwilling).creationCode, "", code, arguments);
        vm.expectRevert(GovernancePair.CreationFailed.selector);
        new GovernancePair(
            type(Timelock).creationCode, abi.encode(DELAY), type(Unwilling).creationCode, arguments
        );
    }

    function test_RevertWhen_theAdminIsAnother() public {
        address pair = vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
        (ITimelock timelock, IBraintrustGovernor governor) = createdBy(pair);
        bytes memory code = governorCode();
        bytes memory arguments = tail();
        vm.expectRevert(abi.encodeWithSelector(GovernancePair.NotAPair.selector, timelock, governor));
        new GovernancePair(type(OtherAdminTimelock).creationCode, abi.encode(DELAY), code, arguments);
    }

    function test_RevertWhen_theTimelockIsAnother() public {
        address pair = vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
        (ITimelock timelock, IBraintrustGovernor governor) = createdBy(pair);
        vm.expectRevert(abi.encodeWithSelector(GovernancePair.NotAPair.selector, timelock, governor));
        new GovernancePair(
            type(Timelock).creationCode, abi.encode(DELAY), type(OtherTimelockGovernor).creationCode, ""
        );
    }

    /// A contract that lacks what the pair is asked for is no pair either.
    function test_RevertWhen_theGovernorHasNoCode() public {
        vm.expectRevert();
        new GovernancePair(type(Timelock).creationCode, abi.encode(DELAY), "", "");
    }

    function assertPaired(ITimelock timelock, IBraintrustGovernor governor) private view {
        assertEq(timelock.admin(), address(governor), "admin");
        assertEq(timelock.pendingAdmin(), address(0), "pending admin");
        assertEq(timelock.delay(), DELAY, "delay");
        assertEq(governor.timelock(), address(timelock), "time lock");
        assertEq(governor.token(), address(token), "token");
        assertEq(governor.initialProposalId(), 0, "first id");
        assertEq(governor.quorumVotes(), 100_000e18, "quorum");
        (address account, uint96 expiry) = governor.proposalGuardian();
        assertEq(account, guardian, "guardian");
        assertEq(expiry, vm.getBlockTimestamp() + 180 days, "expiry");
    }

    function createdBy(address pair) private pure returns (ITimelock timelock, IBraintrustGovernor governor) {
        timelock = ITimelock(vm.computeCreateAddress(pair, 1));
        governor = IBraintrustGovernor(vm.computeCreateAddress(pair, 2));
    }

    function deploy(address sender, bytes memory code) private returns (bool success, address pair) {
        vm.prank(sender);
        bytes memory answer;
        (success, answer) = DETERMINISTIC_DEPLOYER.call(bytes.concat(SALT, code));
        if (success) pair = address(bytes20(answer));
    }

    function deployedGovernorLength(address timelock) private returns (uint256) {
        return address(
                deployGovernor(timelock, address(token), guardian, vm.getBlockTimestamp() + 180 days, live())
            ).code.length;
    }

    function initCode() private view returns (bytes memory) {
        return initCodeOf(type(Timelock).creationCode, abi.encode(DELAY), governorCode(), tail());
    }

    function initCodeOf(
        bytes memory timelockCode,
        bytes memory timelockArguments,
        bytes memory code,
        bytes memory arguments
    ) private view returns (bytes memory) {
        return bytes.concat(
            vm.getCode("GovernancePair.sol:GovernancePair"),
            abi.encode(timelockCode, timelockArguments, code, arguments)
        );
    }

    function tail() private view returns (bytes memory) {
        return tailOf(guardian, vm.getBlockTimestamp() + 180 days);
    }

    function tailOf(address account, uint256 expiry) private view returns (bytes memory) {
        return abi.encode(token, account, expiry, live());
    }

    function live() private pure returns (IBraintrustGovernor.GovernorParameters memory) {
        return IBraintrustGovernor.GovernorParameters(1, 17_280, 500e18, 100_000e18);
    }
}
