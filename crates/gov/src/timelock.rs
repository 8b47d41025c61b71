//! The time lock: who rules it, how long it waits, and what waits in it.

use std::collections::HashMap;

use alloy::{
    primitives::{Address, B256, Log, U256},
    providers::Provider,
    sol_types::SolEvent,
};
use btrst_bindings::Timelock;
use futures_util::future::try_join4;

use crate::{
    Action, Error, Governor, Result,
    governor::{SLOT, number, read},
    parameters::{GRACE_PERIOD, TIMELOCK_DELAY},
};

/// The time lock's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Seconds between queueing and execution.
    pub delay: u64,
    /// Seconds after its eta in which a transaction can be executed.
    pub grace_period: u64,
    /// Who queues and executes: the governor.
    pub admin: Address,
    /// Who may become admin by its own call; `None` for nobody.
    pub pending_admin: Option<Address>,
}

/// The settings of the time lock at `address`.
///
/// # Errors
/// If the time lock does not answer.
pub async fn settings<P: Provider>(provider: &P, address: Address) -> Result<Settings> {
    let contract = Timelock::new(address, provider);
    let (pending, delay, grace_period, admin) = try_join4(
        read("pendingAdmin", contract.pendingAdmin()),
        read("delay", contract.delay()),
        read("GRACE_PERIOD", contract.GRACE_PERIOD()),
        read("admin", contract.admin()),
    )
    .await?;
    Ok(Settings {
        delay: number("delay", delay)?,
        grace_period: number("grace period", grace_period)?,
        admin,
        pending_admin: (!pending.is_zero()).then_some(pending),
    })
}

/// What is queued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// One call, as time locks of the Compound generation and whoever queues by hand have it.
    Call(Action),
    /// All calls of the proposal with this id, as the suite's governor queues them.
    Proposal(u64),
    /// A batch that no proposal of the governor can have queued.
    Batch(B256),
}

/// An entry of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Its hash in the time lock.
    pub hash: B256,
    /// Unix time in seconds from which it can be executed.
    pub eta: u64,
    /// What it does.
    pub content: Content,
}

/// Where an entry of the queue stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Its eta has not come.
    Waiting,
    /// It can be executed.
    Open,
    /// Its time is over: it stays in the queue and can never be executed.
    Expired,
}

impl Queued {
    /// The last Unix time in seconds at which it can be executed.
    pub const fn until(&self, grace_period: u64) -> u64 {
        self.eta.saturating_add(grace_period)
    }

    /// Where it stands at the time `now` (Unix time in seconds).
    pub const fn window(&self, grace_period: u64, now: u64) -> Window {
        if now < self.eta {
            Window::Waiting
        } else if now <= self.until(grace_period) {
            Window::Open
        } else {
            Window::Expired
        }
    }
}

/// First topics of the events that fill and empty the queue.
pub const fn queue_events() -> [B256; 6] {
    [
        Timelock::QueueTransaction::SIGNATURE_HASH,
        Timelock::CancelTransaction::SIGNATURE_HASH,
        Timelock::ExecuteTransaction::SIGNATURE_HASH,
        Timelock::QueueBatch::SIGNATURE_HASH,
        Timelock::CancelBatch::SIGNATURE_HASH,
        Timelock::ExecuteBatch::SIGNATURE_HASH,
    ]
}

/// Blocks back from the head in which everything was queued that can still be executed: the longest delay and the grace
/// period, at 12 seconds a block.
pub const LOOKBACK: u64 = (*TIMELOCK_DELAY.end() + GRACE_PERIOD) / SLOT;

