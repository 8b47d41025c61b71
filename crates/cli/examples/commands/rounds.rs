//! How many requests a command makes, and how many of them in a row.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use alloy::transports::http::reqwest::Client;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Quiet after which a command asks nothing more before it has an answer.
const QUIET: Duration = Duration::from_millis(250);

/// What a command asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// Requests.
    pub requests: usize,
    /// Times that it waited for answers: the requests of which each depends on one before.
    pub in_a_row: usize,
}

/// An endpoint that keeps every request until no other comes, and then answers all that it has. So each time that it
/// answers is one more request in a row.
#[derive(Clone)]
pub struct Rounds {
    target: Arc<str>,
    client: Client,
    state: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    asked: Asked,
    waiting: Vec<oneshot::Sender<()>>,
}

impl Rounds {
    /// Starts one in front of the endpoint at `target`; it, and its address.
    pub async fn start(target: &str) -> (Self, String) {
        let rounds = Self { target: target.into(), client: Client::new(), state: Arc::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().route("/", post(answer)).with_state(rounds.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (rounds, url)
    }

    /// What was asked since the last call.
    pub fn take(&self) -> Asked {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }

    /// Waits for the end of the round.
    async fn turn(&self, requests: usize) {
        let (go, gone) = oneshot::channel();
        let before = {
            let mut kept = self.state.lock().unwrap();
            kept.asked.requests += requests;
            kept.waiting.push(go);
            kept.asked.requests
        };
        let rounds = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(QUIET).await;
            let mut kept = rounds.state.lock().unwrap();
            // Of the requests of a round, the last one ends it.
            if kept.asked.requests == before {
                kept.asked.in_a_row += 1;
                kept.waiting.drain(..).for_each(|go| go.send(()).unwrap());
            }
        });
        gone.await.unwrap();
    }
}

async fn answer(State(rounds): State<Rounds>, body: Bytes) -> impl IntoResponse {
    let request: Value = serde_json::from_slice(&body).unwrap();
    rounds.turn(request.as_array().map_or(1, Vec::len)).await;
    let request = rounds.client.post(&*rounds.target).header("content-type", "application/json").body(body);
    let answer = request.send().await.unwrap().bytes().await.unwrap();
    ([(header::CONTENT_TYPE, "application/json")], answer)
}
