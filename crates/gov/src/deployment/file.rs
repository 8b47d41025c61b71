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

#[cfg(test)]
mod tests {
    use alloy::primitives::address;

    use super::*;

    const MAINNET: &str = include_str!("../../../../deployments/mainnet.toml");
    /// The first account of the mnemonic that every devnet uses.
    const KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

    fn devnet(accounts: &str) -> String {
        format!(
            r#"schema_version = 1
chain_id = 31337
name = "devnet"
flavour = "braintrust"
rpc_url = "http://127.0.0.1:8545"
[contracts]
btrst = "0x799ebfABE77a6E34311eeEe9825190B9ECe32824"
timelock = "0xb6f1F016175588a049fDA12491cF3686De33990B"
governor = "0x1a0D3d5a43e53510f80F16905Bc96e907A47dD01"
{accounts}"#
        )
    }

    fn account(name: &str, key: &str) -> String {
        format!(
            "[[accounts]]\nname = \"{name}\"\naddress = \"0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266\"\nrole = \"\"\n\
             private_key = \"{key}\"\n"
        )
    }

    #[test]
    fn reads_the_live_deployment() {
        let mainnet = Deployment::parse(MAINNET).unwrap();
        assert_eq!(
            (mainnet.chain_id, mainnet.name.as_str(), mainnet.flavour),
            (1, "mainnet", Flavour::Alpha)
        );
        assert_eq!(mainnet.resolve("btrst").unwrap(), address!("799ebfABE77a6E34311eeEe9825190B9ECe32824"));
        assert_eq!(mainnet.contracts.pool, Some(address!("0170915a0a6de6eb8dfc4e0f7415ad5a5a2be180")));
        assert_eq!(mainnet.contracts.weth, None);
        assert_eq!(mainnet.contracts.iter().count(), 8);
        assert_eq!(Deployment::parse(&mainnet.render().unwrap()).unwrap(), mainnet);
    }

    #[test]
    fn reads_back_what_it_renders() {
        let deployment = Deployment::parse(&devnet(&account("amara", KEY))).unwrap();
        let text = deployment.render().unwrap();
        assert!(text.contains("btrst = \"0x799ebfABE77a6E34311eeEe9825190B9ECe32824\""), "{text}");
        assert_eq!(Deployment::parse(&text).unwrap(), deployment);
        let elsewhere = Deployment { chain_id: 1, ..deployment };
        assert!(matches!(elsewhere.render(), Err(Error::KeyOutsideDevnet { chain_id: 1, .. })));
    }

    #[test]
    fn refuses_with_line_and_column() {
        let good = devnet("");
        let table = [
            (good.replace("version = 1", "version = 2"), "line 1, column 18: unknown `schema_version` 2"),
            (
                good.replace("name =", "nam ="),
                "line 3, column 1: unknown field `nam`, expected one of `schema_version`, `chain_id`, `name`, \
                 `flavour`, `rpc_url`, `contracts`, `accounts`",
            ),
            (
                good.replace("\"braintrust\"", "\"bravo\""),
                "line 4, column 11: unknown variant `bravo`, expected `braintrust` or `alpha`",
            ),
            (good.replace("timelock =", "timelok ="), "line 8, column 1: unknown contract `timelok`"),
            (good.replace("timelock =", "pool ="), "line 6, column 1: missing contract `timelock`"),
            (
                good.replace("33990B", "33990b"),
                "line 8, column 12: wrong checksum in address `0xb6f1F016175588a049fDA12491cF3686De33990b`",
            ),
            (good.replace("33990B", "33990"), "line 8, column 12: invalid address"),
            (devnet(&account("btrst", KEY)), "line 11, column 8: the name `btrst` is taken"),
            (devnet(&account("0xamara", KEY)), "line 11, column 8: invalid account name `0xamara`"),
            (
                devnet(&(account("amara", KEY) + &account("amara", KEY))),
                "line 16, column 8: the name `amara` is taken",
            ),
            (
                devnet(&account("amara", KEY)).replace("31337", "1"),
                "line 14, column 15: account `amara` has a private key, but chain 1 is not a devnet",
            ),
            (
                devnet(&account("amara", &KEY.replace("80", "81"))),
                "line 14, column 15: the private key of account `amara` does not belong to its address",
            ),
            (devnet(&account("amara", "0x12")), "line 14, column 15: the private key of account `amara`"),
        ];
        for (text, message) in table {
            let error = Deployment::parse(&text).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}\n{message}");
            assert!(!error.contains(&KEY[2..20]), "{error}");
        }
    }

    #[test]
    fn keys_do_not_show() {
        let deployment = Deployment::parse(&devnet(&account("amara", KEY))).unwrap();
        assert!(!format!("{deployment:?}").contains(&KEY[2..20]));
    }
}