/// What is left in the queue of the time lock at `address` after all of `logs`, which are in the chain's order; by eta,
/// and those of one eta in the order in which they were queued.
///
/// # Errors
/// If a log of a known event cannot be decoded or carries impossible values.
pub fn queue<'a>(address: Address, logs: impl IntoIterator<Item = &'a Log>) -> Result<Vec<Queued>> {
    let mut queued: HashMap<B256, (usize, Queued)> = HashMap::new();
    for (place, log) in logs.into_iter().enumerate().filter(|(_, log)| log.address == address) {
        let Some(topic) = log.topics().first() else { continue };
        match *topic {
            Timelock::QueueTransaction::SIGNATURE_HASH => {
                let event: Timelock::QueueTransaction = typed("QueueTransaction", log)?;
                let content = Content::Call(Action {
                    target: event.target,
                    value: event.value,
                    signature: event.signature,
                    calldata: event.data,
                });
                let eta = number("eta", event.eta)?;
                queued.insert(event.txHash, (place, Queued { hash: event.txHash, eta, content }));
            }
            Timelock::QueueBatch::SIGNATURE_HASH => {
                let event: Timelock::QueueBatch = typed("QueueBatch", log)?;
                let eta = number("eta", event.eta)?;
                let content = match u64::try_from(U256::from_be_bytes(event.salt.0)) {
                    Ok(id) => Content::Proposal(id),
                    Err(_) => Content::Batch(event.salt),
                };
                queued.insert(event.batchHash, (place, Queued { hash: event.batchHash, eta, content }));
            }
            Timelock::CancelTransaction::SIGNATURE_HASH
            | Timelock::ExecuteTransaction::SIGNATURE_HASH
            | Timelock::CancelBatch::SIGNATURE_HASH
            | Timelock::ExecuteBatch::SIGNATURE_HASH => {
                if let Some(hash) = log.topics().get(1) {
                    queued.remove(hash);
                }
            }
            _ => {}
        }
    }
    let mut queue: Vec<_> = queued.into_values().collect();
    queue.sort_by_key(|(place, entry)| (entry.eta, *place));
    Ok(queue.into_iter().map(|(_, entry)| entry).collect())
}

