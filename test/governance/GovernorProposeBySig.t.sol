// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Actions} from "../../contracts/governance/ProposalRecord.sol";
import {IBraintrustGovernor, IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {ContractWallet} from "./ContractWallet.sol";
import {GovernorFixture} from "./GovernorFixture.sol";

/// @title Proposals by signature, of accounts and of contract wallets
contract GovernorProposeBySigTest is GovernorFixture {
    function test_proposeBySig_ofAnAccount() public {
        IBraintrustGovernor.SignedProposal memory signed = draft(proposer.addr);
        bytes memory signature = sign(proposer, proposalDigest(signed, 0));
        uint256 start = vm.getBlockNumber() + VOTING_DELAY;

        vm.expectEmit(address(governor));
        emit IGovernorEvents.ProposalCreated(
            1,
            proposer.addr,
            signed.targets,
            signed.values,
            signed.signatures,
            signed.calldatas,
            start,
            start + VOTING_PERIOD,
            DESCRIPTION
        );
        uint256 id = proposeAsRelayer(signed, signature);

        assertEq(id, 1);
        assertEq(governor.proposalProposer(id), proposer.addr);
        assertEq(governor.latestProposalIds(proposer.addr), id);
        assertEq(governor.latestProposalIds(stranger), 0);
        assertEq(governor.nonces(proposer.addr), 1);
        assertEq(governor.nonces(stranger), 0);
        assertActions(id, Actions(signed.targets, signed.values, signed.signatures, signed.calldatas));
    }

    function test_proposeBySig_ofAContractWallet() public {
        ContractWallet wallet = fundWallet(bob, THRESHOLD + 1);
        IBraintrustGovernor.SignedProposal memory signed = draft(address(wallet));

        uint256 id = proposeAsRelayer(signed, sign(bob, proposalDigest(signed, 0)));

        assertEq(governor.proposalProposer(id), address(wallet));
        assertEq(governor.nonces(address(wallet)), 1);
        assertEq(governor.nonces(bob.addr), 0);
    }

    function testFuzz_RevertWhen_contractWalletDoesNotAccept(uint8 answer) public {
        ContractWallet wallet = fundWallet(bob, THRESHOLD + 1);
        IBraintrustGovernor.SignedProposal memory signed = draft(address(wallet));
        bytes memory signature = sign(bob, proposalDigest(signed, 0));
        wallet.setAnswer(
            ContractWallet.Answer(
                bound(answer, uint8(ContractWallet.Answer.Refuse), uint8(type(ContractWallet.Answer).max))
            )
        );

        expectInvalid(signed, signature);
    }

    function test_proposeBySig_untilTheDeadline() public {
        IBraintrustGovernor.SignedProposal memory signed = draft(proposer.addr);
        bytes memory signature = sign(proposer, proposalDigest(signed, 0));

        vm.warp(signed.deadline);
        assertEq(proposeAsRelayer(signed, signature), 1);
    }

    function test_RevertWhen_deadlineIsOver() public {
        IBraintrustGovernor.SignedProposal memory signed = draft(proposer.addr);
        bytes memory signature = sign(proposer, proposalDigest(signed, 0));

        vm.warp(signed.deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.ExpiredSignature.selector, signed.deadline));
        proposeAsRelayer(signed, signature);
    }

    function test_RevertWhen_signatureIsReplayed() public {
        IBraintrustGovernor.SignedProposal memory signed = draft(proposer.addr);
        bytes memory signature = sign(proposer, proposalDigest(signed, 0));
        uint256 id = proposeAsRelayer(signed, signature);
        vm.prank(proposer.addr);
        governor.cancel(id);

        expectInvalid(signed, signature);
        // The next nonce makes the same content good again.
        assertEq(proposeAsRelayer(signed, sign(proposer, proposalDigest(signed, 1))), id + 1);
    }

    function test_RevertWhen_nonceIsAhead() public {
        IBraintrustGovernor.SignedProposal memory signed = draft(proposer.addr);

        expectInvalid(signed, sign(proposer, proposalDigest(signed, 1)));
    }

    /// Ballots that name their voter count with the same nonce.
    function test_RevertWhen_aBallotTookTheNonce() public {
        IBraintrustGovernor.SignedProposal memory signed = draft(proposer.addr);
        bytes memory signature = sign(proposer, proposalDigest(signed, 0));
        uint256 id = propose(alice.addr, transfers(1));
        startVote(id);
        bytes32 ballot =
            digest(keccak256(abi.encode(governor.VOTER_BALLOT_TYPEHASH(), id, FOR, proposer.addr, 0)));
        governor.castVoteBySig(id, FOR, proposer.addr, sign(proposer, ballot));

        expectInvalid(signed, signature);
    }

    function test_proposeBySig_failureTakesNoNonce() public {
        IBraintrustGovernor.SignedProposal memory signed = draft(proposer.addr);
        bytes memory signature = sign(proposer, proposalDigest(signed, 0));
        uint256 live = propose(proposer.addr, transfers(1));
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.LiveProposal.selector, proposer.addr, live));
        proposeAsRelayer(signed, signature);
        assertEq(governor.nonces(proposer.addr), 0);
        vm.prank(proposer.addr);
        governor.cancel(live);

        assertEq(proposeAsRelayer(signed, signature), live + 1);
    }

    function test_RevertWhen_signerIsBelowTheThreshold() public {
        IBraintrustGovernor.SignedProposal memory signed = draft(proposer.addr);
        bytes memory signature = sign(proposer, proposalDigest(signed, 0));
        vm.prank(proposer.addr);
        token.transfer(stranger, 1);
        skipBlocks(1);

        // The votes of the sender do not help.
        vm.prank(alice.addr);
        vm.expectRevert(
            abi.encodeWithSelector(
                IGovernorEvents.BelowThreshold.selector, proposer.addr, THRESHOLD, THRESHOLD
            )
        );
        governor.proposeBySig(signed, signature);
    }

    function test_RevertWhen_governorIsNotInitiated_bySig() public {
        useUninitiatedGovernor();
        IBraintrustGovernor.SignedProposal memory signed = draft(proposer.addr);
        bytes memory signature = sign(proposer, proposalDigest(signed, 0));

        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.NotInitiated.selector));
        proposeAsRelayer(signed, signature);
    }

    function test_RevertWhen_contentWasChanged() public {
        bytes memory signature = sign(proposer, proposalDigest(draft(proposer.addr), 0));

        IBraintrustGovernor.SignedProposal memory signed = draft(proposer.addr);
        signed.targets[1] = address(decisions);
        expectInvalid(signed, signature);

        signed = draft(proposer.addr);
        signed.values[0] = 1;
        expectInvalid(signed, signature);

        signed = draft(proposer.addr);
        signed.signatures[1] = "transfer(address,uint128)";
        expectInvalid(signed, signature);

        signed = draft(proposer.addr);
        signed.calldatas[1] = abi.encode(stranger, 3);
        expectInvalid(signed, signature);

        signed = draft(proposer.addr);
        signed.description = "# Title\n\nBody.";
        expectInvalid(signed, signature);

        signed = draft(alice.addr);
        expectInvalid(signed, signature);

        signed = draft(proposer.addr);
        signed.deadline++;
        expectInvalid(signed, signature);

        // Unchanged, it is good.
        proposeAsRelayer(draft(proposer.addr), signature);
    }

    /// Hashes of arrays must not let an element move from one array's end to the next.
    function test_RevertWhen_actionsWereLeftOut() public {
        IBraintrustGovernor.SignedProposal memory signed = draft(proposer.addr);
        bytes memory signature = sign(proposer, proposalDigest(signed, 0));
        Actions memory fewer = transfers(1);
        (signed.targets, signed.values) = (fewer.targets, fewer.values);
        (signed.signatures, signed.calldatas) = (fewer.signatures, fewer.calldatas);

        expectInvalid(signed, signature);
    }

    function test_RevertWhen_signatureIsForAnotherChain() public {
        IBraintrustGovernor.SignedProposal memory signed = draft(proposer.addr);
        bytes memory signature = sign(proposer, proposalDigest(signed, 0));

        vm.chainId(block.chainid + 1);
        expectInvalid(signed, signature);
    }

    /// After a fork of the chain, signatures for the new chain id are good there.
    function test_proposeBySig_onAForkedChain() public {
        vm.chainId(block.chainid + 1);
        IBraintrustGovernor.SignedProposal memory signed = draft(proposer.addr);

        assertEq(proposeAsRelayer(signed, sign(proposer, proposalDigest(signed, 0))), 1);
    }

    function test_RevertWhen_signatureIsForAnotherGovernor() public {
        IBraintrustGovernor.SignedProposal memory signed = draft(proposer.addr);
        bytes memory signature = sign(proposer, proposalDigest(signed, 0));
        governor =
            deployGovernor(address(timelock), address(token), guardian, guardianExpiry, liveParameters());

        expectInvalid(signed, signature);
    }

    function test_RevertWhen_signatureIsMalformed() public {
        IBraintrustGovernor.SignedProposal memory signed = draft(proposer.addr);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(proposer.privateKey, proposalDigest(signed, 0));

        (uint8 otherV, bytes32 highS) = malleate(v, s);
        expectInvalid(signed, abi.encodePacked(r, highS, otherV));
        expectInvalid(signed, abi.encodePacked(r, s, v - 27));
        expectInvalid(signed, abi.encodePacked(r, s));
        expectInvalid(signed, abi.encodePacked(r, s, v, hex"00"));
        expectInvalid(signed, "");
    }

    /// A failing recovery yields the zero address, which must not be a proposer.
    function test_RevertWhen_proposerIsTheZeroAddress() public {
        expectInvalid(draft(address(0)), abi.encodePacked(bytes32(0), bytes32(0), uint8(27)));
    }

    function draft(address account) private view returns (IBraintrustGovernor.SignedProposal memory) {
        Actions memory actions = transfers(2);
        return IBraintrustGovernor.SignedProposal(
            actions.targets,
            actions.values,
            actions.signatures,
            actions.calldatas,
            DESCRIPTION,
            account,
            1_790_086_400
        );
    }

    function proposeAsRelayer(IBraintrustGovernor.SignedProposal memory signed, bytes memory signature)
        private
        returns (uint256 id)
    {
        vm.prank(stranger);
        return governor.proposeBySig(signed, signature);
    }

    function expectInvalid(IBraintrustGovernor.SignedProposal memory signed, bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.InvalidSignature.selector, signed.proposer));
        proposeAsRelayer(signed, signature);
    }

    /// The EIP-712 digest of a proposal, computed apart from the governor's code.
    function proposalDigest(IBraintrustGovernor.SignedProposal memory signed, uint256 nonce)
        private
        view
        returns (bytes32)
    {
        bytes memory targets;
        bytes memory values;
        bytes memory signatures;
        bytes memory calldatas;
        for (uint256 i = 0; i < signed.targets.length; i++) {
            targets = abi.encodePacked(targets, abi.encode(signed.targets[i]));
            values = abi.encodePacked(values, abi.encode(signed.values[i]));
            signatures = abi.encodePacked(signatures, keccak256(bytes(signed.signatures[i])));
            calldatas = abi.encodePacked(calldatas, keccak256(signed.calldatas[i]));
        }
        return digest(
            keccak256(
                abi.encode(
                    keccak256(
                        "Proposal(address[] targets,uint256[] values,string[] signatures,bytes[] calldatas,string description,address proposer,uint256 nonce,uint256 deadline)"
                    ),
                    keccak256(targets),
                    keccak256(values),
                    keccak256(signatures),
                    keccak256(calldatas),
                    keccak256(bytes(signed.description)),
                    signed.proposer,
                    nonce,
                    signed.deadline
                )
            )
        );
    }
}
