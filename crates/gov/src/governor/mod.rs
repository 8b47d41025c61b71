//! Governors: the suite's own and the live GovernorAlpha, behind one set of words.

mod abi;
mod ballot;
mod calls;
mod cancel;
mod connect;
mod eligibility;
mod events;
mod reads;
mod signed;
mod timeline;
mod words;

pub use ballot::Ballot;
pub use calls::{Call, delegate};
pub use cancel::{Cancelers, Guardians};
pub use eligibility::Obstacle;
pub(crate) use events::number;
pub use events::{Event, ProposalCreated};
pub use reads::{Status, Tally, votes, votes_at};
pub(crate) use reads::{read, read_optional, unanswered};
pub use signed::{Checked, MOST_BALLOTS, Poll, SignedBallot, accepts, mark_repeated};
pub use timeline::{Head, Next, SLOT};
pub use words::{Flavour, ProposalState, Support};

use alloy::primitives::Address;
use serde::{Deserialize, Serialize};

/// A governor at an address. Its methods lower decisions to calls, decode its logs and read its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Governor {
    /// The contract.
    pub address: Address,
    /// Its ABI.
    pub flavour: Flavour,
}

impl Governor {
    /// A governor of a known flavour; [`Governor::detect`] asks the chain instead.
    pub const fn new(address: Address, flavour: Flavour) -> Self {
        Self { address, flavour }
    }
}
