//! A transaction is sent once, whatever happens on the way.

use std::time::Duration;

use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, Bytes, U256};
use alloy::providers::{DynProvider, Provider};
use btrst_chain::transaction::GasTerms;
use btrst_chain::{Error, Event, Terms};
use btrst_devnet::Fault;
use btrst_gov::governor::Call;
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

use crate::stage::{Stage, TERMS, pay};

const SEND: &str = "eth_sendRawTransaction";

/// The reverting program: PUSH0 PUSH0 REVERT.
const REVERTS: &str = "0x5f5ffd";

/// A program that writes two words under the number of its block: TIMESTAMP NUMBER SSTORE TIMESTAMP NUMBER NOT SSTORE.
const WRITES: &str = "0x4243554243195500";

async fn request(provider: &DynProvider, method: &'static str, params: Value) -> Value {
    provider.raw_request(method.into(), params).await.unwrap()
}

async fn nonce(stage: &Stage) -> u64 {
    stage.chain.nonce(stage.sender.address(), BlockNumberOrTag::Latest).await.unwrap()
}

#[tokio::test]
async fn anvil_every_kind_of_bad_answer_ends_in_one_payment() {
    let stage = Stage::new().await;
    let mut outbox = stage.outbox(TERMS);
    let faults = [
        Fault::Status(500),
        Fault::TooMany(None),
        Fault::TooMany(Some(1)),
        Fault::Garbage,
        Fault::HalfAnswer,
        Fault::Hang,
        Fault::HangAfter,
        Fault::LoseAnswer,
    ];
    for (count, fault) in (1..).zip(faults) {
        let before = nonce(&stage).await;
        stage.proxy.fail_at(SEND, 0, 1, fault.clone());
        let (sent, _) = stage.send(&mut outbox, &pay(count, 7)).await;
        assert!(sent.unwrap().receipt.status(), "{fault:?}");
        assert_eq!(stage.balance(Address::repeat_byte(count)).await, U256::from(7), "{fault:?}");
        assert_eq!(nonce(&stage).await, before + 1, "{fault:?}");
        assert!(outbox.open().is_none());
    }
}

#[tokio::test]
async fn anvil_an_endpoint_that_is_away_for_a_while_is_waited_for() {
    let stage = Stage::new().await;
    let mut outbox = stage.outbox(TERMS);
    // More failures in a row than a request is repeated, while the receipt is looked for.
    stage.proxy.fail_at("eth_getTransactionReceipt", 0, 8, Fault::Status(503));
    let (sent, events) = stage.send(&mut outbox, &pay(1, 7)).await;
    assert!(!sent.unwrap().resumed);
    assert!(events.iter().any(|event| matches!(event, Event::Unreachable(_))), "{events:?}");
    assert_eq!(stage.balance(Address::repeat_byte(1)).await, U256::from(7));
}

#[tokio::test]
async fn anvil_a_run_that_was_killed_is_continued() {
    let stage = Stage::new().await;
    // Killed before the bytes left, and after the chain took them.
    for (count, fault) in [(1, Fault::Hang), (2, Fault::HangAfter)] {
        let mut outbox = stage.outbox(TERMS);
        stage.proxy.fail_on(SEND, fault);
        stage.send_until(&mut outbox, &pay(count, 7), count.into()).await;
        let open = outbox.open().unwrap().clone();
        drop(outbox);
        stage.proxy.heal();
        let mut outbox = stage.outbox(TERMS);
        assert_eq!(outbox.open(), Some(&open));
        let (sent, events) = stage.send(&mut outbox, &pay(count, 7)).await;
        let sent = sent.unwrap();
        assert!(sent.resumed);
        assert_eq!(sent.receipt.transaction_hash, open.hash);
        assert_eq!(events[0], Event::Resumed { what: "pay 7 wei".into(), hash: open.hash });
        assert_eq!(stage.balance(Address::repeat_byte(count)).await, U256::from(7));
        assert_eq!(nonce(&stage).await, u64::from(count));
    }
}

