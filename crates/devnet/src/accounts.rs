//! The named accounts of a devnet: who they are, and keys that everybody knows.

use alloy::primitives::{Address, B256};
use alloy::signers::k256::ecdsa::SigningKey;
use alloy::signers::local::PrivateKeySigner;
use alloy::signers::local::coins_bip39::{English, Mnemonic};

use crate::{Error, Result};

/// The test mnemonic that every Ethereum tool knows: `cast --mnemonic` and wallets take it as it is.
pub const MNEMONIC: &str = "test test test test test test test test test test test junk";

/// Path of the accounts; the position in [`Name::ALL`] follows it.
const DERIVATION_PATH: &str = "m/44'/60'/0'/0";

macro_rules! names {
    ($($variant:ident = $text:literal, $role:literal;)*) => {
        /// Who an account of a devnet belongs to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Name { $(#[doc = $role] $variant,)* }

        impl Name {
            /// All names, in the order of their keys' index in the mnemonic.
            pub const ALL: [Self; [$($text),*].len()] = [$(Self::$variant),*];

            /// Name as written in files and reports.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// What the account is for, in words.
            #[must_use]
            pub const fn role(self) -> &'static str {
                match self { $(Self::$variant => $role,)* }
            }
        }
    };
}

names! {
    Deployer = "deployer", "deploys everything and keeps nothing";
    Guardian = "guardian", "may pause conversions and, in BraintrustGovernor, cancel proposals for a limited time";
    Amara = "amara", "delegate with two fifths of the quorum";
    Bela = "bela", "delegate with two fifths of the quorum";
    Chidi = "chidi", "delegate with two fifths of the quorum";
    Dora = "dora", "small holder, below the proposal threshold";
    Client = "client", "client who pays invoices in USDC";
    FreelanceLabs = "freelance_labs", "node: Freelance Labs";
    HexOcean = "hexocean", "node: HexOcean";
    Snowfork = "snowfork", "node: SnowFork";
    AcceleratedLabs = "accelerated_labs", "node: Accelerated Labs";
    Muses = "muses", "node: Muses";
    Investors = "investors", "the early investors";
    PublicSale = "public_sale", "the buyers of the public sale";
    Trader = "trader", "trades on the pool";
    Grantee = "grantee", "receives grants";
    Relayer = "relayer", "submits what others signed";
    Stranger = "stranger", "has ether and nothing else";
}

impl Name {
    /// The delegates: above the quorum together, below it alone.
    pub const DELEGATES: [Self; 3] = [Self::Amara, Self::Bela, Self::Chidi];

    /// The five nodes.
    pub const NODES: [Self; 5] =
        [Self::FreelanceLabs, Self::HexOcean, Self::Snowfork, Self::AcceleratedLabs, Self::Muses];

    /// The name written as `text`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == text)
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A named account and its key.
#[derive(Clone, Debug)]
pub struct Account {
    /// Whose it is.
    pub name: Name,
    /// Signs for it. The key is derived from [`MNEMONIC`] and public.
    pub signer: PrivateKeySigner,
}

impl Account {
    /// Address.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.signer.address()
    }

    /// Private key.
    #[must_use]
    pub fn private_key(&self) -> B256 {
        self.signer.to_bytes()
    }
}

/// All named accounts.
#[derive(Clone, Debug)]
pub struct Accounts(Vec<Account>);

impl Accounts {
    /// Derives every key from [`MNEMONIC`].
    ///
    /// # Errors
    /// [`Error::Signer`] when a key cannot be derived, which a valid mnemonic excludes in practice.
    pub fn derive() -> Result<Self> {
        let refused = |account, reason: String| Error::Signer { account, reason };
        // Stretching the mnemonic is slow on purpose, so it is done once and not per account.
        let root = Mnemonic::<English>::new_from_phrase(MNEMONIC)
            .and_then(|mnemonic| mnemonic.derive_key(DERIVATION_PATH, None))
            .map_err(|error| refused("mnemonic", error.to_string()))?;
        (0_u32..)
            .zip(Name::ALL)
            .map(|(index, name)| {
                let derived = root
                    .derive_path(&[index][..])
                    .map_err(|error| refused(name.as_str(), error.to_string()))?;
                let key: &SigningKey = derived.as_ref();
                Ok(Account { name, signer: PrivateKeySigner::from_signing_key(key.clone()) })
            })
            .collect::<Result<_>>()
            .map(Self)
    }

    /// The account of `name`.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "`derive` makes an account for every name, in their order")]
    pub fn get(&self, name: Name) -> &Account {
        &self.0[name as usize]
    }

    /// Address of `name`.
    #[must_use]
    pub fn address(&self, name: Name) -> Address {
        self.get(name).address()
    }

    /// All accounts, in the order of [`Name::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = &Account> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::address;

    use super::*;

    #[test]
    fn keys_are_those_of_the_well_known_mnemonic() {
        let accounts = Accounts::derive().unwrap();
        assert_eq!(accounts.address(Name::Deployer), address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"));
        assert_eq!(accounts.address(Name::Guardian), address!("70997970C51812dc3A010C7d01b50e0d17dc79C8"));
        assert_eq!(accounts.iter().count(), Name::ALL.len());
        assert!(accounts.iter().all(|account| accounts.get(account.name).address() == account.address()));
    }

    #[test]
    fn names_read_back_as_written() {
        assert!(Name::ALL.into_iter().all(|name| Name::parse(name.as_str()) == Some(name)));
        assert_eq!(Name::parse("nobody"), None);
    }
}
