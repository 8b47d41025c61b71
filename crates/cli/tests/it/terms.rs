//! How a transaction is sent: with one price, and without waiting for its block.

use alloy::consensus::Typed2718;
use alloy::primitives::B256;
use alloy::providers::Provider;
use alloy::rpc::types::Transaction;
use btrst_devnet::{Flavour, Name};
use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::assembly::Assembly;
use crate::program::run;

async fn request(assembly: &Assembly, method: &'static str, params: Value) -> Value {
    assembly.world.chain().provider().raw_request(method.into(), params).await.unwrap()
}

async fn known(assembly: &Assembly, hash: &Value) -> Transaction {
    let hash: B256 = hash.as_str().unwrap().parse().unwrap();
    assembly.world.chain().provider().get_transaction_by_hash(hash).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_legacy_transaction_is_shown_and_sent_with_one_price() {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    let shown = assembly.run("delegate chidi --legacy --gas-price 30 --private-key-env amara");
    assert!(shown.stdout.contains("\ngas price 30 gwei, in a legacy transaction\n"), "{}", shown.stdout);
    let dry = assembly.document("delegate chidi --legacy --gas-price 30 --private-key-env amara");
    let dry = &dry["transaction"];
    assert_eq!(
        (&dry["type"], &dry["max_fee_per_gas"], &dry["max_priority_fee_per_gas"]),
        (&json!("legacy"), &json!("30000000000"), &Value::Null)
    );
    let usual = assembly.document("delegate chidi --private-key-env amara");
    assert_eq!(usual["transaction"]["type"], "eip1559");
    let sent = assembly.send(Name::Amara, "delegate chidi --legacy --gas-price 30");
    let sent = known(&assembly, &sent["transaction"]["hash"]).await;
    assert_eq!((sent.ty(), sent.effective_gas_price), (0, Some(30_000_000_000)));

    // What another wallet signs is the same.
    let amara = assembly.world.address(Name::Amara);
    let call = format!("delegate bela --from {amara} --calldata");
    assert_eq!(assembly.document(&call), assembly.document(&format!("{call} --legacy")));
    // An account that the endpoint signs for.
    let unlocked = format!("delegate bela --legacy --from {amara} --unlocked --broadcast");
    let sent = assembly.document(&unlocked);
    assert_eq!(known(&assembly, &sent["transaction"]["hash"]).await.ty(), 0);

    let both = assembly.failed("delegate bela --legacy --priority-gas-price 1 --private-key-env amara");
    assert!(both.contains("cannot be used with"), "{both}");
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_transaction_that_nobody_waits_for_is_told_of_later() {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    let id = assembly.propose(Name::Amara).await;
    let before = assembly.nonce(Name::Bela).await;
    let vote = format!("proposal vote {id} for --async --private-key-env bela --broadcast");
    request(&assembly, "evm_setAutomine", json!([false])).await;
    let sent = assembly.document(&vote);
    assert_eq!((&sent["status"], &sent["transaction"]["status"]), (&json!("pending"), &json!("pending")));
    let hash = sent["transaction"]["hash"].as_str().unwrap().to_owned();
    assert_eq!(known(&assembly, &sent["transaction"]["hash"]).await.block_number, None);
    // The same command, and the variable of the same meaning, find it.
    let told = assembly.run(&vote);
    assert_data_eq!(told.stdout, format!("An earlier run sent {hash}, which is in no block for good yet\n"));
    let mut command = assembly.command(&vote.replace(" --async", " --json"));
    command.env("CAST_ASYNC", "1");
    let told: Value = serde_json::from_str(&run(command).stdout).unwrap();
    assert_eq!((&told["status"], &told["transaction"]["hash"]), (&json!("pending"), &json!(hash)));
    request(&assembly, "evm_mine", json!([])).await;
    request(&assembly, "evm_setAutomine", json!([true])).await;
    let done = assembly.document(&vote);
    assert_eq!((&done["status"], &done["transaction"]["hash"]), (&json!("done"), &json!(hash)));
    assert_eq!(assembly.nonce(Name::Bela).await, before + 1);

    // Without a broadcast it is a dry run like any other.
    let dry = assembly.document("delegate chidi --async --private-key-env bela");
    assert_eq!(dry["status"], "dry_run");
    let delegated = assembly.send(Name::Bela, "delegate chidi --async");
    assert_eq!(delegated["status"], "pending");
    let done = assembly.send(Name::Bela, "delegate chidi");
    assert_eq!((&done["status"], &done["transaction"]["status"]), (&json!("done"), &json!("mined")));
    assembly.write("other.toml", &crate::assembly::GRANT.replace("1_000btrst", "2_000btrst"));
    let proposed = assembly.send(Name::Chidi, "proposal submit other.toml --async");
    assert_eq!((&proposed["status"], &proposed["id"]), (&json!("pending"), &Value::Null));
    let proposed = assembly.send(Name::Chidi, "proposal submit other.toml");
    assert_eq!((&proposed["status"], &proposed["id"]), (&json!("proposed"), &json!(id + 1)));
}

#[test]
fn what_must_see_its_transactions_mined_refuses_not_to_wait() {
    let table = [
        ("deploy none.toml --async", "a deployment"),
        ("fees deposit none.jsonl --async --deployment none.toml", "a deposit"),
        ("fees convert --async --deployment none.toml", "a conversion"),
        ("proposal relay none.json --async --deployment none.toml", "a relay of ballots"),
    ];
    for (arguments, what) in table {
        let ended = run(crate::program::btrst(arguments.split_whitespace()));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments}");
        let expected = format!(
            "error: {what} has to wait for its transactions\nhint: leave out --async, and unset CAST_ASYNC if that sets \
             it\n"
        );
        assert_eq!(ended.stderr, expected, "{arguments}");
    }
    let bumped = "delegate self --async --bump-after 60 --deployment none.toml";
    let ended = run(crate::program::btrst(bumped.split_whitespace()));
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("cannot be used with"), "{}", ended.stderr);
    assert_data_eq!(
        run({
            let mut command = crate::program::btrst(["deploy", "none.toml"]);
            command.env("CAST_ASYNC", "false");
            command
        })
        .stderr,
        str![[r#"
error: cannot read the description `none.toml`
caused by: No such file or directory (os error 2)
hint: name one such as `deployments/examples/fresh.toml`

"#]]
    );
}
