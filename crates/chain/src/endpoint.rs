//! The way to a node: timeouts, repeated requests, and no credential in any message.

use std::time::Duration;

use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::client::ClientBuilder;
use alloy::rpc::json_rpc::RequestPacket;
use alloy::transports::http::Http;
use alloy::transports::http::reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use alloy::transports::http::reqwest::{Client, Url};
use alloy::transports::{RpcError, TransportError};
use alloy_rpc_types_engine::{Claims, JwtSecret};
use tower::util::MapRequestLayer;

use crate::repeat::{Repeating, status};
use crate::{Counter, Error, Result};

/// The address of a node, and how patient to be with it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    url: Url,
    headers: HeaderMap,
    secret: Option<JwtSecret>,
    /// Longest time to wait for one answer.
    pub timeout: Duration,
    /// Whether certificates that nobody vouches for are taken.
    pub insecure: bool,
    /// Counts what the providers of this endpoint and its clones ask.
    pub counter: Counter,
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
        Ok(Self {
            url,
            headers: HeaderMap::new(),
            secret: None,
            timeout: Duration::from_secs(45),
            insecure: false,
            counter: Counter::default(),
        })
    }

    /// Sends `header`, written `name: value`, with each request.
    ///
    /// # Errors
    /// [`Error::InvalidHeader`].
    pub fn add_header(&mut self, header: &str) -> Result<()> {
        // The value can be a credential.
        let (name, value) = header.split_once(':').unwrap_or_default();
        let invalid = || Error::InvalidHeader(name.trim().into());
        let name: HeaderName = name.trim().parse().map_err(|_| invalid())?;
        let mut value: HeaderValue = value.trim().parse().map_err(|_| invalid())?;
        value.set_sensitive(true);
        self.headers.append(name, value);
        Ok(())
    }

    /// Signs each request with `secret`, 32 bytes in hexadecimal, as nodes ask for on their guarded port (JSON Web Tokens
    /// of the Engine API).
    ///
    /// # Errors
    /// [`Error::InvalidSecret`].
    pub fn set_secret(&mut self, secret: &str) -> Result<()> {
        self.secret = Some(JwtSecret::from_hex(secret.trim()).map_err(|_| Error::InvalidSecret)?);
        Ok(())
    }

    /// A provider that repeats requests which got no answer, half an answer, or none because there were too many. To
    /// repeat is safe: transactions carry their nonce, so that a chain takes each once.
    ///
    /// # Errors
    /// [`Error::Endpoint`] when no connection can be prepared.
    pub fn provider(&self) -> Result<DynProvider> {
        let secret = self.secret;
        // Tokens are good for a minute, so that each try has its own.
        let signed = MapRequestLayer::new(move |request| with_token(request, secret.as_ref()));
        let client = ClientBuilder::default().layer(Repeating).layer(signed).layer(self.counter.clone());
        let client = client.transport(self.transport()?, true);
        Ok(ProviderBuilder::new().disable_recommended_fillers().connect_client(client).erased())
    }

    fn transport(&self) -> Result<Http<Client>> {
        let client = Client::builder()
            .timeout(self.timeout)
            .default_headers(self.headers.clone())
            .danger_accept_invalid_certs(self.insecure)
            .build();
        let client = client.map_err(|error| Error::Endpoint {
            what: "take connections".into(),
            reason: without_credentials(&error.to_string()),
        })?;
        Ok(Http::with_client(client, self.url.clone()))
    }
}

/// `request` with a token of now under `secret`, where there is one.
fn with_token(mut request: RequestPacket, secret: Option<&JwtSecret>) -> RequestPacket {
    let token = secret.and_then(|secret| secret.encode(&Claims::with_current_timestamp()).ok());
    let value = token.and_then(|token| HeaderValue::try_from(format!("Bearer {token}")).ok());
    // The headers of any request of a batch are those of all.
    if let (Some(mut value), Some(first)) = (value, request.requests_mut().first_mut()) {
        value.set_sensitive(true);
        first.headers_mut().insert(AUTHORIZATION, value);
    }
    request
}

/// What went wrong between us and the endpoint, with no more of its address than the host: the rest can be a
/// credential.
#[must_use]
pub fn reason_of(error: &TransportError) -> String {
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
