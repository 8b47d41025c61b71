//! `btrst devnet`: what it writes and serves, and how it ends.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use alloy::providers::{Provider, ProviderBuilder};
use btrst_gov::deployment::Contracts;
use btrst_gov::governor::Flavour;
use btrst_gov::parameters::Parameters;
use btrst_gov::{Deployment, Governor};
use serde_json::Value;
use snapbox::{assert_data_eq, str};

use crate::program::{
    Running, anvil, assert_nothing_left, assert_nothing_left_soon, btrst, kill, port, repository, run,
};

fn devnet(port: u16, out: &Path, arguments: &[&str]) -> Command {
    let mut command = btrst(["devnet", "--quiet", "--port", &port.to_string(), "--out"]);
    command.arg(out).args(arguments);
    command
}

/// A devnet that is ready, and what it printed until then.
fn start(port: u16, out: &Path, arguments: &[&str]) -> (Running, String) {
    let running = Running::start(devnet(port, out, arguments));
    let printed = running.wait_for("Stop with Ctrl-C.");
    (running, printed)
}

fn read(path: &Path) -> Deployment {
    Deployment::parse(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Checks that the chain of `deployment` answers and has every contract; the governor's parameters.
async fn check_chain(deployment: &Deployment, port: u16) -> Parameters {
    let url = format!("http://127.0.0.1:{port}");
    assert_eq!(deployment.rpc_url.as_ref(), Some(&url));
    let provider = ProviderBuilder::new().connect_http(url.parse().unwrap());
    assert_eq!(provider.get_chain_id().await.unwrap(), 31_337);
    assert_eq!(deployment.chain_id, 31_337);
    for (name, address) in deployment.contracts.iter() {
        assert!(!provider.get_code_at(address).await.unwrap().is_empty(), "{name} has no code");
    }
    let governor = Governor::detect(&provider, deployment.contracts.governor).await.unwrap();
    assert_eq!(governor.flavour, deployment.flavour);
    governor.parameters(&provider).await.unwrap()
}

#[tokio::test]
async fn anvil_devnet_serves_until_ctrl_c() {
    let folder = tempfile::tempdir().unwrap();
    let (port, out) = (port(), folder.path().join("devnet.toml"));
    let (running, printed) = start(port, &out, &[]);
    let deployment = read(&out);
    assert_eq!(deployment.flavour, Flavour::Braintrust);
    assert_eq!(deployment.contracts.iter().count(), Contracts::NAMES.len());
    assert_eq!(check_chain(&deployment, port).await, Parameters::LIVE);
    for (name, address) in deployment.contracts.iter() {
        assert!(printed.contains(&format!("  {name:<22} {address}\n")), "{name} in {printed}");
    }
    for account in &deployment.accounts {
        let key = account.private_key.as_ref().unwrap().0;
        assert!(printed.contains(&format!("  {:<22} {} {key}", account.name, account.address)), "{printed}");
    }
    assert!(printed.ends_with(&format!("\nWritten to {}. Stop with Ctrl-C.\n", out.display())));

    running.signal("INT");
    let ended = running.end();
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (Some(0), "", ""));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "the deployment file is gone");
    assert_nothing_left(port);
}

#[tokio::test]
async fn anvil_devnet_prints_one_document_of_alpha() {
    let folder = tempfile::tempdir().unwrap();
    let (port, out) = (port(), folder.path().join("devnet.toml"));
    let running = Running::start(devnet(port, &out, &["--json", "--stack", "alpha"]));
    // The last line of the document; those of its parts are indented.
    let mut printed = running.wait_for("\"accounts\"");
    while !printed.ends_with("\n}\n") {
        printed += &running.wait_for("}");
    }
    let document: Value = serde_json::from_str(&printed).unwrap();
    let deployment = read(&out);
    assert_eq!(deployment.flavour, Flavour::Alpha);
    check_chain(&deployment, port).await;
    assert_eq!(document["schema_version"], 1);
    assert_eq!(document["chain_id"], 31_337);
    assert_eq!(document["flavour"], "alpha");
    assert_eq!(document["rpc_url"], format!("http://127.0.0.1:{port}"));
    assert_eq!(document["deployment_file"], out.to_str().unwrap());
    for (name, address) in deployment.contracts.iter() {
        assert_eq!(document["contracts"][name], address.to_string());
    }
    let accounts = document["accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), deployment.accounts.len());
    for (printed, account) in accounts.iter().zip(&deployment.accounts) {
        assert_eq!(printed["name"], account.name);
        assert_eq!(printed["address"], account.address.to_string());
        assert_eq!(printed["private_key"], account.private_key.as_ref().unwrap().0.to_string());
    }

    running.signal("TERM");
    let ended = running.end();
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (Some(0), "", ""));
    assert!(!out.exists());
    assert_nothing_left(port);
}

#[tokio::test]
async fn anvil_devnet_leaves_nothing_running_when_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (port, out) = (port(), folder.path().join("devnet.toml"));
    let (running, _) = start(port, &out, &["--preset", "hardened"]);
    assert_eq!(check_chain(&read(&out), port).await, Parameters::HARDENED);
    running.signal("KILL");
    assert_eq!(running.end().code, None);
    assert_nothing_left_soon(port);

    // What it could not remove is a devnet's file, which the next one may overwrite.
    assert!(out.exists());
    let (running, _) = start(port, &out, &[]);
    assert_eq!(check_chain(&read(&out), port).await, Parameters::LIVE);
    running.signal("INT");
    assert_eq!(running.end().code, Some(0));
    assert!(!out.exists());
}

