//! A keeper among bad endpoints, reorganisations, restarts and another keeper.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use alloy::network::TransactionBuilder;
use alloy::primitives::{B256, U256};
use alloy::providers::Provider;
use alloy::rpc::types::{Filter, TransactionRequest};
use alloy::sol_types::{SolCall, SolEvent};
use btrst_bindings::FeeConverter;
use btrst_chain::Journal;
use btrst_devnet::{Fault, Name};
use btrst_fees::FeeChain;
use btrst_fees::keeper::{EtherPrice, Keeper, Policy, Step, Wait};
use btrst_fees::quote::{GuardName, Quote};

use crate::stage::{Stage, usdc};

fn policy() -> Policy {
    Policy {
        min_lot: usdc(1),
        max_gas_share: None,
        max_fee_per_gas: None,
        slippage: 50,
        deadline: 300,
        confirmations: 1,
        patience: 120,
    }
}

fn keeper(stage: &Stage, chain: &FeeChain, name: Name, path: &Path, policy: Policy) -> Keeper {
    let account = stage.world.account(name);
    let journal = Journal::open(path, chain.id, account.address(), "keeper").unwrap();
    Keeper::new(chain.clone(), Arc::new(account.signer.clone()), policy, None, Some(journal))
}

/// The first step from which nothing of the keeper's is under way. anvil mines a moment after it took a transaction.
async fn settled(keeper: &mut Keeper) -> Step {
    loop {
        match keeper.step().await.unwrap() {
            Step::Sent { .. } | Step::Unmined { .. } | Step::Confirming { .. } => {}
            step => return step,
        }
    }
}

/// Number of conversions on the chain and their sum in base units of USDC.
async fn conversions(stage: &Stage) -> (usize, U256) {
    let filter = Filter::new()
        .address(stage.chain.converter)
        .event_signature(FeeConverter::Converted::SIGNATURE_HASH)
        .from_block(0);
    let logs = stage.world.chain().provider().get_logs(&filter).await.unwrap();
    let amounts = logs.iter().map(|log| log.log_decode::<FeeConverter::Converted>().unwrap().inner.usdcIn);
    (logs.len(), amounts.sum())
}

async fn mined(stage: &Stage, hash: B256) {
    stage.chain.mined(hash, 1, Duration::from_secs(20)).await.unwrap();
}

async fn nonce(stage: &Stage, name: Name) -> u64 {
    stage.world.chain().provider().get_transaction_count(stage.world.address(name)).await.unwrap()
}

#[tokio::test]
async fn anvil_converts_until_nothing_is_left_and_says_why_it_waits() {
    let stage = Stage::new().await;
    let folder = tempfile::tempdir().unwrap();
    let mut keeper = keeper(&stage, &stage.chain, Name::Relayer, &folder.path().join("j"), policy());
    let waits = |step: &Step, word: &str| matches!(step, Step::Waiting(wait) if wait.word() == word);
    assert!(waits(&keeper.step().await.unwrap(), "custody"));
    stage.deposit(2_000).await;
    let (mut bought, mut lots) = (U256::ZERO, 0);
    loop {
        match settled(&mut keeper).await {
            Step::Converted { usdc_in, .. } => {
                bought += usdc_in;
                lots += 1;
            }
            step if waits(&step, "cooldown") => stage.wait_out().await,
            step => {
                assert!(waits(&step, "custody") || waits(&step, "lot_too_small"), "{step:?}");
                break;
            }
        }
    }
    assert!(lots > 1);
    assert_eq!(conversions(&stage).await, (lots, bought));
    assert_eq!(stage.spent().await, bought);
    assert_eq!(nonce(&stage, Name::Relayer).await, lots as u64);
}

