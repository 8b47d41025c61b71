//! The report as Markdown, for a forum or a pull request.

use std::fmt::{self, Write};

use super::{Report, Verdict, escape::markdown as text};

impl Report {
    /// The report as Markdown. Nothing that the proposal says is rendered: it is shown as written.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn to_markdown(&self) -> Result<String, fmt::Error> {
        let mut out = String::new();
        let (header, subject) = (&self.header, &self.subject);
        let verdict = self.verdict();
        writeln!(
            out,
            "# {} {}: {}\n",
            verdict.sign(),
            verdict.to_string().to_uppercase(),
            text(&subject.title)
        )?;
        let id = subject.id.map_or_else(|| "Not submitted".to_owned(), |id| format!("Proposal {id}"));
        let state = subject.state.as_deref().map(|state| format!(", {}", text(state))).unwrap_or_default();
        writeln!(out, "{id}{state}. {}.\n", self.counts())?;
        for (number, action) in subject.actions.iter().enumerate() {
            writeln!(out, "{}. {}", number + 1, text(action))?;
        }
        self.power_page(&mut out)?;

        writeln!(out, "\n## Checks\n\n| check | verdict | looks at | answer |\n|---|---|---|---|")?;
        for finding in self.by_weight() {
            writeln!(
                out,
                "| {} | {} {} | {} | {} |",
                text(&finding.check),
                finding.verdict.sign(),
                finding.verdict,
                text(&finding.title),
                text(&finding.summary)
            )?;
        }
        for finding in self.by_weight().into_iter().filter(|finding| finding.verdict != Verdict::Pass) {
            writeln!(out, "\n### {} {}: {}\n", text(&finding.check), finding.verdict, text(&finding.title))?;
            writeln!(out, "{}\n", text(&finding.summary))?;
            for evidence in &finding.evidence {
                writeln!(out, "- {}", text(evidence))?;
            }
            writeln!(out, "\nWhy: {}", text(&finding.why))?;
            if !finding.advice.is_empty() {
                writeln!(out, "\nWhat to do: {}", text(&finding.advice))?;
            }
        }

        writeln!(out, "\n## Rests on\n")?;
        writeln!(
            out,
            "- {} ({} governor), chain {}",
            text(&header.deployment),
            text(&header.flavour),
            header.chain_id
        )?;
        writeln!(
            out,
            "- block {}, {}, Unix time {}",
            header.block,
            text(&header.block_hash),
            header.timestamp
        )?;
        writeln!(out, "- state: {}", text(&header.source))?;
        if let Some(trips) = self.trips() {
            writeln!(out, "- asked: {trips}")?;
        }
        for engine in &header.engines {
            writeln!(out, "- engine: {} {}", text(&engine.name), text(&engine.version))?;
        }
        match header.overrides.as_slice() {
            [] => writeln!(out, "- overrides: none")?,
            overrides => {
                for assumed in overrides {
                    writeln!(out, "- override: {}", text(assumed))?;
                }
            }
        }
        writeln!(out, "- input: {}", text(&header.input_digest))?;
        Ok(out)
    }

    fn power_page(&self, out: &mut String) -> fmt::Result {
        let power = &self.power;
        writeln!(out, "\n## Who has power\n")?;
        for (name, changes) in [("Powers", &power.changes), ("Allowances of the treasury", &power.allowances)]
        {
            match changes.as_deref() {
                None => writeln!(out, "{name}: not run.\n")?,
                Some([]) => writeln!(out, "{name}: no change.\n")?,
                Some(changes) => {
                    writeln!(out, "| {name} of | what | before | after |\n|---|---|---|---|")?;
                    for change in changes {
                        let cells = [&change.contract, &change.power, &change.before, &change.after];
                        writeln!(out, "| {} |", cells.map(|cell| text(cell)).join(" | "))?;
                    }
                    writeln!(out)?;
                }
            }
        }
        for alike in &power.look_alikes {
            writeln!(
                out,
                "- Look-alike: {} is not {} ({}), but shares {} digits at the start and {} at the end; in {}",
                text(&alike.address),
                text(&alike.name),
                text(&alike.known),
                alike.head,
                alike.tail,
                text(&alike.place)
            )?;
        }
        writeln!(out, "\n## What moves\n")?;
        match power.movements.as_deref() {
            None => writeln!(out, "Not run.")?,
            Some([]) => writeln!(out, "Nothing.")?,
            Some(movements) => {
                writeln!(out, "| amount | asset | from | to |\n|---|---|---|---|")?;
                for movement in movements {
                    let cells = [&movement.amount, &movement.asset, &movement.from, &movement.to];
                    writeln!(out, "| {} |", cells.map(|cell| text(cell)).join(" | "))?;
                }
            }
        }
        writeln!(out, "\n## Can it pass\n")?;
        let Some(passage) = &power.passage else { return writeln!(out, "Not run.") };
        writeln!(out, "{} {}: {}\n", passage.verdict.sign(), passage.verdict, text(&passage.summary))?;
        writeln!(
            out,
            "- needs {}; has {} for, {} against",
            text(&passage.needed),
            text(&passage.votes_for),
            text(&passage.votes_against)
        )?;
        for supporter in &passage.supporters {
            writeln!(out, "- votes: {} has {}", text(&supporter.account), text(&supporter.votes))?;
        }
        for moment in &passage.timeline {
            writeln!(out, "- when: {}", text(moment))?;
        }
        for canceler in &passage.cancelers {
            writeln!(out, "- can cancel: {}, {}", text(&canceler.account), text(&canceler.right))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::report::sample::report;

    #[test]
    fn nothing_of_the_proposal_is_rendered() {
        let page = report().to_markdown().unwrap();
        assert!(
            page.starts_with("# ✗ FAIL: Pay \\\\u\\{202e\\}&lt;b&gt;\\`everyone\\`&lt;/b&gt;\n"),
            "{page}"
        );
        assert!(!page.contains(['<', '\u{202e}', '\u{1b}']), "{page}");
        assert!(page.contains("### A7 fail: description"), "{page}");
        assert!(page.contains("| A1 | ✓ pass |"), "{page}");
        assert!(page.contains("- asked: 80 requests in 9 round trips\n"), "{page}");
        assert!(page.contains("- overrides: none"), "{page}");
    }
}
