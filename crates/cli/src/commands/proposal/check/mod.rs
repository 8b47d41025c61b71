//! `btrst proposal check`.

mod case;
mod sources;
mod state;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use btrst_simulate::bundle::Bundle;
use btrst_simulate::state::proof::Proven;
use btrst_simulate::{Manifest, Report, checks};
use eyre::{Result, WrapErr};

use crate::context::{Context, print};
use crate::governance::Governance;
use crate::opts::GovernorOptions;
use crate::sending::create;

use super::approval::ApprovalOptions;
use super::refuse_existing;
use case::Case;
use sources::SourceOptions;
use state::State;

/// Exit code when the proposal should not go on.
const REFUSED: u8 = 1;

const EXAMPLES: &str = "\
Examples:
  btrst proposal check proposals/academy.toml --proposer amara
  btrst proposal check 12
  btrst proposal check 12 --prove --strict --html report.html --bundle report.bundle.json
  btrst proposal check 12 --voter amara --voter bela --manifest academy.effects.toml
  btrst proposal check proposals/academy.toml --proposer amara --write-effects academy.effects.toml
  btrst proposal check 12 --hub https://hub.example.org --space spaces/usebraintrust.eth.json
  btrst proposal check 12 --artifacts out --sourcify-url https://sourcify.dev/server
  btrst proposal check 12 --json | jq -r '.findings[] | select(.verdict == \"fail\") | .summary'

A number is the id of a proposal on the chain, anything else a file. The deployment file is named by --deployment or
BTRST_DEPLOYMENT.

Exit codes: 0 when nothing speaks against it, 1 when a check failed or could not run (with --strict also when one
warns), 2 on an error.";

/// Finds out what a proposal does before anyone votes, and what speaks against it.
///
/// Plays its life in this process, on the state of one block: it is proposed, the delegates vote with the votes that they
/// have, it is queued, waits, and is executed by an account without privileges. No balance and no storage is changed for
/// that, and nothing is sent. A check that could not run is never counted as passed.
///
/// A proposal that was executed is played on the state before its execution and compared with what happened.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Proposal file, or id of a proposal on the chain
    #[arg(value_name = "FILE|ID")]
    proposal: String,

    /// Who would propose the file: name of the deployment file, or checksummed address
    #[arg(long, value_name = "ACCOUNT")]
    proposer: Option<String>,

    /// Delegate who can vote; can be repeated. By default all that the token's events tell of
    #[arg(long = "voter", value_name = "ACCOUNT")]
    voters: Vec<String>,

    /// Block from which on the token's events are read for delegates
    #[arg(long, value_name = "BLOCK", default_value_t = 0, conflicts_with = "voters")]
    from_block: u64,

    /// Check on the state of this block; the last one by default
    #[arg(long, value_name = "BLOCK")]
    block: Option<u64>,

    /// Effects that are intended; anything else that happens fails. By default those beside a proposal file, in
    /// `pay.effects.toml` for `pay.toml`
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,

    /// Write the effects that were found, to be read, and published as what is intended
    #[arg(long, value_name = "FILE")]
    write_effects: Option<PathBuf>,

    /// Prove all state that was read against the block's hash, so that the endpoint need not be believed
    #[arg(long)]
    prove: bool,

    /// Count warnings and checks that did not run as failures
    #[arg(long)]
    strict: bool,

    /// Folder for state that was read; ~/.cache/btrst/state by default
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,

    /// Write the report as Markdown
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    md: Option<PathBuf>,

    /// Write the report as one HTML page
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    html: Option<PathBuf>,

    /// Write the report as JUnit XML
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    junit: Option<PathBuf>,

    /// Write the report as SARIF
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    sarif: Option<PathBuf>,

    /// Write all that the report rests on, for `btrst verify-report` on another machine
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    bundle: Option<PathBuf>,

    #[command(flatten)]
    approval: ApprovalOptions,

    #[command(flatten)]
    sources: SourceOptions,

    #[command(flatten)]
    governor: GovernorOptions,
}

/// Checks the proposal.
///
/// # Errors
/// When the file cannot be used, there is no such proposal, the chain does not answer, or a report cannot be written.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    for file in outputs(&args) {
        refuse_existing(file)?;
    }
    let sources = args.sources.open()?;
    let deployment = args.governor.chain.deployment()?;
    let mut state = State::open(&args, &deployment)?;
    let chain = state.chain(&deployment)?;
    let governance = Governance::stated(deployment, chain, args.governor.flavour, context);
    let mut case = Case::read(&args, &governance, &mut state, context).await?;
    case.ask(&sources, &governance, &state, context);
    let input = case.input(&governance);
    context.note(&format!("playing it on block {} …", state.number()));
    // What waits for the endpoint waits in another thread; this one has nothing else to do.
    let checked = tokio::task::block_in_place(|| -> Result<_> {
        let agreements = case.agreements(&governance, &state);
        let mut checked = checks::run(&input, state.source(), &agreements);
        state.confirm()?;
        let proofs = args.prove.then(|| state.proofs()).transpose()?;
        if let Some(proofs) = &proofs {
            let Proven { accounts, slots, block_hashes } = proofs.verify(&state.witness())?;
            context.note(&format!(
                "the endpoint proved {accounts} accounts, {slots} slots and {block_hashes} block hashes"
            ));
        }
        checked.report.header.trips = Some(state.trips().into());
        if let Some(path) = &args.bundle {
            let bundle = Bundle::new(&input, &agreements, state.witness(), proofs, &checked.report)?;
            create(path, &bundle.render()?)?;
        }
        Ok(checked)
    })?;
    if let Some(path) = &args.write_effects {
        write_effects(path, checked.effects.as_ref(), &governance)?;
    }
    write(&args, &checked.report)?;
    show(&checked.report, context)?;
    Ok(code(&checked.report, args.strict))
}

/// Prints `report` in the form that was asked for.
///
/// # Errors
/// When standard output cannot be written.
pub fn show(report: &Report, context: &Context) -> Result<()> {
    if context.json {
        return Ok(print(report.to_json().wrap_err("cannot write the report as JSON")?.trim_end())?);
    }
    context.say(report.to_terminal()?.trim_end())
}

/// The exit code for `report`.
#[must_use]
pub fn code(report: &Report, strict: bool) -> ExitCode {
    if report.is_acceptable(strict) { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) }
}

fn outputs(args: &Args) -> impl Iterator<Item = &Path> {
    let files = [&args.write_effects, &args.md, &args.html, &args.junit, &args.sarif, &args.bundle];
    files.into_iter().flatten().map(PathBuf::as_path)
}

fn write_effects(path: &Path, effects: Option<&Manifest>, governance: &Governance) -> Result<()> {
    let effects = effects.ok_or_else(|| {
        let message = "there are no effects to write, because the play did not come to the execution";
        crate::failure::Hinted::new(message, "the report says why; --voter names delegates who can vote")
    })?;
    create(path, effects.render(&governance.deployment)?.trim_end())
}

fn write(args: &Args, report: &Report) -> Result<()> {
    if let Some(path) = &args.md {
        create(path, report.to_markdown()?.trim_end())?;
    }
    if let Some(path) = &args.html {
        create(path, report.to_html()?.trim_end())?;
    }
    if let Some(path) = &args.junit {
        create(path, report.to_junit(args.strict)?.trim_end())?;
    }
    if let Some(path) = &args.sarif {
        let file = args.proposal.parse::<u64>().is_err().then_some(args.proposal.as_str());
        create(path, report.to_sarif(file).trim_end())?;
    }
    Ok(())
}
