// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @title Events and errors of the governor
/// @notice The lifecycle and vote events have the same topics as Compound's GovernorBravo and OpenZeppelin's
/// Governor, so indexers of either read them.
interface IGovernorEvents {
    /// @notice `proposer` made proposal `id`; votes are cast in the blocks after `startBlock` up to `endBlock`.
    event ProposalCreated(
        uint256 id,
        address proposer,
        address[] targets,
        uint256[] values,
        string[] signatures,
        bytes[] calldatas,
        uint256 startBlock,
        uint256 endBlock,
        string description
    );

    /// @notice `voter` cast `votes` base units on `proposalId`: 0 against, 1 for, 2 abstain.
    event VoteCast(address indexed voter, uint256 proposalId, uint8 support, uint256 votes, string reason);

    /// @notice A ballot of a batch was not counted. `index` is its place in the batch, `signer` the account that its
    /// signature recovers to, zero when none does, `reason` why.
    event BallotSkipped(uint256 indexed proposalId, uint256 index, address signer, SkipReason reason);

    /// @notice Proposal `id` was canceled.
    event ProposalCanceled(uint256 id);

    /// @notice Proposal `id` can be executed from `eta` (Unix time in seconds).
    event ProposalQueued(uint256 id, uint256 eta);

    /// @notice All actions of proposal `id` were executed.
    event ProposalExecuted(uint256 id);

    /// @notice A late swing moved the end of the vote on `proposalId` to block `extendedDeadline`.
    event ProposalExtended(uint256 indexed proposalId, uint64 extendedDeadline);

    /// @notice The governor took over the time lock; the next proposal has the id `initialProposalId` plus one.
    event Initiated(address indexed previousAdmin, uint256 initialProposalId);

    /// @notice The voting delay changed, in blocks.
    event VotingDelaySet(uint256 oldVotingDelay, uint256 newVotingDelay);

    /// @notice The voting period changed, in blocks.
    event VotingPeriodSet(uint256 oldVotingPeriod, uint256 newVotingPeriod);

    /// @notice The proposal threshold changed, in base units.
    event ProposalThresholdSet(uint256 oldProposalThreshold, uint256 newProposalThreshold);

    /// @notice The quorum changed, in base units.
    event QuorumVotesSet(uint256 oldQuorumVotes, uint256 newQuorumVotes);

    /// @notice `account` may propose below the threshold until `expiration` (Unix time in seconds).
    event WhitelistAccountExpirationSet(address account, uint256 expiration);

    /// @notice The account that may cancel proposals of whitelisted proposers below the threshold changed.
    event WhitelistGuardianSet(address oldGuardian, address newGuardian);

    /// @notice The guardian, who may cancel proposals that are not final, changed.
    event ProposalGuardianSet(address oldGuardian, uint96 oldExpiry, address newGuardian, uint96 newExpiry);

    /// @notice The domain of typed signatures changed (ERC-5267); never emitted, as the domain is fixed.
    event EIP712DomainChanged();

    /// @notice Why a ballot of a batch was not counted.
    enum SkipReason {
        InvalidSignature,
        InvalidSupport,
        AlreadyVoted,
        NoVotes
    }

    /// @notice The governor does not hold the time lock yet: `_initiate` comes first.
    error NotInitiated();

    /// @notice The governor holds the time lock already.
    error AlreadyInitiated();

    /// @notice `claimed` is not the time lock's admin, which is `actual`.
    error NotTimelockAdmin(address claimed, address actual);

    /// @notice `count`, the number of proposals of the previous governor, is beyond what the ids can continue.
    error InvalidProposalCount(uint256 count);

    /// @notice `caller` is not the time lock.
    error NotTimelock(address caller);

    /// @notice `account` may not cancel proposal `id`.
    error NotCanceler(uint256 id, address account);

    /// @notice `value` is outside `minimum` to `maximum` for parameter `name`.
    error ParameterOutOfBounds(bytes32 name, uint256 value, uint256 minimum, uint256 maximum);

    /// @notice There is no proposal `id`.
    error UnknownProposal(uint256 id);

    /// @notice Proposal `id` is in state `current`, in which this cannot be done.
    error UnexpectedState(uint256 id, uint8 current);

    /// @notice `proposer` had `votes` in the last block, and more than `threshold` is needed.
    error BelowThreshold(address proposer, uint256 votes, uint256 threshold);

