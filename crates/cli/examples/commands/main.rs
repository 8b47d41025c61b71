//! Measures commands beside `forge script` and `cast`, on one anvil in one run: `make benchmark-commands`. Before that, it
//! counts what reading commands ask of an endpoint; with the argument `requests`, it does nothing else.
//!
//! A deployment is measured with all that `btrst deploy` does (plan, simulation, journal, verification), the script with
//! nothing but the same transactions, its compilation done before. Programs are started anew each time.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement, which ends with its first problem"
)]

mod rounds;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use alloy::primitives::Address;
use alloy::providers::Provider;
use btrst_devnet::{Name, Repository, World, WorldOptions};
use rounds::{Asked, Rounds};
use serde_json::{Value, json};

/// Times that a deployment is measured.
const DEPLOYMENTS: usize = 5;

/// Times that a short command is measured.
const READS: usize = 30;

/// Commands whose requests are counted.
const COUNTED: [&str; 5] = ["votes amara", "params", "treasury", "timelock", "proposal list"];

#[tokio::main]
async fn main() {
    let repository = Repository::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let world =
        World::start(&repository, &WorldOptions { delegated: true, ..Default::default() }).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench { repository: &repository, world: &world, folder: folder.path() };
    std::fs::write(folder.path().join("devnet.toml"), world.deployment().render().unwrap()).unwrap();
    bench.requests().await;
    if std::env::args().nth(1).is_some_and(|argument| argument == "requests") {
        return;
    }
    println!("\n{:<44} {:>10} {:>10}", "milliseconds, median of each", "btrst", "peer");
    bench.version();
    bench.reads();
    bench.deployments().await;
}

struct Bench<'a> {
    repository: &'a Repository,
    world: &'a World,
    folder: &'a Path,
}

