//! `btrst delegate`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use alloy::primitives::{Address, U256};
use btrst_chain::Sender;
use btrst_gov::delegation::{self, Delegation, SignedDelegation};
use btrst_gov::governor;
use btrst_gov::token::{Holder, holder};
use eyre::{Result, WrapErr};
use serde_json::{Value, json};

use crate::context::Context;
use crate::demo::btrst;
use crate::failure::Hinted;
use crate::governance::{Governance, TransactionOptions};
use crate::moment::{distance, local};
use crate::refusal::Refusal;
use crate::sending::{Delivered, Sending};
use crate::signing::{Place, hashes, sign};

/// Seconds of a day.
const DAY: u64 = 86_400;

const EXAMPLES: &str = "\
Examples:
  btrst delegate self --account holder
  btrst delegate amara --account holder --broadcast
  btrst delegate amara --browser --broadcast
  btrst delegate amara --account holder --sign delegation.json --valid-days 30
  btrst delegate --relay delegation.json --account relayer --broadcast

The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 when it is delegated or would be, 1 when a signed delegation is not good any more, 2 on an error.";

/// Gives the votes of an account's BTRST to a delegate; a dry run without --broadcast.
///
/// The BTRST stay where they are. Votes count for the proposals whose vote opens later.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Name of the deployment file, checksummed address, or `self`
    #[arg(value_name = "ACCOUNT", required_unless_present = "relay", conflicts_with = "relay")]
    delegatee: Option<String>,

    /// Write a signed delegation to this file, or to standard output for `-`, and send nothing
    #[arg(
        long,
        value_name = "FILE",
        value_parser = Place::parse,
        conflicts_with_all = ["relay", "broadcast", "calldata", "safe_json"],
        help_heading = "Signing"
    )]
    sign: Option<Place>,

    /// Days after the last block in which the signed delegation can be sent
    #[arg(
        long,
        value_name = "DAYS",
        default_value_t = 7,
        value_parser = clap::value_parser!(u64).range(1..=365),
        help_heading = "Signing"
    )]
    valid_days: u64,

    /// Send the delegation that somebody else signed
    #[arg(long, value_name = "FILE", help_heading = "Signing")]
    relay: Option<PathBuf>,

    #[command(flatten)]
    transaction: TransactionOptions,
}

/// Delegates, signs a delegation, or shows what would be sent.
///
/// # Errors
/// When the account is unknown, the chain does not answer, or the transaction fails.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let named = match args.delegatee.as_deref() {
        None | Some("self") => None,
        Some(name) => Some(args.transaction.governor.chain.deployment()?.resolve(name)?),
    };
    if named.is_some_and(|delegatee| delegatee.is_zero()) {
        let hint = "name an account; votes come back to the holder with `btrst delegate self`";
        return Err(Hinted::new("the votes would go to nobody", hint).into());
    }
    let signed = args.relay.as_deref().map(signed).transpose()?;
    let TransactionOptions { signer, send, .. } = &args.transaction;
    let sender = signer.required(send.broadcast || args.sign.is_some(), send.patience()).await?;
    let governance = Governance::connect(&args.transaction.governor, context).await?;
    let delegatee = named.unwrap_or_else(|| sender.address());
    match (&args.sign, signed) {
        (Some(place), _) => offline(&args, place, &sender, delegatee, &governance, context).await,
        (None, Some(signed)) => {
            let sending = governance.sending(sender, &args.transaction.send).await?;
            relay(&signed, sending, &governance, context).await
        }
        (None, None) => {
            let sending = governance.sending(sender, &args.transaction.send).await?;
            delegate(delegatee, sending, &governance, context).await
        }
    }
}

fn signed(path: &Path) -> Result<SignedDelegation> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let message = format!("cannot read the delegation `{}`", path.display());
        Hinted::new(message, "check the path; the file has to be UTF-8 text").caused_by(error)
    })?;
    SignedDelegation::parse(&text).wrap_err_with(|| format!("cannot use the delegation `{}`", path.display()))
}

async fn delegate(
    delegatee: Address,
    mut sending: Sending,
    governance: &Governance,
    context: &Context,
) -> Result<ExitCode> {
    let call = governor::delegate(governance.deployment.contracts.btrst, delegatee);
    let account = sending.account();
    if let Some(delivered) = sending.resume(&call, context).await? {
        let holder = holder(governance.provider(), governance.deployment.contracts.btrst, account).await?;
        return Move { governance, account, delegatee, holder }.end(&delivered, context).await;
    }
    let holder = holder(governance.provider(), governance.deployment.contracts.btrst, account).await?;
    let votes = Move { governance, account, delegatee, holder };
    if holder.delegate == Some(delegatee) {
        context.say(&format!(
            "{} votes for {} already",
            governance.name(delegatee),
            governance.name(account)
        ))?;
        context.document(&votes.document("exists", None, None))?;
        return Ok(ExitCode::SUCCESS);
    }
    votes.show(context).await?;
    let delivered = sending.deliver(&call, context).await?;
    votes.end(&delivered, context).await
}

