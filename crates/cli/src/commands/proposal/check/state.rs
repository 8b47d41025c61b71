//! The state that the check runs on.

use std::path::PathBuf;
use std::sync::Arc;

use alloy::eips::{BlockId, BlockNumberOrTag};
use btrst_chain::{Chain, Endpoint, Trips};
use btrst_gov::Deployment;
use btrst_simulate::state::proof::Proofs;
use btrst_simulate::state::{Cached, Recorded, Remote, Witness};
use btrst_simulate::{Machine, StateSource};
use eyre::Result;

use super::Args;
use crate::failure::Hinted;
use crate::governance::cache_folder;

/// State of one block: from disk, else from the endpoint, and all of it remembered.
pub(super) struct State {
    endpoint: Endpoint,
    folder: PathBuf,
    source: Arc<Recorded<Cached<Remote>>>,
}

impl State {
    /// Pins the block of `args`, or the last one.
    pub(super) fn open(args: &Args, deployment: &Deployment) -> Result<Self> {
        let options = &args.governor.chain.endpoint;
        let endpoint = options.endpoint(deployment.rpc_url.as_deref(), deployment.chain_id)?;
        let folder = args.cache.clone().or_else(|| Some(cache_folder()?.join("state")));
        let folder = folder.unwrap_or_else(std::env::temp_dir);
        let last = Self::pin(endpoint, folder, BlockNumberOrTag::Latest)?;
        match args.block {
            None => Ok(last),
            Some(block) if block <= last.number() => last.at(block),
            Some(block) => {
                let message = format!("there is no block {block}; the last one is {}", last.number());
                Err(Hinted::new(message, "name a block of the past with --block").into())
            }
        }
    }

    /// The state of the block `number` of the same chain.
    pub(super) fn at(&self, number: u64) -> Result<Self> {
        Self::pin(self.endpoint.clone(), self.folder.clone(), BlockNumberOrTag::Number(number))
    }

    fn pin(endpoint: Endpoint, folder: PathBuf, block: BlockNumberOrTag) -> Result<Self> {
        let connection = endpoint.clone();
        let connect = move || {
            connection.provider().map_err(|error| btrst_simulate::Error::State {
                what: "the chain".into(),
                reason: error.to_string(),
            })
        };
        let remote = Remote::pin(connect, BlockId::Number(block))?;
        let source = Arc::new(Recorded::new(Cached::open(&folder, remote)?));
        Ok(Self { endpoint, folder, source })
    }

    /// The chain, for what is no state, if it is that of `deployment`.
    pub(super) fn chain(&self, deployment: &Deployment) -> Result<Chain> {
        let actual = self.source.pinned().chain_id;
        let provider = self.endpoint.provider()?;
        Ok(Chain::identified(provider, actual, deployment.chain_id, &deployment.name)?)
    }

    /// For machines.
    pub(super) fn source(&self) -> Arc<dyn StateSource> {
        self.source.clone()
    }

    /// A machine in the block.
    pub(super) fn machine(&self) -> Machine {
        Machine::new(self.source())
    }

    /// The endpoint.
    pub(super) fn remote(&self) -> &Remote {
        self.source.source().source()
    }

    /// Number of the block.
    pub(super) fn number(&self) -> u64 {
        self.source.pinned().header.number
    }

    /// Time of the block, Unix time in seconds.
    pub(super) fn timestamp(&self) -> u64 {
        self.source.pinned().header.timestamp
    }

    /// All that was read until now.
    pub(super) fn witness(&self) -> Witness {
        self.source.witness()
    }

    /// Checks that the block is still in the chain.
    pub(super) fn confirm(&self) -> Result<()> {
        Ok(self.remote().confirm()?)
    }

    /// Proofs of all that was read until now, not yet verified.
    pub(super) fn proofs(&self) -> Result<Proofs> {
        Ok(Proofs::ask(&self.witness(), self.remote())?)
    }

    /// How often the endpoint was asked until now.
    pub(super) fn trips(&self) -> Trips {
        self.endpoint.counter.trips()
    }
}
