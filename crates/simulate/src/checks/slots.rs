//! Names of storage slots, from what `KECCAK256` was taken of.

use std::{collections::BTreeMap, fmt};

use alloy::primitives::{Address, B256, Bytes, U256, b256};

use super::bytecode::{ADMIN, BEACON, IMPLEMENTATION, address_in};

/// Words behind the start of an array or a struct that still belong to it.
const MAX_OFFSET: u64 = 1 << 20;

/// Most mappings inside of each other that are followed.
const MAX_DEPTH: usize = 8;

/// Slots that standards name. Those of ERC-7201 are the start of a struct.
const STANDARD: &[(B256, &str)] = &[
    (b256!("9016d09d72d40fdae2fd8ceac6b6234c7706214fd39c1cd1e609a0528c199300"), "Ownable"),
    (b256!("237e158222e3e6968b72b9db0d8043aacf074ad9f650f0d1606b4d82ee432c00"), "Ownable2Step"),
    (b256!("02dd7bc7dec4dceedda775e58dd541e08a116c6c53815c0bd028192f7b626800"), "AccessControl"),
    (b256!("52c63247e1f47db19d5ce0460030c497f067ca4cebf71ba98eeadabe20bace00"), "ERC20"),
    (b256!("f0c57e16840df040f15088dc2f81fe391c3923bec73e23a9662efc9c229c6a00"), "Initializable"),
    (b256!("cd5ed15c6e187e77e9aee88184c21f4f2182ab5827cb3b7e07fbedcd63f03300"), "Pausable"),
    (
        b256!("7050c9e0f4ca769c69bd3a8ef740bc37934f8e2c036e5a723fd8ee048ed3f8c3"),
        "OpenZeppelin proxy implementation",
    ),
    (b256!("10d6a54a4754c8869d6886b5f5d7fbfa5b4522237ea5c60d11bc4e7a1ff9390b"), "OpenZeppelin proxy admin"),
];

/// What a slot is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The variable's own slot, or the start of a standard's struct.
    pub base: U256,
    /// Keys of the mappings from the outermost; `None` for an array.
    pub keys: Vec<Option<Bytes>>,
    /// Words behind the start of the array or struct.
    pub offset: u64,
}

impl Place {
    /// Finds out what `slot` is.
    pub fn of(slot: U256, preimages: &BTreeMap<B256, Bytes>) -> Self {
        Self::follow(slot, preimages, 0)
    }

    fn follow(slot: U256, preimages: &BTreeMap<B256, Bytes>, depth: usize) -> Self {
        let unnamed = Self { base: slot, keys: Vec::new(), offset: 0 };
        if depth >= MAX_DEPTH {
            return unnamed;
        }
        for (start, _) in STANDARD {
            if let Some(offset) =
                slot.checked_sub((*start).into()).and_then(|offset| u64::try_from(offset).ok())
                && offset < 64
            {
                return Self { base: (*start).into(), keys: Vec::new(), offset };
            }
        }
        // The greatest hash that is not beyond the slot.
        let start = preimages.range(..=B256::from(slot)).next_back();
        let Some((hash, preimage)) = start else { return unnamed };
        let Ok(offset) = u64::try_from(slot.saturating_sub((*hash).into())) else { return unnamed };
        if offset > MAX_OFFSET {
            return unnamed;
        }
        let Some((key, base)) = preimage.split_last_chunk::<32>() else { return unnamed };
        let mut place = Self::follow(U256::from_be_bytes(*base), preimages, depth + 1);
        place.keys.push((!key.is_empty()).then(|| key.to_vec().into()));
        place.offset = offset;
        place
    }

    /// Whether nothing says what it is: neither a variable's number, nor a hash that the play computed, nor a standard.
    pub fn is_unknown(&self) -> bool {
        let standard = STANDARD.iter().any(|(start, _)| U256::from_be_bytes(start.0) == self.base);
        let named = standard || [IMPLEMENTATION, ADMIN, BEACON].contains(&self.base);
        // No compiler numbers variables as high as that.
        !named && self.keys.is_empty() && self.base.bit_len() > 64
    }

    /// Whether one of the keys is `address`.
    pub fn has_key(&self, address: Address) -> bool {
        let word = address.into_word();
        self.keys.iter().flatten().any(|key| key[..] == word[..])
    }

