//! A chain that can travel in time, and the transactions of its accounts.

use alloy::consensus::BlockHeader;
use alloy::eips::eip2718::Encodable2718;
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder};
use alloy::primitives::{Address, B256, Bytes, U256, address};
use alloy::providers::ext::AnvilApi;
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::types::{Header, TransactionRequest};
use alloy::sol_types::SolCall;
use alloy::transports::http::reqwest::Url;
use alloy::transports::{RpcError, TransportError, TransportErrorKind};

use crate::anvil::LastLines;
use crate::{Account, Call, Error, Receipt, Result};

/// Chain id of every devnet.
pub const CHAIN_ID: u64 = btrst_gov::deployment::DEVNET_CHAIN_ID;

/// Seconds between two blocks: a slot of mainnet.
pub const SLOT: u64 = 12;

/// System contract of EIP-4788, which stores a beacon root per block.
const BEACON_ROOTS: Address = address!("000F3df6D732807Ef1319fB7B8bB8522d0Beac02");

/// System contract of EIP-2935, which stores a block hash per block.
const HISTORY_STORAGE: Address = address!("0000F90827F1C53a10cb7A02335B175320002935");

/// Most gas that a transaction may have (EIP-7825).
const TRANSACTION_GAS_CAP: u64 = 16_777_216;

/// Most wei per gas that a transaction offers: far above what an empty chain asks.
const MAX_FEE_PER_GAS: u128 = 100_000_000_000;

/// Wei per gas for the block's producer.
const PRIORITY_FEE_PER_GAS: u128 = 1_000_000_000;

/// A running devnet's chain. Its blocks are [`SLOT`] seconds apart unless told otherwise, whatever the clock on the
/// wall says.
#[derive(Clone, Debug)]
pub struct Chain {
    url: Url,
    provider: DynProvider,
    output: LastLines,
}

impl Chain {
    /// A devnet that runs elsewhere, at the HTTP endpoint `url`.
    ///
    /// # Errors
    /// [`Error::InvalidUrl`]; whether anybody answers shows with the first request.
    pub fn connect(url: &str) -> Result<Self> {
        Self::new(url, LastLines::default())
    }

    /// The chain of our own anvil, whose last words explain a lost connection.
    pub(crate) fn of_anvil(port: u16, output: LastLines) -> Result<Self> {
        Self::new(&format!("http://127.0.0.1:{port}"), output)
    }

    fn new(url: &str, output: LastLines) -> Result<Self> {
        let parsed: Url = url
            .parse()
            .map_err(|error| Error::InvalidUrl { url: url.to_owned(), reason: format!("{error}") })?;
        let provider =
            ProviderBuilder::new().disable_recommended_fillers().connect_http(parsed.clone()).erased();
        Ok(Self { url: parsed, provider, output })
    }

    /// Makes a fresh anvil fit for time travel.
    pub(crate) async fn prepare(&self) -> Result<()> {
        // Each block would write to these two contracts, whose tries grow to 8,191 slots: minutes for a voting period.
        for contract in [BEACON_ROOTS, HISTORY_STORAGE] {
            self.ask("clear a system contract", self.provider.anvil_set_code(contract, Bytes::new())).await?;
        }
        self.set_block_time(SLOT).await?;
        self.ask("be quiet", self.provider.anvil_set_logging(false)).await
    }

    /// Endpoint.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// Provider for requests that have no word here.
    #[must_use]
    pub const fn provider(&self) -> &DynProvider {
        &self.provider
    }

    /// Chain id; [`CHAIN_ID`] for every devnet.
    ///
    /// # Errors
    /// As for every request.
    pub async fn id(&self) -> Result<u64> {
        self.ask("name its chain", async { self.provider.get_chain_id().await }).await
    }

    /// Number of the last block.
    ///
    /// # Errors
    /// [`Error::ChainDisappeared`], [`Error::Rpc`], as for every request.
    pub async fn block_number(&self) -> Result<u64> {
        Ok(self.last_block().await?.number())
    }

    /// Time of the last block, Unix time in seconds.
    ///
    /// # Errors
    /// As for every request.
    pub async fn now(&self) -> Result<u64> {
        Ok(self.last_block().await?.timestamp())
    }

    async fn last_block(&self) -> Result<Header> {
        let request = async { self.provider.get_block(BlockId::latest()).await };
        self.ask("name its last block", request)
            .await?
            .map(|block| block.header)
            .ok_or_else(|| Error::effect("the last block", "a block", "none"))
    }

    /// Mines `blocks` blocks, [`SLOT`] seconds apart, at once.
    ///
    /// # Errors
    /// As for every request; [`Error::UnexpectedEffect`] when there are not that many more blocks.
    pub async fn mine(&self, blocks: u64) -> Result<()> {
        self.mine_every(SLOT, blocks).await
    }

