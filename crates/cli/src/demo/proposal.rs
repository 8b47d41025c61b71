//! The life of a proposal: delegation, proposal, votes, queue, execution.

use alloy::primitives::U256;
use alloy::signers::SignerSync;
use btrst_bindings::{BTRST, GovernanceDecisions};
use btrst_devnet::{CHAIN_ID, Name, Receipt};
use btrst_gov::Proposal;
use btrst_gov::governor::{self, Ballot, Event, ProposalState, Status, Support};
use eyre::{OptionExt, Result, bail};

use crate::failure::Hinted;

use super::stage::{DAY, Stage, btrst, grouped};

/// What the proposal decided.
#[derive(Debug)]
pub struct Decided {
    /// The proposal at its end.
    pub status: Status,
    /// Marketplace fee before the proposal, in percent: what work that was contracted until then pays.
    pub contracted_fee: u8,
}

/// What the play checks after the execution. It knows the two kinds of action of the reviewed file.
#[derive(Debug)]
pub struct Expectation {
    /// Marketplace fee that the proposal sets, in percent.
    fee: Option<u8>,
    /// BTRST that the grantee gets of the treasury, in base units.
    pub granted: U256,
}

impl Expectation {
    /// What `proposal` should do, said before anything is played.
    ///
    /// # Errors
    /// When it has an action of another kind.
    pub fn of(stage: &Stage<'_>, proposal: &Proposal) -> Result<Self> {
        let contracts = stage.world.contracts();
        let grantee = stage.world.address(Name::Grantee);
        let mut expectation = Self { fee: None, granted: U256::ZERO };
        for action in &proposal.actions {
            let unknown = || {
                let message =
                    format!("the demo does not know what `{}` should do", action.describe(&stage.deployment));
                let hint = "it plays `setMarketplaceFee` and transfers of BTRST to `grantee`; \
                            for other proposals, start `btrst devnet`";
                Hinted::new(message, hint)
            };
            let input = action.input();
            if !action.value.is_zero() {
                return Err(unknown().into());
            }
            if Some(action.target) == contracts.governance_decisions
                && let Ok(set) = decode::<GovernanceDecisions::setMarketplaceFeeCall>(&input)
            {
                expectation.fee = Some(set.fee);
            } else if action.target == contracts.btrst
                && let Ok(grant) = decode::<BTRST::transferCall>(&input)
                && grant.to == grantee
            {
                expectation.granted = expectation.granted.checked_add(grant.amount).ok_or_else(unknown)?;
            } else {
                return Err(unknown().into());
            }
        }
        Ok(expectation)
    }
}

/// Who delegates to whom: the buyers of the public sale trust amara, the others vote themselves.
const DELEGATIONS: [(Name, Name); 5] = [
    (Name::PublicSale, Name::Amara),
    (Name::Amara, Name::Amara),
    (Name::Bela, Name::Bela),
    (Name::Chidi, Name::Chidi),
    (Name::Dora, Name::Dora),
];

const ABSTAIN_REASON: &str = "I am on the grants committee, so I leave this one to others.";

/// Carries `proposal` from delegation to execution.
///
/// # Errors
/// When a transaction fails or does not do what it must.
pub async fn play(stage: &mut Stage<'_>, proposal: &Proposal, expectation: &Expectation) -> Result<Decided> {
    for (delegator, delegatee) in DELEGATIONS {
        delegate(stage, delegator, delegatee).await?;
    }
    let id = propose(stage, proposal).await?;
    vote(stage, id).await?;
    queue(stage, id).await?;
    execute(stage, id, expectation).await
}

async fn delegate(stage: &mut Stage<'_>, delegator: Name, delegatee: Name) -> Result<()> {
    let token = stage.world.contracts().btrst;
    let balance = stage.world.btrst_of(stage.world.address(delegator)).await?;
    let before = votes(stage, delegatee).await?;
    let call = governor::delegate(token, stage.world.address(delegatee));
    let receipt = stage.send("delegate", delegator, call).await?;
    let after = votes(stage, delegatee).await?;
    stage.expect(&format!("the votes of {delegatee}"), btrst(before + balance), btrst(after))?;
    let what = if delegator == delegatee {
        "delegates to itself, to vote with its own tokens".to_owned()
    } else {
        format!("delegates to {delegatee}")
    };
    stage.tell(&receipt, delegator, what, format!("{delegatee} has {} of votes", btrst(after))).await
}

