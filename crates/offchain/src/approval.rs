//! Whether a consensus check has approved what is to be executed on chain.
//!
//! Nothing of it is believed that a hub states. The rules and the strategies are those of settings that the reader has of
//! the space, phase and payload are those that were signed, and the votes are audited: every signature, every power, and
//! the count. What is left to a hub is to withhold votes; its log shows that (see [`crate::audit`]).

use std::fmt;

use alloy::primitives::{Address, B256};

use crate::audit::{Difference, Export, Witness, read, stands};
use crate::ingest::FINAL_AFTER;
use crate::message::{Content, Proposal, word};
use crate::phase::{self, Phase, SHORTEST_VOTE};
use crate::space::StrategySettings;
use crate::tally::{Outcome, Quorum, System, Tally, Total};
use crate::{Result, Space};

/// Seconds before a vote in which the block lies at which its power is counted: 7 days.
const COUNTED_WITHIN: u64 = 604_800;

/// A vote, with what was found out about it.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// What is published of it, after [`Export::under`].
    pub export: &'a Export,
    /// What the chain says about it.
    pub witness: &'a Witness,
    /// Settings of the space that the hub states otherwise, as [`Export::under`] gives them.
    pub settings: &'a [&'static str],
    /// Unix time in seconds of the block at which its power is counted.
    pub counted_at: u64,
    /// What the hub's log says against it, each in a few words.
    pub log: &'a [String],
}

/// Which of the two votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vote {
    /// The temperature check.
    Temperature,
    /// The consensus check.
    Consensus,
}

impl fmt::Display for Vote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Temperature => "temperature check",
            Self::Consensus => "consensus check",
        })
    }
}

/// Why there is no approval. Times are Unix times in seconds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The space is none that approves anything.
    #[error("the space `{space}` approves nothing: {reason}")]
    Space {
        /// The space.
        space: String,
        /// What it lacks.
        reason: &'static str,
    },
    /// A vote of another space.
    #[error("the {vote} is of the space `{named}`, not of `{expected}`")]
    OtherSpace {
        /// Which.
        vote: Vote,
        /// Its space.
        named: String,
        /// The one that counts.
        expected: String,
    },
    /// The hub has counted by other rules than those of the space.
    #[error("the {vote} was counted with other `{field}` than the settings of the space have")]
    Settings {
        /// Which.
        vote: Vote,
        /// What differs.
        field: &'static str,
    },
    /// Nobody has signed it.
    #[error("the {0} is not published with its signature")]
    NotSigned(Vote),
    /// What was signed is of another phase.
    #[error("what was signed as the {0} is none")]
    OtherPhase(Vote),
    /// It is the other end of another consensus check.
    #[error("the temperature check is not `{0}`, which the consensus check names")]
    OtherTemperatureCheck(B256),
    /// The matter needs no code.
    #[error(
        "the consensus check names no payload: its matter needs no code, and nothing of it goes on chain"
    )]
    NoPayload,
    /// Voters of other programs could not see the payload.
    #[error("the text of the consensus check does not show its payload in a line of its own, once")]
    Hidden,
    /// The author was not allowed to open it.
    #[error(
        "the {vote} was opened by `{author}`, who is no member of the space and has fewer votes than it asks for"
    )]
    Author {
        /// Which.
        vote: Vote,
        /// Who opened it.
        author: Address,
    },
    /// Choices that nobody can verify.
    #[error("the votes of the {0} are encrypted, so that nobody can verify what they say")]
    Encrypted(Vote),
    /// A vote on something else than for or against.
    #[error("the {0} is not a `basic` vote with the choices For, Against and Abstain")]
    Ballot(Vote),
    /// A vote of less than 7 days.
    #[error("the {vote} took {seconds} seconds, and a vote takes {SHORTEST_VOTE} (7 days) or more")]
    TooShort {
        /// Which.
        vote: Vote,
        /// Its length in seconds.
        seconds: u64,
    },
    /// Power that was counted at another time than shortly before the vote.
    #[error(
        "the {vote} counts power at the Unix time {counted_at}, which is not in the 7 days before its start"
    )]
    CountedAt {
        /// Which.
        vote: Vote,
        /// Time of the block.
        counted_at: u64,
    },
    /// A vote that goes on.
    #[error("the {vote} has not ended: its count is final after the Unix time {end}")]
    Running {
        /// Which.
        vote: Vote,
        /// When it is.
        end: u64,
    },
    /// It was withdrawn.
    #[error("the {0} was withdrawn")]
    Withdrawn(Vote),
    /// Too few have voted.
    #[error("the {vote} failed its quorum: {reached} of {required} votes")]
    Quorum {
        /// Which.
        vote: Vote,
        /// Power of all ballots.
        reached: Total,
        /// Power that was needed.
        required: Total,
    },
    /// It was not for it.
    #[error("the {vote} did not pass: {for_it} for, {against} against")]
    NotPassed {
        /// Which.
        vote: Vote,
        /// Power in favour.
        for_it: Total,
        /// Power against.
        against: Total,
    },
    /// What is published is not what was signed and what the chain says.
    #[error("the {vote} is not as it is published; differences: {count}, the first is `{first}`")]
    Differences {
        /// Which.
        vote: Vote,
        /// How many.
        count: usize,
        /// Kind of the first.
        first: String,
    },
    /// The consensus check did not wait.
    #[error("the consensus check began before the temperature check had ended")]
    TooEarly,
    /// The temperature check was another matter's.
    #[error("the temperature check is about something else: `{0}`")]
    OtherMatter(String),
}

