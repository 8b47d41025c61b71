//! What an execution leaves behind: money that moved, allowances, writes, roles and events.

use std::collections::{BTreeMap, BTreeSet};

use alloy::{
    primitives::{Address, B256, Log, U256},
    sol_types::SolEvent,
};

use super::{bytecode::address_in, frames::Frames, slots::Place};
use crate::trace::{CallKind, Change, Trace};

mod events {
    alloy::sol! {
        event Transfer(address indexed from, address indexed to, uint256 value);
        event Approval(address indexed owner, address indexed spender, uint256 value);
        event ApprovalForAll(address indexed owner, address indexed operator, bool approved);
        event TransferSingle(address indexed operator, address indexed from, address indexed to, uint256 id, uint256 value);
        event TransferBatch(address indexed operator, address indexed from, address indexed to, uint256[] ids, uint256[] values);
        event DelegateChanged(address indexed delegator, address indexed fromDelegate, address indexed toDelegate);
        event DelegateVotesChanged(address indexed delegate, uint256 previousBalance, uint256 newBalance);
        event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender);
        event RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender);
    }
}

/// What moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Asset {
    /// The chain's own coin.
    Ether,
    /// A token whose units are all the same.
    Token(Address),
    /// One item of a collection (ERC-721), or one kind of it (ERC-1155).
    Item(Address, U256),
}

/// Something that moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Transfer {
    pub asset: Asset,
    pub from: Address,
    pub to: Address,
    pub amount: U256,
    /// The action that did it, from 0.
    pub action: Option<usize>,
}

/// An allowance that was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Allowance {
    pub token: Address,
    pub owner: Address,
    pub spender: Address,
    /// How much may be spent; all there can be for a whole collection.
    pub amount: U256,
    /// The one item of a collection that may be taken (ERC-721).
    pub item: Option<U256>,
    /// The action that did it, from 0.
    pub action: Option<usize>,
}

/// A slot that has another value than before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Write {
    pub contract: Address,
    pub slot: U256,
    pub place: Place,
    pub change: Change<U256>,
    /// The actions that wrote it, from 0; `None` for governor and time lock outside of all actions.
    pub actions: BTreeSet<Option<usize>>,
}

impl Write {
    /// Whether an action wrote it, and not only the machinery of governor and time lock around the actions.
    pub fn is_of_action(&self) -> bool {
        self.actions.iter().any(Option::is_some)
    }
}

/// A role of AccessControl that was given or taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Role {
    pub contract: Address,
    pub role: B256,
    pub account: Address,
    pub granted: bool,
}

/// Whose votes went to another delegate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Delegated {
    pub token: Address,
    pub holder: Address,
    pub before: Address,
    pub after: Address,
}

/// What an execution leaves behind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Effects {
    pub transfers: Vec<Transfer>,
    pub allowances: Vec<Allowance>,
    pub writes: Vec<Write>,
    pub roles: Vec<Role>,
    pub delegated: Vec<Delegated>,
    /// Votes of delegates before and after, by token and delegate.
    pub votes: BTreeMap<(Address, Address), Change<U256>>,
    /// Events of the actions by action and index in the trace.
    pub events: Vec<(usize, Log)>,
}

impl Effects {
    /// The lasting effects of `trace`.
    pub fn read(trace: &Trace, frames: &Frames) -> Self {
        let mut effects = Self::default();
        for (index, frame) in trace.frames.iter().enumerate() {
            let moves = matches!(frame.kind, CallKind::Call | CallKind::Create | CallKind::Destroy);
            if moves && !frame.value.is_zero() && frames.lasts(index) {
                effects.transfers.push(Transfer {
                    asset: Asset::Ether,
                    from: frame.from,
                    to: frame.to,
                    amount: frame.value,
                    action: frames.action(index),
                });
            }
        }
        for (index, log) in &trace.logs {
            let action = frames.action(*index);
            effects.event(log, action);
            if let Some(action) = action {
                effects.events.push((action, log.clone()));
            }
        }
        let mut writers: BTreeMap<(Address, U256), BTreeSet<Option<usize>>> = BTreeMap::new();
        for (contract, slot, frame) in &trace.writers {
            writers.entry((*contract, *slot)).or_default().insert(frames.action(*frame));
        }
        effects.writes = trace
            .storage
            .iter()
            .map(|((contract, slot), change)| Write {
                contract: *contract,
                slot: *slot,
                place: Place::of(*slot, &trace.preimages),
                change: *change,
                actions: writers.remove(&(*contract, *slot)).unwrap_or_default(),
            })
            .collect();
        effects
    }

