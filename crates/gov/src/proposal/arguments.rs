//! Arguments as files write them, typed by the signature.

use alloy::{
    dyn_abi::{DynSolType, DynSolValue},
    hex,
    primitives::{B256, I256, U256},
};
use toml::Spanned;

use super::signature::{is_clean, type_name};
use crate::{
    Deployment, Error, Result,
    amount::{Amount, Unit},
    document::{Document, Value},
};

/// Reads values of one file, with the names of one deployment.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub document: Document<'a>,
    pub deployment: &'a Deployment,
}

impl Reader<'_> {
    /// `value` as a `ty`. `unit` is what an amount counts, where the parameter is known.
    pub fn read(&self, value: &Spanned<Value>, ty: &DynSolType, unit: Option<Unit>) -> Result<DynSolValue> {
        match (ty, value.get_ref()) {
            (DynSolType::Array(inner), Value::Array(values)) => {
                let values = values.iter().map(|value| self.read(value, inner, None));
                Ok(DynSolValue::Array(values.collect::<Result<_>>()?))
            }
            (DynSolType::FixedArray(inner, length), Value::Array(values)) => {
                self.check_count(value, ty, *length, values.len())?;
                let values = values.iter().map(|value| self.read(value, inner, None));
                Ok(DynSolValue::FixedArray(values.collect::<Result<_>>()?))
            }
            (DynSolType::Tuple(types), Value::Array(values)) => {
                self.check_count(value, ty, types.len(), values.len())?;
                let values = values.iter().zip(types).map(|(value, ty)| self.read(value, ty, None));
                Ok(DynSolValue::Tuple(values.collect::<Result<_>>()?))
            }
            (_, single) => self.document.convert(value, |_| self.read_single(single, ty, unit)),
        }
    }

    fn check_count(&self, value: &Spanned<Value>, ty: &DynSolType, count: usize, given: usize) -> Result<()> {
        if count == given {
            return Ok(());
        }
        let problem = Error::ValueCount { expected: type_name(ty), count, given };
        Err(self.document.at(value.span(), problem))
    }

    fn read_single(&self, value: &Value, ty: &DynSolType, unit: Option<Unit>) -> Result<DynSolValue> {
        let wrong_type = || Error::WrongType { expected: type_name(ty), given: value.to_string() };
        match (ty, value) {
            (DynSolType::Bool, Value::Bool(value)) => Ok(DynSolValue::Bool(*value)),
            (DynSolType::Address, Value::String(text)) => Ok(self.deployment.resolve(text)?.into()),
            (DynSolType::String, Value::String(text)) => Ok(DynSolValue::String(text.clone())),
            (DynSolType::Bytes, Value::String(text)) => {
                Ok(DynSolValue::Bytes(prefixed_hex(text).ok_or_else(wrong_type)?))
            }
            (DynSolType::FixedBytes(size), Value::String(text)) => {
                let bytes = prefixed_hex(text).filter(|bytes| bytes.len() == *size).ok_or_else(wrong_type)?;
                Ok(DynSolValue::FixedBytes(B256::right_padding_from(&bytes), *size))
            }
            (DynSolType::Uint(bits), Value::Integer(number)) => {
                let number = u64::try_from(*number).map_err(|_| out_of_range(ty, number))?;
                in_range(DynSolValue::Uint(U256::from(number), *bits), ty, number)
            }
            (DynSolType::Uint(bits), Value::String(text)) => {
                in_range(DynSolValue::Uint(amount(text, unit)?, *bits), ty, text)
            }
            (DynSolType::Int(bits), Value::Integer(number)) => {
                let wide = I256::try_from(*number).map_err(|_| out_of_range(ty, number))?;
                in_range(DynSolValue::Int(wide, *bits), ty, number)
            }
            (DynSolType::Int(bits), Value::String(text)) => {
                let wide = I256::from_dec_str(text).map_err(|_| wrong_type())?;
                in_range(DynSolValue::Int(wide, *bits), ty, text)
            }
            _ => Err(wrong_type()),
        }
    }
}

/// An amount in its own unit, which must be `unit` where that is known.
fn amount(text: &str, unit: Option<Unit>) -> Result<U256> {
    let amount = Amount::parse_any(text)?;
    match (amount.unit, unit) {
        (given, Some(expected)) if given != expected && given != Unit::Plain(0) => {
            Err(Error::UnexpectedUnit {
                text: text.into(),
                given: given.to_string(),
                expected: expected.to_string(),
            })
        }
        _ => Ok(amount.base),
    }
}

fn in_range(value: DynSolValue, ty: &DynSolType, given: impl ToString) -> Result<DynSolValue> {
    if is_clean(&value) { Ok(value) } else { Err(out_of_range(ty, given)) }
}

fn out_of_range(ty: &DynSolType, value: impl ToString) -> Error {
    Error::OutOfRange { expected: type_name(ty), value: value.to_string() }
}

fn prefixed_hex(text: &str) -> Option<Vec<u8>> {
    hex::decode(text.strip_prefix("0x")?).ok()
}
