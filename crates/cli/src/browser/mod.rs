//! A wallet in a browser of this machine, as most delegates have it.
//!
//! A page of this process asks the wallet (EIP-1193) for its account, shows what is to be signed, and has it sign or
//! send. The wallet keeps the key, chooses nonce and price of gas, and sends by its own endpoint.

mod desk;
mod server;

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use alloy::dyn_abi::TypedData;
use alloy::primitives::{Address, B256, Bytes, Signature, U64};
use btrst_chain::{Draft, Error, Wallet};
use btrst_gov::amount::{Amount, Unit};
use eyre::Result;
use futures_util::future::{BoxFuture, FutureExt};
use serde_json::{Value, json};

use desk::{Answer, Desk, Objection, Silence};

/// What the wallet's holder does about an answer that does not tell whether something was sent.
const LOOK_THERE: &str =
    "look in the wallet whether it has sent or signed anything before the command runs again";

/// A page with a connected wallet.
#[derive(Debug)]
pub struct Browser {
    desk: Arc<Desk>,
    account: Address,
    /// How long the holder may take for each answer.
    patience: Duration,
}

/// How the page is served and found.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Port on this machine, 0 for any.
    pub port: u16,
    /// Whether to open the page in the browser that the system prefers.
    pub opens: bool,
    /// How long the holder may take for each answer.
    pub patience: Duration,
}

impl Browser {
    /// Serves the page and waits until a wallet is connected to it: with the account `from`, where there is one.
    ///
    /// # Errors
    /// When the port is in use, nobody connects in time, or a wallet without that account.
    pub async fn connect(page: Page, from: Option<Address>) -> Result<Self> {
        let Page { port, opens, patience } = page;
        let desk = Arc::new(Desk::default());
        let address = server::start(Arc::clone(&desk), port).await?;
        announce(&format!("the wallet's page is {address}"));
        if opens && let Err(error) = open(&address) {
            announce(&format!(
                "it cannot be opened from here ({error}): open it in the browser that has the wallet"
            ));
        }
        let mut facts = vec![fact("What", "tell btrst its account")];
        facts.extend(from.map(|from| fact("Account", from)));
        let task = json!({ "kind": "connect", "facts": facts });
        let answer = desk.ask(task, true, patience).await;
        let offered = answered(answer, patience, "nothing was asked of the wallet")?;
        let account = account(&offered, from)?;
        Ok(Self { desk, account, patience })
    }

    /// Has the wallet do `task`, and takes its answer as a text.
    async fn ask(&self, task: Value) -> Result<String, Error> {
        let answer = self.desk.ask(task, false, self.patience).await;
        let result = answered(answer, self.patience, "nothing was sent or signed")?;
        Ok(result.as_str().map_or_else(|| result.to_string(), str::to_owned))
    }
}

impl Wallet for Browser {
    fn address(&self) -> Address {
        self.account
    }

    fn send<'a>(&'a self, draft: &'a Draft) -> BoxFuture<'a, Result<B256, Error>> {
        async move {
            let answer = self.ask(transaction(draft)).await?;
            answer.parse().map_err(|_| unusable(&answer, "the hash of a transaction"))
        }
        .boxed()
    }

    fn sign<'a>(&'a self, message: &'a TypedData) -> BoxFuture<'a, Result<Signature, Error>> {
        async move {
            let answer = self.ask(signature(self.account, message)?).await?;
            let bytes: Option<Bytes> = answer.parse().ok();
            let signature = bytes.and_then(|bytes| Signature::from_raw(&bytes).ok());
            signature.ok_or_else(|| unusable(&answer, "the signature of an account"))
        }
        .boxed()
    }
}

/// The transaction `draft`, for the page and for the wallet.
fn transaction(draft: &Draft) -> Value {
    let mut facts = vec![fact("What", &draft.what), fact("From", draft.from), fact("To", draft.to)];
    facts.push(fact("Value", format!("{} ({} wei)", Amount::new(draft.value, Unit::Ether), draft.value)));
    facts.push(fact("Chain", draft.chain_id));
    facts.push(fact("Gas", format!("{} at most", draft.gas_limit)));
    facts.push(fact("Data", &draft.data));
    let chain = U64::from(draft.chain_id);
    json!({
        "kind": "send",
        "facts": facts,
        "account": draft.from,
        "chain": chain,
        "request": { "method": "eth_sendTransaction", "params": [{
            "from": draft.from,
            "to": draft.to,
            "value": draft.value,
            "data": draft.data,
            "gas": U64::from(draft.gas_limit),
            "chainId": chain,
        }] },
    })
}

