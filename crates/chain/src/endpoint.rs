//! The way to a node: timeouts, repeated requests, and no credential in any message.

use std::time::Duration;

use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::rpc::client::ClientBuilder;
use alloy::transports::http::Http;
use alloy::transports::http::reqwest::{Client, Url};
use alloy::transports::layers::{RateLimitRetryPolicy, RetryBackoffLayer, RetryPolicy};
use alloy::transports::{RpcError, TransportError, TransportErrorKind};

use crate::{Error, Result};

/// Times that a request is repeated before its failure is reported.
const RETRIES: u32 = 6;

/// Milliseconds before a request is repeated that failed on its way.
const BACKOFF: u64 = 300;

/// Time before a request is repeated that the node refused because there were too many, when it does not say how long.
const RATE_BACKOFF: Duration = Duration::from_secs(2);

/// Longest time that a node can make us wait before a request is repeated, whatever it asks for.
const MOST_BACKOFF: Duration = Duration::from_secs(30);

/// Compute units per second that nodes commonly sell at least.
pub const COMPUTE_UNITS: u64 = 330;

/// The address of a node, and how patient to be with it.
#[derive(Clone, Debug)]
pub struct Endpoint {
    url: Url,
    /// Longest time to wait for one answer.
    pub timeout: Duration,
    /// Compute units per second, by which requests are spread once the node said that there were too many.
    pub compute_units: u64,
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
        Ok(Self { url, timeout: Duration::from_secs(45), compute_units: COMPUTE_UNITS })
    }

    /// A provider that repeats requests which got no answer, half an answer, or none because there were too many. To
    /// repeat is safe: transactions carry their nonce, so that a chain takes each once.
    ///
    /// # Errors
    /// [`Error::Endpoint`] when no connection can be prepared.
    pub fn provider(&self) -> Result<DynProvider> {
        let retry = RetryBackoffLayer::new_with_policy(RETRIES, BACKOFF, self.compute_units, Transient);
        let client = ClientBuilder::default().layer(retry).transport(self.transport()?, true);
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

/// Failures that another try can mend.
#[derive(Clone, Copy, Debug)]
struct Transient;

impl Transient {
    /// Whether the node answered that there were too many requests. Nodes that refuse a query for its size use the same
    /// codes, so the words decide.
    fn too_many(error: &TransportError) -> bool {
        match error {
            RpcError::Transport(kind) => {
                status(kind) == Some(429)
                    || matches!(kind, TransportErrorKind::HttpErrorWithRetryAfter { .. })
            }
            RpcError::ErrorResp(response) => {
                let message = response.message.to_lowercase();
                let words = ["rate limit", "too many requests", "per second", "exceeded its compute units"];
                response.code == 429 || words.iter().any(|word| message.contains(word))
            }
            _ => false,
        }
    }
}

impl RetryPolicy for Transient {
    fn should_retry(&self, error: &TransportError) -> bool {
        if Self::too_many(error) {
            return true;
        }
        match error {
            RpcError::Transport(kind) => match (status(kind), kind) {
                (Some(status), _) => matches!(status, 408 | 500 | 502 | 503 | 504),
                (None, TransportErrorKind::Custom(_) | TransportErrorKind::MissingBatchResponse(_)) => true,
                _ => false,
            },
            // Half an answer, or a page of a proxy in between.
            RpcError::DeserError { .. } => true,
            _ => false,
        }
    }

    fn backoff_hint(&self, error: &TransportError) -> Option<Duration> {
        let asked = RateLimitRetryPolicy::default()
            .backoff_hint(error)
            .or(Self::too_many(error).then_some(RATE_BACKOFF))?;
        Some(asked.min(MOST_BACKOFF))
    }
}

const fn status(kind: &TransportErrorKind) -> Option<u16> {
    match kind {
        TransportErrorKind::HttpError(error) | TransportErrorKind::HttpErrorWithRetryAfter { error, .. } => {
            Some(error.status)
        }
        _ => None,
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
    use super::*;

    fn answered(code: i64, message: &'static str) -> TransportError {
        let answer = serde_json::json!({ "code": code, "message": message });
        RpcError::ErrorResp(serde_json::from_value(answer).unwrap())
    }

    fn http(status: u16) -> TransportError {
        TransportErrorKind::http_error(status, "<html>secret</html>".into())
    }

    #[test]
    fn repeats_what_another_try_can_mend() {
        let nonsense = serde_json::from_str::<u8>("{").unwrap_err();
        let table = [
            (http(429), true),
            (http(500), true),
            (http(503), true),
            (http(401), false),
            (http(404), false),
            (TransportErrorKind::custom_str("connection reset"), true),
            (TransportError::deser_err(nonsense, "{"), true),
            (answered(-32_005, "rate limit exceeded"), true),
            (answered(429, "slow down"), true),
            (answered(-32_005, "query returned more than 10000 results"), false),
            (answered(3, "execution reverted"), false),
        ];
        for (error, expected) in table {
            assert_eq!(Transient.should_retry(&error), expected, "{error}");
        }
    }

    #[test]
    fn waits_as_long_as_the_node_asks_but_not_for_ever() {
        let asked = |seconds| {
            TransportErrorKind::http_error_with_retry_after(
                429,
                String::new(),
                Some(Duration::from_secs(seconds)),
            )
        };
        assert_eq!(Transient.backoff_hint(&asked(3)), Some(Duration::from_secs(3)));
        assert_eq!(Transient.backoff_hint(&asked(1_000_000)), Some(MOST_BACKOFF));
        assert_eq!(Transient.backoff_hint(&http(429)), Some(RATE_BACKOFF));
        assert_eq!(Transient.backoff_hint(&http(500)), None);
    }

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
        assert_eq!(reason_of(&http(500)), "HTTP status 500");
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
