//! Why a call reverted, in words.

use std::fmt::Debug;

use alloy::sol_types::{Panic, Revert, SolError, SolInterface};
use alloy::transports::TransportError;
use btrst_bindings::{
    BTRST, BraintrustGovernor, FeeConverter, GovernanceDecisions, GovernancePair, Timelock,
};

/// Most characters of a reason that is shown: a contract can revert with megabytes.
const MOST_TEXT: usize = 500;

/// The reason, when `error` is the answer of a chain that says that a call reverted.
#[must_use]
pub fn revert_of(error: &TransportError) -> Option<String> {
    let response = error.as_error_resp()?;
    let reason = match response.as_revert_data() {
        Some(data) => describe(&data),
        None if response.message.contains("revert") => response.message.to_string(),
        None => return None,
    };
    let reason = if reason.starts_with("PriceRose") {
        format!("{reason}: BTRST became dearer within the block, try again in the next one")
    } else {
        reason
    };
    Some(reason.chars().filter(|c| !c.is_control()).take(MOST_TEXT).collect())
}

/// The reason in the data that a call reverted with: a string, or an error of the suite with its arguments.
#[must_use]
pub fn describe(data: &[u8]) -> String {
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
    decoders
        .iter()
        .find_map(|decode| decode(data))
        .unwrap_or_else(|| format!("unknown error `{}`", alloy::primitives::hex::encode_prefixed(data)))
}

/// The error `E` in `data`, such as `TooSoon { allowedFrom: 1767229200 }`.
fn named<E: SolInterface + Debug>(data: &[u8]) -> Option<String> {
    // Of the name of the enum's variant and that of the error in it, which are the same, one is enough.
    let text = format!("{:?}", E::abi_decode(data).ok()?);
    let (_, inner) = text.split_once('(')?;
    inner.strip_suffix(')').map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use alloy::primitives::U256;
    use alloy::sol_types::PanicKind;

    use super::*;

    #[test]
    fn every_kind_of_reason_is_readable() {
        let too_soon = FeeConverter::TooSoon { allowedFrom: U256::from(1_767_229_200) };
        assert_eq!(describe(&too_soon.abi_encode()), "TooSoon { allowedFrom: 1767229200 }");
        assert_eq!(
            describe(&Timelock::EtaTooEarly { eta: U256::from(1), earliest: U256::from(2) }.abi_encode()),
            "EtaTooEarly { eta: 1, earliest: 2 }"
        );
        assert_eq!(describe(&Revert::from("STF").abi_encode()), "STF");
        assert!(describe(&Panic::from(PanicKind::UnderOverflow).abi_encode()).contains("overflow"));
        assert_eq!(describe(&[]), "no reason given");
        assert_eq!(describe(&[1, 2, 3, 4]), "unknown error `0x01020304`");
    }
}
