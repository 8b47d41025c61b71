//! Calls that are written for another wallet: executed by it, they do the same as a command that sends.

use alloy::primitives::{Address, U256};
use alloy::providers::Provider;
use alloy::providers::ext::AnvilApi;
use alloy::rpc::types::TransactionRequest;
use btrst_devnet::{Flavour, Name};
use btrst_gov::governor::Support;
use serde_json::{Value, json};

use crate::assembly::Assembly;

/// Makes the account of `wallet` send what `call`, of a document or of Safe's file, says.
async fn execute(assembly: &Assembly, wallet: Address, call: &Value) {
    let provider = assembly.world.chain().provider();
    let text = |key: &str| call[key].as_str().unwrap();
    let request = TransactionRequest {
        from: Some(wallet),
        to: Some(text("to").parse::<Address>().unwrap().into()),
        value: Some(text("value").parse::<U256>().unwrap()),
        ..TransactionRequest::default()
    }
    .input(text("data").parse::<alloy::primitives::Bytes>().unwrap().into());
    provider.anvil_impersonate_account(wallet).await.unwrap();
    let receipt = provider.send_transaction(request).await.unwrap().get_receipt().await.unwrap();
    assert!(receipt.status());
    provider.anvil_stop_impersonating_account(wallet).await.unwrap();
}

/// The calls in a file for Safe's Transaction Builder.
fn safe(assembly: &Assembly, file: &str, wallet: Address) -> Vec<Value> {
    let file: Value = serde_json::from_str(&assembly.read(file)).unwrap();
    assert_eq!((&file["version"], &file["chainId"]), (&json!("1.0"), &json!("31337")));
    assert_eq!(file["meta"]["createdFromSafeAddress"], wallet.to_string());
    file["transactions"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_another_wallet_proposes_votes_and_deposits() {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    let chain = assembly.world.chain();
    let amara = assembly.world.address(Name::Amara);
    let bela = assembly.world.address(Name::Bela);

    // A key is not needed, and nothing is sent.
    let written = assembly.document(&format!("proposal submit grant.toml --from {amara} --calldata"));
    assert_eq!((&written["status"], assembly.proposals().await), (&json!("written"), 0));
    execute(&assembly, amara, &written["transaction"]["calls"][0]).await;
    assert_eq!((assembly.proposals().await, assembly.status(1).await.proposer), (1, amara));
    let again = assembly.document(&format!("proposal submit grant.toml --from {amara} --calldata"));
    assert_eq!((&again["status"], &again["id"]), (&json!("exists"), &json!(1)));

    let start = assembly.status(1).await.start_block;
    chain.mine_to(start + 1).await.unwrap();
    let shown = assembly.run(&format!("proposal vote 1 for --from {amara} --calldata"));
    assert!(shown.stdout.contains("\ncall  vote for proposal 1\nto    0x"), "{}", shown.stdout);
    assembly.document(&format!("proposal vote 1 against --from {bela} --safe-json vote.json"));
    for call in safe(&assembly, "vote.json", bela) {
        execute(&assembly, bela, &call).await;
    }
    let cast = assembly.governor.ballot(chain.provider(), 1, bela).await.unwrap();
    assert_eq!(cast.unwrap().0, Support::Against);
    // A file is never overwritten.
    let said = assembly.failed(&format!("proposal vote 1 for --from {amara} --safe-json vote.json --json"));
    assert!(said.contains("cannot create `vote.json`"), "{said}");

    // What cannot be done is not written either.
    let ended = assembly.run(&format!("proposal vote 1 for --from {bela} --calldata"));
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    assert!(!ended.stdout.contains("data"), "{}", ended.stdout);

    // Two calls: the approval and the deposit.
    let client = assembly.world.address(Name::Client);
    let converter = assembly.world.contracts().fee_converter.unwrap();
    let columns = "id,date,node,client,gross_usd,referrer";
    assembly.write("invoices.csv", &format!("{columns}\nINV-1,2026-01-15,hexocean,acme,40000.00,\n"));
    assembly.document("fees invoice invoices.csv");
    assembly.document(&format!("fees deposit invoices.batch.jsonl --from {client} --safe-json fees.json"));
    let calls = safe(&assembly, "fees.json", client);
    assert_eq!(calls.len(), 2);
    for call in &calls {
        execute(&assembly, client, call).await;
    }
    assert_eq!(assembly.world.usdc_of(converter).await.unwrap(), U256::from(4_000_000_000_u64));
}
