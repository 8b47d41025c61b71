//! Messages that are signed now and sent by somebody later: shown with their hashes, signed, written.

use std::path::{Path, PathBuf};

use alloy::primitives::{Address, Bytes};
use btrst_chain::{Chain, Sender};
use btrst_gov::TypedMessage;
use eyre::Result;
use serde_json::{Value, json};

use crate::context::Context;
use crate::failure::Hinted;
use crate::sending::create;

/// Where a signed message goes.
#[derive(Clone, Debug)]
pub enum Place {
    /// To standard output, and nothing else with it.
    Stdout,
    /// To a file that does not exist yet.
    File(PathBuf),
}

impl Place {
    /// The place called `text`: a path, or `-`.
    ///
    /// # Errors
    /// Never; clap wants to be told.
    pub fn parse(text: &str) -> Result<Self, std::convert::Infallible> {
        Ok(if text == "-" { Self::Stdout } else { Self::File(text.into()) })
    }

    /// The file, if it is one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Stdout => None,
            Self::File(path) => Some(path),
        }
    }

    /// Says `line` where it is not in the way of the message.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn say(&self, line: &str, context: &Context) -> Result<()> {
        match self {
            Self::Stdout => {
                context.note(line);
                Ok(())
            }
            Self::File(_) => context.say(line),
        }
    }

    /// Puts the signed message `text` there; `document` is what `--json` prints of it beside a file.
    ///
    /// # Errors
    /// When the file exists, or nothing can be written.
    pub fn put(&self, text: &str, document: &Value, context: &Context) -> Result<()> {
        match self {
            // It is one JSON document anyway, and the one that the relaying command reads.
            Self::Stdout => Ok(crate::context::print(text)?),
            Self::File(path) => {
                create(path, text)?;
                context.say(&format!("\nWrote {}; nothing was sent.", path.display()))?;
                context.document(document)
            }
        }
    }
}

/// Shows the hashes of `message`, so that they can be compared on the device, and has `sender` sign it.
///
/// # Errors
/// When it is not signed, or by another account than the sender.
pub async fn sign(
    chain: &Chain,
    sender: &Sender,
    message: &TypedMessage,
    place: &Place,
    context: &Context,
) -> Result<Bytes> {
    place.say(&format!("signer       {}", sender.address()), context)?;
    place.say(&format!("domain hash  {}", message.domain_separator), context)?;
    place.say(&format!("message hash {}", message.struct_hash), context)?;
    place.say(&format!("digest       {}", message.digest), context)?;
    if let Sender::Wallet(_) = sender {
        context.note("the wallet is asked, see its page …");
    }
    let signature = chain.sign_typed(sender, &message.data).await?;
    let signer = message.signer(&signature);
    if signer != Some(sender.address()) {
        let by: Option<Address> = signer;
        let by = by.map_or_else(|| "nobody".to_owned(), |signer| format!("`{signer}`"));
        let text = format!("the signature is not one of `{}`, but of {by}", sender.address());
        return Err(Hinted::new(text, "check the device, the wallet or the endpoint that signs").into());
    }
    Ok(signature.as_bytes().into())
}

/// The hashes of `message` for programs.
pub fn hashes(message: &TypedMessage) -> Value {
    json!({
        "domain_hash": message.domain_separator,
        "message_hash": message.struct_hash,
        "digest": message.digest,
    })
}
