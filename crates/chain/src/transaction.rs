//! Transactions: drafted and simulated first, then signed.

use std::fmt;
use std::sync::Arc;

use alloy::consensus::TxEnvelope;
use alloy::dyn_abi::TypedData;
use alloy::eips::eip2718::Encodable2718;
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder, TxSigner};
use alloy::primitives::{Address, B256, Bytes, Signature, U256};
use alloy::providers::Provider;
use alloy::rpc::types::{BlockOverrides, TransactionRequest};
use alloy::signers::Signer;
use alloy::transports::RpcError;
use btrst_gov::governor::Call;
use serde::Serialize;

use crate::chain::{asked, refused};
use crate::{Chain, Error, Result, Wallet};

/// Most gas that a transaction may have (EIP-7825).
pub const GAS_CAP: u64 = 16_777_216;

/// A key that signs transactions and typed messages, wherever it is kept.
pub trait Key: TxSigner<Signature> + Signer<Signature> + Send + Sync {}

impl<K: TxSigner<Signature> + Signer<Signature> + Send + Sync> Key for K {}

impl fmt::Debug for dyn Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", TxSigner::address(self))
    }
}

/// Who sends.
#[derive(Clone, Debug)]
pub enum Sender {
    /// An account whose key is at hand.
    Key(Arc<dyn Key>),
    /// An account that the endpoint signs for, as development chains do.
    Unlocked(Address),
    /// An account whose wallet signs and sends by itself.
    Wallet(Arc<dyn Wallet>),
}

impl Sender {
    /// A sender with `key`.
    pub fn key(key: impl Key + 'static) -> Self {
        Self::Key(Arc::new(key))
    }

    /// The account.
    #[must_use]
    pub fn address(&self) -> Address {
        match self {
            Self::Key(key) => TxSigner::address(key),
            Self::Unlocked(address) => *address,
            Self::Wallet(wallet) => wallet.address(),
        }
    }
}

/// What the sender demands of gas, where the endpoint's own estimates are not wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GasTerms {
    /// Gas limit.
    pub limit: Option<u64>,
    /// Gas limit in percent of what the simulation used, when there is no other.
    pub multiplier: u64,
    /// Most wei per gas.
    pub max_fee_per_gas: Option<u128>,
    /// Wei per gas for the block's producer; a legacy transaction has none.
    pub max_priority_fee_per_gas: Option<u128>,
    /// Whether the transaction is a legacy one (type 0), which pays its price in full, for chains that know no other.
    pub legacy: bool,
    /// Nonce.
    pub nonce: Option<u64>,
    /// Unix time in seconds of the block that is simulated, where the call would fail at that of the last one. The
    /// endpoint has to take block overrides in `eth_estimateGas` for it.
    pub time: Option<u64>,
}

impl Default for GasTerms {
    /// The endpoint's estimates. A call can need gas that it does not use up, so that the limit is 30% higher.
    fn default() -> Self {
        Self {
            limit: None,
            multiplier: 130,
            max_fee_per_gas: None,
            max_priority_fee_per_gas: None,
            legacy: false,
            nonce: None,
            time: None,
        }
    }
}

/// What a transaction offers for gas, in wei per gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    /// At most; the price of a legacy transaction.
    pub max_fee_per_gas: u128,
    /// Of them, for the block's producer at most. All of them in a legacy transaction, as nodes see it when they compare
    /// it with one that is to replace it.
    pub max_priority_fee_per_gas: u128,
}

/// Exactly what would be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Draft {
    /// The call in words.
    pub what: String,
    /// Sender.
    pub from: Address,
    /// Contract.
    pub to: Address,
    /// Wei to send along.
    pub value: U256,
    /// Call data.
    pub data: Bytes,
    /// Nonce of the sender.
    pub nonce: u64,
    /// Gas that the call used in its simulation.
    pub gas_estimate: u64,
    /// Gas limit.
    pub gas_limit: u64,
    /// Most wei per gas; the price of a legacy transaction.
    pub max_fee_per_gas: u128,
    /// Wei per gas for the block's producer; the same as `max_fee_per_gas` in a legacy transaction.
    pub max_priority_fee_per_gas: u128,
    /// Whether it is a legacy transaction (type 0).
    pub legacy: bool,
    /// Chain.
    pub chain_id: u64,
}

