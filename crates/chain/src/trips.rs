//! How often an endpoint was asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use alloy::rpc::json_rpc::RequestPacket;
use tower::{Layer, Service};

/// How often an endpoint was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trips {
    /// Times that something was sent and an answer waited for. A batch is one; what is repeated counts again.
    pub round_trips: usize,
    /// Requests in all of them.
    pub requests: usize,
}

/// Counts what passes the transports that it is put before. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    round_trips: AtomicUsize,
    requests: AtomicUsize,
}

impl Counter {
    /// What was counted until now.
    #[must_use]
    pub fn trips(&self) -> Trips {
        Trips {
            round_trips: self.0.round_trips.load(Ordering::Relaxed),
            requests: self.0.requests.load(Ordering::Relaxed),
        }
    }
}

impl<S> Layer<S> for Counter {
    type Service = Counting<S>;

    fn layer(&self, inner: S) -> Counting<S> {
        Counting { inner, counter: self.clone() }
    }
}

/// A transport that is counted.
#[derive(Clone, Debug)]
pub struct Counting<S> {
    inner: S,
    counter: Counter,
}

impl<S: Service<RequestPacket>> Service<RequestPacket> for Counting<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, packet: RequestPacket) -> S::Future {
        self.counter.0.round_trips.fetch_add(1, Ordering::Relaxed);
        self.counter.0.requests.fetch_add(packet.requests().len(), Ordering::Relaxed);
        self.inner.call(packet)
    }
}
