//! `btrst completions`.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;
use eyre::Result;
use serde_json::json;

use crate::Cli;
use crate::context::Context;

const EXAMPLES: &str = "\
Examples:
  btrst completions bash > ~/.local/share/bash-completion/completions/btrst
  btrst completions zsh  > ~/.zfunc/_btrst
  btrst completions fish > ~/.config/fish/completions/btrst.fish";

/// Prints completions for a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The shell
    shell: Shell,
}

/// Prints the completions on standard output, with `--json` as a document.
///
/// # Errors
/// When standard output cannot be written.
pub fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    // Into memory first: the generator panics when it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "btrst", &mut script);
    let script = String::from_utf8_lossy(&script);
    context.say(script.trim_end())?;
    context.document(&json!({ "schema_version": 1, "shell": args.shell.to_string(), "script": script }))?;
    Ok(ExitCode::SUCCESS)
}