    /// The place with addresses as `name` has them.
    pub fn show(&self, name: impl Fn(Address) -> String) -> String {
        let mut shown = match STANDARD.iter().find(|(start, _)| U256::from_be_bytes(start.0) == self.base) {
            Some((_, standard)) => (*standard).to_owned(),
            None => match self.base {
                IMPLEMENTATION => "proxy implementation".into(),
                ADMIN => "proxy admin".into(),
                BEACON => "proxy beacon".into(),
                small if small < U256::from(100_000) => format!("slot {small}"),
                other => format!("slot {}", B256::from(other)),
            },
        };
        for key in &self.keys {
            let key = key.as_ref().map(|key| match <[u8; 32]>::try_from(&key[..]) {
                Ok(word) => show_word(U256::from_be_bytes(word), &name),
                Err(_) => match std::str::from_utf8(key) {
                    Ok(text) if text.len() <= 64 => format!("{text:?}"),
                    _ => key.to_string(),
                },
            });
            shown.push_str(&key.map_or_else(|| "[…]".to_owned(), |key| format!("[{key}]")));
        }
        if self.offset > 0 {
            shown.push_str(&format!(" + {}", self.offset));
        }
        shown
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show(|address| address.to_string()))
    }
}

/// A word as an address, a small number or bytes.
pub(crate) fn show_word(word: U256, name: impl Fn(Address) -> String) -> String {
    match address_in(word) {
        Some(address) => name(address),
        None if word.bit_len() <= 128 => word.to_string(),
        None => match packed_address(word) {
            Some(address) => format!("{} (with {})", B256::from(word), name(address)),
            None => B256::from(word).to_string(),
        },
    }
}

/// An address in the low 20 bytes of a word that holds more than that.
pub(crate) fn packed_address(word: U256) -> Option<Address> {
    let low = word & ((U256::from(1) << 160) - U256::from(1));
    let high: U256 = word >> 160;
    // Hashes have bits everywhere; what is packed beside an address is mostly a time, a flag or nothing.
    if high.bit_len() > 64 { None } else { address_in(low) }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::keccak256;

    use super::*;

    fn hashed(preimages: &mut BTreeMap<B256, Bytes>, key: &[u8], base: U256) -> U256 {
        let preimage = [key, &base.to_be_bytes::<32>()].concat();
        let hash = keccak256(&preimage);
        preimages.insert(hash, preimage.into());
        hash.into()
    }

    #[test]
    fn nested_mappings_arrays_and_structs_are_named() {
        let mut preimages = BTreeMap::new();
        let (owner, spender) = (Address::repeat_byte(0xa1), Address::repeat_byte(0xb2));
        let inner = hashed(&mut preimages, owner.into_word().as_slice(), U256::from(3));
        let allowance = hashed(&mut preimages, spender.into_word().as_slice(), inner);
        let array = hashed(&mut preimages, &[], U256::from(7));
        let text = hashed(&mut preimages, b"design", U256::from(2));
        let table = [
            (allowance, format!("slot 3[{owner}][{spender}]")),
            (allowance + U256::from(2), format!("slot 3[{owner}][{spender}] + 2")),
            (array + U256::from(5), "slot 7[…] + 5".into()),
            (text, "slot 2[\"design\"]".into()),
            (U256::from(9), "slot 9".into()),
            (IMPLEMENTATION, "proxy implementation".into()),
            (STANDARD[0].0.into(), "Ownable".into()),
        ];
        for (slot, expected) in table {
            assert_eq!(Place::of(slot, &preimages).to_string(), expected);
        }
        assert!(Place::of(allowance, &preimages).has_key(owner));
        let far = U256::from_be_bytes(keccak256("elsewhere").0);
        assert_eq!(Place::of(far, &BTreeMap::new()).base, far);
    }

    #[test]
    fn hashes_that_name_themselves_end() {
        let hash = B256::repeat_byte(7);
        let preimages = BTreeMap::from([(hash, Bytes::copy_from_slice(&[[9; 32], hash.0].concat()))]);
        assert_eq!(Place::of(hash.into(), &preimages).keys.len(), MAX_DEPTH);
    }

    #[test]
    fn standard_slots_are_those_of_their_formulas() {
        let namespace = |name: &str| {
            let inner = U256::from_be_bytes(keccak256(name).0) - U256::from(1);
            U256::from_be_bytes(keccak256(inner.to_be_bytes::<32>()).0) & !U256::from(0xff)
        };
        for name in ["Ownable", "Ownable2Step", "AccessControl", "ERC20", "Initializable", "Pausable"] {
            let slot = namespace(&format!("openzeppelin.storage.{name}"));
            assert!(
                STANDARD.iter().any(|(start, known)| U256::from_be_bytes(start.0) == slot && *known == name),
                "{name}"
            );
        }
        let proxy = |name: &str| U256::from_be_bytes(keccak256(name).0) - U256::from(1);
        assert_eq!(proxy("eip1967.proxy.implementation"), IMPLEMENTATION);
        assert_eq!(proxy("eip1967.proxy.admin"), ADMIN);
        assert_eq!(proxy("eip1967.proxy.beacon"), BEACON);
    }
}
