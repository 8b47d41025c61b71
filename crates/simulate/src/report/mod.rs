//! The report: what each check found, what it rests on, and who gets which power.
//!
//! Every text of it may hold what a stranger wrote on a chain. The model keeps that text as it is; each renderer
//! escapes for its own form.

mod escape;
mod finding;
mod html;
mod json;
mod junit;
mod markdown;
mod power;
mod sarif;
mod terminal;

pub(crate) use escape::shortened;
pub use finding::{Finding, Verdict};
pub use json::{SCHEMA, SCHEMA_VERSION};
pub use power::{Canceler, LookAlike, Movement, Passage, Power, PowerChange, Supporter};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that computed a part of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Engine {
    /// Its name, such as `revm`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// How often the endpoint was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trips {
    /// Times that something was sent and an answer waited for. A batch is one.
    pub round_trips: usize,
    /// Requests in all of them.
    pub requests: usize,
}

impl From<btrst_chain::Trips> for Trips {
    fn from(trips: btrst_chain::Trips) -> Self {
        Self { round_trips: trips.round_trips, requests: trips.requests }
    }
}

/// What was looked at, on which state and by what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Name of the deployment.
    pub deployment: String,
    /// Kind of the governor: `braintrust` or `alpha`.
    pub flavour: String,
    /// Chain.
    pub chain_id: u64,
    /// Number of the block whose state was used.
    pub block: u64,
    /// Its hash.
    pub block_hash: String,
    /// Its time, in Unix seconds.
    pub timestamp: u64,
    /// Where the state came from, without credentials.
    pub source: String,
    /// How often the endpoint was asked for all of it, which depends on what was on disk already; `null` without one.
    pub trips: Option<Trips>,
    /// What computed the report, with versions.
    pub engines: Vec<Engine>,
    /// Every balance, slot or code that was assumed to be other than the chain's; empty in an honest simulation.
    pub overrides: Vec<String>,
    /// Keccak-256 of all that was checked but where the state came from; see `Input::digest`.
    pub input_digest: String,
}

/// The proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// First line of the description.
    pub title: String,
    /// Its id at the governor; `null` before submission.
    pub id: Option<u64>,
    /// Its state, such as `active`; `null` before submission.
    pub state: Option<String>,
    /// Who made it, or would.
    pub proposer: Option<String>,
    /// Its actions in words, in their order.
    pub actions: Vec<String>,
}

/// What was checked, on which state, with which answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Version of the document's form, [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// What the answer rests on.
    pub header: Header,
    /// The proposal.
    pub subject: Subject,
    /// Who gets and loses power, and whether the proposal can pass.
    pub power: Power,
    /// Findings in the order of the catalogue.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The worst verdict. A check that needs something that a user may not have (another service, a manifest) and did
    /// not run counts as nothing here, but stays visible; without any other finding the answer is
    /// [`Verdict::NotRun`].
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let counted =
            self.findings.iter().filter(|finding| finding.essential || finding.verdict != Verdict::NotRun);
        counted.map(|finding| finding.verdict).max().unwrap_or(Verdict::NotRun)
    }

    /// Whether a caller may go on: nothing failed, and every essential check ran. With `strict`, a warning stops as
    /// well, and so does any check that did not run. The command line exits with 0 for true and 1 for false.
    #[must_use]
    pub fn is_acceptable(&self, strict: bool) -> bool {
        match self.verdict() {
            Verdict::Fail | Verdict::NotRun => false,
            Verdict::Warn => !strict,
            Verdict::Pass => !strict || self.count(Verdict::NotRun) == 0,
        }
    }

    /// How often the endpoint was asked, in words.
    fn trips(&self) -> Option<String> {
        let Trips { round_trips, requests } = self.header.trips?;
        Some(format!("{requests} requests in {round_trips} round trips"))
    }

    /// How many findings have this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.findings.iter().filter(|finding| finding.verdict == verdict).count()
    }

    /// The finding of the check `id`, such as `A6`.
    #[must_use]
    pub fn finding(&self, id: &str) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.check == id)
    }

    /// Findings by weight: what fails first, what passes last, those of one verdict in the catalogue's order.
    fn by_weight(&self) -> Vec<&Finding> {
        let mut findings: Vec<_> = self.findings.iter().collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.verdict));
        findings
    }

    /// The counts in words, such as `1 fail, 2 warn, 3 not run, 40 pass`.
    fn counts(&self) -> String {
        let worst_first = [Verdict::Fail, Verdict::NotRun, Verdict::Warn, Verdict::Pass];
        let counted = worst_first.map(|verdict| format!("{} {verdict}", self.count(verdict)));
        counted.join(", ")
    }
}

#[cfg(test)]
mod sample;

#[cfg(test)]
mod tests {
    use super::{sample::report, *};

    #[test]
    fn the_worst_verdict_counts_and_not_run_is_never_green() {
        let of = |verdicts: &[(Verdict, bool)]| {
            let finding = |(verdict, essential): &(Verdict, bool)| Finding {
                verdict: *verdict,
                essential: *essential,
                ..report().findings[0].clone()
            };
            Report { findings: verdicts.iter().map(finding).collect(), ..report() }
        };
        use Verdict::*;
        type Row<'a> = (&'a [(Verdict, bool)], Verdict, bool, bool);
        let table: [Row<'_>; 7] = [
            (&[], NotRun, false, false),
            (&[(Pass, true)], Pass, true, true),
            (&[(Pass, true), (NotRun, false)], Pass, true, false),
            (&[(NotRun, false)], NotRun, false, false),
            (&[(Warn, true), (NotRun, true)], NotRun, false, false),
            (&[(Warn, false), (Pass, true)], Warn, true, false),
            (&[(Fail, false), (NotRun, true), (Warn, true)], Fail, false, false),
        ];
        for (verdicts, worst, acceptable, strictly) in table {
            let report = of(verdicts);
            assert_eq!(
                (report.verdict(), report.is_acceptable(false), report.is_acceptable(true)),
                (worst, acceptable, strictly),
                "{verdicts:?}"
            );
        }
    }
}
