//! Which clock votes go by.

use std::sync::Arc;

use btrst_chain::Chain;
use btrst_hub::Clock;
use eyre::Result;

use super::send::connect;
use crate::opts::EndpointOptions;
use crate::sending::now;

/// Which clock.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct ClockOptions {
    /// Go by the time of the last block of --rpc-url, and not by this machine's: for votes that are rehearsed on a devnet
    #[arg(long, env = "BTRST_CHAIN_TIME", help_heading = "Chain")]
    pub chain_time: bool,
}

impl ClockOptions {
    /// Unix time in seconds.
    ///
    /// # Errors
    /// When this machine's clock is before 1970, or the endpoint does not answer.
    pub async fn now(self, endpoint: &EndpointOptions) -> Result<u64> {
        if self.chain_time { Ok(connect(endpoint).await?.head().await?.timestamp) } else { now() }
    }

    /// The same as the clock of a hub on `chain`. A chain that does not answer, and a clock before 1970, refuse every
    /// message.
    pub fn of_hub(self, chain: &Chain) -> Clock {
        if !self.chain_time {
            return Arc::new(|| now().unwrap_or_default());
        }
        let chain = chain.clone();
        Arc::new(move || {
            tokio::task::block_in_place(|| {
                let head = tokio::runtime::Handle::current().block_on(chain.head());
                head.map_or(0, |head| head.timestamp)
            })
        })
    }
}
