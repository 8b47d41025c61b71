//! What the reference implementation and this crate make of each other's messages.

use btrst_offchain::Envelope;
use btrst_offchain::message::{CancelProposal, Content, Form, Message, SignedChoice, UpdateProposal};
use serde_json::{Value, json};

use crate::forms::example;
use crate::node::Reference;
use crate::stage::{NOW, SPACE, key, proposal, signed, vote};

#[test]
fn the_reference_hashes_and_verifies_every_form_as_we_do() {
    let mut reference = Reference::start();
    let signer = key(1);
    for form in Form::all() {
        let envelope = signed(&signer, example(form));
        let json = envelope.to_json();
        assert_eq!(
            reference.ask(&json!({ "hash": json["data"] })),
            envelope.id().to_string(),
            "{}",
            form.encoding
        );
        let question = json!({ "verify": [json["address"], json["sig"], json["data"]] });
        assert_eq!(reference.ask(&question), true, "{}", form.encoding);
    }
}

#[test]
fn we_verify_what_the_reference_signs() {
    let mut reference = Reference::start();
    let signer = key(1);
    let private = signer.to_bytes().to_string();
    let mut sign = |method: &str, message: Value| {
        let envelope = reference.ask(&json!({ "sign": [method, private, message] }));
        let envelope = Envelope::parse(envelope.to_string().as_bytes()).unwrap();
        assert_eq!(envelope.verify_key(), Ok(()), "{method}");
        assert_eq!(envelope.unchecked(), None);
        assert!(envelope.message().unsigned().is_empty());
        envelope.message().clone()
    };

    let expected = proposal(signer.address(), "basic");
    let message = sign(
        "proposal",
        json!({
            "space": SPACE, "timestamp": NOW, "type": "basic", "title": expected.title, "body": expected.body,
            "discussion": expected.discussion, "choices": expected.choices, "start": expected.start,
            "end": expected.end, "snapshot": expected.snapshot, "plugins": "{}", "app": "btrst",
        }),
    );
    assert_eq!(message.content(), Content::Proposal(expected.clone()));
    let id = message.digest();
    assert_eq!(Message::try_from(&expected).unwrap().digest(), id);

    for (system, choice, expected) in [
        ("single-choice", json!(2), SignedChoice::One(2)),
        ("approval", json!([1, 3]), SignedChoice::Several(vec![1, 3])),
        ("ranked-choice", json!([3, 1, 2]), SignedChoice::Several(vec![3, 1, 2])),
        ("quadratic", json!({"1": 0.5, "2": 2}), SignedChoice::Text(r#"{"1":0.5,"2":2}"#.into())),
        ("weighted", json!({"3": 1}), SignedChoice::Text(r#"{"3":1}"#.into())),
    ] {
        let message = sign(
            "vote",
            json!({
                "space": SPACE, "timestamp": NOW, "proposal": id.to_string(), "type": system, "choice": choice,
                "reason": "it pays for itself", "app": "btrst",
            }),
        );
        let expected = vote(signer.address(), id, expected);
        assert_eq!(message.content(), Content::Vote(expected.clone()), "{system}");
        assert_eq!(Message::try_from(&expected).unwrap().digest(), message.digest());
    }

    let cancel = CancelProposal {
        from: signer.address(),
        space: SPACE.into(),
        timestamp: NOW,
        proposal: id.to_string(),
    };
    let fields = json!({"space": SPACE, "timestamp": NOW, "proposal": id.to_string()});
    assert_eq!(sign("cancelProposal", fields).content(), Content::CancelProposal(cancel));

    let update = UpdateProposal {
        proposal: id.to_string(),
        from: signer.address(),
        space: SPACE.into(),
        timestamp: NOW,
        system: "basic".into(),
        title: "Title".into(),
        body: "Body".into(),
        discussion: String::new(),
        choices: vec!["Yes".into(), "No".into()],
        labels: vec!["fees".into()],
        plugins: "{}".into(),
        privacy: String::new(),
    };
    let fields = json!({
        "proposal": id.to_string(), "space": SPACE, "timestamp": NOW, "type": "basic", "title": "Title",
        "body": "Body", "discussion": "", "choices": ["Yes", "No"], "labels": ["fees"], "plugins": "{}",
    });
    assert_eq!(sign("updateProposal", fields).content(), Content::UpdateProposal(update));
}
