//! The chain as the fee tools need it: reads at one block, simulation, and transactions.

use std::time::Duration;

use alloy::consensus::{Transaction, TxEnvelope};
use alloy::eips::eip2718::Decodable2718;
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::{DynProvider, Provider};
use alloy::rpc::types::{BlockOverrides, TransactionReceipt, TransactionRequest};
use alloy::sol_types::{Panic, Revert, SolCall, SolError, SolInterface};
use alloy::transports::TransportError;
use btrst_bindings::FeeConverter::FeeConverterErrors;
use btrst_bindings::{FeeConverter, GovernanceDecisions};
use btrst_gov::Deployment;

use crate::{Error, Result};

/// Time between two looks for a receipt.
const RECEIPT_POLL: Duration = Duration::from_millis(500);

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

/// The contracts that fees pass through, on their chain.
#[derive(Clone, Debug)]
pub struct FeeChain {
    provider: DynProvider,
    /// Chain id.
    pub chain_id: u64,
    /// FeeConverter.
    pub converter: Address,
    /// The fee currency.
    pub usdc: Address,
    /// The token that fees are converted into.
    pub btrst: Address,
    /// The pool that fees are converted in.
    pub pool: Address,
    decisions: Option<Address>,
    deployment: String,
}

impl FeeChain {
    /// Connects to the contracts of `deployment`.
    ///
    /// # Errors
    /// [`Error::WrongChain`], [`Error::NoContract`], [`Error::Endpoint`].
    pub async fn connect(provider: DynProvider, deployment: &Deployment) -> Result<Self> {
        let name = &deployment.name;
        let missing = |contract| Error::NoContract { deployment: name.clone(), contract };
        let contracts = &deployment.contracts;
        let actual = asked("name its chain", provider.get_chain_id().await)?;
        if actual != deployment.chain_id {
            let expected = deployment.chain_id;
            return Err(Error::WrongChain { deployment: name.clone(), expected, actual });
        }
        let converter = contracts.fee_converter.ok_or_else(|| missing("fee_converter"))?;
        let mut chain = Self {
            provider,
            chain_id: actual,
            converter,
            usdc: Address::ZERO,
            btrst: Address::ZERO,
            pool: Address::ZERO,
            decisions: contracts.governance_decisions,
            deployment: name.clone(),
        };
        // The converter knows its tokens and pool better than any file.
        chain.usdc = chain.read_latest(converter, &FeeConverter::USDCCall {}).await?;
        chain.btrst = chain.read_latest(converter, &FeeConverter::BTRSTCall {}).await?;
        chain.pool = chain.read_latest(converter, &FeeConverter::poolCall {}).await?;
        Ok(chain)
    }

    /// Provider for requests that have no word here.
    #[must_use]
    pub const fn provider(&self) -> &DynProvider {
        &self.provider
    }

    /// The marketplace fee in force, in whole percent.
    ///
    /// # Errors
    /// [`Error::NoContract`], or as every read.
    pub async fn marketplace_fee(&self) -> Result<u8> {
        let decisions = self.decisions.ok_or_else(|| Error::NoContract {
            deployment: self.deployment.clone(),
            contract: "governance_decisions",
        })?;
        self.read_latest(decisions, &GovernanceDecisions::marketplaceFeeCall {}).await
    }

