//! Values that are mistyped, too large or of another kind: each is named, with a way out, and nothing is sent.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::Stdio;

use axum::Router;
use axum::routing::post;
use btrst_devnet::{Flavour, Name};
use snapbox::{assert_data_eq, str};

use crate::assembly::Assembly;
use crate::program::{btrst, run};

fn refused(arguments: &str) -> String {
    let ended = run(btrst(arguments.split_whitespace()));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments}: {}", ended.stderr);
    ended.stderr
}

#[test]
fn a_sender_whose_capitals_are_wrong_is_not_another_account() {
    let said =
        refused("delegate self --from 0x742d35Cc6634C0532925a3b844Bc454e4438f44E --deployment none.toml");
    assert_data_eq!(
        said,
        str![[r#"
error: invalid value '0x742d35Cc6634C0532925a3b844Bc454e4438f44E' for '--from <ADDRESS>': its capitals are not those of its checksum; if all digits are right, write `0x742d35Cc6634C0532925a3b844Bc454e4438f44e`

For more information, try '--help'.

"#]]
    );
}

#[test]
fn numbers_that_cannot_be_are_named_by_their_option() {
    let table = [
        ("--gas-price -1", "invalid value '-1' for '--gas-price <GWEI>': write it as gwei, such as `1.5`"),
        ("--gas-price 1e9", "invalid value '1e9' for '--gas-price <GWEI>'"),
        ("--priority-gas-price -1", "invalid value '-1' for '--priority-gas-price <GWEI>'"),
        ("--gas-price 999999999999999999999999999999", "the price is too large"),
        ("--gas-estimate-multiplier 99", "99 is not in 100..=1000"),
        ("--nonce 18446744073709551616", "number too large to fit in target type"),
    ];
    for (options, expected) in table {
        let said = refused(&format!("delegate self {options} --deployment none.toml"));
        assert!(said.contains(expected), "{options}: {said}");
    }
    assert_data_eq!(
        refused("proposal show 18446744073709551616 --deployment none.toml"),
        str![[r#"
error: there is no proposal 18446744073709551616
hint: `btrst proposal list` shows those that there are

"#]]
    );
}

#[test]
fn files_of_another_kind_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("binary", &[0xff, 0x1b, b'[', b'2', b'J', 0]);
    write("empty", b"");
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    for name in ["binary", "empty", "folder", "missing"] {
        for command in [
            "votes amara --deployment FILE",
            "proposal show FILE --deployment deployments/mainnet.toml",
            "proposal relay FILE --from 0x742d35Cc6634C0532925a3b844Bc454e4438f44e --deployment deployments/mainnet.toml",
            "delegate --relay FILE --from 0x742d35Cc6634C0532925a3b844Bc454e4438f44e --deployment deployments/mainnet.toml",
            "deploy FILE",
            "fees invoice FILE --percent 10 --deployment deployments/mainnet.toml",
            "delegate self --keystore FILE --password x --deployment deployments/mainnet.toml",
            "delegate self --mnemonic FILE --deployment deployments/mainnet.toml",
        ] {
            let path = folder.path().join(name);
            let mut words: Vec<_> = command.split_whitespace().collect();
            for word in words.iter_mut().filter(|word| **word == "FILE") {
                *word = path.to_str().unwrap();
            }
            let ended = run(btrst(words));
            assert_eq!(
                (ended.code, ended.stdout.as_str()),
                (Some(2), ""),
                "{command} {name}: {}",
                ended.stderr
            );
            assert!(ended.stderr.starts_with("error: "), "{command} {name}: {}", ended.stderr);
            assert!(ended.stderr.contains("\nhint: "), "{command} {name}: {}", ended.stderr);
            assert!(!ended.stderr.contains('\u{1b}'), "{command} {name}: {}", ended.stderr);
        }
    }
}

#[test]
fn names_that_are_no_text_are_no_panic() {
    for arguments in [
        ["votes", "amara", "--deployment"],
        ["proposal", "relay", "--deployment"],
        ["fees", "invoice", "--percent"],
    ] {
        let mut command = btrst(arguments);
        command.arg(OsStr::from_bytes(b"\xff\xfe.toml"));
        let ended = run(command);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ended.stderr.starts_with("error: "), "{}", ended.stderr);
    }
}

#[test]
fn help_that_cannot_be_written_is_a_failure() {
    for arguments in [["--help"], ["--version"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let status = btrst(arguments).stdout(full).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(2), "{arguments:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_what_is_not_the_chain_of_the_contracts_is_named() {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    let url = assembly.world.chain().url();
    // A page of a router, where an endpoint was meant.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let page = format!("http://{}", listener.local_addr().unwrap());
    let routes = Router::new().route("/", post(async || "<html><body>Welcome, secret</body></html>"));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let said = assembly.failed(&format!("params -r {page}"));
    assert!(
        said.starts_with("error: the endpoint does not name its chain: the answer makes no sense: "),
        "{said}"
    );
    assert!(!said.contains("secret"), "{said}");
    // Nobody there, not the right chain, and no contract at the address.
    let said = assembly.failed("params -r http://127.0.0.1:1");
    assert!(said.contains("Connection refused") && said.contains("hint: check the endpoint"), "{said}");
    let mainnet = crate::program::repository().join("deployments/mainnet.toml");
    let said = assembly.failed(&format!("params -r {url} --deployment {}", mainnet.display()));
    assert!(said.starts_with("error: the endpoint serves chain 31337, `mainnet` is on chain 1\n"), "{said}");
    let governor = assembly.world.contracts().governor.to_string();
    let nobody = "0x000000000000000000000000000000000000dEaD";
    assembly.write("empty.toml", &assembly.read("devnet.toml").replace(&governor, nobody));
    let said = assembly.failed("params --deployment empty.toml");
    assert!(said.contains("might not be a contract"), "{said}");
    assert!(
        said.contains("hint: check the endpoint, and that the deployment belongs to its chain"),
        "{said}"
    );

    // A limit that cannot be enough costs gas and does nothing.
    let before = assembly.nonce(Name::Dora).await;
    let said = assembly.run("delegate chidi --gas-limit 30000 --private-key-env dora --broadcast").stderr;
    let expected = format!("error: `delegate votes to {}` needs ", assembly.world.address(Name::Chidi));
    assert!(said.starts_with(&expected) && said.contains(" gas, more than the limit of 30,000\n"), "{said}");
    assert!(said.ends_with("hint: raise --gas-limit, or leave it out\n"), "{said}");
    assert_eq!(assembly.nonce(Name::Dora).await, before);
}
