//! What the description of a proposal claims about its approval off-chain.

use std::fmt;

use alloy::primitives::B256;

use super::{Proposal, is_hidden};
use crate::{Error, Result};

/// How the line begins that names a consensus check.
const LABEL: &str = "Consensus check:";

/// Digits of an id.
const DIGITS: usize = 64;

/// A consensus check: the vote off-chain that approves a payload. Displayed as the line of a description that names it,
/// `Consensus check: snapshot:usebraintrust.eth:0x…`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConsensusCheck {
    /// Its space.
    pub space: String,
    /// Its id.
    pub id: B256,
}

impl fmt::Display for ConsensusCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{LABEL} snapshot:{}:{}", self.space, self.id)
    }
}

/// What a description says about an approval off-chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nothing.
    None,
    /// It links a vote off-chain with this id, in no line that names the consensus check.
    Link(B256),
    /// The consensus check that approves it.
    Approved(ConsensusCheck),
}

impl Proposal {
    /// What the description claims. One line, exactly as [`ConsensusCheck`] is displayed, names the consensus check.
    ///
    /// # Errors
    /// [`Error::Claim`] for a line that looks like it, and is not exactly it; [`Error::Claims`] for a second one.
    pub fn claim(&self) -> Result<Claim> {
        claim(&self.description)
    }
}

/// The same of a description.
pub(super) fn claim(description: &str) -> Result<Claim> {
    let mut found = None;
    let mut link = Claim::None;
    for line in description.lines() {
        if let Some(check) = named(line.trim_end()) {
            if found.replace(check).is_some() {
                return Err(Error::Claims);
            }
        } else if looks_alike(line) {
            return Err(Error::Claim(super::visible(line.trim()).chars().take(120).collect()));
        } else if let Some(id) = line.split("/proposal/").skip(1).find_map(id_at) {
            link = Claim::Link(id);
        }
    }
    Ok(found.map_or(link, Claim::Approved))
}

/// The consensus check that `line` names, when it is exactly such a line.
fn named(line: &str) -> Option<ConsensusCheck> {
    let (space, id) = line.strip_prefix(LABEL)?.strip_prefix(" snapshot:")?.rsplit_once(':')?;
    let check = ConsensusCheck { space: space.to_owned(), id: id.parse().ok()? };
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
    (!space.is_empty() && space.chars().all(is_name) && check.to_string() == line).then_some(check)
}

/// Whether a reader could take `line` for one that names a consensus check.
fn looks_alike(line: &str) -> bool {
    let shown: String = line.chars().filter(|c| !is_hidden(*c)).collect::<String>().to_lowercase();
    let words = shown.trim_start_matches(|c: char| !c.is_alphanumeric());
    let label = words.strip_prefix("consensus check").or_else(|| words.strip_prefix("consensus-check"));
    let labelled = label.is_some_and(|rest| rest.trim_start_matches(['*', '_', '`', ' ']).starts_with(':'));
    let named = shown.split("snapshot:").skip(1);
    labelled
        || named.filter_map(|rest| rest.split_once("0x")).any(|(space, id)| {
            space.len() <= 100 && !space.contains(char::is_whitespace) && id_at(&format!("0x{id}")).is_some()
        })
}

/// The id with which `text` begins.
fn id_at(text: &str) -> Option<B256> {
    text.get(..2 + DIGITS).filter(|id| id.starts_with("0x"))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check() -> ConsensusCheck {
        ConsensusCheck { space: "usebraintrust.eth".into(), id: B256::repeat_byte(0xab) }
    }

    #[test]
    fn the_line_is_read_as_it_is_written() {
        let line = check().to_string();
        assert_eq!(line, format!("Consensus check: snapshot:usebraintrust.eth:0x{}", "ab".repeat(32)));
        for text in [line.clone(), format!("# Title\n\nText.\n\n{line}\n"), format!("# T\r\n{line} \r\nmore")]
        {
            assert_eq!(claim(&text).unwrap(), Claim::Approved(check()), "{text}");
        }
        for text in ["", "# Title\n\nThe consensus check went well: see the forum."] {
            assert_eq!(claim(text).unwrap(), Claim::None, "{text}");
        }
        let link = format!("See https://snapshot.box/#/s:usebraintrust.eth/proposal/0x{}", "ab".repeat(32));
        assert_eq!(claim(&link).unwrap(), Claim::Link(check().id));
        assert_eq!(claim(&format!("{link}\n{line}")).unwrap(), Claim::Approved(check()));
    }

    #[test]
    fn a_line_that_only_looks_like_it_is_refused() {
        let line = check().to_string();
        let id = "ab".repeat(32);
        for wrong in [
            line.to_lowercase(),
            line.replace("0xab", "0xAB"),
            line.replace(": ", ":"),
            line.replace("eth:", "eth: "),
            format!("- {line}"),
            format!("**Consensus check:** snapshot:usebraintrust.eth:0x{id}"),
            format!("{line}00"),
            line[..line.len() - 1].to_owned(),
            "Consensus check: it was approved".into(),
            "Consensus\u{200b} check: approved".into(),
            format!("Approved by snapshot:usebraintrust.eth:0x{id}"),
            line.replace("usebraintrust", "UseBraintrust"),
        ] {
            assert!(matches!(claim(&wrong), Err(Error::Claim(_))), "{wrong}: {:?}", claim(&wrong));
        }
        assert!(matches!(claim(&format!("{line}\n{line}")), Err(Error::Claims)));
    }
}
