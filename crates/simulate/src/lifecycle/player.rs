//! Plays a scenario, transaction by transaction.

use alloy::primitives::{Address, U256};
use alloy::sol_types::SolCall;
use btrst_bindings::BraintrustGovernor::{propose_1Call, timelockCall};
use btrst_gov::governor::{self, Call, Event, Flavour, ProposalState, Status};
use btrst_gov::{Action, Proposal};

use super::timing::{instant, window};
use super::{Act, Company, End, Obstacle, Play, Scenario, Step, Subject};
use crate::{Error, Machine, Message, Result};

/// Plays `scenario` from the block that `machine` is in.
///
/// # Errors
/// [`Error::State`] when the state could not be had; [`Error::Contract`] when the governor is none, or does not have the
/// proposal. That the proposal cannot be executed is no error, but the [`End`] of the play.
pub fn play(machine: Machine, scenario: &Scenario) -> Result<Play> {
    let mut player = Player { machine, scenario, steps: Vec::new() };
    let timelock = player.timelock()?;
    // Everything happens in blocks after the one that is there.
    player.machine.mine(1);
    let (id, actions) = match &scenario.subject {
        Subject::Draft { proposal, proposer } => match player.propose(proposal, *proposer)? {
            Ok(id) => (id, proposal.actions.clone()),
            Err(obstacle) => {
                let end = End::Stopped(Act::Propose, obstacle);
                return Ok(player.finish(None, proposal.actions.clone(), timelock, end, Vec::new()));
            }
        },
        Subject::OnChain(id) => (*id, player.actions(*id)?),
    };
    let mut ends = player.carry(id)?;
    let own = ends.iter().position(|(other, _)| *other == id).map(|place| ends.remove(place).1);
    let end = own.unwrap_or_else(|| End::Stopped(Act::Execute, Obstacle::NotAnnounced));
    Ok(player.finish(Some(id), actions, timelock, end, ends))
}

pub(super) struct Player<'a> {
    pub(super) machine: Machine,
    pub(super) scenario: &'a Scenario,
    steps: Vec<Step>,
}

/// A proposal on its way.
struct Course {
    id: u64,
    voters: usize,
    end: Option<End>,
}

impl Course {
    fn stop(&mut self, act: Act, obstacle: Obstacle) {
        self.end.get_or_insert(End::Stopped(act, obstacle));
    }
}

