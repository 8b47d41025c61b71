//! /health and /metrics of a keeper.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use alloy::primitives::U256;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use btrst_fees::keeper::Step;
use btrst_fees::quote::Quote;
use eyre::Result;
use serde_json::json;
use tokio::net::TcpListener;

use crate::failure::Hinted;

/// What is counted.
#[derive(Debug, Default)]
struct Counts {
    steps: u64,
    errors: u64,
    sent: u64,
    conversions: u64,
    failures: u64,
    price_rises: u64,
    replaced: u64,
    usdc_in: U256,
    btrst_out: U256,
    custody: U256,
    lot: U256,
    block: u64,
    block_time: u64,
    /// Decisions not to convert, by their reason.
    waits: std::collections::BTreeMap<&'static str, u64>,
    last_success: Option<Instant>,
    last_error: Option<String>,
    last_step: Option<serde_json::Value>,
}

/// The keeper's counts, served over HTTP as long as the process runs.
#[derive(Clone, Debug)]
pub struct Monitor {
    counts: Arc<Mutex<Counts>>,
    address: SocketAddr,
    /// Milliseconds without a successful step after which the keeper is not healthy.
    patience: u128,
}

impl Monitor {
    /// Starts to serve at `address`, for a keeper that looks every `interval` milliseconds.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub async fn start(address: SocketAddr, interval: u64) -> Result<Self> {
        let listener = TcpListener::bind(address).await.map_err(|error| {
            let message = format!("cannot listen at {address}");
            Hinted::new(message, "choose another address with --listen, such as 127.0.0.1:0").caused_by(error)
        })?;
        let address = listener.local_addr()?;
        // Three steps, and a minute for slow answers.
        let patience = u128::from(interval) * 3 + 60_000;
        let monitor = Self { counts: Arc::default(), address, patience };
        let routes = Router::new()
            .route("/health", get(health))
            .route("/metrics", get(metrics))
            .with_state(monitor.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(monitor)
    }

    /// Where it serves.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Counts a step that succeeded.
    pub fn succeeded(&self, step: &Step, quote: Option<&Quote>) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.steps += 1;
        counts.last_success = Some(Instant::now());
        counts.last_error = None;
        counts.last_step = serde_json::to_value(step).ok();
        match step {
            Step::Waiting(wait) => *counts.waits.entry(wait.word()).or_default() += 1,
            Step::Sent { .. } => counts.sent += 1,
            Step::Converted { usdc_in, btrst_out, .. } => {
                counts.conversions += 1;
                counts.usdc_in = counts.usdc_in.saturating_add(*usdc_in);
                counts.btrst_out = counts.btrst_out.saturating_add(*btrst_out);
            }
            Step::Failed { .. } => counts.failures += 1,
            Step::PriceRose { .. } => counts.price_rises += 1,
            Step::Replaced { .. } => counts.replaced += 1,
            Step::Unmined { .. } | Step::Confirming { .. } | Step::Planned { .. } => {}
        }
        if let Some(quote) = quote {
            (counts.block, counts.block_time) = (quote.block, quote.time);
            if let Some(lot) = &quote.lot {
                (counts.custody, counts.lot) = (lot.custody, lot.usdc);
            }
        }
    }

    /// Counts a step that failed.
    pub fn failed(&self, error: &btrst_fees::Error) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.errors += 1;
        counts.last_error = Some(error.to_string());
    }
}

async fn health(State(monitor): State<Monitor>) -> Response {
    let counts = monitor.counts.lock().unwrap_or_else(PoisonError::into_inner);
    let recent = counts.last_success.is_some_and(|at| at.elapsed().as_millis() <= monitor.patience);
    let healthy = recent && counts.last_error.is_none();
    let body = json!({
        "healthy": healthy,
        "seconds_since_success": counts.last_success.map(|at| at.elapsed().as_secs()),
        "error": counts.last_error,
        "last_step": counts.last_step,
    });
    let status = if healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CONTENT_TYPE, "application/json")], format!("{body}\n")).into_response()
}

async fn metrics(State(monitor): State<Monitor>) -> Response {
    let counts = monitor.counts.lock().unwrap_or_else(PoisonError::into_inner);
    let mut text = String::new();
    let mut metric = |name: &str, kind: &str, help: &str, value: &dyn std::fmt::Display| {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "# HELP btrst_keeper_{name} {help}\n# TYPE btrst_keeper_{name} {kind}\nbtrst_keeper_{name} {value}"
        );
    };
    metric("steps_total", "counter", "Looks at the chain that succeeded.", &counts.steps);
    metric("errors_total", "counter", "Looks at the chain that failed.", &counts.errors);
    metric("sent_total", "counter", "Transactions sent.", &counts.sent);
    metric("conversions_total", "counter", "Conversions done.", &counts.conversions);
    metric("failures_total", "counter", "Transactions that failed on chain.", &counts.failures);
    metric(
        "price_rises_total",
        "counter",
        "Transactions refused because BTRST became dearer before them in their block.",
        &counts.price_rises,
    );
    metric(
        "replaced_total",
        "counter",
        "Nonces used by other transactions of the account.",
        &counts.replaced,
    );
    metric("usdc_converted_total", "counter", "USDC converted, in millionths.", &counts.usdc_in);
    metric("btrst_bought_total", "counter", "BTRST bought, in base units of 18 decimals.", &counts.btrst_out);
    metric("custody_usdc", "gauge", "USDC in custody, in millionths.", &counts.custody);
    metric("lot_usdc", "gauge", "USDC that one conversion may spend, in millionths.", &counts.lot);
    metric("block", "gauge", "Block of the last quote.", &counts.block);
    metric("block_time_seconds", "gauge", "Time of that block.", &counts.block_time);
    let _ = writeln!(
        text,
        "# HELP btrst_keeper_waits_total Decisions not to convert.\n# TYPE btrst_keeper_waits_total counter"
    );
    for (reason, count) in &counts.waits {
        let _ = writeln!(text, "btrst_keeper_waits_total{{reason=\"{reason}\"}} {count}");
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
