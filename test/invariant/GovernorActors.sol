// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {ICompoundTimelock} from "../../contracts/interfaces/ITimelock.sol";
import {BTRST} from "../../contracts/token/BTRST.sol";
import {ActionList} from "../base/ActionList.sol";
import {Reentrant} from "../governance/Reentrant.sol";
import {Decision, Kind} from "./ReferenceGovernor.sol";
import {Test, Vm} from "forge-std/Test.sol";

/// @title Who takes part, what they may propose, and how they sign
abstract contract GovernorActors is Test {
    IBraintrustGovernor public immutable governor;
    ICompoundTimelock public immutable lock;
    BTRST public immutable token;
    Reentrant public immutable reentrant = new Reentrant();

    /// Holds nothing, pays for others' calls.
    address public immutable relayer = makeAddr("relayer");
    /// Receives every payment in ETH, and has no other.
    address public immutable payee = makeAddr("payee");
    address internal immutable firstGuardian = makeAddr("guardian");
    address internal immutable watcher = makeAddr("watcher");

    Vm.Wallet[] internal wallets;
    /// Whom a holder's balance counts for, kept apart from the token.
    mapping(address holder => address) internal delegateOf;

    constructor(IBraintrustGovernor governor_, ICompoundTimelock lock_, BTRST token_) {
        (governor, lock, token) = (governor_, lock_, token_);
        string[6] memory names = ["alice", "bob", "carol", "dave", "erin", "frank"];
        for (uint256 i = 0; i < names.length; i++) {
            wallets.push(vm.createWallet(names[i]));
        }
    }

    /// Addresses of all who hold votes.
    function holders() public view returns (address[] memory addresses) {
        addresses = new address[](wallets.length);
        for (uint256 i = 0; i < wallets.length; i++) {
            addresses[i] = wallets[i].addr;
        }
    }

    /// Votes of every holder: the balances of those who delegate to it.
    function votesNow() public view returns (uint256[] memory votes) {
        votes = new uint256[](wallets.length);
        for (uint256 i = 0; i < wallets.length; i++) {
            for (uint256 j = 0; j < wallets.length; j++) {
                if (delegateOf[wallets[j].addr] == wallets[i].addr) {
                    votes[i] += token.balanceOf(wallets[j].addr);
                }
            }
        }
    }

    function holder(uint256 seed) internal view returns (Vm.Wallet memory) {
        return wallets[seed % wallets.length];
    }

    /// A holder, a guardian or nobody in particular.
    function anyone(uint256 seed) internal view returns (address) {
        seed = seed % 9;
        if (seed == 6) return firstGuardian;
        if (seed == 7) return watcher;
        if (seed == 8) return relayer;
        return wallets[seed].addr;
    }

    /// Mostly 1 to 3 decisions, now and then none or too many; from a small domain, so that some meet again.
    function decisionsFrom(uint256 seed) internal view returns (Decision[] memory decisions) {
        uint256 count = 1 + seed % 3;
        if (seed % 31 == 0) count = 0;
        if (seed % 31 == 1) count = 11;
        decisions = new Decision[](count);
        for (uint256 i = 0; i < count; i++) {
            decisions[i] = decisionFrom(uint256(keccak256(abi.encode(seed, i))));
        }
    }

    function decisionFrom(uint256 seed) internal view returns (Decision memory) {
        uint256 pick = (seed >> 8) % 16;
        uint256 choice = (seed >> 16) % 5;
        address account = holder(seed >> 24).addr;
        // Times in steps of 30 days, so that decisions made on different days can be the same.
        uint256 month = vm.getBlockTimestamp() / 30 days * 30 days;
        if (pick < 3) {
            return Decision(Kind.Grant, account, [uint256(1e18), 700e18, 5000e18, 5e23, 3e24][choice]);
        }
        if (pick < 6) {
            return Decision(Kind.Payment, payee, [uint256(0), 1, 1 ether, 3 ether, 7 ether][choice]);
        }
        if (pick < 8) return Decision(Kind.Reentry, address(0), 0);
        if (pick == 8) return parameter(Kind.VotingDelay, [uint256(0), 1, 2, 7200, 50_401][choice]);
        if (pick == 9) {
            return parameter(Kind.VotingPeriod, [uint256(7199), 7200, 14_400, 17_280, 100_800][choice]);
        }
        if (pick == 10) {
            return parameter(
                Kind.ProposalThreshold,
                [uint256(500e18), 501e18, 100_000e18, 2_500_000e18, 2_500_000e18 + 1][choice]
            );
        }
        if (pick == 11) {
            return parameter(
                Kind.QuorumVotes,
                [uint256(1e23 - 1), 100_000e18, 120_000e18, 25_000_000e18, 25_000_000e18 + 1][choice]
            );
        }
        if (pick == 12) {
            return
                parameter(Kind.TimelockDelay, [uint256(2 days - 1), 2 days, 3 days, 7 days, 30 days][choice]);
        }
        if (pick == 13) return Decision(Kind.Whitelist, account, month + 30 days * choice);
        if (pick == 14) {
            return choice == 0
                ? Decision(Kind.CallToNothing, address(0), 0)
                : Decision(Kind.WhitelistGuardian, choice < 3 ? watcher : account, 0);
        }
        return Decision(Kind.Guardian, choice < 3 ? firstGuardian : account, month + 100 days * choice);
    }

    /// The calls that carry `decisions` out.
    function actionsOf(Decision[] memory decisions) internal view returns (ActionList memory list) {
        for (uint256 i = 0; i < decisions.length; i++) {
            addAction(list, decisions[i]);
        }
    }

    function addAction(ActionList memory list, Decision memory decision) internal view {
        (Kind kind, address account, uint256 amount) = (decision.kind, decision.account, decision.amount);
        bytes memory number = abi.encode(amount);
        if (kind == Kind.Grant) {
            list.add(address(token), 0, "transfer(address,uint256)", abi.encode(account, amount));
        } else if (kind == Kind.Payment) {
            list.add(account, amount, "", "");
        } else if (kind == Kind.Reentry) {
            list.add(address(reentrant), 0, "", abi.encodeCall(Reentrant.enter, ()));
        } else if (kind == Kind.CallToNothing) {
            list.add(relayer, 0, "ping()", "");
        } else if (kind == Kind.TimelockDelay) {
            list.add(address(lock), 0, "setDelay(uint256)", number);
        } else if (kind == Kind.VotingDelay) {
            list.add(address(governor), 0, "_setVotingDelay(uint256)", number);
        } else if (kind == Kind.VotingPeriod) {
            list.add(address(governor), 0, "_setVotingPeriod(uint256)", number);
        } else if (kind == Kind.ProposalThreshold) {
            list.add(address(governor), 0, "_setProposalThreshold(uint256)", number);
        } else if (kind == Kind.QuorumVotes) {
            list.add(address(governor), 0, "_setQuorumVotes(uint256)", number);
        } else {
            addAppointment(list, decision);
        }
    }

    function addAppointment(ActionList memory list, Decision memory decision) internal view {
        (Kind kind, bytes memory both) = (decision.kind, abi.encode(decision.account, decision.amount));
        if (kind == Kind.Whitelist) {
            list.add(address(governor), 0, "_setWhitelistAccountExpiration(address,uint256)", both);
        } else if (kind == Kind.WhitelistGuardian) {
            list.add(address(governor), 0, "_setWhitelistGuardian(address)", abi.encode(decision.account));
        } else {
            list.add(address(governor), 0, "_setProposalGuardian((address,uint96))", both);
        }
    }

    /// A call that casts a ballot of `voter`, in one of the governor's five forms; the first two by the voter itself.
    function ballotCall(uint256 form, Vm.Wallet memory voter, uint256 id, uint8 support)
        internal
        view
        returns (bytes memory)
    {
        if (form == 0) return abi.encodeCall(IBraintrustGovernor.castVote, (id, support));
        if (form == 1) return abi.encodeCall(IBraintrustGovernor.castVoteWithReason, (id, support, "why"));
        if (form == 2) {
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(voter.privateKey, ballotDigest(id, support));
            return abi.encodeWithSignature(
                "castVoteBySig(uint256,uint8,uint8,bytes32,bytes32)", id, support, v, r, s
            );
        }
        if (form == 3) {
            bytes32 typeHash = keccak256("Ballot(uint256 proposalId,uint8 support,string reason)");
            bytes32 message = digest(keccak256(abi.encode(typeHash, id, support, keccak256("why"))));
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(voter.privateKey, message);
            return abi.encodeCall(IBraintrustGovernor.castVoteWithReasonBySig, (id, support, "why", v, r, s));
        }
        bytes32 namedHash = keccak256("Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)");
        bytes32 named = keccak256(abi.encode(namedHash, id, support, voter.addr, governor.nonces(voter.addr)));
        return abi.encodeWithSignature(
            "castVoteBySig(uint256,uint8,address,bytes)", id, support, voter.addr, sign(voter, digest(named))
        );
    }

    function ballotDigest(uint256 id, uint8 support) internal view returns (bytes32) {
        bytes32 typeHash = keccak256("Ballot(uint256 proposalId,uint8 support)");
        return digest(keccak256(abi.encode(typeHash, id, support)));
    }

    /// The digest of a proposal with the proposer's next nonce.
    function proposalDigest(IBraintrustGovernor.SignedProposal memory signed)
        internal
        view
        returns (bytes32)
    {
        bytes32[] memory signatures = new bytes32[](signed.targets.length);
        bytes32[] memory calldatas = new bytes32[](signed.targets.length);
        for (uint256 i = 0; i < signed.targets.length; i++) {
            signatures[i] = keccak256(bytes(signed.signatures[i]));
            calldatas[i] = keccak256(signed.calldatas[i]);
        }
        bytes memory head = abi.encode(
            keccak256(
                "Proposal(address[] targets,uint256[] values,string[] signatures,bytes[] calldatas,string description,address proposer,uint256 nonce,uint256 deadline)"
            ),
            keccak256(abi.encodePacked(signed.targets)),
            keccak256(abi.encodePacked(signed.values)),
            keccak256(abi.encodePacked(signatures)),
            keccak256(abi.encodePacked(calldatas))
        );
        bytes memory tail = abi.encode(
            keccak256(bytes(signed.description)),
            signed.proposer,
            governor.nonces(signed.proposer),
            signed.deadline
        );
        return digest(keccak256(bytes.concat(head, tail)));
    }

    function digest(bytes32 structHash) internal view returns (bytes32) {
        bytes32 typeHash = keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)");
        bytes32 separator = keccak256(
            abi.encode(typeHash, keccak256("Braintrust Governor"), block.chainid, address(governor))
        );
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    function sign(Vm.Wallet memory signer, bytes32 message) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(signer.privateKey, message);
        return abi.encodePacked(r, s, v);
    }

    function parameter(Kind kind, uint256 amount) private pure returns (Decision memory) {
        return Decision(kind, address(0), amount);
    }
}
