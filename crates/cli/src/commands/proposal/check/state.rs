//! The state that the check runs on.

use std::sync::Arc;

use alloy::eips::{BlockId, BlockNumberOrTag};
use btrst_simulate::StateSource;
use btrst_simulate::state::proof::{Proven, verify};
use btrst_simulate::state::{Cached, Recorded, Remote, Trips, Witness};
use eyre::Result;

use super::Args;
use crate::governance::{Governance, cache_folder};

/// State of one block: from disk, else from the endpoint, and all of it remembered.
pub(super) struct State(Arc<Recorded<Cached<Remote>>>);

impl State {
    /// Pins `block`, or the last one.
    pub(super) fn open(args: &Args, governance: &Governance, block: Option<u64>) -> Result<Self> {
        let (endpoint, default) =
            (args.governor.chain.endpoint.clone(), governance.deployment.rpc_url.clone());
        let chain_id = governance.deployment.chain_id;
        let connect = move || {
            endpoint.provider(default.as_deref(), chain_id).map_err(|error| btrst_simulate::Error::State {
                what: "the chain".into(),
                reason: crate::failure::in_one_line(&error),
            })
        };
        let block = block.map_or(BlockNumberOrTag::Latest, BlockNumberOrTag::Number);
        let remote = Remote::pin(connect, BlockId::Number(block))?;
        let folder = args.cache.clone().or_else(|| Some(cache_folder()?.join("state")));
        let folder = folder.unwrap_or_else(std::env::temp_dir);
        Ok(Self(Arc::new(Recorded::new(Cached::open(&folder, remote)?))))
    }

    /// For machines.
    pub(super) fn source(&self) -> Arc<dyn StateSource> {
        self.0.clone()
    }

    /// The endpoint.
    pub(super) fn remote(&self) -> &Remote {
        self.0.source().source()
    }

    /// Number of the block.
    pub(super) fn number(&self) -> u64 {
        self.0.pinned().header.number
    }

    /// All that was read until now.
    pub(super) fn witness(&self) -> Witness {
        self.0.witness()
    }

    /// Checks that the block is still in the chain.
    pub(super) fn confirm(&self) -> Result<()> {
        Ok(self.remote().confirm()?)
    }

    /// Proves all that was read until now.
    pub(super) fn prove(&self) -> Result<Proven> {
        Ok(verify(&self.witness(), self.remote())?)
    }

    /// Requests until now.
    pub(super) fn trips(&self) -> Trips {
        self.remote().trips()
    }
}
