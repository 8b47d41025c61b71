//! Keys that a service or a device keeps: each in a build with its feature, so that the others stay small.

use btrst_chain::Sender;
use eyre::Result;

use super::SignerOptions;
use crate::failure::Hinted;

/// The sender whose key another machine keeps; `None` when no option names one.
///
/// # Errors
/// When the service or device does not give the key's address, or this build does not know it.
pub async fn sender(options: &SignerOptions) -> Result<Option<Sender>> {
    if options.ledger {
        return ledger(options).await.map(Some);
    }
    if options.trezor {
        return trezor(options).await.map(Some);
    }
    if options.aws {
        // What the service's client does is too deep for the compiler where it is a part of every command.
        return Box::pin(aws()).await.map(Some);
    }
    if options.gcp {
        return Box::pin(gcp()).await.map(Some);
    }
    if options.turnkey {
        return turnkey().map(Some);
    }
    Ok(None)
}

/// A build without the `feature` for `what`.
#[cfg(not(all(
    feature = "ledger",
    feature = "trezor",
    feature = "aws",
    feature = "gcp",
    feature = "turnkey"
)))]
fn unknown(what: &str, feature: &str) -> eyre::Report {
    let hint = format!("make one that can: `cargo build --release --package btrst --features {feature}`");
    Hinted::new(format!("this build cannot sign with {what}"), hint).into()
}

/// The text of the environment variable `name`, which says `what`.
#[cfg(any(feature = "aws", feature = "gcp", feature = "turnkey"))]
fn variable(name: &str, what: &str) -> Result<String> {
    let text = std::env::var(name).ok().filter(|text| !text.is_empty());
    text.ok_or_else(|| {
        Hinted::new(format!("the environment variable `{name}` holds no text"), format!("set it to {what}"))
            .into()
    })
}

#[cfg(feature = "ledger")]
async fn ledger(options: &SignerOptions) -> Result<Sender> {
    use alloy::signers::ledger::{HDPath, LedgerSigner};

    let path = match &options.hd_path {
        Some(path) => HDPath::Other(path.clone()),
        None => HDPath::LedgerLive(options.mnemonic_index as usize),
    };
    let signer = LedgerSigner::new(path, None).await.map_err(|error| {
        let hint = "connect the device, unlock it and open its Ethereum app";
        Hinted::new("cannot reach the Ledger", hint).caused_by(error)
    })?;
    Ok(Sender::key(signer))
}

#[cfg(not(feature = "ledger"))]
async fn ledger(_: &SignerOptions) -> Result<Sender> {
    Err(unknown("a Ledger device", "ledger"))
}

#[cfg(feature = "trezor")]
async fn trezor(options: &SignerOptions) -> Result<Sender> {
    use alloy::signers::trezor::{HDPath, TrezorSigner};

    let path = match &options.hd_path {
        Some(path) => HDPath::Other(path.clone()),
        None => HDPath::TrezorLive(options.mnemonic_index as usize),
    };
    let unreachable = |error: Box<dyn std::error::Error + Send + Sync>| {
        let hint = "connect one device, unlock it, and end other programs that use it";
        Hinted::new("cannot reach the Trezor", hint).caused_by(error)
    };
    // The signer's library takes for granted that there is USB at all.
    rusb::Context::new().map_err(|error| unreachable(error.into()))?;
    let signer = TrezorSigner::new(path, None).await.map_err(|error| unreachable(error.into()))?;
    Ok(Sender::key(signer))
}

#[cfg(not(feature = "trezor"))]
async fn trezor(_: &SignerOptions) -> Result<Sender> {
    Err(unknown("a Trezor device", "trezor"))
}

#[cfg(feature = "aws")]
async fn aws() -> Result<Sender> {
    use alloy::signers::aws::AwsSigner;
    use aws_config::BehaviorVersion;

    let key = variable("AWS_KMS_KEY_ID", "the id, the ARN or the alias of a key")?;
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let signer = AwsSigner::new(aws_sdk_kms::Client::new(&config), key.clone(), None).await;
    let signer = signer.map_err(|error| {
        let hint = "check AWS_KMS_KEY_ID, AWS_REGION and the credentials; the key has to be one of ECC_SECG_P256K1 to \
                    sign and verify, and the account needs kms:GetPublicKey and kms:Sign";
        Hinted::new(format!("AWS KMS does not give the public key of `{key}`"), hint).caused_by(error)
    })?;
    Ok(Sender::key(signer))
}

#[cfg(not(feature = "aws"))]
async fn aws() -> Result<Sender> {
    Err(unknown("AWS KMS", "aws"))
}

