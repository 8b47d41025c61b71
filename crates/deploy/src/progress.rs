//! Whether a step is done, by the state of the chain and not by who sent what.

use alloy::primitives::Address;
use btrst_chain::Chain;

use crate::abi::IPool;
use crate::immutables::{CodeDifference, compare};
use crate::ledger::Ledger;
use crate::plan::{Deployed, Outcome, Plan, Step};
use crate::{Error, Result, reads};

/// Whether a step is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The chain is in the state that the step leads to.
    Done,
    /// It is not, and the step leads there.
    Open,
}

/// How far the chain is with each step of `plan`, in order.
///
/// # Errors
/// [`Error::Unexpected`] when no step leads on from what the chain has, [`Error::Chain`].
pub async fn of_plan(chain: &Chain, plan: &Plan) -> Result<Vec<Progress>> {
    let mut ledger = None;
    let mut progress = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        progress.push(with_ledger(chain, step, &mut ledger).await?);
    }
    Ok(progress)
}

/// Whether `step` is done.
///
/// # Errors
/// As for [`of_plan`].
pub async fn of_step(chain: &Chain, step: &Step) -> Result<Progress> {
    with_ledger(chain, step, &mut None).await
}

/// Whether `step` is done; `ledger` is read once, when it is needed.
async fn with_ledger(chain: &Chain, step: &Step, ledger: &mut Option<Ledger>) -> Result<Progress> {
    let done = match &step.outcome {
        Outcome::Deployed(contracts) => deployed(chain, contracts).await?,
        Outcome::PoolCreated(pool) => !chain.code(*pool).await?.is_empty(),
        Outcome::PoolInitialised { pool, .. } => {
            slot(chain, *pool).await?.is_some_and(|slot| !slot.sqrtPriceX96.is_zero())
        }
        Outcome::ObservationsGrown { pool, cardinality } => {
            slot(chain, *pool).await?.is_some_and(|slot| slot.observationCardinalityNext >= *cardinality)
        }
        Outcome::Allocated { token, from, to, amount } => {
            let ledger = match ledger {
                Some(ledger) => ledger,
                None => ledger.insert(Ledger::read(chain, *token, *from).await?),
            };
            let sent = ledger.sent(*to);
            if !sent.is_zero() && sent != *amount {
                return Err(unexpected(format!("what `{from}` sent to `{to}`"), amount, sent));
            }
            sent == *amount
        }
    };
    Ok(if done { Progress::Done } else { Progress::Open })
}

/// Whether all `contracts` are there. They are created together, so there are all or none.
async fn deployed(chain: &Chain, contracts: &[Deployed]) -> Result<bool> {
    let mut missing = 0;
    for Deployed { contract, address, immutables } in contracts {
        let code = chain.code(*address).await?;
        match compare(*contract, &code, immutables) {
            Ok(()) => {}
            Err(CodeDifference::Missing) => missing += 1,
            Err(CodeDifference::Other { found }) => {
                let what = format!("the code of {contract} at `{address}`");
                return Err(unexpected(what, contract.artifact().manifest.runtime_code_hash, found));
            }
            Err(CodeDifference::Immutable { name, expected, found }) => {
                return Err(unexpected(format!("`{name}` of {contract} at `{address}`"), expected, found));
            }
        }
    }
    if missing != 0 && missing != contracts.len() {
        let found = contracts.len() - missing;
        return Err(unexpected("the number of contracts of the step".into(), contracts.len(), found));
    }
    Ok(missing == 0)
}

async fn slot(chain: &Chain, pool: Address) -> Result<Option<IPool::slot0Return>> {
    reads::view(chain, pool, &IPool::slot0Call {}).await
}

fn unexpected(what: String, expected: impl ToString, found: impl ToString) -> Error {
    Error::Unexpected { what, expected: expected.to_string(), found: found.to_string() }
}
