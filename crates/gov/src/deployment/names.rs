//! Names to addresses and back.

use alloy::primitives::Address;

use super::{Account, Deployment};
use crate::{Error, Result};

/// Jaro-Winkler similarity from which a known name is offered for an unknown one; typos of one or two letters pass.
const CLOSE: f64 = 0.8;

impl Deployment {
    /// The address that `text` names: a contract, an account, or a checksummed address itself.
    ///
    /// # Errors
    /// If the name is unknown (with the names that look like it), or the address or its checksum is wrong.
    pub fn resolve(&self, text: &str) -> Result<Address> {
        if text.starts_with("0x") {
            return parse_address(text);
        }
        let found = self.names().find(|(name, _)| *name == text).map(|(_, address)| address);
        found.ok_or_else(|| Error::UnknownName { name: text.into(), close: self.close_names(text) })
    }

    /// The name of `address`, a contract's before an account's.
    pub fn name_of(&self, address: Address) -> Option<&str> {
        self.names().find(|(_, known)| *known == address).map(|(name, _)| name)
    }

    /// The account called `name`.
    ///
    /// # Errors
    /// If there is none.
    pub fn account(&self, name: &str) -> Result<&Account> {
        let found = self.accounts.iter().find(|account| account.name == name);
        found.ok_or_else(|| Error::UnknownName { name: name.into(), close: self.close_names(name) })
    }

    fn names(&self) -> impl Iterator<Item = (&str, Address)> {
        let contracts = self.contracts.iter().map(|(name, address)| -> (&str, Address) { (name, address) });
        contracts.chain(self.accounts.iter().map(|account| (account.name.as_str(), account.address)))
    }

    fn close_names(&self, text: &str) -> Vec<String> {
        let given = text.to_lowercase();
        let close = self.names().filter(|(name, _)| strsim::jaro_winkler(name, &given) >= CLOSE);
        close.map(|(name, _)| name.to_owned()).collect()
    }
}

/// Parses an address whose capitals must be its EIP-55 checksum, so that a mistyped digit is noticed.
///
/// # Errors
/// If the text is no address, or its checksum is wrong or missing.
pub fn parse_address(text: &str) -> Result<Address> {
    let address: Address = match text.strip_prefix("0x").map(|_| text.parse()) {
        Some(Ok(address)) => address,
        _ => return Err(Error::InvalidAddress(text.into())),
    };
    if address.to_checksum(None) == text {
        Ok(address)
    } else {
        Err(Error::Checksum { given: text.into(), expected: address })
    }
}
