//! Tasks of this repository that need more than a shell: `cargo xtask --help`.

mod artifacts;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

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
    match artifacts::run(&args, &repository()) {
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

/// The root of the checkout that this binary was built in.
fn repository() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root.pop();
    root
}
