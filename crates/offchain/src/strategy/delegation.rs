//! Who votes for whom, in the registry of delegates that the protocol uses on every chain.

use std::collections::{HashMap, HashSet};

use alloy::primitives::{Address, B256, address};
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent;
use btrst_chain::{Chain, logs};

use crate::{Error, Result};

/// The registry.
pub const REGISTRY: Address = address!("469788fE6E9E9681C6ebF3bF78e7Fd26Fc015446");

mod abi {
    alloy::sol! {
        interface IRegistry {
            event SetDelegate(address indexed delegator, bytes32 indexed id, address indexed delegate);
            event ClearDelegate(address indexed delegator, bytes32 indexed id, address indexed delegate);
        }
    }
}

use abi::IRegistry;

/// Those who delegate to each of `voters` at the end of `block` and are not among the voters themselves. A delegation for
/// `space` goes before one for all spaces. It can be for the space's name without `.eth` too, as the protocol had it once.
pub(super) async fn delegators(
    chain: &Chain,
    space: &str,
    voters: &[Address],
    first: u64,
    block: u64,
) -> Result<HashMap<Address, Vec<Address>>> {
    // Those that go before the others first.
    let ids = [id_of(space)?, id_of(&space.replacen(".eth", "", 1))?, B256::ZERO];
    let events = vec![IRegistry::SetDelegate::SIGNATURE_HASH, IRegistry::ClearDelegate::SIGNATURE_HASH];
    let filter = Filter::new().address(REGISTRY).event_signature(events).topic2(ids.to_vec());
    let mut delegates: HashMap<(Address, B256), Address> = HashMap::new();
    // Events come in the order of the chain.
    for log in logs::scan(chain, &filter, first, block, |_, _| ()).await? {
        if let Ok(set) = IRegistry::SetDelegate::decode_log(&log.inner) {
            delegates.insert((set.delegator, set.id), set.delegate);
        } else if let Ok(clear) = IRegistry::ClearDelegate::decode_log(&log.inner) {
            delegates.remove(&(clear.delegator, clear.id));
        }
    }
    let voters: HashSet<_> = voters.iter().copied().collect();
    let mut delegators: HashMap<Address, Vec<Address>> = HashMap::new();
    for ((delegator, id), delegate) in &delegates {
        let stronger = ids.iter().take_while(|other| *other != id);
        let is_overruled = stronger.into_iter().any(|other| delegates.contains_key(&(*delegator, *other)));
        if voters.contains(delegate) && !voters.contains(delegator) && !is_overruled {
            delegators.entry(*delegate).or_default().push(*delegator);
        }
    }
    Ok(delegators)
}

/// A space's id as the registry has it: its bytes, filled up with zeros.
fn id_of(space: &str) -> Result<B256> {
    if space.len() > 32 {
        let reason =
            "the name of the space has more than 32 bytes, so that nobody can delegate for it".into();
        return Err(Error::Strategy { name: "delegation".into(), reason });
    }
    Ok(B256::right_padding_from(space.as_bytes()))
}
