//! What a hub takes: the rules that a message must obey, each with the protocol's own words for its refusal.
//!
//! Pure functions of the message and of what the hub knows: its clock, the space, the proposal, the last block. A hub
//! calls [`envelope`] first, then verifies the signature, then the function of the message's kind.

use std::fmt;

use alloy::primitives::{Address, B256};
use serde_json::Value;

use crate::message::{
    CancelProposal, Kind, Proposal, SignedChoice, SpaceMessage, UpdateProposal, Vote, word,
};
use crate::phase::{self, Phase};
use crate::record::plugins;
use crate::space::Space;
use crate::tally::{Choice, MAX_CHOICES, Outcome, Power, System};
use crate::{Envelope, Error, ProposalRecord, json};

/// Seconds that a message may be from the future.
pub const MAX_AHEAD: u64 = 300;

/// Seconds that a message may be old: 6 days.
pub const MAX_AGE: u64 = 518_400;

/// Seconds for which an account may sign for another: 90 days.
pub const ALIAS_LIFE: u64 = 7_776_000;

/// Seconds after the end of a vote until its count is final.
pub const FINAL_AFTER: u64 = 60;

/// First and last second at which a vote may begin or end.
const TIMES: std::ops::RangeInclusive<u64> = 1_000_000_000..=2_000_000_000;

/// What a refusal says.
pub type Result<T, E = Rejection> = std::result::Result<T, E>;

/// A refusal: the protocol's words, and for people what exactly is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// What the protocol says, which programs compare: `wrong timestamp`.
    pub words: &'static str,
    /// What is wrong, with the value; it may be empty.
    pub detail: String,
}

impl Rejection {
    /// A refusal in the protocol's words.
    #[must_use]
    pub fn new(words: &'static str, detail: impl Into<String>) -> Self {
        Self { words, detail: detail.into() }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words)?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, ": {}", self.detail) }
    }
}

impl std::error::Error for Rejection {}

impl From<Error> for Rejection {
    /// What [`Envelope::parse`] refuses, in the protocol's words.
    fn from(error: Error) -> Self {
        let words = match &error {
            Error::TooLarge { .. } => "too large message",
            Error::Domain => "wrong domain",
            Error::Types => "wrong types",
            _ => "wrong envelope format",
        };
        Self::new(words, error.to_string())
    }
}

fn refuse<T>(words: &'static str, detail: impl Into<String>) -> Result<T> {
    Err(Rejection::new(words, detail))
}

/// What holds for every message at the time `now`.
///
/// # Errors
/// `wrong timestamp`, `wrong envelope format`, `unknown space`.
pub fn envelope(envelope: &Envelope, now: u64) -> Result<()> {
    let message = envelope.message();
    if let Some(text) = envelope.unchecked() {
        return refuse("wrong envelope format", format!("`{text}` has not the capitals of its checksum"));
    }
    if let Some(key) = message.unsigned().first() {
        return refuse("wrong envelope format", format!("nobody has signed `{}`", crate::error::shown(key)));
    }
    let Some(timestamp) = message.timestamp() else {
        return refuse("wrong timestamp", "the message has none");
    };
    if timestamp > now.saturating_add(MAX_AHEAD) || timestamp < now.saturating_sub(MAX_AGE) {
        return refuse("wrong timestamp", format!("it is {timestamp}, and the hub's time is {now}"));
    }
    if message.space().is_some_and(|space| !crate::space::is_space_id(space)) {
        return refuse("unknown space", "the name is not a normalised one");
    }
    Ok(())
}

/// Whether the account that signs may speak for that of the message. `alias_since` is when the account of the message
/// last made the other its alias, if it has.
///
/// # Errors
/// `wrong from`, `alias not enabled`, `wrong alias`.
pub fn signer(envelope: &Envelope, space: Option<&Space>, alias_since: Option<u64>, now: u64) -> Result<()> {
    let message = envelope.message();
    let (from, address) = (message.from(), envelope.address());
    if from == address {
        return Ok(());
    }
    let detail = format!("the message is of `{from}`, signed for by `{address}`");
    match message.kind() {
        Kind::Space | Kind::DeleteSpace | Kind::Alias => return refuse("wrong from", detail),
        Kind::Follow | Kind::Unfollow | Kind::Subscribe | Kind::Unsubscribe | Kind::Profile => {}
        _ if space.is_some_and(|space| space.settings.voting.aliased) => {}
        _ => return refuse("alias not enabled", detail),
    }
    match alias_since {
        Some(since) if since.saturating_add(ALIAS_LIFE) >= now => Ok(()),
        Some(_) => refuse("wrong alias", "it has expired"),
        None => refuse("wrong alias", detail),
    }
}

