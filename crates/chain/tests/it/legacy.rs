//! Transactions with one price (type 0), which every chain takes.

use std::time::Duration;

use alloy::consensus::{Transaction, Typed2718};
use alloy::primitives::{Address, B256, U256};
use alloy::providers::Provider;
use alloy::rpc::types::Transaction as Known;
use btrst_chain::transaction::{Fees, GasTerms};
use btrst_chain::{Error, Event, Sender, Terms};
use btrst_devnet::{Accounts, Fault, Name};
use serde_json::{Value, json};

use crate::stage::{Stage, TERMS, pay};

const LEGACY: GasTerms = GasTerms {
    limit: None,
    multiplier: 130,
    max_fee_per_gas: None,
    max_priority_fee_per_gas: None,
    legacy: true,
    nonce: None,
    time: None,
};

async fn known(stage: &Stage, hash: B256) -> Known {
    stage.anvil.chain().provider().get_transaction_by_hash(hash).await.unwrap().unwrap()
}

#[tokio::test]
async fn anvil_a_legacy_transaction_pays_its_price() {
    let stage = Stage::new().await;
    let price = stage.anvil.chain().provider().get_gas_price().await.unwrap();
    let mut outbox = stage.outbox(TERMS);
    let receipt = outbox.send(&pay(1, 7), &LEGACY, &mut |_| ()).await.unwrap().receipt;
    let sent = known(&stage, receipt.transaction_hash).await;
    assert_eq!((sent.ty(), sent.gas_price(), sent.chain_id()), (0, Some(price), Some(31_337)));
    assert_eq!(receipt.effective_gas_price, price);
    assert_eq!(stage.balance(Address::repeat_byte(1)).await, U256::from(7));
    // A price that is named is not asked for.
    let asked = stage.proxy.requests("eth_gasPrice").len();
    let dear = GasTerms { max_fee_per_gas: Some(3 * price), ..LEGACY };
    let receipt = outbox.send(&pay(2, 7), &dear, &mut |_| ()).await.unwrap().receipt;
    assert_eq!(receipt.effective_gas_price, 3 * price);
    assert_eq!(stage.proxy.requests("eth_gasPrice").len(), asked);
    assert_eq!(stage.proxy.requests("eth_feeHistory").len(), 0);
}

/// Replaces a payment on `first` terms by one on `then`; what is mined.
async fn replaced(stage: &Stage, first: &GasTerms, then: &GasTerms) -> Known {
    let provider = stage.anvil.chain().provider();
    let _: Value = provider.raw_request("evm_setAutomine".into(), json!([false])).await.unwrap();
    let mut outbox = stage.outbox(TERMS);
    let call = pay(1, 7);
    let draft = stage.chain.draft(stage.sender.address(), &call, first).await.unwrap();
    let old = outbox.hand_over(&draft).await.unwrap();
    drop(outbox);
    let mut outbox = stage.outbox(Terms { patience: Some(Duration::ZERO), ..TERMS });
    let mine = async {
        // The pool takes only what offers enough more than what it has.
        while provider.get_transaction_by_hash(old).await.unwrap().is_some() {
            tokio::task::yield_now().await;
        }
        let _: Value = provider.raw_request("evm_mine".into(), json!([])).await.unwrap();
    };
    let mut watch = |_| ();
    let (sent, ()) = tokio::join!(outbox.resume(&call, then, &mut watch), mine);
    assert_eq!(stage.balance(Address::repeat_byte(1)).await, U256::from(7));
    known(stage, sent.unwrap().unwrap().receipt.transaction_hash).await
}

#[tokio::test]
async fn anvil_replacements_of_either_type_offer_an_eighth_more() {
    for (first, then) in [(LEGACY, LEGACY), (LEGACY, GasTerms::default()), (GasTerms::default(), LEGACY)] {
        let stage = Stage::new().await;
        let price = stage.anvil.chain().provider().get_gas_price().await.unwrap() * 10;
        // So dear that the endpoint's own estimate is below it.
        let dear = GasTerms {
            max_fee_per_gas: Some(price),
            max_priority_fee_per_gas: (!first.legacy).then_some(price),
            ..first
        };
        let new = replaced(&stage, &dear, &then).await;
        assert_eq!(new.is_legacy(), then.legacy);
        // It can have been replaced more than once.
        let least = price + price / 8 + 1;
        assert!(new.max_fee_per_gas() >= least, "{first:?} {then:?}");
        assert!(new.priority_fee_or_price() >= least, "{first:?} {then:?}");
    }
}

#[tokio::test]
async fn anvil_a_replacement_keeps_to_the_price_that_was_named() {
    let stage = Stage::new().await;
    let provider = stage.anvil.chain().provider();
    let _: Value = provider.raw_request("evm_setAutomine".into(), json!([false])).await.unwrap();
    let mut outbox =
        stage.outbox(Terms { patience: Some(Duration::ZERO), timeout: Duration::from_millis(300), ..TERMS });
    let price = provider.get_gas_price().await.unwrap() * 2;
    let capped = GasTerms { max_fee_per_gas: Some(price), ..LEGACY };
    let mut events = Vec::new();
    let error = outbox.send(&pay(1, 7), &capped, &mut |event| events.push(event)).await.unwrap_err();
    assert!(matches!(error, Error::NotMined(_)), "{error}");
    assert!(events.iter().all(|event| !matches!(event, Event::Sent { replaces: true, .. })), "{events:?}");
}

#[tokio::test]
async fn anvil_a_chain_without_a_base_fee_is_named_and_served() {
    let stage = Stage::new().await;
    let history = json!({ "oldestBlock": "0x0", "baseFeePerGas": [], "gasUsedRatio": [] });
    stage.proxy.fail_on("eth_feeHistory", Fault::Answer(history));
    stage.proxy.fail_on("eth_getBlockByNumber", Fault::Lie("baseFeePerGas".into(), "unknown".into()));
    let error = stage.chain.fees(&GasTerms::default()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the chain has no base fee, so that it takes no transactions with a tip (EIP-1559)"
    );
    assert!(error.hint().unwrap().starts_with("--legacy "));
    let Fees { max_fee_per_gas, max_priority_fee_per_gas } = stage.chain.fees(&LEGACY).await.unwrap();
    assert!(max_fee_per_gas > 0);
    assert_eq!(max_fee_per_gas, max_priority_fee_per_gas);
    let mut outbox = stage.outbox(TERMS);
    outbox.send(&pay(1, 7), &LEGACY, &mut |_| ()).await.unwrap();
    assert_eq!(stage.balance(Address::repeat_byte(1)).await, U256::from(7));
}

#[tokio::test]
async fn anvil_a_key_of_another_account_signs_nothing() {
    let stage = Stage::new().await;
    let Sender::Key(key) = &stage.sender else { panic!("a key sends") };
    let other = Accounts::derive().unwrap().get(Name::Bela).address();
    for terms in [LEGACY, GasTerms::default()] {
        let draft = stage.chain.draft(other, &pay(1, 7), &terms).await.unwrap();
        let error = draft.sign(key).await.unwrap_err();
        assert!(matches!(error, Error::Signature(_)), "{error}");
    }
}