#[cfg(feature = "gcp")]
async fn gcp() -> Result<Sender> {
    use alloy::signers::gcp::gcloud_sdk::GoogleApi;
    use alloy::signers::gcp::gcloud_sdk::error::{Error, ErrorKind};
    use alloy::signers::gcp::gcloud_sdk::google::cloud::kms::v1::key_management_service_client::KeyManagementServiceClient;
    use alloy::signers::gcp::{GcpKeyRingRef, GcpSigner, KeySpecifier};
    use alloy::transports::http::reqwest::Client;

    let project = part("GCP_PROJECT_ID", "the id of the project that has the key")?;
    let location = part("GCP_LOCATION", "the location of the key ring, such as `global`")?;
    let ring = part("GCP_KEY_RING", "the name of the key ring")?;
    let key = part("GCP_KEY_NAME", "the name of the key")?;
    let version = part("GCP_KEY_VERSION", "the number of the key's version")?;
    let version: u64 = version.parse().map_err(|_| {
        let message = format!("`{version}` in GCP_KEY_VERSION is not the number of a version");
        Hinted::new(message, "`gcloud kms keys versions list` shows the numbers")
    })?;
    let url = gcp_url()?;
    let unreachable = |error: Box<dyn std::error::Error + Send + Sync>| {
        let hint = "check the variables GCP_… and GOOGLE_APPLICATION_CREDENTIALS; the key has to be one of \
                    EC_SIGN_SECP256K1_SHA256, and the account needs cloudkms.cryptoKeyVersions.viewPublicKey and \
                    cloudkms.cryptoKeyVersions.useToSign";
        Hinted::new(format!("Google Cloud KMS does not give the public key of `{key}`"), hint)
            .caused_by(error)
    };
    // The client's library takes for granted that this machine has certificates of authorities.
    Client::builder().build().map_err(|error| unreachable(error.into()))?;
    // It takes the process's choice of cryptography, and panics where there is none and the build has two. Where one is
    // made already, it stays.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = GoogleApi::from_function(KeyManagementServiceClient::new, url, None).await;
    let client = client.map_err(|error| match error.into_kind() {
        // The library's own error tells nothing of what is behind this one.
        ErrorKind::GrpcStatus(error) => unreachable(error.into()),
        kind => unreachable(Error::from(kind).into()),
    })?;
    let key_version = KeySpecifier::new(GcpKeyRingRef::new(&project, &location, &ring), &key, version);
    let signer =
        GcpSigner::new(client, key_version, None).await.map_err(|error| unreachable(error.into()))?;
    Ok(Sender::key(signer))
}

/// The address of Google Cloud KMS, or the one by which the environment replaces it for Google's own tools as well.
#[cfg(feature = "gcp")]
fn gcp_url() -> Result<String> {
    const NAME: &str = "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDKMS";
    let Some(text) = std::env::var_os(NAME) else { return Ok("https://cloudkms.googleapis.com".into()) };
    let text = text.to_string_lossy();
    let url = text.trim_end_matches('/');
    // The client takes all that follows `https://` for the name in the certificate.
    let is_address = match url.split_once("://") {
        Some(("https", host)) => {
            !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c))
        }
        Some(("http", host)) => !host.is_empty(),
        _ => false,
    };
    if is_address {
        return Ok(url.into());
    }
    let message = format!("`{}` in {NAME} is not the address of a service", text.escape_debug());
    let hint = "it is `https://` and the name of a host, whose port is 443, or `http://`, a host and a port";
    Err(Hinted::new(message, hint).into())
}

/// The text of the environment variable `name`, which is a part of a key's path and says `what`.
#[cfg(feature = "gcp")]
fn part(name: &str, what: &str) -> Result<String> {
    let text = variable(name, what)?;
    // Those of domains are in the ids of old projects. Others would end the path, or the header that it goes into.
    if text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:".contains(c)) {
        return Ok(text);
    }
    let message = format!("`{}` in {name} is not a name in Google Cloud", text.escape_debug());
    Err(Hinted::new(message, format!("set it to {what}")).into())
}

#[cfg(not(feature = "gcp"))]
async fn gcp() -> Result<Sender> {
    Err(unknown("Google Cloud KMS", "gcp"))
}

#[cfg(feature = "turnkey")]
fn turnkey() -> Result<Sender> {
    use alloy::signers::turnkey::{TurnkeyP256ApiKey, TurnkeySigner, turnkey_client::TurnkeyClient};

    use super::signer::address as parse_address;

    let address = variable("TURNKEY_ADDRESS", "the address of the account that signs")?;
    let address = parse_address(&address)
        .map_err(|hint| Hinted::new(format!("`{address}` in TURNKEY_ADDRESS is not an address"), hint))?;
    let organization =
        variable("TURNKEY_ORGANIZATION_ID", "the id of the organization that has the account")?;
    let key = variable("TURNKEY_API_PRIVATE_KEY", "the private key of the organization's API key")?;
    // The parser's reason is left out, because it could show a part of the key.
    let key = TurnkeyP256ApiKey::from_strings(key.trim(), None).map_err(|_| {
        let hint = "it is the private key of an API key on P-256, 64 hexadecimal digits";
        Hinted::new("TURNKEY_API_PRIVATE_KEY holds no private key", hint)
    })?;
    let mut client = TurnkeyClient::builder().api_key(key);
    if let Ok(url) = std::env::var("TURNKEY_BASE_URL") {
        client = client.base_url(url);
    }
    let client = client.build().map_err(|error| {
        Hinted::new("cannot prepare requests to Turnkey", "check TURNKEY_BASE_URL").caused_by(error)
    })?;
    Ok(Sender::key(TurnkeySigner::new(client, organization, address, None)))
}

#[cfg(not(feature = "turnkey"))]
fn turnkey() -> Result<Sender> {
    Err(unknown("Turnkey", "turnkey"))
}