/// Settings of a space. `known` are those that it has, `is_controller` whether the author controls the name.
///
/// # Errors
/// `wrong space format`, `not allowed`.
pub fn space(message: &SpaceMessage, known: Option<&Space>, is_controller: bool) -> Result<Space> {
    let space = Space::parse(&message.space, &message.settings)
        .map_err(|error| Rejection::new("wrong space format", error.to_string()))?;
    let is_admin = known.is_some_and(|known| known.is_admin(message.from));
    // Admins change all but who is admin.
    if !is_controller
        && (!is_admin || known.is_some_and(|known| known.settings.admins != space.settings.admins))
    {
        return refuse("not allowed", "only the controller of the name names admins");
    }
    Ok(space)
}

/// What a hub knows when a proposal comes.
#[derive(Clone, Debug)]
pub struct Desk<'a> {
    /// The hub's clock, Unix time in seconds.
    pub now: u64,
    /// The space.
    pub space: &'a Space,
    /// Last block of the space's network.
    pub head: u64,
    /// Voting power of the author at that block by [`Space::author_strategies`], where [`Space::least_power`] asks for
    /// some.
    pub power: Power,
    /// Proposals of the space in the last day and in the last 30, and those of the author that have not ended.
    pub recent: Recent,
    /// The temperature check that a consensus check names, and what it has decided.
    pub temperature_check: Option<(&'a ProposalRecord, Outcome)>,
}

/// How many proposals there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recent {
    /// Of the space in the last 24 hours.
    pub day: u32,
    /// Of the space in the last 30 days.
    pub month: u32,
    /// Of the author, that have not ended.
    pub active_of_author: u32,
}

/// Most proposals of a space, and most that have not ended of an author who is no member.
pub const MOST: Recent = Recent { day: 20, month: 200, active_of_author: 20 };

/// A proposal.
///
/// # Errors
/// `wrong proposal format`, `proposal end date must be in the future`, `wrong choices for basic type voting`, `invalid
/// voting delay`, `invalid voting period`, `invalid voting type`, `invalid privacy`, `only space authors can propose`,
/// `validation failed`, `proposal snapshot must be in past`, `proposal limit reached`, `active proposal limit reached
/// for author`.
pub fn proposal(proposal: &Proposal, desk: &Desk<'_>) -> Result<()> {
    let voting = &desk.space.settings.voting;
    content(&Text::of(proposal))?;
    if !TIMES.contains(&proposal.start) || !TIMES.contains(&proposal.end) || proposal.start >= proposal.end {
        return refuse("wrong proposal format", "`start` and `end` are not times in their order");
    }
    if proposal.end <= desk.now {
        return refuse("proposal end date must be in the future", "");
    }
    if let Some(delay) = voting.delay.filter(|delay| *delay > 0)
        && proposal.start != proposal.timestamp.saturating_add(delay)
    {
        return refuse("invalid voting delay", format!("the vote begins {delay} seconds after the proposal"));
    }
    if let Some(period) = voting.period.filter(|period| *period > 0)
        && proposal.end.saturating_sub(proposal.start) != period
    {
        return refuse("invalid voting period", format!("a vote takes {period} seconds"));
    }
    system_and_privacy(desk.space, &proposal.system, &proposal.privacy)?;
    author(proposal.from, desk)?;
    if proposal.snapshot > desk.head {
        return refuse("proposal snapshot must be in past", format!("the last block is {}", desk.head));
    }
    phase_of(proposal, desk)
}

/// What a proposal and its update have in common.
struct Text<'a> {
    system: &'a str,
    title: &'a str,
    discussion: &'a str,
    choices: &'a [String],
    labels: &'a [String],
    plugins: &'a str,
    privacy: &'a str,
    app: &'a str,
}

