// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Timelock} from "../../contracts/governance/Timelock.sol";
import {IBTRST} from "../../contracts/interfaces/IBTRST.sol";
import {IBraintrustGovernor} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {ICompoundTimelock} from "../../contracts/interfaces/ITimelock.sol";
import {BTRST} from "../../contracts/token/BTRST.sol";
import {ActionList} from "../base/ActionList.sol";
import {Artifacts} from "../base/Artifacts.sol";
import {GovernorDeployer} from "../base/GovernorDeployer.sol";
import {Target} from "./TimelockFixture.sol";
import {Vm} from "forge-std/Test.sol";

/// @notice What an action of a proposal does when it is executed.
enum Sort {
    /// Sends `amount` of the treasury's tokens, named by signature or by call data.
    Grant,
    GrantByData,
    /// Sends `amount` wei.
    Payment,
    /// Sets the delay of the time lock to `amount`.
    Delay,
    /// Calls what reverts.
    Refusal,
    /// Calls an address without code.
    Void
}

/// @notice An action, apart from the addresses and units of a side.
struct Intent {
    Sort sort;
    uint256 amount;
}

/// @notice A row of GovernorAlpha's `proposals`.
struct AlphaProposal {
    uint256 id;
    address proposer;
    uint256 eta;
    uint256 startBlock;
    uint256 endBlock;
    uint256 forVotes;
    uint256 againstVotes;
    bool canceled;
    bool executed;
}

/// @notice A row of our `proposals`.
struct OurProposal {
    uint256 id;
    address proposer;
    uint256 eta;
    uint256 startBlock;
    uint256 endBlock;
    uint256 forVotes;
    uint256 againstVotes;
    uint256 abstainVotes;
    bool canceled;
    bool executed;
}

/// @title Rows as structs: ten values at once are too many for the stack
interface IAlphaRows {
    function proposals(uint256 id) external view returns (AlphaProposal memory);
    function name() external view returns (string memory);
}

interface IOurRows {
    function proposals(uint256 id) external view returns (OurProposal memory);
}