/// A transaction whose bytes are fixed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Its hash.
    pub hash: B256,
    /// Its bytes.
    pub raw: Bytes,
}

impl Draft {
    /// Most wei that its gas can cost.
    #[must_use]
    pub fn most_cost(&self) -> U256 {
        U256::from(self.gas_limit).saturating_mul(U256::from(self.max_fee_per_gas))
    }

    pub(crate) fn request(&self) -> TransactionRequest {
        let request = TransactionRequest { to: Some(self.to.into()), ..TransactionRequest::default() }
            .with_from(self.from)
            .with_value(self.value)
            .with_input(self.data.clone())
            .with_chain_id(self.chain_id)
            .with_nonce(self.nonce)
            .with_gas_limit(self.gas_limit);
        if self.legacy {
            return request.with_gas_price(self.max_fee_per_gas);
        }
        request
            .with_max_fee_per_gas(self.max_fee_per_gas)
            .with_max_priority_fee_per_gas(self.max_priority_fee_per_gas)
    }

    /// Signs it.
    ///
    /// # Errors
    /// [`Error::Signature`], also when the signature is that of another account than the sender: a transaction says
    /// whose it is by its signature alone.
    pub async fn sign(&self, key: &Arc<dyn Key>) -> Result<Signed> {
        let wallet = EthereumWallet::new(Arc::clone(key));
        let envelope: TxEnvelope = self.request().build(&wallet).await.map_err(|error| unsigned(&error))?;
        let signer = envelope.signature().recover_address_from_prehash(&envelope.signature_hash());
        let signer = signer.map_err(|error| Error::Signature(error.to_string()))?;
        if signer != self.from {
            return Err(Error::Signature(format!(
                "the signature is that of `{signer}`, not of `{}`",
                self.from
            )));
        }
        Ok(Signed { hash: *envelope.tx_hash(), raw: envelope.encoded_2718().into() })
    }
}

impl Chain {
    /// Simulates `call` of `from` on top of the last block and drafts its transaction, at the next nonce after those in
    /// the pool.
    ///
    /// # Errors
    /// [`Error::Reverted`] when it would fail, [`Error::TooLittleGas`], [`Error::TooLittleEther`], [`Error::NoBaseFee`],
    /// [`Error::Endpoint`].
    pub async fn draft(&self, from: Address, call: &Call, terms: &GasTerms) -> Result<Draft> {
        let request = TransactionRequest {
            to: Some(call.to.into()),
            from: Some(from),
            value: Some(call.value),
            ..TransactionRequest::default()
        }
        .input(call.data.clone().into());
        let mut estimate = self.provider().estimate_gas(request.clone()).block(BlockId::latest());
        if let time @ Some(_) = terms.time {
            estimate = estimate.with_block_overrides(BlockOverrides { time, ..BlockOverrides::default() });
        }
        let gas_estimate = match estimate.await {
            // In the next block it can need more: BTRST's vote history has one entry a block, which a call changes
            // for less gas than it begins one. Not every endpoint tells, so that no answer is none.
            Ok(gas) => {
                let next = self.provider().estimate_gas(request).block(BlockId::pending()).await;
                gas.max(next.unwrap_or_default())
            }
            Err(error) => {
                // Nodes say "insufficient funds" in many ways; the balance says it in one.
                let has = self.balance(from).await?;
                if has < call.value {
                    return Err(Error::TooLittleEther { account: from, has, needs: call.value });
                }
                return Err(refused(&call.what, &error));
            }
        };
        if let Some(limit) = terms.limit.filter(|limit| *limit < gas_estimate) {
            return Err(Error::TooLittleGas { what: call.what.clone(), limit, needs: gas_estimate });
        }
        let Fees { max_fee_per_gas, max_priority_fee_per_gas } = self.fees(terms).await?;
        let nonce = match terms.nonce {
            Some(nonce) => nonce,
            None => self.nonce(from, BlockNumberOrTag::Pending).await?,
        };
        Ok(Draft {
            what: call.what.clone(),
            from,
            to: call.to,
            value: call.value,
            data: call.data.clone(),
            nonce,
            gas_estimate,
            gas_limit: terms.limit.unwrap_or_else(|| {
                gas_estimate.saturating_mul(terms.multiplier).saturating_div(100).min(GAS_CAP)
            }),
            max_fee_per_gas,
            max_priority_fee_per_gas,
            legacy: terms.legacy,
            chain_id: self.id,
        })
    }

