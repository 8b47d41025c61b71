//! The guide, followed word for word.
//!
//! Every `console` block of a page is typed into one shell, in an empty folder, in the order of the page. A block that
//! is marked `background` starts what stays up, and is waited for until it has printed what the page shows. What the
//! page shows of the other commands must come, with `[..]` for a part of a line and `...` for lines that differ.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use snapbox::filter::Redactions;
use tempfile::TempDir;

use crate::program::{Running, port, repository, run};

/// A command of a page, and what the page shows of its output.
#[derive(Debug)]
struct Step {
    command: String,
    shown: String,
    background: bool,
    line: usize,
}

/// The commands of the `console` blocks of `page`.
fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut block = None;
    for (line, text) in (1..).zip(page.lines()) {
        match (block, text.strip_prefix("```")) {
            (None, Some(kind)) if kind.starts_with("console") => block = Some(kind.contains("background")),
            (None, Some(_)) => block = Some(false).filter(|_| false),
            (Some(_), Some(_)) => block = None,
            (Some(background), None) => match text.strip_prefix("$ ") {
                Some(command) => {
                    let (command, shown) = (command.to_owned(), String::new());
                    steps.push(Step { command, shown, background, line });
                }
                None => match steps.last_mut() {
                    // What a shell asks for with its second prompt.
                    Some(step) if step.shown.is_empty() && text.starts_with('>') => {
                        let typed = text.strip_prefix("> ").unwrap_or_default();
                        let _ = write!(step.command, "\n{typed}");
                    }
                    Some(step) => {
                        let _ = writeln!(step.shown, "{text}");
                    }
                    None => panic!("line {line}: output before the first command"),
                },
            },
            (None, None) => {}
        }
    }
    steps
}

/// A shell in a folder of its own, with `btrst` on its path.
struct Shell {
    home: TempDir,
    /// Ports that the pages name, and free ones to use here instead.
    ports: [(&'static str, String); 3],
    /// What was typed so far and changes the shell itself.
    state: String,
    background: Vec<Running>,
}

impl Shell {
    fn new() -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            ports: ["8545", "8547", "9464"].map(|named| (named, port().to_string())),
            state: String::new(),
            background: Vec::new(),
        }
    }

    fn here(&self, text: &str) -> String {
        self.ports.iter().fold(text.to_owned(), |text, (named, port)| text.replace(named, port))
    }

    fn bash(&self, script: &str) -> Command {
        let program = Path::new(env!("CARGO_BIN_EXE_btrst")).parent().unwrap();
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        let mut bash = Command::new("bash");
        bash.args(["-c", script]).current_dir(self.home.path()).env_clear();
        bash.env("PATH", path)
            .env("HOME", self.home.path())
            .env("TZ", "UTC")
            .env("BTRST_REPOSITORY", repository());
        bash
    }

    fn type_in(&mut self, step: &Step) {
        let command = self.here(&step.command);
        let place = format!("line {}: `{}`", step.line, step.command);
        if step.background {
            let running = Running::start(self.bash(&format!("{}exec {command}", self.state)));
            let last =
                step.shown.lines().last().unwrap_or_else(|| panic!("{place} shows nothing to wait for"));
            // The part of the line that says what it is.
            let part = last.split("[..]").max_by_key(|part| part.len()).unwrap();
            running.wait_for(&self.here(part));
            self.background.push(running);
            return;
        }
        let ended = run(self.bash(&format!("{}{command}", self.state)));
        let expected_code = if step.shown.trim_end().ends_with("(exit code 1)") { 1 } else { 0 };
        assert_eq!(ended.code, Some(expected_code), "{place}\n{}\n{}", ended.stdout, ended.stderr);
        if ["export ", "cd "].iter().any(|start| command.starts_with(start)) {
            let _ = writeln!(self.state, "{command}");
        }
        let shown = self.here(&step.shown).replace("(exit code 1)\n", "");
        if !shown.is_empty() {
            let expected = snapbox::Data::text(shown);
            let actual = snapbox::Data::text(ended.stdout.clone());
            let same = snapbox::Assert::new().redact_with(Redactions::new()).try_eq(None, actual, expected);
            if let Err(difference) = same {
                panic!("{place}\n{difference}\n{}\n{}", ended.stdout, ended.stderr);
            }
        }
    }
}

/// Follows the page `docs/guide/<name>.md`.
fn follow(name: &str) {
    let page = std::fs::read_to_string(repository().join("docs/guide").join(name)).unwrap();
    let steps = steps(&page);
    assert!(!steps.is_empty(), "{name} has no commands");
    let mut shell = Shell::new();
    for step in &steps {
        shell.type_in(step);
    }
}

#[test]
fn the_guide_installs() {
    follow("install.md");
}

#[test]
fn anvil_the_guide_operates_the_keeper() {
    follow("keeper.md");
}

#[test]
fn anvil_the_guide_deploys() {
    follow("deploy.md");
}

#[test]
fn anvil_the_guide_makes_a_first_proposal() {
    follow("first-proposal.md");
}

#[test]
fn anvil_the_guide_checks_a_proposal() {
    follow("checking.md");
}

#[test]
fn anvil_the_guide_votes() {
    follow("voting.md");
}

#[test]
fn anvil_the_guide_casts_offline_ballots() {
    follow("offline-ballots.md");
}

#[test]
fn anvil_the_guide_approves_off_chain() {
    follow("off-chain-approval.md");
}

#[test]
fn anvil_the_guide_adopts_the_suite() {
    follow("adopting.md");
}
