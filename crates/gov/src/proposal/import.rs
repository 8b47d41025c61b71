//! Proposal files of the network's first tooling: JSON with parallel lists, and plain numbers and addresses.

use alloy::{dyn_abi::DynSolValue, primitives::U256};
use serde::Deserialize;
use serde_json::Value as Json;
use toml::Spanned;

use super::{Action, Proposal, arguments::Reader, file::check_title, signature::Signature};
use crate::{
    Deployment, Error, Result,
    deployment::parse_address,
    document::{Document, Value},
};

/// Whole numbers from here on lose digits in many JSON tools.
const EXACT: u64 = 1 << 53;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    targets: Vec<String>,
    values: Vec<Json>,
    signatures: Vec<String>,
    parameters: Parameters,
    description: String,
}

/// The original tooling knew one action, and wrote its parameters without a list around.
#[derive(Deserialize)]
#[serde(untagged)]
enum Parameters {
    Each(Vec<Typed>),
    Only(Typed),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    types: Vec<String>,
    values: Vec<Json>,
}

impl Proposal {
    /// Reads a JSON proposal of the network's first tooling: `targets`, `values` in wei, `signatures`, `parameters` as
    /// `{types, values}` (with several actions, a list of them) and `description`. A description whose first line is
    /// no heading gets one of it, because files want it.
    ///
    /// # Errors
    /// If the text is not of that form, lists differ in length, types are not those of the signature, an address has
    /// no checksum, a value is not of its type, or the actions are not 1 to [`MAX_ACTIONS`](super::MAX_ACTIONS)
    /// different ones.
    pub fn import(text: &str) -> Result<Self> {
        let file: File = serde_json::from_str(text).map_err(|error| Error::Json(error.to_string()))?;
        let parameters = match file.parameters {
            Parameters::Each(each) => each,
            Parameters::Only(only) => vec![only],
        };
        let expected = file.targets.len();
        let lists = [
            ("values", file.values.len()),
            ("signatures", file.signatures.len()),
            ("parameters", parameters.len()),
        ];
        for (list, count) in lists {
            if count != expected {
                return Err(Error::ListLength { list, count, expected });
            }
        }
        let parts = file.targets.iter().zip(&file.values).zip(&file.signatures).zip(&parameters);
        let actions = parts.zip(1..).map(|((((target, value), signature), typed), action)| {
            read_action(target, value, signature, typed)
                .map_err(|problem| Error::InAction { action, problem: Box::new(problem) })
        });
        let proposal =
            Self { description: with_heading(file.description), actions: actions.collect::<Result<_>>()? };
        check_title(&proposal.description)?;
        proposal.check()?;
        Ok(proposal)
    }
}

fn read_action(target: &str, value: &Json, signature: &str, typed: &Typed) -> Result<Action> {
    let target = parse_address(target)?;
    let value = wei(value)?;
    if signature.is_empty() {
        return match (typed.types.is_empty() && typed.values.is_empty(), value.is_zero()) {
            (false, _) => Err(Error::ArgumentsWithoutFunction),
            (true, true) => Err(Error::EmptyAction),
            (true, false) => Ok(Action::payment(target, value)),
        };
    }
    let parsed = Signature::parse(signature)?;
    let types = typed.types.join(",");
    if parsed.text != format!("{}({types})", parsed.name) {
        return Err(Error::TypesDiffer { types, signature: signature.into() });
    }
    parsed.check_count(typed.values.len())?;
    // Such files have no names, so those of no deployment are known, and no places worth naming.
    let nowhere = nameless();
    let reader = Reader { document: Document(""), deployment: &nowhere };
    let arguments = typed.values.iter().zip(&parsed.types).map(|(value, ty)| {
        reader.read(&convert(value)?, ty, None).map_err(|error| match error {
            Error::InFile { problem, .. } => *problem,
            other => other,
        })
    });
    let calldata = parsed.encode(arguments.collect::<Result<Vec<DynSolValue>>>()?)?;
    Ok(Action { target, value, signature: signature.into(), calldata })
}

fn nameless() -> Deployment {
    Deployment {
        chain_id: 0,
        name: String::new(),
        flavour: crate::governor::Flavour::Alpha,
        rpc_url: None,
        contracts: crate::deployment::Contracts::default(),
        accounts: Vec::new(),
    }
}

