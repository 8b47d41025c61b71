//! The endpoint's own simulation.

use alloy::primitives::{Address, Log, U64, U256};
use btrst_gov::Action;
use serde::Deserialize;
use serde_json::json;

use super::Effects;
use crate::machine::GAS_LIMIT;
use crate::state::Remote;
use crate::{Error, Result};

/// Gas of all calls together: nodes simulate no more than that for anybody.
const GAS: u64 = 50_000_000;

/// Lets `timelock` make the calls of `actions` at the time `timestamp` (Unix time in seconds), simulated by the node on
/// the pinned state, with a balance of `balance` wei: as in [`shortcut`](super::shortcut), that may be more than it has.
///
/// The calls run in the block after the pinned one, because nodes go no more than 256 blocks ahead; storage is not
/// reported.
///
/// # Errors
/// [`Error::State`] when the node does not know `eth_simulateV1` or answers nonsense: then there is nothing to compare
/// with.
pub fn node(
    remote: &Remote,
    timelock: Address,
    actions: &[Action],
    balance: U256,
    timestamp: u64,
) -> Result<Effects> {
    let what = "the simulation of the endpoint";
    let count = u64::try_from(actions.len()).unwrap_or(u64::MAX).max(1);
    let gas = GAS_LIMIT.min(GAS / count);
    let calls: Vec<_> = actions
        .iter()
        .map(|action| {
            json!({
                "from": timelock,
                "to": action.target,
                "value": action.value,
                "input": action.input(),
                "gas": U64::from(gas),
                "maxFeePerGas": "0x0",
            })
        })
        .collect();
    let payload = json!({
        "blockStateCalls": [{
            "blockOverrides": { "time": U64::from(timestamp), "gasLimit": U64::from(GAS) },
            "stateOverrides": { timelock.to_string(): { "balance": balance } },
            "calls": calls,
        }],
        "validation": false,
        "traceTransfers": false,
    });
    let blocks: Vec<SimulatedBlock> =
        remote.request(what, "eth_simulateV1", json!([payload, remote.block()]))?;
    let results: Vec<SimulatedCall> = blocks.into_iter().flat_map(|block| block.calls).collect();
    if results.len() != actions.len() {
        let reason = format!("{} results for {} calls", results.len(), actions.len());
        return Err(Error::state(what, reason));
    }
    let mut effects = Effects { failure: None, logs: Vec::new(), storage: None };
    for call in results {
        if call.status != U64::from(1) {
            let reason = call.error.map_or_else(|| "it reverts".into(), |error| error.message);
            return Ok(Effects { failure: Some(reason), logs: Vec::new(), storage: None });
        }
        effects.logs.extend(call.logs);
    }
    Ok(effects)
}

#[derive(Deserialize)]
struct SimulatedBlock {
    calls: Vec<SimulatedCall>,
}

#[derive(Deserialize)]
struct SimulatedCall {
    status: U64,
    #[serde(default)]
    logs: Vec<Log>,
    error: Option<SimulatedError>,
}

#[derive(Deserialize)]
struct SimulatedError {
    message: String,
}
