//! The deployment file, `deployments/<name>.toml`.

use std::collections::BTreeMap;

use alloy::{
    primitives::{Address, B256},
    signers::local::PrivateKeySigner,
};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{Account, Contracts, DEVNET_CHAIN_ID, Deployment, PrivateKey, names::parse_address};
use crate::{Error, Result, document::Document, governor::Flavour};

/// Version of the file's form.
const SCHEMA_VERSION: u64 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema_version: Spanned<u64>,
    chain_id: u64,
    name: String,
    flavour: Flavour,
    rpc_url: Option<String>,
    contracts: Spanned<BTreeMap<Spanned<String>, Spanned<String>>>,
    #[serde(default)]
    accounts: Vec<AccountEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountEntry {
    name: Spanned<String>,
    address: Spanned<String>,
    role: String,
    private_key: Option<Spanned<String>>,
}

#[derive(Serialize)]
struct Rendered<'a> {
    schema_version: u64,
    chain_id: u64,
    name: &'a str,
    flavour: Flavour,
    #[serde(skip_serializing_if = "Option::is_none")]
    rpc_url: Option<&'a str>,
    contracts: RenderedContracts,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    accounts: Vec<RenderedAccount<'a>>,
}

#[derive(Serialize)]
struct RenderedAccount<'a> {
    name: &'a str,
    address: String,
    role: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    private_key: Option<B256>,
}

/// A map that keeps the order of [`Contracts::NAMES`].
struct RenderedContracts(Vec<(&'static str, String)>);

impl Serialize for RenderedContracts {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, address)| (name, address)))
    }
}

impl Deployment {
    /// Reads the text of a deployment file.
    ///
    /// # Errors
    /// With line and column: if the text is not TOML, a key is unknown or missing, an address is wrong, a name is
    /// taken twice, or a private key stands in the file of a chain that is not a devnet.
    pub fn parse(text: &str) -> Result<Self> {
        let document = Document(text);
        let file: File = document.parse()?;
        document.convert(&file.schema_version, |version| match *version {
            SCHEMA_VERSION => Ok(()),
            version => Err(Error::SchemaVersion(version)),
        })?;
        let contracts = contracts(document, &file.contracts)?;
        let mut accounts: Vec<Account> = Vec::with_capacity(file.accounts.len());
        for entry in file.accounts {
            let account = entry.read(document, file.chain_id)?;
            if accounts.iter().any(|earlier| earlier.name == account.name) {
                return Err(document.at(entry.name.span(), Error::DuplicateName(account.name)));
            }
            accounts.push(account);
        }
        Ok(Self {
            chain_id: file.chain_id,
            name: file.name,
            flavour: file.flavour,
            rpc_url: file.rpc_url,
            contracts,
            accounts,
        })
    }

    /// The text of the deployment's file, which [`Deployment::parse`] reads back.
    ///
    /// # Errors
    /// If an account has a private key and the chain is not a devnet, or a name has no form in TOML.
    pub fn render(&self) -> Result<String> {
        for account in &self.accounts {
            if account.private_key.is_some() && self.chain_id != DEVNET_CHAIN_ID {
                return Err(Error::KeyOutsideDevnet {
                    account: account.name.clone(),
                    chain_id: self.chain_id,
                });
            }
        }
        let contracts = self.contracts.iter().map(|(name, address)| (name, address.to_checksum(None)));
        let accounts = self.accounts.iter().map(|account| RenderedAccount {
            name: &account.name,
            address: account.address.to_checksum(None),
            role: &account.role,
            private_key: account.private_key.as_ref().map(|key| key.0),
        });
        Ok(toml::to_string(&Rendered {
            schema_version: SCHEMA_VERSION,
            chain_id: self.chain_id,
            name: &self.name,
            flavour: self.flavour,
            rpc_url: self.rpc_url.as_deref(),
            contracts: RenderedContracts(contracts.collect()),
            accounts: accounts.collect(),
        })?)
    }
}

fn contracts(
    document: Document<'_>,
    table: &Spanned<BTreeMap<Spanned<String>, Spanned<String>>>,
) -> Result<Contracts> {
    let mut found = BTreeMap::new();
    for (name, address) in table.get_ref() {
        let known = document.convert(name, |name| {
            let known = Contracts::NAMES.into_iter().find(|known| known == name);
            known.ok_or_else(|| Error::UnknownContract {
                name: name.clone(),
                allowed: Contracts::NAMES.into(),
            })
        })?;
        found.insert(known, document.convert(address, |address| parse_address(address))?);
    }
    let required = |name| {
        found.get(name).copied().ok_or_else(|| document.at(table.span(), Error::MissingContract(name)))
    };
    let optional = |name| found.get(name).copied();
    Ok(Contracts {
        btrst: required("btrst")?,
        timelock: required("timelock")?,
        governor: required("governor")?,
        governance_decisions: optional("governance_decisions"),
        fee_converter: optional("fee_converter"),
        usdc: optional("usdc"),
        weth: optional("weth"),
        uniswap_factory: optional("uniswap_factory"),
        swap_router: optional("swap_router"),
        position_manager: optional("position_manager"),
        quoter: optional("quoter"),
        pool: optional("pool"),
    })
}

impl AccountEntry {
    fn read(&self, document: Document<'_>, chain_id: u64) -> Result<Account> {
        let name = document.convert(&self.name, |name| account_name(name))?;
        let address = document.convert(&self.address, |address| parse_address(address))?;
        let private_key = match &self.private_key {
            None => None,
            Some(key) => Some(document.convert(key, |key| match chain_id {
                DEVNET_CHAIN_ID => private_key(&name, address, key),
                _ => Err(Error::KeyOutsideDevnet { account: name.clone(), chain_id }),
            })?),
        };
        Ok(Account { name, address, role: self.role.clone(), private_key })
    }
}

/// A name that no address and no contract has.
fn account_name(name: &str) -> Result<String> {
    let letter = |byte: &u8| byte.is_ascii_lowercase();
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    if !name.as_bytes().first().is_some_and(letter) || !name.bytes().all(allowed) {
        return Err(Error::InvalidAccountName(name.into()));
    }
    if Contracts::NAMES.contains(&name) {
        return Err(Error::DuplicateName(name.into()));
    }
    Ok(name.into())
}

fn private_key(account: &str, address: Address, text: &str) -> Result<PrivateKey> {
    let wrong = || Error::WrongKey(account.into());
    let key: B256 = text.parse().map_err(|_| wrong())?;
    let signer = PrivateKeySigner::from_bytes(&key).map_err(|_| wrong())?;
    if signer.address() == address { Ok(PrivateKey(key)) } else { Err(wrong()) }
}
