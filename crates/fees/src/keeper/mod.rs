//! A keeper: converts whenever it is allowed and worthwhile, and never sends twice.
//!
//! One nonce at a time. Every transaction is in the [`Journal`] before it is on the network, and a new nonce is used
//! only when it is known what became of the last one. As long as it is not, the same bytes are sent again, or a
//! transaction of the same nonce with a higher fee, of which the chain takes at most one.

mod decision;

pub use decision::{Gas, Policy, Wait, terms, worth};

use std::sync::Arc;

use alloy::eips::BlockNumberOrTag;
use alloy::network::TxSigner;
use alloy::primitives::{Address, B256, U128, U256, U512};
use btrst_chain::journal::{Attempt, Journal};
use btrst_chain::transaction::Key;
use btrst_chain::{Draft, Head};
use serde::Serialize;

use self::decision::decimal;
use crate::chain::FeeChain;
use crate::convert::Converted;
use crate::quote::{IPool, Quote};
use crate::{Error, Result};

/// What a replacement must offer more than the transaction it replaces, as nodes demand it: an eighth.
const BUMP: u128 = 8;

/// Where the price of ether comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EtherPrice {
    /// Base units of USDC for one ether.
    Fixed(U256),
    /// The spot price of a Uniswap V3 pool of wrapped ether and USDC. Whoever moves it can make the keeper wait, or
    /// pay more for gas than planned, but not convert on other terms.
    Pool {
        /// The pool.
        pool: Address,
        /// Whether USDC is the pool's first token.
        usdc_is_token0: bool,
    },
}

/// What a keeper did in one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// Nothing is converted now.
    Waiting(Wait),
    /// A conversion would be sent, but the keeper has no journal.
    Planned {
        /// Most USDC, in base units.
        #[serde(serialize_with = "decimal")]
        max_in: U256,
        /// Least BTRST, in base units.
        #[serde(serialize_with = "decimal")]
        min_out: U256,
    },
    /// A conversion was sent.
    Sent {
        /// Its transaction.
        hash: B256,
        /// Nonce.
        nonce: u64,
        /// Most USDC, in base units.
        #[serde(serialize_with = "decimal")]
        max_in: U256,
        /// Least BTRST, in base units.
        #[serde(serialize_with = "decimal")]
        min_out: U256,
        /// Whether it replaces one that was not mined.
        replaces: bool,
    },
    /// The transaction that was sent is not mined yet; its bytes were sent again.
    Unmined {
        /// The latest transaction of the nonce.
        hash: B256,
        /// Why the endpoint did not take it again, if it did not. Most say that they know it already.
        answer: Option<String>,
    },
    /// The transaction is mined, but not deep enough yet.
    Confirming {
        /// The transaction.
        hash: B256,
        /// Its block.
        block: u64,
        /// Blocks on it, its own among them.
        confirmations: u64,
    },
    /// The conversion is done.
    Converted {
        /// The transaction.
        hash: B256,
        /// Its block.
        block: u64,
        /// USDC spent, in base units.
        #[serde(serialize_with = "decimal")]
        usdc_in: U256,
        /// BTRST that the treasury received, in base units.
        #[serde(serialize_with = "decimal")]
        btrst_out: U256,
    },
    /// The transaction failed; most often somebody else converted first.
    Failed {
        /// The transaction.
        hash: B256,
        /// Its block.
        block: u64,
        /// What the converter says at the end of that block; absent when it does not refuse there, or nobody knows.
        reason: Option<String>,
    },
    /// Somebody bought BTRST in the same block before the transaction, and the converter refused to buy dearer. It is no
    /// failure: a later block has another try.
    PriceRose {
        /// The transaction.
        hash: B256,
        /// Its block.
        block: u64,
    },
    /// Another transaction of the account used the nonce.
    Replaced {
        /// The nonce.
        nonce: u64,
    },
}

/// Converts on behalf of one account.
#[derive(Debug)]
pub struct Keeper {
    chain: FeeChain,
    key: Arc<dyn Key>,
    policy: Policy,
    ether_price: Option<EtherPrice>,
    journal: Option<Journal>,
    /// Block at which the open nonce was first seen used by a transaction that is not ours.
    replaced_at: Option<u64>,
    /// The last quote, for whoever watches.
    quote: Option<Quote>,
}

impl Keeper {
    /// A keeper that continues `journal`; without one it sends nothing.
    #[must_use]
    pub fn new(
        chain: FeeChain,
        key: Arc<dyn Key>,
        policy: Policy,
        ether_price: Option<EtherPrice>,
        journal: Option<Journal>,
    ) -> Self {
        Self { chain, key, policy, ether_price, journal, replaced_at: None, quote: None }
    }