    /// @notice `proposer` has the live proposal `id`.
    error LiveProposal(address proposer, uint256 id);

    /// @notice The arrays of a proposal have different lengths.
    error InvalidProposalLength(uint256 targets, uint256 values, uint256 signatures, uint256 calldatas);

    /// @notice A proposal has `count` actions, not 1 to `maximum`.
    error InvalidActionCount(uint256 count, uint256 maximum);

    /// @notice The actions `first` and `second` are the same: a time lock could not queue both.
    error DuplicateAction(uint256 first, uint256 second);

    /// @notice Action `index` calls `target`, which has no code: it would do nothing and look like success.
    error TargetWithoutCode(uint256 index, address target);

    /// @notice The record of the proposal would take `size` bytes or more, and at most `maximum` can be stored.
    error ActionsTooLarge(uint256 size, uint256 maximum);

    /// @notice `value` does not fit in its field of a proposal's storage word, whose greatest value is `maximum`.
    error FieldOverflow(uint256 value, uint256 maximum);

    /// @notice `voter` has voted on proposal `id`.
    error AlreadyVoted(uint256 id, address voter);

    /// @notice `support` is not 0 (against), 1 (for) or 2 (abstain).
    error InvalidSupport(uint8 support);

    /// @notice The signature is not one of `account` for this message; `account` is zero where the message names none
    /// and the signature recovers to nobody.
    error InvalidSignature(address account);

    /// @notice The signature expired at `deadline` (Unix time in seconds).
    error ExpiredSignature(uint256 deadline);

    /// @notice Action `index` of proposal `id` is queued already, with the same `eta`, by another proposal.
    error ActionQueued(uint256 id, uint256 index);

    /// @notice `sent` wei came along, and the treasury lacks only `needed` for this proposal.
    error ExcessValue(uint256 sent, uint256 needed);

    /// @notice The window of proposal `id` opens at `eta` (Unix time in seconds).
    error TooEarly(uint256 id, uint256 eta);
}

/// @title BraintrustGovernor: proposals and votes
/// @notice A proposal of 1 to 10 calls is voted on by the holders of BTRST, queued in the time lock, and executed
/// after its delay. Interface of Compound's GovernorBravo, plus the views that indexers of OpenZeppelin governors
/// read, ballots of contract wallets, and batches of signed ballots.
/// @dev Votes, quorum and thresholds are in base units (1 BTRST = 1e18), delays and periods in blocks, times in
/// Unix seconds. Works with the suite's Timelock and with any time lock of the Compound generation, and with any
/// token that has `getPriorVotes`. Functions that take the id of a proposal revert with UnknownProposal where there is
/// none.
interface IBraintrustGovernor is IGovernorEvents, IERC165 {
    /// @notice State of a proposal, in Bravo's order.
    enum ProposalState {
        Pending,
        Active,
        Canceled,
        Defeated,
        Succeeded,
        Queued,
        Expired,
        Executed
    }

    /// @notice What an account voted.
    /// @param hasVoted Whether it did.
    /// @param support 0 against, 1 for, 2 abstain.
    /// @param votes With how many base units.
    struct Receipt {
        bool hasVoted;
        uint8 support;
        uint96 votes;
    }

    /// @notice The account that may cancel proposals that are not final, until `expiration` (exclusive).
    struct ProposalGuardian {
        address account;
        uint96 expiration;
    }

    /// @notice The parameters a governor starts with; each within the governor's bounds.
    struct GovernorParameters {
        uint256 votingDelay;
        uint256 votingPeriod;
        uint256 proposalThreshold;
        uint256 quorumVotes;
    }

    /// @notice What the proposer of `proposeBySig` signed, beside the nonce.
    /// @param deadline Unix time in seconds until which the signature is good, inclusive.
    struct SignedProposal {
        address[] targets;
        uint256[] values;
        string[] signatures;
        bytes[] calldatas;
        string description;
        address proposer;
        uint256 deadline;
    }

    /// @notice One signed ballot of a batch: Bravo's `Ballot(uint256 proposalId,uint8 support)`.
    struct SignedBallot {
        uint8 support;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    // Lifecycle

    /// @notice Takes over the time lock that named this governor as pending admin, and continues the ids of the
    /// governor before it. Anyone may call it, once; a governor deployed as the admin needs no call.
    /// @param previousAdmin The time lock's admin until now; its `proposalCount`, if it has one, is continued.
    /// @dev Reverts with AlreadyInitiated, NotTimelockAdmin, InvalidProposalCount, or the time lock's reason.
    function _initiate(address previousAdmin) external;