/// What a consensus check comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Approval {
    /// What was signed; none where nothing was.
    pub signed: Option<Proposal>,
    /// Hash of what may be executed, as it was signed.
    pub payload: Option<B256>,
    /// The count of the consensus check.
    pub tally: Tally,
    /// Why it approves nothing; empty when it approves the payload.
    pub faults: Vec<Fault>,
}

impl Export {
    /// Puts the rules of `space` in the place of those that the hub states, and says which are others.
    pub fn under(&mut self, space: &Space) -> Vec<&'static str> {
        let (record, settings) = (&mut self.proposal, &space.settings);
        let strategies = |list: &[StrategySettings]| -> Vec<StrategySettings> {
            let network = |own: &StrategySettings| own.network.clone().or(Some(settings.network.clone()));
            list.iter().map(|own| StrategySettings { network: network(own), ..own.clone() }).collect()
        };
        let (stated, own) = (strategies(&record.strategies), strategies(&settings.strategies));
        let fields = [
            ("network", record.network != settings.network),
            ("strategies", stated != own),
            ("quorum", record.quorum() != space.quorum()),
        ];
        record.network.clone_from(&settings.network);
        record.strategies = own;
        record.quorum = settings.voting.quorum.unwrap_or_default();
        record.quorum_type = settings.voting.quorum_type.clone().unwrap_or_default();
        fields.into_iter().filter_map(|(field, differs)| differs.then_some(field)).collect()
    }

    /// The proposal as it was signed under the id that the export has; whether the signature is good shows in the audit.
    #[must_use]
    pub fn signed(&self) -> Option<Proposal> {
        let envelopes = self.envelopes.iter().filter_map(|json| read(json).ok());
        let mut found = envelopes.filter(|envelope| envelope.id() == self.proposal.id);
        match found.next()?.message().content() {
            Content::Proposal(proposal) => Some(proposal),
            _ => None,
        }
    }

    /// Whether somebody who may has withdrawn it, by the messages of the export.
    fn is_withdrawn(&self, space: &Space, witness: &Witness) -> bool {
        let author = self.signed().map(|signed| signed.from);
        self.envelopes.iter().filter_map(|json| read(json).ok()).any(|envelope| {
            let Content::CancelProposal(cancel) = envelope.message().content() else { return false };
            word(&cancel.proposal) == Some(self.proposal.id)
                && cancel.from == envelope.address()
                && (author == Some(cancel.from) || space.is_moderator(cancel.from))
                && stands(&envelope.verify_key(), &envelope, witness)
        })
    }
}

/// The temperature check that the signed consensus check of `export` names.
#[must_use]
pub fn temperature_check(export: &Export) -> Option<B256> {
    match Phase::of_plugins(&export.signed()?.plugins) {
        Ok(Some(Phase::ConsensusCheck { temperature_check, .. })) => Some(temperature_check),
        _ => None,
    }
}

/// What the consensus check `consensus`, which follows `temperature`, has approved in `space` by the Unix time `now` in
/// seconds. Without the temperature check, that is among the faults.
///
/// # Errors
/// [`Error::UnknownSystem`](crate::Error::UnknownSystem), [`Error::PowerTooLarge`](crate::Error::PowerTooLarge).
pub fn examine(
    space: &Space,
    now: u64,
    consensus: Held<'_>,
    temperature: Option<Held<'_>>,
) -> Result<Approval> {
    let mut faults = Vec::new();
    if let Some(reason) = phase::approves_nothing(&space.settings) {
        faults.push(Fault::Space { space: space.id.clone(), reason });
    }
    let look = |vote, held, faults: &mut Vec<Fault>| look(vote, held, space, now, faults);
    let (signed, tally) = look(Vote::Consensus, consensus, &mut faults)?;
    let phase = signed.as_ref().map(|signed| Phase::of_plugins(&signed.plugins));
    let mut payload = None;
    match phase {
        Some(Ok(Some(Phase::ConsensusCheck { temperature_check, payload: approved }))) => {
            payload = approved;
            match approved {
                None => faults.push(Fault::NoPayload),
                Some(payload) => {
                    let body = signed.as_ref().map(|signed| signed.body.as_str()).unwrap_or_default();
                    if !phase::shows_payload(body, payload) {
                        faults.push(Fault::Hidden);
                    }
                }
            }
            match temperature.filter(|held| held.export.proposal.id == temperature_check) {
                None => faults.push(Fault::OtherTemperatureCheck(temperature_check)),
                Some(held) => {
                    let (first, _) = look(Vote::Temperature, held, &mut faults)?;
                    follows(signed.as_ref(), first.as_ref(), &mut faults);
                }
            }
        }
        Some(_) => faults.push(Fault::OtherPhase(Vote::Consensus)),
        None => {}
    }
    Ok(Approval { signed, payload, tally, faults })
}

