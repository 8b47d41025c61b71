//! The committed pages that are written by the program itself.

use std::collections::BTreeSet;

use crate::program::{btrst, repository, run};

#[test]
fn the_reference_is_what_the_program_says() {
    let mut command = btrst(["markdown-help"]);
    // The help of an option shows the value of its variable.
    command.env_clear();
    let page = run(command).stdout;
    let committed = std::fs::read_to_string(repository().join("docs/cli.md")).unwrap();
    assert!(page == committed, "docs/cli.md is not what the program says; `make reference` writes it");
}

#[test]
fn every_command_has_a_manual_page_and_examples() {
    let folder = tempfile::tempdir().unwrap();
    let ended = run(btrst(["man", folder.path().to_str().unwrap()]));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let names = std::fs::read_dir(folder.path()).unwrap();
    let pages: BTreeSet<_> =
        names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    let reference = std::fs::read_to_string(repository().join("docs/cli.md")).unwrap();
    let sections: Vec<&str> = reference.split("\n## ").skip(1).collect();
    assert!(sections.len() > 20, "{}", sections.len());
    for section in &sections {
        let name = section.lines().next().unwrap();
        let page = name.replace(' ', "-") + ".1";
        assert!(pages.contains(&page), "no page {page}");
        let (above, _) = name.rsplit_once(' ').unwrap_or((name, ""));
        let shown =
            sections.iter().filter(|section| [name, above].contains(&section.lines().next().unwrap()));
        let examples = shown.filter(|section| section.contains("\nExamples:\n")).count();
        assert!(examples > 0, "neither `{name} --help` nor that of the command above has examples");
    }
}
