//! Who gets how much.

use alloy::primitives::{Address, U256, uint};
use btrst_gov::parameters::{ALLOCATION, Parameters, SUPPLY, btrst};

use super::Seeding;
use super::transactions::Transactions;
use crate::{Call, IToken, Name};

/// USDC of the treasury.
const TREASURY_USDC: U256 = usdc(1_000_000);

/// USDC of the client.
const CLIENT_USDC: U256 = usdc(500_000);

/// USDC of each node.
const NODE_USDC: U256 = usdc(100_000);

/// USDC that the trader trades with.
const TRADER_USDC: U256 = usdc(10_000);

/// BTRST that the trader trades with.
const TRADER_BTRST: U256 = btrst(20_000);

/// BTRST of the small holder.
const DORA_BTRST: U256 = btrst(100);

/// Wei of the treasury: 100 ether.
const TREASURY_ETHER: U256 = uint!(100_000_000_000_000_000_000_U256);

/// `whole` USDC in base units.
pub(super) const fn usdc(whole: u64) -> U256 {
    U256::from_limbs([whole * 1_000_000, 0, 0, 0])
}

/// Tokens and ether for everyone.
pub(super) struct Allocation {
    /// BTRST by named account.
    pub(super) holders: Vec<(Name, U256)>,
    /// BTRST of the time lock, before what the pool does not take is added.
    pub(super) treasury: U256,
}

impl Allocation {
    /// The allocation of `supply`, of which the pool gets `pool`, and each delegate two fifths of the quorum or, where
    /// that is not above the proposal threshold, a token more than the threshold.
    pub(super) fn of(supply: U256, parameters: &Parameters, pool: U256) -> Self {
        // The Compound generation's token has another supply; the shares stay.
        let [community, investors, nodes, public_sale] =
            ALLOCATION.map(|(_, whole)| btrst(whole) * supply / SUPPLY);
        let delegate = (parameters.quorum_votes * U256::from(2) / U256::from(5))
            .max(parameters.proposal_threshold + btrst(1));
        let delegates = delegate * U256::from(Name::DELEGATES.len());
        let mut holders = Name::DELEGATES.map(|name| (name, delegate)).to_vec();
        let node = nodes / U256::from(Name::NODES.len());
        holders.extend(Name::NODES.map(|name| (name, node)));
        holders.extend([
            (Name::Investors, investors),
            (Name::Dora, DORA_BTRST),
            (Name::Trader, TRADER_BTRST),
            (Name::PublicSale, public_sale - DORA_BTRST - TRADER_BTRST),
        ]);
        Self { holders, treasury: community - delegates - pool }
    }
}

impl Seeding<'_> {
    /// Distributes BTRST out of the deployer's, and USDC and ether to those who need some.
    pub(super) fn distribute(
        &self,
        transactions: &mut Transactions<'_>,
        allocation: &Allocation,
        token: Address,
        usdc: Address,
        treasury: Address,
    ) {
        for &(name, amount) in &allocation.holders {
            transactions.call(token, &IToken::transferCall { to: self.accounts.address(name), amount });
        }
        transactions.call(token, &IToken::transferCall { to: treasury, amount: allocation.treasury });
        transactions.ether(treasury, TREASURY_ETHER);
        let nodes = Name::NODES.map(|name| (self.accounts.address(name), NODE_USDC));
        let others = [
            (treasury, TREASURY_USDC),
            (self.accounts.address(Name::Client), CLIENT_USDC),
            (self.accounts.address(Name::Trader), TRADER_USDC),
        ];
        for (account, amount) in nodes.into_iter().chain(others) {
            transactions.call(usdc, &IToken::mintCall { account, amount });
        }
        if self.options.delegated {
            let delegates = Name::DELEGATES.map(|name| (name, name));
            for (holder, delegate) in delegates.into_iter().chain([(Name::Dora, Name::Amara)]) {
                let delegatee = self.accounts.address(delegate);
                transactions.push(holder, Call::new(token, &IToken::delegateCall { delegatee }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use btrst_gov::parameters::PROPOSAL_THRESHOLD;

    use super::*;

    /// What the accounts of `names` get.
    fn share(allocation: &Allocation, names: &[Name]) -> U256 {
        let of = allocation.holders.iter().filter(|(name, _)| names.contains(name));
        of.map(|(_, amount)| *amount).sum()
    }

    #[test]
    fn everything_sums_to_the_supply() {
        let alpha = Parameters {
            proposal_threshold: btrst(10_000_000),
            quorum_votes: btrst(40_000_000),
            ..Parameters::LIVE
        };
        for (supply, parameters) in
            [(SUPPLY, Parameters::LIVE), (SUPPLY, Parameters::HARDENED), (SUPPLY * U256::from(4), alpha)]
        {
            let pool = btrst(500_000);
            let allocation = Allocation::of(supply, &parameters, pool);
            let held: U256 = allocation.holders.iter().map(|(_, amount)| *amount).sum();
            assert_eq!(held + allocation.treasury + pool, supply);
            let share = |names: &[Name]| share(&allocation, names);
            let hundred = U256::from(100);
            assert_eq!(
                (allocation.treasury + pool + share(&Name::DELEGATES)) * hundred,
                supply * U256::from(54)
            );
            assert_eq!(share(&[Name::Investors]) * hundred, supply * U256::from(22));
            assert_eq!(share(&Name::NODES) * hundred, supply * U256::from(19));
            assert_eq!(
                share(&[Name::PublicSale, Name::Dora, Name::Trader]) * hundred,
                supply * U256::from(5)
            );
            let quorum = parameters.quorum_votes;
            assert!(share(&Name::DELEGATES) > quorum && share(&Name::DELEGATES[..2]) < quorum);
            assert!(share(&[Name::Amara]) > parameters.proposal_threshold);
            assert!(share(&[Name::Dora]) < parameters.proposal_threshold);
        }
    }

    #[test]
    fn delegates_can_propose_whatever_the_threshold() {
        let parameters = Parameters { proposal_threshold: *PROPOSAL_THRESHOLD.end(), ..Parameters::LIVE };
        let allocation = Allocation::of(SUPPLY, &parameters, btrst(500_000));
        for name in Name::DELEGATES {
            assert_eq!(share(&allocation, &[name]), btrst(2_500_001));
        }
    }
}
