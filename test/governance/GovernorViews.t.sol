// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBTRST} from "../../contracts/interfaces/IBTRST.sol";
import {IBraintrustGovernor, IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {GovernorFixture} from "./GovernorFixture.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC6372} from "@openzeppelin/contracts/interfaces/IERC6372.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

/// @title Views and constants, called by the selectors that Bravo and OpenZeppelin clients send
/// @notice Selectors are written as bytes, so that a changed signature in the interface goes red here.
contract GovernorViewsTest is GovernorFixture {
    uint256 private id;

    function setUp() public override {
        super.setUp();
        id = propose(proposer.addr, transfers(2));
        startVote(id);
        vote(alice, id, FOR);
        vote(bob, id, AGAINST);
        vote(carol, id, ABSTAIN);
    }

    // Bravo

    function test_bravo_parameters() public view {
        assertAnswer(0x02a251a3, VOTING_PERIOD); // votingPeriod
        assertAnswer(0x3932abb1, VOTING_DELAY); // votingDelay
        assertAnswer(0xb58131b0, THRESHOLD); // proposalThreshold
        assertAnswer(0x24bc1a64, QUORUM); // quorumVotes
        assertAnswer(0x7bdbe4d0, 10); // proposalMaxOperations
        assertAnswer(0xda35c664, 1); // proposalCount
        assertAnswer(0xfc4eee42, 0); // initialProposalId
        assertAnswer(0x791f5d23, 500e18); // MIN_PROPOSAL_THRESHOLD
        assertAnswer(0x25fd935a, 2_500_000e18); // MAX_PROPOSAL_THRESHOLD
        assertAnswer(0x215809ca, 7200); // MIN_VOTING_PERIOD
        assertAnswer(0xa64e024a, 100_800); // MAX_VOTING_PERIOD
        assertAnswer(0xe48083fe, 1); // MIN_VOTING_DELAY
        assertAnswer(0xb1126263, 50_400); // MAX_VOTING_DELAY
    }

    function test_bravo_addresses() public view {
        assertAnswer(0xd33219b4, address(timelock)); // timelock
        assertAnswer(0xf851a440, address(timelock)); // admin
        assertAnswer(0x26782247, address(0)); // pendingAdmin
        assertAnswer(0x109d0af8, address(token)); // comp
        assertAnswer(0xc5a8425d, address(0)); // whitelistGuardian
        assertEq(ask(hex"fc473616"), abi.encode(guardian, guardianExpiry)); // proposalGuardian
    }

    function test_bravo_accounts() public {
        vm.prank(address(timelock));
        governor._setWhitelistAccountExpiration(stranger, guardianExpiry);

        bytes4 isWhitelisted = 0x3af32abf;
        assertEq(ask(abi.encodeWithSelector(isWhitelisted, stranger)), abi.encode(true));
        assertEq(ask(abi.encodeWithSelector(isWhitelisted, alice.addr)), abi.encode(false));
        bytes4 expirations = 0x38bd0dda;
        assertEq(ask(abi.encodeWithSelector(expirations, stranger)), abi.encode(guardianExpiry));
        assertEq(ask(abi.encodeWithSelector(expirations, alice.addr)), abi.encode(0));
        bytes4 latestProposalIds = 0x17977c61;
        assertEq(ask(abi.encodeWithSelector(latestProposalIds, proposer.addr)), abi.encode(id));
        assertEq(ask(abi.encodeWithSelector(latestProposalIds, stranger)), abi.encode(0));
    }

    function test_bravo_typeHashes() public view {
        assertEq(ask(hex"deaaa7cc"), abi.encode(keccak256("Ballot(uint256 proposalId,uint8 support)")));
        assertEq(
            ask(hex"d11d19c2"),
            abi.encode(keccak256("Ballot(uint256 proposalId,uint8 support,string reason)"))
        );
        assertEq(
            ask(hex"20606b70"),
            abi.encode(keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)"))
        );
        assertEq(
            ask(hex"853b94a0"),
            abi.encode(
                keccak256(
                    "Proposal(address[] targets,uint256[] values,string[] signatures,bytes[] calldatas,string description,address proposer,uint256 nonce,uint256 deadline)"
                )
            )
        );
    }

    function test_bravo_proposal() public view {
        uint256 start = vm.getBlockNumber() - 1;
        bytes4 proposals = 0x013cf08b;
        assertEq(
            ask(abi.encodeWithSelector(proposals, id)),
            abi.encode(
                id,
                proposer.addr,
                uint256(0),
                start,
                start + VOTING_PERIOD,
                uint256(150_000e18),
                uint256(120_000e18),
                uint256(100_000e18),
                false,
                false
            )
        );
        bytes4 state = 0x3e4f49e6;
        assertEq(ask(abi.encodeWithSelector(state, id)), abi.encode(1));
        bytes4 getReceipt = 0xe23a9a52;
        assertEq(
            ask(abi.encodeWithSelector(getReceipt, id, carol.addr)),
            abi.encode(true, ABSTAIN, uint96(100_000e18))
        );
        assertEq(ask(abi.encodeWithSelector(getReceipt, id, stranger)), abi.encode(false, 0, 0));
        bytes4 getActions = 0x328dd982;
        (address[] memory t, uint256[] memory v, string[] memory s, bytes[] memory c) =
            governor.getActions(id);
        assertEq(ask(abi.encodeWithSelector(getActions, id)), abi.encode(t, v, s, c));
    }

    function test_bravo_canceledAndExecuted() public {
        uint256 canceled = propose(alice.addr, transfers(1));
        vm.prank(alice.addr);
        governor.cancel(canceled);
        (,,,,,,,, bool isCanceled, bool isExecuted) = governor.proposals(canceled);
        assertTrue(isCanceled);
        assertFalse(isExecuted);

        endVote(id);
        governor.queue(id);
        vm.warp(governor.proposalEta(id));
        governor.execute(id);
        (,,,,,,,, isCanceled, isExecuted) = governor.proposals(id);
        assertFalse(isCanceled);
        assertTrue(isExecuted);
    }

    // OpenZeppelin

    function test_openZeppelin_governor() public view {
        assertEq(ask(hex"06fdde03"), abi.encode("Braintrust Governor")); // name
        assertEq(ask(hex"54fd4d50"), abi.encode("1")); // version
        assertEq(ask(hex"dd4e2ba5"), abi.encode("support=bravo&quorum=for")); // COUNTING_MODE
        assertEq(ask(hex"4bf5d7e9"), abi.encode("mode=blocknumber&from=default")); // CLOCK_MODE
        assertAnswer(0x91ddadf4, vm.getBlockNumber()); // clock
        assertAnswer(0xfc0c546a, address(token)); // token
        bytes4 quorum = 0xf8ce560a;
        assertEq(ask(abi.encodeWithSelector(quorum, 0)), abi.encode(QUORUM));
        assertEq(ask(abi.encodeWithSelector(quorum, type(uint256).max)), abi.encode(QUORUM));
        bytes4 nonces = 0x7ecebe00;
        assertEq(ask(abi.encodeWithSelector(nonces, alice.addr)), abi.encode(0));
    }

    function test_openZeppelin_proposal() public view {
        uint256 start = vm.getBlockNumber() - 1;
        assertEq(askAbout(0x2d63f693), abi.encode(start)); // proposalSnapshot
        assertEq(askAbout(0xc01f9e37), abi.encode(start + VOTING_PERIOD)); // proposalDeadline
        assertEq(askAbout(0x143489d0), abi.encode(proposer.addr)); // proposalProposer
        assertEq(askAbout(0xab58fb8e), abi.encode(0)); // proposalEta
        assertEq(askAbout(0xa9a95294), abi.encode(true)); // proposalNeedsQueuing
        assertEq( // proposalVotes
            askAbout(0x544ffc9c),
            abi.encode(uint256(120_000e18), uint256(150_000e18), uint256(100_000e18))
        );
        bytes4 hasVoted = 0x43859632;
        assertEq(ask(abi.encodeWithSelector(hasVoted, id, alice.addr)), abi.encode(true));
        assertEq(ask(abi.encodeWithSelector(hasVoted, id, stranger)), abi.encode(false));
    }

    function test_openZeppelin_votes() public {
        bytes4 getVotes = 0xeb9019d4;
        uint256 past = vm.getBlockNumber() - 1;
        assertEq(ask(abi.encodeWithSelector(getVotes, alice.addr, past)), abi.encode(uint256(150_000e18)));

        vm.expectRevert(
            abi.encodeWithSelector(IBTRST.ERC5805FutureLookup.selector, past + 1, uint48(past + 1))
        );
        governor.getVotes(alice.addr, past + 1);
    }

    /// The governor reads the token without the compiler's help: that must make no difference.
    function testFuzz_getVotes_isTheTokensAnswer(address account, uint256 blockNumber, uint96 votes) public {
        bytes memory question = abi.encodeCall(IBTRST.getPriorVotes, (account, blockNumber));
        vm.mockCall(address(token), question, abi.encode(votes));
        vm.expectCall(address(token), question);
        assertEq(governor.getVotes(account, blockNumber), votes);
    }

    function testFuzz_RevertWhen_theTokenReverts(address account, uint256 blockNumber, bytes memory reason)
        public
    {
        bytes memory question = abi.encodeCall(IBTRST.getPriorVotes, (account, blockNumber));
        vm.mockCallRevert(address(token), question, reason);
        vm.expectRevert(reason);
        governor.getVotes(account, blockNumber);
    }

    function test_RevertWhen_theTokenAnswersTooLittle() public {
        bytes memory question = abi.encodeCall(IBTRST.getPriorVotes, (alice.addr, 1));
        vm.mockCall(address(token), question, new bytes(31));
        vm.expectRevert(new bytes(31));
        governor.getVotes(alice.addr, 1);
    }

    function test_ownConstants() public view {
        assertEq(governor.MIN_QUORUM_VOTES(), 100_000e18);
        assertEq(governor.MAX_QUORUM_VOTES(), 25_000_000e18);
        assertEq(governor.LATE_SWING_WINDOW(), 7200);
        assertEq(governor.QUEUE_WINDOW(), 100_800);
        assertEq(governor.MAX_GUARDIAN_TERM(), 365 days);
        assertTrue(governor.initiated());
        assertEq(governor.proposalQuorum(id), QUORUM);
        assertEq(
            governor.VOTER_BALLOT_TYPEHASH(),
            keccak256("Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)")
        );
    }

    /// In every state both families of views tell the same.
    function testFuzz_bothFamiliesAgree(uint8 stage) public {
        stage %= 4;
        if (stage > 0) endVote(id);
        if (stage > 1) governor.queue(id);
        if (stage > 2) {
            vm.warp(governor.proposalEta(id));
            governor.execute(id);
        }
        (
            uint256 proposalId,
            address account,
            uint256 eta,
            uint256 start,
            uint256 end,
            uint256 inFavour,
            uint256 against,
            uint256 abstain,
            bool canceled,
            bool executed
        ) = governor.proposals(id);

        assertEq(proposalId, id);
        assertEq(account, governor.proposalProposer(id));
        assertEq(eta, governor.proposalEta(id));
        assertEq(eta != 0, stage > 1);
        assertEq(start, governor.proposalSnapshot(id));
        assertEq(end, governor.proposalDeadline(id));
        assertEq(abi.encode(against, inFavour, abstain), askAbout(0x544ffc9c));
        assertFalse(canceled);
        assertEq(executed, stage == 3);
        assertEq(executed, governor.state(id) == IBraintrustGovernor.ProposalState.Executed);
        assertEq(governor.quorum(start), governor.quorumVotes());
        assertEq(governor.token(), governor.comp());
        assertEq(governor.timelock(), governor.admin());
        assertEq(governor.getReceipt(id, alice.addr).hasVoted, governor.hasVoted(id, alice.addr));
        assertEq(governor.getReceipt(id, alice.addr).votes, governor.getVotes(alice.addr, start));
    }

    function testFuzz_RevertWhen_thereIsNoProposal(uint256 unknown) public view {
        vm.assume(unknown != id);
        bytes4[11] memory selectors = [
            bytes4(0x013cf08b), // proposals
            0x3e4f49e6, // state
            0x328dd982, // getActions
            0x2d63f693, // proposalSnapshot
            0xc01f9e37, // proposalDeadline
            0x143489d0, // proposalProposer
            0xab58fb8e, // proposalEta
            0xa9a95294, // proposalNeedsQueuing
            0x544ffc9c, // proposalVotes
            0xe23a9a52, // getReceipt
            0x43859632 // hasVoted
        ];
        for (uint256 i = 0; i < selectors.length; i++) {
            assertUnknown(abi.encodeWithSelector(selectors[i], unknown, alice.addr), unknown);
        }
        assertUnknown(abi.encodeCall(governor.proposalQuorum, (unknown)), unknown);
    }

    // Standards

    function test_supportsInterface() public view {
        assertTrue(governor.supportsInterface(0x01ffc9a7));
        assertTrue(governor.supportsInterface(0xda287a1d));
        assertEq(type(IERC6372).interfaceId, bytes4(0xda287a1d));
        assertEq(type(IERC165).interfaceId, bytes4(0x01ffc9a7));
        assertFalse(governor.supportsInterface(0xffffffff));
        // OpenZeppelin's IGovernor, with and without getProposalId: its ids are hashes.
        assertFalse(governor.supportsInterface(0xcdbdfcee));
        assertFalse(governor.supportsInterface(0x65455a86));
    }

    function test_eip712Domain() public {
        vm.chainId(31_338);
        assertEq(
            ask(hex"84b0196e"),
            abi.encode(
                bytes1(0x0d),
                "Braintrust Governor",
                "",
                uint256(31_338),
                address(governor),
                bytes32(0),
                new uint256[](0)
            )
        );
        assertEq(IERC5267.eip712Domain.selector, bytes4(0x84b0196e));
    }

    // Selectors of what changes state, and topics of what is emitted

    function test_selectors_ofTransactions() public {
        assertEq(IBraintrustGovernor.queue.selector, bytes4(0xddf0b009));
        assertEq(IBraintrustGovernor.execute.selector, bytes4(0xfe0d94c1));
        assertEq(IBraintrustGovernor.cancel.selector, bytes4(0x40e58ee5));
        assertEq(IBraintrustGovernor.castVote.selector, bytes4(0x56781388));
        assertEq(IBraintrustGovernor.castVoteWithReason.selector, bytes4(0x7b3c71d3));
        assertEq(IBraintrustGovernor.castVoteWithReasonBySig.selector, bytes4(0xcee87708));
        assertEq(IBraintrustGovernor._setVotingDelay.selector, bytes4(0x1dfb1b5a));
        assertEq(IBraintrustGovernor._setVotingPeriod.selector, bytes4(0x0ea2d98c));
        assertEq(IBraintrustGovernor._setProposalThreshold.selector, bytes4(0x17ba1b8b));
        assertEq(IBraintrustGovernor._setWhitelistAccountExpiration.selector, bytes4(0x4d6733d2));
        assertEq(IBraintrustGovernor._setWhitelistGuardian.selector, bytes4(0x99533365));
        assertEq(IBraintrustGovernor._setProposalGuardian.selector, bytes4(0xe563dfb6));
        assertEq(IBraintrustGovernor._initiate.selector, bytes4(0xf9d28b80));
        // Overloads have no selector in the language: their reverts show that they are there.
        bytes memory below =
            abi.encodeWithSelector(IGovernorEvents.BelowThreshold.selector, stranger, 0, THRESHOLD);
        assertRefused(
            abi.encodeWithSelector(
                0xda95691a, new address[](0), new uint256[](0), new string[](0), new bytes[](0), ""
            ),
            below
        );
        assertRefused(
            abi.encodeWithSelector(0x7d5e81e2, new address[](0), new uint256[](0), new bytes[](0), ""), below
        );
        assertRefused(
            abi.encodeWithSelector(0x3bccf4fd, id, FOR, uint8(0), bytes32(0), bytes32(0)),
            abi.encodeWithSelector(IGovernorEvents.InvalidSignature.selector, address(0))
        );
        assertRefused(
            abi.encodeWithSelector(0x8ff262e3, id, FOR, alice.addr, ""),
            abi.encodeWithSelector(IGovernorEvents.InvalidSignature.selector, alice.addr)
        );
    }

    function test_topics() public pure {
        assertTopic(IGovernorEvents.ProposalCreated.selector, 0x7d84a626);
        assertTopic(IGovernorEvents.VoteCast.selector, 0xb8e13888);
        assertTopic(IGovernorEvents.ProposalCanceled.selector, 0x789cf55b);
        assertTopic(IGovernorEvents.ProposalQueued.selector, 0x9a2e42fd);
        assertTopic(IGovernorEvents.ProposalExecuted.selector, 0x712ae138);
        assertTopic(IGovernorEvents.ProposalExtended.selector, 0x541f725f);
        assertEq(
            IGovernorEvents.ProposalGuardianSet.selector,
            keccak256("ProposalGuardianSet(address,uint96,address,uint96)")
        );
        assertEq(IGovernorEvents.VotingDelaySet.selector, keccak256("VotingDelaySet(uint256,uint256)"));
        assertEq(IGovernorEvents.VotingPeriodSet.selector, keccak256("VotingPeriodSet(uint256,uint256)"));
        assertEq(
            IGovernorEvents.ProposalThresholdSet.selector, keccak256("ProposalThresholdSet(uint256,uint256)")
        );
        assertEq(
            IGovernorEvents.WhitelistAccountExpirationSet.selector,
            keccak256("WhitelistAccountExpirationSet(address,uint256)")
        );
        assertEq(
            IGovernorEvents.WhitelistGuardianSet.selector, keccak256("WhitelistGuardianSet(address,address)")
        );
    }

    /// States have Bravo's numbers.
    function test_states() public pure {
        assertEq(uint8(IBraintrustGovernor.ProposalState.Pending), 0);
        assertEq(uint8(IBraintrustGovernor.ProposalState.Active), 1);
        assertEq(uint8(IBraintrustGovernor.ProposalState.Canceled), 2);
        assertEq(uint8(IBraintrustGovernor.ProposalState.Defeated), 3);
        assertEq(uint8(IBraintrustGovernor.ProposalState.Succeeded), 4);
        assertEq(uint8(IBraintrustGovernor.ProposalState.Queued), 5);
        assertEq(uint8(IBraintrustGovernor.ProposalState.Expired), 6);
        assertEq(uint8(IBraintrustGovernor.ProposalState.Executed), 7);
    }

    function assertTopic(bytes32 topic, bytes4 expected) private pure {
        assertEq(bytes4(topic), expected);
    }

    function assertAnswer(bytes4 selector, uint256 expected) private view {
        assertEq(ask(abi.encodePacked(selector)), abi.encode(expected));
    }

    function assertAnswer(bytes4 selector, address expected) private view {
        assertEq(ask(abi.encodePacked(selector)), abi.encode(expected));
    }

    function assertUnknown(bytes memory call, uint256 unknown) private view {
        (bool success, bytes memory reason) = address(governor).staticcall(call);
        assertFalse(success);
        assertEq(reason, abi.encodeWithSelector(IGovernorEvents.UnknownProposal.selector, unknown));
    }

    function assertRefused(bytes memory call, bytes memory expected) private {
        vm.prank(stranger);
        (bool success, bytes memory reason) = address(governor).call(call);
        assertFalse(success);
        assertEq(reason, expected);
    }

    function askAbout(bytes4 selector) private view returns (bytes memory) {
        return ask(abi.encodeWithSelector(selector, id));
    }

    function ask(bytes memory call) private view returns (bytes memory answer) {
        bool success;
        (success, answer) = address(governor).staticcall(call);
        assertTrue(success, "call failed");
    }
}
