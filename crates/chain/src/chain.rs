//! A chain behind an endpoint: reads at one block, simulation, receipts.

use std::time::Duration;

use alloy::consensus::{Transaction, TxEnvelope};
use alloy::eips::eip2718::Decodable2718;
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{Address, B256, Bytes, U256, hex};
use alloy::providers::{DynProvider, Provider};
use alloy::rpc::types::{BlockOverrides, TransactionReceipt, TransactionRequest};
use alloy::sol_types::SolCall;
use alloy::transports::TransportError;
use btrst_gov::deployment::DEVNET_CHAIN_ID;

use crate::endpoint::reason_of;
use crate::{Error, Result, revert_of};

/// Age of the last block from which an endpoint does not know the chain as it is: 25 slots of mainnet.
pub const STALE: Duration = Duration::from_secs(300);

/// First time between two looks for a receipt; it doubles up to [`MOST_POLL`].
const FIRST_POLL: Duration = Duration::from_millis(10);

/// Longest time between two looks for a receipt.
const MOST_POLL: Duration = Duration::from_secs(2);

/// A block's number, hash and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Number.
    pub number: u64,
    /// Hash.
    pub hash: B256,
    /// Unix time in seconds.
    pub timestamp: u64,
    /// Base fee in wei per gas; zero where the chain has none.
    pub base_fee: u64,
}

/// A chain whose id was checked.
#[derive(Clone, Debug)]
pub struct Chain {
    provider: DynProvider,
    /// Chain id.
    pub id: u64,
}

impl Chain {
    /// Connects to the chain `id` of `name`, which is what it is opened for, such as a deployment.
    ///
    /// # Errors
    /// [`Error::WrongChain`], [`Error::Endpoint`].
    pub async fn connect(provider: DynProvider, id: u64, name: &str) -> Result<Self> {
        let actual = asked("name its chain", provider.get_chain_id().await)?;
        Self::identified(provider, actual, id, name)
    }

    /// The same where it is known that `provider` is of the chain `actual`.
    ///
    /// # Errors
    /// [`Error::WrongChain`].
    pub fn identified(provider: DynProvider, actual: u64, id: u64, name: &str) -> Result<Self> {
        if actual != id {
            return Err(Error::WrongChain { name: name.into(), expected: id, actual });
        }
        Ok(Self { provider, id })
    }

    /// Provider for requests that have no word here.
    #[must_use]
    pub const fn provider(&self) -> &DynProvider {
        &self.provider
    }

    /// The last block.
    ///
    /// # Errors
    /// [`Error::Endpoint`].
    pub async fn head(&self) -> Result<Head> {
        let head = self.block(BlockNumberOrTag::Latest).await?;
        head.ok_or_else(|| Error::endpoint("name its last block", "there is none"))
    }

    /// Its name for files: the id, and of development chains, which share one, the beginning of the first block's hash.
    ///
    /// # Errors
    /// [`Error::Endpoint`].
    pub async fn name(&self) -> Result<String> {
        if self.id != DEVNET_CHAIN_ID {
            return Ok(self.id.to_string());
        }
        let first = self.block(BlockNumberOrTag::Earliest).await?;
        let hash = first.map(|first| first.hash).unwrap_or_default();
        let beginning = hash.0.first_chunk::<4>().copied().unwrap_or_default();
        Ok(format!("{}-{}", self.id, hex::encode(beginning)))
    }

    /// Checks that the last block was less than [`STALE`] before the Unix time `now`, in seconds. The blocks of a
    /// development chain have whatever time they are given.
    ///
    /// # Errors
    /// [`Error::Stale`], [`Error::Endpoint`].
    pub async fn check_age(&self, now: u64) -> Result<()> {
        if self.id == DEVNET_CHAIN_ID {
            return Ok(());
        }
        let head = self.head().await?;
        let age = now.saturating_sub(head.timestamp);
        if age > STALE.as_secs() { Err(Error::Stale { block: head.number, age }) } else { Ok(()) }
    }

    /// The block `number`; `None` when there is none.
    ///
    /// # Errors
    /// [`Error::Endpoint`].
    pub async fn block(&self, number: BlockNumberOrTag) -> Result<Option<Head>> {
        let block = asked("name a block", self.provider.get_block_by_number(number).await)?;
        Ok(block.map(|block| Head {
            number: block.header.number,
            hash: block.header.hash,
            timestamp: block.header.timestamp,
            base_fee: block.header.base_fee_per_gas.unwrap_or_default(),
        }))
    }

    /// Answer of the view `call` of the contract at `to`, at the last block.
    ///
    /// # Errors
    /// [`Error::Reverted`], [`Error::Endpoint`].
    pub async fn read_latest<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return> {
        self.read(to, call, BlockId::latest()).await
    }

    /// Answer of the view `call` of the contract at `to`, on top of `block`.
    ///
    /// # Errors
    /// [`Error::Reverted`], [`Error::Endpoint`].
    pub async fn read<C: SolCall>(&self, to: Address, call: &C, block: BlockId) -> Result<C::Return> {
        let answer = self.provider.call(request(to, call)).block(block).await;
        decoded::<C>(answer)
    }

