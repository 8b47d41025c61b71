//! Who votes: the given delegates, with the votes that they really have.

use alloy::primitives::{Address, U256};
use btrst_gov::governor::{self, Support, Tally};

use super::player::Player;
use super::{Act, Obstacle};
use crate::Result;

impl Player<'_> {
    /// Lets delegates vote in favour of `id`, whose vote is open, until it would pass; how many of them had votes.
    pub(super) fn vote(&mut self, id: u64) -> Result<usize> {
        let (governor, token) = (self.scenario.governor, self.scenario.token);
        let status = self.status(id)?;
        let mut able = Vec::new();
        for voter in &self.scenario.voters {
            let votes = self.votes_at(token, *voter, status.start_block)?;
            let voted = self.machine.read(async |chain| governor.ballot(&chain, id, *voter).await)?;
            if !votes.is_zero() && voted.is_none() && !able.contains(&(votes, *voter)) {
                able.push((votes, *voter));
            }
        }
        able.sort_unstable_by(|one, other| other.cmp(one));
        let count = able.len();
        for (_, voter) in able {
            let Tally { for_votes, against_votes, .. } = self.status(id)?.tally;
            if for_votes >= status.quorum_votes && for_votes > against_votes {
                break;
            }
            let call = governor.cast_vote(id, Support::For, None)?;
            // Whoever cannot vote does not; what is missing in the end shows in the state of the proposal.
            let _ = self.send(Act::Vote, Some(id), voter, &call)?;
        }
        Ok(count)
    }

    /// Why `id` did not pass, after `voters` delegates could vote.
    pub(super) fn rejection(&mut self, id: u64, voters: usize) -> Result<Obstacle> {
        let status = self.status(id)?;
        Ok(Obstacle::TooFewVotes {
            in_favour: status.tally.for_votes,
            against: status.tally.against_votes,
            quorum: status.quorum_votes,
            missing: status.tally.missing(status.quorum_votes),
            voters,
        })
    }

    fn votes_at(&mut self, token: Address, voter: Address, block: u64) -> Result<U256> {
        self.machine.read(async |chain| governor::votes_at(&chain, token, voter, block).await)
    }
}
