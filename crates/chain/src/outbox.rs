//! Transactions that are sent exactly once.
//!
//! One nonce at a time. A transaction is in the [`Journal`] before it is on the network, and a new nonce is used only
//! when it is known what became of the last one. As long as it is not, the same bytes are sent again, or a transaction
//! of the same nonce with a higher fee, of which the chain takes at most one.

use std::sync::Arc;
use std::time::Duration;

use alloy::consensus::{Transaction, TxEnvelope};
use alloy::eips::BlockNumberOrTag;
use alloy::eips::eip2718::Decodable2718;
use alloy::primitives::{Address, B256, TxKind, U128};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionReceipt;
use btrst_gov::governor::Call;
use tokio::time::Instant;

use crate::chain::{Poll, asked};
use crate::endpoint::reason_of;
use crate::journal::{Attempt, Journal};
use crate::transaction::{Draft, GasTerms, Key, Sender, Signed};
use crate::{Chain, Error, Result};

/// What a replacement must offer more than the transaction it replaces, as nodes demand it: an eighth.
const BUMP: u128 = 8;

/// Time after which the bytes of a transaction that is not mined are handed in again.
const RESEND: Duration = Duration::from_secs(15);

/// How long to wait for a transaction, and when to offer more for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Blocks that must confirm a transaction, its own among them.
    pub confirmations: u64,
    /// Time to wait for the confirmations.
    pub timeout: Duration,
    /// Time after which a transaction that is not mined is replaced by one with a higher fee; never, when absent.
    pub patience: Option<Duration>,
}

/// What happened on the way, for whoever watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A transaction of an earlier run is waited for.
    Resumed {
        /// What it does.
        what: String,
        /// Its hash.
        hash: B256,
    },
    /// A transaction was handed in.
    Sent {
        /// What it does.
        what: String,
        /// Its hash.
        hash: B256,
        /// Whether it replaces one with a lower fee.
        replaces: bool,
    },
    /// A block has the transaction.
    Mined {
        /// Its hash.
        hash: B256,
        /// The block.
        block: u64,
    },
    /// The block that had the transaction is not on the chain any more.
    Gone {
        /// Its hash.
        hash: B256,
    },
    /// The endpoint does not answer; it is asked again.
    Unreachable(String),
}

/// How far a transaction is that nobody waits for.
#[derive(Clone, Debug)]
pub enum Whereabouts {
    /// The endpoint has it; it is in no block, or not deep enough.
    Pending(B256),
    /// It is mined and deep enough.
    Mined(Box<TransactionReceipt>),
}

/// A transaction that is mined and deep enough.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its receipt.
    pub receipt: TransactionReceipt,
    /// Whether an earlier run had sent it.
    pub resumed: bool,
}

/// Sends transactions of one account.
#[derive(Debug)]
pub struct Outbox {
    chain: Chain,
    sender: Sender,
    journal: Option<Journal>,
    terms: Terms,
}

impl Outbox {
    /// An outbox that continues `journal`. Only for an account that the endpoint or a wallet signs for can it be absent:
    /// nothing of such transactions is known before they are sent.
    #[must_use]
    pub const fn new(chain: Chain, sender: Sender, journal: Option<Journal>, terms: Terms) -> Self {
        Self { chain, sender, journal, terms }
    }

    /// The chain.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Whose transactions it sends.
    #[must_use]
    pub fn account(&self) -> Address {
        self.sender.address()
    }

    /// The transaction of an earlier run of which it is not known what became.
    #[must_use]
    pub fn open(&self) -> Option<&Attempt> {
        self.journal.as_ref()?.pending().last()
    }

    /// Waits until it is known what became of the transaction of an earlier run, if there is one, and tells whether there
    /// was.
    ///
    /// # Errors
    /// [`Error::Unfinished`] when it is not mined in time, [`Error::File`].
    pub async fn settle(&mut self, watch: &mut (dyn FnMut(Event) + Send)) -> Result<bool> {
        let Some(Attempt { what, nonce, hash, .. }) = self.open().cloned() else { return Ok(false) };
        watch(Event::Resumed { what: what.clone(), hash });
        match self.wait(None, true, watch).await {
            Ok(_) | Err(Error::Failed { .. }) => Ok(true),
            Err(Error::NotMined(_) | Error::Refused { .. }) => Err(Error::Unfinished { what, nonce }),
            Err(error) => Err(error),
        }
    }