    /// @notice Makes a proposal.
    /// @param targets Contracts or accounts to call, 1 to 10.
    /// @param values Wei that the treasury sends with each call.
    /// @param signatures Function signatures such as `transfer(address,uint256)`; empty where the call data starts
    /// with its selector.
    /// @param calldatas Call data, without selector where a signature is given.
    /// @param description Markdown; its first line is the title.
    /// @return id The proposal's id.
    /// @dev Reverts with NotInitiated, BelowThreshold, LiveProposal, InvalidProposalLength, InvalidActionCount,
    /// DuplicateAction, TargetWithoutCode, ActionsTooLarge.
    function propose(
        address[] calldata targets,
        uint256[] calldata values,
        string[] calldata signatures,
        bytes[] calldata calldatas,
        string calldata description
    ) external returns (uint256 id);

    /// @notice `propose` without signatures: every call data starts with its selector (OpenZeppelin's form).
    function propose(
        address[] calldata targets,
        uint256[] calldata values,
        bytes[] calldata calldatas,
        string calldata description
    ) external returns (uint256 id);

    /// @notice `propose` by signature of `proposer`, an account or a contract wallet (ERC-1271).
    /// @param signature Over `Proposal(address[] targets,uint256[] values,string[] signatures,bytes[] calldatas,
    /// string description,address proposer,uint256 nonce,uint256 deadline)` with the proposer's next nonce.
    /// @dev Reverts with ExpiredSignature, InvalidSignature, and as `propose`.
    function proposeBySig(SignedProposal calldata signed, bytes calldata signature)
        external
        returns (uint256 id);

    /// @notice Queues a succeeded proposal in the time lock. Anyone may call it.
    /// @dev Reverts with UnexpectedState, with ActionQueued at a time lock of the Compound generation, or with the
    /// time lock's reason.
    function queue(uint256 id) external;

    /// @notice Executes a queued proposal within its window. Anyone may call it.
    /// @dev Wei sent along tops up a treasury that lacks it, and no more than it lacks. Reverts with
    /// UnexpectedState, TooEarly, ExcessValue, TargetWithoutCode, or the reason of the call that failed.
    function execute(uint256 id) external payable;

    /// @notice Cancels a proposal that is not final: its proposer or the guardian at any time, anyone while the
    /// proposer's votes are below the threshold it was made under; for a whitelisted proposer the whitelist guardian.
    /// @dev Reverts with UnexpectedState, NotCanceler.
    function cancel(uint256 id) external;

    // Votes

    /// @notice Votes with all votes of the caller at the start of the vote.
    /// @param support 0 against, 1 for, 2 abstain.
    /// @dev Reverts with UnexpectedState, InvalidSupport, AlreadyVoted; with FieldOverflow where a token counts more
    /// than 2^88 votes.
    function castVote(uint256 id, uint8 support) external;

    /// @notice `castVote` with a reason, which is emitted.
    function castVoteWithReason(uint256 id, uint8 support, string calldata reason) external;

