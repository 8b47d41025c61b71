//! A manifest from what a play did.

use std::collections::BTreeSet;

use alloy::primitives::{Address, keccak256};

use super::{Allowance, Asset, Call, Code, Manifest, PowerChange, Role, Transfer, Write, compare};
use crate::checks::{Executed, Facts};

impl Manifest {
    /// The manifest of what the proposal did when it was played; `None` when it was not executed.
    ///
    /// What differs between the plays, such as a time that is stored, is left open. Somebody has to read the file before
    /// it is published: it says what happens, and only its author knows whether that is meant.
    pub(crate) fn from_facts(facts: &Facts<'_>) -> Option<Self> {
        let executed = facts.executed()?;
        let others: Vec<&Executed> =
            facts.plays.iter().skip(1).filter_map(|play| play.execution.as_ref()).collect();
        let effects = &executed.effects;
        let moved = |executed: &Executed, line: &Transfer| {
            executed.effects.transfers.iter().any(|transfer| {
                compare::asset(transfer.asset) == line.asset
                    && (transfer.from, transfer.to) == (line.from, line.to)
                    && Some(transfer.amount) == line.amount
            })
        };
        let transfers = effects
            .transfers
            .iter()
            .filter(|transfer| transfer.action.is_some() && !transfer.amount.is_zero());
        let transfers: Vec<Transfer> = transfers
            .map(|transfer| Transfer {
                asset: compare::asset(transfer.asset),
                from: transfer.from,
                to: transfer.to,
                amount: Some(transfer.amount),
            })
            .map(|line| match others.iter().all(|other| moved(other, &line)) {
                true => line,
                false => Transfer { amount: None, ..line },
            })
            .collect();
        let allowances = effects.final_allowances().into_values().filter(|set| set.action.is_some());
        let allowances: Vec<Allowance> = allowances
            .map(|set| Allowance {
                token: set.token,
                owner: set.owner,
                spender: set.spender,
                amount: set.amount,
            })
            .collect();
        let tokens = transfers.iter().filter_map(|line| match line.asset {
            Asset::Ether => None,
            Asset::Token(token) | Asset::Item(token, _) => Some(token),
        });
        let books: BTreeSet<Address> = tokens.chain(allowances.iter().map(|line| line.token)).collect();
        let mut writes = BTreeSet::new();
        for write in effects.writes.iter().filter(|write| write.is_of_action()) {
            let same = |other: &&Executed| {
                other.trace.storage.get(&(write.contract, write.slot)) == Some(&write.change)
            };
            let is_there =
                |other: &&Executed| other.trace.storage.contains_key(&(write.contract, write.slot));
            // Balances and checkpoints of a token depend on what happens until then; its transfers are declared.
            let own = !books.contains(&write.contract) && others.iter().all(is_there);
            writes.insert(Write {
                contract: write.contract,
                slot: own.then_some(write.slot),
                after: (own && others.iter().all(same)).then_some(write.change.after),
            });
        }
        let powers = facts.readings.iter().filter(|reading| reading.before != reading.after);
        let calls = compare::calls(executed);
        let code = calls.iter().map(|(contract, _)| *contract).collect::<BTreeSet<_>>().into_iter();
        Some(Self {
            chain_id: facts.input.deployment.chain_id,
            transfers,
            allowances,
            writes: writes.into_iter().collect(),
            powers: powers
                .filter_map(|reading| {
                    let (contract, power, after) =
                        (reading.contract, reading.power.clone(), reading.after.clone()?);
                    Some(PowerChange { contract, power, after })
                })
                .collect(),
            roles: effects
                .roles
                .iter()
                .map(|role| Role {
                    contract: role.contract,
                    role: role.role,
                    account: role.account,
                    granted: role.granted,
                })
                .collect(),
            code: code
                .filter_map(|contract| {
                    let code = facts.code(contract).ok().filter(|code| !code.is_empty())?;
                    Some(Code { contract, hash: keccak256(code) })
                })
                .collect(),
            calls: calls.into_iter().map(|(contract, selector)| Call { contract, selector }).collect(),
            invariants: facts.input.manifest.map(|manifest| manifest.invariants.clone()).unwrap_or_default(),
        })
    }
}