    /// What `call` of `from` would return on top of `block`, if the block's time were `time`.
    ///
    /// # Errors
    /// [`Error::Reverted`], [`Error::Endpoint`].
    pub async fn simulate<C: SolCall>(
        &self,
        from: Address,
        to: Address,
        call: &C,
        block: BlockId,
        time: u64,
    ) -> Result<C::Return> {
        let request = TransactionRequest { from: Some(from), ..request(to, call) };
        let overrides = BlockOverrides { time: Some(time), ..BlockOverrides::default() };
        let answer = self.provider.call(request).block(block).with_block_overrides(overrides).await;
        decoded::<C>(answer)
    }

    /// Why the mined transaction with the bytes `raw` failed in `block`, as far as its call fails at the end of that
    /// block as well.
    ///
    /// # Errors
    /// [`Error::Endpoint`].
    pub async fn failed_for(&self, raw: &Bytes, from: Address, block: u64) -> Result<Option<String>> {
        let envelope = TxEnvelope::decode_2718(&mut raw.as_ref())
            .map_err(|error| Error::endpoint("explain a failure", error.to_string()))?;
        let request = TransactionRequest {
            from: Some(from),
            to: Some(envelope.kind()),
            value: Some(envelope.value()),
            ..Default::default()
        }
        .input(envelope.input().clone().into());
        match self.provider.call(request).block(BlockId::number(block)).await {
            Ok(_) => Ok(None),
            Err(error) => match revert_of(&error) {
                Some(reason) => Ok(Some(reason)),
                None => Err(Error::endpoint("explain a failure", reason_of(&error))),
            },
        }
    }

    /// Receipt of `hash`, when it is mined.
    ///
    /// # Errors
    /// [`Error::Endpoint`].
    pub async fn receipt(&self, hash: B256) -> Result<Option<TransactionReceipt>> {
        asked("name a receipt", self.provider.get_transaction_receipt(hash).await)
    }

    /// Waits until the transaction `hash` is mined and `confirmations` blocks deep, its own among them.
    ///
    /// # Errors
    /// [`Error::NotMined`] after `timeout`, [`Error::Failed`] when it failed.
    pub async fn mined(
        &self,
        hash: B256,
        confirmations: u64,
        timeout: Duration,
    ) -> Result<TransactionReceipt> {
        let wait = async {
            let mut poll = Poll::default();
            loop {
                if let Some(receipt) = self.receipt(hash).await? {
                    let block = receipt.block_number.unwrap_or_default();
                    if !receipt.status() {
                        return Err(Error::Failed { hash, block, reason: None });
                    }
                    if self.head().await?.number.saturating_add(1) >= block.saturating_add(confirmations) {
                        return Ok(receipt);
                    }
                }
                poll.wait().await;
            }
        };
        tokio::time::timeout(timeout, wait).await.unwrap_or(Err(Error::NotMined(hash)))
    }

    /// Next nonce of `account`: after all mined transactions, or after those in the pool as well.
    ///
    /// # Errors
    /// [`Error::Endpoint`].
    pub async fn nonce(&self, account: Address, block: BlockNumberOrTag) -> Result<u64> {
        asked(
            "name a nonce",
            self.provider.get_transaction_count(account).block_id(BlockId::Number(block)).await,
        )
    }

    /// Ether of `account`, in wei.
    ///
    /// # Errors
    /// [`Error::Endpoint`].
    pub async fn balance(&self, account: Address) -> Result<U256> {
        asked("name a balance", self.provider.get_balance(account).await)
    }

    /// `answer` to a request that has no word here, or that the endpoint did not do `what`.
    ///
    /// # Errors
    /// [`Error::Endpoint`].
    pub fn asked<T>(&self, what: &str, answer: Result<T, TransportError>) -> Result<T> {
        asked(what, answer)
    }

    /// Code of `account`, empty where there is none.
    ///
    /// # Errors
    /// [`Error::Endpoint`].
    pub async fn code(&self, account: Address) -> Result<Bytes> {
        asked("give the code of a contract", self.provider.get_code_at(account).await)
    }
}

/// Waits that grow, for an answer that comes at once on a local chain and after a block elsewhere.
#[derive(Debug)]
pub(crate) struct Poll(Duration);

impl Default for Poll {
    fn default() -> Self {
        Self(FIRST_POLL)
    }
}

impl Poll {
    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.0).await;
        self.0 = self.0.saturating_mul(2).min(MOST_POLL);
    }
}

fn request<C: SolCall>(to: Address, call: &C) -> TransactionRequest {
    TransactionRequest { to: Some(to.into()), ..TransactionRequest::default() }
        .input(Bytes::from(call.abi_encode()).into())
}

fn decoded<C: SolCall>(answer: Result<Bytes, TransportError>) -> Result<C::Return> {
    let data = answer.map_err(|error| refused(C::SIGNATURE, &error))?;
    C::abi_decode_returns(&data)
        .map_err(|error| Error::endpoint(format!("answer `{}`", C::SIGNATURE), error.to_string()))
}

/// Why the call `what`, in words or a signature, got no answer.
pub(crate) fn refused(what: &str, error: &TransportError) -> Error {
    let what = what.split('(').next().unwrap_or(what);
    match revert_of(error) {
        Some(reason) => Error::Reverted { what: what.into(), reason },
        None => Error::endpoint(format!("answer `{what}`"), reason_of(error)),
    }
}

/// `answer`, or what the endpoint failed to do.
pub(crate) fn asked<T>(what: &str, answer: Result<T, TransportError>) -> Result<T> {
    answer.map_err(|error| Error::endpoint(what, reason_of(&error)))
}
