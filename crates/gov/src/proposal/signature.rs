//! Canonical Solidity signatures, and arguments encoded and decoded by them.

use alloy::{
    dyn_abi::{DynSolType, DynSolValue, Specifier},
    json_abi::Function,
    primitives::{Bytes, Selector, keccak256},
};

use crate::{Error, Result};

/// Longest signature that is read, in bytes; parsing is recursive, and a chain can hold any text.
const MAX_LENGTH: usize = 512;

/// Most words that the fixed part of the arguments may take. A transaction of 128 KiB, the most that nodes relay,
/// has 4,096; without a limit `f(uint8[999999999999])` would ask for that much memory.
const MAX_WORDS: usize = 4_096;

/// A parsed signature.
pub(super) struct Signature<'a> {
    pub text: &'a str,
    pub name: &'a str,
    pub types: Vec<DynSolType>,
}

impl<'a> Signature<'a> {
    pub fn parse(text: &'a str) -> Result<Self> {
        let invalid = || Error::InvalidSignature(text.into());
        if text.len() > MAX_LENGTH {
            return Err(invalid());
        }
        let function = Function::parse(text).map_err(|_| invalid())?;
        let types: Vec<DynSolType> = function
            .inputs
            .iter()
            .map(|input| input.resolve())
            .collect::<Result<_, _>>()
            .map_err(|_| invalid())?;
        let words = types.iter().try_fold(0, |sum: usize, ty| sum.checked_add(fixed_words(ty)?));
        if words.is_none_or(|words| words > MAX_WORDS) {
            return Err(invalid());
        }
        let canonical = format!("{}({})", function.name, join(&types));
        if canonical != text {
            return Err(Error::NotCanonical { given: text.into(), canonical });
        }
        let name = text.split('(').next().unwrap_or_default();
        Ok(Self { text, name, types })
    }

    pub fn encode(&self, arguments: Vec<DynSolValue>) -> Result<Bytes> {
        self.check_count(arguments.len())?;
        for (argument, ty) in arguments.iter().zip(&self.types) {
            if !ty.matches(argument) || !is_clean(argument) {
                return Err(Error::WrongType { expected: type_name(ty), given: format!("{argument:?}") });
            }
        }
        Ok(DynSolValue::Tuple(arguments).abi_encode_params().into())
    }

    pub fn decode(&self, calldata: &[u8]) -> Result<Vec<DynSolValue>> {
        let invalid = || Error::InvalidCalldata(self.text.into());
        if self.types.is_empty() {
            return if calldata.is_empty() { Ok(Vec::new()) } else { Err(invalid()) };
        }
        let decoded =
            DynSolType::Tuple(self.types.clone()).abi_decode_params(calldata).map_err(|_| invalid())?;
        match decoded {
            DynSolValue::Tuple(values)
                if values.iter().all(is_clean)
                    && DynSolValue::Tuple(values.clone()).abi_encode_params() == calldata =>
            {
                Ok(values)
            }
            _ => Err(invalid()),
        }
    }

    pub fn check_count(&self, given: usize) -> Result<()> {
        if given == self.types.len() {
            return Ok(());
        }
        Err(Error::ValueCount { expected: self.text.into(), count: self.types.len(), given })
    }
}

/// The first four bytes of a signature's hash.
pub(super) fn selector(signature: &str) -> Selector {
    let [first, second, third, fourth, ..] = keccak256(signature).0;
    Selector::from([first, second, third, fourth])
}

/// The canonical name of a type.
pub(super) fn type_name(ty: &DynSolType) -> String {
    match ty {
        DynSolType::Tuple(types) => format!("({})", join(types)),
        DynSolType::Array(inner) => format!("{}[]", type_name(inner)),
        DynSolType::FixedArray(inner, length) => format!("{}[{length}]", type_name(inner)),
        simple => simple.sol_type_name().into_owned(),
    }
}

fn join(types: &[DynSolType]) -> String {
    types.iter().map(type_name).collect::<Vec<_>>().join(",")
}

/// Whether no number exceeds its type and no fixed bytes follow their size. alloy neither checks nor masks these bits,
/// and Solidity reverts on them.
pub(super) fn is_clean(value: &DynSolValue) -> bool {
    match value {
        DynSolValue::Uint(value, bits) => value.bit_len() <= *bits,
        // `bits` of I256 counts the sign, as Solidity's type names do.
        DynSolValue::Int(value, bits) => value.bits() as usize <= *bits,
        DynSolValue::FixedBytes(word, size) => word.iter().skip(*size).all(|byte| *byte == 0),
        other => {
            other.as_fixed_seq().or_else(|| other.as_array()).is_none_or(|values| values.iter().all(is_clean))
        }
    }
}