/// The calls of `entry` in the queue of the time lock at `address`; `None` where nobody can tell, because no proposal
/// of `governor` has the hash of the entry.
///
/// # Errors
/// If governor or time lock does not answer.
pub async fn calls<P: Provider>(
    provider: &P,
    governor: &Governor,
    address: Address,
    entry: &Queued,
) -> Result<Option<Vec<Action>>> {
    let id = match &entry.content {
        Content::Call(action) => return Ok(Some(vec![action.clone()])),
        Content::Proposal(id) => *id,
        Content::Batch(_) => return Ok(None),
    };
    let actions = match governor.actions(provider, id).await {
        Ok(actions) => actions,
        Err(Error::UnknownProposal { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let all = || actions.iter();
    let contract = Timelock::new(address, provider);
    let call = contract.hashBatch(
        all().map(|action| action.target).collect(),
        all().map(|action| action.value).collect(),
        all().map(|action| action.signature.clone()).collect(),
        all().map(|action| action.calldata.clone()).collect(),
        B256::from(U256::from(id)),
        U256::from(entry.eta),
    );
    let hash = read("hashBatch", call).await?;
    Ok((hash == entry.hash).then_some(actions))
}

fn typed<E: SolEvent>(event: &'static str, log: &Log) -> Result<E> {
    E::decode_log_data_validate(&log.data).map_err(|source| Error::InvalidLog { event, source })
}

#[cfg(test)]
mod tests {
    use alloy::{
        primitives::Bytes,
        providers::{ProviderBuilder, mock::Asserter},
        sol_types::SolValue,
    };

    use super::*;
    use crate::governor::Flavour;

    const LOCK: Address = Address::repeat_byte(2);

    fn log(event: &impl SolEvent) -> Log {
        Log { address: LOCK, data: event.encode_log_data() }
    }

    fn queue_call(byte: u8, eta: u64) -> Log {
        log(&Timelock::QueueTransaction {
            txHash: B256::repeat_byte(byte),
            target: Address::repeat_byte(9),
            value: U256::from(5),
            signature: "f(uint256)".into(),
            data: Bytes::from_static(&[1]),
            eta: U256::from(eta),
        })
    }

    fn queue_batch(byte: u8, salt: B256) -> Log {
        log(&Timelock::QueueBatch { batchHash: B256::repeat_byte(byte), salt, eta: U256::from(7) })
    }

    #[test]
    fn the_queue_is_what_was_neither_executed_nor_canceled() {
        let salt = B256::from(U256::from(3));
        let logs = [
            queue_call(1, 30),
            queue_call(2, 20),
            queue_call(3, 10),
            log(&Timelock::ExecuteTransaction {
                txHash: B256::repeat_byte(1),
                target: Address::repeat_byte(9),
                value: U256::from(5),
                signature: String::new(),
                data: Bytes::new(),
                eta: U256::from(30),
            }),
            log(&Timelock::CancelTransaction {
                txHash: B256::repeat_byte(2),
                target: Address::repeat_byte(9),
                value: U256::from(5),
                signature: String::new(),
                data: Bytes::new(),
                eta: U256::from(20),
            }),
            queue_batch(4, salt),
            queue_batch(5, B256::repeat_byte(0xff)),
            queue_batch(6, salt),
            log(&Timelock::ExecuteBatch { batchHash: B256::repeat_byte(6), salt, eta: U256::from(7) }),
            Log { address: Address::ZERO, ..queue_call(7, 1) },
        ];
        let action = Action {
            target: Address::repeat_byte(9),
            value: U256::from(5),
            signature: "f(uint256)".into(),
            calldata: Bytes::from_static(&[1]),
        };
        let entry = |byte, eta, content| Queued { hash: B256::repeat_byte(byte), eta, content };
        let expected = [
            entry(4, 7, Content::Proposal(3)),
            entry(5, 7, Content::Batch(B256::repeat_byte(0xff))),
            entry(3, 10, Content::Call(action)),
        ];
        assert_eq!(queue(LOCK, &logs).unwrap(), expected);
    }

    #[test]
    fn calls_of_a_proposal_stay_in_their_order() {
        let logs = [queue_call(9, 20), queue_call(7, 20), queue_call(8, 20), queue_call(1, 10)];
        let hashes: Vec<_> = queue(LOCK, &logs).unwrap().iter().map(|entry| entry.hash).collect();
        assert_eq!(hashes, [1, 9, 7, 8].map(B256::repeat_byte));
    }

    #[test]
    fn an_executed_entry_can_be_queued_again() {
        let canceled = log(&Timelock::CancelBatch {
            batchHash: B256::repeat_byte(4),
            salt: B256::ZERO,
            eta: U256::from(7),
        });
        let logs = [queue_batch(4, B256::ZERO), canceled.clone(), queue_batch(4, B256::ZERO)];
        assert_eq!(queue(LOCK, &logs).unwrap().len(), 1);
        assert_eq!(queue(LOCK, &logs[..2]).unwrap(), []);
    }

    #[test]
    fn the_window_has_both_ends() {
        let entry = Queued { hash: B256::ZERO, eta: 100, content: Content::Proposal(1) };
        let windows = [99, 100, 110, 111].map(|now| entry.window(10, now));
        assert_eq!(windows, [Window::Waiting, Window::Open, Window::Open, Window::Expired]);
    }

    #[test]
    fn nonsense_is_refused() {
        let mut short = queue_call(1, 30);
        short.data.data = short.data.data.slice(..40);
        assert_eq!(
            queue(LOCK, [&short]).unwrap_err().to_string(),
            "a log of `QueueTransaction` cannot be decoded"
        );
    }

    #[tokio::test]
    async fn calls_of_a_batch_are_shown_only_when_its_hash_is_theirs() {
        let hash = B256::repeat_byte(4);
        let governor = Governor::new(Address::repeat_byte(3), Flavour::Braintrust);
        let target = Address::repeat_byte(9);
        let arrays =
            (vec![target], vec![U256::from(5)], vec![String::new()], vec![Bytes::new()]).abi_encode_params();
        let ask = async |content, found: B256| {
            let asserter = Asserter::new();
            for answer in [U256::from(9).abi_encode(), arrays.clone(), found.abi_encode()] {
                asserter.push_success(&Bytes::from(answer));
            }
            let provider = ProviderBuilder::default().connect_mocked_client(asserter);
            let entry = Queued { hash, eta: 7, content };
            calls(&provider, &governor, LOCK, &entry).await.unwrap()
        };
        let payment = vec![Action::payment(target, U256::from(5))];
        assert_eq!(ask(Content::Proposal(3), hash).await, Some(payment.clone()));
        assert_eq!(ask(Content::Proposal(3), B256::ZERO).await, None, "another batch");
        assert_eq!(ask(Content::Proposal(10), hash).await, None, "beyond the latest proposal");
        assert_eq!(ask(Content::Batch(hash), hash).await, None);
        assert_eq!(ask(Content::Call(payment[0].clone()), hash).await, Some(payment));
    }
}
