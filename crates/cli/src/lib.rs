//! The operator's command line of the Braintrust governance suite.
//!
//! The only place where the suite's libraries meet. Commands parse their arguments, call a library, and print; what
//! they print on standard output is the result, everything else goes to standard error.
//!
//! Exit codes: 0 done or yes, 1 a negative answer, 2 an error or bad usage.

mod browser;
mod commands;
mod context;
mod demo;
mod failure;
mod governance;
mod log;
mod moment;
mod opts;
mod refusal;
mod sending;
mod signing;

use std::ffi::OsString;
use std::io::ErrorKind;
use std::process::ExitCode;

use clap::Parser;

use crate::commands::Command;
use crate::context::Context;
use crate::opts::OutputOptions;

/// Exit code of an error or of bad usage.
const FAILED: u8 = 2;

const EXAMPLES: &str = "\
Examples:
  btrst demo                     play a proposal and a client fee on a fresh local chain
  btrst demo --json              the same as one JSON document
  btrst devnet                   start the whole system on port 8545 and stay up
  btrst devnet --stack alpha     the same with the governor generation that is live today
  btrst proposal new --help      write, check and follow proposals
  btrst votes amara              tokens and votes of an account
  btrst delegate self --help     give the votes of an account to a delegate
  btrst treasury                 what the DAO has, and what is promised of it
  btrst fees invoice --help      bill, deposit, convert and report the fees of clients
  btrst snapshot --help          vote off-chain by signed messages, host a hub, audit a vote
  btrst deploy deploy.toml       plan and simulate a deployment, and carry it out with --broadcast
  btrst verify --help            compare the chain with a plan or a deployment file
  btrst completions bash         print shell completions";

/// Runs the governance of the Braintrust network and the fees of its clients, on a local chain or any other.
#[derive(Debug, Parser)]
#[command(name = "btrst", version, after_help = EXAMPLES, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    output: OutputOptions,
}

/// Runs the command line `arguments`, the program's name first, and says how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(usage) => {
            // A reader that is gone, such as `head`, is not worth an error.
            if usage.print().is_err_and(|error| error.kind() != ErrorKind::BrokenPipe) {
                return ExitCode::from(FAILED);
            }
            return ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(FAILED));
        }
    };
    let mut context = Context::new(&cli.output);
    match commands::run(cli.command, &mut context) {
        Ok(code) => code,
        Err(error) => {
            failure::report(&error);
            ExitCode::from(FAILED)
        }
    }
}
