//! What code says about itself, without its source.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
};

use alloy::primitives::{Address, B256, Selector, U256, b256};
use evmole::{ContractInfoArgs, contract_info, control_flow_graph::ControlFlowGraph};

use super::known::view_of;

/// Longest code that is analysed; twice what EIP-170 allows.
const MAX_CODE: usize = 49_152;

/// Slot of a proxy's implementation (ERC-1967).
pub(crate) const IMPLEMENTATION: U256 =
    U256::from_be_bytes(b256!("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc").0);
/// Slot of a proxy's admin (ERC-1967).
pub(crate) const ADMIN: U256 =
    U256::from_be_bytes(b256!("b53127684a568b3173ae13b9f8a6016e243e63b6e8ee1178d6a717850b5d6103").0);
/// Slot of a proxy's beacon (ERC-1967).
pub(crate) const BEACON: U256 =
    U256::from_be_bytes(b256!("a3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50").0);

/// Slots in which proxies of all makes keep the account whose code they run: ERC-1967, OpenZeppelin's before that, and
/// ERC-1822.
pub(crate) const IMPLEMENTATIONS: [U256; 3] = [
    IMPLEMENTATION,
    U256::from_be_bytes(b256!("7050c9e0f4ca769c69bd3a8ef740bc37934f8e2c036e5a723fd8ee048ed3f8c3").0),
    U256::from_be_bytes(b256!("c5f16f0fcc639fa48a6947836d9850f504798523bf8c9a3a87d5876cf622bcf7").0),
];

/// An opcode by which code can become other code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Danger {
    /// `SELFDESTRUCT`
    SelfDestruct,
    /// `DELEGATECALL` or `CALLCODE`
    DelegateCall,
    /// `CREATE2`
    Create2,
    /// `CREATE`
    Create,
}

/// The account that a delegated account's code is taken from (EIP-7702).
pub(crate) fn delegation(code: &[u8]) -> Option<Address> {
    let target = code.strip_prefix(&[0xef, 0x01, 0x00])?;
    (target.len() == 20).then(|| Address::from_slice(target))
}

/// The account whose code a minimal proxy runs (ERC-1167).
pub(crate) fn minimal_proxy(code: &[u8]) -> Option<Address> {
    let rest = code.strip_prefix(&[0x36, 0x3d, 0x3d, 0x37, 0x3d, 0x3d, 0x3d, 0x36, 0x3d, 0x73])?;
    let (target, end) = rest.split_at_checked(20)?;
    end.starts_with(&[0x5a, 0xf4]).then(|| Address::from_slice(target))
}

/// The functions that `code` has; `None` when that cannot be told.
pub(crate) fn functions(code: &[u8]) -> Option<BTreeSet<Selector>> {
    let info = analysed(code, ContractInfoArgs::with_selectors)?;
    Some(info.functions?.into_iter().map(|function| Selector::from(function.selector)).collect())
}

