//! What the actions of a proposal say by themselves, without a chain.

use std::collections::{BTreeMap, BTreeSet};

use alloy::dyn_abi::DynSolValue;
use alloy::primitives::{Address, Selector, U256};
use btrst_gov::{Action, Deployment};

use super::{Allowance, Asset, Call, Manifest, Transfer, Write};
use crate::checks::typed;

impl Manifest {
    /// The payments, transfers, allowances and calls that stand in `actions`, with the books of the tokens among them.
    ///
    /// What a contract does beyond that, such as the storage that it changes, only a play finds; a check fails until it
    /// is in the manifest as well.
    #[must_use]
    pub fn intended(actions: &[Action], deployment: &Deployment) -> Self {
        let treasury = deployment.contracts.timelock;
        let (mut transfers, mut allowances, mut calls) = (Vec::new(), BTreeMap::new(), BTreeSet::new());
        for action in actions {
            if !action.value.is_zero() {
                let (to, amount) = (action.target, Some(action.value));
                transfers.push(Transfer { asset: Asset::Ether, from: treasury, to, amount });
            }
            let input = action.input();
            if let Some(selector) = input.get(..4).and_then(|start| <[u8; 4]>::try_from(start).ok()) {
                calls.insert(Call { contract: action.target, selector: Selector::from(selector) });
            }
            let Some((signature, other, amount)) = moved(action) else { continue };
            let token = action.target;
            if signature == APPROVE {
                let set = Allowance { token, owner: treasury, spender: other, amount };
                allowances.insert((token, other), set);
            } else {
                let (asset, amount) = (Asset::Token(token), Some(amount));
                transfers.push(Transfer { asset, from: treasury, to: other, amount });
            }
        }
        let tokens = transfers.iter().filter_map(|transfer| match transfer.asset {
            Asset::Token(token) => Some(token),
            Asset::Ether | Asset::Item(..) => None,
        });
        let books: BTreeSet<_> = tokens.chain(allowances.keys().map(|(token, _)| *token)).collect();
        let writes = books.into_iter().map(|contract| Write { contract, slot: None, after: None });
        Self {
            chain_id: deployment.chain_id,
            writes: writes.collect(),
            transfers,
            allowances: allowances.into_values().collect(),
            calls: calls.into_iter().collect(),
            ..Self::default()
        }
    }

    /// What stands in `actions` and not in the manifest, in words. So a manifest is older than its proposal, or of
    /// another one.
    #[must_use]
    pub fn lacks(&self, actions: &[Action], deployment: &Deployment) -> Vec<String> {
        let intended = Self::intended(actions, deployment);
        let name =
            |address: Address| deployment.name_of(address).map_or_else(|| address.to_string(), str::to_owned);
        let mut lacking = Vec::new();
        let mut open: Vec<_> = self.transfers.iter().collect();
        for wanted in &intended.transfers {
            let same =
                |line: &&Transfer| (line.asset, line.from, line.to) == (wanted.asset, wanted.from, wanted.to);
            let exact = open.iter().position(|line| same(line) && line.amount == wanted.amount);
            match exact.or_else(|| open.iter().position(|line| same(line) && line.amount.is_none())) {
                Some(at) => drop(open.remove(at)),
                None => {
                    let what = match wanted.asset {
                        Asset::Ether => "wei".to_owned(),
                        Asset::Token(token) | Asset::Item(token, _) => format!("units of {}", name(token)),
                    };
                    let amount = wanted.amount.unwrap_or_default();
                    lacking.push(format!("{amount} {what} to {}", name(wanted.to)));
                }
            }
        }
        for wanted in intended.allowances.iter().filter(|wanted| !self.allowances.contains(wanted)) {
            let (token, spender) = (name(wanted.token), name(wanted.spender));
            lacking.push(format!("an allowance of {} units of {token} for {spender}", wanted.amount));
        }
        for wanted in intended.calls.iter().filter(|wanted| !self.calls.contains(wanted)) {
            lacking.push(format!("a call of {} with {}", name(wanted.contract), wanted.selector));
        }
        lacking
    }
}

const TRANSFER: &str = "transfer(address,uint256)";
const APPROVE: &str = "approve(address,uint256)";

/// Function, account and amount of a transfer or an approval.
fn moved(action: &Action) -> Option<(&'static str, Address, U256)> {
    let action = typed(action);
    let signature = [TRANSFER, APPROVE].into_iter().find(|known| *known == action.signature)?;
    match action.arguments().ok()?.as_slice() {
        [DynSolValue::Address(account), DynSolValue::Uint(amount, _)] => Some((signature, *account, *amount)),
        _ => None,
    }
}
