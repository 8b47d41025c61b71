//! The log, as clients ask for it.

use async_graphql::Object;

use crate::store::LogRow;

/// A message.
pub struct Message(pub LogRow);

/// A message.
#[Object]
impl Message {
    /// Its number in the log.
    async fn mci(&self) -> u64 {
        self.0.entry.position
    }

    /// Id.
    async fn id(&self) -> String {
        self.0.entry.id.to_string()
    }

    /// Address in IPFS.
    async fn ipfs(&self) -> &str {
        &self.0.ipfs
    }

    /// What it does.
    async fn r#type(&self) -> &str {
        &self.0.kind
    }

    /// Time of the message.
    async fn timestamp(&self) -> u64 {
        self.0.created
    }

    /// Id of the space.
    async fn space(&self) -> &str {
        &self.0.space
    }

    /// The signature.
    async fn sig(&self) -> Option<&str> {
        self.0.envelope.get("sig").and_then(serde_json::Value::as_str)
    }

    /// The hub's signature of the signature.
    async fn receipt(&self) -> &str {
        &self.0.receipt
    }
}
