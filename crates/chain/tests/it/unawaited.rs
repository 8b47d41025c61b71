//! Transactions that nobody waits for, and what a later run finds of them.

use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, U256};
use alloy::providers::Provider;
use btrst_chain::transaction::GasTerms;
use btrst_chain::{Error, Terms, Whereabouts};
use btrst_devnet::Fault;
use serde_json::{Value, json};

use crate::stage::{Stage, TERMS, pay};

const SEND: &str = "eth_sendRawTransaction";

async fn request(stage: &Stage, method: &'static str, params: Value) -> Value {
    stage.anvil.chain().provider().raw_request(method.into(), params).await.unwrap()
}

async fn nonce(stage: &Stage) -> u64 {
    stage.chain.nonce(stage.sender.address(), BlockNumberOrTag::Latest).await.unwrap()
}

#[tokio::test]
async fn anvil_what_was_handed_over_is_found_by_a_later_run() {
    let stage = Stage::new().await;
    let gas = GasTerms::default();
    request(&stage, "evm_setAutomine", json!([false])).await;
    let mut outbox = stage.outbox(TERMS);
    let draft = stage.chain.draft(stage.sender.address(), &pay(1, 7), &gas).await.unwrap();
    let hash = outbox.hand_over(&draft).await.unwrap();
    assert_eq!(outbox.open().unwrap().hash, hash);
    drop(outbox);

    // As often as it is asked: the same transaction.
    let terms = Terms { confirmations: 2, ..TERMS };
    for _ in 0..2 {
        let mut outbox = stage.outbox(terms);
        let found = outbox.look_after(&pay(1, 7), &gas, &mut |_| ()).await.unwrap();
        assert!(matches!(found, Some(Whereabouts::Pending(found)) if found == hash), "{found:?}");
    }
    request(&stage, "evm_mine", json!([])).await;
    let mut outbox = stage.outbox(terms);
    let found = outbox.look_after(&pay(1, 7), &gas, &mut |_| ()).await.unwrap();
    assert!(matches!(found, Some(Whereabouts::Pending(_))), "one block is not deep enough: {found:?}");
    request(&stage, "evm_mine", json!([])).await;
    let found = outbox.look_after(&pay(1, 7), &gas, &mut |_| ()).await.unwrap();
    let Some(Whereabouts::Mined(receipt)) = found else { panic!("{found:?}") };
    assert_eq!(receipt.transaction_hash, hash);
    assert!(outbox.look_after(&pay(1, 7), &gas, &mut |_| ()).await.unwrap().is_none());
    assert_eq!((stage.balance(Address::repeat_byte(1)).await, nonce(&stage).await), (U256::from(7), 1));
}

#[tokio::test]
async fn anvil_an_answer_that_was_lost_is_no_second_payment() {
    let stage = Stage::new().await;
    let gas = GasTerms::default();
    // The network never had the first, and had the second.
    for (count, fault) in [(1, Fault::Status(401)), (2, Fault::HangAfter)] {
        let mut outbox = stage.outbox(TERMS);
        let draft = stage.chain.draft(stage.sender.address(), &pay(count, 7), &gas).await.unwrap();
        stage.proxy.fail_on(SEND, fault);
        tokio::select! {
            handed = outbox.hand_over(&draft) => assert!(matches!(handed, Err(Error::Endpoint { .. }))),
            () = stage.proxy.faults(count.into()) => {}
        }
        drop(outbox);
        stage.proxy.heal();
        let mut outbox = stage.outbox(TERMS);
        let found = outbox.look_after(&pay(count, 7), &gas, &mut |_| ()).await.unwrap();
        match found {
            Some(Whereabouts::Pending(_)) => {
                outbox.settle(&mut |_| ()).await.unwrap();
            }
            found => assert!(matches!(found, Some(Whereabouts::Mined(_))), "{found:?}"),
        }
        assert_eq!(stage.balance(Address::repeat_byte(count)).await, U256::from(7));
        assert_eq!(nonce(&stage).await, u64::from(count));
    }
}

#[tokio::test]
async fn anvil_another_call_waits_for_what_was_handed_over() {
    let stage = Stage::new().await;
    let gas = GasTerms::default();
    let mut outbox = stage.outbox(TERMS);
    let draft = stage.chain.draft(stage.sender.address(), &pay(1, 7), &gas).await.unwrap();
    outbox.hand_over(&draft).await.unwrap();
    // A second nonce is not used while the first is open.
    let other = stage.chain.draft(stage.sender.address(), &pay(2, 9), &gas).await.unwrap();
    assert!(matches!(outbox.hand_over(&other).await, Err(Error::NonceOpen { open: 0, nonce: 1 })));
    assert!(outbox.look_after(&pay(2, 9), &gas, &mut |_| ()).await.unwrap().is_none());
    assert!(outbox.open().is_none());
    assert_eq!(stage.balance(Address::repeat_byte(1)).await, U256::from(7));
    outbox.hand_over(&other).await.unwrap();
    outbox.resume(&pay(2, 9), &gas, &mut |_| ()).await.unwrap();
    assert_eq!(stage.balance(Address::repeat_byte(2)).await, U256::from(9));
}

#[tokio::test]
async fn anvil_what_was_offered_too_little_for_is_offered_more_for() {
    let stage = Stage::new().await;
    let little = GasTerms { max_fee_per_gas: Some(1), ..GasTerms::default() };
    let mut outbox = stage.outbox(TERMS);
    let draft = stage.chain.draft(stage.sender.address(), &pay(1, 7), &little).await.unwrap();
    let error = outbox.hand_over(&draft).await.unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error}");
    let refused = outbox.open().unwrap().hash;
    let found = outbox.look_after(&pay(1, 7), &GasTerms::default(), &mut |_| ()).await.unwrap();
    assert!(matches!(found, Some(Whereabouts::Pending(hash)) if hash != refused), "{found:?}");
    outbox.settle(&mut |_| ()).await.unwrap();
    assert_eq!((stage.balance(Address::repeat_byte(1)).await, nonce(&stage).await), (U256::from(7), 1));
}

/// What was mined is written down last. Power that fails then leaves a part of that line, and the payment is found again.
#[tokio::test]
async fn anvil_a_last_line_that_is_torn_anywhere_pays_nothing_twice() {
    let stage = Stage::new().await;
    let gas = GasTerms::default();
    let mut outbox = stage.outbox(TERMS);
    let hash = outbox.send(&pay(1, 7), &gas, &mut |_| ()).await.unwrap().receipt.transaction_hash;
    drop(outbox);
    let whole = std::fs::read(stage.path()).unwrap();
    let last = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for cut in last..whole.len() {
        std::fs::write(stage.path(), &whole[..cut]).unwrap();
        let mut outbox = stage.outbox(TERMS);
        let sent = outbox.resume(&pay(1, 7), &gas, &mut |_| ()).await.unwrap().unwrap();
        assert_eq!((sent.resumed, sent.receipt.transaction_hash), (true, hash), "{cut}");
        drop(outbox);
        assert_eq!(std::fs::read(stage.path()).unwrap(), whole, "{cut}");
    }
    assert_eq!((stage.balance(Address::repeat_byte(1)).await, nonce(&stage).await), (U256::from(7), 1));
    assert_eq!(stage.proxy.requests(SEND).len(), 1);
}
