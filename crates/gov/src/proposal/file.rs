//! The proposal file, `proposals/<name>.toml`.

use std::ops::Range;

use alloy::primitives::U256;
use serde::Deserialize;
use toml::Spanned;

use super::{
    Action, Proposal,
    arguments::Reader,
    describe::{Parameter, parameters_of},
    place::places,
    signature::Signature,
};
use crate::{
    Deployment, Error, Result,
    amount::{Amount, Unit},
    document::{Document, Value},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub description: Spanned<String>,
    pub actions: Spanned<Vec<Spanned<Entry>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub contract: Spanned<String>,
    pub function: Option<Spanned<String>>,
    pub arguments: Option<Spanned<Vec<Spanned<Value>>>>,
    pub value: Option<Spanned<String>>,
    // For the file's readers; nothing of it goes to the chain.
    #[serde(rename = "comment")]
    _comment: Option<String>,
}

impl Proposal {
    /// Reads the text of a proposal file, with the names of `deployment`.
    ///
    /// # Errors
    /// With line and column of the value: if the text is not TOML, a key is unknown or missing, a place such as
    /// `{{amount}}` is not filled in, the description has no title, a name is unknown, a signature is not canonical, an argument is not of its type, or the number of
    /// actions is not 1 to [`MAX_ACTIONS`](super::MAX_ACTIONS).
    pub fn parse(text: &str, deployment: &Deployment) -> Result<Self> {
        let document = Document(text);
        let reader = Reader { document, deployment };
        let file: File = document.parse()?;
        if let Some(place) = unfilled(document, &file).into_iter().next() {
            return Err(document.unfilled(place));
        }
        let actions =
            file.actions.get_ref().iter().map(|entry| read_action(reader, entry)).collect::<Result<_>>()?;
        let proposal = Self { description: file.description.get_ref().clone(), actions };
        document.convert(&file.description, |text| check_title(text))?;
        document.convert(&file.actions, |_| proposal.check())?;
        Ok(proposal)
    }
}

/// The places of the values of `file` that are not filled in, in the file's order.
pub(super) fn unfilled(document: Document<'_>, file: &File) -> Vec<Range<usize>> {
    let mut spans = vec![file.description.span()];
    for entry in file.actions.get_ref() {
        spans.extend(entry.get_ref().spans());
    }
    spans.sort_by_key(|span| span.start);
    spans.into_iter().flat_map(|span| places(document.text(&span), span.start)).collect()
}

/// Checks that a description starts with a line such as `# Lower the marketplace fee`.
pub(super) fn check_title(description: &str) -> Result<()> {
    let title = description.lines().next().and_then(|line| line.strip_prefix("# ")).unwrap_or_default();
    if title.trim().is_empty() { Err(Error::MissingTitle) } else { Ok(()) }
}

impl Entry {
    /// Where its values are.
    pub fn spans(&self) -> impl Iterator<Item = Range<usize>> {
        let texts = [Some(&self.contract), self.function.as_ref(), self.value.as_ref()];
        let texts = texts.into_iter().flatten().map(Spanned::span);
        texts.chain(self.arguments.as_ref().map(Spanned::span))
    }
}

pub(super) fn read_action(reader: Reader<'_>, entry: &Spanned<Entry>) -> Result<Action> {
    let Reader { document, deployment } = reader;
    let Entry { contract, function, arguments, value, .. } = entry.get_ref();
    let target = document.convert(contract, |name| deployment.resolve(name))?;
    let value = match value {
        Some(value) => document.convert(value, |text| Ok(Amount::parse(text, Unit::Ether)?.base))?,
        None => U256::ZERO,
    };
    let Some(function) = function else {
        return match arguments {
            Some(arguments) => Err(document.at(arguments.span(), Error::ArgumentsWithoutFunction)),
            None if value.is_zero() => Err(document.at(entry.span(), Error::EmptyAction)),
            None => Ok(Action::payment(target, value)),
        };
    };
    let signature =
        Signature::parse(function.get_ref()).map_err(|problem| document.at(function.span(), problem))?;
    let (span, given) = match arguments {
        Some(arguments) => (arguments.span(), arguments.get_ref().as_slice()),
        None => (function.span(), [].as_slice()),
    };
    signature.check_count(given.len()).map_err(|problem| document.at(span, problem))?;
    let known = parameters_of(deployment, target, signature.text);
    let values = given.iter().zip(&signature.types).enumerate().map(|(index, (value, ty))| {
        let unit = known.as_ref().and_then(|known| known.get(index)).map(Parameter::unit);
        reader.read(value, ty, unit)
    });
    let calldata = signature.encode(values.collect::<Result<_>>()?)?;
    Ok(Action { target, value, signature: signature.text.into(), calldata })
}

#[cfg(test)]
mod tests {
    use alloy::{
        dyn_abi::DynSolValue,
        primitives::{Address, B256, I256},
    };

    use super::*;
    use crate::deployment::sample::deployment;

