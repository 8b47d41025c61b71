//! Audit of a published vote: are all ballots signed, has each voter the power that is stated, and is the count right?
//!
//! Nothing that the hub says is believed. What a hub can do unnoticed is to leave out a ballot; its log of accepted
//! messages shows that.

use std::collections::{HashMap, HashSet};

use alloy::primitives::{Address, B256};
use btrst_chain::Chain;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ingest::ALIAS_LIFE;
use crate::message::{Content, SignedChoice, word};
use crate::signature::Fault;
use crate::strategy::Reader;
use crate::tally::{Ballot, BallotBox, Choice, Power, System, Tally, Total};
use crate::{Envelope, Error, ProposalRecord, Result, VoteRecord, json, wallet};

/// Share by which a floating point number may differ from the exact one.
const ROUNDING: f64 = 1e-9;

/// A vote as a hub publishes it: what its GraphQL says of proposal and votes, and the signed messages, which are published
/// beside.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Export {
    /// The proposal.
    pub proposal: ProposalRecord,
    /// The votes.
    pub votes: Vec<VoteRecord>,
    /// Signed messages of proposal and votes, as they are published, in any order.
    #[serde(default)]
    pub envelopes: Vec<Value>,
}

/// Something that a hub states and that is not so.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Difference {
    /// A published message that is none.
    Envelope {
        /// Its place in the export, from 0.
        place: usize,
        /// What is wrong.
        reason: String,
    },
    /// No signed message of the proposal is published.
    ProposalNotSigned {
        /// The proposal.
        id: B256,
    },
    /// No signed message of a vote is published.
    VoteNotSigned {
        /// The vote.
        id: B256,
        /// Whose it is said to be.
        voter: Address,
    },
    /// A signature that is not that of the account.
    Signature {
        /// The message.
        id: B256,
        /// Whose it is said to be.
        account: Address,
        /// What is wrong with it.
        reason: String,
    },
    /// A field that is not as it was signed.
    Field {
        /// The message.
        id: B256,
        /// The field.
        field: &'static str,
        /// What the hub states.
        stated: String,
        /// What was signed.
        signed: String,
    },
    /// A vote outside of its window.
    OutsideWindow {
        /// The vote.
        id: B256,
        /// Unix time in seconds that it states.
        timestamp: u64,
    },
    /// A vote that says nothing the voting system takes.
    InvalidChoice {
        /// The vote.
        id: B256,
    },
    /// A second vote of a voter.
    SecondVote {
        /// The vote that does not count.
        id: B256,
        /// Its voter.
        voter: Address,
    },
    /// Voting power that is not what the chain says.
    Power {
        /// The vote.
        id: B256,
        /// Its voter.
        voter: Address,
        /// The strategy, from 0; none for the sum.
        strategy: Option<usize>,
        /// What the hub states.
        stated: f64,
        /// What it is, in decimal digits.
        actual: String,
    },
    /// A choice has another score.
    Score {
        /// The choice, from 1.
        choice: usize,
        /// What the hub states.
        stated: f64,
        /// What it is, in decimal digits.
        actual: String,
    },
    /// All ballots together have another power.
    ScoresTotal {
        /// What the hub states.
        stated: f64,
        /// What it is, in decimal digits.
        actual: String,
    },
    /// The number of votes is another.
    VoteCount {
        /// What the hub states.
        stated: u64,
        /// How many there are.
        actual: usize,
    },
}

impl Difference {
    /// Its kind in words, such as `vote not signed`.
    #[must_use]
    pub fn kind(&self) -> String {
        let document = serde_json::to_value(self).unwrap_or_default();
        document.get("kind").and_then(Value::as_str).unwrap_or_default().replace('_', " ")
    }
}

/// What an audit has found.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Everything that is not as stated.
    pub differences: Vec<Difference>,
    /// The count of the ballots that are signed and in time, with the powers of the chain.
    pub tally: Tally,
    /// Whether powers were read from the chain; else they are those that the hub states.
    pub has_powers: bool,
    /// Number of ballots that are encrypted, and count for what the hub says that they say: nobody can check that who does
    /// not have the key. Those that the hub does not decrypt either are in [`Tally::encrypted`].
    pub decrypted_by_hub: usize,
}

/// What the chain says about an export.
#[derive(Clone, Debug, Default)]
pub struct Witness {
    /// Messages that the wallet of their account stands by.
    pub accepted: HashSet<B256>,
    /// Powers of voters by strategy.
    pub powers: Option<HashMap<Address, Vec<Power>>>,
}