impl<'a> Text<'a> {
    fn of(proposal: &'a Proposal) -> Self {
        let Proposal { system, title, discussion, choices, labels, plugins, privacy, app, .. } = proposal;
        Self { system, title, discussion, choices, labels, plugins, privacy, app }
    }

    fn of_update(update: &'a UpdateProposal) -> Self {
        let UpdateProposal { system, title, discussion, choices, labels, plugins, privacy, .. } = update;
        Self { system, title, discussion, choices, labels, plugins, privacy, app: "" }
    }
}

fn content(text: &Text<'_>) -> Result<System> {
    let wrong = |detail: &str| Rejection::new("wrong proposal format", detail);
    let length = |text: &str| text.chars().count();
    let Ok(system) = text.system.parse::<System>() else {
        return Err(wrong("`type` is not a voting system"));
    };
    if !(1..=256).contains(&length(text.title)) {
        return Err(wrong("`title` does not have 1 to 256 characters"));
    }
    if !(1..=MAX_CHOICES).contains(&text.choices.len()) {
        return Err(wrong("there are not 1 to 1000 `choices`"));
    }
    if !text.choices.iter().all(|choice| (1..=256).contains(&length(choice))) {
        return Err(wrong("a choice does not have 1 to 256 characters"));
    }
    let label =
        |label: &String| (1..=8).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric());
    let mut labels = text.labels.to_vec();
    labels.sort_unstable();
    labels.dedup();
    if labels.len() > 10 || labels.len() < text.labels.len() || !labels.iter().all(label) {
        return Err(wrong("`labels` are not at most 10 different ones of 1 to 8 letters and digits"));
    }
    let is_link = text.discussion.starts_with("https://") || text.discussion.starts_with("http://");
    if !text.discussion.is_empty() && (!is_link || length(text.discussion) > 256) {
        return Err(wrong("`discussion` is not a link of at most 256 characters"));
    }
    if length(text.app) > 24 {
        return Err(wrong("`app` has more than 24 characters"));
    }
    if !matches!(text.privacy, "" | "shutter") {
        return Err(wrong("`privacy` is neither empty nor `shutter`"));
    }
    plugins(text.plugins).map_err(|error| wrong(&error.to_string()))?;
    if system == System::Basic && !(2..=3).contains(&text.choices.len()) {
        return refuse(
            "wrong choices for basic type voting",
            "there are two or three: for, against, abstain",
        );
    }
    Ok(system)
}

fn system_and_privacy(space: &Space, system: &str, privacy: &str) -> Result<()> {
    let voting = &space.settings.voting;
    if let Some(only) = voting.system.as_deref().filter(|only| !only.is_empty() && *only != system) {
        return refuse("invalid voting type", format!("the space votes by `{only}`"));
    }
    match voting.privacy.as_deref() {
        None | Some("any") => Ok(()),
        Some(only) if only == privacy => Ok(()),
        Some(only) => refuse("invalid privacy", format!("the space wants `{only}`")),
    }
}

fn author(author: Address, desk: &Desk<'_>) -> Result<()> {
    let Desk { space, recent, .. } = desk;
    let member = space.is_author(author);
    if !member && space.settings.filters.only_members {
        return refuse("only space authors can propose", format!("`{author}` is none"));
    }
    if let Some(validation) = &space.settings.validation
        && !member
        && !matches!(validation.name.as_str(), "any" | "basic")
    {
        return refuse(
            "validation failed",
            format!("unknown validation `{}`", crate::error::shown(&validation.name)),
        );
    }
    if let Some(least) = space.least_power()
        && !member
        && least > desk.power.into()
    {
        return refuse(
            "validation failed",
            format!("`{author}` has {} votes, {least} are needed", desk.power),
        );
    }
    limits(*recent, member)
}

/// How many proposals there may be. A hub asks twice: before it looks at anything that costs, and when it writes, so that
/// proposals that come at the same time do not pass the limits together.
///
/// # Errors
/// `proposal limit reached`, `active proposal limit reached for author`.
pub fn limits(recent: Recent, is_author_of_space: bool) -> Result<()> {
    let Recent { day, month, active_of_author } = MOST;
    if recent.day >= day || recent.month >= month {
        let detail = format!("a space has at most {day} in a day and {month} in 30 days");
        return refuse("proposal limit reached", detail);
    }
    if !is_author_of_space && recent.active_of_author >= active_of_author {
        let detail = format!("an author has at most {active_of_author} that have not ended");
        return refuse("active proposal limit reached for author", detail);
    }
    Ok(())
}

