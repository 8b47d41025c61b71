//! A hub that dies at any moment: what it acknowledged is there, and nothing twice.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use alloy::transports::http::reqwest::Client;
use btrst_hub::http::{Options, serve};
use btrst_hub::log::{Entry, Verifier};
use btrst_offchain::Envelope;
use btrst_offchain::message::Message;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::stage::{ballot, database, key, member, open, post, proposal, signed};

/// Variable that makes [`serves_in_a_process_of_its_own`] a hub on the database that it names.
const DATABASE: &str = "BTRST_TEST_HUB_DATABASE";

/// What the process says before its address.
const READY: &str = "serving at ";

/// Not a test by itself: the process that the other one kills.
#[tokio::test(flavor = "multi_thread")]
async fn serves_in_a_process_of_its_own() {
    let Ok(database) = std::env::var(DATABASE) else { return };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("\n{READY}http://{}", listener.local_addr().unwrap());
    let options = Options { rate: None, behind_proxy: false };
    serve(open(&database).await, listener, options, std::future::pending()).await.unwrap();
}

struct Process {
    child: Child,
    url: String,
}

impl Process {
    fn start(database: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["killed::serves_in_a_process_of_its_own", "--exact", "--nocapture"])
            .env(DATABASE, database)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.map_while(Result::ok).find_map(|line| line.split(READY).nth(1).map(str::to_owned));
        Self { child, url: url.expect("the hub says where it is") }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // SIGKILL.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Posts `envelopes` until one of them gets no answer; the ids that were acknowledged.
async fn load(url: String, envelopes: Vec<Envelope>, acknowledged: Arc<AtomicUsize>) -> Vec<String> {
    let client = Client::new();
    let mut ids = Vec::new();
    for envelope in envelopes {
        let Ok(answer) = client.post(&url).body(envelope.to_json().to_string()).send().await else { break };
        let status = answer.status();
        let Ok(text) = answer.text().await else { break };
        assert_eq!(status, 200, "{text}");
        let answer: Value = serde_json::from_str(&text).unwrap();
        ids.push(answer["id"].as_str().unwrap().to_owned());
        acknowledged.fetch_add(1, Ordering::Relaxed);
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_hub_acknowledged_is_there_and_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let database = database(folder.path()).to_str().unwrap().to_owned();
    let opened = signed(&member(), Message::try_from(&proposal("basic")).unwrap());
    let mut acknowledged = HashSet::new();
    let mut sent = HashSet::new();
    // It is killed in the midst of work, several times on the same database.
    for round in 0..4_u64 {
        let process = Process::start(&database);
        let client = Client::new();
        if round == 0 {
            assert_eq!(post(&client, &process.url, opened.to_json().to_string()).await.0, 200);
        }
        let counter = Arc::new(AtomicUsize::new(0));
        let clients: Vec<_> = (0..8_u64)
            .map(|client| {
                let first = 1_000 + (round * 8 + client) * 200;
                let envelopes: Vec<_> =
                    (first..first + 200).map(|voter| ballot(voter, opened.id())).collect();
                sent.extend(envelopes.iter().map(|envelope| envelope.id().to_string()));
                tokio::spawn(load(process.url.clone(), envelopes, Arc::clone(&counter)))
            })
            .collect();
        while counter.load(Ordering::Relaxed) < 150 {
            tokio::task::yield_now().await;
        }
        drop(process);
        for client in clients {
            acknowledged.extend(client.await.unwrap());
        }
    }

    let process = Process::start(&database);
    let client = Client::new();
    let hub = key(1_000_000).address();
    let mut verifier = Verifier::new(hub);
    let mut logged = HashSet::new();
    loop {
        let url = format!("{}/log?from={}&limit=500", process.url, verifier.entries());
        let page: Value =
            serde_json::from_str(&client.get(url).send().await.unwrap().text().await.unwrap()).unwrap();
        let entries = page["entries"].as_array().unwrap();
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            let entry: Entry = serde_json::from_value(entry.clone()).unwrap();
            verifier.take(&entry).unwrap();
            assert!(logged.insert(entry.id.to_string()), "{} is there twice", entry.id);
        }
    }
    assert!(logged.remove(&opened.id().to_string()));
    assert!(acknowledged.len() >= 600);
    assert!(acknowledged.is_subset(&logged), "{} votes are lost", acknowledged.difference(&logged).count());
    assert!(logged.is_subset(&sent));

    let query = format!("{{ proposal(id: \"{}\") {{ votes scores }} }}", opened.id());
    let (_, answer) =
        post(&client, &format!("{}/graphql", process.url), json!({ "query": query }).to_string()).await;
    assert_eq!(answer["data"]["proposal"]["votes"], logged.len(), "votes and log say the same");
    // Whoever got no answer sends again, and is not counted twice.
    let again = ballot(1_000, opened.id());
    assert_eq!(post(&client, &process.url, again.to_json().to_string()).await.0, 400);
}
