//! What would make a transaction of an account fail, asked before it is sent.
//!
//! The chain decides by the block that mines the transaction, and can be asked by its last block only. Where the two
//! differ, the answer here is that of the last block, or no where the next one is too late.

use std::collections::HashSet;

use alloy::{
    primitives::{Address, U256},
    providers::Provider,
    rpc::types::TransactionRequest,
};
use btrst_bindings::BraintrustGovernor;

use super::{
    Cancelers, Flavour, Governor, Head, ProposalState, Status, Support,
    events::number,
    reads::{read, unanswered, votes, votes_at},
};
use crate::{Proposal, Result};

/// Why something cannot be done now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Obstacle {
    /// The proposer needs more votes.
    TooFewVotes {
        /// Votes at the end of `block`, in base units.
        votes: U256,
        /// Votes of which it needs more, in base units.
        threshold: U256,
        /// The block before the last one, whose votes count.
        block: u64,
        /// Votes at the end of the last block, which count from the next one on.
        next: U256,
    },
    /// The proposer has a proposal whose vote has not ended.
    LiveProposal {
        /// The proposal.
        id: u64,
        /// Last block of its vote.
        last_block: u64,
    },
    /// An action calls a function of an address without code.
    NoCode {
        /// The action, from 1.
        action: usize,
        /// What it calls.
        target: Address,
    },
    /// The vote has not opened.
    VoteNotOpen {
        /// First block of the vote.
        first_block: u64,
    },
    /// The vote has closed.
    VoteClosed {
        /// Last block of the vote.
        last_block: u64,
    },
    /// The voter had no votes at the start of the vote.
    NoVotes {
        /// The voter.
        voter: Address,
        /// Block at whose end votes are counted.
        block: u64,
    },
    /// The voter has voted.
    Voted {
        /// The voter.
        voter: Address,
        /// What it voted.
        support: Support,
        /// With how many base units.
        votes: U256,
    },
    /// The vote is not over.
    VoteRuns {
        /// Last block of the vote.
        last_block: u64,
    },
    /// It succeeded, and too long ago to be queued.
    QueueClosed {
        /// Last block in which it could be queued.
        last_block: u64,
    },
    /// It succeeded, and nobody has queued it.
    NotQueued {
        /// Last block in which that is possible; `None` where there is no end.
        until_block: Option<u64>,
    },
    /// It is queued already.
    Queued {
        /// Unix time in seconds from which it can be executed.
        eta: u64,
        /// Unix time in seconds until which it can be executed.
        until: u64,
    },
    /// The time lock's delay runs.
    TooEarly {
        /// Unix time in seconds from which it can be executed.
        eta: u64,
        /// Unix time in seconds until which it can be executed.
        until: u64,
    },
    /// The time lock's queue has it no more.
    Expired {
        /// Unix time in seconds until which it could be executed.
        until: u64,
    },
    /// The state is final.
    Final(ProposalState),
    /// The account may not cancel the proposal.
    NotCanceler(Box<Cancelers>),
}

impl Status {
    /// Why nobody can vote in the block after `head`.
    pub const fn vote_obstacle(&self, head: Head) -> Option<Obstacle> {
        match self.state {
            ProposalState::Pending => {
                Some(Obstacle::VoteNotOpen { first_block: self.start_block.saturating_add(1) })
            }
            ProposalState::Active if head.number < self.end_block => None,
            ProposalState::Canceled => Some(Obstacle::Final(ProposalState::Canceled)),
            _ => Some(Obstacle::VoteClosed { last_block: self.end_block }),
        }
    }

    /// Why nobody can queue it in the block after `head`.
    pub fn queue_obstacle(&self, flavour: Flavour, head: Head) -> Option<Obstacle> {
        match (self.state, self.execution) {
            (ProposalState::Pending | ProposalState::Active, _) => {
                Some(Obstacle::VoteRuns { last_block: self.end_block })
            }
            (ProposalState::Succeeded, _) => self.queue_closed(flavour, head),
            (ProposalState::Queued, Some((eta, until))) => Some(Obstacle::Queued { eta, until }),
            (ProposalState::Expired, _) => Some(self.expired(flavour)),
            (state, _) => Some(Obstacle::Final(state)),
        }
    }

