//! What is taken, what is refused, and in which words.

use alloy::primitives::{B256, Bytes, eip191_hash_message};
use btrst_hub::http::Options;
use btrst_hub::log::{Entry, Verifier};
use btrst_offchain::Envelope;
use btrst_offchain::message::{Alias, CancelProposal, Message, SignedChoice, UpdateProposal};
use btrst_offchain::signature::recover;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::stage::{NOW, SPACE, Served, ballot, key, member, proposal, signed, vote};

async fn votes(served: &Served, id: B256) -> Value {
    let query = format!(
        "{{ proposal(id: \"{id}\") {{ votes scores scores_total }} \
           votes(where: {{proposal: \"{id}\"}}, orderBy: \"id\") {{ id voter choice vp reason }} }}"
    );
    served.data(&query).await
}

#[tokio::test]
async fn a_vote_is_acknowledged_counted_and_logged() {
    let served = Served::start().await;
    let id = served.opens("basic").await;
    let envelope = ballot(7, id);
    let receipt = served.takes(&envelope).await;

    let hub = key(1_000_000).address();
    assert_eq!(receipt["relayer"]["address"], hub.to_string());
    let signature: Bytes = receipt["relayer"]["receipt"].as_str().unwrap().parse().unwrap();
    assert_eq!(recover(&eip191_hash_message(envelope.signature()), &signature), Ok(hub));
    let ipfs = receipt["ipfs"].as_str().unwrap();
    assert!(ipfs.starts_with("bafkrei") && ipfs.len() == 59, "{ipfs}");
    let entry: Entry = serde_json::from_value(receipt["log"].clone()).unwrap();
    entry.verify(hub).unwrap();
    assert_eq!((entry.position, entry.id), (1, envelope.id()));

    let data = votes(&served, id).await;
    assert_eq!(data["proposal"], json!({"votes": 1, "scores": [1.0, 0.0, 0.0], "scores_total": 1.0}));
    assert_eq!(data["votes"][0]["voter"], key(7).address().to_string());
    assert_eq!(data["votes"][0]["vp"], 1.0);

    let log: Value = serde_json::from_str(&served.get("/log?from=0").await).unwrap();
    let mut verifier = Verifier::new(hub);
    for entry in log["entries"].as_array().unwrap() {
        let envelope = Envelope::parse_pinned(entry["envelope"].to_string().as_bytes()).unwrap();
        let entry: Entry = serde_json::from_value(entry.clone()).unwrap();
        assert_eq!(entry.id, envelope.id());
        verifier.take(&entry).unwrap();
    }
    assert_eq!((verifier.entries(), verifier.head()), (2, entry.hash));
    assert!(served.get("/metrics").await.contains("btrst_hub_accepted_total 2\n"));
    assert!(served.get("/health").await.contains("\"healthy\":true"));
}

#[tokio::test]
async fn a_later_vote_takes_the_place_of_an_earlier_one() {
    let served = Served::start().await;
    let id = served.opens("single-choice").await;
    let voter = key(7);
    let cast = |choice, age| signed(&voter, vote(voter.address(), id, SignedChoice::One(choice), age));
    served.takes(&cast(1, 5)).await;
    served.takes(&cast(2, 4)).await;
    assert_eq!(served.refuses(cast(3, 6).to_json().to_string()).await, "already voted at later time");
    assert_eq!(served.refuses(cast(1, 5).to_json().to_string()).await, "duplicate message");

    // Of the same second, the one with the larger id counts.
    let mut same = [cast(1, 4), cast(3, 4)];
    same.sort_by_key(Envelope::id);
    let rival = cast(2, 4).id();
    for envelope in &same {
        let (status, answer) = served.post("/", envelope.to_json().to_string()).await;
        let current = if envelope.id() > rival { 200 } else { 400 };
        assert_eq!(status, current, "{answer}");
    }
    let last = same.iter().map(Envelope::id).chain([rival]).max().unwrap();
    let data = votes(&served, id).await;
    assert_eq!(data["votes"].as_array().unwrap().len(), 1);
    assert_eq!(data["votes"][0]["id"], last.to_string());
    assert_eq!(data["proposal"]["scores_total"], 1.0);
}

