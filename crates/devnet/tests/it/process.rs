//! anvil is there exactly as long as its owner.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use btrst_devnet::{Anvil, AnvilOptions, Chain, Error, Repository, World, WorldOptions};

use crate::repository;

/// Whether the process exists; a zombie that its parent has yet to reap does not count.
fn is_running(process: u32) -> bool {
    let output = Command::new("ps").args(["-o", "stat=", "-p", &process.to_string()]).output().unwrap();
    let state = String::from_utf8(output.stdout).unwrap();
    !state.trim().is_empty() && !state.trim_start().starts_with('Z')
}

/// Whether the process is gone soon.
fn is_gone_soon(process: u32) -> bool {
    let deadline = Instant::now() + Duration::from_secs(5);
    while is_running(process) {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    true
}

#[tokio::test]
async fn anvil_is_gone_after_drop() {
    let anvil = Anvil::start(&repository(), &AnvilOptions::default()).await.unwrap();
    let (process, port) = (anvil.process_id(), anvil.port());
    let chain = anvil.chain().clone();
    assert!(is_running(process));
    drop(anvil);
    assert!(!is_running(process), "drop returns when anvil is gone");
    assert!(TcpListener::bind(("127.0.0.1", port)).is_ok());

    let error = chain.mine(1).await.unwrap_err();
    assert!(
        matches!(&error, Error::ChainDisappeared { url, .. } if *url == format!("http://127.0.0.1:{port}"))
    );
    assert!(error.hint().is_some());
}

/// Tells `parent_of_an_anvil` that it is started as the parent and not as a test.
const PARENT: &str = "BTRST_TEST_PARENT_OF_AN_ANVIL";

/// Not a test by itself: the process that `anvil_is_gone_after_its_parent_was_killed` kills.
#[tokio::test]
#[ignore = "started by another test"]
async fn parent_of_an_anvil() {
    if std::env::var_os(PARENT).is_none() {
        return;
    }
    let anvil = Anvil::start(&repository(), &AnvilOptions::default()).await.unwrap();
    println!("anvil is {}", anvil.process_id());
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn anvil_is_gone_after_its_parent_was_killed() {
    // The first leaves the parent no chance to do anything; the second is a Ctrl-C.
    for signal in ["-KILL", "-INT", "-TERM"] {
        let mut parent = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "process::parent_of_an_anvil", "--nocapture"])
            .env(PARENT, "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(parent.stdout.take().unwrap()).lines().map_while(Result::ok);
        let announced = lines.find_map(|line| Some(line.split_once("anvil is ")?.1.parse().unwrap()));
        let process: u32 = announced.expect("the parent starts anvil");
        assert!(is_running(process));

        assert!(Command::new("kill").args([signal, &parent.id().to_string()]).status().unwrap().success());
        assert!(!parent.wait().unwrap().success());
        assert!(is_gone_soon(process), "anvil outlived its parent, which got {signal}");
    }
}

#[tokio::test]
async fn anvil_that_dies_is_noticed() {
    let mut anvil = Anvil::start(&repository(), &AnvilOptions::default()).await.unwrap();
    let killed = Command::new("kill").args(["-KILL", &anvil.process_id().to_string()]).status().unwrap();
    assert!(killed.success());
    let error = tokio::time::timeout(Duration::from_secs(5), anvil.died()).await.unwrap();
    assert!(matches!(&error, Error::AnvilDied { output, .. } if !output.is_empty()), "{error}");
    assert!(error.to_string().contains("137"), "{error}");
}

/// Process id of the anvil that listens on `port`. Its watchdog has the same arguments, but another name.
fn anvil_on(port: u16) -> Option<u32> {
    let output = Command::new("ps").args(["-eo", "pid=,args="]).output().unwrap();
    let option = format!("--port {port} ");
    String::from_utf8(output.stdout).unwrap().lines().find_map(|line| {
        let (id, command) = line.trim_start().split_once(' ')?;
        let is_anvil = command.split(' ').next()?.ends_with("/anvil") && command.contains(&option);
        is_anvil.then(|| id.parse().unwrap())
    })
}

#[tokio::test]
async fn anvil_that_dies_during_seeding_is_the_error() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let anvil = AnvilOptions { port, ..AnvilOptions::default() };
    let options = WorldOptions { anvil, ..WorldOptions::default() };
    let seeding = tokio::spawn(async move { World::start(&repository(), &options).await });

    // The first blocks are the deployments; the market's history of hundreds is still to come.
    let chain = Chain::connect(&format!("http://127.0.0.1:{port}")).unwrap();
    while !matches!(chain.block_number().await, Ok(1..)) {
        assert!(!seeding.is_finished(), "seeding ended before its first block was seen");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let process = anvil_on(port).expect("anvil runs on the port it was given");
    assert!(Command::new("kill").args(["-KILL", &process.to_string()]).status().unwrap().success());

    let error = tokio::time::timeout(Duration::from_secs(20), seeding).await.unwrap().unwrap().unwrap_err();
    assert!(matches!(&error, Error::AnvilDied { output, .. } if !output.is_empty()), "{error}");
    assert!(error.to_string().contains("137"), "{error}");
    assert_eq!(error.hint().as_deref(), Some("start again; the state of the chain is gone"));
}

#[tokio::test]
async fn anvil_names_the_port_that_is_in_use() {
    let occupant = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = occupant.local_addr().unwrap().port();
    let options = AnvilOptions { port, ..AnvilOptions::default() };
    let error = Anvil::start(&repository(), &options).await.unwrap_err();
    assert!(matches!(error, Error::PortInUse(number) if number == port), "{error}");
    let hint = error.hint().unwrap();
    assert!(hint.contains(&port.to_string()) && hint.contains("another port"), "{hint}");

    drop(occupant);
    let anvil = Anvil::start(&repository(), &options).await.unwrap();
    assert_eq!(anvil.port(), port);
}

/// A repository whose `script/tool` is the real one and whose anvil is the shell script `anvil`.
fn repository_with_anvil(anvil: &str) -> (tempfile::TempDir, Repository) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::create_dir(root.join("script")).unwrap();
    for file in ["package.json", "script/tool"] {
        std::fs::copy(repository().root().join(file), root.join(file)).unwrap();
    }
    let real = repository().tool("anvil").unwrap();
    let relative = real.strip_prefix(repository().root()).expect("npm's anvil is inside the repository");
    let path = root.join(relative);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, format!("#!/bin/sh\n{anvil}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let repository = Repository::find(root).unwrap();
    (folder, repository)
}

#[tokio::test]
async fn anvil_of_another_version_is_refused() {
    let (_folder, repository) = repository_with_anvil("echo 'anvil Version: 0.2.0'");
    let error = Anvil::start(&repository, &AnvilOptions::default()).await.unwrap_err();
    assert!(matches!(error, Error::Tool { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains("is anvil 0.2.0, but 1.7.1 is pinned"), "{message}");
    assert!(error.hint().unwrap().contains("npm ci"));
}

#[tokio::test]
async fn anvil_that_fails_to_start_is_quoted() {
    let script =
        "case $1 in --version) echo 'anvil Version: 1.7.1' ;; *) echo 'out of luck' >&2; exit 7 ;; esac";
    let (_folder, repository) = repository_with_anvil(script);
    let error = Anvil::start(&repository, &AnvilOptions::default()).await.unwrap_err();
    assert!(
        matches!(&error, Error::AnvilDied { output, .. } if output.contains(&"out of luck".into())),
        "{error}"
    );
}

#[tokio::test]
async fn anvil_that_loses_the_port_at_the_last_moment_is_understood() {
    let script = "case $1 in --version) echo 'anvil Version: 1.7.1' ;; \
                  *) echo 'Error: Address already in use (os error 98)' >&2; exit 1 ;; esac";
    let (_folder, repository) = repository_with_anvil(script);
    let options = AnvilOptions { port: 18_545, ..AnvilOptions::default() };
    let error = Anvil::start(&repository, &options).await.unwrap_err();
    assert!(matches!(error, Error::PortInUse(18_545)), "{error}");
}
