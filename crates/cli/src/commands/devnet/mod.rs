//! `btrst devnet`.

mod travel;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use btrst_devnet::{AnvilOptions, Flavour, World, WorldOptions};
use btrst_gov::Deployment;
use btrst_gov::deployment::DEVNET_CHAIN_ID;
use btrst_gov::parameters::Parameters;
use clap::ValueEnum;
use eyre::Result;

use crate::commands::stop_requested;
use crate::context::Context;
use crate::failure::Hinted;
use crate::opts::RepositoryOptions;

use self::travel::Travel;

/// Where the deployment is written, below the repository.
const DEPLOYMENT: &str = "deployments/devnet.toml";

const EXAMPLES: &str = "\
Examples:
  btrst devnet                          the suite on port 8545, until Ctrl-C
  btrst devnet --preset hardened        with the stricter parameters
  btrst devnet --stack alpha --port 0   the generation that is live today, on a free port
  btrst devnet --json                   addresses and keys as one JSON document

In another terminal:
  btrst devnet mine 17280               lets a voting period pass
  btrst devnet wait 7d                  lets the time lock's delay pass

With the addresses that were printed:
  cast call GOVERNOR 'quorumVotes()(uint256)' --rpc-url http://127.0.0.1:8545";

/// Starts a local chain with the whole system on it, and stays up until stopped.
///
/// The chain has Uniswap V3 with a funded BTRST/USDC pool, the contracts wired as on mainnet, and named accounts
/// that hold tokens. In either stack amara can propose, and amara, bela and chidi together pass a proposal.
/// Addresses and keys go to a deployment file, which is removed at the end. The keys are those of the mnemonic that
/// everybody knows: never send anything of value to them. The chain ends with Ctrl-C, and with whoever started it.
///
/// The stack alpha has Uniswap's compiled UNI, GovernorAlpha and time lock, the nearest to the live ones that a
/// package has: a billion tokens, threshold 10 million, quorum 40 million, a vote of 40,320 blocks and no guardian.
/// Register and converter are the suite's own in both, because the compiled live ones are in no package.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    travel: Option<Travel>,

    /// Contracts to deploy
    #[arg(long, value_enum, default_value_t = Stack::Braintrust)]
    stack: Stack,

    /// Parameters of the governor; those of `alpha` are fixed in its code
    #[arg(long, value_name = "PRESET", default_value = "live", value_parser = ["live", "hardened"])]
    preset: String,

    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8545)]
    port: u16,

    /// Deployment file to write
    #[arg(long, value_name = "FILE", help = format!("Deployment file to write [default: {DEPLOYMENT}]"))]
    out: Option<PathBuf>,

    #[command(flatten)]
    repository: RepositoryOptions,
}

/// Which contracts a devnet has.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Stack {
    /// The suite's own
    Braintrust,
    /// Token, time lock and governor of the compiled Compound generation, to which those on mainnet belong
    Alpha,
}

