//! The handover of a time lock of the Compound generation to a new governor: whether both sides are ready for it.

use alloy::primitives::{Address, U256};
use btrst_bindings::{BraintrustGovernor, Timelock};
use btrst_chain::Chain;
use btrst_gov::Deployment;

use crate::verification::{Check, Report, Target, verify};
use crate::{Result, reads};

/// Compares the new deployment with the chain, and with the DAO `old` that is to hand over to it.
///
/// The report has no differences when the proposal can be made: the new governor is what was planned, names the live
/// time lock and token, has not taken over anything yet, and the time lock is the old governor's.
///
/// # Errors
/// [`crate::Error::Chain`]. What is not ready is no error: it is in the report.
pub async fn check(chain: &Chain, old: &Deployment, new: &Target<'_>) -> Result<Report> {
    let target = match new {
        Target::Plan(plan) => plan.deployment(),
        Target::Deployment(deployment) => (*deployment).clone(),
    };
    let mut report = verify(chain, new).await?;
    let mut equal = |what: &str, expected: String, found: String| {
        report.checks.push(Check { what: what.into(), expected, found });
    };
    let (old, new) = (&old.contracts, &target.contracts);
    equal("time lock of both deployments", old.timelock.to_string(), new.timelock.to_string());
    equal("token of both deployments", old.btrst.to_string(), new.btrst.to_string());
    let admin = reads::view(chain, old.timelock, &Timelock::adminCall {}).await?;
    equal("admin of the time lock until the handover", old.governor.to_string(), shown(admin));
    let pending = reads::view(chain, old.timelock, &Timelock::pendingAdminCall {}).await?;
    equal("pending admin of the time lock until the handover", Address::ZERO.to_string(), shown(pending));
    let count = reads::view(chain, new.governor, &BraintrustGovernor::proposalCountCall {}).await?;
    equal("proposals of the new governor until the handover", U256::ZERO.to_string(), shown(count));
    Ok(report)
}

fn shown(answer: Option<impl ToString>) -> String {
    answer.map_or_else(|| "no answer".into(), |answer| answer.to_string())
}