    fn account(&self) -> Address {
        TxSigner::address(&self.key)
    }

    /// The chain that it works on.
    #[must_use]
    pub const fn chain(&self) -> &FeeChain {
        &self.chain
    }

    /// The last quote.
    #[must_use]
    pub const fn quote(&self) -> Option<&Quote> {
        self.quote.as_ref()
    }

    /// Looks once at the chain and does what there is to do. May be dropped at any point.
    ///
    /// # Errors
    /// [`btrst_chain::Error::Endpoint`] and the like: try again later. [`btrst_chain::Error::File`] when the journal cannot be written.
    pub async fn step(&mut self) -> Result<Step> {
        let head = self.chain.head().await?;
        if let Some(step) = self.settle(&head).await? {
            return Ok(step);
        }
        let quote = Quote::read(&self.chain, self.account()).await?;
        self.quote = Some(quote.clone());
        Ok(self.convert(&quote).await?.unwrap_or_else(Step::Waiting))
    }

    /// Finds out what became of the transactions of the open nonce. `None` when none is open, or a replacement is due.
    async fn settle(&mut self, head: &Head) -> Result<Option<Step>> {
        let account = self.account();
        let Some(journal) = &mut self.journal else { return Ok(None) };
        let Some(last) = journal.pending().last().cloned() else { return Ok(None) };
        // The nonce first: when it is used, the receipt is there.
        let used = self.chain.nonce(account, BlockNumberOrTag::Latest).await? > last.nonce;
        for Attempt { hash, raw, .. } in journal.pending().to_vec() {
            let Some(receipt) = self.chain.receipt(hash).await? else { continue };
            let Some(block) = receipt.block_number else { continue };
            let confirmations = (head.number + 1).saturating_sub(block);
            if confirmations < self.policy.confirmations {
                return Ok(Some(Step::Confirming { hash, block, confirmations }));
            }
            let step = if receipt.status() {
                let Converted { usdc_in, btrst_out, .. } = Converted::of(&self.chain, &receipt)?;
                Step::Converted { hash, block, usdc_in, btrst_out }
            } else {
                // An endpoint that has forgotten the block must not keep the nonce open.
                match self.chain.failed_for(&raw, account, block).await.unwrap_or_default() {
                    Some(reason) if reason.starts_with("PriceRose") => Step::PriceRose { hash, block },
                    reason => Step::Failed { hash, block, reason },
                }
            };
            journal.mined(hash, block, receipt.status())?;
            self.replaced_at = None;
            return Ok(Some(step));
        }
        if used {
            let since = *self.replaced_at.get_or_insert(head.number);
            if head.number + 1 < since.saturating_add(self.policy.confirmations) {
                return Ok(Some(Step::Unmined { hash: last.hash, answer: None }));
            }
            journal.replaced(last.nonce)?;
            self.replaced_at = None;
            return Ok(Some(Step::Replaced { nonce: last.nonce }));
        }
        self.replaced_at = None;
        let stale = last.time.saturating_add(self.policy.patience).min(last.deadline.unwrap_or(u64::MAX));
        if head.timestamp > stale {
            return Ok(None);
        }
        let answer = match self.chain.submit(&last.raw).await {
            Ok(()) => None,
            Err(btrst_chain::Error::Endpoint { reason, .. }) => Some(reason),
            Err(error) => return Err(error.into()),
        };
        Ok(Some(Step::Unmined { hash: last.hash, answer }))
    }

    async fn convert(&mut self, quote: &Quote) -> Result<Result<Step, Wait>> {
        let terms = match terms(quote, &self.policy) {
            Ok(terms) => terms,
            Err(wait) => return Ok(Err(wait)),
        };
        let account = self.account();
        let mut draft = match terms.draft(&self.chain, account, quote.next_block()).await {
            Ok(draft) => draft,
            Err(Error::Chain(btrst_chain::Error::Reverted { reason, .. })) => {
                return Ok(Err(Wait::Refused { error: reason }));
            }
            Err(error) => return Err(error),
        };
        let replaces = match self.choose_nonce(&mut draft).await? {
            Ok(replaces) => replaces,
            Err(wait) => return Ok(Err(wait)),
        };
        if let Err(wait) = self.affordable(&draft, terms.max_in).await? {
            return Ok(Err(wait));
        }
        let (max_in, min_out) = (terms.max_in, terms.min_out);
        let Some(journal) = &mut self.journal else { return Ok(Ok(Step::Planned { max_in, min_out })) };
        let signed = draft.sign(&self.key).await?;
        journal.signed(Attempt {
            what: draft.what.clone(),
            nonce: draft.nonce,
            hash: signed.hash,
            raw: signed.raw.clone(),
            time: quote.time,
            deadline: Some(terms.deadline),
            max_fee_per_gas: U128::from(draft.max_fee_per_gas),
            max_priority_fee_per_gas: U128::from(draft.max_priority_fee_per_gas),
        })?;
        self.chain.submit(&signed.raw).await?;
        Ok(Ok(Step::Sent { hash: signed.hash, nonce: draft.nonce, max_in, min_out, replaces }))
    }

