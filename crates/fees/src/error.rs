//! The crate's one error type, with a way out for each case that has one.

use alloy::primitives::{Address, B256, U256};

/// What [`Error`]-returning functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a file, a chain's answer or a request was refused. [`Error::hint`] says what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An amount or a deployment.
    #[error(transparent)]
    Domain(#[from] btrst_gov::Error),
    /// An endpoint, a transaction, or a file that follows the chain.
    #[error(transparent)]
    Chain(#[from] btrst_chain::Error),
    /// A text that is not a day of the calendar in the form `2026-01-15`.
    #[error("`{0}` is not a day such as `2026-01-15`")]
    InvalidDate(String),
    /// The first line of an invoice file does not name the columns.
    #[error("the columns are `{found}`, expected `{expected}`")]
    Columns {
        /// The first line.
        found: String,
        /// The right one.
        expected: String,
    },
    /// An input cannot be read.
    #[error("cannot be read")]
    Input(#[source] std::io::Error),
    /// An output cannot be written.
    #[error("cannot be written")]
    Output(#[source] std::io::Error),
    /// Amounts whose sum does not fit into 256 bits.
    #[error("the sum of the amounts does not fit into 256 bits")]
    TotalTooLarge,
    /// A batch without invoices.
    #[error("there are no invoices")]
    EmptyBatch,
    /// A line of a batch that makes no sense.
    #[error("line {line}: {reason}")]
    BatchLine {
        /// Line, from 1.
        line: u64,
        /// What is wrong.
        reason: String,
    },
    /// A fee of a batch that is not the percentage of its invoice.
    #[error("the fee of invoice `{id}` is not {percent}% of it")]
    WrongFee {
        /// The invoice.
        id: String,
        /// The batch's percentage.
        percent: u8,
    },
    /// Root, count or sums of a batch are not those of its lines.
    #[error("the batch's summary with root `{stated}` is not that of its lines, whose root is `{computed}`")]
    WrongSummary {
        /// Root in the summary.
        stated: B256,
        /// Root of the lines.
        computed: B256,
    },
    /// An invoice that is not in the batch.
    #[error("there is no invoice `{0}` in the batch")]
    UnknownInvoice(String),
    /// A proof that proves nothing.
    #[error("the proof is not valid: {0}")]
    InvalidProof(String),

    /// A deployment without a contract that fees need.
    #[error("the deployment `{deployment}` has no `{contract}`")]
    NoContract {
        /// Name of the deployment.
        deployment: String,
        /// Key of the contract.
        contract: &'static str,
    },
    /// Too little of a token.
    #[error("`{account}` has {has} base units of USDC, {needs} are needed")]
    TooLittle {
        /// The payer.
        account: Address,
        /// What it has.
        has: U256,
        /// What it needs.
        needs: U256,
    },
    /// A root that was deposited before.
    #[error("the batch `{root}` was deposited in block {block} by transaction `{transaction}`")]
    DepositedBefore {
        /// The batch's root.
        root: B256,
        /// Block of the deposit.
        block: u64,
        /// Its transaction.
        transaction: B256,
    },
}

impl Error {
    /// What the reader can do about it, where there is something; one line, lower case, no full stop.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Domain(error) => return error.hint(),
            Self::Chain(error) => return error.hint(),
            Self::InvalidDate(_) => "write year, month and day of the calendar, with all their digits".into(),
            Self::Columns { expected, .. } => format!("make `{expected}` the first line"),
            Self::Input(_) => "check the path, and that it is a file that you may read".into(),
            Self::EmptyBatch => "put at least one invoice below the line of columns".into(),
            Self::BatchLine { .. } | Self::WrongFee { .. } | Self::WrongSummary { .. } => {
                "take the file as `btrst fees invoice` wrote it, or write it again".into()
            }
            Self::UnknownInvoice(_) => "check the id and that this is the batch of that invoice".into(),
            Self::InvalidProof(_) => "ask for the proof again, and check it as it came".into(),
            Self::NoContract { contract, .. } => format!("add `{contract} = \"0x…\"` to its `[contracts]`"),
            Self::TooLittle { .. } => "pay with an account that has enough, or send USDC to this one".into(),
            Self::DepositedBefore { .. } => "add --again if it is really to be paid a second time".into(),
            _ => return None,
        };
        Some(hint)
    }
}
