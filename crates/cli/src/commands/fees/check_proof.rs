//! `btrst fees check-proof`.

use std::path::PathBuf;
use std::process::ExitCode;

use alloy::primitives::B256;
use btrst_fees::deposit::earlier;
use btrst_fees::invoice::{Proof, dollars};
use btrst_fees::{Error, FeeChain};
use eyre::Result;

use crate::context::Context;
use crate::failure::{self, Hinted};
use crate::opts::{ChainOptions, EndpointOptions};

/// Exit code for a proof that proves nothing.
const NOT_PROVEN: u8 = 1;

const EXAMPLES: &str = "\
Examples:
  btrst fees check-proof proof.json --deployment deployments/mainnet.toml
  btrst fees check-proof proof.json  with --root and a hash, no chain is asked

Exit codes: 0 when the invoice is in that batch, 1 when the proof does not show it, 2 on an error.";

/// Checks that an invoice is part of a batch that was deposited.
///
/// A root has to come from where you trust it, not from whoever gave you the proof. Without --root, the converter is
/// asked whether a batch with the proof's root was deposited.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Proof that `btrst fees prove` printed
    proof: PathBuf,

    /// Root that the batch must have, instead of one that was deposited
    #[arg(long, value_name = "HASH")]
    root: Option<B256>,

    /// First block to look for the deposit
    #[arg(long, value_name = "BLOCK", default_value_t = 0)]
    from_block: u64,

    /// Deployment file with the converter's address
    #[arg(long, value_name = "FILE", env = "BTRST_DEPLOYMENT", help_heading = "Chain")]
    deployment: Option<PathBuf>,

    #[command(flatten)]
    endpoint: EndpointOptions,
}

/// Checks the proof.
///
/// # Errors
/// When the file cannot be read, or the chain does not answer.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
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
    let proven = match args.root {
        Some(root) => proof.root == root,
        None => is_deposited(&args, proof.root).await?,
    };
    let invoice = &billed.invoice;
    context.say(&format!(
        "invoice {} of {} by {}, {} USD with a fee of {} USDC",
        invoice.id,
        invoice.date,
        invoice.node,
        dollars(invoice.gross),
        dollars(billed.fee),
    ))?;
    context.say(&match (proven, args.root) {
        (true, Some(_)) => format!("is in the batch {}", proof.root),
        (true, None) => format!("is in the batch {}, which was deposited", proof.root),
        (false, Some(root)) => {
            format!("is not proven to be in the batch {root}: the proof leads to {}", proof.root)
        }
        (false, None) => format!("is in the batch {}, which was not deposited", proof.root),
    })?;
    context.document(&serde_json::json!({
        "schema_version": 1,
        "proven": proven,
        "root": proof.root,
        "leaf": proof.leaf,
        "id": invoice.id,
        "fee_usdc": dollars(billed.fee),
    }))?;
    Ok(if proven { ExitCode::SUCCESS } else { ExitCode::from(NOT_PROVEN) })
}

async fn is_deposited(args: &Args, root: B256) -> Result<bool> {
    let deployment = args.deployment.clone().ok_or_else(|| {
        let hint = "name the root with --root, or the contracts with --deployment";
        Hinted::new("nothing says which root the batch must have", hint)
    })?;
    let options = ChainOptions { deployment, endpoint: args.endpoint.clone() };
    let deployment = options.deployment()?;
    let chain = FeeChain::connect(options.provider(&deployment)?, &deployment).await?;
    Ok(!earlier(&chain, root, args.from_block).await?.is_empty())
}
