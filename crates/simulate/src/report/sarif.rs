//! The report as SARIF 2.1.0, which code hosts show beside a change.

use serde_json::{Value, json};

use super::{Finding, Report, Verdict, escape::line};

impl Report {
    /// The report as a SARIF 2.1.0 log with one result for a check. `file` is the proposal file that the results are
    /// shown at; without one they belong to the governor's proposal.
    #[must_use]
    pub fn to_sarif(&self, file: Option<&str>) -> String {
        let rules: Vec<Value> = self.findings.iter().map(rule).collect();
        let results: Vec<Value> =
            self.findings.iter().enumerate().map(|(i, found)| self.result(i, found, file)).collect();
        let log = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "btrst proposal check",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": rules,
                }},
                "invocations": [{ "executionSuccessful": self.verdict() != Verdict::NotRun }],
                "properties": {
                    "chainId": self.header.chain_id,
                    "block": self.header.block,
                    "blockHash": self.header.block_hash,
                    "inputDigest": self.header.input_digest,
                },
                "results": results,
            }],
        });
        format!("{log:#}\n")
    }

    fn result(&self, index: usize, finding: &Finding, file: Option<&str>) -> Value {
        let (level, kind) = match finding.verdict {
            Verdict::Pass => ("none", "pass"),
            Verdict::Warn => ("warning", "fail"),
            // A result of the kind `review` carries no level; what did not run must be seen all the same.
            Verdict::NotRun => ("warning", "fail"),
            Verdict::Fail => ("error", "fail"),
        };
        let mut text = format!("{}: {}", finding.verdict, line(&finding.summary));
        for evidence in &finding.evidence {
            text.push_str("\n- ");
            text.push_str(&line(evidence));
        }
        if finding.verdict != Verdict::Pass && !finding.advice.is_empty() {
            text.push_str("\nWhat to do: ");
            text.push_str(&line(&finding.advice));
        }
        let location = match file {
            Some(file) => json!({ "physicalLocation": {
                "artifactLocation": { "uri": uri(file) },
                "region": { "startLine": 1 },
            }}),
            None => json!({ "logicalLocations": [{
                "name": self.subject.id.map_or_else(|| "proposal".to_owned(), |id| format!("proposal {id}")),
                "kind": "resource",
            }]}),
        };
        json!({
            "ruleId": finding.check,
            "ruleIndex": index,
            "kind": kind,
            "level": level,
            "message": { "text": text },
            "locations": [location],
            "partialFingerprints": { "btrstCheck/v1": format!("{}:{}", finding.check, self.header.input_digest) },
        })
    }
}

fn rule(finding: &Finding) -> Value {
    json!({
        "id": finding.check,
        "shortDescription": { "text": line(&finding.title) },
        "fullDescription": { "text": line(&finding.why) },
    })
}

/// `path` as a relative URI reference: what has another meaning there is written in hexadecimal.
fn uri(path: &str) -> String {
    path.bytes().fold(String::with_capacity(path.len()), |mut uri, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' | b'~' => {
                uri.push(byte.into())
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
        uri
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use crate::report::sample::report;

    #[test]
    fn results_name_their_rule_and_place() {
        let log: Value = serde_json::from_str(&report().to_sarif(Some("proposals/a b.toml"))).unwrap();
        let run = &log["runs"][0];
        let results = run["results"].as_array().unwrap();
        assert_eq!((log["version"].as_str(), results.len()), (Some("2.1.0"), 5));
        for (index, result) in results.iter().enumerate() {
            assert_eq!(result["ruleIndex"], index);
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
            let place = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
            assert_eq!(place, "proposals/a%20b.toml");
        }
        let levels: Vec<_> = results.iter().map(|result| result["level"].as_str().unwrap()).collect();
        assert_eq!(levels, ["none", "error", "warning", "warning", "warning"]);
    }
}