    /// Why nobody can execute it at the time of `head`.
    pub fn execute_obstacle(&self, flavour: Flavour, head: Head) -> Option<Obstacle> {
        match (self.state, self.execution) {
            (ProposalState::Pending | ProposalState::Active, _) => {
                Some(Obstacle::VoteRuns { last_block: self.end_block })
            }
            (ProposalState::Succeeded, _) => Some(
                self.queue_closed(flavour, head)
                    .unwrap_or(Obstacle::NotQueued { until_block: self.queue_until(flavour) }),
            ),
            (ProposalState::Queued, Some((eta, until))) => {
                (head.timestamp < eta).then_some(Obstacle::TooEarly { eta, until })
            }
            (ProposalState::Expired, _) => Some(self.expired(flavour)),
            (state, _) => Some(Obstacle::Final(state)),
        }
    }

    fn queue_closed(&self, flavour: Flavour, head: Head) -> Option<Obstacle> {
        let last_block = self.queue_until(flavour)?;
        (head.number >= last_block).then_some(Obstacle::QueueClosed { last_block })
    }

    fn expired(&self, flavour: Flavour) -> Obstacle {
        match (self.execution, self.queue_until(flavour)) {
            (Some((_, until)), _) => Obstacle::Expired { until },
            (None, Some(last_block)) => Obstacle::QueueClosed { last_block },
            (None, None) => Obstacle::Final(self.state),
        }
    }
}

impl Governor {
    /// The latest proposal of `account`, while its vote has not ended; a proposer can have one of them.
    ///
    /// # Errors
    /// If the governor does not answer.
    pub async fn live_proposal<P: Provider>(&self, provider: &P, account: Address) -> Result<Option<Status>> {
        let contract = BraintrustGovernor::new(self.address, provider);
        let latest = read("latestProposalIds", contract.latestProposalIds(account)).await?;
        match number("proposal id", latest)? {
            0 => Ok(None),
            id => {
                let status = self.status(provider, id).await?;
                let live = matches!(status.state, ProposalState::Pending | ProposalState::Active);
                Ok(live.then_some(status))
            }
        }
    }

    /// Why `account` cannot make `proposal` now, where votes are those of `token`.
    ///
    /// # Errors
    /// If governor, token or endpoint does not answer.
    pub async fn propose_obstacle<P: Provider>(
        &self,
        provider: &P,
        token: Address,
        account: Address,
        proposal: &Proposal,
        head: Head,
    ) -> Result<Option<Obstacle>> {
        if let Some(status) = self.live_proposal(provider, account).await? {
            return Ok(Some(Obstacle::LiveProposal { id: status.id, last_block: status.end_block }));
        }
        let contract = BraintrustGovernor::new(self.address, provider);
        let whitelisted = match self.flavour {
            Flavour::Braintrust => read("isWhitelisted", contract.isWhitelisted(account)).await?,
            Flavour::Alpha => false,
        };
        if !whitelisted {
            let threshold = read("proposalThreshold", contract.proposalThreshold()).await?;
            let block = head.number.saturating_sub(1);
            let before = votes_at(provider, token, account, block).await?;
            if before <= threshold {
                let next = votes(provider, token, account).await?;
                return Ok(Some(Obstacle::TooFewVotes { votes: before, threshold, block, next }));
            }
        }
        let mut known = HashSet::new();
        for (action, number) in proposal.actions.iter().zip(1..) {
            if action.input().is_empty() || !known.insert(action.target) {
                continue;
            }
            let code = provider.get_code_at(action.target).await;
            if code.map_err(|error| unanswered("code", error))?.is_empty() {
                return Ok(Some(Obstacle::NoCode { action: number, target: action.target }));
            }
        }
        Ok(None)
    }

    /// Why `voter` cannot vote on the proposal of `status` now, where votes are those of `token`.
    ///
    /// # Errors
    /// If governor or token does not answer.
    pub async fn vote_obstacle<P: Provider>(
        &self,
        provider: &P,
        token: Address,
        status: &Status,
        voter: Address,
        head: Head,
    ) -> Result<Option<Obstacle>> {
        // The ballot first: who has voted wants to know that, open or not.
        if let Some((support, votes)) = self.ballot(provider, status.id, voter).await? {
            return Ok(Some(Obstacle::Voted { voter, support, votes }));
        }
        if let Some(obstacle) = status.vote_obstacle(head) {
            return Ok(Some(obstacle));
        }
        let block = status.start_block;
        let votes = votes_at(provider, token, voter, block).await?;
        Ok(votes.is_zero().then_some(Obstacle::NoVotes { voter, block }))
    }

