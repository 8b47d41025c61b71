//! Who signs: the options of Foundry's tools, with the same names and variables.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::{Address, B256};
use alloy::signers::local::{MnemonicBuilder, PrivateKeySigner, coins_bip39::English};
use btrst_chain::Sender;
use clap::Args;
use eyre::Result;

use super::services;
use crate::browser::{Browser, Page};
use crate::failure::Hinted;

/// Who signs. A key file is the safest: a key on the command line can be read by every process of the machine.
#[derive(Args, Clone, Debug)]
pub struct SignerOptions {
    /// Encrypted key file that signs
    #[arg(long, value_name = "FILE", env = "ETH_KEYSTORE", group = "signer", help_heading = "Signer")]
    pub keystore: Option<PathBuf>,

    /// Name of a key file in ~/.foundry/keystores, where `cast wallet import` puts them
    #[arg(
        long,
        value_name = "NAME",
        env = "ETH_KEYSTORE_ACCOUNT",
        group = "signer",
        help_heading = "Signer"
    )]
    pub account: Option<String>,

    /// File with the password of the key file; asked for by default
    #[arg(long, value_name = "FILE", env = "ETH_PASSWORD", help_heading = "Signer")]
    pub password_file: Option<PathBuf>,

    /// Password of the key file; --password-file is safer
    #[arg(
        long,
        value_name = "TEXT",
        conflicts_with = "password_file",
        hide_env_values = true,
        help_heading = "Signer"
    )]
    pub password: Option<String>,

    /// Ask for a private key
    #[arg(short, long, group = "signer", help_heading = "Signer")]
    pub interactive: bool,

    /// Private key; other processes can read it, so only for chains without value
    #[arg(long, value_name = "KEY", group = "signer", help_heading = "Signer")]
    pub private_key: Option<String>,

    /// Name of the environment variable that holds the private key; a key file is safer
    #[arg(long, value_name = "NAME", group = "signer", help_heading = "Signer")]
    pub private_key_env: Option<String>,

    /// File with the words of a mnemonic, or the words, which other processes can read
    #[arg(
        long,
        visible_alias = "mnemonic-path",
        value_name = "FILE|WORDS",
        group = "signer",
        help_heading = "Signer"
    )]
    pub mnemonic: Option<String>,

    /// Passphrase of the mnemonic
    #[arg(long, value_name = "TEXT", requires = "mnemonic", help_heading = "Signer")]
    pub mnemonic_passphrase: Option<String>,

    /// Number of the mnemonic's account
    #[arg(long, value_name = "NUMBER", default_value_t = 0, help_heading = "Signer")]
    pub mnemonic_index: u32,

    /// Path of the mnemonic's or the device's account, such as m/44'/60'/0'/0/0
    #[arg(
        long,
        visible_alias = "mnemonic-derivation-path",
        value_name = "PATH",
        value_parser = derivation_path,
        help_heading = "Signer"
    )]
    pub hd_path: Option<String>,

    /// Sign with a Ledger device, in a build with the feature `ledger`
    #[arg(short, long, group = "signer", help_heading = "Signer")]
    pub ledger: bool,

    /// Sign with a Trezor device, in a build with the feature `trezor`; it signs transactions, and no messages
    #[arg(short, long, group = "signer", help_heading = "Signer")]
    pub trezor: bool,

    /// Sign with the key AWS_KMS_KEY_ID in AWS KMS, in a build with the feature `aws`
    #[arg(long, group = "signer", help_heading = "Signer")]
    pub aws: bool,

    /// Sign with the key in Google Cloud KMS that GCP_PROJECT_ID, GCP_LOCATION, GCP_KEY_RING, GCP_KEY_NAME and
    /// GCP_KEY_VERSION name, in a build with the feature `gcp`
    #[arg(long, group = "signer", help_heading = "Signer")]
    pub gcp: bool,

    /// Sign with the key of TURNKEY_ADDRESS at Turnkey, in a build with the feature `turnkey`
    #[arg(long, group = "signer", help_heading = "Signer")]
    pub turnkey: bool,

    /// Let the wallet of a browser on this machine sign and send; it chooses nonce and price of gas
    #[arg(long, group = "signer", help_heading = "Signer")]
    pub browser: bool,

    /// Port of the wallet's page, which only this machine reaches; 0 for any
    #[arg(long, value_name = "PORT", default_value_t = 9545, requires = "browser", help_heading = "Signer")]
    pub browser_port: u16,

    /// Print the address of the wallet's page, and do not open it
    #[arg(long, requires = "browser", help_heading = "Signer")]
    pub browser_disable_open: bool,

    /// Sender: the address that the key must have, or one that the endpoint signs for with --unlocked
    #[arg(
        short,
        long,
        value_name = "ADDRESS",
        env = "ETH_FROM",
        value_parser = address,
        help_heading = "Signer"
    )]
    pub from: Option<Address>,

    /// Let the endpoint sign for --from, as development chains do
    #[arg(long, group = "signer", requires = "from", help_heading = "Signer")]
    pub unlocked: bool,
}

