//! What an account has of the governance token.

use std::collections::BTreeMap;

use alloy::{
    primitives::{Address, B256, Log, U256},
    providers::Provider,
    sol_types::SolEvent,
};
use btrst_bindings::BTRST;
use futures_util::future::try_join3;

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
    let (delegate, balance, votes) = try_join3(
        read("delegates", contract.delegates(account)),
        read("balanceOf", contract.balanceOf(account)),
        votes(provider, token, account),
    )
    .await?;
    Ok(Holder { balance, delegate: (!delegate.is_zero()).then_some(delegate), votes })
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
/// Event by which BTRST tells of a delegate's votes.
pub const VOTES_CHANGED: B256 = BTRST::DelegateVotesChanged::SIGNATURE_HASH;

/// Delegates by the votes in base units with which the `logs` of `token` leave them, most votes first; those without any
/// are left out.
pub fn delegates<'a>(token: Address, logs: impl IntoIterator<Item = &'a Log>) -> Vec<(Address, U256)> {
    let mut votes = BTreeMap::new();
    for log in logs.into_iter().filter(|log| log.address == token) {
        if let Ok(event) = BTRST::DelegateVotesChanged::decode_log(log) {
            votes.insert(event.delegate, event.newVotes);
        }
    }
    let mut delegates: Vec<_> = votes.into_iter().filter(|(_, votes)| !votes.is_zero()).collect();
    delegates.sort_by_key(|(_, votes)| std::cmp::Reverse(*votes));
    delegates
}
