//! Messages: what an account signs, in any of the forms that the protocol has had.

mod content;
mod draft;
pub mod form;
mod kind;
mod value;

use std::sync::LazyLock;

use alloy::dyn_abi::TypedData;
use alloy::primitives::{Address, B256, Keccak256};
use alloy::sol_types::{Eip712Domain, eip712_domain};
use serde_json::{Map, Value};

pub use content::{
    Alias, CancelProposal, Content, DeleteSpace, FlagProposal, Proposal, SignedChoice, SpaceMessage,
    UpdateProposal, Vote,
};
pub use form::{Field, FieldType, Form};
pub use kind::Kind;
pub use value::MAX_INTEGER;
pub(crate) use value::{FieldValue, address, lacks_capitals, word};

use crate::{Error, Result};

/// The domain of all messages. It names neither a chain nor a contract.
#[must_use]
pub fn domain() -> Eip712Domain {
    eip712_domain! { name: "snapshot", version: "0.1.4", }
}

/// Hash of [`domain`].
static DOMAIN_SEPARATOR: LazyLock<B256> = LazyLock::new(|| domain().separator());

/// A message and the form that it is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    form: &'static Form,
    /// A value for each field of the form.
    values: Vec<FieldValue>,
    from: Address,
    /// Keys beside those of the form, which no signature covers.
    unsigned: Vec<String>,
}

impl Message {
    /// Reads the message of an envelope.
    ///
    /// # Errors
    /// [`Error::MissingField`], [`Error::WrongField`].
    pub fn from_json(form: &'static Form, message: &Map<String, Value>) -> Result<Self> {
        let value = |field: &Field| {
            let value = message.get(field.name).ok_or(Error::MissingField(field.name))?;
            FieldValue::from_json(field, value)
        };
        let values = form.fields.iter().map(value).collect::<Result<Vec<_>>>()?;
        let known = |key: &&String| !form.fields.iter().any(|field| field.name == key.as_str());
        let unsigned = if message.len() > form.fields.len() {
            message.keys().filter(known).cloned().collect()
        } else {
            Vec::new()
        };
        Self::new(form, values, unsigned)
    }

    fn new(form: &'static Form, values: Vec<FieldValue>, unsigned: Vec<String>) -> Result<Self> {
        let from = form.fields.iter().zip(&values).find(|(field, _)| field.name == "from");
        let (field, from) = from.ok_or(Error::MissingField("from"))?;
        let from = match from {
            FieldValue::Address(address) => Some(*address),
            FieldValue::Text(text) => address(text),
            _ => None,
        }
        .ok_or_else(|| Error::field(field, &from.to_json()))?;
        Ok(Self { form, values, from, unsigned })
    }

    /// The form that it is signed in.
    #[must_use]
    pub const fn form(&self) -> &'static Form {
        self.form
    }

    /// What it does.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.form.kind
    }

    /// The account that it speaks for.
    #[must_use]
    pub const fn from(&self) -> Address {
        self.from
    }

    /// Unix time in seconds that it states for itself; a few old forms have none.
    #[must_use]
    pub fn timestamp(&self) -> Option<u64> {
        self.number("timestamp")
    }

    /// Id of the space, where it is about one.
    #[must_use]
    pub fn space(&self) -> Option<&str> {
        self.text("space")
    }

    /// Keys of the JSON that no field of the form has, so that nobody has signed them.
    #[must_use]
    pub fn unsigned(&self) -> &[String] {
        &self.unsigned
    }

    /// The text of the field `name`, where it is one.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.value(name)? {
            FieldValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The texts of the field `name`, where it has some.
    #[must_use]
    pub fn texts(&self, name: &str) -> Option<&[String]> {
        match self.value(name)? {
            FieldValue::Texts(texts) => Some(texts),
            _ => None,
        }
    }

    /// The integer of the field `name`, where it is one.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.value(name)? {
            FieldValue::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn value(&self, name: &str) -> Option<&FieldValue> {
        let index = self.form.fields.iter().position(|field| field.name == name)?;
        self.values.get(index)
    }

    /// What is signed, and what the message is known by: its EIP-712 digest.
    #[must_use]
    pub fn digest(&self) -> B256 {
        let values = self.values.iter().map(FieldValue::encoded);
        let hash = value::hash_of(std::iter::once(self.form.typehash).chain(values));
        let mut digest = Keccak256::new();
        digest.update([0x19, 0x01]);
        digest.update(*DOMAIN_SEPARATOR);
        digest.update(hash);
        digest.finalize()
    }

    /// The message as an envelope has it, its keys in the order of the form.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let fields = self.form.fields.iter().zip(&self.values);
        Value::Object(fields.map(|(field, value)| (field.name.to_owned(), value.to_json())).collect())
    }

    /// The message with its types and its domain, as wallets take it.
    ///
    /// # Errors
    /// [`Error::Json`] when the library for wallets does not take it.
    pub fn typed_data(&self) -> Result<TypedData> {
        let mut types = Map::new();
        let domain = [("name", "string"), ("version", "string")];
        let field = |(name, ty): (&str, &str)| serde_json::json!({ "name": name, "type": ty });
        types.insert("EIP712Domain".into(), domain.into_iter().map(field).collect());
        if let Value::Object(own) = self.form.to_types() {
            types.extend(own);
        }
        let data = serde_json::json!({
            "types": types,
            "primaryType": self.form.name,
            "domain": { "name": "snapshot", "version": "0.1.4" },
            "message": self.to_json(),
        });
        serde_json::from_value(data).map_err(|error| Error::Json(error.to_string()))
    }
}
