//! What each endpoint does.

use std::sync::atomic::Ordering;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use btrst_offchain::json::MAX_BYTES;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Served;
use crate::metrics::count;
use crate::store::{LogRow, Select};
use crate::{Error, Refusal, graphql};

/// Entries of the log in one answer, where nobody says how many.
const ENTRIES: u32 = 100;

/// An answer that says no, in the protocol's form.
pub fn refused(status: StatusCode, words: &str, detail: &str) -> Response {
    let error = if status.is_server_error() { "server_error" } else { "client_error" };
    let mut body = json!({ "error": error, "error_description": words });
    if !detail.is_empty()
        && let Some(body) = body.as_object_mut()
    {
        body.insert("detail".into(), detail.into());
    }
    (status, Json(body)).into_response()
}

fn failed(served: &Served, error: &Error) -> Response {
    served.hub.failed(error);
    refused(StatusCode::INTERNAL_SERVER_ERROR, "oops, something went wrong", "")
}

fn too_large() -> Response {
    refused(StatusCode::PAYLOAD_TOO_LARGE, "too large message", &format!("{MAX_BYTES} bytes are taken"))
}

/// `POST /`.
pub async fn submit(State(served): State<Served>, body: Result<Bytes, BytesRejection>) -> Response {
    let Ok(body) = body else {
        count(&served.hub.metrics.refused);
        return too_large();
    };
    match served.hub.submit(&body).await {
        Ok(receipt) => Json(receipt).into_response(),
        Err(refusal) => {
            let status = match &refusal {
                Refusal::Busy => StatusCode::SERVICE_UNAVAILABLE,
                Refusal::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
                Refusal::Rule(_) | Refusal::Duplicate => StatusCode::BAD_REQUEST,
            };
            refused(status, refusal.words(), refusal.detail())
        }
    }
}

/// `GET /`.
pub async fn about(State(served): State<Served>) -> Json<Value> {
    Json(json!({
        "name": "btrst-hub",
        "version": env!("CARGO_PKG_VERSION"),
        "relayer": served.hub.address().to_string(),
        "spaces": served.hub.spaces.keys().collect::<Vec<_>>(),
        "graphql": "/graphql",
        "log": "/log",
    }))
}

/// `POST /graphql`.
pub async fn graphql(State(served): State<Served>, body: Result<Bytes, BytesRejection>) -> Response {
    count(&served.hub.metrics.queries);
    let Ok(body) = body else { return too_large() };
    let Ok(request) = serde_json::from_slice::<async_graphql::Request>(&body) else {
        let detail = "a query is `{\"query\": \"…\", \"variables\": {…}}`";
        return refused(StatusCode::BAD_REQUEST, "wrong query", detail);
    };
    Json(served.schema.execute(request).await).into_response()
}

/// `GET /schema.graphql`.
pub async fn schema() -> String {
    graphql::text()
}

/// Which entries of the log.
#[derive(Debug, Deserialize)]
pub struct Range {
    #[serde(default)]
    from: u32,
    #[serde(default)]
    limit: Option<u32>,
}

/// `GET /log`.
pub async fn log(State(served): State<Served>, range: Result<Query<Range>, QueryRejection>) -> Response {
    let Ok(Query(range)) = range else {
        return refused(StatusCode::BAD_REQUEST, "wrong range", "`from` and `limit` are numbers");
    };
    let mut select = Select::page(range.limit.unwrap_or(ENTRIES), 0);
    select.integer("position", ">=", range.from.into());
    select.order("position", "id", false);
    match served.hub.store.log(&select).await {
        Ok(rows) => {
            let entries: Vec<Value> = rows.iter().map(entry).collect();
            Json(json!({ "hub": served.hub.address().to_string(), "entries": entries })).into_response()
        }
        Err(error) => failed(&served, &error),
    }
}

fn entry(row: &LogRow) -> Value {
    let mut entry = serde_json::to_value(&row.entry).unwrap_or_default();
    if let Some(entry) = entry.as_object_mut() {
        entry.insert("envelope".into(), row.envelope.clone());
    }
    entry
}

/// `GET /health`.
pub async fn health(State(served): State<Served>) -> Response {
    let healthy = served.hub.store.check().await;
    let status = if healthy.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let position = served.hub.metrics.position.load(Ordering::Relaxed);
    let error = healthy.err().map(|error| error.to_string());
    (status, Json(json!({ "healthy": error.is_none(), "log_entries": position, "error": error })))
        .into_response()
}

/// `GET /metrics`.
pub async fn metrics(State(served): State<Served>) -> Response {
    let text = served.hub.metrics.text();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
