//! Sends transactions, one a block, and notes their gas.

use std::fmt::Debug;

use alloy::primitives::{Address, Bytes};
use alloy::providers::Provider;
use alloy::sol_types::SolCall;
use btrst_devnet::{Account, Accounts, Call, Chain, Name, Receipt};
use eyre::Result;

use crate::operation::{Gas, Operation};

/// Something that a transaction should have done is not so.
#[derive(Debug, thiserror::Error)]
#[error("{what}: expected {expected}, found {actual}")]
pub struct Mismatch {
    what: String,
    expected: String,
    actual: String,
}

/// Checks an effect.
///
/// # Errors
/// [`Mismatch`] when it is another than expected.
pub fn expect<T: PartialEq + Debug>(what: impl Into<String>, actual: T, expected: T) -> Result<(), Mismatch> {
    if actual == expected {
        return Ok(());
    }
    Err(Mismatch { what: what.into(), expected: format!("{expected:?}"), actual: format!("{actual:?}") })
}

/// What one stack's operations cost on a chain that it shares with others.
#[derive(Debug)]
pub struct Meter<'a> {
    chain: &'a Chain,
    accounts: &'a Accounts,
    gas: Gas,
}

impl<'a> Meter<'a> {
    /// A meter that has measured nothing.
    pub const fn new(chain: &'a Chain, accounts: &'a Accounts) -> Self {
        Self { chain, accounts, gas: Gas::new() }
    }

    /// The chain.
    pub const fn chain(&self) -> &'a Chain {
        self.chain
    }

    /// Account of `name`.
    pub fn account(&self, name: Name) -> &'a Account {
        self.accounts.get(name)
    }

    /// Address of `name`.
    pub fn address(&self, name: Name) -> Address {
        self.accounts.address(name)
    }

    /// Sends `call` from `name`, as part of the situation.
    ///
    /// # Errors
    /// When it reverts.
    pub async fn prepare(&self, name: Name, call: Call) -> Result<Receipt> {
        Ok(self.chain.send(self.account(name), call).await?)
    }

    /// Sends `call` from `name` and notes what `operation` costs.
    ///
    /// # Errors
    /// When it reverts.
    pub async fn measure(&mut self, operation: Operation, name: Name, call: Call) -> Result<Receipt> {
        let receipt = self.prepare(name, call).await?;
        self.note(operation, receipt.gas_used())?;
        Ok(receipt)
    }

    /// Notes what `operation` costs.
    ///
    /// # Errors
    /// [`Mismatch`] when it was measured before.
    pub fn note(&mut self, operation: Operation, gas: u64) -> Result<()> {
        let before = self.gas.insert(operation, gas);
        Ok(expect(format!("an earlier measurement of {operation:?}"), before, None)?)
    }

    /// Deploys a contract from the deployer and notes the cost, unless the stack has it from elsewhere.
    ///
    /// # Errors
    /// When it reverts.
    pub async fn deploy(
        &mut self,
        operation: Option<Operation>,
        code: &Code,
        arguments: &[u8],
    ) -> Result<Address> {
        let call = Call::deploy(&code.name, &code.creation, arguments);
        let expected = self.next_contract(0).await?;
        let receipt = match operation {
            Some(operation) => self.measure(operation, Name::Deployer, call).await?,
            None => self.prepare(Name::Deployer, call).await?,
        };
        expect(format!("the address of {}", code.name), receipt.deployed(), Some(expected))?;
        Ok(expected)
    }

    /// Address of the contract that the deployer will create after `later` other transactions.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn next_contract(&self, later: u64) -> Result<Address> {
        let deployer = self.address(Name::Deployer);
        let nonce = self.chain.provider().get_transaction_count(deployer).await?;
        Ok(deployer.create(nonce + later))
    }

    /// Answer of the view `call` of the contract at `to`.
    ///
    /// # Errors
    /// When it reverts.
    pub async fn read<C: SolCall>(&self, to: Address, call: C) -> Result<C::Return> {
        Ok(self.chain.read(to, &call).await?)
    }

    /// What was measured.
    pub fn into_gas(self) -> Gas {
        self.gas
    }
}

/// A compiled contract.
#[derive(Clone, Debug)]
pub struct Code {
    /// Its name, for errors.
    pub name: String,
    /// Creation code without constructor arguments.
    pub creation: Bytes,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_effect_is_an_error_that_says_which() {
        expect("votes of amara", 7, 7).unwrap();
        let mismatch = expect("votes of amara", 6, 7).unwrap_err();
        assert_eq!(mismatch.to_string(), "votes of amara: expected 7, found 6");
    }
}