    /// Sends `call` once and waits until it is mined. When an earlier run has sent the same, that transaction is waited
    /// for instead; another one of an earlier run is waited for before.
    ///
    /// # Errors
    /// [`Error::Reverted`] when it would fail, [`Error::Failed`] when it did, [`Error::NotMined`],
    /// [`Error::Refused`], [`Error::Replaced`], [`Error::Unfinished`], [`Error::TooLittleEther`], [`Error::File`].
    pub async fn send(
        &mut self,
        call: &Call,
        gas: &GasTerms,
        watch: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Sent> {
        if let Some(sent) = self.resume(call, gas, watch).await? {
            return Ok(sent);
        }
        let draft = self.chain.draft(self.sender.address(), call, gas).await?;
        self.send_draft(&draft, gas, watch).await
    }

    /// Waits for the open transaction of an earlier run, if there is one; its receipt, when it does the same as `call`.
    ///
    /// # Errors
    /// As for [`Outbox::send`].
    pub async fn resume(
        &mut self,
        call: &Call,
        gas: &GasTerms,
        watch: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Option<Sent>> {
        let Some(open) = self.open().cloned() else { return Ok(None) };
        if !open.does(call) {
            self.settle(watch).await?;
            return Ok(None);
        }
        watch(Event::Resumed { what: open.what.clone(), hash: open.hash });
        match self.wait(Some((call, gas)), true, watch).await? {
            Fate::Mined(receipt) => Ok(Some(Sent { receipt: *receipt, resumed: true })),
            Fate::Replaced => Err(Error::Replaced { nonce: open.nonce, what: open.what }),
        }
    }

    /// How far the open transaction of an earlier run is, when it does the same as `call`; it is handed in again where it
    /// is in no block. Another one is waited for first.
    ///
    /// # Errors
    /// As for [`Outbox::send`].
    pub async fn look_after(
        &mut self,
        call: &Call,
        gas: &GasTerms,
        watch: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Option<Whereabouts>> {
        let Some(open) = self.open().cloned() else { return Ok(None) };
        if !open.does(call) {
            self.settle(watch).await?;
            return Ok(None);
        }
        match self.look(&mut Seen::default(), watch).await? {
            Look::Known(Fate::Mined(receipt)) => return Ok(Some(Whereabouts::Mined(receipt))),
            Look::Known(Fate::Replaced) => {
                return Err(Error::Replaced { nonce: open.nonce, what: open.what });
            }
            Look::Waiting => return Ok(Some(Whereabouts::Pending(open.hash))),
            Look::Gone | Look::Unmined => {}
        }
        match self.hand_in(&open).await {
            // What was offered then may be too little now.
            Err(Error::Refused { .. }) => self.replace(call, gas, watch).await?,
            answer => return answer.map(|()| Some(Whereabouts::Pending(open.hash))),
        }
        let Some(last) = self.open().cloned() else { return Ok(None) };
        self.hand_in(&last).await?;
        Ok(Some(Whereabouts::Pending(last.hash)))
    }

    /// Hands exactly `draft`, as it was shown, to the endpoint, and does not wait for a block; its hash. What became of it
    /// tells [`Outbox::look_after`], or any later run.
    ///
    /// # Errors
    /// As for [`Outbox::send_draft`].
    pub async fn hand_over(&mut self, draft: &Draft) -> Result<B256> {
        self.chain.affordable(draft).await?;
        match self.sender.clone() {
            Sender::Key(key) => {
                let hash = self.sign(draft, &key).await?.hash;
                if let Some(attempt) = self.open() {
                    self.hand_in(attempt).await?;
                }
                Ok(hash)
            }
            Sender::Unlocked(_) => self.send_unlocked(draft).await,
            Sender::Wallet(wallet) => {
                let hash = wallet.send(draft).await?;
                self.chain.taken(hash, draft, self.terms.timeout).await?;
                Ok(hash)
            }
        }
    }

    async fn send_unlocked(&self, draft: &Draft) -> Result<B256> {
        let sent = self.chain.provider().send_transaction(draft.request()).await;
        Ok(*asked("take a transaction", sent)?.tx_hash())
    }

    /// Sends exactly `draft`, as it was shown, and waits until it is mined. `gas` is what holds for a transaction that
    /// replaces it.
    ///
    /// # Errors
    /// As for [`Outbox::send`]; [`Error::NonceOpen`] when a transaction of an earlier run is open; [`Error::Wallet`],
    /// [`Error::Unseen`] and [`Error::OtherTransaction`] of a wallet.
    pub async fn send_draft(
        &mut self,
        draft: &Draft,
        gas: &GasTerms,
        watch: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Sent> {
        self.chain.affordable(draft).await?;
        let what = draft.what.clone();
        let key = match self.sender.clone() {
            Sender::Key(key) => key,
            Sender::Unlocked(_) => {
                let hash = self.send_unlocked(draft).await?;
                watch(Event::Sent { what, hash, replaces: false });
                let receipt = self.chain.mined(hash, self.terms.confirmations, self.terms.timeout).await?;
                return Ok(Sent { receipt, resumed: false });
            }
            Sender::Wallet(wallet) => {
                let hash = wallet.send(draft).await?;
                watch(Event::Sent { what, hash, replaces: false });
                let Terms { confirmations, timeout, .. } = self.terms;
                let receipt = self.chain.carried_out(hash, draft, confirmations, timeout).await?;
                return Ok(Sent { receipt, resumed: false });
            }
        };
        let signed = self.sign(draft, &key).await?;
        watch(Event::Sent { what: what.clone(), hash: signed.hash, replaces: false });
        let call = Call { to: draft.to, value: draft.value, data: draft.data.clone(), what: what.clone() };
        match self.wait(Some((&call, gas)), false, watch).await? {
            Fate::Mined(receipt) => Ok(Sent { receipt: *receipt, resumed: false }),
            Fate::Replaced => Err(Error::Replaced { nonce: draft.nonce, what }),
        }
    }

    /// Signs `draft` and writes it down.
    async fn sign(&mut self, draft: &Draft, key: &Arc<dyn Key>) -> Result<Signed> {
        let signed = draft.sign(key).await?;
        let time = self.chain.head().await?.timestamp;
        let attempt = Attempt {
            what: draft.what.clone(),
            nonce: draft.nonce,
            hash: signed.hash,
            raw: signed.raw.clone(),
            time,
            deadline: None,
            max_fee_per_gas: U128::from(draft.max_fee_per_gas),
            max_priority_fee_per_gas: U128::from(draft.max_priority_fee_per_gas),
        };
        match &mut self.journal {
            Some(journal) => journal.signed(attempt)?,
            None => return Err(Error::Signature("there is no journal to write it down in".into())),
        }
        Ok(signed)
    }

    /// Hands in the open transactions until one is mined and deep enough. `again` is what they do, where more may be
    /// offered for it.
    async fn wait(
        &mut self,
        again: Option<(&Call, &GasTerms)>,
        resumed: bool,
        watch: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Fate> {
        let begun = Instant::now();
        let mut poll = Poll::default();
        let mut offered = begun;
        let mut handed_in = None::<Instant>;
        let mut seen = Seen::default();
        loop {
            let Some(last) = self.open().cloned() else { return Ok(Fate::Replaced) };
            let step = match self.look(&mut seen, watch).await {
                Ok(Look::Known(fate)) => return Ok(fate),
                Ok(Look::Waiting) => Ok(()),
                Ok(Look::Gone) => {
                    handed_in = None;
                    Ok(())
                }
                Ok(Look::Unmined) => match again {
                    // What the endpoint was never handed is not late.
                    Some((call, gas)) if handed_in.is_some() && self.impatient(offered) => {
                        (offered, handed_in) = (Instant::now(), None);
                        self.replace(call, gas, watch).await
                    }
                    _ if handed_in.is_some_and(|at| at.elapsed() < RESEND) => Ok(()),
                    _ => {
                        let first = handed_in.replace(Instant::now()).is_none();
                        match (self.hand_in(&last).await, again) {
                            // Of an earlier run: what was offered then may be too little now.
                            (Err(Error::Refused { .. }), Some((call, gas))) if first && resumed => {
                                handed_in = None;
                                self.replace(call, gas, watch).await
                            }
                            (answer, _) => answer,
                        }
                    }
                },
                Err(error) => Err(error),
            };
            match step {
                Err(Error::Endpoint { reason, .. }) if begun.elapsed() < self.terms.timeout => {
                    watch(Event::Unreachable(reason));
                }
                step => step?,
            }
            if begun.elapsed() > self.terms.timeout {
                return Err(Error::NotMined(last.hash));
            }
            poll.wait().await;
        }
    }

    fn impatient(&self, offered: Instant) -> bool {
        self.terms.patience.is_some_and(|patience| offered.elapsed() > patience)
    }

    /// Looks once what became of the open nonce, and writes it down when it is certain.
    async fn look(&mut self, seen: &mut Seen, watch: &mut (dyn FnMut(Event) + Send)) -> Result<Look> {
        let Some(journal) = &mut self.journal else { return Ok(Look::Known(Fate::Replaced)) };
        let Some(last) = journal.pending().last().cloned() else { return Ok(Look::Known(Fate::Replaced)) };
        let account = self.sender.address();
        // The nonce first: when it is used, the receipt is there.
        let used = self.chain.nonce(account, BlockNumberOrTag::Latest).await? > last.nonce;
        for Attempt { hash, raw, .. } in journal.pending().to_vec() {
            let Some(receipt) = self.chain.receipt(hash).await? else { continue };
            let Some(block) = receipt.block_number else { continue };
            if seen.mined.replace((hash, block)) != Some((hash, block)) {
                watch(Event::Mined { hash, block });
            }
            let head = self.chain.head().await?.number;
            if head.saturating_add(1) < block.saturating_add(self.terms.confirmations) {
                return Ok(Look::Waiting);
            }
            journal.mined(hash, block, receipt.status())?;
            if receipt.status() {
                return Ok(Look::Known(Fate::Mined(Box::new(receipt))));
            }
            // An endpoint that has forgotten the block must not hide that the transaction failed.
            let reason = self.chain.failed_for(&raw, account, block).await.unwrap_or_default();
            return Err(Error::Failed { hash, block, reason });
        }
        if let Some((hash, _)) = seen.mined.take() {
            watch(Event::Gone { hash });
            return Ok(Look::Gone);
        }
        if !used {
            seen.used_since = None;
            return Ok(Look::Unmined);
        }
        let head = self.chain.head().await?.number;
        let since = *seen.used_since.get_or_insert(head);
        if head.saturating_add(1) < since.saturating_add(self.terms.confirmations) {
            return Ok(Look::Waiting);
        }
        journal.replaced(last.nonce)?;
        Ok(Look::Known(Fate::Replaced))
    }

    /// Hands the bytes of `attempt` to the endpoint.
    async fn hand_in(&self, attempt: &Attempt) -> Result<()> {
        let Err(error) = self.chain.provider().send_raw_transaction(&attempt.raw).await else {
            return Ok(());
        };
        if error.as_error_resp().is_none() {
            return Err(Error::endpoint("take a transaction", reason_of(&error)));
        }
        // Nodes say in many words that they have the transaction already, or that its nonce is used.
        let known = self.chain.provider().get_transaction_by_hash(attempt.hash).await;
        if asked("look for a transaction", known)?.is_some() {
            return Ok(());
        }
        let next = self.chain.nonce(self.sender.address(), BlockNumberOrTag::Latest).await?;
        if next > attempt.nonce {
            return Ok(());
        }
        Err(Error::Refused { hash: attempt.hash, reason: reason_of(&error) })
    }

    /// Offers more for the open transaction.
    async fn replace(
        &mut self,
        call: &Call,
        gas: &GasTerms,
        watch: &mut (dyn FnMut(Event) + Send),
    ) -> Result<()> {
        let (Some(open), Sender::Key(key)) = (self.open().cloned(), self.sender.clone()) else {
            return Ok(());
        };
        let bumped = |fee: U128| {
            let fee = fee.to::<u128>();
            fee.saturating_add(fee / BUMP).saturating_add(1)
        };
        let mut draft = self.chain.draft(self.sender.address(), call, gas).await?;
        draft.nonce = open.nonce;
        draft.max_fee_per_gas = draft.max_fee_per_gas.max(bumped(open.max_fee_per_gas));
        draft.max_priority_fee_per_gas =
            draft.max_priority_fee_per_gas.max(bumped(open.max_priority_fee_per_gas));
        if draft.legacy {
            draft.max_priority_fee_per_gas = draft.max_fee_per_gas;
        }
        if gas.max_fee_per_gas.is_some_and(|most| draft.max_fee_per_gas > most) {
            return Ok(());
        }
        self.chain.affordable(&draft).await?;
        let signed = self.sign(&draft, &key).await?;
        watch(Event::Sent { what: draft.what, hash: signed.hash, replaces: true });
        Ok(())
    }
}

/// What became of an open nonce.
enum Fate {
    /// One of its transactions is mined and deep enough.
    Mined(Box<TransactionReceipt>),
    /// Another program's transaction used it.
    Replaced,
}

/// What a look at the chain shows.
enum Look {
    Known(Fate),
    /// The nonce is used, but not yet deep enough.
    Waiting,
    /// The block with the transaction is not on the chain any more.
    Gone,
    Unmined,
}

/// What earlier looks showed.
#[derive(Default)]
struct Seen {
    /// Transaction and block.
    mined: Option<(B256, u64)>,
    /// Block at which the nonce was first used by a transaction that is not ours.
    used_since: Option<u64>,
}

impl Attempt {
    /// Whether this is a transaction of `call`.
    fn does(&self, call: &Call) -> bool {
        TxEnvelope::decode_2718(&mut self.raw.as_ref()).is_ok_and(|envelope| {
            envelope.kind() == TxKind::Call(call.to)
                && envelope.value() == call.value
                && envelope.input() == &call.data
        })
    }
}
