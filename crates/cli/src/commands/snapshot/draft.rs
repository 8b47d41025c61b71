//! The file of an off-chain proposal.

use std::path::Path;

use alloy::primitives::{Address, B256};
use btrst_offchain::message::Proposal;
use btrst_offchain::phase::{self, Phase};
use eyre::{Result, WrapErr};
use serde::Deserialize;

use crate::failure::Hinted;

/// Seconds of a day.
const DAY: u64 = 86_400;

/// What a proposal file says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    #[serde(default = "space")]
    space: String,
    title: String,
    body: String,
    #[serde(default)]
    discussion: String,
    #[serde(default = "system", rename = "type")]
    system: String,
    #[serde(default = "choices")]
    choices: Vec<String>,
    #[serde(default)]
    labels: Vec<String>,
    /// Unix time in seconds; now by default.
    start: Option<u64>,
    /// Length of the vote.
    #[serde(default = "days")]
    days: u64,
    /// Block at which voting power is counted; the last one of the endpoint by default.
    snapshot: Option<u64>,
    /// The network's phase; none for other spaces.
    phase: Option<Word>,
    /// For a consensus check: the temperature check that it follows.
    temperature_check: Option<B256>,
    /// For a consensus check that is executed on chain: the hash of the exact payload.
    payload: Option<B256>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    TemperatureCheck,
    ConsensusCheck,
}

fn space() -> String {
    phase::SPACE.into()
}

fn system() -> String {
    "basic".into()
}

fn choices() -> Vec<String> {
    ["For", "Against", "Abstain"].map(str::to_owned).to_vec()
}

const fn days() -> u64 {
    7
}

impl Draft {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// When it cannot be read, or says something else than a proposal does.
    pub fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| {
            let hint = "`btrst snapshot propose --help` shows what such a file says";
            Hinted::new(format!("cannot read the proposal file `{shown}`"), hint).caused_by(error)
        })?;
        toml::from_str(&text).wrap_err_with(|| format!("cannot use the proposal file `{shown}`"))
    }

    /// The consensus check of `payload` that follows `temperature_check`, where these are named.
    ///
    /// # Errors
    /// When the file names others.
    pub fn bind(mut self, temperature_check: Option<B256>, payload: Option<B256>) -> Result<Self> {
        let pairs = [
            ("temperature_check", &mut self.temperature_check, temperature_check),
            ("payload", &mut self.payload, payload),
        ];
        for (key, own, given) in pairs {
            if let (Some(own), Some(given)) = (&own, given)
                && *own != given
            {
                let message = format!("`{key}` is `{own}` in the file, and `{given}` by the command");
                return Err(
                    Hinted::new(message, format!("remove `{key}` from the file, or the option")).into()
                );
            }
            *own = given.or(*own);
        }
        if temperature_check.is_some() && self.phase.is_none() {
            self.phase = Some(Word::ConsensusCheck);
        }
        Ok(self)
    }

    /// The block that it names.
    pub const fn snapshot(&self) -> Option<u64> {
        self.snapshot
    }

    /// The proposal of `from` at the time `now`, with voting power counted at the block `snapshot`.
    ///
    /// # Errors
    /// When the phase lacks something.
    pub fn proposal(self, from: Address, now: u64, snapshot: u64) -> Result<Proposal> {
        let phase = self.phase()?;
        let plugins = phase.map_or_else(|| "{}".into(), Phase::to_plugins);
        let mut body = self.body;
        if let Some(Phase::ConsensusCheck { payload: Some(payload), .. }) = phase
            && !phase::shows_payload(&body, payload)
        {
            body = format!("{}\n\n{}\n", body.trim_end(), phase::payload_line(payload));
        }
        let start = self.start.unwrap_or(now);
        Ok(Proposal {
            from,
            space: self.space,
            timestamp: now,
            system: self.system,
            title: self.title,
            body,
            discussion: self.discussion,
            choices: self.choices,
            labels: self.labels,
            start,
            end: start.saturating_add(self.days.saturating_mul(DAY)),
            snapshot,
            plugins,
            privacy: String::new(),
            app: "btrst".into(),
        })
    }

    fn phase(&self) -> Result<Option<Phase>> {
        let wrong = |message: &str, hint: &str| Err(Hinted::new(message, hint).into());
        match (self.phase, self.temperature_check, self.payload) {
            (None, None, None) => Ok(None),
            (Some(Word::TemperatureCheck), None, None) => Ok(Some(Phase::TemperatureCheck {})),
            (Some(Word::ConsensusCheck), Some(temperature_check), payload) => {
                Ok(Some(Phase::ConsensusCheck { temperature_check, payload }))
            }
            (Some(Word::ConsensusCheck), None, _) => wrong(
                "the consensus check names no temperature check",
                "add `temperature_check = \"0x…\"`, its id",
            ),
            _ => wrong(
                "only a consensus check has a temperature check and a payload",
                "add `phase = \"consensus-check\"`, or remove them",
            ),
        }
    }
}
