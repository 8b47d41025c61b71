//! A plan, carried out: each step once, and on from wherever an earlier run stopped.

use alloy::primitives::U256;
use btrst_chain::transaction::GasTerms;
use btrst_chain::{Event, Outbox};
use btrst_gov::governor::Call;

use crate::plan::{Plan, Step};
use crate::progress::{self, Progress};
use crate::{Error, Result};

/// What happens on the way, for whoever watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// The step is done already.
    AlreadyDone(String),
    /// The step begins.
    Begun(String),
    /// Something happened to its transaction.
    Transaction(Event),
}

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Execution {
    /// Steps that were done before.
    pub found: usize,
    /// Steps that this run sent.
    pub sent: usize,
    /// Gas that they used.
    pub gas: u64,
}

/// Carries out the open steps of `plan` in their order, through `outbox` of the plan's deployer.
///
/// Whether a step is done is asked of the chain right before it is sent and right after. So a run that stopped
/// anywhere is continued by running it again: what it sent and did not see mined is waited for first. A step that
/// somebody else did in the meantime is done.
///
/// # Errors
/// [`Error::WrongSender`]; [`Error::Unexpected`] when a step was mined and the chain is not in the state that it leads
/// to; [`Error::Chain`] with what stopped a transaction.
pub async fn execute(
    plan: &Plan,
    outbox: &mut Outbox,
    gas: &GasTerms,
    watch: &mut (dyn FnMut(News) + Send),
) -> Result<Execution> {
    let (expected, found) = (plan.description.deployer, outbox.account());
    if expected != found {
        return Err(Error::WrongSender { expected, found });
    }
    outbox.settle(&mut |event| watch(News::Transaction(event))).await?;
    let mut execution = Execution::default();
    for (step, progress) in plan.steps.iter().zip(progress::of_plan(outbox.chain(), plan).await?) {
        if progress == Progress::Done {
            watch(News::AlreadyDone(step.name.clone()));
            execution.found += 1;
            continue;
        }
        watch(News::Begun(step.name.clone()));
        match carry_out(step, outbox, gas, watch).await? {
            None => execution.found += 1,
            Some(used) => {
                execution.sent += 1;
                execution.gas = execution.gas.saturating_add(used);
            }
        }
    }
    Ok(execution)
}

/// Sends `step` and tells how much gas it used; `None` when somebody else did it first.
async fn carry_out(
    step: &Step,
    outbox: &mut Outbox,
    gas: &GasTerms,
    watch: &mut (dyn FnMut(News) + Send),
) -> Result<Option<u64>> {
    if progress::of_step(outbox.chain(), step).await? == Progress::Done {
        return Ok(None);
    }
    let call = Call { to: step.to, value: U256::ZERO, data: step.data.clone(), what: step.name.clone() };
    let sent = outbox.send(&call, gas, &mut |event| watch(News::Transaction(event))).await;
    let progress = match &sent {
        // Refused, or mined and failed: somebody else may have done the same.
        Ok(_) | Err(btrst_chain::Error::Reverted { .. } | btrst_chain::Error::Failed { .. }) => {
            progress::of_step(outbox.chain(), step).await?
        }
        Err(_) => Progress::Open,
    };
    match (sent, progress) {
        (Ok(sent), Progress::Done) => Ok(Some(sent.receipt.gas_used)),
        (Ok(_), Progress::Open) => Err(Error::Unexpected {
            what: format!("the step `{}` after its transaction was mined", step.name),
            expected: "done".into(),
            found: "open".into(),
        }),
        (Err(_), Progress::Done) => Ok(None),
        (Err(error), Progress::Open) => Err(error.into()),
    }
}
