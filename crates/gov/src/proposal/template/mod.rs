//! Proposal files to start from: the usual decisions of the DAO, with places for what is not decided yet.

mod calls;
mod settings;
#[cfg(test)]
mod tests;

use toml::Value;

use super::{
    draft::{Draft, DraftAction},
    place::place,
};
use crate::{Deployment, Error, Result, governor::Flavour, parameters::DEFAULT_TIMELOCK_DELAY};
use calls::{adoption, call, listed, payment};

/// Whether something joins a list or leaves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It joins.
    Add,
    /// It leaves.
    Remove,
}

/// A parameter of the governor, with its new value as files write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Blocks between a proposal and its vote.
    VotingDelay(Option<u64>),
    /// Blocks of a vote.
    VotingPeriod(Option<u64>),
    /// BTRST above which an account may propose.
    ProposalThreshold(Option<String>),
    /// BTRST in favour that a proposal needs.
    QuorumVotes(Option<String>),
    /// Who may cancel proposals, and until when (Unix time in seconds).
    ProposalGuardian(Option<String>, Option<u64>),
    /// Who may cancel proposals of whitelisted proposers.
    WhitelistGuardian(Option<String>),
    /// Who may propose below the threshold, and until when (Unix time in seconds).
    WhitelistedAccount(Option<String>, Option<u64>),
}

/// The converter's guards, each as far as it is decided. The contract sets all at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GuardParameters {
    /// Seconds of the time-weighted price.
    pub window: Option<u64>,
    /// Seconds of the fast one.
    pub short_window: Option<u64>,
    /// Basis points above the reference prices.
    pub tolerance: Option<u64>,
    /// Ticks by which the prices may differ.
    pub max_deviation: Option<u64>,
    /// Seconds after a full lot.
    pub hop: Option<u64>,
    /// Most USDC of one conversion, such as `25_000usdc`.
    pub lot: Option<String>,
    /// Least liquidity of the pool.
    pub min_liquidity: Option<String>,
}

/// A usual decision. What is `None` becomes a place to fill in; texts are in the notation of proposal files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Template {
    /// Pays BTRST, USDC or ether, whichever the amount is in.
    Transfer {
        /// Whom.
        to: Option<String>,
        /// How much, with its unit.
        amount: Option<String>,
    },
    /// A payment for work to come, with what voters ask of it.
    Grant {
        /// Whom.
        to: Option<String>,
        /// How much, with its unit.
        amount: Option<String>,
    },
    /// Changes the marketplace fee.
    MarketplaceFee {
        /// Whole percent of gross service value.
        percent: Option<u8>,
    },
    /// Changes the list of categories.
    Category(Change, Option<String>),
    /// Changes the list of foundation members.
    Member(Change, Option<String>),
    /// Changes a parameter of the governor.
    Parameter(Setting),
    /// Changes the converter's guards.
    ConverterParameters(GuardParameters),
    /// Changes the time lock's delay.
    TimelockDelay {
        /// Days between queueing and execution.
        days: Option<u64>,
    },
    /// Calls any contract.
    Call {
        /// Which one.
        contract: Option<String>,
        /// Canonical signature.
        function: Option<String>,
        /// Values, one for each type of the signature; lists between `[` and `]`.
        arguments: Vec<String>,
        /// Ether to send along.
        value: Option<String>,
    },
    /// Hands the time lock to another governor.
    Adoption {
        /// The new governor.
        governor: Option<String>,
        /// How code, parameters and guardian of it were checked, for the description.
        checked: Option<String>,
    },
}

impl Template {
    /// The file for this decision in `deployment`, headed by `title` or by a title of the decision's own.
    ///
    /// # Errors
    /// If the governor has no such setter, the deployment no such contract, or a given value makes no sense.
    pub fn draft(&self, title: Option<&str>, deployment: &Deployment) -> Result<Draft> {
        if let Some(name) = self.address() {
            deployment.resolve(name)?;
        }
        let Outline { title: own, happens, sections, actions } = self.outline(deployment)?;
        let title = title.map_or(own, str::to_owned);
        let mut text =
            format!("# {title}\n\n## Why\n\n{}\n\n## What happens on chain\n\n{happens}\n", place(WHY));
        for (heading, content) in sections {
            text += &format!("\n## {heading}\n\n{content}\n");
        }
        text += &format!("\n## Risks\n\n{}\n", place("what can go wrong, and what then"));
        Ok(Draft { description: text, actions })
    }

