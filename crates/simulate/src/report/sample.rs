//! A report with one finding of every verdict and hostile text everywhere, for the tests of the renderers.

use super::*;

pub(crate) fn report() -> Report {
    let hostile = "\u{202e}<b>`everyone`</b>".to_owned();
    let finding = |check: &str, verdict, essential| Finding {
        check: check.into(),
        title: if check == "A7" { "description".into() } else { format!("title of {check}") },
        verdict,
        essential,
        summary: format!("the answer of {check}: {hostile}"),
        evidence: vec![format!("first {hostile}"), "second\u{1b}[2J".into()],
        why: "because\nit matters".into(),
        advice: "vote against".into(),
    };
    Report {
        schema_version: SCHEMA_VERSION,
        header: Header {
            deployment: "devnet".into(),
            flavour: "braintrust".into(),
            chain_id: 31_337,
            block: 7,
            block_hash: format!("0x{}", "ab".repeat(32)),
            timestamp: 1_700_000_000,
            source: "memory".into(),
            trips: Some(Trips { round_trips: 9, requests: 80 }),
            engines: vec![Engine { name: "revm".into(), version: "1".into() }],
            overrides: vec![],
            input_digest: format!("0x{}", "cd".repeat(32)),
        },
        subject: Subject {
            title: format!("Pay {hostile}"),
            id: Some(3),
            state: Some("active".into()),
            proposer: Some("amara".into()),
            actions: vec![format!("BTRST.transfer(to = {hostile}, amount = 25,000 BTRST)")],
        },
        power: Power {
            changes: Some(vec![PowerChange {
                contract: "timelock".into(),
                power: "admin".into(),
                before: "governor".into(),
                after: hostile.clone(),
            }]),
            allowances: Some(vec![]),
            movements: Some(vec![Movement {
                asset: "BTRST".into(),
                from: "timelock".into(),
                to: hostile.clone(),
                amount: "25,000".into(),
            }]),
            look_alikes: vec![LookAlike {
                address: "0x1a0D0000000000000000000000000000000000dD01".into(),
                known: "0x1a0D3d5a43e53510f80F16905Bc96e907A47dD01".into(),
                name: "governor".into(),
                head: 4,
                tail: 4,
                place: "action 1".into(),
            }],
            passage: Some(Passage {
                verdict: Verdict::Warn,
                summary: "it needs 75,000 BTRST more".into(),
                needed: "100,000 BTRST".into(),
                votes_for: "25,000 BTRST".into(),
                votes_against: "0 BTRST".into(),
                supporters: vec![Supporter { account: hostile.clone(), votes: "80,000 BTRST".into() }],
                timeline: vec!["the vote ends at block 17,287".into()],
                cancelers: vec![Canceler { account: hostile.clone(), right: "is the guardian".into() }],
            }),
        },
        findings: vec![
            finding("A1", Verdict::Pass, true),
            finding("A7", Verdict::Fail, true),
            finding("B1", Verdict::Warn, true),
            finding("C1", Verdict::NotRun, true),
            finding("E1", Verdict::NotRun, false),
        ],
    }
}
