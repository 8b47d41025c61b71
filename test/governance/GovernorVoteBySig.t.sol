// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBraintrustGovernor, IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {ContractWallet} from "./ContractWallet.sol";
import {GovernorFixture} from "./GovernorFixture.sol";

/// @title Single ballots by signature: Bravo's two, and the one that names its voter
contract GovernorVoteBySigTest is GovernorFixture {
    uint256 private id;

    function setUp() public override {
        super.setUp();
        id = propose(proposer.addr, transfers(1));
        startVote(id);
    }

    // Bravo's ballots

    function testFuzz_castVoteBySig_countsTheSigner(uint8 support) public {
        support %= 3;
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(alice.privateKey, ballotDigest(id, support));

        expectVoteCast(alice.addr, support, 150_000e18, "");
        vm.prank(stranger);
        governor.castVoteBySig(id, support, v, r, s);

        assertVoted(alice.addr, support, 150_000e18);
        assertFalse(governor.hasVoted(id, stranger));
        assertEq(governor.nonces(alice.addr), 0);
    }

    function testFuzz_castVoteWithReasonBySig_countsTheSigner(uint8 support, string memory reason) public {
        support %= 3;
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(alice.privateKey, reasonDigest(support, reason));

        expectVoteCast(alice.addr, support, 150_000e18, reason);
        vm.prank(stranger);
        governor.castVoteWithReasonBySig(id, support, reason, v, r, s);

        assertVoted(alice.addr, support, 150_000e18);
    }

    function test_RevertWhen_ballotIsReplayed() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(alice.privateKey, ballotDigest(id, FOR));
        governor.castVoteBySig(id, FOR, v, r, s);

        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.AlreadyVoted.selector, id, alice.addr));
        governor.castVoteBySig(id, FOR, v, r, s);
    }

    function test_RevertWhen_ballotWithReasonFollowsAVote() public {
        vote(alice, id, FOR);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(alice.privateKey, reasonDigest(FOR, "why"));

        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.AlreadyVoted.selector, id, alice.addr));
        governor.castVoteWithReasonBySig(id, FOR, "why", v, r, s);
    }

    /// A signature for other content recovers to some other account, which has no votes.
    function test_castVoteBySig_ofChangedContentIsNotTheSigners() public {
        uint256 other = propose(bob.addr, transfers(1));
        startVote(other);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(alice.privateKey, ballotDigest(id, FOR));

        governor.castVoteBySig(other, FOR, v, r, s);
        governor.castVoteBySig(id, AGAINST, v, r, s);
        governor.castVoteWithReasonBySig(id, FOR, "", v, r, s);
        (v, r, s) = vm.sign(alice.privateKey, reasonDigest(FOR, "why"));
        governor.castVoteWithReasonBySig(id, FOR, "why not", v, r, s);
        governor.castVoteBySig(id, FOR, v, r, s);

        assertNotCounted(alice.addr);
        id = other;
        assertNotCounted(alice.addr);
    }

    function test_castVoteBySig_ofAnotherChainOrGovernorIsNotTheSigners() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(alice.privateKey, ballotDigest(id, FOR));
        uint256 chain = block.chainid;
        vm.chainId(chain + 1);
        governor.castVoteBySig(id, FOR, v, r, s);
        assertNotCounted(alice.addr);

        // On the other chain, its own signature counts.
        (v, r, s) = vm.sign(alice.privateKey, ballotDigest(id, FOR));
        governor.castVoteBySig(id, FOR, v, r, s);
        assertVoted(alice.addr, FOR, 150_000e18);

        vm.chainId(chain);
        (v, r, s) = vm.sign(bob.privateKey, ballotDigest(1, FOR));
        useAnotherGovernor();
        governor.castVoteBySig(id, FOR, v, r, s);
        assertNotCounted(bob.addr);
    }

    function test_RevertWhen_ballotIsMalformed() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(alice.privateKey, ballotDigest(id, FOR));
        (uint8 otherV, bytes32 highS) = malleate(v, s);
        bytes memory reason = abi.encodeWithSelector(IGovernorEvents.InvalidSignature.selector, address(0));

        vm.expectRevert(reason);
        governor.castVoteBySig(id, FOR, otherV, r, highS);
        vm.expectRevert(reason);
        governor.castVoteBySig(id, FOR, v - 27, r, s);
        vm.expectRevert(reason);
        governor.castVoteBySig(id, FOR, 0, 0, 0);
        (v, r, s) = vm.sign(alice.privateKey, reasonDigest(FOR, "why"));
        (otherV, highS) = malleate(v, s);
        vm.expectRevert(reason);
        governor.castVoteWithReasonBySig(id, FOR, "why", otherV, r, highS);
    }

    function test_RevertWhen_ballotIsForNoProposalOrTooLate() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(alice.privateKey, ballotDigest(2, FOR));
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.UnknownProposal.selector, 2));
        governor.castVoteBySig(2, FOR, v, r, s);

        endVote(id);
        bytes memory reason = abi.encodeWithSelector(
            IGovernorEvents.UnexpectedState.selector, id, uint8(IBraintrustGovernor.ProposalState.Defeated)
        );
        (v, r, s) = vm.sign(alice.privateKey, ballotDigest(id, FOR));
        vm.expectRevert(reason);
        governor.castVoteBySig(id, FOR, v, r, s);
        (v, r, s) = vm.sign(alice.privateKey, reasonDigest(FOR, ""));
        vm.expectRevert(reason);
        governor.castVoteWithReasonBySig(id, FOR, "", v, r, s);
    }

    function test_RevertWhen_supportOfABallotIsInvalid() public {
        bytes memory reason = abi.encodeWithSelector(IGovernorEvents.InvalidSupport.selector, 3);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(alice.privateKey, ballotDigest(id, 3));
        vm.expectRevert(reason);
        governor.castVoteBySig(id, 3, v, r, s);
        (v, r, s) = vm.sign(alice.privateKey, reasonDigest(3, ""));
        vm.expectRevert(reason);
        governor.castVoteWithReasonBySig(id, 3, "", v, r, s);
        bytes memory signature = sign(alice, voterDigest(3, alice.addr, 0));
        vm.expectRevert(reason);
        governor.castVoteBySig(id, 3, alice.addr, signature);
    }

    // The ballot that names its voter

    function testFuzz_castVoteBySig_ofANamedAccount(uint8 support) public {
        support %= 3;
        bytes memory signature = sign(alice, voterDigest(support, alice.addr, 0));

        expectVoteCast(alice.addr, support, 150_000e18, "");
        vm.prank(stranger);
        assertEq(governor.castVoteBySig(id, support, alice.addr, signature), 150_000e18);

        assertVoted(alice.addr, support, 150_000e18);
        assertEq(governor.nonces(alice.addr), 1);
    }

    function testFuzz_castVoteBySig_ofAContractWallet(uint8 support) public {
        support %= 3;
        ContractWallet wallet = fundWallet(bob, 80_000e18);
        id = propose(alice.addr, transfers(1));
        startVote(id);
        bytes memory signature = sign(bob, voterDigest(support, address(wallet), 0));

        expectVoteCast(address(wallet), support, 80_000e18, "");
        assertEq(governor.castVoteBySig(id, support, address(wallet), signature), 80_000e18);

        assertVoted(address(wallet), support, 80_000e18);
        assertFalse(governor.hasVoted(id, bob.addr));
        assertEq(governor.nonces(address(wallet)), 1);
        assertEq(governor.nonces(bob.addr), 0);
    }

    function test_RevertWhen_contractWalletDoesNotAccept() public {
        ContractWallet wallet = fundWallet(bob, 80_000e18);
        bytes memory signature = sign(bob, voterDigest(FOR, address(wallet), 0));
        for (uint8 answer = 1; answer <= uint8(type(ContractWallet.Answer).max); answer++) {
            wallet.setAnswer(ContractWallet.Answer(answer));
            expectInvalid(FOR, address(wallet), signature);
        }
        // Another owner's signature.
        wallet.setAnswer(ContractWallet.Answer.Honest);
        expectInvalid(FOR, address(wallet), sign(alice, voterDigest(FOR, address(wallet), 0)));
        assertEq(governor.nonces(address(wallet)), 0);

        governor.castVoteBySig(id, FOR, address(wallet), signature);
    }

    /// The nonce is checked before the ballot: a signature is good once, whatever was counted.
    function test_RevertWhen_namedBallotIsReplayed() public {
        bytes memory signature = sign(alice, voterDigest(FOR, alice.addr, 0));
        governor.castVoteBySig(id, FOR, alice.addr, signature);

        expectInvalid(FOR, alice.addr, signature);
        signature = sign(alice, voterDigest(FOR, alice.addr, 1));
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.AlreadyVoted.selector, id, alice.addr));
        governor.castVoteBySig(id, FOR, alice.addr, signature);
        assertEq(governor.nonces(alice.addr), 1);
    }

    function test_RevertWhen_namedBallotWasChanged() public {
        uint256 first = id;
        id = propose(bob.addr, transfers(1));
        startVote(id);
        bytes memory signature = sign(alice, voterDigest(FOR, alice.addr, 0));

        expectInvalid(AGAINST, alice.addr, signature);
        expectInvalid(FOR, bob.addr, signature);
        id = first;
        expectInvalid(FOR, alice.addr, signature);
        expectInvalid(FOR, alice.addr, sign(alice, voterDigest(FOR, alice.addr, 1)));
        // Bravo's ballot is another type.
        expectInvalid(FOR, alice.addr, sign(alice, ballotDigest(id, FOR)));
    }

    function test_RevertWhen_namedBallotIsForAnotherChainOrGovernor() public {
        bytes memory signature = sign(alice, voterDigest(FOR, alice.addr, 0));
        uint256 chain = block.chainid;
        vm.chainId(chain + 1);
        expectInvalid(FOR, alice.addr, signature);

        vm.chainId(chain);
        useAnotherGovernor();
        expectInvalid(FOR, alice.addr, signature);
    }

    function test_RevertWhen_namedBallotIsMalformed() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(alice.privateKey, voterDigest(FOR, alice.addr, 0));
        (uint8 otherV, bytes32 highS) = malleate(v, s);

        expectInvalid(FOR, alice.addr, abi.encodePacked(r, highS, otherV));
        expectInvalid(FOR, alice.addr, abi.encodePacked(r, s));
        expectInvalid(FOR, alice.addr, "");
        // A failing recovery yields the zero address, which must not vote.
        expectInvalid(FOR, address(0), abi.encodePacked(bytes32(0), bytes32(0), uint8(27)));
    }

    function test_RevertWhen_namedBallotIsForNoProposalOrTooLate() public {
        endVote(id);
        bytes memory signature = sign(alice, voterDigest(FOR, alice.addr, 0));
        vm.expectRevert(
            abi.encodeWithSelector(
                IGovernorEvents.UnexpectedState.selector,
                id,
                uint8(IBraintrustGovernor.ProposalState.Defeated)
            )
        );
        governor.castVoteBySig(id, FOR, alice.addr, signature);

        id = 2;
        signature = sign(alice, voterDigest(FOR, alice.addr, 0));
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.UnknownProposal.selector, 2));
        governor.castVoteBySig(2, FOR, alice.addr, signature);
        assertEq(governor.nonces(alice.addr), 0);
    }

    /// Replaces the governor by one with the same time lock, whose proposal 1 is being voted on.
    function useAnotherGovernor() private {
        uint256 nonce = vm.getNonce(address(this));
        vm.prank(address(timelock));
        timelock.setPendingAdmin(vm.computeCreateAddress(address(this), nonce));
        address previous = address(governor);
        governor =
            deployGovernor(address(timelock), address(token), guardian, guardianExpiry, liveParameters());
        governor._initiate(previous);
        id = propose(proposer.addr, transfers(1));
        startVote(id);
    }

    function expectVoteCast(address voter, uint8 support, uint256 votes, string memory reason) private {
        vm.expectEmit(address(governor));
        emit IGovernorEvents.VoteCast(voter, id, support, votes, reason);
    }

    function expectInvalid(uint8 support, address voter, bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.InvalidSignature.selector, voter));
        governor.castVoteBySig(id, support, voter, signature);
    }

    function assertVoted(address voter, uint8 support, uint256 votes) private view {
        IBraintrustGovernor.Receipt memory receipt = governor.getReceipt(id, voter);
        assertTrue(receipt.hasVoted, "hasVoted");
        assertEq(receipt.support, support, "support");
        assertEq(receipt.votes, votes, "votes");
        assertTally(support, votes);
    }

    function assertNotCounted(address voter) private view {
        assertFalse(governor.hasVoted(id, voter), "hasVoted");
        assertTally(FOR, 0);
    }

    /// The tally holds `votes` for `support` and nothing else.
    function assertTally(uint8 support, uint256 votes) private view {
        (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes) = governor.proposalVotes(id);
        assertEq(againstVotes, support == AGAINST ? votes : 0, "against");
        assertEq(forVotes, support == FOR ? votes : 0, "for");
        assertEq(abstainVotes, support == ABSTAIN ? votes : 0, "abstain");
    }

    /// The digest of Bravo's ballot with a reason.
    function reasonDigest(uint8 support, string memory reason) private view returns (bytes32) {
        return digest(
            keccak256(
                abi.encode(
                    keccak256("Ballot(uint256 proposalId,uint8 support,string reason)"),
                    id,
                    support,
                    keccak256(bytes(reason))
                )
            )
        );
    }

    /// The digest of OpenZeppelin's ballot.
    function voterDigest(uint8 support, address voter, uint256 nonce) private view returns (bytes32) {
        return digest(
            keccak256(
                abi.encode(
                    keccak256("Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)"),
                    id,
                    support,
                    voter,
                    nonce
                )
            )
        );
    }
}
