//! Deployments from the command line: planned, carried out, killed, continued, verified, handed over to.

use std::path::PathBuf;
use std::process::Command;

use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, U256};
use alloy::providers::Provider;
use alloy::providers::ext::AnvilApi;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use btrst_bindings::{BraintrustGovernor, Timelock};
use btrst_devnet::{
    Accounts, Anvil, AnvilOptions, Chain, Fault, Flavour, Name, Proxy, Repository, World, WorldOptions,
};
use btrst_gov::Deployment;
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Ended, Running, btrst, repository, run};
use crate::wallet_page::{self, Page};

const SEND: &str = "eth_sendRawTransaction";

/// Steps of the description below: token, governance, register, lock-up and three allocations.
const STEPS: usize = 7;

/// A folder with a description, and an empty chain.
struct Desk {
    folder: TempDir,
    anvil: Anvil,
    accounts: Accounts,
}

impl Desk {
    async fn new() -> Self {
        let repository = Repository::find(repository()).unwrap();
        let anvil = Anvil::start(&repository, &AnvilOptions::default()).await.unwrap();
        let desk =
            Self { folder: tempfile::tempdir().unwrap(), anvil, accounts: Accounts::derive().unwrap() };
        desk.write("deploy.toml", &desk.description());
        desk
    }

