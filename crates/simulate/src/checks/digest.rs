//! The digest of what is checked.

use alloy::primitives::{Address, B256, keccak256};
use btrst_gov::{Action, Deployment, Proposal};
use serde::Serialize;

use super::{Agreement, Approval, Input, Other};
use crate::{history::History, manifest::Manifest, sources::Claim};

/// Version of the digest.
const VERSION: u32 = 2;

/// All that a report is made of but the state at a block.
#[derive(Serialize)]
struct Digested<'a> {
    version: u32,
    block: B256,
    chain_id: u64,
    deployment: &'a str,
    flavour: String,
    contracts: Vec<(&'a str, Address)>,
    accounts: Vec<(&'a str, Address)>,
    proposal: &'a Proposal,
    lengths: Option<[usize; 4]>,
    id: Option<u64>,
    state: Option<u8>,
    proposer: Option<Address>,
    delegates: Vec<Address>,
    others: Vec<(u64, u8, Address, u64, &'a [Action])>,
    manifest: Option<B256>,
    approval: Option<&'a Approval>,
    sources: &'a [Claim],
    histories: &'a [History],
    block_time: Option<u64>,
    agreements: &'a [Agreement],
}

impl Input<'_> {
    /// Keccak-256 of what is checked, at the block with the hash `block`, and of what other engines say about it. So two
    /// reports of one digest, made by the same version of this library, are the same, but for where the state came from.
    #[must_use]
    pub fn digest(&self, block: B256, agreements: &[Agreement]) -> B256 {
        // By name, so that no field is forgotten. Where the state came from is in the report, and changes nothing else.
        let Self {
            deployment: Deployment { chain_id, name, flavour, rpc_url: _, contracts, accounts },
            proposal,
            lengths,
            id,
            state,
            proposer,
            delegates,
            others,
            manifest,
            approval,
            sources,
            histories,
            block_time,
            source: _,
        } = self;
        let mut delegates = delegates.to_vec();
        delegates.sort_unstable();
        let digested = Digested {
            version: VERSION,
            block,
            chain_id: *chain_id,
            deployment: name,
            flavour: flavour.to_string(),
            contracts: contracts.iter().collect(),
            accounts: accounts.iter().map(|account| (account.name.as_str(), account.address)).collect(),
            proposal,
            lengths: *lengths,
            id: *id,
            state: state.map(|state| state as u8),
            proposer: *proposer,
            delegates,
            others: others
                .iter()
                .map(|Other { id, state, proposer, end_block, actions }| {
                    (*id, *state as u8, *proposer, *end_block, actions.as_slice())
                })
                .collect(),
            manifest: manifest.map(Manifest::hash),
            approval: *approval,
            sources,
            histories,
            block_time: *block_time,
            agreements,
        };
        // Nothing in it can fail to be written.
        let text = serde_json::to_vec(&digested).unwrap_or_else(|error| error.to_string().into_bytes());
        keccak256(text)
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::U256;
    use btrst_gov::deployment::{Account, Contracts};
    use btrst_gov::governor::{Flavour, ProposalState};

    use super::*;
    use crate::history::Age;
    use crate::sources::Answer;

    /// What an [`Input`] borrows.
    #[derive(Clone)]
    struct Parts {
        deployment: Deployment,
        proposal: Proposal,
        delegates: Vec<Address>,
        others: Vec<Other>,
        manifest: Manifest,
        approval: Approval,
        sources: Vec<Claim>,
        histories: Vec<History>,
        agreements: Vec<Agreement>,
        block: B256,
    }

    const ONE: Address = Address::repeat_byte(1);
    const TWO: Address = Address::repeat_byte(2);

    fn parts() -> Parts {
        let action = Action { signature: "go()".into(), ..Action::payment(ONE, U256::from(5)) };
        let account = Account { name: "one".into(), address: ONE, role: String::new(), private_key: None };
        Parts {
            deployment: Deployment {
                chain_id: 1,
                name: "test".into(),
                flavour: Flavour::Alpha,
                rpc_url: None,
                contracts: Contracts { btrst: ONE, ..Contracts::default() },
                accounts: vec![account],
            },
            proposal: Proposal { description: "# Go".into(), actions: vec![action.clone()] },
            delegates: vec![ONE, TWO],
            others: vec![Other {
                id: 3,
                state: ProposalState::Active,
                proposer: ONE,
                end_block: 9,
                actions: vec![action],
            }],
            manifest: Manifest { chain_id: 1, ..Manifest::default() },
            approval: Approval {
                space: "a.eth".into(),
                id: B256::repeat_byte(1),
                payload: None,
                text: None,
                faults: vec!["late".into()],
                notes: Vec::new(),
                missing: None,
            },
            sources: vec![Claim {
                contract: ONE,
                code: B256::repeat_byte(1),
                by: "one".into(),
                answer: Answer::None,
            }],
            histories: vec![History { account: ONE, is_contract: true, nonce: 1, age: Age::Never }],
            agreements: vec![Agreement {
                engine: "node".into(),
                differences: vec!["a word".into()],
                missing: None,
            }],
            block: B256::repeat_byte(7),
        }
    }

    fn digest(parts: &Parts, change: impl Fn(&mut Input<'_>)) -> B256 {
        let mut input = Input {
            delegates: &parts.delegates,
            others: &parts.others,
            manifest: Some(&parts.manifest),
            approval: Some(&parts.approval),
            sources: &parts.sources,
            histories: &parts.histories,
            ..Input::new(&parts.deployment, &parts.proposal)
        };
        change(&mut input);
        input.digest(parts.block, &parts.agreements)
    }

    #[test]
    fn whatever_changes_the_report_changes_the_digest() {
        let plain = digest(&parts(), |_| ());
        assert_eq!(plain, digest(&parts(), |_| ()));
        let of_parts: [fn(&mut Parts); 37] = [
            |it| it.block = B256::ZERO,
            |it| it.deployment.chain_id = 2,
            |it| it.deployment.name = "other".into(),
            |it| it.deployment.flavour = Flavour::Braintrust,
            |it| it.deployment.contracts.timelock = TWO,
            // The same address under another name.
            |it| (it.deployment.contracts.btrst, it.deployment.contracts.weth) = (Address::ZERO, Some(ONE)),
            |it| it.deployment.accounts[0].name = "two".into(),
            |it| it.deployment.accounts[0].address = TWO,
            |it| it.proposal.description.push(' '),
            |it| it.proposal.actions[0].target = TWO,
            |it| it.proposal.actions[0].value = U256::from(6),
            |it| it.proposal.actions[0].signature = "go(uint)".into(),
            |it| it.proposal.actions[0].calldata = vec![0; 32].into(),
            |it| it.proposal.actions.clear(),
            |it| it.delegates.truncate(1),
            |it| it.others.clear(),
            |it| it.others[0].id = 4,
            |it| it.others[0].state = ProposalState::Queued,
            |it| it.others[0].proposer = TWO,
            |it| it.others[0].end_block = 10,
            |it| it.others[0].actions[0].value = U256::from(6),
            |it| it.manifest.chain_id = 2,
            |it| it.approval.space = "b.eth".into(),
            |it| it.approval.id = B256::ZERO,
            |it| it.approval.payload = Some(B256::ZERO),
            |it| it.approval.text = Some("# Go".into()),
            // The same line as a note.
            |it| it.approval.notes = std::mem::take(&mut it.approval.faults),
            |it| it.approval.missing = Some("nobody answers".into()),
            |it| it.sources[0].contract = TWO,
            |it| it.sources[0].code = B256::ZERO,
            |it| it.sources[0].by = "two".into(),
            |it| it.sources[0].answer = Answer::Failed { reason: "late".into() },
            |it| it.histories[0].age = Age::Older { block: 1, changed: false },
            |it| it.histories[0].nonce = 2,
            |it| it.agreements[0].engine = "chain".into(),
            |it| it.agreements[0].differences.clear(),
            |it| it.agreements[0].missing = Some("nobody answers".into()),
        ];
        let mut seen = vec![plain];
        for (place, change) in of_parts.into_iter().enumerate() {
            let mut changed = parts();
            change(&mut changed);
            let digest = digest(&changed, |_| ());
            assert!(!seen.contains(&digest), "change {place}");
            seen.push(digest);
        }
        let of_input: [fn(&mut Input<'_>); 10] = [
            |input| input.lengths = Some([1; 4]),
            |input| input.lengths = Some([1, 1, 1, 2]),
            |input| input.id = Some(0),
            |input| input.state = Some(ProposalState::Pending),
            |input| input.proposer = Some(Address::ZERO),
            |input| input.manifest = None,
            |input| input.approval = None,
            |input| input.sources = &[],
            |input| input.histories = &[],
            |input| input.block_time = Some(12_000),
        ];
        for (place, change) in of_input.into_iter().enumerate() {
            let digest = digest(&parts(), change);
            assert!(!seen.contains(&digest), "change {place} of the input");
            seen.push(digest);
        }
    }

    #[test]
    fn who_keeps_the_state_does_not_change_the_digest() {
        let plain = digest(&parts(), |_| ());
        assert_eq!(plain, digest(&parts(), |input| input.source = "elsewhere".into()));
        let mut turned = parts();
        turned.delegates.reverse();
        turned.deployment.rpc_url = Some("http://127.0.0.1:8545".into());
        assert_eq!(plain, digest(&turned, |_| ()), "delegates have no order");
    }
}