    /// Mines `blocks` blocks, `interval` seconds apart, at once.
    ///
    /// # Errors
    /// As for [`Chain::mine`].
    pub async fn mine_every(&self, interval: u64, blocks: u64) -> Result<()> {
        let before = self.block_number().await?;
        // The fixed block time of this chain goes before the interval of a request to mine.
        self.set_block_time(interval).await?;
        let mined = self.ask("mine", self.provider.anvil_mine(Some(blocks), None)).await;
        self.set_block_time(SLOT).await?;
        mined?;
        let after = self.block_number().await?;
        if after == before + blocks {
            Ok(())
        } else {
            Err(Error::effect("the last block", before + blocks, after))
        }
    }

    /// Mines up to block `number`, [`SLOT`] seconds per block; does nothing when it is there already.
    ///
    /// # Errors
    /// As for [`Chain::mine`].
    pub async fn mine_to(&self, number: u64) -> Result<()> {
        match number.saturating_sub(self.block_number().await?) {
            0 => Ok(()),
            missing => self.mine(missing).await,
        }
    }

    /// Mines one block at `timestamp` (Unix time in seconds), however far ahead.
    ///
    /// # Errors
    /// [`Error::WarpIntoPast`] unless `timestamp` is later than the last block's.
    pub async fn warp(&self, timestamp: u64) -> Result<()> {
        self.set_next_timestamp(timestamp).await?;
        self.ask("mine", self.provider.anvil_mine(Some(1), None)).await?;
        let now = self.now().await?;
        if now == timestamp {
            Ok(())
        } else {
            Err(Error::effect("the time of the last block", timestamp, now))
        }
    }

    /// Gives the next block, and so the next transaction, the time `timestamp` (Unix time in seconds).
    ///
    /// # Errors
    /// [`Error::WarpIntoPast`] unless `timestamp` is later than the last block's.
    pub async fn set_next_timestamp(&self, timestamp: u64) -> Result<()> {
        let now = self.now().await?;
        if timestamp <= now {
            return Err(Error::WarpIntoPast { target: timestamp, now });
        }
        self.ask("set the time", self.provider.anvil_set_next_block_timestamp(timestamp)).await
    }

    async fn set_block_time(&self, interval: u64) -> Result<()> {
        self.ask("fix the block time", self.provider.anvil_set_block_timestamp_interval(interval)).await
    }

    /// Ether of `account`, in wei.
    ///
    /// # Errors
    /// As for every request.
    pub async fn balance(&self, account: Address) -> Result<U256> {
        self.ask("name a balance", async { self.provider.get_balance(account).await }).await
    }

    /// Answer of the view `call` of the contract at `to`, on top of the last block.
    ///
    /// # Errors
    /// [`Error::Reverted`] with the reason, [`Error::Undecodable`].
    pub async fn read<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return> {
        let request = TransactionRequest::default().with_to(to).with_input(call.abi_encode());
        let answer = async { self.provider.call(request).await };
        let data = answer.await.map_err(|error| self.error(&format!("`{}`", C::SIGNATURE), error))?;
        C::abi_decode_returns(&data).map_err(|source| Error::Undecodable {
            what: format!("the answer of `{}`", C::SIGNATURE),
            address: to,
            source: Box::new(source),
        })
    }

    /// Sends `call` from `account` and waits until it is mined.
    ///
    /// # Errors
    /// [`Error::Reverted`] with the reason; nothing is mined then.
    pub async fn send(&self, account: &Account, call: Call) -> Result<Receipt> {
        let request = request(account, &call);
        let estimate = async { self.provider.estimate_gas(request.clone()).block(BlockId::pending()).await };
        let gas = estimate.await.map_err(|error| self.error(&call.what, error))?;
        // A third more than estimated, as `cast` sends: a call can need gas that it does not use up.
        let gas = (gas + gas / 3).min(TRANSACTION_GAS_CAP);
        let nonce = self.nonce(account, BlockNumberOrTag::Pending).await?;
        let raw = sign(account, request.with_gas_limit(gas), nonce).await?;
        let sent = async { self.provider.eth_send_raw_transaction_sync(raw).await };
        let receipt = sent.await.map_err(|error| self.error(&call.what, error))?;
        self.succeeded(account, &call, Receipt(receipt)).await
    }

    /// Deploys a contract from `account` and waits until it is mined.
    ///
    /// # Errors
    /// As for [`Chain::send`].
    pub async fn deploy(&self, account: &Account, deployment: Call) -> Result<Address> {
        let what = deployment.what.clone();
        let receipt = self.send(account, deployment).await?;
        receipt.deployed().ok_or_else(|| Error::effect(&what, "an address", "none"))
    }

