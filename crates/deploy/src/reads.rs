//! Questions to a chain. An answer that the contract does not give is an answer too; an endpoint that does not answer
//! is an error.

use alloy::primitives::Address;
use alloy::providers::Provider;
use alloy::rpc::types::{Filter, TransactionRequest};
use alloy::sol_types::{SolCall, SolEvent};
use btrst_chain::{Chain, logs, revert_of};

use crate::Result;

/// What the view `call` of the contract at `to` answers; `None` when it reverts or answers something else.
pub(crate) async fn view<C: SolCall>(chain: &Chain, to: Address, call: &C) -> Result<Option<C::Return>> {
    let request = TransactionRequest::default().to(to).input(call.abi_encode().into());
    match chain.provider().call(request).await {
        Ok(data) => Ok(C::abi_decode_returns(&data).ok()),
        Err(error) if revert_of(&error).is_some() => Ok(None),
        error => Ok(chain.asked(&format!("answer `{}`", C::SIGNATURE), error).map(|_| None)?),
    }
}

/// All events `E` of `emitter` up to the block `last` that `filter` selects, in order.
pub(crate) async fn events<E: SolEvent>(
    chain: &Chain,
    emitter: Address,
    filter: Filter,
    last: u64,
) -> Result<Vec<E>> {
    let filter = filter.address(emitter).event_signature(E::SIGNATURE_HASH);
    // Most endpoints take all blocks at once for one contract; the others take pieces.
    let whole = chain.provider().get_logs(&filter.clone().from_block(0).to_block(last)).await;
    let logs = match whole {
        Err(error) if error.as_error_resp().is_some() => {
            logs::scan(chain, &filter, 0, last, |_, _| ()).await?
        }
        whole => chain.asked("list events", whole)?,
    };
    Ok(logs.iter().filter_map(|log| E::decode_log(&log.inner).ok()).map(|log| log.data).collect())
}
