//! Which contracts, and how to reach their chain.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use alloy::providers::DynProvider;
use btrst_chain::{Chain, Endpoint, without_credentials};
use btrst_gov::Deployment;
use btrst_gov::governor::Flavour;
use clap::Args;
use eyre::{Result, WrapErr};

use super::alias::resolve;
use crate::failure::Hinted;

/// Which contracts, and how to reach their chain.
#[derive(Args, Clone, Debug)]
pub struct ChainOptions {
    /// Deployment file with the addresses of the contracts
    #[arg(long, value_name = "FILE", env = "BTRST_DEPLOYMENT", help_heading = "Chain")]
    pub deployment: PathBuf,

    #[command(flatten)]
    pub endpoint: EndpointOptions,
}

/// Which contracts, for commands that need no chain.
#[derive(Args, Clone, Debug)]
pub struct DeploymentOptions {
    /// Deployment file with the addresses of the contracts
    #[arg(long, value_name = "FILE", env = "BTRST_DEPLOYMENT", help_heading = "Chain")]
    pub deployment: PathBuf,

    /// Flavour of the governor, `braintrust` or `alpha`; that of the deployment file by default
    #[arg(long, value_name = "FLAVOUR", value_parser = flavour, help_heading = "Chain")]
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
    #[arg(long, value_name = "FLAVOUR", value_parser = flavour, help_heading = "Chain")]
    pub flavour: Option<Flavour>,
}

/// The flavour written as `word`.
fn flavour(word: &str) -> Result<Flavour, String> {
    let known = [Flavour::Braintrust, Flavour::Alpha].into_iter().find(|known| known.to_string() == word);
    known.ok_or_else(|| "the flavours are `braintrust` and `alpha`".to_owned())
}

/// How to reach a chain.
#[derive(Args, Clone, Debug)]
pub struct EndpointOptions {
    /// Endpoint of the chain, or its name in `[rpc_endpoints]` of the next foundry.toml; that of the deployment file by
    /// default
    #[arg(
        short,
        long,
        visible_alias = "fork-url",
        value_name = "URL",
        env = "ETH_RPC_URL",
        hide_env_values = true,
        help_heading = "Chain"
    )]
    pub rpc_url: Option<String>,

    /// Seconds to wait for an answer of the endpoint
    #[arg(
        long,
        value_name = "SECONDS",
        env = "ETH_RPC_TIMEOUT",
        default_value_t = 45,
        help_heading = "Chain"
    )]
    pub rpc_timeout: u64,

    /// Header to send with each request, such as `x-api-key: …`; can be repeated
    #[arg(
        long,
        value_name = "NAME: VALUE",
        env = "ETH_RPC_HEADERS",
        hide_env_values = true,
        value_delimiter = ',',
        help_heading = "Chain"
    )]
    pub rpc_headers: Vec<String>,

    /// Secret of a node's guarded port, 64 hexadecimal digits
    #[arg(
        long,
        value_name = "SECRET",
        env = "ETH_RPC_JWT_SECRET",
        hide_env_values = true,
        help_heading = "Chain"
    )]
    pub jwt_secret: Option<String>,

    /// Take an endpoint whose certificate nobody vouches for
    #[arg(short = 'k', long, help_heading = "Chain")]
    pub insecure: bool,
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
        self.endpoint.provider(deployment.rpc_url.as_deref(), deployment.chain_id)
    }
}

/// Reads a deployment file.
///
/// # Errors
/// When it cannot be read or makes no sense.
pub fn read_deployment(file: &Path) -> Result<Deployment> {
    let path = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| {
        let message = format!("cannot read the deployment file `{path}`");
        Hinted::new(message, "name one with --deployment, such as `deployments/mainnet.toml`")
            .caused_by(error)
    })?;
    Deployment::parse(&text).wrap_err_with(|| format!("cannot use the deployment file `{path}`"))
}

impl EndpointOptions {
    /// The chain `id` of `name` behind the endpoint that was named, or else the one at `default`.
    ///
    /// # Errors
    /// When there is no endpoint, it does not answer, or serves another chain.
    pub async fn connect(&self, default: Option<&str>, id: u64, name: &str) -> Result<Chain> {
        Ok(Chain::connect(self.provider(default, id)?, id, name).await?)
    }

    /// The endpoint that was named, or else the one at `default`, as it can be shown.
    pub fn shown(&self, default: Option<&str>) -> String {
        let address = self.address(default).ok().flatten();
        without_credentials(&address.unwrap_or_default())
    }

    /// The address of the endpoint that was named, or else `default`.
    fn address<'a>(&'a self, default: Option<&'a str>) -> Result<Option<Cow<'a, str>>> {
        match &self.rpc_url {
            Some(named) => resolve(named, &std::env::current_dir()?).map(Some),
            None => Ok(default.map(Cow::from)),
        }
    }

    /// A provider of the endpoint that was named, or else of the one at `default`, for the chain `chain_id`.
    ///
    /// # Errors
    /// When there is no endpoint or its address is none.
    pub fn provider(&self, default: Option<&str>, chain_id: u64) -> Result<DynProvider> {
        Ok(self.endpoint(default, chain_id)?.provider()?)
    }

    /// The endpoint that was named, or else the one at `default`, for the chain `chain_id`.
    ///
    /// # Errors
    /// When there is no endpoint or its address is none.
    pub fn endpoint(&self, default: Option<&str>, chain_id: u64) -> Result<Endpoint> {
        let url = self.address(default)?.ok_or_else(|| {
            let message = format!("there is no endpoint for chain {chain_id}");
            Hinted::new(message, "name one with --rpc-url or ETH_RPC_URL")
        })?;
        let mut endpoint = Endpoint::new(&url)?;
        endpoint.timeout = Duration::from_secs(self.rpc_timeout);
        endpoint.insecure = self.insecure;
        for header in &self.rpc_headers {
            endpoint.add_header(header)?;
        }
        if let Some(secret) = &self.jwt_secret {
            endpoint.set_secret(secret)?;
        }
        Ok(endpoint)
    }
}