    fn file(actions: &str) -> String {
        format!("description = \"# Title\\n\\nText\"\n{actions}")
    }

    fn action(function: &str, arguments: &str) -> String {
        file(&format!(
            "[[actions]]\ncontract = \"btrst\"\nfunction = \"{function}\"\narguments = {arguments}\n"
        ))
    }

    #[test]
    fn reads_the_example() {
        let text = include_str!("../../../../proposals/marketplace-fee-and-grant.toml");
        let proposal = Proposal::parse(text, &deployment()).unwrap();
        assert_eq!(proposal.title(), "Raise the marketplace fee to 12% and fund the Talent Academy");
        let described: Vec<_> =
            proposal.actions.iter().map(|action| action.describe(&deployment())).collect();
        assert_eq!(
            described,
            [
                "GovernanceDecisions.setMarketplaceFee(fee = 12%)",
                "BTRST.transfer(to = grantee, amount = 250,000 BTRST)",
            ]
        );
    }

    #[test]
    fn reads_arguments_of_every_type() {
        let amara = DynSolValue::Address(Address::repeat_byte(0xa1));
        let uint = |value: u64, bits| DynSolValue::Uint(U256::from(value), bits);
        let table = [
            ("f(uint256)", "[10]", vec![uint(10, 256)]),
            ("f(uint256)", "[\"1_000\"]", vec![uint(1_000, 256)]),
            ("f(uint256)", "[\"10usdc\"]", vec![uint(10_000_000, 256)]),
            ("f(uint8)", "[255]", vec![uint(255, 8)]),
            (
                "f(int8,int8)",
                "[-128, \"127\"]",
                vec![
                    DynSolValue::Int(I256::try_from(-128).unwrap(), 8),
                    DynSolValue::Int(I256::try_from(127).unwrap(), 8),
                ],
            ),
            ("f(address)", "[\"amara\"]", vec![amara.clone()]),
            ("f(address)", "[\"0xA1A1a1a1A1A1A1A1A1a1a1a1a1a1A1A1a1A1a1a1\"]", vec![amara.clone()]),
            ("f(bool,string)", "[true, \"amara\"]", vec![true.into(), DynSolValue::String("amara".into())]),
            ("f(bytes)", "[\"0x0102\"]", vec![DynSolValue::Bytes(vec![1, 2])]),
            (
                "f(bytes2)",
                "[\"0x0102\"]",
                vec![DynSolValue::FixedBytes(B256::right_padding_from(&[1, 2]), 2)],
            ),
            (
                "f(uint8[],uint8[2])",
                "[[1], [2, 3]]",
                vec![
                    DynSolValue::Array(vec![uint(1, 8)]),
                    DynSolValue::FixedArray(vec![uint(2, 8), uint(3, 8)]),
                ],
            ),
            ("f((address,uint96))", "[[\"amara\", 5]]", vec![DynSolValue::Tuple(vec![amara, uint(5, 96)])]),
            ("f()", "[]", vec![]),
        ];
        for (function, arguments, expected) in table {
            let proposal = Proposal::parse(&action(function, arguments), &deployment()).unwrap();
            assert_eq!(proposal.actions[0].arguments().unwrap(), expected, "{function}");
        }
    }

    #[test]
    fn reads_a_payment() {
        let text = file("[[actions]]\ncontract = \"amara\"\nvalue = \"0.5ether\"\n");
        let proposal = Proposal::parse(&text, &deployment()).unwrap();
        let half = U256::from(500_000_000_000_000_000_u64);
        assert_eq!(proposal.actions, [Action::payment(Address::repeat_byte(0xa1), half)]);
        assert_eq!(proposal.value(), Some(half));
    }

