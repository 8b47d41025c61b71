//! The rules of a hub, and the words of its refusals.

use alloy::primitives::{Address, B256};
use btrst_offchain::ingest::{self, Desk, Recent, Rejection};
use btrst_offchain::message::{
    CancelProposal, Message, Proposal, SignedChoice, SpaceMessage, UpdateProposal,
};
use btrst_offchain::phase::{self, Phase};
use btrst_offchain::tally::{Choice, Outcome, Power};
use btrst_offchain::{Envelope, ProposalRecord, Space};
use serde_json::{Value, json};

use crate::stage::{NOW, SPACE, key, proposal, signed, vote};

const DAY: u64 = 86_400;

fn space(change: impl FnOnce(&mut Value)) -> Space {
    let mut settings = json!({
        "name": "Braintrust", "network": "1", "symbol": "BTRST",
        "strategies": [{"name": "ticket", "params": {}}],
        "admins": [key(8).address().to_string()], "moderators": [key(9).address().to_string()],
    });
    change(&mut settings);
    Space::parse(SPACE, &settings.to_string()).unwrap()
}

fn desk(space: &Space) -> Desk<'_> {
    Desk {
        now: NOW,
        space,
        head: 13_000_000,
        power: Power::ZERO,
        recent: Recent::default(),
        temperature_check: None,
    }
}

fn words<T: std::fmt::Debug>(result: Result<T, Rejection>) -> &'static str {
    result.unwrap_err().words
}

fn record(space: &Space, system: &str) -> ProposalRecord {
    let proposal = proposal(key(1).address(), system);
    let id = Message::try_from(&proposal).unwrap().digest();
    ProposalRecord::new(id, &proposal, space).unwrap()
}

#[test]
fn messages_from_the_past_and_the_future_are_refused() {
    let message = Message::try_from(&vote(key(1).address(), B256::ZERO, SignedChoice::One(1))).unwrap();
    let ballot = signed(&key(1), message);
    let table = [
        (NOW, None),
        (NOW - 300, None),
        (NOW - 301, Some("wrong timestamp")),
        (NOW + 6 * DAY, None),
        (NOW + 6 * DAY + 1, Some("wrong timestamp")),
        (0, Some("wrong timestamp")),
        (u64::MAX, Some("wrong timestamp")),
    ];
    for (now, expected) in table {
        assert_eq!(ingest::envelope(&ballot, now).err().map(|refusal| refusal.words), expected, "{now}");
    }
    let mut json = ballot.to_json();
    json["data"]["message"]["extra"] = json!(1);
    let unsigned = Envelope::parse(json.to_string().as_bytes()).unwrap();
    assert_eq!(words(ingest::envelope(&unsigned, NOW)), "wrong envelope format");
    let mut json = ballot.to_json();
    json["data"]["message"]["space"] = json!("UseBraintrust.eth");
    let elsewhere = Envelope::parse(json.to_string().as_bytes()).unwrap();
    assert_eq!(words(ingest::envelope(&elsewhere, NOW)), "unknown space");
}

#[test]
fn what_is_no_envelope_is_refused_in_the_protocols_words() {
    let words = |text: &[u8]| Rejection::from(Envelope::parse(text).unwrap_err()).words;
    let ballot = signed(
        &key(1),
        Message::try_from(&vote(key(1).address(), B256::ZERO, SignedChoice::One(1))).unwrap(),
    );
    let changed = |place: &str, value: Value| {
        let mut json = ballot.to_json();
        *json.pointer_mut(place).unwrap() = value;
        json.to_string()
    };
    assert_eq!(words(&vec![b'1'; 100_001]), "too large message");
    assert_eq!(words(b"{}"), "wrong envelope format");
    assert_eq!(words(changed("/data/domain/name", json!("other")).as_bytes()), "wrong domain");
    assert_eq!(words(changed("/data/types/Vote/0/name", json!("to")).as_bytes()), "wrong types");
    assert_eq!(words(changed("/data/message/choice", json!("1")).as_bytes()), "wrong envelope format");
}