    /// @notice `castVote` by signature of Bravo's `Ballot(uint256 proposalId,uint8 support)`.
    /// @dev Reverts with InvalidSignature, and as `castVote`.
    function castVoteBySig(uint256 id, uint8 support, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice `castVoteWithReason` by signature of `Ballot(uint256 proposalId,uint8 support,string reason)`.
    /// @dev Reverts with InvalidSignature, and as `castVote`.
    function castVoteWithReasonBySig(
        uint256 id,
        uint8 support,
        string calldata reason,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice `castVote` of `voter`, an account or a contract wallet (ERC-1271), by signature of OpenZeppelin's
    /// `Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)` with the voter's next nonce.
    /// @return votes Base units that were counted.
    /// @dev Reverts with InvalidSignature, and as `castVote`.
    function castVoteBySig(uint256 id, uint8 support, address voter, bytes calldata signature)
        external
        returns (uint256 votes);

    /// @notice Casts many of Bravo's signed ballots; one that cannot be counted is skipped and reported by
    /// BallotSkipped.
    /// @return counted Number of ballots that were counted.
    /// @dev Reverts with UnexpectedState when the vote is not open.
    function castVotesBySig(uint256 id, SignedBallot[] calldata ballots) external returns (uint256 counted);

    // Bravo's views

    /// @notice State of proposal `id`; changes with blocks and time alone between calls.
    function state(uint256 id) external view returns (ProposalState);

    /// @notice Proposal `id` in Bravo's form; `eta` is zero until it is queued.
    function proposals(uint256 id)
        external
        view
        returns (
            uint256 proposalId,
            address proposer,
            uint256 eta,
            uint256 startBlock,
            uint256 endBlock,
            uint256 forVotes,
            uint256 againstVotes,
            uint256 abstainVotes,
            bool canceled,
            bool executed
        );

    /// @notice Actions of proposal `id`.
    function getActions(uint256 id)
        external
        view
        returns (
            address[] memory targets,
            uint256[] memory values,
            string[] memory signatures,
            bytes[] memory calldatas
        );

    /// @notice What `voter` voted on proposal `id`.
    function getReceipt(uint256 id, address voter) external view returns (Receipt memory);

    /// @notice Latest proposal of `proposer`; zero when there is none.
    function latestProposalIds(address proposer) external view returns (uint256);

    /// @notice Id of the latest proposal.
    function proposalCount() external view returns (uint256);

    /// @notice Id of the last proposal before this governor; its first is one higher.
    function initialProposalId() external view returns (uint256);

    /// @notice Whether the governor holds the time lock and takes proposals.
    function initiated() external view returns (bool);

    /// @notice Votes in favour that a new proposal needs, in base units.
    function quorumVotes() external view returns (uint256);

    /// @notice Votes above which an account may propose, in base units.
    function proposalThreshold() external view returns (uint256);

    /// @notice Blocks between a proposal and the start of its vote.
    function votingDelay() external view returns (uint256);

    /// @notice Blocks of a vote.
    function votingPeriod() external view returns (uint256);

    /// @notice Most actions of a proposal: 10.
    function proposalMaxOperations() external view returns (uint256);

    /// @notice The time lock: treasury, executor, and the only one who can change this governor.
    function timelock() external view returns (address);

    /// @notice The same as `timelock`, under Bravo's name.
    function admin() external view returns (address);

    /// @notice Always zero: the time lock is the governor's admin for good.
    function pendingAdmin() external view returns (address);

    /// @notice The token whose holders vote, under Bravo's name.
    function comp() external view returns (address);

    /// @notice Unix time in seconds until which `account` may propose below the threshold, exclusive.
    function whitelistAccountExpirations(address account) external view returns (uint256);

    /// @notice Whether `account` may propose below the threshold now.
    function isWhitelisted(address account) external view returns (bool);

    /// @notice The account that may cancel proposals of whitelisted proposers below the threshold.
    function whitelistGuardian() external view returns (address);

    /// @notice The guardian and the time its power ends.
    function proposalGuardian() external view returns (address account, uint96 expiration);

    // OpenZeppelin's views

    /// @notice Name of the governor, and the name in the EIP-712 domain.
    function name() external view returns (string memory);

    /// @notice Version of the governor's interface. The EIP-712 domain has none (as Bravo's).
    function version() external view returns (string memory);

    /// @notice The token whose holders vote.
    function token() external view returns (address);

    /// @notice Current block number (ERC-6372).
    function clock() external view returns (uint48);

    /// @notice "mode=blocknumber&from=default" (ERC-6372).
    function CLOCK_MODE() external view returns (string memory);

    /// @notice "support=bravo&quorum=for": abstain does not count towards the quorum.
    function COUNTING_MODE() external view returns (string memory);

    /// @notice Quorum in force now, in base units, whatever the block; `proposalQuorum` tells that of a proposal.
    function quorum(uint256 blockNumber) external view returns (uint256);

    /// @notice Quorum that proposal `id` was made under, in base units.
    function proposalQuorum(uint256 id) external view returns (uint256);

    /// @notice Votes of `account` at the end of `blockNumber`, in base units.
    /// @dev Reverts with the token's reason unless that block is past.
    function getVotes(address account, uint256 blockNumber) external view returns (uint256);

    /// @notice Whether `account` voted on proposal `id`.
    function hasVoted(uint256 id, address account) external view returns (bool);

    /// @notice Tally of proposal `id` in base units.
    function proposalVotes(uint256 id)
        external
        view
        returns (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes);

    /// @notice Block at whose end votes are counted; ballots are cast from the next block on.
    function proposalSnapshot(uint256 id) external view returns (uint256);

    /// @notice Last block in which ballots are cast.
    function proposalDeadline(uint256 id) external view returns (uint256);

    /// @notice Account that made proposal `id`.
    function proposalProposer(uint256 id) external view returns (address);

    /// @notice Unix time in seconds from which proposal `id` can be executed; zero until it is queued.
    function proposalEta(uint256 id) external view returns (uint256);

    /// @notice Always true: every proposal goes through the time lock.
    function proposalNeedsQueuing(uint256 id) external view returns (bool);

    /// @notice Next nonce of `account` for `castVoteBySig` of a named voter and `proposeBySig`.
    function nonces(address account) external view returns (uint256);

    /// @notice The EIP-712 domain, described as in ERC-5267.
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        );

    // Constants

    /// @notice Type hash of the EIP-712 domain: name, chain id and contract.
    function DOMAIN_TYPEHASH() external view returns (bytes32);

    /// @notice Type hash of Bravo's ballot.
    function BALLOT_TYPEHASH() external view returns (bytes32);

    /// @notice Type hash of Bravo's ballot with a reason.
    function BALLOT_WITH_REASON_TYPEHASH() external view returns (bytes32);

    /// @notice Type hash of the ballot that names its voter and carries a nonce (OpenZeppelin's).
    function VOTER_BALLOT_TYPEHASH() external view returns (bytes32);

    /// @notice Type hash of a signed proposal.
    function PROPOSAL_TYPEHASH() external view returns (bytes32);

    /// @notice Least voting delay: 1 block.
    function MIN_VOTING_DELAY() external view returns (uint256);

    /// @notice Greatest voting delay: 50,400 blocks, a week of 12 seconds each.
    function MAX_VOTING_DELAY() external view returns (uint256);

    /// @notice Least voting period: 7,200 blocks, a day.
    function MIN_VOTING_PERIOD() external view returns (uint256);

    /// @notice Greatest voting period: 100,800 blocks, two weeks.
    function MAX_VOTING_PERIOD() external view returns (uint256);

    /// @notice Least proposal threshold: 500 BTRST.
    function MIN_PROPOSAL_THRESHOLD() external view returns (uint256);

    /// @notice Greatest proposal threshold: 2,500,000 BTRST, 1% of the supply.
    function MAX_PROPOSAL_THRESHOLD() external view returns (uint256);

    /// @notice Least quorum: 100,000 BTRST.
    function MIN_QUORUM_VOTES() external view returns (uint256);

    /// @notice Greatest quorum: 25,000,000 BTRST, 10% of the supply.
    function MAX_QUORUM_VOTES() external view returns (uint256);

    /// @notice A vote that turns a proposal to passing within this many blocks of its end moves the end to as many
    /// blocks after that vote, once: 7,200 blocks, a day.
    function LATE_SWING_WINDOW() external view returns (uint256);

    /// @notice Blocks after the end of its vote in which a succeeded proposal can be queued: 100,800, 14 days.
    function QUEUE_WINDOW() external view returns (uint256);

    /// @notice Longest time ahead that a guardian may be appointed for: 365 days, in seconds.
    function MAX_GUARDIAN_TERM() external view returns (uint256);

    // Changes by the time lock alone: anybody else gets NotTimelock, a value outside of its bounds
    // ParameterOutOfBounds

    /// @notice Sets the voting delay of new proposals, in blocks.
    function _setVotingDelay(uint256 newVotingDelay) external;

    /// @notice Sets the voting period of new proposals, in blocks.
    function _setVotingPeriod(uint256 newVotingPeriod) external;

    /// @notice Sets the threshold of new proposals, in base units.
    function _setProposalThreshold(uint256 newProposalThreshold) external;

    /// @notice Sets the quorum of new proposals, in base units.
    function _setQuorumVotes(uint256 newQuorumVotes) external;

    /// @notice Lets `account` propose below the threshold until `expiration` (Unix time in seconds), exclusive.
    function _setWhitelistAccountExpiration(address account, uint256 expiration) external;

    /// @notice Names the account that may cancel proposals of whitelisted proposers below the threshold.
    function _setWhitelistGuardian(address account) external;

    /// @notice Names the guardian until `expiration`, at most 365 days ahead; zero for none.
    function _setProposalGuardian(ProposalGuardian calldata newProposalGuardian) external;
}
