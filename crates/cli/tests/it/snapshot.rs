//! Votes off-chain, from the space file to the audit, with the real binary as hub and as client, and the reference
//! implementation in JavaScript beside it.

use std::process::Command;

use btrst_devnet::{Flavour, Name};
use serde_json::{Value, json};

use crate::assembly::Assembly;
use crate::program::{Running, repository, run};

/// A space whose votes are BTRST held at the snapshot.
fn space(assembly: &Assembly) -> String {
    let contracts = assembly.world.contracts();
    json!({
        "id": "usebraintrust.eth", "name": "Braintrust", "network": "31337", "symbol": "BTRST",
        "strategies": [{"name": "erc20-balance-of", "params": {"address": contracts.btrst.to_string(), "decimals": 18}}],
        "admins": [assembly.world.address(Name::Amara).to_string()],
        "filters": {"onlyMembers": true},
    })
    .to_string()
}

struct Hub {
    running: Running,
    url: String,
}

fn start(assembly: &Assembly) -> Hub {
    let running = Running::start(assembly.command(&format!(
        "snapshot hub --space space.json --listen 127.0.0.1:0 --rate 0 --private-key-env relayer --quiet --rpc-url {}",
        assembly.world.chain().url()
    )));
    let line = running.wait_for("The hub of");
    let url = line.trim().split(" at ").nth(1).unwrap().to_owned();
    Hub { running, url }
}

fn read(assembly: &Assembly, hub: &Hub, arguments: &str) -> Value {
    assembly.document(&format!("snapshot {arguments} --hub {}", hub.url))
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_an_off_chain_vote_is_proposed_cast_counted_and_audited() {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    assembly.write("space.json", &space(&assembly));
    assembly.write(
        "fee.toml",
        "title = \"Lower the marketplace fee\"\nbody = \"From 10% to 8%.\"\ndiscussion = \"https://example.org/t/42\"\n",
    );
    let hub = start(&assembly);
    let rpc = assembly.world.chain().url().to_string();

    // Without --broadcast it is only shown.
    let propose =
        format!("snapshot propose fee.toml --hub {} --rpc-url {rpc} --private-key-env amara", hub.url);
    let shown = assembly.document(&propose);
    assert_eq!((&shown["status"], &shown["receipt"]), (&json!("not_sent"), &Value::Null));
    let taken = assembly.document(&format!("{propose} --broadcast"));
    assert_eq!(taken["status"], "taken");
    let id = taken["id"].as_str().unwrap().to_owned();
    let stranger = propose.replace("amara", "chidi");
    let refused = assembly.run(&format!("{stranger} --broadcast"));
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(refused.stdout.contains("only space authors can propose"), "{}", refused.stdout);

    let vote = |name: Name, choice: &str| {
        format!("snapshot vote {id} {choice} --hub {} --private-key-env {name}", hub.url)
    };
    let cast = assembly.document(&format!("{} --broadcast", vote(Name::Amara, "for")));
    let head = cast["receipt"]["log"]["hash"].as_str().unwrap().to_owned();
    let written = assembly.document(&format!("{} --out ballot.json", vote(Name::Chidi, "against")));
    assert_eq!(written["status"], "written");
    let ballot: Value = serde_json::from_str(&assembly.read("ballot.json")).unwrap();
    assert_eq!(ballot["address"], assembly.world.address(Name::Chidi).to_string());
    let wrong = assembly.failed(&vote(Name::Amara, "perhaps"));
    assert!(wrong.contains("`perhaps` is no choice in a `basic` vote"), "{wrong}");
    assert!(wrong.contains("hint: name one: 1 For, 2 Against, 3 Abstain"), "{wrong}");

    // The reference implementation signs a vote of its own and posts it.
    let dora = assembly.world.account(Name::Dora);
    let script = "const { Wallet } = require('@ethersproject/wallet'); \
         const snapshot = require('@snapshot-labs/snapshot.js'); \
         const Client = snapshot.Client712 ?? snapshot.default.Client712; \
         const [url, key, proposal] = process.argv.slice(1); const wallet = new Wallet(key); \
         new Client(url).vote(wallet, wallet.address, { space: 'usebraintrust.eth', proposal, type: 'basic', choice: 1, \
         reason: '', app: 'snapshot' }).then((receipt) => console.log(JSON.stringify(receipt)));";
    let mut node = Command::new("node");
    node.current_dir(repository()).args(["-e", script, &hub.url, &dora.private_key().to_string(), &id]);
    let ended = run(node);
    let receipt: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{}", ended.stderr));
    assert!(receipt["ipfs"].as_str().unwrap().starts_with("bafkrei"), "{receipt}");

    let votes = read(&assembly, &hub, &format!("votes {id}"));
    assert_eq!(votes["votes"].as_array().unwrap().len(), 2);
    let results = read(&assembly, &hub, &format!("results {id}"));
    assert_eq!(results["state"], "active");
    let scores = results["proposal"]["scores"].as_array().unwrap();
    assert!(scores[0].as_f64().unwrap() > 0.0 && scores[1] == 0.0, "{scores:?}");

    // Powers from the chain, the whole log, and the entry that amara was given.
    let audit = format!("snapshot audit {id} --hub {} --head {head}", hub.url);
    let right = assembly.document(&format!("{audit} --rpc-url {rpc} --html audit.html"));
    assert_eq!(
        (&right["differences"], &right["ballots"], &right["powers_verified"]),
        (&json!([]), &json!(2), &json!(true))
    );
    assert!(assembly.read("audit.html").contains("Everything is as stated."));

    // It goes on where it was after it was killed.
    drop(hub.running);
    let hub = start(&assembly);
    assert_eq!(read(&assembly, &hub, &format!("votes {id}"))["votes"], votes["votes"]);

    // Somebody with the database in hand drops a vote.
    let python = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); \
         c.execute('DELETE FROM votes WHERE voter = ?', [sys.argv[2].lower()]); c.commit()";
    let mut command = Command::new("python3");
    command
        .arg("-c")
        .arg(python)
        .arg(assembly.path("hub.sqlite"))
        .arg(assembly.world.address(Name::Amara).to_string());
    assert_eq!(run(command).code, Some(0));
    let ended =
        assembly.run(&format!("snapshot audit {id} --hub {} --head 0x{} --json", hub.url, "12".repeat(32)));
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let caught: Value = serde_json::from_str(&ended.stdout).unwrap();
    let kinds: Vec<_> =
        caught["differences"].as_array().unwrap().iter().map(|one| one["kind"].clone()).collect();
    // The hub's own count may be a moment older than its votes.
    assert_eq!(kinds[..2], ["entry_gone", "vote_dropped"]);

    hub.running.signal("TERM");
    assert_eq!(hub.running.end().code, Some(0));
}
