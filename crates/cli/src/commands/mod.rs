//! One module per command: its arguments, and what it does with them.

mod completions;
mod delegate;
mod demo;
mod deploy;
mod devnet;
mod fees;
mod handover;
mod man;
mod markdown_help;
mod params;
mod proposal;
mod selftest;
mod snapshot;
mod timelock;
mod treasury;
mod verify;
mod verify_report;
mod votes;

use std::process::ExitCode;
use std::time::Duration;

use clap::Subcommand;
use eyre::{Result, WrapErr};

use crate::context::Context;

/// Time between two looks at the parent process.
const PARENT_CHECK: Duration = Duration::from_millis(200);

/// What `btrst` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    Demo(demo::Args),
    Devnet(devnet::Args),
    Proposal(Box<proposal::Args>),
    Votes(votes::Args),
    Delegate(Box<delegate::Args>),
    Treasury(treasury::Args),
    Timelock(timelock::Args),
    Params(params::Args),
    Fees(Box<fees::Args>),
    Snapshot(snapshot::Args),
    Deploy(Box<deploy::Args>),
    Verify(verify::Args),
    Handover(Box<handover::Args>),
    VerifyReport(verify_report::Args),
    Selftest(selftest::Args),
    Completions(completions::Args),
    Man(man::Args),
    MarkdownHelp(markdown_help::Args),
}

/// Runs `command` to its end and says how it ended.
///
/// # Errors
/// Whatever stopped it; the exit code is 2 then.
pub fn run(command: Command, context: &mut Context) -> Result<ExitCode> {
    match command {
        Command::Demo(args) => block_on(demo::run(args, context)),
        Command::Devnet(args) => block_on(devnet::run(args, context)),
        Command::Proposal(args) => proposal::run(*args, context),
        Command::Votes(args) => block_on(votes::run(args, context)),
        Command::Delegate(args) => block_on(delegate::run(*args, context)),
        Command::Treasury(args) => block_on(treasury::run(args, context)),
        Command::Timelock(args) => block_on(timelock::run(args, context)),
        Command::Params(args) => block_on(params::run(args, context)),
        Command::Fees(args) => fees::run(*args, context),
        Command::Snapshot(args) => snapshot::run(args, context),
        Command::Deploy(args) => block_on(deploy::run(*args, context)),
        Command::Verify(args) => block_on(verify::run(args, context)),
        Command::Selftest(args) => selftest::run(&args, context),
        Command::VerifyReport(args) => verify_report::run(&args, context),
        Command::Handover(args) => block_on(handover::run(*args, context)),
        Command::Completions(args) => completions::run(&args, context),
        Command::Man(args) => man::run(&args, context),
        Command::MarkdownHelp(_) => markdown_help::run(),
    }
}

/// Runs a command that waits for a chain.
fn block_on(work: impl Future<Output = Result<ExitCode>>) -> Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .wrap_err("cannot start the runtime")?
        .block_on(work)
}

/// Waits until the process is asked to stop: by Ctrl-C, by SIGTERM, or because whoever started it is gone.
async fn stop_requested() -> Result<()> {
    tokio::select! {
        asked = asked_to_stop() => asked,
        () = orphaned() => Ok(()),
    }
}

/// Waits for Ctrl-C or SIGTERM.
async fn asked_to_stop() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate()).wrap_err("cannot listen for SIGTERM")?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed.wrap_err("cannot listen for Ctrl-C"),
        _ = terminate.recv() => Ok(()),
    }
}

/// Waits until the process that started this one has ended, in whatever way: a test run or a script that was killed
/// must not leave a chain behind.
async fn orphaned() {
    use std::os::unix::process::parent_id;

    // Nothing tells a process of its parent's end without unsafe code; its number changes then.
    let parent = parent_id();
    let mut look = tokio::time::interval(PARENT_CHECK);
    while parent_id() == parent {
        look.tick().await;
    }
}
