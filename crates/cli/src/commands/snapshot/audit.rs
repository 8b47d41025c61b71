//! `btrst snapshot audit`.

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::ExitCode;

use alloy::primitives::{Address, B256};
use btrst_hub::log::Verifier;
use btrst_offchain::Envelope;
use btrst_offchain::audit::{Difference, Export, Report, Witness};
use btrst_offchain::message::Content;
use btrst_offchain::phase::Phase;
use btrst_offchain::tally::{Ballot, BallotBox, Choice, Power};
use eyre::{Result, WrapErr};
use serde::Serialize;
use serde_json::{Value, json};

use super::client::{Hub, HubOptions, hash};
use super::page::page;
use super::send::connect;
use crate::context::Context;
use crate::failure::Hinted;
use crate::opts::EndpointOptions;

const EXAMPLES: &str = "\
Examples:
  btrst snapshot audit 0x5f3a… --hub https://hub.example.org --rpc-url $RPC
  btrst snapshot audit 0x5f3a… --head 0x91c0… --html audit.html
  btrst snapshot audit export.json --rpc-url $RPC --json | jq .differences

An export is one JSON document with `proposal` and `votes` as the hub's GraphQL gives them, and `envelopes`, the signed
messages as they are published.

Exit codes: 0 when everything is as stated, 1 on a difference, 2 on an error.";

/// Verifies every signature, voting power and count of an off-chain vote, and reports each difference.
///
/// From a hub of this suite it takes the signed log too: no vote may be missing in it or beside it. Voting powers are
/// read from the chain at the snapshot block when --rpc-url is given; else those that the hub states are counted. Votes
/// that come while it reads can look like differences: a vote is best audited when it is over.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Id of the proposal, or file with an export
    source: String,

    /// Hash of an entry of the log that somebody was given: it must still be in it; may be given several times
    #[arg(long, value_name = "HASH")]
    head: Vec<String>,

    /// Write one page with charts that needs no network
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Write proposal, votes and signed messages to a file, for who cannot reach the hub
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,

    /// Block from which transfers are added up where the endpoint has no old state: that of the token's deployment
    #[arg(long, value_name = "BLOCK", default_value_t = 0)]
    from_block: u64,

    #[command(flatten)]
    hub: HubOptions,

    #[command(flatten)]
    endpoint: EndpointOptions,
}

/// What the log of a hub says against it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LogDifference {
    /// The log is not the chain of signed entries that it must be.
    Log {
        /// What is wrong.
        reason: String,
    },
    /// An entry is of another message than the one beside it.
    OtherMessage {
        /// Its number.
        position: u64,
    },
    /// An entry that somebody was given is not in the log.
    EntryGone {
        /// Its hash.
        hash: B256,
    },
    /// A vote was taken, counts, and is not published.
    VoteDropped {
        /// The vote.
        id: B256,
        /// Its voter.
        voter: Address,
    },
    /// A vote is published that is not in the log, or was replaced by a later one.
    VoteInvented {
        /// The vote.
        id: B256,
        /// Its voter.
        voter: Address,
    },
}

impl std::fmt::Display for LogDifference {
    /// The kind in words, such as `vote dropped`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Log { .. } => "log",
            Self::OtherMessage { .. } => "other message",
            Self::EntryGone { .. } => "entry gone",
            Self::VoteDropped { .. } => "vote dropped",
            Self::VoteInvented { .. } => "vote invented",
        })
    }
}