    /// Why `account` cannot cancel the proposal of `status` at the time `now` (Unix time in seconds), where votes are
    /// those of `token`.
    ///
    /// # Errors
    /// If governor, token or endpoint does not answer.
    pub async fn cancel_obstacle<P: Provider>(
        &self,
        provider: &P,
        token: Address,
        status: &Status,
        account: Address,
        now: u64,
    ) -> Result<Option<Obstacle>> {
        let Some(who) = self.cancelers(provider, token, status, now).await? else {
            return Ok(Some(Obstacle::Final(status.state)));
        };
        if who.permit(account) {
            return Ok(None);
        }
        // Only the governor knows the threshold that the proposal was made under.
        let call = self.cancel(status.id);
        let request =
            TransactionRequest { to: Some(call.to.into()), from: Some(account), ..Default::default() }
                .input(call.data.into());
        match provider.call(request).await {
            Ok(_) => Ok(None),
            Err(error) if error.is_error_resp() => Ok(Some(Obstacle::NotCanceler(Box::new(who)))),
            Err(error) => Err(unanswered("cancel", error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::governor::Tally;

    fn status(state: ProposalState, execution: Option<(u64, u64)>) -> Status {
        let none = U256::ZERO;
        Status {
            id: 7,
            proposer: Address::ZERO,
            state,
            tally: Tally { for_votes: none, against_votes: none, abstain_votes: none },
            quorum_votes: none,
            start_block: 10,
            end_block: 20,
            execution,
        }
    }

    const fn at(number: u64, timestamp: u64) -> Head {
        Head { number, timestamp }
    }

    #[test]
    fn ballots_are_taken_up_to_the_block_before_the_last() {
        let obstacle = |state, number| status(state, None).vote_obstacle(at(number, 0));
        assert_eq!(obstacle(ProposalState::Pending, 5), Some(Obstacle::VoteNotOpen { first_block: 11 }));
        assert_eq!(obstacle(ProposalState::Active, 11), None);
        assert_eq!(obstacle(ProposalState::Active, 19), None);
        let closed = Some(Obstacle::VoteClosed { last_block: 20 });
        assert_eq!(obstacle(ProposalState::Active, 20), closed);
        assert_eq!(obstacle(ProposalState::Succeeded, 30), closed);
        let canceled = Some(Obstacle::Final(ProposalState::Canceled));
        assert_eq!(obstacle(ProposalState::Canceled, 15), canceled);
    }

    #[test]
    fn the_queue_opens_after_the_vote_and_closes_in_one_flavour() {
        let obstacle = |state, flavour, number| status(state, None).queue_obstacle(flavour, at(number, 0));
        let (bravo, alpha) = (Flavour::Braintrust, Flavour::Alpha);
        let runs = Some(Obstacle::VoteRuns { last_block: 20 });
        assert_eq!(obstacle(ProposalState::Active, bravo, 15), runs);
        assert_eq!(obstacle(ProposalState::Succeeded, bravo, 100_819), None);
        let closed = Some(Obstacle::QueueClosed { last_block: 100_820 });
        assert_eq!(obstacle(ProposalState::Succeeded, bravo, 100_820), closed);
        assert_eq!(obstacle(ProposalState::Expired, bravo, 100_821), closed);
        assert_eq!(obstacle(ProposalState::Succeeded, alpha, 100_820), None);
        let defeated = Some(Obstacle::Final(ProposalState::Defeated));
        assert_eq!(obstacle(ProposalState::Defeated, bravo, 21), defeated);
        let queued = status(ProposalState::Queued, Some((5, 9))).queue_obstacle(bravo, at(30, 1));
        assert_eq!(queued, Some(Obstacle::Queued { eta: 5, until: 9 }));
    }

    #[test]
    fn execution_waits_for_the_eta() {
        let window = Some((1_000, 2_000));
        let obstacle = |state, execution, time| {
            status(state, execution).execute_obstacle(Flavour::Braintrust, at(30, time))
        };
        let early = Some(Obstacle::TooEarly { eta: 1_000, until: 2_000 });
        assert_eq!(obstacle(ProposalState::Queued, window, 999), early);
        assert_eq!(obstacle(ProposalState::Queued, window, 1_000), None);
        assert_eq!(obstacle(ProposalState::Expired, window, 3_000), Some(Obstacle::Expired { until: 2_000 }));
        let unqueued = Some(Obstacle::NotQueued { until_block: Some(100_820) });
        assert_eq!(obstacle(ProposalState::Succeeded, None, 0), unqueued);
        let executed = Some(Obstacle::Final(ProposalState::Executed));
        assert_eq!(obstacle(ProposalState::Executed, window, 1_500), executed);
    }
}