/// The rules of a space that votes in phases.
fn phase_of(proposal: &Proposal, desk: &Desk<'_>) -> Result<()> {
    if !phase::applies_to(&desk.space.settings) {
        return Ok(());
    }
    if proposal.end.saturating_sub(proposal.start) < phase::SHORTEST_VOTE {
        return refuse("invalid voting period", "a vote takes 7 days or more");
    }
    let invalid = |detail: &str| refuse("invalid phase", detail);
    let phase = Phase::of_plugins(&proposal.plugins)
        .map_err(|error| Rejection::new("invalid phase", error.to_string()))?;
    match phase {
        None => invalid("the proposal says neither temperature check nor consensus check"),
        Some(Phase::TemperatureCheck {} | Phase::ConsensusCheck { payload: Some(_), .. })
            if proposal.system != System::Basic.word() || !phase::is_for_or_against(&proposal.choices) =>
        {
            invalid("this is a `basic` vote with the choices For, Against and Abstain")
        }
        Some(Phase::ConsensusCheck { payload: Some(payload), .. })
            if !phase::shows_payload(&proposal.body, payload) =>
        {
            invalid("the text does not have the payload in a line of its own, once")
        }
        Some(Phase::TemperatureCheck {}) => Ok(()),
        Some(Phase::ConsensusCheck { temperature_check, .. }) => match &desk.temperature_check {
            Some((record, outcome)) if record.id == temperature_check => {
                follows(proposal, record, outcome, desk)
            }
            _ => invalid("there is no such temperature check"),
        },
    }
}

/// Whether the consensus check `proposal` may follow that temperature check.
fn follows(proposal: &Proposal, record: &ProposalRecord, outcome: &Outcome, desk: &Desk<'_>) -> Result<()> {
    if record.space.id != desk.space.id
        || !matches!(Phase::of_settings(&record.plugins), Ok(Some(Phase::TemperatureCheck {})))
    {
        return refuse("invalid phase", "what it names is no temperature check of the space");
    }
    if desk.now < record.end.saturating_add(FINAL_AFTER) {
        return refuse("invalid phase", "the temperature check has not ended");
    }
    if proposal.start <= record.end {
        return refuse("invalid phase", "the vote begins before the temperature check has ended");
    }
    if !phase::is_same_matter((&proposal.title, &proposal.discussion), (&record.title, &record.discussion)) {
        let detail = format!(
            "the temperature check is about something else: `{}`",
            crate::error::shown(&record.title)
        );
        return refuse("invalid phase", detail);
    }
    match outcome {
        Outcome::Won(1) => Ok(()),
        _ => refuse("invalid phase", "the temperature check was not for it"),
    }
}

/// A change of a proposal.
///
/// # Errors
/// `unknown proposal`, `Not the author`, `can not update proposal after voting started`, those of the content of
/// [`proposal`].
pub fn update(
    update: &UpdateProposal,
    record: Option<&ProposalRecord>,
    space: &Space,
    now: u64,
) -> Result<()> {
    let record = known(record, &update.proposal, &update.space)?;
    if record.author != update.from {
        return refuse("Not the author", format!("that is `{}`", record.author));
    }
    if now >= record.start || update.timestamp >= record.start {
        return refuse("can not update proposal after voting started", "");
    }
    content(&Text::of_update(update))?;
    system_and_privacy(space, &update.system, &update.privacy)?;
    // The id of a vote in phases stands for what was signed under it: an approval is named by it.
    if phase::applies_to(&space.settings) {
        return refuse(
            "invalid phase",
            "votes in phases stay as they were signed: cancel it and propose another",
        );
    }
    Ok(())
}

/// The end of a proposal before its time.
///
/// # Errors
/// `unknown proposal`, `not authorized to archive proposal`.
pub fn cancel(cancel: &CancelProposal, record: Option<&ProposalRecord>, space: &Space) -> Result<()> {
    let record = known(record, &cancel.proposal, &cancel.space)?;
    if record.author != cancel.from && !space.is_moderator(cancel.from) {
        return refuse(
            "not authorized to archive proposal",
            format!("`{}` is neither its author nor a moderator", cancel.from),
        );
    }
    Ok(())
}

