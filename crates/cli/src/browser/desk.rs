//! What the page has the wallet do, one thing after the other, and what comes back.
//!
//! A transaction or a message is handed out once: whoever begins it gets a key, and only an answer with that key counts.
//! So a second tab, a page that is loaded again and an answer that comes twice cannot make the wallet act twice.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alloy::primitives::FixedBytes;
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};

/// Says that an answer comes from where a task was begun.
pub type Key = FixedBytes<16>;

/// Longest time that a look waits for news.
const LOOK: Duration = Duration::from_secs(20);

/// The one task that is open, and its answer.
#[derive(Debug, Default)]
pub struct Desk {
    state: Mutex<State>,
    /// Counts the changes.
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    /// Tasks until now.
    tasks: u64,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    id: u64,
    /// What the page shows and hands to the wallet.
    task: Value,
    /// Whether it may be begun again, because it does no harm twice.
    repeatable: bool,
    key: Option<Key>,
    answer: oneshot::Sender<Answer>,
}

/// What the wallet answered.
pub type Answer = Result<Value, Objection>;

/// Why the wallet did not do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The wallet's number, or a word of the page.
    pub code: String,
    /// What it said.
    pub message: String,
}

/// No answer came in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Whether the wallet had been asked.
    pub begun: bool,
}

/// Why a page may not begin or answer a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// Another task is open, or none.
    #[error("this is not asked any more")]
    Over,
    /// Another page, or this one before it was loaded again, has asked the wallet.
    #[error("the wallet was asked already, by this page or by another tab")]
    Begun,
    /// The answer comes from somebody who did not begin it.
    #[error("this answer is not from the page that asked the wallet")]
    Foreign,
}

impl Desk {
    /// Lays out `task` and waits for its answer, for `patience` at most.
    ///
    /// # Errors
    /// [`Silence`] when none came.
    pub async fn ask(&self, task: Value, repeatable: bool, patience: Duration) -> Result<Answer, Silence> {
        let (answer, answered) = oneshot::channel();
        {
            let mut state = self.state();
            state.tasks = state.tasks.saturating_add(1);
            state.open = Some(Open { id: state.tasks, task, repeatable, key: None, answer });
        }
        self.changed();
        if let Ok(Ok(answer)) = tokio::time::timeout(patience, answered).await {
            return Ok(answer);
        }
        let open = self.state().open.take();
        self.changed();
        // Where nothing is open, an answer came in the moment in which nobody waited for it any more.
        Err(Silence { begun: open.is_none_or(|open| open.key.is_some()) })
    }

    /// The open task as the page sees it, as soon as something is other than in the look `seen`, or after a while.
    pub async fn look(&self, seen: u64) -> Value {
        let mut changes = self.changes.subscribe();
        // Nobody changes anything any more when the sender is gone, nor when the wait is over.
        let _ = tokio::time::timeout(LOOK, changes.wait_for(|now| *now != seen)).await;
        let now = *changes.borrow();
        let state = self.state();
        let open = state.open.as_ref();
        json!({
            "look": now,
            "id": open.map(|open| open.id),
            "begun": open.is_some_and(|open| open.key.is_some() && !open.repeatable),
            "task": open.map(|open| &open.task),
        })
    }

    /// Begins the task `id`; the key for its answer.
    ///
    /// # Errors
    /// [`Conflict::Over`], [`Conflict::Begun`].
    pub fn begin(&self, id: u64) -> Result<Key, Conflict> {
        let key = Key::random();
        {
            let mut state = self.state();
            let open = state.open.as_mut().filter(|open| open.id == id).ok_or(Conflict::Over)?;
            if open.key.is_some() && !open.repeatable {
                return Err(Conflict::Begun);
            }
            open.key = Some(key);
        }
        self.changed();
        Ok(key)
    }

    /// Takes the answer to the task `id`, which was begun with `key`.
    ///
    /// # Errors
    /// [`Conflict::Over`] when it has one already, [`Conflict::Foreign`].
    pub fn answer(&self, id: u64, key: Key, answer: Answer) -> Result<(), Conflict> {
        {
            let mut state = self.state();
            let open = state.open.take_if(|open| open.id == id && open.key == Some(key));
            let Some(open) = open else {
                let is_open = state.open.as_ref().is_some_and(|open| open.id == id);
                return Err(if is_open { Conflict::Foreign } else { Conflict::Over });
            };
            // Whoever asked has given up in this moment.
            open.answer.send(answer).map_err(|_| Conflict::Over)?;
        }
        self.changed();
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    /// A desk with an open task, its number, and the wait for its answer.
    async fn asked(repeatable: bool) -> (Arc<Desk>, u64, tokio::task::JoinHandle<Result<Answer, Silence>>) {
        let desk = Arc::new(Desk::default());
        let asking = Arc::clone(&desk);
        let answer = tokio::spawn(async move { asking.ask(json!("vote"), repeatable, LONG).await });
        let mut look = json!({ "look": 0 });
        while look["id"].is_null() {
            look = desk.look(look["look"].as_u64().unwrap()).await;
        }
        assert_eq!((&look["task"], &look["begun"]), (&json!("vote"), &json!(false)));
        (desk, look["id"].as_u64().unwrap(), answer)
    }

    #[tokio::test]
    async fn a_task_is_begun_once_and_answered_once() {
        let (desk, id, answer) = asked(false).await;
        assert_eq!(desk.begin(id + 1), Err(Conflict::Over));
        assert_eq!(desk.answer(id, Key::ZERO, Ok(json!(0))), Err(Conflict::Foreign));
        let key = desk.begin(id).unwrap();
        assert_eq!(desk.begin(id), Err(Conflict::Begun), "a second tab");
        assert_eq!(desk.look(0).await["begun"], true);
        assert_eq!(desk.answer(id, Key::random(), Ok(json!(0))), Err(Conflict::Foreign));
        desk.answer(id, key, Ok(json!(1))).unwrap();
        assert_eq!(desk.answer(id, key, Ok(json!(2))), Err(Conflict::Over), "a replay");
        assert_eq!(desk.begin(id), Err(Conflict::Over));
        assert_eq!(answer.await.unwrap(), Ok(Ok(json!(1))));
    }

    #[tokio::test]
    async fn what_does_no_harm_is_begun_again_by_whoever_comes_last() {
        let (desk, id, answer) = asked(true).await;
        let first = desk.begin(id).unwrap();
        let second = desk.begin(id).unwrap();
        assert_eq!(desk.answer(id, first, Ok(json!(1))), Err(Conflict::Foreign));
        let objection = Objection { code: "4001".into(), message: "no".into() };
        desk.answer(id, second, Err(objection.clone())).unwrap();
        assert_eq!(answer.await.unwrap(), Ok(Err(objection)));
    }

    #[tokio::test]
    async fn silence_says_whether_the_wallet_was_asked() {
        let desk = Desk::default();
        assert_eq!(desk.ask(json!(1), false, Duration::ZERO).await, Err(Silence { begun: false }));
        let ask = desk.ask(json!(1), false, Duration::from_millis(1));
        let begin = async { desk.begin(2).unwrap() };
        let (silence, key) = tokio::join!(ask, begin);
        assert_eq!(silence, Err(Silence { begun: true }));
        assert_eq!(desk.answer(2, key, Ok(json!(1))), Err(Conflict::Over));
        assert_eq!(desk.look(0).await["task"], Value::Null);
    }
}
