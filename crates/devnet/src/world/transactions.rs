//! The transactions of a seeding, collected before they are sent: contracts that need each other's address get it
//! before either exists.

use alloy::primitives::{Address, U256};
use alloy::sol_types::SolCall;

use super::{Seeding, USDC_STAND_IN};
use crate::artifact::creation_code;
use crate::{Account, Call, Name, Result};

/// Transactions in the order in which they will be mined.
pub(super) struct Transactions<'a> {
    seeding: &'a Seeding<'a>,
    calls: Vec<(&'a Account, Call)>,
    /// Transactions of the deployer so far, which is the nonce of its next one on a fresh chain.
    nonce: u64,
}

impl<'a> Transactions<'a> {
    pub(super) const fn new(seeding: &'a Seeding<'a>) -> Self {
        Self { seeding, calls: Vec::new(), nonce: 0 }
    }

    /// Address of the contract that the deployer's transaction will create, after `later` others.
    pub(super) fn next_address(&self, later: u64) -> Address {
        self.seeding.accounts.address(Name::Deployer).create(self.nonce + later)
    }

    /// Deploys `contract` by its creation code and ABI-encoded constructor arguments.
    pub(super) fn deploy(&mut self, contract: &str, code: &[u8], arguments: &[u8]) -> Address {
        let address = self.next_address(0);
        self.push(Name::Deployer, Call::deploy(contract, code, arguments));
        address
    }

    /// Deploys the compiled contract at `path` below `node_modules`.
    pub(super) fn deploy_package(&mut self, path: &str, arguments: &[u8]) -> Result<Address> {
        let code = self.seeding.repository.creation_code(path)?;
        Ok(self.deploy(&format!("`{path}`"), &code, arguments))
    }

    /// Deploys what stands in for USDC.
    pub(super) fn deploy_usdc(&mut self) -> Result<Address> {
        let code = creation_code(USDC_STAND_IN, "UsdcStandIn.json".as_ref())?;
        Ok(self.deploy("UsdcStandIn", &code, &[]))
    }

    /// Calls a contract from the deployer.
    pub(super) fn call<C: SolCall>(&mut self, to: Address, call: &C) {
        self.push(Name::Deployer, Call::new(to, call));
    }

    /// Sends ether from the deployer.
    pub(super) fn ether(&mut self, to: Address, value: U256) {
        self.push(Name::Deployer, Call::ether(to, value));
    }

    /// Sends `call` from `name`.
    pub(super) fn push(&mut self, name: Name, call: Call) {
        self.nonce += u64::from(name == Name::Deployer);
        self.calls.push((self.seeding.accounts.get(name), call));
    }

    /// Sends them all.
    pub(super) async fn send(self) -> Result<()> {
        self.seeding.chain.send_all(&self.calls).await.map(drop)
    }
}
