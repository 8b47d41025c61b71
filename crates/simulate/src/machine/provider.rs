//! A machine as the endpoint of a provider, so that everything that reads a chain reads the machine as well.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use alloy::primitives::{Address, Bytes, U256};
use alloy::providers::RootProvider;
use alloy::rpc::client::RpcClient;
use alloy::rpc::json_rpc::{ErrorPayload, RequestPacket, Response, ResponsePacket, ResponsePayload};
use alloy::rpc::types::TransactionRequest;
use alloy::transports::{TransportError, TransportErrorKind, TransportFut};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tower::Service;

use super::Machine;
use crate::trace::Outcome;
use crate::{Error, Result};

/// Times that a read is asked whether it is done. It never has to wait for anything.
const POLLS: usize = 10_000;

impl Machine {
    /// What `read` finds out about this machine by a provider, such as the status of a proposal:
    /// `machine.read(async |chain| governor.status(&chain, 7).await)`.
    ///
    /// Nothing leaves the process. The provider knows the calls and reads that questions about contracts need, at the
    /// current block whichever one is asked for.
    ///
    /// # Errors
    /// Those of `read`; [`Error::State`] if it failed because the state could not be had.
    pub fn read<T, E: Into<Error>>(
        &mut self,
        read: impl AsyncFnOnce(RootProvider) -> Result<T, E>,
    ) -> Result<T> {
        let endpoint = Endpoint(Arc::new(Mutex::new(Inside { machine: self.clone(), failure: None })));
        let provider = RootProvider::new(RpcClient::new(endpoint.clone(), true));
        let answer = finish(read(provider));
        let mut inside = endpoint.lock();
        // What was read on the way need not be read again.
        std::mem::swap(self, &mut inside.machine);
        match inside.failure.take() {
            Some(failure) => Err(failure),
            None => answer?.map_err(Into::into),
        }
    }
}

/// The result of a future that has nothing to wait for.
fn finish<T>(future: impl Future<Output = T>) -> Result<T> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..POLLS {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return Ok(value);
        }
    }
    Err(Error::state("the chain", "the read waits for something else than the state"))
}

#[derive(Debug)]
struct Inside {
    machine: Machine,
    /// Why the state could not be had, which no answer of an endpoint can carry.
    failure: Option<Error>,
}

/// Answers JSON-RPC from a machine.
#[derive(Clone, Debug)]
struct Endpoint(Arc<Mutex<Inside>>);

impl Endpoint {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: &alloy::rpc::json_rpc::SerializedRequest) -> Result<Response, TransportError> {
        let parameters = request.params().map_or("[]", RawValue::get);
        let parameters: Vec<Value> = serde_json::from_str(parameters).map_err(nonsense)?;
        let mut inside = self.lock();
        let payload = match inside.machine.answer(request.method(), &parameters) {
            Ok(payload) => payload,
            Err(Failure::Unread(error)) => {
                let text = error.to_string();
                inside.failure = Some(error);
                return Err(TransportErrorKind::custom_str(&text));
            }
            Err(Failure::Nonsense(error)) => return Err(error),
        };
        Ok(Response { id: request.id().clone(), payload })
    }
}

enum Failure {
    Unread(Error),
    Nonsense(TransportError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Unread(error)
    }
}

fn nonsense(error: impl ToString) -> TransportError {
    TransportErrorKind::custom_str(&error.to_string())
}

impl Machine {
    fn answer(&mut self, method: &str, parameters: &[Value]) -> Result<ResponsePayload, Failure> {
        let address = || parameter::<Address>(parameters, 0);
        let value = match method {
            "eth_call" => {
                let call: TransactionRequest = parameter(parameters, 0)?;
                let to = call.to.and_then(|to| to.into_to()).unwrap_or_default();
                let input = call.input.into_input().unwrap_or_default();
                match self.call(call.from.unwrap_or_default(), to, input)? {
                    Outcome::Success(data) => json!(data),
                    Outcome::Revert(data) => return Ok(reverted("execution reverted", Some(&data))),
                    Outcome::Halt(reason) => {
                        return Ok(reverted(&format!("execution reverted: {reason}"), None));
                    }
                }
            }
            "eth_getBalance" => json!(self.balance(address()?)?),
            "eth_getCode" => json!(self.code(address()?)?),
            "eth_getStorageAt" => {
                let slot: U256 = parameter(parameters, 1)?;
                json!(alloy::primitives::B256::from(self.slot(address()?, slot)?))
            }
            "eth_blockNumber" => json!(U256::from(self.head().number)),
            "eth_chainId" => json!(U256::from(self.chain_id())),
            _ => return Err(Failure::Nonsense(nonsense(format!("`{method}` is not answered in process")))),
        };
        let raw =
            serde_json::value::to_raw_value(&value).map_err(|error| Failure::Nonsense(nonsense(error)))?;
        Ok(ResponsePayload::Success(raw))
    }
}

fn parameter<T: serde::de::DeserializeOwned>(parameters: &[Value], place: usize) -> Result<T, Failure> {
    let value = parameters.get(place).cloned().unwrap_or_default();
    serde_json::from_value(value).map_err(|error| Failure::Nonsense(nonsense(error)))
}

fn reverted(message: &str, data: Option<&Bytes>) -> ResponsePayload {
    let data = data.and_then(|data| serde_json::value::to_raw_value(data).ok());
    ResponsePayload::Failure(ErrorPayload { code: 3, message: message.to_owned().into(), data })
}

impl Service<RequestPacket> for Endpoint {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, packet: RequestPacket) -> Self::Future {
        let answer = match packet {
            RequestPacket::Single(request) => self.answer(&request).map(ResponsePacket::Single),
            RequestPacket::Batch(requests) => requests
                .iter()
                .map(|request| self.answer(request))
                .collect::<Result<_, _>>()
                .map(ResponsePacket::Batch),
        };
        Box::pin(std::future::ready(answer))
    }
}
