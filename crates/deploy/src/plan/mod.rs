//! What a description leads to: every address, every transaction, and the state after each.

mod build;
mod pool;
mod step;

pub use step::{Deployed, Outcome, Step};

use alloy::primitives::{Address, B256, U160, U256, address, keccak256};
use alloy::sol_types::SolValue;
use btrst_gov::Deployment;
use btrst_gov::deployment::{Account, Contracts};
use btrst_gov::governor::Flavour;

use crate::Description;
use crate::description::{Pool, Receiver, Timelock, Token};

/// The canonical deployer of CREATE2, at the same address on every chain: it takes a salt and creation code.
pub const DETERMINISTIC_DEPLOYER: Address = address!("4e59b44847b379578588920cA78FbF26c0B4956C");

/// All of a deployment, before any of it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What it was made from.
    pub description: Description,
    /// Where everything is or will be.
    pub addresses: Addresses,
    /// The transactions, in their order.
    pub steps: Vec<Step>,
}

/// Where everything is or will be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    /// The token.
    pub btrst: Address,
    /// The time lock.
    pub timelock: Address,
    /// The new governor.
    pub governor: Address,
    /// The register.
    pub decisions: Address,
    /// The pool that the converter buys in.
    pub pool: Option<Address>,
    /// The converter.
    pub converter: Option<Address>,
    /// Lock-ups by the name of their row, in the file's order.
    pub lockups: Vec<(String, Address)>,
}

impl Plan {
    /// Plans a deployment. The same description gives the same plan.
    #[must_use]
    pub fn of(description: &Description) -> Self {
        build::Builder::new(description).plan()
    }

    /// Digest over chain, deployer and all transactions: two plans with the same one send the same.
    #[must_use]
    pub fn digest(&self) -> B256 {
        let mut hashes = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            hashes.push(keccak256((step.name.as_str(), step.to, step.data.clone()).abi_encode()));
        }
        keccak256((U256::from(self.description.chain_id), self.description.deployer, hashes).abi_encode())
    }

    /// Who gets how much of a fresh token: row, receiver, base units.
    #[must_use]
    pub fn allocation(&self) -> Vec<(&str, Address, U256)> {
        let Token::Fresh(rows) = &self.description.token else { return Vec::new() };
        let receiver = |name: &str, to: Receiver| match to {
            Receiver::Treasury => self.addresses.timelock,
            Receiver::Account(account) => account,
            Receiver::Lockup { .. } => {
                let mut lockups = self.addresses.lockups.iter();
                lockups.find(|(row, _)| row == name).map_or(Address::ZERO, |(_, address)| *address)
            }
        };
        rows.iter().map(|row| (row.name.as_str(), receiver(&row.name, row.to), row.amount)).collect()
    }

    /// The price that a new pool starts with, as Uniswap has it; `None` when there is no new pool.
    #[must_use]
    pub fn first_price(&self) -> Option<U160> {
        self.steps.iter().find_map(|step| match step.outcome {
            Outcome::PoolInitialised { sqrt_price, .. } => Some(sqrt_price),
            _ => None,
        })
    }

    /// The deployment file that belongs to it.
    #[must_use]
    pub fn deployment(&self) -> Deployment {
        let Self { description, addresses, .. } = self;
        let converter = description.converter.as_ref();
        let factory = converter.and_then(|converter| match converter.pool {
            Pool::Fresh { factory, .. } => Some(factory),
            Pool::Existing(_) => None,
        });
        let account = |name: &str, address: Address, role: &str| Account {
            name: name.into(),
            address,
            role: role.into(),
            private_key: None,
        };
        let mut accounts =
            vec![account("deployer", description.deployer, "deployed everything and kept nothing")];
        if let Timelock::Existing { old_governor, .. } = description.timelock {
            accounts.push(account(
                "old_governor",
                old_governor,
                "admin of the time lock before this governor",
            ));
        }
        if description.governor.guardian != Address::ZERO {
            accounts.push(account(
                "guardian",
                description.governor.guardian,
                "cancels proposals until its term ends",
            ));
        }
        for (name, address) in &addresses.lockups {
            accounts.push(account(&format!("lockup-{name}"), *address, "releases an allocation over time"));
        }
        Deployment {
            chain_id: description.chain_id,
            name: description.name.clone(),
            flavour: Flavour::Braintrust,
            rpc_url: None,
            contracts: Contracts {
                btrst: addresses.btrst,
                timelock: addresses.timelock,
                governor: addresses.governor,
                governance_decisions: Some(addresses.decisions),
                fee_converter: addresses.converter,
                usdc: converter.map(|converter| converter.usdc),
                uniswap_factory: factory,
                pool: addresses.pool,
                ..Contracts::default()
            },
            accounts,
        }
    }
}