impl SignerOptions {
    /// The sender, for a command that sends when `broadcast` is set. A dry run needs only its address, so that a wallet of
    /// several signatures can take what is shown. A wallet's holder has `patience` for each answer.
    ///
    /// # Errors
    /// When no option names one, its key cannot be read, or it is not that of `--from`.
    pub async fn required(&self, broadcast: bool, patience: Duration) -> Result<Sender> {
        if self.browser && (broadcast || self.from.is_none()) {
            let page = Page { port: self.browser_port, opens: !self.browser_disable_open, patience };
            return Ok(Sender::Wallet(Arc::new(Browser::connect(page, self.from).await?)));
        }
        match (self.sender().await?, self.from) {
            (Some(sender), _) => Ok(sender),
            (None, Some(from)) if !broadcast => Ok(Sender::Unlocked(from)),
            (None, _) => {
                let hint = "name a key file with --keystore or --account, a wallet with --browser, or on a development \
                            chain an account with --from and --unlocked";
                Err(Hinted::new("nobody signs", hint).into())
            }
        }
    }

    /// The sender; `None` when no option names one, or a wallet.
    ///
    /// # Errors
    /// When the key cannot be read, or is not that of `--from`.
    async fn sender(&self) -> Result<Option<Sender>> {
        if self.unlocked {
            return Ok(self.from.map(Sender::Unlocked));
        }
        let Some(sender) = self.key().await? else { return Ok(None) };
        self.is_of_sender(sender.address())?;
        Ok(Some(sender))
    }

    /// The private key of a program that signs by itself; `None` when no option names one.
    ///
    /// # Errors
    /// When it cannot be read, or is not that of `--from`.
    pub fn local_key(&self) -> Result<Option<PrivateKeySigner>> {
        let Some(key) = self.local()? else { return Ok(None) };
        self.is_of_sender(key.address())?;
        Ok(Some(key))
    }

    fn is_of_sender(&self, address: Address) -> Result<()> {
        match self.from {
            Some(from) if from != address => {
                let message = format!("the key is that of `{address}`, not of `{from}`");
                Err(Hinted::new(message, "check --from, or take the key of that account").into())
            }
            _ => Ok(()),
        }
    }

    async fn key(&self) -> Result<Option<Sender>> {
        if let Some(sender) = services::sender(self).await? {
            return Ok(Some(sender));
        }
        self.local().map(|signer| signer.map(Sender::key))
    }

    fn local(&self) -> Result<Option<PrivateKeySigner>> {
        if let Some(path) = &self.keystore {
            return self.key_file(path).map(Some);
        }
        if let Some(name) = &self.account {
            return self.key_file(&key_file_of(name)?).map(Some);
        }
        if let Some(given) = &self.mnemonic {
            return self.mnemonic(given).map(Some);
        }
        if let Some(key) = &self.private_key {
            return parse_key(key, "--private-key").map(Some);
        }
        if self.interactive {
            return parse_key(&asked("Private key: ")?, "the answer").map(Some);
        }
        let Some(name) = &self.private_key_env else { return Ok(None) };
        let of = format!("the environment variable `{name}`");
        let key = std::env::var(name)
            .map_err(|_| Hinted::new(format!("{of} holds no text"), "a key file with --keystore is safer"))?;
        parse_key(&key, &of).map(Some)
    }

    fn key_file(&self, path: &Path) -> Result<PrivateKeySigner> {
        let password = match (&self.password, &self.password_file) {
            (Some(password), _) => password.clone(),
            (None, Some(file)) => read_secret(file, "the password file", PASSWORD_HINT)?,
            (None, None) => asked(&format!("Password of {}: ", path.display()))?,
        };
        if !path.exists() {
            let message = format!("there is no key file `{}`", path.display());
            return Err(Hinted::new(message, "`cast wallet list` shows the names for --account").into());
        }
        PrivateKeySigner::decrypt_keystore(path, password).map_err(|error| {
            let message = format!("cannot open the key file `{}`", path.display());
            Hinted::new(message, "check the file and the password").caused_by(error).into()
        })
    }

    fn mnemonic(&self, given: &str) -> Result<PrivateKeySigner> {
        let is_words = given.split_whitespace().nth(1).is_some() && !Path::new(given).exists();
        let (words, of) = if is_words {
            (given.to_owned(), "the text".to_owned())
        } else {
            let words =
                read_secret(Path::new(given), "the mnemonic file", "--mnemonic names a file, or all words")?;
            (words, format!("`{given}`"))
        };
        // The library's reason is left out, because it could show some of the words.
        let unusable = || {
            let message = format!("{of} holds no mnemonic for this account");
            Hinted::new(message, "it takes 12 to 24 English words, and a path such as m/44'/60'/0'/0/0")
        };
        let mut builder = MnemonicBuilder::<English>::default().phrase(words.trim());
        builder = match &self.hd_path {
            Some(path) => builder.derivation_path(path).map_err(|_| unusable())?,
            None => builder.index(self.mnemonic_index).map_err(|_| unusable())?,
        };
        if let Some(passphrase) = &self.mnemonic_passphrase {
            builder = builder.password(passphrase);
        }
        Ok(builder.build().map_err(|_| unusable())?)
    }
}

