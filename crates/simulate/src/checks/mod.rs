//! The checks of a proposal: facts in, findings out.
//!
//! [`run`] gathers everything first and then lets every check look. A check is a function of the facts alone, so that
//! it can be shown to fire on facts that were made by hand as well as on those of a chain.
//!
//! | ids | about | file |
//! |---|---|---|
//! | A1 to A4, A6, A8 | shape | `shape` |
//! | A5, E1 to E5 | code that is called | `target` |
//! | A7 | description | `description`, `text` |
//! | A9 | approval off-chain | `approval` |
//! | B | before the execution | `lifecycle` |
//! | C | execution | `execution`, and C11 in `trades` |
//! | D1 to D4, D8 | what is left behind | `lasting` |
//! | D5 to D7 | power | `powers` |
//! | E6 | look-alike addresses | `lookalike` |
//! | E7 | age of accounts | `ages` |

mod ages;
mod approval;
mod bytecode;
mod catalogue;
mod description;
mod digest;
pub(crate) mod effects;
mod execution;
mod facts;
mod frames;
mod gather;
mod input;
mod known;
mod lasting;
mod lifecycle;
mod look;
mod lookalike;
mod powers;
mod shape;
mod slots;
mod target;
mod text;
mod trades;

pub use approval::{Approval, approval};
pub(crate) use bytecode::{functions, without_metadata};
pub use catalogue::{CATALOGUE, Check};
pub use facts::Agreement;
pub(crate) use facts::{Executed, Facts, Reading};
pub(crate) use gather::run_in;
pub use gather::{Checked, contracts, prefetch, run};
pub use input::{Input, Other};
pub(crate) use known::{selector, typed};

use crate::report::{Finding, Header, Power, Report, SCHEMA_VERSION, Subject};
use look::Look;

/// Lets every check look at `facts`, and puts the report under `header`.
pub(crate) fn examine(facts: &Facts<'_>, header: Header) -> Report {
    let input = facts.input;
    let look_alikes = lookalike::all(facts);
    let mut findings = vec![
        shape::lengths(input),
        shape::signatures(input),
        shape::selectors(input),
        shape::arguments(input),
        target::functions_exist(facts),
        shape::duplicates(input),
        description::check(input),
        shape::size(input),
        approval(input.deployment, input.proposal, input.approval),
    ];
    findings.extend(lifecycle::all(facts));
    findings.push(execution::lifecycle(facts));
    findings.extend(execution::agreements(facts));
    findings.extend([
        execution::moments(facts),
        execution::gas(facts),
        execution::funds(facts),
        execution::effects(facts),
        execution::no_code(facts),
        execution::ignored(facts),
        execution::surroundings(facts),
        trades::swaps(facts),
        execution::reentrancy(facts),
        lasting::storage(facts),
        lasting::balances(facts),
        lasting::manifest(facts),
        lasting::stored(facts),
        powers::power(facts),
        powers::upgrades(facts),
        powers::invariants(facts),
        lasting::events(facts),
        target::sources(facts),
        target::delegations(facts),
        target::dangers_of(facts),
        target::exist(facts),
        target::pinned(facts),
        lookalike::check(facts, &look_alikes),
        ages::check(facts),
        complete(facts, &header),
    ]);
    let power = Power {
        changes: powers::powers(facts),
        allowances: lasting::allowances(facts),
        movements: lasting::movements(facts),
        look_alikes,
        passage: lifecycle::passage(facts, &findings),
    };
    let subject = Subject {
        title: crate::report::shortened(&input.proposal.title(), 200).into_owned(),
        id: input.id,
        state: input.state.map(|state| state.to_string()),
        proposer: input.proposer.map(|proposer| input.name(proposer)),
        actions: input
            .proposal
            .actions
            .iter()
            .map(|action| {
                crate::report::shortened(&known::typed(action).describe(input.deployment), 600).into_owned()
            })
            .collect(),
    };
    Report { schema_version: SCHEMA_VERSION, header, subject, power, findings }
}

/// F: whether the report says what it rests on.
fn complete(facts: &Facts<'_>, header: &Header) -> Finding {
    let mut look = Look::at("F");
    if header.block_hash.is_empty() || header.input_digest.is_empty() || header.engines.is_empty() {
        look.missing(
            "the report lacks its block, its input or its engine",
            "make it again with the whole of them",
        );
    }
    for doubt in &facts.doubts {
        look.fail(doubt.clone(), "do not rely on this report; ask another endpoint for the same block");
    }
    for assumed in &header.overrides {
        look.fail(format!("assumed, and not the chain's: {assumed}"), "do not rely on this report");
    }
    look.note(format!("chain {}, block {} {}", header.chain_id, header.block, header.block_hash));
    for engine in &header.engines {
        look.note(format!("{} {}", engine.name, engine.version));
    }
    look.finish("block, engines, input and overrides (none) are named")
}
