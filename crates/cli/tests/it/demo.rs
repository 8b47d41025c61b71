//! `btrst demo`: the document, the timeline, and the ways in which it can be cut short.

use std::collections::BTreeSet;
use std::process::Command;

use alloy::primitives::{Address, B256, U256};
use btrst_gov::deployment::{Contracts, parse_address};
use btrst_gov::parameters::btrst as whole;
use serde_json::Value;
use snapbox::{assert_data_eq, str};

use crate::program::{Running, anvil, assert_nothing_left, btrst, kill, port, run};

/// USDC of the fee, in base units: 10% of 40,000.
const FEE: u64 = 4_000_000_000;

fn demo(port: u16, arguments: &[&str]) -> Command {
    let mut command = btrst(["demo", "--port", &port.to_string()]);
    command.args(arguments);
    command
}

/// An amount in base units: a string of decimal digits.
fn amount(value: &Value) -> U256 {
    let text = value.as_str().expect("amounts are strings");
    assert!(text.bytes().all(|byte| byte.is_ascii_digit()), "{text}");
    U256::from_str_radix(text, 10).unwrap()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn anvil_demo_prints_one_document() {
    let port = port();
    let ended = run(demo(port, &["--json", "--quiet"]));
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert_nothing_left(port);

    let document: Value = serde_json::from_str(&ended.stdout).expect("one document and nothing else");
    assert_eq!(
        keys(&document),
        ["schema_version", "chain_id", "contracts", "proposal", "fees", "treasury", "transactions"]
    );
    assert_eq!(document["schema_version"], 1);
    assert_eq!(document["chain_id"], 31_337);

    let contracts = document["contracts"].as_object().unwrap();
    assert_eq!(keys(&document["contracts"]), Contracts::NAMES);
    let addresses: BTreeSet<Address> =
        contracts.values().map(|address| parse_address(address.as_str().unwrap()).unwrap()).collect();
    assert_eq!(addresses.len(), contracts.len(), "each contract has an address of its own");

    let proposal = &document["proposal"];
    assert_eq!(keys(proposal), ["id", "state", "for_votes", "against_votes", "abstain_votes"]);
    assert_eq!((&proposal["id"], &proposal["state"]), (&1.into(), &"executed".into()));
    // amara has her 40,000, and the public sale's 12,500,000 without those of dora and the trader; dora has 100.
    assert_eq!(amount(&proposal["for_votes"]), whole(40_000 + 12_500_000 - 20_100 + 100));
    assert_eq!(amount(&proposal["against_votes"]), whole(40_000));
    assert_eq!(amount(&proposal["abstain_votes"]), whole(40_000));

    let fees = &document["fees"];
    assert_eq!(keys(fees), ["usdc_in", "btrst_out", "lots"]);
    assert_eq!(amount(&fees["usdc_in"]), U256::from(FEE));
    let bought = amount(&fees["btrst_out"]);
    // At about 0.50 USDC for each BTRST, less the pool's fee of 1% and what the sale moves the price.
    assert!(whole(7_500) < bought && bought < whole(8_000), "{bought}");
    let lots = fees["lots"].as_u64().unwrap();
    assert!(lots > 1, "{lots}");

    let treasury = &document["treasury"];
    assert_eq!(keys(treasury), ["btrst_before", "btrst_after"]);
    let (before, after) = (amount(&treasury["btrst_before"]), amount(&treasury["btrst_after"]));
    assert_eq!(after, before - whole(250_000) + bought);

    let transactions = document["transactions"].as_array().unwrap();
    let mut steps = vec!["delegate"; 5];
    steps.extend(["propose", "vote", "vote", "vote", "vote_by_signature", "queue", "execute"]);
    steps.extend(["pay_invoice", "deposit_fee"]);
    steps.extend((0..lots).map(|_| "convert"));
    let played: Vec<_> = transactions.iter().map(|each| each["step"].as_str().unwrap()).collect();
    assert_eq!(played, steps);
    let mut hashes = BTreeSet::new();
    for transaction in transactions {
        assert_eq!(keys(transaction), ["step", "hash", "gas_used"]);
        hashes.insert(transaction["hash"].as_str().unwrap().parse::<B256>().unwrap());
        assert!(transaction["gas_used"].as_u64().unwrap() > 21_000, "{transaction}");
    }
    assert_eq!(hashes.len(), transactions.len());
}

/// A row of the timeline that tells of a transaction: block, actor, gas.
fn row(line: &str) -> Option<(u64, &str, u64)> {
    let mut words = line.split_whitespace();
    let block = words.next()?.parse().ok()?;
    // Between them `day 0 00:00`.
    let actor = words.nth(3).filter(|actor| *actor != "·")?;
    let gas = words.next()?.replace(',', "").parse().ok()?;
    Some((block, actor, gas))
}

#[test]
fn anvil_demo_tells_a_timeline() {
    let port = port();
    let ended = run(demo(port, &[]));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_nothing_left(port);
    assert!(ended.stderr.starts_with("starting a local chain"), "{}", ended.stderr);
    assert!(!ended.stdout.contains('\u{1b}'), "colour in a pipe");

    let rows: Vec<_> = ended.stdout.lines().filter_map(row).collect();
    assert!(rows.windows(2).all(|pair| pair[0].0 < pair[1].0), "blocks go up: {rows:?}");
    let actors: BTreeSet<_> = rows.iter().map(|(_, actor, _)| *actor).collect();
    let expected =
        ["amara", "bela", "chidi", "client", "dora", "freelance_labs", "public_sale", "relayer", "stranger"];
    assert_eq!(actors, BTreeSet::from(expected));
    let sum: u64 = rows.iter().map(|(_, _, gas)| gas).sum();
    let (_, result) = ended.stdout.split_once("\nResult\n").expect("a summary");
    let total = result.lines().find(|line| line.contains("transactions")).unwrap();
    let numbers: Vec<u64> =
        total.split_whitespace().filter_map(|word| word.replace(',', "").parse().ok()).collect();
    assert_eq!(numbers, [rows.len() as u64, sum], "{total}");

    for told in [
        "proposes “Raise the marketplace fee to 12% and fund the Talent Academy”",
        "BTRST.transfer(to = grantee, amount = 250,000 BTRST)",
        "the voting period of 17,280 blocks ends",
        "7 days pass",
        "the marketplace fee goes from 10% to 12%",
        "10% was the fee when the work was contracted: 4,000 USDC",
        "converts lot 2",
    ] {
        assert!(ended.stdout.contains(told), "{told}");
    }
    assert!(ended.stdout.ends_with("\nEvery effect was the expected one.\n"));
}

#[test]
fn anvil_demo_says_when_the_chain_disappears() {
    let port = port();
    let running = Running::start(demo(port, &["--quiet"]));
    running.wait_for("delegates to amara");
    let process = anvil(port);
    running.wait_for("votes for");
    kill("KILL", process);
    let ended = running.end();
    assert_eq!(ended.code, Some(2));
    assert_data_eq!(
        ended.stderr.replace(&port.to_string(), "PORT"),
        str![[r#"
error: the chain disappeared in the middle of the demo
caused by: anvil ended (exit status: 137); it wrote last:
    Listening on 127.0.0.1:PORT
...
hint: start again; the state of the chain is gone

"#]]
    );
    assert_nothing_left(port);
}

#[test]
fn anvil_demo_stops_when_asked_to() {
    for signal in ["INT", "TERM"] {
        let port = port();
        let running = Running::start(demo(port, &["--quiet"]));
        running.wait_for("delegates to amara");
        running.signal(signal);
        let ended = running.end();
        assert_eq!(ended.code, Some(2), "{signal}");
        assert_data_eq!(
            ended.stderr,
            str![[r#"
error: the demo was interrupted
hint: nothing is left running; start it again at any time

"#]]
        );
        assert_nothing_left(port);
    }
}

#[test]
fn anvil_demo_stops_when_its_reader_has_left() {
    let port = port();
    let mut running = Running::start(demo(port, &["--quiet"]));
    running.wait_for("A proposal");
    running.close_stdout();
    let ended = running.end();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(2), ""));
    assert_nothing_left(port);
}
