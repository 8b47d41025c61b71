//! Other ways to find out what the actions of a proposal do, so that no single one has to be believed.
//!
//! [`play`](crate::lifecycle::play) is the first: the whole lifecycle. [`shortcut`] lets the time lock make the calls at
//! once, in the same machine; [`node`] lets the endpoint do that by `eth_simulateV1`. What they find is comparable as
//! [`Effects`], and [`compare`] says where two of them differ.

mod node;
mod shortcut;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use alloy::primitives::{Address, Log, U256};

use crate::Trace;
use crate::lifecycle::Play;
use crate::trace::Outcome;

pub use node::node;
pub use shortcut::shortcut;

/// What the actions did, without what governor and time lock do around them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effects {
    /// Why they failed; `None` if all of them succeeded.
    pub failure: Option<String>,
    /// Events that they wrote; none where they failed.
    pub logs: Vec<Log>,
    /// Words that they left in storage; `None` where the engine does not tell.
    pub storage: Option<BTreeMap<(Address, U256), U256>>,
}

/// Something in which two engines differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// One succeeded, the other did not: why each failed.
    Failure(Option<String>, Option<String>),
    /// The event at this place, from 0, is another, or only there in one.
    Event(usize, Option<Box<Log>>, Option<Box<Log>>),
    /// Another word is left in this slot; `None` where the engine left it alone.
    Storage(Address, U256, Option<U256>, Option<U256>),
}

impl Effects {
    /// What the actions did in the execution that `play` ended with; `None` when it did not come to that.
    #[must_use]
    pub fn of_play(play: &Play, governor: Address) -> Option<Self> {
        let trace = &play.execution()?.trace;
        if !trace.succeeded() {
            return Some(Self::failed(&trace.outcome()));
        }
        let (_, owners) = trace.actions(governor, play.timelock);
        let mut effects = Self { failure: None, logs: Vec::new(), storage: Some(BTreeMap::new()) };
        effects.add(trace, |frame| owners.get(frame).is_some_and(Option::is_some));
        Some(effects)
    }

    fn failed(outcome: &Outcome) -> Self {
        let reason = match outcome {
            Outcome::Success(_) => "it succeeded".into(),
            Outcome::Revert(data) => btrst_chain::revert::describe(data),
            Outcome::Halt(reason) => reason.clone(),
        };
        Self { failure: Some(reason), logs: Vec::new(), storage: None }
    }

    /// Adds what the calls of `trace` that `counts` names did.
    fn add(&mut self, trace: &Trace, counts: impl Fn(usize) -> bool) {
        self.logs.extend(trace.logs.iter().filter(|(frame, _)| counts(*frame)).map(|(_, log)| log.clone()));
        let Some(storage) = &mut self.storage else { return };
        for (address, slot, _) in trace.writers.iter().filter(|(.., frame)| counts(*frame)) {
            if let Some(change) = trace.storage.get(&(*address, *slot)) {
                storage.insert((*address, *slot), change.after);
            }
        }
    }
}

/// Where `one` and `other` differ.
#[must_use]
pub fn compare(one: &Effects, other: &Effects) -> Vec<Difference> {
    if one.failure.is_some() || other.failure.is_some() {
        // The same failure goes by many words, and has no effect in any.
        let agree = one.failure.is_some() && other.failure.is_some();
        let difference = Difference::Failure(one.failure.clone(), other.failure.clone());
        return if agree { Vec::new() } else { vec![difference] };
    }
    let mut differences = Vec::new();
    for place in 0..one.logs.len().max(other.logs.len()) {
        let (here, there) = (one.logs.get(place), other.logs.get(place));
        if here != there {
            let boxed = |log: Option<&Log>| log.cloned().map(Box::new);
            differences.push(Difference::Event(place, boxed(here), boxed(there)));
        }
    }
    if let (Some(here), Some(there)) = (&one.storage, &other.storage) {
        let slots: BTreeSet<_> = here.keys().chain(there.keys()).collect();
        for place in slots {
            let (mine, yours) = (here.get(place).copied(), there.get(place).copied());
            if mine != yours {
                differences.push(Difference::Storage(place.0, place.1, mine, yours));
            }
        }
    }
    differences
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = |failure: &Option<String>| match failure {
            None => "succeeds".to_owned(),
            Some(reason) => format!("fails ({reason})"),
        };
        let event = |log: &Option<Box<Log>>| match log {
            None => "is missing".to_owned(),
            Some(log) => format!("is of `{}`", log.address),
        };
        let word = |word: &Option<U256>| word.map_or("nothing".to_owned(), |word| format!("`{word:#x}`"));
        match self {
            Self::Failure(one, other) => write!(f, "one {}, the other {}", end(one), end(other)),
            Self::Event(place, one, other) => {
                write!(f, "event {} {} in one and {} in the other", place + 1, event(one), event(other))
            }
            Self::Storage(address, slot, one, other) => write!(
                f,
                "one writes {} to slot `{slot:#x}` of `{address}`, the other {}",
                word(one),
                word(other)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effects(words: &[(u64, u64)], logs: &[u8]) -> Effects {
        let number = |number| U256::from(number);
        Effects {
            failure: None,
            logs: logs.iter().map(|byte| Log::empty_at(*byte)).collect(),
            storage: Some(
                words.iter().map(|(slot, word)| ((Address::ZERO, number(*slot)), number(*word))).collect(),
            ),
        }
    }

    trait EmptyAt {
        fn empty_at(byte: u8) -> Self;
    }

    impl EmptyAt for Log {
        fn empty_at(byte: u8) -> Self {
            Self { address: Address::repeat_byte(byte), ..Self::empty() }
        }
    }

    #[test]
    fn differences_are_named() {
        let one = effects(&[(1, 2), (3, 4)], &[1, 2]);
        assert_eq!(compare(&one, &one), []);
        let other = effects(&[(1, 2), (3, 5)], &[1]);
        let words: Vec<String> = compare(&one, &other).iter().map(ToString::to_string).collect();
        let (two, zero) = (Address::repeat_byte(2), Address::ZERO);
        assert_eq!(
            words,
            [
                format!("event 2 is of `{two}` in one and is missing in the other"),
                format!("one writes `0x4` to slot `0x3` of `{zero}`, the other `0x5`"),
            ]
        );
    }

    #[test]
    fn an_engine_that_fails_agrees_with_none_that_succeeds() {
        let fine = effects(&[], &[]);
        let failed = |reason: &str| Effects { failure: Some(reason.into()), ..fine.clone() };
        assert_eq!(compare(&failed("a"), &failed("b")), []);
        let differences = compare(&fine, &failed("out of gas"));
        assert_eq!(differences[0].to_string(), "one succeeds, the other fails (out of gas)");
    }

    #[test]
    fn storage_is_compared_where_both_tell() {
        let silent = Effects { storage: None, ..effects(&[], &[1]) };
        assert_eq!(compare(&effects(&[(1, 2)], &[1]), &silent), []);
    }
}
