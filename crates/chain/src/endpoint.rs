//! The way to a node: timeouts, repeated requests, and no credential in any message.

use std::time::Duration;

use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::client::ClientBuilder;
use alloy::transports::http::Http;
use alloy::transports::http::reqwest::{Client, Url};
use alloy::transports::{RpcError, TransportError};

use crate::repeat::{Repeating, status};
use crate::{Error, Result};

/// The address of a node, and how patient to be with it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    url: Url,
    /// Longest time to wait for one answer.
    pub timeout: Duration,
}

impl Endpoint {
    /// An endpoint at `url`, with 45 seconds for an answer.
    ///
    /// # Errors
    /// [`Error::InvalidEndpoint`] when it is no address of HTTP.
    pub fn new(url: &str) -> Result<Self> {
        let invalid = || Error::InvalidEndpoint(without_credentials(url));
        let url: Url = url.parse().map_err(|_| invalid())?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(invalid());
        }
        Ok(Self { url, timeout: Duration::from_secs(45) })
    }

    /// A provider that repeats requests which got no answer, half an answer, or none because there were too many. To
    /// repeat is safe: transactions carry their nonce, so that a chain takes each once.
    ///
    /// # Errors
    /// [`Error::Endpoint`] when no connection can be prepared.
    pub fn provider(&self) -> Result<DynProvider> {
        let client = ClientBuilder::default().layer(Repeating).transport(self.transport()?, true);
        Ok(ProviderBuilder::new().disable_recommended_fillers().connect_client(client).erased())
    }

    fn transport(&self) -> Result<Http<Client>> {
        let client = Client::builder().timeout(self.timeout).build();
        let client = client.map_err(|error| Error::Endpoint {
            what: "take connections".into(),
            reason: without_credentials(&error.to_string()),
        })?;
        Ok(Http::with_client(client, self.url.clone()))
    }
}

/// What went wrong between us and the endpoint, with no more of its address than the host: the rest can be a
/// credential.
pub(crate) fn reason_of(error: &TransportError) -> String {
    let mut text = match error {
        // Alloy shows the whole answer, which can be a page of HTML.
        RpcError::DeserError { err, .. } => format!("the answer makes no sense: {err}"),
        RpcError::Transport(kind) if status(kind).is_some() => {
            format!("HTTP status {}", status(kind).unwrap_or_default())
        }
        error => error.to_string(),
    };
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) && !cause_text.contains("HTTP error") {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    without_credentials(&text)
}

/// `text` with every address cut after its host, and without the user and password before it.
#[must_use]
pub fn without_credentials(text: &str) -> String {
    let mut parts = text.split("://");
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| c.is_whitespace() || "()<>\"'`,".contains(c)).unwrap_or(part.len());
        let (address, rest) = part.split_at(end);
        let authority = address.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        clean = format!("{clean}://{host}{rest}");
    }
    clean
}

#[cfg(test)]
mod tests {
    use alloy::transports::TransportErrorKind;

    use super::*;

    #[test]
    fn addresses_that_are_none_are_refused_without_their_credentials() {
        for (url, shown) in [
            ("", ""),
            ("localhost:8545", "localhost:8545"),
            ("ftp://user:secret@node.example/key", "ftp://node.example"),
            ("http://", "http://"),
        ] {
            let error = Endpoint::new(url).unwrap_err();
            assert_eq!(error.to_string(), format!("`{shown}` is not the address of an endpoint"));
        }
        assert!(Endpoint::new("https://node.example/key").is_ok());
    }

    #[test]
    fn reasons_are_short_and_clean() {
        assert_eq!(
            reason_of(&TransportErrorKind::http_error(500, "<html>secret</html>".into())),
            "HTTP status 500"
        );
        let page = serde_json::from_str::<u8>("<").unwrap_err();
        let reason = reason_of(&TransportError::deser_err(page, "<html>https://u:p@x/y</html>"));
        assert!(reason.starts_with("the answer makes no sense: "), "{reason}");
        assert!(!reason.contains("html"), "{reason}");
    }

    #[test]
    fn credentials_do_not_show() {
        let table = [
            ("no address", "no address"),
            ("at https://user:pw@node.example:8545/v3/key?x=1 failed", "at https://node.example:8545 failed"),
            (
                "error (http://a.example/secret) and (wss://b.example/s)",
                "error (http://a.example) and (wss://b.example)",
            ),
            ("http://127.0.0.1:8545/", "http://127.0.0.1:8545"),
        ];
        for (text, clean) in table {
            assert_eq!(without_credentials(text), clean);
        }
    }
}
