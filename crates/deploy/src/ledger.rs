//! What the deployer sent of the token, by the token's events and not by balances, which receivers change.

use std::collections::BTreeMap;

use alloy::eips::BlockId;
use alloy::primitives::{Address, U256};
use alloy::rpc::types::Filter;
use btrst_bindings::BTRST;
use btrst_chain::Chain;
use btrst_gov::parameters::SUPPLY;

use crate::{Error, Result, reads};

/// The deployer's transfers at one block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ledger(BTreeMap<Address, U256>);

impl Ledger {
    /// Reads what `account`, which got the whole supply, sent of `token`; nothing where there is no token yet.
    ///
    /// # Errors
    /// [`Error::Unexpected`] when the events do not add up to the balance, as with an endpoint that lags behind or has
    /// lost events: what was sent would look unsent.
    pub(crate) async fn read(chain: &Chain, token: Address, account: Address) -> Result<Self> {
        if chain.code(token).await?.is_empty() {
            return Ok(Self::default());
        }
        let last = chain.head().await?.number;
        let topic = account.into_word();
        let sent: Vec<BTRST::Transfer> =
            reads::events(chain, token, Filter::new().topic1(topic), last).await?;
        let received: Vec<BTRST::Transfer> =
            reads::events(chain, token, Filter::new().topic2(topic), last).await?;
        let balance = chain.read(token, &BTRST::balanceOfCall { account }, BlockId::number(last)).await?;
        let sum = |transfers: &[BTRST::Transfer]| {
            transfers.iter().fold(U256::ZERO, |sum, transfer| sum.saturating_add(transfer.value))
        };
        let (received, sum) = (sum(&received), sum(&sent));
        // The token was created with all of its supply for the account.
        if received < SUPPLY {
            return Err(Error::Unexpected {
                what: format!("what `{account}` received by the events up to block {last}"),
                expected: format!("{SUPPLY} or more"),
                found: received.to_string(),
            });
        }
        let expected = received.saturating_sub(sum);
        if expected != balance {
            return Err(Error::Unexpected {
                what: format!("the balance of `{account}` at block {last}"),
                expected: expected.to_string(),
                found: balance.to_string(),
            });
        }
        let mut ledger = Self::default();
        for transfer in sent {
            let total = ledger.0.entry(transfer.to).or_default();
            *total = total.saturating_add(transfer.value);
        }
        Ok(ledger)
    }

    /// What was sent to `receiver` in all, in base units.
    pub(crate) fn sent(&self, receiver: Address) -> U256 {
        self.0.get(&receiver).copied().unwrap_or_default()
    }
}
