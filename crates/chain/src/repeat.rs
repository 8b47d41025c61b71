//! Requests that are repeated when another try can mend what went wrong.
//!
//! To repeat is safe: transactions carry their nonce, so that a chain takes each once. Alloy's own layer for this forgets
//! why the last try failed.

use std::task::{Context, Poll};
use std::time::Duration;

use alloy::rpc::json_rpc::{RequestPacket, ResponsePacket};
use alloy::transports::http::reqwest;
use alloy::transports::{RpcError, TransportError, TransportErrorKind, TransportFut};
use tower::{Layer, Service};

/// Times that a request is repeated before its failure is reported.
const REPEATS: u32 = 6;

/// Times that it is repeated when nobody listens at the address, which is rarely for a moment.
const UNHEARD_REPEATS: u32 = 2;

/// Times that it is repeated when no answer came in the time that there is for one: who had that long has been waited for.
const LATE_REPEATS: u32 = 1;

/// Time before the first repetition; it doubles with each.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// Time before a request is repeated that the node refused because there were too many, when it does not say how long.
const TOO_MANY_WAIT: Duration = Duration::from_secs(2);

/// Longest time that a node can make us wait, whatever it asks for.
const MOST_WAIT: Duration = Duration::from_secs(30);

/// Puts [`Repeat`] before a transport.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Repeating;

impl<S> Layer<S> for Repeating {
    type Service = Repeat<S>;

    fn layer(&self, inner: S) -> Repeat<S> {
        Repeat(inner)
    }
}

/// A transport that repeats.
#[derive(Clone, Debug)]
pub(crate) struct Repeat<S>(S);

impl<S> Service<RequestPacket> for Repeat<S>
where
    S: Service<RequestPacket, Response = ResponsePacket, Error = TransportError> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: RequestPacket) -> Self::Future {
        // What was polled to be ready is what is called.
        let next = self.0.clone();
        let mut service = std::mem::replace(&mut self.0, next);
        Box::pin(async move {
            let mut repeats = 0;
            loop {
                let answer = service.call(request.clone()).await;
                let wait = match &answer {
                    Ok(packet) => {
                        let error = packet.as_error().map(|error| RpcError::ErrorResp(error.clone()));
                        error.filter(too_many).and_then(|error| wait(&error, repeats))
                    }
                    Err(error) => wait(error, repeats),
                };
                let Some(wait) = wait else { return answer };
                repeats += 1;
                tokio::time::sleep(wait).await;
            }
        })
    }
}

/// How long to wait before what failed with `error` is repeated once more; `None` when that would not help.
fn wait(error: &TransportError, repeats: u32) -> Option<Duration> {
    if !is_passing(error) {
        return None;
    }
    let most = match error {
        _ if is_because(error, reqwest::Error::is_connect) => UNHEARD_REPEATS,
        _ if is_because(error, reqwest::Error::is_timeout) => LATE_REPEATS,
        _ => REPEATS,
    };
    let asked = match error {
        RpcError::Transport(TransportErrorKind::HttpErrorWithRetryAfter { retry_after, .. }) => {
            Some(*retry_after)
        }
        _ if too_many(error) => Some(TOO_MANY_WAIT),
        _ => None,
    };
    let wait = asked.unwrap_or_else(|| FIRST_WAIT.saturating_mul(1 << repeats.min(REPEATS)));
    (repeats < most).then(|| wait.min(MOST_WAIT))
}

/// Whether another try can mend what failed with `error`. A provider has tried that already when it shows one.
#[must_use]
pub fn is_passing(error: &TransportError) -> bool {
    too_many(error) || is_transient(error)
}

/// Whether the node answered that there were too many requests. Nodes that refuse a query for its size use the same codes,
/// so the words decide.
fn too_many(error: &TransportError) -> bool {
    match error {
        RpcError::Transport(kind) => {
            status(kind) == Some(429) || matches!(kind, TransportErrorKind::HttpErrorWithRetryAfter { .. })
        }
        RpcError::ErrorResp(response) => {
            let message = response.message.to_lowercase();
            let words = ["rate limit", "too many requests", "per second", "exceeded its compute units"];
            response.code == 429 || words.iter().any(|word| message.contains(word))
        }
        _ => false,
    }
}

/// Whether the request or its answer was lost on its way.
fn is_transient(error: &TransportError) -> bool {
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

/// Whether the transport failed for a reason of this kind, such as that nobody listens at the address.
fn is_because(error: &TransportError, kind: impl Fn(&reqwest::Error) -> bool) -> bool {
    match error {
        RpcError::Transport(TransportErrorKind::Custom(cause)) => cause.downcast_ref().is_some_and(kind),
        _ => false,
    }
}

/// The HTTP status of a failure that has one.
pub(crate) const fn status(kind: &TransportErrorKind) -> Option<u16> {
    match kind {
        TransportErrorKind::HttpError(error) | TransportErrorKind::HttpErrorWithRetryAfter { error, .. } => {
            Some(error.status)
        }
        _ => None,
    }
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
            assert_eq!(wait(&error, 0).is_some(), expected, "{error}");
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
        assert_eq!(wait(&asked(3), 0), Some(Duration::from_secs(3)));
        assert_eq!(wait(&asked(1_000_000), 0), Some(MOST_WAIT));
        assert_eq!(wait(&http(429), 5), Some(TOO_MANY_WAIT));
        assert_eq!(wait(&http(500), 0), Some(FIRST_WAIT));
        assert_eq!(wait(&http(500), 2), Some(FIRST_WAIT * 4));
        assert_eq!(wait(&http(500), REPEATS), None);
    }
}
