//! The number that a contract gives for an account.

use alloy::dyn_abi::{DynSolType, DynSolValue, JsonAbiExt, Specifier};
use alloy::eips::BlockId;
use alloy::json_abi::Function;
use alloy::primitives::{Address, U256};
use btrst_chain::Chain;
use serde_json::{Map, Value};

use super::{Strategy, balances, decimals};
use crate::deployless::{Question, ask};
use crate::message::address;
use crate::{Error, Result};

/// What stands for the voter among the arguments.
const VOTER: &str = "%{address}";

/// The strategy with these parameters.
pub(super) fn parse(name: &str, params: &Map<String, Value>) -> Result<Strategy> {
    let wrong = |reason: String| Error::Strategy { name: name.to_owned(), reason };
    let contract = params.get("address").and_then(Value::as_str).and_then(address);
    let contract = contract.ok_or_else(|| wrong("`address` is not an address".into()))?;
    let abi = params.get("methodABI").cloned().unwrap_or_default();
    let function: Function =
        serde_json::from_value(abi).map_err(|error| wrong(format!("`methodABI`: {error}")))?;
    if function.outputs.len() != 1 || function.outputs.iter().any(|output| !output.ty.starts_with("uint")) {
        return Err(wrong("the function does not give one `uint256`".into()));
    }
    let arguments = match params.get("args") {
        Some(Value::Array(arguments)) => arguments.clone(),
        Some(_) => return Err(wrong("`args` is not a list".into())),
        None => vec![VOTER.into()],
    };
    let strategy = Strategy::ContractCall {
        address: contract,
        function: Box::new(function.clone()),
        decimals: decimals(name, params)?,
        arguments: arguments.clone(),
    };
    encoded(&function, &arguments, Address::ZERO)?;
    Ok(strategy)
}

/// Call data for `voter`.
fn encoded(function: &Function, arguments: &[Value], voter: Address) -> Result<Vec<u8>> {
    let wrong = |reason: String| Error::Strategy { name: "contract-call".into(), reason };
    if arguments.len() != function.inputs.len() {
        return Err(wrong(format!("{} `args` for `{}`", arguments.len(), function.signature())));
    }
    let value = |(input, argument): (&alloy::json_abi::Param, &Value)| -> Result<DynSolValue> {
        let ty: DynSolType = input.resolve().map_err(|error| wrong(error.to_string()))?;
        let text = match argument {
            Value::String(text) if text == VOTER => voter.to_string(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        ty.coerce_str(&text).map_err(|error| wrong(format!("`{}`: {error}", crate::error::shown(&text))))
    };
    let values = function.inputs.iter().zip(arguments).map(value).collect::<Result<Vec<_>>>()?;
    function.abi_encode_input(&values).map_err(|error| wrong(error.to_string()))
}

/// The number for each voter, at the end of `block`.
pub(super) async fn numbers(
    chain: &Chain,
    contract: Address,
    function: &Function,
    arguments: &[Value],
    voters: &[Address],
    block: u64,
) -> Result<Vec<U256>> {
    let question =
        |voter: &Address| Ok(Question::view(contract, encoded(function, arguments, *voter)?.into()));
    let questions = voters.iter().map(question).collect::<Result<Vec<_>>>()?;
    balances::numbers(ask(chain, BlockId::number(block), &questions).await?, contract, &function.name)
}
