//! What happened against what was intended.

use std::collections::BTreeSet;

use alloy::primitives::{Address, Selector};

use super::{Asset, Manifest};
use crate::{
    checks::{Executed, Input, Reading, effects},
    trace::CallKind,
};

/// Where an execution and a manifest differ, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Differences {
    /// Effects that are not in the manifest.
    pub unexplained: Vec<String>,
    /// Lines of the manifest without an effect.
    pub missing: Vec<String>,
}

/// The asset of a trace as the manifest has it.
pub(super) const fn asset(asset: effects::Asset) -> Asset {
    match asset {
        effects::Asset::Ether => Asset::Ether,
        effects::Asset::Token(token) => Asset::Token(token),
        effects::Asset::Item(token, item) => Asset::Item(token, item),
    }
}

/// Functions that the actions call, also on their way; not those that only ask.
pub(super) fn calls(executed: &Executed) -> BTreeSet<(Address, Selector)> {
    let frames = executed.trace.frames.iter().enumerate();
    let lasting = frames.filter(|(index, frame)| {
        executed.frames.action(*index).is_some()
            && executed.frames.lasts(*index)
            && matches!(frame.kind, CallKind::Call | CallKind::Delegate)
    });
    lasting
        .filter_map(|(_, frame)| {
            Some((frame.to, Selector::from(<[u8; 4]>::try_from(frame.input.get(..4)?).ok()?)))
        })
        .collect()
}

impl Manifest {
    /// Compares the manifest with an execution and the powers that were read before and after it.
    pub(crate) fn compare(
        &self,
        input: &Input<'_>,
        executed: &Executed,
        readings: &[Reading],
    ) -> Differences {
        let mut found = Differences::default();
        let name = |address: Address| input.name(address);

        let mut open: Vec<_> = self.transfers.iter().collect();
        for transfer in executed.effects.transfers.iter().filter(|transfer| transfer.action.is_some()) {
            let here = |line: &&super::Transfer| {
                line.asset == asset(transfer.asset) && (line.from, line.to) == (transfer.from, transfer.to)
            };
            // One that names the amount is used up before one that takes any.
            let exact = open.iter().position(|line| here(line) && line.amount == Some(transfer.amount));
            let at = exact.or_else(|| open.iter().position(|line| here(line) && line.amount.is_none()));
            match at {
                Some(at) => {
                    open.remove(at);
                }
                None if transfer.amount.is_zero() => {}
                None => found.unexplained.push(format!(
                    "{} of {:?} goes from {} to {}",
                    transfer.amount,
                    transfer.asset,
                    name(transfer.from),
                    name(transfer.to)
                )),
            }
        }
        for line in open {
            let amount = line.amount.map_or_else(|| "any amount".to_owned(), |amount| amount.to_string());
            found.missing.push(format!(
                "{amount} of {:?} from {} to {}",
                line.asset,
                name(line.from),
                name(line.to)
            ));
        }

        let mut open: Vec<_> = self.allowances.iter().collect();
        for set in executed.effects.final_allowances().values().filter(|set| set.action.is_some()) {
            let at = open.iter().position(|line| {
                (line.token, line.owner, line.spender, line.amount)
                    == (set.token, set.owner, set.spender, set.amount)
            });
            match at {
                Some(at) => {
                    open.remove(at);
                }
                None => found.unexplained.push(format!(
                    "{} may spend {} of {}'s {}",
                    name(set.spender),
                    set.amount,
                    name(set.owner),
                    name(set.token)
                )),
            }
        }
        found.missing.extend(
            open.iter().map(|line| format!("allowance of {} for {}", name(line.token), name(line.spender))),
        );

        let declared: BTreeSet<_> = self.calls.iter().map(|line| (line.contract, line.selector)).collect();
        let made = calls(executed);
        for (contract, selector) in made.difference(&declared) {
            found.unexplained.push(format!("{selector} of {} is called", name(*contract)));
        }
        for (contract, selector) in declared.difference(&made) {
            found.missing.push(format!("a call of {selector} of {}", name(*contract)));
        }

        let mut used = BTreeSet::new();
        for write in executed.effects.writes.iter().filter(|write| write.is_of_action()) {
            let of = |slot| move |line: &super::Write| line.contract == write.contract && line.slot == slot;
            let lines = self.writes.iter().enumerate();
            let matching = lines.filter(|(_, line)| of(Some(write.slot))(line) || of(None)(line));
            let matching: Vec<_> = matching
                .filter(|(_, line)| line.after.is_none_or(|after| after == write.change.after))
                .collect();
            used.extend(matching.iter().map(|(index, _)| *index));
            if matching.is_empty() {
                found.unexplained.push(format!(
                    "{} of {} becomes {}",
                    write.place.show(name),
                    name(write.contract),
                    write.change.after
                ));
            }
        }
        for (index, line) in self.writes.iter().enumerate().filter(|(index, _)| !used.contains(index)) {
            let slot = line.slot.map_or_else(|| "any slot".to_owned(), |slot| format!("slot {slot:#x}"));
            found.missing.push(format!("write {}: {slot} of {}", index + 1, name(line.contract)));
        }

        let mut open: Vec<_> = self.powers.iter().collect();
        for reading in readings.iter().filter(|reading| reading.before != reading.after) {
            let at = open.iter().position(|line| {
                line.contract == reading.contract
                    && line.power == reading.power
                    && Some(&line.after) == reading.after.as_ref()
            });
            match at {
                Some(at) => {
                    open.remove(at);
                }
                None => {
                    found.unexplained.push(format!("{} of {} changes", reading.power, name(reading.contract)))
                }
            }
        }
        found.missing.extend(open.iter().map(|line| format!("{} of {}", line.power, name(line.contract))));

        let mut open: Vec<_> = self.roles.iter().collect();
        for role in &executed.effects.roles {
            let at = open.iter().position(|line| {
                (line.contract, line.role, line.account, line.granted)
                    == (role.contract, role.role, role.account, role.granted)
            });
            match at {
                Some(at) => {
                    open.remove(at);
                }
                None => found.unexplained.push(format!(
                    "role {} of {} is {} {}",
                    role.role,
                    name(role.contract),
                    if role.granted { "given to" } else { "taken from" },
                    name(role.account)
                )),
            }
        }
        found
            .missing
            .extend(open.iter().map(|line| format!("role {} of {}", line.role, name(line.contract))));
        found
    }
}