#[tokio::test]
async fn anvil_waits_when_it_is_not_worth_it() {
    let stage = Stage::new().await;
    stage.deposit(2_000).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    let small = Policy { min_lot: usdc(1_500), ..policy() };
    let step = keeper(&stage, &stage.chain, Name::Relayer, &path, small).step().await.unwrap();
    assert!(matches!(step, Step::Waiting(Wait::LotTooSmall { .. })), "{step:?}");
    let dear = Policy { max_fee_per_gas: Some(1), ..policy() };
    let step = keeper(&stage, &stage.chain, Name::Relayer, &path, dear).step().await.unwrap();
    assert!(matches!(step, Step::Waiting(Wait::GasPriceTooHigh { limit: 1, .. })), "{step:?}");

    // A lot of about 1,000 USDC and gas of some 0.0002 ether: at 10 million USDC for one, gas is dearer than 1%.
    let account = stage.world.account(Name::Relayer);
    for (price, worth) in [(3_000, true), (10_000_000, false)] {
        let policy = Policy { max_gas_share: Some(100), ..policy() };
        let price = Some(EtherPrice::Fixed(usdc(price)));
        let mut keeper =
            Keeper::new(stage.chain.clone(), Arc::new(account.signer.clone()), policy, price, None);
        let step = keeper.step().await.unwrap();
        let dear = matches!(step, Step::Waiting(Wait::GasTooDear { .. }));
        // Without a journal it tells what it would do.
        assert!(if worth { matches!(step, Step::Planned { .. }) } else { dear }, "{step:?}");
    }
    assert_eq!(nonce(&stage, Name::Relayer).await, 0);
}

#[tokio::test]
async fn anvil_goes_on_after_every_kind_of_bad_endpoint_and_never_sends_twice() {
    let stage = Stage::new().await;
    stage.deposit(12_000).await;
    let (proxy, chain) = stage.through_proxy().await;
    let folder = tempfile::tempdir().unwrap();
    let mut keeper = keeper(&stage, &chain, Name::Relayer, &folder.path().join("j"), policy());
    let (mut bought, mut lots) = (U256::ZERO, 0_usize);
    let send = Some("eth_sendRawTransaction");
    let faults = [
        (None, Fault::Status(500)),
        (None, Fault::Garbage),
        (None, Fault::WrongJson),
        (None, Fault::Hang),
        (send, Fault::LoseAnswer),
        (send, Fault::HalfAnswer),
        (send, Fault::Refuse(-32_000, "no")),
    ];
    for (method, fault) in faults {
        stage.wait_out().await;
        match method {
            Some(method) => proxy.fail_on(method, fault.clone()),
            None => proxy.fail(fault.clone()),
        }
        keeper.step().await.unwrap_err();
        let second = keeper.step().await;
        proxy.heal();
        let step = match second {
            Ok(step @ Step::Converted { .. }) => step,
            _ => settled(&mut keeper).await,
        };
        let Step::Converted { usdc_in, .. } = step else { panic!("{fault:?}: {step:?}") };
        bought += usdc_in;
        lots += 1;
        assert_eq!(conversions(&stage).await, (lots, bought), "{fault:?}");
        assert_eq!(nonce(&stage, Name::Relayer).await, lots as u64, "{fault:?}");
    }
    assert_eq!(stage.spent().await, bought);
}

#[tokio::test]
async fn anvil_a_restart_sends_the_same_bytes() {
    let stage = Stage::new().await;
    stage.deposit(3_000).await;
    let (proxy, chain) = stage.through_proxy().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    let mut first = keeper(&stage, &chain, Name::Relayer, &path, policy());
    // Signed and written down, but the bytes did not leave; then the keeper is gone.
    proxy.fail_on("eth_sendRawTransaction", Fault::Refuse(-32_000, "no"));
    first.step().await.unwrap_err();
    drop(first);
    assert_eq!(conversions(&stage).await.0, 0);
    let account = stage.world.address(Name::Relayer);
    let written = Journal::open(&path, chain.id, account, "keeper").unwrap().pending().to_vec();
    proxy.heal();
    let mut second = keeper(&stage, &chain, Name::Relayer, &path, policy());
    assert!(matches!(second.step().await.unwrap(), Step::Unmined { hash, .. } if hash == written[0].hash));
    assert!(matches!(settled(&mut second).await, Step::Converted { hash, .. } if hash == written[0].hash));
    assert_eq!((conversions(&stage).await.0, written.len()), (1, 1));
}

