//! Voting powers of those who vote: for many voters in one question, and for each of them once.
//!
//! A vote costs its sender nothing, and the hub a question to a chain. So there is one question at a time about a
//! proposal, for everybody who has come meanwhile; what was answered is kept, as the past of a chain does not change; and
//! no more wait than the hub can serve.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alloy::primitives::{Address, B256};
use btrst_offchain::ProposalRecord;
use btrst_offchain::space::StrategySettings;
use btrst_offchain::strategy::depend_on_others;
use btrst_offchain::tally::Power;
use tokio::sync::{Semaphore, oneshot};

use crate::store::Proposal;
use crate::{Chains, Error, Question, Refusal, Result};

/// Most voters of one question.
const VOTERS: usize = 250;

/// Most questions at once, each about another proposal.
const QUESTIONS: usize = 8;

/// Most voters who wait for an answer.
const WAITING: usize = 4_096;

/// Most answers that are kept.
const KEPT: usize = 200_000;

/// What a power is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// It counts.
    Vote,
    /// Who has too little may not vote. It is counted by strategies of its own.
    Validation,
}

impl Purpose {
    fn strategies(self, record: &ProposalRecord) -> Result<Vec<StrategySettings>> {
        match self {
            Self::Vote => Ok(record.strategies.clone()),
            Self::Validation => Ok(record.validation_strategies()?),
        }
    }
}

/// A line of those who wait.
type Line = (B256, Purpose);

/// Power by each strategy, or what the chain had to say.
type Answer = Result<Vec<Power>, String>;

/// All of `powers` together.
///
/// # Errors
/// [`Error::Chain`] when that is more than there can be.
pub fn sum_of(powers: &[Power]) -> Result<Power> {
    let sum = powers.iter().try_fold(Power::ZERO, |sum, power| sum.checked_add(*power));
    sum.ok_or_else(|| Error::Chain("the sum of all voting powers is too large".to_owned()))
}

/// Powers of voters.
pub struct Powers {
    chains: Arc<dyn Chains>,
    questions: Semaphore,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    known: HashMap<(Line, Address), Vec<Power>>,
    /// Who waits, by proposal and purpose. There is an entry as long as somebody asks for its voters.
    lines: HashMap<Line, Vec<(Address, oneshot::Sender<Answer>)>>,
    waiting: usize,
}

