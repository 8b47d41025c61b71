//! The network's own way of a proposal: a temperature check, then a consensus check of the same matter, which names what
//! is to be executed on chain.
//!
//! Both are proposals of the protocol. What binds them is in their `plugins`, which are signed, under the key `btrst`:
//! `{"btrst": {"phase": "temperature-check"}}`, then
//! `{"btrst": {"phase": "consensus-check", "temperature_check": "0x…", "payload": "0x…"}}`. A matter that needs no code
//! has no `payload`, and nothing of it goes on chain. Programs that do not know the key leave it alone, and show the text
//! alone: the payload stands in a line of it too ([`payload_line`]), so that nobody votes on one without seeing it.

use alloy::primitives::{Address, B256};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::space::{Settings, StrategySettings, Voting};
use crate::{Error, Result, json as strict};

/// Key of the plugins.
const KEY: &str = "btrst";

/// How the line of a text begins that shows the payload.
const LABEL: &str = "Payload:";

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
        plugins.as_object().map_or(Ok(None), Self::of_settings)
    }

    /// The same of plugins that were read already.
    ///
    /// # Errors
    /// [`Error::Phase`].
    pub fn of_settings(plugins: &Map<String, Value>) -> Result<Option<Self>> {
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

/// The line of a text that shows `payload` to voters.
#[must_use]
pub fn payload_line(payload: B256) -> String {
    format!("{LABEL} {payload}")
}

/// Whether the text `body` has the line of `payload`, and no other that begins like one.
#[must_use]
pub fn shows_payload(body: &str, payload: B256) -> bool {
    let mut lines = body.lines().filter(|line| line.trim_start().starts_with(LABEL));
    lines.next().is_some_and(|line| line.trim_end() == payload_line(payload)) && lines.next().is_none()
}

/// Whether `choices` are those of a vote for or against something: For or Yes, Against or No, and Abstain or nothing. What
/// is turned around or worded otherwise would count the wrong side.
#[must_use]
pub fn is_for_or_against(choices: &[String]) -> bool {
    let words = [["for", "yes"], ["against", "no"], ["abstain", "abstain"]];
    (2..=3).contains(&choices.len())
        && choices.iter().zip(words).all(|(choice, words)| words.contains(&choice.to_lowercase().as_str()))
}

/// Whether two votes with these titles and discussions are of one matter: they have the same discussion, or the same title
/// but for the names of the phases.
#[must_use]
pub fn is_same_matter(one: (&str, &str), other: (&str, &str)) -> bool {
    let matter = |title: &str| {
        let title = title.to_lowercase().replace("temperature check", "").replace("consensus check", "");
        title.trim_matches(|c: char| !c.is_alphanumeric()).to_owned()
    };
    let (title, discussion) = (matter(one.0), one.1);
    (!discussion.is_empty() && discussion == other.1) || (!title.is_empty() && title == matter(other.0))
}

/// What is wrong with the settings of a space that votes in phases.
pub(crate) fn fault_of(settings: &Settings) -> Option<&'static str> {
    let short = |seconds: u64| seconds < SHORTEST_VOTE;
    let own = settings.plugins.get(KEY).and_then(|own| own.get("minimum_period"));
    if own.is_some_and(|minimum| minimum.as_u64().is_none_or(short)) {
        return Some("`plugins.btrst.minimum_period` is not 604800 seconds (7 days) or more");
    }
    if settings.voting.period.is_some_and(|period| period > 0 && short(period)) {
        return Some("`voting.period` is below 7 days, the shortest vote in phases");
    }
    None
}

/// Why no vote of a space with these settings approves anything.
pub(crate) fn approves_nothing(settings: &Settings) -> Option<&'static str> {
    if !applies_to(settings) {
        return Some("its votes are not in phases; its `plugins` lack `btrst`");
    }
    if let Some(fault) = fault_of(settings) {
        return Some(fault);
    }
    let quorum = settings.voting.quorum.is_some_and(|quorum| quorum > 0.0);
    let rejection = settings.voting.quorum_type.as_deref() == Some("rejection");
    (!quorum || rejection).then_some("it has no quorum of votes that must be reached")
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
        voting: Voting { period: Some(SHORTEST_VOTE), quorum: Some(quorum), ..Voting::default() },
        plugins,
        ..Settings::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vote_for_or_against_says_so_in_its_order() {
        let is =
            |choices: &[&str]| is_for_or_against(&choices.iter().map(|&c| c.to_owned()).collect::<Vec<_>>());
        assert!(is(&["For", "Against", "Abstain"]) && is(&["yes", "No"]) && is(&["FOR", "AGAINST"]));
        for wrong in [
            &["Against", "For", "Abstain"][..],
            &["For"],
            &["For", "For"],
            &["For", "Against", "Abstain", "For"],
            &["For\u{200b}", "Against"],
            &["Reject it", "Keep it"],
        ] {
            assert!(!is(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_text_shows_its_payload_in_one_line() {
        let payload = B256::repeat_byte(7);
        let line = payload_line(payload);
        assert_eq!(line, format!("Payload: 0x{}", "07".repeat(32)));
        assert!(shows_payload(&line, payload) && shows_payload(&format!("Text.\n\n{line}\r\n"), payload));
        for wrong in
            ["", &format!("{line}\nPayload: 0x12"), &format!("{line}\n{line}"), &format!("See {line}")]
        {
            assert!(!shows_payload(wrong, payload), "{wrong}");
        }
        assert!(!shows_payload(&line, B256::repeat_byte(8)));
    }

    #[test]
    fn votes_of_one_matter_share_a_discussion_or_a_title() {
        let link = "https://example.org/t/42";
        assert!(is_same_matter(("Fee to 8%", ""), ("[Consensus check] fee to 8%", "")));
        assert!(is_same_matter(("Shall the fee go down?", link), ("Fee to 8%", link)));
        assert!(!is_same_matter(("Fee to 8%", link), ("Fee to 9%", "")));
        assert!(!is_same_matter(("Temperature check", ""), ("Consensus check", "")));
        assert!(!is_same_matter(("Fee to 8%", ""), ("Pay mallory", "")));
    }

    #[test]
    fn settings_with_short_votes_are_refused() {
        let of = |change: &dyn Fn(&mut Settings)| {
            let mut settings = settings(Address::repeat_byte(1), &[], 500.0, 100_000.0);
            change(&mut settings);
            crate::Space { id: SPACE.into(), settings }.check().map_err(|error| error.to_string())
        };
        assert_eq!(of(&|_| ()), Ok(()));
        let short = of(&|settings| settings.voting.period = Some(SHORTEST_VOTE - 1)).unwrap_err();
        assert_eq!(short, "wrong settings: `voting.period` is below 7 days, the shortest vote in phases");
        for minimum in [json!(604_799), json!("7 days"), json!(-1)] {
            let own = json!({ "minimum_period": minimum });
            let refused = of(&|settings| drop(settings.plugins.insert(KEY.into(), own.clone()))).unwrap_err();
            assert!(refused.contains("`plugins.btrst.minimum_period` is not 604800"), "{refused}");
        }
        let free = of(&|settings| (settings.plugins, settings.voting.period) = (Map::new(), Some(60)));
        assert_eq!(free, Ok(()));
    }

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
