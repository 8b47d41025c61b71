//! A command that is killed at the worst moment is run again, and nothing happens twice.

use std::process::{Command, Stdio};

use alloy::primitives::U256;
use btrst_devnet::{Fault, Flavour, Name, Proxy};
use btrst_gov::governor::ProposalState;
use btrst_gov::parameters::btrst as whole;
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

/// Runs `arguments` of `name` twice: killed after the network has the transaction but before the command knows, and to its
/// end, which finds that transaction. The final document.
async fn killed_and_run_again(assembly: &Assembly, proxy: &Proxy, name: Name, arguments: &str) -> Value {
    let arguments =
        format!("{arguments} --private-key-env {name} --broadcast --json --rpc-url {}", proxy.url);
    let before = assembly.nonce(name).await;
    let faults = proxy.requests("eth_sendRawTransaction").len() + 1;
    proxy.fail_on("eth_sendRawTransaction", Fault::HangAfter);
    let command = Running::start(assembly.command(&arguments));
    proxy.asked("eth_sendRawTransaction", faults).await;
    // The network has it as soon as its nonce is used; the answer never comes.
    while assembly.nonce(name).await == before {
        tokio::task::yield_now().await;
    }
    command.signal("KILL");
    assert_eq!(command.end().code, None, "{arguments}");
    proxy.heal();
    let ended = run(assembly.command(&arguments));
    assert_eq!(ended.code, Some(0), "{arguments}: {}{}", ended.stdout, ended.stderr);
    assert!(ended.stderr.contains("an earlier run sent 0x"), "{arguments}: {}", ended.stderr);
    assert_eq!(assembly.nonce(name).await, before + 1, "{arguments}");
    serde_json::from_str(&ended.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_a_whole_life_of_which_every_command_is_killed() {
    let assembly = Assembly::open(Flavour::Braintrust, false).await;
    let chain = assembly.world.chain();
    let proxy = assembly.proxy().await;
    let again = async |name, arguments: &str| killed_and_run_again(&assembly, &proxy, name, arguments).await;

    let done = again(Name::Amara, "delegate self").await;
    assert_eq!(done["status"], "done");
    for name in [Name::Bela, Name::Chidi] {
        assembly.send(name, "delegate self");
    }
    chain.mine(2).await.unwrap();
    let id = assembly.propose(Name::Amara).await;
    assert_eq!(again(Name::Amara, "proposal vote 1 for").await["status"], "done");
    assembly.document("proposal vote 1 for --private-key-env bela --sign bela.json");
    let relayed = again(Name::Relayer, "proposal relay bela.json").await;
    assert_eq!(relayed["ballots"][0]["status"], "counted_before", "{relayed}");
    let tally = assembly.status(id).await.tally;
    let provider = chain.provider();
    let token = assembly.world.contracts().btrst;
    let mut votes = U256::ZERO;
    for name in [Name::Amara, Name::Bela] {
        votes += btrst_gov::governor::votes(provider, token, assembly.world.address(name)).await.unwrap();
    }
    assert_eq!(tally.for_votes, votes);
    assembly.send(Name::Chidi, "proposal vote 1 for");
    assembly.close(id).await;
    again(Name::Stranger, "proposal queue 1").await;
    let (eta, _) = assembly.status(id).await.execution.unwrap();
    chain.warp(eta).await.unwrap();
    let grantee = assembly.world.address(Name::Grantee);
    let before = assembly.world.btrst_of(grantee).await.unwrap();
    again(Name::Stranger, "proposal execute 1").await;
    assert_eq!(assembly.status(id).await.state, ProposalState::Executed);
    assert_eq!(assembly.world.btrst_of(grantee).await.unwrap(), before + whole(1_000));
}

/// `command` by a shell in which a file can have so many blocks of 1,024 bytes, as on a disk that is full.
fn with_full_disk(command: &Command, blocks: u32) -> Command {
    let mut shell = Command::new("bash");
    let limited = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    shell.args(["-c", &limited]).arg(command.get_program()).args(command.get_args());
    shell.current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.stdin(Stdio::null());
    shell
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_nothing_is_sent_that_cannot_be_written_down() {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    let before = assembly.nonce(Name::Amara).await;
    let arguments =
        "proposal submit grant.toml --private-key-env amara --broadcast --json --journal sent.jsonl";
    // No space for the first line, and none for all of the second.
    for blocks in [0, 1] {
        let ended = run(with_full_disk(&assembly.command(arguments), blocks));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{}", ended.stderr);
        assert!(ended.stderr.contains("`sent.jsonl`"), "{}", ended.stderr);
        assert!(ended.stderr.contains("File too large"), "{}", ended.stderr);
        let hint = "hint: check the folder, its permissions and the space on the disk";
        assert!(ended.stderr.contains(hint), "{}", ended.stderr);
        assert_eq!((assembly.proposals().await, assembly.nonce(Name::Amara).await), (0, before));
    }
    let written = std::fs::metadata(assembly.path("sent.jsonl")).unwrap().len();
    assert!((1..=1024).contains(&written), "{written}");
    // Half a line is no reason to give up when there is space again.
    let ended = run(assembly.command(arguments));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!((assembly.proposals().await, assembly.nonce(Name::Amara).await), (1, before + 1));

    // Where nobody may write, not even root.
    let before = assembly.nonce(Name::Chidi).await;
    let arguments = "delegate bela --private-key-env chidi --broadcast --journal /proc/sys/journal.jsonl";
    let said = assembly.failed(arguments);
    assert!(said.contains("`/proc/sys/journal.jsonl`"), "{said}");
    assert!(said.contains("hint: check the folder, its permissions and the space on the disk"), "{said}");
    assert_eq!(assembly.nonce(Name::Chidi).await, before);
}
