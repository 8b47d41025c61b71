//! `btrst man`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::CommandFactory;
use eyre::Result;

use crate::Cli;
use crate::context::Context;
use crate::failure::Hinted;

const EXAMPLES: &str = "\
Examples:
  btrst man ~/.local/share/man/man1      then `man btrst-proposal-submit`
  btrst man /tmp/man && man /tmp/man/btrst.1";

/// Writes the manual pages, one for each command.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Folder for the pages; it is made when it is missing, and pages in it are replaced
    folder: PathBuf,
}

/// Writes the pages.
///
/// # Errors
/// When the folder cannot be written.
pub fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let unusable = |error| {
        let message = format!("cannot write manual pages to `{}`", args.folder.display());
        Hinted::new(message, "name a folder that you may write to").caused_by(error)
    };
    std::fs::create_dir_all(&args.folder).map_err(unusable)?;
    clap_mangen::generate_to(Cli::command(), &args.folder).map_err(unusable)?;
    context.say(&format!("Wrote the manual pages to {}", args.folder.display()))?;
    context.document(&serde_json::json!({ "schema_version": 1, "folder": args.folder }))?;
    Ok(ExitCode::SUCCESS)
}
