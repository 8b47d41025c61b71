//! Proposal files that begin with a consensus check.

use std::path::PathBuf;

use btrst_gov::proposal::Draft;
use btrst_gov::{Deployment, Proposal};
use btrst_offchain::ProposalRecord;
use btrst_offchain::phase::Phase;
use eyre::{Result, WrapErr};

use super::super::snapshot::audit::from_file;
use super::super::snapshot::client::{HubOptions, hash};
use super::approval::{named, text_of};
use crate::failure::Hinted;

/// The consensus check that a file begins with.
#[derive(clap::Args, Clone, Debug)]
pub struct ApprovedOptions {
    /// Consensus check that gives title and text, and whose payload the actions must have
    #[arg(long, value_name = "ID", conflicts_with = "title", help_heading = "Hub")]
    from_snapshot: Option<String>,

    /// Export of the consensus check, instead of the hub
    #[arg(long, value_name = "FILE", requires = "from_snapshot", help_heading = "Hub")]
    export: Option<PathBuf>,

    #[command(flatten)]
    hub: HubOptions,
}

impl ApprovedOptions {
    /// `draft` under the text of the consensus check and the line that names it; `draft` itself where none is named.
    /// `is_whole` says that nothing of it is to be filled in.
    ///
    /// # Errors
    /// When the check cannot be found or is none, or the actions are not those that it approves.
    pub async fn bind(&self, draft: Draft, is_whole: bool, deployment: &Deployment) -> Result<Draft> {
        let Some(id) = &self.from_snapshot else { return Ok(draft) };
        let id = hash(id)?;
        let record = match &self.export {
            Some(path) => {
                let record = from_file(&path.display().to_string())?.proposal;
                if record.id != id {
                    let message =
                        format!("`{}` is an export of `{}`, not of `{id}`", path.display(), record.id);
                    return Err(Hinted::new(message, "name the file of this consensus check").into());
                }
                record
            }
            None => self.hub.open()?.proposal(id).await?,
        };
        let approved = payload(&record)?;
        let draft = draft.described(text_of(&record.title, &record.body, &named(&record)));
        if is_whole {
            let proposal = Proposal::parse(&draft.render(), deployment)
                .wrap_err("the text of the consensus check cannot be a description")?;
            let actual = proposal.payload(deployment);
            if actual != approved {
                let message = format!("these actions have the payload {actual}, and {approved} was approved");
                let hint = "compare every value with the consensus check, and the deployment: chain and governor count";
                return Err(Hinted::new(message, hint).into());
            }
        }
        Ok(draft)
    }

    /// Whether a consensus check is named.
    pub const fn is_set(&self) -> bool {
        self.from_snapshot.is_some()
    }
}

/// The payload that the consensus check of `record` is on.
fn payload(record: &ProposalRecord) -> Result<alloy::primitives::B256> {
    let id = record.id;
    match Phase::of_settings(&record.plugins)? {
        Some(Phase::ConsensusCheck { payload: Some(payload), .. }) => Ok(payload),
        Some(Phase::ConsensusCheck { payload: None, .. }) => {
            let message = format!("the consensus check `{id}` names no payload");
            Err(Hinted::new(message, "its matter needs no code, and nothing of it goes on chain").into())
        }
        _ => {
            let message = format!("`{id}` is no consensus check");
            let hint = "a temperature check comes first, and a consensus check approves: `btrst snapshot results` shows \
                        which it is";
            Err(Hinted::new(message, hint).into())
        }
    }
}
