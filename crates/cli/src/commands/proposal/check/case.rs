//! What is checked, and what is known around it.

use std::path::Path;

use alloy::primitives::{Address, B256, U256};
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent;
use btrst_bindings::BraintrustGovernor::ProposalExecuted;
use btrst_chain::logs;
use btrst_gov::governor::{Flavour, Governor, ProposalState, Status};
use btrst_gov::{Action, Deployment, Proposal};
use btrst_simulate::checks::{self, Agreement, Approval, Input, Other};
use btrst_simulate::engines;
use btrst_simulate::history::{self, History};
use btrst_simulate::lifecycle::{Mined, replay};
use btrst_simulate::sources::Claim;
use btrst_simulate::{Machine, Manifest};
use eyre::{OptionExt, Result, WrapErr};

use super::super::{effects, read};
use super::Args;
use super::sources::Sources;
use super::state::State;
use crate::context::Context;
use crate::failure::Hinted;
use crate::governance::{Governance, LONGEST_DELAY};

/// Most delegates who vote in the play; the rest changes nothing about whether it can pass.
const DELEGATES: usize = 64;

/// Seconds for which an account has been what it is before nobody asks any more: a week.
const LOOKED_BACK: u64 = 7 * 86_400;

/// Most accounts whose age is asked for.
const MOST_AGES: usize = 16;

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
    sources: Vec<Claim>,
    histories: Vec<History>,
    block_time: Option<u64>,
    source: String,
    /// The transaction that executed it.
    executed_by: Option<B256>,
}

impl Case {
    /// Reads the proposal of `args` and what the chain has around it. Of a proposal that was executed in `state`, that
    /// state becomes the one before.
    pub(super) async fn read(
        args: &Args,
        governance: &Governance,
        state: &mut State,
        context: &Context,
    ) -> Result<Self> {
        let deployment = &governance.deployment;
        let named = |account: &String| Ok(deployment.resolve(account)?);
        let mut case = Self::named(args, deployment)?;
        let beside = effects::beside(Path::new(&args.proposal));
        let beside = (case.id.is_none() && beside.exists()).then_some(beside);
        if let Some(path) = args.manifest.as_ref().or(beside.as_ref()) {
            context.note(&format!("comparing it with the effects in {}", path.display()));
            let manifest = Manifest::parse(&read(path, "manifest")?, deployment)
                .wrap_err_with(|| format!("cannot use the manifest `{}`", path.display()))?;
            case.manifest = Some(manifest);
        }
        case.source = args.governor.chain.endpoint.shown(deployment.rpc_url.as_deref());
        case.delegates = if args.voters.is_empty() {
            context.note("looking for delegates in the token's events …");
            let mut delegates = governance.delegates(args.from_block, state.number()).await?;
            delegates.truncate(DELEGATES);
            delegates
        } else {
            args.voters.iter().map(named).collect::<Result<_>>()?
        };
        let mut around = case.look_around(governance, state)?;
        if let Some(status) = around.status.clone().filter(|status| status.state == ProposalState::Executed) {
            let (hash, block) = execution(governance, &status, state.number()).await?;
            case.executed_by = Some(hash);
            *state = state.at(block.saturating_sub(1))?;
            around = case.look_around(governance, state)?;
        }
        if let Some(status) = &around.status {
            case.describe(governance, status, &around).await?;
        }
        case.others = around.others;
        case.block_time = block_time(state);
        case.approval = args.approval.look(governance, &case.proposal, case.id, context).await;
        Ok(case)
    }

    /// The proposal that `args` names, and nothing of the chain yet.
    fn named(args: &Args, deployment: &Deployment) -> Result<Self> {
        let id = args.proposal.parse::<u64>().ok();
        let (proposal, proposer) = match (id, &args.proposer) {
            (Some(id), Some(_)) => {
                let message = format!("proposal {id} has a proposer already");
                return Err(Hinted::new(message, "leave --proposer out").into());
            }
            (Some(_), None) => (Proposal { description: String::new(), actions: Vec::new() }, None),
            (None, proposer) => {
                let path = Path::new(&args.proposal);
                let proposal = Proposal::parse(&read(path, "proposal file")?, deployment)
                    .wrap_err_with(|| format!("cannot use the proposal file `{}`", path.display()))?;
                let Some(proposer) = proposer else {
                    let message = "nobody is named who would propose it";
                    return Err(Hinted::new(message, "name an account with --proposer").into());
                };
                (proposal, Some(deployment.resolve(proposer)?))
            }
        };
        Ok(Self {
            proposal,
            id,
            state: None,
            proposer,
            delegates: Vec::new(),
            others: Vec::new(),
            manifest: None,
            approval: None,
            sources: Vec::new(),
            histories: Vec::new(),
            block_time: None,
            source: String::new(),
            executed_by: None,
        })
    }

    /// What the contracts say in `state`. All that the checks will read as well is read together with it, so that the
    /// endpoint is asked as few times as can be.
    fn look_around(&self, governance: &Governance, state: &State) -> Result<Around> {
        let input = self.input(governance);
        let look = |mut machine: Machine| Around::read(&mut machine, governance, self.id);
        // What could not be read shows where it is needed.
        let _ = checks::prefetch(&input, &state.source(), |machine| drop(look(machine)));
        look(state.machine())
    }

