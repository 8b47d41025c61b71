//! The table of who gets the supply.

use std::collections::BTreeSet;

use alloy::primitives::{Address, U256};
use btrst_gov::amount::Unit;
use btrst_gov::parameters::SUPPLY;
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use super::file::{Reader, is_name};
use super::time::unix;
use super::{Allocation, Receiver, Terms};
use crate::{Error, Result};

/// How a row names the time lock, whose address follows from the plan.
const TREASURY: &str = "treasury";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    name: Spanned<String>,
    to: Spanned<String>,
    amount: Spanned<String>,
    lockup: Option<Spanned<LockupTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LockupTable {
    start: Spanned<Datetime>,
    cliff: Spanned<Datetime>,
    end: Spanned<Datetime>,
}

/// Reads all rows, which must sum to the supply and be of different names and receivers, none of them in `nobody`.
pub(super) fn read(
    reader: Reader<'_>,
    rows: &Spanned<Vec<Row>>,
    nobody: &[Address],
) -> Result<Vec<Allocation>> {
    let (mut names, mut receivers) = (BTreeSet::new(), BTreeSet::new());
    let mut allocation = Vec::with_capacity(rows.get_ref().len());
    let mut sum = U256::ZERO;
    for row in rows.get_ref() {
        let share = row.read(reader, nobody)?;
        // What was sent to one receiver tells one transfer from another, so no receiver stands in two rows. Each
        // lock-up is a receiver of its own.
        let receiver = match share.to {
            Receiver::Treasury => Some(Address::ZERO),
            Receiver::Account(account) => Some(account),
            Receiver::Lockup { .. } => None,
        };
        if receiver.is_some_and(|receiver| !receivers.insert(receiver)) {
            let twice = Error::DuplicateAllocation(row.to.get_ref().clone());
            return Err(reader.at(&row.to, twice));
        }
        if !names.insert(share.name.clone()) {
            return Err(reader.at(&row.name, Error::DuplicateAllocation(share.name)));
        }
        sum = sum.saturating_add(share.amount);
        allocation.push(share);
    }
    if sum != SUPPLY {
        return Err(reader.at(rows, Error::AllocationSum { sum, supply: SUPPLY }));
    }
    Ok(allocation)
}

impl Row {
    fn read(&self, reader: Reader<'_>, nobody: &[Address]) -> Result<Allocation> {
        let name = self.name.get_ref();
        if !is_name(name) {
            return Err(reader.at(&self.name, Error::InvalidName(name.clone())));
        }
        let amount = reader.amount(&self.amount, Unit::Btrst)?;
        if amount.is_zero() {
            return Err(reader.at(&self.amount, Error::EmptyAllocation(name.clone())));
        }
        let to = match (self.to.get_ref().as_str(), &self.lockup) {
            (TREASURY, None) => Receiver::Treasury,
            (TREASURY, Some(lockup)) => return Err(reader.at(lockup, Error::LockedTreasury)),
            (text, lockup) => {
                let account = reader.account("to", &self.to)?;
                if nobody.contains(&account) {
                    return Err(reader.at(&self.to, Error::InvalidReceiver(text.into())));
                }
                match lockup {
                    None => Receiver::Account(account),
                    Some(lockup) => {
                        Receiver::Lockup { beneficiary: account, terms: lockup.get_ref().read(reader)? }
                    }
                }
            }
        };
        Ok(Allocation { name: name.clone(), to, amount })
    }
}

impl LockupTable {
    fn read(&self, reader: Reader<'_>) -> Result<Terms> {
        let (start, cliff, end) =
            (unix(reader, &self.start)?, unix(reader, &self.cliff)?, unix(reader, &self.end)?);
        if cliff < start {
            return Err(reader.at(&self.cliff, Error::TimeOrder { earlier: "start", later: "cliff" }));
        }
        if end < cliff {
            return Err(reader.at(&self.end, Error::TimeOrder { earlier: "cliff", later: "end" }));
        }
        Ok(Terms { start, cliff, end })
    }
}
