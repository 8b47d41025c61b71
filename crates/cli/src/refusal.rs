//! That something cannot be done now: why, from when on, and the way out.

use std::process::ExitCode;

use alloy::primitives::B256;
use btrst_gov::Fault;
use btrst_gov::governor::{Cancelers, Flavour, Head, Obstacle, ProposalState};
use btrst_gov::proposal::ConsensusCheck;
use eyre::Result;
use serde_json::{Value, json};

use crate::context::Context;
use crate::demo::btrst;
use crate::governance::Governance;
use crate::moment::{Moment, distance, local};

/// Exit code of a no.
const NOT_NOW: u8 = 1;

/// A no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// One word for programs.
    pub code: &'static str,
    /// Why; one line, lower case, no full stop.
    pub message: String,
    /// The way out, where there is one.
    pub hint: Option<String>,
    /// From when on it can be done, where time alone changes that.
    pub possible_from: Option<Moment>,
}

impl Refusal {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, possible_from: None }
    }

    fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The description names the consensus check `check`, and nobody asked whether that is so.
    pub fn unverified(check: &ConsensusCheck) -> Self {
        let message =
            format!("its description names the consensus check {}, which was not verified", check.id);
        Self::new("not_verified", message)
            .hint(format!("verify it: --consensus {} --hub URL --space FILE", check.id))
    }

    /// The description names no consensus check, and `id` is to be it.
    pub fn unnamed(id: B256) -> Self {
        let message = format!("its description does not name the consensus check {id}");
        let hint = format!(
            "write it with `btrst proposal new --from-snapshot`, or add the line `Consensus check: snapshot:SPACE:{id}`"
        );
        Self::new("not_named", message).hint(hint)
    }

    /// The description names `check`, and not `id`.
    pub fn misnamed(check: &ConsensusCheck, id: B256) -> Self {
        let message = format!("its description names the consensus check {}, not {id}", check.id);
        Self::new("other_check", message).hint("name the check of this proposal with --consensus")
    }

    /// The consensus check approves something else or nothing, for the reason `why`.
    pub fn unapproved(why: &str) -> Self {
        let hint =
            "only what a consensus check approves, under its own name and once, can claim its approval";
        Self::new("not_approved", why).hint(hint)
    }

    fn from(self, moment: Moment) -> Self {
        Self { possible_from: Some(moment), ..self }
    }

    /// Says that `what`, such as `queue proposal 3`, cannot be done, and the exit code that goes with it.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn tell(&self, what: &str, context: &Context) -> Result<ExitCode> {
        context.say(&format!("cannot {what} now: {}", self.message))?;
        if let Some(hint) = &self.hint {
            context.say(&format!("hint: {hint}"))?;
        }
        Ok(ExitCode::from(NOT_NOW))
    }

    /// For programs.
    pub fn document(&self) -> Value {
        json!({
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "possible_from": self.possible_from.map(|moment| moment.document()),
        })
    }
}

