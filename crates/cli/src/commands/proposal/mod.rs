//! `btrst proposal`: proposals, from the file to their end.

mod approval;
mod approved;
mod cancel;
pub(super) mod check;
mod documents;
mod effects;
mod execute;
mod import;
mod lint;
mod list;
mod new;
mod queue;
mod relay;
mod show;
mod step;
mod submit;
mod vote;
mod watch;
mod words;

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use btrst_gov::proposal::Draft;
use clap::Subcommand;
use eyre::Result;
use serde_json::json;

use super::block_on;
use crate::context::Context;
use crate::failure::Hinted;

const EXAMPLES: &str = "\
Examples:
  btrst proposal new grant --to grantee --amount 250_000btrst -o proposals/academy.toml
  btrst proposal import old.json -o proposals/old.toml
  btrst proposal lint proposals/academy.toml
  btrst proposal check proposals/academy.toml --proposer amara
  btrst proposal show proposals/academy.toml
  btrst proposal list --state active
  btrst proposal show 12
  btrst proposal watch 12 --until queued
  btrst proposal submit proposals/academy.toml --account proposer --broadcast
  btrst proposal vote 12 for --account delegate --broadcast
  btrst proposal relay ballots/*.json --account relayer --broadcast
  btrst proposal queue 12 --account relayer --broadcast
  btrst proposal execute 12 --account relayer --broadcast

The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 done or yes, 1 a negative answer, 2 an error.";

/// Writes, checks, shows and follows proposals, and moves them on. Nothing is sent without --broadcast.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    New(Box<new::Args>),
    Import(import::Args),
    Lint(lint::Args),
    Check(Box<check::Args>),
    Show(Box<show::Args>),
    List(list::Args),
    Watch(watch::Args),
    Submit(Box<submit::Args>),
    Vote(Box<vote::Args>),
    Relay(Box<relay::Args>),
    Queue(Box<queue::Args>),
    Execute(Box<execute::Args>),
    Cancel(Box<cancel::Args>),
}

/// Runs the command.
///
/// # Errors
/// Whatever stopped it; the exit code is 2 then.
pub fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    match args.command {
        Command::New(args) => block_on(new::run(*args, context)),
        Command::Import(args) => import::run(&args, context),
        Command::Lint(args) => lint::run(&args, context),
        Command::Check(args) => block_on(check::run(*args, context)),
        Command::Show(args) => block_on(show::run(*args, context)),
        Command::List(args) => block_on(list::run(args, context)),
        Command::Watch(args) => block_on(watch::run(args, context)),
        Command::Submit(args) => block_on(submit::run(*args, context)),
        Command::Vote(args) => block_on(vote::run(*args, context)),
        Command::Relay(args) => block_on(relay::run(*args, context)),
        Command::Queue(args) => block_on(queue::run(*args, context)),
        Command::Execute(args) => block_on(execute::run(*args, context)),
        Command::Cancel(args) => block_on(cancel::run(*args, context)),
    }
}

/// The text of a proposal file, or whatever `what` is called.
///
/// # Errors
/// When it cannot be read.
pub(super) fn read(path: &Path, what: &str) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| {
        let message = format!("cannot read the {what} `{}`", path.display());
        Hinted::new(message, "check the path; the file has to be UTF-8 text").caused_by(error).into()
    })
}

/// Writes `draft` to a new file, or prints it where none is named.
fn write(draft: &Draft, out: Option<&PathBuf>, context: &Context) -> Result<()> {
    let text = draft.render();
    match out {
        Some(path) => {
            create(path, &text)?;
            context.say(&format!("Wrote {}", path.display()))?;
        }
        None => context.say(text.trim_end())?,
    }
    context.document(&json!({ "schema_version": 1, "file": out, "text": text }))
}

/// Says before the work that a result would have no place after it.
fn refuse_existing(path: &Path) -> Result<()> {
    if path.exists() {
        let message = format!("`{}` exists", path.display());
        return Err(Hinted::new(message, "name a file that does not exist yet").into());
    }
    Ok(())
}

fn create(path: &Path, text: &str) -> Result<()> {
    let written = OpenOptions::new().write(true).create_new(true).open(path);
    written.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| {
        let shown = path.display();
        match error.kind() {
            ErrorKind::AlreadyExists => Hinted::new(
                format!("`{shown}` exists"),
                "name another file with --out, or move this one away",
            ),
            _ => Hinted::new(format!("cannot write `{shown}`"), "name another file with --out")
                .caused_by(error),
        }
        .into()
    })
}
