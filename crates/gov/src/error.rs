//! The crate's one error type, with a way out for each case that has one.

use alloy::primitives::{Address, U256};

use crate::document::Place;
use crate::governor::Flavour;

/// What [`Error`]-returning functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a text, a value or a chain's answer was refused. [`Error::hint`] says what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A problem at a place of a file. The problem's text is part of this one's, so it is not a `source`.
    #[error("{place}: {problem}")]
    InFile {
        /// Where.
        place: Place,
        /// What is wrong there.
        problem: Box<Error>,
    },
    /// The text is not TOML, or not of the file's form: an unknown key, a missing one, a value of a wrong type.
    #[error("{0}")]
    Toml(String),
    /// A file cannot be written as TOML.
    #[error("cannot be written as TOML")]
    Render(#[from] toml::ser::Error),
    /// The file's form is of another version of these tools.
    #[error("unknown `schema_version` {0}")]
    SchemaVersion(u64),

    /// A place of a proposal file that nobody has filled in yet.
    #[error("`{0}` is not filled in")]
    Unfilled(String),
    /// The text is not JSON, or not of the form of the network's first tooling.
    #[error("{0}")]
    Json(String),
    /// A problem of one action of a proposal. Its text is part of this one's, so it is not a `source`.
    #[error("action {action}: {problem}")]
    InAction {
        /// The action, from 1.
        action: usize,
        /// What is wrong with it.
        problem: Box<Error>,
    },
    /// Lists of a JSON proposal that have different lengths.
    #[error("{count} {list}, expected {expected}, one for each target")]
    ListLength {
        /// The list.
        list: &'static str,
        /// Its length.
        count: usize,
        /// Number of targets.
        expected: usize,
    },
    /// Types that are not those of the signature beside them.
    #[error("the types are `({types})`, but the signature is `{signature}`")]
    TypesDiffer {
        /// The types as given, separated by commas.
        types: String,
        /// The signature as given.
        signature: String,
    },
    /// A JSON value that has no form in a proposal file.
    #[error("unexpected value `{0}`")]
    UnexpectedValue(String),
    /// A line of a description that looks as if it named a consensus check.
    #[error("`{0}` does not name a consensus check")]
    Claim(String),
    /// A description that names more than one consensus check.
    #[error("the description names more than one consensus check")]
    Claims,
    /// Call data without a signature, which a proposal file cannot say.
    #[error("the call data has no function signature")]
    RawCalldata,

    /// An amount without digits.
    #[error("empty amount")]
    EmptyAmount,
    /// An amount that is not a decimal number with an optional unit.
    #[error("invalid amount `{0}`")]
    InvalidAmount(String),
    /// An amount below zero.
    #[error("negative amount `{0}`")]
    NegativeAmount(String),
    /// A fraction finer than the token's base unit.
    #[error("amount `{text}` is finer than {unit} with {decimals} decimals")]
    TooManyDecimals {
        /// The amount as given.
        text: String,
        /// Unit that it is in.
        unit: String,
        /// Decimals of the unit.
        decimals: u8,
    },
    /// A unit that is none of `ether`, `btrst` and `usdc`.
    #[error("unknown unit `{unit}` in amount `{text}`")]
    UnknownUnit {
        /// The amount as given.
        text: String,
        /// Its unit.
        unit: String,
    },
    /// An amount of which nobody can tell what it counts.
    #[error("amount `{0}` has no unit")]
    MissingUnit(String),
    /// A known unit where another is expected.
    #[error("amount `{text}` is in {given}, expected {expected}")]
    UnexpectedUnit {
        /// The amount as given.
        text: String,
        /// Its unit.
        given: String,
        /// The unit that belongs here.
        expected: String,
    },
    /// An amount beyond 256 bits.
    #[error("amount `{0}` is too large")]
    AmountTooLarge(String),

    /// A text that is not 20 bytes of hexadecimal digits.
    #[error("invalid address `{0}`")]
    InvalidAddress(String),
    /// The capitals of an address are not its checksum's.
    #[error("wrong checksum in address `{given}`")]
    Checksum {
        /// The address as given.
        given: String,
        /// The same digits with their checksum.
        expected: Address,
    },
    /// A name that is neither a contract nor an account of the deployment.
    #[error("unknown name `{name}`")]
    UnknownName {
        /// The name as given.
        name: String,
        /// Known names that look like it.
        close: Vec<String>,
    },
    /// A key of `[contracts]` that is not one of the suite's contracts.
    #[error("unknown contract `{name}`")]
    UnknownContract {
        /// The key as given.
        name: String,
        /// The keys that are allowed.
        allowed: Vec<&'static str>,
    },
    /// A contract that every deployment has is not in the file.
    #[error("missing contract `{0}`")]
    MissingContract(&'static str),
    /// An account's name that cannot be told from an address or another name.
    #[error("invalid account name `{0}`")]
    InvalidAccountName(String),
    /// Two entries of one name.
    #[error("the name `{0}` is taken")]
    DuplicateName(String),
    /// A private key in the file of a chain that is not a devnet. The key is not part of the message.
    #[error("account `{account}` has a private key, but chain {chain_id} is not a devnet")]
    KeyOutsideDevnet {
        /// Name of the account.
        account: String,
        /// The deployment's chain.
        chain_id: u64,
    },
    /// A private key that is none, or is another account's. The key is not part of the message.
    #[error("the private key of account `{0}` does not belong to its address")]
    WrongKey(String),

    /// A description without a title in its first line.
    #[error("the description does not start with a title")]
    MissingTitle,
    /// A proposal without actions or with more than the governor takes.
    #[error("{count} actions, expected 1 to {maximum}")]
    ActionCount {
        /// Actions of the proposal.
        count: usize,
        /// Most that the governor takes.
        maximum: usize,
    },
    /// Two equal actions, which a time lock cannot queue.
    #[error("action {second} is the same as action {first}")]
    DuplicateAction {
        /// The first of the two, from 1.
        first: usize,
        /// The second, from 1.
        second: usize,
    },
    /// An action that neither calls a function nor sends ether.
    #[error("the action does nothing")]
    EmptyAction,
    /// Arguments without a function to take them.
    #[error("`arguments` without `function`")]
    ArgumentsWithoutFunction,
    /// A text that is not a function signature.
    #[error("invalid function signature `{0}`")]
    InvalidSignature(String),
    /// A signature whose selector would not be that of the function that is meant.
    #[error("function signature `{given}` is not canonical")]
    NotCanonical {
        /// The signature as given.
        given: String,
        /// The form whose hash gives the selector.
        canonical: String,
    },
    /// Another number of values than the type has places for.
    #[error("{given} values for `{expected}`, which takes {count}")]
    ValueCount {
        /// Signature or type.
        expected: String,
        /// Values it takes.
        count: usize,
        /// Values given.
        given: usize,
    },
    /// A value that is not of the type that the signature asks for.
    #[error("{given} is not a `{expected}`")]
    WrongType {
        /// Solidity type.
        expected: String,
        /// The value as given.
        given: String,
    },
    /// An integer that the type cannot hold.
    #[error("`{value}` is out of range for `{expected}`")]
    OutOfRange {
        /// Solidity type.
        expected: String,
        /// The value as given.
        value: String,
    },
    /// Call data that is not the ABI encoding of the signature's arguments.
    #[error("call data is not the encoding of arguments for `{0}`")]
    InvalidCalldata(String),
    /// Call data that is no call of `propose`, in neither form.
    #[error("call data is not a call of `propose`")]
    NotPropose,

    /// A deployment of GovernorAlpha's generation cannot do this.
    #[error("GovernorAlpha cannot {0}")]
    NotInAlpha(&'static str),
    /// The governor takes no reason with the signed ballot of a contract wallet.
    #[error("a contract wallet's signed ballot has no reason")]
    ReasonOfWallet,
    /// A text that is not a signed message of these tools.
    #[error("this is not a signed {what}: {reason}")]
    NotSigned {
        /// What it should be: `ballot` or `delegation`.
        what: &'static str,
        /// The parser's reason.
        reason: String,
    },
    /// The contract is neither of the two governors.
    #[error("`{0}` is not a governor of a known kind")]
    UnknownGovernor(Address),
    /// The governor on the chain has another ABI than the deployment file, or whoever asked, says.
    #[error("`{governor}` is of flavour `{actual}`, not `{stated}`")]
    WrongFlavour {
        /// The contract.
        governor: Address,
        /// Flavour that was stated.
        stated: Flavour,
        /// Flavour of the contract.
        actual: Flavour,
    },
    /// A block whose end has not come, so that nobody knows its votes.
    #[error("block {block} is not past; the latest is {latest}")]
    BlockNotPast {
        /// The block as asked for.
        block: u64,
        /// The chain's last block.
        latest: u64,
    },
    /// A word that is none of those that exist.
    #[error("unknown {what} `{value}`")]
    UnknownWord {
        /// What the word is for.
        what: &'static str,
        /// The word as given.
        value: String,
        /// The words that exist.
        allowed: &'static [&'static str],
    },
    /// An answer or a log of the chain that makes no sense.
    #[error("the chain's {what} `{value}` makes no sense")]
    Nonsense {
        /// What was read.
        what: &'static str,
        /// The value that came back.
        value: String,
    },
    /// A proposal of the governor from which this one took over.
    #[error("proposal {0} was not made at this governor")]
    EarlierProposal(u64),
    /// There is no such proposal.
    #[error("there is no proposal {id}; the latest is {latest}")]
    UnknownProposal {
        /// The id asked for.
        id: u64,
        /// The governor's latest id.
        latest: u64,
    },
    /// A log of a known event that cannot be decoded.
    #[error("a log of `{event}` cannot be decoded")]
    InvalidLog {
        /// Name of the event.
        event: &'static str,
        /// The decoder's reason.
        #[source]
        source: alloy::sol_types::Error,
    },
    /// A call failed on the chain or on the way to it.
    #[error("reading `{what}` failed")]
    Read {
        /// What was read.
        what: &'static str,
        /// The provider's reason.
        #[source]
        source: Box<alloy::contract::Error>,
    },

    /// The zero address where something would be lost to it.
    #[error("the address is zero")]
    ZeroAddress,
    /// A name of a category or member that the register refuses.
    #[error("a name of {length} bytes, expected 1 to {maximum}")]
    NameLength {
        /// Bytes of the name.
        length: usize,
        /// Most that the register takes.
        maximum: usize,
    },
    /// A parameter outside its bounds.
    #[error("{name} {value} is outside {minimum} to {maximum}")]
    OutOfBounds {
        /// The parameter in words.
        name: &'static str,
        /// The value as given.
        value: U256,
        /// Least value.
        minimum: U256,
        /// Greatest value.
        maximum: U256,
    },
}

impl Error {
    /// What the reader can do about it, where there is something; one line, lower case, no full stop.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::InFile { problem, .. } | Self::InAction { problem, .. } => return problem.hint(),
            Self::Unfilled(place) => format!("write the value in place of `{place}`, braces included"),
            Self::Json(_) | Self::ListLength { .. } => {
                "the form is `{targets, values, signatures, parameters: {types, values}, description}`; with \
                 several actions, `parameters` is a list of one `{types, values}` each"
                    .into()
            }
            Self::TypesDiffer { .. } => "make `types` those of the signature, in its order".into(),
            Self::UnexpectedValue(_) => {
                "write a text, `true`, `false`, a whole number below 2^53, a larger one in quotes, or a list of these"
                    .into()
            }
            Self::Claim(_) => {
                "alone in its line, and exactly so: `Consensus check: snapshot:usebraintrust.eth:0x…`, as `btrst proposal \
                 new --from-snapshot` writes it"
                    .into()
            }
            Self::Claims => "leave the one whose payload this is; another payload is another proposal".into(),
            Self::RawCalldata => "give each call its signature, such as `transfer(address,uint256)`".into(),
            Self::WrongFlavour { actual, .. } => {
                format!("check the address; if it is right, state `flavour = \"{actual}\"` or --flavour {actual}")
            }
            Self::EarlierProposal(_) => "name a deployment with the governor before this one".into(),
            Self::UnknownProposal { latest: 0, .. } => "nothing has been proposed yet".into(),
            Self::UnknownProposal { latest: 1, .. } => "proposal 1 is the only one".into(),
            Self::UnknownProposal { latest, .. } => format!("name an id from 1 to {latest}"),
            Self::BlockNotPast { latest, .. } => format!("name a block below {latest}"),
            Self::Toml(_) => {
                "the files in `proposals/` and `deployments/` of the repository show the form".into()
            }
            Self::SchemaVersion(_) => "this version reads `schema_version = 1`".into(),
            Self::EmptyAmount | Self::InvalidAmount(_) => {
                "write digits with optional `_` groups, fraction and unit, such as `25_000.5btrst`".into()
            }
            Self::NegativeAmount(_) => "amounts are zero or more".into(),
            Self::TooManyDecimals { decimals: 0, .. } => {
                "a number without unit counts base units; add a unit, such as `0.5btrst`, for a fraction"
                    .into()
            }
            Self::TooManyDecimals { decimals, .. } => format!("round it to {decimals} decimals"),
            Self::UnknownUnit { .. } => "the units are `ether`, `btrst` and `usdc`".into(),
            Self::MissingUnit(text) => format!("write `{text}btrst`, `{text}usdc` or `{text}ether`"),
            Self::UnexpectedUnit { expected, .. } => format!("write the amount as {expected}"),
            Self::AmountTooLarge(_) => "amounts are below 2^256 base units".into(),
            Self::InvalidAddress(_) => "an address is `0x` and 40 hexadecimal digits".into(),
            Self::Checksum { expected, .. } => format!(
                "a digit may be mistyped: compare it with its source; if all digits are right, write `{expected}`"
            ),
            Self::UnknownName { close, .. } if !close.is_empty() => format!("did you mean {}?", list(close)),
            Self::UnknownName { .. } => {
                "use a contract or account of the deployment file, or a checksummed address".into()
            }
            Self::UnknownContract { allowed, .. } => format!("known contracts are {}", list(allowed)),
            Self::MissingContract(name) => format!("add `{name} = \"0x…\"` to `[contracts]`"),
            Self::InvalidAccountName(_) => {
                "a name starts with a letter and has lower-case letters, digits, `-` and `_`".into()
            }
            Self::DuplicateName(_) => "give each contract and account a name of its own".into(),
            Self::KeyOutsideDevnet { .. } => {
                "remove `private_key`, treat the key as leaked, and sign with a keystore or a hardware wallet"
                    .into()
            }
            Self::MissingTitle => {
                "start the description with a line such as `# Lower the marketplace fee`".into()
            }
            Self::ActionCount { count: 0, .. } => "add an `[[actions]]`".into(),
            Self::ActionCount { maximum, .. } => {
                format!("split it into proposals of at most {maximum} actions each")
            }
            Self::DuplicateAction { .. } => "merge the two, for example by adding up their amounts".into(),
            Self::EmptyAction => "give it a `function`, or a `value` above zero to send ether".into(),
            Self::ArgumentsWithoutFunction => "add the `function` that takes them".into(),
            Self::InvalidSignature(_) => "write name and types, such as `transfer(address,uint256)`".into(),
            Self::NotCanonical { canonical, .. } => format!("write `{canonical}`"),
            Self::ValueCount { expected, .. } => format!("give one value for each type of `{expected}`"),
            Self::WrongType { expected, .. } => form_of(expected).into(),
            Self::OutOfRange { .. } => "check the value and its unit, and the type in the signature".into(),
            Self::Read { .. } => "check the endpoint, and that the deployment belongs to its chain".into(),
            Self::UnknownWord { allowed, .. } => format!("use one of {}", list(allowed)),
            Self::ReasonOfWallet => "leave the reason out, or let the wallet send the vote itself".into(),
            Self::NotSigned { .. } => "take the file as --sign wrote it, with nothing around it".into(),
            Self::UnknownGovernor(_) => {
                "check the address: known are BraintrustGovernor and GovernorAlpha".into()
            }
            Self::OutOfBounds { minimum, maximum, .. } => {
                format!("choose a value from {minimum} to {maximum}")
            }
            Self::ZeroAddress => "name the account or contract that is meant".into(),
            Self::NameLength { .. } => "shorten it, or say it in words; bytes count, not letters".into(),
            Self::NotInAlpha("change its parameters") => {
                "its parameters are constants of its code; a proposal can adopt another governor".into()
            }
            Self::NotInAlpha("take the signature of a contract wallet") => {
                "let the wallet send the vote itself: --calldata or --safe-json writes the call".into()
            }
            Self::NotInAlpha(_) => "it takes ballots for or against, without a reason".into(),
            _ => return None,
        };
        Some(hint)
    }
}

