//! Groups of options that commands share.

mod alias;
mod chain;
mod send;
mod services;
mod signer;

pub use chain::{ChainOptions, DeploymentOptions, EndpointOptions, GovernorOptions, read_deployment};
pub use send::SendOptions;
pub use signer::SignerOptions;

use std::path::PathBuf;

use btrst_devnet::Repository;
use clap::Args;
use eyre::{Result, WrapErr};

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
