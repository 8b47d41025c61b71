//! What came of a play: a summary for people, and one document for programs.

use alloy::primitives::{Address, B256, U256};
use btrst_gov::Deployment;
use btrst_gov::governor::Status;
use serde::Serialize;

use super::fees::Fees;
use super::stage::{self, grouped};
use crate::context::Context;

/// Form of the document; a change that readers must know of raises it.
const SCHEMA_VERSION: u32 = 1;

/// The document of a play. Amounts are base units as decimal strings.
#[derive(Debug, Serialize)]
pub struct Outcome {
    schema_version: u32,
    chain_id: u64,
    /// Name to address.
    contracts: serde_json::Map<String, serde_json::Value>,
    proposal: ProposalOutcome,
    fees: FeesOutcome,
    treasury: Treasury,
    transactions: Vec<Transaction>,
}

#[derive(Debug, Serialize)]
struct ProposalOutcome {
    id: u64,
    state: String,
    #[serde(serialize_with = "decimal")]
    for_votes: U256,
    #[serde(serialize_with = "decimal")]
    against_votes: U256,
    #[serde(serialize_with = "decimal")]
    abstain_votes: U256,
}

#[derive(Debug, Serialize)]
struct FeesOutcome {
    #[serde(serialize_with = "decimal")]
    usdc_in: U256,
    #[serde(serialize_with = "decimal")]
    btrst_out: U256,
    lots: usize,
}

#[derive(Debug, Serialize)]
struct Treasury {
    #[serde(serialize_with = "decimal")]
    btrst_before: U256,
    #[serde(serialize_with = "decimal")]
    btrst_after: U256,
}

/// A transaction of the play.
#[derive(Debug, Serialize)]
pub struct Transaction {
    /// What it was for.
    pub step: &'static str,
    /// Its hash.
    pub hash: B256,
    /// Gas that was paid for.
    pub gas_used: u64,
}

impl Outcome {
    /// The document of a play that ended as it should.
    pub fn new(
        (deployment, transactions): (Deployment, Vec<Transaction>),
        status: Status,
        fees: Fees,
        btrst_before: U256,
        btrst_after: U256,
    ) -> Self {
        let named = |(name, address): (&str, Address)| (name.to_owned(), address.to_string().into());
        Self {
            schema_version: SCHEMA_VERSION,
            chain_id: deployment.chain_id,
            contracts: deployment.contracts.iter().map(named).collect(),
            proposal: ProposalOutcome {
                id: status.id,
                state: status.state.to_string(),
                for_votes: status.tally.for_votes,
                against_votes: status.tally.against_votes,
                abstain_votes: status.tally.abstain_votes,
            },
            fees: FeesOutcome { usdc_in: fees.usdc_in, btrst_out: fees.btrst_out, lots: fees.lots },
            treasury: Treasury { btrst_before, btrst_after },
            transactions,
        }
    }

    /// Sums the play up for people.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn tell(&self, context: &Context) -> eyre::Result<()> {
        let gas: u64 = self.transactions.iter().map(|transaction| transaction.gas_used).sum();
        let (proposal, fees, treasury) = (&self.proposal, &self.fees, &self.treasury);
        context.say("")?;
        context.say("Result")?;
        for (what, value) in [
            ("proposal", format!("{}, {}", proposal.id, proposal.state)),
            ("votes for", btrst(proposal.for_votes)),
            ("votes against", btrst(proposal.against_votes)),
            ("abstained", btrst(proposal.abstain_votes)),
            ("fees converted", format!("{} in {} lots", usdc(fees.usdc_in), fees.lots)),
            ("BTRST bought", btrst(fees.btrst_out)),
            ("treasury before", btrst(treasury.btrst_before)),
            ("treasury after", btrst(treasury.btrst_after)),
            ("transactions", format!("{}, {} gas", self.transactions.len(), grouped(gas))),
        ] {
            context.say(&format!("  {what:<16} {value}"))?;
        }
        context.say("Every effect was the expected one.")
    }
}

/// Base units are decimal strings: JSON numbers lose digits above 2^53.
fn decimal<S: serde::Serializer>(amount: &U256, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(amount)
}

fn btrst(base: U256) -> String {
    stage::btrst(base).to_string()
}

fn usdc(base: U256) -> String {
    stage::usdc(base).to_string()
}