#[test]
fn others_sign_only_with_leave() {
    let message = Message::try_from(&vote(key(1).address(), B256::ZERO, SignedChoice::One(1))).unwrap();
    let other = signed(&key(2), message.clone());
    let closed = space(|_| ());
    let open = space(|settings| settings["voting"] = json!({"aliased": true}));
    assert_eq!(ingest::signer(&signed(&key(1), message), Some(&closed), None, NOW), Ok(()));
    assert_eq!(words(ingest::signer(&other, Some(&closed), Some(NOW), NOW)), "alias not enabled");
    assert_eq!(words(ingest::signer(&other, Some(&open), None, NOW)), "wrong alias");
    assert_eq!(ingest::signer(&other, Some(&open), Some(NOW - 90 * DAY), NOW), Ok(()));
    assert_eq!(words(ingest::signer(&other, Some(&open), Some(NOW - 90 * DAY - 1), NOW)), "wrong alias");
    let settings =
        SpaceMessage { from: key(1).address(), space: SPACE.into(), timestamp: NOW, settings: "{}".into() };
    let settings = signed(&key(2), Message::try_from(&settings).unwrap());
    assert_eq!(words(ingest::signer(&settings, Some(&open), Some(NOW), NOW)), "wrong from");
}

#[test]
fn proposals_obey_form_and_space() {
    type Change = fn(&mut Proposal);
    let table: [(Change, &str); 18] = [
        (|p| p.title = String::new(), "wrong proposal format"),
        (|p| p.title = "x".repeat(257), "wrong proposal format"),
        (|p| p.choices = vec![], "wrong proposal format"),
        (|p| p.choices = vec!["x".into(); 1_001], "wrong proposal format"),
        (|p| p.choices[0] = String::new(), "wrong proposal format"),
        (|p| p.system = "custom".into(), "wrong proposal format"),
        (|p| p.labels = vec!["a".into(), "a".into()], "wrong proposal format"),
        (|p| p.labels = vec!["ünï".into()], "wrong proposal format"),
        (|p| p.discussion = "javascript:1".into(), "wrong proposal format"),
        (|p| p.app = "x".repeat(25), "wrong proposal format"),
        (|p| p.privacy = "other".into(), "wrong proposal format"),
        (|p| p.plugins = "[]".into(), "wrong proposal format"),
        (|p| p.end = p.start, "wrong proposal format"),
        (|p| p.end = 2_000_000_001, "wrong proposal format"),
        (|p| (p.start, p.end) = (NOW - 2, NOW), "proposal end date must be in the future"),
        (|p| p.choices = vec!["For".into()], "wrong choices for basic type voting"),
        (|p| p.snapshot = 13_000_001, "proposal snapshot must be in past"),
        (|p| p.choices = vec!["x".into(); 4], "wrong choices for basic type voting"),
    ];
    let open = space(|_| ());
    assert_eq!(ingest::proposal(&proposal(key(1).address(), "basic"), &desk(&open)), Ok(()));
    for (change, expected) in table {
        let mut wrong = proposal(key(1).address(), "basic");
        change(&mut wrong);
        assert_eq!(words(ingest::proposal(&wrong, &desk(&open))), expected, "{wrong:?}");
    }

    type Setting = fn(&mut Value);
    let table: [(Setting, &str); 6] = [
        (|s| s["voting"] = json!({"delay": 60}), "invalid voting delay"),
        (|s| s["voting"] = json!({"period": 60}), "invalid voting period"),
        (|s| s["voting"] = json!({"type": "approval"}), "invalid voting type"),
        (|s| s["voting"] = json!({"privacy": "shutter"}), "invalid privacy"),
        (|s| s["filters"] = json!({"onlyMembers": true}), "only space authors can propose"),
        (|s| s["filters"] = json!({"minScore": 500}), "validation failed"),
    ];
    for (setting, expected) in table {
        let space = space(setting);
        assert_eq!(words(ingest::proposal(&proposal(key(1).address(), "basic"), &desk(&space))), expected);
    }

    let strict = space(|settings| settings["filters"] = json!({"minScore": 500}));
    let author = proposal(key(1).address(), "basic");
    let enough = Desk { power: Power::new(500 * 10_u128.pow(18)), ..desk(&strict) };
    assert_eq!(ingest::proposal(&author, &enough), Ok(()));
    let short = Desk { power: Power::new(500 * 10_u128.pow(18) - 1), ..desk(&strict) };
    assert_eq!(words(ingest::proposal(&author, &short)), "validation failed");
    assert_eq!(ingest::proposal(&proposal(key(9).address(), "basic"), &desk(&strict)), Ok(()));
    let crowded = Desk { recent: Recent { day: 20, ..Recent::default() }, ..desk(&open) };
    assert_eq!(words(ingest::proposal(&author, &crowded)), "proposal limit reached");
    let busy = Desk { recent: Recent { active_of_author: 20, ..Recent::default() }, ..desk(&open) };
    assert_eq!(words(ingest::proposal(&author, &busy)), "active proposal limit reached for author");
    assert_eq!(ingest::proposal(&proposal(key(8).address(), "basic"), &busy), Ok(()));
}

