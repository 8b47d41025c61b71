//! Approvals: one that stands, and everything that somebody could pass off as one.

use std::collections::HashMap;

use alloy::primitives::{Address, B256};
use btrst_offchain::approval::{Approval, Held, examine};
use btrst_offchain::audit::{Export, Witness};
use btrst_offchain::message::{CancelProposal, Message, Proposal, SignedChoice};
use btrst_offchain::phase::{self, Phase};
use btrst_offchain::space::StrategySettings;
use btrst_offchain::tally::Power;
use btrst_offchain::{ProposalRecord, Space, VoteRecord};
use serde_json::json;

use crate::stage::{NOW, SPACE, key, proposal, signed, vote};

const VOTE: u128 = 1_000_000_000_000_000_000;
const DAY: u64 = 86_400;
const PAYLOAD: B256 = B256::repeat_byte(7);

/// A space that needs five votes.
fn space() -> Space {
    let settings = phase::settings(Address::repeat_byte(0xb7), &[key(8).address()], 1.0, 5.0);
    Space { id: SPACE.into(), settings }
}

/// The vote that `opening` opens, in which these accounts make these choices; account `n` has `n` votes.
fn held(opening: &Proposal, space: &Space, ballots: &[(u64, u32)]) -> Export {
    let message = Message::try_from(opening).unwrap();
    let id = message.digest();
    let mut record = ProposalRecord::new(id, opening, space).unwrap();
    record.space.id.clone_from(&opening.space);
    record.scores = vec![0.0; 3];
    let mut envelopes = vec![signed(&key(0), message).pinned()];
    let mut votes = Vec::new();
    for (voter, choice) in ballots {
        let mut vote = vote(key(*voter).address(), id, SignedChoice::One(*choice));
        (vote.timestamp, vote.space) = (opening.start + 1, opening.space.clone());
        let envelope = signed(&key(*voter), Message::try_from(&vote).unwrap());
        let power = *voter as f64;
        record.scores[*choice as usize - 1] += power;
        record.scores_total += power;
        record.votes += 1;
        votes.push(VoteRecord {
            id: envelope.id(),
            voter: vote.from,
            created: vote.timestamp,
            choice: json!(choice),
            vp: power,
            vp_by_strategy: vec![power],
            reason: vote.reason,
            app: vote.app,
        });
        envelopes.push(envelope.pinned());
    }
    Export { proposal: record, votes, envelopes }
}

/// Two votes on a matter, what is known around them, and who has how many votes.
#[derive(Clone)]
struct Case {
    space: Space,
    temperature: Proposal,
    consensus: Proposal,
    /// Ballots of both.
    ballots: [Vec<(u64, u32)>; 2],
    now: u64,
    /// Times of the blocks of both.
    counted_at: [u64; 2],
    log: Vec<String>,
}

impl Case {
    fn new() -> Self {
        let plugins = Phase::TemperatureCheck {}.to_plugins();
        let temperature = Proposal { plugins, ..proposal(key(0).address(), "basic") };
        let id = Message::try_from(&temperature).unwrap().digest();
        let phase = Phase::ConsensusCheck { temperature_check: id, payload: Some(PAYLOAD) };
        let start = NOW + 8 * DAY;
        let (timestamp, end) = (start, start + 7 * DAY);
        let (plugins, body) = (phase.to_plugins(), format!("Do it.\n\n{}", phase::payload_line(PAYLOAD)));
        let consensus = Proposal { timestamp, start, end, plugins, body, ..temperature.clone() };
        let ballots = vec![(4, 1), (2, 2)];
        let counted_at = [temperature.start - 12, start - 12];
        let (now, log) = (end + 61, Vec::new());
        Self {
            space: space(),
            temperature,
            consensus,
            ballots: [ballots.clone(), ballots],
            now,
            counted_at,
            log,
        }
    }

    /// The same with a temperature check that was changed before it was signed, and that the other one names.
    fn after(mut self, change: impl FnOnce(&mut Proposal)) -> Self {
        change(&mut self.temperature);
        let temperature_check = Message::try_from(&self.temperature).unwrap().digest();
        self.consensus.plugins =
            Phase::ConsensusCheck { temperature_check, payload: Some(PAYLOAD) }.to_plugins();
        self
    }

    fn exports(&self) -> [Export; 2] {
        let [first, second] = &self.ballots;
        [held(&self.temperature, &self.space, first), held(&self.consensus, &self.space, second)]
    }

