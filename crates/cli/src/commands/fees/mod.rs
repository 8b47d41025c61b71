//! `btrst fees`: the fees of clients, from the invoice to the report.

mod check_proof;
mod convert;
mod deposit;
mod invoice;
mod keeper;
mod prove;
mod quote;
mod report;

use std::process::ExitCode;

use clap::Subcommand;
use eyre::Result;

use super::block_on;
use crate::context::Context;

const EXAMPLES: &str = "\
Examples:
  btrst fees invoice january.csv
  btrst fees prove january.batch.jsonl --id INV-2026-0001
  btrst fees deposit january.batch.jsonl --keystore node.json --broadcast
  btrst fees quote
  btrst fees convert --keystore relayer.json --broadcast
  btrst fees keeper --keystore relayer.json --password-file pw --broadcast
  btrst fees report --html fees.html

The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 done or yes, 1 a negative answer, 2 an error.";

/// Bills, deposits, converts and reports the fees of clients.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Invoice(invoice::Args),
    Prove(prove::Args),
    CheckProof(check_proof::Args),
    Deposit(deposit::Args),
    Quote(quote::Args),
    Convert(convert::Args),
    Keeper(keeper::Args),
    Report(report::Args),
}

/// Runs the command.
///
/// # Errors
/// Whatever stopped it; the exit code is 2 then.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    match args.command {
        Command::Invoice(args) => block_on(invoice::run(args, context)),
        Command::Prove(args) => prove::run(&args, context),
        Command::CheckProof(args) => block_on(check_proof::run(args, context)),
        Command::Deposit(args) => block_on(deposit::run(args, context)),
        Command::Quote(args) => block_on(quote::run(args, context)),
        Command::Convert(args) => block_on(convert::run(args, context)),
        Command::Keeper(args) => block_on(keeper::run(args, context)),
        Command::Report(args) => block_on(report::run(args, context)),
    }
}
