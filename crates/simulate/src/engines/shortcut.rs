//! The calls of the time lock, without anything before them.

use std::collections::BTreeMap;

use alloy::primitives::{Address, U256};
use btrst_gov::Action;
use btrst_gov::governor::Head;

use super::Effects;
use crate::machine::Message;
use crate::{Error, Machine, Result};

/// Lets `timelock` make the calls of `actions` one after the other in the block `head`, on the state of `machine`.
///
/// This overrides one thing: the time lock gets `attached` wei more than it has, which is what the account that executes
/// attaches on GovernorAlpha, and nothing on BraintrustGovernor.
///
/// # Errors
/// [`Error::State`].
pub fn shortcut(
    mut machine: Machine,
    timelock: Address,
    actions: &[Action],
    attached: U256,
    head: Head,
) -> Result<Effects> {
    machine.go_to(head);
    machine.endow(timelock, attached)?;
    let mut effects = Effects { failure: None, logs: Vec::new(), storage: Some(BTreeMap::new()) };
    for action in actions {
        let trace = match machine.transact(&Message::of(timelock, action)) {
            Ok(trace) => trace,
            Err(Error::Refused { reason }) => {
                return Ok(Effects { failure: Some(reason), logs: Vec::new(), storage: None });
            }
            Err(error) => return Err(error),
        };
        if !trace.succeeded() {
            return Ok(Effects::failed(&trace.outcome()));
        }
        effects.add(&trace, |_| true);
    }
    Ok(effects)
}
