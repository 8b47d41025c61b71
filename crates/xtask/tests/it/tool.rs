//! `script/tool`: which binary runs, or why none does.

use std::path::Path;
use std::process::Command;

use crate::{Ended, checkout_without_packages, executable, pinned, repository, run};

const USAGE: &str = "hint: usage: script/tool forge|cast|anvil|solc\n";

fn tool(root: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
    // Wherever it is called from.
    run(Command::new(root.join("script/tool")).args(arguments).current_dir("/"), variables)
}

fn assert_refused(ended: &Ended, message: &str) {
    assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (Some(2), "", message));
}

#[test]
fn native_tools_of_npm_are_found() {
    for name in ["forge", "cast", "anvil"] {
        let ended = tool(repository(), &[name], &[]);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        let path = Path::new(ended.stdout.trim_end());
        assert!(path.starts_with(repository().join("node_modules/@foundry-rs")), "{ended:?}");
        let version = run(Command::new(path).arg("--version"), &[]).stdout;
        assert!(version.contains(&pinned(&format!("@foundry-rs/{name}"))), "{version}");
    }
    let ended = tool(repository(), &["solc"], &[]);
    assert_eq!(Path::new(ended.stdout.trim_end()), repository().join("script/solc"));
}

#[test]
fn wrong_usage_is_refused() {
    assert_refused(&tool(repository(), &["hammer"], &[]), &format!("error: unknown tool `hammer`\n{USAGE}"));
    let none = tool(repository(), &[], &[]);
    assert_refused(&none, &format!("error: expected one tool name, got 0\n{USAGE}"));
    let two = tool(repository(), &["forge", "cast"], &[]);
    assert_refused(&two, &format!("error: expected one tool name, got 2\n{USAGE}"));
}

#[test]
fn a_tool_that_is_not_installed_is_named() {
    let checkout = checkout_without_packages();
    let root = checkout.path().canonicalize().unwrap();
    let ended = tool(&root, &["cast"], &[]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    let looked_for = root.join("node_modules/@foundry-rs/cast-");
    let start = format!(
        "error: cast {} is not installed (looked for {}",
        pinned("@foundry-rs/cast"),
        looked_for.display()
    );
    assert!(ended.stderr.starts_with(&start), "{}", ended.stderr);
    assert!(ended.stderr.contains(&format!("hint: run `npm ci` in {}", root.display())), "{}", ended.stderr);
}

#[test]
fn a_binary_of_ones_own_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    for (name, variable) in [("forge", "BTRST_FORGE"), ("cast", "BTRST_CAST"), ("anvil", "BTRST_ANVIL")] {
        let version = pinned(&format!("@foundry-rs/{name}"));
        let own = executable(folder.path(), name, &format!("echo '{name} Version: {version}-stable'"));
        let ended = tool(repository(), &[name], &[(variable, own.to_str().unwrap())]);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        assert_eq!(Path::new(ended.stdout.trim_end()), own);
    }
}

#[test]
fn a_binary_of_another_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let version = pinned("@foundry-rs/forge");
    let hint = format!(
        "hint: run `npm ci` in {}, or point BTRST_FORGE at forge {version}\n",
        repository().display()
    );
    for (output, found) in [
        ("echo 'forge Version: 1.2.3'", "1.2.3"),
        ("echo hello", "of an unknown version"),
        ("exit 1", "of an unknown version"),
    ] {
        let own = executable(folder.path(), "forge", output);
        let ended = tool(repository(), &["forge"], &[("BTRST_FORGE", own.to_str().unwrap())]);
        let message = format!("error: `{}` is forge {found}, but {version} is pinned\n{hint}", own.display());
        assert_refused(&ended, &message);
    }
}

#[test]
fn a_binary_that_does_not_exist_is_refused() {
    let ended = tool(repository(), &["anvil"], &[("BTRST_ANVIL", "/nonexistent")]);
    let message = format!(
        "error: BTRST_ANVIL names `/nonexistent`, which is not an executable file\n\
         hint: point BTRST_ANVIL at anvil {}, or unset it to use npm's\n",
        pinned("@foundry-rs/anvil")
    );
    assert_refused(&ended, &message);
}
