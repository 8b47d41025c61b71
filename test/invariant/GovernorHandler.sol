// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {ICompoundTimelock} from "../../contracts/interfaces/ITimelock.sol";
import {BTRST} from "../../contracts/token/BTRST.sol";
import {ActionList} from "../base/ActionList.sol";
import {GovernorActors} from "./GovernorActors.sol";
import {Decision, Kind, ReferenceGovernor} from "./ReferenceGovernor.sol";
import {Vm} from "forge-std/Test.sol";

/// @title Makes every call on the governor and on the reference, and keeps its own account of what happened
/// @notice Success or refusal must agree at once; what can be read is compared by the invariants.
contract GovernorHandler is GovernorActors {
    /// When a proposal was queued and executed, and under which delay, by the clock of the test.
    struct Record {
        uint256 queuedAt;
        uint256 delayWhenQueued;
        uint256 executedAt;
        uint256 executions;
        uint256 firstEnd;
    }

    ReferenceGovernor public immutable book;

    mapping(uint256 id => Record) public records;
    mapping(uint256 id => IBraintrustGovernor.ProposalState) public lastState;
    /// How often a proposal was seen to go from one state to another.
    mapping(
        IBraintrustGovernor.ProposalState from => mapping(IBraintrustGovernor.ProposalState to => uint256)
    ) public transitions;
    /// How often a call was accepted or refused by both.
    mapping(bytes32 call => mapping(bool accepted => uint256)) public outcomes;
    /// Against, for, abstain, as last seen.
    mapping(uint256 id => uint256[3]) private lastTally;
    uint256 public extensions;
    /// Succeeded proposals that could not be queued beside another with the same action.
    uint256 public collisions;
    /// Wei that came with executions and gifts.
    uint256 public received;

    /// Who canceled so far, one bit each: proposer 1, guardian 2, whitelist guardian 4, anybody else 8.
    uint256 public roleCancels;

    uint256 private lastProposalSeed;

    constructor(IBraintrustGovernor governor_, ICompoundTimelock lock_, BTRST token_, ReferenceGovernor book_)
        GovernorActors(governor_, lock_, token_)
    {
        book = book_;
    }

    /// Every holder votes for itself, from the next block on.
    function begin() external {
        for (uint256 i = 0; i < wallets.length; i++) {
            delegate(i, i);
        }
        moveBy(1);
    }

    function propose(uint256 proposerSeed, uint256 seed) public {
        Vm.Wallet memory proposer = holder(proposerSeed);
        // One in four repeats the latest proposal's actions.
        if (seed % 4 == 0 && lastProposalSeed != 0) seed = lastProposalSeed;
        lastProposalSeed = seed;
        proposeDecisions(proposer, decisionsFrom(seed), proposerSeed % 5 == 0);
        observe(false);
    }

    function vote(uint256 voterSeed, uint256 idSeed, uint256 seed) public {
        castBallot(
            holder(voterSeed),
            pick(idSeed, IBraintrustGovernor.ProposalState.Active),
            supportFrom(seed),
            seed % 5
        );
        observe(false);
    }

    function voteInBatch(uint256 idSeed, uint256 seed) public {
        uint256 id = pick(idSeed, IBraintrustGovernor.ProposalState.Active);
        IBraintrustGovernor.SignedBallot[] memory ballots = new IBraintrustGovernor.SignedBallot[](4);
        address[] memory voters = new address[](4);
        uint8[] memory choices = new uint8[](4);
        for (uint256 i = 0; i < 4; i++) {
            uint256 part = uint256(keccak256(abi.encode(seed, i)));
            (voters[i], choices[i]) = (holder(part).addr, supportFrom(part >> 8));
            ballots[i] = signBallot(holder(part), id, choices[i]);
            if ((part >> 16) % 8 == 0) (voters[i], ballots[i].v) = (address(0), 0);
        }
        uint256 end = endOf(id);
        both(
            "voteInBatch",
            relayer,
            0,
            abi.encodeCall(IBraintrustGovernor.castVotesBySig, (id, ballots)),
            abi.encodeCall(ReferenceGovernor.castVotes, (voters, id, choices))
        );
        if (endOf(id) != end) extensions++;
        observe(false);
    }

    function queue(uint256 idSeed) public {
        queueProposal(pick(idSeed, IBraintrustGovernor.ProposalState.Succeeded));
    }

    function execute(uint256 idSeed, uint256 seed) public {
        executeProposal(pick(idSeed, IBraintrustGovernor.ProposalState.Queued), seed);
    }

    function cancel(uint256 callerSeed, uint256 idSeed) public {
        (address caller, uint256 id) = (anyone(callerSeed), pickOpen(idSeed));
        if (callerSeed % 4 == 0 && exists(id)) caller = book.proposals(id).proposer;
        uint256 role = roleOf(caller, id);
        bool accepted = both(
            "cancel",
            caller,
            0,
            abi.encodeCall(IBraintrustGovernor.cancel, (id)),
            abi.encodeCall(ReferenceGovernor.cancel, (caller, id))
        );
        if (accepted) roleCancels |= role;
        observe(false);
    }

    /// To one of the boundaries of a proposal, or its neighbours.
    function advance(uint256 idSeed, uint256 seed) public {
        uint256 id = pickOpen(idSeed);
        if (!exists(id) || seed % 6 == 0) return moveBy(1 + seed % 50);
        if (seed % 31 == 1) return moveToTime(book.guardianExpiry() - (seed >> 8) % 2);
        ReferenceGovernor.Proposal memory p = book.proposals(id);
        IBraintrustGovernor.ProposalState current = book.state(id);
        uint256 near = (seed >> 8) % 2;
        if (current == IBraintrustGovernor.ProposalState.Pending) return moveToBlock(p.start + near);
        if (current == IBraintrustGovernor.ProposalState.Active) {
            bool toWindow = (seed >> 16) % 3 == 0;
            return moveToBlock((toWindow ? p.end - book.LATE_SWING_WINDOW() : p.end) + near);
        }
        if (current == IBraintrustGovernor.ProposalState.Succeeded) {
            return (seed >> 16) % 4 == 0 ? moveToBlock(p.end + book.QUEUE_WINDOW() + near) : moveBy(1);
        }
        if (current != IBraintrustGovernor.ProposalState.Queued) return moveBy(1);
        bool toEta = vm.getBlockTimestamp() < p.eta;
        moveToTime((toEta ? p.eta - 1 : p.eta + book.GRACE_PERIOD()) + near);
    }

    /// Up to four steps on the way to execution, so that many proposals get there.
    function promote(uint256 idSeed, uint256 seed) public {
        uint256 id = pickOpen(idSeed);
        for (uint256 i = 0; exists(id) && i <= (seed >> 16) % 4; i++) {
            promoteOnce(id, seed);
        }
    }

    /// Two proposals with the same actions, carried to the queue in the same block.
    function proposeTwins(uint256 proposerSeed, uint256 seed) public {
        uint256 before = book.proposalCount();
        for (uint256 i = 0; i < wallets.length && book.proposalCount() < before + 2; i++) {
            proposeDecisions(holder(proposerSeed % wallets.length + i), decisionsFrom(seed), i % 2 == 0);
        }
        uint256 last = book.proposalCount();
        if (last < before + 2) return;
        moveToBlock(book.proposals(last).start + 1);
        castBallot(strongest(last - 1), last - 1, 1, 0);
        castBallot(strongest(last), last, 1, 0);
        moveToBlock(book.proposals(last).end + 1);
        queueProposal(last - 1);
        queueProposal(last);
        observe(false);
    }

    function transfer(uint256 fromSeed, uint256 toSeed, uint256 seed) public {
        address from = holder(fromSeed).addr;
        uint256 balance = token.balanceOf(from);
        uint256[4] memory amounts =
            [uint256(1), balance / 2, balance > 500e18 ? balance - 500e18 : 0, balance];
        uint256 amount = amounts[seed % 4] > balance ? balance : amounts[seed % 4];
        vm.prank(from);
        token.transfer(holder(toSeed).addr, amount);
        observe(false);
    }

    function delegate(uint256 fromSeed, uint256 toSeed) public {
        (address from, address to) = (holder(fromSeed).addr, holder(toSeed).addr);
        vm.prank(from);
        token.delegate(to);
        delegateOf[from] = to;
        observe(false);
    }

    function give(uint256 seed) public {
        uint256 value = seed % 3 * 1 ether;
        vm.deal(relayer, value);
        vm.prank(relayer);
        (bool success,) = address(lock).call{value: value}("");
        assertTrue(success, "the treasury takes ETH");
        book.endow(value, 0);
        received += value;
    }

    /// What only the time lock, or only the governor, may do.
    function usurp(uint256 callerSeed, uint256 idSeed, uint256 seed) public {
        address caller = anyone(callerSeed);
        bytes[8] memory setters = [
            abi.encodeCall(IBraintrustGovernor._setVotingDelay, (2)),
            abi.encodeCall(IBraintrustGovernor._setVotingPeriod, (7200)),
            abi.encodeCall(IBraintrustGovernor._setProposalThreshold, (500e18)),
            abi.encodeCall(IBraintrustGovernor._setQuorumVotes, (100_000e18)),
            abi.encodeCall(IBraintrustGovernor._setWhitelistAccountExpiration, (caller, type(uint256).max)),
            abi.encodeCall(IBraintrustGovernor._setWhitelistGuardian, (caller)),
            abi.encodeCall(
                IBraintrustGovernor._setProposalGuardian,
                (IBraintrustGovernor.ProposalGuardian(caller, uint96(vm.getBlockTimestamp() + 1 days)))
            ),
            abi.encodeCall(IBraintrustGovernor._initiate, (caller))
        ];
        refused(caller, address(governor), setters[seed % 8]);
        bytes memory setter = seed % 2 == 0
            ? abi.encodeWithSignature("setDelay(uint256)", 2 days)
            : abi.encodeWithSignature("setPendingAdmin(address)", caller);
        refused(caller, address(lock), setter);
        refused(caller, address(lock), abi.encodeCall(ICompoundTimelock.acceptAdmin, ()));
        uint256 id = pick(idSeed, IBraintrustGovernor.ProposalState.Queued);
        if (!exists(id)) return;
        (address[] memory t, uint256[] memory v, string[] memory s, bytes[] memory c) =
            governor.getActions(id);
        uint256 eta = governor.proposalEta(id);
        refused(
            caller,
            address(lock),
            abi.encodeCall(ICompoundTimelock.executeTransaction, (t[0], v[0], s[0], c[0], eta))
        );
        uint256 later = vm.getBlockTimestamp() + 40 days;
        refused(
            caller,
            address(lock),
            abi.encodeCall(ICompoundTimelock.queueTransaction, (t[0], v[0], s[0], c[0], later))
        );
        refused(
            caller,
            address(lock),
            abi.encodeCall(ICompoundTimelock.cancelTransaction, (t[0], v[0], s[0], c[0], eta))
        );
    }

    /// A majority carries a grant through, whatever happened before and though all others vote against and try to
    /// cancel. A guardian can delay that, but only until its term ends.
    function decideByMajority() public {
        if (vm.getBlockTimestamp() < book.guardianExpiry()) moveToTime(book.guardianExpiry());
        uint256 index = gatherMajority();
        Vm.Wallet memory leader = wallets[index];
        moveBy(1);
        assertGt(book.lastVotes(leader.addr), governor.MAX_QUORUM_VOTES(), "a majority reaches any quorum");
        uint256 latest = governor.latestProposalIds(leader.addr);
        if (exists(latest) && book.state(latest) <= IBraintrustGovernor.ProposalState.Active) {
            moveToBlock(book.proposals(latest).end + 1);
        }
        uint256 id = book.proposalCount() + 1;
        Decision[] memory grant = new Decision[](1);
        // An amount of its own: time locks of the Compound generation cannot queue the same action twice at once.
        grant[0] = Decision(Kind.Grant, leader.addr, id);
        proposeDecisions(leader, grant, false);
        assertEq(book.proposalCount(), id, "proposed");
        obstruct(index, id);
        moveToBlock(book.proposals(id).start + 1);
        obstruct(index, id);
        castBallot(leader, id, 1, 0);
        obstruct(index, id);
        moveToBlock(book.proposals(id).end + 1);
        obstruct(index, id);
        queueProposal(id);
        obstruct(index, id);
        moveToTime(book.proposals(id).eta);
        obstruct(index, id);
        uint256 balance = token.balanceOf(leader.addr);
        executeProposal(id, 2);
        assertEq(token.balanceOf(leader.addr), balance + id, "carried through");
    }

    function exists(uint256 id) public view returns (bool) {
        return id > book.initialId() && id <= book.proposalCount();
    }

    /// The largest holders, who have more than half of what all hold together, delegate to the first of them.
    function gatherMajority() internal returns (uint256 leader) {
        uint256 total = 0;
        for (uint256 i = 0; i < wallets.length; i++) {
            total += token.balanceOf(wallets[i].addr);
        }
        uint256 gathered = 0;
        bool[] memory isMember = new bool[](wallets.length);
        while (gathered * 2 <= total) {
            uint256 next = largestBut(isMember);
            if (gathered == 0) leader = next;
            isMember[next] = true;
            gathered += token.balanceOf(wallets[next].addr);
            delegate(next, leader);
        }
    }

    function largestBut(bool[] memory excluded) internal view returns (uint256 largest) {
        uint256 most = 0;
        for (uint256 i = 0; i < wallets.length; i++) {
            uint256 balance = token.balanceOf(wallets[i].addr);
            if (!excluded[i] && balance >= most) (largest, most) = (i, balance);
        }
    }

    /// Everybody else votes against, if it is time, and tries to cancel.
    function obstruct(uint256 leader, uint256 id) internal {
        for (uint256 i = 0; i < 9; i++) {
            if (i == leader) continue;
            if (i < wallets.length && book.state(id) == IBraintrustGovernor.ProposalState.Active) {
                castBallot(wallets[i], id, 0, 0);
            }
            bool canceled = both(
                "cancel",
                anyone(i),
                0,
                abi.encodeCall(IBraintrustGovernor.cancel, (id)),
                abi.encodeCall(ReferenceGovernor.cancel, (anyone(i), id))
            );
            assertFalse(canceled, "nobody can stop a majority");
        }
    }

    /// Makes a call on both, which must accept or refuse it together.
    function both(bytes32 name, address caller, uint256 value, bytes memory call, bytes memory expected)
        internal
        returns (bool accepted)
    {
        vm.deal(caller, value);
        vm.prank(caller);
        (accepted,) = address(governor).call{value: value}(call);
        (bool allowed,) = address(book).call(expected);
        assertEq(accepted, allowed, string.concat("accepted: ", string(abi.encodePacked(name))));
        outcomes[name][accepted]++;
    }

    function refused(address caller, address target, bytes memory call) internal {
        vm.prank(caller);
        (bool success,) = target.call(call);
        assertFalse(success, "only for the time lock or the governor");
        outcomes["usurp"][false]++;
    }

    function proposeDecisions(Vm.Wallet memory proposer, Decision[] memory decisions, bool bySignature)
        internal
    {
        ActionList memory list = actionsOf(decisions);
        bytes memory expected = abi.encodeCall(ReferenceGovernor.propose, (proposer.addr, decisions));
        bool accepted = bySignature
            ? both("proposeBySig", relayer, 0, signedProposal(proposer, list), expected)
            : both(
                "propose",
                proposer.addr,
                0,
                abi.encodeWithSignature(
                    "propose(address[],uint256[],string[],bytes[],string)",
                    list.targets,
                    list.values,
                    list.signatures,
                    list.calldatas,
                    "# Title"
                ),
                expected
            );
        if (accepted) records[governor.proposalCount()].firstEnd = book.proposals(book.proposalCount()).end;
    }

    function castBallot(Vm.Wallet memory voter, uint256 id, uint8 support, uint256 form) internal {
        uint256 end = endOf(id);
        both(
            "vote",
            form < 2 ? voter.addr : relayer,
            0,
            ballotCall(form, voter, id, support),
            abi.encodeCall(ReferenceGovernor.castVote, (voter.addr, id, support))
        );
        if (endOf(id) != end) extensions++;
    }

    function promoteOnce(uint256 id, uint256 seed) internal {
        ReferenceGovernor.Proposal memory p = book.proposals(id);
        IBraintrustGovernor.ProposalState current = book.state(id);
        if (current == IBraintrustGovernor.ProposalState.Pending) {
            moveToBlock(p.start + 1);
        } else if (current == IBraintrustGovernor.ProposalState.Active) {
            castBallot(strongest(id), id, 1, seed % 5);
            observe(false);
            moveToBlock(book.proposals(id).end + 1);
        } else if (current == IBraintrustGovernor.ProposalState.Succeeded) {
            queueProposal(id);
        } else if (current == IBraintrustGovernor.ProposalState.Queued) {
            if (vm.getBlockTimestamp() < p.eta) moveToTime(p.eta);
            executeProposal(id, seed);
        }
    }

    function queueProposal(uint256 id) internal {
        uint256 delay = lock.delay();
        bytes memory call = abi.encodeCall(IBraintrustGovernor.queue, (id));
        bool succeeded = exists(id) && book.state(id) == IBraintrustGovernor.ProposalState.Succeeded;
        if (both("queue", relayer, 0, call, call)) {
            (records[id].queuedAt, records[id].delayWhenQueued) = (vm.getBlockTimestamp(), delay);
        } else if (succeeded) {
            collisions++;
        }
        observe(false);
    }

    function executeProposal(uint256 id, uint256 seed) internal {
        uint256 value = exists(id) ? book.shortfall(id) : 0;
        if (seed % 8 == 0) value += 1;
        if (seed % 8 == 1 && value > 0) value -= 1;
        bytes[3] memory callbacks = [
            abi.encodeCall(IBraintrustGovernor.execute, (id)),
            abi.encodeCall(IBraintrustGovernor.queue, (id)),
            abi.encodeCall(IBraintrustGovernor.cancel, (id))
        ];
        reentrant.prepare(address(governor), callbacks[seed % 3]);
        bytes memory call = abi.encodeCall(IBraintrustGovernor.execute, (id));
        if (both("execute", relayer, value, call, abi.encodeCall(ReferenceGovernor.execute, (id, value)))) {
            records[id].executedAt = vm.getBlockTimestamp();
            records[id].executions++;
            received += value;
        }
        observe(false);
    }

    function moveBy(uint256 blocks) internal {
        move(vm.getBlockNumber() + blocks, vm.getBlockTimestamp() + 12 * blocks);
    }

    /// To block `number`, or on by one.
    function moveToBlock(uint256 number) internal {
        moveBy(number > vm.getBlockNumber() ? number - vm.getBlockNumber() : 1);
    }

    /// To second `time` exactly, or on by a block.
    function moveToTime(uint256 time) internal {
        uint256 current = vm.getBlockTimestamp();
        if (time <= current) moveBy(1);
        else move(vm.getBlockNumber() + 1 + (time - current) / 12, time);
    }

    function move(uint256 number, uint256 time) internal {
        book.closeBlocks(number, holders(), votesNow());
        vm.roll(number);
        vm.warp(time);
        observe(true);
    }

    /// Sees each proposal's state: nothing but the allowed transitions, those of time apart from those of calls.
    function observe(bool moved) internal {
        for (uint256 id = book.initialId() + 1; id <= governor.proposalCount(); id++) {
            (IBraintrustGovernor.ProposalState from, IBraintrustGovernor.ProposalState to) =
                (lastState[id], governor.state(id));
            watchTally(id);
            if (from == to) continue;
            assertTrue(moved ? comesWithTime(from, to) : comesWithCalls(from, to), "transition");
            transitions[from][to]++;
            lastState[id] = to;
        }
    }

    function watchTally(uint256 id) internal {
        (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes) = governor.proposalVotes(id);
        uint256[3] memory tally = [againstVotes, forVotes, abstainVotes];
        for (uint256 i = 0; i < 3; i++) {
            assertGe(tally[i], lastTally[id][i], "a tally never falls");
        }
        lastTally[id] = tally;
    }

    /// A proposal in state `wanted`, three times in four; else any, or one that does not exist.
    function pick(uint256 seed, IBraintrustGovernor.ProposalState wanted) internal view returns (uint256) {
        (uint256 initial, uint256 count) = (book.initialId(), book.proposalCount() - book.initialId());
        if (seed % 32 == 0 || count == 0) return initial + (seed % 64 == 0 ? count + 1 : 0);
        uint256 offset = seed >> 8;
        for (uint256 i = 0; seed % 4 != 0 && i < count; i++) {
            uint256 id = initial + 1 + (offset % count + i) % count;
            if (book.state(id) == wanted) return id;
        }
        return initial + 1 + offset % count;
    }

    /// A proposal that is not final, three times in four.
    function pickOpen(uint256 seed) internal view returns (uint256) {
        IBraintrustGovernor.ProposalState[4] memory open = [
            IBraintrustGovernor.ProposalState.Pending,
            IBraintrustGovernor.ProposalState.Active,
            IBraintrustGovernor.ProposalState.Succeeded,
            IBraintrustGovernor.ProposalState.Queued
        ];
        for (uint256 i = 0; i < 4; i++) {
            uint256 id = pick(seed, open[((seed >> 128) + i) % 4]);
            if (exists(id) && !book.isFinal(book.state(id))) return id;
        }
        return pick(seed, open[0]);
    }

    /// Who had most votes at the start of the vote.
    function strongest(uint256 id) internal view returns (Vm.Wallet memory voter) {
        voter = wallets[0];
        for (uint256 i = 1; i < wallets.length; i++) {
            if (book.votesAtStart(id, wallets[i].addr) > book.votesAtStart(id, voter.addr)) {
                voter = wallets[i];
            }
        }
    }

    function roleOf(address caller, uint256 id) internal view returns (uint256) {
        if (exists(id) && caller == book.proposals(id).proposer) return 1;
        if (caller == book.guardian() && vm.getBlockTimestamp() < book.guardianExpiry()) return 2;
        return exists(id) && book.isWhitelisted(book.proposals(id).proposer) ? 4 : 8;
    }

    function endOf(uint256 id) internal view returns (uint256) {
        return exists(id) ? governor.proposalDeadline(id) : 0;
    }

    function signedProposal(Vm.Wallet memory proposer, ActionList memory list)
        internal
        view
        returns (bytes memory)
    {
        IBraintrustGovernor.SignedProposal memory signed = IBraintrustGovernor.SignedProposal(
            list.targets,
            list.values,
            list.signatures,
            list.calldatas,
            "# Title",
            proposer.addr,
            vm.getBlockTimestamp()
        );
        return
            abi.encodeCall(IBraintrustGovernor.proposeBySig, (signed, sign(proposer, proposalDigest(signed))));
    }

    function signBallot(Vm.Wallet memory voter, uint256 id, uint8 support)
        internal
        view
        returns (IBraintrustGovernor.SignedBallot memory ballot)
    {
        ballot.support = support;
        (ballot.v, ballot.r, ballot.s) = vm.sign(voter.privateKey, ballotDigest(id, support));
    }

    /// Mostly in favour, rarely invalid.
    function supportFrom(uint256 seed) internal pure returns (uint8) {
        uint8[8] memory choices = [1, 1, 0, 2, 1, 0, 1, 3];
        return choices[(seed >> 4) % 8];
    }

    function comesWithCalls(IBraintrustGovernor.ProposalState from, IBraintrustGovernor.ProposalState to)
        internal
        pure
        returns (bool)
    {
        if (to == IBraintrustGovernor.ProposalState.Canceled) {
            return from == IBraintrustGovernor.ProposalState.Pending
                || from == IBraintrustGovernor.ProposalState.Active
                || from == IBraintrustGovernor.ProposalState.Succeeded
                || from == IBraintrustGovernor.ProposalState.Queued;
        }
        if (to == IBraintrustGovernor.ProposalState.Queued) {
            return from == IBraintrustGovernor.ProposalState.Succeeded;
        }
        return
            to == IBraintrustGovernor.ProposalState.Executed
                && from == IBraintrustGovernor.ProposalState.Queued;
    }

    /// A jump over a whole phase shows its ends only.
    function comesWithTime(IBraintrustGovernor.ProposalState from, IBraintrustGovernor.ProposalState to)
        internal
        pure
        returns (bool)
    {
        if (from == IBraintrustGovernor.ProposalState.Pending) {
            return to == IBraintrustGovernor.ProposalState.Active
                || to == IBraintrustGovernor.ProposalState.Defeated;
        }
        if (from == IBraintrustGovernor.ProposalState.Active) {
            return to == IBraintrustGovernor.ProposalState.Defeated
                || to == IBraintrustGovernor.ProposalState.Succeeded
                || to == IBraintrustGovernor.ProposalState.Expired;
        }
        return to == IBraintrustGovernor.ProposalState.Expired
            && (from == IBraintrustGovernor.ProposalState.Succeeded
                || from == IBraintrustGovernor.ProposalState.Queued);
    }
}
