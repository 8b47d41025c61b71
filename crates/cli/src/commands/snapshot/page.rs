//! The page of an audit: one file, without anything from elsewhere.

use std::fmt::{self, Write as _};

use btrst_offchain::ProposalRecord;
use btrst_offchain::audit::Report;

use super::audit::sealed;

/// Width of the drawing.
const WIDTH: f64 = 640.0;

/// Width of the longest bar.
const LONGEST: f64 = 420.0;

/// Height of a row.
const ROW: usize = 44;

/// Most differences that are listed.
const LISTED: usize = 1_000;

const STYLE: &str = "\
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #fff; --faint: #667085; --line: #d0d5dd; --one: #2563eb; --two: #d97706; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --paper: #14161a; --faint: #98a2b3; --line: #344054; --one: #7aa7ff; --two: #f5b14c; } }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
dt, p { color: var(--faint); } dd { margin: 0 0 .5rem; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; } svg text { fill: var(--ink); font: 13px system-ui, sans-serif; }
.counted { fill: var(--one); } .stated { fill: none; stroke: var(--two); stroke-width: 2; stroke-dasharray: 4 3; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: left; font-variant-numeric: tabular-nums; }
";

/// The page of `report` on `proposal`, with a line for each difference.
///
/// # Errors
/// Never; writing to a string cannot fail.
pub fn page(
    proposal: &ProposalRecord,
    report: &Report,
    lines: &[(String, String)],
) -> Result<String, fmt::Error> {
    let mut page = String::new();
    let title = escaped(&proposal.title);
    write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>Audit: {title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    )?;
    let verdict = match lines.len() {
        0 if sealed(report).is_some() => "Everything that can be checked is as stated.".to_owned(),
        0 => "Everything is as stated.".to_owned(),
        number => format!("Not everything is as stated: {number} differences."),
    };
    let powers = if report.has_powers { "read from the chain" } else { "as the hub states, not verified" };
    let facts = [
        ("Verdict", verdict),
        ("Proposal", proposal.id.to_string()),
        ("Space", escaped(&proposal.space.id)),
        ("Voting system", escaped(&proposal.system)),
        ("Snapshot", format!("block {} of chain {}", proposal.snapshot, escaped(&proposal.network))),
        ("Ballots", format!("{}, {} of them invalid", report.tally.ballots, report.tally.invalid)),
        ("Encrypted", sealed(report).unwrap_or_else(|| "none".to_owned())),
        ("Voting powers", powers.to_owned()),
    ];
    page.push_str("<dl>\n");
    for (name, value) in facts {
        writeln!(page, "<dt>{name}</dt><dd>{value}</dd>")?;
    }
    page.push_str("</dl>\n<h2>Votes</h2>\n<p>Bars: counted here. Dashed: what the hub states.</p>\n");
    chart(&mut page, proposal, report)?;
    differences(&mut page, lines)?;
    page.push_str("</body>\n</html>\n");
    Ok(page)
}

fn chart(page: &mut String, proposal: &ProposalRecord, report: &Report) -> fmt::Result {
    let counted = report.tally.scores_f64();
    let stated = |place: usize| proposal.scores.get(place).copied().unwrap_or_default().max(0.0);
    let most = counted.iter().copied().chain((0..counted.len()).map(stated)).fold(0.0, f64::max);
    let long = |score: f64| if most > 0.0 { score / most * LONGEST } else { 0.0 };
    let height = ROW * counted.len();
    writeln!(
        page,
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"Votes for each choice\">"
    )?;
    for (place, (choice, score)) in proposal.choices.iter().zip(&counted).enumerate() {
        let (top, bar) = (place * ROW + 16, place * ROW + 20);
        let name = escaped(&choice.chars().take(80).collect::<String>());
        writeln!(page, "<text x=\"0\" y=\"{top}\">{name}: {score}</text>")?;
        writeln!(
            page,
            "<rect class=\"counted\" x=\"0\" y=\"{bar}\" width=\"{:.1}\" height=\"16\"/>",
            long(*score)
        )?;
        let stated = long(stated(place));
        writeln!(page, "<rect class=\"stated\" x=\"0\" y=\"{bar}\" width=\"{stated:.1}\" height=\"16\"/>")?;
    }
    page.push_str("</svg>\n");
    Ok(())
}

fn differences(page: &mut String, lines: &[(String, String)]) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    page.push_str(
        "<h2>Differences</h2>\n<div class=\"scroll\"><table>\n<tr><th>kind</th><th>what</th></tr>\n",
    );
    for (kind, fields) in lines.iter().take(LISTED) {
        writeln!(page, "<tr><td>{}</td><td>{}</td></tr>", escaped(kind), escaped(fields))?;
    }
    page.push_str("</table></div>\n");
    if lines.len() > LISTED {
        writeln!(page, "<p>The first {LISTED} of {} are shown.</p>", lines.len())?;
    }
    Ok(())
}

/// What strangers wrote, so that it stays text.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_strangers_write_stays_text() {
        let hostile = "<script>alert('x')</script>\" onload=\"";
        let safe = super::escaped(hostile);
        assert!(!safe.contains(['<', '>', '"', '\'']), "{safe}");
    }
}