/// Audits.
///
/// # Errors
/// When the hub, the file or the endpoint cannot be used.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let (export, log, entries) = match args.source.parse::<B256>() {
        Ok(id) => {
            let heads = args.head.iter().map(|text| hash(text)).collect::<Result<Vec<_>>>()?;
            from_hub(&args.hub.open()?, id, &heads, context).await?
        }
        Err(_) => (from_file(&args.source)?, Vec::new(), None),
    };
    if let Some(path) = &args.export {
        let text = serde_json::to_string(&export).wrap_err("cannot write the export")?;
        std::fs::write(path, text).wrap_err_with(|| format!("cannot write `{}`", path.display()))?;
        context.note(&format!("export written to {}", path.display()));
    }
    let witness = match &args.endpoint.rpc_url {
        Some(_) => {
            let chain = connect(&args.endpoint).await?;
            if chain.id.to_string() != export.proposal.network {
                let message =
                    format!("the vote is on chain {}, the endpoint on {}", export.proposal.network, chain.id);
                return Err(Hinted::new(message, "check --rpc-url").into());
            }
            context.note("reading voting powers from the chain");
            export.witness(&chain, args.from_block).await?
        }
        None => {
            context.note("voting powers are those that the hub states; --rpc-url reads them from the chain");
            Witness::default()
        }
    };
    let report = export.audit(&witness)?;
    if let Some(path) = &args.html {
        let text = page(&export.proposal, &report, &lines(&report.differences, &log))?;
        std::fs::write(path, text).wrap_err_with(|| format!("cannot write `{}`", path.display()))?;
        context.note(&format!("page written to {}", path.display()));
    }
    show(&export, &report, &log, entries, context)?;
    let right = report.differences.is_empty() && log.is_empty();
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The export in the file at `path`.
///
/// # Errors
/// When it cannot be read or is none.
pub fn from_file(path: &str) -> Result<Export> {
    let text = std::fs::read(path).map_err(|error| {
        let message = format!("cannot read the export `{path}`");
        Hinted::new(message, "name an export, or a proposal by its id of `0x` and 64 digits").caused_by(error)
    })?;
    Export::parse(&text).wrap_err_with(|| format!("cannot use the export `{path}`"))
}

/// The vote on `id` with its messages, and what the log says against it.
///
/// # Errors
/// When the hub does not answer, has no such vote, or publishes no log.
pub async fn from_hub(
    hub: &Hub,
    id: B256,
    heads: &[B256],
    context: &Context,
) -> Result<(Export, Vec<LogDifference>, Option<u64>)> {
    context.note("reading proposal and votes");
    let mut export = hub.export(id).await?;
    context.note("reading the log");
    let mut verifier: Option<Verifier> = None;
    let mut differences = Vec::new();
    let mut ballots = BallotBox::default();
    let mut seen = HashSet::new();
    let mut others = Vec::new();
    hub.log(|page| {
        let verifier = verifier.get_or_insert_with(|| Verifier::new(page.hub));
        for item in page.entries {
            // After the first fault every entry would show another.
            if differences.is_empty()
                && let Err(error) = verifier.take(&item.entry)
            {
                differences.push(LogDifference::Log { reason: error.to_string() });
            }
            seen.insert(item.entry.hash);
            let envelope = Envelope::parse_pinned(item.envelope.to_string().as_bytes()).ok();
            let Some(envelope) = envelope.filter(|envelope| envelope.id() == item.entry.id) else {
                differences.push(LogDifference::OtherMessage { position: item.entry.position });
                continue;
            };
            if bears_on(&envelope, id) {
                others.push(envelope.id());
                export.envelopes.push(item.envelope.clone());
            }
            keep(&envelope, &item.envelope, id, &mut ballots, &mut export);
        }
        Ok(())
    })
    .await?;
    let gone = heads.iter().filter(|hash| !seen.contains(*hash));
    differences.extend(gone.map(|hash| LogDifference::EntryGone { hash: *hash }));
    compare(&ballots, &export, &mut differences);
    // What was replaced is no part of the result.
    let mut published: HashSet<B256> = export.votes.iter().map(|vote| vote.id).chain([id]).collect();
    published.extend(others);
    export.envelopes.retain(|envelope| {
        let stated = envelope.get("hash").and_then(Value::as_str).and_then(|text| text.parse().ok());
        stated.is_some_and(|id: B256| published.contains(&id))
    });
    Ok((export, differences, verifier.map(|verifier| verifier.entries())))
}

/// Whether the message of `envelope` withdraws the proposal `id`, or lets somebody sign for another.
fn bears_on(envelope: &Envelope, id: B256) -> bool {
    match envelope.message().content() {
        Content::CancelProposal(cancel) => cancel.proposal.parse() == Ok(id),
        Content::Alias(_) => true,
        _ => false,
    }
}

/// Keeps the message of the log that is about the proposal `id`.
fn keep(envelope: &Envelope, json: &Value, id: B256, ballots: &mut BallotBox, export: &mut Export) {
    let message = envelope.message();
    match message.content() {
        Content::Vote(vote) if vote.proposal.parse() == Ok(id) => {
            ballots.cast(Ballot {
                voter: vote.from,
                id: envelope.id(),
                timestamp: vote.timestamp,
                // Only who voted last counts here.
                choice: Choice::Invalid,
                power: Power::ZERO,
            });
            export.envelopes.push(json.clone());
        }
        Content::Proposal(_) if envelope.id() == id => export.envelopes.push(json.clone()),
        _ => {}
    }
}

