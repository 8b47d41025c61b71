//! Shows what would be sent, and sends it once when that was asked for.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use alloy::primitives::{Address, B256, U256};
use alloy::rpc::types::TransactionReceipt;
use btrst_chain::transaction::GasTerms;
use btrst_chain::{Chain, Draft, Event, Journal, Outbox, Sender, Whereabouts, safe};
use btrst_gov::amount::{Amount, Unit};
use btrst_gov::governor::Call;
use eyre::{Result, WrapErr};
use serde_json::{Value, json};

use crate::context::Context;
use crate::demo::grouped;
use crate::failure::Hinted;
use crate::opts::SendOptions;

/// What the journal of an account's single transactions is for.
const PURPOSE: &str = "transactions";

/// The way of a command's transaction: shown, written for another wallet, or sent.
#[derive(Debug)]
pub struct Sending {
    chain: Chain,
    sender: Sender,
    options: SendOptions,
    outbox: Option<Outbox>,
    /// Time of the block that calls are simulated in, where not the last one's.
    time: Option<u64>,
}

/// What became of a command's transaction.
#[derive(Debug)]
pub enum Delivered {
    /// It would succeed; nothing was sent.
    Shown(Box<Draft>),
    /// Its call was written for another wallet.
    Written(Vec<Call>),
    /// The endpoint has it, and nobody waits for its block.
    Pending(B256),
    /// It is mined.
    Sent(Box<TransactionReceipt>),
}

impl Delivered {
    /// The receipt of a transaction that was sent.
    pub fn receipt(&self) -> Option<&TransactionReceipt> {
        match self {
            Self::Sent(receipt) => Some(receipt),
            _ => None,
        }
    }

    /// How far it is, in one word of JSON documents.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Shown(_) => "dry_run",
            Self::Written(_) => "written",
            Self::Pending(_) => "pending",
            Self::Sent(_) => "mined",
        }
    }

    /// Its part of a JSON document.
    pub fn document(&self) -> Value {
        match self {
            Self::Shown(draft) => document(draft),
            Self::Written(calls) => json!({
                "status": self.word(),
                "calls": calls.iter().map(|call| json!({
                    "call": call.what, "to": call.to, "value": call.value.to_string(), "data": call.data,
                })).collect::<Vec<_>>(),
            }),
            Self::Pending(hash) => json!({ "status": self.word(), "hash": hash }),
            Self::Sent(receipt) => json!({
                "status": self.word(),
                "hash": receipt.transaction_hash,
                "block": receipt.block_number,
                "gas_used": receipt.gas_used,
            }),
        }
    }
}

impl Sending {
    /// Prepares sending by `sender` on `chain` with these options. With `--broadcast`, it opens the journal of the account.
    ///
    /// # Errors
    /// When the chain's last block is too old, or the journal cannot be used.
    pub async fn open(chain: Chain, sender: Sender, options: &SendOptions) -> Result<Self> {
        if !options.allow_stale {
            chain.check_age(now()?).await?;
        }
        let mut outbox = None;
        if options.broadcast {
            let journal = match &sender {
                Sender::Key(_) => Some(journal(options, &chain, sender.address()).await?),
                Sender::Unlocked(_) | Sender::Wallet(_) => None,
            };
            outbox = Some(Outbox::new(chain.clone(), sender.clone(), journal, options.terms()));
        }
        Ok(Self { chain, sender, options: options.clone(), outbox, time: None })
    }

    /// Who sends.
    pub fn account(&self) -> Address {
        self.sender.address()
    }

    /// Who sends, for signatures.
    pub const fn sender(&self) -> &Sender {
        &self.sender
    }

    /// From here on simulates calls in a block of the Unix time `time`, in seconds; in the last one's for `None`.
    pub const fn simulate_at(&mut self, time: Option<u64>) {
        self.time = time;
    }

    /// Whether the call goes to a file or to standard output for another wallet.
    pub const fn is_for_another_wallet(&self) -> bool {
        self.options.calldata || self.options.safe_json.is_some()
    }

    /// The way out for several transactions; `None` without `--broadcast`.
    pub const fn outbox(&mut self) -> Option<&mut Outbox> {
        self.outbox.as_mut()
    }

    /// What became of `call`, when an earlier run of the same command sent it and ended before it was mined. To be called
    /// before anything is checked that the transaction itself would change.
    ///
    /// # Errors
    /// When it fails, or is not mined in time.
    pub async fn resume(&mut self, call: &Call, context: &Context) -> Result<Option<Delivered>> {
        let Some(outbox) = &mut self.outbox else { return Ok(None) };
        let gas = self.options.gas();
        let mut watch = |event| told(context, &event);
        if !self.options.is_async {
            let sent = outbox.resume(call, &gas, &mut watch).await?;
            return Ok(sent.map(|sent| Delivered::Sent(Box::new(sent.receipt))));
        }
        Ok(match outbox.look_after(call, &gas, &mut watch).await? {
            None => None,
            Some(Whereabouts::Mined(receipt)) => Some(Delivered::Sent(receipt)),
            Some(Whereabouts::Pending(hash)) => {
                context.say(&format!("An earlier run sent {hash}, which is in no block for good yet"))?;
                Some(Delivered::Pending(hash))
            }
        })
    }