    #[test]
    fn refuses_arguments_with_line_and_column() {
        // The arguments start at line 5, column 14.
        let table = [
            ("f(uint8)", "[256]", "column 14: `256` is out of range for `uint8`"),
            ("f(uint8)", "[-1]", "column 14: `-1` is out of range for `uint8`"),
            ("f(uint8)", "[\"10usdc\"]", "column 14: `10usdc` is out of range for `uint8`"),
            ("f(uint8)", "[true]", "column 14: `true` is not a `uint8`"),
            ("f(uint256)", "[\"0.1234567usdc\"]", "column 14: amount `0.1234567usdc` is finer than USDC"),
            ("f(uint256)", "[\"-5\"]", "column 14: negative amount `-5`"),
            ("f(uint256)", "[\"many\"]", "column 14: invalid amount `many`"),
            (
                "transfer(address,uint256)",
                "[\"amara\", \"10usdc\"]",
                "column 23: amount `10usdc` is in USDC, expected BTRST",
            ),
            (
                "transfer(address,uint256)",
                "[\"amara\", \"0.5\"]",
                "column 23: amount `0.5` is finer than a plain number with 0 decimals",
            ),
            ("f(int8)", "[-129]", "column 14: `-129` is out of range for `int8`"),
            ("f(int8)", "[\"128\"]", "column 14: `128` is out of range for `int8`"),
            ("f(int8)", "[\"1btrst\"]", "column 14: `\"1btrst\"` is not a `int8`"),
            ("f(address)", "[\"amaro\"]", "column 14: unknown name `amaro`"),
            ("f(address)", "[1]", "column 14: `1` is not a `address`"),
            ("f(bool)", "[\"true\"]", "column 14: `\"true\"` is not a `bool`"),
            ("f(bytes)", "[\"0102\"]", "column 14: `\"0102\"` is not a `bytes`"),
            ("f(bytes2)", "[\"0x01\"]", "column 14: `\"0x01\"` is not a `bytes2`"),
            ("f(uint8[])", "[[1, 256]]", "column 18: `256` is out of range for `uint8`"),
            ("f(uint8[2])", "[[1]]", "column 14: 1 values for `uint8[2]`, which takes 2"),
            ("f((uint8,bool))", "[[1]]", "column 14: 1 values for `(uint8,bool)`, which takes 2"),
            ("f(uint8)", "[[1]]", "column 14: an array of 1 is not a `uint8`"),
            ("f(uint8[])", "[1]", "column 14: `1` is not a `uint8[]`"),
            ("f(uint8,uint8)", "[1]", "column 13: 1 values for `f(uint8,uint8)`, which takes 2"),
            ("f(uint8)", "[1.5]", "column 14: invalid type: floating point"),
        ];
        for (function, arguments, message) in table {
            let error = Proposal::parse(&action(function, arguments), &deployment()).unwrap_err().to_string();
            assert!(error.starts_with(&format!("line 5, {message}")), "{error}\nexpected {message}");
        }
    }

    #[test]
    fn refuses_files_with_line_and_column() {
        let call = "[[actions]]\ncontract = \"btrst\"\nfunction = \"f()\"\n";
        let table = [
            (
                file(&call.replace("f()", "f(uint)")),
                "line 4, column 12: function signature `f(uint)` is not canonical",
            ),
            (
                file(
                    "[[actions]]\ncontract = \"governor\"\nfunction = \"_setVotingPeriod(uint256)\"\narguments = [\"1usdc\"]",
                ),
                "line 5, column 14: amount `1usdc` is in USDC, expected a plain number",
            ),
            (file(&call.replace("f()", "f")), "line 4, column 12: invalid function signature `f`"),
            (
                file(&call.replace("f()", "f(bool)")),
                "line 4, column 12: 0 values for `f(bool)`, which takes 1",
            ),
            (file(&call.replace("btrst", "btrts")), "line 3, column 12: unknown name `btrts`"),
            (
                file(&format!("{call}value = \"1usdc\"\n")),
                "line 5, column 9: amount `1usdc` is in USDC, expected ether",
            ),
            (
                file(&format!("{call}gas = 1\n")),
                "line 5, column 1: unknown field `gas`, expected one of `contract`, `function`, `arguments`, `value`, \
                 `comment`",
            ),
            (file("[[actions]]\ncontract = \"btrst\"\n"), "line 2, column 1: the action does nothing"),
            (
                file("[[actions]]\ncontract = \"btrst\"\narguments = []\n"),
                "line 4, column 13: `arguments` without `function`",
            ),
            (file(&call.repeat(2)), "line 2, column 1: action 2 is the same as action 1"),
            (file("actions = []\n"), "line 2, column 11: 0 actions, expected 1 to 10"),
            (
                file(call).replace("# Title", "Title"),
                "line 1, column 15: the description does not start with a title",
            ),
            (
                file(call).replace("# Title", "#  "),
                "line 1, column 15: the description does not start with a title",
            ),
            ("description = \"# Title\"\n".into(), "line 1, column 1: missing field `actions`"),
            ("description = ".into(), "line 1, column 15"),
            (file(call).replace("Text", "{{why}}"), "line 1, column 27: `{{why}}` is not filled in"),
            (
                file(&call.replace("f()", "f(bool)")) + "arguments = [\"{{yes or no}}\"]\n",
                "line 5, column 15: `{{yes or no}}` is not filled in",
            ),
        ];
        for (text, message) in table {
            let error = Proposal::parse(&text, &deployment()).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}\nexpected {message}");
        }
    }

    #[test]
    fn takes_ten_actions_and_no_more() {
        let actions = |count: usize| {
            let action = |n| {
                format!("[[actions]]\ncontract = \"btrst\"\nfunction = \"f(uint8)\"\narguments = [{n}]\n")
            };
            file(&(0..count).map(action).collect::<String>())
        };
        assert_eq!(Proposal::parse(&actions(10), &deployment()).unwrap().actions.len(), 10);
        let error = Proposal::parse(&actions(11), &deployment()).unwrap_err();
        assert_eq!(error.to_string(), "line 2, column 1: 11 actions, expected 1 to 10");
    }
}
