//! Whether a step is done, by the state of the chain and not by who sent what.

use alloy::primitives::Address;
use alloy::providers::Provider;

use crate::abi::IPool;
use crate::immutables::{CodeDifference, compare};
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
/// [`Error::WrongChain`], [`Error::Unexpected`] when no step leads on from what the chain has, [`Error::Endpoint`].
pub async fn of_plan<P: Provider>(provider: &P, plan: &Plan) -> Result<Vec<Progress>> {
    check_chain(provider, plan.description.chain_id).await?;
    let mut progress = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        progress.push(of_step(provider, step).await?);
    }
    Ok(progress)
}

/// Whether `step` is done.
///
/// # Errors
/// [`Error::Unexpected`] when the chain is in a state that the step does not lead on from, [`Error::Endpoint`].
pub async fn of_step<P: Provider>(provider: &P, step: &Step) -> Result<Progress> {
    let done = match &step.outcome {
        Outcome::Deployed(contracts) => deployed(provider, contracts).await?,
        Outcome::PoolCreated(pool) => !reads::code(provider, *pool).await?.is_empty(),
        Outcome::PoolInitialised { pool, .. } => match slot(provider, *pool).await? {
            Some(slot) => !slot.sqrtPriceX96.is_zero(),
            None => false,
        },
        Outcome::ObservationsGrown { pool, cardinality } => match slot(provider, *pool).await? {
            Some(slot) => slot.observationCardinalityNext >= *cardinality,
            None => false,
        },
        Outcome::Allocated { token, from, to, amount } => {
            let sent = reads::transferred(provider, *token, *from, *to).await?;
            if !sent.is_zero() && sent != *amount {
                let what = format!("what `{from}` sent to `{to}`");
                return Err(unexpected(what, amount, sent));
            }
            sent == *amount
        }
    };
    Ok(if done { Progress::Done } else { Progress::Open })
}

/// Checks that the endpoint is that of `chain_id`.
///
/// # Errors
/// [`Error::WrongChain`], [`Error::Endpoint`].
pub async fn check_chain<P: Provider>(provider: &P, expected: u64) -> Result<()> {
    let found = reads::asked("name its chain", provider.get_chain_id().await)?;
    if found == expected { Ok(()) } else { Err(Error::WrongChain { expected, found }) }
}

/// Whether all `contracts` are there. They are created together, so there are all or none.
async fn deployed<P: Provider>(provider: &P, contracts: &[Deployed]) -> Result<bool> {
    let mut missing = 0;
    for Deployed { contract, address, immutables } in contracts {
        let code = reads::code(provider, *address).await?;
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
        return Err(unexpected(
            "the number of contracts of the step".into(),
            contracts.len(),
            contracts.len() - missing,
        ));
    }
    Ok(missing == 0)
}

async fn slot<P: Provider>(provider: &P, pool: Address) -> Result<Option<IPool::slot0Return>> {
    reads::view(provider, pool, &IPool::slot0Call {}).await
}

fn unexpected(what: String, expected: impl ToString, found: impl ToString) -> Error {
    Error::Unexpected { what, expected: expected.to_string(), found: found.to_string() }
}
