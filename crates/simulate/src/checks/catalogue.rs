//! Every check: its id, what it looks at and why it matters.

/// A check.
#[derive(Debug, PartialEq, Eq)]
pub struct Check {
    /// Id, such as `A6`.
    pub id: &'static str,
    /// What it looks at, in a few words.
    pub title: &'static str,
    /// Whether the report is incomplete when it did not run.
    pub essential: bool,
    /// Why it matters.
    pub why: &'static str,
}

/// The check `id`. Every id of this crate is in [`CATALOGUE`], and a test reads each.
pub(crate) fn check(id: &str) -> &'static Check {
    CATALOGUE.iter().find(|check| check.id == id).unwrap_or(&UNKNOWN)
}

const UNKNOWN: Check =
    Check { id: "?", title: "unknown check", essential: true, why: "it is not in the catalogue" };

const fn must(id: &'static str, title: &'static str, why: &'static str) -> Check {
    Check { id, title, essential: true, why }
}

/// A check that needs something that not every user has, or that does not apply to every proposal.
const fn may(id: &'static str, title: &'static str, why: &'static str) -> Check {
    Check { id, title, essential: false, why }
}

/// All checks, in the order of reports.
pub static CATALOGUE: [Check; 46] = [
    must("A1", "shape", "the governor refuses arrays of different lengths, no action, and more than ten"),
    must(
        "A2",
        "signatures",
        "a selector is the hash of the exact text: one space or alias, and the call reaches nothing or the fallback",
    ),
    must(
        "A3",
        "double selector",
        "call data that repeats the selector is read by the target as shifted arguments",
    ),
    must(
        "A4",
        "arguments",
        "bytes that do not come back from decoding may mean something else to the contract than to the reader",
    ),
    must(
        "A5",
        "function exists",
        "a call of a function that the target does not have reverts, or does whatever its fallback does",
    ),
    must(
        "A6",
        "duplicate actions",
        "the time lock knows an action by its hash alone: of two the same at one eta, the second can never be queued",
    ),
    must(
        "A7",
        "description",
        "voters decide by the text; characters that hide, turn or imitate others make it say something else",
    ),
    must(
        "A8",
        "size",
        "a proposal whose transaction exceeds a block's or a transaction's limits can never be made",
    ),
    may(
        "A9",
        "approval off-chain",
        "a proposal can name an approval that it does not have: of another payload, of a vote that failed, of nothing",
    ),
    must(
        "B1",
        "proposer's votes",
        "the proposer needs more votes than the threshold at the block before; exactly the threshold is refused",
    ),
    must("B2", "live proposal", "an account has one proposal at a time whose vote has not ended"),
    must(
        "B3",
        "cancelability",
        "once the proposer's votes fall below the threshold, anyone can cancel the proposal until it is executed",
    ),
    must(
        "B4",
        "quorum",
        "only votes that were delegated before the vote starts count, and only those in favour count to the quorum",
    ),
    must("B5", "guardian", "a guardian can cancel what everybody else agreed on"),
    must(
        "B6",
        "timeline",
        "votes are counted by blocks, execution by seconds; who looks at the wrong clock misses the vote",
    ),
    must(
        "B7",
        "execution window",
        "before its eta nothing can be executed, after the grace period nothing ever again",
    ),
    must(
        "B8",
        "zombie proposals",
        "in GovernorAlpha a proposal that passed and was never queued can be queued years later, by anyone",
    ),
    must(
        "B9",
        "who rules the time lock",
        "who else can become its admin can take the treasury, whatever the vote says",
    ),
    must(
        "C1",
        "real lifecycle",
        "only a play of the real steps, with votes that exist, shows that the proposal can be executed",
    ),
    must("C2", "storage override", "a second way to the same effects shows faults of the first one"),
    must(
        "C3",
        "engines agree",
        "a difference between engines means that one of them shows what will not happen",
    ),
    must(
        "C4",
        "moments and other proposals",
        "the effect can differ between the start and the end of the window, and after other proposals",
    ),
    must(
        "C5",
        "gas",
        "a transaction may use 16,777,216 gas at most (EIP-7825), and every call keeps a 64th back",
    ),
    must(
        "C6",
        "ether and funds",
        "what the treasury does not have, it cannot pay; GovernorAlpha cannot spend the time lock's ether at all",
    ),
    must(
        "C7",
        "every action does something",
        "an action without effect is a mistake, and voters believe that it did something",
    ),
    must("C8", "calls of addresses without code", "such a call succeeds and does nothing"),
    must(
        "C9",
        "ignored failures",
        "time locks ignore what a call returns: a token that answers `false` has paid nothing",
    ),
    must(
        "C10",
        "surroundings",
        "who executes chooses the moment and the block, and with them everything that code asks about these",
    ),
    must("C11", "exposure of swaps", "a swap that anyone can see coming is moved against by who executes it"),
    must(
        "C12",
        "reentrancy",
        "a call back into governor or time lock during execution can act with the treasury's power",
    ),
    must("D1", "storage", "storage is what remains; what is not in it did not happen"),
    must(
        "D2",
        "balances and allowances",
        "an allowance of the treasury lets the spender take the money later, without a vote",
    ),
    may("D3", "declared effects", "what the authors intend and what the calls do are compared line by line"),
    must(
        "D4",
        "stored addresses",
        "an address without code, put where a contract is expected, loses what is sent to it",
    ),
    must("D5", "power", "who owns, administers, upgrades, mints and pauses decides about everything later"),
    must("D6", "upgrades", "new code on old storage reads the old words with new meanings"),
    may("D7", "invariants", "what the authors say must stay, or must become, is asked before and after"),
    must("D8", "events", "what contracts report is how explorers and wallets will show it"),
    may("E1", "sources", "code that nobody can read cannot be judged"),
    must(
        "E2",
        "delegated accounts",
        "an account with an EIP-7702 delegation runs code that its owner can replace at any time",
    ),
    must(
        "E3",
        "code that can change",
        "code that can destroy itself, or runs code from elsewhere, may be other code when the proposal is executed",
    ),
    must(
        "E4",
        "targets exist",
        "whoever deploys to an empty address later decides what the approved call does",
    ),
    may("E5", "pinned code", "code that changed since the proposal was made was not what voters looked at"),
    must(
        "E6",
        "look-alike addresses",
        "people compare the first and last digits; attackers search addresses that share them",
    ),
    may("E7", "age of accounts", "fresh contracts and fresh money are how attacks look before they happen"),
    must(
        "F",
        "report",
        "a report that does not say on which state and by what it was made cannot be repeated",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_found() {
        let ids: BTreeSet<_> = CATALOGUE.iter().map(|check| check.id).collect();
        assert_eq!(ids.len(), CATALOGUE.len());
        assert!(CATALOGUE.iter().all(|entry| check(entry.id) == entry && !entry.why.ends_with('.')));
    }
}