#[tokio::test]
async fn anvil_another_call_waits_for_the_open_one() {
    let stage = Stage::new().await;
    let mut outbox = stage.outbox(TERMS);
    stage.proxy.fail_on(SEND, Fault::Hang);
    stage.send_until(&mut outbox, &pay(1, 7), 1).await;
    drop(outbox);
    stage.proxy.heal();
    let (sent, _) = stage.send(&mut stage.outbox(TERMS), &pay(2, 9)).await;
    assert!(!sent.unwrap().resumed);
    assert_eq!(stage.balance(Address::repeat_byte(1)).await, U256::from(7));
    assert_eq!(stage.balance(Address::repeat_byte(2)).await, U256::from(9));
}

#[tokio::test]
async fn anvil_a_nonce_that_another_program_used_is_noticed() {
    let stage = Stage::new().await;
    let mut outbox = stage.outbox(TERMS);
    stage.proxy.fail_on(SEND, Fault::Hang);
    stage.send_until(&mut outbox, &pay(1, 7), 1).await;
    drop(outbox);
    stage.proxy.heal();
    let provider = stage.anvil.chain().provider();
    let other = json!([{ "from": stage.sender.address(), "to": Address::repeat_byte(9), "value": "0x1" }]);
    request(provider, "eth_sendTransaction", other).await;
    let mut outbox = stage.outbox(TERMS);
    let (sent, _) = stage.send(&mut outbox, &pay(1, 7)).await;
    assert!(matches!(sent.unwrap_err(), Error::Replaced { nonce: 0, .. }));
    assert_eq!(stage.balance(Address::repeat_byte(1)).await, U256::ZERO);
    let (sent, _) = stage.send(&mut outbox, &pay(1, 7)).await;
    assert!(!sent.unwrap().resumed);
    assert_eq!(stage.balance(Address::repeat_byte(1)).await, U256::from(7));
}

#[tokio::test]
async fn anvil_a_transaction_that_fails_says_why() {
    let stage = Stage::new().await;
    let mut outbox = stage.outbox(TERMS);
    let call = Call { data: Bytes::from(vec![1]), ..pay(1, 0) };
    let draft = stage.chain.draft(stage.sender.address(), &call, &GasTerms::default()).await.unwrap();
    let provider = stage.anvil.chain().provider();
    request(provider, "anvil_setCode", json!([Address::repeat_byte(1), REVERTS])).await;
    let error = outbox.send_draft(&draft, &GasTerms::default(), &mut |_| ()).await.unwrap_err();
    assert!(matches!(&error, Error::Failed { reason: Some(_), .. }), "{error}");
    assert!(error.to_string().ends_with("no reason given"), "{error}");
    assert!(outbox.open().is_none());
    // What would fail is not sent at all.
    let (sent, events) = stage.send(&mut outbox, &call).await;
    assert!(matches!(sent.unwrap_err(), Error::Reverted { .. }));
    assert_eq!(events, []);
    assert_eq!(nonce(&stage).await, 1);
}

/// As a checkpoint of votes does: what the last block wrote is written over for little, and anew in the next.
#[tokio::test]
async fn anvil_what_costs_more_in_the_next_block_has_gas_enough() {
    let stage = Stage::new().await;
    let mut outbox = stage.outbox(TERMS);
    let provider = stage.anvil.chain().provider();
    request(provider, "anvil_setCode", json!([Address::repeat_byte(1), WRITES])).await;
    for _ in 0..2 {
        let draft =
            stage.chain.draft(stage.sender.address(), &pay(1, 0), &GasTerms::default()).await.unwrap();
        let sent = outbox.send_draft(&draft, &GasTerms::default(), &mut |_| ()).await.unwrap();
        assert!(draft.gas_estimate >= sent.receipt.gas_used, "{draft:?}");
    }
}

