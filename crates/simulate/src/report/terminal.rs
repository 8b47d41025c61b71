//! The report for a terminal: words carry the meaning, there is no colour.

use std::fmt::{self, Write};

use super::{Finding, Power, Report, Verdict, escape::line};

impl Report {
    /// The report as text for a terminal. What needs attention comes first; checks that pass take one line each.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn to_terminal(&self) -> Result<String, fmt::Error> {
        let mut out = String::new();
        let (header, subject) = (&self.header, &self.subject);
        let id = subject.id.map_or_else(|| "not submitted".to_owned(), |id| format!("proposal {id}"));
        let state = subject.state.as_deref().map(|state| format!(", {}", line(state))).unwrap_or_default();
        writeln!(out, "{}: {}", self.verdict().to_string().to_uppercase(), line(&subject.title))?;
        writeln!(out, "{id}{state} · {}\n", self.counts())?;
        for (number, action) in subject.actions.iter().enumerate() {
            writeln!(out, "  {}. {}", number + 1, line(action))?;
        }
        power(&mut out, &self.power)?;

        writeln!(out, "\nChecks")?;
        for found in self.by_weight() {
            finding(&mut out, found)?;
        }

        writeln!(out, "\nRests on")?;
        writeln!(
            out,
            "  {} ({} governor) on chain {}, block {} {}",
            line(&header.deployment),
            line(&header.flavour),
            header.chain_id,
            header.block,
            line(&header.block_hash)
        )?;
        writeln!(out, "  state: {}", line(&header.source))?;
        if let Some(trips) = self.trips() {
            writeln!(out, "  asked: {trips}")?;
        }
        for engine in &header.engines {
            writeln!(out, "  engine: {} {}", line(&engine.name), line(&engine.version))?;
        }
        let overrides = header.overrides.iter().map(|text| line(text)).collect::<Vec<_>>().join("; ");
        writeln!(out, "  overrides: {}", if overrides.is_empty() { "none" } else { &overrides })?;
        writeln!(out, "  input: {}", line(&header.input_digest))?;
        Ok(out)
    }
}

fn power(out: &mut String, power: &Power) -> fmt::Result {
    writeln!(out, "\nWho has power")?;
    for (name, changes) in [("powers", &power.changes), ("allowances of the treasury", &power.allowances)] {
        match changes.as_deref() {
            None => writeln!(out, "  {name}: not run")?,
            Some([]) => writeln!(out, "  {name}: no change")?,
            Some(changes) => {
                for change in changes {
                    writeln!(
                        out,
                        "  {}: {}: {} -> {}",
                        line(&change.contract),
                        line(&change.power),
                        line(&change.before),
                        line(&change.after)
                    )?;
                }
            }
        }
    }
    for alike in &power.look_alikes {
        writeln!(
            out,
            "  look-alike: {} is not {} ({}), but shares {} digits at the start and {} at the end; in {}",
            line(&alike.address),
            line(&alike.name),
            line(&alike.known),
            alike.head,
            alike.tail,
            line(&alike.place)
        )?;
    }
    writeln!(out, "\nWhat moves")?;
    match power.movements.as_deref() {
        None => writeln!(out, "  not run")?,
        Some([]) => writeln!(out, "  nothing")?,
        Some(movements) => {
            for movement in movements {
                let (from, to) = (line(&movement.from), line(&movement.to));
                writeln!(out, "  {} {}: {from} -> {to}", line(&movement.amount), line(&movement.asset))?;
            }
        }
    }
    writeln!(out, "\nCan it pass")?;
    let Some(passage) = &power.passage else { return writeln!(out, "  not run") };
    writeln!(out, "  {}: {}", passage.verdict, line(&passage.summary))?;
    writeln!(
        out,
        "  needs {}; has {} for, {} against",
        line(&passage.needed),
        line(&passage.votes_for),
        line(&passage.votes_against)
    )?;
    for supporter in &passage.supporters {
        writeln!(out, "  votes: {} has {}", line(&supporter.account), line(&supporter.votes))?;
    }
    for moment in &passage.timeline {
        writeln!(out, "  when: {}", line(moment))?;
    }
    for canceler in &passage.cancelers {
        writeln!(out, "  can cancel: {}, {}", line(&canceler.account), line(&canceler.right))?;
    }
    Ok(())
}

fn finding(out: &mut String, finding: &Finding) -> fmt::Result {
    let (verdict, check) = (finding.verdict, line(&finding.check));
    writeln!(
        out,
        "  {} {verdict:<7} {check:<3} {}: {}",
        verdict.sign(),
        line(&finding.title),
        line(&finding.summary)
    )?;
    if verdict == Verdict::Pass {
        return Ok(());
    }
    for evidence in &finding.evidence {
        writeln!(out, "        - {}", line(evidence))?;
    }
    writeln!(out, "        why: {}", line(&finding.why))?;
    if !finding.advice.is_empty() {
        writeln!(out, "        do:  {}", line(&finding.advice))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::report::sample::report;

    #[test]
    fn what_needs_attention_comes_first_and_hostile_text_is_inert() {
        let text = report().to_terminal().unwrap();
        assert!(text.starts_with("FAIL: Pay \\u{202e}<b>`everyone`</b>\n"), "{text}");
        let place = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words} in {text}"));
        assert!(place("✗ fail") < place("? not run"));
        assert!(place("? not run") < place("! warn"));
        assert!(place("! warn") < place("✓ pass"));
        assert!(text.contains("  asked: 80 requests in 9 round trips\n") && text.contains("overrides: none"));
        assert!(!text.contains('\u{202e}') && !text.contains('\u{1b}'));
    }

    #[test]
    fn a_list_that_was_not_looked_at_is_not_empty() {
        let mut report = report();
        report.power.changes = None;
        report.power.movements = Some(vec![]);
        let text = report.to_terminal().unwrap();
        assert!(text.contains("powers: not run"), "{text}");
        assert!(text.contains("What moves\n  nothing"), "{text}");
    }
}
