//! The life of six proposals, measured.

use alloy::primitives::{Address, U256, keccak256};
use alloy::signers::local::PrivateKeySigner;
use btrst_devnet::{Call, Name, Receipt};
use btrst_gov::parameters::btrst;
use eyre::Result;

use super::{Counted, Governor, Remembered, Stack, TIMELOCK_DELAY};
use crate::abi::IGovernor;
use crate::meter::{Meter, expect};
use crate::operation::{Gas, Operation};
use crate::proposal::{AMOUNT, Draft, Proposal};

/// Proposers, in the order of their first proposals.
const PROPOSERS: [Name; 4] = [Name::Amara, Name::Bela, Name::Chidi, Name::Dora];
/// Base units of each: above every threshold, also GovernorAlpha's constant of 10 million.
const PROPOSER_STAKE: U256 = btrst(11_000_000);

/// Voters with few votes, and what each has.
const VOTERS: [Name; 8] = [
    ONE_CHECKPOINT[0],
    ONE_CHECKPOINT[1],
    ONE_NEWER,
    MANY_NEWER,
    MANY_OLDER,
    WITH_REASON,
    BY_SIGNATURE,
    OPPONENT,
];
const VOTER_STAKE: U256 = btrst(1_000_000);
const ONE_CHECKPOINT: [Name; 2] = [Name::Client, Name::FreelanceLabs];
const ONE_NEWER: Name = Name::HexOcean;
const MANY_NEWER: Name = Name::Snowfork;
const MANY_OLDER: Name = Name::AcceleratedLabs;
const WITH_REASON: Name = Name::Muses;
const BY_SIGNATURE: Name = Name::PublicSale;
/// Votes against first, so that the measured ballot against is not the one that opens a tally.
const OPPONENT: Name = Name::Trader;

/// The voter that makes every quorum alone, also GovernorAlpha's constant of 40 million.
const WHALE: Name = Name::Investors;
const WHALE_STAKE: U256 = btrst(50_000_000);

/// Checkpoints that make a history long.
const MANY: usize = 20;
/// Ballots in a batch beyond the first.
const BATCH: usize = 10;
/// What each signer of a batch has, in base units.
const BALLOT_STAKE: U256 = btrst(1_000);
/// 30 bytes.
const REASON: &str = "The contributors deserve this.";
/// More than all actions pay.
const TREASURY: U256 = btrst(100_000);

/// Numbers of `state`, which all generations share.
const PENDING: u8 = 0;
const ACTIVE: u8 = 1;
const CANCELED: u8 = 2;
const DEFEATED: u8 = 3;
const SUCCEEDED: u8 = 4;
const QUEUED: u8 = 5;
const EXECUTED: u8 = 7;

/// Measures every operation of a governor.
///
/// # Errors
/// When a transaction reverts or has another effect than it should.
pub async fn measure<G: Governor>(meter: Meter<'_>, stack: Stack<G>) -> Result<Gas> {
    let mut script = Script { meter, stack, tallies: Vec::new(), drafts: 0 };
    script.distribute().await?;
    let proposals = script.propose().await?;
    script.vote(&proposals).await?;
    script.vote_in_batches(&proposals).await?;
    script.end_votes(&proposals).await?;
    script.queue_and_execute(&proposals).await?;
    Ok(script.meter.into_gas())
}

/// The proposals that are voted on.
struct Proposals {
    one: Proposal,
    three: Proposal,
    ten: Proposal,
    /// Nobody votes on it.
    ignored: Proposal,
}

struct Script<'a, G> {
    meter: Meter<'a>,
    stack: Stack<G>,
    /// Id, votes for and votes against, worked out from the ballots.
    tallies: Vec<(U256, U256, U256)>,
    /// Proposals drafted so far; no two may pay the same accounts.
    drafts: usize,
}

