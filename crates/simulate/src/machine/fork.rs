//! Which rules a block is run by.

use alloy::consensus::Header;
use revm::primitives::hardfork::SpecId;

/// Chain id of Ethereum mainnet.
const MAINNET: u64 = 1;

/// Chain id of Sepolia.
const SEPOLIA: u64 = 11_155_111;

/// Forks of mainnet since the first contract of Braintrust, by the time from which they count (Unix time in seconds).
const MAINNET_FORKS: [(u64, SpecId); 6] = [
    (1_764_798_551, SpecId::OSAKA),
    (1_746_612_311, SpecId::PRAGUE),
    (1_710_338_135, SpecId::CANCUN),
    (1_681_338_455, SpecId::SHANGHAI),
    (1_663_224_179, SpecId::MERGE),
    (1_628_166_822, SpecId::LONDON),
];

/// The same of Sepolia.
const SEPOLIA_FORKS: [(u64, SpecId); 4] = [
    (1_760_427_360, SpecId::OSAKA),
    (1_741_159_776, SpecId::PRAGUE),
    (1_706_655_072, SpecId::CANCUN),
    (1_677_557_088, SpecId::SHANGHAI),
];

/// The rules of the block of `header` of chain `chain_id`.
///
/// On chains whose forks are not known here, the header tells by the fields that it has. It cannot tell Prague from
/// Osaka, whose rules are taken then: they are the newest, and have the lower bound of gas.
pub(super) fn of(chain_id: u64, header: &Header) -> SpecId {
    let forks: &[(u64, SpecId)] = match chain_id {
        MAINNET => &MAINNET_FORKS,
        SEPOLIA => &SEPOLIA_FORKS,
        _ => return by_fields(header),
    };
    let fork = forks.iter().find(|(time, _)| header.timestamp >= *time);
    fork.map_or(if chain_id == MAINNET { SpecId::BERLIN } else { SpecId::MERGE }, |(_, spec)| *spec)
}

fn by_fields(header: &Header) -> SpecId {
    if header.requests_hash.is_some() {
        SpecId::OSAKA
    } else if header.parent_beacon_block_root.is_some() {
        SpecId::CANCUN
    } else if header.withdrawals_root.is_some() {
        SpecId::SHANGHAI
    } else if header.difficulty.is_zero() {
        SpecId::MERGE
    } else {
        SpecId::LONDON
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::{B256, U256};

    use super::*;

    #[test]
    fn mainnet_goes_by_time() {
        let table = [
            (1_628_166_821, SpecId::BERLIN),
            (1_628_166_822, SpecId::LONDON),
            (1_746_612_310, SpecId::CANCUN),
            (1_746_612_311, SpecId::PRAGUE),
            (1_764_798_551, SpecId::OSAKA),
            (u64::MAX, SpecId::OSAKA),
        ];
        for (timestamp, spec) in table {
            assert_eq!(of(MAINNET, &Header { timestamp, ..Header::default() }), spec, "{timestamp}");
        }
    }

    #[test]
    fn other_chains_go_by_the_fields_of_the_header() {
        let old = Header { difficulty: U256::from(1), ..Header::default() };
        let cancun = Header { parent_beacon_block_root: Some(B256::ZERO), ..Header::default() };
        let prague = Header { requests_hash: Some(B256::ZERO), ..cancun.clone() };
        let table = [
            (old, SpecId::LONDON),
            (Header::default(), SpecId::MERGE),
            (Header { withdrawals_root: Some(B256::ZERO), ..Header::default() }, SpecId::SHANGHAI),
            (cancun, SpecId::CANCUN),
            (prague, SpecId::OSAKA),
        ];
        for (header, spec) in table {
            assert_eq!(of(31_337, &header), spec);
        }
    }
}
