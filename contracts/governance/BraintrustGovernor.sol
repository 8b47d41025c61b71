// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBTRST} from "../interfaces/IBTRST.sol";
import {IBraintrustGovernor} from "../interfaces/IBraintrustGovernor.sol";
import {ICompoundTimelock} from "../interfaces/ITimelock.sol";
import {GovernorDomain} from "./GovernorDomain.sol";
import {GovernorTimelock} from "./GovernorTimelock.sol";
import {Actions, ProposalRecord, Terms} from "./ProposalRecord.sol";
import {Phase, ProposalSlot, ProposalSlots} from "./ProposalSlot.sol";
import {IERC6372} from "@openzeppelin/contracts/interfaces/IERC6372.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {DynamicArrayLib} from "solady/utils/DynamicArrayLib.sol";
import {EfficientHashLib} from "solady/utils/EfficientHashLib.sol";

/// @title BraintrustGovernor
/// @notice See IBraintrustGovernor. Everything that voting changes about a proposal is one storage word
/// (ProposalSlot); everything that never changes about it is code (ProposalRecord).
/// @dev The contract must create no account but proposal records: their addresses follow from its creation nonce.
contract BraintrustGovernor is GovernorDomain, GovernorTimelock {
    /// @inheritdoc IBraintrustGovernor
    string public constant version = "1";

    /// @inheritdoc IBraintrustGovernor
    string public constant COUNTING_MODE = "support=bravo&quorum=for";

    /// @inheritdoc IBraintrustGovernor
    string public constant CLOCK_MODE = "mode=blocknumber&from=default";

    /// @inheritdoc IBraintrustGovernor
    uint256 public constant proposalMaxOperations = 10;

    /// @inheritdoc IBraintrustGovernor
    uint256 public constant LATE_SWING_WINDOW = 7200;

    /// @inheritdoc IBraintrustGovernor
    uint256 public constant QUEUE_WINDOW = 100_800;

    /// @dev What voting, queueing and executing change about a proposal. Abstentions have a word of their own, since
    /// they decide nothing.
    struct Tally {
        ProposalSlot slot;
        uint256 abstainVotes;
    }

    /// @dev One voter's ballots on 128 proposals, two bits each: zero, or support plus one.
    struct Ballots {
        uint256 word;
    }

    /// @dev Values of `support`, as in Bravo.
    uint8 private constant AGAINST = 0;
    uint8 private constant FOR = 1;
    uint8 private constant ABSTAIN = 2;

    /// @inheritdoc IBraintrustGovernor
    address public immutable token;

    /// @dev Whether the time lock was this governor's from the start, so that its ids start with 1. Saves those who
    /// queue, execute and cancel a cold slot.
    bool private immutable FIRST_GOVERNOR;

    /// @inheritdoc IBraintrustGovernor
    uint256 public initialProposalId;

    /// @inheritdoc IBraintrustGovernor
    mapping(address proposer => uint256 id) public latestProposalIds;

    mapping(uint256 id => Tally) private _tallies;

    /// @dev The key is the voter and, above its 160 bits, the id without its last seven: one hash instead of two.
    mapping(uint256 key => Ballots) private _ballots;

    /// @param timelock_ A time lock of the Compound generation or the suite's; its admin is this governor, or will
    /// be by `_initiate`.
    /// @param token_ Token with `getPriorVotes`.
    /// @param guardian Account that may cancel proposals, or zero.
    /// @param guardianExpiry Unix time in seconds when that ends, at most 365 days ahead.
    /// @param parameters Parameters to start with.
    /// @dev Reverts with ParameterOutOfBounds.
    constructor(
        address timelock_,
        address token_,
        address guardian,
        uint256 guardianExpiry,
        GovernorParameters memory parameters
    )
        GovernorTimelock(
            timelock_,
            // An expiry beyond 96 bits is far beyond the bound that is checked there, also when cut to the maximum.
            ProposalGuardian(
                guardian, guardianExpiry > type(uint96).max ? type(uint96).max : uint96(guardianExpiry)
            ),
            parameters
        )
    {
        token = token_;
        // Reverts for a token without vote history, rather than at the first proposal.
        IBTRST(token_).getPriorVotes(address(this), block.number - 1);
        FIRST_GOVERNOR = ICompoundTimelock(timelock_).admin() == address(this);
        if (FIRST_GOVERNOR) {
            _settings.initiated = true;
            emit Initiated(address(this), 0);
        }
    }

    /// @inheritdoc IBraintrustGovernor
    function _initiate(address previousAdmin) external {
        // Check:
        if (_settings.initiated) revert AlreadyInitiated();
        address actual = ICompoundTimelock(timelock).admin();
        if (previousAdmin != actual) revert NotTimelockAdmin(previousAdmin, actual);
        uint256 count = 0;
        (bool success, bytes memory answer) =
            previousAdmin.staticcall(abi.encodeCall(IBraintrustGovernor.proposalCount, ()));
        // A previous admin that is no governor has no ids to continue.
        if (success && answer.length == 32) count = abi.decode(answer, (uint256));
        // Half of the range stays for this governor's own proposals.
        if (count > type(uint32).max / 2) revert InvalidProposalCount(count);

        // Effect:
        initialProposalId = count;
        _settings.proposalCount = uint32(count);
        _settings.initiated = true;
        emit Initiated(previousAdmin, count);

        // Interaction:
        ICompoundTimelock(timelock).acceptAdmin();
    }

    /// @inheritdoc IBraintrustGovernor
    function propose(
        address[] memory targets,
        uint256[] memory values,
        string[] memory signatures,
        bytes[] memory calldatas,
        string memory description
    ) external returns (uint256 id) {
        return _propose(msg.sender, Actions(targets, values, signatures, calldatas), description);
    }

    /// @inheritdoc IBraintrustGovernor
    function propose(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calldatas,
        string memory description
    ) external returns (uint256 id) {
        Actions memory actions = Actions(targets, values, new string[](targets.length), calldatas);
        return _propose(msg.sender, actions, description);
    }

    /// @inheritdoc IBraintrustGovernor
    function proposeBySig(SignedProposal memory signed, bytes calldata signature)
        external
        returns (uint256 id)
    {
        if (block.timestamp > signed.deadline) revert ExpiredSignature(signed.deadline);
        Actions memory actions = Actions(signed.targets, signed.values, signed.signatures, signed.calldatas);
        bytes32 structHash = keccak256(
            abi.encode(
                PROPOSAL_TYPEHASH,
                keccak256(abi.encodePacked(actions.targets)),
                keccak256(abi.encodePacked(actions.values)),
                _hashEach(actions.signatures),
                _hashEach(actions.calldatas),
                keccak256(bytes(signed.description)),
                signed.proposer,
                nonces[signed.proposer]++,
                signed.deadline
            )
        );
        _checkSignature(signed.proposer, structHash, signature);
        return _propose(signed.proposer, actions, signed.description);
    }

    /// @inheritdoc IBraintrustGovernor
    function queue(uint256 id) external {
        // Check:
        ProposalSlot slot = _existingSlot(id);
        _requireState(id, slot, ProposalState.Succeeded);

        // Effect:
        uint256 eta = block.timestamp + ICompoundTimelock(timelock).delay();
        _tallies[id].slot = slot.withEta(eta);
        emit ProposalQueued(id, eta);

        // Interaction:
        _queueInTimelock(id, _ordinal(id), eta);
    }

    /// @inheritdoc IBraintrustGovernor
    function execute(uint256 id) external payable {
        // Check:
        ProposalSlot slot = _existingSlot(id);
        _requireState(id, slot, ProposalState.Queued);
        uint256 eta = slot.eta();
        if (block.timestamp < eta) revert TooEarly(id, eta);
        uint256 ordinal = _ordinal(id);
        if (msg.value > 0) _checkValue(ProposalRecord.readActions(ordinal).values);

        // Effect: before the calls, so that none of them can execute or cancel the proposal again.
        _tallies[id].slot = slot.withPhase(Phase.Executed);

        // Interaction:
        _executeInTimelock(id, ordinal, eta);
        emit ProposalExecuted(id);
    }

    /// @inheritdoc IBraintrustGovernor
    function cancel(uint256 id) external {
        // Check:
        ProposalSlot slot = _existingSlot(id);
        ProposalState current = _stateOf(id, slot);
        if (
            current == ProposalState.Canceled || current == ProposalState.Defeated
                || current == ProposalState.Expired || current == ProposalState.Executed
        ) revert UnexpectedState(id, uint8(current));
        uint256 ordinal = _ordinal(id);
        Terms memory terms = ProposalRecord.readTerms(ordinal);
        if (msg.sender != terms.proposer && !_isGuardian(msg.sender)) {
            uint256 votes = getVotes(terms.proposer, block.number - 1);
            bool protected = isWhitelisted(terms.proposer) && msg.sender != whitelistGuardian;
            if (votes >= terms.proposalThreshold || protected) revert NotCanceler(id, msg.sender);
        }

        // Effect:
        _tallies[id].slot = slot.withPhase(Phase.Canceled);
        emit ProposalCanceled(id);

        // Interaction:
        if (current == ProposalState.Queued) _cancelInTimelock(id, ordinal, slot.eta());
    }

    /// @inheritdoc IBraintrustGovernor
    function castVote(uint256 id, uint8 support) external {
        _castVote(msg.sender, id, support);
    }

    /// @inheritdoc IBraintrustGovernor
    function castVoteWithReason(uint256 id, uint8 support, string calldata reason) external {
        emit VoteCast(msg.sender, id, support, _countBallot(msg.sender, id, support), reason);
    }

    /// @inheritdoc IBraintrustGovernor
    function castVoteBySig(uint256 id, uint8 support, uint8 v, bytes32 r, bytes32 s) external {
        _castVote(_signer(_ballotDigest(id, support), v, r, s), id, support);
    }

    /// @inheritdoc IBraintrustGovernor
    function castVoteWithReasonBySig(
        uint256 id,
        uint8 support,
        string calldata reason,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        bytes32 structHash = keccak256(
            abi.encode(BALLOT_WITH_REASON_TYPEHASH, id, support, keccak256(bytes(reason)))
        );
        address voter = _signer(_digest(structHash), v, r, s);
        emit VoteCast(voter, id, support, _countBallot(voter, id, support), reason);
    }

    /// @inheritdoc IBraintrustGovernor
    function castVoteBySig(uint256 id, uint8 support, address voter, bytes calldata signature)
        external
        returns (uint256 votes)
    {
        bytes32 structHash = keccak256(abi.encode(VOTER_BALLOT_TYPEHASH, id, support, voter, nonces[voter]++));
        _checkSignature(voter, structHash, signature);
        return _castVote(voter, id, support);
    }

    /// @inheritdoc IBraintrustGovernor
    function castVotesBySig(uint256 id, SignedBallot[] calldata ballots) external returns (uint256 counted) {
        ProposalSlot slot = _tallies[id].slot;
        _requireActive(id, slot);
        for (uint256 i = 0; i < ballots.length; i++) {
            bool valid;
            (slot, valid) = _countInBatch(id, slot, i, ballots[i]);
            if (valid) counted++;
        }
        _tallies[id].slot = slot;
    }

    /// @inheritdoc IBraintrustGovernor
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
        )
    {
        ProposalSlot slot = _existingSlot(id);
        proposalId = id;
        proposer = ProposalRecord.readTerms(_ordinal(id)).proposer;
        eta = slot.eta();
        startBlock = slot.startBlock();
        endBlock = slot.endBlock();
        forVotes = slot.forVotes();
        againstVotes = slot.againstVotes();
        abstainVotes = _tallies[id].abstainVotes;
        canceled = slot.phase() == Phase.Canceled;
        executed = slot.phase() == Phase.Executed;
    }

    /// @inheritdoc IBraintrustGovernor
    function getActions(uint256 id)
        external
        view
        returns (
            address[] memory targets,
            uint256[] memory values,
            string[] memory signatures,
            bytes[] memory calldatas
        )
    {
        _existingSlot(id);
        Actions memory actions = ProposalRecord.readActions(_ordinal(id));
        return (actions.targets, actions.values, actions.signatures, actions.calldatas);
    }

    /// @inheritdoc IBraintrustGovernor
    function getReceipt(uint256 id, address voter) external view returns (Receipt memory receipt) {
        ProposalSlot slot = _existingSlot(id);
        uint256 ballot = _ballotOf(voter, id);
        if (ballot != 0) {
            // Safe: a ballot is two bits, and votes that were counted fit in 88.
            receipt = Receipt(true, uint8(ballot - 1), uint96(getVotes(voter, slot.startBlock())));
        }
    }

    /// @inheritdoc IBraintrustGovernor
    function state(uint256 id) external view returns (ProposalState) {
        return _stateOf(id, _existingSlot(id));
    }

    /// @inheritdoc IBraintrustGovernor
    function proposalVotes(uint256 id)
        external
        view
        returns (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes)
    {
        ProposalSlot slot = _existingSlot(id);
        return (slot.againstVotes(), slot.forVotes(), _tallies[id].abstainVotes);
    }

    /// @inheritdoc IBraintrustGovernor
    function hasVoted(uint256 id, address account) external view returns (bool) {
        _existingSlot(id);
        return _ballotOf(account, id) != 0;
    }

    /// @inheritdoc IBraintrustGovernor
    function proposalSnapshot(uint256 id) external view returns (uint256) {
        return _existingSlot(id).startBlock();
    }

    /// @inheritdoc IBraintrustGovernor
    function proposalDeadline(uint256 id) external view returns (uint256) {
        return _existingSlot(id).endBlock();
    }

    /// @inheritdoc IBraintrustGovernor
    function proposalEta(uint256 id) external view returns (uint256) {
        return _existingSlot(id).eta();
    }

    /// @inheritdoc IBraintrustGovernor
    function proposalProposer(uint256 id) external view returns (address) {
        _existingSlot(id);
        return ProposalRecord.readTerms(_ordinal(id)).proposer;
    }

    /// @inheritdoc IBraintrustGovernor
    function proposalQuorum(uint256 id) external view returns (uint256) {
        _existingSlot(id);
        return ProposalRecord.readQuorum(_ordinal(id));
    }

    /// @inheritdoc IBraintrustGovernor
    function proposalNeedsQueuing(uint256 id) external view returns (bool) {
        return _existingSlot(id).exists();
    }

    /// @inheritdoc IBraintrustGovernor
    function comp() external view returns (address) {
        return token;
    }

    /// @inheritdoc IBraintrustGovernor
    function clock() external view returns (uint48) {
        // Safe: 2^48 blocks are beyond any chain's life.
        return uint48(block.number);
    }

    /// @notice Whether the contract implements `interfaceId`: ERC-165 and ERC-6372. Not OpenZeppelin's IGovernor,
    /// whose ids are hashes.
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERC6372).interfaceId;
    }

    /// @inheritdoc IBraintrustGovernor
    /// @dev Assembly: calling through the interface costs every vote 300 gas more.
    function getVotes(address account, uint256 blockNumber) public view returns (uint256 votes) {
        (address asked, bytes4 selector) = (token, IBTRST.getPriorVotes.selector);
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, selector)
            mstore(add(data, 16), shl(96, account))
            mstore(add(data, 36), blockNumber)
            // Arguments are evaluated from the last to the first, so the size is that of the answer.
            if iszero(and(gt(returndatasize(), 31), staticcall(gas(), asked, data, 68, 0, 32))) {
                returndatacopy(data, 0, returndatasize())
                revert(data, returndatasize())
            }
            votes := mload(0)
        }
    }

    function _propose(address proposer, Actions memory actions, string memory description)
        private
        returns (uint256 id)
    {
        // Check:
        Settings memory settings = _settings;
        if (!settings.initiated) revert NotInitiated();
        _checkProposer(proposer, settings.proposalThreshold);
        _checkActions(actions);
        bytes memory record =
            ProposalRecord.encode(Terms(proposer, settings.quorumVotes, settings.proposalThreshold), actions);

        // Effect:
        id = uint256(settings.proposalCount) + 1;
        // Safe: `_initiate` leaves room for 2^31 proposals, each of which costs more than 100,000 gas.
        _settings.proposalCount = uint32(id);
        latestProposalIds[proposer] = id;
        uint256 startBlock = block.number + settings.votingDelay;
        _tallies[id].slot = ProposalSlots.create(startBlock, settings.votingPeriod);
        ProposalRecord.write(record);
        emit ProposalCreated(
            id,
            proposer,
            actions.targets,
            actions.values,
            actions.signatures,
            actions.calldatas,
            startBlock,
            startBlock + settings.votingPeriod,
            description
        );
    }

    /// @dev Casts a ballot without a reason.
    function _castVote(address voter, uint256 id, uint8 support) private returns (uint256 votes) {
        votes = _countBallot(voter, id, support);
        emit VoteCast(voter, id, support, votes, "");
    }

    /// @dev Counts a ballot of `voter`; the signature, where there is one, was checked.
    function _countBallot(address voter, uint256 id, uint8 support) private returns (uint256 votes) {
        Tally storage tally = _tallies[id];
        ProposalSlot slot = tally.slot;
        _requireActive(id, slot);
        if (support > ABSTAIN) revert InvalidSupport(support);
        Ballots storage ballots = _ballotsOf(voter, id);
        uint256 word = ballots.word;
        uint256 shift = _ballotShift(id);
        if ((word >> shift) & 3 != 0) revert AlreadyVoted(id, voter);
        // What was read before stays true: the token is called without the right to change anything.
        votes = getVotes(voter, slot.startBlock());
        ballots.word = word | _ballotBits(shift, support);
        tally.slot = _add(id, slot, support, votes);
    }

    /// @dev Counts ballot `index` of a batch, if there is a reason to; the caller stores the proposal's word.
    function _countInBatch(uint256 id, ProposalSlot slot, uint256 index, SignedBallot calldata ballot)
        private
        returns (ProposalSlot, bool counted)
    {
        (uint8 support, uint256 shift) = (ballot.support, _ballotShift(id));
        (address voter, ECDSA.RecoverError fault,) =
            ECDSA.tryRecover(_ballotDigest(id, support), ballot.v, ballot.r, ballot.s);
        if (fault != ECDSA.RecoverError.NoError) {
            emit BallotSkipped(id, index, address(0), SkipReason.InvalidSignature);
            return (slot, false);
        }
        if (support > ABSTAIN) {
            emit BallotSkipped(id, index, voter, SkipReason.InvalidSupport);
            return (slot, false);
        }
        Ballots storage ballots = _ballotsOf(voter, id);
        uint256 word = ballots.word;
        if ((word >> shift) & 3 != 0) {
            emit BallotSkipped(id, index, voter, SkipReason.AlreadyVoted);
            return (slot, false);
        }
        uint256 votes = getVotes(voter, slot.startBlock());
        // The relayer pays; a ballot that changes nothing would let anyone waste its gas.
        if (votes == 0) {
            emit BallotSkipped(id, index, voter, SkipReason.NoVotes);
            return (slot, false);
        }
        ballots.word = word | _ballotBits(shift, support);
        slot = _add(id, slot, support, votes);
        emit VoteCast(voter, id, support, votes, "");
        return (slot, true);
    }

    /// @dev The proposal's word with `votes` more. Only an abstention touches another slot.
    function _add(uint256 id, ProposalSlot slot, uint8 support, uint256 votes)
        private
        returns (ProposalSlot)
    {
        if (support == FOR) return _extendAfterSwing(id, slot, slot.addFor(votes));
        if (support == AGAINST) return slot.addAgainst(votes);
        _tallies[id].abstainVotes += votes;
        return slot;
    }

    /// @dev A vote that turns the proposal to passing at the last moment leaves those who see it no time to answer:
    /// it extends the vote, once. Only a vote in favour can do so.
    function _extendAfterSwing(uint256 id, ProposalSlot beforeVote, ProposalSlot afterVote)
        private
        returns (ProposalSlot)
    {
        uint256 extended;
        // Safe: a block number.
        unchecked {
            extended = block.number + LATE_SWING_WINDOW;
        }
        if (extended <= afterVote.endBlock() || afterVote.isExtended()) return afterVote;
        uint256 needed = ProposalRecord.readQuorum(_ordinal(id));
        if (_passes(beforeVote, needed) || !_passes(afterVote, needed)) return afterVote;
        // Safe: a block number.
        emit ProposalExtended(id, uint64(extended));
        return afterVote.extend(extended);
    }

    function _checkProposer(address proposer, uint256 threshold) private view {
        uint256 votes = getVotes(proposer, block.number - 1);
        if (votes <= threshold && !isWhitelisted(proposer)) {
            revert BelowThreshold(proposer, votes, threshold);
        }
        uint256 latest = latestProposalIds[proposer];
        if (latest == 0) return;
        ProposalSlot slot = _tallies[latest].slot;
        if (slot.phase() != Phase.Canceled && block.number <= slot.endBlock()) {
            revert LiveProposal(proposer, latest);
        }
    }

    /// @dev What would make a proposal impossible to execute.
    function _checkActions(Actions memory actions) private view {
        uint256 count = actions.targets.length;
        if (
            actions.values.length != count || actions.signatures.length != count
                || actions.calldatas.length != count
        ) {
            revert InvalidProposalLength(
                count, actions.values.length, actions.signatures.length, actions.calldatas.length
            );
        }
        if (count == 0 || count > proposalMaxOperations) {
            revert InvalidActionCount(count, proposalMaxOperations);
        }
        for (uint256 i = 0; i < count; i++) {
            _checkCode(i, actions.targets[i], actions.signatures[i], actions.calldatas[i]);
        }
        if (count > 1) _checkDifferent(actions);
    }

    /// @dev A time lock of the Compound generation could not queue two actions that are the same.
    function _checkDifferent(Actions memory actions) private pure {
        // Zero, which no hash is, for the actions to come.
        uint256[] memory hashes = new uint256[](actions.targets.length);
        for (uint256 i = 0; i < hashes.length; i++) {
            uint256 hash = uint256(
                EfficientHashLib.hash(
                    uint256(uint160(actions.targets[i])),
                    actions.values[i],
                    uint256(keccak256(bytes(actions.signatures[i]))),
                    uint256(keccak256(actions.calldatas[i]))
                )
            );
            uint256 earlier = DynamicArrayLib.lastIndexOf(hashes, hash, i);
            if (earlier != DynamicArrayLib.NOT_FOUND) revert DuplicateAction(earlier, i);
            hashes[i] = hash;
        }
    }

    function _checkSignature(address signer, bytes32 structHash, bytes calldata signature) private view {
        if (!SignatureChecker.isValidSignatureNowCalldata(signer, _digest(structHash), signature)) {
            revert InvalidSignature(signer);
        }
    }

    function _requireState(uint256 id, ProposalSlot slot, ProposalState required) private view {
        ProposalState current = _stateOf(id, slot);
        if (current != required) revert UnexpectedState(id, uint8(current));
    }

    function _stateOf(uint256 id, ProposalSlot slot) private view returns (ProposalState) {
        if (slot.isClosed()) {
            return slot.phase() == Phase.Canceled ? ProposalState.Canceled : ProposalState.Executed;
        }
        if (block.number <= slot.startBlock()) return ProposalState.Pending;
        uint256 end = slot.endBlock();
        if (block.number <= end) return ProposalState.Active;
        uint256 eta = slot.eta();
        if (eta != 0) {
            return block.timestamp > eta + GRACE_PERIOD ? ProposalState.Expired : ProposalState.Queued;
        }
        if (!_passes(slot, ProposalRecord.readQuorum(_ordinal(id)))) {
            return ProposalState.Defeated;
        }
        return block.number > end + QUEUE_WINDOW ? ProposalState.Expired : ProposalState.Succeeded;
    }

    function _requireActive(uint256 id, ProposalSlot slot) private view {
        if (slot.isClosed() || !slot.isVotedOnIn(block.number)) {
            if (!slot.exists()) revert UnknownProposal(id);
            revert UnexpectedState(id, uint8(_stateOf(id, slot)));
        }
    }

    function _existingSlot(uint256 id) private view returns (ProposalSlot slot) {
        slot = _tallies[id].slot;
        if (!slot.exists()) revert UnknownProposal(id);
    }

    function _ballotOf(address voter, uint256 id) private view returns (uint256) {
        return (_ballotsOf(voter, id).word >> _ballotShift(id)) & 3;
    }

    /// @dev The ballots of `voter` among which is the one on proposal `id`, which exists.
    function _ballotsOf(address voter, uint256 id) private view returns (Ballots storage) {
        return _ballots[(id >> 7) << 160 | uint160(voter)];
    }

    /// @dev Which of this governor's own proposals an existing one is, starting with 1.
    function _ordinal(uint256 id) private view returns (uint256) {
        return FIRST_GOVERNOR ? id : id - initialProposalId;
    }

    function _signer(bytes32 digest, uint8 v, bytes32 r, bytes32 s) private pure returns (address signer) {
        ECDSA.RecoverError fault;
        (signer, fault,) = ECDSA.tryRecover(digest, v, r, s);
        if (fault != ECDSA.RecoverError.NoError) revert InvalidSignature(address(0));
    }

    /// @dev The two bits of a valid `support` among a voter's ballots.
    function _ballotBits(uint256 shift, uint8 support) private pure returns (uint256) {
        // Safe: three at most.
        unchecked {
            return (uint256(support) + 1) << shift;
        }
    }

    /// @dev Where among 128 ballots is the one on proposal `id`.
    function _ballotShift(uint256 id) private pure returns (uint256) {
        return (id & 127) << 1;
    }

    function _passes(ProposalSlot slot, uint256 needed) private pure returns (bool) {
        return slot.forVotes() > slot.againstVotes() && slot.forVotes() >= needed;
    }
}
