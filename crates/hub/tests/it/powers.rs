//! Powers that are counted in other ways than one vote for everybody; and votes that nobody can read.

use std::sync::Arc;

use alloy::primitives::{Address, B256, Bytes};
use btrst_hub::http::Options;
use btrst_hub::{Answer, Chains, Question};
use btrst_offchain::Space;
use btrst_offchain::message::{Message, SignedChoice};
use btrst_offchain::tally::Power;
use serde_json::{Value, json};

use crate::stage::{Served, Still, ballot, database, key, member, open_on, proposal, signed, space, vote};

const VOTE: u128 = 1_000_000_000_000_000_000;

/// A chain on which account 1 has delegated its vote to account 2.
struct Delegated;

impl Chains for Delegated {
    fn head<'a>(&'a self, _: &'a str) -> Answer<'a, u64> {
        Box::pin(async { Ok(20_000_000) })
    }

    fn powers<'a>(&'a self, question: Question<'a>) -> Answer<'a, Vec<Vec<Power>>> {
        let [delegator, delegate] = [1, 2].map(|number| key(number).address());
        let own = Power::new(VOTE);
        let delegated = move |voter: &Address| {
            let counts = *voter == delegate && !question.voters.contains(&delegator);
            if counts { own } else { Power::ZERO }
        };
        Box::pin(async move { Ok(question.voters.iter().map(|voter| vec![own, delegated(voter)]).collect()) })
    }

    fn takes<'a>(&'a self, _: &'a str, _: Address, _: B256, _: &'a Bytes) -> Answer<'a, bool> {
        Box::pin(async { Ok(false) })
    }
}

async fn serve(space: Space, chains: Arc<dyn Chains>) -> Served {
    space.check().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let hub = open_on(database(folder.path()).to_str().unwrap(), space, chains).await;
    Served::of(hub, folder, Options { rate: None, behind_proxy: false }).await
}

fn with(change: impl FnOnce(&mut Value)) -> Space {
    let plain = space();
    let mut settings = serde_json::to_value(&plain.settings).unwrap();
    change(&mut settings);
    Space::parse(&plain.id, &settings.to_string()).unwrap()
}

#[tokio::test]
async fn who_votes_has_not_delegated_whoever_came_first() {
    let strategies =
        json!([{"name": "ticket"}, {"name": "delegation", "params": {"strategies": [{"name": "ticket"}]}}]);
    let served = serve(with(|settings| settings["strategies"] = strategies), Arc::new(Delegated)).await;
    let id = served.opens("basic").await;
    let query = format!(
        "{{ proposal(id: \"{id}\") {{ votes scores scores_by_strategy scores_total }} \
           votes(where: {{proposal: \"{id}\", voter: \"{}\"}}) {{ vp vp_by_strategy vp_state }} }}",
        key(2).address()
    );
    served.takes(&ballot(2, id)).await;
    let alone = served.data(&query).await;
    let expected = json!({
        "votes": 1, "scores": [2.0, 0.0, 0.0], "scores_by_strategy": [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]],
        "scores_total": 2.0,
    });
    assert_eq!(alone["proposal"], expected);
    assert_eq!(alone["votes"], json!([{ "vp": 2.0, "vp_by_strategy": [1.0, 1.0], "vp_state": "pending" }]));

    // Who has delegated votes too, against it.
    let delegator = key(1);
    served.takes(&signed(&delegator, vote(delegator.address(), id, SignedChoice::One(2), 0))).await;
    // A count may be a moment old.
    while served.data(&query).await["proposal"]["votes"] != 2 {}
    let both = served.data(&query).await;
    let expected = json!({
        "votes": 2, "scores": [1.0, 1.0, 0.0], "scores_by_strategy": [[1.0, 0.0], [1.0, 0.0], [0.0, 0.0]],
        "scores_total": 2.0,
    });
    assert_eq!(both["proposal"], expected);
    assert_eq!(both["votes"], json!([{ "vp": 1.0, "vp_by_strategy": [1.0, 0.0], "vp_state": "pending" }]));
}

#[tokio::test]
async fn rules_for_accounts_count_by_strategies_of_their_own() {
    let listed = |number: u64| {
        let list =
            json!([{"name": "whitelist", "params": {"addresses": [key(number).address().to_string()]}}]);
        json!({"name": "basic", "params": {"minScore": 1, "strategies": list}})
    };
    let space = with(|settings| {
        settings["filters"]["onlyMembers"] = json!(false);
        settings["validation"] = listed(4);
        settings["voteValidation"] = listed(5);
    });
    let served = serve(space, Arc::new(Still)).await;
    let opens = |number: u64| {
        let mut message = proposal("basic");
        message.from = key(number).address();
        signed(&key(number), Message::try_from(&message).unwrap())
    };
    assert_eq!(served.refuses(opens(5).to_json().to_string()).await, "validation failed");
    served.takes(&opens(4)).await;
    let id = opens(4).id();
    assert_eq!(served.refuses(ballot(4, id).to_json().to_string()).await, "failed vote validation");
    served.takes(&ballot(5, id)).await;
    // The power that counts is that of the space.
    let data = served.data(&format!("{{ votes(where: {{proposal: \"{id}\"}}) {{ vp }} }}")).await;
    assert_eq!(data["votes"], json!([{ "vp": 1.0 }]));
}

#[tokio::test]
async fn encrypted_votes_are_kept_and_no_choice_has_them() {
    let served =
        serve(with(|settings| settings["voting"]["privacy"] = json!("shutter")), Arc::new(Still)).await;
    let mut message = proposal("basic");
    message.privacy = "shutter".into();
    let opened = signed(&member(), Message::try_from(&message).unwrap());
    served.takes(&opened).await;
    let id = opened.id();
    let voter = key(3);
    let sealed = |choice: &str, reason: &str| {
        let vote = btrst_offchain::message::Vote {
            from: voter.address(),
            space: message.space.clone(),
            timestamp: message.timestamp,
            proposal: id.to_string(),
            choice: SignedChoice::Text(choice.into()),
            reason: reason.into(),
            app: String::new(),
            metadata: String::new(),
        };
        signed(&voter, Message::try_from(&vote).unwrap())
    };
    assert_eq!(served.refuses(sealed("{\"1\":1}", "").to_json().to_string()).await, "invalid choice");
    let told = sealed("0x03ab", "because");
    assert_eq!(served.refuses(told.to_json().to_string()).await, "reason not allowed with shutter");
    served.takes(&sealed("0x03ab", "")).await;
    let query = format!(
        "{{ proposal(id: \"{id}\") {{ votes scores scores_total scores_state privacy }} \
           votes(where: {{proposal: \"{id}\"}}) {{ choice vp }} }}"
    );
    let data = served.data(&query).await;
    let expected = json!({
        "votes": 1, "scores": [0.0, 0.0, 0.0], "scores_total": 1.0, "scores_state": "pending", "privacy": "shutter",
    });
    assert_eq!(data["proposal"], expected);
    assert_eq!(data["votes"], json!([{ "choice": "0x03ab", "vp": 1.0 }]));
}
