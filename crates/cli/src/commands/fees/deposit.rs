//! `btrst fees deposit`.

use std::path::PathBuf;
use std::process::ExitCode;

use alloy::primitives::U256;
use btrst_fees::deposit::{Payment, call, calls_of_wallet, earlier};
use btrst_fees::invoice::Batch;
use btrst_fees::{Error, FeeChain};
use eyre::{Result, WrapErr};
use serde_json::json;

use super::prove;
use crate::context::Context;
use crate::demo::usdc;
use crate::failure::Hinted;
use crate::opts::{ChainOptions, SendOptions, SignerOptions};
use crate::sending::Sending;

/// Seconds after the last block in which the permit is good.
const PERMIT_LIFE: u64 = 3_600;

const EXAMPLES: &str = "\
Examples:
  btrst fees deposit january.batch.jsonl --keystore node.json
  btrst fees deposit january.batch.jsonl --keystore node.json --broadcast
  btrst fees deposit january.batch.jsonl --keystore node.json --node hexocean

The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 when it is deposited or would be, 2 on an error, such as a batch that was deposited before.";

/// Deposits the fees of a batch in the converter; a dry run without --broadcast.
///
/// One transaction, with a permit of the sender (ERC-2612) unless the converter has an allowance already. The batch's
/// root is the deposit's reference. A root that was deposited before, by anyone, is refused unless --again says that
/// this is meant; with --node, several nodes deposit their parts of one batch, each with --again but the first.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Batch that `btrst fees invoice` wrote
    batch: PathBuf,

    /// Deposit only what this node billed
    #[arg(long, value_name = "NAME")]
    node: Option<String>,

    /// Deposit although the root was deposited before
    #[arg(long)]
    again: bool,

    /// First block to look for earlier deposits of the root
    #[arg(long, value_name = "BLOCK", default_value_t = 0)]
    from_block: u64,

    #[command(flatten)]
    chain: ChainOptions,

    #[command(flatten)]
    signer: SignerOptions,

    #[command(flatten)]
    send: SendOptions,
}

/// Deposits, or shows what would be sent.
///
/// # Errors
/// When the batch was changed or deposited before, the chain does not answer, or the transaction fails.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    args.send.awaited("a deposit")?;
    let deployment = args.chain.deployment()?;
    let batch = Batch::read(prove::open(&args.batch)?)
        .wrap_err_with(|| format!("cannot use the batch `{}`", args.batch.display()))?;
    let amount = amount(&args, &batch)?;
    let sender = args.signer.required(args.send.broadcast, args.send.patience()).await?;
    let chain = FeeChain::connect(args.chain.provider(&deployment)?, &deployment).await?;
    let mut sending = Sending::open((*chain).clone(), sender, &args.send).await?;
    // What an earlier run sent is settled first, or the same fees would be paid twice.
    sending.settle(context).await?;
    let (header, root) = (&batch.header, batch.summary.root);
    if (header.chain_id, header.fee_converter) != (chain.id, chain.converter) {
        let message = format!(
            "the batch is for converter `{}` on chain {}, not for `{}` on chain {}",
            header.fee_converter, header.chain_id, chain.converter, chain.id
        );
        return Err(Hinted::new(message, "name the deployment that the batch was made for").into());
    }
    let before = earlier(&chain, root, args.from_block).await.wrap_err("cannot look for earlier deposits")?;
    for deposit in &before {
        let (block, transaction) = (deposit.block, deposit.transaction);
        if !args.again {
            return Err(Error::DepositedBefore { root, block, transaction }.into());
        }
        context
            .note(&format!("deposited before: {} in block {block} by {transaction}", usdc(deposit.amount)));
    }
    context.say(&format!("deposit   {} of {} invoices", usdc(amount), batch.summary.invoices))?;
    context.say(&format!("reference {root}"))?;
    let (payment, delivered) = if sending.is_for_another_wallet() {
        (Payment::Approval, sending.write(&calls_of_wallet(&chain, amount, root), context)?)
    } else {
        let deadline = chain.head().await?.timestamp.saturating_add(PERMIT_LIFE);
        let (call, payment) = call(&chain, sending.sender(), amount, root, deadline).await?;
        context.say(match payment {
            Payment::Permit => "payment   by permit",
            Payment::Allowance | Payment::Approval => "payment   by the allowance that the converter has",
        })?;
        (payment, sending.deliver(&call, context).await?)
    };
    if let Some(hash) = delivered.receipt().map(|receipt| receipt.transaction_hash) {
        context.say(&format!("\nDeposited by {hash}"))?;
    }
    context.document(&json!({
        "schema_version": 1,
        "amount": amount.to_string(),
        "root": root,
        "payment": payment,
        "deposited_before": before.len(),
        "transaction": delivered.document(),
    }))?;
    Ok(ExitCode::SUCCESS)
}

/// USDC to deposit, in base units.
fn amount(args: &Args, batch: &Batch) -> Result<U256> {
    let Some(name) = &args.node else { return Ok(batch.summary.fee) };
    let node = batch.summary.nodes.iter().find(|node| node.node == *name);
    let node = node.ok_or_else(|| {
        let names: Vec<_> = batch.summary.nodes.iter().map(|node| format!("`{}`", node.node)).collect();
        Hinted::new(format!("the batch has no node `{name}`"), format!("it has {}", names.join(", ")))
    })?;
    Ok(node.fee)
}
