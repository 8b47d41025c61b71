//! How an error is shown: what failed, why, and the way out.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use btrst_chain::without_credentials;
use eyre::Report;

use crate::context::OutputError;

/// Shows `error` on standard error.
pub fn report(error: &Report) {
    // Whoever asked for the first lines only has got them.
    if error.downcast_ref().is_some_and(OutputError::reader_left) {
        return;
    }
    // Nobody is left to tell when standard error is closed.
    let _ = io::stderr().write_all(render(error).as_bytes());
}

/// `error` and its causes in one line, for work that goes on.
pub fn in_one_line(error: &Report) -> String {
    messages(error).join(": ")
}

/// The messages of `error` and its causes. Addresses of endpoints are cut after the host, because the rest can be a
/// credential.
fn messages(error: &Report) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    for cause in error.chain() {
        let message = without_credentials(&cause.to_string());
        // Some libraries repeat the message of their source in their own.
        if messages.last().is_none_or(|last| !last.contains(&message)) {
            messages.push(message);
        }
    }
    messages
}

fn render(error: &Report) -> String {
    let mut text = String::new();
    for (depth, message) in messages(error).iter().enumerate() {
        let label = if depth == 0 { "error" } else { "caused by" };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{label}: {message}");
    }
    if let Some(hint) = error.chain().find_map(hint) {
        let _ = writeln!(text, "hint: {hint}");
    }
    text
}

/// The way out that the library which raised `error` knows.
fn hint(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    if let Some(error) = error.downcast_ref::<btrst_devnet::Error>() {
        return error.hint();
    }
    if let Some(error) = error.downcast_ref::<btrst_chain::Error>() {
        return error.hint();
    }
    if let Some(error) = error.downcast_ref::<btrst_gov::Error>() {
        return error.hint();
    }
    if let Some(error) = error.downcast_ref::<btrst_fees::Error>() {
        return error.hint();
    }
    if let Some(error) = error.downcast_ref::<btrst_simulate::Error>() {
        return error.hint();
    }
    if let Some(error) = error.downcast_ref::<btrst_deploy::Error>() {
        return error.hint();
    }
    if let Some(error) = error.downcast_ref::<btrst_offchain::Error>() {
        return error.hint();
    }
    if let Some(error) = error.downcast_ref::<btrst_hub::Error>() {
        return error.hint();
    }
    if error.is::<OutputError>() {
        return Some("check where standard output goes".to_owned());
    }
    error.downcast_ref::<Hinted>().map(|hinted| hinted.hint.clone())
}

/// An error of a command itself, with its way out.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Hinted {
    message: String,
    hint: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Hinted {
    /// An error that says `message` and hints at `hint`.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into(), source: None }
    }

    /// The same with what caused it.
    pub fn caused_by(self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { source: Some(cause.into()), ..self }
    }
}

#[cfg(test)]
mod tests {
    use eyre::WrapErr;

    use super::*;

    #[test]
    fn shows_the_error_its_causes_and_the_way_out() {
        let error = Err::<(), _>(Hinted::new("port 8545 is in use", "choose another with --port"))
            .wrap_err("cannot start the devnet")
            .unwrap_err();
        assert_eq!(
            render(&error),
            "error: cannot start the devnet\ncaused by: port 8545 is in use\nhint: choose another with --port\n"
        );
    }

    #[test]
    fn credentials_of_endpoints_do_not_show() {
        let inner = io::Error::other("no answer of https://user:pw@node.example/v3/key");
        let error = Report::new(inner).wrap_err("reading `state` failed");
        assert_eq!(in_one_line(&error), "reading `state` failed: no answer of https://node.example");
        assert!(render(&error).ends_with("caused by: no answer of https://node.example\n"));
    }

    #[test]
    fn does_not_repeat_a_cause_that_the_error_names_already() {
        let inner = io::Error::other("disk full");
        let error = Report::new(inner).wrap_err("cannot write `x`: disk full");
        assert_eq!(render(&error), "error: cannot write `x`: disk full\n");
    }
}
