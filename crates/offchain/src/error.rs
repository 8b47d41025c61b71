//! The crate's one error type, with a way out for each case that has one.

use alloy::primitives::B256;
use serde_json::Value;

use crate::message::{Field, Kind};

/// What [`Error`]-returning functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Most characters of a foreign value in a message.
const SHOWN: usize = 80;

/// Why a text, a message or a chain's answer was refused. [`Error::hint`] says what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An endpoint, or what it answered.
    #[error(transparent)]
    Chain(#[from] btrst_chain::Error),
    /// More bytes than the protocol takes.
    #[error("the message has {bytes} bytes, {maximum} are taken")]
    TooLarge {
        /// Its bytes.
        bytes: usize,
        /// Most that are taken.
        maximum: usize,
    },
    /// The text is not JSON, or not of the expected form.
    #[error("{0}")]
    Json(String),
    /// A document that is not an envelope.
    #[error("wrong envelope: {0}")]
    Envelope(&'static str),
    /// A message of another domain.
    #[error("the domain is not that of `snapshot` 0.1.4")]
    Domain,
    /// A message of a type that the protocol does not know.
    #[error("the types are none that the protocol knows")]
    Types,
    /// No form for such a message.
    #[error("there is no form for messages of the kind `{0}`")]
    NoForm(Kind),
    /// A message without one of its fields.
    #[error("the field `{0}` is missing")]
    MissingField(&'static str),
    /// A value that the field's type does not take.
    #[error("`{value}` is not a value for `{ty} {field}`")]
    WrongField {
        /// Name of the field.
        field: &'static str,
        /// Its type.
        ty: &'static str,
        /// The value, shortened.
        value: String,
    },
    /// A voting system that does not exist.
    #[error("unknown voting system `{0}`")]
    UnknownSystem(String),
    /// A contract or an endpoint whose answer makes no sense.
    #[error("the answer makes no sense: {0}")]
    Answer(String),
    /// A block that the chain does not have yet.
    #[error("there is no state of block {block} yet; the last one is that of block {head}")]
    BlockNotThere {
        /// The block.
        block: u64,
        /// The last one whose state can be read.
        head: u64,
    },
    /// Old state that the endpoint has not kept.
    #[error("the endpoint has not kept the state of block {block}, which `{what}` needs")]
    NoState {
        /// The block.
        block: u64,
        /// The strategy.
        what: &'static str,
    },
    /// A strategy that is not known here.
    #[error("unknown strategy `{0}`")]
    UnknownStrategy(String),
    /// A strategy whose parameters make no sense.
    #[error("wrong parameters of the strategy `{name}`: {reason}")]
    Strategy {
        /// The strategy.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A strategy of another chain than the one at hand.
    #[error("a strategy reads chain {network}, the endpoint serves chain {chain}")]
    OtherNetwork {
        /// The strategy's chain.
        network: String,
        /// The endpoint's.
        chain: u64,
    },
    /// Power beyond 128 bits in units of 10^-18.
    #[error("a voter has more than 10^20 votes")]
    PowerTooLarge,
    /// Settings of a space that make no sense.
    #[error("wrong settings: {0}")]
    Settings(String),
    /// A phase that is none.
    #[error("wrong phase: {0}")]
    Phase(String),
    /// An id that is not that of the message beside it.
    #[error("the id is `{stated}`, but that of the message is `{actual}`")]
    WrongId {
        /// The id as stated.
        stated: String,
        /// The digest.
        actual: B256,
    },
}

impl Error {
    pub(crate) fn field(field: &Field, value: &Value) -> Self {
        Self::WrongField { field: field.name, ty: field.ty.name(), value: shown(&value.to_string()) }
    }

    /// What the reader can do about it, where there is something; one line, lower case, no full stop.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Chain(error) => return error.hint(),
            Self::TooLarge { .. } => "shorten the text; pictures and long tables belong behind a link".into(),
            Self::Json(_) | Self::Envelope(_) => {
                "an envelope is `{\"address\", \"sig\", \"data\": {\"domain\", \"types\", \"message\"}}`".into()
            }
            Self::Domain => "sign for the domain `{\"name\": \"snapshot\", \"version\": \"0.1.4\"}` without a chain".into(),
            Self::Types => "sign with a current version of the program; the order of the fields counts".into(),
            Self::WrongField { ty: "address", .. } => {
                "an address is `0x` and 40 hexadecimal digits, with the capitals of its checksum".into()
            }
            Self::WrongField { ty: "uint64" | "uint32" | "uint32[]", .. } => {
                "write whole numbers without quotes".into()
            }
            Self::NoState { .. } => "name the endpoint of an archive node".into(),
            Self::UnknownStrategy(_) => {
                "known are `erc20-balance-of`, `comp-like-votes`, `delegation`, `erc20-balance-of-delegation`, \
                 `contract-call`, `ticket`, `whitelist` and `math` with `square-root`"
                    .into()
            }
            Self::Strategy { .. } => "correct the settings of the space".into(),
            Self::OtherNetwork { network, .. } => format!("name an endpoint of chain {network}"),
            Self::PowerTooLarge => "compare the `decimals` of the strategy with those of the token".into(),
            Self::Phase(_) => "a phase is `temperature-check`, or `consensus-check` with the id of that".into(),
            Self::UnknownSystem(_) => {
                let words = crate::tally::System::ALL.map(|system| format!("`{system}`"));
                format!("the systems are {}", words.join(", "))
            }
            Self::WrongId { .. } => "get the message again from another place: this copy was changed".into(),
            _ => return None,
        };
        Some(hint)
    }
}

/// `text` without what is too long of it.
pub(crate) fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