    fn event(&mut self, log: &Log, action: Option<usize>) {
        let contract = log.address;
        let Some(topic) = log.topics().first() else { return };
        match *topic {
            events::Transfer::SIGNATURE_HASH => {
                let (from, to, value, is_item) =
                    if let Ok(event) = events::Transfer::decode_log_data(&log.data) {
                        (event.from, event.to, event.value, false)
                    } else if let [_, from, to, id] = log.topics() {
                        (Address::from_word(*from), Address::from_word(*to), U256::from_be_bytes(id.0), true)
                    } else {
                        return;
                    };
                let (asset, amount) = if is_item {
                    (Asset::Item(contract, value), U256::from(1))
                } else {
                    (Asset::Token(contract), value)
                };
                self.transfers.push(Transfer { asset, from, to, amount, action });
            }
            events::TransferSingle::SIGNATURE_HASH => {
                if let Ok(event) = events::TransferSingle::decode_log_data(&log.data) {
                    let asset = Asset::Item(contract, event.id);
                    self.transfers.push(Transfer {
                        asset,
                        from: event.from,
                        to: event.to,
                        amount: event.value,
                        action,
                    });
                }
            }
            events::TransferBatch::SIGNATURE_HASH => {
                if let Ok(event) = events::TransferBatch::decode_log_data(&log.data) {
                    for (id, amount) in event.ids.into_iter().zip(event.values) {
                        let asset = Asset::Item(contract, id);
                        self.transfers.push(Transfer {
                            asset,
                            from: event.from,
                            to: event.to,
                            amount,
                            action,
                        });
                    }
                }
            }
            events::Approval::SIGNATURE_HASH => {
                let set = if let Ok(event) = events::Approval::decode_log_data(&log.data) {
                    (event.owner, event.spender, event.value, None)
                } else if let [_, owner, spender, item] = log.topics() {
                    let (owner, spender) = (Address::from_word(*owner), Address::from_word(*spender));
                    (owner, spender, U256::from(1), Some(U256::from_be_bytes(item.0)))
                } else {
                    return;
                };
                let (owner, spender, amount, item) = set;
                self.allowances.push(Allowance { token: contract, owner, spender, amount, item, action });
            }
            events::ApprovalForAll::SIGNATURE_HASH => {
                if let Ok(event) = events::ApprovalForAll::decode_log_data(&log.data) {
                    let amount = if event.approved { U256::MAX } else { U256::ZERO };
                    let (owner, spender) = (event.owner, event.operator);
                    let token = contract;
                    self.allowances.push(Allowance { token, owner, spender, amount, item: None, action });
                }
            }
            events::DelegateChanged::SIGNATURE_HASH => {
                if let Ok(event) = events::DelegateChanged::decode_log_data(&log.data) {
                    self.delegated.push(Delegated {
                        token: contract,
                        holder: event.delegator,
                        before: event.fromDelegate,
                        after: event.toDelegate,
                    });
                }
            }
            events::DelegateVotesChanged::SIGNATURE_HASH => {
                if let Ok(event) = events::DelegateVotesChanged::decode_log_data(&log.data) {
                    let first = Change { before: event.previousBalance, after: event.newBalance };
                    let votes = self.votes.entry((contract, event.delegate)).or_insert(first);
                    votes.after = event.newBalance;
                }
            }
            events::RoleGranted::SIGNATURE_HASH => {
                if let Ok(event) = events::RoleGranted::decode_log_data(&log.data) {
                    self.roles.push(Role {
                        contract,
                        role: event.role,
                        account: event.account,
                        granted: true,
                    });
                }
            }
            events::RoleRevoked::SIGNATURE_HASH => {
                if let Ok(event) = events::RoleRevoked::decode_log_data(&log.data) {
                    self.roles.push(Role {
                        contract,
                        role: event.role,
                        account: event.account,
                        granted: false,
                    });
                }
            }
            _ => {}
        }
    }

    /// The last amount of each allowance, by token, owner and spender.
    pub fn final_allowances(&self) -> BTreeMap<(Address, Address, Address), Allowance> {
        self.allowances.iter().map(|set| ((set.token, set.owner, set.spender), *set)).collect()
    }

    /// Slots that look like an allowance of `owner`: of a mapping by `owner` and at last by another account, as those of
    /// tokens, of collections and of contracts that spend for others are, and written by an action. Contract and
    /// spender.
    pub fn written_allowances(&self, owner: Address) -> BTreeMap<(Address, Address), Change<U256>> {
        let word = owner.into_word();
        let mut found = BTreeMap::new();
        for write in self.writes.iter().filter(|write| write.is_of_action()) {
            if let [Some(first), .., Some(last)] = write.place.keys.as_slice()
                && first[..] == word[..]
                && let Some(spender) = U256::try_from_be_slice(last).and_then(address_in)
            {
                found.insert((write.contract, spender), write.change);
            }
        }
        found
    }

    /// How much of `asset` each account has more, and less, than before.
    pub fn net(&self) -> BTreeMap<(Asset, Address), (U256, U256)> {
        let mut net: BTreeMap<(Asset, Address), (U256, U256)> = BTreeMap::new();
        for transfer in &self.transfers {
            let gained = &mut net.entry((transfer.asset, transfer.to)).or_default().0;
            *gained = gained.saturating_add(transfer.amount);
            let lost = &mut net.entry((transfer.asset, transfer.from)).or_default().1;
            *lost = lost.saturating_add(transfer.amount);
        }
        net
    }
}
