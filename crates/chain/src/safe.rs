//! Calls for a wallet of several signatures: the file that Safe's Transaction Builder imports.

use alloy::primitives::{Address, Bytes, U256};
use btrst_gov::governor::Call;
use serde::Serialize;

/// A batch of calls, as the Transaction Builder of `safe-global` reads it (version 1.0 of its form).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Batch {
    version: &'static str,
    chain_id: String,
    meta: Meta,
    transactions: Vec<Transaction>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    name: String,
    description: String,
    created_from_safe_address: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Transaction {
    /// With its checksum, as people compare addresses.
    to: String,
    value: String,
    data: Bytes,
    contract_method: Option<()>,
    contract_inputs_values: Option<()>,
}

impl Batch {
    /// The `calls` of the wallet `safe` on the chain `chain_id`, in their order.
    #[must_use]
    pub fn of(chain_id: u64, safe: Option<Address>, calls: &[Call]) -> Self {
        let words: Vec<&str> = calls.iter().map(|call| call.what.as_str()).collect();
        Self {
            version: "1.0",
            chain_id: chain_id.to_string(),
            meta: Meta {
                name: "btrst".into(),
                description: words.join("; "),
                created_from_safe_address: safe.map(|safe| safe.to_string()).unwrap_or_default(),
            },
            transactions: calls
                .iter()
                .map(|Call { to, value, data, .. }: &Call| Transaction {
                    to: to.to_checksum(None),
                    value: U256::to_string(value),
                    data: data.clone(),
                    contract_method: None,
                    contract_inputs_values: None,
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_what_the_builder_imports() {
        let call = Call {
            to: Address::repeat_byte(0xaa),
            value: U256::from(5),
            data: Bytes::from(vec![1, 2]),
            what: "vote for proposal 7".into(),
        };
        let batch = Batch::of(1, Some(Address::repeat_byte(0xbb)), &[call]);
        assert_eq!(
            serde_json::to_value(&batch).unwrap(),
            serde_json::json!({
                "version": "1.0",
                "chainId": "1",
                "meta": {
                    "name": "btrst",
                    "description": "vote for proposal 7",
                    "createdFromSafeAddress": "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB",
                },
                "transactions": [{
                    "to": "0xaAaAaAaaAaAaAaaAaAAAAAAAAaaaAaAaAaaAaaAa",
                    "value": "5",
                    "data": "0x0102",
                    "contractMethod": null,
                    "contractInputsValues": null,
                }],
            })
        );
    }
}
