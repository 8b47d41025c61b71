//! `btrst proposal vote`.

use std::process::ExitCode;

use btrst_chain::Sender;
use btrst_gov::governor::{Ballot, Event, Obstacle, ProposalState, SignedBallot, Support, accepts, votes_at};
use eyre::Result;
use serde_json::json;

use super::{step::Step, words};
use crate::context::Context;
use crate::demo::btrst;
use crate::failure::Hinted;
use crate::governance::{Governance, TransactionOptions};
use crate::sending::Delivered;
use crate::signing::{Place, hashes, sign};

const EXAMPLES: &str = "\
Examples:
  btrst proposal vote 12 for --account delegate
  btrst proposal vote 12 abstain --reason \"I am on the committee\" --account delegate --broadcast
  btrst proposal vote 12 for --browser --broadcast
  btrst proposal vote 12 for --account delegate --sign ballot.json
  btrst proposal vote 12 for --account owner --wallet 0xE1F43a543fAe801543A6916C85482F6Ed37F52ae --sign -

The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 when it is cast or would be, 1 when that is not possible now, 2 on an error.";

/// Votes on a proposal with all votes of the sender; a dry run without --broadcast.
///
/// With --sign, the ballot is signed and written, and nothing is sent: anyone can cast it with `btrst proposal relay`
/// while the vote is open. A signed ballot has no deadline, and cannot be taken back.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Id of the proposal
    id: u64,

    /// `for`, `against` or `abstain`
    #[arg(value_parser = support)]
    support: Support,

    /// Why, for everybody to read
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,

    /// Write a signed ballot to this file, or to standard output for `-`, and send nothing
    #[arg(
        long,
        value_name = "FILE",
        value_parser = Place::parse,
        conflicts_with_all = ["broadcast", "calldata", "safe_json"],
        help_heading = "Signing"
    )]
    sign: Option<Place>,

    /// Contract wallet that votes: the key signs for it, as the wallet accepts it (ERC-1271)
    #[arg(
        long,
        value_name = "NAME|ADDRESS",
        requires = "sign",
        conflicts_with = "reason",
        help_heading = "Signing"
    )]
    wallet: Option<String>,

    #[command(flatten)]
    transaction: TransactionOptions,
}

fn support(word: &str) -> Result<Support, String> {
    word.parse().map_err(|_| "a ballot says `for`, `against` or `abstain`".into())
}

/// Votes, signs a ballot, or shows what would be sent.
///
/// # Errors
/// When there is no such proposal, the governor does not take such a ballot, the chain does not answer, or the
/// transaction fails.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let TransactionOptions { signer, send, .. } = &args.transaction;
    let sender = signer.required(send.broadcast || args.sign.is_some(), send.patience()).await?;
    let governance = Governance::connect(&args.transaction.governor, context).await?;
    let governor = governance.governor;
    let step = Step {
        governance: &governance,
        id: args.id,
        call: governor.cast_vote(args.id, args.support, args.reason.as_deref())?,
        details: json!({
            "voter": sender.address().to_string(),
            "support": args.support.to_string(),
            "reason": args.reason,
        }),
    };
    if let Some(place) = &args.sign {
        return offline(&args, place, &sender, &step, context).await;
    }
    let mut sending = governance.sending(sender, &args.transaction.send).await?;
    if let Some(delivered) = step.resume(&mut sending, context).await? {
        return cast(&step, &delivered, context);
    }
    let (head, voter) = (governance.head().await?, sending.account());
    let status = governor.status(governance.provider(), args.id).await?;
    let token = governance.deployment.contracts.btrst;
    let obstacle = governor.vote_obstacle(governance.provider(), token, &status, voter, head).await?;
    if let Some(obstacle) = obstacle {
        return step.refuse(&obstacle, head, context).await;
    }
    for line in decoded(&step).await? {
        context.say(&line)?;
    }
    let votes = votes_at(governance.provider(), token, voter, status.start_block).await?;
    context.say(&format!("votes     {} of {}", btrst(votes), governance.name(voter)))?;
    let delivered = step.deliver(&mut sending, context).await?;
    cast(&step, &delivered, context)
}

/// What the proposal would do.
async fn decoded(step: &Step<'_>) -> Result<Vec<String>> {
    let Governance { governor, deployment, chain, .. } = step.governance;
    let actions = governor.actions(chain.provider(), step.id).await?;
    Ok(words::actions(&actions, deployment, false))
}

fn cast(step: &Step<'_>, delivered: &Delivered, context: &Context) -> Result<ExitCode> {
    let Some(receipt) = delivered.receipt() else { return step.undone(delivered, context) };
    let (counted, support) = step.event(receipt, "VoteCast", |event| match event {
        Event::VoteCast { id, votes, support, .. } if id == step.id => Some((votes, support)),
        _ => None,
    })?;
    step.done(&format!("Voted {support} with {}", btrst(counted)), receipt, context)
}

/// Signs the ballot and writes it.
async fn offline(
    args: &Args,
    place: &Place,
    sender: &Sender,
    step: &Step<'_>,
    context: &Context,
) -> Result<ExitCode> {
    let Governance { governor, deployment, chain, .. } = step.governance;
    let provider = chain.provider();
    let voter = match &args.wallet {
        Some(wallet) => deployment.resolve(wallet)?,
        None => sender.address(),
    };
    let head = step.governance.head().await?;
    let status = governor.status(provider, args.id).await?;
    let obstacle = governor.vote_obstacle(provider, deployment.contracts.btrst, &status, voter, head).await?;
    // A ballot can be signed before it can be cast.
    let obstacle = obstacle.filter(|obstacle| !matches!(obstacle, Obstacle::VoteNotOpen { .. }));
    if let Some(obstacle) = obstacle {
        return step.refuse(&obstacle, head, context).await;
    }
    let wallet = match &args.wallet {
        Some(_) => Some((voter, governor.ballot_nonce(provider, voter).await?)),
        None => None,
    };
    let ballot = Ballot { id: args.id, support: args.support, reason: args.reason.clone(), wallet };
    let message = governor.ballot_message(governor.domain(provider, chain.id).await?, &ballot)?;
    for line in decoded(step).await? {
        place.say(&line, context)?;
    }
    place.say(&format!("ballot       {}, for {}", step.call.what, step.governance.name(voter)), context)?;
    let signature = sign(chain, sender, &message, place, context).await?;
    if wallet.is_some() && !accepts(provider, voter, message.digest, &signature).await? {
        let text = format!("the wallet `{}` does not accept the signature", step.governance.name(voter));
        let hint = "let it send the vote itself: --calldata or --safe-json writes the call";
        return Err(Hinted::new(text, hint).into());
    }
    if status.state == ProposalState::Pending {
        place.say(&format!("the vote opens in block {}", status.start_block.saturating_add(1)), context)?;
    }
    let signed = SignedBallot { chain_id: chain.id, governor: governor.address, ballot, voter, signature };
    let document = json!({
        "schema_version": 1,
        "file": place.path(),
        "voter": voter.to_string(),
        "id": args.id,
        "support": args.support.to_string(),
        "reason": args.reason,
        "hashes": hashes(&message),
        "signature": signed.signature,
    });
    place.put(&signed.render()?, &document, context)?;
    Ok(ExitCode::SUCCESS)
}
