//! Audits of exports, with planted errors.

use std::collections::HashMap;

use alloy::primitives::{Address, B256};
use btrst_offchain::audit::{Difference, Export, Witness};
use btrst_offchain::ingest::ALIAS_LIFE;
use btrst_offchain::message::{Alias, Message, SignedChoice};
use btrst_offchain::tally::Power;
use btrst_offchain::{ProposalRecord, Space, VoteRecord};
use serde_json::{Value, json};

use crate::stage::{NOW, SPACE, key, proposal, signed, vote};

const VOTE: u128 = 1_000_000_000_000_000_000;

/// A correct export: voter 1 has one vote and votes for 1, voter 2 two and 2, voter 3 three and 1.
fn export() -> Export {
    let settings =
        json!({"name": "Braintrust", "network": "1", "strategies": [{"name": "ticket", "params": {}}]});
    let space = Space::parse(SPACE, &settings.to_string()).unwrap();
    let opening = proposal(key(0).address(), "basic");
    let opening_message = Message::try_from(&opening).unwrap();
    let id = opening_message.digest();
    let mut record = ProposalRecord::new(id, &opening, &space).unwrap();
    (record.scores, record.scores_total, record.votes) = (vec![4.0, 2.0, 0.0], 6.0, 3);
    let mut envelopes = vec![signed(&key(0), opening_message).pinned()];
    let mut votes = Vec::new();
    for (voter, choice) in [(1, 1), (2, 2), (3, 1)] {
        let vote = vote(key(voter).address(), id, SignedChoice::One(choice));
        let envelope = signed(&key(voter), Message::try_from(&vote).unwrap());
        envelopes.push(envelope.pinned());
        votes.push(VoteRecord {
            id: envelope.id(),
            voter: vote.from,
            created: vote.timestamp,
            choice: json!(choice),
            vp: voter as f64,
            vp_by_strategy: vec![voter as f64],
            reason: vote.reason,
            app: vote.app,
        });
    }
    Export { proposal: record, votes, envelopes }
}

fn powers() -> Witness {
    let power = |voter: u64| (key(voter).address(), vec![Power::new(u128::from(voter) * VOTE)]);
    Witness { powers: Some(HashMap::from([1, 2, 3].map(power))), ..Witness::default() }
}

fn differences(export: &Export) -> Vec<Difference> {
    // As a file and back, as an auditor gets it.
    let text = serde_json::to_string(export).unwrap();
    Export::parse(text.as_bytes()).unwrap().audit(&powers()).unwrap().differences
}

#[test]
fn a_correct_export_has_no_differences() {
    let report = export().audit(&powers()).unwrap();
    assert_eq!(report.differences, []);
    assert!(report.has_powers);
    assert_eq!(report.tally.scores_f64(), [4.0, 2.0, 0.0]);
    assert_eq!(export().audit(&Witness::default()).unwrap().differences, []);
}

#[test]
fn every_planted_error_is_found() {
    let base = export();
    let ids: Vec<B256> = base.votes.iter().map(|vote| vote.id).collect();
    let voters: Vec<Address> = base.votes.iter().map(|vote| vote.voter).collect();

    let mut counted = base.clone();
    counted.proposal.scores = vec![4.0, 2.5, 0.0];
    counted.proposal.scores_total = 6.5;
    counted.proposal.votes = 4;
    assert_eq!(
        differences(&counted),
        [
            Difference::Score { choice: 2, stated: 2.5, actual: "2".into() },
            Difference::ScoresTotal { stated: 6.5, actual: "6".into() },
            Difference::VoteCount { stated: 4, actual: 3 },
        ]
    );

    let mut inflated = base.clone();
    inflated.votes[1].vp = 20.0;
    assert_eq!(
        differences(&inflated),
        [Difference::Power {
            id: ids[1],
            voter: voters[1],
            strategy: None,
            stated: 20.0,
            actual: "2".into()
        }]
    );

    let mut flipped = base.clone();
    flipped.votes[2].choice = json!(2);
    flipped.proposal.scores = vec![1.0, 5.0, 0.0];
    let found = differences(&flipped);
    assert_eq!(
        found[0],
        Difference::Field { id: ids[2], field: "choice", stated: "2".into(), signed: "1".into() }
    );
    assert!(
        matches!(found[1..], [Difference::Score { choice: 1, .. }, Difference::Score { choice: 2, .. }]),
        "{found:?}"
    );

    let mut forged = base.clone();
    forged.envelopes[2]["sig"] = forged.envelopes[1]["sig"].clone();
    let found = differences(&forged);
    assert!(matches!(&found[0], Difference::Signature { id, .. } if *id == ids[1]), "{found:?}");
    assert_eq!(found[1], Difference::VoteNotSigned { id: ids[1], voter: voters[1] });
    let accepted = Witness { accepted: [ids[1]].into(), ..powers() };
    assert_eq!(forged.audit(&accepted).unwrap().differences, []);

    let mut changed = base.clone();
    changed.envelopes[3]["data"]["message"]["choice"] = json!(2);
    let found = differences(&changed);
    assert!(matches!(&found[0], Difference::Envelope { place: 3, .. }), "{found:?}");

    let mut renamed = base.clone();
    renamed.proposal.title = "Raise the marketplace fee".into();
    renamed.votes[0].voter = voters[1];
    let found = differences(&renamed);
    assert!(matches!(&found[0], Difference::Field { field: "title", .. }), "{found:?}");
    assert!(found.iter().any(|found| matches!(found, Difference::Field { field: "voter", .. })), "{found:?}");

    let mut doubled = base.clone();
    doubled.votes.push(base.votes[0].clone());
    assert_eq!(differences(&doubled), [Difference::SecondVote { id: ids[0], voter: voters[0] }]);

    let mut unsigned = base.clone();
    unsigned.envelopes.remove(0);
    assert_eq!(differences(&unsigned), [Difference::ProposalNotSigned { id: base.proposal.id }]);
}