fn known<'a>(record: Option<&'a ProposalRecord>, id: &str, space: &str) -> Result<&'a ProposalRecord> {
    let found = record.filter(|record| word(id) == Some(record.id) && record.space.id == space);
    found.ok_or_else(|| Rejection::new("unknown proposal", crate::error::shown(id)))
}

/// A vote, before its power is known: what is wrong with it costs no request. Gives what it says.
///
/// # Errors
/// `unknown proposal`, `wrong vote format`, `too large metadata`, `not in voting window`, `invalid choice`, `reason not
/// allowed with shutter`, `already voted at later time`, `already voted same time with lower index`.
pub fn vote(
    vote: &Vote,
    id: B256,
    record: Option<&ProposalRecord>,
    previous: Option<(u64, B256)>,
    now: u64,
) -> Result<Choice> {
    let length = |text: &str| text.chars().count();
    if length(&vote.metadata) > 2_000 {
        return refuse("too large metadata", "it has more than 2000 characters");
    }
    if !vote.metadata.is_empty() && !matches!(json::parse(vote.metadata.as_bytes()), Ok(Value::Object(_))) {
        return refuse("wrong vote format", "`metadata` is not a JSON object");
    }
    if length(&vote.reason) > 5_000 {
        return refuse("wrong vote format", "`reason` has more than 5000 characters");
    }
    if length(&vote.app) > 24 {
        return refuse("wrong vote format", "`app` has more than 24 characters");
    }
    let record = known(record, &vote.proposal, &vote.space)?;
    let window = record.start..=record.end;
    if !window.contains(&vote.timestamp) || !window.contains(&now) {
        return refuse("not in voting window", format!("it is from {} to {}", record.start, record.end));
    }
    let choice = choice(vote, record)?;
    match previous {
        Some((time, _)) if time > vote.timestamp => {
            refuse("already voted at later time", format!("at {time}"))
        }
        Some((time, other)) if time == vote.timestamp && other >= id => {
            refuse("already voted same time with lower index", format!("the other is `{other}`"))
        }
        _ => Ok(choice),
    }
}

fn choice(vote: &Vote, record: &ProposalRecord) -> Result<Choice> {
    if record.is_encrypted() {
        if !vote.reason.is_empty() {
            return refuse("reason not allowed with shutter", "");
        }
        return match &vote.choice {
            SignedChoice::Text(text) if text.starts_with("0x") => Ok(Choice::Encrypted),
            _ => refuse("invalid choice", "it is not encrypted"),
        };
    }
    let system = record.system().map_err(|error| Rejection::new("invalid choice", error.to_string()))?;
    let choice = Choice::of_vote(system, &vote.choice);
    if choice.is_valid(system, record.choices.len()) {
        return Ok(choice);
    }
    let given = match &vote.choice {
        SignedChoice::One(choice) => choice.to_string(),
        SignedChoice::Several(choices) => format!("{choices:?}"),
        SignedChoice::Text(text) => text.clone(),
    };
    let given = crate::error::shown(&given);
    refuse(
        "invalid choice",
        format!("`{given}` is nothing for `{system}` with {} choices", record.choices.len()),
    )
}

/// What the space asks of voters beside a power that is not nothing. `power` is what [`ProposalRecord::validation_strategies`]
/// give the voter.
///
/// # Errors
/// `failed vote validation`.
pub fn validation(record: &ProposalRecord, power: Power) -> Result<()> {
    let name = record.validation.name.as_str();
    if !matches!(name, "" | "any" | "basic") {
        return refuse(
            "failed vote validation",
            format!("unknown validation `{}`", crate::error::shown(name)),
        );
    }
    match record.validation.least_power() {
        Some(least) if least > power.into() => {
            refuse("failed vote validation", format!("{power} votes, {least} are needed"))
        }
        _ => Ok(()),
    }
}

/// The power of a vote, which must not be nothing.
///
/// # Errors
/// `no voting power`.
pub fn power(power: Power) -> Result<()> {
    if power.is_zero() { refuse("no voting power", "") } else { Ok(()) }
}
