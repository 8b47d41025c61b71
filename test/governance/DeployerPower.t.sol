// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FeeConverter} from "../../contracts/fees/FeeConverter.sol";
import {GovernanceDecisions} from "../../contracts/governance/GovernanceDecisions.sol";
import {Timelock} from "../../contracts/governance/Timelock.sol";
import {IBTRST} from "../../contracts/interfaces/IBTRST.sol";
import {IBraintrustGovernor, IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {IFeeConverter} from "../../contracts/interfaces/IFeeConverter.sol";
import {ITimelock} from "../../contracts/interfaces/ITimelock.sol";
import {BTRST} from "../../contracts/token/BTRST.sol";
import {Artifacts} from "../base/Artifacts.sol";
import {GovernorDeployer} from "../base/GovernorDeployer.sol";
import {UsdcStandIn} from "../base/UsdcStandIn.sol";
import {IPoolFactory, IPoolSetup} from "../fees/PoolActor.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

/// @title Whoever deploys the suite keeps no power over it
/// @notice Every function that changes something is either tried here, by the deployer and by a stranger, or open to
/// all by design. A function that is in neither list makes the test fail.
contract DeployerPowerTest is GovernorDeployer {
    /// A call that only somebody in power may make, and how it is refused.
    struct Attempt {
        string signature;
        bytes data;
        bytes reason;
    }

    uint256 private constant THRESHOLD = 500e18;
    uint24 private constant POOL_FEE = 10_000;

    address private deployer = makeAddr("deployer");
    address private stranger = makeAddr("stranger");
    address private guardian = makeAddr("guardian");
    address private holder = makeAddr("holder");

    BTRST private token;
    Timelock private timelock;
    IBraintrustGovernor private governor;
    GovernanceDecisions private decisions;
    FeeConverter private converter;
    UsdcStandIn private usdc;

    /// As a real deployment: everything comes from one account, the supply goes to the treasury.
    function setUp() public {
        vm.roll(20_000_000);
        vm.warp(1_790_000_000);
        usdc = new UsdcStandIn();
        address factory = Artifacts.deploy(
            "@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json", ""
        );
        vm.startPrank(deployer);
        uint256 nonce = vm.getNonce(deployer);
        token = new BTRST(vm.computeCreateAddress(deployer, nonce + 1));
        timelock = new Timelock(vm.computeCreateAddress(deployer, nonce + 2), 2 days);
        governor = deployGovernor(
            address(timelock),
            address(token),
            guardian,
            vm.getBlockTimestamp() + 180 days,
            IBraintrustGovernor.GovernorParameters(1, 17_280, THRESHOLD, 100_000e18)
        );
        decisions = new GovernanceDecisions(address(timelock));
        address pool = IPoolFactory(factory).createPool(address(usdc), address(token), POOL_FEE);
        IPoolSetup(pool).initialize(1 << 96);
        converter =
            new FeeConverter(pool, address(usdc), address(token), address(timelock), guardian, guards());
        vm.stopPrank();
        assertEq(timelock.admin(), address(governor), "admin");
        assertEq(token.balanceOf(address(timelock)), token.totalSupply(), "treasury");
        usdc.mint(address(converter), 1000e6);
        queueOneProposal();
    }

    function test_deployerHasNoPower() public {
        assertPowerless(deployer);
    }

    function test_strangerHasNoPower() public {
        assertPowerless(stranger);
    }

    /// The calls that are refused to others are those that the treasury, or its governor, may make.
    function test_thoseInPowerHaveIt() public {
        vm.startPrank(address(timelock));
        governor._setQuorumVotes(200_000e18);
        timelock.setDelay(3 days);
        decisions.setMarketplaceFee(7);
        converter.sweep(address(usdc));
        vm.stopPrank();
        assertEq(governor.quorumVotes(), 200_000e18, "quorum");
        assertEq(timelock.delay(), 3 days, "delay");
        assertEq(decisions.marketplaceFee(), 7, "fee");
        assertEq(usdc.balanceOf(address(timelock)), 1000e6, "swept");
        vm.warp(governor.proposalEta(1));
        governor.execute(1);
        assertEq(token.balanceOf(stranger), 1e18, "executed");
    }

    function test_everyFunctionIsTriedOrOpen() public view {
        assertComplete("BTRST", tokenAttempts(deployer), openOfToken());
        assertComplete("BraintrustGovernor", governorAttempts(deployer), openOfGovernor());
        assertComplete("Timelock", timelockAttempts(deployer), new string[](0));
        assertComplete("GovernanceDecisions", decisionsAttempts(deployer), new string[](0));
        assertComplete("FeeConverter", converterAttempts(deployer), openOfConverter());
    }

    function assertPowerless(address caller) private {
        assertEq(token.balanceOf(caller), 0, "tokens");
        assertRefused(caller, address(token), tokenAttempts(caller));
        assertRefused(caller, address(governor), governorAttempts(caller));
        assertRefused(caller, address(timelock), timelockAttempts(caller));
        assertRefused(caller, address(decisions), decisionsAttempts(caller));
        assertRefused(caller, address(converter), converterAttempts(caller));
        assertFalse(IAccessControl(address(decisions)).hasRole(0, caller), "no default role");
    }

    function assertRefused(address caller, address target, Attempt[] memory attempts) private {
        for (uint256 i = 0; i < attempts.length; i++) {
            Attempt memory attempt = attempts[i];
            vm.prank(caller);
            (bool success, bytes memory result) =
                target.call(bytes.concat(bytes4(keccak256(bytes(attempt.signature))), attempt.data));
            assertFalse(success, attempt.signature);
            assertEq(result, attempt.reason, attempt.signature);
        }
    }

    /// Each function that is neither view nor pure is in exactly one of the lists.
    function assertComplete(string memory name, Attempt[] memory attempts, string[] memory open)
        private
        view
    {
        string memory json = vm.readFile(string.concat("out/", name, ".sol/", name, ".json"));
        uint256 functions = countOf(json);
        assertEq(attempts.length + open.length, functions, string.concat("functions of ", name));
        string[] memory listed = new string[](functions);
        for (uint256 i = 0; i < functions; i++) {
            listed[i] = i < attempts.length ? attempts[i].signature : open[i - attempts.length];
            assertTrue(vm.keyExistsJson(json, methodKey(listed[i])), listed[i]);
            for (uint256 j = 0; j < i; j++) {
                assertNotEq(listed[i], listed[j], "listed twice");
            }
        }
    }

    /// How many functions of an artifact may change something.
    function countOf(string memory json) private view returns (uint256 count) {
        for (uint256 i = 0;; i++) {
            string memory entry = string.concat("$.abi[", vm.toString(i), "]");
            if (!vm.keyExistsJson(json, entry)) return count;
            if (!vm.keyExistsJson(json, string.concat(entry, ".outputs"))) continue;
            bytes32 mutability =
                keccak256(bytes(vm.parseJsonString(json, string.concat(entry, ".stateMutability"))));
            if (mutability != keccak256("view") && mutability != keccak256("pure")) count++;
        }
    }

    function methodKey(string memory signature) private pure returns (string memory) {
        return string.concat("$.methodIdentifiers['", signature, "']");
    }

    function tokenAttempts(address caller) private view returns (Attempt[] memory list) {
        list = new Attempt[](1);
        list[0] = Attempt(
            "transferFrom(address,address,uint256)",
            abi.encode(timelock, caller, 1),
            abi.encodeWithSelector(IBTRST.ERC20InsufficientAllowance.selector, caller, 0, 1)
        );
    }

    /// Moving one's own tokens and votes, or those of whom signed for it.
    function openOfToken() private pure returns (string[] memory list) {
        list = new string[](5);
        list[0] = "approve(address,uint256)";
        list[1] = "delegate(address)";
        list[2] = "delegateBySig(address,uint256,uint256,uint8,bytes32,bytes32)";
        list[3] = "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)";
        list[4] = "transfer(address,uint256)";
    }

    function governorAttempts(address caller) private view returns (Attempt[] memory list) {
        bytes memory reason = abi.encodeWithSelector(IGovernorEvents.NotTimelock.selector, caller);
        list = new Attempt[](11);
        list[0] = Attempt("_setVotingDelay(uint256)", abi.encode(2), reason);
        list[1] = Attempt("_setVotingPeriod(uint256)", abi.encode(7200), reason);
        list[2] = Attempt("_setProposalThreshold(uint256)", abi.encode(THRESHOLD), reason);
        list[3] = Attempt("_setQuorumVotes(uint256)", abi.encode(100_000e18), reason);
        list[4] = Attempt(
            "_setWhitelistAccountExpiration(address,uint256)", abi.encode(caller, type(uint256).max), reason
        );
        list[5] = Attempt("_setWhitelistGuardian(address)", abi.encode(caller), reason);
        list[6] = Attempt(
            "_setProposalGuardian((address,uint96))",
            abi.encode(IBraintrustGovernor.ProposalGuardian(caller, uint96(vm.getBlockTimestamp() + 1 days))),
            reason
        );
        list[7] = Attempt(
            "_initiate(address)",
            abi.encode(caller),
            abi.encodeWithSelector(IGovernorEvents.AlreadyInitiated.selector)
        );
        list[8] = Attempt(
            "cancel(uint256)",
            abi.encode(1),
            abi.encodeWithSelector(IGovernorEvents.NotCanceler.selector, 1, caller)
        );
        bytes memory below =
            abi.encodeWithSelector(IGovernorEvents.BelowThreshold.selector, caller, 0, THRESHOLD);
        (address[] memory t, uint256[] memory v, string[] memory s, bytes[] memory c) = grantTo(caller);
        list[9] = Attempt(
            "propose(address[],uint256[],string[],bytes[],string)", abi.encode(t, v, s, c, "# Mine"), below
        );
        list[10] =
            Attempt("propose(address[],uint256[],bytes[],string)", abi.encode(t, v, c, "# Mine"), below);
    }

    /// Ballots count for the votes of whom casts or signs them; queueing and executing follow from the vote.
    function openOfGovernor() private pure returns (string[] memory list) {
        list = new string[](9);
        list[0] = "castVote(uint256,uint8)";
        list[1] = "castVoteBySig(uint256,uint8,address,bytes)";
        list[2] = "castVoteBySig(uint256,uint8,uint8,bytes32,bytes32)";
        list[3] = "castVoteWithReason(uint256,uint8,string)";
        list[4] = "castVoteWithReasonBySig(uint256,uint8,string,uint8,bytes32,bytes32)";
        list[5] = "castVotesBySig(uint256,(uint8,uint8,bytes32,bytes32)[])";
        list[6] = "execute(uint256)";
        list[7] = "proposeBySig((address[],uint256[],string[],bytes[],string,address,uint256),bytes)";
        list[8] = "queue(uint256)";
    }

    function timelockAttempts(address caller) private view returns (Attempt[] memory list) {
        bytes memory reason = abi.encodeWithSelector(ITimelock.NotAdmin.selector, caller);
        (address[] memory t, uint256[] memory v, string[] memory s, bytes[] memory c) = governor.getActions(1);
        uint256 eta = governor.proposalEta(1);
        bytes memory transaction = abi.encode(t[0], v[0], s[0], c[0], eta);
        bytes memory batch = abi.encode(t, v, s, c, bytes32(uint256(1)), eta);
        list = new Attempt[](9);
        list[0] = Attempt("queueTransaction(address,uint256,string,bytes,uint256)", transaction, reason);
        list[1] = Attempt("cancelTransaction(address,uint256,string,bytes,uint256)", transaction, reason);
        list[2] = Attempt("executeTransaction(address,uint256,string,bytes,uint256)", transaction, reason);
        string memory arguments = "(address[],uint256[],string[],bytes[],bytes32,uint256)";
        list[3] = Attempt(string.concat("queueBatch", arguments), batch, reason);
        list[4] = Attempt(string.concat("cancelBatch", arguments), batch, reason);
        list[5] = Attempt(string.concat("executeBatch", arguments), batch, reason);
        reason = abi.encodeWithSelector(ITimelock.NotTimelock.selector, caller);
        list[6] = Attempt("setDelay(uint256)", abi.encode(3 days), reason);
        list[7] = Attempt("setPendingAdmin(address)", abi.encode(caller), reason);
        list[8] =
            Attempt("acceptAdmin()", "", abi.encodeWithSelector(ITimelock.NotPendingAdmin.selector, caller));
    }

    function decisionsAttempts(address caller) private view returns (Attempt[] memory list) {
        bytes32 role = decisions.GOVERNOR_ROLE();
        bytes memory reason =
            abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, caller, role);
        list = new Attempt[](8);
        list[0] = Attempt("setMarketplaceFee(uint8)", abi.encode(99), reason);
        list[1] = Attempt("addMarketplaceCategory(string)", abi.encode("x"), reason);
        list[2] = Attempt("removeMarketplaceCategory(string)", abi.encode("x"), reason);
        list[3] = Attempt("addFoundationMember(string)", abi.encode("x"), reason);
        list[4] = Attempt("removeFoundationMember(string)", abi.encode("x"), reason);
        list[5] = Attempt("grantRole(bytes32,address)", abi.encode(role, caller), reason);
        list[6] = Attempt("revokeRole(bytes32,address)", abi.encode(role, timelock), reason);
        list[7] = Attempt(
            "renounceRole(bytes32,address)",
            abi.encode(role, timelock),
            abi.encodeWithSelector(IAccessControl.AccessControlBadConfirmation.selector)
        );
    }

    function converterAttempts(address caller) private view returns (Attempt[] memory list) {
        bytes memory reason = abi.encodeWithSelector(IFeeConverter.NotTreasury.selector, caller);
        list = new Attempt[](6);
        list[0] = Attempt(
            "setParameters((uint32,uint32,uint16,uint24,uint32,uint64,uint128))", abi.encode(guards()), reason
        );
        list[1] = Attempt("setGuardian(address)", abi.encode(caller), reason);
        list[2] = Attempt("unpause()", "", reason);
        list[3] = Attempt("sweep(address)", abi.encode(usdc), reason);
        list[4] = Attempt("pause()", "", abi.encodeWithSelector(IFeeConverter.NotGuardian.selector, caller));
        list[5] = Attempt(
            "uniswapV3SwapCallback(int256,int256,bytes)",
            abi.encode(int256(1), int256(-1), ""),
            abi.encodeWithSelector(IFeeConverter.UnexpectedCallback.selector, caller)
        );
    }

    /// Bringing one's own USDC, and converting under the guards.
    function openOfConverter() private pure returns (string[] memory list) {
        list = new string[](4);
        list[0] = "convert(uint256,uint256,uint256)";
        list[1] = "deposit(uint256,bytes32)";
        list[2] = "depositWithPermit(uint256,bytes32,uint256,uint8,bytes32,bytes32)";
        list[3] = "swapExactInputSingle(uint256,uint256,uint256)";
    }

    /// A grant that holders decided, which nobody else may stop, hasten or copy.
    function queueOneProposal() private {
        vm.prank(address(timelock));
        token.transfer(holder, 200_000e18);
        vm.prank(holder);
        token.delegate(holder);
        vm.roll(vm.getBlockNumber() + 1);
        (address[] memory t, uint256[] memory v, string[] memory s, bytes[] memory c) = grantTo(stranger);
        vm.prank(holder);
        governor.propose(t, v, s, c, "# Grant");
        vm.roll(vm.getBlockNumber() + 2);
        vm.prank(holder);
        governor.castVote(1, 1);
        vm.roll(vm.getBlockNumber() + 17_280);
        governor.queue(1);
    }

    function grantTo(address account)
        private
        view
        returns (
            address[] memory targets,
            uint256[] memory values,
            string[] memory signatures,
            bytes[] memory calldatas
        )
    {
        (targets, values) = (new address[](1), new uint256[](1));
        (signatures, calldatas) = (new string[](1), new bytes[](1));
        targets[0] = address(token);
        calldatas[0] = abi.encodeCall(IBTRST.transfer, (account, 1e18));
    }

    function guards() private pure returns (IFeeConverter.Parameters memory) {
        return IFeeConverter.Parameters({
            window: 1800,
            shortWindow: 300,
            tolerance: 75,
            maxDeviation: 200,
            hop: 3600,
            lot: 25_000e6,
            minLiquidity: 0
        });
    }
}
