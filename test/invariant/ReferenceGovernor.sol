// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor} from "../../contracts/interfaces/IBraintrustGovernor.sol";

/// @notice What an action of a proposal does when it is executed.
enum Kind {
    /// Sends `amount` of the treasury's tokens to `account`.
    Grant,
    /// Sends `amount` wei of the treasury to `account`.
    Payment,
    /// Calls a contract that calls the governor back.
    Reentry,
    /// Calls an address without code, which no proposal may.
    CallToNothing,
    /// Sets a parameter to `amount`.
    VotingDelay,
    VotingPeriod,
    ProposalThreshold,
    QuorumVotes,
    TimelockDelay,
    /// Whitelists `account` until `amount`.
    Whitelist,
    /// Makes `account` the whitelist guardian.
    WhitelistGuardian,
    /// Makes `account` the guardian until `amount`.
    Guardian
}

/// @notice One action, by its meaning; `account` or `amount` is zero where the kind has none.
struct Decision {
    Kind kind;
    address account;
    uint256 amount;
}

/// @title The governor and its time lock, as the rules have it
/// @notice Slow and plain: no packing, no time lock, no token, no calls. Whoever drives it says who calls, and what
/// votes every holder has at the end of a block. A refused call reverts and so changes nothing.
contract ReferenceGovernor {
    struct Receipt {
        bool hasVoted;
        uint8 support;
        uint256 votes;
    }

    struct Proposal {
        address proposer;
        uint256 start;
        uint256 end;
        uint256 quorum;
        uint256 threshold;
        uint256 againstVotes;
        uint256 forVotes;
        uint256 abstainVotes;
        uint256 eta;
        bool canceled;
        bool executed;
        bool extended;
        Decision[] decisions;
    }

    uint256 public constant LATE_SWING_WINDOW = 7200;
    uint256 public constant QUEUE_WINDOW = 100_800;
    uint256 public constant GRACE_PERIOD = 14 days;

    /// @notice Whether the time lock queues action by action, so that no two queued ones may be the same.
    bool public immutable perAction;
    uint256 public immutable initialId;

    uint256 public votingDelay;
    uint256 public votingPeriod;
    uint256 public proposalThreshold;
    uint256 public quorumVotes;
    uint256 public timelockDelay;
    address public guardian;
    uint256 public guardianExpiry;
    address public whitelistGuardian;
    mapping(address account => uint256 expiry) public whitelistedUntil;

    uint256 public treasuryEther;
    uint256 public treasuryTokens;
    /// @notice How often a reentrant action was carried out.
    uint256 public reentries;

    Proposal[] private _proposals;
    mapping(uint256 id => mapping(address voter => Receipt)) private _receipts;

    /// @notice Votes of a holder at the end of the last block.
    mapping(address holder => uint256 votes) public lastVotes;
    /// @notice Votes of a holder at the end of the block at which proposal `id` starts.
    mapping(uint256 id => mapping(address holder => uint256 votes)) public votesAtStart;

    constructor(
        bool perAction_,
        uint256 initialId_,
        uint256 timelockDelay_,
        address guardian_,
        uint256 guardianExpiry_,
        IBraintrustGovernor.GovernorParameters memory parameters
    ) {
        (perAction, initialId, timelockDelay) = (perAction_, initialId_, timelockDelay_);
        (guardian, guardianExpiry) = (guardian_, guardianExpiry_);
        (votingDelay, votingPeriod) = (parameters.votingDelay, parameters.votingPeriod);
        (proposalThreshold, quorumVotes) = (parameters.proposalThreshold, parameters.quorumVotes);
    }

    /// @notice What the treasury holds before anything is decided.
    function endow(uint256 wei_, uint256 tokens) external {
        treasuryEther += wei_;
        treasuryTokens += tokens;
    }

    /// @notice The chain goes on to block `next`; until its eve, `holders` have these `votes`.
    function closeBlocks(uint256 next, address[] calldata holders, uint256[] calldata votes) external {
        for (uint256 i = 0; i < holders.length; i++) {
            lastVotes[holders[i]] = votes[i];
            for (uint256 p = 0; p < _proposals.length; p++) {
                if (_proposals[p].start >= block.number && _proposals[p].start < next) {
                    votesAtStart[initialId + 1 + p][holders[i]] = votes[i];
                }
            }
        }
    }

    function propose(address proposer, Decision[] calldata decisions) external returns (uint256 id) {
        require(lastVotes[proposer] > proposalThreshold || isWhitelisted(proposer), "below threshold");
        for (uint256 i = 1; i <= _proposals.length; i++) {
            bool live = state(initialId + i) <= IBraintrustGovernor.ProposalState.Active;
            require(!live || _proposals[i - 1].proposer != proposer, "live proposal");
        }
        require(decisions.length >= 1 && decisions.length <= 10, "1 to 10 actions");
        Proposal storage proposal = _proposals.push();
        for (uint256 i = 0; i < decisions.length; i++) {
            require(decisions[i].kind != Kind.CallToNothing, "target without code");
            for (uint256 j = 0; j < i; j++) {
                require(!_same(decisions[i], decisions[j]), "duplicate action");
            }
            proposal.decisions.push(decisions[i]);
        }
        proposal.proposer = proposer;
        proposal.start = block.number + votingDelay;
        proposal.end = proposal.start + votingPeriod;
        proposal.quorum = quorumVotes;
        proposal.threshold = proposalThreshold;
        return proposalCount();
    }

    function castVote(address voter, uint256 id, uint8 support) external {
        require(state(id) == IBraintrustGovernor.ProposalState.Active, "not active");
        require(support <= 2, "support");
        require(!_receipts[id][voter].hasVoted, "voted");
        _count(voter, id, support);
    }

    /// @notice Ballots of a batch; a zero voter stands for a bad signature.
    function castVotes(address[] calldata voters, uint256 id, uint8[] calldata choices)
        external
        returns (uint256 counted)
    {
        require(state(id) == IBraintrustGovernor.ProposalState.Active, "not active");
        for (uint256 i = 0; i < voters.length; i++) {
            if (voters[i] == address(0) || choices[i] > 2) continue;
            if (_receipts[id][voters[i]].hasVoted || votesAtStart[id][voters[i]] == 0) continue;
            _count(voters[i], id, choices[i]);
            counted++;
        }
    }

    function queue(uint256 id) external {
        require(state(id) == IBraintrustGovernor.ProposalState.Succeeded, "not succeeded");
        Proposal storage proposal = _proposal(id);
        uint256 eta = block.timestamp + timelockDelay;
        for (uint256 i = 0; perAction && i < proposal.decisions.length; i++) {
            require(!isQueued(proposal.decisions[i], eta), "action queued by another");
        }
        proposal.eta = eta;
    }

    function execute(uint256 id, uint256 value) external {
        require(state(id) == IBraintrustGovernor.ProposalState.Queued, "not queued");
        Proposal storage proposal = _proposal(id);
        require(block.timestamp >= proposal.eta, "too early");
        uint256 needed = shortfall(id);
        require(value <= needed, "more than the treasury lacks");
        proposal.executed = true;
        treasuryEther += value;
        for (uint256 i = 0; i < proposal.decisions.length; i++) {
            _carryOut(proposal.decisions[i]);
        }
    }

    function cancel(address caller, uint256 id) external {
        require(!isFinal(state(id)), "final");
        Proposal storage proposal = _proposal(id);
        address proposer = proposal.proposer;
        bool asProposer = caller == proposer;
        bool asGuardian = caller == guardian && block.timestamp < guardianExpiry;
        bool below = lastVotes[proposer] < proposal.threshold;
        bool asAnyone = below && (!isWhitelisted(proposer) || caller == whitelistGuardian);
        require(asProposer || asGuardian || asAnyone, "may not cancel");
        proposal.canceled = true;
    }

    function proposals(uint256 id) external view returns (Proposal memory) {
        return _proposal(id);
    }

    function receipts(uint256 id, address voter) external view returns (Receipt memory) {
        return _receipts[id][voter];
    }

    function proposalCount() public view returns (uint256) {
        return initialId + _proposals.length;
    }

    function isWhitelisted(address account) public view returns (bool) {
        return block.timestamp < whitelistedUntil[account];
    }

    /// @notice Wei that the treasury lacks for proposal `id`.
    function shortfall(uint256 id) public view returns (uint256) {
        Proposal storage proposal = _proposal(id);
        uint256 total = 0;
        for (uint256 i = 0; i < proposal.decisions.length; i++) {
            if (proposal.decisions[i].kind == Kind.Payment) total += proposal.decisions[i].amount;
        }
        return total > treasuryEther ? total - treasuryEther : 0;
    }

    /// @notice Whether a proposal that was neither executed nor canceled has queued `decision` for `eta`.
    function isQueued(Decision memory decision, uint256 eta) public view returns (bool) {
        for (uint256 p = 0; p < _proposals.length; p++) {
            Proposal storage proposal = _proposals[p];
            if (proposal.eta != eta || proposal.canceled || proposal.executed) continue;
            for (uint256 i = 0; i < proposal.decisions.length; i++) {
                if (_same(proposal.decisions[i], decision)) return true;
            }
        }
        return false;
    }

    function state(uint256 id) public view returns (IBraintrustGovernor.ProposalState) {
        Proposal storage proposal = _proposal(id);
        if (proposal.canceled) return IBraintrustGovernor.ProposalState.Canceled;
        if (proposal.executed) return IBraintrustGovernor.ProposalState.Executed;
        if (block.number <= proposal.start) return IBraintrustGovernor.ProposalState.Pending;
        if (block.number <= proposal.end) return IBraintrustGovernor.ProposalState.Active;
        if (!_passes(proposal)) return IBraintrustGovernor.ProposalState.Defeated;
        if (proposal.eta == 0) {
            return block.number <= proposal.end + QUEUE_WINDOW
                ? IBraintrustGovernor.ProposalState.Succeeded
                : IBraintrustGovernor.ProposalState.Expired;
        }
        return block.timestamp <= proposal.eta + GRACE_PERIOD
            ? IBraintrustGovernor.ProposalState.Queued
            : IBraintrustGovernor.ProposalState.Expired;
    }

    function isFinal(IBraintrustGovernor.ProposalState current) public pure returns (bool) {
        return current == IBraintrustGovernor.ProposalState.Canceled
            || current == IBraintrustGovernor.ProposalState.Defeated
            || current == IBraintrustGovernor.ProposalState.Expired
            || current == IBraintrustGovernor.ProposalState.Executed;
    }

    function _count(address voter, uint256 id, uint8 support) private {
        Proposal storage proposal = _proposal(id);
        uint256 votes = votesAtStart[id][voter];
        bool passedBefore = _passes(proposal);
        _receipts[id][voter] = Receipt(true, support, votes);
        if (support == 0) proposal.againstVotes += votes;
        if (support == 1) proposal.forVotes += votes;
        if (support == 2) proposal.abstainVotes += votes;
        bool late = block.number + LATE_SWING_WINDOW > proposal.end;
        if (late && !passedBefore && _passes(proposal) && !proposal.extended) {
            proposal.extended = true;
            proposal.end = block.number + LATE_SWING_WINDOW;
        }
    }

    function _carryOut(Decision memory decision) private {
        (Kind kind, uint256 amount) = (decision.kind, decision.amount);
        if (kind == Kind.Grant) treasuryTokens -= amount;
        else if (kind == Kind.Payment) treasuryEther -= amount;
        else if (kind == Kind.Reentry) reentries++;
        else if (kind == Kind.VotingDelay) votingDelay = _within(amount, 1, 50_400);
        else if (kind == Kind.VotingPeriod) votingPeriod = _within(amount, 7200, 100_800);
        else if (kind == Kind.ProposalThreshold) proposalThreshold = _within(amount, 500e18, 2_500_000e18);
        else if (kind == Kind.QuorumVotes) quorumVotes = _within(amount, 100_000e18, 25_000_000e18);
        else if (kind == Kind.TimelockDelay) timelockDelay = _within(amount, 2 days, 30 days);
        else if (kind == Kind.Whitelist) whitelistedUntil[decision.account] = amount;
        else if (kind == Kind.WhitelistGuardian) whitelistGuardian = decision.account;
        else if (kind == Kind.Guardian) _appoint(decision.account, amount);
    }

    function _appoint(address account, uint256 expiry) private {
        guardian = account;
        guardianExpiry = _within(expiry, 0, block.timestamp + 365 days);
    }

    function _proposal(uint256 id) private view returns (Proposal storage) {
        require(id > initialId && id <= proposalCount(), "unknown proposal");
        return _proposals[id - initialId - 1];
    }

    function _passes(Proposal storage proposal) private view returns (bool) {
        return proposal.forVotes > proposal.againstVotes && proposal.forVotes >= proposal.quorum;
    }

    function _same(Decision memory a, Decision memory b) private pure returns (bool) {
        return a.kind == b.kind && a.account == b.account && a.amount == b.amount;
    }

    function _within(uint256 amount, uint256 minimum, uint256 maximum) private pure returns (uint256) {
        require(amount >= minimum && amount <= maximum, "out of bounds");
        return amount;
    }
}
