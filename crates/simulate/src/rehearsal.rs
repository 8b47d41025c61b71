//! Reads what some work needs in a few requests.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::state::{Guess, StateSource, Wanted};
use crate::{Machine, Result};

/// Most times that work is rehearsed. Each goes a step further from what is known, such as from a proxy to its code.
const REHEARSALS: usize = 16;

/// Most accounts and slots that are read for one rehearsal. Contracts decide what they read.
const MOST_WANTED: usize = 4_000;

/// Reads ahead what `work` on `source` will read, so that an endpoint is asked a few times and not for each word. It is
/// done on what is known, with everything else taken for empty; what it asked for is read in one go, and it is done
/// again, until it asks for nothing new. It begins with the accounts and slots of `first`.
///
/// Whatever `work` finds out on the way is worth nothing. The rehearsal is never needed: what was not read ahead is read
/// when it is asked for.
///
/// # Errors
/// [`Error::State`](crate::Error::State).
pub fn rehearse(source: &Arc<dyn StateSource>, first: Wanted, mut work: impl FnMut(Machine)) -> Result<()> {
    let mut wanted = unknown(source, first);
    for _ in 0..REHEARSALS {
        if wanted.values().map(|slots| slots.len() + 1).sum::<usize>() > MOST_WANTED {
            return Ok(());
        }
        if !wanted.is_empty() {
            source.prefetch(&wanted)?;
        }
        let guess = Arc::new(Guess::new(Arc::clone(source)));
        work(Machine::new(guess.clone()));
        let missing = guess.missing();
        // A source that reads nothing ahead has no more to give.
        if missing.is_empty() || missing == wanted {
            return Ok(());
        }
        wanted = missing;
    }
    Ok(())
}

/// What of `wanted` is not known.
fn unknown(source: &Arc<dyn StateSource>, wanted: Wanted) -> Wanted {
    let mut unknown = Wanted::new();
    for (address, slots) in wanted {
        let slots: BTreeSet<_> =
            slots.into_iter().filter(|slot| source.known_slot(address, *slot).is_none()).collect();
        if !slots.is_empty() || source.known_account(address).is_none() {
            unknown.insert(address, slots);
        }
    }
    unknown
}
