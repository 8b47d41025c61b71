//! Messages: shown, signed, and sent or written.

use std::process::ExitCode;
use std::time::Duration;

use alloy::primitives::Bytes;
use alloy::providers::Provider;
use btrst_chain::{Chain, Sender};
use btrst_offchain::Envelope;
use btrst_offchain::message::Message;
use eyre::Result;
use serde_json::{Value, json};

use super::client::Hub;
use super::clock::ClockOptions;
use crate::context::Context;
use crate::failure::Hinted;
use crate::opts::{EndpointOptions, SignerOptions};
use crate::signing::Place;

/// How long a wallet's holder may take to sign.
const PATIENCE: Duration = Duration::from_secs(300);

/// What becomes of the message.
#[derive(clap::Args, Clone, Debug)]
pub struct MessageOptions {
    /// Send the message; without it, it is only shown
    #[arg(long, help_heading = "Sending")]
    broadcast: bool,

    /// Write the signed envelope to this file, or to standard output for `-`, and send nothing
    #[arg(
        long,
        value_name = "FILE",
        value_parser = Place::parse,
        conflicts_with = "broadcast",
        help_heading = "Sending"
    )]
    out: Option<Place>,

    #[command(flatten)]
    clock: ClockOptions,

    #[command(flatten)]
    endpoint: EndpointOptions,

    #[command(flatten)]
    signer: SignerOptions,
}

impl MessageOptions {
    /// Who speaks.
    ///
    /// # Errors
    /// When no option names somebody, or a key cannot be read.
    pub async fn sender(&self) -> Result<Sender> {
        self.signer.required(self.broadcast || self.out.is_some(), PATIENCE).await
    }

    /// Sends `message` of `sender` to `hub`, writes it, or shows it. `what` names it, such as `vote for 1`.
    ///
    /// # Errors
    /// When it is not signed, the hub does not answer, or a file cannot be written.
    pub async fn finish(
        &self,
        message: Message,
        sender: &Sender,
        hub: &Hub,
        what: &str,
        context: &Context,
    ) -> Result<ExitCode> {
        let place = self.out.clone().unwrap_or(Place::Stdout);
        let say = |line: String| match &self.out {
            Some(place) => place.say(&line, context),
            None => context.say(&line),
        };
        let digest = message.digest();
        say(format!("{what}\n"))?;
        say(format!("signer  {}", sender.address()))?;
        say(format!("digest  {digest}"))?;
        let mut document = json!({
            "schema_version": 1,
            "hub": hub.address(),
            "signer": sender.address(),
            "id": digest,
            "message": message.to_json(),
        });
        let mut add = |status: &str, receipt: Value| {
            if let Some(document) = document.as_object_mut() {
                document.insert("status".into(), status.into());
                document.insert("receipt".into(), receipt);
            }
        };
        if !self.broadcast && self.out.is_none() {
            add("not_sent", Value::Null);
            say(format!("message {}", message.to_json()))?;
            say(format!("\nNothing was sent. With --broadcast it goes to {}.", hub.address()))?;
            context.document(&document)?;
            return Ok(ExitCode::SUCCESS);
        }
        let signature = self.sign(&message, sender).await?;
        let envelope = Envelope::new(sender.address(), signature, message);
        if let Err(fault) = envelope.verify_key() {
            let text = format!("the signature is not one of `{}`: {fault}", sender.address());
            return Err(Hinted::new(text, "check the device or the endpoint that signs").into());
        }
        if self.out.is_some() {
            add("written", Value::Null);
            place.put(&envelope.to_json().to_string(), &document, context)?;
            return Ok(ExitCode::SUCCESS);
        }
        match hub.submit(&envelope).await? {
            Ok(receipt) => {
                say(format!("ipfs    {}", receipt.get("ipfs").and_then(Value::as_str).unwrap_or("none")))?;
                say(format!("\nThe hub at {} took it.", hub.address()))?;
                add("taken", receipt);
                context.document(&document)?;
                Ok(ExitCode::SUCCESS)
            }
            Err(reason) => {
                say(format!("\nThe hub at {} refuses it: {reason}", hub.address()))?;
                add("refused", json!({ "reason": reason }));
                context.document(&document)?;
                Ok(ExitCode::FAILURE)
            }
        }
    }

    async fn sign(&self, message: &Message, sender: &Sender) -> Result<Bytes> {
        let typed = message.typed_data()?;
        let signature = match sender {
            Sender::Key(key) => key.sign_dynamic_typed_data(&typed).await.map_err(|error| {
                Hinted::new("the message is not signed", "check the key, or the device").caused_by(error)
            })?,
            Sender::Wallet(wallet) => wallet.sign(&typed).await?,
            Sender::Unlocked(_) => self.chain().await?.sign_typed(sender, &typed).await?,
        };
        Ok(signature.as_bytes().into())
    }

    /// The chain behind --rpc-url, whichever it is.
    async fn chain(&self) -> Result<Chain> {
        connect(&self.endpoint).await
    }

    /// Unix time in seconds that the message states.
    ///
    /// # Errors
    /// When the clock is before 1970, or the endpoint that has it does not answer.
    pub async fn now(&self) -> Result<u64> {
        self.clock.now(&self.endpoint).await
    }

    /// Number of the last block behind --rpc-url.
    ///
    /// # Errors
    /// When there is no endpoint, or it does not answer.
    pub async fn head(&self) -> Result<u64> {
        Ok(self.chain().await?.head().await?.number)
    }
}

/// The chain behind `options`, whichever it is.
///
/// # Errors
/// When there is no endpoint, or it does not answer.
pub async fn connect(options: &EndpointOptions) -> Result<Chain> {
    let provider = options.provider(None, 1)?;
    let id = provider.get_chain_id().await.map_err(|error| {
        Hinted::new("the endpoint does not name its chain", "check --rpc-url").caused_by(error)
    })?;
    Ok(Chain::connect(provider, id, "the hub").await?)
}