/// How a file writes a value of the Solidity type `ty`.
fn form_of(ty: &str) -> &'static str {
    match ty {
        _ if ty.ends_with([']', ')']) => "write its values between `[` and `]`",
        "address" => "write the name of a contract or account, or a checksummed address, in quotes",
        "bool" => "write `true` or `false`, without quotes",
        "string" => "write the text in quotes",
        _ if ty.starts_with("bytes") => "write `0x` and the hexadecimal digits of all its bytes, in quotes",
        _ if ty.starts_with("int") => "write a whole number",
        _ => "write a whole number, or an amount in quotes such as `\"25_000btrst\"`",
    }
}

fn list(names: &[impl AsRef<str>]) -> String {
    names.iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_type_hints_at_the_right_form() {
        let table = [
            ("address", "write the name of a contract or account"),
            ("bool", "write `true` or `false`"),
            ("bytes", "write `0x`"),
            ("bytes32", "write `0x`"),
            ("int8", "write a whole number"),
            ("string", "write the text in quotes"),
            ("uint256", "write a whole number, or an amount in quotes such as `\"25_000btrst\"`"),
            ("uint8[]", "write its values between"),
            ("bytes32[2]", "write its values between"),
            ("(uint8,bool)", "write its values between"),
        ];
        for (ty, start) in table {
            let error = Error::WrongType { expected: ty.into(), given: "`1`".into() };
            let hint = error.hint().unwrap();
            assert!(hint.starts_with(start), "{ty}: {hint}");
        }
    }
}