    fn approval_of(&self, exports: &[Export; 2]) -> Approval {
        let power = |voter: u64| (key(voter).address(), vec![Power::new(u128::from(voter) * VOTE)]);
        let mut powers = HashMap::from([1, 2, 3, 4].map(power));
        powers.insert(key(0).address(), vec![Power::new(VOTE)]);
        let witness = Witness { powers: Some(powers), ..Witness::default() };
        let mut exports = exports.clone();
        let [first, second] = exports.each_mut().map(|export| export.under(&self.space));
        let held = |place: usize, settings| Held {
            export: &exports[place],
            witness: &witness,
            settings,
            counted_at: self.counted_at[place],
            log: if place == 1 { &self.log } else { &[] },
        };
        examine(&self.space, self.now, held(1, &second), Some(held(0, &first))).unwrap()
    }

    fn faults(&self) -> Vec<String> {
        self.faults_of(&self.exports())
    }

    fn faults_of(&self, exports: &[Export; 2]) -> Vec<String> {
        self.approval_of(exports).faults.iter().map(ToString::to_string).collect()
    }
}

fn with(change: impl FnOnce(&mut Case)) -> Case {
    let mut case = Case::new();
    change(&mut case);
    case
}

#[test]
fn a_consensus_check_that_passed_approves_its_payload() {
    let approval = Case::new().approval_of(&Case::new().exports());
    assert_eq!(approval.faults, []);
    assert_eq!(approval.payload, Some(PAYLOAD));
    assert_eq!(approval.tally.scores_f64(), [4.0, 2.0, 0.0]);
    assert_eq!(approval.signed.unwrap().title, "Lower the marketplace fee");
}

#[test]
fn a_vote_that_failed_its_rules_approves_nothing() {
    let table = [
        (
            with(|case| case.ballots[1] = vec![(3, 1), (1, 2)]),
            "the consensus check failed its quorum: 4 of 5 votes",
        ),
        (
            with(|case| case.ballots[1] = vec![(2, 1), (4, 2)]),
            "the consensus check did not pass: 2 for, 4 against",
        ),
        (
            with(|case| case.ballots[1] = vec![(3, 1), (1, 2), (2, 2)]),
            "the consensus check did not pass: 3 for, 3 against",
        ),
        (
            with(|case| case.ballots[1] = vec![(2, 3), (4, 3)]),
            "the consensus check did not pass: 0 for, 0 against",
        ),
        (
            with(|case| case.ballots[0] = vec![(3, 1)]),
            "the temperature check failed its quorum: 3 of 5 votes",
        ),
        (
            with(|case| case.ballots[0] = vec![(1, 1), (4, 2)]),
            "the temperature check did not pass: 1 for, 4 against",
        ),
        (
            with(|case| case.now -= 1),
            "the consensus check has not ended: its count is final after the Unix time 1751296060",
        ),
        (
            with(|case| case.consensus.end -= 1),
            "the consensus check took 604799 seconds, and a vote takes 604800 (7 days) or more",
        ),
        (
            Case::new().after(|temperature| temperature.end -= DAY),
            "the temperature check took 518400 seconds, and a vote takes 604800 (7 days) or more",
        ),
        (
            Case::new().after(|temperature| temperature.end += DAY),
            "the consensus check began before the temperature check had ended",
        ),
        (
            with(|case| case.consensus.choices.swap(0, 1)),
            "the consensus check is not a `basic` vote with the choices For, Against and Abstain",
        ),
        (
            Case::new().after(|temperature| temperature.system = "single-choice".into()),
            "the temperature check is not a `basic` vote with the choices For, Against and Abstain",
        ),
        (
            with(|case| case.counted_at[1] = case.consensus.start + 1),
            "the consensus check counts power at the Unix time 1750691201, which is not in the 7 days before its start",
        ),
        (
            with(|case| case.counted_at[0] = NOW - 8 * DAY),
            "the temperature check counts power at the Unix time 1749308800, which is not in the 7 days before its start",
        ),
        (
            with(|case| case.consensus.privacy = "shutter".into()),
            "the votes of the consensus check are encrypted, so that nobody can verify what they say",
        ),
        (
            with(|case| case.consensus.body = "Do it.".into()),
            "the text of the consensus check does not show its payload in a line of its own, once",
        ),
        (
            with(|case| case.log = vec!["vote dropped".into()]),
            "the consensus check is not as it is published; differences: 1, the first is `vote dropped`",
        ),
    ];
    for (case, expected) in table {
        assert_eq!(case.faults(), [expected]);
    }
}

