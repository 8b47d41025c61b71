//! The forms that a message can be signed in: the list of EIP-712 types that the protocol allows.
//!
//! The protocol has changed some of them: an account was an `address` and is a `string` now, a proposal was a `bytes32`,
//! fields were added. All of them are still taken, each by its exact fields in their order.

use std::collections::HashMap;
use std::sync::LazyLock;

use alloy::primitives::{B256, keccak256};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::Kind;

/// Type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// `address`.
    Address,
    /// `bytes32`.
    Word,
    /// `string`.
    Text,
    /// `string[]`.
    Texts,
    /// `uint32`.
    Uint32,
    /// `uint32[]`.
    Uint32s,
    /// `uint64`.
    Uint64,
}

impl FieldType {
    const ALL: [Self; 7] =
        [Self::Address, Self::Word, Self::Text, Self::Texts, Self::Uint32, Self::Uint32s, Self::Uint64];

    /// The name in Solidity.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Word => "bytes32",
            Self::Text => "string",
            Self::Texts => "string[]",
            Self::Uint32 => "uint32",
            Self::Uint32s => "uint32[]",
            Self::Uint64 => "uint64",
        }
    }
}

/// A field of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Name.
    pub name: &'static str,
    /// Type.
    pub ty: FieldType,
}

/// One of the allowed types of a message.
#[derive(Debug, PartialEq, Eq)]
pub struct Form {
    /// What messages of this form do.
    pub kind: Kind,
    /// The type as EIP-712 encodes it, such as `Alias(address from,address alias,uint64 timestamp)`.
    pub encoding: &'static str,
    /// Name of the type.
    pub name: &'static str,
    /// Its fields, in their order.
    pub fields: Vec<Field>,
    /// Keccak hash of the encoding.
    pub typehash: B256,
    /// The type as the `types` of an envelope, without spaces.
    pub types: String,
}

impl Form {
    fn new((kind, encoding): &(Kind, &'static str)) -> Option<Self> {
        let (name, rest) = encoding.split_once('(')?;
        let field = |text: &'static str| {
            let (ty, name) = text.split_once(' ')?;
            let ty = FieldType::ALL.into_iter().find(|known| known.name() == ty)?;
            Some(Field { name, ty })
        };
        let fields = rest.strip_suffix(')')?.split(',').map(field).collect::<Option<Vec<_>>>()?;
        let typehash = keccak256(encoding);
        let types = types_of(name, &fields).to_string();
        Some(Self { kind: *kind, encoding, name, fields, typehash, types })
    }

    /// All forms.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &FORMS
    }

    /// The form of the `types` of an envelope, when it is allowed. The order of keys counts, as it does to those who hash
    /// the text.
    #[must_use]
    pub fn of_types(types: &Value) -> Option<&'static Self> {
        let index = BY_TYPES.get(types.to_string().as_str())?;
        FORMS.get(*index)
    }

    /// The form with this encoding.
    #[must_use]
    pub fn of_encoding(encoding: &str) -> Option<&'static Self> {
        FORMS.iter().find(|form| form.encoding == encoding)
    }

    /// The form in which messages of `kind` are signed today; the others are older.
    #[must_use]
    pub fn current(kind: Kind) -> Option<&'static Self> {
        FORMS.iter().find(|form| form.kind == kind)
    }

    /// The `types` of an envelope of this form.
    #[must_use]
    pub fn to_types(&self) -> Value {
        types_of(self.name, &self.fields)
    }

    /// Sha-256 of the types, by which the protocol lists them.
    #[must_use]
    pub fn key(&self) -> B256 {
        B256::from_slice(&Sha256::digest(&self.types))
    }
}

fn types_of(name: &str, fields: &[Field]) -> Value {
    let field = |field: &Field| {
        let mut map = Map::new();
        map.insert("name".into(), field.name.into());
        map.insert("type".into(), field.ty.name().into());
        Value::Object(map)
    };
    let mut types = Map::new();
    types.insert(name.into(), fields.iter().map(field).collect());
    Value::Object(types)
}

static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| ENCODINGS.iter().filter_map(Form::new).collect());

static BY_TYPES: LazyLock<HashMap<&'static str, usize>> =
    LazyLock::new(|| FORMS.iter().enumerate().map(|(index, form)| (form.types.as_str(), index)).collect());