#[test]
fn votes_obey_window_and_system() {
    let space = space(|_| ());
    let record = record(&space, "basic");
    let id = B256::repeat_byte(5);
    let cast = |change: &dyn Fn(&mut btrst_offchain::message::Vote), previous, now| {
        let mut vote = vote(key(2).address(), record.id, SignedChoice::One(1));
        change(&mut vote);
        ingest::vote(&vote, id, Some(&record), previous, now)
    };
    assert_eq!(cast(&|_| (), None, NOW), Ok(Choice::One(1)));
    assert_eq!(cast(&|vote| vote.timestamp = record.end, None, record.end), Ok(Choice::One(1)));
    for (timestamp, now) in
        [(NOW - 1, NOW), (NOW, NOW - 1), (record.end + 1, record.end), (record.end, record.end + 1)]
    {
        assert_eq!(words(cast(&|vote| vote.timestamp = timestamp, None, now)), "not in voting window");
    }
    for choice in [
        SignedChoice::One(0),
        SignedChoice::One(4),
        SignedChoice::Several(vec![1]),
        SignedChoice::Text("1".into()),
    ] {
        assert_eq!(words(cast(&|vote| vote.choice = choice.clone(), None, NOW)), "invalid choice");
    }
    assert_eq!(words(cast(&|vote| vote.reason = "x".repeat(5_001), None, NOW)), "wrong vote format");
    assert_eq!(words(cast(&|vote| vote.metadata = "x".repeat(2_001), None, NOW)), "too large metadata");
    assert_eq!(words(cast(&|vote| vote.metadata = "[".into(), None, NOW)), "wrong vote format");
    assert_eq!(words(cast(&|vote| vote.space = "other.eth".into(), None, NOW)), "unknown proposal");
    assert_eq!(words(cast(&|vote| vote.proposal = "1".into(), None, NOW)), "unknown proposal");
    assert_eq!(words(cast(&|_| (), Some((NOW + 1, B256::ZERO)), NOW)), "already voted at later time");
    assert_eq!(
        words(cast(&|_| (), Some((NOW, B256::repeat_byte(6))), NOW)),
        "already voted same time with lower index"
    );
    assert_eq!(words(cast(&|_| (), Some((NOW, id)), NOW)), "already voted same time with lower index");
    assert_eq!(cast(&|_| (), Some((NOW, B256::repeat_byte(4))), NOW), Ok(Choice::One(1)));

    assert_eq!(ingest::power(Power::new(1)), Ok(()));
    assert_eq!(words(ingest::power(Power::ZERO)), "no voting power");

    let mut secret = record.clone();
    secret.privacy = "shutter".into();
    let mut ballot = vote(key(2).address(), record.id, SignedChoice::Text("0xabcd".into()));
    assert_eq!(words(ingest::vote(&ballot, id, Some(&secret), None, NOW)), "reason not allowed with shutter");
    ballot.reason = String::new();
    assert_eq!(ingest::vote(&ballot, id, Some(&secret), None, NOW), Ok(Choice::Encrypted));
    ballot.choice = SignedChoice::Text("{\"1\":1}".into());
    assert_eq!(words(ingest::vote(&ballot, id, Some(&secret), None, NOW)), "invalid choice");
}

