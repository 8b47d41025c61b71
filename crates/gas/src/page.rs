//! The page `docs/gas.md`.

use btrst_bindings::manifest;
use btrst_devnet::Repository;
use eyre::{OptionExt, Result, WrapErr};
use serde_json::Value;

use crate::report::Report;

/// The packages whose versions the numbers depend on.
const PACKAGES: [&str; 5] =
    ["@openzeppelin/contracts", "solady", "@uniswap/governance", "@foundry-rs/anvil", "solc"];

/// The page about `report`, measured in `repository` on `date`.
///
/// # Errors
/// When `package.json` does not name the packages.
pub fn page(report: &Report, repository: &Repository, date: &str) -> Result<String> {
    let text = std::fs::read_to_string(repository.root().join("package.json"))
        .wrap_err("cannot read `package.json`")?;
    let package: Value = serde_json::from_str(&text).wrap_err("cannot read `package.json`")?;
    let version = |name: &str| {
        let version = package.get("devDependencies").and_then(|all| all.get(name)).and_then(Value::as_str);
        Ok(format!("{name} {}", version.ok_or_eyre(format!("`package.json` does not pin `{name}`"))?))
    };
    let versions = PACKAGES.map(version).into_iter().collect::<Result<Vec<_>>>()?.join(", ");
    let (all, missed) = report.targets();
    let met = all - missed.len();
    let tables = report.markdown();
    let solc = &manifest().solc;
    Ok(format!(
        "\
# Gas

Written by `make gas-page` on {date}; `make gas` measures anew and prints the same tables. Versions: {versions}.
The suite is its committed artifacts (solc {solc}, see `crates/bindings/artifacts/manifest.json`).

Numbers are the gas of whole transactions from receipts of anvil, one transaction a block: 21,000, calldata and
execution, after refunds. One script runs on all stacks and checks every effect: balances, votes, delegates, allowances,
states, tallies, receipts, treasury. Of {all} targets, {met} are met.

{tables}
## How to read it

- *floor*: the least that the operation can cost, worked out from Ethereum's gas schedule in
  `crates/gas/src/floor.rs`, with the functions and events of the Compound generation, which the live deployment
  has. Nothing is added for computing. The floors of `queue` and `execute` are for governor and time lock in one
  contract; the suite keeps the treasury apart, which costs a call, a slot and an event more. The rows
  \"Compound time lock\" have the floor of such a time lock. Floors of rows without one were not worked out.
- *suite/best peer*: below 1.000, the suite is the cheapest of the row.
- *target*: the most that the row may cost. For the token: 1.04 times the floor, and below every peer. For the vote
  after 21 older checkpoints: less than one read of a slot above the vote after one, so older checkpoints are free.
- *r200*, *IR10k*: 200 runs of solc's optimizer, and the IR pipeline with 10,000 runs. The contracts are in
  `test/peers/`; each adds to its package what the package leaves open, and nothing else.
- *Uni Alpha*: its quorum and threshold are constants, 40 and 10 million. Voters and proposers of all stacks are above
  them; the other quorums are 20 million. Its proposer cannot cancel, so anybody cancels after the proposer gave its
  votes away; elsewhere the proposer cancels. It knows no reasons.
- *OZ*: `propose` stores a hash of the actions as id and nothing else, so all later calls bring the actions along, there
  are no ids in a row, and a proposer can have any number of live proposals. That is the one row in which it is
  cheaper than a governor that keeps what it will execute.
- *castVote*: early in the vote. In its last 7,200 blocks the suite watches for late swings, which costs a vote in favour
  3,242 more, and the one that swings it 4,790; that is not in the table, but in `snapshots/governor.json`.
- *castVotesBySig*: the difference between a batch of eleven and of one, divided by ten; all have voted before.
- Not on npm as code that can be built, so not here: BTRST as deployed on mainnet, COMP, GovernorBravo, CompoundGovernor.
"
    ))
}