async fn relay(
    signed: &SignedDelegation,
    mut sending: Sending,
    governance: &Governance,
    context: &Context,
) -> Result<ExitCode> {
    let (provider, deployment) = (governance.provider(), &governance.deployment);
    let token = deployment.contracts.btrst;
    let (account, delegatee) = (signed.delegator, signed.delegatee);
    let call = signed.call()?;
    let resumed = sending.resume(&call, context).await?;
    let holder = holder(provider, token, account).await?;
    let votes = Move { governance, account, delegatee, holder };
    if let Some(delivered) = resumed {
        return votes.end(&delivered, context).await;
    }
    let head = governance.head().await?;
    let fault = signed.fault(provider, token, deployment.chain_id, head.timestamp).await?;
    if let Some(fault) = fault {
        let refusal = governance.fault(&fault, &[], None, head).await?;
        let code = refusal.tell("send this delegation", context)?;
        context.document(&votes.document("refused", Some(&refusal), None))?;
        return Ok(code);
    }
    votes.show(context).await?;
    let delivered = sending.deliver(&call, context).await?;
    votes.end(&delivered, context).await
}

/// Signs the delegation and writes it.
async fn offline(
    args: &Args,
    place: &Place,
    sender: &Sender,
    delegatee: Address,
    governance: &Governance,
    context: &Context,
) -> Result<ExitCode> {
    let (provider, token) = (governance.provider(), governance.deployment.contracts.btrst);
    let (chain, head) = (&governance.chain, governance.head().await?);
    let delegator = sender.address();
    let delegation = Delegation {
        delegatee,
        nonce: delegation::nonce(provider, token, delegator).await?,
        expiry: head.timestamp.saturating_add(args.valid_days.saturating_mul(DAY)),
    };
    let message = delegation.message(delegation::domain(provider, token, chain.id).await?);
    place.say(&format!("delegation   of votes to {}", governance.name(delegatee)), context)?;
    let expiry = delegation.expiry;
    place.say(&format!("good until   {} ({})", local(expiry), distance(expiry, head.timestamp)), context)?;
    let signature = sign(chain, sender, &message, place, context).await?;
    let signed = SignedDelegation {
        chain_id: chain.id,
        token,
        delegator,
        delegatee,
        nonce: delegation.nonce,
        expiry,
        signature,
    };
    let document = json!({
        "schema_version": 1,
        "file": place.path(),
        "delegator": delegator.to_string(),
        "delegatee": delegatee.to_string(),
        "nonce": signed.nonce,
        "expiry": expiry,
        "hashes": hashes(&message),
        "signature": signed.signature,
    });
    place.put(&signed.render()?, &document, context)?;
    Ok(ExitCode::SUCCESS)
}

/// Votes that go from one delegate to another.
struct Move<'a> {
    governance: &'a Governance,
    account: Address,
    delegatee: Address,
    /// The account before.
    holder: Holder,
}

impl Move<'_> {
    async fn votes(&self, account: Address) -> Result<U256> {
        let token = self.governance.deployment.contracts.btrst;
        Ok(governor::votes(self.governance.provider(), token, account).await?)
    }

    async fn show(&self, context: &Context) -> Result<()> {
        let name = |account| self.governance.name(account);
        let now = self.votes(self.delegatee).await?;
        context.say(&format!("votes     {} of {}", btrst(self.holder.balance), name(self.account)))?;
        if let Some(before) = self.holder.delegate {
            let then = self.votes(before).await?;
            let left = btrst(then.saturating_sub(self.holder.balance));
            context.say(&format!(
                "leave     {}, which has {} and keeps {left}",
                name(before),
                btrst(then)
            ))?;
        }
        let then = btrst(now.saturating_add(self.holder.balance));
        context.say(&format!(
            "go to     {}, which has {} and gets {then}\n",
            name(self.delegatee),
            btrst(now)
        ))
    }

    async fn end(&self, delivered: &Delivered, context: &Context) -> Result<ExitCode> {
        if let Some(receipt) = delivered.receipt() {
            let now = self.votes(self.delegatee).await?;
            context.say(&format!(
                "\n{} has {} of votes now, by {}",
                self.governance.name(self.delegatee),
                btrst(now),
                receipt.transaction_hash
            ))?;
        }
        let status = if delivered.receipt().is_some() { "done" } else { delivered.word() };
        context.document(&self.document(status, None, Some(delivered.document())))?;
        Ok(ExitCode::SUCCESS)
    }

    fn document(&self, status: &str, refusal: Option<&Refusal>, transaction: Option<Value>) -> Value {
        json!({
            "schema_version": 1,
            "chain_id": self.governance.deployment.chain_id,
            "delegator": self.account.to_string(),
            "delegatee": self.delegatee.to_string(),
            "previous": self.holder.delegate.map(|delegate| delegate.to_string()),
            "votes": self.holder.balance.to_string(),
            "status": status,
            "refusal": refusal.map(Refusal::document),
            "transaction": transaction,
        })
    }
}