async fn votes(stage: &Stage<'_>, account: Name) -> Result<U256> {
    let token = stage.world.contracts().btrst;
    Ok(governor::votes(stage.chain().provider(), token, stage.world.address(account)).await?)
}

async fn propose(stage: &mut Stage<'_>, proposal: &Proposal) -> Result<u64> {
    // Votes count at the end of a block, and the proposer's count at the end of the block before.
    stage.chain().mine(1).await?;
    let call = stage.governor.propose(proposal)?;
    let receipt = stage.send("propose", Name::Amara, call).await?;
    let Event::ProposalCreated(created) = event(stage, &receipt)? else {
        bail!("the governor wrote another event than `ProposalCreated`");
    };
    if created.proposal != *proposal {
        bail!("the proposal on the chain is not the one in the file");
    }
    let title = format!("proposes “{}”", proposal.title());
    stage.tell(&receipt, Name::Amara, title, format!("proposal {}", created.id)).await?;
    for action in &proposal.actions {
        stage.note(action.describe(&stage.deployment))?;
    }
    stage.chain().mine_to(created.start_block).await?;
    expect_state(stage, created.id, ProposalState::Pending).await?;
    Ok(created.id)
}

async fn vote(stage: &mut Stage<'_>, id: u64) -> Result<()> {
    let amara = cast(stage, id, Name::Amara, Support::For, None).await?;
    let bela = cast(stage, id, Name::Bela, Support::Against, None).await?;
    let chidi = cast(stage, id, Name::Chidi, Support::Abstain, Some(ABSTAIN_REASON)).await?;
    let dora = cast_signed(stage, id, Name::Dora, Support::For).await?;

    let before = stage.governor.status(stage.chain().provider(), id).await?;
    let (in_favour, against, abstained) = (amara + dora, bela, chidi);
    stage.expect("the votes for", in_favour, before.tally.for_votes)?;
    stage.expect("the votes against", against, before.tally.against_votes)?;
    stage.expect("the abstentions", abstained, before.tally.abstain_votes)?;

    expect_state(stage, id, ProposalState::Active).await?;
    stage.chain().mine_to(before.end_block + 1).await?;
    let period = grouped(before.end_block.saturating_sub(before.start_block));
    stage.tell_wait(format!("the voting period of {period} blocks ends")).await?;
    expect_state(stage, id, ProposalState::Succeeded).await?;
    stage.note(format!(
        "for {}, against {}, abstain {}; quorum {}",
        btrst(in_favour),
        btrst(against),
        btrst(abstained),
        btrst(before.quorum_votes)
    ))
}

/// `voter` casts its ballot; what was counted of it.
async fn cast(
    stage: &mut Stage<'_>,
    id: u64,
    voter: Name,
    support: Support,
    reason: Option<&str>,
) -> Result<U256> {
    let call = stage.governor.cast_vote(id, support, reason)?;
    let receipt = stage.send("vote", voter, call).await?;
    let counted = counted(stage, &receipt, id, voter, support, reason.unwrap_or_default()).await?;
    let reason = reason.map(|reason| format!(": “{reason}”")).unwrap_or_default();
    stage
        .tell(&receipt, voter, format!("votes {support}"), format!("{} counted{reason}", btrst(counted)))
        .await?;
    Ok(counted)
}

/// `voter` signs a ballot, which costs nothing; somebody else sends it and pays. What was counted of it.
async fn cast_signed(stage: &mut Stage<'_>, id: u64, voter: Name, support: Support) -> Result<U256> {
    let domain = stage.governor.domain(stage.chain().provider(), CHAIN_ID).await?;
    let ballot = Ballot { id, support, reason: None, wallet: None };
    let message = stage.governor.ballot_message(domain, &ballot)?;
    let signature = stage.world.account(voter).signer.sign_hash_sync(&message.digest)?;
    let call = stage.governor.cast_vote_by_signature(id, support, None, &signature)?;
    let receipt = stage.send("vote_by_signature", Name::Relayer, call).await?;
    let counted = counted(stage, &receipt, id, voter, support, "").await?;
    let what = format!("casts the ballot “{support}” that {voter} signed");
    stage.tell(&receipt, Name::Relayer, what, format!("{} of {voter} counted", btrst(counted))).await?;
    Ok(counted)
}

