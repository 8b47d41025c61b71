//! `btrst verify-report`.

use std::path::PathBuf;
use std::process::ExitCode;

use btrst_simulate::bundle::Bundle;
use btrst_simulate::state::proof::Proven;
use eyre::{Result, WrapErr};
use serde_json::json;

use super::proposal::check;
use crate::context::Context;
use crate::failure::Hinted;

/// Exit code when another report comes of it.
const DIFFERS: u8 = 1;

const EXAMPLES: &str = "\
Examples:
  btrst verify-report report.bundle.json
  btrst verify-report report.bundle.json --report
  btrst verify-report report.bundle.json --json | jq -r .digest

Exit codes: 0 when the same report comes of it, 1 when another one does, 2 on an error.";

/// Makes the report of a bundle again, without a chain, and compares the two.
///
/// A bundle is what `btrst proposal check --bundle` writes: the proposal, the block's header, and exactly the state that
/// was read. The header is compared with the block's hash; compare that hash with your own node's. Proofs of the state,
/// which are in the bundle when --prove made it, are verified against the header: then nobody but your node is believed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The bundle
    #[arg(value_name = "FILE")]
    bundle: PathBuf,

    /// Print the report, and not only whether it is the same
    #[arg(long)]
    report: bool,
}

/// Makes it again.
///
/// # Errors
/// When the bundle cannot be read or was changed, or its proofs do not hold.
pub fn run(args: &Args, context: &Context) -> Result<ExitCode> {
    let path = args.bundle.display();
    let text = std::fs::read_to_string(&args.bundle).map_err(|error| {
        let hint = "name a file that `btrst proposal check --bundle` wrote";
        Hinted::new(format!("cannot read the bundle `{path}`"), hint).caused_by(error)
    })?;
    let bundle = Bundle::parse(&text).wrap_err_with(|| format!("cannot use the bundle `{path}`"))?;
    let repeated = bundle.repeat().wrap_err_with(|| format!("cannot repeat the check of `{path}`"))?;
    let same = repeated.digest == bundle.digest;
    let pinned = &bundle.witness.pinned;
    if args.report && !context.json {
        check::show(&repeated.report, context)?;
        context.say("")?;
    }
    context
        .say(&format!("block    {} {} of chain {}", pinned.header.number, pinned.hash, pinned.chain_id))?;
    context.say(&format!(
        "state    {} accounts and {} slots",
        bundle.witness.accounts.len(),
        bundle.witness.slot_count()
    ))?;
    context.say(&match repeated.proven {
        Some(Proven { accounts, slots, block_hashes }) => format!(
            "proofs   {accounts} accounts, {slots} slots and {block_hashes} block hashes are proven by the block's hash"
        ),
        None => "proofs   none: the state is what an endpoint said (--prove adds them)".to_owned(),
    })?;
    context.say(&format!(
        "made by  btrst-simulate {}, rules {}",
        bundle.versions.simulate, bundle.versions.rules
    ))?;
    context.say(&format!("digest   {}", bundle.digest))?;
    context.say(&if same {
        "\nThe same report comes of it.".to_owned()
    } else {
        format!("\nANOTHER report comes of it here, with the digest {}.", repeated.digest)
    })?;
    context.document(&json!({
        "schema_version": 1,
        "same": same,
        "chain_id": pinned.chain_id,
        "block": pinned.header.number,
        "block_hash": pinned.hash,
        "digest": bundle.digest,
        "digest_here": repeated.digest,
        "proven": repeated.proven,
        "verdict": repeated.report.verdict(),
        "report": args.report.then_some(&repeated.report),
    }))?;
    Ok(if same { ExitCode::SUCCESS } else { ExitCode::from(DIFFERS) })
}
