// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Actions, ProposalRecord, Terms} from "../../contracts/governance/ProposalRecord.sol";
import {Phase, ProposalSlot, ProposalSlots} from "../../contracts/governance/ProposalSlot.sol";
import {Account as HolderAccount} from "../../contracts/token/Account.sol";
import {CheckpointPair} from "../../contracts/token/CheckpointPair.sol";
import {Proof} from "./Proof.sol";
import {LibRLP} from "solady/utils/LibRLP.sol";

/// @title What is packed into words and code comes out as it went in, and a change of one field leaves the others
contract PackingProof is Proof {
    /// The fields of a proposal's word.
    struct Fields {
        uint256 forVotes;
        uint256 againstVotes;
        uint256 startBlock;
        uint256 endBlock;
        uint256 eta;
        Phase phase;
    }

    /// @notice Property 1, 2. Debit, credit and a new delegate change their field of an account only.
    /// @dev Any word; amounts that the balance covers, or that fit above it in 96 bits.
    function check_account(uint256 word, uint256 amount, address delegate) external proof {
        HolderAccount account = HolderAccount.wrap(word);
        vm.assume(amount <= account.balance() && account.balance() + amount <= type(uint96).max);

        assert(account.debit(amount).balance() == account.balance() - amount);
        assert(account.debit(amount).delegatee() == account.delegatee());
        assert(account.credit(amount).balance() == account.balance() + amount);
        assert(account.credit(amount).delegatee() == account.delegatee());
        assert(account.withDelegatee(delegate).delegatee() == delegate);
        assert(account.withDelegatee(delegate).balance() == account.balance());
    }

    /// @notice Property 3. Replacing the newer checkpoint of a pair changes nothing else.
    /// @dev Any word; votes below 2^88 and blocks below 2^32.
    function check_pair_withNewer(uint256 word, uint88 votes, uint32 blockNumber) external proof {
        CheckpointPair pair = CheckpointPair.wrap(word);
        CheckpointPair changed = pair.withNewer(votes, blockNumber);

        assert(changed.newerVotes() == votes);
        assert(changed.newerBlock() == blockNumber);
        assert(changed.olderVotes() == pair.olderVotes());
        assert(changed.olderBlock() == pair.olderBlock());
        assert(changed.count() == pair.count());
    }

    /// @notice Property 3. A checkpoint added to a pair makes the newer one the older one and keeps the count.
    /// @dev Any word without an older checkpoint; votes below 2^88 and blocks below 2^32.
    function check_pair_appended(uint256 word, uint88 votes, uint32 blockNumber) external proof {
        CheckpointPair pair = CheckpointPair.wrap(word);
        vm.assume(pair.olderVotes() == 0 && pair.olderBlock() == 0);
        CheckpointPair changed = pair.appended(votes, blockNumber);

        assert(changed.newerVotes() == votes);
        assert(changed.newerBlock() == blockNumber);
        assert(changed.olderVotes() == pair.newerVotes());
        assert(changed.olderBlock() == pair.newerBlock());
        assert(changed.count() == pair.count());
    }

    /// @notice Property 3. An archived pair has both checkpoints and no count.
    /// @dev Any word.
    function check_pair_uncounted(uint256 word) external proof {
        CheckpointPair pair = CheckpointPair.wrap(word);
        CheckpointPair archived = pair.uncounted();

        assert(archived.newerVotes() == pair.newerVotes());
        assert(archived.newerBlock() == pair.newerBlock());
        assert(archived.olderVotes() == pair.olderVotes());
        assert(archived.olderBlock() == pair.olderBlock());
        assert(archived.count() == 0);
    }

    /// @notice Property 10. A new proposal's word holds start and end, and nothing else; it is never that of no
    /// proposal.
    /// @dev Any start that fits and is not 0, any duration that fits.
    function check_slot_create(uint256 start, uint256 duration) external proof {
        vm.assume(start != 0);
        ProposalSlot slot = ProposalSlots.create(start, duration);
        assert(slot.exists());
        assertFields(slot, Fields(0, 0, start, start + duration, 0, Phase.Open));
    }

    /// @notice Property 12. Votes in favour change that tally only.
    /// @dev Any word; any votes whose sum fits, else the call reverts.
    function check_slot_addFor(uint256 word, uint256 votes) external proof {
        ProposalSlot slot = ProposalSlot.wrap(word);
        Fields memory fields = fieldsOf(slot);
        fields.forVotes += votes;
        assertFields(slot.addFor(votes), fields);
    }

    /// @notice Property 12. Votes against change that tally only.
    /// @dev Any word; any votes whose sum fits, else the call reverts.
    function check_slot_addAgainst(uint256 word, uint256 votes) external proof {
        ProposalSlot slot = ProposalSlot.wrap(word);
        Fields memory fields = fieldsOf(slot);
        fields.againstVotes += votes;
        assertFields(slot.addAgainst(votes), fields);
    }

    /// @notice Property 12. As long as all votes together stay within the supply, counting never overflows.
    /// @dev Any word and votes with for + against + votes <= supply, for any supply below 2^88.
    function check_slot_tallyNeverOverflows(uint256 word, uint256 votes, uint88 supply) external proof {
        ProposalSlot slot = ProposalSlot.wrap(word);
        vm.assume(votes <= supply && slot.forVotes() + slot.againstVotes() + votes <= supply);
        try this.addBoth(slot, votes) {}
        catch {
            assert(false);
        }
    }

    /// @notice Property 19. Extending a vote changes its end and the phase only.
    /// @dev Any word; any end that fits, else the call reverts.
    function check_slot_extend(uint256 word, uint256 end) external proof {
        ProposalSlot slot = ProposalSlot.wrap(word);
        Fields memory fields = fieldsOf(slot);
        (fields.endBlock, fields.phase) = (end, Phase.Extended);
        assertFields(slot.extend(end), fields);
    }

    /// @notice Property 20. Queueing changes the eta only.
    /// @dev Any word without an eta; any eta that fits, else the call reverts.
    function check_slot_withEta(uint256 word, uint256 eta) external proof {
        ProposalSlot slot = ProposalSlot.wrap(word);
        Fields memory fields = fieldsOf(slot);
        vm.assume(fields.eta == 0);
        fields.eta = eta;
        assertFields(slot.withEta(eta), fields);
    }

    /// @notice Property 10. Canceling and executing change the phase only.
    /// @dev Any word, any phase.
    function check_slot_withPhase(uint256 word, uint8 number) external proof {
        vm.assume(number <= uint8(type(Phase).max));
        ProposalSlot slot = ProposalSlot.wrap(word);
        Fields memory fields = fieldsOf(slot);
        fields.phase = Phase(number);
        ProposalSlot changed = slot.withPhase(Phase(number));
        assertFields(changed, fields);
        assert(changed.isClosed() == (number >= uint8(Phase.Canceled)));
        assert(changed.isExtended() == (number == uint8(Phase.Extended)));
    }

    /// @notice Property 17. A record gives back the terms it was made with.
    /// @dev Any proposer; quorum and threshold below 2^88; one action without text.
    function check_record_terms(address proposer, uint88 quorum, uint88 threshold, address target)
        external
        proof
    {
        Actions memory actions = blank(1);
        actions.targets[0] = target;
        store(ProposalRecord.encode(Terms(proposer, quorum, threshold), actions));
        Terms memory terms = ProposalRecord.readTerms(1);
        assert(terms.proposer == proposer);
        assert(terms.quorumVotes == quorum);
        assert(terms.proposalThreshold == threshold);
    }

    /// @notice Property 31. A record gives back the actions it was made with.
    /// @dev Two actions with any targets, values (zero or not) and contents; signatures of 0 and 33 bytes, data of
    /// 36 and 5 bytes.
    function check_record_actions(address[2] memory targets, uint256[2] memory values) external proof {
        Actions memory given = blank(2);
        for (uint256 i = 0; i < 2; i++) {
            (given.targets[i], given.values[i]) = (targets[i], values[i]);
        }
        given.signatures[1] = string(vm.randomBytes(33));
        (given.calldatas[0], given.calldatas[1]) = (vm.randomBytes(36), vm.randomBytes(5));
        store(ProposalRecord.encode(Terms(address(this), 1, 1), given));

        Actions memory actions = ProposalRecord.readActions(1);
        assert(actions.targets.length == 2 && actions.values.length == 2);
        assert(actions.signatures.length == 2 && actions.calldatas.length == 2);
        for (uint256 i = 0; i < 2; i++) {
            assert(actions.targets[i] == given.targets[i]);
            assert(actions.values[i] == given.values[i]);
            assert(keccak256(bytes(actions.signatures[i])) == keccak256(bytes(given.signatures[i])));
            assert(keccak256(actions.calldatas[i]) == keccak256(given.calldatas[i]));
        }
    }

    /// @notice Property 31. The call that a record is read as is the ABI encoding of its actions, salt and eta.
    /// @dev Two actions with any targets (the same or not), values (zero or not), signatures of 33 bytes (the same or
    /// not), data of 36 and 0 bytes; any selector, salt and eta; unused memory is zero.
    function check_record_call(
        address[2] memory targets,
        uint256[2] memory values,
        bytes4 selector,
        bytes32 salt,
        uint256 eta
    ) external proof {
        Actions memory given = blank(2);
        for (uint256 i = 0; i < 2; i++) {
            (given.targets[i], given.values[i]) = (targets[i], values[i]);
            given.signatures[i] = string(vm.randomBytes(33));
        }
        given.calldatas[0] = vm.randomBytes(36);
        store(ProposalRecord.encode(Terms(address(this), 1, 1), given));

        bytes memory expected = abi.encodeWithSelector(
            selector, given.targets, given.values, given.signatures, given.calldatas, salt, eta
        );
        assert(keccak256(ProposalRecord.readCall(1, selector, salt, eta)) == keccak256(expected));
    }

    function addBoth(ProposalSlot slot, uint256 votes) external pure {
        slot.addFor(votes);
        slot.addAgainst(votes);
    }

    function blank(uint256 count) private pure returns (Actions memory) {
        return Actions(new address[](count), new uint256[](count), new string[](count), new bytes[](count));
    }

    /// Puts a record where the library looks for the first one, after the byte that keeps it from being called.
    function store(bytes memory content) private {
        vm.etch(LibRLP.computeAddress(address(this), 1), bytes.concat(hex"00", content));
    }

    function fieldsOf(ProposalSlot slot) private pure returns (Fields memory) {
        return Fields(
            slot.forVotes(), slot.againstVotes(), slot.startBlock(), slot.endBlock(), slot.eta(), slot.phase()
        );
    }

    function assertFields(ProposalSlot slot, Fields memory expected) private pure {
        Fields memory actual = fieldsOf(slot);
        assert(actual.forVotes == expected.forVotes);
        assert(actual.againstVotes == expected.againstVotes);
        assert(actual.startBlock == expected.startBlock);
        assert(actual.endBlock == expected.endBlock);
        assert(actual.eta == expected.eta);
        assert(actual.phase == expected.phase);
    }
}