impl Player<'_> {
    fn finish(
        self,
        id: Option<u64>,
        actions: Vec<Action>,
        timelock: Address,
        end: End,
        others: Vec<(u64, End)>,
    ) -> Play {
        Play { steps: self.steps, id, actions, timelock, end, others, machine: self.machine }
    }

    /// Makes the proposal; its id.
    fn propose(&mut self, proposal: &Proposal, proposer: Address) -> Result<Result<u64, Obstacle>> {
        let governor = self.scenario.governor;
        // Not by `Governor::propose`, which refuses what a governor would take and can never execute.
        let call = Call {
            to: governor.address,
            value: U256::ZERO,
            data: propose_call(proposal).abi_encode().into(),
            what: "propose".into(),
        };
        if let Err(obstacle) = self.send(Act::Propose, None, proposer, &call)? {
            return Ok(Err(self.forbidden(proposal, proposer)?.unwrap_or(obstacle)));
        }
        let logs = self.steps.last().map(|step| &step.trace.logs[..]).unwrap_or_default();
        let events = governor.events(logs.iter().map(|(_, log)| log))?;
        let id = events.into_iter().find_map(|event| match event {
            Event::ProposalCreated(created) => Some(created.id),
            _ => None,
        });
        if let (Some(id), Some(step)) = (id, self.steps.last_mut()) {
            step.id = Some(id);
        }
        Ok(id.ok_or(Obstacle::NotAnnounced))
    }

    /// The rule that forbids `proposer` to propose now.
    fn forbidden(&mut self, proposal: &Proposal, proposer: Address) -> Result<Option<Obstacle>> {
        let (governor, token, head) = (self.scenario.governor, self.scenario.token, self.machine.head());
        let obstacle = self
            .machine
            .read(async |chain| governor.propose_obstacle(&chain, token, proposer, proposal, head).await);
        Ok(match obstacle? {
            // That a target has no code keeps nobody from proposing.
            None | Some(governor::Obstacle::NoCode { .. }) => None,
            Some(obstacle) => Some(Obstacle::Governor(obstacle)),
        })
    }

    /// Carries the proposal `id` and its company from where they are to execution; how each ended, in the order in
    /// which they were executed.
    fn carry(&mut self, id: u64) -> Result<Vec<(u64, End)>> {
        let ids: Vec<u64> = match &self.scenario.company {
            Company::Alone => vec![id],
            Company::After(others) => {
                others.iter().copied().filter(|other| *other != id).chain([id]).collect()
            }
            Company::Before(others) => {
                [id].into_iter().chain(others.iter().copied().filter(|other| *other != id)).collect()
            }
        };
        let mut courses: Vec<_> = ids.into_iter().map(|id| Course { id, voters: 0, end: None }).collect();
        self.vote_all(&mut courses)?;
        self.queue_all(&mut courses)?;
        self.execute_all(&mut courses, id)?;
        let unfinished = || End::Stopped(Act::Execute, Obstacle::NotAnnounced);
        Ok(courses.into_iter().map(|course| (course.id, course.end.unwrap_or_else(unfinished))).collect())
    }

    /// Votes on each proposal whose vote is open or opens, and waits until all votes are over.
    fn vote_all(&mut self, courses: &mut [Course]) -> Result<()> {
        let mut votes = Vec::new();
        for (place, course) in courses.iter().enumerate() {
            let status = self.status(course.id)?;
            if matches!(status.state, ProposalState::Pending | ProposalState::Active) {
                votes.push((status.start_block, place));
            }
        }
        votes.sort_unstable();
        for (start, place) in &votes {
            self.machine.mine_to(start.saturating_add(1));
            let Some(course) = courses.get_mut(*place) else { continue };
            if self.status(course.id)?.state == ProposalState::Active {
                course.voters = self.vote(course.id)?;
            }
        }
        for (_, place) in votes {
            let Some(course) = courses.get(place) else { continue };
            // A late swing may have moved the end.
            let end = self.status(course.id)?.end_block;
            self.queue_before(courses, end)?;
            self.machine.mine_to(end.saturating_add(1));
        }
        Ok(())
    }

    /// Queues the proposals that could not be queued any more after block `last`.
    fn queue_before(&mut self, courses: &mut [Course], last: u64) -> Result<()> {
        let flavour = self.scenario.governor.flavour;
        for course in courses {
            let status = self.status(course.id)?;
            if status.state == ProposalState::Succeeded
                && status.queue_until(flavour).is_some_and(|until| until <= last)
            {
                self.queue(course)?;
            }
        }
        Ok(())
    }

    /// Queues all that can be queued, in one block: so what one keeps another from shows.
    fn queue_all(&mut self, courses: &mut [Course]) -> Result<()> {
        for course in courses {
            let status = self.status(course.id)?;
            match status.state {
                ProposalState::Queued => {}
                ProposalState::Succeeded => self.queue(course)?,
                ProposalState::Defeated => {
                    let obstacle = self.rejection(course.id, course.voters)?;
                    course.stop(Act::Vote, obstacle);
                }
                state => course.stop(Act::Queue, self.not_queueable(&status, state)),
            }
        }
        Ok(())
    }

    fn not_queueable(&self, status: &Status, state: ProposalState) -> Obstacle {
        let obstacle = status.queue_obstacle(self.scenario.governor.flavour, self.machine.head());
        Obstacle::Governor(obstacle.unwrap_or(governor::Obstacle::Final(state)))
    }

    fn queue(&mut self, course: &mut Course) -> Result<()> {
        let call = self.scenario.governor.queue(course.id);
        if let Err(obstacle) = self.send(Act::Queue, Some(course.id), self.scenario.executor, &call)? {
            course.stop(Act::Queue, obstacle);
        }
        Ok(())
    }

    /// Executes all that is queued: `id` at its moment, the others in their order, as near to it as they can be.
    fn execute_all(&mut self, courses: &mut [Course], id: u64) -> Result<()> {
        let flavour = self.scenario.governor.flavour;
        let mut own = None;
        let mut etas_before = 0;
        for course in courses.iter().filter(|course| course.end.is_none()) {
            let Some(window) = window(flavour, &self.status(course.id)?) else { continue };
            if course.id == id {
                own = Some(window);
                break;
            }
            etas_before = etas_before.max(window.0);
        }
        let own = own.map(|window| instant(self.scenario.moment, window).max(etas_before.min(window.1)));
        let mut turns = Vec::new();
        for course in courses.iter_mut().filter(|course| course.end.is_none()) {
            if let Some((eta, until)) = window(flavour, &self.status(course.id)?) {
                turns.push((own.unwrap_or(eta).clamp(eta, until.max(eta)), until, course));
            }
        }
        // Where all can be executed at once, this leaves their order.
        turns.sort_by_key(|(wanted, ..)| *wanted);
        for (wanted, until, course) in turns {
            if self.machine.head().timestamp.max(wanted) > until {
                course.stop(Act::Execute, Obstacle::TooLate { until });
                continue;
            }
            self.machine.warp(wanted);
            let end = self.execute(course.id)?;
            course.end = Some(end);
        }
        Ok(())
    }

    fn execute(&mut self, id: u64) -> Result<End> {
        let executor = self.scenario.executor;
        let value = match self.scenario.governor.flavour {
            // The time lock pays.
            Flavour::Braintrust => Some(U256::ZERO),
            Flavour::Alpha => {
                let actions = self.actions(id)?;
                actions.iter().try_fold(U256::ZERO, |sum, action| sum.checked_add(action.value))
            }
        };
        let Some(value) = value else { return Ok(End::Stopped(Act::Execute, Obstacle::TooMuchValue)) };
        let balance = self.machine.balance(executor)?;
        if balance < value {
            let obstacle = Obstacle::TooLittleEther { account: executor, needed: value, balance };
            return Ok(End::Stopped(Act::Execute, obstacle));
        }
        let call = self.scenario.governor.execute(id, value);
        Ok(match self.send(Act::Execute, Some(id), executor, &call)? {
            Ok(()) => End::Executed,
            Err(obstacle) => End::Stopped(Act::Execute, obstacle),
        })
    }

    /// Sends `call` of `from` and notes the step.
    pub(super) fn send(
        &mut self,
        act: Act,
        id: Option<u64>,
        from: Address,
        call: &Call,
    ) -> Result<Result<(), Obstacle>> {
        let trace = match self.machine.transact(&Message::new(from, call)) {
            Ok(trace) => trace,
            Err(Error::Refused { reason }) => return Ok(Err(Obstacle::Refused(reason))),
            Err(error) => return Err(error),
        };
        let obstacle = Obstacle::of(&trace.outcome());
        self.steps.push(Step { act, id, from, head: self.machine.head(), trace });
        Ok(obstacle.map_or(Ok(()), Err))
    }

    pub(super) fn status(&mut self, id: u64) -> Result<Status> {
        let governor = self.scenario.governor;
        self.machine.read(async |chain| governor.status(&chain, id).await)
    }

    fn actions(&mut self, id: u64) -> Result<Vec<Action>> {
        let governor = self.scenario.governor;
        self.machine.read(async |chain| governor.actions(&chain, id).await)
    }

    fn timelock(&mut self) -> Result<Address> {
        let governor = self.scenario.governor.address;
        let timelock = self.machine.view(governor, &timelockCall {})?;
        timelock.ok_or_else(|| btrst_gov::Error::UnknownGovernor(governor).into())
    }
}

/// The call that makes `proposal`, in the form that both flavours take.
fn propose_call(proposal: &Proposal) -> propose_1Call {
    let actions = || proposal.actions.iter();
    propose_1Call {
        targets: actions().map(|action| action.target).collect(),
        values: actions().map(|action| action.value).collect(),
        signatures: actions().map(|action| action.signature.clone()).collect(),
        calldatas: actions().map(|action| action.calldata.clone()).collect(),
        description: proposal.description.clone(),
    }
}