fn compare(ballots: &BallotBox, export: &Export, differences: &mut Vec<LogDifference>) {
    let logged: HashSet<B256> = ballots.ballots().iter().map(|ballot| ballot.id).collect();
    let published: HashSet<B256> = export.votes.iter().map(|vote| vote.id).collect();
    for ballot in ballots.ballots().iter().filter(|ballot| !published.contains(&ballot.id)) {
        differences.push(LogDifference::VoteDropped { id: ballot.id, voter: ballot.voter });
    }
    for vote in export.votes.iter().filter(|vote| !logged.contains(&vote.id)) {
        differences.push(LogDifference::VoteInvented { id: vote.id, voter: vote.voter });
    }
}

/// A line for each difference: the kind, then its fields.
fn lines(differences: &[Difference], log: &[LogDifference]) -> Vec<(String, String)> {
    let line = |value: Value| {
        let fields = value.as_object().cloned().unwrap_or_default();
        let kind = fields.get("kind").and_then(Value::as_str).unwrap_or_default().replace('_', " ");
        let rest = fields.iter().filter(|(key, value)| *key != "kind" && !value.is_null());
        let field = |(key, value): (&String, &Value)| match value {
            Value::String(text) => format!("{key} {text}"),
            value => format!("{key} {value}"),
        };
        (kind, rest.map(field).collect::<Vec<_>>().join(", "))
    };
    let of_log = log.iter().map(|difference| serde_json::to_value(difference).unwrap_or_default());
    let others = differences.iter().map(|difference| serde_json::to_value(difference).unwrap_or_default());
    of_log.chain(others).map(line).collect()
}

/// What an audit cannot say about encrypted ballots.
pub fn sealed(report: &Report) -> Option<String> {
    let (closed, opened) = (report.tally.encrypted, report.decrypted_by_hub);
    let closed =
        (closed > 0).then(|| format!("{closed} ballots: what they say is not known, and no choice has them"));
    let opened = (opened > 0)
        .then(|| format!("{opened} ballots count for what the hub says that they say, not verified"));
    let parts: Vec<_> = closed.into_iter().chain(opened).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn show(
    export: &Export,
    report: &Report,
    log: &[LogDifference],
    entries: Option<u64>,
    context: &Context,
) -> Result<()> {
    let (proposal, tally) = (&export.proposal, &report.tally);
    context.say(&format!("title     {}", proposal.title))?;
    context.say(&format!("space     {}", proposal.space.id))?;
    context.say(&format!("ballots   {}, {} of them invalid", tally.ballots, tally.invalid))?;
    if let Some(line) = sealed(report) {
        context.say(&format!("encrypted {line}"))?;
    }
    let from = if report.has_powers { "read from the chain" } else { "as the hub states, not verified" };
    context.say(&format!("powers    {from}"))?;
    match entries {
        Some(entries) => context.say(&format!("log       {entries} entries"))?,
        None => context.say("log       none: ballots that were left out do not show")?,
    }
    for line in super::results::phase(proposal) {
        context.say(&line)?;
    }
    context.say("")?;
    let width = proposal.choices.iter().map(|choice| choice.chars().count()).max().unwrap_or_default();
    for (choice, score) in proposal.choices.iter().zip(&tally.scores) {
        context.say(&format!("{choice:width$}  {score}"))?;
    }
    context.say("")?;
    let lines = lines(&report.differences, log);
    for (kind, fields) in &lines {
        context.say(&format!("{kind}: {fields}"))?;
    }
    context.say(&match lines.len() {
        0 if sealed(report).is_some() => "Everything that can be checked is as stated.".to_owned(),
        0 => "Everything is as stated.".to_owned(),
        1 => "1 difference".to_owned(),
        number => format!("{number} differences"),
    })?;
    let all = log.iter().map(serde_json::to_value).chain(report.differences.iter().map(serde_json::to_value));
    context.document(&json!({
        "schema_version": 1,
        "proposal": proposal.id,
        "phase": Phase::of_settings(&proposal.plugins).ok().flatten(),
        "ballots": tally.ballots,
        "invalid": tally.invalid,
        "encrypted": tally.encrypted,
        "decrypted_by_hub": report.decrypted_by_hub,
        "powers_verified": report.has_powers,
        "log_entries": entries,
        "scores": tally.scores.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "scores_total": tally.total.to_string(),
        "differences": all.collect::<Result<Vec<_>, _>>().wrap_err("cannot write the differences")?,
    }))
}
