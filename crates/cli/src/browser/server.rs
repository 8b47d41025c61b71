//! The page's side of HTTP, on this machine only.
//!
//! Everything is below a path that nobody can guess. Other pages of the same browser, and names that are made to point
//! to this machine, are refused by the headers `Host` and `Origin`, which a page cannot choose. What is said over it is
//! no secret, and what is answered is checked on the chain or by its signature, so that whoever could read the address
//! could be in the way and no more.

use std::net::Ipv4Addr;
use std::sync::Arc;

use alloy::primitives::FixedBytes;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use eyre::Result;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::desk::{Conflict, Desk, Key, Objection};
use crate::failure::Hinted;

/// Most bytes of what the page says.
const MAX_BYTES: usize = 65_536;

/// What the page may do: run its own script, and speak with this server.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// Where the page is.
#[derive(Clone, Debug)]
struct Served {
    desk: Arc<Desk>,
    /// `127.0.0.1` and the port.
    host: Arc<str>,
}

/// Serves the page of `desk` at `port` of this machine, or any for 0, as long as the process runs; its address.
///
/// # Errors
/// When the port is in use.
pub async fn start(desk: Arc<Desk>, port: u16) -> Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(|error| {
        let message = format!("cannot serve the wallet's page on port {port}");
        Hinted::new(message, "choose another with --browser-port, or 0 for any").caused_by(error)
    })?;
    let host: Arc<str> = listener.local_addr()?.to_string().into();
    let secret = FixedBytes::<16>::random();
    let path = format!("/{secret:x}");
    let served = Served { desk, host: Arc::clone(&host) };
    let page = Router::new()
        .route("/", get(async || asset("text/html; charset=utf-8", include_str!("page.html"))))
        .route("/page.js", get(async || asset("text/javascript; charset=utf-8", include_str!("page.js"))))
        .route("/page.css", get(async || asset("text/css; charset=utf-8", include_str!("page.css"))))
        .route("/look", post(look))
        .route("/begin", post(begin))
        .route("/answer", post(answer));
    let routes = Router::new()
        .nest_service(&path, page.with_state(served.clone()))
        .layer(DefaultBodyLimit::max(MAX_BYTES))
        .layer(middleware::from_fn_with_state(served, guard));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(format!("http://{host}{path}/"))
}

/// Refuses what does not come from the page itself, and has the browser keep to it.
async fn guard(State(served): State<Served>, request: Request, next: Next) -> Response {
    let mut response = match refusal(&served.host, &request) {
        Some(reason) => refused(StatusCode::FORBIDDEN, reason),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Why `request` is not one of the page at `host`.
fn refusal(host: &str, request: &Request) -> Option<&'static str> {
    let headers = request.headers();
    if !is(headers, &header::HOST, host) {
        return Some("this page has another address");
    }
    if request.method() != axum::http::Method::POST {
        return None;
    }
    if !is(headers, &header::ORIGIN, &format!("http://{host}")) {
        return Some("another page may not ask here");
    }
    // Other types than these need no leave of the server.
    if !is(headers, &header::CONTENT_TYPE, "application/json") {
        return Some("the page speaks JSON");
    }
    None
}

/// Whether there is one header `name`, and it says `expected`.
fn is(headers: &HeaderMap, name: &header::HeaderName, expected: &str) -> bool {
    headers.get_all(name).iter().map(HeaderValue::as_bytes).eq([expected.as_bytes()])
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

fn refused(status: StatusCode, reason: &str) -> Response {
    said(status, &json!({ "reason": reason }))
}

fn said(status: StatusCode, document: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], document.to_string()).into_response()
}

/// The document in `body`, or why it is none.
fn parsed<'a, T: Deserialize<'a>>(body: &'a Bytes) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| format!("this is not understood: {error}"))
}

fn told(outcome: Result<Value, Conflict>) -> Response {
    match outcome {
        Ok(document) => said(StatusCode::OK, &document),
        Err(conflict) => refused(StatusCode::CONFLICT, &conflict.to_string()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Look {
    /// The last look, 0 for none.
    seen: u64,
}

async fn look(State(served): State<Served>, body: Bytes) -> Response {
    match parsed::<Look>(&body) {
        Ok(Look { seen }) => said(StatusCode::OK, &served.desk.look(seen).await),
        Err(reason) => refused(StatusCode::BAD_REQUEST, &reason),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Begin {
    id: u64,
}

async fn begin(State(served): State<Served>, body: Bytes) -> Response {
    match parsed::<Begin>(&body) {
        Ok(Begin { id }) => told(served.desk.begin(id).map(|key| json!({ "key": key }))),
        Err(reason) => refused(StatusCode::BAD_REQUEST, &reason),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    id: u64,
    key: Key,
    /// What the wallet answered.
    #[serde(default)]
    result: Option<Value>,
    /// Or why it did not.
    #[serde(default)]
    error: Option<Refused>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    code: String,
    message: String,
}

async fn answer(State(served): State<Served>, body: Bytes) -> Response {
    let Answered { id, key, result, error } = match parsed(&body) {
        Ok(answered) => answered,
        Err(reason) => return refused(StatusCode::BAD_REQUEST, &reason),
    };
    let answer = match (result, error) {
        (Some(result), None) => Ok(result),
        (None, Some(Refused { code, message })) => Err(Objection { code, message }),
        _ => return refused(StatusCode::BAD_REQUEST, "an answer has either a result or an error"),
    };
    told(served.desk.answer(id, key, answer).map(|()| json!({})))
}
