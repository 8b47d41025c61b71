//! The thread that talks to the endpoint.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use alloy::providers::{DynProvider, Provider};
use alloy::rpc::client::BatchRequest;
use alloy::transports::TransportError;
use btrst_chain::{is_passing, reason_of};
use futures_util::{StreamExt, stream};
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::report::shortened;
use crate::{Error, Result};

/// Most requests in one batch. Endpoints of public providers take a hundred.
const BATCH: usize = 100;

/// Requests that wait for an answer at the same time where an endpoint takes no batches; public ones take no more of one
/// caller for long.
const PARALLEL: usize = 8;

/// Times that an answer can be lost for good before nothing more is asked. Each was asked for again, and had all the time
/// that there is for one.
const MOST_LOSSES: usize = 4;

/// Most characters of what an endpoint says about its errors.
pub(super) const MOST_WORDS: usize = 300;

/// A JSON-RPC request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    method: &'static str,
    parameters: Value,
}

impl Request {
    pub(crate) const fn new(method: &'static str, parameters: Value) -> Self {
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
    let mut line = Line { provider, most: BATCH, losses: 0, is_dead: false };
    while let Some((requests, answers)) = inbox.recv().await {
        // Whoever asked may have gone.
        let _ = answers.send(line.answers(&requests).await);
    }
}

/// The way to the endpoint, and what is known of it.
struct Line<'a> {
    provider: &'a DynProvider,
    /// Most requests that it takes in one batch.
    most: usize,
    /// Times that something was lost for good.
    losses: usize,
    /// Whether nothing is asked any more. Each question would only take its time to stay without an answer.
    is_dead: bool,
}

impl Line<'_> {
    /// An answer to each of `requests`.
    async fn answers(&mut self, requests: &[Request]) -> Vec<Result<Value>> {
        let mut all = Vec::with_capacity(requests.len());
        while let Some(open) = requests.get(all.len()..).filter(|open| !open.is_empty() && !self.is_dead) {
            if self.most > 1 && open.len() > 1 {
                let part = open.get(..self.most).unwrap_or(open);
                match batch(self.provider, part).await {
                    Ok(answers) => all.extend(answers),
                    Err(error) if is_passing(&error) => {
                        // It may be the batch that is not taken.
                        self.most = 1;
                        self.lose().await;
                    }
                    // Some endpoints take no batches, or only small ones.
                    Err(_) => self.most = part.len() / 2,
                }
                continue;
            }
            let part = open.get(..PARALLEL).unwrap_or(open);
            let singles = stream::iter(part).map(|request| single(self.provider, request)).buffered(PARALLEL);
            let (answers, lost): (Vec<_>, Vec<Loss>) = singles.unzip().await;
            all.extend(answers);
            match lost.into_iter().max() {
                None | Some(Loss::None) => continue,
                Some(Loss::Refused) => {}
                Some(Loss::Lost) => self.lose().await,
            }
            // Asking for the rest one by one would only take longer to say so.
            break;
        }
        let missing = requests.get(all.len()..).unwrap_or_default();
        all.extend(missing.iter().map(|request| Err(silent(request))));
        all
    }

    /// Notes that an answer was lost although it was asked for again, and finds out whether anybody is there.
    async fn lose(&mut self) {
        self.losses += 1;
        let probe = Request::new("eth_chainId", Value::Array(Vec::new()));
        self.is_dead = self.losses >= MOST_LOSSES || single(self.provider, &probe).await.1 == Loss::Lost;
    }
}

/// Whether an endpoint answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Loss {
    /// It did, if only with an error.
    None,
    /// It answers nothing of this kind, such as without a key.
    Refused,
    /// The answer was lost, also when it was asked for again.
    Lost,
}

/// The answer to one request, and whether there was one.
async fn single(provider: &DynProvider, request: &Request) -> (Result<Value>, Loss) {
    let answer = provider.raw_request(request.method.into(), &request.parameters).await;
    let loss = match &answer {
        Err(error) if is_passing(error) => Loss::Lost,
        Err(error) if error.as_error_resp().is_none() => Loss::Refused,
        _ => Loss::None,
    };
    (answer.map_err(|error| unanswered(request, &error)), loss)
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

/// What is asked for, in words.
fn name(request: &Request) -> String {
    match request.parameters.get(0).and_then(Value::as_str) {
        Some(first) => format!("`{}` of `{first}`", request.method),
        None => format!("`{}`", request.method),
    }
}

fn unanswered(request: &Request, error: &TransportError) -> Error {
    match error.as_error_resp() {
        Some(answer) => Error::state(name(request), shortened(&answer.message, MOST_WORDS)),
        None => Error::Unanswered { what: name(request), reason: reason_of(error) },
    }
}

fn silent(request: &Request) -> Error {
    Error::Unanswered { what: name(request), reason: "it has not answered before".into() }
}
