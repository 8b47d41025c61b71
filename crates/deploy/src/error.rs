//! The crate's one error type, with a way out for each case that has one.

use alloy::primitives::{Address, U256};
use btrst_gov::amount::{Amount, Unit};
use btrst_gov::document::Place;

/// What [`Error`]-returning functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a description was refused, or a deployment cannot go on. [`Error::hint`] says what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What every file of the suite has in common: TOML, addresses, amounts, bounds.
    #[error(transparent)]
    Gov(#[from] btrst_gov::Error),
    /// A problem at a place of the description. The problem's text is part of this one's, so it is not a `source`.
    #[error("{place}: {problem}")]
    InFile {
        /// Where.
        place: Place,
        /// What is wrong there.
        problem: Box<Error>,
    },
    /// The rows of the allocation are not the supply.
    #[error("the allocation sums to {}, expected {}", btrst(*.sum), btrst(*.supply))]
    AllocationSum {
        /// Sum of the rows, in base units.
        sum: U256,
        /// All there is, in base units.
        supply: U256,
    },
    /// A fresh token without a table of who gets it.
    #[error("a fresh token needs an `[[allocation]]`")]
    NoAllocation,
    /// A table of who gets a token that others hold already.
    #[error("`[[allocation]]` beside a token that exists")]
    AllocationOfExisting,
    /// A row that gives nothing.
    #[error("the allocation to `{0}` is zero")]
    EmptyAllocation(String),
    /// Two rows of one name or one receiver.
    #[error("`{0}` stands in the allocation twice")]
    DuplicateAllocation(String),
    /// A receiver that has to be somebody else.
    #[error("`{0}` cannot receive an allocation")]
    InvalidReceiver(String),
    /// A role for the deployer, who keeps none.
    #[error("`{0}` is the deployer")]
    DeployerPower(&'static str),
    /// A lock-up of the treasury, which nobody could release to.
    #[error("the treasury's share cannot be locked up")]
    LockedTreasury,
    /// A name that is not fit for a file.
    #[error("invalid name `{0}`")]
    InvalidName(String),
    /// A date whose place in time is not known.
    #[error("`{0}` is no point in time")]
    InvalidTime(String),
    /// Times that are not in their order.
    #[error("`{later}` is before `{earlier}`")]
    TimeOrder {
        /// The key whose time has to be the earlier one.
        earlier: &'static str,
        /// The key whose time has to be later.
        later: &'static str,
    },
    /// Keys of which the file has both or neither.
    #[error("expected {0}")]
    Choice(&'static str),
    /// A key that belongs to another choice.
    #[error("`{key}` without {with}")]
    Stray {
        /// The key.
        key: &'static str,
        /// What it belongs to.
        with: &'static str,
    },
    /// The zero address where somebody is needed.
    #[error("`{0}` is the zero address")]
    ZeroAddress(&'static str),
    /// A price outside of what the pool can express.
    #[error("the price `{0}` cannot be expressed")]
    InvalidPrice(String),

    /// The chain could not be reached, or a transaction not be sent.
    #[error(transparent)]
    Chain(#[from] btrst_chain::Error),
    /// The canonical deployer of CREATE2 is not on the chain.
    #[error("the deterministic deployer `{0}` is not on the chain")]
    NoDeployer(Address),
    /// A guardian who never could do anything.
    #[error("the guardian's term ends at {expiry}, and it is {now} (Unix time in seconds)")]
    TermOver {
        /// When it ends.
        expiry: u64,
        /// Time of the last block.
        now: u64,
    },
    /// A step would fail.
    #[error("the step `{step}` would fail: {reason}")]
    StepFails {
        /// The step.
        step: String,
        /// The decoded reason.
        reason: String,
    },
    /// A step needs more gas than a transaction may have.
    #[error("the step `{step}` needs {gas} gas, a transaction has at most {cap}")]
    TooMuchGas {
        /// The step.
        step: String,
        /// Gas it used.
        gas: u64,
        /// Most that is allowed (EIP-7825).
        cap: u64,
    },
    /// The chain is in a state that no part of the plan leads to.
    #[error("{what} is `{found}`, expected `{expected}`")]
    Unexpected {
        /// What was looked at.
        what: String,
        /// What the plan leads to.
        expected: String,
        /// What the chain has.
        found: String,
    },
    /// The sender is not the deployer of the file.
    #[error("the file's deployer is `{expected}`, not `{found}`")]
    WrongSender {
        /// Deployer of the file.
        expected: Address,
        /// Who signs.
        found: Address,
    },
}

impl Error {
    /// What the reader can do about it, where there is something; one line, lower case, no full stop.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Gov(error) => return error.hint(),
            Self::Chain(error) => return error.hint(),
            Self::InFile { problem, .. } => return problem.hint(),
            Self::AllocationSum { sum, supply } if sum < supply => {
                format!("{} are missing; the rest usually goes to `treasury`", btrst(*supply - *sum))
            }
            Self::AllocationSum { sum, supply } => format!("{} are too many", btrst(*sum - *supply)),
            Self::NoAllocation => {
                "add rows of `name`, `to` and `amount`, or name the token under `[reuse]`".into()
            }
            Self::AllocationOfExisting => "remove the table, or the token from `[reuse]`".into(),
            Self::EmptyAllocation(_) => "give it an amount, or remove the row".into(),
            Self::DuplicateAllocation(_) => "merge the two rows by adding up their amounts".into(),
            Self::InvalidReceiver(_) => {
                "name the receiver's own address, or `treasury`; the deployer keeps nothing".into()
            }
            Self::DeployerPower(_) => "name another account; the deployer keeps no power".into(),
            Self::LockedTreasury => "remove `lockup`; the time lock's delay protects the treasury".into(),
            Self::InvalidName(_) => {
                "a name starts with a letter and has lower-case letters, digits, `-` and `_`".into()
            }
            Self::InvalidTime(_) => "write it with its offset, such as `2027-01-01T00:00:00Z`".into(),
            Self::TimeOrder { .. } => "the order is start, cliff, end".into(),
            Self::Choice(_) => "the files in `deployments/examples` show each form".into(),
            Self::Stray { key, .. } => format!("remove `{key}`, or add what it belongs to"),
            Self::ZeroAddress(_) => "name an account, or leave the key out where it is optional".into(),
            Self::InvalidPrice(_) => {
                "write the USDC that one BTRST costs, such as `0.5usdc`, above zero".into()
            }
            Self::NoDeployer(_) => {
                "it is on nearly every chain; where it is not, anyone can put it there with its published transaction"
                    .into()
            }
            Self::TermOver { .. } => "name a later `guardian_expiry`, or no guardian".into(),
            Self::StepFails { .. } => "nothing was sent; correct the file and plan again".into(),
            Self::TooMuchGas { .. } => "ask for less in this step, such as a smaller `cardinality`".into(),
            Self::Unexpected { .. } => {
                "somebody else acted in between, or the file was changed; another `salt` gives a new start".into()
            }
            Self::WrongSender { .. } => "sign with the deployer's key; the addresses depend on it".into(),
        };
        Some(hint)
    }
}

fn btrst(base: U256) -> Amount {
    Amount::new(base, Unit::Btrst)
}
