//! What can be wrong with a proposal file, found without a chain: everything at once, each with its place.

use std::fmt;

use alloy::{dyn_abi::DynSolValue, primitives::Address};
use toml::Spanned;

use super::{
    Action, Proposal,
    arguments::Reader,
    claim::claim,
    describe::{contract_at, parameters_of},
    file::{Entry, File, check_title, read_action, unfilled},
    words::{has_number, has_word, is_hidden},
};
use crate::{
    Deployment, Error,
    amount::{Amount, Unit},
    document::{Document, Value},
    governor::Flavour,
};

/// How much a [`Finding`] weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The file is usable, but a reader should look.
    Warning,
    /// The file must not be proposed.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Line, from 1; `None` where the problem is that of the whole file.
    pub line: Option<usize>,
    /// Column in characters, from 1.
    pub column: Option<usize>,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong; one line, lower case, no full stop.
    pub message: String,
    /// The way out, where there is one.
    pub hint: Option<String>,
    /// Whether it is a place that is still to be filled in.
    pub unfilled: bool,
}

/// Everything that is wrong with the proposal file `text`, in the file's order; empty when nothing is.
///
/// Errors are what [`Proposal::parse`] refuses, values that the contracts would refuse at execution, and characters that
/// show readers another text than the chain's. Warnings are addresses and amounts of the actions that the description
/// does not name, and ether that needs a second look.
pub fn lint(text: &str, deployment: &Deployment) -> Vec<Finding> {
    let document = Document(text);
    let file: File = match document.parse() {
        Ok(file) => file,
        Err(error) => return vec![finding(&error)],
    };
    let mut linter = Linter { document, deployment, findings: Vec::new() };
    linter.file(&file);
    linter.findings.sort_by_key(|finding| (finding.line, finding.column));
    linter.findings
}

fn finding(error: &Error) -> Finding {
    let (line, column, problem) = match error {
        Error::InFile { place, problem } => (Some(place.line), Some(place.column), &**problem),
        other => (None, None, other),
    };
    Finding {
        line,
        column,
        severity: Severity::Error,
        message: problem.to_string(),
        hint: problem.hint(),
        unfilled: matches!(problem, Error::Unfilled(_)),
    }
}

struct Linter<'a> {
    document: Document<'a>,
    deployment: &'a Deployment,
    findings: Vec<Finding>,
}