#[tokio::test]
async fn choices_of_every_system_are_published_as_clients_know_them() {
    let served = Served::start().await;
    let table = [
        ("single-choice", SignedChoice::One(2), json!(2)),
        ("approval", SignedChoice::Several(vec![1, 3]), json!([1, 3])),
        ("ranked-choice", SignedChoice::Several(vec![3, 1, 2]), json!([3, 1, 2])),
        ("weighted", SignedChoice::Text(r#"{"1":1,"2":3}"#.into()), json!({"1": 1, "2": 3})),
    ];
    for (system, choice, published) in table {
        let id = served.opens(system).await;
        let voter = key(3);
        served.takes(&signed(&voter, vote(voter.address(), id, choice, 0))).await;
        assert_eq!(votes(&served, id).await["votes"][0]["choice"], published, "{system}");
    }
}

#[tokio::test]
async fn proposals_are_changed_and_withdrawn_by_those_who_may() {
    let served = Served::start().await;
    let mut later = proposal("basic");
    later.start = NOW + 100;
    let opened = signed(&member(), Message::try_from(&later).unwrap());
    served.takes(&opened).await;
    let id = opened.id();
    let update = |from: u64| {
        let update = UpdateProposal {
            proposal: id.to_string(),
            from: key(from).address(),
            space: SPACE.into(),
            timestamp: NOW,
            system: "basic".into(),
            title: "Lower the fee to 7%".into(),
            body: String::new(),
            discussion: String::new(),
            choices: vec!["Yes".into(), "No".into()],
            labels: vec![],
            plugins: "{}".into(),
            privacy: String::new(),
        };
        signed(&key(from), Message::try_from(&update).unwrap())
    };
    assert_eq!(served.refuses(update(5).to_json().to_string()).await, "Not the author");
    served.takes(&update(0)).await;
    let query = format!("{{ proposal(id: \"{id}\") {{ title choices state updated }} }}");
    let data = served.data(&query).await;
    assert_eq!(
        data["proposal"],
        json!({"title": "Lower the fee to 7%", "choices": ["Yes", "No"], "state": "pending", "updated": NOW})
    );

    let cancel = |from: u64| {
        let (from, key) = (key(from).address(), key(from));
        let cancel = CancelProposal { from, space: SPACE.into(), timestamp: NOW, proposal: id.to_string() };
        signed(&key, Message::try_from(&cancel).unwrap())
    };
    assert_eq!(served.refuses(cancel(5).to_json().to_string()).await, "not authorized to archive proposal");
    served.takes(&cancel(0)).await;
    assert_eq!(served.data(&query).await["proposal"], Value::Null);
    assert_eq!(served.refuses(ballot(9, id).to_json().to_string()).await, "unknown proposal");
    assert_eq!(served.refuses(update(0).to_json().to_string()).await, "unknown proposal");
}

#[tokio::test]
async fn an_alias_signs_for_its_account_once_it_was_named() {
    let served = Served::start().await;
    let id = served.opens("basic").await;
    let (account, alias) = (key(11), key(12));
    let by_alias = {
        let message = vote(account.address(), id, SignedChoice::One(1), 0);
        signed(&alias, message)
    };
    assert_eq!(served.refuses(by_alias.to_json().to_string()).await, "wrong alias");
    let named = Alias { from: account.address(), alias: alias.address(), timestamp: NOW };
    served.takes(&signed(&account, Message::try_from(&named).unwrap())).await;
    served.takes(&by_alias).await;
    assert_eq!(votes(&served, id).await["votes"][0]["voter"], account.address().to_string());
}

#[tokio::test]
async fn junk_is_refused_in_the_words_of_the_protocol() {
    let served = Served::start().await;
    let id = served.opens("basic").await;
    let good = ballot(7, id).to_json();
    type Change = fn(&mut Value);
    let table: [(Change, &str); 9] = [
        (|json| json["data"]["message"]["space"] = json!("other.eth"), "unknown space"),
        (|json| json["data"]["message"]["timestamp"] = json!(NOW + 301), "wrong timestamp"),
        (|json| json["data"]["message"]["timestamp"] = json!(NOW - 518_401), "wrong timestamp"),
        (|json| json["data"]["message"]["choice"] = json!(4), "invalid choice"),
        (|json| json["data"]["message"]["choice"] = json!(2), "wrong signature"),
        (|json| json["data"]["message"]["proposal"] = json!("0x12"), "unknown proposal"),
        (|json| json["data"]["domain"]["chainId"] = json!(1), "wrong domain"),
        (|json| json["data"]["types"]["Vote"][0]["name"] = json!("voter"), "wrong types"),
        (|json| json["data"]["message"]["extra"] = json!(1), "wrong envelope format"),
    ];
    for (change, words) in table {
        let mut json = good.clone();
        change(&mut json);
        assert_eq!(served.refuses(json.to_string()).await, words);
    }
    for (body, words) in [
        (String::new(), "wrong envelope format"),
        ("[".repeat(50_000), "wrong envelope format"),
        ("{\"address\":1}".to_owned(), "wrong envelope format"),
        (" ".repeat(100_001), "too large message"),
    ] {
        assert_eq!(served.refuses(body).await, words);
    }
    let mut zero = ballot(8, id).to_json();
    zero["data"]["message"]["reason"] = json!("\0");
    assert_eq!(served.refuses(zero.to_string()).await, "wrong envelope format");
    let stranger = key(9);
    let mut foreign = proposal("basic");
    foreign.from = stranger.address();
    let foreign = signed(&stranger, Message::try_from(&foreign).unwrap());
    assert_eq!(served.refuses(foreign.to_json().to_string()).await, "only space authors can propose");

    // Nothing of all that is in the log, and the hub goes on.
    served.takes(&ballot(7, id)).await;
    let data = served.data("{ messages(orderBy: \"mci\", orderDirection: asc) { mci type } }").await;
    assert_eq!(data["messages"], json!([{"mci": 0, "type": "proposal"}, {"mci": 1, "type": "vote"}]));
}

#[tokio::test]
async fn an_address_that_asks_too_often_has_to_wait() {
    let served = Served::with(Options { rate: Some(1), behind_proxy: false }).await;
    let mut statuses = Vec::new();
    for _ in 0..40 {
        statuses.push(served.post("/", "junk").await.0);
    }
    assert_eq!(statuses[0], 400);
    assert!(statuses.contains(&429), "{statuses:?}");
    // Health and metrics are the operator's, and always there.
    assert!(served.get("/metrics").await.contains("btrst_hub_limited_total"));
}

#[tokio::test]
async fn an_address_has_no_more_connections_than_its_part() {
    let served = Served::with(Options { rate: Some(1_000), behind_proxy: false }).await;
    let address = served.url.trim_start_matches("http://").to_owned();
    let mut open = Vec::new();
    for _ in 0..256 {
        open.push(TcpStream::connect(&address).await.unwrap());
    }
    let mut further = TcpStream::connect(&address).await.unwrap();
    assert_eq!(further.read(&mut [0]).await.unwrap_or_default(), 0, "it is closed");
    // Whoever leaves makes room.
    open.clear();
    while served.client.get(format!("{}/health", served.url)).send().await.is_err() {}
    assert!(served.get("/health").await.contains("\"healthy\":true"));
}
