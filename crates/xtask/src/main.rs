//! Tasks of this repository that need more than a shell: `cargo xtask --help`.

mod artifacts;

use std::{env, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use eyre::{OptionExt, Result, WrapErr};

/// Exit code of a check that found a difference.
const DIFFERS: u8 = 1;
/// Exit code of a task that could not be done; clap uses the same for wrong arguments.
const FAILED: u8 = 2;

/// Tasks of this repository that need more than a shell.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    Artifacts(artifacts::Args),
}

fn main() -> ExitCode {
    let Cli { task: Task::Artifacts(args) } = Cli::parse();
    match repository().and_then(|root| artifacts::run(&args, &root)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(DIFFERS),
        Err(error) => {
            eprintln!("error: {error}");
            for cause in error.chain().skip(1) {
                eprintln!("caused by: {cause}");
            }
            ExitCode::from(FAILED)
        }
    }
}

/// The root of the checkout that the current directory is in. Not the one that this binary was built in: checkouts
/// may share a target directory.
fn repository() -> Result<PathBuf> {
    let here = env::current_dir().wrap_err("there is no current directory")?;
    let root = here.ancestors().find(|directory| directory.join("foundry.toml").is_file());
    Ok(root.ok_or_eyre("neither this directory nor one above it has a `foundry.toml`")?.to_owned())
}
