//! Questions to an endpoint. An answer that the contract does not give is an answer too; an endpoint that does not
//! answer is an error.

use alloy::primitives::{Address, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::{Filter, TransactionRequest};
use alloy::sol_types::{Panic, Revert, SolCall, SolError, SolEvent, SolInterface};
use alloy::transports::{RpcError, TransportError};
use btrst_bindings::{
    BTRST, BraintrustGovernor, FeeConverter, GovernanceDecisions, GovernancePair, Timelock,
};

use crate::{Error, Result};

/// What the view `call` of the contract at `to` answers; `None` when it reverts or answers something else.
pub(crate) async fn view<P: Provider, C: SolCall>(
    provider: &P,
    to: Address,
    call: &C,
) -> Result<Option<C::Return>> {
    let request = TransactionRequest::default().to(to).input(call.abi_encode().into());
    match provider.call(request).await {
        Ok(data) => Ok(C::abi_decode_returns(&data).ok()),
        Err(error) if revert_of(&error).is_some() => Ok(None),
        Err(error) => Err(endpoint(&format!("answer `{}`", C::SIGNATURE), &error)),
    }
}

/// Code of `address`.
pub(crate) async fn code<P: Provider>(provider: &P, address: Address) -> Result<Bytes> {
    asked("name the code of a contract", provider.get_code_at(address).await)
}

/// All events `E` of `emitter` that `filter` selects, in order.
pub(crate) async fn events<P: Provider, E: SolEvent>(
    provider: &P,
    emitter: Address,
    filter: Filter,
) -> Result<Vec<E>> {
    let filter = filter.address(emitter).event_signature(E::SIGNATURE_HASH).from_block(0);
    let logs = asked(&format!("name the logs of `{}`", E::SIGNATURE), provider.get_logs(&filter).await)?;
    Ok(logs.iter().filter_map(|log| E::decode_log(&log.inner).ok()).map(|log| log.data).collect())
}

/// What `from` sent to `to` of `token` so far, in base units.
pub(crate) async fn transferred<P: Provider>(
    provider: &P,
    token: Address,
    from: Address,
    to: Address,
) -> Result<U256> {
    let filter = Filter::new().topic1(from.into_word()).topic2(to.into_word());
    let transfers: Vec<BTRST::Transfer> = events(provider, token, filter).await?;
    Ok(transfers.iter().fold(U256::ZERO, |sum, transfer| sum.saturating_add(transfer.value)))
}

/// `answer`, unless it is an error.
pub(crate) fn asked<T>(what: &str, answer: std::result::Result<T, TransportError>) -> Result<T> {
    answer.map_err(|error| endpoint(what, &error))
}

/// That the endpoint cannot do `what`. What a client says of a lost connection names the address, which may carry
/// credentials, so it is left out.
fn endpoint(what: &str, error: &TransportError) -> Error {
    let reason = match error {
        RpcError::ErrorResp(answer) => answer.message.to_string(),
        RpcError::DeserError { .. } | RpcError::NullResp => "its answer makes no sense".into(),
        _ => "it does not answer".into(),
    };
    Error::Endpoint { what: what.into(), reason }
}

/// The reason, when `error` says that a call reverted.
fn revert_of(error: &TransportError) -> Option<String> {
    let answer = error.as_error_resp()?;
    match answer.as_revert_data() {
        Some(data) => Some(reason(&data)),
        None => answer.message.contains("revert").then(|| answer.message.to_string()),
    }
}

/// The reason in the data that a call reverted with: a string, or an error of the suite with its arguments.
pub(crate) fn reason(data: &[u8]) -> String {
    if data.is_empty() {
        return "no reason given".into();
    }
    if let Ok(revert) = Revert::abi_decode(data) {
        return revert.reason;
    }
    if let Ok(panic) = Panic::abi_decode(data) {
        return panic.to_string();
    }
    let decoders = [
        named::<BraintrustGovernor::BraintrustGovernorErrors>,
        named::<Timelock::TimelockErrors>,
        named::<GovernancePair::GovernancePairErrors>,
        named::<BTRST::BTRSTErrors>,
        named::<GovernanceDecisions::GovernanceDecisionsErrors>,
        named::<FeeConverter::FeeConverterErrors>,
    ];
    let unknown = || format!("unknown error `{}`", alloy::primitives::hex::encode_prefixed(data));
    decoders.iter().find_map(|decode| decode(data)).unwrap_or_else(unknown)
}

/// The error `E` in `data`, such as `TooSoon { allowedFrom: 1767229200 }`.
fn named<E: SolInterface + std::fmt::Debug>(data: &[u8]) -> Option<String> {
    // Of the name of the enum's variant and that of the error in it, which are the same, one is enough.
    let text = format!("{:?}", E::abi_decode(data).ok()?);
    let (_, inner) = text.split_once('(')?;
    inner.strip_suffix(')').map(str::to_owned)
}