#[tokio::test]
async fn anvil_a_stale_transaction_is_replaced_at_its_nonce() {
    let stage = Stage::new().await;
    stage.deposit(3_000).await;
    let (proxy, chain) = stage.through_proxy().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("j");
    let mut keeper = keeper(&stage, &chain, Name::Relayer, &path, policy());
    proxy.fail_on("eth_sendRawTransaction", Fault::Refuse(-32_000, "no"));
    keeper.step().await.unwrap_err();
    proxy.heal();
    stage.world.chain().warp(stage.world.chain().now().await.unwrap() + 121).await.unwrap();
    let step = keeper.step().await.unwrap();
    assert!(matches!(step, Step::Sent { nonce: 0, replaces: true, .. }), "{step:?}");
    assert!(matches!(settled(&mut keeper).await, Step::Converted { .. }));
    drop(keeper);
    let text = std::fs::read_to_string(&path).unwrap();
    let signed: Vec<serde_json::Value> = text
        .lines()
        .filter(|line| line.contains("\"signed\""))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let fee = |index: usize| signed[index]["max_fee_per_gas"].as_str().unwrap().parse::<U256>().unwrap();
    assert_eq!(signed.len(), 2);
    assert!(fee(1) * U256::from(8) > fee(0) * U256::from(9), "a node would not take it");
    // The first transaction can never be mined: its nonce is used.
    let raw: alloy::primitives::Bytes = signed[0]["raw"].as_str().unwrap().parse().unwrap();
    assert!(chain.submit(&raw).await.is_err());
    assert_eq!(conversions(&stage).await.0, 1);
}

#[tokio::test]
async fn anvil_a_conversion_that_a_reorganisation_takes_back_is_sent_again() {
    let stage = Stage::new().await;
    stage.deposit(3_000).await;
    let folder = tempfile::tempdir().unwrap();
    let deep = Policy { confirmations: 3, ..policy() };
    let mut keeper = keeper(&stage, &stage.chain, Name::Relayer, &folder.path().join("j"), deep);
    let node = stage.world.chain().provider();
    let before: U256 = node.raw_request("evm_snapshot".into(), ()).await.unwrap();
    let Step::Sent { hash: sent, .. } = keeper.step().await.unwrap() else { panic!("not sent") };
    mined(&stage, sent).await;
    assert!(matches!(keeper.step().await.unwrap(), Step::Confirming { confirmations: 1, .. }));
    assert_eq!(conversions(&stage).await.0, 1);
    let reverted: bool = node.raw_request("evm_revert".into(), (before,)).await.unwrap();
    assert!(reverted);
    assert_eq!(conversions(&stage).await.0, 0);
    // The same bytes, mined again, and then deep enough.
    assert!(matches!(keeper.step().await.unwrap(), Step::Unmined { hash, .. } if hash == sent));
    mined(&stage, sent).await;
    assert!(matches!(keeper.step().await.unwrap(), Step::Confirming { hash, .. } if hash == sent));
    stage.world.chain().mine(2).await.unwrap();
    assert!(matches!(keeper.step().await.unwrap(), Step::Converted { hash, .. } if hash == sent));
    assert_eq!(conversions(&stage).await.0, 1);
}

