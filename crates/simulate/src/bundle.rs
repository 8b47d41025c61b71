//! One file with all that a check rests on, to run it again elsewhere without a chain.

use alloy::primitives::{B256, keccak256};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

use crate::lifecycle::{Play, Scenario, play};
use crate::state::Witness;
use crate::{Error, Machine, Result, Trace};

/// Version of the format.
pub const SCHEMA_VERSION: u32 = 1;

/// Plays, the state that they read, and what came of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// Version of the format: [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Versions of what made it.
    pub versions: Versions,
    /// What is played.
    pub scenarios: Vec<Scenario>,
    /// The block, and all that was read at it.
    pub witness: Witness,
    /// Hash of scenarios and witness.
    pub input: B256,
    /// Hash of what came of the plays.
    pub digest: B256,
}

/// Versions of what a play is run by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Versions {
    /// This library.
    pub simulate: String,
    /// Rules of the EVM, such as `OSAKA`.
    pub rules: String,
}

impl Bundle {
    /// The bundle of `plays`, which came of `scenarios` in their order and read no more than `witness`.
    ///
    /// # Errors
    /// [`Error::Bundle`] when it cannot be written as JSON.
    pub fn new(scenarios: Vec<Scenario>, witness: Witness, plays: &[Play]) -> Result<Self> {
        let rules = Machine::new(Arc::new(witness.clone())).rules();
        Ok(Self {
            schema_version: SCHEMA_VERSION,
            versions: Versions { simulate: env!("CARGO_PKG_VERSION").into(), rules },
            input: input_digest(&scenarios, &witness)?,
            scenarios,
            witness,
            digest: digest(plays)?,
        })
    }

    /// Reads a bundle that [`Bundle::render`] wrote.
    ///
    /// # Errors
    /// [`Error::Bundle`] when it is of another format or was changed.
    pub fn parse(text: &str) -> Result<Self> {
        let bundle: Self = serde_json::from_str(text).map_err(invalid)?;
        if bundle.schema_version != SCHEMA_VERSION {
            return Err(invalid(format!("its format is {}, not {SCHEMA_VERSION}", bundle.schema_version)));
        }
        let input = input_digest(&bundle.scenarios, &bundle.witness)?;
        if input != bundle.input {
            return Err(invalid(format!("its input has the digest `{input}`, not `{}`", bundle.input)));
        }
        bundle.witness.pinned.verify()?;
        Ok(bundle)
    }

    /// The bundle as one line of JSON.
    ///
    /// # Errors
    /// [`Error::Bundle`] when it cannot be written as JSON.
    pub fn render(&self) -> Result<String> {
        serde_json::to_string(self).map_err(invalid)
    }

    /// Plays everything again on the witness alone.
    ///
    /// # Errors
    /// [`Error::Bundle`] when something else comes of it; [`Error::State`] when the witness lacks something.
    pub fn reexecute(&self) -> Result<Vec<Play>> {
        let witness = Arc::new(self.witness.clone());
        let plays = self.scenarios.iter().map(|scenario| play(Machine::new(witness.clone()), scenario));
        let plays: Vec<Play> = plays.collect::<Result<_>>()?;
        let digest = digest(&plays)?;
        if digest == self.digest {
            return Ok(plays);
        }
        Err(invalid(format!("its plays have the digest `{digest}`, not `{}`", self.digest)))
    }
}

fn invalid(reason: impl ToString) -> Error {
    Error::Bundle { reason: reason.to_string() }
}

fn input_digest(scenarios: &[Scenario], witness: &Witness) -> Result<B256> {
    let text = serde_json::to_vec(scenarios).map_err(invalid)?;
    Ok(keccak256([keccak256(text), witness.digest()?].concat()))
}

/// Hash of everything that `plays` did. It depends on nothing but that.
///
/// # Errors
/// [`Error::Bundle`] when it cannot be written as JSON.
pub fn digest(plays: &[Play]) -> Result<B256> {
    let plays: Vec<Value> = plays.iter().map(summary).collect();
    Ok(keccak256(serde_json::to_vec(&plays).map_err(invalid)?))
}

fn summary(play: &Play) -> Value {
    let steps: Vec<Value> = play
        .steps
        .iter()
        .map(|step| {
            json!({
                "act": format!("{:?}", step.act),
                "id": step.id,
                "from": step.from,
                "block": step.head.number,
                "time": step.head.timestamp,
                "trace": effects(&step.trace),
            })
        })
        .collect();
    json!({
        "steps": steps,
        "id": play.id,
        "end": format!("{:?}", play.end),
        "others": format!("{:?}", play.others),
    })
}

fn effects(trace: &Trace) -> Value {
    let storage: Vec<_> = trace.storage.iter().map(|(place, to)| (place, to.before, to.after)).collect();
    let balances: Vec<_> =
        trace.balances.iter().map(|(account, to)| (account, to.before, to.after)).collect();
    let frames: Vec<_> = trace
        .frames
        .iter()
        .map(|frame| {
            (
                frame.parent,
                format!("{:?}", frame.kind),
                frame.from,
                frame.to,
                frame.value,
                keccak256(&frame.input),
            )
        })
        .collect();
    json!({
        "outcome": format!("{:?}", trace.outcome()),
        "gas": (trace.gas_used, trace.gas_refunded),
        "frames": frames,
        "storage": storage,
        "balances": balances,
        "logs": trace.logs,
        "created": trace.created,
        "destroyed": trace.destroyed,
        "surroundings": format!("{:?}", trace.surroundings),
    })
}
