//! Whether the chain is what a plan or a deployment file says: code, roles, parameters, allocation.

mod governance;
mod market;
mod token;

use std::fmt::Display;

use alloy::primitives::{Address, keccak256};
use alloy::sol_types::SolCall;
use btrst_bindings::Contract;
use btrst_chain::Chain;
use btrst_gov::Deployment;
use btrst_gov::governor::Flavour;

use crate::description::{Timelock, Token};
use crate::immutables::{CodeDifference, Immutables, compare};
use crate::{Plan, Result, reads};

/// Name in deployment files of the governor that a time lock belonged to: a time lock that was taken over is of
/// another generation, and so is its token.
const OLD_GOVERNOR: &str = "old_governor";

/// How the report says that a contract gave no answer of its interface.
const NO_ANSWER: &str = "no answer";

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What, such as `admin of the time lock`.
    pub what: String,
    /// What it should be.
    pub expected: String,
    /// What it is.
    pub found: String,
}

impl Check {
    /// Whether it is what it should be.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.expected == self.found
    }
}

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Everything that was looked at.
    pub checks: Vec<Check>,
    /// What could not be compared, and why that is no difference.
    pub notes: Vec<String>,
}

impl Report {
    /// What is not as it should be.
    pub fn differences(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.holds())
    }
}

/// Compares the chain with `plan`, or with `deployment` where there is no plan.
///
/// # Errors
/// [`crate::Error::Chain`]. A difference is no error: it is in the report.
pub async fn verify(chain: &Chain, target: &Target<'_>) -> Result<Report> {
    let deployment = match target {
        Target::Plan(plan) => plan.deployment(),
        Target::Deployment(deployment) => (*deployment).clone(),
    };
    let plan = match target {
        Target::Plan(plan) => Some(*plan),
        Target::Deployment(_) => None,
    };
    let mut verifier = Verifier { chain, deployment: &deployment, plan, report: Report::default() };
    verifier.token().await?;
    verifier.timelock().await?;
    verifier.governor().await?;
    verifier.decisions().await?;
    verifier.converter().await?;
    verifier.allocation().await?;
    Ok(verifier.report)
}

/// What the chain is compared with.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// Everything, to the last parameter.
    Plan(&'a Plan),
    /// Addresses: code, and how the contracts refer to each other.
    Deployment(&'a Deployment),
}

/// A verification under way.
struct Verifier<'a> {
    chain: &'a Chain,
    deployment: &'a Deployment,
    plan: Option<&'a Plan>,
    report: Report,
}

impl Verifier<'_> {
    /// Whether the time lock is known to be of another generation.
    fn adopts(&self) -> bool {
        match self.plan {
            Some(plan) => matches!(plan.description.timelock, Timelock::Existing { .. }),
            None => self.is_alpha() || self.deployment.account(OLD_GOVERNOR).is_ok(),
        }
    }

    /// Whether the token is known to be of another generation.
    fn has_old_token(&self) -> bool {
        match self.plan {
            Some(plan) => matches!(plan.description.token, Token::Existing(_)),
            None => self.adopts(),
        }
    }

    fn is_alpha(&self) -> bool {
        self.deployment.flavour == Flavour::Alpha
    }

    /// Notes that `found` had to be `expected`; no answer is a difference.
    fn equal<T: Display>(&mut self, what: &str, expected: impl Display, found: Option<T>) {
        let found = found.map_or_else(|| NO_ANSWER.to_owned(), |found| found.to_string());
        self.report.checks.push(Check { what: what.to_owned(), expected: expected.to_string(), found });
    }

    /// Notes something that is no difference.
    fn note(&mut self, note: impl Into<String>) {
        self.report.notes.push(note.into());
    }

    /// What the contract at `to` answers; `None` when it does not.
    async fn ask<C: SolCall>(&self, to: Address, call: &C) -> Result<Option<C::Return>> {
        reads::view(self.chain, to, call).await
    }

    /// Compares the code at `address` with that of `contract`.
    async fn code(&mut self, contract: Contract, address: Address, expected: &Immutables) -> Result<()> {
        let code = self.chain.code(address).await?;
        let what = format!("code of {contract} at `{address}`");
        let (what, expected, found) = match compare(contract, &code, expected) {
            Ok(()) => (what, "the reviewed code".to_owned(), "the reviewed code".to_owned()),
            Err(CodeDifference::Missing) => (what, "the reviewed code".into(), "no code".into()),
            Err(CodeDifference::Other { .. }) => {
                let found = format!("other code, of hash `{}`", keccak256(&code));
                (what, "the reviewed code".into(), found)
            }
            Err(CodeDifference::Immutable { name, expected, found }) => {
                (format!("`{name}` in the {what}"), format!("{expected:#x}"), format!("{found:#x}"))
            }
        };
        self.report.checks.push(Check { what, expected, found });
        Ok(())
    }

    /// Whether the code at `address` is that of `contract`, whatever its arguments.
    async fn is_ours(&self, contract: Contract, address: Address) -> Result<bool> {
        let code = self.chain.code(address).await?;
        Ok(compare(contract, &code, &Immutables::new()).is_ok())
    }
}