/// Words that a value takes at least; `None` where they cannot be counted.
fn fixed_words(ty: &DynSolType) -> Option<usize> {
    match ty {
        DynSolType::Tuple(types) => {
            types.iter().try_fold(0, |sum: usize, ty| sum.checked_add(fixed_words(ty)?))
        }
        // An empty element would let a huge array pass as small.
        DynSolType::FixedArray(inner, length) => fixed_words(inner)?.max(1).checked_mul(*length),
        DynSolType::Array(inner) => fixed_words(inner).map(|_| 1),
        _ => Some(1),
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::U256;

    use super::*;

    #[test]
    fn takes_canonical_signatures_only() {
        for text in
            ["f()", "transfer(address,uint256)", "_set((address,uint96))", "f((uint8[2],string)[],bytes32)"]
        {
            assert_eq!(Signature::parse(text).map(|signature| signature.text).unwrap(), text);
        }
        let table = [
            ("f(uint)", "f(uint256)"),
            ("f(int, uint)", "f(int256,uint256)"),
            ("f( uint8 )", "f(uint8)"),
            ("f(uint[2][])", "f(uint256[2][])"),
            ("transfer(address to,uint256 amount)", "transfer(address,uint256)"),
            ("function f(uint8) external", "f(uint8)"),
        ];
        for (given, canonical) in table {
            let error = Signature::parse(given).err().unwrap();
            assert_eq!(error.to_string(), format!("function signature `{given}` is not canonical"));
            assert_eq!(error.hint().unwrap(), format!("write `{canonical}`"));
        }
    }

    #[test]
    fn refuses_what_is_no_signature() {
        let deep = format!("f({}uint8{})", "(".repeat(240), ")".repeat(240));
        let texts =
            ["", "f", "f(", "(uint8)", "f(uint7)", "f(Fee)", "f(uint8))", "1f()", "f(uint8[99999999999999])"];
        for text in texts.into_iter().chain(["f(uint8[4097])", "f(()[999999999])", "f(()[999999999][])"]) {
            let error = Signature::parse(text).err().unwrap();
            assert_eq!(error.to_string(), format!("invalid function signature `{text}`"));
        }
        let _ = Signature::parse(&deep);
        assert!(Signature::parse(&format!("f({}uint8)", "uint8,".repeat(100))).is_err());
    }

    #[test]
    fn decodes_strictly() {
        let signature = Signature::parse("f(uint8,string)").unwrap();
        let arguments = vec![DynSolValue::Uint(U256::from(7), 8), DynSolValue::String("seven".into())];
        let calldata = signature.encode(arguments.clone()).unwrap();
        assert_eq!(signature.decode(&calldata).unwrap(), arguments);
        let mut dirty = calldata.to_vec();
        dirty[0] = 1;
        let mut longer = calldata.to_vec();
        longer.push(0);
        let mut padding = calldata.to_vec();
        *padding.last_mut().unwrap() = 1;
        for data in [&dirty[..], &longer, &padding, &calldata[..40], &[]] {
            let error = signature.decode(data).unwrap_err();
            assert_eq!(error.to_string(), "call data is not the encoding of arguments for `f(uint8,string)`");
        }
        assert!(Signature::parse("f()").unwrap().decode(&[0]).is_err());
    }

    #[test]
    fn decodes_hostile_call_data_in_bounded_memory() {
        let word = |number: u64| U256::from(number).to_be_bytes::<32>();
        let huge = [word(32), word(1 << 60)].concat();
        let nested = format!("f(uint8{})", "[]".repeat(240));
        for text in ["f(uint8[])", "f(bytes)", "f(()[])", "f((()[])[])", &nested] {
            if let Ok(signature) = Signature::parse(text) {
                assert!(signature.decode(&huge).is_err(), "{text}");
                assert!(signature.decode(&word(0)).is_err(), "{text}");
                assert!(signature.decode(&[]).is_err(), "{text}");
            }
        }
    }

    #[test]
    fn encodes_matching_arguments_only() {
        let signature = Signature::parse("f(uint8)").unwrap();
        let error = signature.encode(vec![]).unwrap_err();
        assert_eq!(error.to_string(), "0 values for `f(uint8)`, which takes 1");
        assert!(matches!(signature.encode(vec![DynSolValue::Bool(true)]), Err(Error::WrongType { .. })));
    }
}
