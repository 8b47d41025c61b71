//! The report as one page that needs nothing else: no script, no network, light and dark by the reader's preference.

use std::fmt::{self, Write};

use super::{Finding, Power, PowerChange, Report, Verdict, escape::markup};

const STYLE: &str = include_str!("page.css");

impl Report {
    /// The report as a self-contained HTML page. Everything in it is escaped; a content policy forbids whatever a
    /// mistake in that might let through.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn to_html(&self) -> Result<String, fmt::Error> {
        let mut page = String::new();
        let (header, subject, verdict) = (&self.header, &self.subject, self.verdict());
        let title = markup(&subject.title);
        write!(
            page,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <title>{verdict}: {title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
             <p>{} <span class=\"faint\">{}</span></p>\n<h1>{title}</h1>\n",
            badge(verdict),
            markup(&self.counts())
        )?;
        let id = subject.id.map_or_else(|| "Not submitted".to_owned(), |id| format!("Proposal {id}"));
        let state = subject.state.as_deref().map(|state| format!(", {state}")).unwrap_or_default();
        let proposer = subject.proposer.as_deref().map(|who| format!(", by {who}")).unwrap_or_default();
        writeln!(page, "<p class=\"faint\">{}</p>", markup(&format!("{id}{state}{proposer}")))?;
        page.push_str("<ol>\n");
        for action in &subject.actions {
            writeln!(page, "<li>{}</li>", markup(action))?;
        }
        page.push_str("</ol>\n");
        power(&mut page, &self.power)?;

        page.push_str("<h2>Checks</h2>\n");
        for finding in self.by_weight() {
            finding_details(&mut page, finding)?;
        }

        page.push_str("<h2>Rests on</h2>\n<dl>\n");
        let mut fact = |name: &str, value: &str| writeln!(page, "<dt>{name}</dt><dd>{}</dd>", markup(value));
        fact("deployment", &format!("{} ({} governor)", header.deployment, header.flavour))?;
        fact("chain", &header.chain_id.to_string())?;
        fact("block", &format!("{} at Unix time {}", header.block, header.timestamp))?;
        fact("block hash", &header.block_hash)?;
        fact("state", &header.source)?;
        if let Some(trips) = self.trips() {
            fact("asked", &trips)?;
        }
        for engine in &header.engines {
            fact("engine", &format!("{} {}", engine.name, engine.version))?;
        }
        match header.overrides.as_slice() {
            [] => fact("overrides", "none")?,
            overrides => fact("overrides", &overrides.join("; "))?,
        }
        fact("input", &header.input_digest)?;
        page.push_str("</dl>\n</body>\n</html>\n");
        Ok(page)
    }
}

/// The verdict as sign and word; its colour repeats them.
fn badge(verdict: Verdict) -> String {
    let class = match verdict {
        Verdict::Fail => "fail",
        Verdict::NotRun => "open",
        Verdict::Warn => "warn",
        Verdict::Pass => "pass",
    };
    format!("<span class=\"badge {class}\">{} {verdict}</span>", verdict.sign())
}

fn finding_details(page: &mut String, finding: &Finding) -> fmt::Result {
    let open = if finding.verdict == Verdict::Pass { "" } else { " open" };
    writeln!(
        page,
        "<details{open}>\n<summary>{} <b>{} {}</b>: {}</summary>\n<div>",
        badge(finding.verdict),
        markup(&finding.check),
        markup(&finding.title),
        markup(&finding.summary)
    )?;
    if !finding.evidence.is_empty() {
        page.push_str("<ul>\n");
        for evidence in &finding.evidence {
            writeln!(page, "<li>{}</li>", markup(evidence))?;
        }
        page.push_str("</ul>\n");
    }
    writeln!(page, "<p><span class=\"faint\">Why it matters:</span> {}</p>", markup(&finding.why))?;
    if !finding.advice.is_empty() {
        writeln!(page, "<p><span class=\"faint\">What to do:</span> {}</p>", markup(&finding.advice))?;
    }
    page.push_str("</div>\n</details>\n");
    Ok(())
}

