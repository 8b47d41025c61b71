//! What is checked, and what is known around it.

use std::path::Path;

use alloy::primitives::{Address, B256, U256};
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent;
use btrst_bindings::BraintrustGovernor::ProposalExecuted;
use btrst_chain::logs;
use btrst_gov::governor::{Flavour, Head, ProposalState, Status};
use btrst_gov::{Action, Proposal};
use btrst_simulate::checks::{Agreement, Approval, Input, Other};
use btrst_simulate::engines;
use btrst_simulate::lifecycle::{Mined, replay};
use btrst_simulate::{Machine, Manifest};
use eyre::{OptionExt, Result, WrapErr};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::super::read;
use super::Args;
use super::state::State;
use crate::context::Context;
use crate::failure::Hinted;
use crate::governance::{Governance, PARALLEL};

/// Most delegates who vote in the play; the rest changes nothing about whether it can pass.
const DELEGATES: usize = 64;

/// Blocks over which the time between two is measured.
const STRETCH: u64 = 1_000;

/// A proposal and what is around it.
pub(super) struct Case {
    proposal: Proposal,
    id: Option<u64>,
    state: Option<ProposalState>,
    proposer: Option<Address>,
    delegates: Vec<Address>,
    others: Vec<Other>,
    manifest: Option<Manifest>,
    approval: Option<Approval>,
    block_time: Option<u64>,
    source: String,
    /// The transaction that executed it.
    executed_by: Option<B256>,
    /// The block to play on, where not the last one.
    pub(super) block: Option<u64>,
}

impl Case {
    /// Reads the proposal of `args` and what the chain has around it.
    pub(super) async fn read(args: &Args, governance: &Governance, context: &Context) -> Result<Self> {
        let deployment = &governance.deployment;
        let head = governance.head().await?;
        let named = |account: &String| Ok(deployment.resolve(account)?);
        let mut case = match args.proposal.parse::<u64>() {
            Ok(id) => Self::on_chain(id, governance, head).await?,
            Err(_) => {
                let path = Path::new(&args.proposal);
                let proposal = Proposal::parse(&read(path, "proposal file")?, deployment)
                    .wrap_err_with(|| format!("cannot use the proposal file `{}`", path.display()))?;
                Self::of(proposal)
            }
        };
        match (case.id, &args.proposer) {
            (Some(id), Some(_)) => {
                let message = format!("proposal {id} has a proposer already");
                return Err(Hinted::new(message, "leave --proposer out").into());
            }
            (None, None) => {
                let message = "nobody is named who would propose it";
                return Err(Hinted::new(message, "name an account with --proposer").into());
            }
            (None, Some(proposer)) => case.proposer = Some(named(proposer)?),
            (Some(_), None) => {}
        }
        case.block = args.block.or(case.block);
        if let Some(block) = case.block.filter(|block| *block > head.number) {
            let message = format!("there is no block {block}; the last one is {}", head.number);
            return Err(Hinted::new(message, "name a block of the past with --block").into());
        }
        case.delegates = if args.voters.is_empty() {
            context.note("looking for delegates in the token's events …");
            let mut delegates = governance.delegates(args.from_block).await?;
            delegates.truncate(DELEGATES);
            delegates
        } else {
            args.voters.iter().map(named).collect::<Result<_>>()?
        };
        case.others = others(governance, case.id).await?;
        if let Some(path) = &args.manifest {
            let manifest = Manifest::parse(&read(path, "manifest")?, deployment)
                .wrap_err_with(|| format!("cannot use the manifest `{}`", path.display()))?;
            case.manifest = Some(manifest);
        }
        case.approval = args.approval.look(governance, &case.proposal, case.id, context).await;
        case.block_time = block_time(governance, head).await?;
        case.source = args.governor.chain.endpoint.shown(deployment.rpc_url.as_deref());
        Ok(case)
    }

    const fn of(proposal: Proposal) -> Self {
        Self {
            proposal,
            id: None,
            state: None,
            proposer: None,
            delegates: Vec::new(),
            others: Vec::new(),
            manifest: None,
            approval: None,
            block_time: None,
            source: String::new(),
            executed_by: None,
            block: None,
        }
    }

    async fn on_chain(id: u64, governance: &Governance, head: Head) -> Result<Self> {
        let provider = governance.provider();
        let status = governance.governor.status(provider, id).await?;
        let actions = governance.governor.actions(provider, id).await?;
        let made = governance.made(std::slice::from_ref(&status)).await?;
        let created = made.get(&id).ok_or_else(|| {
            let message = format!("the endpoint has no event of proposal {id} being made");
            Hinted::new(message, "name an endpoint with the events of old blocks with --rpc-url")
        })?;
        let description = created.proposal.description.clone();
        let mut case = Self::of(Proposal { description, actions });
        (case.id, case.state, case.proposer) = (Some(id), Some(status.state), Some(status.proposer));
        if status.state == ProposalState::Executed {
            let (hash, block) = execution(governance, &status, head).await?;
            (case.executed_by, case.state) = (Some(hash), Some(ProposalState::Queued));
            case.block = Some(block.saturating_sub(1));
        }
        Ok(case)
    }

