//! Measures a hub under load, on this machine alone: valid votes a second, and the waits at half of that.
//!
//! `load [DATABASE] [VOTES]`: a file that does not exist yet, or the address of a PostgreSQL server; a temporary SQLite
//! database by default. Signing the votes is not measured; the hub, its database and the clients share the processors.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a measurement that cannot go on has failed"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use alloy::transports::http::reqwest::Client;
use btrst_hub::http::{Options, serve};
use btrst_hub::{Answer, Chains, Endpoints, Hub, Question, Relayer, Settings, Store};
use btrst_offchain::message::{Message, Proposal, SignedChoice, Vote};
use btrst_offchain::space::StrategySettings;
use btrst_offchain::tally::Power;
use btrst_offchain::{Envelope, Space};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Votes that are cast where nobody says how many.
const VOTES: u64 = 20_000;

/// Most votes: signing them takes as long again.
const MOST: u64 = 200_000;

/// Clients at once.
const CLIENTS: u64 = 128;

/// The hub's time.
const NOW: u64 = 1_750_000_000;

/// One vote for everybody.
struct Still;

impl Chains for Still {
    fn head<'a>(&'a self, _: &'a str) -> Answer<'a, u64> {
        Box::pin(async { Ok(20_000_000) })
    }

    fn powers<'a>(&'a self, question: Question<'a>) -> Answer<'a, Vec<Vec<Power>>> {
        Box::pin(async move { Endpoints::default().powers(question).await })
    }

    fn takes<'a>(&'a self, _: &'a str, _: Address, _: B256, _: &'a Bytes) -> Answer<'a, bool> {
        Box::pin(async { Ok(false) })
    }
}

fn key(number: u64) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::from(U256::from(number + 1))).unwrap()
}

fn signed(key: &PrivateKeySigner, message: Message) -> Envelope {
    let signature = key.sign_hash_sync(&message.digest()).unwrap();
    Envelope::new(key.address(), signature.as_bytes().into(), message)
}

fn space() -> Space {
    let mut space = Space { id: "usebraintrust.eth".into(), settings: Default::default() };
    space.settings.name = "Braintrust".into();
    space.settings.network = "1".into();
    space.settings.strategies =
        vec![StrategySettings { name: "ticket".into(), ..StrategySettings::default() }];
    space
}

fn proposal() -> Envelope {
    let author = key(0);
    let proposal = Proposal {
        from: author.address(),
        space: space().id,
        timestamp: NOW,
        system: "basic".into(),
        title: "Lower the marketplace fee".into(),
        body: "From 10% to 8%.".into(),
        discussion: String::new(),
        choices: ["For", "Against", "Abstain"].map(str::to_owned).to_vec(),
        labels: vec![],
        start: NOW - 1,
        end: NOW + 604_800,
        snapshot: 12_998_200,
        plugins: "{}".into(),
        privacy: String::new(),
        app: "btrst".into(),
    };
    signed(&author, Message::try_from(&proposal).unwrap())
}

fn ballot(voter: u64, proposal: B256) -> String {
    let key = key(voter);
    let vote = Vote {
        from: key.address(),
        space: space().id,
        timestamp: NOW,
        proposal: proposal.to_string(),
        choice: SignedChoice::One(1 + u32::try_from(voter % 3).unwrap()),
        reason: "it pays for itself".into(),
        app: "btrst".into(),
        metadata: "{}".into(),
    };
    signed(&key, Message::try_from(&vote).unwrap()).to_json().to_string()
}

/// Casts `bodies` from many clients; each takes a turn every `interval`, or when its last vote is answered. The waits.
async fn cast(url: &str, bodies: Vec<String>, interval: Option<Duration>) -> Vec<Duration> {
    let mut clients = JoinSet::new();
    let mut shares: Vec<Vec<String>> = vec![Vec::new(); CLIENTS as usize];
    for (place, body) in bodies.into_iter().enumerate() {
        shares[place % CLIENTS as usize].push(body);
    }
    let begin = Instant::now();
    for (place, share) in (0_u32..).zip(shares) {
        let url = url.to_owned();
        clients.spawn(async move {
            let client = Client::new();
            let mut waits = Vec::with_capacity(share.len());
            for (turn, body) in (0_u32..).zip(share) {
                if let Some(interval) = interval {
                    // Not all at once.
                    let offset = interval.mul_f64(f64::from(place) / CLIENTS as f64);
                    tokio::time::sleep_until((begin + offset + interval * turn).into()).await;
                }
                let sent = Instant::now();
                let answer = client.post(&url).body(body).send().await.unwrap();
                assert_eq!(answer.status(), 200);
                answer.bytes().await.unwrap();
                waits.push(sent.elapsed());
            }
            waits
        });
    }
    let mut waits: Vec<Duration> = clients.join_all().await.into_iter().flatten().collect();
    waits.sort_unstable();
    waits
}

fn percentile(waits: &[Duration], share: f64) -> f64 {
    waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1_000.0
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = tempfile::tempdir().unwrap();
    let temporary = folder.path().join("hub.sqlite").to_string_lossy().into_owned();
    let database = arguments.next().unwrap_or(temporary);
    let votes = arguments.next().map_or(VOTES, |text| text.parse().expect("a number of votes")).min(MOST);

    let settings = Settings {
        spaces: vec![space()],
        relayer: Relayer::new(key(1_000_000_000)),
        chains: Arc::new(Still),
        clock: Arc::new(|| NOW),
        observer: Arc::new(|_| {}),
    };
    let hub = Hub::open(Store::open(&database).await.unwrap(), settings).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(serve(
        Arc::clone(&hub),
        listener,
        Options { rate: None, behind_proxy: false },
        std::future::pending(),
    ));

    let opened = proposal();
    assert_eq!(
        Client::new().post(&url).body(opened.to_json().to_string()).send().await.unwrap().status(),
        200
    );
    let half = votes / 2;
    let sign =
        |range: std::ops::Range<u64>| range.map(|voter| ballot(voter, opened.id())).collect::<Vec<_>>();
    eprintln!("signing {votes} votes");
    let (full_load, half_load) = (sign(1..votes - half), sign(votes - half..votes));

    let (number, begin) = (full_load.len(), Instant::now());
    let waits = cast(&url, full_load, None).await;
    let rate = number as f64 / begin.elapsed().as_secs_f64();
    println!("full load  {rate:.0} votes a second, {CLIENTS} clients");
    println!("           p50 {:.1} ms, p99 {:.1} ms", percentile(&waits, 0.5), percentile(&waits, 0.99));

    let number = half_load.len();
    let interval = Duration::from_secs_f64(CLIENTS as f64 / (rate / 2.0));
    let begin = Instant::now();
    let waits = cast(&url, half_load, Some(interval)).await;
    let reached = number as f64 / begin.elapsed().as_secs_f64();
    println!("half load  {reached:.0} votes a second");
    println!("           p50 {:.1} ms, p99 {:.1} ms", percentile(&waits, 0.5), percentile(&waits, 0.99));
}