impl Bench<'_> {
    /// What commands ask of an endpoint, with no proposal and nothing in the queue, and what `cast call` asks.
    async fn requests(&self) {
        let (rounds, url) = Rounds::start(self.world.chain().url()).await;
        println!("{:<44} {:>10} {:>10}", "asked of the endpoint", "requests", "in a row");
        for command in COUNTED {
            let mut arguments: Vec<&str> = command.split(' ').collect();
            arguments.extend(["--rpc-url", &url]);
            self.btrst(&arguments);
            counted(command, rounds.take());
        }
        let token = self.world.contracts().btrst.to_string();
        self.tool("cast", &["call", &token, "totalSupply()(uint256)", "--rpc-url", &url]);
        counted("cast call", rounds.take());
    }

    fn version(&self) {
        let ours = median(READS, || self.btrst(&["--version"]));
        let peer = median(READS, || self.tool("cast", &["--version"]));
        row("--version, cast --version", ours, peer);
    }

    fn reads(&self) {
        let (contracts, url) = (self.world.contracts(), self.world.chain().url());
        let amara = self.world.address(Name::Amara).to_string();
        let (token, timelock) = (contracts.btrst.to_string(), contracts.timelock.to_string());
        let cast = |to: &str, signature: &str, argument: Option<&str>| {
            let mut arguments = vec!["call", to, signature];
            arguments.extend(argument);
            arguments.extend(["--rpc-url", url]);
            median(READS, || self.tool("cast", &arguments))
        };
        let one = cast(&token, "getCurrentVotes(address)(uint256)", Some(&amara));
        row("votes (3 reads), one cast call", median(READS, || self.btrst(&["votes", "amara"])), one);
        let one = cast(&timelock, "delay()(uint256)", None);
        row("params (40 reads), one cast call", median(READS, || self.btrst(&["params"])), one);
        row("treasury, one cast call", median(READS, || self.btrst(&["treasury"])), one);
    }

    async fn deployments(&self) {
        let deployer = self.world.account(Name::Stranger);
        let (key, url) = (deployer.private_key().to_string(), self.world.chain().url());
        std::fs::write(self.folder.join("deploy.toml"), self.description()).unwrap();
        let from = deployer.address().to_string();
        run(self.command("btrst").args([
            "deploy",
            "deploy.toml",
            "-r",
            url,
            "--from",
            &from,
            "--safe-json",
            "steps.json",
        ]));
        let steps: Value =
            serde_json::from_str(&std::fs::read_to_string(self.folder.join("steps.json")).unwrap()).unwrap();
        let count = steps["transactions"].as_array().unwrap().len();

        std::fs::write(
            self.folder.join("foundry.toml"),
            "[profile.default]\nfs_permissions = [{ access = \"read\", path = \".\" }]\n",
        )
        .unwrap();
        std::fs::write(self.folder.join("Replay.s.sol"), include_str!("Replay.s.sol")).unwrap();
        let script = |broadcast: bool| {
            let mut command = self.command("forge");
            command.args(["script", "Replay.s.sol", "--rpc-url", url, "--non-interactive"]);
            command.env("FOUNDRY_SOLC", self.repository.root().join("script/solc")).env("DEPLOYER_KEY", &key);
            run(command.args(broadcast.then_some("--broadcast")))
        };
        // Compiles it.
        script(false);
        let (mut ours, mut peer) = (Vec::new(), Vec::new());
        for round in 0..DEPLOYMENTS {
            let snapshot = self.request("evm_snapshot", json!([])).await;
            let journal = format!("journal-{round}.jsonl");
            ours.push(run(self
                .command("btrst")
                .args(["deploy", "deploy.toml", "-r", url, "--private-key", &key, "--journal", &journal])
                .args(["--output", "deployed.toml", "--broadcast"])));
            let sent = self.sent(deployer.address()).await;
            self.request("evm_revert", json!([snapshot])).await;
            let snapshot = self.request("evm_snapshot", json!([])).await;
            peer.push(script(true));
            assert_eq!(self.sent(deployer.address()).await, sent, "both sent the same");
            self.request("evm_revert", json!([snapshot])).await;
        }
        row(&format!("deploy ({count} steps, verified), forge script"), middle(ours), middle(peer));
    }

    /// A whole DAO on the world's USDC and Uniswap.
    fn description(&self) -> String {
        let contracts = self.world.contracts();
        format!(
            r#"
            schema_version = 1
            chain_id = 31337
            name = "benchmark"
            salt = "benchmark"
            deployer = "{deployer}"
            [timelock]
            delay = 604_800
            [governor]
            preset = "live"
            [converter]
            usdc = "{usdc}"
            cardinality = 300
            window = 1_800
            short_window = 300
            tolerance = 75
            max_deviation = 200
            hop = 3_600
            lot = "25_000usdc"
            min_liquidity = "100_000_000_000_000_000"
            [converter.new_pool]
            factory = "{factory}"
            fee = 10_000
            price = "0.5usdc"
            [[allocation]]
            name = "community"
            to = "treasury"
            amount = "195_000_000btrst"
            [[allocation]]
            name = "investors"
            to = "{investors}"
            amount = "55_000_000btrst"
            lockup = {{ start = 2026-01-01T00:00:00Z, cliff = 2027-01-01T00:00:00Z, end = 2030-01-01T00:00:00Z }}
            "#,
            deployer = self.world.address(Name::Stranger),
            usdc = contracts.usdc.unwrap(),
            factory = contracts.uniswap_factory.unwrap(),
            investors = self.world.address(Name::Investors),
        )
    }

    /// Transactions that `account` has sent.
    async fn sent(&self, account: Address) -> u64 {
        self.world.chain().provider().get_transaction_count(account).await.unwrap()
    }

    async fn request(&self, method: &'static str, params: Value) -> Value {
        self.world.chain().provider().raw_request(method.into(), params).await.unwrap()
    }

    fn btrst(&self, arguments: &[&str]) -> Duration {
        run(self.command("btrst").args(arguments).env("BTRST_DEPLOYMENT", "devnet.toml"))
    }

    fn tool(&self, name: &str, arguments: &[&str]) -> Duration {
        run(self.command(name).args(arguments))
    }

    fn command(&self, name: &str) -> Command {
        let program = match name {
            // Beside the folder of this example, built by the same command.
            "btrst" => std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("btrst"),
            tool => self.repository.tool(tool).unwrap(),
        };
        let mut command = Command::new(program);
        command.current_dir(self.folder).env("XDG_STATE_HOME", self.folder).env("HOME", self.folder);
        command
    }
}

/// Runs `command` and says how long it took.
fn run(command: &mut Command) -> Duration {
    let begun = Instant::now();
    let output = command.stdin(Stdio::null()).output().unwrap();
    let took = begun.elapsed();
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    took
}

fn median(times: usize, mut measured: impl FnMut() -> Duration) -> Duration {
    middle((0..times).map(|_| measured()).collect())
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn counted(what: &str, asked: Asked) {
    println!("{what:<44} {:>10} {:>10}", asked.requests, asked.in_a_row);
}

fn row(what: &str, ours: Duration, peer: Duration) {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1_000.0;
    println!("{what:<44} {:>10.1} {:>10.1}", milliseconds(ours), milliseconds(peer));
}
