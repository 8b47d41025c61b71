//! What the script proposes: transfers of the treasury's tokens.

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::sol_types::{SolCall, SolValue};
use btrst_gov::parameters::btrst;

use crate::abi::IToken;

/// Base units that every transfer moves: 100 tokens, seven bytes that are not zero.
pub const AMOUNT: U256 = btrst(100);

/// Two words long. The same for every proposal; recipients tell them apart.
const DESCRIPTION: &str = "Pay the contributors of this season what they were promised.";

/// A proposal before it is made.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Contract of each action.
    pub targets: Vec<Address>,
    /// Wei of each action.
    pub values: Vec<U256>,
    /// Function of each action, as the Compound generation writes it.
    pub signatures: Vec<String>,
    /// Arguments of each action, without selector.
    pub calldatas: Vec<Bytes>,
    /// Text.
    pub description: String,
    /// Who receives [`AMOUNT`] of each action.
    pub recipients: Vec<Address>,
}

impl Draft {
    /// A proposal of so many transfers of `token`, each to the recipient with its index.
    pub fn transfers(actions: usize, token: Address, recipient: impl Fn(usize) -> Address) -> Self {
        let recipients: Vec<Address> = (0..actions).map(recipient).collect();
        Self {
            targets: vec![token; actions],
            values: vec![U256::ZERO; actions],
            signatures: vec![IToken::transferCall::SIGNATURE.to_owned(); actions],
            calldatas: recipients.iter().map(|to| (*to, AMOUNT).abi_encode().into()).collect(),
            description: DESCRIPTION.to_owned(),
            recipients,
        }
    }

    /// The calls with their selectors, as OpenZeppelin's governor takes them.
    pub fn calls(&self) -> Vec<Bytes> {
        self.recipients
            .iter()
            .map(|to| IToken::transferCall { to: *to, amount: AMOUNT }.abi_encode().into())
            .collect()
    }

    /// Hash of the description, by which OpenZeppelin's governor knows a proposal.
    pub fn description_hash(&self) -> B256 {
        keccak256(self.description.as_bytes())
    }
}

/// A proposal that was made.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Its id.
    pub id: U256,
    /// What it does.
    pub draft: Draft,
}
