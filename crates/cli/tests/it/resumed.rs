//! A command that is killed at the worst moment is run again, and nothing happens twice.

use btrst_devnet::{Fault, Flavour, Name};
use serde_json::Value;

use crate::assembly::Assembly;
use crate::program::{Running, run};

async fn killed_at_the_send(fault: Fault) {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    let proxy = assembly.proxy().await;
    let arguments = format!(
        "proposal submit grant.toml --private-key-env amara --broadcast --json --rpc-url {}",
        proxy.url
    );
    let before = assembly.nonce(Name::Amara).await;
    proxy.fail_on("eth_sendRawTransaction", fault.clone());
    let command = Running::start(assembly.command(&arguments));
    proxy.faults(1).await;
    command.signal("KILL");
    assert_eq!(command.end().code, None);
    proxy.heal();

    let ended = run(assembly.command(&arguments));
    assert_eq!(ended.code, Some(0), "{fault:?}: {}", ended.stderr);
    assert!(ended.stderr.contains("an earlier run sent 0x"), "{}", ended.stderr);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&document["status"], &document["id"]), (&"proposed".into(), &1.into()));
    assert_eq!((assembly.proposals().await, assembly.nonce(Name::Amara).await), (1, before + 1));
    // Whatever else comes, it is there already.
    let ended = run(assembly.command(&arguments));
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((ended.code, &document["status"]), (Some(0), &"exists".into()));
    assert_eq!((assembly.proposals().await, assembly.nonce(Name::Amara).await), (1, before + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_submission_killed_before_the_network_has_it() {
    killed_at_the_send(Fault::Hang).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_submission_killed_after_the_network_has_it() {
    killed_at_the_send(Fault::HangAfter).await;
}
