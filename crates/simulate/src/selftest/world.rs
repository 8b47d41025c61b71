//! A small world in memory: the suite's own contracts, deployed from the embedded artifacts, and nobody else.

use std::{collections::BTreeMap, sync::Arc};

use alloy::{
    consensus::Header,
    primitives::{Address, B256, Bytes, U256, bytes},
    sol_types::{SolCall, SolValue},
};
use btrst_bindings::{BTRST, Contract, IBraintrustGovernor::GovernorParameters};
use btrst_gov::{
    Deployment,
    deployment::{Account, Contracts, DEVNET_CHAIN_ID},
    governor::Flavour,
    parameters::{DEFAULT_TIMELOCK_DELAY, btrst},
};

use crate::{
    Error, Machine, Message, Result,
    machine::GAS_LIMIT,
    state::{AccountState, Pinned, StateSource},
    trace::Outcome,
};

/// Who proposes, with 20 million votes.
pub(super) const AMARA: Address = Address::repeat_byte(0xa7);
/// Another delegate, with 10 million votes.
pub(super) const BELA: Address = Address::repeat_byte(0xb3);
/// Whom the treasury pays.
pub(super) const GRANTEE: Address = Address::repeat_byte(0xc5);
/// Who attacks.
pub(super) const MALLORY: Address = Address::repeat_byte(0xe9);
/// Who may cancel, where the world has a guardian.
pub(super) const GUARDIAN: Address = Address::repeat_byte(0xd4);

/// Where the contract stands that deploys the others.
const FACTORY: Address = Address::repeat_byte(0xfa);

/// Creates a contract of its call data and answers with the address:
/// `CALLDATACOPY(0, 0, size)`, `CREATE(0, 0, size)`, and the word that this leaves.
const FACTORY_CODE: Bytes = bytes!("365f5f37365f5ff05f5260205ff3");

/// Unix time of the world's first block.
const GENESIS: u64 = 1_790_000_000;

/// Blocks that pass after the votes were delegated, so that they are not fresh.
const SETTLING: u64 = 20_000;

/// Accounts in memory. Whatever is not there is empty, as on a chain that began with them.
#[derive(Clone, Debug)]
struct Memory {
    pinned: Pinned,
    accounts: BTreeMap<Address, AccountState>,
    slots: BTreeMap<(Address, U256), U256>,
}

impl StateSource for Memory {
    fn pinned(&self) -> &Pinned {
        &self.pinned
    }

    fn account(&self, address: Address) -> Result<AccountState> {
        Ok(self.accounts.get(&address).cloned().unwrap_or_default())
    }

    fn slot(&self, address: Address, slot: U256) -> Result<U256> {
        Ok(self.slots.get(&(address, slot)).copied().unwrap_or_default())
    }

    fn block_hash(&self, number: u64) -> Result<B256> {
        Ok(B256::from(U256::from(number)))
    }
}

/// What stands in the world besides the suite.
#[derive(Clone, Debug, Default)]
pub(super) struct Setting {
    /// Code at addresses.
    pub code: BTreeMap<Address, Bytes>,
    /// Words at slots.
    pub slots: BTreeMap<(Address, U256), U256>,
    /// Whether the governor has a guardian.
    pub guardian: bool,
    /// Who may spend all BTRST of the treasury.
    pub allowed: Option<Address>,
    /// Votes of the proposer, in base units; 20 million BTRST where there is none.
    pub proposer_votes: Option<U256>,
    /// Votes of the proposer that leave it in the last block, in base units.
    pub leaving: U256,
    /// Votes that come to the other delegate in the last block, in base units.
    pub arriving: U256,
}

/// The world: its contracts by name, and a machine in its last block.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub deployment: Deployment,
    pub pinned: Pinned,
    pub machine: Machine,
}

