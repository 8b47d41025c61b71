//! What a deployment shall be: the content of `deploy.toml`, read and checked.

mod converter;
mod file;
mod rows;
mod time;

use alloy::primitives::{Address, B256, U256};
use btrst_bindings::IFeeConverter;
use btrst_gov::parameters::Parameters;

/// A deployment, described completely. Read with [`Description::parse`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Chain to deploy on.
    pub chain_id: u64,
    /// What people call it; also the name of the deployment file that is written at the end.
    pub name: String,
    /// Tells deployments of the same terms apart: another salt gives other addresses.
    pub salt: B256,
    /// Who sends the transactions. Holds the supply between the token's creation and the allocation, and keeps
    /// nothing.
    pub deployer: Address,
    /// The token.
    pub token: Token,
    /// The time lock.
    pub timelock: Timelock,
    /// The governor, which is always new.
    pub governor: Governor,
    /// A register of decisions that exists; `None` for a new one.
    pub decisions: Option<Address>,
    /// The converter of fees, if there shall be one.
    pub converter: Option<Converter>,
}

/// The governance token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A new one, and who gets it. The rows sum to the supply.
    Fresh(Vec<Allocation>),
    /// One that exists.
    Existing(Address),
}

/// The time lock, which is the treasury.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timelock {
    /// A new one with this delay in seconds, created together with the governor.
    Fresh(u64),
    /// One that exists. The governor gets its power by a proposal of the old one.
    Existing {
        /// The time lock.
        address: Address,
        /// Its admin until then.
        old_governor: Address,
    },
}

/// What the governor starts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Governor {
    /// Parameters, within the contract's bounds.
    pub parameters: Parameters,
    /// Account that may cancel proposals; zero for none.
    pub guardian: Address,
    /// Unix time in seconds when that ends; zero without guardian.
    pub guardian_expiry: u64,
}

/// A share of the supply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// What people call it.
    pub name: String,
    /// Who gets it.
    pub to: Receiver,
    /// How much, in base units.
    pub amount: U256,
}

/// Who gets a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// The time lock.
    Treasury,
    /// An account, at once.
    Account(Address),
    /// An account, over time.
    Lockup {
        /// The account.
        beneficiary: Address,
        /// When.
        terms: Terms,
    },
}

/// When a lock-up releases: Unix times in seconds, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// From when shares accrue.
    pub start: u64,
    /// Before it nothing is released.
    pub cliff: u64,
    /// From when everything is released.
    pub end: u64,
}

/// The converter of fees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converter {
    /// The fee currency.
    pub usdc: Address,
    /// Account that may pause conversions; zero for none.
    pub guardian: Address,
    /// The pool of BTRST and USDC.
    pub pool: Pool,
    /// Observations that the pool has to have room for, at least.
    pub cardinality: u16,
    /// The guards, within the contract's bounds.
    pub guards: IFeeConverter::Parameters,
}

/// Where fees are converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// A pool that exists.
    Existing(Address),
    /// A new one of a Uniswap V3 factory.
    Fresh {
        /// The factory.
        factory: Address,
        /// Fee in hundredths of a basis point.
        fee: u32,
        /// Base units of USDC that one BTRST costs at first.
        price: U256,
    },
}