#[test]
fn a_ballot_outside_of_the_window_or_for_nothing_is_named() {
    let mut export = export();
    let add = |export: &mut Export, voter: u64, choice: u32, timestamp: u64| {
        let mut vote = vote(key(voter).address(), export.proposal.id, SignedChoice::One(choice));
        vote.timestamp = timestamp;
        let envelope = signed(&key(voter), Message::try_from(&vote).unwrap());
        export.envelopes.push(envelope.pinned());
        let mut record = export.votes[0].clone();
        (record.id, record.voter, record.created) = (envelope.id(), vote.from, timestamp);
        record.choice = json!(choice);
        export.votes.push(record);
        envelope.id()
    };
    let (start, end) = (export.proposal.start, export.proposal.end);
    let late = add(&mut export, 4, 1, end + 1);
    let nothing = add(&mut export, 5, 9, start);
    (export.proposal.scores_total, export.proposal.votes) = (7.0, 4);
    let found = export.audit(&Witness::default()).unwrap();
    assert_eq!(
        found.differences,
        [
            Difference::OutsideWindow { id: late, timestamp: end + 1 },
            Difference::InvalidChoice { id: nothing }
        ]
    );
    assert_eq!(found.tally.invalid, 1);
}

#[test]
fn what_encrypted_ballots_say_is_not_made_up() {
    let mut export = export();
    export.proposal.privacy = "shutter".into();
    export.envelopes.truncate(1);
    export.votes.truncate(2);
    for (place, voter) in [(0, 1), (1, 2)] {
        let sealed = SignedChoice::Text(format!("0x0{voter}"));
        let mut vote = vote(key(voter).address(), export.proposal.id, sealed);
        vote.reason = String::new();
        let envelope = signed(&key(voter), Message::try_from(&vote).unwrap());
        export.envelopes.push(envelope.pinned());
        let record = &mut export.votes[place];
        (record.id, record.choice, record.reason) =
            (envelope.id(), json!(format!("0x0{voter}")), String::new());
    }
    (export.proposal.scores, export.proposal.scores_total, export.proposal.votes) = (vec![0.0; 3], 3.0, 2);
    let report = export.audit(&powers()).unwrap();
    assert_eq!(report.differences, []);
    assert_eq!((report.tally.encrypted, report.tally.invalid, report.decrypted_by_hub), (2, 0, 0));
    assert_eq!(report.tally.scores_f64(), [0.0, 0.0, 0.0]);

    // The hub says what one of them says. It counts, and that nobody has checked it is said.
    export.votes[1].choice = json!(2);
    export.proposal.scores = vec![0.0, 2.0, 0.0];
    let report = export.audit(&powers()).unwrap();
    assert_eq!(report.differences, []);
    assert_eq!((report.tally.encrypted, report.decrypted_by_hub), (1, 1));
    // Another ciphertext than the one that was signed is a difference, and so is a choice that there is not.
    export.votes[0].choice = json!("0x0f");
    export.votes[1].choice = json!(7);
    let found = differences(&export);
    assert!(
        matches!(&found[0], Difference::Field { field: "choice", signed, .. } if signed == "0x01"),
        "{found:?}"
    );
    assert_eq!(found[1], Difference::InvalidChoice { id: export.votes[1].id });
}

#[test]
fn a_ballot_is_signed_by_its_voter_or_its_alias() {
    let by = |signer: u64, since: Option<u64>| {
        let mut export = export();
        let vote = vote(key(1).address(), export.proposal.id, SignedChoice::One(1));
        let envelope = signed(&key(signer), Message::try_from(&vote).unwrap());
        export.envelopes[1] = envelope.pinned();
        if let Some(timestamp) = since {
            let alias = Alias { from: key(1).address(), alias: key(7).address(), timestamp };
            export.envelopes.push(signed(&key(1), Message::try_from(&alias).unwrap()).pinned());
            // Nobody makes himself the alias of another.
            let alias = Alias { from: key(2).address(), alias: key(9).address(), timestamp };
            export.envelopes.push(signed(&key(9), Message::try_from(&alias).unwrap()).pinned());
        }
        differences(&export)
    };
    let foreign = |differences: Vec<Difference>, signer: u64| {
        let account = key(1).address();
        let reason = format!("`{}` signs for it, which it has not made its alias", key(signer).address());
        let expected = |difference: &Difference| {
            matches!(difference, Difference::Signature { account: of, reason: why, .. }
                if *of == account && *why == reason)
        };
        assert!(differences.iter().any(expected), "{differences:?}");
    };
    foreign(by(7, None), 7);
    foreign(by(9, Some(NOW)), 9);
    foreign(by(7, Some(NOW - ALIAS_LIFE - 1)), 7);
    foreign(by(7, Some(NOW + 1)), 7);
    let stranger = key(2).address();
    let only_the_forged_alias = |differences: Vec<Difference>| matches!(&differences[..], [Difference::Signature { account, .. }] if *account == stranger);
    assert!(only_the_forged_alias(by(7, Some(NOW))));
    assert!(only_the_forged_alias(by(7, Some(NOW - ALIAS_LIFE))));
}

#[test]
fn hostile_exports_are_refused() {
    let mut nested = Value::Null;
    for _ in 0..40 {
        nested = json!([nested]);
    }
    for text in ["", "{}", "[]", "{\"proposal\":{}}", &nested.to_string()] {
        assert!(Export::parse(text.as_bytes()).is_err(), "{text}");
    }
}