    /// Waits until it is known what became of a transaction of an earlier run, whatever it does.
    ///
    /// # Errors
    /// When it is not mined in time.
    pub async fn settle(&mut self, context: &Context) -> Result<()> {
        if let Some(outbox) = &mut self.outbox {
            outbox.settle(&mut |event| told(context, &event)).await?;
        }
        Ok(())
    }

    /// Shows `call`, writes it for another wallet, or sends it and waits until it is mined.
    ///
    /// # Errors
    /// When it would fail or does, cannot be paid for, or is not mined in time.
    pub async fn deliver(&mut self, call: &Call, context: &Context) -> Result<Delivered> {
        if self.is_for_another_wallet() {
            return self.write(std::slice::from_ref(call), context);
        }
        if let Some(delivered) = self.resume(call, context).await? {
            return Ok(delivered);
        }
        let delivered = self.forward(call, 0, context).await?;
        if matches!(delivered, Delivered::Shown(_)) {
            context.say("\nNothing was sent; --broadcast sends it.")?;
        }
        Ok(delivered)
    }

    /// As [`Sending::deliver`], for `calls` that do not depend on each other, in their order, each in a transaction of its
    /// own. To be called when nothing of an earlier run is open any more. What became of each is in the answer, as far as
    /// it got: a failure is its last entry.
    ///
    /// # Errors
    /// When the calls cannot be written for another wallet.
    pub async fn deliver_each(
        &mut self,
        calls: &[Call],
        context: &Context,
    ) -> Result<Vec<Result<Delivered>>> {
        if self.is_for_another_wallet() {
            return Ok(vec![self.write(calls, context)]);
        }
        let mut outcomes = Vec::with_capacity(calls.len());
        for (call, before) in calls.iter().zip(0..) {
            let outcome = self.forward(call, before, context).await;
            let failed = outcome.is_err();
            outcomes.push(outcome);
            if failed {
                break;
            }
        }
        if self.outbox.is_none() && outcomes.iter().all(Result::is_ok) {
            context.say("\nNothing was sent; --broadcast sends it.")?;
        }
        Ok(outcomes)
    }

    /// Shows `call`, as the one after `before` others, and sends it when that was asked for.
    async fn forward(&mut self, call: &Call, before: u64, context: &Context) -> Result<Delivered> {
        let mut gas = GasTerms { time: self.time, ..self.options.gas() };
        gas.nonce = gas.nonce.map(|nonce| nonce.saturating_add(before));
        let mut draft = self.chain.draft(self.sender.address(), call, &gas).await?;
        let Some(outbox) = &mut self.outbox else {
            if gas.nonce.is_none() {
                draft.nonce = draft.nonce.saturating_add(before);
            }
            show(&draft, context)?;
            self.chain.affordable(&draft).await?;
            return Ok(Delivered::Shown(Box::new(draft)));
        };
        show(&draft, context)?;
        if let Sender::Wallet(_) = self.sender {
            context.note("the wallet is asked, see its page …");
        }
        if self.options.is_async {
            let hash = outbox.hand_over(&draft).await?;
            let then = match self.sender {
                Sender::Key(_) => "the same command tells what became of it",
                Sender::Unlocked(_) | Sender::Wallet(_) => "nothing waits for its block",
            };
            context.say(&format!("\nSent {hash}; {then}"))?;
            return Ok(Delivered::Pending(hash));
        }
        let sent = outbox.send_draft(&draft, &gas, &mut |event| told(context, &event)).await?;
        Ok(Delivered::Sent(Box::new(sent.receipt)))
    }

    /// Writes `calls` for another wallet, in their order.
    ///
    /// # Errors
    /// When the file exists or cannot be written.
    pub fn write(&self, calls: &[Call], context: &Context) -> Result<Delivered> {
        if let Some(path) = &self.options.safe_json {
            let batch = safe::Batch::of(self.chain.id, Some(self.sender.address()), calls);
            let text = serde_json::to_string_pretty(&batch).wrap_err("cannot write the calls as JSON")?;
            create(path, &text)?;
            context.say(&format!("Wrote {} for Safe's Transaction Builder", path.display()))?;
        } else {
            for call in calls {
                context.say(&format!("call  {}", call.what))?;
                context.say(&format!("to    {}", call.to))?;
                context.say(&format!("value {} wei", call.value))?;
                context.say(&format!("data  {}", call.data))?;
            }
        }
        Ok(Delivered::Written(calls.to_vec()))
    }
}