const PASSWORD_HINT: &str = "--password-file and ETH_PASSWORD name a file, not the password itself";

/// The key file that `cast wallet` calls `name`.
fn key_file_of(name: &str) -> Result<PathBuf> {
    if name.is_empty() || name.contains(['/', '\\']) || name.starts_with('.') {
        let message = format!("`{name}` is not the name of a key file");
        return Err(Hinted::new(message, "--account takes a name, --keystore a path").into());
    }
    let home = std::env::home_dir().ok_or_else(|| {
        Hinted::new("there is no home folder to look for key files in", "name the file with --keystore")
    })?;
    Ok(home.join(".foundry/keystores").join(name))
}

/// The address `text`. In capitals and small letters they must be those of its checksum: one that is mistyped would be
/// another account.
pub(super) fn address(text: &str) -> Result<Address, String> {
    let written = text.strip_prefix("0x").unwrap_or(text);
    let is_mixed = written.contains(|c: char| c.is_ascii_uppercase())
        && written.contains(|c: char| c.is_ascii_lowercase());
    match (text.parse::<Address>(), is_mixed) {
        (Ok(address), false) => Ok(address),
        (Ok(address), true) if address.to_checksum(None) == format!("0x{written}") => Ok(address),
        (Ok(address), true) => Err(format!(
            "its capitals are not those of its checksum; if all digits are right, write `{address}`"
        )),
        (Err(_), _) => Err("an address is `0x` and 40 hexadecimal digits".into()),
    }
}

/// The derivation path `text` in the one form that words and devices all take: `m`, and below 2^31 each number, hardened
/// where a `'` follows it.
fn derivation_path(text: &str) -> Result<String, String> {
    let number = |part: &str| {
        let digits = part.strip_suffix('\'').unwrap_or(part);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number && digits.parse::<u32>().is_ok_and(|number| number < 1 << 31)
    };
    match text.strip_prefix("m/") {
        Some(rest) if rest.split('/').all(number) => Ok(text.into()),
        _ => Err("a path is `m` and numbers below 2^31, such as m/44'/60'/0'/0/0".into()),
    }
}

fn parse_key(text: &str, of: &str) -> Result<PrivateKeySigner> {
    let unusable =
        || Hinted::new(format!("{of} holds no private key"), "a key file with --keystore is safer");
    // The parser's reason is left out, because it could show a part of the key.
    let key: B256 = text.trim().parse().map_err(|_| unusable())?;
    Ok(PrivateKeySigner::from_bytes(&key).map_err(|_| unusable())?)
}

fn read_secret(file: &Path, what: &str, hint: &str) -> Result<String> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Hinted::new(format!("cannot read {what}"), hint).caused_by(error))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn asked(prompt: &str) -> Result<String> {
    Ok(rpassword::prompt_password(prompt).map_err(|error| {
        Hinted::new("cannot ask on this terminal", "name a file with --password-file").caused_by(error)
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_accounts_are_read_before_a_device_sees_them() {
        for right in ["m/44'/60'/0'/0/0", "m/0", "m/44'/60'/2147483647'"] {
            assert_eq!(derivation_path(right).as_deref(), Ok(right));
        }
        let wrong = [
            "",
            "m",
            "m/",
            "44'/60'/0'/0/0",
            "m//0",
            "m/x",
            "m/-1",
            "m/+1",
            "m/0''",
            "m/'",
            "m/2147483648",
            "m/0/ 1",
            "M/0",
        ];
        for text in wrong {
            assert!(derivation_path(text).is_err(), "{text}");
        }
    }

    #[test]
    fn addresses_with_capitals_have_a_checksum() {
        let right = "0x742d35Cc6634C0532925a3b844Bc454e4438f44e";
        for text in [right.to_owned(), right.to_lowercase(), right[2..].to_uppercase(), right[2..].to_owned()]
        {
            assert_eq!(address(&text).unwrap().to_string(), right, "{text}");
        }
        let wrong = address("0x742d35Cc6634C0532925a3b844Bc454e4438f44E").unwrap_err();
        assert_eq!(
            wrong,
            format!("its capitals are not those of its checksum; if all digits are right, write `{right}`")
        );
        for text in ["", "0x", "amara", &right[..41], &format!("{right}0")] {
            assert_eq!(address(text).unwrap_err(), "an address is `0x` and 40 hexadecimal digits", "{text}");
        }
    }
}
