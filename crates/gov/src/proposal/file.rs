//! The proposal file, `proposals/<name>.toml`.

use alloy::primitives::U256;
use serde::Deserialize;
use toml::Spanned;

use super::{Action, Proposal, arguments::Reader, describe::parameters_of, signature::Signature};
use crate::{
    Deployment, Error, Result,
    amount::{Amount, Unit},
    document::{Document, Value},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    description: Spanned<String>,
    actions: Spanned<Vec<Spanned<Entry>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    contract: Spanned<String>,
    function: Option<Spanned<String>>,
    arguments: Option<Spanned<Vec<Spanned<Value>>>>,
    value: Option<Spanned<String>>,
    // For the file's readers; nothing of it goes to the chain.
    #[serde(rename = "comment")]
    _comment: Option<String>,
}

impl Proposal {
    /// Reads the text of a proposal file, with the names of `deployment`.
    ///
    /// # Errors
    /// With line and column of the value: if the text is not TOML, a key is unknown or missing, the description has
    /// no title, a name is unknown, a signature is not canonical, an argument is not of its type, or the number of
    /// actions is not 1 to [`MAX_ACTIONS`](super::MAX_ACTIONS).
    pub fn parse(text: &str, deployment: &Deployment) -> Result<Self> {
        let document = Document(text);
        let reader = Reader { document, deployment };
        let file: File = document.parse()?;
        let actions =
            file.actions.get_ref().iter().map(|entry| read_action(reader, entry)).collect::<Result<_>>()?;
        let proposal = Self { description: file.description.get_ref().clone(), actions };
        document.convert(&file.description, |text| {
            let title = text.lines().next().and_then(|line| line.strip_prefix("# ")).unwrap_or_default();
            if title.trim().is_empty() { Err(Error::MissingTitle) } else { Ok(()) }
        })?;
        document.convert(&file.actions, |_| proposal.check())?;
        Ok(proposal)
    }
}

fn read_action(reader: Reader<'_>, entry: &Spanned<Entry>) -> Result<Action> {
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
        let unit = known.as_ref().and_then(|known| known.get(index)?.unit());
        reader.read(value, ty, unit)
    });
    let calldata = signature.encode(values.collect::<Result<_>>()?)?;
    Ok(Action { target, value, signature: signature.text.into(), calldata })
}