/// The message `message` that `account` is to sign, for the page and for the wallet.
fn signature(account: Address, message: &TypedData) -> Result<Value, Error> {
    let hashes = message.hash_struct().and_then(|hash| Ok((hash, message.eip712_signing_hash()?)));
    let (message_hash, digest) = hashes.map_err(|error| Error::Signature(error.to_string()))?;
    let text = |part: serde_json::Result<String>| part.map_err(|error| Error::Signature(error.to_string()));
    let facts = [
        fact("What", &message.primary_type),
        fact("Signer", account),
        fact("Domain", text(serde_json::to_string_pretty(&message.domain))?),
        fact("Message", text(serde_json::to_string_pretty(&message.message))?),
        fact("Domain hash", message.domain.separator()),
        fact("Message hash", message_hash),
        fact("Digest", digest),
    ];
    Ok(json!({
        "kind": "sign",
        "facts": facts,
        "account": account,
        // Wallets sign for no other chain than the one that they are on; a message of Snapshot is for none.
        "chain": message.domain.chain_id,
        "request": { "method": "eth_signTypedData_v4", "params": [account, text(serde_json::to_string(message))?] },
    }))
}

fn fact(name: &str, value: impl ToString) -> Value {
    json!([name, value.to_string()])
}

/// The account that a wallet with the accounts `offered` sends for: `from` where there is one.
fn account(offered: &Value, from: Option<Address>) -> Result<Address, Error> {
    let accounts: Option<Vec<Address>> = serde_json::from_value(offered.clone()).ok();
    let Some(accounts) = accounts.filter(|accounts| !accounts.is_empty()) else {
        return Err(unusable(&offered.to_string(), "a list of accounts"));
    };
    let account = from.map_or_else(|| accounts.first(), |from| accounts.iter().find(|found| **found == from));
    account.copied().ok_or_else(|| {
        let found: Vec<_> = accounts.iter().map(|found| format!("`{found}`")).collect();
        other_account(&found.join(", "), from)
    })
}

fn other_account(found: &str, wanted: Option<Address>) -> Error {
    let wanted = wanted.map_or_else(String::new, |wanted| format!(", not with `{wanted}`"));
    Error::Wallet {
        reason: format!("the wallet is connected with {found}{wanted}"),
        hint: "choose the account in the wallet and connect it with the page, or check --from",
    }
}

fn unusable(answer: &str, expected: &str) -> Error {
    let reason = format!("the wallet answered `{}`, which is not {expected}", readable(answer));
    Error::Wallet { reason, hint: LOOK_THERE }
}

/// What the wallet did, or why it did not. `unasked` says what is certain when the button was not pressed.
fn answered(answer: Result<Answer, Silence>, patience: Duration, unasked: &str) -> Result<Value, Error> {
    let seconds = patience.as_secs();
    match answer {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(objection)) => Err(refused(&objection)),
        Err(Silence { begun: false }) => Err(Error::Wallet {
            reason: format!("nobody pressed the button on the wallet's page in {seconds} seconds; {unasked}"),
            hint: "open the page in the browser that has the wallet; a longer --timeout leaves more time",
        }),
        Err(Silence { begun: true }) => Err(Error::Wallet {
            reason: format!("the wallet was asked and did not answer in {seconds} seconds"),
            hint: "reject what the wallet still shows; if it shows nothing, look there whether it has sent or signed \
                   anything before the command runs again",
        }),
    }
}

fn refused(objection: &Objection) -> Error {
    let Objection { code, message } = objection;
    let message = readable(message);
    let (reason, hint) = match code.as_str() {
        "4001" => (
            "the request was rejected in the wallet".into(),
            "run the command again when it is to be signed after all",
        ),
        "chain" => (
            format!("the wallet is on chain {message} and does not change to that of the deployment"),
            "choose the chain in the wallet, or add it there, and run the command again",
        ),
        "account" => (
            format!("the wallet does not offer the account any more, but `{message}`"),
            "choose the account in the wallet, connect it with the page, and run the command again",
        ),
        code => (format!("the wallet refuses: {message} (code {})", readable(code)), LOOK_THERE),
    };
    Error::Wallet { reason, hint }
}

/// The beginning of `text`, with what does not show as escapes: it comes from a wallet.
fn readable(text: &str) -> String {
    const MOST: usize = 200;
    let shown = |c: char| if matches!(c, '"' | '\'') { c.to_string() } else { c.escape_debug().to_string() };
    text.chars().take(MOST).map(shown).collect()
}

/// Says `line` on standard error, also where progress is not shown: without it nobody finds the page.
fn announce(line: &str) {
    // A terminal that is gone must not stop the work.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Opens `address` in the browser that the system prefers.
fn open(address: &str) -> std::io::Result<()> {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(program);
    command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map(drop)
}
