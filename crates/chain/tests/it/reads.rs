//! Reads and events through endpoints with limits and faults.

use alloy::primitives::{Address, Log as Inner, LogData};
use alloy::providers::Provider;
use alloy::rpc::types::{Filter, Log};
use alloy_rpc_types_engine::JwtSecret;
use btrst_chain::logs::{Cache, scan};
use btrst_chain::{Chain, Endpoint, Error};
use btrst_devnet::Fault;
use serde_json::{Value, json};

use crate::stage::Stage;

/// Blocks of every request for events, and whether it was for few enough.
fn asked(stage: &Stage, most: u64) -> Vec<(u64, u64)> {
    let number = |value: &Value| u64::from_str_radix(&value.as_str().unwrap()[2..], 16).unwrap();
    let range = |params: Value| (number(&params[0]["fromBlock"]), number(&params[0]["toBlock"]));
    let ranges = stage.proxy.requests("eth_getLogs").into_iter().map(range);
    ranges.filter(|(first, last)| last - first < most).collect()
}

#[tokio::test]
async fn anvil_a_refused_range_is_asked_for_in_parts() {
    let stage = Stage::new().await;
    stage.anvil.chain().mine(25_000).await.unwrap();
    stage.proxy.fail(Fault::FewBlocks(1_500));
    let mut last = (0, 0);
    let logs = scan(&stage.chain, &Filter::new(), 0, 24_999, |done, all| last = (done, all)).await.unwrap();
    assert_eq!((logs.len(), last), (0, (25_000, 25_000)));
    let mut taken = asked(&stage, 1_500);
    taken.sort_unstable();
    // Every block once, without a gap.
    assert_eq!(taken.first().unwrap().0, 0);
    assert!(taken.windows(2).all(|pair| pair[1].0 == pair[0].1 + 1), "{taken:?}");
    assert_eq!(taken.last().unwrap().1, 24_999);
}

#[tokio::test]
async fn anvil_a_cache_is_never_read_from_the_chain_again() {
    let stage = Stage::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let filter = Filter::new().address(Address::repeat_byte(1));
    stage.anvil.chain().mine(30_000).await.unwrap();
    // The endpoint fails in the middle: what came before stays.
    stage.proxy.fail_at("eth_getLogs", 1, 1_000, Fault::Refuse(-32_000, "out of order"));
    let mut cache = Cache::open(&path, stage.chain.id, &filter, 0).unwrap();
    let error = cache.sync(&stage.chain, |_, _| ()).await.unwrap_err();
    assert!(matches!(error, Error::Endpoint { .. }), "{error}");
    drop(cache);
    stage.proxy.heal();
    let before = asked(&stage, u64::MAX).len();
    let mut cache = Cache::open(&path, stage.chain.id, &filter, 0).unwrap();
    cache.sync(&stage.chain, |_, _| ()).await.unwrap();
    let asked_then = asked(&stage, u64::MAX).split_off(before);
    assert!(asked_then.iter().all(|(first, _)| *first >= 10_000), "{asked_then:?}");
    // Only the last blocks, which can change, are read again.
    let before = asked(&stage, u64::MAX).len();
    cache.sync(&stage.chain, |_, _| ()).await.unwrap();
    let head = stage.chain.head().await.unwrap().number;
    assert_eq!(asked(&stage, u64::MAX).split_off(before), [(head - 63, head)]);
    assert!(matches!(Cache::open(&path, stage.chain.id, &filter, 0), Err(Error::Locked(_))));
    drop(cache);
    let other = Cache::open(&path, stage.chain.id, &Filter::new(), 0);
    assert!(matches!(other, Err(Error::ForeignFile { .. })));
}