#[tokio::test]
async fn anvil_what_was_refused_is_offered_again_for_more() {
    let stage = Stage::new().await;
    let mut outbox = stage.outbox(TERMS);
    let little = GasTerms { max_fee_per_gas: Some(1), ..GasTerms::default() };
    let error = outbox.send(&pay(1, 7), &little, &mut |_| ()).await.unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error}");
    let refused = outbox.open().unwrap().hash;
    drop(outbox);
    let mut outbox = stage.outbox(TERMS);
    let (sent, events) = stage.send(&mut outbox, &pay(1, 7)).await;
    assert_ne!(sent.unwrap().receipt.transaction_hash, refused);
    assert!(events.iter().any(|event| matches!(event, Event::Sent { replaces: true, .. })), "{events:?}");
    assert_eq!(stage.balance(Address::repeat_byte(1)).await, U256::from(7));
    assert_eq!(nonce(&stage).await, 1);
}

#[tokio::test]
async fn anvil_a_transaction_that_takes_too_long_is_replaced_at_its_nonce() {
    let stage = Stage::new().await;
    let provider = stage.anvil.chain().provider();
    request(provider, "evm_setAutomine", json!([false])).await;
    let mut outbox = stage.outbox(Terms { patience: Some(Duration::from_millis(50)), ..TERMS });
    let (tell, mut told) = unbounded_channel();
    let mine = async {
        while !matches!(told.recv().await.unwrap(), Event::Sent { replaces: true, .. }) {}
        // The pool has the first of them; either may be mined.
        request(provider, "evm_mine", json!([])).await;
        request(provider, "evm_setAutomine", json!([true])).await;
        let _ = told.recv().await;
    };
    let gas = GasTerms::default();
    let call = pay(1, 7);
    let mut watch = |event| tell.send(event).unwrap();
    let (sent, ()) = tokio::join!(outbox.send(&call, &gas, &mut watch), mine);
    assert!(sent.unwrap().receipt.status());
    assert_eq!(stage.balance(Address::repeat_byte(1)).await, U256::from(7));
    assert_eq!(nonce(&stage).await, 1);
}

#[tokio::test]
async fn anvil_a_reorganisation_is_survived() {
    let stage = Stage::new().await;
    let provider = stage.anvil.chain().provider();
    let snapshot = request(provider, "evm_snapshot", json!([])).await;
    let mut outbox = stage.outbox(Terms { confirmations: 2, ..TERMS });
    let (tell, mut told) = unbounded_channel();
    let reorganise = async {
        while !matches!(told.recv().await.unwrap(), Event::Mined { .. }) {}
        request(provider, "evm_revert", json!([snapshot])).await;
        while !matches!(told.recv().await.unwrap(), Event::Gone { .. }) {}
        while !matches!(told.recv().await.unwrap(), Event::Mined { .. }) {}
        request(provider, "evm_mine", json!([])).await;
    };
    let gas = GasTerms::default();
    let call = pay(1, 7);
    let mut watch = |event| tell.send(event).unwrap_or_default();
    let (sent, ()) = tokio::join!(outbox.send(&call, &gas, &mut watch), reorganise);
    assert!(sent.unwrap().receipt.status());
    assert_eq!(stage.balance(Address::repeat_byte(1)).await, U256::from(7));
    assert_eq!(nonce(&stage).await, 1);
}

#[tokio::test]
async fn anvil_what_cannot_be_paid_for_is_not_sent() {
    let stage = Stage::new().await;
    let all = stage.balance(stage.sender.address()).await;
    let mut outbox = stage.outbox(TERMS);
    for value in [all, all + U256::from(1)] {
        let (sent, _) = stage.send(&mut outbox, &Call { value, ..pay(1, 0) }).await;
        assert!(matches!(sent.unwrap_err(), Error::TooLittleEther { has, .. } if has == all));
    }
    assert_eq!(stage.proxy.requests(SEND).len(), 0);
    assert!(outbox.open().is_none());
}
