//! The token: code, supply, and who got it.

use alloy::primitives::{Address, U256};
use btrst_bindings::{AllocationLockup, BTRST, Contract};
use btrst_gov::parameters::SUPPLY;

use super::Verifier;
use crate::description::{Receiver, Terms, Token};
use crate::ledger::Ledger;
use crate::{Result, immutables};

impl Verifier<'_> {
    /// The token.
    pub(super) async fn token(&mut self) -> Result<()> {
        let token = self.deployment.contracts.btrst;
        if self.has_old_token() {
            self.note(format!("the token `{token}` is of another generation and checked by its roles"));
            return Ok(());
        }
        let known = immutables::btrst(self.deployment.chain_id, token);
        self.code(Contract::Btrst, token, &known).await?;
        let supply = self.ask(token, &BTRST::totalSupplyCall {}).await?;
        self.equal("supply of the token", SUPPLY, supply);
        Ok(())
    }

    /// Each row of the allocation, and that the deployer keeps nothing. Counted are the deployer's transfers, because
    /// balances change.
    pub(super) async fn allocation(&mut self) -> Result<()> {
        let Some(plan) = self.plan else { return Ok(()) };
        let Token::Fresh(rows) = &plan.description.token else { return Ok(()) };
        let (token, deployer) = (plan.addresses.btrst, plan.description.deployer);
        let ledger = Ledger::read(self.chain, token, deployer).await?;
        for (name, to, amount) in plan.allocation() {
            self.equal(&format!("allocation to {name}"), amount, Some(ledger.sent(to)));
        }
        let left = self.ask(token, &BTRST::balanceOfCall { account: deployer }).await?;
        self.equal("BTRST of the deployer", U256::ZERO, left);
        for row in rows {
            let Receiver::Lockup { beneficiary, terms } = row.to else { continue };
            let lockup = plan.addresses.lockups.iter().find(|(name, _)| *name == row.name);
            if let Some((name, lockup)) = lockup {
                self.lockup(name, *lockup, token, beneficiary, terms).await?;
            }
        }
        Ok(())
    }

    async fn lockup(
        &mut self,
        name: &str,
        lockup: Address,
        token: Address,
        beneficiary: Address,
        terms: Terms,
    ) -> Result<()> {
        self.code(Contract::AllocationLockup, lockup, &immutables::lockup(token, terms)).await?;
        let owner = self.ask(lockup, &AllocationLockup::ownerCall {}).await?;
        self.equal(&format!("owner of the lock-up of {name}"), beneficiary, owner);
        Ok(())
    }
}