/// What was counted of `voter`, which must be all of its votes.
async fn counted(
    stage: &Stage<'_>,
    receipt: &Receipt,
    id: u64,
    voter: Name,
    support: Support,
    reason: &str,
) -> Result<U256> {
    let votes = votes(stage, voter).await?;
    let expected =
        Event::VoteCast { voter: stage.world.address(voter), id, support, votes, reason: reason.to_owned() };
    if event(stage, receipt)? != expected {
        bail!("the vote of {voter} was not counted as it was cast");
    }
    Ok(votes)
}

async fn queue(stage: &mut Stage<'_>, id: u64) -> Result<()> {
    let receipt = stage.send("queue", Name::Stranger, stage.governor.queue(id)).await?;
    let queued_at = stage.chain().now().await?;
    let Event::ProposalQueued { eta, .. } = event(stage, &receipt)? else {
        bail!("the governor wrote another event than `ProposalQueued`");
    };
    let what = format!("queues proposal {id} in the time lock, as anyone may");
    let days = eta.saturating_sub(queued_at) / DAY;
    stage.tell(&receipt, Name::Stranger, what, format!("can be executed in {days} days")).await?;
    expect_state(stage, id, ProposalState::Queued).await?;
    stage.chain().warp(eta).await?;
    stage.tell_wait(format!("{days} days pass, in which anyone can read what will happen")).await
}

async fn execute(stage: &mut Stage<'_>, id: u64, expectation: &Expectation) -> Result<Decided> {
    let decisions = stage.world.contracts().governance_decisions;
    let decisions = decisions.ok_or_eyre("the devnet has no GovernanceDecisions")?;
    let contracted_fee = stage.chain().read(decisions, &FEE).await?;
    let treasury_before = stage.treasury().await?;
    let grantee = stage.world.address(Name::Grantee);
    let grantee_before = stage.world.btrst_of(grantee).await?;

    let call = stage.governor.execute(id, U256::ZERO);
    let receipt = stage.send("execute", Name::Stranger, call).await?;
    stage
        .tell(&receipt, Name::Stranger, format!("executes proposal {id}, as anyone may"), "executed")
        .await?;

    let (fee, granted) = (expectation.fee.unwrap_or(contracted_fee), expectation.granted);
    stage.expect("the marketplace fee", fee, stage.chain().read(decisions, &FEE).await?)?;
    stage.note(format!("the marketplace fee goes from {contracted_fee}% to {fee}%"))?;
    stage.expect("the grantee's BTRST", grantee_before + granted, stage.world.btrst_of(grantee).await?)?;
    stage.expect("the treasury's BTRST", treasury_before - granted, stage.treasury().await?)?;
    stage.note(format!("the grantee receives {} of the treasury", btrst(granted)))?;
    let status = stage.governor.status(stage.chain().provider(), id).await?;
    stage.expect("the proposal's state", ProposalState::Executed, status.state)?;
    Ok(Decided { status, contracted_fee })
}

const FEE: GovernanceDecisions::marketplaceFeeCall = GovernanceDecisions::marketplaceFeeCall {};

fn decode<C: alloy::sol_types::SolCall>(input: &[u8]) -> alloy::sol_types::Result<C> {
    C::abi_decode_validate(input)
}

/// The governor's only event in `receipt`.
fn event(stage: &Stage<'_>, receipt: &Receipt) -> Result<Event> {
    let logs = receipt.0.logs().iter().map(|log| &log.inner);
    let mut events = stage.governor.events(logs)?;
    match (events.pop(), events.is_empty()) {
        (Some(event), true) => Ok(event),
        _ => bail!("the transaction did not write exactly one event of the governor"),
    }
}

async fn expect_state(stage: &Stage<'_>, id: u64, expected: ProposalState) -> Result<()> {
    let actual = stage.governor.state(stage.chain().provider(), id).await?;
    stage.expect("the proposal's state", expected, actual)
}
