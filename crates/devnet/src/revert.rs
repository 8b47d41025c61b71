//! Why a call reverted, in words.

use alloy::primitives::Bytes;
use alloy::sol_types::{Revert, SolError, decode_revert_reason};
use alloy::transports::TransportError;

/// The reason, when `error` is the answer of a chain that says that a call reverted.
pub(crate) fn reason_of(error: &TransportError) -> Option<String> {
    let response = error.as_error_resp()?;
    let says_so = response.message.contains("revert");
    match response.as_revert_data() {
        Some(data) => Some(describe(&data)),
        None => says_so.then(|| response.message.to_string()),
    }
}

/// The reason in the data that a call reverted with.
fn describe(data: &Bytes) -> String {
    if data.is_empty() {
        return "no reason given".into();
    }
    if let Ok(revert) = Revert::abi_decode(data) {
        return revert.reason;
    }
    decode_revert_reason(data).unwrap_or_else(|| format!("unknown error `{data}`"))
}