#[test]
fn only_those_entitled_change_and_cancel() {
    let space = space(|_| ());
    let mut record = record(&space, "basic");
    record.start = NOW + 10;
    let cancel = |from: Address| {
        let cancel =
            CancelProposal { from, space: SPACE.into(), timestamp: NOW, proposal: record.id.to_string() };
        ingest::cancel(&cancel, Some(&record), &space)
    };
    for (number, expected) in
        [(1, Ok(())), (8, Ok(())), (9, Ok(())), (2, Err("not authorized to archive proposal"))]
    {
        assert_eq!(cancel(key(number).address()).map_err(|refusal| refusal.words), expected);
    }
    let original = proposal(key(1).address(), "basic");
    let update = UpdateProposal {
        proposal: record.id.to_string(),
        from: original.from,
        space: original.space,
        timestamp: NOW,
        system: original.system,
        title: "Another title".into(),
        body: original.body,
        discussion: String::new(),
        choices: original.choices,
        labels: vec![],
        plugins: "{}".into(),
        privacy: String::new(),
    };
    assert_eq!(ingest::update(&update, Some(&record), &space, NOW), Ok(()));
    assert_eq!(
        words(ingest::update(&update, Some(&record), &space, NOW + 10)),
        "can not update proposal after voting started"
    );
    let foreign = UpdateProposal { from: key(8).address(), ..update.clone() };
    assert_eq!(words(ingest::update(&foreign, Some(&record), &space, NOW)), "Not the author");
    let untitled = UpdateProposal { title: String::new(), ..update.clone() };
    assert_eq!(words(ingest::update(&untitled, Some(&record), &space, NOW)), "wrong proposal format");
    assert_eq!(words(ingest::update(&update, None, &space, NOW)), "unknown proposal");
    let mut updated = record.clone();
    updated.update(&update).unwrap();
    assert_eq!(updated.title, "Another title");
    assert_eq!(updated.id, record.id);
}