impl Export {
    /// Reads an export.
    ///
    /// # Errors
    /// [`Error::Json`].
    pub fn parse(text: &[u8]) -> Result<Self> {
        let value = json::parse(text).map_err(|error| Error::Json(error.to_string()))?;
        serde_json::from_value(value).map_err(|error| Error::Json(error.to_string()))
    }

    /// Asks `chain` about everything that it can tell: wallets, and powers at the block of the proposal. `first` is the
    /// block from which transfers are added up where the endpoint has no old state.
    ///
    /// # Errors
    /// [`Error::Chain`], and those of [`Reader::powers`].
    pub async fn witness(&self, chain: &Chain, first: u64) -> Result<Witness> {
        let mut accepted = HashSet::new();
        for envelope in self.envelopes.iter().filter_map(|json| read(json).ok()) {
            if envelope.verify_key().is_err()
                && wallet::accepts(chain, envelope.address(), envelope.id(), envelope.signature()).await?
            {
                accepted.insert(envelope.id());
            }
        }
        // The author too, who may need some power to propose.
        let mut voters: Vec<_> = self.votes.iter().map(|vote| vote.voter).collect();
        voters.push(self.proposal.author);
        voters.sort_unstable();
        voters.dedup();
        let reader = Reader::new(chain, self.proposal.snapshot, first).await?;
        let columns = reader.powers(&self.proposal.space.id, &self.proposal.strategies, &voters).await?;
        let row = |place: usize| columns.iter().filter_map(|column| column.get(place).copied()).collect();
        let powers = voters.iter().enumerate().map(|(place, voter)| (*voter, row(place))).collect();
        Ok(Witness { accepted, powers: Some(powers) })
    }

    /// Compares everything that the hub states with what was signed, and with what `witness` has seen.
    ///
    /// # Errors
    /// [`Error::UnknownSystem`], [`Error::PowerTooLarge`].
    pub fn audit(&self, witness: &Witness) -> Result<Report> {
        let system = self.proposal.system()?;
        let mut differences = Vec::new();
        let envelopes = self.envelopes(witness, &mut differences);
        self.check_proposal(&envelopes, &mut differences);
        let mut ballots = BallotBox::with_capacity(self.votes.len());
        for vote in &self.votes {
            let power = self.power(vote, witness, &mut differences)?;
            let Some(envelope) = envelopes.get(&vote.id) else {
                differences.push(Difference::VoteNotSigned { id: vote.id, voter: vote.voter });
                continue;
            };
            let Some(choice) = self.check_vote(vote, envelope, system, &mut differences)? else { continue };
            let timestamp = envelope.message().timestamp().unwrap_or_default();
            let ballot = Ballot { voter: envelope.message().from(), id: vote.id, timestamp, choice, power };
            if let Some(other) = ballots.of(ballot.voter) {
                let id = if ballot.replaces(other) { other.id } else { vote.id };
                differences.push(Difference::SecondVote { id, voter: ballot.voter });
            }
            ballots.cast(ballot);
        }
        let tally = Tally::of(system, self.proposal.choices.len(), ballots.ballots());
        self.check_count(&tally, &mut differences);
        let is_encrypted = self.proposal.is_encrypted();
        let decrypted_by_hub = if is_encrypted { tally.ballots - tally.encrypted } else { 0 };
        Ok(Report { differences, tally, has_powers: witness.powers.is_some(), decrypted_by_hub })
    }

    /// The messages that are signed, by their ids.
    fn envelopes(&self, witness: &Witness, differences: &mut Vec<Difference>) -> HashMap<B256, Envelope> {
        let checked: Vec<_> = self
            .envelopes
            .par_iter()
            .map(|json| read(json).map(|envelope| (envelope.verify_key(), envelope)))
            .collect();
        let signed = checked.iter().flatten().filter(|(key, envelope)| stands(key, envelope, witness));
        let aliases = aliases(signed);
        let mut signed = HashMap::with_capacity(checked.len());
        for (place, envelope) in checked.into_iter().enumerate() {
            match envelope {
                Ok((Err(fault), envelope)) if !witness.accepted.contains(&envelope.id()) => {
                    differences.push(faulty(&envelope, fault));
                }
                Ok((_, envelope)) if !may_sign(&envelope, &aliases) => {
                    let reason =
                        format!("`{}` signs for it, which it has not made its alias", envelope.address());
                    let (id, account) = (envelope.id(), envelope.message().from());
                    differences.push(Difference::Signature { id, account, reason });
                }
                Ok((_, envelope)) => {
                    signed.insert(envelope.id(), envelope);
                }
                Err(error) => differences.push(Difference::Envelope { place, reason: error.to_string() }),
            }
        }
        signed
    }

