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

#[cfg(test)]
mod tests {
    use super::*;

    fn mainnet() -> Deployment {
        Deployment::parse(include_str!("../../../../deployments/mainnet.toml")).unwrap()
    }

    #[test]
    fn names_and_addresses_resolve() {
        let mainnet = mainnet();
        let holder = mainnet.account("launch_holder").unwrap().address;
        assert_eq!(mainnet.resolve("launch_holder").unwrap(), holder);
        assert_eq!(mainnet.resolve(&holder.to_string()).unwrap(), holder);
        assert_eq!(mainnet.name_of(holder), Some("launch_holder"));
        assert_eq!(mainnet.name_of(Address::ZERO), None);
    }

    #[test]
    fn unknown_names_list_close_ones() {
        let table = [
            ("timelok", "did you mean `timelock`?"),
            ("BTRST", "did you mean `btrst`?"),
            ("governer", "did you mean `governor`, `governance_decisions`?"),
            ("xyz", "use a contract or account of the deployment file, or a checksummed address"),
        ];
        for (name, hint) in table {
            let error = mainnet().resolve(name).unwrap_err();
            assert_eq!(error.to_string(), format!("unknown name `{name}`"));
            assert_eq!(error.hint().unwrap(), hint);
        }
        assert!(matches!(mainnet().account("timelock"), Err(Error::UnknownName { .. })));
    }

    #[test]
    fn checksums_are_required() {
        let good = "0x799ebfABE77a6E34311eeEe9825190B9ECe32824";
        assert_eq!(parse_address(good).unwrap().to_string(), good);
        for wrong in [good.to_lowercase(), good.replace("f", "F"), good.replacen('9', "8", 1)] {
            let error = parse_address(&wrong).unwrap_err();
            assert_eq!(error.to_string(), format!("wrong checksum in address `{wrong}`"));
            assert!(error.hint().unwrap().starts_with("a digit may be mistyped"));
        }
        for invalid in ["", "0x", "799ebfABE77a6E34311eeEe9825190B9ECe32824", "0x799ebf"] {
            assert_eq!(
                parse_address(invalid).unwrap_err().to_string(),
                format!("invalid address `{invalid}`")
            );
        }
    }
}
