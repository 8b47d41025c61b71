//! What happens in a world before a proposal is checked.

use alloy::primitives::{Address, U256};
use btrst_gov::{
    Action, Deployment, Governor, Proposal,
    governor::{Call, Event, Flavour, Support},
};

use super::world::{AMARA, BELA, MALLORY};
use crate::{Error, Machine, Message, Result, Trace, trace::Outcome};

/// A proposal that does hardly anything.
///
/// # Errors
/// None: the function is a canonical one.
pub(super) fn small(deployment: &Deployment) -> Result<Proposal> {
    let delegate = vec![AMARA.into()];
    let action = Action::call(deployment.contracts.btrst, U256::ZERO, "delegate(address)", delegate)?;
    Ok(Proposal { description: "# An earlier one".into(), actions: vec![action] })
}

fn governor(deployment: &Deployment) -> Governor {
    Governor::new(deployment.contracts.governor, Flavour::Braintrust)
}

fn send(machine: &mut Machine, from: Address, call: &Call) -> Result<Trace> {
    let trace = machine.transact(&Message::new(from, call))?;
    match trace.outcome() {
        Outcome::Success(_) => Ok(trace),
        failed => Err(Error::state("a step before the check", format!("{}: {failed:?}", call.what))),
    }
}

/// Lets `proposer` make `proposal` now; its id.
///
/// # Errors
/// [`Error::State`] when the governor refuses it.
pub(super) fn propose(
    machine: &mut Machine,
    deployment: &Deployment,
    proposer: Address,
    proposal: &Proposal,
) -> Result<u64> {
    machine.mine(1);
    let governor = governor(deployment);
    let trace = send(machine, proposer, &governor.propose(proposal)?)?;
    let events = governor.events(trace.logs.iter().map(|(_, log)| log))?;
    let created = events.into_iter().find_map(|event| match event {
        Event::ProposalCreated(created) => Some(created.id),
        _ => None,
    });
    created.ok_or_else(|| Error::state("a step before the check", "the governor reports no proposal"))
}

/// Has `proposal` made, carried and queued, and goes to `left` seconds before the end of its window; its id.
///
/// # Errors
/// [`Error::State`] when the governor refuses a step.
pub(super) fn queue(
    machine: &mut Machine,
    deployment: &Deployment,
    proposal: &Proposal,
    left: u64,
) -> Result<u64> {
    let governor = governor(deployment);
    let id = propose(machine, deployment, AMARA, proposal)?;
    let status = machine.read(async |chain| governor.status(&chain, id).await)?;
    machine.mine_to(status.start_block.saturating_add(1));
    for voter in [AMARA, BELA] {
        send(machine, voter, &governor.cast_vote(id, Support::For, None)?)?;
    }
    let status = machine.read(async |chain| governor.status(&chain, id).await)?;
    machine.mine_to(status.end_block.saturating_add(1));
    send(machine, MALLORY, &governor.queue(id))?;
    let status = machine.read(async |chain| governor.status(&chain, id).await)?;
    let until = status.execution.map(|(_, until)| until).unwrap_or_default();
    machine.warp(until.saturating_sub(left));
    Ok(id)
}
