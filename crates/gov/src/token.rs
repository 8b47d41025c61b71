//! What an account has of the governance token.

use alloy::{
    primitives::{Address, U256},
    providers::Provider,
};
use btrst_bindings::BTRST;

use crate::{
    Error, Result,
    governor::{read, votes, votes_at},
};

/// An account's tokens and votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Tokens, in base units.
    pub balance: U256,
    /// Whom the account's tokens vote with; `None` when with nobody.
    pub delegate: Option<Address>,
    /// Votes that the account has now, its own and those that others gave it, in base units.
    pub votes: U256,
}

/// What `account` has at `token` now.
///
/// # Errors
/// If the token does not answer.
pub async fn holder<P: Provider>(provider: &P, token: Address, account: Address) -> Result<Holder> {
    let contract = BTRST::new(token, provider);
    let delegate = read("delegates", contract.delegates(account)).await?;
    Ok(Holder {
        balance: read("balanceOf", contract.balanceOf(account)).await?,
        delegate: (!delegate.is_zero()).then_some(delegate),
        votes: votes(provider, token, account).await?,
    })
}

/// Votes of `account` at the end of `block`, in base units. `latest` is the chain's last block.
///
/// # Errors
/// [`Error::BlockNotPast`], or if the token does not answer.
pub async fn past_votes<P: Provider>(
    provider: &P,
    token: Address,
    account: Address,
    block: u64,
    latest: u64,
) -> Result<U256> {
    if block >= latest {
        return Err(Error::BlockNotPast { block, latest });
    }
    votes_at(provider, token, account, block).await
}
