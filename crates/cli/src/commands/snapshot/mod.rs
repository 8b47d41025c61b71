//! `btrst snapshot`: votes off-chain, by signed messages of the Snapshot protocol.

pub(super) mod audit;
mod cancel;
mod choice;
pub(super) mod client;
mod clock;
mod draft;
pub(super) mod hub;
mod page;
mod propose;
pub(super) mod results;
mod send;
mod vote;
mod votes;

use std::process::ExitCode;

use clap::Subcommand;
use eyre::Result;

use super::block_on;
use crate::context::Context;

const EXAMPLES: &str = "\
Examples:
  btrst snapshot hub --space usebraintrust.json --keystore hub.json --rpc-url $RPC
  btrst snapshot propose temperature.toml --account author --broadcast
  btrst snapshot vote 0x5f3a… for --reason 'it pays for itself' --account delegate --broadcast
  btrst snapshot results 0x5f3a…
  btrst snapshot votes 0x5f3a… --json
  btrst snapshot cancel 0x5f3a… --account author --broadcast
  btrst snapshot audit 0x5f3a… --rpc-url $RPC --html audit.html

The hub is named by --hub or BTRST_HUB.

Exit codes: 0 done or yes, 1 a negative answer, 2 an error.";

/// Proposes, votes, counts and audits off-chain, without gas; and hosts a hub.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Propose(Box<propose::Args>),
    Vote(Box<vote::Args>),
    Cancel(Box<cancel::Args>),
    Results(results::Args),
    Votes(votes::Args),
    Audit(Box<audit::Args>),
    Hub(Box<hub::Args>),
}

/// Runs the command.
///
/// # Errors
/// Whatever stopped it; the exit code is 2 then.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    match args.command {
        Command::Propose(args) => block_on(propose::run(*args, context)),
        Command::Vote(args) => block_on(vote::run(*args, context)),
        Command::Cancel(args) => block_on(cancel::run(*args, context)),
        Command::Results(args) => block_on(results::run(args, context)),
        Command::Votes(args) => block_on(votes::run(args, context)),
        Command::Audit(args) => block_on(audit::run(*args, context)),
        Command::Hub(args) => block_on(hub::run(*args, context)),
    }
}