    /// The last block.
    ///
    /// # Errors
    /// [`Error::Endpoint`].
    pub async fn head(&self) -> Result<Head> {
        let head = self.block(BlockNumberOrTag::Latest).await?;
        head.ok_or_else(|| endpoint("name its last block", "there is none"))
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
            .map_err(|error| endpoint("explain a failure", error.to_string()))?;
        let request =
            TransactionRequest { from: Some(from), to: Some(envelope.kind()), ..Default::default() }
                .input(envelope.input().clone().into());
        match self.provider.call(request).block(BlockId::number(block)).await {
            Ok(_) => Ok(None),
            Err(error) => match revert_of(&error) {
                Some(reason) => Ok(Some(reason)),
                None => Err(endpoint("explain a failure", reason_of(&error))),
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
            loop {
                if let Some(receipt) = self.receipt(hash).await? {
                    let block = receipt.block_number.unwrap_or_default();
                    if !receipt.status() {
                        return Err(Error::Failed { hash, block });
                    }
                    if self.head().await?.number + 1 >= block + confirmations {
                        return Ok(receipt);
                    }
                }
                tokio::time::sleep(RECEIPT_POLL).await;
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

    /// USDC of `account`, in base units.
    ///
    /// # Errors
    /// As every read.
    pub async fn usdc_of(&self, account: Address) -> Result<U256> {
        self.read_latest(self.usdc, &IErc20::balanceOfCall { account }).await
    }
}

#[allow(missing_docs, reason = "generated")]
mod erc20 {
    alloy::sol! {
        /// What the tools ask of USDC.
        interface IErc20 {
            function balanceOf(address account) external view returns (uint256);
            function allowance(address owner, address spender) external view returns (uint256);
        }
    }
}
pub(crate) use erc20::IErc20;

fn request<C: SolCall>(to: Address, call: &C) -> TransactionRequest {
    TransactionRequest { to: Some(to.into()), ..TransactionRequest::default() }
        .input(Bytes::from(call.abi_encode()).into())
}

fn decoded<C: SolCall>(answer: Result<Bytes, TransportError>) -> Result<C::Return> {
    let data = answer.map_err(|error| failure::<C>(&error))?;
    C::abi_decode_returns(&data)
        .map_err(|error| endpoint(&format!("answer `{}`", name::<C>()), error.to_string()))
}

/// Name of a function without its parameters.
fn name<C: SolCall>() -> &'static str {
    C::SIGNATURE.split('(').next().unwrap_or(C::SIGNATURE)
}

fn failure<C: SolCall>(error: &TransportError) -> Error {
    match revert_of(error) {
        Some(reason) => Error::Reverted { what: name::<C>().into(), reason },
        None => endpoint(&format!("answer `{}`", name::<C>()), reason_of(error)),
    }
}

/// `answer`, or what the endpoint failed to do.
pub(crate) fn asked<T>(what: &str, answer: Result<T, TransportError>) -> Result<T> {
    answer.map_err(|error| endpoint(what, reason_of(&error)))
}

pub(crate) fn endpoint(what: &str, reason: impl Into<String>) -> Error {
    Error::Endpoint { what: what.into(), reason: reason.into() }
}

/// Why the chain says that a call reverts, with the converter's errors and their arguments.
pub(crate) fn revert_of(error: &TransportError) -> Option<String> {
    let response = error.as_error_resp()?;
    let Some(data) = response.as_revert_data() else {
        return response.message.contains("revert").then(|| response.message.to_string());
    };
    if data.is_empty() {
        return Some("no reason given".into());
    }
    if let Ok(revert) = Revert::abi_decode(&data) {
        return Some(revert.reason);
    }
    if let Ok(panic) = Panic::abi_decode(&data) {
        return Some(panic.to_string());
    }
    let Ok(error) = FeeConverterErrors::abi_decode(&data) else {
        return Some(format!("unknown error `{data}`"));
    };
    // The name of the enum's variant and that of the error in it are the same.
    let text = format!("{error:?}");
    let inner = text.split_once('(').and_then(|(_, inner)| inner.strip_suffix(')'));
    let inner = inner.unwrap_or(&text);
    Some(if matches!(error, FeeConverterErrors::PriceRose(_)) {
        format!("{inner}: BTRST became dearer within the block, try again in the next one")
    } else {
        inner.to_owned()
    })
}

/// What went wrong between us and the endpoint, with no more of its address than the host: the rest can be a
/// credential.
pub(crate) fn reason_of(error: &TransportError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    without_credentials(&text)
}

/// `text` with every address cut after its host, and without the user and password before it.
#[must_use]
pub fn without_credentials(text: &str) -> String {
    let mut parts = text.split("://");
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| c.is_whitespace() || "()<>\"'`,".contains(c)).unwrap_or(part.len());
        let (address, rest) = part.split_at(end);
        let authority = address.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        clean = format!("{clean}://{host}{rest}");
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_do_not_show() {
        let table = [
            ("no address", "no address"),
            ("at https://user:pw@node.example:8545/v3/key?x=1 failed", "at https://node.example:8545 failed"),
            (
                "error (http://a.example/secret) and (wss://b.example/s)",
                "error (http://a.example) and (wss://b.example)",
            ),
            ("http://127.0.0.1:8545/", "http://127.0.0.1:8545"),
        ];
        for (text, clean) in table {
            assert_eq!(without_credentials(text), clean);
        }
    }
}