fn power(page: &mut String, power: &Power) -> fmt::Result {
    page.push_str("<h2>Who has power</h2>\n");
    changes(page, "Powers", power.changes.as_deref())?;
    changes(page, "Allowances of the treasury", power.allowances.as_deref())?;
    if !power.look_alikes.is_empty() {
        writeln!(page, "<h3>{} Look-alike addresses</h3>\n<ul>", badge(Verdict::Fail))?;
        for alike in &power.look_alikes {
            writeln!(
                page,
                "<li><code>{}</code> is not {} (<code>{}</code>), but shares {} digits at the start and {} at the \
                 end; in {}</li>",
                markup(&alike.address),
                markup(&alike.name),
                markup(&alike.known),
                alike.head,
                alike.tail,
                markup(&alike.place)
            )?;
        }
        page.push_str("</ul>\n");
    }

    page.push_str("<h2>What moves</h2>\n");
    match power.movements.as_deref() {
        None => writeln!(page, "<p>{}</p>", badge(Verdict::NotRun))?,
        Some([]) => page.push_str("<p>Nothing.</p>\n"),
        Some(movements) => {
            let rows = movements.iter().map(|m| [&m.amount, &m.asset, &m.from, &m.to]);
            table(page, ["amount", "asset", "from", "to"], rows)?;
        }
    }

    page.push_str("<h2>Can it pass</h2>\n");
    let Some(passage) = &power.passage else { return writeln!(page, "<p>{}</p>", badge(Verdict::NotRun)) };
    writeln!(page, "<p>{} {}</p>\n<dl>", badge(passage.verdict), markup(&passage.summary))?;
    let mut last = "";
    let mut fact = |name: &'static str, value: &str| {
        if std::mem::replace(&mut last, name) != name {
            write!(page, "<dt>{name}</dt>")?;
        }
        writeln!(page, "<dd>{}</dd>", markup(value))
    };
    fact("needs", &passage.needed)?;
    fact("has", &format!("{} for, {} against", passage.votes_for, passage.votes_against))?;
    for supporter in &passage.supporters {
        fact("votes", &format!("{} has {}", supporter.account, supporter.votes))?;
    }
    for moment in &passage.timeline {
        fact("when", moment)?;
    }
    for canceler in &passage.cancelers {
        fact("can cancel", &format!("{}, {}", canceler.account, canceler.right))?;
    }
    page.push_str("</dl>\n");
    Ok(())
}

fn changes(page: &mut String, name: &str, changes: Option<&[PowerChange]>) -> fmt::Result {
    match changes {
        None => writeln!(page, "<p>{name}: {}</p>", badge(Verdict::NotRun)),
        Some([]) => writeln!(page, "<p>{name}: no change.</p>"),
        Some(changes) => {
            writeln!(page, "<h3>{name}</h3>")?;
            let rows = changes.iter().map(|c| [&c.contract, &c.power, &c.before, &c.after]);
            table(page, ["contract", "what", "before", "after"], rows)
        }
    }
}

/// A table whose rows become cards on a phone.
fn table<'a>(
    page: &mut String,
    names: [&str; 4],
    rows: impl Iterator<Item = [&'a String; 4]>,
) -> fmt::Result {
    page.push_str("<div class=\"scroll\"><table class=\"cards\">\n<thead><tr>");
    for name in names {
        write!(page, "<th scope=\"col\">{name}</th>")?;
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        page.push_str("<tr>");
        for (name, cell) in names.iter().zip(row) {
            write!(page, "<td data-name=\"{name}\">{}</td>", markup(cell))?;
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table></div>\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::report::sample::report;

    #[test]
    fn page_needs_nothing_and_runs_nothing() {
        let page = report().to_html().unwrap();
        for needs in ["http://", "https://", "src=\"", "href=", "url(", "<script", "<b>`everyone`"] {
            assert!(!page.contains(needs), "{needs}");
        }
        assert!(page.contains("&lt;b&gt;`everyone`&lt;/b&gt;"));
        assert!(!page.contains(['\u{202e}', '\u{1b}']));
        assert!(page.contains("prefers-color-scheme: dark"));
    }

    #[test]
    fn verdicts_are_words_and_what_did_not_run_stays_visible() {
        let mut report = report();
        report.power.changes = None;
        let page = report.to_html().unwrap();
        assert!(page.contains("<p>Powers: <span class=\"badge open\">? not run</span></p>"));
        assert!(page.contains("<span class=\"badge fail\">✗ fail</span> <b>A7 description</b>"));
        assert!(page.contains("<dt>asked</dt><dd>80 requests in 9 round trips</dd>"));
        assert!(page.contains("<dt>overrides</dt><dd>none</dd>"));
    }
}