/// Kind and encoding of each form; of each kind the newest first.
#[rustfmt::skip]
const ENCODINGS: &[(Kind, &str)] = &[
    (Kind::Proposal, "Proposal(string from,string space,uint64 timestamp,string type,string title,string body,string discussion,string[] choices,string[] labels,uint64 start,uint64 end,uint64 snapshot,string plugins,string privacy,string app)"),
    (Kind::Proposal, "Proposal(address from,string space,uint64 timestamp,string type,string title,string body,string discussion,string[] choices,string[] labels,uint64 start,uint64 end,uint64 snapshot,string plugins,string privacy,string app)"),
    (Kind::Proposal, "Proposal(address from,string space,uint64 timestamp,string type,string title,string body,string discussion,string[] choices,string[] labels,uint64 start,uint64 end,uint64 snapshot,string plugins,string app)"),
    (Kind::Proposal, "Proposal(address from,string space,uint64 timestamp,string type,string title,string body,string discussion,string[] choices,uint64 start,uint64 end,uint64 snapshot,string plugins,string app)"),
    (Kind::Proposal, "Proposal(address from,string space,uint64 timestamp,string type,string title,string body,string discussion,string[] choices,uint64 start,uint64 end,uint64 snapshot,string plugins)"),
    (Kind::Proposal, "Proposal(address from,string space,uint64 timestamp,string type,string title,string body,string discussion,string[] choices,uint64 start,uint64 end,uint64 snapshot,string network,string plugins)"),
    (Kind::Proposal, "Proposal(address from,string space,uint64 timestamp,string type,string title,string body,string discussion,string[] choices,uint64 start,uint64 end,uint64 snapshot,string network,string strategies,string plugins,string metadata)"),
    (Kind::Proposal, "Proposal(address from,string space,uint64 timestamp,string type,string title,string body,string[] choices,uint64 start,uint64 end,uint64 snapshot,string network,string strategies,string plugins,string metadata)"),
    (Kind::UpdateProposal, "UpdateProposal(string proposal,string from,string space,uint64 timestamp,string type,string title,string body,string discussion,string[] choices,string[] labels,string plugins,string privacy)"),
    (Kind::UpdateProposal, "UpdateProposal(string proposal,address from,string space,uint64 timestamp,string type,string title,string body,string discussion,string[] choices,string[] labels,string plugins,string privacy)"),
    (Kind::UpdateProposal, "UpdateProposal(string proposal,address from,string space,uint64 timestamp,string type,string title,string body,string discussion,string[] choices,string[] labels,string plugins)"),
    (Kind::UpdateProposal, "UpdateProposal(string proposal,address from,string space,uint64 timestamp,string type,string title,string body,string discussion,string[] choices,string plugins)"),
    (Kind::CancelProposal, "CancelProposal(string from,string space,uint64 timestamp,string proposal)"),
    (Kind::CancelProposal, "CancelProposal(string from,string space,uint64 timestamp,bytes32 proposal)"),
    (Kind::CancelProposal, "CancelProposal(address from,string space,uint64 timestamp,string proposal)"),
    (Kind::CancelProposal, "CancelProposal(address from,string space,uint64 timestamp,bytes32 proposal)"),
    (Kind::FlagProposal, "FlagProposal(string from,string space,string proposal,uint64 timestamp)"),
    (Kind::FlagProposal, "FlagProposal(address from,string space,string proposal,uint64 timestamp)"),
    (Kind::Vote, "Vote(string from,string space,uint64 timestamp,string proposal,uint32 choice,string reason,string app,string metadata)"),
    (Kind::Vote, "Vote(string from,string space,uint64 timestamp,bytes32 proposal,uint32 choice,string reason,string app,string metadata)"),
    (Kind::Vote, "Vote(address from,string space,uint64 timestamp,string proposal,uint32 choice,string reason,string app,string metadata)"),
    (Kind::Vote, "Vote(address from,string space,uint64 timestamp,bytes32 proposal,uint32 choice,string reason,string app,string metadata)"),
    (Kind::Vote, "Vote(address from,string space,uint64 timestamp,string proposal,uint32 choice,string reason,string app)"),
    (Kind::Vote, "Vote(address from,string space,uint64 timestamp,bytes32 proposal,uint32 choice,string reason,string app)"),
    (Kind::Vote, "Vote(address from,string space,uint64 timestamp,string proposal,uint32 choice,string app)"),
    (Kind::Vote, "Vote(address from,string space,uint64 timestamp,bytes32 proposal,uint32 choice,string app)"),
    (Kind::Vote, "Vote(address from,string space,uint64 timestamp,string proposal,uint32 choice)"),
    (Kind::Vote, "Vote(address from,string space,uint64 timestamp,bytes32 proposal,uint32 choice)"),
    (Kind::Vote, "Vote(address from,string space,uint64 timestamp,string proposal,uint32 choice,string metadata)"),
    (Kind::Vote, "Vote(address from,string space,uint64 timestamp,bytes32 proposal,uint32 choice,string metadata)"),
    (Kind::VoteArray, "Vote(string from,string space,uint64 timestamp,string proposal,uint32[] choice,string reason,string app,string metadata)"),
    (Kind::VoteArray, "Vote(string from,string space,uint64 timestamp,bytes32 proposal,uint32[] choice,string reason,string app,string metadata)"),
    (Kind::VoteArray, "Vote(address from,string space,uint64 timestamp,string proposal,uint32[] choice,string reason,string app,string metadata)"),
    (Kind::VoteArray, "Vote(address from,string space,uint64 timestamp,bytes32 proposal,uint32[] choice,string reason,string app,string metadata)"),
    (Kind::VoteArray, "Vote(address from,string space,uint64 timestamp,string proposal,uint32[] choice,string reason,string app)"),
    (Kind::VoteArray, "Vote(address from,string space,uint64 timestamp,bytes32 proposal,uint32[] choice,string reason,string app)"),
    (Kind::VoteArray, "Vote(address from,string space,uint64 timestamp,string proposal,uint32[] choice,string app)"),
    (Kind::VoteArray, "Vote(address from,string space,uint64 timestamp,bytes32 proposal,uint32[] choice,string app)"),
    (Kind::VoteArray, "Vote(address from,string space,uint64 timestamp,string proposal,uint32[] choice)"),
    (Kind::VoteArray, "Vote(address from,string space,uint64 timestamp,bytes32 proposal,uint32[] choice)"),
    (Kind::VoteArray, "Vote(address from,string space,uint64 timestamp,string proposal,uint32[] choice,string metadata)"),
    (Kind::VoteArray, "Vote(address from,string space,uint64 timestamp,bytes32 proposal,uint32[] choice,string metadata)"),
    (Kind::VoteString, "Vote(string from,string space,uint64 timestamp,string proposal,string choice,string reason,string app,string metadata)"),
    (Kind::VoteString, "Vote(string from,string space,uint64 timestamp,bytes32 proposal,string choice,string reason,string app,string metadata)"),
    (Kind::VoteString, "Vote(address from,string space,uint64 timestamp,string proposal,string choice,string reason,string app,string metadata)"),
    (Kind::VoteString, "Vote(address from,string space,uint64 timestamp,bytes32 proposal,string choice,string reason,string app,string metadata)"),
    (Kind::VoteString, "Vote(address from,string space,uint64 timestamp,string proposal,string choice,string reason,string app)"),
    (Kind::VoteString, "Vote(address from,string space,uint64 timestamp,bytes32 proposal,string choice,string reason,string app)"),
    (Kind::VoteString, "Vote(address from,string space,uint64 timestamp,string proposal,string choice,string app)"),
    (Kind::VoteString, "Vote(address from,string space,uint64 timestamp,bytes32 proposal,string choice,string app)"),
    (Kind::VoteString, "Vote(address from,string space,uint64 timestamp,string proposal,string choice)"),
    (Kind::VoteString, "Vote(address from,string space,uint64 timestamp,bytes32 proposal,string choice)"),
    (Kind::VoteString, "Vote(address from,string space,uint64 timestamp,string proposal,string choice,string metadata)"),
    (Kind::VoteString, "Vote(address from,string space,uint64 timestamp,bytes32 proposal,string choice,string metadata)"),
    (Kind::Space, "Space(address from,string space,uint64 timestamp,string settings)"),
    (Kind::DeleteSpace, "DeleteSpace(address from,string space,uint64 timestamp)"),
    (Kind::DeleteSpace, "DeleteSpace(address from,string space)"),
    (Kind::Alias, "Alias(address from,address alias,uint64 timestamp)"),
    (Kind::Alias, "Alias(address from,address alias)"),
    (Kind::Follow, "Follow(string from,string network,string space,uint64 timestamp)"),
    (Kind::Follow, "Follow(address from,string network,string space,uint64 timestamp)"),
    (Kind::Follow, "Follow(address from,string space,uint64 timestamp)"),
    (Kind::Follow, "Follow(address from,string space)"),
    (Kind::Unfollow, "Unfollow(string from,string network,string space,uint64 timestamp)"),
    (Kind::Unfollow, "Unfollow(address from,string network,string space,uint64 timestamp)"),
    (Kind::Unfollow, "Unfollow(address from,string space,uint64 timestamp)"),
    (Kind::Unfollow, "Unfollow(address from,string space)"),
    (Kind::Subscribe, "Subscribe(address from,string space,uint64 timestamp)"),
    (Kind::Subscribe, "Subscribe(address from,string space)"),
    (Kind::Unsubscribe, "Unsubscribe(address from,string space,uint64 timestamp)"),
    (Kind::Unsubscribe, "Unsubscribe(address from,string space)"),
    (Kind::Profile, "Profile(string from,uint64 timestamp,string profile)"),
    (Kind::Profile, "Profile(address from,uint64 timestamp,string profile)"),
    (Kind::Statement, "Statement(string from,uint64 timestamp,string space,string about,string statement,string discourse,string status,string network)"),
    (Kind::Statement, "Statement(address from,uint64 timestamp,string space,string about,string statement,string discourse,string status,string network)"),
    (Kind::Statement, "Statement(address from,uint64 timestamp,string space,string about,string statement)"),
];
