//! One transaction of a plan, and the state that says that it is done.

use alloy::primitives::{Address, Bytes, U160, U256};
use btrst_bindings::Contract;

use crate::immutables::Immutables;

/// One transaction of the deployer. None sends ether.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Short and unique in the plan, such as `token` or `allocate community`.
    pub name: String,
    /// What it does, in words.
    pub what: String,
    /// Contract that is called.
    pub to: Address,
    /// Call data.
    pub data: Bytes,
    /// The state after it. While the chain is not in it, the step is open, whoever sent whatever.
    pub outcome: Outcome,
}

/// The state that a step leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// These contracts are on the chain, all created by this step.
    Deployed(Vec<Deployed>),
    /// There is a pool at this address.
    PoolCreated(Address),
    /// The pool has a price. Trades move it from the first moment on, so any price will do.
    PoolInitialised {
        /// The pool.
        pool: Address,
        /// The price that this step sets: the square root of token1 per token0, with 96 binary places.
        sqrt_price: U160,
    },
    /// The pool has room for at least so many observations.
    ObservationsGrown {
        /// The pool.
        pool: Address,
        /// Observations.
        cardinality: u16,
    },
    /// The deployer sent exactly this much to the receiver, in one transfer.
    Allocated {
        /// The token.
        token: Address,
        /// Who sent it.
        from: Address,
        /// Who got it.
        to: Address,
        /// How much, in base units.
        amount: U256,
    },
}

impl Outcome {
    /// Whether `contract` is created.
    #[must_use]
    pub fn creates(&self, contract: Contract) -> bool {
        matches!(self, Self::Deployed(list) if list.iter().any(|deployed| deployed.contract == contract))
    }
}

/// A contract that a step creates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployed {
    /// Which one.
    pub contract: Contract,
    /// Where.
    pub address: Address,
    /// What its constructor leaves in its code.
    pub immutables: Immutables,
}