    fn description(&self) -> String {
        let of = |name| self.accounts.address(name);
        format!(
            r#"schema_version = 1
chain_id = 31337
name = "test"
salt = "test"
deployer = "{}"
[timelock]
delay = 604_800
[governor]
preset = "live"
[[allocation]]
name = "community"
to = "treasury"
amount = "135_000_000"
[[allocation]]
name = "investors"
to = "{}"
amount = "55_000_000"
lockup = {{ start = 2026-01-01T00:00:00Z, cliff = 2027-01-01T00:00:00Z, end = 2030-01-01T00:00:00Z }}
[[allocation]]
name = "others"
to = "{}"
amount = "60_000_000"
"#,
            of(Name::Deployer),
            of(Name::Investors),
            of(Name::PublicSale)
        )
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    fn chain(&self) -> &Chain {
        self.anvil.chain()
    }

    /// `btrst` in the folder, with the endpoint at `url` and the keys of deployer and stranger in variables.
    fn btrst(&self, url: &str, arguments: &str) -> Command {
        let mut command = btrst(arguments.split_whitespace());
        command.current_dir(self.folder.path()).env("ETH_RPC_URL", url);
        for (variable, name) in [("DEPLOYER", Name::Deployer), ("STRANGER", Name::Stranger)] {
            command.env(variable, self.accounts.get(name).private_key().to_string());
        }
        command
    }

    fn run(&self, arguments: &str) -> Ended {
        run(self.btrst(self.chain().url(), arguments))
    }

    async fn nonce(&self) -> u64 {
        let deployer = self.accounts.address(Name::Deployer);
        let count = self.chain().provider().get_transaction_count(deployer);
        count.block_id(BlockNumberOrTag::Latest.into()).await.unwrap()
    }
}

const DEPLOY: &str = "deploy deploy.toml --broadcast --private-key-env DEPLOYER --journal journal.jsonl";

#[test]
fn a_plan_needs_no_chain() {
    let mut command = btrst(["deploy", "deployments/examples/fresh.toml", "--json"]);
    command.env_remove("ETH_RPC_URL");
    let ended = run(command);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let plan: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(plan["schema_version"], 1);
    assert_eq!(plan["steps"].as_array().unwrap().len(), 21);
    assert_eq!(plan["steps"][1]["creates"][2]["contract"], "BraintrustGovernor");
    assert_eq!(plan["simulation"], Value::Null);
    let powers = plan["powers"].as_array().unwrap();
    assert!(powers.iter().all(|power| power["who"] != plan["deployer"]), "{powers:?}");
}

#[test]
fn mistakes_end_with_two_and_a_hint() {
    let with = |arguments: &[&str]| {
        let mut command = btrst(arguments.iter().copied());
        command.env_remove("ETH_RPC_URL").env_remove("BTRST_DEPLOYMENT");
        let ended = run(command);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert_eq!(ended.stdout, "");
        ended.stderr
    };
    let example = "deployments/examples/fresh.toml";
    assert_eq!(
        with(&["deploy", example, "--broadcast"]),
        "error: there is no endpoint for chain 1\nhint: name one with --rpc-url or ETH_RPC_URL\n"
    );
    let missing = with(&["deploy", "nowhere.toml"]);
    assert!(missing.starts_with("error: cannot read the description `nowhere.toml`"), "{missing}");
    let nonce = with(&["deploy", example, "--nonce", "1"]);
    assert!(nonce.contains("hint: leave out --nonce and --gas-limit"), "{nonce}");
    let nothing = with(&["verify"]);
    assert!(nothing.contains("hint: name a description with --plan"), "{nothing}");
    let other = with(&["deploy", "deployments/mainnet.toml"]);
    assert!(other.contains("caused by: line "), "{other}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn anvil_a_deployment_is_shown_then_sent_then_verified() {
    let desk = Desk::new().await;
    let shown = desk.run("deploy deploy.toml");
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    assert!(
        shown.stdout.contains("Nothing was sent; --broadcast carries out what is left."),
        "{}",
        shown.stdout
    );
    assert_eq!(desk.nonce().await, 0);
    let refused = desk.run("deploy deploy.toml --broadcast --private-key-env STRANGER --journal other.jsonl");
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("error: the file's deployer is `"), "{}", refused.stderr);

    let sent = desk.run(DEPLOY);
    assert_eq!(sent.code, Some(0), "{}", sent.stderr);
    assert!(sent.stdout.contains(&format!("sent {STEPS} steps with ")), "{}", sent.stdout);
    assert!(sent.stdout.contains("checks, 0 differ"), "{}", sent.stdout);
    assert_eq!(desk.nonce().await, STEPS as u64);
    let again = desk.run(&format!("{DEPLOY} --json"));
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    let again: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!((&again["execution"]["found"], &again["execution"]["sent"]), (&STEPS.into(), &0.into()));
    assert_eq!(desk.nonce().await, STEPS as u64);

    for target in ["--plan deploy.toml", "--deployment deployments/test.toml"] {
        let verified = desk.run(&format!("verify {target}"));
        assert_eq!(verified.code, Some(0), "{target}: {}{}", verified.stdout, verified.stderr);
    }
    let text = std::fs::read_to_string(desk.path("deployments/test.toml")).unwrap();
    let contracts = Deployment::parse(&text).unwrap().contracts;
    let pending = Timelock::setPendingAdminCall { newPendingAdmin: Address::repeat_byte(7) };
    as_contract(desk.chain(), contracts.timelock, contracts.timelock, &pending).await;
    for target in ["--plan deploy.toml", "--deployment deployments/test.toml"] {
        let drifted = desk.run(&format!("verify {target}"));
        assert_eq!(drifted.code, Some(1), "{target}");
        let expected = format!(
            "differs: pending admin of the time lock\n  expected  {}\n  found     {}\n",
            Address::ZERO,
            Address::repeat_byte(7)
        );
        assert!(drifted.stdout.starts_with(&expected), "{}", drifted.stdout);
        assert!(drifted.stdout.ends_with("1 differ\n"), "{}", drifted.stdout);
    }
}

/// SIGKILL at every transaction, before its bytes left and after the chain had them.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn anvil_a_killed_deployment_is_continued_and_nothing_is_sent_twice() {
    for fault in [Fault::Hang, Fault::HangAfter] {
        let desk = Desk::new().await;
        let proxy = Proxy::start(desk.chain().url()).await.unwrap();
        for count in 1..=STEPS {
            // Each run first sends again what the last one left open.
            let resends = usize::from(count > 1 && fault == Fault::Hang);
            proxy.heal();
            proxy.fail_at(SEND, resends, 1, fault.clone());
            let running = Running::start(desk.btrst(&proxy.url, DEPLOY));
            proxy.faults(count).await;
            drop(running);
        }
        proxy.heal();
        let last = run(desk.btrst(&proxy.url, DEPLOY));
        assert_eq!(last.code, Some(0), "{fault:?}: {}", last.stderr);
        assert!(last.stdout.contains("checks, 0 differ"), "{}", last.stdout);
        assert_eq!(desk.nonce().await, STEPS as u64, "{fault:?}");
        assert!(desk.path("deployments/test.toml").is_file());
    }
}

