//! `btrst fees prove`.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use btrst_fees::invoice::Batch;
use eyre::{Result, WrapErr};

use crate::context::{Context, print};
use crate::failure::Hinted;

const EXAMPLES: &str = "\
Examples:
  btrst fees prove january.batch.jsonl --id INV-2026-0001 > proof.json
  btrst fees prove january.batch.jsonl --id INV-2026-0001 | jq -r '.proof[]'";

/// Proves that an invoice is part of a batch.
///
/// Reads the whole batch again, and refuses one that somebody changed. The proof is a JSON document for whoever knows
/// the batch's root, for example from the converter's Deposited event; `btrst fees check-proof` checks it, and so does
/// OpenZeppelin's MerkleProof.verify(proof, root, leaf) in a contract.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Batch that `btrst fees invoice` wrote
    batch: PathBuf,

    /// The invoice
    #[arg(long, value_name = "ID")]
    id: String,
}

/// Prints the proof.
///
/// # Errors
/// When the batch cannot be read or was changed, or has no such invoice.
pub fn run(args: &Args, _context: &Context) -> Result<ExitCode> {
    let proof = Batch::prove(open(&args.batch)?, &args.id)
        .wrap_err_with(|| format!("cannot use the batch `{}`", args.batch.display()))?;
    print(&serde_json::to_string_pretty(&proof).wrap_err("cannot write the proof")?)?;
    Ok(ExitCode::SUCCESS)
}

/// Opens a batch for reading.
pub fn open(path: &Path) -> Result<BufReader<File>> {
    let file = File::open(path).map_err(|error| {
        let message = format!("cannot read the batch `{}`", path.display());
        Hinted::new(message, "name a file that `btrst fees invoice` wrote").caused_by(error)
    })?;
    Ok(BufReader::new(file))
}
