//! The suite measured on the pinned anvil, without the peers, which take a compiler. They fail when anvil is missing;
//! `npm ci` brings it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use std::path::Path;

use btrst_devnet::{Accounts, Anvil, AnvilOptions, Repository};
use btrst_gas::{Bench, Report};

/// Name and gas of every row of the tables in a Markdown `page`, the suite's column.
fn column(page: &str) -> Vec<(&str, &str)> {
    let mut column = None;
    let mut rows = Vec::new();
    for line in page.lines() {
        let cells: Vec<&str> = line.split(" | ").map(|cell| cell.trim_matches(['|', ' '])).collect();
        if cells[0] == "operation" {
            column = cells.iter().position(|cell| *cell == "suite");
        } else if let Some(gas) = column.filter(|_| line.starts_with("| ")).and_then(|at| cells.get(at)) {
            rows.push((cells[0], *gas));
        }
    }
    rows
}

#[tokio::test]
async fn anvil_the_committed_page_has_the_gas_of_the_committed_artifacts() {
    let repository = Repository::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let anvil = Anvil::start(&repository, &AnvilOptions::default()).await.unwrap();
    let accounts = Accounts::derive().unwrap();
    let bench = Bench { repository: &repository, chain: anvil.chain(), accounts: &accounts };
    let measured = Report::new(&bench.suite().await.unwrap(), &[], &[]).unwrap().markdown();
    let committed = std::fs::read_to_string(repository.root().join("docs/gas.md")).unwrap();
    assert!(column(&measured).len() > 40);
    assert_eq!(column(&committed), column(&measured), "run `make gas-page`");
}