#[test]
fn a_consensus_check_follows_a_temperature_check() {
    let btrst = "0x799ebfABE77a6E34311eeEe9825190B9ECe32824".parse().unwrap();
    let settings = phase::settings(btrst, &[key(8).address()], 500.0, 100_000.0);
    let space = Space { id: phase::SPACE.into(), settings };
    space.check().unwrap();
    let author = key(8).address();
    let with =
        |system: &str, phase: Phase| Proposal { plugins: phase.to_plugins(), ..proposal(author, system) };
    let check = with("basic", Phase::TemperatureCheck {});
    assert_eq!(ingest::proposal(&check, &desk(&space)), Ok(()));
    let mut short = check.clone();
    short.end -= 1;
    assert_eq!(words(ingest::proposal(&short, &desk(&space))), "invalid voting period");
    assert_eq!(words(ingest::proposal(&proposal(author, "basic"), &desk(&space))), "invalid phase");
    assert_eq!(
        words(ingest::proposal(&with("approval", Phase::TemperatureCheck {}), &desk(&space))),
        "invalid phase"
    );

    let id = Message::try_from(&check).unwrap().digest();
    let record = ProposalRecord::new(id, &check, &space).unwrap();
    let after = record.end + ingest::FINAL_AFTER;
    for payload in [None, Some(B256::repeat_byte(7))] {
        let mut consensus = with("basic", Phase::ConsensusCheck { temperature_check: id, payload });
        (consensus.timestamp, consensus.start, consensus.end) = (after, after, after + 7 * DAY);
        if let Some(payload) = payload {
            consensus.body = phase::payload_line(payload);
        }
        let decided = |outcome: Outcome, now: u64| {
            let desk = Desk { now, temperature_check: Some((&record, outcome)), ..desk(&space) };
            ingest::proposal(&consensus, &desk).map_err(|refusal| refusal.words)
        };
        assert_eq!(decided(Outcome::Won(1), after), Ok(()));
        let detail = |change: &dyn Fn(&mut Proposal)| {
            let mut consensus = consensus.clone();
            change(&mut consensus);
            let desk =
                Desk { now: after, temperature_check: Some((&record, Outcome::Won(1))), ..desk(&space) };
            ingest::proposal(&consensus, &desk).map_err(|refusal| refusal.detail)
        };
        let other = detail(&|other| (other.title, other.discussion) = ("Pay mallory".into(), String::new()));
        assert_eq!(
            other,
            Err("the temperature check is about something else: `Lower the marketplace fee`".into())
        );
        assert_eq!(
            detail(&|early| (early.start, early.end) = (record.end, record.end + 7 * DAY)),
            Err("the vote begins before the temperature check has ended".into())
        );
        if payload.is_some() {
            let hidden = detail(&|hidden| hidden.body = "The same as ever.".into());
            assert_eq!(hidden, Err("the text does not have the payload in a line of its own, once".into()));
        }
        let turned = detail(&|turned| turned.choices.swap(0, 1));
        let ranked = detail(&|ranked| ranked.system = "ranked-choice".into());
        let basic = "this is a `basic` vote with the choices For, Against and Abstain";
        // What is not executed on chain may be a choice of many.
        let expected = if payload.is_some() { Err(basic.into()) } else { Ok(()) };
        assert_eq!((turned, ranked), (expected.clone(), expected));
        assert_eq!(decided(Outcome::Won(1), after - 1), Err("invalid phase"));
        assert_eq!(decided(Outcome::Won(2), after), Err("invalid phase"));
        assert_eq!(decided(Outcome::Tied(vec![1, 2]), after), Err("invalid phase"));
        let unknown = Desk { now: after, ..desk(&space) };
        assert_eq!(words(ingest::proposal(&consensus, &unknown)), "invalid phase");
    }

    let mut record = record;
    record.start = NOW + 10;
    let update = UpdateProposal {
        proposal: id.to_string(),
        from: author,
        space: space.id.clone(),
        timestamp: NOW,
        system: "basic".into(),
        title: "Title".into(),
        body: String::new(),
        discussion: String::new(),
        choices: record.choices.clone(),
        labels: vec![],
        plugins: "{}".into(),
        privacy: String::new(),
    };
    assert_eq!(words(ingest::update(&update, Some(&record), &space, NOW)), "invalid phase");
    let same = UpdateProposal { plugins: Phase::TemperatureCheck {}.to_plugins(), ..update };
    assert_eq!(words(ingest::update(&same, Some(&record), &space, NOW)), "invalid phase");
    let mut free = space.clone();
    free.settings.plugins.clear();
    assert_eq!(ingest::update(&same, Some(&record), &free, NOW), Ok(()));
}

#[test]
fn spaces_are_changed_by_their_controller_and_admins() {
    let known = space(|_| ());
    let message = |from: u64, change: &dyn Fn(&mut Value)| {
        let mut settings = serde_json::to_value(&known.settings).unwrap();
        change(&mut settings);
        SpaceMessage {
            from: key(from).address(),
            space: SPACE.into(),
            timestamp: NOW,
            settings: settings.to_string(),
        }
    };
    let renamed = message(8, &|settings| settings["name"] = json!("Network"));
    assert_eq!(ingest::space(&renamed, Some(&known), false).unwrap().settings.name, "Network");
    let crowned = message(8, &|settings| settings["admins"] = json!([]));
    assert_eq!(words(ingest::space(&crowned, Some(&known), false)), "not allowed");
    assert!(ingest::space(&crowned, Some(&known), true).is_ok());
    assert_eq!(words(ingest::space(&message(1, &|_| ()), Some(&known), false)), "not allowed");
    assert_eq!(words(ingest::space(&message(8, &|_| ()), None, false)), "not allowed");
    for change in [
        (|s| s["strategies"] = json!([])) as fn(&mut Value),
        |s| s["network"] = json!("mainnet"),
        |s| s["admins"] = json!(["me"]),
        |s| s["voting"] = json!({"delay": 2_592_001}),
        |s| s["voting"] = json!({"quorum": -1}),
        |s| s["name"] = json!(""),
    ] {
        assert_eq!(words(ingest::space(&message(8, &change), Some(&known), true)), "wrong space format");
    }
}
