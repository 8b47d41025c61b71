//! An endpoint that misbehaves on request, in front of a good one.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use alloy::transports::http::reqwest::Client;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// How the endpoint behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Mood {
    /// Passes everything on.
    Good,
    /// Answers with status 500.
    Error,
    /// Answers with what is no JSON.
    Garbage,
    /// Answers with JSON of another kind.
    WrongJson,
    /// Does not answer.
    Hang,
    /// Passes the request on and keeps the answer, as a connection that breaks at the worst moment.
    LoseAnswer,
    /// Does not pass on transactions, and says so.
    RefuseSending,
    /// Refuses to list events of more than seven blocks.
    FewBlocks,
}

impl Mood {
    pub const BAD: [Self; 6] =
        [Self::Error, Self::Garbage, Self::WrongJson, Self::Hang, Self::LoseAnswer, Self::RefuseSending];
}

#[derive(Clone)]
pub struct Proxy {
    mood: Arc<AtomicU8>,
    target: String,
    client: Client,
    pub url: String,
    /// Requests for events so far: first and last block.
    pub listed: Arc<Mutex<Vec<(u64, u64)>>>,
}

impl Proxy {
    pub async fn start(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let proxy = Self {
            mood: Arc::default(),
            target: target.into(),
            client: Client::new(),
            url,
            listed: Arc::default(),
        };
        let routes = Router::new().route("/", post(answer)).with_state(proxy.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        proxy
    }

    pub fn set(&self, mood: Mood) {
        self.mood.store(mood as u8, Ordering::SeqCst);
    }
}

async fn answer(State(proxy): State<Proxy>, body: Bytes) -> Response {
    let mood = proxy.mood.load(Ordering::SeqCst);
    let is = |other: Mood| mood == other as u8;
    if is(Mood::Error) {
        return (StatusCode::INTERNAL_SERVER_ERROR, "out of order").into_response();
    }
    if is(Mood::Garbage) {
        return "<html>not what you asked for</html>".into_response();
    }
    if is(Mood::WrongJson) {
        return r#"{"jsonrpc":"2.0","id":0,"result":{"unexpected":[1,2,3]}}"#.into_response();
    }
    if is(Mood::Hang) {
        tokio::time::sleep(Duration::from_secs(3_600)).await;
    }
    let sends = String::from_utf8_lossy(&body).contains("eth_sendRawTransaction");
    if is(Mood::RefuseSending) && sends {
        return r#"{"jsonrpc":"2.0","id":0,"error":{"code":-32000,"message":"no"}}"#.into_response();
    }
    if let Some((first, last)) = listed(&body) {
        if is(Mood::FewBlocks) && last - first >= 7 {
            let id = serde_json::from_slice::<Value>(&body).unwrap()["id"].clone();
            let error = json!({ "code": -32_005, "message": "at most 7 blocks" });
            return json!({ "jsonrpc": "2.0", "id": id, "error": error }).to_string().into_response();
        }
        proxy.listed.lock().unwrap().push((first, last));
    }
    let request = proxy.client.post(&proxy.target).header("content-type", "application/json").body(body);
    let Ok(response) = request.send().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let bytes = response.bytes().await.unwrap();
    if is(Mood::LoseAnswer) && sends {
        return StatusCode::GATEWAY_TIMEOUT.into_response();
    }
    bytes.into_response()
}

/// First and last block of a request for events.
fn listed(body: &[u8]) -> Option<(u64, u64)> {
    let request: Value = serde_json::from_slice(body).ok()?;
    let filter = request["params"].get(0).filter(|_| request["method"] == "eth_getLogs")?;
    let number = |name: &str| u64::from_str_radix(filter[name].as_str()?.strip_prefix("0x")?, 16).ok();
    Some((number("fromBlock")?, number("toBlock")?))
}
