//! What the chain says about the governor, the proposal and its voters.

use alloy::primitives::{Address, U256};
use btrst_bindings::{BTRST, BraintrustGovernor};
use btrst_gov::{
    Governor,
    governor::{Flavour, ProposalState, votes, votes_at},
    timelock,
};

use super::super::{Input, facts::Governance};
use crate::{Machine, Result};

/// Blocks in which votes that appear are fresh: a day of 12 seconds a block.
const DAY: u64 = 7_200;

/// Most delegates that are asked.
const MAX_DELEGATES: usize = 256;

/// Asks the governor, the token and the time lock.
///
/// # Errors
/// Those of the state, and of contracts that do not answer as governor, token and time lock do.
pub(super) fn read(machine: &mut Machine, input: &Input<'_>) -> Result<Governance> {
    let contracts = &input.deployment.contracts;
    let governor = Governor::new(contracts.governor, input.deployment.flavour);
    let token = contracts.btrst;
    let head = machine.head();
    let parameters = machine.read(async |chain| governor.parameters(&chain).await)?;
    let guardians = machine.read(async |chain| governor.guardians(&chain).await)?;
    let timelock = machine.view(contracts.governor, &BraintrustGovernor::timelockCall {})?;
    let timelock = timelock.unwrap_or(contracts.timelock);
    let settings = machine.read(async |chain| timelock::settings(&chain, timelock).await)?;
    let status = match input.id {
        Some(id) => Some(machine.read(async |chain| governor.status(&chain, id).await)?),
        None => None,
    };

    let proposer = input.proposer.or_else(|| status.as_ref().map(|status| status.proposer));
    let past = head.number.saturating_sub(1);
    let mut proposer_votes = None;
    let mut latest = None;
    let mut whitelisted = false;
    if let Some(proposer) = proposer {
        let before = machine.read(async |chain| votes_at(&chain, token, proposer, past).await)?;
        let now = machine.read(async |chain| votes(&chain, token, proposer).await)?;
        proposer_votes = Some((before, now));
        let id = machine.view(contracts.governor, &BraintrustGovernor::latestProposalIdsCall { proposer })?;
        if let Some(id) = id.and_then(|id| u64::try_from(id).ok()).filter(|id| *id > 0) {
            let state = machine.read(async |chain| governor.state(&chain, id).await)?;
            latest = Some((id, matches!(state, ProposalState::Pending | ProposalState::Active)));
        }
        if input.deployment.flavour == Flavour::Braintrust {
            let asked = machine
                .view(contracts.governor, &BraintrustGovernor::isWhitelistedCall { account: proposer })?;
            whitelisted = asked.unwrap_or_default();
        }
    }

    // Once the vote has started, only the votes at its start count.
    let snapshot = status.as_ref().map(|status| status.start_block).filter(|start| *start < head.number);
    let mut accounts: Vec<Address> = input.delegates.iter().copied().chain(proposer).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let (mut delegates, mut fresh_votes) = (Vec::new(), Vec::new());
    for account in accounts.into_iter().take(MAX_DELEGATES) {
        let block = snapshot.unwrap_or(past);
        let counted = machine.read(async |chain| votes_at(&chain, token, account, block).await)?;
        let counts = match snapshot {
            Some(_) => counted,
            None => machine.read(async |chain| votes(&chain, token, account).await)?,
        };
        let day_before =
            BTRST::getPriorVotesCall { account, blockNumber: U256::from(block.saturating_sub(DAY)) };
        let earlier = machine.view(token, &day_before)?.map(U256::from).unwrap_or_default();
        let fresh = counts.saturating_sub(earlier);
        if fresh >= parameters.quorum_votes / U256::from(4) && block > DAY {
            fresh_votes.push((account, fresh));
        }
        delegates.push((account, counts));
    }
    delegates.retain(|(_, votes)| !votes.is_zero());
    delegates.sort_unstable_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));

    Ok(Governance {
        quorum: parameters.quorum_votes,
        threshold: parameters.proposal_threshold,
        voting_delay: parameters.voting_delay,
        voting_period: parameters.voting_period,
        proposer_votes,
        latest,
        whitelisted,
        guardian: guardians.guardian,
        whitelist_guardian: guardians.whitelist_guardian,
        timelock,
        admin: settings.admin,
        pending_admin: settings.pending_admin.unwrap_or_default(),
        delay: settings.delay,
        grace: settings.grace_period,
        status,
        delegates,
        fresh_votes,
    })
}
