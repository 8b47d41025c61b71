//! The thread that talks to the endpoint.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use alloy::providers::{DynProvider, Provider};
use alloy::rpc::client::BatchRequest;
use alloy::transports::TransportError;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::{Error, Result};

/// Most requests in one batch. Endpoints of public providers take a hundred.
const BATCH: usize = 100;

/// A JSON-RPC request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    method: &'static str,
    parameters: Value,
}

impl Request {
    pub(super) const fn new(method: &'static str, parameters: Value) -> Self {
        Self { method, parameters }
    }
}

/// How often an endpoint was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trips {
    /// Times that something was sent and an answer waited for. A batch is one.
    pub round_trips: usize,
    /// Requests in all of them.
    pub requests: usize,
}

/// Requests, and where their answers go.
type Job = (Vec<Request>, SyncSender<Vec<Result<Value>>>);

/// Takes requests to a thread of its own, and waits for the answers.
#[derive(Debug)]
pub(super) struct Desk {
    jobs: UnboundedSender<Job>,
    round_trips: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Desk {
    /// Starts the thread, which makes its provider by `connect`. It ends when this is dropped.
    pub(super) fn open(connect: impl FnOnce() -> Result<DynProvider> + Send + 'static) -> Result<Self> {
        let failed = |error: std::io::Error| Error::state("the chain", error);
        let (jobs, mut inbox) = unbounded_channel();
        let (ready, opened) = sync_channel(1);
        let round_trips = Arc::<AtomicUsize>::default();
        let counter = Arc::clone(&round_trips);
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed);
            let opened = runtime.and_then(|runtime| {
                let _inside = runtime.enter();
                let provider = connect()?;
                drop(_inside);
                Ok((runtime, provider))
            });
            match opened {
                Ok((runtime, provider)) => {
                    let _ = ready.send(Ok(()));
                    runtime.block_on(serve(&provider, &mut inbox, &counter));
                }
                Err(error) => drop(ready.send(Err(error))),
            }
        };
        thread::Builder::new().name("state".into()).spawn(work).map_err(failed)?;
        opened.recv().map_err(|_| gone())??;
        Ok(Self { jobs, round_trips, requests: Arc::default() })
    }

    pub(super) fn trips(&self) -> Trips {
        Trips {
            round_trips: self.round_trips.load(Ordering::Relaxed),
            requests: self.requests.load(Ordering::Relaxed),
        }
    }

    /// The answers to `requests`, in their order.
    pub(super) fn ask(&self, requests: Vec<Request>) -> Result<Vec<Result<Value>>> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let count = requests.len();
        self.requests.fetch_add(count, Ordering::Relaxed);
        let (sender, answers) = sync_channel(1);
        self.jobs.send((requests, sender)).map_err(|_| gone())?;
        let answers = answers.recv().map_err(|_| gone())?;
        if answers.len() == count {
            return Ok(answers);
        }
        Err(Error::state("the chain", format!("{} answers to {count} requests", answers.len())))
    }

    /// The same for a number of requests that is known.
    pub(super) fn ask_all<const N: usize>(&self, requests: [Request; N]) -> Result<[Result<Value>; N]> {
        let answers = self.ask(requests.into())?;
        answers.try_into().map_err(|_| Error::state("the chain", "another number of answers than requests"))
    }
}

fn gone() -> Error {
    Error::state("the chain", "the thread that asks the endpoint has ended")
}

/// Answers jobs until nobody can send any more.
async fn serve(provider: &DynProvider, inbox: &mut UnboundedReceiver<Job>, round_trips: &AtomicUsize) {
    let mut batches = true;
    while let Some((requests, answers)) = inbox.recv().await {
        let mut all = Vec::with_capacity(requests.len());
        for part in requests.chunks(BATCH) {
            if batches && part.len() > 1 {
                round_trips.fetch_add(1, Ordering::Relaxed);
                match batch(provider, part).await {
                    Ok(answers) => {
                        all.extend(answers);
                        continue;
                    }
                    // Some endpoints take no batches. Whether this is one shows below.
                    Err(_) => batches = false,
                }
            }
            for request in part {
                round_trips.fetch_add(1, Ordering::Relaxed);
                let answer = provider.raw_request(request.method.into(), &request.parameters).await;
                let lost = matches!(&answer, Err(error) if error.as_error_resp().is_none());
                all.push(answer.map_err(|error| unanswered(request, &error)));
                if lost {
                    // Nobody there, and asking for the rest one by one would only take longer to say so.
                    break;
                }
            }
            if all.last().is_some_and(Result::is_err) && all.len() < requests.len() && !batches {
                break;
            }
        }
        let missing = requests.get(all.len()..).unwrap_or_default();
        all.extend(
            missing.iter().map(|request| Err(Error::state(name(request), "the endpoint does not answer"))),
        );
        // Whoever asked may have gone.
        let _ = answers.send(all);
    }
}

/// The answers to one batch; an error when the endpoint did not take it as one.
async fn batch(provider: &DynProvider, requests: &[Request]) -> Result<Vec<Result<Value>>, TransportError> {
    let mut batch = BatchRequest::new(provider.client());
    let mut waiters = Vec::with_capacity(requests.len());
    for request in requests {
        waiters.push(batch.add_call::<_, Value>(request.method, &request.parameters)?);
    }
    batch.send().await?;
    let mut answers = Vec::with_capacity(waiters.len());
    for (waiter, request) in waiters.into_iter().zip(requests) {
        match waiter.await {
            Ok(answer) => answers.push(Ok(answer)),
            Err(error) if error.as_error_resp().is_some() => answers.push(Err(unanswered(request, &error))),
            Err(error) => return Err(error),
        }
    }
    Ok(answers)
}

fn name(request: &Request) -> String {
    format!("`{}`", request.method)
}

fn unanswered(request: &Request, error: &TransportError) -> Error {
    let reason = match error.as_error_resp() {
        Some(answer) => answer.message.to_string(),
        None => btrst_chain::without_credentials(&error.to_string()),
    };
    Error::state(name(request), reason)
}
