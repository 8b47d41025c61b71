//! `make forge-test` fails when a contract test fails. npm's launcher of forge exits 0 then, so this is not a matter
//! of course.

use std::process::Command;

use crate::{Ended, repository, run};

/// Runs the recipe on the suite `name` among the fixtures instead of on the contracts.
fn forge_test(name: &str, variables: &[(&str, &str)]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let suite = format!("crates/xtask/tests/fixtures/{name}");
    let mut make = Command::new("make");
    // The recipe alone: installing packages is not what is tested.
    make.args(["--old-file", "node_modules/.package-lock.json", "forge-test"])
        .current_dir(repository())
        .env("FOUNDRY_SRC", folder.path().join("src"))
        .env("FOUNDRY_SCRIPT", folder.path().join("script"))
        .env("FOUNDRY_TEST", suite)
        .env("FOUNDRY_OUT", folder.path().join("out"))
        .env("FOUNDRY_CACHE_PATH", folder.path().join("cache"));
    run(&mut make, variables)
}

#[test]
fn a_failing_suite_fails_the_command() {
    let ended = forge_test("failing-suite", &[]);
    assert_ne!(ended.code, Some(0));
    assert!(ended.stdout.contains("test_twoIsOne"), "{ended:?}");
    assert!(ended.stdout.contains("0 tests passed, 1 failed"), "{ended:?}");
}

#[test]
fn a_passing_suite_does_not() {
    let ended = forge_test("passing-suite", &[]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("1 tests passed, 0 failed"), "{ended:?}");
}

#[test]
fn a_missing_forge_fails_the_command() {
    let ended = forge_test("passing-suite", &[("BTRST_FORGE", "/nonexistent/forge")]);
    assert_ne!(ended.code, Some(0));
    assert!(ended.stderr.contains("error: BTRST_FORGE names `/nonexistent/forge`"), "{ended:?}");
    assert!(ended.stderr.contains("hint: "), "{ended:?}");
}
