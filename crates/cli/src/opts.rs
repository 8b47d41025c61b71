//! Groups of options that commands share.

use std::path::{Path, PathBuf};
use std::time::Duration;

use alloy::primitives::{Address, B256};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::signers::local::PrivateKeySigner;
use alloy::transports::http::reqwest::{Client, Url};
use btrst_devnet::Repository;
use btrst_fees::chain::without_credentials;
use btrst_fees::transaction::Sender;
use btrst_gov::Deployment;
use btrst_gov::governor::Flavour;
use clap::Args;
use eyre::{Result, WrapErr};

use crate::failure::Hinted;

/// How results are printed.
#[derive(Args, Clone, Debug)]
pub struct OutputOptions {
    /// Print one JSON document instead of text
    #[arg(long, global = true)]
    pub json: bool,

    /// Print no progress, only results and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// Where the pinned tools and the npm packages are.
#[derive(Args, Clone, Debug)]
pub struct RepositoryOptions {
    /// Checkout of the suite, or a folder inside it; the current folder by default
    #[arg(long, value_name = "DIR", env = "BTRST_REPOSITORY")]
    pub repository: Option<PathBuf>,
}

impl RepositoryOptions {
    /// Finds the repository.
    ///
    /// # Errors
    /// When the folder is not inside of one.
    pub fn find(&self) -> Result<Repository> {
        let start = match &self.repository {
            Some(folder) => folder.clone(),
            None => std::env::current_dir().wrap_err("cannot find the current folder")?,
        };
        Ok(Repository::find(&start)?)
    }
}

/// Which contracts, for commands that need no chain.
#[derive(Args, Clone, Debug)]
pub struct DeploymentOptions {
    /// Deployment file with the addresses of the contracts
    #[arg(long, value_name = "FILE", env = "BTRST_DEPLOYMENT")]
    pub deployment: PathBuf,

    /// Flavour of the governor, `braintrust` or `alpha`; that of the deployment file by default
    #[arg(long, value_name = "FLAVOUR", value_parser = flavour)]
    pub flavour: Option<Flavour>,
}

impl DeploymentOptions {
    /// Reads the deployment file, and puts the flavour in that was stated.
    ///
    /// # Errors
    /// When it cannot be read or makes no sense.
    pub fn read(&self) -> Result<Deployment> {
        let deployment = read_deployment(&self.deployment)?;
        Ok(Deployment { flavour: self.flavour.unwrap_or(deployment.flavour), ..deployment })
    }
}

/// Which contracts, how to reach their chain, and which governor is expected there.
#[derive(Args, Clone, Debug)]
pub struct GovernorOptions {
    #[command(flatten)]
    pub chain: ChainOptions,

    /// Flavour of the governor, `braintrust` or `alpha`; that of the deployment file by default
    #[arg(long, value_name = "FLAVOUR", value_parser = flavour)]
    pub flavour: Option<Flavour>,
}

/// The flavour written as `word`.
fn flavour(word: &str) -> Result<Flavour, String> {
    let known = [Flavour::Braintrust, Flavour::Alpha].into_iter().find(|known| known.to_string() == word);
    known.ok_or_else(|| "the flavours are `braintrust` and `alpha`".to_owned())
}

fn read_deployment(file: &Path) -> Result<Deployment> {
    let path = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| {
        let message = format!("cannot read the deployment file `{path}`");
        Hinted::new(message, "name one with --deployment, such as `deployments/mainnet.toml`")
            .caused_by(error)
    })?;
    Deployment::parse(&text).wrap_err_with(|| format!("cannot use the deployment file `{path}`"))
}

/// Which contracts, and how to reach their chain.
#[derive(Args, Clone, Debug)]
pub struct ChainOptions {
    /// Deployment file with the addresses of the contracts
    #[arg(long, value_name = "FILE", env = "BTRST_DEPLOYMENT")]
    pub deployment: PathBuf,

    /// Endpoint of the chain; that of the deployment file by default
    #[arg(short, long, value_name = "URL", env = "ETH_RPC_URL", hide_env_values = true)]
    pub rpc_url: Option<String>,

    /// Seconds to wait for an answer of the endpoint
    #[arg(long, value_name = "SECONDS", env = "ETH_RPC_TIMEOUT", default_value_t = 45)]
    pub rpc_timeout: u64,
}

impl ChainOptions {
    /// Reads the deployment file.
    ///
    /// # Errors
    /// When it cannot be read or makes no sense.
    pub fn deployment(&self) -> Result<Deployment> {
        read_deployment(&self.deployment)
    }