    /// The account or contract that is given.
    fn address(&self) -> Option<&str> {
        match self {
            Self::Transfer { to, .. } | Self::Grant { to, .. } => to.as_deref(),
            Self::Parameter(
                Setting::ProposalGuardian(account, _)
                | Setting::WhitelistGuardian(account)
                | Setting::WhitelistedAccount(account, _),
            ) => account.as_deref(),
            Self::Call { contract, .. } => contract.as_deref(),
            Self::Adoption { governor, .. } => governor.as_deref(),
            _ => None,
        }
    }

    fn outline(&self, deployment: &Deployment) -> Result<Outline> {
        match self {
            Self::Transfer { to, amount } => payment("Pay", to, amount, deployment),
            Self::Grant { to, amount } => {
                let mut outline = payment("Grant", to, amount, deployment)?;
                outline.sections = vec![
                    ("What it pays for", place("work, by whom, until when")),
                    ("Budget", place("a table of what is spent on what")),
                    (
                        "Reports",
                        place("where and how often the grantee reports; what happens to what is left"),
                    ),
                ];
                Ok(outline)
            }
            Self::MarketplaceFee { percent } => {
                let shown = or_place(percent, "percent");
                Ok(Outline {
                    title: format!("Set the marketplace fee to {shown}%"),
                    happens: format!(
                        "The marketplace fee in `GovernanceDecisions` is set to {shown}% of gross service value."
                    ),
                    sections: vec![],
                    actions: vec![setter(
                        contract(deployment, "governance_decisions")?,
                        "setMarketplaceFee(uint8)",
                        vec![number(*percent, "percent")],
                        &["Whole percent of gross service value, 0 to 99."],
                    )],
                })
            }
            Self::Category(change, name) => listed(deployment, *change, name, "Category", "categories"),
            Self::Member(change, name) => listed(deployment, *change, name, "Member", "foundation members"),
            Self::Parameter(setting) => match deployment.flavour {
                Flavour::Braintrust => setting.outline(),
                Flavour::Alpha => Err(Error::NotInAlpha("change its parameters")),
            },
            Self::ConverterParameters(guards) => guards.outline(deployment),
            Self::TimelockDelay { days } => {
                let shown = or_place(days, "days");
                let seconds = days.map(|days| days.saturating_mul(86_400));
                Ok(Outline {
                    title: format!("Set the time lock's delay to {shown} days"),
                    happens: format!(
                        "The time lock waits {shown} days{} between queueing and execution.",
                        seconds.map_or_else(String::new, |seconds| format!(" ({seconds} seconds)"))
                    ),
                    sections: vec![],
                    actions: vec![setter(
                        "timelock",
                        "setDelay(uint256)",
                        vec![number(seconds, &format!("seconds, such as {DEFAULT_TIMELOCK_DELAY}"))],
                        &["Seconds: 172800 (2 days) to 2592000 (30 days)."],
                    )],
                })
            }
            Self::Call { contract, function, arguments, value } => {
                call(contract.as_deref(), function.as_deref(), arguments, value.as_deref())
            }
            Self::Adoption { governor, checked } => Ok(adoption(governor.as_deref(), checked.as_deref())),
        }
    }
}

const WHY: &str = "why the DAO should do this";

/// What a template says about its decision.
struct Outline {
    title: String,
    happens: String,
    sections: Vec<(&'static str, String)>,
    actions: Vec<DraftAction>,
}

fn or_place(value: &Option<impl ToString>, what: &str) -> String {
    value.as_ref().map_or_else(|| place(what), ToString::to_string)
}

fn number(value: Option<impl Into<u64>>, what: &str) -> Value {
    match value.map(Into::into) {
        Some(number) => {
            i64::try_from(number).map_or_else(|_| Value::String(number.to_string()), Value::Integer)
        }
        None => Value::String(place(what)),
    }
}

fn text(value: &Option<String>, what: &str) -> Value {
    Value::String(or_place(value, what))
}

fn setter(contract: &str, function: &str, arguments: Vec<Value>, remarks: &[&str]) -> DraftAction {
    DraftAction {
        contract: contract.into(),
        function: Some(function.into()),
        arguments,
        value: None,
        remarks: remarks.iter().map(|remark| (*remark).to_owned()).collect(),
    }
}

/// `name`, if the deployment has such a contract.
fn contract(deployment: &Deployment, name: &'static str) -> Result<&'static str> {
    let known = deployment.contracts.iter().any(|(known, _)| known == name);
    if known { Ok(name) } else { Err(Error::MissingContract(name)) }
}
