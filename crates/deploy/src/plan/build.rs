//! From a description to steps.

use alloy::primitives::aliases::U24;
use alloy::primitives::{Address, Bytes, U256, keccak256};
use alloy::sol_types::{SolCall, SolValue};
use btrst_bindings::IBraintrustGovernor::GovernorParameters;
use btrst_bindings::{BTRST, Contract};
use btrst_gov::parameters::GRACE_PERIOD;

use super::{Addresses, DETERMINISTIC_DEPLOYER, Deployed, Outcome, Plan, Step, pool};
use crate::Description;
use crate::abi::{IPool, IPoolFactory};
use crate::description::{Converter, Pool, Receiver, Terms, Timelock, Token};
use crate::immutables::{self, Immutables};

/// Observations that one transaction adds at most: of about 22,000 gas each, so that it stays below 16.7 million.
const CARDINALITY_STEP: u16 = 500;

/// Nonces of the pair's creations.
const TIMELOCK_NONCE: u64 = 1;
const GOVERNOR_NONCE: u64 = 2;

/// A plan in the making.
pub(super) struct Builder<'a> {
    description: &'a Description,
    addresses: Addresses,
    steps: Vec<Step>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(description: &'a Description) -> Self {
        Self { description, addresses: Addresses::default(), steps: Vec::new() }
    }

    /// Everything, in the order in which the contracts need each other.
    pub(super) fn plan(mut self) -> Plan {
        self.addresses.btrst = self.token();
        self.governance();
        self.addresses.decisions = self.decisions();
        if let Some(converter) = &self.description.converter {
            self.converter(converter);
        }
        self.lockups();
        let mut plan =
            Plan { description: self.description.clone(), addresses: self.addresses, steps: self.steps };
        plan.steps.extend(transfers(&plan));
        plan
    }

    fn token(&mut self) -> Address {
        let deployer = self.description.deployer;
        match self.description.token {
            Token::Existing(token) => token,
            Token::Fresh(_) => {
                self.deploy("token", Contract::Btrst, &deployer.abi_encode(), |builder, token| {
                    immutables::btrst(builder.description.chain_id, token)
                })
            }
        }
    }

    /// The time lock and its governor; the governor alone where the time lock exists.
    fn governance(&mut self) {
        let governor = self.description.governor;
        let initial = GovernorParameters {
            votingDelay: U256::from(governor.parameters.voting_delay),
            votingPeriod: U256::from(governor.parameters.voting_period),
            proposalThreshold: governor.parameters.proposal_threshold,
            quorumVotes: governor.parameters.quorum_votes,
        };
        let expiry = U256::from(governor.guardian_expiry);
        let rest = (self.addresses.btrst, governor.guardian, expiry, initial).abi_encode();
        match self.description.timelock {
            Timelock::Fresh(delay) => self.pair(delay, rest),
            Timelock::Existing { address, .. } => {
                self.addresses.timelock = address;
                let arguments = [address.abi_encode(), rest].concat();
                self.addresses.governor =
                    self.deploy("governor", Contract::BraintrustGovernor, &arguments, |builder, governor| {
                        let mut known = builder.governor_immutables(governor);
                        // Its ids continue those of the old governor.
                        known.insert("FIRST_GOVERNOR", U256::ZERO);
                        known
                    });
            }
        }
    }

    fn pair(&mut self, delay: u64, governor_arguments: Vec<u8>) {
        let (timelock_code, governor_code) = (
            Contract::Timelock.artifact().creation_code.clone(),
            Contract::BraintrustGovernor.artifact().creation_code.clone(),
        );
        let delay_argument: Bytes = U256::from(delay).abi_encode().into();
        let arguments = (timelock_code, delay_argument, governor_code, Bytes::from(governor_arguments))
            .abi_encode_params();
        let (pair, data) = self.create2("governance", Contract::GovernancePair, &arguments);
        let (timelock, governor) = (pair.create(TIMELOCK_NONCE), pair.create(GOVERNOR_NONCE));
        self.addresses.timelock = timelock;
        self.addresses.governor = governor;
        let mut known = self.governor_immutables(governor);
        known.extend([
            ("FIRST_GOVERNOR", U256::from(1)),
            ("BATCHES", U256::from(1)),
            ("GRACE_PERIOD", U256::from(GRACE_PERIOD)),
        ]);
        let deployed = |contract, address, immutables| Deployed { contract, address, immutables };
        self.steps.push(Step {
            name: "governance".into(),
            what: "create time lock and governor together".into(),
            to: DETERMINISTIC_DEPLOYER,
            data,
            outcome: Outcome::Deployed(vec![
                deployed(Contract::GovernancePair, pair, Immutables::new()),
                deployed(Contract::Timelock, timelock, Immutables::new()),
                deployed(Contract::BraintrustGovernor, governor, known),
            ]),
        });
    }

    fn governor_immutables(&self, governor: Address) -> Immutables {
        let Addresses { btrst, timelock, .. } = self.addresses;
        immutables::governor(self.description.chain_id, governor, timelock, btrst)
    }

    fn decisions(&mut self) -> Address {
        let timelock = self.addresses.timelock;
        self.description.decisions.unwrap_or_else(|| {
            self.deploy("decisions", Contract::GovernanceDecisions, &timelock.abi_encode(), |_, _| {
                Immutables::new()
            })
        })
    }

    fn converter(&mut self, converter: &Converter) {
        let Addresses { btrst, timelock, .. } = self.addresses;
        let usdc = converter.usdc;
        let (pool, fee) = match converter.pool {
            Pool::Existing(pool) => (pool, None),
            Pool::Fresh { factory, fee, price } => (self.pool(factory, usdc, fee, price), Some(fee)),
        };
        self.addresses.pool = Some(pool);
        self.observations(pool, converter.cardinality);
        let arguments =
            (pool, usdc, btrst, timelock, converter.guardian, converter.guards.clone()).abi_encode();
        let converter = self.deploy("converter", Contract::FeeConverter, &arguments, |_, _| {
            let mut known = immutables::converter(pool, usdc, btrst, timelock);
            known.extend(fee.map(|fee| ("poolFee", U256::from(fee))));
            known
        });
        self.addresses.converter = Some(converter);
    }

    /// Creates the pool and gives it a price.
    fn pool(&mut self, factory: Address, usdc: Address, fee: u32, price: U256) -> Address {
        let btrst = self.addresses.btrst;
        let pool = pool::address(factory, btrst, usdc, fee);
        let create = IPoolFactory::createPoolCall { tokenA: btrst, tokenB: usdc, fee: U24::from(fee) };
        let what = "create the pool of BTRST and USDC";
        self.call("pool", what.into(), factory, &create, Outcome::PoolCreated(pool));
        let sqrt_price = pool::sqrt_price(btrst, usdc, price);
        let initialise = IPool::initializeCall { sqrtPriceX96: sqrt_price };
        let outcome = Outcome::PoolInitialised { pool, sqrt_price };
        self.call("price", "give the pool its first price".into(), pool, &initialise, outcome);
        pool
    }

    /// Makes room for the pool's observations.
    fn observations(&mut self, pool: Address, cardinality: u16) {
        let mut reached = 1;
        while reached < cardinality {
            reached = cardinality.min(reached.saturating_add(CARDINALITY_STEP));
            let grow = IPool::increaseObservationCardinalityNextCall { observationCardinalityNext: reached };
            let what = format!("make room for {reached} observations of the pool");
            let outcome = Outcome::ObservationsGrown { pool, cardinality: reached };
            self.call(&format!("observations {reached}"), what, pool, &grow, outcome);
        }
    }

    fn lockups(&mut self) {
        let Token::Fresh(rows) = &self.description.token else { return };
        let token = self.addresses.btrst;
        for row in rows {
            let Receiver::Lockup { beneficiary, terms } = row.to else { continue };
            let Terms { start, cliff, end } = terms;
            let arguments =
                (token, beneficiary, start, cliff.saturating_sub(start), end.saturating_sub(start))
                    .abi_encode();
            let step = format!("lockup {}", row.name);
            let lockup = self.deploy(&step, Contract::AllocationLockup, &arguments, |_, _| {
                immutables::lockup(token, terms)
            });
            self.addresses.lockups.push((row.name.clone(), lockup));
        }
    }

    /// Adds the deployment of one contract.
    fn deploy(
        &mut self,
        name: &str,
        contract: Contract,
        arguments: &[u8],
        immutables: impl FnOnce(&Self, Address) -> Immutables,
    ) -> Address {
        let (address, data) = self.create2(name, contract, arguments);
        let deployed = Deployed { contract, address, immutables: immutables(self, address) };
        self.steps.push(Step {
            name: name.into(),
            what: format!("create {contract}"),
            to: DETERMINISTIC_DEPLOYER,
            data,
            outcome: Outcome::Deployed(vec![deployed]),
        });
        address
    }

    /// Address of `contract` with these arguments, and the call of the deterministic deployer that creates it.
    fn create2(&self, name: &str, contract: Contract, arguments: &[u8]) -> (Address, Bytes) {
        // The name of the step keeps two contracts of the same arguments apart.
        let salt = keccak256((self.description.salt, name).abi_encode());
        let code = [contract.artifact().creation_code.as_ref(), arguments].concat();
        let address = DETERMINISTIC_DEPLOYER.create2_from_code(salt, &code);
        (address, [salt.as_slice(), &code].concat().into())
    }

    fn call<C: SolCall>(&mut self, name: &str, what: String, to: Address, call: &C, outcome: Outcome) {
        let data = call.abi_encode().into();
        self.steps.push(Step { name: name.into(), what, to, data, outcome });
    }
}

/// The transfers of the supply, from the deployer to everyone.
fn transfers(plan: &Plan) -> Vec<Step> {
    let (token, from) = (plan.addresses.btrst, plan.description.deployer);
    let transfer = |(name, to, amount): (&str, Address, U256)| Step {
        name: format!("allocate {name}"),
        what: format!(
            "send {} to {name}",
            btrst_gov::amount::Amount::new(amount, btrst_gov::amount::Unit::Btrst)
        ),
        to: token,
        data: BTRST::transferCall { to, amount }.abi_encode().into(),
        outcome: Outcome::Allocated { token, from, to, amount },
    };
    plan.allocation().into_iter().map(transfer).collect()
}
