//! Which clock votes go by.

use std::sync::OnceLock;

use btrst_chain::Chain;
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

    /// The same as the clock of a hub, which is a function without a state of its own. A process has one hub.
    pub fn of_hub(self, chain: &Chain) -> fn() -> u64 {
        if self.chain_time {
            let _ = CHAIN.set(chain.clone());
            return chain_time;
        }
        // A clock before 1970 refuses every message.
        || now().unwrap_or_default()
    }
}

/// The chain whose time is the hub's.
static CHAIN: OnceLock<Chain> = OnceLock::new();

/// Time of the chain's last block. A chain that does not answer refuses every message, as a clock before 1970 does.
fn chain_time() -> u64 {
    let Some(chain) = CHAIN.get() else { return 0 };
    tokio::task::block_in_place(|| {
        let head = tokio::runtime::Handle::current().block_on(chain.head());
        head.map_or(0, |head| head.timestamp)
    })
}
