//! What the commands that move a proposal on have in common: one call, checked, sent once, and told of.

use std::process::ExitCode;

use alloy::rpc::types::TransactionReceipt;
use btrst_gov::governor::{Call, Event, Head, Obstacle};
use eyre::Result;
use serde_json::{Value, json};

use crate::context::Context;
use crate::governance::Governance;
use crate::sending::{Delivered, Sending};

/// A step of the proposal `id`.
pub struct Step<'a> {
    pub governance: &'a Governance,
    pub id: u64,
    pub call: Call,
    /// What `--json` tells of the step beside the transaction.
    pub details: Value,
}

impl Step<'_> {
    /// The receipt of an earlier run that was stopped. To be asked before anything that the transaction changes.
    ///
    /// # Errors
    /// When it failed, or is not mined in time.
    pub async fn resume(
        &self,
        sending: &mut Sending,
        context: &Context,
    ) -> Result<Option<TransactionReceipt>> {
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

    /// Delivers the call; its receipt, when it was sent.
    ///
    /// # Errors
    /// When it would fail or does.
    pub async fn deliver(
        &self,
        sending: &mut Sending,
        context: &Context,
    ) -> Result<Option<Box<TransactionReceipt>>> {
        match sending.deliver(&self.call, context).await? {
            Delivered::Sent(receipt) => Ok(Some(receipt)),
            delivered => {
                let transaction = delivered.document();
                let status = transaction.get("status").cloned().unwrap_or_default();
                context.document(&self.document(
                    status.as_str().unwrap_or_default(),
                    Value::Null,
                    transaction.clone(),
                ))?;
                Ok(None)
            }
        }
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
