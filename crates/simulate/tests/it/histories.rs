//! Since when accounts are what they are, asked for all of them at once.

use std::path::Path;

use alloy::eips::BlockId;
use alloy::primitives::{Address, Bytes, bytes};
use alloy::providers::ext::AnvilApi;
use btrst_chain::Counter;
use btrst_devnet::{Anvil, AnvilOptions, Fault, Proxy, Repository};
use btrst_simulate::history::{self, Age};
use btrst_simulate::state::{Remote, StateSource};
use serde_json::json;

use crate::stage::{connect, counted};

/// Blocks that are looked back.
const BLOCKS: u64 = 60;

/// Code of the accounts that are there.
const CODE: Bytes = bytes!("00");

/// A chain of 100 blocks with a contract since each of `births`, as far back as can be asked.
async fn chain(births: &[u64]) -> (Anvil, Vec<Address>) {
    let repository = Repository::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let options = AnvilOptions { past_states: 200, ..AnvilOptions::default() };
    let anvil = Anvil::start(&repository, &options).await.unwrap();
    let accounts: Vec<_> = (1..=births.len()).map(|place| Address::repeat_byte(place as u8)).collect();
    for block in 1..=100 {
        anvil.chain().mine(1).await.unwrap();
        for (_, account) in births.iter().zip(&accounts).filter(|(birth, _)| **birth == block) {
            anvil.chain().provider().anvil_set_code(*account, CODE).await.unwrap();
        }
    }
    (anvil, accounts)
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_is_asked_for_the_ages_of_all_accounts_at_once() {
    let births: Vec<u64> = (1..=16).map(|place| place * 6).collect();
    let (anvil, accounts) = chain(&births).await;
    let asked = Counter::default();
    let remote = Remote::pin(counted(anvil.chain().url(), &asked), BlockId::latest()).unwrap();
    let then = remote.pinned().header.number - BLOCKS;
    let before = asked.trips().round_trips;
    let found = history::read(&remote, &remote, &accounts, BLOCKS);
    for (history, birth) in found.iter().zip(&births) {
        let older = Age::Older { block: then, changed: false };
        let expected = if *birth <= then { older } else { Age::Since { block: *birth } };
        assert_eq!((history.is_contract, &history.age), (true, &expected), "{birth}");
    }
    // One for what is there now, one for what was there, and one for each half of 60 blocks.
    let many = asked.trips().round_trips - before;
    assert!(many <= 2 + 6, "{many}");
    let old: Vec<_> = found.iter().filter(|history| !matches!(history.age, Age::Since { .. })).collect();
    let old: Vec<_> = old.into_iter().map(|history| history.account).collect();
    let before = asked.trips().round_trips;
    assert_eq!(history::read(&remote, &remote, &old, BLOCKS).len(), old.len());
    assert_eq!(asked.trips().round_trips - before, 1, "nothing is younger, and what is there now is known");
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_without_old_state_is_asked_once() {
    let (anvil, accounts) = chain(&[3, 90]).await;
    let proxy = Proxy::start(anvil.chain().url()).await.unwrap();
    for (fault, words) in [
        (Fault::Refuse(-32_000, "missing trie node"), "missing trie node"),
        (Fault::Answer(json!(null)), "makes no sense"),
        (Fault::Answer(json!({ "code": "0x00" })), "makes no sense"),
        (Fault::Status(403), "HTTP status 403"),
    ] {
        let remote = Remote::pin(connect(&proxy.url), BlockId::latest()).unwrap();
        let now: Vec<_> = history::read(&remote, &remote, &accounts, BLOCKS);
        assert!(matches!(now[1].age, Age::Since { block: 90 }), "{now:?}");
        proxy.fail(fault);
        for history in history::read(&remote, &remote, &accounts, BLOCKS) {
            let Age::Unknown { reason } = &history.age else { panic!("{history:?}") };
            assert!(reason.contains(words) || reason.contains("it has not answered before"), "{reason}");
            assert!(history.is_contract);
        }
        proxy.heal();
    }
}