    fn check_proposal(&self, envelopes: &HashMap<B256, Envelope>, differences: &mut Vec<Difference>) {
        let record = &self.proposal;
        let content = envelopes.get(&record.id).map(|envelope| envelope.message().content());
        let Some(Content::Proposal(signed)) = content else {
            differences.push(Difference::ProposalNotSigned { id: record.id });
            return;
        };
        let list = |list: &[String]| Value::from(list.to_vec()).to_string();
        let plugins = Value::Object(record.plugins.clone());
        let signed_plugins = json::parse(signed.plugins.as_bytes()).unwrap_or_default();
        if plugins != signed_plugins {
            let (stated, signed) = (plugins.to_string(), signed.plugins.clone());
            differences.push(Difference::Field { id: record.id, field: "plugins", stated, signed });
        }
        let fields = [
            ("author", record.author.to_string(), signed.from.to_string()),
            ("space", record.space.id.clone(), signed.space),
            ("created", record.created.to_string(), signed.timestamp.to_string()),
            ("type", record.system.clone(), signed.system),
            ("title", record.title.clone(), signed.title),
            ("body", record.body.clone(), signed.body),
            ("discussion", record.discussion.clone(), signed.discussion),
            ("choices", list(&record.choices), list(&signed.choices)),
            ("start", record.start.to_string(), signed.start.to_string()),
            ("end", record.end.to_string(), signed.end.to_string()),
            ("snapshot", record.snapshot.to_string(), signed.snapshot.to_string()),
        ];
        compare(record.id, fields, differences);
    }

    /// What a vote says, when it is one on this proposal and in time.
    fn check_vote(
        &self,
        vote: &VoteRecord,
        envelope: &Envelope,
        system: System,
        differences: &mut Vec<Difference>,
    ) -> Result<Option<Choice>> {
        let Content::Vote(signed) = envelope.message().content() else {
            differences.push(Difference::VoteNotSigned { id: vote.id, voter: vote.voter });
            return Ok(None);
        };
        let proposal = &self.proposal;
        // Whatever the hub states of privacy: only what was signed encrypted can have another choice than the signed one.
        let is_encrypted = proposal.is_encrypted()
            && matches!(&signed.choice, SignedChoice::Text(text) if text.starts_with("0x"));
        let stated = proposal.choice(&vote.choice)?;
        let same_choice = match (&vote.choice, &signed.choice) {
            // As it was sent. What is published instead of it cannot be compared with it.
            (Value::String(stated), SignedChoice::Text(signed)) if is_encrypted => stated == signed,
            _ => is_encrypted || stated == Choice::of_vote(system, &signed.choice),
        };
        let choice = if is_encrypted { stated } else { Choice::of_vote(system, &signed.choice) };
        let same_proposal = word(&signed.proposal) == Some(proposal.id);
        let mut fields = vec![
            ("voter", vote.voter.to_string(), signed.from.to_string()),
            ("created", vote.created.to_string(), signed.timestamp.to_string()),
            ("space", proposal.space.id.clone(), signed.space),
            ("reason", vote.reason.clone(), signed.reason),
        ];
        if !same_proposal {
            fields.push(("proposal", proposal.id.to_string(), signed.proposal));
        }
        if !same_choice {
            let text = match signed.choice {
                SignedChoice::One(choice) => choice.to_string(),
                SignedChoice::Several(choices) => Value::from(choices).to_string(),
                SignedChoice::Text(text) => text,
            };
            fields.push(("choice", vote.choice.to_string(), text));
        }
        compare(vote.id, fields, differences);
        let (id, timestamp) = (vote.id, signed.timestamp);
        let is_in_time = (proposal.start..=proposal.end).contains(&timestamp);
        if !is_in_time {
            differences.push(Difference::OutsideWindow { id, timestamp });
        }
        if choice != Choice::Encrypted && !choice.is_valid(system, proposal.choices.len()) {
            differences.push(Difference::InvalidChoice { id });
        }
        Ok((is_in_time && same_proposal).then_some(choice))
    }