#[test]
fn another_matter_or_phase_approves_nothing() {
    let other = Case::new().after(|temperature| {
        temperature.title = "Fund the academy".into();
        temperature.discussion = "https://example.org/t/7".into();
    });
    assert_eq!(other.faults(), ["the temperature check is about something else: `Fund the academy`"]);
    let renamed = Case::new().after(|temperature| temperature.title = "Should the fee go down?".into());
    assert_eq!(renamed.faults(), [""; 0], "they have the same discussion");

    let none = with(|case| case.consensus.plugins = "{}".into());
    assert_eq!(none.faults(), ["what was signed as the consensus check is none"]);
    let first = with(|case| case.consensus.plugins = Phase::TemperatureCheck {}.to_plugins());
    assert_eq!(first.faults(), ["what was signed as the consensus check is none"]);
    let second = Case::new().after(|temperature| {
        let temperature_check = B256::repeat_byte(9);
        temperature.plugins = Phase::ConsensusCheck { temperature_check, payload: None }.to_plugins();
    });
    assert_eq!(second.faults(), ["what was signed as the temperature check is none"]);

    let case = Case::new();
    let temperature_check = Message::try_from(&case.temperature).unwrap().digest();
    let plugins = Phase::ConsensusCheck { temperature_check, payload: None }.to_plugins();
    let no_code = with(|case| case.consensus.plugins = plugins);
    let found = no_code.approval_of(&no_code.exports());
    assert_eq!(found.payload, None);
    let words =
        "the consensus check names no payload: its matter needs no code, and nothing of it goes on chain";
    assert_eq!(no_code.faults(), [words]);

    let unknown = B256::repeat_byte(3);
    let phase = Phase::ConsensusCheck { temperature_check: unknown, payload: Some(PAYLOAD) };
    let faults = with(|case| case.consensus.plugins = phase.to_plugins()).faults();
    assert_eq!(
        faults,
        [format!("the temperature check is not `{unknown}`, which the consensus check names")]
    );
}

#[test]
fn another_space_or_one_with_other_rules_approves_nothing() {
    let foreign = with(|case| case.consensus.space = "mallory.eth".into());
    let exports = foreign.exports();
    let mut relabelled = exports.clone();
    relabelled[1].proposal.space.id = SPACE.into();
    assert_eq!(
        foreign.faults_of(&exports),
        ["the consensus check is of the space `mallory.eth`, not of `usebraintrust.eth`"]
    );
    let faults = foreign.faults_of(&relabelled);
    assert!(faults[0].ends_with("the first is `field`"), "{faults:?}");
    assert!(faults[1].contains("of the space `mallory.eth`"), "{faults:?}");

    let rules = |change: &dyn Fn(&mut Space)| with(|case| change(&mut case.space)).faults();
    let short = rules(&|space| space.settings.voting.period = Some(DAY));
    assert_eq!(
        short,
        [
            "the space `usebraintrust.eth` approves nothing: `voting.period` is below 7 days, the shortest vote in phases"
        ]
    );
    let free = rules(&|space| space.settings.plugins.clear());
    assert_eq!(
        free,
        [
            "the space `usebraintrust.eth` approves nothing: its votes are not in phases; its `plugins` lack `btrst`"
        ]
    );
    for change in [(|space: &mut Space| space.settings.voting.quorum = None) as fn(&mut Space), |space| {
        space.settings.voting.quorum_type = Some("rejection".into())
    }] {
        let faults = rules(&change);
        assert_eq!(
            faults[0],
            "the space `usebraintrust.eth` approves nothing: it has no quorum of votes that must be reached"
        );
    }
}