#[test]
fn anvil_devnet_ends_with_whoever_started_it() {
    let folder = tempfile::tempdir().unwrap();
    let (port, out) = (port(), folder.path().join("devnet.toml"));
    let direct = devnet(port, &out, &[]);
    let mut script = Command::new("sh");
    // With something left to do, the shell waits rather than become the command.
    script.args(["-c", r#""$0" "$@"; true"#]).arg(direct.get_program()).args(direct.get_args());
    script.current_dir(repository()).stdin(Stdio::null());
    let running = Running::start(script);
    running.wait_for("Stop with Ctrl-C.");
    running.signal("KILL");
    // Its output closes only when the orphan has ended as well.
    assert_eq!(running.end().code, None);
    assert!(!out.exists());
    assert_nothing_left(port);
}

#[test]
fn anvil_devnet_ends_with_its_chain() {
    let folder = tempfile::tempdir().unwrap();
    let (port, out) = (port(), folder.path().join("devnet.toml"));
    let (running, _) = start(port, &out, &[]);
    kill("KILL", anvil(port));
    let ended = running.end();
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    let stderr = ended.stderr.replace(&port.to_string(), "PORT");
    assert_data_eq!(
        stderr,
        str![[r#"
error: anvil ended (exit status: 137); it wrote last:
    Listening on 127.0.0.1:PORT
...
hint: start again; the state of the chain is gone

"#]]
    );
    assert!(!out.exists());
    assert_nothing_left(port);
}

#[test]
fn anvil_devnet_leaves_the_file_of_a_later_one() {
    let folder = tempfile::tempdir().unwrap();
    let (first_port, second_port, out) = (port(), port(), folder.path().join("devnet.toml"));
    let (first, _) = start(first_port, &out, &[]);
    let (second, _) = start(second_port, &out, &[]);
    first.signal("INT");
    assert_eq!(first.end().code, Some(0));
    assert_eq!(read(&out).rpc_url.unwrap(), format!("http://127.0.0.1:{second_port}"));
    second.signal("INT");
    assert_eq!(second.end().code, Some(0));
    assert!(!out.exists());
}

/// Runs a devnet that cannot start; what it says, without the parts of paths that differ between machines.
fn refused(out: &Path, arguments: &[&str]) -> String {
    let port = port();
    let ended = run(devnet(port, out, arguments));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert_nothing_left(port);
    ended.stderr.replace(&out.display().to_string(), "OUT")
}

#[test]
fn devnet_overwrites_no_other_file() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("mainnet.toml");
    for text in [include_str!("../../../../deployments/mainnet.toml"), "notes = 1\n", ""] {
        fs::write(&out, text).unwrap();
        assert_data_eq!(
            refused(&out, &[]),
            str![[r#"
error: `OUT` exists and is not the deployment file of a devnet
hint: choose another file with --out, or move this one away

"#]]
        );
        assert_eq!(fs::read_to_string(&out).unwrap(), text);
    }
}

#[test]
fn devnet_wants_a_folder_for_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let said = refused(&missing.join("devnet.toml"), &[]).replace(missing.to_str().unwrap(), "FOLDER");
    assert_data_eq!(
        said,
        str![[r#"
error: `FOLDER` is not a folder, so no deployment file can be in it
hint: create it, or choose another file with --out

"#]]
    );
    assert_data_eq!(
        refused(folder.path(), &[]),
        str![[r#"
error: cannot read `OUT`, which is in the way
caused by: Is a directory (os error 21)
hint: choose another file with --out

"#]]
    );
}

#[test]
fn anvil_devnet_says_that_its_file_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("devnet.toml");
    // Where the file is written before it gets its name. Works for every user, unlike a folder's permissions.
    fs::create_dir(folder.path().join("devnet.toml.partial")).unwrap();
    assert_data_eq!(
        refused(&out, &[]),
        str![[r#"
error: cannot write the deployment file `OUT`
caused by: Is a directory (os error 21)
hint: choose another file with --out

"#]]
    );
}

#[test]
fn devnet_has_no_other_parameters_for_alpha() {
    let folder = tempfile::tempdir().unwrap();
    let said = refused(&folder.path().join("devnet.toml"), &["--stack", "alpha", "--preset", "hardened"]);
    assert_data_eq!(
        said,
        str![[r#"
error: the preset `hardened` cannot be had with the stack `alpha`
hint: leave --preset away; the parameters of `alpha` are fixed in its code

"#]]
    );
}

#[test]
fn time_travel_needs_a_chain() {
    for arguments in [["devnet", "mine"].as_slice(), &["devnet", "wait", "7d"]] {
        let port = port().to_string();
        let mut command = btrst(arguments.iter().copied());
        command.env("ETH_RPC_URL", format!("http://user:secret@127.0.0.1:{port}/secret"));
        let ended = run(command);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert_data_eq!(
            ended.stderr.replace(&port, "PORT"),
            str![[r#"
error: no chain answers at `http://127.0.0.1:PORT`
hint: start one with `btrst devnet`, or name its endpoint with --rpc-url

"#]]
        );
    }
}