/// Unix time in seconds of this machine's clock.
///
/// # Errors
/// When it is before 1970.
pub fn now() -> Result<u64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).wrap_err("this machine's clock is before 1970")?;
    Ok(now.as_secs())
}

/// Writes a file that must not exist yet.
///
/// # Errors
/// When it exists or cannot be written.
pub fn create(path: &Path, text: &str) -> Result<()> {
    use std::io::Write as _;

    let mut file = fs::File::create_new(path).map_err(|error| {
        let hint = "name a file that does not exist yet, in a folder that does";
        Hinted::new(format!("cannot create `{}`", path.display()), hint).caused_by(error)
    })?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.write_all(b"\n"))
        .wrap_err_with(|| format!("cannot write `{}`", path.display()))
}

/// Opens the journal of `account`.
async fn journal(options: &SendOptions, chain: &Chain, account: Address) -> Result<Journal> {
    let path = match &options.journal {
        Some(path) => path.clone(),
        None => {
            let folder = state_folder()?;
            fs::create_dir_all(&folder).map_err(|error| {
                let message = format!("cannot create the folder `{}`", folder.display());
                Hinted::new(message, "name another place with --journal").caused_by(error)
            })?;
            folder.join(format!("{}-{account}.jsonl", chain.name().await?))
        }
    };
    Ok(Journal::open(&path, chain.id, account, PURPOSE)?)
}

/// Where journals are kept: `$XDG_STATE_HOME/btrst`, or `~/.local/state/btrst`.
///
/// # Errors
/// When there is no home folder.
pub fn state_folder() -> Result<PathBuf> {
    let given = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let folder = given.or_else(|| Some(std::env::home_dir()?.join(".local/state")));
    let folder = folder.ok_or_else(|| {
        Hinted::new("there is no home folder to keep the journal in", "name a file with --journal")
    })?;
    Ok(folder.join("btrst"))
}

/// Tells what happens to a transaction.
pub fn told(context: &Context, event: &Event) {
    context.note(&match event {
        Event::Resumed { what, hash } => format!("an earlier run sent {hash} ({what}), waiting for it …"),
        Event::Sent { hash, replaces: false, .. } => format!("sent {hash}, waiting until it is mined …"),
        Event::Sent { hash, replaces: true, .. } => format!("sent {hash} with a higher fee in its place …"),
        Event::Mined { hash, block } => format!("{hash} is in block {block}"),
        Event::Gone { hash } => format!("the block of {hash} is not on the chain any more, waiting …"),
        Event::Unreachable(reason) => format!("the endpoint does not answer ({reason}), trying again …"),
    });
}

/// Prints `draft`.
fn show(draft: &Draft, context: &Context) -> Result<()> {
    let gwei = |wei: u128| Amount::new(U256::from(wei), Unit::Plain(9)).to_plain();
    context.say(&format!("from      {} (nonce {})", draft.from, draft.nonce))?;
    context.say(&format!("to        {} on chain {}", draft.to, draft.chain_id))?;
    context.say(&format!("call      {}", draft.what))?;
    if !draft.value.is_zero() {
        context.say(&format!("value     {}", Amount::new(draft.value, Unit::Ether)))?;
    }
    context.say(&format!("data      {}", draft.data))?;
    context.say(&format!(
        "gas       {} estimated, {} at most",
        grouped(draft.gas_estimate),
        grouped(draft.gas_limit)
    ))?;
    let (most, tip) = (gwei(draft.max_fee_per_gas), gwei(draft.max_priority_fee_per_gas));
    context.say(&if draft.legacy {
        format!("gas price {most} gwei, in a legacy transaction")
    } else {
        format!("gas price {most} gwei at most, {tip} of them for the producer")
    })?;
    context.say(&format!("cost      {} at most", Amount::new(draft.most_cost(), Unit::Ether)))
}

/// `draft` for JSON documents.
fn document(draft: &Draft) -> Value {
    json!({
        "status": "dry_run",
        "call": draft.what,
        "from": draft.from,
        "to": draft.to,
        "value": draft.value.to_string(),
        "data": draft.data,
        "nonce": draft.nonce,
        "gas_estimate": draft.gas_estimate,
        "gas_limit": draft.gas_limit,
        "type": if draft.legacy { "legacy" } else { "eip1559" },
        "max_fee_per_gas": draft.max_fee_per_gas.to_string(),
        "max_priority_fee_per_gas": (!draft.legacy).then(|| draft.max_priority_fee_per_gas.to_string()),
        "most_cost_wei": draft.most_cost().to_string(),
        "chain_id": draft.chain_id,
    })
}