    /// Sends all `calls` in order, in as few blocks as their gas limits permit, and waits until they are mined.
    ///
    /// # Errors
    /// [`Error::Reverted`] with the reason of the first that failed; the others are mined nevertheless.
    pub async fn send_all(&self, calls: &[(&Account, Call)]) -> Result<Vec<Receipt>> {
        self.ask("stop mining", self.provider.anvil_set_auto_mine(false)).await?;
        let sent = self.send_and_mine(calls).await;
        if sent.is_err() {
            // What is left in the pool would be mined with the next transaction of anybody.
            self.ask("empty its pool", self.provider.anvil_drop_all_transactions()).await?;
        }
        self.ask("mine again", self.provider.anvil_set_auto_mine(true)).await?;
        let mut receipts = Vec::with_capacity(calls.len());
        for ((account, call), hash) in calls.iter().zip(sent?) {
            let request = async { self.provider.get_transaction_receipt(hash).await };
            let receipt = self.ask("name a receipt", request).await?;
            let receipt = receipt.ok_or_else(|| Error::NotMined { what: call.what.clone(), hash })?;
            receipts.push(self.succeeded(account, call, Receipt(receipt)).await?);
        }
        Ok(receipts)
    }

    /// Puts `calls` into the pool and mines until it is empty; their hashes.
    async fn send_and_mine(&self, calls: &[(&Account, Call)]) -> Result<Vec<B256>> {
        let mut nonces = std::collections::HashMap::new();
        let mut hashes = Vec::with_capacity(calls.len());
        for (account, call) in calls {
            let nonce = match nonces.get(&account.name) {
                Some(nonce) => *nonce,
                None => self.nonce(account, BlockNumberOrTag::Latest).await?,
            };
            nonces.insert(account.name, nonce + 1);
            let raw = sign(account, request(account, call).with_gas_limit(call.gas_limit), nonce).await?;
            let sent = async { self.provider.send_raw_transaction(&raw).await };
            hashes.push(*sent.await.map_err(|error| self.error(&call.what, error))?.tx_hash());
        }
        // A block takes at least one transaction, so this ends.
        for _ in calls {
            self.ask("mine", self.provider.anvil_mine(Some(1), None)).await?;
            let pool: serde_json::Value =
                self.ask("name its pool", self.provider.raw_request("txpool_status".into(), ())).await?;
            if pool.get("pending").is_some_and(|pending| pending == "0x0") {
                break;
            }
        }
        Ok(hashes)
    }

    /// `receipt`, unless it is that of a failure.
    async fn succeeded(&self, account: &Account, call: &Call, receipt: Receipt) -> Result<Receipt> {
        if receipt.0.status() {
            return Ok(receipt);
        }
        // A receipt has no reason, so the call is made once more, on top of what it left behind.
        let again = async { self.provider.call(request(account, call)).await };
        Err(match again.await {
            Err(error) => self.error(&call.what, error),
            Ok(_) => Error::Reverted { what: call.what.clone(), reason: "it succeeds when repeated".into() },
        })
    }

    async fn nonce(&self, account: &Account, block: BlockNumberOrTag) -> Result<u64> {
        let request =
            async { self.provider.get_transaction_count(account.address()).block_id(block.into()).await };
        self.ask("name a nonce", request).await
    }

    async fn ask<T>(
        &self,
        what: &str,
        request: impl Future<Output = Result<T, TransportError>>,
    ) -> Result<T> {
        request.await.map_err(|error| self.error(what, error))
    }

    /// What `error` means for a request to `what`.
    fn error(&self, what: &str, error: TransportError) -> Error {
        if let Some(reason) = btrst_chain::revert_of(&error) {
            return Error::Reverted { what: what.to_owned(), reason };
        }
        let source = Box::new(error);
        match *source {
            RpcError::Transport(ref kind) if !matches!(kind, TransportErrorKind::HttpError(_)) => {
                Error::ChainDisappeared { url: self.url().to_owned(), output: self.output.to_vec(), source }
            }
            _ => Error::Rpc { what: what.to_owned(), source },
        }
    }
}

fn request(account: &Account, call: &Call) -> TransactionRequest {
    TransactionRequest { to: Some(call.to), ..TransactionRequest::default() }
        .with_from(account.address())
        .with_value(call.value)
        .with_input(call.data.clone())
        .with_chain_id(CHAIN_ID)
        .with_max_fee_per_gas(MAX_FEE_PER_GAS)
        .with_max_priority_fee_per_gas(PRIORITY_FEE_PER_GAS)
}

async fn sign(account: &Account, request: TransactionRequest, nonce: u64) -> Result<Bytes> {
    let wallet = EthereumWallet::from(account.signer.clone());
    let signed = request.with_nonce(nonce).build(&wallet).await;
    let envelope = signed
        .map_err(|error| Error::Signer { account: account.name.as_str(), reason: error.to_string() })?;
    Ok(envelope.encoded_2718().into())
}
