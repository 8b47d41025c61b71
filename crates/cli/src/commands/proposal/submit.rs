//! `btrst proposal submit`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use alloy::primitives::Address;
use btrst_gov::governor::{Event, Flavour, Head, Obstacle, ProposalCreated};
use btrst_gov::proposal::{Claim, Severity, lint, visible};
use btrst_gov::{Deployment, Proposal};
use btrst_simulate::Verdict;
use btrst_simulate::checks;
use btrst_simulate::report::Finding;
use eyre::{Result, WrapErr};
use serde_json::{Value, json};

use super::super::snapshot::client::hash;
use super::approval::{self, ApprovalOptions};
use super::{documents, effects, read, words};
use crate::context::Context;
use crate::failure::Hinted;
use crate::governance::{Governance, TransactionOptions};
use crate::moment::{Moment, distance};
use crate::opts::DeploymentOptions;
use crate::refusal::Refusal;
use crate::sending::Delivered;

const EXAMPLES: &str = "\
Examples:
  btrst proposal submit proposals/academy.toml --account proposer
  btrst proposal submit proposals/academy.toml --account proposer --broadcast
  btrst proposal submit proposals/academy.toml --consensus 0x5f3a… --hub https://hub.example.org \\
    --space spaces/usebraintrust.eth.json --account proposer --broadcast
  btrst proposal submit proposals/academy.toml --from 0xE1F43a543fAe801543A6916C85482F6Ed37F52ae --safe-json safe.json

The deployment file is named by --deployment or BTRST_DEPLOYMENT.

Exit codes: 0 when it is proposed or would be, 1 when that is not possible now, 2 on an error.";

/// Proposes what a file says; a dry run without --broadcast.
///
/// A file whose description names a consensus check needs --consensus: check and temperature check are audited, by the
/// rules of the space file alone, and the payload must be the one that was approved.
///
/// The file is checked first, as `btrst proposal lint` does. A run that was stopped is continued: nothing is proposed
/// twice, and a file whose proposal the account has up for vote already is not an error.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Proposal file
    file: PathBuf,

    /// Consensus check that approves it, which is verified before anything is sent
    #[arg(long, value_name = "ID", help_heading = "Approval off-chain")]
    consensus: Option<String>,

    #[command(flatten)]
    approval: ApprovalOptions,

    #[command(flatten)]
    transaction: TransactionOptions,
}

/// Proposes, or shows what would be sent.
///
/// # Errors
/// When the file has errors, the chain does not answer, or the transaction fails.
pub async fn run(args: Args, context: &mut Context) -> Result<ExitCode> {
    let deployment = args.transaction.governor.chain.deployment.clone();
    let deployment = DeploymentOptions { deployment, flavour: args.transaction.governor.flavour }.read()?;
    let proposal = checked(&args.file, &deployment)?;
    let (governance, mut sending) = args.transaction.open(context).await?;
    let (file, proposal) = (args.file.as_path(), &proposal);
    let mut submission = Submission { governance: &governance, file, proposal, approval: None };
    let call = governance.governor.propose(proposal)?;
    // What an earlier run sent comes before the checks: that it is there would make them fail.
    if let Some(delivered) = sending.resume(&call, context).await? {
        return submission.end(&delivered, context).await;
    }
    let account = sending.account();
    let head = governance.head().await?;
    if let Some(created) = submission.live(account).await? {
        context.say(&format!("It is up for vote already: proposal {}", created.id))?;
        context.document(&submission.document("exists", Some(created.id), None, None))?;
        return Ok(ExitCode::SUCCESS);
    }
    submission.show(context)?;
    if let Some(refusal) = submission.approve(&args, context).await? {
        return submission.tell(&refusal, context);
    }
    let token = governance.deployment.contracts.btrst;
    let provider = governance.provider();
    let obstacle = governance.governor.propose_obstacle(provider, token, account, proposal, head).await?;
    if let Some(obstacle) = obstacle {
        return submission.refused(&obstacle, head, context).await;
    }
    let delivered = sending.deliver(&call, context).await?;
    submission.end(&delivered, context).await
}

/// The proposal of the file at `path`, in which lint finds no error.
fn checked(path: &Path, deployment: &Deployment) -> Result<Proposal> {
    let text = read(path, "proposal file")?;
    let mut findings = lint(&text, deployment);
    let proposal = Proposal::parse(&text, deployment);
    if let Ok(proposal) = &proposal {
        findings.extend(effects::compare(path, proposal, deployment)?);
    }
    let errors: Vec<_> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    let shown = path.display();
    if let Some(first) = errors.first() {
        let place = match (first.line, first.column) {
            (Some(line), Some(column)) => format!("line {line}, column {column}: "),
            _ => String::new(),
        };
        let count = words::count(errors.len(), "error");
        let hint = match (&first.hint, errors.len()) {
            (Some(hint), 1) => hint.clone(),
            _ => format!("`btrst proposal lint {shown}` lists them all"),
        };
        let error = Hinted::new(format!("`{shown}` has {count} and was not proposed"), hint);
        return Err(error.caused_by(format!("{place}{}", first.message)).into());
    }
    proposal.wrap_err_with(|| format!("cannot use the proposal file `{shown}`"))
}

