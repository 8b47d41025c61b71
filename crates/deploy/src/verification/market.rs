//! Register and converter: code, roles, guards, and the pool behind them.

use std::collections::BTreeSet;

use alloy::primitives::aliases::U24;
use alloy::primitives::{Address, U256};
use alloy::rpc::types::Filter;
use btrst_bindings::{Contract, FeeConverter, GovernanceDecisions};

use super::Verifier;
use crate::abi::{IPool, IPoolFactory};
use crate::description::{Converter, Pool};
use crate::{Plan, Result, immutables, reads};

impl Verifier<'_> {
    /// The register: code, and that the time lock alone writes to it.
    pub(super) async fn decisions(&mut self) -> Result<()> {
        let Some(decisions) = self.deployment.contracts.governance_decisions else { return Ok(()) };
        let reused = self.plan.is_some_and(|plan| plan.description.decisions.is_some());
        if (reused || self.is_alpha()) && !self.is_ours(Contract::GovernanceDecisions, decisions).await? {
            self.note(format!("the register `{decisions}` is of another generation and not checked"));
            return Ok(());
        }
        self.code(Contract::GovernanceDecisions, decisions, &immutables::Immutables::new()).await?;
        let timelock = self.deployment.contracts.timelock;
        let holders = self.role_holders(decisions).await?;
        let names: Vec<String> = holders.iter().map(ToString::to_string).collect();
        self.equal("accounts that write the register", timelock, Some(names.join(", ")));
        Ok(())
    }

    /// Everyone who has a role in the register, by its events.
    async fn role_holders(&self, decisions: Address) -> Result<BTreeSet<Address>> {
        let last = self.chain.head().await?.number;
        let granted: Vec<GovernanceDecisions::RoleGranted> =
            reads::events(self.chain, decisions, Filter::new(), last).await?;
        let mut holders = BTreeSet::new();
        for grant in granted {
            let GovernanceDecisions::RoleGranted { role, account, .. } = grant;
            let has = self.ask(decisions, &GovernanceDecisions::hasRoleCall { role, account }).await?;
            if has == Some(true) {
                holders.insert(account);
            }
        }
        Ok(holders)
    }

    /// The converter: code, tokens, treasury, pool, and with a plan guardian and guards.
    pub(super) async fn converter(&mut self) -> Result<()> {
        let contracts = self.deployment.contracts.clone();
        let Some(converter) = contracts.fee_converter else { return Ok(()) };
        if self.is_alpha() && !self.is_ours(Contract::FeeConverter, converter).await? {
            self.note(format!("the converter `{converter}` is of another generation and not checked"));
            return Ok(());
        }
        let pool = match contracts.pool {
            Some(pool) => pool,
            None => self.ask(converter, &FeeConverter::poolCall {}).await?.unwrap_or_default(),
        };
        let usdc = match contracts.usdc {
            Some(usdc) => usdc,
            None => self.ask(converter, &FeeConverter::USDCCall {}).await?.unwrap_or_default(),
        };
        let mut known = immutables::converter(pool, usdc, contracts.btrst, contracts.timelock);
        let fee = self.ask(pool, &IPool::feeCall {}).await?;
        if let Some(fee) = fee {
            known.insert("poolFee", U256::from(fee));
        }
        self.code(Contract::FeeConverter, converter, &known).await?;
        let treasury = self.ask(converter, &FeeConverter::TreasuryAddressCall {}).await?;
        self.equal("treasury of the converter", contracts.timelock, treasury);
        self.pool(pool, contracts.btrst, usdc, fee).await?;
        match self.plan.and_then(|plan| plan.description.converter.as_ref()) {
            Some(expected) => self.converter_terms(converter, pool, expected).await,
            None => Ok(()),
        }
    }

    /// The pool: its tokens, and that its factory knows it.
    async fn pool(&mut self, pool: Address, btrst: Address, usdc: Address, fee: Option<U24>) -> Result<()> {
        let token0 = self.ask(pool, &IPool::token0Call {}).await?;
        self.equal("first token of the pool", btrst.min(usdc), token0);
        let token1 = self.ask(pool, &IPool::token1Call {}).await?;
        self.equal("second token of the pool", btrst.max(usdc), token1);
        let factory = self.ask(pool, &IPool::factoryCall {}).await?;
        if let Some(expected) = self.deployment.contracts.uniswap_factory {
            self.equal("factory of the pool", expected, factory);
        }
        let known = match (factory, fee) {
            (Some(factory), Some(fee)) => {
                let ask = IPoolFactory::getPoolCall { tokenA: btrst, tokenB: usdc, fee };
                self.ask(factory, &ask).await?
            }
            _ => None,
        };
        self.equal("pool that the factory knows", pool, known);
        Ok(())
    }

    async fn converter_terms(
        &mut self,
        converter: Address,
        pool: Address,
        expected: &Converter,
    ) -> Result<()> {
        let guardian = self.ask(converter, &FeeConverter::guardianCall {}).await?;
        self.equal("guardian of the converter", expected.guardian, guardian);
        if let Pool::Fresh { fee, .. } = expected.pool {
            let found = self.ask(pool, &IPool::feeCall {}).await?;
            self.equal("fee of the pool", fee, found);
        }
        let slot = self.ask(pool, &IPool::slot0Call {}).await?;
        let planned = self.plan.and_then(Plan::first_price);
        if let (Some(slot), Some(planned)) = (&slot, planned)
            && slot.sqrtPriceX96 != planned
        {
            self.note("the pool has another price than its first one: look at it before providing liquidity");
        }
        let cardinality = slot.map(|slot| slot.observationCardinalityNext.min(expected.cardinality));
        self.equal("observations that the pool has room for", expected.cardinality, cardinality);
        let found = self.ask(converter, &FeeConverter::parametersCall {}).await?;
        let guards = &expected.guards;
        let of = |read: fn(&btrst_bindings::IFeeConverter::Parameters) -> U256| found.as_ref().map(read);
        let rows = [
            ("window", U256::from(guards.window), of(|found| U256::from(found.window))),
            ("short window", U256::from(guards.shortWindow), of(|found| U256::from(found.shortWindow))),
            ("tolerance", U256::from(guards.tolerance), of(|found| U256::from(found.tolerance))),
            (
                "greatest deviation",
                U256::from(guards.maxDeviation),
                of(|found| U256::from(found.maxDeviation)),
            ),
            ("hop", U256::from(guards.hop), of(|found| U256::from(found.hop))),
            ("lot", U256::from(guards.lot), of(|found| U256::from(found.lot))),
            ("least liquidity", U256::from(guards.minLiquidity), of(|found| U256::from(found.minLiquidity))),
        ];
        for (name, expected, found) in rows {
            self.equal(&format!("{name} of the converter"), expected, found);
        }
        Ok(())
    }
}
