//! Who signs: the options of Foundry's tools, and the mistakes that people make with them.

use std::process::Command;

use btrst_devnet::{Flavour, MNEMONIC, Name, Repository};
use serde_json::Value;
use snapbox::{assert_data_eq, str};

use crate::assembly::Assembly;
use crate::program::{Ended, repository, run};

/// Options of the signer, and the environment.
type Given<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)]);

/// A dry run with these options of the signer, in a home folder of its own.
fn dry_run(assembly: &Assembly, options: &[&str], environment: &[(&str, &str)]) -> Ended {
    let mut command = assembly.command("delegate chidi --json");
    command.args(options).env("HOME", assembly.folder.path()).envs(environment.iter().copied());
    run(command)
}

/// Who sends, in a dry run that ends well.
fn sender(ended: &Ended) -> String {
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    document["transaction"]["from"].as_str().unwrap().to_owned()
}

fn refused(ended: &Ended) -> String {
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{}", ended.stderr);
    ended.stderr.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_signers_are_named_as_in_foundry() {
    let assembly = Assembly::open(Flavour::Braintrust, true).await;
    let key_files = assembly.path(".foundry/keystores");
    std::fs::create_dir_all(&key_files).unwrap();
    let cast = Repository::find(repository()).unwrap().tool("cast").unwrap();
    let key = assembly.world.account(Name::Dora).private_key().to_string();
    let made = Command::new(cast)
        .args(["wallet", "import", "dora", "--unsafe-password", "pass word", "--private-key", &key])
        .args(["--keystore-dir".as_ref(), key_files.as_os_str()])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assembly.write("password", "pass word\n");
    let address = |name: Name| assembly.world.address(name).to_string();
    let dora = address(Name::Dora).to_lowercase();

    // Key files: by name and by path, with the password in a file, in the variable that names it, or as it is.
    let good: [Given<'_>; 5] = [
        (&["--account", "dora", "--password-file", "password"], &[]),
        (&["--account", "dora"], &[("ETH_PASSWORD", "password")]),
        (&["--keystore", ".foundry/keystores/dora", "--password", "pass word"], &[]),
        (&["--password-file", "password"], &[("ETH_KEYSTORE_ACCOUNT", "dora")]),
        (&["--private-key", &key], &[]),
    ];
    for (options, environment) in good {
        assert_eq!(sender(&dry_run(&assembly, options, environment)), dora, "{options:?}");
    }
    let from = ["--account", "dora", "--password-file", "password", "--from", &address(Name::Dora)];
    assert_eq!(sender(&dry_run(&assembly, &from, &[])), dora);

    let wrong = dry_run(&assembly, &["--account", "dora", "--password", "password"], &[]);
    assert_data_eq!(
        refused(&wrong).replace(assembly.folder.path().to_str().unwrap(), "HOME"),
        str![[r#"
error: cannot open the key file `HOME/.foundry/keystores/dora`
caused by: [..]
hint: check the file and the password

"#]]
    );
    let other = ["--account", "dora", "--password-file", "password", "--from", &address(Name::Bela)];
    let said = refused(&dry_run(&assembly, &other, &[]));
    let expected =
        format!("error: the key is that of `{}`, not of `{}`\n", address(Name::Dora), address(Name::Bela));
    assert!(said.starts_with(&expected) && said.contains("hint: check --from"), "{said}");
    let missing = dry_run(&assembly, &["--account", "nora", "--password", "x"], &[]);
    assert!(refused(&missing).contains("`cast wallet list` shows the names for --account"));
    // A password where its file belongs is not shown.
    let said = refused(&dry_run(&assembly, &["--account", "dora"], &[("ETH_PASSWORD", "pass word")]));
    assert_data_eq!(
        said,
        str![[r#"
error: cannot read the password file
caused by: No such file or directory (os error 2)
hint: --password-file and ETH_PASSWORD name a file, not the password itself

"#]]
    );

    // Mnemonics: accounts by number and by path.
    assembly.write("words", MNEMONIC);
    let fifth = sender(&dry_run(&assembly, &["--mnemonic", "words", "--mnemonic-index", "5"], &[]));
    assert_eq!(fifth, dora);
    let path = ["--mnemonic-path", "words", "--hd-path", "m/44'/60'/0'/0/5"];
    assert_eq!(sender(&dry_run(&assembly, &path, &[])), dora);
    let first = sender(&dry_run(&assembly, &["--mnemonic-path", "words"], &[]));
    assert_eq!(first, address(Name::Deployer).to_lowercase());
    assert_eq!(sender(&dry_run(&assembly, &["--mnemonic", MNEMONIC], &[])), first);
    let said = refused(&dry_run(&assembly, &["--mnemonic", "secret words that are none"], &[]));
    assert!(said.starts_with("error: the text holds no mnemonic for this account\n"), "{said}");
    assert!(!said.contains("secret"), "{said}");
    assembly.write("few", "test test test");
    let said = refused(&dry_run(&assembly, &["--mnemonic", "few"], &[]));
    assert!(said.starts_with("error: `few` holds no mnemonic for this account\n"), "{said}");

    // Keys that are none are not shown, and of two signers none is taken.
    let said = refused(&dry_run(&assembly, &["--private-key", "0xsecret"], &[]));
    assert!(
        said.starts_with("error: --private-key holds no private key\n") && !said.contains("secret"),
        "{said}"
    );
    let two = dry_run(&assembly, &["--private-key", &key, "--account", "dora"], &[]);
    assert_eq!(two.code, Some(2));
    assert!(two.stderr.contains("cannot be used with"), "{}", two.stderr);
    assert!(refused(&dry_run(&assembly, &[], &[])).contains("nobody signs"));
}
