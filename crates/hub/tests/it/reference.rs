//! The reference client at this hub, and what this hub publishes before the reference.

use btrst_offchain::message::{Message, SignedChoice};
use serde_json::{Value, json};

use crate::node::Reference;
use crate::stage::{NOW, SPACE, Served, key, member, proposal, signed, vote};

/// The reference client, which sends to a hub.
struct Client<'a> {
    reference: Reference,
    served: &'a Served,
}

impl Client<'_> {
    /// What it gets for `message` of the account number `number`.
    fn sends(&mut self, method: &str, number: u64, message: &Value) -> Value {
        let key = key(number).to_bytes().to_string();
        let question = json!({ "send": [self.served.url, method, key, message] });
        // The hub is served meanwhile.
        tokio::task::block_in_place(|| self.reference.ask(&question))
    }
}

fn opening(title: &str, system: &str, start: u64) -> Value {
    json!({
        "space": SPACE, "timestamp": NOW, "type": system, "title": title, "body": "From 10% to 8%.",
        "discussion": "", "choices": ["For", "Against", "Abstain"], "start": start, "end": NOW + 604_800,
        "snapshot": 12_998_200, "plugins": "{}", "app": "snapshot",
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reference_client_proposes_votes_and_withdraws() {
    let served = Served::start().await;
    let mut client = Client { reference: Reference::start(), served: &served };
    let opened = client.sends("proposal", 0, &opening("Lower the fee", "basic", NOW - 1));
    let id = opened["id"].as_str().unwrap_or_else(|| panic!("{opened}")).to_owned();
    assert_eq!(opened["relayer"]["address"], key(1_000_000).address().to_string());

    for (voter, choice) in [(5, 1), (6, 2), (7, 1)] {
        let fields = json!({
            "space": SPACE, "timestamp": NOW, "proposal": id, "type": "basic", "choice": choice, "reason": "why not",
            "app": "snapshot",
        });
        let receipt = client.sends("vote", voter, &fields);
        assert!(receipt["ipfs"].as_str().is_some_and(|ipfs| ipfs.starts_with("bafkrei")), "{receipt}");
    }
    let query = format!("{{ proposal(id: \"{id}\") {{ title author type scores votes app }} }}");
    let expected = json!({
        "title": "Lower the fee", "author": member().address().to_string(), "type": "basic",
        "scores": [2.0, 1.0, 0.0], "votes": 3, "app": "snapshot",
    });
    assert_eq!(served.data(&query).await["proposal"], expected);

    // Each system in the form that the client signs it in.
    for (system, choice, published) in [
        ("single-choice", json!(3), json!(3)),
        ("approval", json!([2, 3]), json!([2, 3])),
        ("ranked-choice", json!([2, 1, 3]), json!([2, 1, 3])),
        ("weighted", json!({"1": 2, "3": 1}), json!({"1": 2, "3": 1})),
        ("quadratic", json!({"2": 0.5}), json!({"2": 0.5})),
    ] {
        let opened = client.sends("proposal", 0, &opening(system, system, NOW - 1));
        let fields = json!({
            "space": SPACE, "timestamp": NOW, "proposal": opened["id"], "type": system, "choice": choice,
        });
        let receipt = client.sends("vote", 8, &fields);
        assert!(receipt["id"].is_string(), "{system}: {receipt}");
        let query = format!("{{ votes(where: {{id: {}}}) {{ choice }} }}", receipt["id"]);
        assert_eq!(served.data(&query).await["votes"], json!([{ "choice": published }]), "{system}");
    }

    let cancel = json!({ "space": SPACE, "timestamp": NOW, "proposal": id });
    let refused = client.sends("cancelProposal", 5, &cancel);
    assert_eq!(refused["error_description"], "not authorized to archive proposal");
    let receipt = client.sends("cancelProposal", 0, &cancel);
    assert!(receipt["id"].is_string(), "{receipt}");
    assert_eq!(served.data(&query).await["proposal"], Value::Null);

    let later = client.sends("proposal", 0, &opening("Lower the fee later", "basic", NOW + 100));
    let update = json!({
        "proposal": later["id"], "space": SPACE, "timestamp": NOW, "type": "basic", "title": "Lower it", "body": "",
        "discussion": "", "choices": ["Yes", "No"], "labels": [], "plugins": "{}",
    });
    let receipt = client.sends("updateProposal", 0, &update);
    assert!(receipt["id"].is_string(), "{receipt}");
    let query = format!("{{ proposal(id: {}) {{ title choices }} }}", later["id"]);
    assert_eq!(
        served.data(&query).await["proposal"],
        json!({ "title": "Lower it", "choices": ["Yes", "No"] })
    );
}

#[tokio::test]
async fn the_reference_verifies_what_the_hub_publishes() {
    let served = Served::start().await;
    let message = Message::try_from(&proposal("weighted")).unwrap();
    let opened = signed(&member(), message);
    served.takes(&opened).await;
    let choice = SignedChoice::Text(r#"{"1":1,"2":3}"#.into());
    let voter = key(9);
    served.takes(&signed(&voter, vote(voter.address(), opened.id(), choice, 0))).await;
    let log: Value = serde_json::from_str(&served.get("/log").await).unwrap();
    let entries = log["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    let mut reference = Reference::start();
    for entry in entries {
        let envelope = &entry["envelope"];
        assert_eq!(reference.ask(&json!({ "hash": envelope["data"] })), entry["id"]);
        let question = json!({ "verify": [envelope["address"], envelope["sig"], envelope["data"]] });
        assert_eq!(reference.ask(&question), true);
    }
}