impl Governance {
    /// `obstacle` of the proposal `id`, or of one to come, in words.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub async fn refusal(&self, obstacle: &Obstacle, id: Option<u64>, head: Head) -> Result<Refusal> {
        let when = |moment: Moment| format!("{} ({})", moment.words(), distance(moment.time, head.timestamp));
        let number = id.map_or_else(|| "ID".to_owned(), |id| id.to_string());
        Ok(match obstacle {
            Obstacle::TooFewVotes { votes, threshold, block, next } => {
                let message = format!(
                    "the proposer had {} of votes at the end of block {block}, and needs more than {}",
                    btrst(*votes),
                    btrst(*threshold)
                );
                let refusal = Refusal::new("too_few_votes", message);
                if next > threshold {
                    refusal
                        .hint(format!("it has {} now, which count from the next block on", btrst(*next)))
                        .from(Moment::estimated(head, head.number.saturating_add(1)))
                } else {
                    refusal.hint("let holders delegate to it with `btrst delegate`, or take another account")
                }
            }
            Obstacle::LiveProposal { id, last_block } => {
                let close = self.moment(head, *last_block).await?;
                let way_out = match self.governor.flavour {
                    Flavour::Braintrust => {
                        format!("wait until then, or cancel it: `btrst proposal cancel {id}`")
                    }
                    Flavour::Alpha => "wait until then, or let another account propose".into(),
                };
                let message =
                    format!("the proposer has proposal {id}, whose vote closes after {}", when(close));
                let next = self.moment(head, last_block.saturating_add(1)).await?;
                Refusal::new("live_proposal", message).hint(way_out).from(next)
            }
            Obstacle::NoCode { action, target } => {
                let message = format!("action {action} calls `{target}`, which has no code on this chain");
                Refusal::new("no_code", message).hint("check the address and the chain")
            }
            Obstacle::VoteNotOpen { first_block } => {
                let open = self.moment(head, *first_block).await?;
                Refusal::new("vote_not_open", format!("the vote opens in {}", when(open))).from(open)
            }
            Obstacle::VoteClosed { last_block } => {
                let close = self.moment(head, *last_block).await?;
                Refusal::new("vote_closed", format!("the vote closed after {}", when(close)))
            }
            Obstacle::NoVotes { voter, block } => Refusal::new(
                "no_votes",
                format!("`{}` had no votes at the end of block {block}, which counts", self.name(*voter)),
            )
            .hint("for the next proposal, delegate before its vote opens: `btrst delegate self`"),
            Obstacle::Voted { voter, support, votes } => Refusal::new(
                "voted",
                format!("`{}` has voted {support} with {}", self.name(*voter), btrst(*votes)),
            )
            .hint("a ballot cannot be changed"),
            Obstacle::VoteRuns { last_block } => {
                let close = self.moment(head, *last_block).await?;
                let next = self.moment(head, last_block.saturating_add(1)).await?;
                Refusal::new("vote_runs", format!("the vote closes after {}", when(close))).from(next)
            }
            Obstacle::QueueClosed { last_block } => {
                let close = self.moment(head, *last_block).await?;
                Refusal::new("queue_closed", format!("it could be queued up to {}", when(close)))
                    .hint("propose it again")
            }
            Obstacle::NotQueued { until_block } => {
                let until = match until_block {
                    Some(block) => format!(", up to {}", when(self.moment(head, *block).await?)),
                    None => String::new(),
                };
                Refusal::new("not_queued", "it passed, and nobody has queued it")
                    .hint(format!("anyone can: `btrst proposal queue {number}`{until}"))
            }
            Obstacle::Queued { eta, until } => {
                let message = format!(
                    "it is queued already, and can be executed from {} to {}",
                    local(*eta),
                    local(*until)
                );
                Refusal::new("queued", message)
                    .hint(format!("execute it then: `btrst proposal execute {number}`"))
            }
            Obstacle::TooEarly { eta, until } => {
                let message =
                    format!("it can be executed from {} to {}", when(Moment::at(*eta)), local(*until));
                Refusal::new("too_early", message).from(Moment::at(*eta))
            }
            Obstacle::Expired { until } => {
                let message = format!("it could be executed until {}", when(Moment::at(*until)));
                Refusal::new("expired", message).hint("propose it again")
            }
            Obstacle::Final(state) => Refusal::new(code_of(*state), format!("it is {state}, which is final")),
            Obstacle::NotCanceler(who) => Refusal::new("not_canceler", "the sender is nobody who may")
                .hint(format!("it can be canceled by {}", self.who_cancels(who))),
            _ => Refusal::new("other", "the governor would refuse it"),
        })
    }

    fn who_cancels(&self, who: &Cancelers) -> String {
        let mut names = Vec::new();
        if let Some(proposer) = who.proposer {
            names.push(format!("`{}`, who proposed it", self.name(proposer)));
        }
        if let Some((guardian, _)) = who.guardian {
            names.push(format!("`{}`, the guardian", self.name(guardian)));
        }
        let below = format!("the proposer has fewer votes than {}", btrst(who.threshold));
        match (who.whitelisted, who.whitelist_guardian) {
            (false, _) => names.push(format!("anyone once {below}")),
            (true, Some(guardian)) => {
                names.push(format!("`{}`, the whitelist guardian, once {below}", self.name(guardian)));
            }
            (true, None) => {}
        }
        names.join("; ")
    }

    /// `fault` of a signed message in words; `names` are those of the files, in their order.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub async fn fault(
        &self,
        fault: &Fault,
        names: &[String],
        id: Option<u64>,
        head: Head,
    ) -> Result<Refusal> {
        let file = |place: &usize| names.get(*place).map_or("another file", String::as_str).to_owned();
        Ok(match fault {
            Fault::OtherChain { chain_id } => Refusal::new(
                "other_chain",
                format!("it is for chain {chain_id}, not for {}", self.deployment.chain_id),
            ),
            Fault::OtherContract { named } => {
                Refusal::new("other_contract", format!("it is for contract `{named}`"))
                    .hint("name the deployment that it was signed for with --deployment")
            }
            Fault::UnknownProposal { id } => {
                Refusal::new("unknown_proposal", format!("there is no proposal {id}"))
            }
            Fault::WrongSigner { named, actual } => {
                let signed = match actual {
                    Some(actual) => {
                        let (named, actual) = (self.name(*named), self.name(*actual));
                        format!("these values are not signed by `{named}`, but by `{actual}`")
                    }
                    None => "its signature is none".into(),
                };
                Refusal::new("wrong_signer", signed)
                    .hint("a value or the signature was changed; ask for the file again")
            }
            Fault::RefusedByWallet(wallet) => Refusal::new(
                "refused_by_wallet",
                format!("the wallet `{}` does not accept the signature", self.name(*wallet)),
            ),
            Fault::Nonce { signed, next } => {
                Refusal::new("nonce", format!("it is signed with nonce {signed}, and the next one is {next}"))
                    .hint("sign it again")
            }
            Fault::Expired { expiry } => {
                let moment = Moment::at(*expiry);
                let ago = distance(*expiry, head.timestamp);
                Refusal::new("expired", format!("it was good until {} ({ago})", moment.words()))
                    .hint("sign it again")
            }
            Fault::NotTaken(reason) => Refusal::new("not_taken", reason.clone()),
            Fault::Duplicate { first } => {
                Refusal::new("duplicate", format!("it says the same as `{}`", file(first)))
            }
            Fault::Contradiction { other } => Refusal::new(
                "contradiction",
                format!("the same voter says something else in `{}`", file(other)),
            )
            .hint("ask the voter, and leave the wrong one out"),
            Fault::Obstacle(obstacle) => self.refusal(obstacle, id, head).await?,
            _ => Refusal::new("other", "the contract would refuse it"),
        })
    }
}

fn code_of(state: ProposalState) -> &'static str {
    match state {
        ProposalState::Canceled => "canceled",
        ProposalState::Defeated => "defeated",
        ProposalState::Expired => "expired",
        ProposalState::Executed => "executed",
        _ => "final",
    }
}
