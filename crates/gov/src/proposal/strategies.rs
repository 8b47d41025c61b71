//! Random signatures, arguments and proposals for property tests.

use alloy::{
    dyn_abi::{DynSolType, DynSolValue},
    primitives::{Address, B256, I256, U256},
};
use proptest::prelude::*;

use super::{Action, Proposal, signature::type_name};

fn types() -> impl Strategy<Value = DynSolType> {
    let bits = (1usize..=32).prop_map(|bytes| bytes * 8);
    let simple = prop_oneof![
        Just(DynSolType::Bool),
        Just(DynSolType::Address),
        Just(DynSolType::String),
        Just(DynSolType::Bytes),
        bits.clone().prop_map(DynSolType::Uint),
        bits.prop_map(DynSolType::Int),
        (1usize..=32).prop_map(DynSolType::FixedBytes),
    ];
    simple.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|ty| DynSolType::Array(ty.into())),
            (inner.clone(), 1usize..4).prop_map(|(ty, length)| DynSolType::FixedArray(ty.into(), length)),
            prop::collection::vec(inner, 1..4).prop_map(DynSolType::Tuple),
        ]
    })
}

fn values(ty: DynSolType) -> BoxedStrategy<DynSolValue> {
    match ty {
        DynSolType::Bool => any::<bool>().prop_map(Into::into).boxed(),
        DynSolType::Address => any::<[u8; 20]>().prop_map(|bytes| Address::from(bytes).into()).boxed(),
        DynSolType::String => ".*".prop_map(DynSolValue::String).boxed(),
        DynSolType::Bytes => any::<Vec<u8>>().prop_map(DynSolValue::Bytes).boxed(),
        DynSolType::Uint(bits) => {
            any::<[u64; 4]>()
                .prop_map(move |limbs| DynSolValue::Uint(U256::from_limbs(limbs) >> (256 - bits), bits))
        }
        .boxed(),
        DynSolType::Int(bits) => any::<[u64; 4]>()
            .prop_map(move |limbs| {
                let wide = I256::from_limbs(limbs);
                DynSolValue::Int(wide.asr(256 - bits), bits)
            })
            .boxed(),
        DynSolType::FixedBytes(size) => any::<[u8; 32]>()
            .prop_map(move |bytes| DynSolValue::FixedBytes(B256::right_padding_from(&bytes[..size]), size))
            .boxed(),
        DynSolType::Array(inner) => {
            prop::collection::vec(values(*inner), 0..4).prop_map(DynSolValue::Array).boxed()
        }
        DynSolType::FixedArray(inner, length) => {
            prop::collection::vec(values(*inner), length).prop_map(DynSolValue::FixedArray).boxed()
        }
        DynSolType::Tuple(types) => {
            let parts: Vec<_> = types.into_iter().map(values).collect();
            parts.prop_map(DynSolValue::Tuple).boxed()
        }
        other => panic!("no values for {other:?}"),
    }
}

/// A signature and arguments for it.
pub(super) fn calls() -> impl Strategy<Value = (String, Vec<DynSolValue>)> {
    let typed = prop::collection::vec(types().prop_flat_map(|ty| (Just(ty.clone()), values(ty))), 0..5);
    ("[a-z_][a-zA-Z0-9_]{0,20}", typed).prop_map(|(name, typed)| {
        let (types, values): (Vec<_>, Vec<_>) = typed.into_iter().unzip();
        let types: Vec<_> = types.iter().map(type_name).collect();
        (format!("{name}({})", types.join(",")), values)
    })
}

/// A proposal of 1 to 3 typed actions.
pub(crate) fn proposals() -> impl Strategy<Value = Proposal> {
    let action =
        (calls(), any::<[u8; 20]>(), any::<[u64; 4]>()).prop_map(|((signature, values), target, value)| {
            Action::call(target.into(), U256::from_limbs(value), &signature, values).unwrap()
        });
    (".*", prop::collection::vec(action, 1..4))
        .prop_map(|(description, actions)| Proposal { description, actions })
}
