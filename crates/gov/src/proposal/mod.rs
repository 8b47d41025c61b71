//! Proposals: what voters read and what the treasury will call, from the reviewed file to the chain and back.

mod arguments;
mod bounds;
mod claim;
mod describe;
mod draft;
mod file;
mod import;
mod lint;
mod payload;
mod place;
mod signature;
#[cfg(test)]
pub(crate) mod strategies;
mod template;
mod words;

pub use claim::{Claim, ConsensusCheck};
pub use draft::Draft;
pub use lint::{Finding, Severity, lint};
pub use template::{Change, GuardParameters, Setting, Template};
pub use words::{has_number, has_word, is_hidden, visible};

use std::collections::HashMap;

use alloy::{
    dyn_abi::DynSolValue,
    primitives::{Address, Bytes, U256},
};

use serde::{Deserialize, Serialize};

use crate::{Error, Result};
use signature::Signature;

/// Most actions of a proposal, in GovernorAlpha, GovernorBravo and this suite.
pub const MAX_ACTIONS: usize = 10;

/// A decision to vote on: a text, and the calls that the treasury makes when it passes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// Markdown; its first line is the title.
    pub description: String,
    /// 1 to [`MAX_ACTIONS`] calls, made in this order, all or none.
    pub actions: Vec<Action>,
}

/// One call that the treasury makes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// Contract to call or account to pay.
    pub target: Address,
    /// Wei that the treasury sends along.
    pub value: U256,
    /// Canonical signature of the function, such as `transfer(address,uint256)`; empty where `calldata` starts with
    /// its selector or ether is sent without a call.
    pub signature: String,
    /// ABI-encoded arguments; without selector where there is a signature.
    pub calldata: Bytes,
}

impl Proposal {
    /// The first line of the description, without Markdown's `#` and without control characters.
    pub fn title(&self) -> String {
        let line = self.description.lines().next().unwrap_or_default();
        line.trim_start_matches('#').trim().chars().filter(|c| !c.is_control()).collect()
    }

    /// Wei that all actions send along; `None` where that is beyond 256 bits.
    pub fn value(&self) -> Option<U256> {
        self.actions.iter().try_fold(U256::ZERO, |sum, action| sum.checked_add(action.value))
    }

    /// Checks what every governor checks about a proposal's form, before anyone pays for finding out.
    ///
    /// # Errors
    /// If there is not 1 to [`MAX_ACTIONS`] actions, or two are the same.
    pub fn check(&self) -> Result<()> {
        let count = self.actions.len();
        if !(1..=MAX_ACTIONS).contains(&count) {
            return Err(Error::ActionCount { count, maximum: MAX_ACTIONS });
        }
        let mut seen = HashMap::new();
        for (index, action) in self.actions.iter().enumerate() {
            if let Some(first) = seen.insert(action, index) {
                return Err(Error::DuplicateAction { first: first + 1, second: index + 1 });
            }
        }
        Ok(())
    }
}

impl Action {
    /// A call of `signature` with `arguments`.
    ///
    /// # Errors
    /// If the signature is not canonical or the arguments are not of its types.
    pub fn call(target: Address, value: U256, signature: &str, arguments: Vec<DynSolValue>) -> Result<Self> {
        let calldata = Signature::parse(signature)?.encode(arguments)?;
        Ok(Self { target, value, signature: signature.into(), calldata })
    }

    /// A payment of `value` wei without a call.
    pub const fn payment(target: Address, value: U256) -> Self {
        Self { target, value, signature: String::new(), calldata: Bytes::new() }
    }

    /// The arguments, typed by the signature; none where there is no signature.
    ///
    /// # Errors
    /// If the signature is not canonical, or encoding the arguments again does not give the same bytes: such call
    /// data may mean something else to the contract than to the reader.
    pub fn arguments(&self) -> Result<Vec<DynSolValue>> {
        if self.signature.is_empty() {
            return Ok(Vec::new());
        }
        Signature::parse(&self.signature)?.decode(&self.calldata)
    }

    /// What the target receives: selector and arguments.
    pub fn input(&self) -> Bytes {
        if self.signature.is_empty() {
            return self.calldata.clone();
        }
        [&signature::selector(&self.signature)[..], &self.calldata].concat().into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{strategies::calls, *};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn arguments_come_back((signature, values) in calls()) {
            let action = Action::call(Address::ZERO, U256::ZERO, &signature, values.clone()).unwrap();
            prop_assert_eq!(action.arguments().unwrap(), values);
        }

        #[test]
        fn any_call_data_is_answered((signature, _) in calls(), calldata: Vec<u8>) {
            let action = Action { target: Address::ZERO, value: U256::ZERO, signature, calldata: calldata.into() };
            let _ = action.arguments();
            let _ = action.describe(&crate::deployment::sample::deployment());
        }
    }

    #[test]
    fn title_is_one_clean_line() {
        let proposal = |text: &str| Proposal { description: text.into(), actions: vec![] };
        let table =
            [("# A title\n\ntext", "A title"), ("plain", "plain"), ("", ""), ("## \u{1b}[31mred", "[31mred")];
        for (description, title) in table {
            assert_eq!(proposal(description).title(), title);
        }
    }

    #[test]
    fn value_is_checked() {
        let pay = |value| Action::payment(Address::ZERO, value);
        let proposal = |actions| Proposal { description: String::new(), actions };
        assert_eq!(proposal(vec![pay(U256::from(1)), pay(U256::from(2))]).value(), Some(U256::from(3)));
        assert_eq!(proposal(vec![pay(U256::MAX), pay(U256::from(1))]).value(), None);
    }

    #[test]
    fn input_starts_with_the_selector() {
        let action =
            Action::call(Address::ZERO, U256::ZERO, "setMarketplaceFee(uint8)", vec![12_u8.into()]).unwrap();
        assert_eq!(action.input()[..4], [0x1c, 0x55, 0xb8, 0xf8]);
        assert_eq!(action.input()[4..], action.calldata[..]);
    }
}
