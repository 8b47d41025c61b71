//! `btrst proposal import`.

use std::path::PathBuf;
use std::process::ExitCode;

use btrst_gov::Proposal;
use btrst_gov::proposal::Draft;
use eyre::{Result, WrapErr};

use super::{read, write};
use crate::context::Context;
use crate::opts::DeploymentOptions;

const EXAMPLES: &str = r##"Examples:
  btrst proposal import old.json
  btrst proposal import old.json -o proposals/old.toml

The JSON has these keys and no others:
  targets      checksummed addresses, one for each action
  values       wei, as whole numbers below 2^53 or as text of digits
  signatures   canonical, such as "transfer(address,uint256)"; "" to send ether without a call
  parameters   {"types": ["address", "uint256"], "values": ["0x…", "1000"]}; a list of these with several actions
  description  Markdown whose first line is the title; a heading is made of it where it is none

The deployment file is named by --deployment or BTRST_DEPLOYMENT; its names take the place of addresses.

Exit codes: 0 when it was written, 2 on an error."##;

/// Turns a JSON proposal of the network's first tooling into a proposal file.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// JSON file
    #[arg(value_name = "FILE.json")]
    file: PathBuf,

    /// File to write, which must not exist; standard output by default
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,

    #[command(flatten)]
    deployment: DeploymentOptions,
}

/// Writes the proposal file.
///
/// # Errors
/// When the JSON is of another form, or the file to write exists.
pub fn run(args: &Args, context: &mut Context) -> Result<ExitCode> {
    let deployment = args.deployment.read()?;
    let text = read(&args.file, "JSON file")?;
    let imported = Proposal::import(&text)
        .and_then(|proposal| Draft::of(&proposal, &deployment))
        .wrap_err_with(|| format!("cannot import `{}`", args.file.display()))?;
    write(&imported, args.out.as_ref(), context)?;
    Ok(ExitCode::SUCCESS)
}