    /// Notes what the proposal of `status` is.
    async fn describe(&mut self, governance: &Governance, status: &Status, around: &Around) -> Result<()> {
        let id = status.id;
        let made = governance.made_within(around.longest_delay, std::slice::from_ref(status)).await?;
        let created = made.get(&id).ok_or_else(|| {
            let message = format!("the endpoint has no event of proposal {id} being made");
            Hinted::new(message, "name an endpoint with the events of old blocks with --rpc-url")
        })?;
        self.proposal =
            Proposal { description: created.proposal.description.clone(), actions: around.actions.clone() };
        (self.state, self.proposer) = (Some(status.state), Some(status.proposer));
        Ok(())
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
            sources: &self.sources,
            histories: &self.histories,
            block_time: self.block_time,
            source: self.source.clone(),
        }
    }

    /// Asks `sources` for those of the contracts that it calls, and the endpoint since when they are there.
    pub(super) fn ask(
        &mut self,
        sources: &Sources,
        governance: &Governance,
        state: &State,
        context: &Context,
    ) {
        // What waits for the endpoint waits in another thread; this one has nothing else to do.
        (self.sources, self.histories) = tokio::task::block_in_place(|| {
            let input = self.input(governance);
            let contracts = checks::contracts(&input, state.source());
            let claims = sources.claims(&contracts, input.deployment.chain_id, context);
            let called = contracts.iter().map(|(contract, _)| *contract);
            let accounts: Vec<Address> = self.proposer.into_iter().chain(called).take(MOST_AGES).collect();
            let blocks = LOOKED_BACK.saturating_mul(1_000) / self.block_time.unwrap_or(12_000).max(1);
            (claims, history::read(state.remote(), &state.source(), &accounts, blocks))
        });
    }

    /// What the endpoint's own simulation says, and of an executed proposal what happened.
    pub(super) fn agreements(&self, governance: &Governance, state: &State) -> Vec<Agreement> {
        let mut agreements =
            vec![agreement("the endpoint's eth_simulateV1", self.simulated(governance, state))];
        if let Some(hash) = self.executed_by {
            let replayed = || -> Result<Vec<String>> {
                let mined = Mined::find(state.remote(), hash)?;
                Ok(replay(state.machine(), &mined)?.differences)
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
        let mut machine = state.machine();
        let balance = machine.balance(timelock)?.saturating_add(attached);
        let mut head = machine.head();
        head.number = head.number.saturating_add(1);
        head.timestamp =
            head.timestamp.saturating_add(self.block_time.unwrap_or(12_000) / 1_000).saturating_add(1);
        let here = engines::shortcut(machine, timelock, actions, attached, head)?;
        let there = engines::node(state.remote(), timelock, actions, balance, head.timestamp)?;
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

/// What the contracts say around a proposal.
struct Around {
    /// Where the proposal stands; `None` of a file.
    status: Option<Status>,
    actions: Vec<Action>,
    /// The proposals beside it that are not final.
    others: Vec<Other>,
    /// Blocks between a proposal and its vote, at most.
    longest_delay: u64,
}

impl Around {
    /// Asks `machine`, and whether it has the governor that the deployment file says.
    fn read(machine: &mut Machine, governance: &Governance, id: Option<u64>) -> Result<Self> {
        let (deployment, stated) = (&governance.deployment, Some(governance.governor.flavour));
        let read = machine.read(async |chain| -> btrst_gov::Result<_> {
            let governor = Governor::connect(&chain, deployment, stated).await?;
            let (mut status, mut actions) = (None, Vec::new());
            if let Some(id) = id {
                status = Some(governor.status(&chain, id).await?);
                actions = governor.actions(&chain, id).await?;
            }
            let mut others = Vec::new();
            for other in governor.ids(&chain).await?.filter(|other| Some(*other) != id) {
                let Status { id, state, proposer, end_block, .. } = governor.status(&chain, other).await?;
                if !state.is_final() {
                    let actions = governor.actions(&chain, id).await?;
                    others.push(Other { id, state, proposer, end_block, actions });
                }
            }
            let longest_delay = match governor.flavour {
                Flavour::Braintrust => LONGEST_DELAY,
                // A constant of its code.
                Flavour::Alpha => governor.parameters(&chain).await?.voting_delay,
            };
            Ok(Self { status, actions, others, longest_delay })
        });
        Ok(read?)
    }
}

/// The transaction that executed the proposal of `status`, and its block, which is not after `last`.
async fn execution(governance: &Governance, status: &Status, last: u64) -> Result<(B256, u64)> {
    let filter =
        Filter::new().address(governance.governor.address).event_signature(ProposalExecuted::SIGNATURE_HASH);
    let found = logs::scan(&governance.chain, &filter, status.end_block, last, |_, _| ()).await?;
    let of = |log: &alloy::rpc::types::Log| {
        let event = ProposalExecuted::decode_log(&log.inner).ok()?;
        (event.id == U256::from(status.id)).then_some((log.transaction_hash?, log.block_number?))
    };
    found.iter().find_map(of).ok_or_else(|| {
        let message = format!("the endpoint has no event of proposal {} being executed", status.id);
        Hinted::new(message, "name an endpoint with the events of old blocks with --rpc-url").into()
    })
}

/// Milliseconds between two blocks before that of `state`; `None` where the endpoint has forgotten old blocks.
fn block_time(state: &State) -> Option<u64> {
    let blocks = state.number().min(STRETCH);
    let then = state.remote().header(state.number() - blocks).ok()?;
    let millis = state.timestamp().saturating_sub(then.timestamp).saturating_mul(1_000);
    millis.checked_div(blocks).filter(|millis| *millis > 0)
}
