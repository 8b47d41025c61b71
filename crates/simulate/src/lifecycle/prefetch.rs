//! Reads what a play needs in a few requests.

use std::sync::Arc;

use super::{Scenario, Subject, play};
use crate::state::{StateSource, Wanted};
use crate::{Result, rehearse};

/// Reads ahead what a play of `scenario` on `source` will read, so that an endpoint is asked a few times and not for each
/// word; see [`rehearse`].
///
/// # Errors
/// [`Error::State`](crate::Error::State).
pub fn prefetch(source: &Arc<dyn StateSource>, scenario: &Scenario) -> Result<()> {
    rehearse(source, named(scenario), |machine| {
        // A guess may go wrong in any way.
        let _ = play(machine, scenario);
    })
}

/// The accounts that are named in `scenario`.
fn named(scenario: &Scenario) -> Wanted {
    let accounts = [scenario.governor.address, scenario.token, scenario.executor];
    let mut wanted: Wanted = accounts.into_iter().map(|account| (account, Default::default())).collect();
    wanted.extend(scenario.voters.iter().map(|voter| (*voter, Default::default())));
    if let Subject::Draft { proposal, proposer } = &scenario.subject {
        wanted.insert(*proposer, Default::default());
        wanted.extend(proposal.actions.iter().map(|action| (action.target, Default::default())));
    }
    wanted
}
