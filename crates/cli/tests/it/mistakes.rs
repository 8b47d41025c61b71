//! A machine that is not set up, or something in the way: each mistake is named, with a way out.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use snapbox::{assert_data_eq, str};

use crate::program::{assert_nothing_left, btrst, port, repository, run};

/// Runs `btrst demo`, changed by `change`, to its failure; what it says.
fn refused(change: impl FnOnce(&mut Command) -> &mut Command) -> String {
    let port = port();
    let mut command = btrst(["demo", "--quiet", "--port", &port.to_string()]);
    change(&mut command);
    let ended = run(command);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{}", ended.stderr);
    assert_nothing_left(port);
    ended.stderr
}

/// What a checkout has before `npm ci`, in `folder`.
fn skeleton(folder: &Path) {
    fs::create_dir(folder.join("script")).unwrap();
    for file in ["package.json", "script/tool"] {
        fs::copy(repository().join(file), folder.join(file)).unwrap();
    }
    fs::create_dir(folder.join("proposals")).unwrap();
    let proposal = "proposals/marketplace-fee-and-grant.toml";
    fs::copy(repository().join(proposal), folder.join(proposal)).unwrap();
}

/// `text` with `folder` as FOLDER, and without the name that npm has for this machine.
fn portable(text: &str, folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap();
    let text = text.replace(folder.to_str().unwrap(), "FOLDER");
    let system = if cfg!(target_os = "macos") { "darwin" } else { "linux" };
    let machine = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    text.replace(&format!("{system}-{machine}"), "MACHINE")
}

#[test]
fn a_tool_that_does_not_exist() {
    let said = refused(|command| command.env("BTRST_ANVIL", "/nonexistent/anvil"));
    assert_data_eq!(
        said,
        str![[r#"
error: BTRST_ANVIL names `/nonexistent/anvil`, which is not an executable file
hint: point BTRST_ANVIL at anvil 1.7.1, or unset it to use npm's

"#]]
    );
}

#[test]
fn a_tool_of_another_version() {
    let folder = tempfile::tempdir().unwrap();
    let anvil = folder.path().join("anvil");
    fs::write(&anvil, "#!/bin/sh\necho 'anvil Version: 0.2.0-stable'\n").unwrap();
    fs::set_permissions(&anvil, fs::Permissions::from_mode(0o755)).unwrap();
    let said = refused(|command| command.env("BTRST_ANVIL", &anvil));
    let said = portable(&said, folder.path()).replace(repository().to_str().unwrap(), "REPOSITORY");
    assert_data_eq!(
        said,
        str![[r#"
error: `FOLDER/anvil` is anvil 0.2.0, but 1.7.1 is pinned
hint: run `npm ci` in REPOSITORY, or point BTRST_ANVIL at anvil 1.7.1

"#]]
    );
}

#[test]
fn a_port_in_use() {
    let occupant = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = occupant.local_addr().unwrap().port().to_string();
    let ended = run(btrst(["demo", "--quiet", "--port", &port]));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert_data_eq!(
        ended.stderr.replace(&port, "PORT"),
        str![[r#"
error: port PORT is in use
hint: stop what listens on port PORT, or choose another port; 0 takes a free one

"#]]
    );
}

#[test]
fn a_folder_outside_the_repository() {
    let folder = tempfile::tempdir().unwrap();
    let said = refused(|command| command.current_dir(folder.path()));
    assert_data_eq!(
        portable(&said, folder.path()),
        str![[r#"
error: `FOLDER` is not inside the `braintrust-governance` repository
hint: run it inside the repository, or name the repository's folder

"#]]
    );
}

#[test]
fn a_repository_that_does_not_exist() {
    let said = refused(|command| command.args(["--repository", "/nonexistent"]));
    assert_data_eq!(
        said,
        str![[r#"
error: cannot use `/nonexistent`
caused by: No such file or directory (os error 2)
hint: check that it exists and that you may use it

"#]]
    );
}

#[test]
fn a_checkout_without_packages() {
    let folder = tempfile::tempdir().unwrap();
    skeleton(folder.path());
    let said = refused(|command| command.current_dir(folder.path()).env_remove("BTRST_ANVIL"));
    assert_data_eq!(
        portable(&said, folder.path()),
        str![[r#"
error: anvil 1.7.1 is not installed (looked for FOLDER/node_modules/@foundry-rs/anvil-MACHINE/bin/anvil)
hint: run `npm ci` in FOLDER, or point BTRST_ANVIL at anvil 1.7.1

"#]]
    );
}

#[test]
fn anvil_a_checkout_without_the_packages_of_contracts() {
    let folder = tempfile::tempdir().unwrap();
    skeleton(folder.path());
    let anvil = Command::new(repository().join("script/tool")).arg("anvil").output().unwrap();
    let anvil = String::from_utf8(anvil.stdout).unwrap();
    let said = refused(|command| command.current_dir(folder.path()).env("BTRST_ANVIL", anvil.trim()));
    assert_data_eq!(
        portable(&said, folder.path()),
        str![[r#"
error: the compiled contract `FOLDER/node_modules/canonical-weth/build/contracts/WETH9.json` is missing
hint: run `npm ci` in the repository

"#]]
    );
}

#[test]
fn a_proposal_file_that_does_not_exist() {
    let said = refused(|command| command.args(["--proposal", "proposals/none.toml"]));
    assert_data_eq!(
        said,
        str![[r#"
error: cannot read the proposal file `proposals/none.toml`
caused by: No such file or directory (os error 2)
hint: name a file with --proposal, such as `proposals/marketplace-fee-and-grant.toml`

"#]]
    );
}
