//! `btrst markdown-help`.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::{Command, CommandFactory};
use eyre::Result;

use crate::Cli;
use crate::context::print;

/// Columns of a help text.
const WIDTH: usize = 100;

/// Prints the help of every command as one Markdown page.
#[derive(Debug, clap::Args)]
#[command(hide = true)]
pub struct Args {}

/// Prints the page on standard output.
///
/// # Errors
/// When standard output cannot be written.
pub fn run() -> Result<ExitCode> {
    let mut command = Cli::command().term_width(WIDTH);
    command.build();
    let mut page =
        "# Commands\n\nThe help of every command, as `btrst help` prints it. Written by `make reference`.\n"
            .to_owned();
    describe(&mut command, &mut page);
    print(page.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// Adds the help of `command` and of those below it.
fn describe(command: &mut Command, page: &mut String) {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name()).to_owned();
    let help = command.render_long_help().to_string();
    let lines = help.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    // Writing to a string cannot fail.
    let _ = write!(page, "\n## {name}\n\n```text\n{}\n```\n", lines.trim());
    for below in command.get_subcommands_mut() {
        if !below.is_hide_set() && below.get_name() != "help" {
            describe(below, page);
        }
    }
}
