//! Shows what would be sent, and sends it when that was asked for.

use std::time::Duration;

use alloy::primitives::{B256, U256};
use alloy::rpc::types::TransactionReceipt;
use btrst_fees::FeeChain;
use btrst_fees::transaction::{Draft, Sender};
use btrst_gov::amount::{Amount, Unit};
use eyre::{Result, WrapErr};
use serde_json::{Value, json};

use crate::context::Context;
use crate::demo::grouped;
use crate::failure::Hinted;
use crate::opts::{SendOptions, SignerOptions};

/// The sender. A dry run needs only its address, so that a wallet of several signatures can take what is shown.
///
/// # Errors
/// When no option names one, or its key cannot be read.
pub fn required_sender(options: &SignerOptions, broadcast: bool) -> Result<Sender> {
    match (options.sender()?, options.from) {
        (Some(sender), _) => Ok(sender),
        (None, Some(from)) if !broadcast => Ok(Sender::Unlocked(from)),
        (None, _) => {
            let hint = "name a key file with --keystore, or on a development chain an account with --from and --unlocked";
            Err(Hinted::new("nobody signs", hint).into())
        }
    }
}

/// Prints `draft`.
///
/// # Errors
/// When standard output cannot be written.
pub fn show(draft: &Draft, context: &Context) -> Result<()> {
    let gwei = |wei: u128| Amount::new(U256::from(wei), Unit::Plain(9)).to_plain();
    context.say(&format!("from      {} (nonce {})", draft.from, draft.nonce))?;
    context.say(&format!("to        {} on chain {}", draft.to, draft.chain_id))?;
    context.say(&format!("call      {}", draft.function))?;
    context.say(&format!("data      {}", draft.data))?;
    context.say(&format!(
        "gas       {} estimated, {} at most",
        grouped(draft.gas_estimate),
        grouped(draft.gas_limit)
    ))?;
    let (most, tip) = (gwei(draft.max_fee_per_gas), gwei(draft.max_priority_fee_per_gas));
    context.say(&format!("gas price {most} gwei at most, {tip} of them for the producer"))?;
    context.say(&format!("cost      {} at most", Amount::new(draft.most_cost(), Unit::Ether)))
}

/// `draft` for JSON documents.
pub fn document(draft: &Draft) -> Value {
    json!({
        "function": draft.function,
        "from": draft.from,
        "to": draft.to,
        "value": "0",
        "data": draft.data,
        "nonce": draft.nonce,
        "gas_estimate": draft.gas_estimate,
        "gas_limit": draft.gas_limit,
        "max_fee_per_gas": draft.max_fee_per_gas.to_string(),
        "max_priority_fee_per_gas": draft.max_priority_fee_per_gas.to_string(),
        "most_cost_wei": draft.most_cost().to_string(),
        "chain_id": draft.chain_id,
    })
}

/// Sends `draft` and waits until it is mined.
///
/// # Errors
/// When it is not taken, fails, or is not mined in time.
pub async fn send(
    chain: &FeeChain,
    draft: &Draft,
    sender: &Sender,
    options: &SendOptions,
    context: &Context,
) -> Result<TransactionReceipt> {
    let hash: B256 = chain.send(draft, sender).await.wrap_err("cannot send the transaction")?;
    context.note(&format!("sent {hash}, waiting until it is mined …"));
    Ok(chain.mined(hash, options.confirmations, Duration::from_secs(options.timeout)).await?)
}
