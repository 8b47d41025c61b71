//! What the command says about itself, and wrong usage.

use std::process::Command;

use snapbox::{assert_data_eq, str};

use crate::program::{Running, btrst, run};

#[test]
fn the_version_is_the_packages() {
    let ended = run(btrst(["--version"]));
    assert_eq!(ended.code, Some(0));
    assert_eq!(ended.stdout, format!("btrst {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_help_has_examples_that_are_accepted() {
    let commands = [
        "",
        "demo",
        "devnet",
        "completions",
        "proposal",
        "proposal new",
        "proposal import",
        "proposal lint",
        "proposal show",
        "proposal list",
        "proposal watch",
        "votes",
        "treasury",
        "timelock",
        "params",
        "fees",
        "fees invoice",
        "fees prove",
        "fees check-proof",
        "fees deposit",
        "fees quote",
        "fees convert",
        "fees keeper",
        "fees report",
        "snapshot",
        "snapshot propose",
        "snapshot vote",
        "snapshot cancel",
        "snapshot results",
        "snapshot votes",
        "snapshot audit",
        "snapshot hub",
    ];
    for command in commands {
        let arguments = command.split_whitespace().chain(["--help"]);
        let ended = run(btrst(arguments));
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{command}");
        let (_, examples) = ended.stdout.split_once("Examples:\n").expect("examples");
        let examples: Vec<_> = examples.lines().map_while(|line| line.strip_prefix("  btrst ")).collect();
        assert!(!examples.is_empty(), "{command}");
        for example in examples {
            // The comment is set off by spaces; `--help` makes the command check its arguments and do nothing.
            let example = example.split("  ").next().unwrap().split(['>', '|', '&']).next().unwrap();
            assert!(example.starts_with(command), "{example}");
            let ended = run(btrst(words(example).into_iter().chain(["--help"])));
            assert_eq!(ended.code, Some(0), "{example}: {}", ended.stderr);
        }
    }
}

/// The words of a command as a shell splits them, where nothing but a whole word is in quotes.
fn words(command: &str) -> Vec<&str> {
    let parts = command.split('\'').zip([false, true].into_iter().cycle());
    parts
        .flat_map(|(part, quoted)| if quoted { vec![part] } else { part.split_whitespace().collect() })
        .collect()
}

#[test]
fn without_arguments_the_help_is_shown() {
    let ended = run(btrst([]));
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("Usage: btrst"), "{}", ended.stderr);
}

#[test]
fn completions_are_what_each_shell_wants() {
    for (shell, start) in
        [("bash", "_btrst() {"), ("zsh", "#compdef btrst"), ("fish", "# Print an optspec for argparse")]
    {
        let ended = run(btrst(["completions", shell]));
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{shell}");
        assert!(ended.stdout.starts_with(start), "{shell}: {}", &ended.stdout[..80]);
        for word in ["demo", "devnet", "completions", "hardened"] {
            assert!(ended.stdout.contains(word), "{shell} does not complete {word}");
        }
    }
}

#[test]
fn completions_come_as_a_document_too() {
    let ended = run(btrst(["completions", "fish", "--json"]));
    let document: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&document["schema_version"], &document["shell"]), (&1.into(), &"fish".into()));
    let script = document["script"].as_str().unwrap();
    assert_eq!(script.trim_end(), run(btrst(["completions", "fish"])).stdout.trim_end());
}

#[test]
fn bash_reads_its_completions() {
    // From a file: the script is longer than an argument may be.
    let script = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(script.path(), run(btrst(["completions", "bash"])).stdout).unwrap();
    assert!(Command::new("bash").arg("-n").arg(script.path()).status().unwrap().success());
}

#[test]
fn an_unknown_command_is_refused() {
    let ended = run(btrst(["tresury"]));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert_data_eq!(
        ended.stderr,
        str![[r#"
error: unrecognized subcommand 'tresury'

  tip: a similar subcommand exists: 'treasury'

Usage: btrst [OPTIONS] <COMMAND>

For more information, try '--help'.

"#]]
    );
}

#[test]
fn an_unknown_flag_is_refused() {
    let ended = run(btrst(["demo", "--jsn"]));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert_data_eq!(
        ended.stderr,
        str![[r#"
error: unexpected argument '--jsn' found

  tip: a similar argument exists: '--json'

Usage: btrst demo --json

For more information, try '--help'.

"#]]
    );
}

#[test]
fn a_port_beyond_the_last_is_refused() {
    let ended = run(btrst(["devnet", "--port", "65536"]));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert_data_eq!(
        ended.stderr,
        str![[r#"
error: invalid value '65536' for '--port <PORT>': 65536 is not in 0..=65535

For more information, try '--help'.

"#]]
    );
}

#[test]
fn no_color_is_honoured() {
    for arguments in [["demo", "--jsn"], ["demo", "--help"]] {
        let coloured = |no_color| {
            let mut command = btrst(arguments);
            command.env("CLICOLOR_FORCE", "1").env_remove("NO_COLOR");
            if no_color {
                command.env("NO_COLOR", "1");
            }
            let ended = run(command);
            (ended.stdout + &ended.stderr).contains('\u{1b}')
        };
        assert!(coloured(false), "otherwise there is nothing to honour");
        assert!(!coloured(true));
    }
}

#[test]
fn a_reader_that_has_left_gets_no_error() {
    let mut running = Running::start(btrst(["completions", "fish"]));
    running.close_stdout();
    let ended = running.end();
    // Depending on how much the pipe took before it was closed.
    assert!(matches!(ended.code, Some(0 | 2)), "{ended:?}");
    assert_eq!(ended.stderr, "");
}
