//! A proposal file being written: by a template with places to fill in, or out of a whole proposal.

use std::fmt::Write as _;

use alloy::{dyn_abi::DynSolValue, hex, primitives::U256};
use toml::Value;

use super::{
    Action, Proposal,
    describe::{Parameter, parameters_of},
};
use crate::{
    Deployment, Error, Result,
    amount::{Amount, Unit},
};

const HEADER: &str = "\
# A proposal file. Voters review it like code; its text and its calls go to the chain unchanged.
#
# `description` is Markdown, and its first line is the title. Each `[[actions]]` is one call that the treasury (the
# time lock) makes when the proposal is executed: in this order, all of them or none, at most ten.
";

const PLACES: &str = "\
#
# Places in double braces are still to be filled in, braces included; `btrst proposal lint` lists them, and no command
# takes the file until none is left.
";

/// The text of a proposal file before it is one. [`Draft::render`] writes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub(super) description: String,
    pub(super) actions: Vec<DraftAction>,
}

/// An entry of `[[actions]]`, in the file's own notation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct DraftAction {
    pub contract: String,
    pub function: Option<String>,
    pub arguments: Vec<Value>,
    pub value: Option<String>,
    /// Lines above the arguments, about their meaning and units.
    pub remarks: Vec<String>,
}

impl Draft {
    /// The draft of a whole proposal, with the names of `deployment`. Reading it gives the same proposal again, as
    /// long as its description starts with a title as files want it.
    ///
    /// # Errors
    /// [`Error::InAction`], if an action has call data without a signature, or other call data than its signature
    /// takes.
    pub fn of(proposal: &Proposal, deployment: &Deployment) -> Result<Self> {
        let actions = proposal.actions.iter().zip(1..).map(|(action, number)| {
            draft_action(action, deployment)
                .map_err(|problem| Error::InAction { action: number, problem: Box::new(problem) })
        });
        Ok(Self { description: proposal.description.clone(), actions: actions.collect::<Result<_>>()? })
    }

    /// The actions, whatever is still to be filled in of the description.
    ///
    /// # Errors
    /// [`Error::InFile`], if a part of an action is not filled in or makes no sense.
    pub fn actions(&self, deployment: &Deployment) -> Result<Vec<Action>> {
        Ok(Proposal::parse(&self.clone().described("# Actions").render(), deployment)?.actions)
    }

    /// Adds `text` to the end of the description.
    pub fn add_paragraph(&mut self, text: &str) {
        let end = self.description.trim_end().len();
        self.description.truncate(end);
        self.description.push_str(&format!("\n\n{text}\n"));
    }

    /// The same actions under another text.
    #[must_use]
    pub fn described(self, description: impl Into<String>) -> Self {
        Self { description: description.into(), ..self }
    }

    /// The text of the file.
    pub fn render(&self) -> String {
        let mut body = format!("description = {}\n", description(&self.description));
        for action in &self.actions {
            action.render(&mut body);
        }
        let places = if super::place::places(&body, 0).is_empty() { "" } else { PLACES };
        format!("{HEADER}{places}\n{body}")
    }
}

impl DraftAction {
    fn render(&self, text: &mut String) {
        let quoted = |value: &str| Value::from(value).to_string();
        // Writing to a string cannot fail.
        let _ = write!(text, "\n[[actions]]\ncontract = {}\n", quoted(&self.contract));
        if let Some(function) = &self.function {
            let _ = writeln!(text, "function = {}", quoted(function));
        }
        for remark in &self.remarks {
            let _ = writeln!(text, "# {remark}");
        }
        if self.function.is_some() {
            let _ = writeln!(text, "arguments = {}", Value::Array(self.arguments.clone()));
        }
        if let Some(value) = &self.value {
            let _ = writeln!(text, "value = {}", quoted(value));
        }
    }
}

/// `text` as a TOML string of as many lines as it has.
fn description(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => escaped.push_str("\\\\"),
            // Three in a row would end the string.
            '"' if escaped.ends_with("\"\"") || escaped.ends_with("\\\"") => escaped.push_str("\\\""),
            '\n' | '\t' => escaped.push(character),
            // Writing to a string cannot fail.
            _ if character.is_control() => drop(write!(escaped, "\\u{:04X}", u32::from(character))),
            _ => escaped.push(character),
        }
    }
    // A quote before the end would count to those that end the string.
    if escaped.ends_with('"') && !escaped.ends_with("\\\"") {
        escaped.pop();
        escaped.push_str("\\\"");
    }
    format!("\"\"\"\n{escaped}\"\"\"")
}