#[test]
fn a_hub_that_lies_is_not_believed() {
    let case = Case::new();
    let lie = |change: &dyn Fn(&mut Export)| {
        let mut exports = case.exports();
        change(&mut exports[1]);
        case.faults_of(&exports)
    };
    // One vote for everybody, and no quorum: what the hub states of the space.
    let strategies = lie(&|export| {
        export.proposal.strategies =
            vec![StrategySettings { name: "ticket".into(), ..StrategySettings::default() }];
        export.proposal.quorum = 0.0;
    });
    assert_eq!(
        strategies,
        [
            "the consensus check was counted with other `strategies` than the settings of the space have",
            "the consensus check was counted with other `quorum` than the settings of the space have",
        ]
    );
    let differs = |faults: Vec<String>, first: &str| {
        assert!(faults[0].ends_with(&format!("the first is `{first}`")), "{faults:?}");
    };
    differs(lie(&|export| export.proposal.scores[0] = 400.0), "score");
    differs(lie(&|export| export.votes[0].vp = 400.0), "power");
    differs(lie(&|export| export.proposal.title = "Another".into()), "field");
    // An edit that would approve something else.
    let payload = Phase::ConsensusCheck { temperature_check: B256::ZERO, payload: Some(B256::ZERO) };
    let plugins = serde_json::from_str(&payload.to_plugins()).unwrap();
    let edited = lie(&|export| {
        export.proposal.plugins = serde_json::Value::clone(&plugins).as_object().unwrap().clone()
    });
    differs(edited, "field");
    // Ballots turned around: as their own, by a claim that they were encrypted, or signed by somebody else.
    let turned = lie(&|export| {
        export.votes[1].choice = json!(1);
        export.proposal.scores = vec![6.0, 0.0, 0.0];
    });
    differs(turned, "field");
    let encrypted = lie(&|export| {
        export.proposal.privacy = "shutter".into();
        export.votes[1].choice = json!(1);
        export.proposal.scores = vec![6.0, 0.0, 0.0];
    });
    differs(encrypted.clone(), "field");
    assert!(encrypted.iter().any(|fault| fault.contains("are encrypted")), "{encrypted:?}");
    let forged = lie(&|export| {
        let id = export.proposal.id;
        let mut vote = vote(key(3).address(), id, SignedChoice::One(1));
        vote.timestamp = NOW + 8 * DAY + 1;
        let envelope = signed(&key(9), Message::try_from(&vote).unwrap());
        export.envelopes.push(envelope.pinned());
        export.votes.push(VoteRecord {
            id: envelope.id(),
            voter: vote.from,
            created: vote.timestamp,
            choice: json!(1),
            vp: 3.0,
            vp_by_strategy: vec![3.0],
            reason: vote.reason,
            app: vote.app,
        });
        export.proposal.votes = 3;
        (export.proposal.scores[0], export.proposal.scores_total) = (7.0, 9.0);
    });
    differs(forged, "signature");
    let unsigned = lie(&|export| drop(export.envelopes.remove(0)));
    differs(unsigned.clone(), "proposal not signed");
    assert_eq!(unsigned[1], "the consensus check is not published with its signature");
}

#[test]
fn who_may_not_propose_opens_no_vote_that_approves() {
    let author = key(0).address();
    let refused = |vote: &str| {
        format!(
            "the {vote} was opened by `{author}`, who is no member of the space and has fewer votes than it asks for"
        )
    };
    let both = ["consensus check", "temperature check"].map(refused);
    let poor = with(|case| case.space.settings.filters.min_score = Some(2.0));
    assert_eq!(poor.faults(), both);
    let members = with(|case| case.space.settings.filters.only_members = true);
    assert_eq!(members.faults(), both);
    let member = with(|case| {
        case.space.settings.filters.only_members = true;
        case.space.settings.members = vec![author.to_string()];
    });
    assert_eq!(member.faults(), [""; 0]);
}

#[test]
fn a_withdrawn_check_approves_nothing() {
    let case = Case::new();
    let mut exports = case.exports();
    let cancel = |who: u64, space: &str| CancelProposal {
        from: key(who).address(),
        space: space.into(),
        timestamp: NOW + 9 * DAY,
        proposal: exports[1].proposal.id.to_string(),
    };
    let [author, moderator, stranger] = [0, 8, 5].map(|who| (who, cancel(who, SPACE)));
    for (who, cancel) in [author, moderator] {
        let message = Message::try_from(&cancel).unwrap();
        exports[1].envelopes.push(signed(&key(who), message).pinned());
        assert_eq!(case.faults_of(&exports), ["the consensus check was withdrawn"]);
        exports[1].envelopes.pop();
    }
    let message = Message::try_from(&stranger.1).unwrap();
    exports[1].envelopes.push(signed(&key(stranger.0), message).pinned());
    assert_eq!(case.faults_of(&exports), [""; 0], "a stranger cannot withdraw it");
}
