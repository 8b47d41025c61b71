//! `btrst proposal relay`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use alloy::primitives::Address;
use btrst_gov::Fault;
use btrst_gov::governor::{Checked, Event, Head, Obstacle, Poll, SignedBallot, mark_repeated};
use eyre::{Report, Result, WrapErr};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use super::read;
use crate::context::Context;
use crate::governance::{Governance, PARALLEL, TransactionOptions};
use crate::refusal::Refusal;
use crate::sending::Delivered;

/// Exit code when not every ballot was cast.
const INCOMPLETE: u8 = 1;

const EXAMPLES: &str = "\
Examples:
  btrst proposal relay ballots/*.json --account relayer
  btrst proposal relay ballots/*.json --account relayer --broadcast
  btrst proposal relay ballots/*.json --account relayer --json | jq '.ballots[] | select(.status == \"refused\")'

The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 when every ballot is counted or would be, 1 when one is not, 2 on an error.";

/// Casts ballots that others signed with `btrst proposal vote --sign`; a dry run without --broadcast.
///
/// Each ballot is compared with the chain first. Those that cannot be counted are named with the reason, and the others
/// are cast: many in one transaction where the governor takes them so, which are ballots of accounts without a reason at
/// the suite's governor. A ballot that was counted before is left out, so a run that was stopped can be run again.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Signed ballots
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    #[command(flatten)]
    transaction: TransactionOptions,
}

/// Casts them, or shows what would be sent.
///
/// # Errors
/// When a file is no ballot, the chain does not answer, or a transaction fails.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    args.transaction.send.awaited("a relay of ballots")?;
    let mut ballots = Vec::with_capacity(args.files.len());
    for path in &args.files {
        let ballot = SignedBallot::parse(&read(path, "ballot")?)
            .wrap_err_with(|| format!("cannot use the ballot `{}`", path.display()))?;
        ballots.push(ballot);
    }
    let (governance, mut sending) = args.transaction.open(context).await?;
    // What an earlier run sent is settled first; what it counted shows on the chain.
    sending.settle(context).await?;
    let mut relay = Relay::check(&governance, &args.files, ballots).await?;
    relay.report(context).await?;

    let good: Vec<usize> = relay.places(Outcome::Good);
    let signed: Vec<_> = good.iter().filter_map(|place| relay.ballots.get(*place)).cloned().collect();
    let (calls, contents): (Vec<_>, Vec<_>) = relay.poll.calls(&signed)?.into_iter().unzip();
    let delivered = if calls.is_empty() { Vec::new() } else { sending.deliver_each(&calls, context).await? };
    let mut transactions = Vec::new();
    let mut failure = None;
    if sending.is_for_another_wallet() {
        // All of them are in one file.
        relay.mark(&good, Outcome::Written);
    }
    for (outcome, part) in delivered.into_iter().zip(&contents) {
        let places: Vec<usize> = part.iter().filter_map(|at| good.get(*at)).copied().collect();
        match outcome {
            Ok(outcome) => {
                relay.settle(&outcome, &places)?;
                transactions.push(outcome.document());
            }
            Err(error) => failure = Some(error),
        }
    }
    relay.end(transactions, failure, context)
}

/// What became of a ballot.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    /// Nothing is wrong with it.
    Good,
    /// It cannot be cast.
    Refused(Refusal),
    /// Its voter has voted so.
    CountedBefore,
    /// It would be counted.
    Shown,
    /// It is among the calls that were written.
    Written,
    /// It is counted.
    Counted,
    /// The governor left it out.
    Skipped,
}

impl Outcome {
    const fn word(&self) -> &'static str {
        match self {
            Self::Good => "unsent",
            Self::Refused(_) => "refused",
            Self::CountedBefore => "counted_before",
            Self::Shown => "dry_run",
            Self::Written => "written",
            Self::Counted => "counted",
            Self::Skipped => "skipped",
        }
    }
}

/// Ballots on their way.
struct Relay<'a> {
    governance: &'a Governance,
    poll: Poll,
    names: Vec<String>,
    ballots: Vec<SignedBallot>,
    outcomes: Vec<Outcome>,
}

impl<'a> Relay<'a> {
    /// Compares `ballots` with the chain and with each other.
    async fn check(
        governance: &'a Governance,
        files: &[PathBuf],
        ballots: Vec<SignedBallot>,
    ) -> Result<Self> {
        let Governance { governor, deployment, chain, .. } = governance;
        let provider = chain.provider();
        let ids = ballots.iter().map(|signed| signed.ballot.id);
        let token = deployment.contracts.btrst;
        let head = governance.head().await?;
        let poll = Poll::read(*governor, provider, token, deployment.chain_id, head, ids).await?;
        let faults = stream::iter(&ballots).map(|signed| poll.fault(provider, signed));
        let faults: Vec<Option<Fault>> = faults.buffered(PARALLEL).try_collect().await?;
        let mut checked: Vec<Checked> = ballots.into_iter().zip(faults).collect();
        mark_repeated(&mut checked);
        let names: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
        let mut outcomes = Vec::with_capacity(checked.len());
        for (signed, fault) in &checked {
            outcomes.push(outcome(governance, signed, fault.as_ref(), &names, head).await?);
        }
        let ballots = checked.into_iter().map(|(signed, _)| signed).collect();
        Ok(Self { governance, poll, names, ballots, outcomes })
    }

    /// Tells of each ballot.
    async fn report(&self, context: &Context) -> Result<()> {
        for ((signed, name), outcome) in self.ballots.iter().zip(&self.names).zip(&self.outcomes) {
            let ballot = &signed.ballot;
            let what = format!(
                "{name}: {} {} on proposal {}",
                self.governance.name(signed.voter),
                ballot.support,
                ballot.id
            );
            match outcome {
                Outcome::Refused(refusal) => {
                    context.say(&format!("refused  {what}: {}", refusal.message))?;
                    if let Some(hint) = &refusal.hint {
                        context.say(&format!("         hint: {hint}"))?;
                    }
                }
                Outcome::CountedBefore => context.say(&format!("before   {what}: counted already"))?,
                _ => context.say(&format!("good     {what}"))?,
            }
        }
        context.say("")
    }

    fn places(&self, wanted: Outcome) -> Vec<usize> {
        let places = self.outcomes.iter().enumerate();
        places.filter(|(_, outcome)| **outcome == wanted).map(|(place, _)| place).collect()
    }

    fn mark(&mut self, places: &[usize], outcome: Outcome) {
        for place in places {
            if let Some(slot) = self.outcomes.get_mut(*place) {
                *slot = outcome.clone();
            }
        }
    }

    /// Notes what `delivered` did with the ballots at `places`.
    fn settle(&mut self, delivered: &Delivered, places: &[usize]) -> Result<()> {
        let receipt = match delivered {
            Delivered::Shown(_) => {
                self.mark(places, Outcome::Shown);
                return Ok(());
            }
            Delivered::Written(_) | Delivered::Pending(_) => return Ok(()),
            Delivered::Sent(receipt) => receipt,
        };
        let events = self.governance.governor.events(receipt.logs().iter().map(|log| &log.inner))?;
        let counted: BTreeSet<(u64, Address)> = events
            .into_iter()
            .filter_map(|event| match event {
                Event::VoteCast { id, voter, .. } => Some((id, voter)),
                _ => None,
            })
            .collect();
        for place in places {
            let is_counted = self
                .ballots
                .get(*place)
                .is_some_and(|signed| counted.contains(&(signed.ballot.id, signed.voter)));
            self.mark(&[*place], if is_counted { Outcome::Counted } else { Outcome::Skipped });
        }
        Ok(())
    }

    /// Tells what became of them all.
    fn end(&self, transactions: Vec<Value>, failure: Option<Report>, context: &Context) -> Result<ExitCode> {
        let count = |word: &str| self.outcomes.iter().filter(|outcome| outcome.word() == word).count();
        for place in self.places(Outcome::Skipped) {
            if let Some(name) = self.names.get(place) {
                context.say(&format!(
                    "skipped  {name}: the governor did not count it; run this again to see why"
                ))?;
            }
        }
        if count("counted") > 0 {
            context.say(&format!("\n{} of {} ballots are counted", count("counted"), self.ballots.len()))?;
        }
        let ballots: Vec<Value> =
            self.ballots.iter().zip(&self.names).zip(&self.outcomes).map(document).collect();
        context.document(&json!({
            "schema_version": 1,
            "chain_id": self.governance.deployment.chain_id,
            "governor": self.governance.governor.address.to_string(),
            "ballots": ballots,
            "transactions": transactions,
        }))?;
        if let Some(failure) = failure {
            return Err(failure.wrap_err("a transaction with ballots failed; the ones before it are cast"));
        }
        let incomplete = count("refused") + count("skipped") + count("unsent") > 0;
        Ok(if incomplete { ExitCode::from(INCOMPLETE) } else { ExitCode::SUCCESS })
    }
}

async fn outcome(
    governance: &Governance,
    signed: &SignedBallot,
    fault: Option<&Fault>,
    names: &[String],
    head: Head,
) -> Result<Outcome> {
    Ok(match fault {
        None => Outcome::Good,
        Some(Fault::Obstacle(Obstacle::Voted { support, .. })) if *support == signed.ballot.support => {
            Outcome::CountedBefore
        }
        Some(fault) => Outcome::Refused(governance.fault(fault, names, Some(signed.ballot.id), head).await?),
    })
}

fn document(((signed, name), outcome): ((&SignedBallot, &String), &Outcome)) -> Value {
    let refusal = match outcome {
        Outcome::Refused(refusal) => Some(refusal.document()),
        _ => None,
    };
    json!({
        "file": name,
        "voter": signed.voter.to_string(),
        "id": signed.ballot.id,
        "support": signed.ballot.support.to_string(),
        "status": outcome.word(),
        "refusal": refusal,
    })
}
