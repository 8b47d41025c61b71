// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor} from "../interfaces/IBraintrustGovernor.sol";

/// @title What the time lock can change about the governor, and within which bounds
/// @notice Parameters of new proposals, the whitelist, and the guardians.
abstract contract GovernorSettings is IBraintrustGovernor {
    /// @dev Everything that `propose` reads and writes of the governor itself, in one slot.
    struct Settings {
        uint16 votingDelay;
        uint24 votingPeriod;
        uint88 proposalThreshold;
        uint88 quorumVotes;
        uint32 proposalCount;
        bool initiated;
    }

    /// @inheritdoc IBraintrustGovernor
    uint256 public constant MIN_VOTING_DELAY = 1;

    /// @inheritdoc IBraintrustGovernor
    uint256 public constant MAX_VOTING_DELAY = 50_400;

    /// @inheritdoc IBraintrustGovernor
    uint256 public constant MIN_VOTING_PERIOD = 7200;

    /// @inheritdoc IBraintrustGovernor
    uint256 public constant MAX_VOTING_PERIOD = 100_800;

    /// @inheritdoc IBraintrustGovernor
    uint256 public constant MIN_PROPOSAL_THRESHOLD = 500e18;

    /// @inheritdoc IBraintrustGovernor
    uint256 public constant MAX_PROPOSAL_THRESHOLD = 2_500_000e18;

    /// @inheritdoc IBraintrustGovernor
    uint256 public constant MIN_QUORUM_VOTES = 100_000e18;

    /// @inheritdoc IBraintrustGovernor
    uint256 public constant MAX_QUORUM_VOTES = 25_000_000e18;

    /// @inheritdoc IBraintrustGovernor
    uint256 public constant MAX_GUARDIAN_TERM = 365 days;

    /// @inheritdoc IBraintrustGovernor
    address public immutable timelock;

    Settings internal _settings;

    /// @inheritdoc IBraintrustGovernor
    ProposalGuardian public proposalGuardian;

    /// @inheritdoc IBraintrustGovernor
    address public whitelistGuardian;

    /// @inheritdoc IBraintrustGovernor
    mapping(address account => uint256 expiration) public whitelistAccountExpirations;

    modifier onlyTimelock() {
        _checkTimelock();
        _;
    }

    constructor(address timelock_, ProposalGuardian memory guardian, GovernorParameters memory initial) {
        timelock = timelock_;
        _writeVotingDelay(initial.votingDelay);
        _writeVotingPeriod(initial.votingPeriod);
        _writeProposalThreshold(initial.proposalThreshold);
        _writeQuorumVotes(initial.quorumVotes);
        _writeProposalGuardian(guardian);
    }

    /// @inheritdoc IBraintrustGovernor
    function _setVotingDelay(uint256 newVotingDelay) external onlyTimelock {
        _writeVotingDelay(newVotingDelay);
    }

    /// @inheritdoc IBraintrustGovernor
    function _setVotingPeriod(uint256 newVotingPeriod) external onlyTimelock {
        _writeVotingPeriod(newVotingPeriod);
    }

    /// @inheritdoc IBraintrustGovernor
    function _setProposalThreshold(uint256 newProposalThreshold) external onlyTimelock {
        _writeProposalThreshold(newProposalThreshold);
    }

    /// @inheritdoc IBraintrustGovernor
    function _setQuorumVotes(uint256 newQuorumVotes) external onlyTimelock {
        _writeQuorumVotes(newQuorumVotes);
    }

    /// @inheritdoc IBraintrustGovernor
    function _setWhitelistAccountExpiration(address account, uint256 expiration) external onlyTimelock {
        whitelistAccountExpirations[account] = expiration;
        emit WhitelistAccountExpirationSet(account, expiration);
    }

    /// @inheritdoc IBraintrustGovernor
    function _setWhitelistGuardian(address account) external onlyTimelock {
        emit WhitelistGuardianSet(whitelistGuardian, account);
        whitelistGuardian = account;
    }

    /// @inheritdoc IBraintrustGovernor
    function _setProposalGuardian(ProposalGuardian calldata newProposalGuardian) external onlyTimelock {
        _writeProposalGuardian(newProposalGuardian);
    }

    /// @inheritdoc IBraintrustGovernor
    function votingDelay() external view returns (uint256) {
        return _settings.votingDelay;
    }

    /// @inheritdoc IBraintrustGovernor
    function votingPeriod() external view returns (uint256) {
        return _settings.votingPeriod;
    }

    /// @inheritdoc IBraintrustGovernor
    function proposalThreshold() external view returns (uint256) {
        return _settings.proposalThreshold;
    }

    /// @inheritdoc IBraintrustGovernor
    function quorumVotes() external view returns (uint256) {
        return _settings.quorumVotes;
    }

    /// @inheritdoc IBraintrustGovernor
    function quorum(uint256) external view returns (uint256) {
        return _settings.quorumVotes;
    }

    /// @inheritdoc IBraintrustGovernor
    function proposalCount() external view returns (uint256) {
        return _settings.proposalCount;
    }

    /// @inheritdoc IBraintrustGovernor
    function initiated() external view returns (bool) {
        return _settings.initiated;
    }

    /// @inheritdoc IBraintrustGovernor
    function admin() external view returns (address) {
        return timelock;
    }

    /// @inheritdoc IBraintrustGovernor
    function pendingAdmin() external pure returns (address) {
        return address(0);
    }

    /// @inheritdoc IBraintrustGovernor
    function isWhitelisted(address account) public view returns (bool) {
        return whitelistAccountExpirations[account] > block.timestamp;
    }

    function _isGuardian(address account) internal view returns (bool) {
        ProposalGuardian memory current = proposalGuardian;
        return account == current.account && block.timestamp < current.expiration;
    }

    function _writeVotingDelay(uint256 newVotingDelay) private {
        _checkBounds("votingDelay", newVotingDelay, MIN_VOTING_DELAY, MAX_VOTING_DELAY);
        emit VotingDelaySet(_settings.votingDelay, newVotingDelay);
        // Safe: the greatest delay is below 2^16.
        _settings.votingDelay = uint16(newVotingDelay);
    }

    function _writeVotingPeriod(uint256 newVotingPeriod) private {
        _checkBounds("votingPeriod", newVotingPeriod, MIN_VOTING_PERIOD, MAX_VOTING_PERIOD);
        emit VotingPeriodSet(_settings.votingPeriod, newVotingPeriod);
        // Safe: the greatest period is below 2^24.
        _settings.votingPeriod = uint24(newVotingPeriod);
    }

    function _writeProposalThreshold(uint256 newThreshold) private {
        _checkBounds("proposalThreshold", newThreshold, MIN_PROPOSAL_THRESHOLD, MAX_PROPOSAL_THRESHOLD);
        emit ProposalThresholdSet(_settings.proposalThreshold, newThreshold);
        // Safe: the greatest threshold is below 2^88.
        _settings.proposalThreshold = uint88(newThreshold);
    }

    function _writeQuorumVotes(uint256 newQuorumVotes) private {
        _checkBounds("quorumVotes", newQuorumVotes, MIN_QUORUM_VOTES, MAX_QUORUM_VOTES);
        emit QuorumVotesSet(_settings.quorumVotes, newQuorumVotes);
        // Safe: the greatest quorum is below 2^88.
        _settings.quorumVotes = uint88(newQuorumVotes);
    }

    function _writeProposalGuardian(ProposalGuardian memory next) private {
        _checkBounds("guardianExpiration", next.expiration, 0, block.timestamp + MAX_GUARDIAN_TERM);
        emit ProposalGuardianSet(
            proposalGuardian.account, proposalGuardian.expiration, next.account, next.expiration
        );
        proposalGuardian = next;
    }

    function _checkTimelock() private view {
        if (msg.sender != timelock) revert NotTimelock(msg.sender);
    }

    function _checkBounds(bytes32 parameter, uint256 value, uint256 minimum, uint256 maximum) private pure {
        if (value < minimum || value > maximum) {
            revert ParameterOutOfBounds(parameter, value, minimum, maximum);
        }
    }
}
