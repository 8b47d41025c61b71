//! What the tests share: a hub that is served, accounts, and messages.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use alloy::transports::http::reqwest::Client;
use btrst_hub::http::{Options, serve};
use btrst_hub::{Answer, Chains, Endpoints, Hub, Question, Relayer, Settings, Store};
use btrst_offchain::message::{Message, Proposal, SignedChoice, Vote};
use btrst_offchain::space::{Filters, StrategySettings};
use btrst_offchain::tally::Power;
use btrst_offchain::{Envelope, Space};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The hub's time, in the voting window of [`proposal`].
pub const NOW: u64 = 1_750_000_000;

/// The hub's space.
pub const SPACE: &str = "usebraintrust.eth";

/// The account number `number`.
pub fn key(number: u64) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::from(U256::from(number + 1))).unwrap()
}

/// A member of the space.
pub fn member() -> PrivateKeySigner {
    key(0)
}

/// A chain with blocks, and one vote for everybody.
pub struct Still;

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

/// The space of all tests: one vote for everybody, proposals by members alone.
pub fn space() -> Space {
    let mut space = Space { id: SPACE.into(), settings: Default::default() };
    space.settings.name = "Braintrust".into();
    space.settings.network = "1".into();
    space.settings.symbol = "BTRST".into();
    space.settings.members = vec![member().address().to_string()];
    space.settings.filters = Filters { only_members: true, ..Filters::default() };
    space.settings.strategies =
        vec![StrategySettings { name: "ticket".into(), ..StrategySettings::default() }];
    space.settings.voting.aliased = true;
    space.check().unwrap();
    space
}

/// A hub on the database at `address`.
pub async fn open(address: &str) -> Arc<Hub> {
    open_on(address, space(), Arc::new(Still)).await
}

/// A hub of `space`, on the database at `address` and on `chains`.
pub async fn open_on(address: &str, space: Space, chains: Arc<dyn Chains>) -> Arc<Hub> {
    let settings = Settings {
        spaces: vec![space],
        relayer: Relayer::new(key(1_000_000)),
        chains,
        clock: Arc::new(|| NOW),
        observer: Arc::new(|_| {}),
    };
    Hub::open(Store::open(address).await.unwrap(), settings).await.unwrap()
}

/// A hub that is served on a port of its own.
pub struct Served {
    pub url: String,
    pub folder: TempDir,
    pub client: Client,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Served {
    /// A hub on a new SQLite database.
    pub async fn start() -> Self {
        Self::with(Options { rate: None, behind_proxy: false }).await
    }

    pub async fn with(options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let hub = open(database(folder.path()).to_str().unwrap()).await;
        Self::of(hub, folder, options).await
    }

    /// Serves `hub`.
    pub async fn of(hub: Arc<Hub>, folder: TempDir, options: Options) -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            let stop = async { stopped.await.unwrap_or_default() };
            serve(Arc::clone(&hub), listener, options, stop).await.unwrap();
            hub.close().await;
        });
        Self { url, folder, client: Client::new(), stop, task }
    }

    /// Stops it as its operator would.
    pub async fn stop(self) -> TempDir {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
        self.folder
    }

    /// Posts `body`; status and answer.
    pub async fn post(&self, path: &str, body: impl Into<String>) -> (u16, Value) {
        post(&self.client, &format!("{}{path}", self.url), body.into()).await
    }

    /// The receipt of an envelope that is taken.
    pub async fn takes(&self, envelope: &Envelope) -> Value {
        let (status, answer) = self.post("/", envelope.to_json().to_string()).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(answer["id"], envelope.id().to_string());
        answer
    }

    /// The words in which `body` is refused.
    pub async fn refuses(&self, body: impl Into<String>) -> String {
        let (status, answer) = self.post("/", body).await;
        assert!((400..500).contains(&status), "{status} {answer}");
        assert_eq!(answer["error"], "client_error");
        answer["error_description"].as_str().unwrap().to_owned()
    }

    /// The data of a query.
    pub async fn data(&self, query: &str) -> Value {
        let (status, answer) = self.post("/graphql", json!({ "query": query }).to_string()).await;
        assert_eq!((status, &answer["errors"]), (200, &Value::Null), "{query}");
        answer["data"].clone()
    }

    /// The text of `path`.
    pub async fn get(&self, path: &str) -> String {
        let answer = self.client.get(format!("{}{path}", self.url)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }

    /// A proposal of `system` that is voted on now.
    pub async fn opens(&self, system: &str) -> B256 {
        let envelope = signed(&member(), Message::try_from(&proposal(system)).unwrap());
        self.takes(&envelope).await;
        envelope.id()
    }
}

pub async fn post(client: &Client, url: &str, body: String) -> (u16, Value) {
    let answer = client.post(url).body(body).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
}

/// The database in `folder`.
pub fn database(folder: &Path) -> PathBuf {
    folder.join("hub.sqlite")
}

/// A proposal of a vote with the system `system` on three choices, which goes on for a week.
pub fn proposal(system: &str) -> Proposal {
    Proposal {
        from: member().address(),
        space: SPACE.into(),
        timestamp: NOW,
        system: system.into(),
        title: format!("Lower the fee by {system}"),
        body: "From 10% to 8%.".into(),
        discussion: "https://example.org/t/42".into(),
        choices: vec!["For".into(), "Against".into(), "Abstain".into()],
        labels: vec![],
        start: NOW - 10,
        end: NOW + 7 * 86_400,
        snapshot: 12_998_200,
        plugins: "{}".into(),
        privacy: String::new(),
        app: "btrst".into(),
    }
}

/// A vote of `from`, made `age` seconds ago.
pub fn vote(from: Address, proposal: B256, choice: SignedChoice, age: u64) -> Message {
    let vote = Vote {
        from,
        space: SPACE.into(),
        timestamp: NOW - age,
        proposal: proposal.to_string(),
        choice,
        reason: "it pays for itself".into(),
        app: "btrst".into(),
        metadata: "{}".into(),
    };
    Message::try_from(&vote).unwrap()
}

/// A vote for the first choice by the account number `voter`.
pub fn ballot(voter: u64, proposal: B256) -> Envelope {
    let key = key(voter);
    signed(&key, vote(key.address(), proposal, SignedChoice::One(1), 0))
}

/// The envelope of `message`, signed by `key`.
pub fn signed(key: &PrivateKeySigner, message: Message) -> Envelope {
    let signature = key.sign_hash_sync(&message.digest()).unwrap();
    Envelope::new(key.address(), signature.as_bytes().into(), message)
}