impl Powers {
    /// Powers on `chains`.
    pub fn new(chains: Arc<dyn Chains>) -> Self {
        Self { chains, questions: Semaphore::new(QUESTIONS), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Power of `voter` on `proposal`, by each strategy. Where it depends on who else votes, it is what the voter has when
    /// nobody else does; [`Powers::of_all`] has the rest.
    ///
    /// # Errors
    /// [`Refusal::Busy`] when too many wait, [`Refusal::Failed`] when the chain does not answer.
    pub async fn of(
        self: &Arc<Self>,
        proposal: &Arc<Proposal>,
        purpose: Purpose,
        voter: Address,
    ) -> Result<Vec<Power>, Refusal> {
        let id = (proposal.record.id, purpose);
        let (sender, answer) = oneshot::channel();
        let is_first = {
            let mut state = self.state();
            if let Some(known) = state.known.get(&(id, voter)) {
                return Ok(known.clone());
            }
            if state.waiting >= WAITING {
                return Err(Refusal::Busy);
            }
            state.waiting += 1;
            match state.lines.entry(id) {
                Entry::Occupied(mut line) => {
                    line.get_mut().push((voter, sender));
                    false
                }
                Entry::Vacant(line) => {
                    line.insert(vec![(voter, sender)]);
                    true
                }
            }
        };
        if is_first {
            // A task of its own: whoever asks first may go away before the answer, and the others still wait for it.
            tokio::spawn(Arc::clone(self).serve(Arc::clone(proposal), purpose));
        }
        answer.await.map_err(|_| Refusal::Busy)?.map_err(|error| Refusal::Failed(Error::Chain(error)))
    }

    /// Power of each of `voters`, who are all that vote on `record`, by each strategy, in their order.
    ///
    /// # Errors
    /// [`Error::Chain`], [`Error::Voter`].
    pub async fn of_all(&self, record: &ProposalRecord, voters: &[Address]) -> Result<Vec<Vec<Power>>> {
        let ProposalRecord { network, space, strategies, snapshot, .. } = record;
        // It is never closed.
        let _turn = self.questions.acquire().await;
        self.chains
            .powers(Question { network, space: &space.id, strategies, snapshot: *snapshot, voters })
            .await
    }

    /// Asks for all who wait for their power on `proposal`, until nobody does.
    async fn serve(self: Arc<Self>, proposal: Arc<Proposal>, purpose: Purpose) {
        let record = &proposal.record;
        let id = (record.id, purpose);
        let strategies = purpose.strategies(record);
        // Together, those who delegate to each other would have another power than alone.
        let most = match &strategies {
            Ok(strategies) if depend_on_others(strategies) => 1,
            _ => VOTERS,
        };
        // It is never closed.
        let Ok(_turn) = self.questions.acquire().await else { return };
        while let Some(waiting) = self.next(id, most) {
            let mut voters: Vec<Address> = waiting.iter().map(|(voter, _)| *voter).collect();
            voters.sort_unstable();
            voters.dedup();
            let answers: HashMap<Address, Answer> = match &strategies {
                Ok(strategies) => self.ask(record, strategies, &voters).await.into_iter().collect(),
                Err(error) => voters.into_iter().map(|voter| (voter, Err(error.to_string()))).collect(),
            };
            self.keep(id, &answers);
            for (voter, sender) in waiting {
                let silent = || Err("the chain has no answer for a voter".to_owned());
                // Who has gone asks again, and finds it among what is known.
                let _ = sender.send(answers.get(&voter).cloned().unwrap_or_else(silent));
            }
        }
    }

    /// The next voters of a line. A line that is empty ends.
    fn next(&self, id: Line, most: usize) -> Option<Vec<(Address, oneshot::Sender<Answer>)>> {
        let mut state = self.state();
        let line = state.lines.get_mut(&id)?;
        if line.is_empty() {
            state.lines.remove(&id);
            return None;
        }
        let next: Vec<_> = line.drain(..line.len().min(most)).collect();
        state.waiting = state.waiting.saturating_sub(next.len());
        Some(next)
    }

    fn keep(&self, id: Line, answers: &HashMap<Address, Answer>) {
        let known = &mut self.state().known;
        if known.len() >= KEPT {
            known.clear();
        }
        let found = answers.iter().filter_map(|(voter, answer)| Some((*voter, answer.as_ref().ok()?)));
        known.extend(found.map(|(voter, powers)| ((id, voter), powers.clone())));
    }

    /// Powers of `voters`. One of whom a contract says nothing must not take the others with it: then it is asked again
    /// for either half.
    async fn ask(
        &self,
        record: &ProposalRecord,
        strategies: &[StrategySettings],
        voters: &[Address],
    ) -> Vec<(Address, Answer)> {
        let ProposalRecord { network, space, snapshot, .. } = record;
        let mut pieces = vec![voters];
        let mut answers = Vec::with_capacity(voters.len());
        while let Some(voters) = pieces.pop() {
            let question = Question { network, space: &space.id, strategies, snapshot: *snapshot, voters };
            match self.chains.powers(question).await {
                Ok(powers) => answers.extend(voters.iter().copied().zip(powers.into_iter().map(Ok))),
                Err(Error::Voter(_)) if voters.len() > 1 => {
                    let (one, other) = voters.split_at(voters.len() / 2);
                    pieces.extend([one, other]);
                }
                Err(error) => {
                    answers.extend(voters.iter().map(|voter| (*voter, Err(error.to_string()))));
                }
            }
        }
        answers
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]
mod tests {
    use alloy::primitives::{Bytes, U256};
    use btrst_offchain::Space;

    use super::*;
    use crate::Answer as Asked;

    /// A chain on which voters have their number as power, and none is known for the poisonous one. It answers as often as
    /// it is allowed to.
    struct Slow {
        leave: Semaphore,
        questions: Mutex<Vec<usize>>,
        poison: Option<Address>,
    }

    impl Chains for Slow {
        fn head<'a>(&'a self, _: &'a str) -> Asked<'a, u64> {
            Box::pin(async { Ok(1) })
        }

        fn powers<'a>(&'a self, question: Question<'a>) -> Asked<'a, Vec<Vec<Power>>> {
            Box::pin(async move {
                self.questions.lock().unwrap().push(question.voters.len());
                self.leave.acquire().await.unwrap().forget();
                if self.poison.is_some_and(|poison| question.voters.contains(&poison)) {
                    return Err(Error::Voter("the token does not answer".into()));
                }
                Ok(question.voters.iter().map(|voter| vec![power(*voter)]).collect())
            })
        }

        fn takes<'a>(&'a self, _: &'a str, _: Address, _: B256, _: &'a Bytes) -> Asked<'a, bool> {
            Box::pin(async { Ok(false) })
        }
    }

    fn voter(number: usize) -> Address {
        Address::from_word(U256::from(number).into())
    }

    fn power(voter: Address) -> Power {
        Power::new(U256::from_be_slice(voter.as_slice()).to())
    }

    fn proposal() -> Arc<Proposal> {
        let space = Space { id: "usebraintrust.eth".into(), settings: Default::default() };
        let message = btrst_offchain::message::Proposal {
            from: Address::ZERO,
            space: space.id.clone(),
            timestamp: 0,
            system: "basic".into(),
            title: String::new(),
            body: String::new(),
            discussion: String::new(),
            choices: vec![],
            labels: vec![],
            start: 0,
            end: 0,
            snapshot: 1,
            plugins: "{}".into(),
            privacy: String::new(),
            app: String::new(),
        };
        let record = ProposalRecord::new(B256::repeat_byte(1), &message, &space).unwrap();
        Arc::new(Proposal {
            record,
            ipfs: String::new(),
            updated: 0,
            canceled: false,
            flagged: false,
            revision: 0,
        })
    }

    fn start(leave: usize, poison: Option<Address>) -> (Arc<Slow>, Arc<Powers>) {
        let slow = Arc::new(Slow { leave: Semaphore::new(leave), questions: Mutex::default(), poison });
        (Arc::clone(&slow), Arc::new(Powers::new(slow)))
    }

    #[tokio::test]
    async fn voters_share_a_question_and_are_asked_about_once() {
        let (slow, powers) = start(0, None);
        let proposal = proposal();
        let ask = |number: usize| {
            let (powers, proposal) = (Arc::clone(&powers), Arc::clone(&proposal));
            tokio::spawn(async move { powers.of(&proposal, Purpose::Vote, voter(number)).await.unwrap() })
        };
        let first = ask(0);
        while slow.questions.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        // One goes away, and comes twice.
        first.abort();
        let others: Vec<_> = (0..600).chain([0]).map(ask).collect();
        while powers.state().waiting < 601 {
            tokio::task::yield_now().await;
        }
        slow.leave.add_permits(10);
        for (number, other) in (0..600).chain([0]).zip(others) {
            assert_eq!(other.await.unwrap(), [power(voter(number))]);
        }
        assert_eq!(*slow.questions.lock().unwrap(), [1, 250, 250, 101]);
        assert_eq!(ask(599).await.unwrap(), [power(voter(599))]);
        assert_eq!(slow.questions.lock().unwrap().len(), 4, "the past of a chain does not change");
        assert!(powers.state().lines.is_empty());
    }

    #[tokio::test]
    async fn one_voter_without_an_answer_does_not_take_the_others_with_it() {
        let (slow, powers) = start(100, Some(voter(13)));
        let answers: HashMap<_, _> = {
            let voters: Vec<_> = (0..100).map(voter).collect();
            powers.ask(&proposal().record, &[], &voters).await.into_iter().collect()
        };
        assert_eq!(answers.len(), 100);
        for (account, answer) in answers {
            let expected = if account == voter(13) {
                Err("the token does not answer".to_owned())
            } else {
                Ok(vec![power(account)])
            };
            assert_eq!(answer, expected);
        }
        assert!(slow.questions.lock().unwrap().len() <= 15, "halves, not everybody");
        let refusal = powers.of(&proposal(), Purpose::Vote, voter(13)).await.unwrap_err();
        assert!(matches!(refusal, Refusal::Failed(Error::Chain(_))), "{refusal:?}");
    }

    #[tokio::test]
    async fn more_than_can_wait_are_refused() {
        let (slow, powers) = start(0, None);
        let proposal = proposal();
        let ask = |number: usize| {
            let (powers, proposal) = (Arc::clone(&powers), Arc::clone(&proposal));
            tokio::spawn(async move { powers.of(&proposal, Purpose::Vote, voter(number)).await })
        };
        let first = ask(0);
        while slow.questions.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        let waiting: Vec<_> = (1..=WAITING).map(ask).collect();
        while powers.state().waiting < WAITING {
            tokio::task::yield_now().await;
        }
        assert!(matches!(powers.of(&proposal, Purpose::Vote, voter(WAITING + 1)).await, Err(Refusal::Busy)));
        slow.leave.add_permits(100);
        assert!(first.await.unwrap().is_ok());
        for answer in waiting {
            assert!(answer.await.unwrap().is_ok());
        }
    }
}
