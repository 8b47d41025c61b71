//! When things happened to a proposal, and what comes next.

use alloy::primitives::U256;

use super::{Flavour, ProposalState, Status, Tally};
use crate::parameters::QUEUE_WINDOW;

/// Seconds between two blocks of mainnet, by which future blocks are estimated.
pub const SLOT: u64 = 12;

/// A block, mostly the last one of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number.
    pub number: u64,
    /// Unix time in seconds.
    pub timestamp: u64,
}

impl Head {
    /// Unix time in seconds at which `block` probably is, before or after this one.
    pub const fn estimate(self, block: u64) -> u64 {
        let distance = self.number.abs_diff(block).saturating_mul(SLOT);
        if block < self.number {
            self.timestamp.saturating_sub(distance)
        } else {
            self.timestamp.saturating_add(distance)
        }
    }
}

/// What has to happen for a proposal to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Ballots are cast from this block on.
    VoteOpens {
        /// First block of the vote.
        block: u64,
    },
    /// Ballots are cast up to this block.
    VoteCloses {
        /// Last block of the vote.
        block: u64,
        /// Base units in favour that it still needs, for the quorum or for the majority.
        missing: U256,
    },
    /// Anyone can queue it.
    Queue {
        /// Last block in which that is possible; `None` where there is no end.
        until_block: Option<u64>,
    },
    /// The time lock's delay runs.
    Wait {
        /// Unix time in seconds from which it can be executed.
        eta: u64,
    },
    /// Anyone can execute it.
    Execute {
        /// Last Unix time in seconds at which that is possible.
        until: u64,
    },
    /// Nothing: the state is final.
    Nothing,
}

impl Tally {
    /// Base units in favour that are missing: to `quorum`, or to more than against, whichever is more.
    pub fn missing(&self, quorum: U256) -> U256 {
        let majority = self.against_votes.saturating_add(U256::from(1));
        quorum.max(majority).saturating_sub(self.for_votes)
    }
}

impl Status {
    /// What comes next at the time `now` (Unix time in seconds), by a governor of `flavour`.
    pub fn next(&self, flavour: Flavour, now: u64) -> Next {
        match self.state {
            ProposalState::Pending => Next::VoteOpens { block: self.start_block.saturating_add(1) },
            ProposalState::Active => {
                Next::VoteCloses { block: self.end_block, missing: self.tally.missing(self.quorum_votes) }
            }
            ProposalState::Succeeded => Next::Queue { until_block: self.queue_until(flavour) },
            ProposalState::Queued => match self.execution {
                Some((eta, _)) if now < eta => Next::Wait { eta },
                Some((_, until)) => Next::Execute { until },
                None => Next::Nothing,
            },
            _ => Next::Nothing,
        }
    }

    /// Last block in which it can be queued, once it succeeded; `None` where there is no end.
    pub const fn queue_until(&self, flavour: Flavour) -> Option<u64> {
        match flavour {
            Flavour::Braintrust => Some(self.end_block.saturating_add(QUEUE_WINDOW)),
            Flavour::Alpha => None,
        }
    }
}

impl ProposalState {
    /// Whether a proposal that is in this state now has been in `other`, as far as the state alone tells.
    pub const fn implies(self, other: Self) -> bool {
        use ProposalState::*;
        match other {
            Pending => true,
            Active => matches!(self, Active | Defeated | Succeeded | Queued | Expired | Executed),
            Succeeded => matches!(self, Succeeded | Queued | Expired | Executed),
            Queued => matches!(self, Queued | Executed),
            _ => self as u8 == other as u8,
        }
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::Address;
    use proptest::prelude::*;

    use super::*;

    fn status(state: ProposalState, execution: Option<(u64, u64)>) -> Status {
        let votes = U256::from;
        Status {
            id: 7,
            proposer: Address::ZERO,
            state,
            tally: Tally { for_votes: votes(5), against_votes: votes(3), abstain_votes: votes(9) },
            quorum_votes: votes(8),
            start_block: 10,
            end_block: 20,
            execution,
        }
    }

    #[test]
    fn each_state_has_its_next_step() {
        let next = |state, now| status(state, Some((1_000, 2_000))).next(Flavour::Braintrust, now);
        assert_eq!(next(ProposalState::Pending, 0), Next::VoteOpens { block: 11 });
        assert_eq!(next(ProposalState::Active, 0), Next::VoteCloses { block: 20, missing: U256::from(3) });
        assert_eq!(next(ProposalState::Succeeded, 0), Next::Queue { until_block: Some(100_820) });
        let alpha = status(ProposalState::Succeeded, None).next(Flavour::Alpha, 0);
        assert_eq!(alpha, Next::Queue { until_block: None });
        assert_eq!(next(ProposalState::Queued, 999), Next::Wait { eta: 1_000 });
        assert_eq!(next(ProposalState::Queued, 1_000), Next::Execute { until: 2_000 });
        for state in [
            ProposalState::Canceled,
            ProposalState::Defeated,
            ProposalState::Expired,
            ProposalState::Executed,
        ] {
            assert_eq!(next(state, 0), Next::Nothing);
        }
    }

    #[test]
    fn future_blocks_are_estimated() {
        let head = Head { number: 100, timestamp: 1_000 };
        assert_eq!((head.estimate(100), head.estimate(110), head.estimate(90)), (1_000, 1_120, 880));
        assert_eq!((head.estimate(u64::MAX), head.estimate(0)), (u64::MAX, 0));
    }

    #[test]
    fn states_imply_those_on_the_way() {
        use ProposalState::*;
        for (now, before) in
            [(Executed, Queued), (Executed, Active), (Expired, Succeeded), (Defeated, Active)]
        {
            assert!(now.implies(before) && !before.implies(now), "{now} {before}");
        }
        for (now, other) in [(Canceled, Active), (Defeated, Succeeded), (Expired, Queued), (Queued, Executed)]
        {
            assert!(!now.implies(other), "{now} {other}");
        }
    }

    proptest! {
        #[test]
        fn what_is_missing_makes_it_pass(for_votes: u64, against_votes: u64, quorum: u64) {
            let wide = U256::from;
            let tally = |for_votes| Tally { for_votes, against_votes: wide(against_votes), abstain_votes: wide(0) };
            let passes = |tally: Tally| tally.for_votes > tally.against_votes && tally.for_votes >= wide(quorum);
            let missing = tally(wide(for_votes)).missing(wide(quorum));
            prop_assert!(passes(tally(wide(for_votes) + missing)));
            prop_assert_eq!(missing.is_zero(), passes(tally(wide(for_votes))));
        }
    }
}
