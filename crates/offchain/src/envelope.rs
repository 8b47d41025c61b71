//! Envelopes: a message with the signature under it, as programs send them to a hub.

use alloy::primitives::{Address, B256, Bytes, hex};
use serde_json::{Map, Value};

use crate::message::{Form, Message, address, domain, lacks_capitals, word};
use crate::signature::{self, Fault};
use crate::{Error, Result, json};

/// A message, who signs for it, and the signature.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    address: Address,
    signature: Bytes,
    message: Message,
    id: B256,
    /// The signed data as it came, so that what is stored is what was sent.
    data: Value,
    /// An account in it that has not the capitals of its checksum.
    unchecked: Option<String>,
}

impl Envelope {
    /// The envelope of `message` with the `signature` of `address`.
    #[must_use]
    pub fn new(address: Address, signature: Bytes, message: Message) -> Self {
        let mut data = Map::new();
        let domain = domain();
        let domain = [("name", domain.name), ("version", domain.version)];
        let domain = domain.into_iter().map(|(key, text)| (key.to_owned(), text.unwrap_or_default().into()));
        data.insert("domain".into(), Value::Object(domain.collect()));
        data.insert("types".into(), message.form().to_types());
        data.insert("message".into(), message.to_json());
        Self { address, signature, id: message.digest(), message, data: Value::Object(data), unchecked: None }
    }

    /// Reads the envelope that a program sends: `{address, sig, data: {domain, types, message}}`.
    ///
    /// # Errors
    /// [`Error::TooLarge`], [`Error::Json`], [`Error::Envelope`], [`Error::Domain`], [`Error::Types`],
    /// [`Error::MissingField`], [`Error::WrongField`].
    pub fn parse(text: &[u8]) -> Result<Self> {
        if text.len() > json::MAX_BYTES {
            return Err(Error::TooLarge { bytes: text.len(), maximum: json::MAX_BYTES });
        }
        let value = json::parse(text).map_err(|error| Error::Json(error.to_string()))?;
        Self::from_json(value, &["address", "sig", "data"])
    }

    /// Reads an envelope as it is published: with its id, between the signature and the data.
    ///
    /// # Errors
    /// As [`Envelope::parse`], and [`Error::WrongId`] when the id is another's.
    pub fn parse_pinned(text: &[u8]) -> Result<Self> {
        // The id is not in what the limit is of.
        let maximum = json::MAX_BYTES + 100;
        if text.len() > maximum {
            return Err(Error::TooLarge { bytes: text.len(), maximum });
        }
        let value = json::parse(text).map_err(|error| Error::Json(error.to_string()))?;
        let stated = value.get("hash").and_then(Value::as_str).unwrap_or_default().to_owned();
        let envelope = Self::from_json(value, &["address", "sig", "hash", "data"])?;
        if word(&stated) != Some(envelope.id) {
            return Err(Error::WrongId { stated, actual: envelope.id });
        }
        Ok(envelope)
    }

    fn from_json(value: Value, keys: &[&str]) -> Result<Self> {
        let Value::Object(mut envelope) = value else { return Err(Error::Envelope("it is not an object")) };
        if envelope.keys().any(|key| !keys.contains(&key.as_str())) || envelope.len() != keys.len() {
            return Err(Error::Envelope("its keys are not `address`, `sig` and `data`"));
        }
        let text = |key| envelope.get(key).and_then(Value::as_str).unwrap_or_default();
        let account = text("address");
        let signer = address(account).ok_or(Error::Envelope("`address` is not an address"))?;
        let signature = text("sig").strip_prefix("0x").and_then(|digits| hex::decode(digits).ok());
        let signature = signature.ok_or(Error::Envelope("`sig` is not in hexadecimal digits after `0x`"))?;
        let mut unchecked = lacks_capitals(account).then(|| account.to_owned());

        let Some(Value::Object(mut data)) = envelope.remove("data") else {
            return Err(Error::Envelope("`data` is not an object"));
        };
        let known = |key: &String| matches!(key.as_str(), "domain" | "types" | "message" | "primaryType");
        if !data.keys().all(known) {
            return Err(Error::Envelope("`data` has more than `domain`, `types` and `message`"));
        }
        check_domain(data.get("domain"))?;
        let Some(Value::Object(types)) = data.get_mut("types") else {
            return Err(Error::Envelope("`types` is not an object"));
        };
        // Some wallets want the type of the domain in the list; it is implied.
        types.shift_remove("EIP712Domain");
        let form = data.get("types").and_then(Form::of_types).ok_or(Error::Types)?;
        if data.get("primaryType").is_some_and(|name| name.as_str() != Some(form.name)) {
            return Err(Error::Envelope("`primaryType` is not the type of the message"));
        }
        let Some(Value::Object(message)) = data.get("message") else {
            return Err(Error::Envelope("`message` is not an object"));
        };
        for key in ["from", "alias"] {
            let account = message.get(key).and_then(Value::as_str);
            let wrong = account.filter(|text| lacks_capitals(text));
            unchecked = unchecked.or_else(|| wrong.map(str::to_owned));
        }
        let message = Message::from_json(form, message)?;
        let (id, data) = (message.digest(), Value::Object(data));
        Ok(Self { address: signer, signature: signature.into(), message, id, data, unchecked })
    }

    /// The account that signs: that of the message, or one that may sign for it.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.address
    }

    /// The signature; empty where a wallet has approved the message on chain.
    #[must_use]
    pub const fn signature(&self) -> &Bytes {
        &self.signature
    }

    /// What is signed.
    #[must_use]
    pub const fn message(&self) -> &Message {
        &self.message
    }

    /// What the message is known by: its EIP-712 digest.
    #[must_use]
    pub const fn id(&self) -> B256 {
        self.id
    }

    /// An account of it that is written without the capitals of its checksum. Hubs refuse that.
    #[must_use]
    pub fn unchecked(&self) -> Option<&str> {
        self.unchecked.as_deref()
    }

    /// Whether the key of [`Envelope::address`] has signed.
    ///
    /// # Errors
    /// What is wrong with the signature. Contract wallets sign otherwise; see [`crate::wallet`].
    pub fn verify_key(&self) -> Result<(), Fault> {
        signature::verify(self.address, &self.id, &self.signature)
    }

    /// The envelope as programs send it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        self.with(None)
    }

    /// The envelope as it is published, with its id.
    #[must_use]
    pub fn pinned(&self) -> Value {
        self.with(Some(self.id))
    }

    fn with(&self, id: Option<B256>) -> Value {
        let mut envelope = Map::new();
        envelope.insert("address".into(), self.address.to_string().into());
        envelope.insert("sig".into(), self.signature.to_string().into());
        if let Some(id) = id {
            envelope.insert("hash".into(), id.to_string().into());
        }
        envelope.insert("data".into(), self.data.clone());
        Value::Object(envelope)
    }
}

/// Nothing but the protocol's own domain: a message that names a chain or a contract was signed for something else.
fn check_domain(stated: Option<&Value>) -> Result<()> {
    let domain = domain();
    let same = |stated: &Map<String, Value>| {
        let text = |key| stated.get(key).and_then(Value::as_str);
        stated.len() == 2
            && text("name") == domain.name.as_deref()
            && text("version") == domain.version.as_deref()
    };
    if stated.and_then(Value::as_object).is_some_and(same) { Ok(()) } else { Err(Error::Domain) }
}
