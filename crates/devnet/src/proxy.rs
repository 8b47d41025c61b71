//! An endpoint that misbehaves on request, in front of a good one. For tests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alloy::transports::http::reqwest::Client;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::{Error, Result};

/// How the endpoint misbehaves.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Answers with this HTTP status.
    Status(u16),
    /// Says that there were too many requests, and after how many seconds there may be another.
    TooMany(Option<u64>),
    /// Answers with what is no JSON.
    Garbage,
    /// Answers with JSON of another kind.
    WrongJson,
    /// Passes the request on and gives half of the answer.
    HalfAnswer,
    /// Does not pass the request on, and never answers.
    Hang,
    /// Passes the request on, and never answers.
    HangAfter,
    /// Passes the request on and keeps the answer, as a connection that breaks at the worst moment.
    LoseAnswer,
    /// Refuses with this JSON-RPC error.
    Refuse(i64, &'static str),
    /// Answers with this result.
    Answer(Value),
    /// Passes the request on and lies about the answer: one text takes the place of another.
    Lie(String, String),
    /// Refuses to list events of more than so many blocks.
    FewBlocks(u64),
    /// Refuses more than so many requests at once.
    SmallBatches(usize),
    /// Passes the request on to the endpoint at this address, which may have another chain.
    Elsewhere(String),
}

/// Where and when a fault shows.
struct Rule {
    /// Of which method; of all, when absent.
    method: Option<&'static str>,
    /// Requests that go well before.
    skip: usize,
    /// Requests that fail; all, when absent.
    times: Option<usize>,
    fault: Fault,
}

/// A proxy. It serves until its runtime ends.
#[derive(Clone)]
pub struct Proxy {
    target: String,
    client: Client,
    /// Address to use in place of the endpoint's.
    pub url: String,
    rules: Arc<Mutex<Vec<Rule>>>,
    requests: Arc<Mutex<Vec<Value>>>,
    headers: Arc<Mutex<Vec<HeaderMap>>>,
    faults: Arc<watch::Sender<usize>>,
    asked: Arc<watch::Sender<()>>,
}

impl Proxy {
    /// Starts a proxy of the endpoint at `target`, which behaves until told otherwise.
    ///
    /// # Errors
    /// [`Error::Proxy`] when no port is free.
    pub async fn start(target: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Error::Proxy)?;
        let url = format!("http://{}", listener.local_addr().map_err(Error::Proxy)?);
        let proxy = Self {
            target: target.into(),
            client: Client::new(),
            url,
            rules: Arc::default(),
            requests: Arc::default(),
            headers: Arc::default(),
            faults: Arc::new(watch::Sender::new(0)),
            asked: Arc::new(watch::Sender::new(())),
        };
        let routes = Router::new().route("/", post(answer)).with_state(proxy.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(proxy)
    }

    /// Fails every request from now on.
    pub fn fail(&self, fault: Fault) {
        self.rule(Rule { method: None, skip: 0, times: None, fault });
    }

    /// Fails every request after `skip` more that go well.
    pub fn fail_after(&self, skip: usize, fault: Fault) {
        self.rule(Rule { method: None, skip, times: None, fault });
    }

    /// Fails every request of `method` from now on.
    pub fn fail_on(&self, method: &'static str, fault: Fault) {
        self.rule(Rule { method: Some(method), skip: 0, times: None, fault });
    }

    /// Fails `times` requests of `method` after `skip` more that go well.
    pub fn fail_at(&self, method: &'static str, skip: usize, times: usize, fault: Fault) {
        self.rule(Rule { method: Some(method), skip, times: Some(times), fault });
    }

    /// Behaves again.
    pub fn heal(&self) {
        lock(&self.rules).clear();
    }

    /// Waits until there were `count` faults in all since the start.
    pub async fn faults(&self, count: usize) {
        // The sender lives as long as this proxy, so there is no error to expect.
        let _ = self.faults.subscribe().wait_for(|faults| *faults >= count).await;
    }

    /// Waits until there were `count` requests of `method` in all since the start.
    pub async fn asked(&self, method: &str, count: usize) {
        // The sender lives as long as this proxy, so there is no error to expect.
        let _ = self.asked.subscribe().wait_for(|()| self.requests(method).len() >= count).await;
    }

    /// Parameters of every request of `method` so far.
    #[must_use]
    pub fn requests(&self, method: &str) -> Vec<Value> {
        let of_method = |request: &&Value| request.get("method").and_then(Value::as_str) == Some(method);
        let params = |request: &Value| request.get("params").cloned().unwrap_or_default();
        lock(&self.requests).iter().filter(of_method).map(params).collect()
    }

