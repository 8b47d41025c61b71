//! The `btrst-gas` command, behind `make gas`.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use btrst_devnet::{Accounts, Anvil, AnvilOptions, Repository};
use btrst_gas::{Bench, Mismatch, Report, compile, page};
use clap::Parser;
use eyre::Result;

/// Exit code of an effect that was another than expected, and of a missed target with `--strict`.
const UNEXPECTED: u8 = 1;
/// Exit code of an error; clap uses the same for wrong arguments.
const FAILED: u8 = 2;

const EXIT_CODES: &str = "\
Exit codes: 0 when every effect was the expected one, 1 when one was not or, with --strict, a target is missed, 2 on an
error.";

/// Measures the gas of the suite and of others, as whole transactions on a local chain.
#[derive(Debug, Parser)]
#[command(name = "btrst-gas", after_help = EXIT_CODES)]
struct Args {
    /// Print one JSON document instead of tables
    #[arg(long, conflicts_with = "markdown")]
    json: bool,

    /// Print the page docs/gas.md, with the day that it is written on
    #[arg(long, value_name = "DATE")]
    markdown: Option<String>,

    /// Fail when a target is missed
    #[arg(long)]
    strict: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Args::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            for cause in error.chain().skip(1) {
                eprintln!("caused by: {cause}");
            }
            if let Some(hint) = error.downcast_ref().and_then(btrst_devnet::Error::hint) {
                eprintln!("hint: {hint}");
            }
            let unexpected = error.downcast_ref::<Mismatch>().is_some();
            ExitCode::from(if unexpected { UNEXPECTED } else { FAILED })
        }
    }
}

async fn run(args: &Args) -> Result<ExitCode> {
    let repository = Repository::find(Path::new("."))?;
    eprintln!("compiling the peers …");
    compile(&repository)?;
    let anvil = Anvil::start(&repository, &AnvilOptions::default()).await?;
    let accounts = Accounts::derive()?;
    let bench = Bench { repository: &repository, chain: anvil.chain(), accounts: &accounts };
    eprintln!("measuring the suite …");
    let suite = bench.suite().await?;
    eprintln!("measuring the tokens of others …");
    let tokens = bench.tokens().await?;
    eprintln!("measuring the governors of others …");
    let governors = bench.governors().await?;
    let report = Report::new(&suite, &tokens, &governors)?;

    let text = if args.json {
        serde_json::to_string_pretty(&report)? + "\n"
    } else if let Some(date) = &args.markdown {
        page(&report, &repository, date)?
    } else {
        report.text()
    };
    io::stdout().lock().write_all(text.as_bytes())?;
    let (all, missed) = report.targets();
    eprintln!("every effect was the expected one; {} of {all} targets are met", all - missed.len());
    for name in &missed {
        eprintln!("missed: {name}");
    }
    Ok(ExitCode::from(if args.strict && !missed.is_empty() { UNEXPECTED } else { 0 }))
}
