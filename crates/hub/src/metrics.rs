//! What a hub tells its operator: counts, and events for a log.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use alloy::primitives::B256;
use btrst_offchain::message::Kind;

/// Something that happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A message is on disk.
    Accepted {
        /// Its id.
        id: B256,
        /// What it does.
        kind: Kind,
        /// Its number in the log.
        position: u64,
    },
    /// A message was refused.
    Refused {
        /// The protocol's words.
        words: &'static str,
        /// What exactly was wrong.
        detail: &'a str,
    },
    /// The hub failed.
    Failed {
        /// Why.
        error: &'a crate::Error,
    },
}

/// Who is told of events.
pub type Observer = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

/// What is counted.
#[derive(Debug, Default)]
pub struct Metrics {
    pub(crate) accepted: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) limited: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) queries: AtomicU64,
    pub(crate) batches: AtomicU64,
    pub(crate) position: AtomicU64,
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Metrics {
    /// The counts in the text format of Prometheus.
    #[must_use]
    pub fn text(&self) -> String {
        let table = [
            ("accepted_total", "counter", "Messages accepted.", &self.accepted),
            ("refused_total", "counter", "Messages refused by a rule.", &self.refused),
            ("limited_total", "counter", "Requests refused because there were too many.", &self.limited),
            ("failed_total", "counter", "Messages lost to a failure of the hub.", &self.failed),
            ("queries_total", "counter", "GraphQL queries.", &self.queries),
            (
                "transactions_total",
                "counter",
                "Transactions of the database, each of one message or many.",
                &self.batches,
            ),
            ("log_entries", "gauge", "Entries of the log.", &self.position),
        ];
        let mut text = String::new();
        for (name, kind, help, value) in table {
            let value = value.load(Ordering::Relaxed);
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "# HELP btrst_hub_{name} {help}\n# TYPE btrst_hub_{name} {kind}\nbtrst_hub_{name} {value}"
            );
        }
        text
    }
}
