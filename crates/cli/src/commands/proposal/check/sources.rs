//! What is known about the sources of the contracts that a proposal calls.

use std::path::PathBuf;
use std::time::Duration;

use alloy::primitives::{Address, Bytes};
use alloy::transports::http::reqwest::Url;
use btrst_chain::without_credentials;
use btrst_simulate::sources::{Artifacts, Claim, ETHERSCAN, Services};
use eyre::{OptionExt, Result};

use crate::context::Context;
use crate::failure::Hinted;

/// Longest wait for one answer of a service.
const PATIENCE: Duration = Duration::from_secs(20);

/// Most contracts that services are asked about.
const MOST_ASKED: usize = 32;

/// Where sources are looked for. Nobody is asked who is not named.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Sources")]
pub(super) struct SourceOptions {
    /// Folder of artifacts of Foundry or Hardhat, whose code is compared with the chain's; can be repeated
    #[arg(long, value_name = "DIR")]
    artifacts: Vec<PathBuf>,

    /// Sourcify, such as https://sourcify.dev/server
    #[arg(long, value_name = "URL")]
    sourcify_url: Option<String>,

    /// Explorer that answers as Etherscan does; Etherscan itself by default, once there is a key
    #[arg(long, value_name = "URL", env = "VERIFIER_URL")]
    verifier_url: Option<String>,

    /// Key for the explorer
    #[arg(short, long, value_name = "KEY", env = "ETHERSCAN_API_KEY", hide_env_values = true)]
    etherscan_api_key: Option<String>,
}

impl SourceOptions {
    /// Artifacts and services, before anything is asked.
    ///
    /// # Errors
    /// When a folder cannot be used or an address is none.
    pub(super) fn open(&self) -> Result<Sources> {
        let artifacts = self.artifacts.iter().map(|folder| Artifacts::load(folder));
        let artifacts = artifacts.collect::<Result<_, _>>()?;
        let sourcify = self.sourcify_url.as_deref().map(|text| url(text, "--sourcify-url")).transpose()?;
        let key = self.etherscan_api_key.as_ref().filter(|key| !key.is_empty());
        let address = self.verifier_url.as_deref().or(key.map(|_| ETHERSCAN));
        let explorer = match address {
            Some(address) => Some((url(address, "--verifier-url")?, key.cloned())),
            None => None,
        };
        let services = match (&sourcify, &explorer) {
            (None, None) => None,
            _ => Some(Services::new(sourcify, explorer, PATIENCE).ok_or_eyre("cannot make an HTTP client")?),
        };
        Ok(Sources { artifacts, services })
    }
}

fn url(text: &str, option: &str) -> Result<Url> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or_else(|| {
        let message = format!("`{}` is not the address of a service", without_credentials(text));
        Hinted::new(message, format!("{option} takes one such as https://sourcify.dev/server")).into()
    })
}

/// Artifacts and services that were named.
pub(super) struct Sources {
    artifacts: Vec<Artifacts>,
    services: Option<Services>,
}

impl Sources {
    /// What they say about `contracts` of chain `chain_id`, each with its code.
    pub(super) fn claims(
        &self,
        contracts: &[(Address, Bytes)],
        chain_id: u64,
        context: &Context,
    ) -> Vec<Claim> {
        let mut claims: Vec<Claim> = Vec::new();
        for (contract, code) in contracts {
            claims.extend(self.artifacts.iter().filter_map(|artifacts| artifacts.claim(*contract, code)));
        }
        let Some(services) = &self.services else { return claims };
        // What was compiled here needs nobody's word.
        let unknown =
            contracts.iter().filter(|(contract, _)| claims.iter().all(|claim| claim.contract != *contract));
        let unknown: Vec<_> = unknown.take(MOST_ASKED).collect();
        context.note(&format!("asking for the sources of {} contracts …", unknown.len()));
        let answers = async {
            let mut answers = Vec::new();
            for (contract, code) in unknown {
                answers.extend(services.ask(chain_id, *contract, code).await);
            }
            answers
        };
        claims.extend(tokio::runtime::Handle::current().block_on(answers));
        claims
    }
}
