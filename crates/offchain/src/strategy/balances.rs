//! Tokens and votes of accounts at a block.

use std::collections::HashMap;

use alloy::eips::BlockId;
use alloy::primitives::{Address, B256, U256};
use alloy::rpc::types::Filter;
use alloy::sol_types::{SolCall, SolEvent};
use btrst_chain::{Chain, logs};

use crate::deployless::{Question, ask};
use crate::{Error, Result};

mod abi {
    alloy::sol! {
        interface IToken {
            event Transfer(address indexed from, address indexed to, uint256 amount);
            function balanceOf(address account) external view returns (uint256);
            function getPriorVotes(address account, uint256 blockNumber) external view returns (uint256);
        }
    }
}

use abi::IToken;

/// Tokens of each account at the end of `block`, from its state.
pub(super) async fn at_block(
    chain: &Chain,
    token: Address,
    accounts: &[Address],
    block: u64,
) -> Result<Vec<U256>> {
    let call = |account: &Address| IToken::balanceOfCall { account: *account }.abi_encode();
    let questions: Vec<_> =
        accounts.iter().map(|account| Question::view(token, call(account).into())).collect();
    numbers(ask(chain, BlockId::number(block), &questions).await?, token, "balanceOf")
}

/// Votes of each account at the end of `block`. The token remembers them, so that no old state is needed.
pub(super) async fn votes(
    chain: &Chain,
    token: Address,
    accounts: &[Address],
    block: u64,
) -> Result<Vec<U256>> {
    let head = chain.head().await?.number;
    if block >= head {
        return Err(Error::BlockNotThere { block, head: head.saturating_sub(1) });
    }
    let call =
        |account: &Address| IToken::getPriorVotesCall { account: *account, blockNumber: U256::from(block) };
    let question = |account| Question::view(token, call(account).abi_encode().into());
    let questions: Vec<_> = accounts.iter().map(question).collect();
    numbers(ask(chain, BlockId::latest(), &questions).await?, token, "getPriorVotes")
}

pub(super) fn numbers(answers: Vec<Option<B256>>, contract: Address, function: &str) -> Result<Vec<U256>> {
    let number = |answer: Option<B256>| {
        answer
            .map(|word| U256::from_be_bytes(word.0))
            .ok_or_else(|| Error::Answer(format!("`{contract}` does not answer `{function}`")))
    };
    answers.into_iter().map(number).collect()
}

/// The same as [`at_block`] without the state of the block: from every transfer of the blocks `first..=block`.
pub(super) async fn replayed(
    chain: &Chain,
    token: Address,
    accounts: &[Address],
    first: u64,
    block: u64,
) -> Result<Vec<U256>> {
    let filter = Filter::new().address(token).event_signature(IToken::Transfer::SIGNATURE_HASH);
    let transfers = logs::scan(chain, &filter, first, block, |_, _| ()).await?;
    // Sums wrap, so that their order does not matter; a balance below zero shows as one above all that can be.
    let mut balances: HashMap<Address, U256> =
        accounts.iter().map(|account| (*account, U256::ZERO)).collect();
    for log in transfers {
        let transfer = IToken::Transfer::decode_log(&log.inner)
            .map_err(|error| Error::Answer(format!("an event of `{token}` is no transfer: {error}")))?;
        if let Some(balance) = balances.get_mut(&transfer.from) {
            *balance = balance.wrapping_sub(transfer.amount);
        }
        if let Some(balance) = balances.get_mut(&transfer.to) {
            *balance = balance.wrapping_add(transfer.amount);
        }
    }
    if let Some((account, _)) = balances.iter().find(|(_, balance)| balance.bit(255)) {
        return Err(Error::Answer(format!("`{account}` has sent tokens that it got before block {first}")));
    }
    Ok(accounts.iter().map(|account| balances.get(account).copied().unwrap_or_default()).collect())
}
