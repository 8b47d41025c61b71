//! Functions that many contracts have, so that raw call data and inner calls can be read.

use std::{collections::HashMap, sync::LazyLock};

use alloy::primitives::{Selector, keccak256};
use btrst_gov::Action;

/// Signatures of functions that move money or power.
const SIGNATURES: &[&str] = &[
    "transfer(address,uint256)",
    "transferFrom(address,address,uint256)",
    "approve(address,uint256)",
    "increaseAllowance(address,uint256)",
    "approve(address,address,uint160,uint48)",
    "authorizeOperator(address)",
    "setApprovalForAll(address,bool)",
    "safeTransferFrom(address,address,uint256)",
    "safeTransferFrom(address,address,uint256,bytes)",
    "mint(address,uint256)",
    "burn(uint256)",
    "delegate(address)",
    "transferOwnership(address)",
    "acceptOwnership()",
    "renounceOwnership()",
    "grantRole(bytes32,address)",
    "revokeRole(bytes32,address)",
    "renounceRole(bytes32,address)",
    "upgradeTo(address)",
    "upgradeToAndCall(address,bytes)",
    "changeAdmin(address)",
    "setAdmin(address)",
    "setPendingAdmin(address)",
    "acceptAdmin()",
    "setDelay(uint256)",
    "multicall(bytes[])",
    "execute(address,uint256,bytes)",
    "pause()",
    "unpause()",
    "deposit()",
    "withdraw(uint256)",
    "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
    "queueTransaction(address,uint256,string,bytes,uint256)",
    "executeTransaction(address,uint256,string,bytes,uint256)",
    "cancelTransaction(address,uint256,string,bytes,uint256)",
];

/// Functions by which a governor is made to decide or to act.
const DECISIONS: &[&str] = &[
    "propose(address[],uint256[],string[],bytes[],string)",
    "propose(address[],uint256[],bytes[],string)",
    "proposeBySig((address[],uint256[],string[],bytes[],string,address,uint256),bytes)",
    "castVote(uint256,bool)",
    "castVote(uint256,uint8)",
    "castVoteWithReason(uint256,uint8,string)",
    "castVoteBySig(uint256,bool,uint8,bytes32,bytes32)",
    "castVoteBySig(uint256,uint8,uint8,bytes32,bytes32)",
    "castVoteBySig(uint256,uint8,address,bytes)",
    "castVoteWithReasonBySig(uint256,uint8,string,uint8,bytes32,bytes32)",
    "castVotesBySig(uint256,(uint8,uint8,bytes32,bytes32)[])",
    "queue(uint256)",
    "execute(uint256)",
    "cancel(uint256)",
];

/// Signatures of functions that only answer, by which variables are known.
const VIEWS: &[&str] = &[
    "owner()",
    "pendingOwner()",
    "admin()",
    "pendingAdmin()",
    "guardian()",
    "delay()",
    "paused()",
    "minter()",
    "name()",
    "symbol()",
    "decimals()",
    "totalSupply()",
    "balanceOf(address)",
    "allowance(address,address)",
    "ownerOf(uint256)",
    "isApprovedForAll(address,address)",
    "delegates(address)",
    "nonces(address)",
    "hasRole(bytes32,address)",
    "treasury()",
    "feeRecipient()",
    "marketplaceFee()",
];

/// The signature of the function of `selector`, where it is one that only answers and is known.
pub(crate) fn view_of(start: &[u8]) -> Option<&'static str> {
    static VIEWED: LazyLock<BySelector> = LazyLock::new(|| by_selector(VIEWS));
    VIEWED.get(<&Selector>::try_from(start).ok()?).copied()
}

type BySelector = HashMap<Selector, &'static str>;

fn by_selector<'a>(signatures: impl IntoIterator<Item = &'a &'static str>) -> BySelector {
    signatures.into_iter().map(|signature| (selector(signature), *signature)).collect()
}

/// The first four bytes of the hash of `signature`.
pub(crate) fn selector(signature: &str) -> Selector {
    let [first, second, third, fourth, ..] = keccak256(signature).0;
    Selector::from([first, second, third, fourth])
}

/// The signature of a function that starts with `input`'s first four bytes, where it is a known one.
pub(crate) fn signature_of(input: &[u8]) -> Option<&'static str> {
    static CALLED: LazyLock<BySelector> = LazyLock::new(|| by_selector(SIGNATURES.iter().chain(DECISIONS)));
    CALLED.get(<&Selector>::try_from(input.get(..4)?).ok()?).copied()
}

/// Whether `input` is a call by which a governor decides or acts.
pub(crate) fn decides(input: &[u8]) -> bool {
    signature_of(input).is_some_and(|signature| DECISIONS.contains(&signature))
}

/// `action` with the signature in front, where its call data has the selector of a known function.
pub(crate) fn typed(action: &Action) -> Action {
    let known = || {
        let (_, data) = action.calldata.split_at_checked(4)?;
        Some((signature_of(&action.calldata)?, data))
    };
    match action.signature.is_empty().then(known).flatten() {
        Some((signature, data)) => {
            Action { signature: signature.into(), calldata: data.to_vec().into(), ..action.clone() }
        }
        None => action.clone(),
    }
}

/// The selector that `action` calls; `None` for a payment without a call.
pub(crate) fn called(action: &Action) -> Option<Selector> {
    if action.signature.is_empty() {
        let start = action.calldata.get(..4)?;
        return <[u8; 4]>::try_from(start).ok().map(Selector::from);
    }
    Some(selector(&action.signature))
}

#[cfg(test)]
mod tests {
    use alloy::primitives::{Address, U256, hex};
    use btrst_bindings::BraintrustGovernor::BraintrustGovernorCalls;

    use super::*;

    #[test]
    fn selectors_are_those_of_the_exact_text() {
        for (signature, expected) in [
            ("transfer(address,uint256)", "a9059cbb"),
            ("transfer(address,uint)", "6cb927d8"),
            ("transfer(address, uint256)", "9d61d234"),
        ] {
            assert_eq!(hex::encode(selector(signature)), expected);
        }
    }

    #[test]
    fn whatever_decides_in_a_governor_is_known() {
        let all = BraintrustGovernorCalls::SIGNATURES.iter();
        let deciding = ["propose(", "proposeBySig(", "castVote", "queue(", "execute(", "cancel("];
        for signature in all.filter(|signature| deciding.iter().any(|start| signature.starts_with(start))) {
            assert!(decides(selector(signature).as_slice()), "{signature}");
        }
    }

    #[test]
    fn raw_call_data_gets_its_signature() {
        let raw = Action {
            target: Address::ZERO,
            value: U256::ZERO,
            signature: String::new(),
            calldata: hex!("5c19a95c000000000000000000000000000000000000000000000000000000000000000a").into(),
        };
        assert_eq!(typed(&raw).signature, "delegate(address)");
        assert_eq!(typed(&raw).arguments().unwrap().len(), 1);
        assert_eq!(called(&typed(&raw)), called(&raw));
    }
}