impl<G: Governor> Script<'_, G> {
    async fn distribute(&mut self) -> Result<()> {
        let stakes = PROPOSERS.map(|name| (name, PROPOSER_STAKE)).into_iter();
        let stakes = stakes.chain(VOTERS.map(|name| (name, VOTER_STAKE))).chain([(WHALE, WHALE_STAKE)]);
        for (name, stake) in stakes {
            self.give(self.meter.address(name), stake).await?;
            self.delegate(name, name).await?;
            let votes = self.stack.token.votes(&self.meter, self.meter.address(name)).await?;
            expect(format!("votes of {name}"), votes, stake)?;
        }
        for signer in batch_signers()? {
            self.give(signer.address(), BALLOT_STAKE).await?;
            self.meter.prepare(Name::Relayer, self.stack.token.delegate_by_sig(&signer)?).await?;
        }
        self.give_often(MANY_OLDER).await?;
        self.give(self.stack.timelock, TREASURY).await
    }

    async fn propose(&mut self) -> Result<Proposals> {
        let [first, second, third, fourth] = PROPOSERS;
        let canceled = self.make(Operation::ProposeFirstEver, first, 1).await?;
        self.cancel(&canceled, first).await?;
        let one = self.make(Operation::Propose(1), second, 1).await?;
        let ignored = self.make(Operation::ProposeAgain, first, 1).await?;
        let three = self.make(Operation::Propose(3), third, 3).await?;
        let ten = self.make(Operation::Propose(10), fourth, 10).await?;
        self.meter.chain().mine(1).await?;
        // Every vote has started, so what follows is newer than what it counts.
        self.give(self.meter.address(ONE_NEWER), U256::ONE).await?;
        self.give_often(MANY_NEWER).await?;
        for proposal in [&one, &three, &ten, &ignored] {
            self.expect_state(proposal, ACTIVE).await?;
        }
        Ok(Proposals { one, three, ten, ignored })
    }

    /// Makes a proposal of so many transfers to new accounts.
    async fn make(&mut self, operation: Operation, proposer: Name, actions: usize) -> Result<Proposal> {
        self.drafts += 1;
        let recipient = |index| recipient(self.drafts, index);
        let draft = Draft::transfers(actions, self.stack.token.address, recipient);
        let governor = &self.stack.governor;
        let receipt = self.meter.measure(operation, proposer, governor.propose(&draft)).await?;
        let created: IGovernor::ProposalCreated = receipt.event(governor.address())?;
        expect("the proposer", created.proposer, self.meter.address(proposer))?;
        expect("the targets", &created.targets, &draft.targets)?;
        expect("the description", &created.description, &draft.description)?;
        let proposal = Proposal { id: created.id, draft };
        self.tallies.push((proposal.id, U256::ZERO, U256::ZERO));
        self.expect_state(&proposal, PENDING).await?;
        Ok(proposal)
    }

    async fn cancel(&mut self, proposal: &Proposal, proposer: Name) -> Result<()> {
        let call = self.stack.governor.cancel(proposal);
        let receipt = if G::PROPOSER_CANCELS {
            self.meter.measure(Operation::Cancel, proposer, call).await?
        } else {
            self.delegate(proposer, Name::Grantee).await?;
            let receipt = self.meter.measure(Operation::Cancel, Name::Stranger, call).await?;
            self.delegate(proposer, proposer).await?;
            receipt
        };
        let canceled: IGovernor::ProposalCanceled = receipt.event(self.stack.governor.address())?;
        expect("the canceled proposal", canceled.id, proposal.id)?;
        self.expect_state(proposal, CANCELED).await
    }

    async fn vote(&mut self, proposals: &Proposals) -> Result<()> {
        let [early, late] = ONE_CHECKPOINT;
        let (one, three, ten) = (proposals.one.id, proposals.three.id, proposals.ten.id);
        let many = VOTER_STAKE + U256::from(MANY);
        for (operation, id, voter, votes) in [
            (Operation::VoteFirstOnProposal, one, early, VOTER_STAKE),
            (Operation::Vote, one, late, VOTER_STAKE),
            (Operation::VoteBehindOneCheckpoint, one, ONE_NEWER, VOTER_STAKE),
            (Operation::VoteBehindManyCheckpoints, one, MANY_NEWER, VOTER_STAKE),
            (Operation::VoteAfterManyCheckpoints, one, MANY_OLDER, many),
            (Operation::VoteCrossingQuorum, one, WHALE, WHALE_STAKE),
            (Operation::VoteFirstOnProposalVotedBefore, three, early, VOTER_STAKE),
            (Operation::VoteVotedBefore, three, late, VOTER_STAKE),
        ] {
            let receipt = self.meter.measure(operation, voter, self.stack.governor.vote(id, true)).await?;
            self.expect_counted(&receipt, id, true, &[(self.meter.address(voter), votes)]).await?;
        }
        for id in [three, ten] {
            let receipt = self.meter.prepare(WHALE, self.stack.governor.vote(id, true)).await?;
            self.expect_counted(&receipt, id, true, &[(self.meter.address(WHALE), WHALE_STAKE)]).await?;
        }
        if let Some(call) = self.stack.governor.vote_with_reason(one, REASON) {
            let receipt = self.meter.measure(Operation::VoteWithReason, WITH_REASON, call).await?;
            let voter = self.meter.address(WITH_REASON);
            self.expect_counted(&receipt, one, true, &[(voter, VOTER_STAKE)]).await?;
        }
        let receipt = self.meter.prepare(OPPONENT, self.stack.governor.vote(one, false)).await?;
        let opponent = self.meter.address(OPPONENT);
        self.expect_counted(&receipt, one, false, &[(opponent, VOTER_STAKE)]).await?;
        let voter = &self.meter.account(BY_SIGNATURE).signer;
        let call = self.stack.governor.vote_by_sig(one, false, voter)?;
        let receipt = self.meter.measure(Operation::VoteBySig, Name::Relayer, call).await?;
        self.expect_counted(&receipt, one, false, &[(voter.address(), VOTER_STAKE)]).await
    }

    /// Signed ballots of accounts that have voted before, one alone and then more: the difference is the price of one
    /// more.
    async fn vote_in_batches(&mut self, proposals: &Proposals) -> Result<()> {
        let signers = batch_signers()?;
        self.batch(proposals.one.id, &signers).await?;
        let alone = self.batch(proposals.three.id, signers.get(..1).unwrap_or_default()).await?;
        let together = self.batch(proposals.ten.id, &signers).await?;
        if let (Some(alone), Some(together)) = (alone, together) {
            self.meter.note(Operation::VoteInBatch, (together - alone).div_ceil(BATCH as u64))?;
        }
        Ok(())
    }

    /// Casts signed ballots of `signers`; the gas, where there are batches.
    async fn batch(&mut self, proposal: U256, signers: &[PrivateKeySigner]) -> Result<Option<u64>> {
        let Some(call) = self.stack.governor.vote_in_batch(proposal, signers)? else { return Ok(None) };
        let receipt = self.meter.prepare(Name::Relayer, call).await?;
        let ballots: Vec<_> = signers.iter().map(|signer| (signer.address(), BALLOT_STAKE)).collect();
        self.expect_counted(&receipt, proposal, true, &ballots).await?;
        Ok(Some(receipt.gas_used()))
    }

    async fn end_votes(&mut self, proposals: &Proposals) -> Result<()> {
        let period = self.meter.read(self.stack.governor.address(), IGovernor::votingPeriodCall {}).await?;
        self.meter.chain().mine(period.to()).await?;
        for proposal in [&proposals.one, &proposals.three, &proposals.ten] {
            self.expect_state(proposal, SUCCEEDED).await?;
        }
        self.expect_state(&proposals.ignored, DEFEATED).await
    }

    async fn queue_and_execute(&mut self, proposals: &Proposals) -> Result<()> {
        let governor = self.stack.governor.address();
        let proposals = [(1, &proposals.one), (3, &proposals.three), (10, &proposals.ten)];
        for (actions, proposal) in proposals {
            let call = self.stack.governor.queue(proposal);
            let receipt = self.meter.measure(Operation::Queue(actions), Name::Stranger, call).await?;
            let queued: IGovernor::ProposalQueued = receipt.event(governor)?;
            let eta = U256::from(self.meter.chain().now().await? + TIMELOCK_DELAY);
            expect("the queued proposal and its eta", (queued.id, queued.eta), (proposal.id, eta))?;
            self.expect_state(proposal, QUEUED).await?;
        }
        self.meter.chain().warp(self.meter.chain().now().await? + TIMELOCK_DELAY).await?;
        for (actions, proposal) in proposals {
            let token = self.stack.token;
            let treasury = token.balance(&self.meter, self.stack.timelock).await?;
            let call = self.stack.governor.execute(proposal);
            let receipt = self.meter.measure(Operation::Execute(actions), Name::Stranger, call).await?;
            let executed: IGovernor::ProposalExecuted = receipt.event(governor)?;
            expect("the executed proposal", executed.id, proposal.id)?;
            self.expect_state(proposal, EXECUTED).await?;
            for recipient in &proposal.draft.recipients {
                let balance = token.balance(&self.meter, *recipient).await?;
                expect(format!("balance of the recipient {recipient}"), balance, AMOUNT)?;
            }
            let left = token.balance(&self.meter, self.stack.timelock).await?;
            expect("balance of the treasury", left, treasury - AMOUNT * U256::from(actions))?;
        }
        Ok(())
    }

    /// Sends tokens from the deployer, who lets nobody vote.
    async fn give(&self, to: Address, amount: U256) -> Result<()> {
        self.meter.prepare(Name::Deployer, self.stack.token.transfer(to, amount)).await?;
        Ok(())
    }

    /// Makes [`MANY`] checkpoints, one a block.
    async fn give_often(&self, name: Name) -> Result<()> {
        for _ in 0..MANY {
            self.give(self.meter.address(name), U256::ONE).await?;
        }
        Ok(())
    }

    async fn delegate(&self, from: Name, to: Name) -> Result<()> {
        let call: Call = self.stack.token.delegate(self.meter.address(to));
        self.meter.prepare(from, call).await?;
        Ok(())
    }

    async fn expect_state(&self, proposal: &Proposal, expected: u8) -> Result<()> {
        let call = IGovernor::stateCall { id: proposal.id };
        let state = self.meter.read(self.stack.governor.address(), call).await?;
        Ok(expect(format!("state of proposal {}", proposal.id), state, expected)?)
    }

    /// Checks that exactly these ballots were counted, and what the governor remembers of them.
    async fn expect_counted(
        &mut self,
        receipt: &Receipt,
        proposal: U256,
        support: bool,
        ballots: &[(Address, U256)],
    ) -> Result<()> {
        let governor = &self.stack.governor;
        let expected: Vec<Counted> = ballots
            .iter()
            .map(|(voter, votes)| Counted { voter: *voter, proposal, support, votes: *votes })
            .collect();
        expect("the counted ballots", governor.counted(receipt), expected)?;
        let Some((_, votes_for, votes_against)) = self.tallies.iter_mut().find(|(id, _, _)| *id == proposal)
        else {
            eyre::bail!("proposal {proposal} was never made");
        };
        for (voter, votes) in ballots {
            *(if support { &mut *votes_for } else { &mut *votes_against }) += *votes;
            let remembered = match governor.receipt(&self.meter, proposal, *voter).await? {
                Some(Remembered::Cast) => Some((support, *votes)),
                Some(Remembered::Full(support, votes)) => Some((support, votes)),
                None => None,
            };
            expect(format!("the receipt of {voter}"), remembered, Some((support, *votes)))?;
        }
        let tally = governor.tally(&self.meter, proposal).await?;
        Ok(expect(format!("the tally of proposal {proposal}"), tally, (*votes_for, *votes_against))?)
    }
}

/// Accounts that sign ballots and send nothing.
fn batch_signers() -> Result<Vec<PrivateKeySigner>> {
    let key = |index| keccak256(format!("signer {index} of a batch"));
    (0..=BATCH).map(|index| Ok(PrivateKeySigner::from_bytes(&key(index))?)).collect()
}

/// An account that nobody has the key of and that has no tokens.
fn recipient(draft: usize, index: usize) -> Address {
    Address::from_word(keccak256(format!("recipient {index} of proposal {draft}")))
}