/// Whether the one was there before the other, and of the same matter.
fn follows(consensus: Option<&Proposal>, temperature: Option<&Proposal>, faults: &mut Vec<Fault>) {
    let (Some(consensus), Some(temperature)) = (consensus, temperature) else { return };
    if !matches!(Phase::of_plugins(&temperature.plugins), Ok(Some(Phase::TemperatureCheck {}))) {
        faults.push(Fault::OtherPhase(Vote::Temperature));
    }
    if consensus.start <= temperature.end {
        faults.push(Fault::TooEarly);
    }
    let matter = |vote: &Proposal| (vote.title.clone(), vote.discussion.clone());
    let ((title, link), (before, other)) = (matter(consensus), matter(temperature));
    if !phase::is_same_matter((&title, &link), (&before, &other)) {
        faults.push(Fault::OtherMatter(crate::error::shown(&before)));
    }
}

/// What holds for both votes.
fn look(
    vote: Vote,
    held: Held<'_>,
    space: &Space,
    now: u64,
    faults: &mut Vec<Fault>,
) -> Result<(Option<Proposal>, Tally)> {
    let export = held.export;
    let report = export.audit(held.witness)?;
    faults.extend(held.settings.iter().map(|field| Fault::Settings { vote, field }));
    let kinds: Vec<String> =
        held.log.iter().cloned().chain(report.differences.iter().map(Difference::kind)).collect();
    if let Some(first) = kinds.first() {
        faults.push(Fault::Differences { vote, count: kinds.len(), first: first.clone() });
    }
    let Some(signed) = export.signed() else {
        faults.push(Fault::NotSigned(vote));
        return Ok((None, report.tally));
    };
    if signed.space != space.id {
        let (named, expected) = (crate::error::shown(&signed.space), space.id.clone());
        faults.push(Fault::OtherSpace { vote, named, expected });
    }
    if !may_propose(signed.from, space, held.witness) {
        faults.push(Fault::Author { vote, author: signed.from });
    }
    if !signed.privacy.is_empty() || !export.proposal.privacy.is_empty() {
        faults.push(Fault::Encrypted(vote));
    }
    let needs_no_code =
        matches!(Phase::of_plugins(&signed.plugins), Ok(Some(Phase::ConsensusCheck { payload: None, .. })));
    if !needs_no_code && (signed.system != System::Basic.word() || !phase::is_for_or_against(&signed.choices))
    {
        faults.push(Fault::Ballot(vote));
    }
    let seconds = signed.end.saturating_sub(signed.start);
    if seconds < SHORTEST_VOTE {
        faults.push(Fault::TooShort { vote, seconds });
    }
    let before = signed.start.saturating_sub(COUNTED_WITHIN)..=signed.start;
    if !before.contains(&held.counted_at) {
        faults.push(Fault::CountedAt { vote, counted_at: held.counted_at });
    }
    let end = signed.end.saturating_add(FINAL_AFTER);
    if export.is_withdrawn(space, held.witness) {
        faults.push(Fault::Withdrawn(vote));
    } else if now <= end {
        faults.push(Fault::Running { vote, end });
    } else if let Some(fault) = passed(vote, &report.tally, space.quorum()) {
        faults.push(fault);
    }
    Ok((Some(signed), report.tally))
}

/// Whether `author` may propose in `space`, with the power at the block of the vote.
fn may_propose(author: Address, space: &Space, witness: &Witness) -> bool {
    if space.is_author(author) {
        return true;
    }
    let powers = witness.powers.as_ref().and_then(|powers| powers.get(&author));
    let power: Total = powers.into_iter().flatten().copied().sum();
    !space.settings.filters.only_members && space.least_power().is_none_or(|least| power >= least)
}

/// Why a vote is not for what it is on.
fn passed(vote: Vote, tally: &Tally, quorum: Quorum) -> Option<Fault> {
    let score = |place: usize| tally.scores.get(place).copied().unwrap_or_default();
    match tally.outcome(quorum) {
        Outcome::Won(1) => None,
        Outcome::BelowQuorum { reached, required } => Some(Fault::Quorum { vote, reached, required }),
        _ => Some(Fault::NotPassed { vote, for_it: score(0), against: score(1) }),
    }
}
