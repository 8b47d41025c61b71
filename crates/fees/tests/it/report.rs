//! The store of events: resumed, rewound, and read through an endpoint with limits.

use std::path::Path;

use alloy::primitives::U256;
use alloy::providers::Provider;
use btrst_bindings::FeeConverter;
use btrst_devnet::{Call, Fault, Name, Proxy};
use btrst_fees::FeeChain;
use btrst_fees::report::{Kind, Report, Store, Subject};
use serde_json::Value;

use crate::stage::{Stage, usdc};

async fn convert(stage: &Stage) {
    stage.wait_out().await;
    let call = FeeConverter::convertCall { maxIn: U256::MAX, minOut: U256::ZERO, deadline: U256::MAX };
    stage.world.send(Name::Relayer, Call::new(stage.chain.converter, &call)).await.unwrap();
}

fn open(path: &Path, chain: &FeeChain) -> btrst_chain::Result<Store> {
    Store::open(path, chain.id, chain.converter, 0)
}

async fn synced(path: &Path, chain: &FeeChain) -> Store {
    let mut store = open(path, chain).unwrap();
    store.sync(chain, |_, _| ()).await.unwrap();
    store
}

fn deposited(store: &Store) -> Vec<U256> {
    let amount = |kind: &Kind| match kind {
        Kind::Deposit { amount, .. } => Some(*amount),
        Kind::Conversion { .. } => None,
    };
    store.events().iter().filter_map(|event| amount(&event.kind)).collect()
}

/// First and last block of every request for events.
fn listed(proxy: &Proxy) -> Vec<(u64, u64)> {
    let number = |value: &Value| u64::from_str_radix(&value.as_str().unwrap()[2..], 16).unwrap();
    let range = |params: Value| (number(&params[0]["fromBlock"]), number(&params[0]["toBlock"]));
    proxy.requests("eth_getLogs").into_iter().map(range).collect()
}

#[tokio::test]
async fn anvil_a_report_is_what_the_chain_says_and_reads_only_what_is_new() {
    let stage = Stage::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (proxy, chain) = stage.through_proxy().await;
    stage.deposit(3_000).await;
    convert(&stage).await;
    assert_eq!(synced(&path, &chain).await.events().len(), 2);
    let known = stage.world.chain().block_number().await.unwrap();

    let asked = listed(&proxy).len();
    convert(&stage).await;
    stage.deposit(500).await;
    let store = synced(&path, &chain).await;
    let listed = listed(&proxy).split_off(asked);
    assert!(!listed.is_empty() && listed.iter().all(|(first, _)| *first > known), "{listed:?} after {known}");

    let subject = Subject {
        chain_id: chain.id,
        fee_converter: chain.converter,
        block: store.last_block().unwrap(),
        btrst_is_token0: stage.world.contracts().btrst < chain.usdc,
        names: stage.world.deployment().accounts.iter().map(|a| (a.address, a.name.clone())).collect(),
        batches: Vec::new(),
    };
    let report = Report::of(store.events(), &subject).unwrap();
    assert_eq!((report.totals.deposits, report.totals.deposited), (2, usdc(3_500)));
    assert_eq!((report.totals.conversions, report.totals.converted), (2, stage.spent().await));
    let out = chain.read_latest(chain.converter, &FeeConverter::totalBtrstOutCall {}).await.unwrap();
    assert_eq!(report.totals.bought, out);
    assert_eq!((report.payers[0].name.as_str(), report.days[0].date.as_str()), ("client", "2026-01-01"));
    // Pool fee of 1% and price impact above the time-weighted price, of which the guards permit 0.75%.
    let premium = report.totals.premium().unwrap();
    assert!((10_000..17_700).contains(&premium), "{premium} hundredths of a basis point");
    // A purchase at 0.50 USDC.
    let mean = report.totals.mean_price().unwrap();
    assert!(mean.abs_diff(U256::from(500_000)) < U256::from(10_000), "{mean}");
}

#[tokio::test]
async fn anvil_a_reorganisation_takes_events_back() {
    let stage = Stage::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let node = stage.world.chain().provider();
    stage.deposit(100).await;
    assert_eq!(deposited(&synced(&path, &stage.chain).await), [usdc(100)]);
    let before: U256 = node.raw_request("evm_snapshot".into(), ()).await.unwrap();
    stage.deposit(200).await;
    assert_eq!(deposited(&synced(&path, &stage.chain).await), [usdc(100), usdc(200)]);
    let _: bool = node.raw_request("evm_revert".into(), (before,)).await.unwrap();
    stage.deposit(300).await;
    stage.world.chain().mine(5).await.unwrap();
    assert_eq!(deposited(&synced(&path, &stage.chain).await), [usdc(100), usdc(300)]);
    // And so says the file.
    assert_eq!(deposited(&open(&path, &stage.chain).unwrap()), [usdc(100), usdc(300)]);
}

#[tokio::test]
async fn anvil_a_store_that_a_crash_cut_is_completed() {
    let stage = Stage::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    for amount in [100, 200, 300] {
        stage.deposit(amount).await;
        synced(&path, &stage.chain).await;
    }
    let whole = std::fs::read(&path).unwrap();
    for cut in (0..whole.len()).step_by(17) {
        std::fs::write(&path, &whole[..cut]).unwrap();
        let store = synced(&path, &stage.chain).await;
        assert_eq!(deposited(&store), [usdc(100), usdc(200), usdc(300)], "{cut}");
    }
    let store = open(&path, &stage.chain).unwrap();
    assert!(matches!(open(&path, &stage.chain), Err(btrst_chain::Error::Locked(_))));
    drop(store);
    std::fs::write(&path, "nonsense\n").unwrap();
    assert!(matches!(open(&path, &stage.chain), Err(btrst_chain::Error::Record { line: 1, .. })));
}

#[tokio::test]
async fn anvil_an_endpoint_with_limits_is_asked_for_less() {
    let stage = Stage::new().await;
    let folder = tempfile::tempdir().unwrap();
    stage.deposit(100).await;
    let (proxy, chain) = stage.through_proxy().await;
    proxy.fail(Fault::FewBlocks(7));
    let store = synced(&folder.path().join("store"), &chain).await;
    assert_eq!(deposited(&store), [usdc(100)]);
    let taken = listed(&proxy).into_iter().filter(|(first, last)| last - first < 7);
    let blocks: u64 = taken.map(|(first, last)| last - first + 1).sum();
    assert_eq!(blocks, store.last_block().unwrap() + 1, "each block was asked for once");
    drop(store);

    // What was read before an endpoint failed is kept.
    stage.deposit(200).await;
    for fault in [Fault::Status(500), Fault::Garbage, Fault::WrongJson, Fault::Hang] {
        proxy.heal();
        proxy.fail(fault);
        let mut store = open(&folder.path().join("store"), &chain).unwrap();
        store.sync(&chain, |_, _| ()).await.unwrap_err();
    }
    proxy.heal();
    assert_eq!(deposited(&synced(&folder.path().join("store"), &chain).await), [usdc(100), usdc(200)]);
}