/// SIGKILL while something else than a transaction is asked of the chain.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn anvil_a_deployment_can_be_killed_at_any_question() {
    let desk = Desk::new().await;
    let proxy = Proxy::start(desk.chain().url()).await.unwrap();
    let questions = [
        ("eth_chainId", 0),
        ("eth_getCode", 3),
        ("eth_simulateV1", 0),
        ("eth_estimateGas", 0),
        ("eth_getTransactionReceipt", 0),
        ("eth_getCode", 9),
        ("eth_getTransactionCount", 1),
        ("eth_getTransactionReceipt", 1),
        ("eth_estimateGas", 2),
        ("eth_getLogs", 3),
    ];
    for (count, (method, skip)) in (1..).zip(questions) {
        proxy.heal();
        proxy.fail_at(method, skip, 1, Fault::Hang);
        let running = Running::start(desk.btrst(&proxy.url, DEPLOY));
        proxy.faults(count).await;
        drop(running);
        assert!(!desk.path("deployments/test.toml").exists(), "{method} {skip}");
    }
    proxy.heal();
    let last = run(desk.btrst(&proxy.url, DEPLOY));
    assert_eq!(last.code, Some(0), "{}", last.stderr);
    assert_eq!(desk.nonce().await, STEPS as u64);
}

/// A checkout in the folder, with the manifest `text` and a `cargo` that says `says` and exits with `code`.
fn checkout(desk: &Desk, text: &str, says: &str, code: i32) {
    use std::os::unix::fs::PermissionsExt;

    for folder in ["checkout/crates/bindings/artifacts", "bin"] {
        std::fs::create_dir_all(desk.path(folder)).unwrap();
    }
    desk.write("checkout/package.json", r#"{"name": "braintrust-governance"}"#);
    desk.write("checkout/crates/bindings/artifacts/manifest.json", text);
    desk.write("bin/cargo", &format!("#!/bin/sh\necho '{says}' >&2\nexit {code}\n"));
    std::fs::set_permissions(desk.path("bin/cargo"), std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn anvil_a_rebuild_compares_sources_and_program() {
    let desk = Desk::new().await;
    assert_eq!(desk.run(DEPLOY).code, Some(0));
    let manifest = repository().join("crates/bindings/artifacts/manifest.json");
    let manifest = std::fs::read_to_string(manifest).unwrap();
    let verify = || {
        let mut command =
            desk.btrst(desk.chain().url(), "verify --plan deploy.toml --rebuild --repository checkout");
        let path = format!("{}:{}", desk.path("bin").display(), std::env::var("PATH").unwrap());
        run({
            command.env("PATH", path);
            command
        })
    };
    checkout(&desk, &manifest, "fine", 0);
    let same = verify();
    assert_eq!(same.code, Some(0), "{}{}", same.stdout, same.stderr);

    checkout(&desk, &manifest, "hint: run `cargo xtask artifacts` and commit the result", 1);
    let changed = verify();
    assert_eq!(changed.code, Some(1), "{}", changed.stderr);
    assert!(
        changed.stdout.starts_with("differs: committed artifacts of the checkout\n"),
        "{}",
        changed.stdout
    );

    let digest = btrst_bindings::manifest().contracts["Timelock"].artifact_sha256;
    let digest = format!("{digest:x}");
    assert!(manifest.contains(&digest), "{digest}");
    checkout(&desk, &manifest.replace(&digest, &"0".repeat(64)), "fine", 0);
    let other = verify();
    assert_eq!(other.code, Some(1), "{}", other.stderr);
    assert!(other.stdout.starts_with("differs: artifact of Timelock in the checkout\n"), "{}", other.stdout);

    checkout(&desk, &manifest, "error: no npm", 101);
    let broken = verify();
    assert_eq!(broken.code, Some(2));
    assert!(broken.stderr.contains("the contracts cannot be compiled: error: no npm"), "{}", broken.stderr);
}

/// A wallet of several signatures as the deployer: every step is a call that it can make.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn anvil_the_steps_can_be_written_for_another_wallet() {
    let desk = Desk::new().await;
    let deployer = desk.accounts.address(Name::Deployer);
    let written = desk.run(&format!("deploy deploy.toml --from {deployer} --safe-json steps.json"));
    assert_eq!(written.code, Some(0), "{}", written.stderr);
    let batch: Value =
        serde_json::from_str(&std::fs::read_to_string(desk.path("steps.json")).unwrap()).unwrap();
    assert_eq!(batch["transactions"].as_array().unwrap().len(), STEPS);
    assert_eq!(desk.nonce().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn anvil_a_deployer_without_ether_is_told_so() {
    let desk = Desk::new().await;
    let deployer = desk.accounts.address(Name::Deployer);
    desk.chain().provider().anvil_set_balance(deployer, U256::from(1)).await.unwrap();
    let shown = desk.run("deploy deploy.toml");
    assert_eq!(shown.code, Some(1), "{}", shown.stderr);
    assert!(shown.stdout.contains("of the deployer: not enough"), "{}", shown.stdout);
    let sent = desk.run(DEPLOY);
    assert_eq!(sent.code, Some(1), "{}", sent.stderr);
    assert_eq!(desk.nonce().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn anvil_a_live_time_lock_is_handed_over() {
    let root = Repository::find(repository()).unwrap();
    let options = WorldOptions { flavour: Flavour::Alpha, delegated: true, ..WorldOptions::default() };
    let world = World::start(&root, &options).await.unwrap();
    world.chain().mine(1).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let contracts = world.contracts();
    let deployer = world.account(Name::Deployer);
    let description = format!(
        "schema_version = 1\nchain_id = 31337\nname = \"new\"\nsalt = \"new\"\ndeployer = \"{}\"\n\
         [reuse]\nbtrst = \"{}\"\ntimelock = \"{}\"\nold_governor = \"{}\"\n[governor]\npreset = \"live\"\n",
        deployer.address(),
        contracts.btrst,
        contracts.timelock,
        contracts.governor
    );
    std::fs::write(folder.path().join("deploy.toml"), description).unwrap();
    std::fs::write(folder.path().join("old.toml"), world.deployment().render().unwrap()).unwrap();
    let command = |arguments: &str| {
        let mut command = btrst(arguments.split_whitespace());
        command.current_dir(folder.path()).env("ETH_RPC_URL", world.chain().url());
        command.env("DEPLOYER", deployer.private_key().to_string());
        run(command)
    };
    let early = command("handover --deployment old.toml --plan deploy.toml --output handover.toml");
    assert_eq!(early.code, Some(1), "{}", early.stderr);
    assert!(early.stdout.contains("differs: code of BraintrustGovernor"), "{}", early.stdout);
    assert!(!folder.path().join("handover.toml").exists());

    let deployed = command(DEPLOY);
    assert_eq!(deployed.code, Some(0), "{}{}", deployed.stdout, deployed.stderr);
    let under_way = btrst_gov::Proposal {
        description: "# Pay".into(),
        actions: vec![btrst_gov::Action::payment(deployer.address(), U256::from(1))],
    };
    let governor = btrst_gov::Governor::new(contracts.governor, Flavour::Alpha);
    world.send(Name::Amara, governor.propose(&under_way).unwrap()).await.unwrap();
    let ready = command("handover --deployment old.toml --plan deploy.toml --output handover.toml");
    assert_eq!(ready.code, Some(0), "{}{}", ready.stdout, ready.stderr);
    let nothing =
        "Queued by the old governor, and lost if it is not executed before the handover\n  nothing\n";
    assert!(ready.stdout.contains(nothing), "{}", ready.stdout);
    let vote = "\n  vote, 40,320 blocks, about 5 d 14 h\n    as before\n    vote against; \
                cancel: anyone once the proposer has fewer votes than the threshold\n";
    assert!(ready.stdout.contains(vote), "{}", ready.stdout);
    let open = "that are under way\n  proposal 1 is pending\n";
    assert!(ready.stdout.contains(open), "{}", ready.stdout);
    let text = std::fs::read_to_string(folder.path().join("handover.toml")).unwrap();
    assert!(text.contains("19 checks, none differs"), "{text}");
    let text = text.replace("{{why the DAO should do this}}", "Because.");
    let text = text.replace("{{what can go wrong, and what then}}", "Nothing.");
    let proposal = btrst_gov::Proposal::parse(&text, &world.deployment()).unwrap();
    let new: Deployment =
        Deployment::parse(&std::fs::read_to_string(folder.path().join("deployments/new.toml")).unwrap())
            .unwrap();
    // What the time lock would do, done by it.
    for action in &proposal.actions {
        let selector = &alloy::primitives::keccak256(&action.signature)[..4];
        let data = [selector, &action.calldata].concat();
        impersonate(world.chain(), contracts.timelock, action.target, data).await;
    }
    let admin = world.chain().read(contracts.timelock, &Timelock::adminCall {}).await.unwrap();
    assert_eq!(admin, new.contracts.governor);
    let first = world
        .chain()
        .read(new.contracts.governor, &BraintrustGovernor::initialProposalIdCall {})
        .await
        .unwrap();
    assert_eq!(first, U256::from(1), "ids go on where the old ones end");

    let late = command("handover --deployment old.toml --to deployments/new.toml");
    assert_eq!(late.code, Some(1), "{}", late.stderr);
    assert!(late.stdout.contains("differs: admin of the time lock until the handover"), "{}", late.stdout);
    let verified = command("verify --plan deploy.toml");
    assert_eq!(verified.code, Some(0), "{}{}", verified.stdout, verified.stderr);
}

async fn as_contract<C: SolCall>(chain: &Chain, from: Address, to: Address, call: &C) {
    impersonate(chain, from, to, call.abi_encode()).await;
}

/// Calls `to` as the contract `from`.
async fn impersonate(chain: &Chain, from: Address, to: Address, data: Vec<u8>) {
    let provider = chain.provider();
    provider.anvil_set_balance(from, U256::from(10).pow(U256::from(18))).await.unwrap();
    provider.anvil_impersonate_account(from).await.unwrap();
    let request = TransactionRequest::default().from(from).to(to).input(data.into());
    let receipt = provider.send_transaction(request).await.unwrap().get_receipt().await.unwrap();
    assert!(receipt.status());
    provider.anvil_stop_impersonating_account(from).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_wallet_in_a_browser_deploys_step_by_step() {
    let desk = Desk::new().await;
    let arguments = "deploy deploy.toml --broadcast --browser --browser-disable-open --browser-port 0";
    let program = Running::start(desk.btrst(desk.chain().url(), arguments));
    let mut page = Page::of(&program);
    page.connect(desk.accounts.address(Name::Deployer)).await;
    for _ in 0..STEPS {
        wallet_page::obey(desk.chain().provider(), &mut page, "send").await;
    }
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(ended.stdout.contains(&format!("sent {STEPS} steps")), "{}", ended.stdout);
    assert_eq!(desk.nonce().await, STEPS as u64);
}
