//! Ballots and delegations that are signed apart and sent by somebody else.

use alloy::primitives::{Address, Bytes, U256, hex};
use alloy::providers::ext::AnvilApi;
use btrst_devnet::{Flavour, Name};
use btrst_gov::governor::{Support, votes};
use btrst_gov::token::holder;
use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::assembly::Assembly;

/// Status and reason of each ballot in the document of a relay.
fn outcomes(document: &Value) -> Vec<(&str, &str)> {
    let ballots = document["ballots"].as_array().unwrap().iter();
    ballots
        .map(|ballot| {
            (ballot["status"].as_str().unwrap(), ballot["refusal"]["code"].as_str().unwrap_or_default())
        })
        .collect()
}

fn sign(assembly: &Assembly, name: Name, arguments: &str, file: &str) -> Value {
    assembly.document(&format!("proposal vote {arguments} --private-key-env {name} --sign {file}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_many_signed_ballots_are_one_transaction() {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    let id = assembly.propose(Name::Amara).await;
    sign(&assembly, Name::Amara, "1 for", "a.json");
    sign(&assembly, Name::Bela, "1 against", "b.json");
    let mut reasoned = assembly.command("proposal vote 1 abstain --private-key-env chidi --sign c.json");
    reasoned.args(["--reason", "I am on the committee"]);
    assert_eq!(crate::program::run(reasoned).code, Some(0));

    let dry = assembly.document("proposal relay a.json b.json --private-key-env relayer");
    assert_eq!(outcomes(&dry), [("dry_run", ""), ("dry_run", "")]);
    assert_eq!(assembly.nonce(Name::Relayer).await, 0);
    let done = assembly.send(Name::Relayer, "proposal relay a.json b.json c.json");
    assert_eq!(outcomes(&done), [("counted", ""); 3]);
    // Two in a batch, and the one with a reason.
    assert_eq!((assembly.nonce(Name::Relayer).await, done["transactions"].as_array().unwrap().len()), (2, 2));
    let provider = assembly.world.chain().provider();
    for (name, support) in
        [(Name::Amara, Support::For), (Name::Bela, Support::Against), (Name::Chidi, Support::Abstain)]
    {
        let cast = assembly.governor.ballot(provider, id, assembly.world.address(name)).await.unwrap();
        assert_eq!(cast.unwrap().0, support);
    }
    let tally = assembly.status(id).await.tally;
    let of = async |name: Name| {
        votes(provider, assembly.world.contracts().btrst, assembly.world.address(name)).await.unwrap()
    };
    assert_eq!(
        (tally.for_votes, tally.against_votes, tally.abstain_votes),
        (of(Name::Amara).await, of(Name::Bela).await, of(Name::Chidi).await)
    );

    // Replayed, they are known, and nothing is sent.
    let replayed = assembly.send(Name::Stranger, "proposal relay a.json b.json c.json");
    assert_eq!(outcomes(&replayed), [("counted_before", ""); 3]);
    assert_eq!(assembly.nonce(Name::Stranger).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_ballots_of_governor_alpha_are_sent_one_by_one() {
    let assembly = Assembly::open(Flavour::Alpha, true).await;
    assembly.propose(Name::Amara).await;
    sign(&assembly, Name::Amara, "1 for", "a.json");
    sign(&assembly, Name::Bela, "1 against", "b.json");
    let mut wallet: Value = serde_json::from_str(&assembly.read("a.json")).unwrap();
    wallet["nonce"] = json!(0);
    assembly.write("w.json", &wallet.to_string());
    let ended = assembly.run("proposal relay w.json --private-key-env relayer --json");
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((ended.code, outcomes(&document)), (Some(1), vec![("refused", "not_taken")]));

    let done = assembly.send(Name::Relayer, "proposal relay a.json b.json");
    assert_eq!(outcomes(&done), [("counted", ""); 2]);
    assert_eq!(assembly.nonce(Name::Relayer).await, 2);
    let tally = assembly.status(1).await.tally;
    assert!(!tally.for_votes.is_zero() && !tally.against_votes.is_zero());
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_ballots_that_are_not_good_are_named() {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    let early = assembly.send(Name::Amara, "proposal submit grant.toml");
    assert_eq!(early["id"], 1);
    // It can be signed before the vote opens, and not be cast.
    let signed = sign(&assembly, Name::Amara, "1 for", "a.json");
    assert_eq!(signed["hashes"]["digest"].as_str().unwrap().len(), 66);
    let ended = assembly.run("proposal relay a.json --private-key-env relayer --broadcast --json");
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((ended.code, outcomes(&document)), (Some(1), vec![("refused", "vote_not_open")]));
    let start = assembly.status(1).await.start_block;
    assembly.world.chain().mine_to(start + 1).await.unwrap();

    let good = assembly.read("a.json");
    let stranger = assembly.world.address(Name::Stranger);
    let change = |name: &str, change: &dyn Fn(&mut Value)| {
        let mut ballot: Value = serde_json::from_str(&good).unwrap();
        change(&mut ballot);
        assembly.write(name, &ballot.to_string());
    };
    change("support.json", &|ballot| ballot["support"] = json!("against"));
    change("voter.json", &|ballot| ballot["voter"] = json!(stranger));
    change("signature.json", &|ballot| ballot["signature"] = json!("0x00"));
    change("reason.json", &|ballot| ballot["reason"] = json!("because"));
    change("chain.json", &|ballot| ballot["chain_id"] = json!(1));
    change("governor.json", &|ballot| ballot["governor"] = json!(stranger));
    change("id.json", &|ballot| ballot["id"] = json!(2));
    change("again.json", &|_| ());
    sign(&assembly, Name::Bela, "1 for", "b1.json");
    sign(&assembly, Name::Bela, "1 against", "b2.json");
    let dora = assembly.world.address(Name::Dora);
    // Dora's votes are Amara's.
    let refused = assembly.run("proposal vote 1 for --private-key-env dora --sign d.json");
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(refused.stdout.contains("`dora` had no votes"), "{} {dora}", refused.stdout);

    let files = "support.json voter.json signature.json reason.json chain.json governor.json id.json a.json \
                 again.json b1.json b2.json";
    let ended = assembly.run(&format!("proposal relay {files} --private-key-env relayer --broadcast --json"));
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(ended.code, Some(1));
    let expected = [
        ("refused", "wrong_signer"),
        ("refused", "wrong_signer"),
        ("refused", "wrong_signer"),
        ("refused", "wrong_signer"),
        ("refused", "other_chain"),
        ("refused", "other_contract"),
        ("refused", "unknown_proposal"),
        ("counted", ""),
        ("refused", "duplicate"),
        ("refused", "contradiction"),
        ("refused", "contradiction"),
    ];
    assert_eq!(outcomes(&document), expected);
    assert_eq!(assembly.nonce(Name::Relayer).await, 1);
    let votes = assembly.status(1).await.tally;
    assert_eq!((votes.against_votes, votes.abstain_votes), (U256::ZERO, U256::ZERO));
    let said = assembly.run("proposal relay support.json b1.json b2.json --private-key-env relayer");
    assert_data_eq!(
        said.stdout,
        str![[r#"
refused  support.json: amara against on proposal 1: these values are not signed by `amara`, but by `0x[..]`
         hint: a value or the signature was changed; ask for the file again
refused  b1.json: bela for on proposal 1: the same voter says something else in `b2.json`
         hint: ask the voter, and leave the wrong one out
refused  b2.json: bela against on proposal 1: the same voter says something else in `b1.json`
         hint: ask the voter, and leave the wrong one out


"#]]
    );
    assembly.write("garbage.json", "{\"kind\": \"ballot\"}");
    assert_data_eq!(
        assembly.failed("proposal relay a.json garbage.json --private-key-env relayer"),
        str![[r#"
error: cannot use the ballot `garbage.json`
caused by: this is not a signed ballot: missing field `schema_version` at line 1 column 18
hint: take the file as --sign wrote it, with nothing around it

"#]]
    );
    // A file that exists is not overwritten, and a dash is standard output.
    let said = assembly.failed("proposal vote 1 for --private-key-env chidi --sign a.json --json");
    assert!(said.contains("cannot create `a.json`"), "{said}");
    let printed = assembly.run("proposal vote 1 for --private-key-env chidi --sign -");
    assert!(printed.stderr.contains("\ndigest       0x"), "{}", printed.stderr);
    assembly.write("stdout.json", &printed.stdout);
    assembly.close(1).await;
    let ended = assembly.run("proposal relay stdout.json --private-key-env relayer --json");
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((ended.code, outcomes(&document)), (Some(1), vec![("refused", "vote_closed")]));
}

/// Code of a contract wallet that accepts the hashes which its storage has a 1 for (ERC-1271).
const WALLET: [u8; 19] = hex!("60043554631626ba7e0260e01b5f5260205ff3");

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_contract_wallet_votes_by_signature() {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    let (chain, wallet) = (assembly.world.chain(), Address::repeat_byte(0x77));
    let provider = chain.provider();
    provider.anvil_set_code(wallet, Bytes::from_static(&WALLET)).await.unwrap();
    assembly.send(Name::Dora, &format!("delegate {wallet}"));
    let id = assembly.propose(Name::Amara).await;

    let arguments = format!("proposal vote 1 for --private-key-env dora --wallet {wallet} --sign w.json");
    let refused = assembly.run(&arguments);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("does not accept the signature"), "{}", refused.stderr);
    let digest = refused.stdout.lines().find_map(|line| line.strip_prefix("digest       ")).unwrap();
    let slot: U256 = digest.parse().unwrap();
    provider.anvil_set_storage_at(wallet, slot, U256::from(1).into()).await.unwrap();
    let signed = assembly.document(&arguments);
    assert_eq!((&signed["voter"], &signed["hashes"]["digest"]), (&json!(wallet.to_string()), &json!(digest)));

    let done = assembly.send(Name::Relayer, "proposal relay w.json");
    assert_eq!(outcomes(&done), [("counted", "")]);
    let cast = assembly.governor.ballot(provider, id, wallet).await.unwrap();
    assert_eq!(cast, Some((Support::For, U256::from(100) * U256::from(10).pow(U256::from(18)))));
    // Its nonce is used: neither the same file nor a ballot with that nonce is good again.
    let mut stale: Value = serde_json::from_str(&assembly.read("w.json")).unwrap();
    stale["nonce"] = json!(5);
    assembly.write("stale.json", &stale.to_string());
    let ended = assembly.run("proposal relay w.json stale.json --private-key-env relayer --json");
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(outcomes(&document), [("refused", "nonce"), ("refused", "nonce")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_signed_delegation_is_sent_by_somebody_else() {
    for flavour in [Flavour::Braintrust, Flavour::Alpha] {
        let assembly = Assembly::open(flavour, true).await;
        let token = assembly.world.contracts().btrst;
        let (dora, bela) = (assembly.world.address(Name::Dora), assembly.world.address(Name::Bela));
        let before = assembly.nonce(Name::Dora).await;
        let signed = assembly.document("delegate bela --private-key-env dora --sign d.json --valid-days 2");
        let good = assembly.read("d.json");
        assembly.write("forged.json", &good.replace(&bela.to_string(), &token.to_string()));
        let ended = assembly.run("delegate --relay forged.json --private-key-env relayer --broadcast");
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(ended.stdout.contains("these values are not signed by"), "{}", ended.stdout);

        let sent = assembly.send(Name::Relayer, "delegate --relay d.json");
        assert_eq!((&sent["status"], &sent["delegator"]), (&json!("done"), &signed["delegator"]));
        let provider = assembly.world.chain().provider();
        assert_eq!(holder(provider, token, dora).await.unwrap().delegate, Some(bela));
        let (code, said) = assembly.refused(Name::Relayer, "delegate --relay d.json");
        assert_eq!(code, "nonce");
        assert!(said.contains("signed with nonce 0, and the next one is 1"), "{said}");

        assembly.document("delegate amara --private-key-env dora --sign late.json --valid-days 1");
        let now = assembly.world.chain().now().await.unwrap();
        assembly.world.chain().warp(now + 86_401).await.unwrap();
        let (code, _) = assembly.refused(Name::Relayer, "delegate --relay late.json");
        assert_eq!(code, "expired");
        assert_eq!(assembly.nonce(Name::Dora).await, before, "who signs sends nothing");
    }
}
