// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Phase, ProposalSlot, ProposalSlots} from "../../contracts/governance/ProposalSlot.sol";
import {IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {Test} from "forge-std/Test.sol";

/// @title Calls of the packing as external functions, so that their reverts can be expected
contract ProposalSlotCalls {
    function create(uint256 start, uint256 duration) external pure returns (ProposalSlot) {
        return ProposalSlots.create(start, duration);
    }

    function addFor(ProposalSlot slot, uint256 votes) external pure returns (ProposalSlot) {
        return slot.addFor(votes);
    }

    function addAgainst(ProposalSlot slot, uint256 votes) external pure returns (ProposalSlot) {
        return slot.addAgainst(votes);
    }

    function extend(ProposalSlot slot, uint256 end) external pure returns (ProposalSlot) {
        return slot.extend(end);
    }

    function withEta(ProposalSlot slot, uint256 eta) external pure returns (ProposalSlot) {
        return slot.withEta(eta);
    }
}

/// @title The word of a proposal: every field by itself, at its bounds, and beyond
contract ProposalSlotTest is Test {
    uint256 private constant MAX_VOTES = 2 ** 88 - 1;
    uint256 private constant MAX_START = 2 ** 29 - 1;
    uint256 private constant MAX_DURATION = 2 ** 17 - 1;
    uint256 private constant MAX_ETA = 2 ** 32 - 1;

    ProposalSlotCalls private calls;

    /// The fields, unpacked: the plain form that the word must equal.
    struct Fields {
        uint256 forVotes;
        uint256 againstVotes;
        uint256 start;
        uint256 duration;
        uint256 eta;
        uint8 phase;
    }

    function setUp() public {
        calls = new ProposalSlotCalls();
    }

    function test_layout() public pure {
        ProposalSlot slot = ProposalSlots.create(3, 5).addFor(1).addAgainst(2).withEta(7);
        slot = slot.withPhase(Phase.Executed);

        uint256 expected = 1 | (2 << 88) | (3 << 176) | (5 << 205) | (7 << 222) | (3 << 254);
        assertEq(ProposalSlot.unwrap(slot), expected);
    }

    function test_exists() public pure {
        assertFalse(ProposalSlot.wrap(0).exists());
        assertTrue(ProposalSlots.create(1, 0).exists());
    }

    function test_allFieldsAtTheirMaximum() public pure {
        Fields memory fields =
            Fields(MAX_VOTES, MAX_VOTES, MAX_START, MAX_DURATION, MAX_ETA, uint8(Phase.Executed));

        assertEq(ProposalSlot.unwrap(pack(fields)), type(uint256).max);
        assertFields(pack(fields), fields);
    }

    function testFuzz_roundTrip(Fields memory fields) public pure {
        fields = bounded(fields);
        assertFields(pack(fields), fields);
    }

    function testFuzz_isVotedOnIn_isFromAfterTheStartToTheEnd(Fields memory fields, uint256 number)
        public
        pure
    {
        fields = bounded(fields);
        ProposalSlot slot = pack(fields);
        uint256 end = fields.start + fields.duration;
        uint256[6] memory numbers = [number, 0, fields.start, fields.start + 1, end, end + 1];
        for (uint256 i = 0; i < 6; i++) {
            bool within = fields.start < numbers[i] && numbers[i] <= end;
            assertEq(slot.isVotedOnIn(numbers[i]), within);
            assertFalse(ProposalSlot.wrap(0).isVotedOnIn(numbers[i]), "no proposal");
        }
    }

    function testFuzz_addFor_touchesNothingElse(Fields memory fields, uint256 votes) public pure {
        fields = bounded(fields);
        votes = bound(votes, 0, MAX_VOTES - fields.forVotes);
        ProposalSlot slot = pack(fields).addFor(votes);

        fields.forVotes += votes;
        assertFields(slot, fields);
    }

    function testFuzz_addAgainst_touchesNothingElse(Fields memory fields, uint256 votes) public pure {
        fields = bounded(fields);
        votes = bound(votes, 0, MAX_VOTES - fields.againstVotes);
        ProposalSlot slot = pack(fields).addAgainst(votes);

        fields.againstVotes += votes;
        assertFields(slot, fields);
    }

    function testFuzz_extend_touchesNothingElse(Fields memory fields, uint256 duration) public pure {
        fields = bounded(fields);
        duration = bound(duration, 0, MAX_DURATION);
        ProposalSlot slot = pack(fields).extend(fields.start + duration);

        fields.duration = duration;
        fields.phase = uint8(Phase.Extended);
        assertFields(slot, fields);
    }

    function testFuzz_withEta_touchesNothingElse(Fields memory fields, uint256 eta) public pure {
        fields = bounded(fields);
        fields.eta = 0;
        eta = bound(eta, 0, MAX_ETA);
        ProposalSlot slot = pack(fields).withEta(eta);

        fields.eta = eta;
        assertFields(slot, fields);
    }

    function testFuzz_withPhase_touchesNothingElse(Fields memory fields, uint8 phase) public pure {
        fields = bounded(fields);
        phase %= 4;
        ProposalSlot slot = pack(fields).withPhase(Phase(phase));

        fields.phase = phase;
        assertFields(slot, fields);
    }

    function testFuzz_RevertWhen_startIsTooLarge(uint256 start) public {
        start = bound(start, MAX_START + 1, type(uint256).max);
        expectOverflow(start, MAX_START);
        calls.create(start, 1);
    }

    function testFuzz_RevertWhen_durationIsTooLarge(uint256 duration) public {
        duration = bound(duration, MAX_DURATION + 1, type(uint256).max);
        expectOverflow(duration, MAX_DURATION);
        calls.create(1, duration);
    }

    function testFuzz_RevertWhen_extensionIsTooLarge(uint256 duration) public {
        duration = bound(duration, MAX_DURATION + 1, type(uint256).max - 5);
        expectOverflow(duration, MAX_DURATION);
        calls.extend(ProposalSlots.create(5, 5), duration + 5);
    }

    function testFuzz_RevertWhen_etaIsTooLarge(uint256 eta) public {
        eta = bound(eta, MAX_ETA + 1, type(uint256).max);
        expectOverflow(eta, MAX_ETA);
        calls.withEta(ProposalSlots.create(1, 1), eta);
    }

    function testFuzz_RevertWhen_aTallyOverflows(Fields memory fields, uint256 votes) public {
        fields = bounded(fields);
        votes = bound(votes, MAX_VOTES - fields.forVotes + 1, type(uint256).max - fields.forVotes);
        expectOverflow(fields.forVotes + votes, MAX_VOTES);
        calls.addFor(pack(fields), votes);

        fields.againstVotes = fields.forVotes;
        expectOverflow(fields.againstVotes + votes, MAX_VOTES);
        calls.addAgainst(pack(fields), votes);
    }

    function test_RevertWhen_aTallyOverflowsByOne() public {
        ProposalSlot slot = ProposalSlots.create(1, 1).addFor(3).addAgainst(5);
        expectOverflow(MAX_VOTES + 1, MAX_VOTES);
        calls.addFor(slot, MAX_VOTES - 3 + 1);
        expectOverflow(MAX_VOTES + 1, MAX_VOTES);
        calls.addAgainst(slot, MAX_VOTES - 5 + 1);
    }

    function expectOverflow(uint256 value, uint256 maximum) private {
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.FieldOverflow.selector, value, maximum));
    }

    function bounded(Fields memory fields) private pure returns (Fields memory) {
        fields.forVotes = bound(fields.forVotes, 0, MAX_VOTES);
        fields.againstVotes = bound(fields.againstVotes, 0, MAX_VOTES);
        fields.start = bound(fields.start, 1, MAX_START);
        fields.duration = bound(fields.duration, 0, MAX_DURATION);
        fields.eta = bound(fields.eta, 0, MAX_ETA);
        fields.phase %= 4;
        return fields;
    }

    function pack(Fields memory fields) private pure returns (ProposalSlot) {
        return ProposalSlots.create(fields.start, fields.duration).withEta(fields.eta)
            .withPhase(Phase(fields.phase)).addFor(fields.forVotes).addAgainst(fields.againstVotes);
    }

    function assertFields(ProposalSlot slot, Fields memory fields) private pure {
        assertEq(slot.forVotes(), fields.forVotes, "forVotes");
        assertEq(slot.againstVotes(), fields.againstVotes, "againstVotes");
        assertEq(slot.startBlock(), fields.start, "startBlock");
        assertEq(slot.endBlock(), fields.start + fields.duration, "endBlock");
        assertEq(slot.eta(), fields.eta, "eta");
        assertEq(uint8(slot.phase()), fields.phase, "phase");
        bool closed = slot.phase() == Phase.Canceled || slot.phase() == Phase.Executed;
        assertEq(slot.isClosed(), closed, "closed");
        assertEq(slot.isExtended(), slot.phase() == Phase.Extended, "extended");
    }
}