    /// A provider of the endpoint for `deployment`. Whether anybody answers shows with the first request.
    ///
    /// # Errors
    /// When there is no endpoint or its address is none.
    pub fn provider(&self, deployment: &Deployment) -> Result<DynProvider> {
        let url = self.rpc_url.as_ref().or(deployment.rpc_url.as_ref()).ok_or_else(|| {
            let message = format!("there is no endpoint for chain {}", deployment.chain_id);
            Hinted::new(message, "name one with --rpc-url or ETH_RPC_URL")
        })?;
        let invalid = || {
            let message = format!("`{}` is not the address of an endpoint", without_credentials(url));
            Hinted::new(message, "write it as `https://host/path`")
        };
        let parsed: Url = url.parse().map_err(|_| invalid())?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(invalid().into());
        }
        let client = Client::builder()
            .timeout(Duration::from_secs(self.rpc_timeout))
            .build()
            .wrap_err("cannot prepare connections to the endpoint")?;
        Ok(ProviderBuilder::new().disable_recommended_fillers().connect_reqwest(client, parsed).erased())
    }
}

/// Who signs. A private key never stands on a command line, where every process of the machine can read it.
#[derive(Args, Clone, Debug)]
pub struct SignerOptions {
    /// Encrypted key file that signs
    #[arg(long, value_name = "FILE", env = "ETH_KEYSTORE", group = "signer")]
    pub keystore: Option<PathBuf>,

    /// File with the password of the key file; asked for by default
    #[arg(long, value_name = "FILE", env = "ETH_PASSWORD")]
    pub password_file: Option<PathBuf>,

    /// Name of the environment variable that holds the private key; a key file is safer
    #[arg(long, value_name = "NAME", group = "signer")]
    pub private_key_env: Option<String>,

    /// Sender: the address that the key must have, or one that the endpoint signs for with --unlocked
    #[arg(short, long, value_name = "ADDRESS", env = "ETH_FROM")]
    pub from: Option<Address>,

    /// Let the endpoint sign for --from, as development chains do
    #[arg(long, group = "signer", requires = "from")]
    pub unlocked: bool,
}

impl SignerOptions {
    /// The sender; `None` when no option names one.
    ///
    /// # Errors
    /// When the key cannot be read, or is not that of `--from`.
    pub fn sender(&self) -> Result<Option<Sender>> {
        if self.unlocked {
            return Ok(self.from.map(Sender::Unlocked));
        }
        let Some(signer) = self.signer()? else { return Ok(None) };
        match self.from {
            Some(from) if from != signer.address() => {
                let message = format!("the key is that of `{}`, not of `{from}`", signer.address());
                Err(Hinted::new(message, "check --from, or take the key of that account").into())
            }
            _ => Ok(Some(Sender::Key(signer))),
        }
    }

    fn signer(&self) -> Result<Option<PrivateKeySigner>> {
        if let Some(path) = &self.keystore {
            return self.keystore_signer(path).map(Some);
        }
        let Some(name) = &self.private_key_env else { return Ok(None) };
        let unusable = |what: &str| {
            Hinted::new(
                format!("the environment variable `{name}` {what}"),
                "a key file with --keystore is safer",
            )
        };
        let key = std::env::var(name).map_err(|_| unusable("holds no text"))?;
        // The parser's reason is left out, because it could show a part of the key.
        let key: B256 = key.trim().parse().map_err(|_| unusable("holds no private key"))?;
        Ok(Some(PrivateKeySigner::from_bytes(&key).map_err(|_| unusable("holds no private key"))?))
    }

    fn keystore_signer(&self, path: &Path) -> Result<PrivateKeySigner> {
        let password = match &self.password_file {
            Some(file) => std::fs::read_to_string(file)
                .map_err(|error| {
                    let hint = "--password-file and ETH_PASSWORD name a file, not the password itself";
                    Hinted::new("cannot read the password file", hint).caused_by(error)
                })?
                .trim_end_matches(['\r', '\n'])
                .to_owned(),
            None => {
                rpassword::prompt_password(format!("Password of {}: ", path.display())).map_err(|error| {
                    Hinted::new("cannot ask for the password", "name a file with --password-file")
                        .caused_by(error)
                })?
            }
        };
        PrivateKeySigner::decrypt_keystore(path, password).map_err(|error| {
            let message = format!("cannot open the key file `{}`", path.display());
            Hinted::new(message, "check the file and the password").caused_by(error).into()
        })
    }
}

/// Whether and how a transaction is sent. Nothing is sent without `--broadcast`.
#[derive(Args, Clone, Debug)]
pub struct SendOptions {
    /// Send the transaction; without it, it is only simulated and shown
    #[arg(long)]
    pub broadcast: bool,

    /// Blocks that must confirm the transaction, its own among them
    #[arg(long, value_name = "BLOCKS", default_value_t = 1)]
    pub confirmations: u64,

    /// Seconds to wait for the confirmations
    #[arg(long, value_name = "SECONDS", env = "ETH_TIMEOUT", default_value_t = 300)]
    pub timeout: u64,
}
