//! `btrst fees check-proof`.

use std::path::PathBuf;
use std::process::ExitCode;

use alloy::primitives::B256;
use btrst_fees::Error;
use btrst_fees::invoice::{Proof, dollars};
use eyre::Result;

use crate::context::Context;
use crate::failure::{self, Hinted};

/// Exit code for a proof that proves nothing.
const NOT_PROVEN: u8 = 1;

const EXAMPLES: &str = "\
Examples:
  btrst fees check-proof proof.json --root 0x96c7c0c8a1f7f5c5a4a3a2a19f8e7d6c5b4a39281706f5e4d3c2b1a0918273f4

Exit codes: 0 when the invoice is in the batch with that root, 1 when the proof does not show it, 2 on an error.";

/// Checks that an invoice is part of the batch with a root.
///
/// The root has to come from where you trust it: the converter's Deposited event, not whoever gave you the proof.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Proof that `btrst fees prove` printed
    proof: PathBuf,

    /// Root of the batch, the reference of its deposit
    #[arg(long, value_name = "HASH")]
    root: B256,
}

/// Checks the proof.
///
/// # Errors
/// When the file cannot be read.
pub fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let text = std::fs::read_to_string(&args.proof).map_err(|error| {
        let message = format!("cannot read the proof `{}`", args.proof.display());
        Hinted::new(message, "name a file that `btrst fees prove` printed").caused_by(error)
    })?;
    let (proof, billed) = match Proof::parse(&text) {
        Ok(parsed) => parsed,
        Err(error @ Error::InvalidProof(_)) => {
            failure::report(&error.into());
            return Ok(ExitCode::from(NOT_PROVEN));
        }
        Err(error) => return Err(error.into()),
    };
    let proven = proof.root == args.root;
    let invoice = &billed.invoice;
    let verdict = if proven { "is" } else { "is not proven to be" };
    context.say(&format!(
        "invoice {} of {} by {}, {} USD with a fee of {} USDC, {verdict} in the batch {}",
        invoice.id,
        invoice.date,
        invoice.node,
        dollars(invoice.gross),
        dollars(billed.fee),
        args.root,
    ))?;
    if !proven {
        context.say(&format!("the proof leads to the root {}", proof.root))?;
    }
    context.document(&serde_json::json!({
        "schema_version": 1,
        "proven": proven,
        "root": args.root,
        "leaf": proof.leaf,
        "id": invoice.id,
        "fee_usdc": dollars(billed.fee),
    }))?;
    Ok(if proven { ExitCode::SUCCESS } else { ExitCode::from(NOT_PROVEN) })
}
