//! What constructors leave in the code: the values of immutables, computed from their arguments.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, U256, keccak256};
use alloy::sol_types::SolValue;
use btrst_bindings::Contract;

use crate::description::Terms;

/// Values of immutables by the variable's name. One that is not here is not known beforehand.
pub type Immutables = BTreeMap<&'static str, U256>;

/// How deployed code differs from what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeDifference {
    /// There is no code.
    Missing,
    /// It is another contract.
    Other {
        /// Hash of the code that is there, with zeros where immutables would go if its size is right.
        found: B256,
    },
    /// It is the contract, made with other arguments.
    Immutable {
        /// The variable.
        name: String,
        /// What it should be.
        expected: U256,
        /// What it is.
        found: U256,
    },
}

/// Compares `code` with what `contract` deploys.
///
/// # Errors
/// The first difference.
pub fn compare(contract: Contract, code: &[u8], expected: &Immutables) -> Result<(), CodeDifference> {
    if code.is_empty() {
        return Err(CodeDifference::Missing);
    }
    let artifact = contract.artifact();
    let masked = artifact.without_immutables(code);
    let found = keccak256(masked.as_deref().unwrap_or(code));
    if found != artifact.manifest.runtime_code_hash {
        return Err(CodeDifference::Other { found });
    }
    for (name, places) in &artifact.immutables {
        let mut values = places.iter().filter_map(|place| code.get(place.clone())).map(U256::from_be_slice);
        let Some(first) = values.next() else { continue };
        let expected = expected.get(name.as_str()).copied().unwrap_or(first);
        // A variable stands in several places of the code, which a constructor cannot make differ.
        if let Some(found) = std::iter::once(first).chain(values).find(|value| *value != expected) {
            return Err(CodeDifference::Immutable { name: name.clone(), expected, found });
        }
    }
    Ok(())
}

/// Immutables of the token at `token`.
#[must_use]
pub fn btrst(chain_id: u64, token: Address) -> Immutables {
    domain("BTRST", chain_id, token)
}

/// Immutables of the governor at `governor`. What it asks of a time lock that exists is not known beforehand.
#[must_use]
pub fn governor(chain_id: u64, governor: Address, timelock: Address, token: Address) -> Immutables {
    let mut immutables = domain("Braintrust Governor", chain_id, governor);
    immutables.extend([("timelock", word(timelock)), ("token", word(token))]);
    immutables
}

/// Immutables of the converter, but for the pool's fee.
#[must_use]
pub fn converter(pool: Address, usdc: Address, btrst: Address, treasury: Address) -> Immutables {
    BTreeMap::from([
        ("pool", word(pool)),
        ("USDC", word(usdc)),
        ("BTRST", word(btrst)),
        ("TreasuryAddress", word(treasury)),
        ("_usdcIsToken0", U256::from(usdc < btrst)),
    ])
}

/// Immutables of a lock-up.
#[must_use]
pub fn lockup(token: Address, terms: Terms) -> Immutables {
    BTreeMap::from([
        ("token", word(token)),
        ("_start", U256::from(terms.start)),
        ("_cliff", U256::from(terms.cliff)),
        ("_duration", U256::from(terms.end.saturating_sub(terms.start))),
    ])
}

/// The cached EIP-712 domain of a contract that has a name and no version.
fn domain(name: &str, chain_id: u64, contract: Address) -> Immutables {
    let typehash = keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)");
    let encoded = (typehash, keccak256(name), U256::from(chain_id), contract).abi_encode();
    BTreeMap::from([
        ("CACHED_CHAIN_ID", U256::from(chain_id)),
        ("CACHED_DOMAIN_SEPARATOR", keccak256(encoded).into()),
    ])
}

/// `address` as the code holds it.
pub(crate) fn word(address: Address) -> U256 {
    address.into_word().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_told_from_other_code_and_other_arguments() {
        let terms = Terms { start: 10, cliff: 20, end: 40 };
        let token = Address::repeat_byte(7);
        let expected = lockup(token, terms);
        let artifact = Contract::AllocationLockup.artifact();
        let mut code = artifact.runtime_code.to_vec();
        for (name, places) in &artifact.immutables {
            for place in places {
                code[place.clone()].copy_from_slice(&expected[name.as_str()].to_be_bytes::<32>());
            }
        }
        let of = |code: &[u8]| compare(Contract::AllocationLockup, code, &expected);
        assert_eq!(of(&code), Ok(()));
        assert_eq!(of(&[]), Err(CodeDifference::Missing));
        let other = compare(Contract::Timelock, &code, &Immutables::new());
        assert!(matches!(other, Err(CodeDifference::Other { .. })), "{other:?}");

        let place = artifact.immutables["_cliff"][1].clone();
        code[place.end - 1] = 21;
        let differs = CodeDifference::Immutable {
            name: "_cliff".into(),
            expected: U256::from(20),
            found: U256::from(21),
        };
        assert_eq!(of(&code), Err(differs));
        let unknown = compare(Contract::AllocationLockup, &code, &Immutables::new());
        assert!(matches!(unknown, Err(CodeDifference::Immutable { .. })), "the places differ: {unknown:?}");
    }
}
