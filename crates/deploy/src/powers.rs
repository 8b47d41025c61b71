//! Who can do what once a plan is carried out.

use alloy::primitives::{Address, U256};

use crate::Plan;
use crate::description::{Receiver, Timelock, Token};

/// A power, and who has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Power {
    /// What can be done.
    pub what: String,
    /// By whom; `None` for nobody.
    pub who: Option<Address>,
    /// Name of that account or contract, or the reason why it is nobody.
    pub name: String,
    /// Unix time in seconds when the power ends, if it does.
    pub until: Option<u64>,
}

/// Everyone's powers after `plan`. What is not in the list, nobody can do; the deployer is in none of it.
#[must_use]
pub fn of_plan(plan: &Plan) -> Vec<Power> {
    let (description, addresses) = (&plan.description, &plan.addresses);
    let power = |what: &str, who: Address, name: &str| Power {
        what: what.into(),
        who: (who != Address::ZERO).then_some(who),
        name: if who == Address::ZERO { "nobody".into() } else { name.into() },
        until: None,
    };
    let admin = "spend the treasury and change everything, by proposals (admin of the time lock)";
    let pending = "become admin of the time lock (pending admin)";
    let mut powers = match description.timelock {
        Timelock::Fresh(_) => {
            vec![power(admin, addresses.governor, "governor"), power(pending, Address::ZERO, "")]
        }
        Timelock::Existing { old_governor, .. } => vec![
            power(admin, old_governor, "old governor, until it hands over"),
            power(pending, Address::ZERO, ""),
        ],
    };
    powers.push(Power {
        until: (description.governor.guardian != Address::ZERO)
            .then_some(description.governor.guardian_expiry),
        ..power("cancel proposals (guardian of the governor)", description.governor.guardian, "guardian")
    });
    powers.push(power("cancel proposals of whitelisted accounts (whitelist guardian)", Address::ZERO, ""));
    powers.push(power("change the governor's parameters and guardians", addresses.timelock, "time lock"));
    if description.decisions.is_none() {
        powers.push(power("write the register of decisions (owner)", addresses.timelock, "time lock"));
    }
    if let (Some(_), Some(converter)) = (addresses.converter, &description.converter) {
        powers.push(power(
            "change, unpause and sweep the converter (owner)",
            addresses.timelock,
            "time lock",
        ));
        powers.push(power(
            "pause conversions for 30 days at a time",
            converter.guardian,
            "converter guardian",
        ));
    }
    powers.extend(holders(plan));
    powers
}

/// Holders of more votes than a proposal needs, once they delegate to themselves.
fn holders(plan: &Plan) -> Vec<Power> {
    let Token::Fresh(rows) = &plan.description.token else { return Vec::new() };
    let threshold: U256 = plan.description.governor.parameters.proposal_threshold;
    let mut sums: Vec<(Address, Vec<&str>, U256)> = Vec::new();
    for row in rows {
        let holder = match row.to {
            // The treasury has no key; what it holds votes by proposals only.
            Receiver::Treasury => continue,
            Receiver::Account(account) | Receiver::Lockup { beneficiary: account, .. } => account,
        };
        match sums.iter_mut().find(|(known, ..)| *known == holder) {
            Some((_, names, sum)) => {
                names.push(&row.name);
                *sum = sum.saturating_add(row.amount);
            }
            None => sums.push((holder, vec![&row.name], row.amount)),
        }
    }
    let above = sums.into_iter().filter(|(.., sum)| *sum > threshold);
    above
        .map(|(holder, names, sum)| Power {
            what: format!(
                "make proposals alone, with up to {} votes",
                btrst_gov::amount::Amount::new(sum, btrst_gov::amount::Unit::Btrst)
            ),
            who: Some(holder),
            name: names.join(" and "),
            until: None,
        })
        .collect()
}