    /// Value of the header `name` in each request so far that had one.
    #[must_use]
    pub fn headers(&self, name: &str) -> Vec<String> {
        let value = |headers: &HeaderMap| Some(headers.get(name)?.to_str().ok()?.to_owned());
        lock(&self.headers).iter().filter_map(value).collect()
    }

    fn rule(&self, rule: Rule) {
        lock(&self.rules).push(rule);
    }

    /// The fault that `requests` meet.
    fn fault(&self, requests: &[Value]) -> Option<Fault> {
        let mut rules = lock(&self.rules);
        let concerned = |rule: &Rule| {
            rule.method.is_none_or(|method| {
                requests.iter().any(|request| request.get("method").and_then(Value::as_str) == Some(method))
            })
        };
        for rule in rules.iter_mut().filter(|rule| concerned(rule)) {
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            match &mut rule.times {
                Some(0) => continue,
                Some(times) => *times -= 1,
                None => {}
            }
            if let Fault::FewBlocks(most) = rule.fault
                && !requests.iter().filter_map(blocks).any(|blocks| blocks > most)
            {
                continue;
            }
            if let Fault::SmallBatches(most) = rule.fault
                && requests.len() <= most
            {
                continue;
            }
            return Some(rule.fault.clone());
        }
        None
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(State(proxy): State<Proxy>, headers: HeaderMap, body: Bytes) -> Response {
    lock(&proxy.headers).push(headers);
    let requests = match serde_json::from_slice(&body) {
        Ok(Value::Array(requests)) => requests,
        Ok(request) => vec![request],
        Err(_) => return StatusCode::BAD_REQUEST.into_response(),
    };
    lock(&proxy.requests).extend(requests.iter().cloned());
    proxy.asked.send_replace(());
    let fault = proxy.fault(&requests);
    if fault.is_some() {
        proxy.faults.send_modify(|faults| *faults += 1);
    }
    let id = requests.first().and_then(|request| request.get("id")).cloned().unwrap_or_default();
    let refuse = |code: i64, message: &str| {
        json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
            .to_string()
            .into_response()
    };
    match fault {
        None => forward(&proxy, &proxy.target, body).await.into_response(),
        Some(Fault::Status(status)) => {
            (StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT), "out of order").into_response()
        }
        Some(Fault::TooMany(None)) => StatusCode::TOO_MANY_REQUESTS.into_response(),
        Some(Fault::TooMany(Some(seconds))) => {
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds.to_string())]).into_response()
        }
        Some(Fault::Garbage) => "<html>not what you asked for</html>".into_response(),
        Some(Fault::WrongJson) => {
            r#"{"jsonrpc":"2.0","id":0,"result":{"unexpected":[1,2,3]}}"#.into_response()
        }
        Some(Fault::HalfAnswer) => {
            let answer = forward(&proxy, &proxy.target, body).await;
            answer.slice(..answer.len() / 2).into_response()
        }
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::HangAfter) => {
            forward(&proxy, &proxy.target, body).await;
            std::future::pending().await
        }
        Some(Fault::LoseAnswer) => {
            forward(&proxy, &proxy.target, body).await;
            StatusCode::GATEWAY_TIMEOUT.into_response()
        }
        Some(Fault::Lie(truth, lie)) => {
            let answer = forward(&proxy, &proxy.target, body).await;
            String::from_utf8_lossy(&answer).replace(&truth, &lie).into_response()
        }
        Some(Fault::Refuse(code, message)) => refuse(code, message),
        Some(Fault::Answer(result)) => {
            json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string().into_response()
        }
        Some(Fault::Elsewhere(target)) => forward(&proxy, &target, body).await.into_response(),
        Some(Fault::FewBlocks(most)) => refuse(-32_005, &format!("at most {most} blocks")),
        Some(Fault::SmallBatches(most)) => refuse(-32_600, &format!("at most {most} requests at once")),
    }
}

async fn forward(proxy: &Proxy, target: &str, body: Bytes) -> Bytes {
    let request = proxy.client.post(target).header("content-type", "application/json").body(body);
    match request.send().await {
        Ok(response) => response.bytes().await.unwrap_or_default(),
        Err(_) => Bytes::new(),
    }
}

/// Number of blocks that a request for events is of.
fn blocks(request: &Value) -> Option<u64> {
    if request.get("method").and_then(Value::as_str) != Some("eth_getLogs") {
        return None;
    }
    let filter = request.get("params")?.get(0)?;
    let number = |name: &str| u64::from_str_radix(filter.get(name)?.as_str()?.strip_prefix("0x")?, 16).ok();
    Some(number("toBlock")?.saturating_sub(number("fromBlock")?).saturating_add(1))
}