/// @title GovernorAlpha and the governor, side by side
/// @notice Side 0 is GovernorAlpha with Uni and a time lock, all in the bytecode that Uniswap published. Side 1 is
/// the governor with BTRST and another such time lock, side 2 the governor with BTRST and the suite's time lock.
/// Uni has four times the supply of BTRST, and GovernorAlpha's constants are four times the quorum and threshold that
/// the governor is given here. So holders have four times as much of Uni, and every rule is met by the same holders,
/// to the last unit.
abstract contract GovernorAlphaFixture is GovernorDeployer {
    uint256 internal constant ALPHA = 0;
    uint256 internal constant ADOPTED = 1;
    uint256 internal constant SUITE = 2;
    uint256 internal constant SIDES = 3;
    uint256 internal constant SCALE = 4;

    uint256 internal constant PERIOD = 40_320;
    uint256 internal constant THRESHOLD = 2_500_000e18;
    uint256 internal constant QUORUM = 10_000_000e18;
    uint256 internal constant DELAY = 2 days;
    uint256 internal constant GRACE_PERIOD = 14 days;
    uint256 internal constant LATE_SWING_WINDOW = 7200;
    uint256 internal constant QUEUE_WINDOW = 100_800;
    uint256 internal constant TREASURY_TOKENS = 1000e18;
    uint256 internal constant TREASURY_ETHER = 5 ether;

    /// Side 0 answers the calls that both generations have.
    IBraintrustGovernor[SIDES] internal governors;
    ICompoundTimelock[SIDES] internal locks;
    IBTRST[SIDES] internal tokens;
    /// Unlike the others, called by all sides.
    Target internal target;

    Vm.Wallet[] internal holders;
    address internal payee = makeAddr("payee");
    address internal guardian = makeAddr("guardian");
    address internal stranger = makeAddr("stranger");
    uint256 internal guardianExpiry;

    function setUp() public virtual {
        vm.roll(20_000_000);
        vm.warp(1_790_000_000);
        guardianExpiry = vm.getBlockTimestamp() + 60 days;
        target = new Target();
        tokens[ALPHA] =
            IBTRST(compiled("Uni", abi.encode(address(this), address(this), vm.getBlockTimestamp() + 1)));
        locks[ALPHA] = ICompoundTimelock(compiled("Timelock", abi.encode(nextButOne(), DELAY)));
        governors[ALPHA] =
            IBraintrustGovernor(compiled("GovernorAlpha", abi.encode(locks[ALPHA], tokens[ALPHA])));
        tokens[ADOPTED] = tokens[SUITE] = new BTRST(address(this));
        locks[ADOPTED] = ICompoundTimelock(compiled("Timelock", abi.encode(nextButOne(), DELAY)));
        governors[ADOPTED] = newGovernor(ADOPTED);
        locks[SUITE] = new Timelock(nextButOne(), DELAY);
        governors[SUITE] = newGovernor(SUITE);
        for (uint256 side = 0; side < SIDES; side++) {
            assertEq(locks[side].admin(), address(governors[side]), "in power");
            tokens[side].transfer(address(locks[side]), TREASURY_TOKENS * unit(side));
            vm.deal(address(locks[side]), TREASURY_ETHER);
        }
        // One is the quorum and ties with two others; one is just above the threshold, one at it.
        fund("alice", QUORUM);
        fund("bob", 7_000_000e18);
        fund("carol", 3_000_000e18);
        fund("dave", THRESHOLD + 1);
        fund("erin", THRESHOLD);
        skipBlocks(1);
    }

    function transferOnAll(address from, address to, uint256 amount) internal {
        for (uint256 side = 0; side <= ADOPTED; side++) {
            vm.prank(from);
            tokens[side].transfer(to, amount * unit(side));
        }
    }

    function delegateOnAll(address from, address to) internal {
        for (uint256 side = 0; side <= ADOPTED; side++) {
            vm.prank(from);
            tokens[side].delegate(to);
        }
    }

    function skipBlocks(uint256 count) internal {
        vm.roll(vm.getBlockNumber() + count);
        vm.warp(vm.getBlockTimestamp() + 12 * count);
    }

    function alphaProposal(uint256 id) internal view returns (AlphaProposal memory) {
        return IAlphaRows(address(governors[ALPHA])).proposals(id);
    }

    function ourProposal(uint256 side, uint256 id) internal view returns (OurProposal memory) {
        return IOurRows(address(governors[side])).proposals(id);
    }

    /// The calls of `intents` on a side.
    function actionsOf(uint256 side, Intent[] memory intents) internal view returns (ActionList memory list) {
        list = ActionList(
            new address[](intents.length),
            new uint256[](intents.length),
            new string[](intents.length),
            new bytes[](intents.length)
        );
        for (uint256 i = 0; i < intents.length; i++) {
            uint256 amount = intents[i].amount;
            bytes memory grant = abi.encode(payee, amount * unit(side));
            Sort sort = intents[i].sort;
            if (sort == Sort.Grant) {
                list.targets[i] = address(tokens[side]);
                (list.signatures[i], list.calldatas[i]) = ("transfer(address,uint256)", grant);
            } else if (sort == Sort.GrantByData) {
                list.targets[i] = address(tokens[side]);
                list.calldatas[i] = bytes.concat(IBTRST.transfer.selector, grant);
            } else if (sort == Sort.Payment) {
                (list.targets[i], list.values[i]) = (payee, amount);
            } else if (sort == Sort.Delay) {
                list.targets[i] = address(locks[side]);
                (list.signatures[i], list.calldatas[i]) = ("setDelay(uint256)", abi.encode(amount));
            } else if (sort == Sort.Refusal) {
                list.targets[i] = address(target);
                (list.signatures[i], list.calldatas[i]) = ("refuse(uint256)", abi.encode(amount));
            } else {
                (list.targets[i], list.signatures[i]) = (stranger, "ping()");
            }
        }
    }

    function proposeCall(ActionList memory list) internal pure returns (bytes memory) {
        return abi.encodeWithSignature(
            "propose(address[],uint256[],string[],bytes[],string)",
            list.targets,
            list.values,
            list.signatures,
            list.calldatas,
            "# Title"
        );
    }

    function voteCall(uint256 side, uint256 id, bool inFavour) internal pure returns (bytes memory) {
        return side == ALPHA
            ? abi.encodeWithSignature("castVote(uint256,bool)", id, inFavour)
            : abi.encodeWithSignature("castVote(uint256,uint8)", id, inFavour ? 1 : 0);
    }

    /// A signed ballot; `twin` gives the other signature of the same key and message, which anyone can compute.
    function signedVoteCall(uint256 side, Vm.Wallet memory voter, uint256 id, bool inFavour, bool twin)
        internal
        view
        returns (bytes memory)
    {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(voter.privateKey, ballotDigest(side, id, inFavour));
        if (twin) {
            (v, s) =
            (
                v == 27 ? 28 : 27,
                bytes32(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141 - uint256(s))
            );
        }
        return side == ALPHA
            ? abi.encodeWithSignature(
                "castVoteBySig(uint256,bool,uint8,bytes32,bytes32)", id, inFavour, v, r, s
            )
            : abi.encodeWithSignature(
                "castVoteBySig(uint256,uint8,uint8,bytes32,bytes32)", id, inFavour ? 1 : 0, v, r, s
            );
    }

    /// Under which a compiled time lock queues an action.
    function hashOf(ActionList memory list, uint256 index, uint256 eta) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                list.targets[index], list.values[index], list.signatures[index], list.calldatas[index], eta
            )
        );
    }

    /// Under which the suite's time lock queues a proposal.
    function batchHash(ActionList memory list, uint256 id, uint256 eta) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(
            "Batch(address[] targets,uint256[] values,string[] signatures,bytes[] calldatas,bytes32 salt,uint256 eta)"
        );
        return keccak256(
            bytes.concat(
                typeHash, abi.encode(list.targets, list.values, list.signatures, list.calldatas, id, eta)
            )
        );
    }

    /// Units of a side's token for one of BTRST.
    function unit(uint256 side) internal pure returns (uint256) {
        return side == ALPHA ? SCALE : 1;
    }

    function compiled(string memory name, bytes memory arguments) private returns (address) {
        return Artifacts.deploy(string.concat("@uniswap/governance/build/", name, ".json"), arguments);
    }

    function newGovernor(uint256 side) private returns (IBraintrustGovernor) {
        return deployGovernor(
            address(locks[side]),
            address(tokens[side]),
            guardian,
            guardianExpiry,
            IBraintrustGovernor.GovernorParameters(1, PERIOD, THRESHOLD, QUORUM)
        );
    }

    function fund(string memory name, uint256 amount) private {
        Vm.Wallet memory holder = vm.createWallet(name);
        holders.push(holder);
        transferOnAll(address(this), holder.addr, amount);
        delegateOnAll(holder.addr, holder.addr);
    }

    /// Where this contract deploys after its next deployment.
    function nextButOne() private view returns (address) {
        return vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
    }

    function ballotDigest(uint256 side, uint256 id, bool inFavour) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(IAlphaRows(address(governors[side])).name())),
                block.chainid,
                address(governors[side])
            )
        );
        bytes32 typeHash = side == ALPHA
            ? keccak256("Ballot(uint256 proposalId,bool support)")
            : keccak256("Ballot(uint256 proposalId,uint8 support)");
        return
            keccak256(
                abi.encodePacked(hex"1901", domain, keccak256(abi.encode(typeHash, id, inFavour ? 1 : 0)))
            );
    }
}