fn draft_action(action: &Action, deployment: &Deployment) -> Result<DraftAction> {
    let name = |address| deployment.name_of(address).map_or_else(|| address.to_string(), str::to_owned);
    let value = (!action.value.is_zero()).then(|| Amount::new(action.value, Unit::Ether).to_plain());
    let contract = name(action.target);
    if action.signature.is_empty() {
        return if action.calldata.is_empty() {
            Ok(DraftAction { contract, value, ..DraftAction::default() })
        } else {
            Err(Error::RawCalldata)
        };
    }
    let known = parameters_of(deployment, action.target, &action.signature);
    let arguments = action.arguments()?;
    let arguments = arguments.iter().enumerate().map(|(index, argument)| {
        let unit = known.as_ref().and_then(|known| known.get(index)).map(Parameter::unit);
        literal(argument, unit, deployment)
    });
    let function = Some(action.signature.clone());
    Ok(DraftAction { contract, function, arguments: arguments.collect(), value, remarks: Vec::new() })
}

/// An argument as files write it.
fn literal(value: &DynSolValue, unit: Option<Unit>, deployment: &Deployment) -> Value {
    let all = |values: &[DynSolValue]| {
        Value::Array(values.iter().map(|value| literal(value, None, deployment)).collect())
    };
    match value {
        DynSolValue::Address(address) => {
            Value::String(deployment.name_of(*address).map_or_else(|| address.to_string(), str::to_owned))
        }
        DynSolValue::Bool(value) => Value::Boolean(*value),
        DynSolValue::Uint(number, _) => match unit {
            Some(unit) if unit != Unit::Plain(0) => Value::String(Amount::new(*number, unit).to_plain()),
            _ => integer(*number),
        },
        DynSolValue::Int(number, _) => match i64::try_from(*number) {
            Ok(number) => Value::Integer(number),
            Err(_) => Value::String(number.to_string()),
        },
        DynSolValue::String(text) => Value::String(text.clone()),
        DynSolValue::Bytes(bytes) => Value::String(hex::encode_prefixed(bytes)),
        DynSolValue::FixedBytes(word, size) => {
            Value::String(hex::encode_prefixed(word.get(..*size).unwrap_or(&word[..])))
        }
        DynSolValue::Function(function) => Value::String(hex::encode_prefixed(function.as_slice())),
        DynSolValue::Array(values)
        | DynSolValue::FixedArray(values)
        | DynSolValue::Tuple(values)
        | DynSolValue::CustomStruct { tuple: values, .. } => all(values),
    }
}

fn integer(number: U256) -> Value {
    match i64::try_from(number) {
        Ok(number) => Value::Integer(number),
        Err(_) => Value::String(number.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::Address;
    use proptest::prelude::*;

    use super::*;
    use crate::{deployment::sample::deployment, proposal::strategies::proposals};

    fn round_trip(proposal: &Proposal) -> Proposal {
        let text = Draft::of(proposal, &deployment()).unwrap().render();
        Proposal::parse(&text, &deployment()).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    #[test]
    fn the_example_reads_back() {
        let text = include_str!("../../../../proposals/marketplace-fee-and-grant.toml");
        let proposal = Proposal::parse(text, &deployment()).unwrap();
        assert_eq!(round_trip(&proposal), proposal);
        let written = Draft::of(&proposal, &deployment()).unwrap().render();
        assert!(written.contains("\narguments = [\"grantee\", \"250000btrst\"]\n"), "{written}");
    }

    #[test]
    fn awkward_descriptions_read_back() {
        let action = Action::payment(Address::repeat_byte(0xa1), U256::from(5));
        for text in
            ["\"\"\"\"\"", "\\\"\"\"", "\\", "a\r\nb\u{1b}\u{7f}\u{85}", "\n\n", "{ {a} }", "\"", "\\\""]
        {
            let proposal =
                Proposal { description: format!("# Title\n{text}"), actions: vec![action.clone()] };
            assert_eq!(round_trip(&proposal), proposal);
        }
    }

    #[test]
    fn call_data_without_signature_is_refused() {
        let calldata = vec![1, 2, 3, 4].into();
        let action = Action { target: Address::ZERO, value: U256::ZERO, signature: String::new(), calldata };
        let proposal = Proposal { description: "# Title".into(), actions: vec![action] };
        let error = Draft::of(&proposal, &deployment()).unwrap_err();
        assert_eq!(error.to_string(), "action 1: the call data has no function signature");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn proposals_read_back(proposal in proposals()) {
            let description = format!("# Title\n{}", proposal.description);
            let proposal = Proposal { description, ..proposal };
            // Two random actions can be the same, which a file may not say.
            if proposal.check().is_ok() {
                prop_assert_eq!(round_trip(&proposal), proposal);
            }
        }
    }
}
