//! What an account sends to the chain, and what came of it.

use alloy::primitives::{Address, Bytes, TxKind, U256};
use alloy::rpc::types::TransactionReceipt;
use alloy::sol_types::{SolCall, SolEvent};

use crate::{Error, Result};

/// Gas limit of a call in a batch, where nothing can be estimated. Generous for any call of the suite.
const CALL_GAS: u64 = 2_000_000;

/// Gas limit of a deployment in a batch. The largest contract, Uniswap's position manager, needs 5.4 million.
const CREATION_GAS: u64 = 8_000_000;

/// A call of a contract, a transfer of ether or a deployment.
#[derive(Clone, Debug)]
pub struct Call {
    pub(crate) to: TxKind,
    pub(crate) value: U256,
    pub(crate) data: Bytes,
    pub(crate) gas_limit: u64,
    /// What it is, for errors.
    pub(crate) what: String,
}

impl Call {
    /// Calls a function of the contract at `to`.
    pub fn new<C: SolCall>(to: Address, call: &C) -> Self {
        Self {
            to: TxKind::Call(to),
            value: U256::ZERO,
            data: call.abi_encode().into(),
            gas_limit: CALL_GAS,
            what: format!("`{}`", C::SIGNATURE),
        }
    }

    /// Sends `value` wei to `to`.
    #[must_use]
    pub fn ether(to: Address, value: U256) -> Self {
        Self {
            to: TxKind::Call(to),
            value,
            data: Bytes::new(),
            gas_limit: CALL_GAS,
            what: "the transfer of ether".into(),
        }
    }

    /// Deploys `contract` by its creation code, followed by the ABI encoding of its constructor's `arguments`.
    #[must_use]
    pub fn deploy(contract: &str, creation_code: &[u8], arguments: &[u8]) -> Self {
        Self {
            to: TxKind::Create,
            value: U256::ZERO,
            data: [creation_code, arguments].concat().into(),
            gas_limit: CREATION_GAS,
            what: format!("the deployment of {contract}"),
        }
    }

    /// Sends `value` wei along.
    #[must_use]
    pub fn with_value(self, value: U256) -> Self {
        Self { value, ..self }
    }

    /// Limits the gas, when the call is part of a batch.
    #[must_use]
    pub fn with_gas_limit(self, gas_limit: u64) -> Self {
        Self { gas_limit, ..self }
    }
}

impl From<btrst_gov::governor::Call> for Call {
    fn from(call: btrst_gov::governor::Call) -> Self {
        Self {
            to: TxKind::Call(call.to),
            value: call.value,
            data: call.data,
            gas_limit: CALL_GAS,
            what: call.what,
        }
    }
}

/// Receipt of a transaction that succeeded.
#[derive(Clone, Debug)]
pub struct Receipt(pub TransactionReceipt);

impl Receipt {
    /// Gas that was paid for.
    #[must_use]
    pub const fn gas_used(&self) -> u64 {
        self.0.gas_used
    }

    /// Address of the contract that the transaction deployed.
    #[must_use]
    pub const fn deployed(&self) -> Option<Address> {
        self.0.contract_address
    }

    /// All events `E` that `emitter` wrote, in order.
    #[must_use]
    pub fn events<E: SolEvent>(&self, emitter: Address) -> Vec<E> {
        let logs = self.0.inner.logs().iter().filter(|log| log.address() == emitter);
        logs.filter_map(|log| E::decode_log(&log.inner).ok()).map(|log| log.data).collect()
    }

    /// The only event `E` that `emitter` wrote.
    ///
    /// # Errors
    /// [`Error::UnexpectedEffect`] when there is none, or more than one.
    pub fn event<E: SolEvent>(&self, emitter: Address) -> Result<E> {
        let mut events = self.events::<E>(emitter);
        let found = events.len();
        match events.pop() {
            Some(event) if found == 1 => Ok(event),
            _ => Err(Error::UnexpectedEffect {
                what: format!("the number of events `{}` of `{emitter}`", E::SIGNATURE),
                expected: "1".into(),
                actual: found.to_string(),
            }),
        }
    }
}
