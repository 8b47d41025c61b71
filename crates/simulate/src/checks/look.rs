//! How a check collects what it sees and comes to its answer.

use super::{
    catalogue::{Check, check},
    facts::Facts,
    target::ASK_AGAIN,
};
use crate::report::{Finding, Verdict, shortened};

/// Advice where there was no execution to look at.
pub(crate) const PLAY_FIRST: &str = "repair what C1 shows, and check again";

/// Most lines of evidence of one finding; what a stranger can make long must not make the report unreadable.
const MAX_LINES: usize = 64;

/// Most characters of a line.
const MAX_CHARACTERS: usize = 600;

/// What one check has seen so far.
#[derive(Debug)]
pub(crate) struct Look {
    check: &'static Check,
    seen: Vec<(Verdict, String)>,
    advice: Vec<(Verdict, &'static str)>,
    notes: Vec<String>,
}

impl Look {
    pub fn at(id: &str) -> Self {
        Self { check: check(id), seen: Vec::new(), advice: Vec::new(), notes: Vec::new() }
    }

    /// The same, beginning with what could not be read for the check: it is not run then, whatever else it sees.
    pub fn of(facts: &Facts<'_>, id: &str) -> Self {
        let mut look = Self::at(id);
        for (_, line) in facts.unread.iter().filter(|(check, _)| *check == id) {
            look.missing(line.clone(), ASK_AGAIN);
        }
        look
    }

    /// Something that is wrong.
    pub fn fail(&mut self, line: impl Into<String>, advice: &'static str) {
        self.see(Verdict::Fail, line.into(), advice);
    }

    /// Something that a voter should know.
    pub fn warn(&mut self, line: impl Into<String>, advice: &'static str) {
        self.see(Verdict::Warn, line.into(), advice);
    }

    /// Something that could not be looked at.
    pub fn missing(&mut self, line: impl Into<String>, advice: &'static str) {
        self.see(Verdict::NotRun, line.into(), advice);
    }

    /// Evidence that is neither good nor bad.
    pub fn note(&mut self, line: impl Into<String>) {
        self.notes.push(line.into());
    }

    fn see(&mut self, verdict: Verdict, line: String, advice: &'static str) {
        self.seen.push((verdict, line));
        if !self.advice.contains(&(verdict, advice)) {
            self.advice.push((verdict, advice));
        }
    }

    /// The finding; `fine` is its summary when nothing was seen.
    pub fn finish(self, fine: impl Into<String>) -> Finding {
        let mut seen = self.seen;
        seen.sort_by_key(|(verdict, _)| std::cmp::Reverse(*verdict));
        let (verdict, summary) = match seen.first() {
            Some((verdict, line)) if seen.len() > 1 => {
                (*verdict, format!("{} (and {} more)", shortened(line, MAX_CHARACTERS), seen.len() - 1))
            }
            Some((verdict, line)) => (*verdict, line.clone()),
            None => (Verdict::Pass, fine.into()),
        };
        // What is the summary already need not be said again.
        let said = if seen.len() == 1 { 1 } else { 0 };
        let lines =
            seen.into_iter().skip(said).map(|(verdict, line)| format!("{verdict}: {line}")).chain(self.notes);
        let mut lines: Vec<String> =
            lines.map(|line| shortened(&line, MAX_CHARACTERS).into_owned()).collect();
        if lines.len() > MAX_LINES {
            let more = lines.len() - MAX_LINES;
            lines.truncate(MAX_LINES);
            lines.push(format!("{more} more lines"));
        }
        let mut advice = self.advice;
        advice.sort_by_key(|(verdict, _)| std::cmp::Reverse(*verdict));
        let advice: Vec<_> =
            advice.into_iter().map(|(_, text)| text).filter(|text| !text.is_empty()).collect();
        Finding {
            check: self.check.id.into(),
            title: self.check.title.into(),
            verdict,
            essential: self.check.essential,
            summary: shortened(&summary, MAX_CHARACTERS).into_owned(),
            evidence: lines,
            why: self.check.why.into(),
            advice: advice.join("; "),
        }
    }
}

/// The finding of a check that could not look at all.
pub(crate) fn not_run(id: &str, reason: impl Into<String>, advice: &'static str) -> Finding {
    let mut look = Look::at(id);
    look.missing(reason, advice);
    look.finish("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_line_is_the_answer() {
        let mut look = Look::at("A6");
        look.note("a fact");
        look.warn("odd", "look");
        look.missing("unread", "retry");
        look.fail("broken", "repair");
        let found = look.finish("fine");
        assert_eq!((found.verdict, found.summary.as_str()), (Verdict::Fail, "broken (and 2 more)"));
        assert_eq!(found.evidence, ["fail: broken", "not run: unread", "warn: odd", "a fact"]);
        assert_eq!(found.advice, "repair; retry; look");
        let fine = Look::at("A6").finish("fine");
        assert_eq!((fine.verdict, fine.summary.as_str(), fine.advice.as_str()), (Verdict::Pass, "fine", ""));
    }

    #[test]
    fn hostile_evidence_is_bounded() {
        let mut look = Look::at("A7");
        for _ in 0..10_000 {
            look.warn("x".repeat(5_000), "");
        }
        let found = look.finish("");
        assert_eq!(found.evidence.len(), MAX_LINES + 1);
        assert!(found.evidence.iter().chain([&found.summary]).all(|line| line.len() < 1_000));
    }
}