    /// The power of a vote: what the chain says, or else the hub.
    fn power(
        &self,
        vote: &VoteRecord,
        witness: &Witness,
        differences: &mut Vec<Difference>,
    ) -> Result<Power> {
        let Some(powers) = &witness.powers else {
            let units = u128::try_from(Total::of_votes(vote.vp).0).map_err(|_| Error::PowerTooLarge)?;
            return Ok(Power::new(units));
        };
        let own = powers.get(&vote.voter).map(Vec::as_slice).unwrap_or_default();
        let sum =
            own.iter().copied().try_fold(Power::ZERO, Power::checked_add).ok_or(Error::PowerTooLarge)?;
        let mut compared = vec![(None, vote.vp, sum)];
        for (strategy, (stated, actual)) in vote.vp_by_strategy.iter().zip(own).enumerate() {
            compared.push((Some(strategy), *stated, *actual));
        }
        for (strategy, stated, actual) in compared {
            if !same(stated, actual.into()) {
                let (id, voter, actual) = (vote.id, vote.voter, actual.to_string());
                differences.push(Difference::Power { id, voter, strategy, stated, actual });
            }
        }
        Ok(sum)
    }

    fn check_count(&self, tally: &Tally, differences: &mut Vec<Difference>) {
        let record = &self.proposal;
        for (choice, actual) in (1..).zip(&tally.scores) {
            let stated = record.scores.get(choice - 1).copied().unwrap_or_default();
            if !same(stated, *actual) {
                differences.push(Difference::Score { choice, stated, actual: actual.to_string() });
            }
        }
        if !same(record.scores_total, tally.total) {
            let (stated, actual) = (record.scores_total, tally.total.to_string());
            differences.push(Difference::ScoresTotal { stated, actual });
        }
        let actual = tally.ballots;
        if record.votes != actual as u64 {
            differences.push(Difference::VoteCount { stated: record.votes, actual });
        }
    }
}

/// Whether the account of the envelope stands by it; `key` is what its key says.
pub(crate) fn stands(key: &Result<(), Fault>, envelope: &Envelope, witness: &Witness) -> bool {
    key.is_ok() || witness.accepted.contains(&envelope.id())
}

/// Accounts with those that they have made their aliases, and when.
fn aliases<'a>(
    signed: impl Iterator<Item = &'a (Result<(), Fault>, Envelope)>,
) -> HashMap<(Address, Address), Vec<u64>> {
    let mut aliases: HashMap<_, Vec<u64>> = HashMap::new();
    for (_, envelope) in signed {
        if let Content::Alias(alias) = envelope.message().content()
            && alias.from == envelope.address()
        {
            aliases.entry((alias.from, alias.alias)).or_default().push(alias.timestamp);
        }
    }
    aliases
}

/// Whether the account that signs is that of the message, or was its alias then.
fn may_sign(envelope: &Envelope, aliases: &HashMap<(Address, Address), Vec<u64>>) -> bool {
    let (from, signer) = (envelope.message().from(), envelope.address());
    let time = envelope.message().timestamp().unwrap_or_default();
    let lives = |since: &u64| (*since..=since.saturating_add(ALIAS_LIFE)).contains(&time);
    from == signer || aliases.get(&(from, signer)).is_some_and(|times| times.iter().any(lives))
}

/// A message as it is published: with its id, or as it was sent.
pub(crate) fn read(json: &Value) -> Result<Envelope> {
    let text = json.to_string();
    if json.get("hash").is_some() {
        Envelope::parse_pinned(text.as_bytes())
    } else {
        Envelope::parse(text.as_bytes())
    }
}

fn faulty(envelope: &Envelope, fault: Fault) -> Difference {
    Difference::Signature { id: envelope.id(), account: envelope.address(), reason: fault.to_string() }
}

fn compare(
    id: B256,
    fields: impl IntoIterator<Item = (&'static str, String, String)>,
    differences: &mut Vec<Difference>,
) {
    for (field, stated, signed) in fields {
        if stated != signed {
            differences.push(Difference::Field { id, field, stated, signed });
        }
    }
}

fn same(stated: f64, actual: Total) -> bool {
    let actual = actual.to_f64();
    (stated - actual).abs() <= ROUNDING * actual.max(1.0)
}
