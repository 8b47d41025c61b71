//! What every command gets beside its arguments.

use std::io::{self, Write};

use eyre::{Result, WrapErr};
use serde::Serialize;

use crate::opts::OutputOptions;

/// Where a command's words go.
#[derive(Debug)]
pub struct Context {
    /// Whether the result is one JSON document.
    pub json: bool,
    /// Whether progress is not shown.
    pub quiet: bool,
}

impl Context {
    /// A context for these options.
    pub fn new(options: &OutputOptions) -> Self {
        Self { json: options.json, quiet: options.quiet }
    }

    /// Prints a line of the result, unless the result is a JSON document.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn say(&self, line: &str) -> Result<()> {
        if self.json { Ok(()) } else { Ok(print(line)?) }
    }

    /// Prints the result as one JSON document, if that was asked for.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn document(&self, document: &impl Serialize) -> Result<()> {
        if !self.json {
            return Ok(());
        }
        Ok(print(&serde_json::to_string_pretty(document).wrap_err("cannot write the result as JSON")?)?)
    }

    /// Notes progress on standard error.
    pub fn note(&self, line: &str) {
        if !self.quiet {
            // Progress that cannot be shown must not stop the work.
            let _ = writeln!(io::stderr(), "{line}");
        }
    }
}

/// Standard output cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output")]
pub struct OutputError(#[from] io::Error);

impl OutputError {
    /// Whether whoever read the output has seen enough and left, as `head` does.
    pub fn reader_left(&self) -> bool {
        self.0.kind() == io::ErrorKind::BrokenPipe
    }
}

/// Prints a line on standard output, at once.
pub fn print(line: &str) -> Result<(), OutputError> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