/// Slots, offsets in bytes and types of the variables that `code` uses; `None` when that cannot be told.
pub(crate) fn layout(code: &[u8]) -> Option<BTreeSet<(U256, u8, String)>> {
    let info = analysed(code, |args| args.with_selectors().with_storage())?;
    let record =
        |record: evmole::StorageRecord| (U256::from_be_bytes(record.slot), record.offset, record.r#type);
    Some(info.storage?.into_iter().map(record).collect())
}

/// What is known about the variables of `code` by their slots: types, and known functions that read them. They are
/// recovered from what the code does with its storage, and may be wrong.
pub(crate) fn variables(code: &[u8]) -> BTreeMap<U256, String> {
    let records = analysed(code, |args| args.with_selectors().with_storage()).and_then(|info| info.storage);
    let mut found: BTreeMap<U256, (BTreeSet<String>, BTreeSet<&str>)> = BTreeMap::new();
    for record in records.unwrap_or_default() {
        let (types, readers) = found.entry(U256::from_be_bytes(record.slot)).or_default();
        types.insert(record.r#type);
        readers.extend(record.reads.iter().filter_map(|reader| view_of(reader)));
    }
    let shown = |(types, readers): (BTreeSet<String>, BTreeSet<&str>)| {
        let types = types.into_iter().take(4).collect::<Vec<_>>().join(", ");
        match readers.into_iter().take(2).collect::<Vec<_>>().join(", ") {
            readers if readers.is_empty() => types,
            readers => format!("{types}; read by {readers}"),
        }
    };
    found.into_iter().map(|(slot, known)| (slot, shown(known))).collect()
}

/// Dangerous opcodes of `code`, each with whether the control flow certainly reaches it. Jumps that cannot be resolved
/// hide a part of the flow, so one that is not reached may be all the same.
pub(crate) fn dangers(code: &[u8]) -> Vec<(Danger, bool)> {
    let mut reached = BTreeSet::new();
    let graph =
        analysed(code, ContractInfoArgs::with_control_flow_graph).and_then(|info| info.control_flow_graph);
    for block in graph.iter().flat_map(|graph: &ControlFlowGraph| graph.blocks.values()) {
        let block = code.get(block.start..=block.end.min(code.len().saturating_sub(1))).unwrap_or_default();
        reached.extend(opcodes(block).filter_map(|(opcode, _)| danger(opcode)));
    }
    let present: BTreeSet<Danger> =
        opcodes(without_metadata(code)).filter_map(|(opcode, _)| danger(opcode)).collect();
    present.into_iter().map(|danger| (danger, reached.contains(&danger))).collect()
}

/// Whether `code` may run code from elsewhere.
pub(crate) fn delegates(code: &[u8]) -> bool {
    opcodes(without_metadata(code)).any(|(opcode, _)| danger(opcode) == Some(Danger::DelegateCall))
}

/// Addresses that stand in `code` as constants, also as words, which is how immutables are written; the first thousand.
pub(crate) fn constants(code: &[u8]) -> BTreeSet<Address> {
    let pushed = opcodes(code).filter_map(|(_, data)| match data.len() {
        20 => Some(Address::from_slice(data)),
        21..=32 => U256::try_from_be_slice(data).and_then(address_in),
        _ => None,
    });
    pushed.take(1_000).collect()
}

/// The address in a word, if it is one: not a small number, and not longer than an address.
pub(crate) fn address_in(word: U256) -> Option<Address> {
    let bytes = B256::from(word);
    let (head, address) = bytes.split_at_checked(12)?;
    // Amounts of tokens have fewer than 110 bits, round numbers few bytes that are not zero.
    let plausible = head.iter().all(|byte| *byte == 0)
        && word.bit_len() > 110
        && address.iter().filter(|byte| **byte != 0).count() >= 10
        && address.iter().any(|byte| *byte != 0xff);
    plausible.then(|| Address::from_slice(address))
}

const fn danger(opcode: u8) -> Option<Danger> {
    match opcode {
        0xff => Some(Danger::SelfDestruct),
        0xf2 | 0xf4 => Some(Danger::DelegateCall),
        0xf5 => Some(Danger::Create2),
        0xf0 => Some(Danger::Create),
        _ => None,
    }
}

/// Opcodes of `code` with the data that each pushes.
fn opcodes(code: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = code;
    std::iter::from_fn(move || {
        let (opcode, after) = rest.split_first()?;
        let length = match opcode {
            0x60..=0x7f => usize::from(opcode - 0x5f),
            _ => 0,
        };
        let (data, after) = after.split_at_checked(length).unwrap_or((after, &[]));
        rest = after;
        Some((*opcode, data))
    })
}

/// `code` without the CBOR that compilers append, whose last two bytes are its length.
pub(crate) fn without_metadata(code: &[u8]) -> &[u8] {
    let Some((rest, length)) = code.split_last_chunk::<2>() else { return code };
    let at = rest.len().checked_sub(usize::from(u16::from_be_bytes(*length)));
    let metadata = at.and_then(|at| rest.split_at_checked(at));
    match metadata {
        // A map of one to four entries whose first key is a text, as every compiler writes it.
        Some((code, [0xa1..=0xa4, 0x61..=0x77, ..])) => code,
        _ => code,
    }
}

/// Runs the analysis; `None` where the code is too long or the analysis gives up.
fn analysed<'a>(
    code: &'a [u8],
    of: impl FnOnce(ContractInfoArgs<'a>) -> ContractInfoArgs<'a>,
) -> Option<evmole::Contract> {
    if code.is_empty() || code.len() > MAX_CODE {
        return None;
    }
    // The library indexes into code that strangers wrote.
    catch_unwind(AssertUnwindSafe(|| contract_info(of(ContractInfoArgs::new(code))))).ok()
}

#[cfg(test)]
mod tests {
    use alloy::primitives::{address, hex};
    use btrst_bindings::Contract;
    use proptest::prelude::*;

    use super::*;
    use crate::checks::known::selector;

    #[test]
    fn functions_of_the_suite_are_found() {
        let code = &Contract::Timelock.artifact().runtime_code;
        let found = functions(code).unwrap();
        for signature in ["setDelay(uint256)", "acceptAdmin()", "setPendingAdmin(address)", "delay()"] {
            assert!(found.contains(&selector(signature)), "{signature}");
        }
        assert!(!found.contains(&selector("transfer(address,uint256)")));
    }

    #[test]
    fn variables_are_recovered_with_their_readers() {
        let found = variables(&Contract::Timelock.artifact().runtime_code);
        let readers: Vec<_> = found.values().filter(|known| known.contains("read by")).collect();
        assert!(
            readers.iter().any(|known| known.contains("address") && known.contains("pendingAdmin()")),
            "{found:?}"
        );
        assert!(readers.iter().any(|known| known.contains("delay()")), "{found:?}");
        assert_eq!(variables(&hex!("00")), BTreeMap::new());
    }

    #[test]
    fn dangers_are_opcodes_and_not_data() {
        assert_eq!(dangers(&hex!("60ff5f5500")), []);
        assert_eq!(dangers(&hex!("33ff")), [(Danger::SelfDestruct, true)]);
        assert_eq!(dangers(&hex!("0033ff")), [(Danger::SelfDestruct, false)]);
        assert_eq!(dangers(&Contract::Btrst.artifact().runtime_code), []);
        let delegates = hex!(
            "363d3d373d3d3d363d73bebebebebebebebebebebebebebebebebebebebe5af43d82803e903d91602b57fd5bf3"
        );
        assert_eq!(minimal_proxy(&delegates), Some(Address::repeat_byte(0xbe)));
        assert_eq!(dangers(&delegates), [(Danger::DelegateCall, true)]);
        assert_eq!(constants(&delegates), [Address::repeat_byte(0xbe)].into());
    }

    #[test]
    fn delegated_accounts_are_recognised() {
        let code = hex!("ef0100bebebebebebebebebebebebebebebebebebebebe");
        assert_eq!(delegation(&code), Some(Address::repeat_byte(0xbe)));
        assert_eq!(delegation(&code[..22]), None);
    }

    #[test]
    fn small_numbers_are_no_addresses() {
        let address = address!("1a0D3d5a43e53510f80F16905Bc96e907A47dD01");
        assert_eq!(address_in(U256::from_be_bytes(address.into_word().0)), Some(address));
        let amount = U256::from(250_000_000_u64) * U256::from(10_u64.pow(18));
        for number in [U256::ZERO, U256::from(7), amount, U256::MAX, U256::MAX >> 96, U256::from(1) << 159] {
            assert_eq!(address_in(number), None, "{number}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn any_code_is_answered(code: Vec<u8>, dense in proptest::collection::vec(0x50_u8..0x65, 0..600)) {
            for code in [code, dense] {
                let _ = functions(&code);
                let _ = layout(&code);
                let _ = dangers(&code);
                let _ = constants(&code);
                let _ = delegation(&code);
            }
        }
    }
}