impl Linter<'_> {
    fn error(&mut self, span: std::ops::Range<usize>, problem: Error) {
        self.findings.push(finding(&self.document.at(span, problem)));
    }

    fn report(&mut self, at: usize, severity: Severity, message: String, hint: &str) {
        let place = self.document.place(at..at);
        let (line, column, hint) = (Some(place.line), Some(place.column), Some(hint.to_owned()));
        self.findings.push(Finding { line, column, severity, message, hint, unfilled: false });
    }

    fn file(&mut self, file: &File) {
        let places = unfilled(self.document, file);
        for place in &places {
            self.findings.push(finding(&self.document.unfilled(place.clone())));
        }
        let description = file.description.get_ref();
        if let Err(problem) = check_title(description) {
            self.error(file.description.span(), problem);
        }
        if let Err(problem) = claim(description) {
            self.error(file.description.span(), problem);
        }
        self.hidden();
        self.escaped(file.description.span(), description);

        let reader = Reader { document: self.document, deployment: self.deployment };
        let mut actions = Vec::new();
        for entry in file.actions.get_ref() {
            let arguments = entry.get_ref().arguments.iter();
            arguments.flat_map(|all| all.get_ref()).for_each(|value| self.escaped_values(value));
            let open = |place: &std::ops::Range<usize>| {
                entry.get_ref().spans().any(|span| span.contains(&place.start))
            };
            if places.iter().any(open) {
                continue;
            }
            match read_action(reader, entry) {
                Ok(action) => {
                    self.action(entry.get_ref(), &action, description);
                    actions.push(action);
                }
                Err(error) => self.findings.push(finding(&error)),
            }
        }
        // Unreadable actions would be counted as missing ones.
        if actions.len() == file.actions.get_ref().len() {
            let proposal = Proposal { description: description.clone(), actions };
            if let Err(problem) = proposal.check() {
                self.error(file.actions.span(), problem);
            }
        }
    }

    fn action(&mut self, entry: &Entry, action: &Action, description: &str) {
        let values = entry.arguments.as_ref().map_or_else(|| entry.contract.span(), Spanned::span);
        if let Err(problem) = action.check_bounds(self.deployment) {
            self.error(values.clone(), problem);
        }
        let known = parameters_of(self.deployment, action.target, &action.signature);
        if let Some(value) = entry.value.as_ref().filter(|_| !action.value.is_zero()) {
            self.ether(value, action, description);
        }
        if contract_at(self.deployment, action.target).is_none() {
            self.address(entry.contract.span().start, action.target, description);
        }
        for (index, argument) in action.arguments().unwrap_or_default().iter().enumerate() {
            let place = entry.arguments.as_ref().and_then(|all| all.get_ref().get(index));
            let at = place.map_or(values.start, |place| place.span().start);
            self.addresses(at, argument, description);
            let amount = known.as_ref().and_then(|known| known.get(index));
            if let (Some(parameter), DynSolValue::Uint(number, _)) = (amount, argument)
                && parameter.is_measured()
            {
                self.amount(at, Amount::new(*number, parameter.unit()), description);
            }
        }
    }

    fn ether(&mut self, value: &Spanned<String>, action: &Action, description: &str) {
        let at = value.span().start;
        let amount = Amount::new(action.value, Unit::Ether);
        if action.is_known(self.deployment) {
            let message = format!("`{}` takes no ether, but the action sends {amount}", action.signature);
            self.report(at, Severity::Error, message, "remove `value`; the call would fail at execution");
        } else if self.deployment.flavour == Flavour::Alpha {
            let message = format!("whoever executes has to send {amount} along");
            let hint = "GovernorAlpha cannot spend the treasury's ether; pay in a token where that will do";
            self.report(at, Severity::Warning, message, hint);
        }
        self.amount(at, amount, description);
    }

    fn addresses(&mut self, at: usize, value: &DynSolValue, description: &str) {
        match value {
            DynSolValue::Address(address) => self.address(at, *address, description),
            other => {
                for value in other.as_fixed_seq().or_else(|| other.as_array()).unwrap_or_default() {
                    self.addresses(at, value, description);
                }
            }
        }
    }

    fn address(&mut self, at: usize, address: Address, description: &str) {
        let name = self.deployment.name_of(address);
        let hexadecimal = address.to_string().to_lowercase();
        let named = name.is_some_and(|name| has_word(description, name));
        if named || description.to_lowercase().contains(&hexadecimal) {
            return;
        }
        let shown = name.map_or_else(|| address.to_string(), str::to_owned);
        let message = format!("the description does not name `{shown}`");
        self.report(at, Severity::Warning, message, "voters read the description: say who is paid or called");
    }

    fn amount(&mut self, at: usize, amount: Amount, description: &str) {
        let number = Amount::new(amount.base, amount.unit).to_plain();
        let number = number.trim_end_matches(|c: char| c.is_alphabetic());
        if has_number(description, number) {
            return;
        }
        let message = format!("the description does not name the amount `{amount}`");
        self.report(at, Severity::Warning, message, "voters read the description: say how much it is");
    }

    /// Characters that do not show, anywhere in the file: its comments mislead reviewers as much as its values.
    fn hidden(&mut self) {
        for (at, character) in self.document.0.char_indices().filter(|(_, c)| is_hidden(*c)) {
            self.hide(at, character);
        }
    }

    /// The same in a value that writes them as escapes.
    fn escaped(&mut self, span: std::ops::Range<usize>, value: &str) {
        let raw = self.document.text(&span);
        let hidden = value.chars().find(|character| is_hidden(*character) && !raw.contains(*character));
        if let Some(character) = hidden {
            self.hide(span.start, character);
        }
    }

    fn escaped_values(&mut self, value: &Spanned<Value>) {
        match value.get_ref() {
            Value::String(text) => self.escaped(value.span(), text),
            Value::Array(values) => values.iter().for_each(|value| self.escaped_values(value)),
            Value::Bool(_) | Value::Integer(_) => {}
        }
    }

    fn hide(&mut self, at: usize, character: char) {
        let message =
            format!("character U+{:04X} does not show, or changes how others show", u32::from(character));
        self.report(at, Severity::Error, message, "remove it; voters must see what the chain gets");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::deployment::sample::deployment;

    fn found(text: &str) -> Vec<String> {
        let place = |finding: &Finding| {
            let number = |number: Option<usize>| number.map_or("-".to_owned(), |number| number.to_string());
            format!(
                "{}:{} {}: {}",
                number(finding.line),
                number(finding.column),
                finding.severity,
                finding.message
            )
        };
        lint(text, &deployment()).iter().map(place).collect()
    }

    fn file(description: &str, action: &str) -> String {
        format!("description = \"{description}\"\n[[actions]]\n{action}\n")
    }

    fn transfer(description: &str) -> String {
        file(
            description,
            "contract = \"btrst\"\nfunction = \"transfer(address,uint256)\"\narguments = [\"grantee\", \"25_000btrst\"]",
        )
    }

    #[test]
    fn the_example_is_clean() {
        let text = include_str!("../../../../proposals/marketplace-fee-and-grant.toml");
        assert_eq!(found(text), [] as [&str; 0]);
    }

    #[test]
    fn all_is_found_at_once() {
        let text = "description = \"\"\"\nNo title {{why}}\"\"\"\n\
                    [[actions]]\ncontract = \"btrst\"\nfunction = \"transfer(address,uint)\"\narguments = []\n\
                    [[actions]]\ncontract = \"governance_decisions\"\nfunction = \"setMarketplaceFee(uint8)\"\n\
                    arguments = [100]\n\
                    [[actions]]\ncontract = \"btrst\"\nfunction = \"f(string)\"\narguments = [\"a\u{202e}b\"]\n";
        let expected = [
            "1:15 error: the description does not start with a title",
            "2:10 error: `{{why}}` is not filled in",
            "5:12 error: function signature `transfer(address,uint)` is not canonical",
            "10:13 error: marketplace fee 100 is outside 0 to 99",
            "10:14 warning: the description does not name the amount `100`",
            "14:16 error: character U+202E does not show, or changes how others show",
        ];
        assert_eq!(found(text), expected);
    }

    #[test]
    fn a_file_that_is_none_is_one_finding() {
        assert_eq!(
            found("description = "),
            ["1:15 error: string values must be quoted, expected literal string"]
        );
        assert_eq!(found("description = \"# T\"\n"), ["1:1 error: missing field `actions`"]);
        let twice = "[[actions]]\ncontract = \"amara\"\nvalue = \"1ether\"\n".repeat(2);
        let text = format!("description = \"# Pay amara 1 ether\"\n{twice}");
        assert_eq!(found(&text), ["2:1 error: action 2 is the same as action 1"]);
    }

    #[test]
    fn the_description_names_addresses_and_amounts() {
        let grantee = Address::repeat_byte(0xa2).to_string();
        for named in [
            "25,000 BTRST to `grantee`",
            "grantee: 25_000.00",
            &format!("25000 to {}", grantee.to_lowercase()),
        ] {
            assert_eq!(found(&transfer(&format!("# {named}"))), [] as [&str; 0], "{named}");
        }
        let both = [
            "5:14 warning: the description does not name `grantee`",
            "5:25 warning: the description does not name the amount `25,000 BTRST`",
        ];
        for other in ["nothing", "125,000 to grantees", "25,000.5 to the_grantee", "2500 0 grantee2"] {
            assert_eq!(found(&transfer(&format!("# {other}"))), both, "{other}");
        }
        let text = file("# Call 0 it", &format!("contract = \"{grantee}\"\nfunction = \"f()\""));
        assert_eq!(found(&text), ["3:12 warning: the description does not name `grantee`"]);
    }

    #[test]
    fn hidden_characters_are_errors_even_as_escapes() {
        for (text, column) in [("# T\u{200b}", 19), ("# T\\u200b", 15), ("# T\\u001b", 15)] {
            let all = found(&file(text, "contract = \"btrst\"\nfunction = \"f()\""));
            assert_eq!(all.len(), 1, "{all:?}");
            assert!(all[0].starts_with(&format!("1:{column} error: character U+")), "{all:?}");
        }
        let call = "contract = \"btrst\"\nfunction = \"f(string[])\"\narguments = [[\"a\", \"\\u2066\"]]";
        let expected = "character U+2066 does not show, or changes how others show";
        assert_eq!(found(&file("# T", call)), [format!("5:20 error: {expected}")]);
        let comment = file("# T", "contract = \"btrst\"\nfunction = \"f()\" # \u{2066}");
        assert_eq!(found(&comment), [format!("4:20 error: {expected}")]);
    }

    #[test]
    fn ether_is_looked_at_twice() {
        let call =
            "contract = \"btrst\"\nfunction = \"transfer(address,uint256)\"\narguments = [\"amara\", 0]\n";
        let text = file("# amara 0 1", &format!("{call}value = \"1ether\""));
        let expected = "6:9 error: `transfer(address,uint256)` takes no ether, but the action sends 1 ether";
        assert_eq!(found(&text), [expected]);
        let alpha = Deployment { flavour: Flavour::Alpha, ..deployment() };
        let findings = lint(&file("# amara 1", "contract = \"amara\"\nvalue = \"1ether\""), &alpha);
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].message, "whoever executes has to send 1 ether along");
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".*") {
            let _ = lint(&text, &deployment());
            let _ = lint(&file(&text, "contract = \"btrst\"\nfunction = \"f()\""), &deployment());
        }

        #[test]
        fn clean_is_what_can_be_read(description in "[a-z{} \u{200b}#0-9]{0,20}", fee in 0u16..300) {
            let action = format!(
                "contract = \"governance_decisions\"\nfunction = \"setMarketplaceFee(uint8)\"\narguments = [{fee}]"
            );
            let text = file(&description, &action);
            let errors = lint(&text, &deployment()).iter().any(|finding| finding.severity == Severity::Error);
            let read = Proposal::parse(&text, &deployment()).is_ok();
            prop_assert!(errors || read);
            prop_assert_eq!(errors, !read || description.contains('\u{200b}') || fee > 99);
        }
    }
}
