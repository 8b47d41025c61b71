//! Reads what a play needs in a few requests.

use std::sync::Arc;

use super::{Scenario, Subject, play};
use crate::state::{Guess, StateSource, Wanted};
use crate::{Machine, Result};

/// Most times that a play is guessed. Each goes a step further from what is known, such as from a proxy to its code.
const GUESSES: usize = 16;

/// Most accounts and slots that are read for one guess. Contracts decide what they read.
const MOST_WANTED: usize = 4_000;

/// Reads ahead what a play of `scenario` on `source` will read, so that an endpoint is asked a few times and not for each
/// word. The scenario is played on what is known, with everything else taken for empty; what it asked for is read in
/// one go, and it is played again, until it asks for nothing new. Nothing of these plays is kept but what was read.
///
/// It is never needed: what was not read ahead is read when it is asked for. For a [`Recorded`](crate::state::Recorded)
/// source call it with the source behind it, because a witness has only what the play itself reads.
///
/// # Errors
/// [`Error::State`](crate::Error::State).
pub fn prefetch(source: &Arc<dyn StateSource>, scenario: &Scenario) -> Result<()> {
    let mut known = Wanted::new();
    let mut wanted = first(scenario);
    for _ in 0..GUESSES {
        if wanted.values().map(|slots| slots.len() + 1).sum::<usize>() > MOST_WANTED {
            return Ok(());
        }
        source.prefetch(&wanted)?;
        for (address, slots) in wanted {
            known.entry(address).or_default().extend(slots);
        }
        let guess = Arc::new(Guess::new(Arc::clone(source), known.clone()));
        // A guess may go wrong in any way.
        let _ = play(Machine::new(guess.clone()), scenario);
        wanted = guess.missing();
        if wanted.is_empty() {
            return Ok(());
        }
    }
    Ok(())
}

/// The accounts that are named in `scenario`.
fn first(scenario: &Scenario) -> Wanted {
    let mut wanted = Wanted::new();
    let named = [scenario.governor.address, scenario.token, scenario.executor];
    let mut accounts: Vec<_> = named.into_iter().chain(scenario.voters.iter().copied()).collect();
    if let Subject::Draft { proposal, proposer } = &scenario.subject {
        accounts.push(*proposer);
        accounts.extend(proposal.actions.iter().map(|action| action.target));
    }
    for account in accounts {
        wanted.entry(account).or_default();
    }
    wanted
}
