//! Transactions: drafted and simulated first, then signed, then sent.

use alloy::consensus::TxEnvelope;
use alloy::eips::eip2718::Encodable2718;
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder};
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::{BlockOverrides, TransactionRequest};
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::SolCall;
use serde::Serialize;

use crate::chain::{FeeChain, asked, endpoint, reason_of, revert_of};
use crate::{Error, Result};

/// Most gas that a transaction may have (EIP-7825).
const GAS_CAP: u64 = 16_777_216;

/// Who sends.
#[derive(Clone, Debug)]
pub enum Sender {
    /// An account whose key is here.
    Key(PrivateKeySigner),
    /// An account that the endpoint signs for, as development chains do.
    Unlocked(Address),
}

impl Sender {
    /// The account.
    #[must_use]
    pub const fn address(&self) -> Address {
        match self {
            Self::Key(signer) => signer.address(),
            Self::Unlocked(address) => *address,
        }
    }
}

/// Exactly what would be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Draft {
    /// The function with its parameters' types.
    pub function: &'static str,
    /// Sender.
    pub from: Address,
    /// Contract.
    pub to: Address,
    /// Call data.
    pub data: Bytes,
    /// Nonce of the sender.
    pub nonce: u64,
    /// Gas that the call used in its simulation.
    pub gas_estimate: u64,
    /// Gas limit.
    pub gas_limit: u64,
    /// Most wei per gas.
    pub max_fee_per_gas: u128,
    /// Wei per gas for the block's producer.
    pub max_priority_fee_per_gas: u128,
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
    /// Most wei that it can cost.
    #[must_use]
    pub fn most_cost(&self) -> U256 {
        U256::from(self.gas_limit) * U256::from(self.max_fee_per_gas)
    }

    fn request(&self) -> TransactionRequest {
        TransactionRequest { to: Some(self.to.into()), ..TransactionRequest::default() }
            .with_from(self.from)
            .with_input(self.data.clone())
            .with_chain_id(self.chain_id)
            .with_nonce(self.nonce)
            .with_gas_limit(self.gas_limit)
            .with_max_fee_per_gas(self.max_fee_per_gas)
            .with_max_priority_fee_per_gas(self.max_priority_fee_per_gas)
    }

    /// Signs it.
    ///
    /// # Errors
    /// [`Error::Signature`].
    pub async fn sign(&self, signer: &PrivateKeySigner) -> Result<Signed> {
        let wallet = EthereumWallet::from(signer.clone());
        let envelope: TxEnvelope =
            self.request().build(&wallet).await.map_err(|error| Error::Signature(error.to_string()))?;
        Ok(Signed { hash: *envelope.tx_hash(), raw: envelope.encoded_2718().into() })
    }
}

impl FeeChain {
    /// Simulates `call` of `from` on top of the last block and drafts its transaction, at the next nonce after those in
    /// the pool. `time` is the Unix time in seconds of the simulated block, where that of the last one would mislead.
    ///
    /// # Errors
    /// [`Error::Reverted`] when it would fail, [`Error::Endpoint`].
    pub async fn draft<C: SolCall>(
        &self,
        from: Address,
        to: Address,
        call: &C,
        time: Option<u64>,
    ) -> Result<Draft> {
        let data = Bytes::from(call.abi_encode());
        let request =
            TransactionRequest { to: Some(to.into()), from: Some(from), ..TransactionRequest::default() }
                .input(data.clone().into());
        let mut estimate = self.provider().estimate_gas(request).block(BlockId::latest());
        if time.is_some() {
            estimate = estimate.with_block_overrides(BlockOverrides { time, ..BlockOverrides::default() });
        }
        let estimate = estimate.await;
        let gas_estimate = match estimate {
            Ok(gas) => gas,
            Err(error) => {
                let what = C::SIGNATURE.split('(').next().unwrap_or(C::SIGNATURE);
                return Err(match revert_of(&error) {
                    Some(reason) => Error::Reverted { what: what.into(), reason },
                    None => endpoint("estimate gas", reason_of(&error)),
                });
            }
        };
        let fees = asked("name the price of gas", self.provider().estimate_eip1559_fees().await)?;
        Ok(Draft {
            function: C::SIGNATURE,
            from,
            to,
            data,
            nonce: self.nonce(from, BlockNumberOrTag::Pending).await?,
            gas_estimate,
            // As `cast` does: a call can need gas that it does not use up.
            gas_limit: (gas_estimate + gas_estimate / 10 * 3).min(GAS_CAP),
            max_fee_per_gas: fees.max_fee_per_gas,
            max_priority_fee_per_gas: fees.max_priority_fee_per_gas,
            chain_id: self.chain_id,
        })
    }

    /// Sends `draft` and gives its hash, without waiting until it is mined.
    ///
    /// # Errors
    /// [`Error::Signature`], [`Error::Endpoint`].
    pub async fn send(&self, draft: &Draft, sender: &Sender) -> Result<B256> {
        match sender {
            Sender::Key(signer) => {
                let signed = draft.sign(signer).await?;
                self.submit(&signed.raw).await?;
                Ok(signed.hash)
            }
            Sender::Unlocked(_) => {
                let sent = self.provider().send_transaction(draft.request()).await;
                Ok(*asked("take a transaction", sent)?.tx_hash())
            }
        }
    }

    /// Hands the signed bytes `raw` to the endpoint. To hand in the same again is harmless.
    ///
    /// # Errors
    /// [`Error::Endpoint`].
    pub async fn submit(&self, raw: &Bytes) -> Result<()> {
        asked("take a transaction", self.provider().send_raw_transaction(raw).await).map(drop)
    }
}