    /// What a transaction with these `terms` offers for gas: what they demand, and where they demand nothing, what the
    /// endpoint estimates.
    ///
    /// # Errors
    /// [`Error::NoBaseFee`] when the chain knows only legacy transactions, [`Error::Endpoint`].
    pub async fn fees(&self, terms: &GasTerms) -> Result<Fees> {
        const QUESTION: &str = "name the price of gas";
        if terms.legacy {
            let price = match terms.max_fee_per_gas {
                Some(price) => price,
                None => asked(QUESTION, self.provider().get_gas_price().await)?,
            };
            return Ok(Fees { max_fee_per_gas: price, max_priority_fee_per_gas: price });
        }
        let (most, tip) = match (terms.max_fee_per_gas, terms.max_priority_fee_per_gas) {
            (Some(most), Some(tip)) => (most, tip),
            (most, tip) => match self.provider().estimate_eip1559_fees().await {
                Err(RpcError::UnsupportedFeature(_)) => return Err(Error::NoBaseFee),
                estimate => {
                    let estimate = asked(QUESTION, estimate)?;
                    (
                        most.unwrap_or(estimate.max_fee_per_gas),
                        tip.unwrap_or(estimate.max_priority_fee_per_gas),
                    )
                }
            },
        };
        Ok(Fees { max_fee_per_gas: most, max_priority_fee_per_gas: tip.min(most) })
    }

    /// The signature of `sender` under the message `typed` (EIP-712).
    ///
    /// # Errors
    /// [`Error::Signature`], [`Error::Endpoint`] when the endpoint signs and does not, [`Error::Wallet`].
    pub async fn sign_typed(&self, sender: &Sender, typed: &TypedData) -> Result<Signature> {
        match sender {
            Sender::Key(key) => {
                let signature = key.sign_dynamic_typed_data(typed).await;
                signature.map_err(|error| unsigned(&error))
            }
            Sender::Unlocked(account) => {
                let request = self.provider().raw_request("eth_signTypedData_v4".into(), (account, typed));
                let signature: Bytes = asked("sign a message", request.await)?;
                Signature::from_raw(&signature).map_err(|error| Error::Signature(error.to_string()))
            }
            Sender::Wallet(wallet) => wallet.sign(typed).await,
        }
    }

    /// Checks that the sender of `draft` can pay for it.
    ///
    /// # Errors
    /// [`Error::TooLittleEther`], [`Error::Endpoint`].
    pub async fn affordable(&self, draft: &Draft) -> Result<()> {
        let needs = draft.most_cost().saturating_add(draft.value);
        let has = self.balance(draft.from).await?;
        if has < needs {
            return Err(Error::TooLittleEther { account: draft.from, has, needs });
        }
        Ok(())
    }

    /// Hands the signed bytes `raw` to the endpoint. To hand in the same again is harmless.
    ///
    /// # Errors
    /// [`Error::Endpoint`], also when the transaction is known already.
    pub async fn submit(&self, raw: &Bytes) -> Result<()> {
        asked("take a transaction", self.provider().send_raw_transaction(raw).await).map(drop)
    }
}

/// Why a key did not sign. Services say what was wrong in the causes of their errors.
fn unsigned(error: &(dyn std::error::Error + 'static)) -> Error {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    Error::Signature(crate::without_credentials(&text))
}