#[tokio::test]
async fn anvil_a_purchase_in_the_same_block_is_no_failure_and_the_next_block_converts() {
    let stage = Stage::new().await;
    stage.deposit(1_000).await;
    let folder = tempfile::tempdir().unwrap();
    let mut keeper = keeper(&stage, &stage.chain, Name::Relayer, &folder.path().join("j"), policy());
    let (router, purchase) = stage.purchase(usdc(100)).await;
    stage.world.chain().mine(1).await.unwrap();
    let node = stage.world.chain().provider();
    let _: serde_json::Value = node.raw_request("evm_setAutomine".into(), (false,)).await.unwrap();
    // The trader offers more for gas, so its purchase comes first in the block.
    let bid = TransactionRequest::default()
        .with_from(stage.world.address(Name::Trader))
        .with_to(router)
        .with_input(purchase.abi_encode())
        .with_gas_limit(500_000)
        .with_max_fee_per_gas(1_000_000_000_000)
        .with_max_priority_fee_per_gas(100_000_000_000);
    let bought = *node.send_transaction(bid).await.unwrap().tx_hash();
    let Step::Sent { hash: sent, .. } = keeper.step().await.unwrap() else { panic!("not sent") };
    stage.world.chain().mine(1).await.unwrap();
    let _: serde_json::Value = node.raw_request("evm_setAutomine".into(), (true,)).await.unwrap();

    let first = stage.chain.receipt(bought).await.unwrap().unwrap();
    let second = stage.chain.receipt(sent).await.unwrap().unwrap();
    assert_eq!((first.status(), second.status()), (true, false));
    assert_eq!(first.block_number, second.block_number);
    assert!(first.transaction_index < second.transaction_index);

    let step = keeper.step().await.unwrap();
    assert!(matches!(step, Step::PriceRose { hash, .. } if hash == sent), "{step:?}");
    // No block came since: what is sent now is in the next one.
    let quote = Quote::read(&stage.chain, stage.world.address(Name::Relayer)).await.unwrap();
    assert_eq!(quote.closed().map(|guard| guard.guard).collect::<Vec<_>>(), [GuardName::PriceRise]);
    assert!(matches!(keeper.step().await.unwrap(), Step::Sent { .. }));
    let step = settled(&mut keeper).await;
    let Step::Converted { usdc_in, .. } = step else { panic!("{step:?}") };
    assert_eq!(conversions(&stage).await, (1, usdc_in));
    assert_eq!(nonce(&stage, Name::Relayer).await, 2);
}

#[tokio::test]
async fn anvil_two_keepers_race_and_the_totals_are_right() {
    let stage = Stage::new().await;
    stage.deposit(6_000).await;
    let folder = tempfile::tempdir().unwrap();
    let names = [Name::Relayer, Name::Stranger];
    let mut keepers =
        names.map(|name| keeper(&stage, &stage.chain, name, &folder.path().join(name.as_str()), policy()));
    let (mut bought, mut lots, mut failed) = (U256::ZERO, 0_usize, 0_u64);
    for _ in 0..5 {
        stage.wait_out().await;
        // Blocks come only now and then, so both send before either is mined.
        let node = stage.world.chain().provider();
        let _: serde_json::Value = node.raw_request("evm_setAutomine".into(), (false,)).await.unwrap();
        let [first, second] = &mut keepers;
        let (one, two) = tokio::join!(first.step(), second.step());
        for step in [one, two] {
            assert!(matches!(step.unwrap(), Step::Sent { .. }));
        }
        stage.world.chain().mine(1).await.unwrap();
        let _: serde_json::Value = node.raw_request("evm_setAutomine".into(), (true,)).await.unwrap();
        for keeper in &mut keepers {
            match settled(keeper).await {
                Step::Converted { usdc_in, .. } => {
                    bought += usdc_in;
                    lots += 1;
                }
                Step::Failed { reason, .. } => {
                    assert!(reason.unwrap().starts_with("TooSoon"));
                    failed += 1;
                }
                step => panic!("{step:?}"),
            }
        }
    }
    assert_eq!((lots, failed), (5, 5), "one of the two converts each time, the other fails");
    assert_eq!(conversions(&stage).await, (lots, bought));
    assert_eq!(stage.spent().await, bought);
    let nonces = nonce(&stage, names[0]).await + nonce(&stage, names[1]).await;
    assert_eq!(nonces, 10);
}