#[tokio::test]
async fn anvil_a_cache_of_another_chain_is_begun_anew() {
    let stage = Stage::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let provider = stage.anvil.chain().provider();
    let snapshot: Value = provider.raw_request("evm_snapshot".into(), json!([])).await.unwrap();
    stage.anvil.chain().mine(300).await.unwrap();
    let mut cache = Cache::open(&path, stage.chain.id, &Filter::new(), 0).unwrap();
    cache.sync(&stage.chain, |_, _| ()).await.unwrap();
    drop(cache);
    // The same numbers, other blocks.
    let _: Value = provider.raw_request("evm_revert".into(), json!([snapshot])).await.unwrap();
    stage.anvil.chain().mine_every(13, 400).await.unwrap();
    let before = asked(&stage, u64::MAX).len();
    let mut cache = Cache::open(&path, stage.chain.id, &Filter::new(), 0).unwrap();
    cache.sync(&stage.chain, |_, _| ()).await.unwrap();
    assert_eq!(asked(&stage, u64::MAX).split_off(before)[0].0, 0);
    drop(cache);
    let mut cache = Cache::open(&path, stage.chain.id, &Filter::new(), 0).unwrap();
    cache.sync(&stage.chain, |_, _| ()).await.unwrap();
    let head = stage.chain.head().await.unwrap().number;
    assert_eq!(asked(&stage, u64::MAX).last(), Some(&(head - 63, head)));
}

#[tokio::test]
async fn anvil_events_that_were_not_asked_for_are_refused() {
    let stage = Stage::new().await;
    let inner = Inner { address: Address::repeat_byte(1), data: LogData::default() };
    let log = Log { inner, block_number: Some(5_000), ..Log::default() };
    stage.proxy.fail_on("eth_getLogs", Fault::Answer(json!([log])));
    let error = scan(&stage.chain, &Filter::new(), 0, 10, |_, _| ()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the endpoint does not list events: an event is of a block that was not asked for"
    );
}

#[tokio::test]
async fn anvil_the_chain_must_be_the_one_that_was_meant() {
    let stage = Stage::new().await;
    let provider = Endpoint::new(&stage.proxy.url).unwrap().provider().unwrap();
    let error = Chain::connect(provider.clone(), 1, "mainnet").await.unwrap_err();
    assert_eq!(error.to_string(), "the endpoint serves chain 31337, `mainnet` is on chain 1");
    // What an endpoint says once in a while wrongly is asked again; what it says for ever is an error that names it.
    stage.proxy.fail_at("eth_chainId", 0, 2, Fault::HalfAnswer);
    Chain::connect(provider.clone(), 31_337, "devnet").await.unwrap();
    stage.proxy.fail(Fault::Status(401));
    let error = Chain::connect(provider, 31_337, "devnet").await.unwrap_err();
    assert_eq!(error.to_string(), "the endpoint does not name its chain: HTTP status 401");
}

#[tokio::test]
async fn anvil_credentials_go_along_with_each_request_and_are_in_no_message() {
    let stage = Stage::new().await;
    let mut endpoint = Endpoint::new(&stage.proxy.url).unwrap();
    endpoint.add_header("x-api-key: topsecret").unwrap();
    let secret = "5d".repeat(32);
    endpoint.set_secret(&format!("0x{secret}")).unwrap();
    let shown = format!("{endpoint:?}");
    assert!(!shown.contains("topsecret") && !shown.contains("5d5d"), "{shown}");
    let chain = Chain::connect(endpoint.provider().unwrap(), stage.chain.id, "test").await.unwrap();
    stage.proxy.fail_at("eth_getBlockByNumber", 0, 1, Fault::Status(503));
    chain.head().await.unwrap();
    // The id of the chain, the request that failed, and its repetition.
    assert_eq!(stage.proxy.headers("x-api-key"), ["topsecret"; 3]);
    let tokens = stage.proxy.headers("authorization");
    assert_eq!(tokens.len(), 3);
    let node = JwtSecret::from_hex(&secret).unwrap();
    for token in &tokens {
        node.validate(token.strip_prefix("Bearer ").unwrap()).unwrap();
    }

    let error = endpoint.add_header("no header but a topsecret").unwrap_err();
    assert_eq!(error.to_string(), "the header `` cannot be sent");
    let error = endpoint.add_header("x y: topsecret").unwrap_err();
    assert_eq!(error.to_string(), "the header `x y` cannot be sent");
    let error = endpoint.set_secret("5d").unwrap_err();
    assert_eq!(error.to_string(), "the secret is not 32 bytes in hexadecimal");
}