/// A proposal on its way to the governor.
struct Submission<'a> {
    governance: &'a Governance,
    file: &'a Path,
    proposal: &'a Proposal,
    /// What the approval comes to that the description claims, once it was looked at.
    approval: Option<Finding>,
}

impl Submission<'_> {
    fn show(&self, context: &Context) -> Result<()> {
        let deployment = &self.governance.deployment;
        context.say(&visible(&self.proposal.title()))?;
        for line in words::actions(&self.proposal.actions, deployment, false) {
            context.say(&line)?;
        }
        let ether = self.proposal.value().unwrap_or_default();
        if !ether.is_zero() && deployment.flavour == Flavour::Alpha {
            let ether = btrst_gov::amount::Amount::new(ether, btrst_gov::amount::Unit::Ether);
            context.say(&format!("    whoever executes it sends {ether} along"))?;
        }
        context.say("")
    }

    /// The live proposal of `account`, when it says the same.
    async fn live(&self, account: Address) -> Result<Option<ProposalCreated>> {
        let governor = self.governance.governor;
        let Some(status) = governor.live_proposal(self.governance.provider(), account).await? else {
            return Ok(None);
        };
        let id = status.id;
        let made = self.governance.made(&[status]).await?;
        Ok(made.into_values().find(|created| created.id == id && created.proposal == *self.proposal))
    }

    async fn refused(&self, obstacle: &Obstacle, head: Head, context: &Context) -> Result<ExitCode> {
        let refusal = self.governance.refusal(obstacle, None, head).await?;
        self.tell(&refusal, context)
    }

    fn tell(&self, refusal: &Refusal, context: &Context) -> Result<ExitCode> {
        let code = refusal.tell("propose this", context)?;
        context.document(&self.document("refused", None, Some(refusal), None))?;
        Ok(code)
    }

    /// Compares what the description says of its approval with what `--consensus` says, and verifies it. Gives the reason
    /// why this must not be proposed.
    async fn approve(&mut self, args: &Args, context: &Context) -> Result<Option<Refusal>> {
        let named = match self.proposal.claim()? {
            Claim::Approved(check) => Some(check),
            Claim::None | Claim::Link(_) => None,
        };
        let wanted = args.consensus.as_deref().map(hash).transpose()?;
        let check = match (wanted, named) {
            (None, None) => return Ok(None),
            (None, Some(check)) => return Ok(Some(Refusal::unverified(&check))),
            (Some(id), None) => return Ok(Some(Refusal::unnamed(id))),
            (Some(id), Some(check)) if check.id != id => return Ok(Some(Refusal::misnamed(&check, id))),
            (Some(_), Some(check)) => check,
        };
        if !args.approval.is_set() {
            let message = format!("nobody is named who has the consensus check `{}`", check.id);
            return Err(
                Hinted::new(message, "name the hub with --hub, or files of an export with --export").into()
            );
        }
        let known = args.approval.verify(&check, self.governance, self.proposal, None, context).await?;
        let finding = checks::approval(&self.governance.deployment, self.proposal, Some(&known));
        for line in approval::lines(&finding) {
            context.say(&visible(&line))?;
        }
        context.say("")?;
        let refused = matches!(finding.verdict, Verdict::Fail | Verdict::NotRun);
        let refusal = refused.then(|| Refusal::unapproved(&finding.summary));
        self.approval = Some(finding);
        Ok(refusal)
    }

    /// Tells what became of its transaction.
    async fn end(&self, delivered: &Delivered, context: &Context) -> Result<ExitCode> {
        let Some(receipt) = delivered.receipt() else {
            context.document(&self.document(delivered.word(), None, None, Some(delivered.document())))?;
            return Ok(ExitCode::SUCCESS);
        };
        let created = self.governance.event(receipt, "ProposalCreated", |event| match event {
            Event::ProposalCreated(created) => Some(created),
            _ => None,
        })?;
        if created.proposal != *self.proposal {
            let message = format!("proposal {} on the chain is not the one in the file", created.id);
            let hint = format!("compare them: `btrst proposal show {}`", created.id);
            return Err(Hinted::new(message, hint).into());
        }
        let head = self.governance.head().await?;
        let open = Moment::estimated(head, created.start_block.saturating_add(1));
        context.say(&format!(
            "\nProposed as proposal {}; the vote opens in {} ({})",
            created.id,
            open.words(),
            distance(open.time, head.timestamp)
        ))?;
        let transaction = Some(delivered.document());
        context.document(&self.document("proposed", Some(created.id), None, transaction))?;
        Ok(ExitCode::SUCCESS)
    }

    fn document(
        &self,
        status: &str,
        id: Option<u64>,
        refusal: Option<&Refusal>,
        transaction: Option<Value>,
    ) -> Value {
        let deployment = &self.governance.deployment;
        json!({
            "schema_version": 1,
            "chain_id": deployment.chain_id,
            "governor": self.governance.governor.address.to_string(),
            "file": self.file,
            "title": self.proposal.title(),
            "actions": documents::actions(&self.proposal.actions, deployment),
            "payload": self.proposal.payload(deployment),
            "approval": self.approval,
            "status": status,
            "id": id,
            "refusal": refusal.map(Refusal::document),
            "transaction": transaction,
        })
    }
}
