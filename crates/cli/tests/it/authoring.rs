//! Proposal files without a chain: written from templates and old JSON, checked, and shown.

use std::process::Command;

use serde_json::Value;
use snapbox::{assert_data_eq, str};
use tempfile::TempDir;

use crate::program::{Ended, btrst, repository, run};

const HOLDER: &str = "0xE1F43a543fAe801543A6916C85482F6Ed37F52ae";

/// A folder to write in, and the live deployment for names.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.path().join(name)).unwrap()
    }

    fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = btrst(["proposal"].into_iter().chain(arguments));
        command.current_dir(self.0.path()).env_remove("ETH_RPC_URL");
        command.env("BTRST_DEPLOYMENT", repository().join("deployments/mainnet.toml"));
        command
    }

    fn run<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Ended {
        run(self.command(arguments))
    }
}

#[test]
fn a_transfer_is_written_filled_in_checked_and_shown() {
    let desk = Desk::new();
    let written = desk.run([
        "new",
        "transfer",
        "--to",
        "launch_holder",
        "--amount",
        "25_000btrst",
        "--out",
        "pay.toml",
    ]);
    assert_eq!((written.code, written.stdout.as_str()), (Some(0), "Wrote pay.toml\n"));
    assert_eq!(written.stderr, "2 places to fill in; `btrst proposal lint` lists them\n");

    let open = desk.run(["lint", "pay.toml"]);
    assert_eq!((open.code, open.stderr.as_str()), (Some(1), ""));
    assert_data_eq!(
        open.stdout,
        str![[r#"
pay.toml:14:1: error: `{{why the DAO should do this}}` is not filled in
  hint: write the value in place of `{{why the DAO should do this}}`, braces included
pay.toml:22:1: error: `{{what can go wrong, and what then}}` is not filled in
  hint: write the value in place of `{{what can go wrong, and what then}}`, braces included

"#]]
    );
    let shown = desk.run(["show", "pay.toml"]);
    assert_eq!((shown.code, shown.stdout.as_str()), (Some(2), ""));
    assert_data_eq!(
        shown.stderr,
        str![[r#"
error: cannot use the proposal file `pay.toml`
caused by: line 14, column 1: `{{why the DAO should do this}}` is not filled in
hint: write the value in place of `{{why the DAO should do this}}`, braces included

"#]]
    );

    let text = desk.read("pay.toml").replace("{{why the DAO should do this}}", "Work.");
    desk.write("pay.toml", &text.replace("{{what can go wrong, and what then}}", "None."));
    let clean = desk.run(["lint", "--deny-warnings", "pay.toml"]);
    assert_eq!((clean.code, clean.stdout.as_str()), (Some(0), "1 file checked, no errors\n"));
    let shown = desk.run(["show", "--raw", "pay.toml"]);
    assert_eq!((shown.code, shown.stderr.as_str()), (Some(0), ""));
    assert_data_eq!(
        shown.stdout,
        str![[r#"
Pay 25,000 BTRST to launch_holder

Actions
 1  BTRST.transfer(to = launch_holder, amount = 25,000 BTRST)
    to     0x799ebfABE77a6E34311eeEe9825190B9ECe32824
    value  0 wei
    data   0xa9059cbb000000000000000000000000e1f43a543fae801543a6916c85482f6ed37f52ae00000000000000000000000000000000000000000000054b40b1f852bda00000

Call that proposes it
    to     0x1a0D3d5a43e53510f80F16905Bc96e907A47dD01
    data   0xda95691a[..]

Description

## Why

Work.

## What happens on chain

The treasury sends 25,000 BTRST to `launch_holder`.

## Risks

None.

Payload   0x24926fdf353448cda0d5ee31ef265227caf9cd8d7d9a8214c9e78c71ee24ee85

"#]]
    );
    let document: Value = serde_json::from_str(&desk.run(["show", "pay.toml", "--json"]).stdout).unwrap();
    assert_eq!(document["schema_version"], 1);
    assert_eq!(document["title"], "Pay 25,000 BTRST to launch_holder");
    assert_eq!(document["actions"][0]["signature"], "transfer(address,uint256)");
}

#[test]
fn every_template_is_written_with_places_only_for_what_is_missing() {
    let desk = Desk::new();
    let templates: [&[&str]; 10] = [
        &["transfer"],
        &["grant"],
        &["marketplace-fee"],
        &["category", "--add", "Design"],
        &["member", "--remove", "Muses"],
        &["parameter", "guardian", "--until", "2027-01-31", "--flavour", "braintrust"],
        &["converter-parameters", "--lot", "25_000usdc"],
        &["timelock-delay", "--days", "7"],
        &[
            "call",
            "--contract",
            HOLDER,
            "--function",
            "f(bool,uint8[])",
            "--argument",
            "true",
            "--argument",
            "[1]",
        ],
        &["adoption"],
    ];
    for template in templates {
        let ended = desk.run(["new"].into_iter().chain(template.iter().copied()));
        assert_eq!(ended.code, Some(0), "{template:?}: {}", ended.stderr);
        assert!(ended.stdout.starts_with("# A proposal file."), "{}", ended.stdout);
        desk.write("draft.toml", &ended.stdout);
        let linted = desk.run(["lint", "--json", "draft.toml", "--flavour", "braintrust"]);
        let document: Value = serde_json::from_str(&linted.stdout).unwrap();
        assert_eq!((linted.code, &document["ok"]), (Some(1), &false.into()));
        for finding in document["files"][0]["findings"].as_array().unwrap() {
            let message = finding["message"].as_str().unwrap();
            let open = message.ends_with("is not filled in");
            assert!(open || finding["severity"] == "warning", "{template:?}: {message}");
        }
    }
    let written =
        desk.run(["new", "parameter", "guardian", "--until", "2027-01-31", "--flavour", "braintrust"]);
    assert!(written.stdout.contains("arguments = [[\"{{account}}\", 1801353600]]"), "{}", written.stdout);
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_written() {
    let desk = Desk::new();
    let refused = |arguments: &[&str]| {
        let all = ["new"].into_iter().chain(arguments.iter().copied()).chain(["--out", "draft.toml"]);
        let ended = desk.run(all);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(!desk.0.path().join("draft.toml").exists());
        ended.stderr
    };
    assert_data_eq!(
        refused(&["parameter", "voting-delay", "--blocks", "7200"]),
        str![[r#"
error: GovernorAlpha cannot change its parameters
hint: its parameters are constants of its code; a proposal can adopt another governor

"#]]
    );
    assert_data_eq!(
        refused(&["transfer", "--to", "launch_holdr"]),
        str![[r#"
error: unknown name `launch_holdr`
hint: did you mean `launch_holder`?

"#]]
    );
    assert_data_eq!(
        refused(&["transfer", "--to", "launch_holder", "--amount", "25000"]),
        str![[r#"
error: amount `25000` has no unit
hint: write `25000btrst`, `25000usdc` or `25000ether`

"#]]
    );
    assert_data_eq!(
        refused(&["marketplace-fee", "--percent", "100"]),
        str![[r#"
error: marketplace fee 100 is outside 0 to 99
hint: choose a value from 0 to 99

"#]]
    );
    assert_data_eq!(
        refused(&["parameter", "quorum-votes", "--blocks", "5", "--flavour", "braintrust"]),
        str![[r#"
error: `quorum-votes` takes no --blocks
hint: `btrst proposal new parameter --help` says what each takes

"#]]
    );
}

#[test]
fn an_existing_file_is_never_overwritten() {
    let desk = Desk::new();
    desk.write("mine.toml", "mine");
    desk.write("old.json", &old_json());
    for arguments in [["new", "grant", "--out", "mine.toml"], ["import", "old.json", "--out", "mine.toml"]] {
        let ended = desk.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
        assert_data_eq!(
            ended.stderr,
            str![[r#"
error: `mine.toml` exists
hint: name another file with --out, or move this one away

"#]]
        );
        assert_eq!(desk.read("mine.toml"), "mine");
    }
}

fn old_json() -> String {
    let token = "0x799ebfABE77a6E34311eeEe9825190B9ECe32824";
    format!(
        r#"{{
  "targets": ["{token}"],
  "values": ["0"],
  "signatures": ["transfer(address,uint256)"],
  "parameters": {{ "types": ["address", "uint256"], "values": ["{HOLDER}", "25000000000000000000000"] }},
  "description": "Pay 25,000 BTRST to launch_holder\nFor work."
}}"#
    )
}

#[test]
fn old_json_becomes_a_file_that_is_clean() {
    let desk = Desk::new();
    desk.write("old.json", &old_json());
    let ended = desk.run(["import", "old.json", "--out", "new.toml"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    assert_data_eq!(
        desk.read("new.toml"),
        str![[r#"
# A proposal file. Voters review it like code; its text and its calls go to the chain unchanged.
#
# `description` is Markdown, and its first line is the title. Each `[[actions]]` is one call that the treasury (the
# time lock) makes when the proposal is executed: in this order, all of them or none, at most ten.

description = """
# Pay 25,000 BTRST to launch_holder
For work."""

[[actions]]
contract = "btrst"
function = "transfer(address,uint256)"
arguments = ["launch_holder", "25000btrst"]

"#]]
    );
    assert_eq!(desk.run(["lint", "--deny-warnings", "new.toml"]).code, Some(0));

    desk.write("old.json", &old_json().replace("\"0\"", "0.5"));
    let ended = desk.run(["import", "old.json"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert_data_eq!(
        ended.stderr,
        str![[r#"
error: cannot import `old.json`
caused by: action 1: unexpected value `0.5`
hint: write a text, `true`, `false`, a whole number below 2^53, a larger one in quotes, or a list of these

"#]]
    );
}

#[test]
fn several_files_are_checked_at_once() {
    let desk = Desk::new();
    let file = |description: &str, fee: u8| {
        format!(
            "description = \"{description}\"\n[[actions]]\ncontract = \"governance_decisions\"\n\
             function = \"setMarketplaceFee(uint8)\"\narguments = [{fee}]\n"
        )
    };
    desk.write("good.toml", &file("# Set the fee to 12%", 12));
    desk.write("silent.toml", &file("# Set the fee", 12));
    desk.write("bad.toml", &file("# Set\\u202e the fee to 100%", 100));
    let ended = desk.run(["lint", "good.toml", "silent.toml"]);
    assert_eq!(ended.code, Some(0), "warnings alone are no errors");
    assert_eq!(desk.run(["lint", "--deny-warnings", "silent.toml"]).code, Some(1));
    let ended = desk.run(["lint", "good.toml", "silent.toml", "bad.toml"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""));
    assert_data_eq!(
        ended.stdout,
        str![[r#"
silent.toml:5:14: warning: the description does not name the amount `12`
  hint: voters read the description: say how much it is
bad.toml:1:15: error: character U+202E does not show, or changes how others show
  hint: remove it; voters must see what the chain gets
bad.toml:5:13: error: marketplace fee 100 is outside 0 to 99
  hint: choose a value from 0 to 99

"#]]
    );
    let ended = desk.run(["lint", "good.toml", "missing.toml"]);
    assert_eq!(ended.code, Some(2));
    assert_data_eq!(
        ended.stderr,
        str![[r#"
error: cannot read the proposal file `missing.toml`
caused by: No such file or directory (os error 2)
hint: check the path; the file has to be UTF-8 text

"#]]
    );
}

#[test]
fn intended_effects_go_with_the_file_and_neither_gets_stale_unseen() {
    let desk = Desk::new();
    let arguments = "new transfer --to launch_holder --amount 25_000btrst -o pay.toml --effects";
    let written = desk.run(arguments.split(' '));
    assert_eq!((written.code, written.stdout.as_str()), (Some(0), "Wrote pay.toml\n"), "{}", written.stderr);
    assert!(written.stderr.contains("wrote pay.effects.toml\n"), "{}", written.stderr);
    let manifest = desk.read("pay.effects.toml");
    assert!(manifest.contains("25000000000000000000000") || manifest.contains("25_000"), "{manifest}");
    let line = manifest.lines().find_map(|line| line.split("effects: ").nth(1)).unwrap().trim();
    let filled = desk
        .read("pay.toml")
        .replace("{{why the DAO should do this}}", "Because.")
        .replace("{{what can go wrong, and what then}}", "Nothing.");
    assert!(filled.contains(&format!("effects: {line}")), "{filled}");
    desk.write("pay.toml", &filled);
    let lint = |expected: i32| {
        let ended = desk.run(["lint", "pay.toml"]);
        assert_eq!(ended.code, Some(expected), "{}{}", ended.stdout, ended.stderr);
        ended.stdout
    };
    assert_eq!(lint(0), "1 file checked, no errors\n");

    // Actions that the manifest does not have.
    desk.write("pay.toml", &filled.replace("25_000btrst", "26_000btrst").replace("25,000", "26,000"));
    let said = lint(1);
    assert!(
        said.contains("`pay.effects.toml` lacks what the actions do: 26000000000000000000000 units of btrst"),
        "{said}"
    );
    let refused = desk.run(["submit", "pay.toml", "--from", HOLDER, "--rpc-url", "http://127.0.0.1:1"]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.stderr.starts_with("error: `pay.toml` has 1 error and was not proposed\n"),
        "{}",
        refused.stderr
    );
    // A manifest that the description is not bound to.
    desk.write("pay.toml", &filled);
    let other = format!("{manifest}\n[[writes]]\ncontract = \"governor\"\nslot = \"any\"\n");
    desk.write("pay.effects.toml", &other);
    let said = lint(1);
    assert!(
        said.contains("is another manifest\n  hint: read the manifest, and write `effects: 0x"),
        "{said}"
    );
    // No line at all, then no manifest at all.
    desk.write("pay.effects.toml", &manifest);
    desk.write("pay.toml", &filled.replace(&format!("effects: {line}"), ""));
    let said = lint(0);
    assert!(said.contains("warning: the description is not bound to `pay.effects.toml`"), "{said}");
    std::fs::remove_file(desk.0.path().join("pay.effects.toml")).unwrap();
    desk.write("pay.toml", &filled);
    let said = lint(0);
    assert!(said.contains("bound to effects, and there is no `pay.effects.toml`"), "{said}");

    // Either both files are written or none.
    desk.write("other.effects.toml", "");
    let refused = desk.run([
        "new",
        "transfer",
        "--to",
        "launch_holder",
        "--amount",
        "1btrst",
        "-o",
        "other.toml",
        "--effects",
    ]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.starts_with("error: `other.effects.toml` exists\n"), "{}", refused.stderr);
    assert!(!desk.0.path().join("other.toml").exists());

    // What is not filled in has no effects yet.
    let open = desk.run(["new", "transfer", "-o", "open.toml", "--effects"]);
    assert_eq!((open.code, open.stdout.as_str()), (Some(2), ""));
    assert!(!desk.0.path().join("open.toml").exists());
}