fn wei(value: &Json) -> Result<U256> {
    let unexpected = || Error::UnexpectedValue(value.to_string());
    match value {
        Json::String(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty() => {
            U256::from_str_radix(digits, 10).map_err(|_| unexpected())
        }
        Json::Number(number) => {
            number.as_u64().filter(|number| *number < EXACT).map(U256::from).ok_or_else(unexpected)
        }
        _ => Err(unexpected()),
    }
}

/// The value as a proposal file would have it.
fn convert(value: &Json) -> Result<Spanned<Value>> {
    let unexpected = || Error::UnexpectedValue(value.to_string());
    let converted = match value {
        Json::Bool(value) => Value::Bool(*value),
        Json::String(text) => Value::String(text.clone()),
        Json::Number(number) => {
            let number = number.as_i64().filter(|number| number.unsigned_abs() < EXACT);
            Value::Integer(number.ok_or_else(unexpected)?)
        }
        Json::Array(values) => Value::Array(values.iter().map(convert).collect::<Result<_>>()?),
        Json::Null | Json::Object(_) => return Err(unexpected()),
    };
    Ok(Spanned::new(0..0, converted))
}

fn with_heading(description: String) -> String {
    if check_title(&description).is_ok() {
        return description;
    }
    let (first, rest) = description.split_once('\n').unwrap_or((&description, ""));
    let title = first.trim_start_matches('#').trim();
    let newline = if description.contains('\n') { "\n" } else { "" };
    format!("# {title}{newline}{rest}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TARGET: &str = "0x799ebfABE77a6E34311eeEe9825190B9ECe32824";
    const HOLDER: &str = "0xE1F43a543fAe801543A6916C85482F6Ed37F52ae";

    fn file(values: &str, signature: &str, parameters: &str) -> String {
        format!(
            r#"{{"targets": ["{TARGET}"], "values": [{values}], "signatures": ["{signature}"],
                "parameters": {parameters}, "description": "Pay the holder\n\nText"}}"#
        )
    }

    fn transfer(values: &str) -> String {
        file(
            "0",
            "transfer(address,uint256)",
            &format!(r#"{{"types": ["address", "uint256"], "values": {values}}}"#),
        )
    }

    #[test]
    fn reads_one_action_as_the_original_wrote_it() {
        let proposal =
            Proposal::import(&transfer(&format!(r#"["{HOLDER}", "25000000000000000000000"]"#))).unwrap();
        assert_eq!(proposal.description, "# Pay the holder\n\nText");
        let holder = parse_address(HOLDER).unwrap();
        let arguments = vec![holder.into(), crate::parameters::btrst(25_000).into()];
        let target = parse_address(TARGET).unwrap();
        let action = Action::call(target, U256::ZERO, "transfer(address,uint256)", arguments).unwrap();
        assert_eq!(proposal.actions, [action]);
    }

    #[test]
    fn reads_several_actions_and_payments() {
        let text = format!(
            r##"{{"targets": ["{TARGET}", "{HOLDER}"], "values": ["0", 5], "signatures": ["f(bool,uint8[],bytes,int8)", ""],
                "parameters": [{{"types": ["bool", "uint8[]", "bytes", "int8"], "values": [true, [1, "2"], "0x01", -3]}},
                               {{"types": [], "values": []}}],
                "description": "# Title"}}"##
        );
        let proposal = Proposal::import(&text).unwrap();
        let Proposal { actions, description } = proposal;
        assert_eq!(description, "# Title");
        assert_eq!(actions[1], Action::payment(parse_address(HOLDER).unwrap(), U256::from(5)));
        assert_eq!(actions[0].arguments().unwrap().len(), 4);
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let good = transfer(&format!(r#"["{HOLDER}", 1]"#));
        let table = [
            ("[".to_owned(), "EOF while parsing"),
            (good.replace("\"description\"", "\"text\""), "unknown field `text`"),
            (good.replace("[0]", "[]"), "0 values, expected 1, one for each target"),
            (
                good.replace("\"uint256\"", "\"uint\""),
                "action 1: the types are `(address,uint)`, but the signature is",
            ),
            (
                good.replace("uint256", "uint"),
                "action 1: function signature `transfer(address,uint)` is not canonical",
            ),
            (good.replace(", 1]", "]"), "action 1: 1 values for `transfer(address,uint256)`, which takes 2"),
            (good.replace(", 1]", ", -1]"), "action 1: `-1` is out of range for `uint256`"),
            (good.replace(", 1]", ", 1.5]"), "action 1: unexpected value `1.5`"),
            (good.replace(", 1]", ", 9007199254740992]"), "action 1: unexpected value `9007199254740992`"),
            (good.replace(", 1]", ", null]"), "action 1: unexpected value `null`"),
            (good.replace(HOLDER, &HOLDER.to_lowercase()), "action 1: wrong checksum in address"),
            (good.replace(HOLDER, "amara"), "action 1: unknown name `amara`"),
            (good.replace("[0]", "[\"1 ether\"]"), "action 1: unexpected value `\"1 ether\"`"),
            (good.replace("Pay the holder", "# "), "the description does not start with a title"),
            (file("0", "", r#"{"types": [], "values": []}"#), "action 1: the action does nothing"),
            (
                file("1", "", r#"{"types": ["bool"], "values": [true]}"#),
                "action 1: `arguments` without `function`",
            ),
        ];
        for (text, message) in table {
            let error = Proposal::import(&text).unwrap_err();
            assert!(error.to_string().starts_with(message), "{error}\nexpected {message}");
            assert!(error.hint().is_some(), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".*", value in "[-0-9a-z\\[\\]\",.{}]{0,12}") {
            let _ = Proposal::import(&text);
            let _ = Proposal::import(&transfer(&format!("[\"{HOLDER}\", {value}]")));
            let _ = Proposal::import(&file(&value, "f(uint8[2],bytes)", "{\"types\": [], \"values\": []}"));
        }
    }
}
