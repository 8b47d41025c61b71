//! A deployment: which contracts form one DAO on one chain, and the names that people use for addresses.

mod file;
mod names;

pub use names::parse_address;

use std::fmt;

use alloy::primitives::{Address, B256};

use crate::governor::Flavour;

/// Chain id of a local devnet, the only kind of chain whose deployment files hold private keys.
pub const DEVNET_CHAIN_ID: u64 = 31_337;

/// One DAO on one chain. Read with [`Deployment::parse`], written with [`Deployment::render`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Chain that the contracts are on.
    pub chain_id: u64,
    /// What people call it, such as `mainnet`.
    pub name: String,
    /// Kind of the governor.
    pub flavour: Flavour,
    /// Endpoint to reach the chain by default. Files are shared: leave it out where it carries credentials.
    pub rpc_url: Option<String>,
    /// The contracts.
    pub contracts: Contracts,
    /// Named accounts, in the file's order.
    pub accounts: Vec<Account>,
}

/// The contracts of a deployment. A DAO has the first three; the others are optional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contracts {
    /// The governance token.
    pub btrst: Address,
    /// Treasury and executor.
    pub timelock: Address,
    /// Proposals and votes.
    pub governor: Address,
    /// Register of marketplace fee, categories and members.
    pub governance_decisions: Option<Address>,
    /// Buys BTRST for the treasury with fees in USDC.
    pub fee_converter: Option<Address>,
    /// The fee currency.
    pub usdc: Option<Address>,
    /// Wrapped ether.
    pub weth: Option<Address>,
    /// Uniswap V3's factory.
    pub uniswap_factory: Option<Address>,
    /// Uniswap V3's router.
    pub swap_router: Option<Address>,
    /// Uniswap V3's position manager.
    pub position_manager: Option<Address>,
    /// Uniswap V3's quoter.
    pub quoter: Option<Address>,
    /// The pool that fees are converted in.
    pub pool: Option<Address>,
}

impl Contracts {
    /// Keys of `[contracts]`, in the order of the file.
    pub const NAMES: [&'static str; 12] = [
        "btrst",
        "timelock",
        "governor",
        "governance_decisions",
        "fee_converter",
        "usdc",
        "weth",
        "uniswap_factory",
        "swap_router",
        "position_manager",
        "quoter",
        "pool",
    ];

    /// Name and address of each contract that is there, in the order of [`Contracts::NAMES`].
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Address)> + use<> {
        let addresses = [
            Some(self.btrst),
            Some(self.timelock),
            Some(self.governor),
            self.governance_decisions,
            self.fee_converter,
            self.usdc,
            self.weth,
            self.uniswap_factory,
            self.swap_router,
            self.position_manager,
            self.quoter,
            self.pool,
        ];
        Self::NAMES.into_iter().zip(addresses).filter_map(|(name, address)| Some((name, address?)))
    }
}

/// A named account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Lower-case name, unique in the deployment.
    pub name: String,
    /// The account.
    pub address: Address,
    /// What it is for, in words.
    pub role: String,
    /// Its key; on devnets only.
    pub private_key: Option<PrivateKey>,
}

/// A devnet account's private key. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivateKey(pub B256);

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

#[cfg(test)]
pub(crate) mod sample {
    use super::*;

    /// A devnet with a few contracts and accounts, each at an address of one repeated byte.
    pub(crate) fn deployment() -> Deployment {
        let account = |name: &str, byte| Account {
            name: name.into(),
            address: Address::repeat_byte(byte),
            role: String::new(),
            private_key: None,
        };
        Deployment {
            chain_id: DEVNET_CHAIN_ID,
            name: "devnet".into(),
            flavour: Flavour::Braintrust,
            rpc_url: None,
            contracts: Contracts {
                btrst: Address::repeat_byte(1),
                timelock: Address::repeat_byte(2),
                governor: Address::repeat_byte(3),
                governance_decisions: Some(Address::repeat_byte(4)),
                fee_converter: Some(Address::repeat_byte(5)),
                usdc: Some(Address::repeat_byte(6)),
                ..Contracts::default()
            },
            accounts: vec![account("amara", 0xa1), account("grantee", 0xa2)],
        }
    }
}