/// Starts the devnet and waits.
///
/// # Errors
/// When it cannot start, or when anvil ends by itself.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    if let Some(travel) = args.travel {
        return travel::run(travel, context).await;
    }
    tokio::select! {
        ended = serve(&args, context) => ended.map(|()| ExitCode::SUCCESS),
        stopped = stop_requested() => {
            stopped?;
            context.note("stopped");
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn serve(args: &Args, context: &Context) -> Result<()> {
    let parameters = Parameters::preset(&args.preset)?;
    if matches!(args.stack, Stack::Alpha) && parameters != Parameters::LIVE {
        let message = format!("the preset `{}` cannot be had with the stack `alpha`", args.preset);
        let hint = "leave --preset away; the parameters of `alpha` are fixed in its code";
        return Err(Hinted::new(message, hint).into());
    }
    let repository = args.repository.find()?;
    let path = args.out.clone().unwrap_or_else(|| repository.root().join(DEPLOYMENT));
    check_destination(&path)?;

    context.note("starting a local chain and deploying the system …");
    let flavour = match args.stack {
        Stack::Braintrust => Flavour::Braintrust,
        Stack::Alpha => Flavour::Alpha,
    };
    let anvil = AnvilOptions { port: args.port, ..AnvilOptions::default() };
    let options = WorldOptions { flavour, parameters, delegated: true, anvil };
    let mut world = World::start(&repository, &options).await?;

    let deployment = world.deployment();
    let file = DeploymentFile::write(path, &deployment)?;
    tell(&deployment, &file.path, context)?;
    Err(world.anvil().died().await.into())
}

fn tell(deployment: &Deployment, path: &Path, context: &Context) -> Result<()> {
    let url = deployment.rpc_url.as_deref().unwrap_or_default();
    context.say(&format!(
        "Devnet with the {} stack at {url}, chain {}",
        deployment.flavour, deployment.chain_id
    ))?;
    context.say("\nContracts")?;
    for (name, address) in deployment.contracts.iter() {
        context.say(&format!("  {name:<22} {address}"))?;
    }
    context.say("\nAccounts (keys that everybody knows: for this chain only)")?;
    for account in &deployment.accounts {
        let key = account.private_key.as_ref().map(|key| key.0.to_string()).unwrap_or_default();
        context.say(&format!("  {:<22} {} {key}  {}", account.name, account.address, account.role))?;
    }
    context.say(&format!("\nWritten to {}. Stop with Ctrl-C.", path.display()))?;
    context.document(&document(deployment, path))
}

fn document(deployment: &Deployment, path: &Path) -> serde_json::Value {
    let contracts: serde_json::Map<_, _> = deployment
        .contracts
        .iter()
        .map(|(name, address)| (name.to_owned(), address.to_string().into()))
        .collect();
    let accounts: Vec<_> = deployment
        .accounts
        .iter()
        .map(|account| {
            serde_json::json!({
                "name": account.name,
                "address": account.address.to_string(),
                "role": account.role,
                "private_key": account.private_key.as_ref().map(|key| key.0.to_string()),
            })
        })
        .collect();
    serde_json::json!({
        "schema_version": 1,
        "chain_id": deployment.chain_id,
        "flavour": deployment.flavour.to_string(),
        "rpc_url": deployment.rpc_url,
        "deployment_file": path,
        "contracts": contracts,
        "accounts": accounts,
    })
}

const OTHER_FILE: &str = "choose another file with --out";

/// Checks that the deployment can be written to `path`, before anything is started. A file of another chain, or of no
/// deployment at all, is not ours to overwrite.
fn check_destination(path: &Path) -> Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
        let message = format!("`{}` is not a folder, so no deployment file can be in it", folder.display());
        return Err(Hinted::new(message, format!("create it, or {OTHER_FILE}")).into());
    }
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            let message = format!("cannot read `{}`, which is in the way", path.display());
            return Err(Hinted::new(message, OTHER_FILE).caused_by(error).into());
        }
    };
    if Deployment::parse(&text).is_ok_and(|deployment| deployment.chain_id == DEVNET_CHAIN_ID) {
        return Ok(());
    }
    let message = format!("`{}` exists and is not the deployment file of a devnet", path.display());
    Err(Hinted::new(message, format!("{OTHER_FILE}, or move this one away")).into())
}

/// The deployment file of a running devnet; removed with it, so that no command reads of a chain that is gone.
#[derive(Debug)]
struct DeploymentFile {
    path: PathBuf,
    text: String,
}

impl DeploymentFile {
    fn write(path: PathBuf, deployment: &Deployment) -> Result<Self> {
        let text = deployment.render()?;
        // Beside the file and then renamed, so that nobody reads half of it.
        let partial = path.with_extension("toml.partial");
        std::fs::write(&partial, &text).and_then(|()| std::fs::rename(&partial, &path)).map_err(|error| {
            let message = format!("cannot write the deployment file `{}`", path.display());
            Hinted::new(message, OTHER_FILE).caused_by(error)
        })?;
        Ok(Self { path, text })
    }
}

impl Drop for DeploymentFile {
    fn drop(&mut self) {
        // Another devnet that was started later has written its own, which stays.
        if std::fs::read_to_string(&self.path).is_ok_and(|text| text == self.text) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
