//! The network's own way of a proposal: a temperature check, then a consensus check of the same matter, which names what
//! is to be executed on chain.
//!
//! Both are proposals of the protocol. What binds them is in their `plugins`, which are signed, under the key `btrst`:
//! `{"btrst": {"phase": "temperature-check"}}`, then
//! `{"btrst": {"phase": "consensus-check", "temperature_check": "0x…", "payload": "0x…"}}`. A matter that needs no code
//! has no `payload`, and nothing of it goes on chain. Programs that do not know the key leave it alone.

use alloy::primitives::{Address, B256};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::space::{Settings, StrategySettings, Voting};
use crate::{Error, Result, json as strict};

/// Key of the plugins.
const KEY: &str = "btrst";

/// Shortest vote, in seconds: 7 days.
pub const SHORTEST_VOTE: u64 = 604_800;

/// The network's space.
pub const SPACE: &str = "usebraintrust.eth";

/// Where a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Phase {
    /// Whether people like the idea: for or against.
    TemperatureCheck {},
    /// What exactly is to be done.
    ConsensusCheck {
        /// Id of the temperature check that it follows.
        temperature_check: B256,
        /// Hash of the exact actions on chain; none where the matter needs no code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payload: Option<B256>,
    },
}

impl Phase {
    /// The phase in the `plugins` of a proposal; `None` where they name none.
    ///
    /// # Errors
    /// [`Error::Json`], [`Error::Phase`].
    pub fn of_plugins(plugins: &str) -> Result<Option<Self>> {
        let plugins = strict::parse(plugins.as_bytes()).map_err(|error| Error::Json(error.to_string()))?;
        let Some(own) = plugins.get(KEY) else { return Ok(None) };
        serde_json::from_value(own.clone()).map(Some).map_err(|error| Error::Phase(error.to_string()))
    }

    /// The `plugins` that name it.
    #[must_use]
    pub fn to_plugins(self) -> String {
        let own = serde_json::to_value(self).unwrap_or_default();
        json!({ KEY: own }).to_string()
    }
}

/// Whether a space holds its votes in phases: its settings have the key among their plugins.
#[must_use]
pub fn applies_to(settings: &Settings) -> bool {
    settings.plugins.contains_key(KEY)
}

/// Settings of the network's space: votes of at least 7 days in phases, power by BTRST held at the snapshot. Authors who
/// are not among `admins` need `least_power` votes.
#[must_use]
pub fn settings(btrst: Address, admins: &[Address], least_power: f64, quorum: f64) -> Settings {
    let object = |value: Value| value.as_object().cloned().unwrap_or_default();
    let params = object(json!({ "symbol": "BTRST", "address": btrst.to_string(), "decimals": 18 }));
    let mut plugins = Map::new();
    plugins.insert(KEY.into(), json!({ "minimum_period": SHORTEST_VOTE }));
    Settings {
        name: "Braintrust".into(),
        network: "1".into(),
        symbol: "BTRST".into(),
        strategies: vec![StrategySettings {
            name: "erc20-balance-of".into(),
            network: Some("1".into()),
            params,
        }],
        admins: admins.iter().map(Address::to_string).collect(),
        filters: crate::space::Filters { min_score: Some(least_power), ..Default::default() },
        voting: Voting { quorum: Some(quorum), ..Voting::default() },
        plugins,
        ..Settings::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_read_as_they_are_written() {
        let temperature_check = B256::repeat_byte(1);
        for phase in [
            Phase::TemperatureCheck {},
            Phase::ConsensusCheck { temperature_check, payload: None },
            Phase::ConsensusCheck { temperature_check, payload: Some(B256::repeat_byte(2)) },
        ] {
            assert_eq!(Phase::of_plugins(&phase.to_plugins()).unwrap(), Some(phase));
        }
        assert_eq!(Phase::of_plugins("{\"safeSnap\":{}}").unwrap(), None);
        for wrong in [
            r#"{"btrst":{"phase":"other"}}"#,
            r#"{"btrst":{"phase":"consensus-check"}}"#,
            r#"{"btrst":{"phase":"temperature-check","payload":1}}"#,
        ] {
            assert!(matches!(Phase::of_plugins(wrong), Err(Error::Phase(_))), "{wrong}");
        }
    }
}