    /// All of it, for the checks.
    pub(super) fn input<'a>(&'a self, governance: &'a Governance) -> Input<'a> {
        let count = self.proposal.actions.len();
        Input {
            deployment: &governance.deployment,
            proposal: &self.proposal,
            lengths: self.id.map(|_| [count; 4]),
            id: self.id,
            state: self.state,
            proposer: self.proposer,
            delegates: &self.delegates,
            others: &self.others,
            manifest: self.manifest.as_ref(),
            approval: self.approval.as_ref(),
            block_time: self.block_time,
            source: self.source.clone(),
        }
    }

    /// What the endpoint's own simulation says, and of an executed proposal what happened.
    pub(super) fn agreements(&self, governance: &Governance, state: &State) -> Vec<Agreement> {
        let mut agreements =
            vec![agreement("the endpoint's eth_simulateV1", self.simulated(governance, state))];
        if let Some(hash) = self.executed_by {
            let replayed = || -> Result<Vec<String>> {
                let mined = Mined::find(state.remote(), hash)?;
                Ok(replay(Machine::new(state.source()), &mined)?.differences)
            };
            agreements.push(agreement(&format!("the chain, in transaction {hash}"), replayed()));
        }
        agreements
    }

    /// Where the endpoint's simulation of the actions differs from the one of this process.
    fn simulated(&self, governance: &Governance, state: &State) -> Result<Vec<String>> {
        let timelock = governance.deployment.contracts.timelock;
        let actions = &self.proposal.actions;
        let attached = match governance.deployment.flavour {
            Flavour::Alpha => {
                self.proposal.value().ok_or_eyre("the actions send more wei than there can be")?
            }
            Flavour::Braintrust => U256::ZERO,
        };
        let machine = Machine::new(state.source());
        let mut head = machine.head();
        head.number = head.number.saturating_add(1);
        head.timestamp =
            head.timestamp.saturating_add(self.block_time.unwrap_or(12_000) / 1_000).saturating_add(1);
        let here = engines::shortcut(machine, timelock, actions, attached, head)?;
        let there = engines::node(state.remote(), timelock, actions, attached, head.timestamp)?;
        Ok(engines::compare(&here, &there).iter().map(ToString::to_string).collect())
    }
}

fn agreement(engine: &str, differences: Result<Vec<String>>) -> Agreement {
    let (differences, missing) = match differences {
        Ok(differences) => (differences, None),
        Err(error) => (Vec::new(), Some(crate::failure::in_one_line(&error))),
    };
    Agreement { engine: engine.into(), differences, missing }
}

/// The transaction that executed the proposal of `status`, and its block.
async fn execution(governance: &Governance, status: &Status, head: Head) -> Result<(B256, u64)> {
    let filter =
        Filter::new().address(governance.governor.address).event_signature(ProposalExecuted::SIGNATURE_HASH);
    let found = logs::scan(&governance.chain, &filter, status.end_block, head.number, |_, _| ()).await?;
    let of = |log: &alloy::rpc::types::Log| {
        let event = ProposalExecuted::decode_log(&log.inner).ok()?;
        (event.id == U256::from(status.id)).then_some((log.transaction_hash?, log.block_number?))
    };
    found.iter().find_map(of).ok_or_else(|| {
        let message = format!("the endpoint has no event of proposal {} being executed", status.id);
        Hinted::new(message, "name an endpoint with the events of old blocks with --rpc-url").into()
    })
}

/// The proposals beside `id` that are not final.
async fn others(governance: &Governance, id: Option<u64>) -> Result<Vec<Other>> {
    let ids = governance.governor.ids(governance.provider()).await?;
    let statuses = governance.statuses(ids).await?;
    let open = statuses.into_iter().filter(|status| !status.state.is_final() && Some(status.id) != id);
    let reads = stream::iter(open).map(|status| async move {
        let actions: Vec<Action> = governance.governor.actions(governance.provider(), status.id).await?;
        let Status { id, state, proposer, end_block, .. } = status;
        Ok(Other { id, state, proposer, end_block, actions })
    });
    reads.buffered(PARALLEL).try_collect().await
}

/// Milliseconds between two blocks, as they were lately.
async fn block_time(governance: &Governance, head: Head) -> Result<Option<u64>> {
    let before = head.number.saturating_sub(STRETCH);
    let blocks = head.number - before;
    let Some(then) = governance.chain.block(before.into()).await? else { return Ok(None) };
    let millis = head.timestamp.saturating_sub(then.timestamp).saturating_mul(1_000);
    Ok(millis.checked_div(blocks).filter(|millis| *millis > 0))
}
