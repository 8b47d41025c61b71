//! The answer of one check.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Answer of a check, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It looked, and nothing is wrong.
    Pass,
    /// Something that a voter should know before deciding.
    Warn,
    /// It could not look. Never counts as a pass.
    NotRun,
    /// The proposal cannot work, or does something else than it says.
    Fail,
}

impl Verdict {
    /// A sign beside the word, so that lists can be skimmed; it never stands alone.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Pass => "✓",
            Self::Warn => "!",
            Self::NotRun => "?",
            Self::Fail => "✗",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::NotRun => "not run",
            Self::Fail => "fail",
        })
    }
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Id of the check, such as `A6`.
    pub check: String,
    /// What the check looks at, in a few words.
    pub title: String,
    /// Answer.
    pub verdict: Verdict,
    /// Whether the report is incomplete when this check did not run.
    pub essential: bool,
    /// One sentence with the answer, in the values of this proposal.
    pub summary: String,
    /// What the answer rests on, line by line.
    pub evidence: Vec<String>,
    /// Why it matters.
    pub why: String,
    /// What to do; empty when there is nothing to do.
    pub advice: String,
}