impl World {
    /// Builds a world in `setting`.
    ///
    /// # Errors
    /// [`Error::State`] if the suite's contracts cannot be deployed, which no setting can cause.
    pub fn new(setting: &Setting) -> Result<Self> {
        let header = Header {
            number: 1_000_000,
            timestamp: GENESIS,
            gas_limit: 60_000_000,
            base_fee_per_gas: Some(1),
            requests_hash: Some(B256::ZERO),
            ..Header::default()
        };
        let pinned = Pinned { chain_id: DEVNET_CHAIN_ID, hash: header.hash_slow(), header };
        let account = |code: Bytes| AccountState { nonce: 1, balance: U256::ZERO, code };
        let mut accounts: BTreeMap<_, _> =
            setting.code.iter().map(|(address, code)| (*address, account(code.clone()))).collect();
        accounts.insert(FACTORY, account(FACTORY_CODE));
        // The factory's first contracts are the token, the time lock, the governor and the register.
        let [token, timelock, governor, decisions] = [1, 2, 3, 4].map(|nonce| FACTORY.create(nonce));
        let ether = U256::from(10).saturating_mul(U256::from(10_u64.pow(18)));
        accounts.insert(timelock, AccountState { balance: ether, ..AccountState::default() });
        let memory = Memory { pinned: pinned.clone(), accounts, slots: setting.slots.clone() };

        let mut builder = Builder { machine: Machine::new(Arc::new(memory)) };
        let (guardian, expiry) = match setting.guardian {
            true => (GUARDIAN, U256::from(GENESIS + 300 * 86_400)),
            false => (Address::ZERO, U256::ZERO),
        };
        let parameters = GovernorParameters {
            votingDelay: U256::from(1),
            votingPeriod: U256::from(17_280),
            proposalThreshold: btrst(500),
            quorumVotes: btrst(100_000),
        };
        builder.deploy(Contract::Btrst, &FACTORY.abi_encode(), token)?;
        let delay = U256::from(DEFAULT_TIMELOCK_DELAY);
        builder.deploy(Contract::Timelock, &(governor, delay).abi_encode(), timelock)?;
        let arguments = (timelock, token, guardian, expiry, parameters).abi_encode();
        builder.deploy(Contract::BraintrustGovernor, &arguments, governor)?;
        builder.deploy(Contract::GovernanceDecisions, &timelock.abi_encode(), decisions)?;

        builder.pay(token, FACTORY, timelock, btrst(1_000_000))?;
        builder.pay(token, FACTORY, AMARA, setting.proposer_votes.unwrap_or(btrst(20_000_000)))?;
        builder.pay(token, FACTORY, BELA, btrst(10_000_000))?;
        for delegate in [AMARA, BELA] {
            builder.send(delegate, token, BTRST::delegateCall { delegatee: delegate }.abi_encode())?;
        }
        if let Some(spender) = setting.allowed {
            let call = BTRST::approveCall { spender, amount: btrst(1_000_000) };
            builder.send(timelock, token, call.abi_encode())?;
        }
        builder.machine.mine(SETTLING);
        if !setting.leaving.is_zero() {
            builder.pay(token, AMARA, GRANTEE, setting.leaving)?;
        }
        if !setting.arriving.is_zero() {
            builder.pay(token, FACTORY, BELA, setting.arriving)?;
        }
        let contracts = Contracts {
            btrst: token,
            timelock,
            governor,
            governance_decisions: Some(decisions),
            ..Contracts::default()
        };
        let account = |name: &str, address| Account {
            name: name.into(),
            address,
            role: String::new(),
            private_key: None,
        };
        let deployment = Deployment {
            chain_id: DEVNET_CHAIN_ID,
            name: "selftest".into(),
            flavour: Flavour::Braintrust,
            rpc_url: None,
            contracts,
            accounts: vec![account("amara", AMARA), account("bela", BELA), account("grantee", GRANTEE)],
        };
        Ok(Self { deployment, pinned, machine: builder.machine })
    }
}

struct Builder {
    machine: Machine,
}

impl Builder {
    fn deploy(&mut self, contract: Contract, arguments: &[u8], expected: Address) -> Result<()> {
        let code = [&contract.artifact().creation_code[..], arguments].concat();
        // Not sent by the factory, whose nonce counts its contracts.
        let answer = self.send(AMARA, FACTORY, code)?;
        let created = answer.get(12..32).map(Address::from_slice);
        if created == Some(expected) {
            Ok(())
        } else {
            Err(Error::state(contract.name(), "it was not created"))
        }
    }

    fn pay(&mut self, token: Address, from: Address, to: Address, amount: U256) -> Result<()> {
        self.send(from, token, BTRST::transferCall { to, amount }.abi_encode()).map(drop)
    }

    fn send(&mut self, from: Address, to: Address, input: Vec<u8>) -> Result<Bytes> {
        let message = Message { from, to, value: U256::ZERO, input: input.into(), gas_limit: GAS_LIMIT };
        match self.machine.transact(&message)?.outcome() {
            Outcome::Success(answer) => Ok(answer),
            failed => Err(Error::state("a transaction of the fixtures", format!("{failed:?}"))),
        }
    }
}