    /// Takes the open nonce with a higher fee, or the next one; says whether it replaces a transaction.
    async fn choose_nonce(&self, draft: &mut Draft) -> Result<Result<bool, Wait>> {
        let next = self.chain.nonce(draft.from, BlockNumberOrTag::Latest).await?;
        if let Some(open) = self.journal.as_ref().and_then(|journal| journal.pending().last()) {
            let bumped = |fee: U128| {
                let fee = fee.to::<u128>();
                fee.saturating_add(fee / BUMP + 1)
            };
            draft.nonce = open.nonce;
            draft.max_fee_per_gas = draft.max_fee_per_gas.max(bumped(open.max_fee_per_gas));
            draft.max_priority_fee_per_gas =
                draft.max_priority_fee_per_gas.max(bumped(open.max_priority_fee_per_gas));
            return Ok(Ok(true));
        }
        let transactions = draft.nonce.saturating_sub(next);
        draft.nonce = next;
        Ok(if transactions > 0 { Err(Wait::AccountBusy { transactions }) } else { Ok(false) })
    }

    async fn affordable(&self, draft: &Draft, usdc: U256) -> Result<Result<(), Wait>> {
        if let Some(limit) = self.policy.max_fee_per_gas.filter(|limit| draft.max_fee_per_gas > *limit) {
            return Ok(Err(Wait::GasPriceTooHigh { max_fee_per_gas: draft.max_fee_per_gas, limit }));
        }
        let (has, needs) = (self.chain.balance(draft.from).await?, draft.most_cost());
        if has < needs {
            return Ok(Err(Wait::TooLittleEther { has, needs }));
        }
        let wei = U256::from(draft.gas_estimate).saturating_mul(U256::from(draft.max_fee_per_gas));
        let gas = Gas { wei, ether_price: self.ether_price().await? };
        Ok(worth(usdc, &gas, &self.policy))
    }

    async fn ether_price(&self) -> Result<Option<U256>> {
        match self.ether_price {
            None => Ok(None),
            Some(EtherPrice::Fixed(price)) => Ok(Some(price)),
            Some(EtherPrice::Pool { pool, usdc_is_token0 }) => {
                let slot = self.chain.read_latest(pool, &IPool::slot0Call {}).await?;
                Ok(Some(ether_price_at(U256::from(slot.sqrtPriceX96), usdc_is_token0)))
            }
        }
    }
}

/// Base units of USDC for one ether at a pool's square root price in Q64.96.
fn ether_price_at(sqrt_price: U256, usdc_is_token0: bool) -> U256 {
    let ether = U512::from(10_u128.pow(18));
    let squared = U512::from(sqrt_price) * U512::from(sqrt_price);
    let price: U512 = if usdc_is_token0 {
        (ether << 192_usize).checked_div(squared).unwrap_or_default()
    } else {
        ((squared >> 64_usize) * ether) >> 128_usize
    };
    price.saturating_to()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_price_of_ether_is_the_same_from_both_sides_of_a_pool() {
        // 3,000 USDC per ether are 3e9 base units per 1e18 wei.
        let ratio = U256::from(3_000_000_000_u64);
        let one = U256::from(10_u128.pow(18));
        let q192 = U512::from(1) << 192_usize;
        let usdc_second: U256 = (q192 * U512::from(ratio) / U512::from(one)).root(2).to();
        let usdc_first: U256 = (q192 * U512::from(one) / U512::from(ratio)).root(2).to();
        for (sqrt_price, usdc_is_token0) in [(usdc_second, false), (usdc_first, true)] {
            let price = ether_price_at(sqrt_price, usdc_is_token0);
            assert!(price.abs_diff(ratio) <= U256::from(1), "{price}");
        }
        assert_eq!(ether_price_at(U256::ZERO, true), U256::ZERO);
    }
}
