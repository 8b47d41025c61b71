//! The report as JUnit XML, which build servers show as tests.

use std::fmt::{self, Write};

use super::{Report, Verdict, escape::markup};

impl Report {
    /// The report as JUnit XML: one test case for a check. A failure is a failure and a check that did not run an
    /// error; with `strict` a warning is a failure as well, else its text is the output of a test that passed.
    ///
    /// # Errors
    /// None in practice: writing to memory does not fail.
    pub fn to_junit(&self, strict: bool) -> Result<String, fmt::Error> {
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let fails = |verdict| verdict == Verdict::Fail || (strict && verdict == Verdict::Warn);
        let failures = self.findings.iter().filter(|finding| fails(finding.verdict)).count();
        let blocks = |essential: bool| strict || essential;
        let missing = self.findings.iter().filter(|finding| finding.verdict == Verdict::NotRun);
        let (errors, skipped): (Vec<_>, Vec<_>) = missing.partition(|finding| blocks(finding.essential));
        let totals = format!(
            "tests=\"{}\" failures=\"{failures}\" errors=\"{}\" skipped=\"{}\"",
            self.findings.len(),
            errors.len(),
            skipped.len()
        );
        writeln!(out, "<testsuites name=\"btrst proposal check\" {totals}>")?;
        writeln!(out, "  <testsuite name=\"{}\" {totals}>", markup(&self.subject.title))?;
        for finding in &self.findings {
            let name = format!("{} {}", finding.check, finding.title);
            write!(out, "    <testcase classname=\"btrst.check\" name=\"{}\">", markup(&name))?;
            let summary = markup(&finding.summary);
            let mut lines = finding.evidence.clone();
            lines.push(format!("why: {}", finding.why));
            lines.push(format!("do: {}", finding.advice));
            let details = markup(&lines.join("\n"));
            match finding.verdict {
                Verdict::Pass => {}
                verdict if fails(verdict) => {
                    write!(out, "<failure type=\"{verdict}\" message=\"{summary}\">{details}</failure>")?;
                }
                Verdict::NotRun if blocks(finding.essential) => {
                    write!(out, "<error type=\"not run\" message=\"{summary}\">{details}</error>")?;
                }
                Verdict::NotRun => write!(out, "<skipped message=\"{summary}\"/>")?,
                verdict => write!(out, "<system-out>{verdict}: {summary}\n{details}</system-out>")?,
            }
            writeln!(out, "</testcase>")?;
        }
        out.push_str("  </testsuite>\n</testsuites>\n");
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use crate::report::sample::report;

    #[test]
    fn a_check_that_did_not_run_is_no_passed_test() {
        let xml = report().to_junit(false).unwrap();
        assert!(xml.contains("tests=\"5\" failures=\"1\" errors=\"1\" skipped=\"1\""), "{xml}");
        assert!(xml.contains("<system-out>warn: "), "{xml}");
        let strict = report().to_junit(true).unwrap();
        assert!(strict.contains("tests=\"5\" failures=\"2\" errors=\"2\" skipped=\"0\""), "{strict}");
    }

    #[test]
    fn hostile_text_stays_text() {
        let xml = report().to_junit(false).unwrap();
        assert!(xml.contains("name=\"Pay \\u{202e}&lt;b&gt;`everyone`&lt;/b&gt;\""), "{xml}");
        assert!(xml.chars().all(|c| c == '\n' || !c.is_control()));
    }
}
