//! The thread that talks to the endpoint.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use alloy::providers::{DynProvider, Provider};
use alloy::rpc::client::BatchRequest;
use alloy::transports::{RpcError, TransportError, TransportErrorKind};
use futures_util::{StreamExt, stream};
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::{Error, Result};

/// Most requests in one batch. Endpoints of public providers take a hundred.
const BATCH: usize = 100;

/// Requests that wait for an answer at the same time where an endpoint takes no batches; public ones take no more of one
/// caller for long.
const PARALLEL: usize = 8;

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

/// Requests, and where their answers go.
type Job = (Vec<Request>, SyncSender<Vec<Result<Value>>>);

/// Takes requests to a thread of its own, and waits for the answers.
#[derive(Debug)]
pub(super) struct Desk {
    jobs: UnboundedSender<Job>,
}

impl Desk {
    /// Starts the thread, which makes its provider by `connect`. It ends when this is dropped.
    pub(super) fn open(connect: impl FnOnce() -> Result<DynProvider> + Send + 'static) -> Result<Self> {
        let failed = |error: std::io::Error| Error::state("the chain", error);
        let (jobs, mut inbox) = unbounded_channel();
        let (ready, opened) = sync_channel(1);
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
                    runtime.block_on(serve(&provider, &mut inbox));
                }
                Err(error) => drop(ready.send(Err(error))),
            }
        };
        thread::Builder::new().name("state".into()).spawn(work).map_err(failed)?;
        opened.recv().map_err(|_| gone())??;
        Ok(Self { jobs })
    }

    /// The answers to `requests`, in their order.
    pub(super) fn ask(&self, requests: Vec<Request>) -> Result<Vec<Result<Value>>> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let count = requests.len();
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
async fn serve(provider: &DynProvider, inbox: &mut UnboundedReceiver<Job>) {
    let mut most = BATCH;
    while let Some((requests, answers)) = inbox.recv().await {
        let mut all = Vec::with_capacity(requests.len());
        while let Some(open) = requests.get(all.len()..).filter(|open| !open.is_empty()) {
            if most > 1 && open.len() > 1 {
                let part = open.get(..most).unwrap_or(open);
                match batch(provider, part).await {
                    Ok(answers) => all.extend(answers),
                    // Some endpoints take no batches, or only small ones; where nobody answers, one request shows it.
                    Err(error) => most = if is_lost(&error) { 1 } else { part.len() / 2 },
                }
                continue;
            }
            let part = open.get(..PARALLEL).unwrap_or(open);
            let singles = stream::iter(part).map(|request| single(provider, request)).buffered(PARALLEL);
            let (answers, lost): (Vec<_>, Vec<bool>) = singles.unzip().await;
            all.extend(answers);
            if lost.contains(&true) {
                // Nobody there, and asking for the rest one by one would only take longer to say so.
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

/// The answer to one request, and whether it was lost on its way.
async fn single(provider: &DynProvider, request: &Request) -> (Result<Value>, bool) {
    let answer = provider.raw_request(request.method.into(), &request.parameters).await;
    let lost = matches!(&answer, Err(error) if error.as_error_resp().is_none());
    (answer.map_err(|error| unanswered(request, &error)), lost)
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
            Err(error) if error.as_error_resp().is_some() && !is_too_much(&error) => {
                answers.push(Err(unanswered(request, &error)));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(answers)
}

/// Whether a request of a batch was refused because of the others: nodes answer such batches one by one, each in words
/// of its own.
fn is_too_much(error: &TransportError) -> bool {
    let words = ["batch", "response too large", "too many"];
    error.as_error_resp().is_some_and(|answer| {
        let message = answer.message.to_lowercase();
        words.iter().any(|word| message.contains(word))
    })
}

/// Whether there was no answer of any kind.
const fn is_lost(error: &TransportError) -> bool {
    matches!(error, RpcError::Transport(TransportErrorKind::Custom(_) | TransportErrorKind::BackendGone))
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
