//! A plan carried out through an endpoint that misbehaves, by a process that stops anywhere.

use std::path::PathBuf;
use std::time::Duration;

use alloy::eips::BlockNumberOrTag;
use alloy::primitives::U256;
use btrst_chain::transaction::GasTerms;
use btrst_chain::{Chain, Endpoint, Journal, Outbox, Sender, Terms};
use btrst_deploy::executor::{Execution, News};
use btrst_deploy::verification::{Target, verify};
use btrst_deploy::{Error, Plan, Result, execute};
use btrst_devnet::{Accounts, Anvil, AnvilOptions, CHAIN_ID, Fault, Name, Proxy};
use tempfile::TempDir;

use crate::stage::{accounts, factory, fresh, repository, send};

const SEND: &str = "eth_sendRawTransaction";

const TERMS: Terms = Terms { confirmations: 1, timeout: Duration::from_secs(60), patience: None };

struct Stage {
    anvil: Anvil,
    accounts: Accounts,
    plan: Plan,
    proxy: Proxy,
    chain: Chain,
    folder: TempDir,
}

impl Stage {
    async fn new() -> Self {
        let anvil = Anvil::start(&repository(), &AnvilOptions::default()).await.unwrap();
        let accounts = accounts();
        let factory = factory(anvil.chain(), &accounts).await;
        let plan = fresh(&accounts, factory);
        let proxy = Proxy::start(anvil.chain().url()).await.unwrap();
        let provider = Endpoint::new(&proxy.url).unwrap().provider().unwrap();
        let chain = Chain::connect(provider, CHAIN_ID, "test").await.unwrap();
        Self { anvil, accounts, plan, proxy, chain, folder: tempfile::tempdir().unwrap() }
    }

    fn journal(&self) -> PathBuf {
        self.folder.path().join("journal.jsonl")
    }

    fn outbox(&self, name: Name) -> Outbox {
        let signer = self.accounts.get(name).signer.clone();
        let journal = Journal::open(&self.journal(), CHAIN_ID, signer.address(), "test").unwrap();
        Outbox::new(self.chain.clone(), Sender::key(signer), Some(journal), TERMS)
    }

    async fn execute(&self) -> Result<Execution> {
        execute(&self.plan, &mut self.outbox(Name::Deployer), &GasTerms::default(), &mut |_| ()).await
    }

    /// Runs until the proxy has shown `faults` faults in all, and stops there, as a kill does.
    async fn execute_until(&self, faults: usize) {
        let mut outbox = self.outbox(Name::Deployer);
        let gas = GasTerms::default();
        let mut watch = |_: News| ();
        tokio::select! {
            biased;
            () = self.proxy.faults(faults) => {}
            done = execute(&self.plan, &mut outbox, &gas, &mut watch) => panic!("it ended: {done:?}"),
        }
    }

    /// Transactions of the deployer.
    async fn nonce(&self) -> u64 {
        self.chain.nonce(self.plan.description.deployer, BlockNumberOrTag::Latest).await.unwrap()
    }

    async fn assert_complete(&self) {
        let report = verify(&self.chain, &Target::Plan(&self.plan)).await.unwrap();
        assert_eq!(report.differences().collect::<Vec<_>>(), Vec::<&_>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_plan_is_carried_out_once() {
    let stage = Stage::new().await;
    let steps = stage.plan.steps.len();
    let execution = stage.execute().await.unwrap();
    assert_eq!((execution.found, execution.sent), (0, steps));
    assert!(execution.gas > 10_000_000);
    stage.assert_complete().await;
    let again = stage.execute().await.unwrap();
    assert_eq!(again, Execution { found: steps, sent: 0, gas: 0 });
    assert_eq!(stage.nonce().await, steps as u64);
}

/// Stopped at every transaction of the plan, before its bytes left and after the chain had them.
#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_run_that_stops_anywhere_is_continued() {
    for fault in [Fault::Hang, Fault::HangAfter] {
        let stage = Stage::new().await;
        let steps = stage.plan.steps.len();
        for count in 1..=steps {
            // Each run sends what the last one left open, and stops at the transaction after it.
            let resends = usize::from(count > 1 && fault == Fault::Hang);
            stage.proxy.heal();
            stage.proxy.fail_at(SEND, resends, 1, fault.clone());
            stage.execute_until(count).await;
        }
        stage.proxy.heal();
        stage.execute().await.unwrap();
        stage.assert_complete().await;
        assert_eq!(stage.nonce().await, steps as u64, "{fault:?}: nothing was sent twice");
    }
}

/// Other transactions of the deployer, and steps that somebody else did first, change nothing.
#[tokio::test(flavor = "multi_thread")]
async fn anvil_what_others_do_in_between_counts() {
    let stage = Stage::new().await;
    let chain = stage.anvil.chain();
    send(chain, stage.accounts.get(Name::Stranger), &stage.plan.steps[0]).await;
    let other = btrst_devnet::Call::ether(stage.accounts.address(Name::Stranger), U256::from(1));
    chain.send(stage.accounts.get(Name::Deployer), other).await.unwrap();
    send(chain, stage.accounts.get(Name::Stranger), &stage.plan.steps[1]).await;
    let execution = stage.execute().await.unwrap();
    assert_eq!((execution.found, execution.sent), (2, stage.plan.steps.len() - 2));
    stage.assert_complete().await;
}

/// The same bytes of somebody else are mined between the look and the transaction.
#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_step_that_is_overtaken_is_done() {
    let stage = Stage::new().await;
    let mut outbox = stage.outbox(Name::Deployer);
    let (gas, mut begun) = (GasTerms::default(), Vec::new());
    let overtake = |news: News| {
        if let News::Begun(step) = news
            && step == "token"
        {
            let (url, plan) = (stage.anvil.chain().url().to_owned(), stage.plan.clone());
            let account = stage.accounts.get(Name::Stranger).clone();
            let send = std::thread::spawn(move || {
                let runtime = tokio::runtime::Runtime::new().unwrap();
                let chain = btrst_devnet::Chain::connect(&url).unwrap();
                runtime.block_on(send(&chain, &account, &plan.steps[0]));
            });
            send.join().unwrap();
            begun.push(step);
        }
    };
    let mut overtake = overtake;
    let execution = execute(&stage.plan, &mut outbox, &gas, &mut overtake).await.unwrap();
    assert_eq!((execution.found, execution.sent), (1, stage.plan.steps.len() - 1));
    assert_eq!(begun, ["token"]);
    stage.assert_complete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_another_sender_is_refused() {
    let stage = Stage::new().await;
    let mut outbox = stage.outbox(Name::Stranger);
    let refused = execute(&stage.plan, &mut outbox, &GasTerms::default(), &mut |_| ()).await.unwrap_err();
    assert!(matches!(refused, Error::WrongSender { .. }), "{refused:?}");
    assert_eq!(stage.nonce().await, 0);
}

/// An endpoint that hides what was sent must not make the supply be sent twice.
#[tokio::test(flavor = "multi_thread")]
async fn anvil_lost_events_are_noticed() {
    let stage = Stage::new().await;
    stage.execute().await.unwrap();
    stage.proxy.fail_on("eth_getLogs", Fault::Answer(serde_json::json!([])));
    let error = stage.execute().await.unwrap_err();
    let Error::Unexpected { what, found, .. } = &error else { panic!("{error:?}") };
    assert!(what.contains("received by the events"), "{what}");
    assert_eq!(found, "0");
    assert_eq!(stage.nonce().await, stage.plan.steps.len() as u64);
}
