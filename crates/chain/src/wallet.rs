//! Wallets that sign and send by themselves, such as one in a browser, and whether what they sent is what was asked.

use std::fmt;
use std::time::Duration;

use alloy::consensus::Transaction as _;
use alloy::dyn_abi::TypedData;
use alloy::network::TransactionResponse as _;
use alloy::primitives::{Address, B256, Signature, TxKind};
use alloy::providers::Provider;
use alloy::rpc::types::{Transaction, TransactionReceipt};
use futures_util::future::BoxFuture;

use crate::chain::{Poll, asked};
use crate::{Chain, Draft, Error, Result};

/// A wallet that signs and sends by itself, and lets its holder decide each time. It chooses nonce and price of gas.
pub trait Wallet: fmt::Debug + Send + Sync {
    /// Its account.
    fn address(&self) -> Address;

    /// Has it send `draft`; the hash that it names.
    fn send<'a>(&'a self, draft: &'a Draft) -> BoxFuture<'a, Result<B256>>;

    /// Has it sign `message` (EIP-712).
    fn sign<'a>(&'a self, message: &'a TypedData) -> BoxFuture<'a, Result<Signature>>;
}

impl Chain {
    /// Waits until the endpoint has the transaction `hash`, which a wallet sent for `draft`, in a block or not, and
    /// compares the two.
    ///
    /// # Errors
    /// [`Error::Unseen`] after `timeout`, [`Error::OtherTransaction`], [`Error::Endpoint`].
    pub(crate) async fn taken(&self, hash: B256, draft: &Draft, timeout: Duration) -> Result<()> {
        let known = async {
            let mut poll = Poll::default();
            loop {
                let known = self.provider().get_transaction_by_hash(hash).await;
                if let Some(known) = asked("look for a transaction", known)? {
                    return compare(hash, &known, draft);
                }
                poll.wait().await;
            }
        };
        tokio::time::timeout(timeout, known).await.unwrap_or(Err(Error::Unseen(hash)))
    }

    /// The same, and waits until it is mined and `confirmations` blocks deep; its receipt.
    ///
    /// # Errors
    /// As for [`Chain::taken`], and [`Error::Failed`].
    pub(crate) async fn carried_out(
        &self,
        hash: B256,
        draft: &Draft,
        confirmations: u64,
        timeout: Duration,
    ) -> Result<TransactionReceipt> {
        self.taken(hash, draft, timeout).await?;
        match self.mined(hash, confirmations, timeout).await {
            Err(Error::NotMined(hash)) => Err(Error::Unseen(hash)),
            receipt => receipt,
        }
    }
}

/// Whether `found` does what `draft` says. Nonce and gas are the wallet's.
fn compare(hash: B256, found: &Transaction, draft: &Draft) -> Result<()> {
    let other =
        |what, asked: String, found: String| Err(Error::OtherTransaction { hash, what, asked, found });
    if found.from() != draft.from {
        return other("sender", draft.from.to_string(), found.from().to_string());
    }
    if found.kind() != TxKind::Call(draft.to) {
        let to = found.to().map_or_else(|| "none".into(), |to| to.to_string());
        return other("target", draft.to.to_string(), to);
    }
    if found.value() != draft.value {
        return other("value in wei", draft.value.to_string(), found.value().to_string());
    }
    if *found.input() != draft.data {
        return other("call data", draft.data.to_string(), found.input().to_string());
    }
    Ok(())
}
