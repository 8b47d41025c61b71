//! What the commands that move a proposal on have in common: one call, checked, sent once, and told of.

use std::process::ExitCode;

use alloy::rpc::types::TransactionReceipt;
use btrst_gov::governor::{Call, Event, Head, Obstacle};
use clap::Args;
use eyre::Result;
use serde_json::{Value, json};

use crate::context::Context;
use crate::governance::{Governance, TransactionOptions};
use crate::sending::{Delivered, Sending};

/// Which proposal is moved on, by whom and how.
#[derive(Args, Debug)]
pub struct StepOptions {
    /// Id of the proposal
    pub id: u64,

    #[command(flatten)]
    pub transaction: TransactionOptions,
}

/// A step of the proposal `id`.
pub struct Step<'a> {
    /// Whose proposal it is.
    pub governance: &'a Governance,
    /// The proposal.
    pub id: u64,
    /// What is sent.
    pub call: Call,
    /// What `--json` tells of the step beside the transaction.
    pub details: Value,
}

impl Step<'_> {
    /// What became of the transaction of an earlier run that was stopped. To be asked before anything that it changes.
    ///
    /// # Errors
    /// When it failed, or is not mined in time.
    pub async fn resume(&self, sending: &mut Sending, context: &Context) -> Result<Option<Delivered>> {
        sending.resume(&self.call, context).await
    }

    /// Says why it is not possible.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub async fn refuse(&self, obstacle: &Obstacle, head: Head, context: &Context) -> Result<ExitCode> {
        let refusal = self.governance.refusal(obstacle, Some(self.id), head).await?;
        let code = refusal.tell(&self.call.what, context)?;
        context.document(&self.document("refused", refusal.document(), Value::Null))?;
        Ok(code)
    }

    /// Delivers the call.
    ///
    /// # Errors
    /// When it would fail or does.
    pub async fn deliver(&self, sending: &mut Sending, context: &Context) -> Result<Delivered> {
        sending.deliver(&self.call, context).await
    }

    /// What `wanted` picks of the governor's events in `receipt`; the event is called `name`.
    ///
    /// # Errors
    /// When there is no such event.
    pub fn event<T>(
        &self,
        receipt: &TransactionReceipt,
        name: &str,
        wanted: impl FnMut(Event) -> Option<T>,
    ) -> Result<T> {
        self.governance.event(receipt, name, wanted)
    }

    /// Tells that it is done, in `line`.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn done(&self, line: &str, receipt: &TransactionReceipt, context: &Context) -> Result<ExitCode> {
        context.say(&format!("\n{line} by {}", receipt.transaction_hash))?;
        let transaction = Delivered::Sent(Box::new(receipt.clone())).document();
        context.document(&self.document("done", Value::Null, transaction))?;
        Ok(ExitCode::SUCCESS)
    }

    /// Tells that it is not done by `delivered`, which is in no block.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn undone(&self, delivered: &Delivered, context: &Context) -> Result<ExitCode> {
        context.document(&self.document(delivered.word(), Value::Null, delivered.document()))?;
        Ok(ExitCode::SUCCESS)
    }

    fn document(&self, status: &str, refusal: Value, transaction: Value) -> Value {
        json!({
            "schema_version": 1,
            "chain_id": self.governance.deployment.chain_id,
            "governor": self.governance.governor.address.to_string(),
            "id": self.id,
            "status": status,
            "details": self.details,
            "refusal": refusal,
            "transaction": transaction,
        })
    }
}
