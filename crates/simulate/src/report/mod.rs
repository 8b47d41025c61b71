//! The report: what each check found, and what it rests on.

use serde::{Deserialize, Serialize};

/// Answer of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It looked, and nothing is wrong.
    Pass,
    /// It could not look. Never counts as a pass.
    NotRun,
    /// Something that a voter should know before deciding.
    Warn,
    /// The proposal cannot work, or does something else than it says.
    Fail,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Id of the check, such as `A6`.
    pub check: String,
    /// What the check looks at, in a few words.
    pub title: String,
    /// Answer.
    pub verdict: Verdict,
    /// One sentence with the answer, in the values of this proposal.
    pub summary: String,
    /// What the answer rests on, line by line.
    pub evidence: Vec<String>,
    /// Why it matters.
    pub why: String,
    /// What to do; empty when there is nothing to do.
    pub advice: String,
}

/// What was checked, on which state, with which answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Findings in the order of their ids.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The worst verdict; [`Verdict::NotRun`] when there is no finding.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.findings.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::NotRun)
    }
}
