//! Functions that many contracts have, so that raw call data and inner calls can be read.

use alloy::primitives::{Selector, keccak256};
use btrst_gov::Action;

/// Signatures of functions that move money or power.
const SIGNATURES: &[&str] = &[
    "transfer(address,uint256)",
    "transferFrom(address,address,uint256)",
    "approve(address,uint256)",
    "increaseAllowance(address,uint256)",
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
    VIEWS.iter().copied().find(|signature| selector(signature) == *start)
}

/// The first four bytes of the hash of `signature`.
pub(crate) fn selector(signature: &str) -> Selector {
    let [first, second, third, fourth, ..] = keccak256(signature).0;
    Selector::from([first, second, third, fourth])
}

/// The signature of a function that starts with `input`'s first four bytes, where it is a known one.
pub(crate) fn signature_of(input: &[u8]) -> Option<&'static str> {
    let start = input.get(..4)?;
    SIGNATURES.iter().copied().find(|signature| selector(signature) == *start)
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
