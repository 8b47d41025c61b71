//! Values that the suite's own setters would refuse when the proposal is executed, two weeks after it was made.

use alloy::{
    dyn_abi::DynSolValue,
    primitives::{Address, U256},
};

use super::Action;
use crate::{
    Deployment, Error, Result,
    converter::{Guards, SET_PARAMETERS},
    governor::Flavour,
    parameters::{
        MAX_MARKETPLACE_FEE, MAX_NAME_LENGTH, PROPOSAL_THRESHOLD, QUORUM_VOTES, TIMELOCK_DELAY, VOTING_DELAY,
        VOTING_PERIOD, wide, within,
    },
};

impl Action {
    /// Checks the arguments of a setter that the suite knows; any other action passes.
    ///
    /// # Errors
    /// If the contract would refuse the value, or a governor of the flavour GovernorAlpha has no such setter.
    pub fn check_bounds(&self, deployment: &Deployment) -> Result<()> {
        let Some(contract) = super::describe::contract_at(deployment, self.target) else { return Ok(()) };
        let Ok(arguments) = self.arguments() else { return Ok(()) };
        if contract == "governor"
            && deployment.flavour == Flavour::Alpha
            && self.signature.starts_with("_set")
        {
            return Err(Error::NotInAlpha("change its parameters"));
        }
        let Some(first) = arguments.first() else { return Ok(()) };
        let number = first.as_uint().map(|(number, _)| number);
        let range = match (contract, self.signature.as_str()) {
            ("governance_decisions", "setMarketplaceFee(uint8)") => {
                ("marketplace fee", U256::ZERO..=U256::from(MAX_MARKETPLACE_FEE))
            }
            ("governor", "_setVotingDelay(uint256)") => ("voting delay", wide(VOTING_DELAY)),
            ("governor", "_setVotingPeriod(uint256)") => ("voting period", wide(VOTING_PERIOD)),
            ("governor", "_setProposalThreshold(uint256)") => ("proposal threshold", PROPOSAL_THRESHOLD),
            ("governor", "_setQuorumVotes(uint256)") => ("quorum", QUORUM_VOTES),
            ("timelock", "setDelay(uint256)") => ("time lock's delay", wide(TIMELOCK_DELAY)),
            ("timelock", "setPendingAdmin(address)") if is_zero(first) => return Err(Error::ZeroAddress),
            ("btrst" | "usdc" | "weth", "transfer(address,uint256)") if is_zero(first) => {
                return Err(Error::ZeroAddress);
            }
            ("fee_converter", SET_PARAMETERS) => {
                return Guards::decode(first).map_or(Ok(()), |guards| guards.check());
            }
            ("governance_decisions", _) => return check_name(first),
            _ => return Ok(()),
        };
        number.map_or(Ok(()), |number| within(range.0, number, range.1))
    }
}

fn is_zero(value: &DynSolValue) -> bool {
    value.as_address() == Some(Address::ZERO)
}

/// Names of categories and members.
fn check_name(value: &DynSolValue) -> Result<()> {
    match value.as_str() {
        Some(name) if name.is_empty() || name.len() > MAX_NAME_LENGTH => {
            Err(Error::NameLength { length: name.len(), maximum: MAX_NAME_LENGTH })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{deployment::sample::deployment, parameters::btrst};

    fn check(target: u8, signature: &str, argument: impl Into<DynSolValue>) -> Result<()> {
        let target = Address::repeat_byte(target);
        let action = Action::call(target, U256::ZERO, signature, vec![argument.into()]).unwrap();
        action.check_bounds(&deployment())
    }

    #[test]
    fn setters_have_bounds() {
        let one = U256::from(1);
        let table = [
            (4, "setMarketplaceFee(uint8)", DynSolValue::from(99_u8), None),
            (4, "setMarketplaceFee(uint8)", 100_u8.into(), Some("marketplace fee 100 is outside 0 to 99")),
            (3, "_setVotingDelay(uint256)", U256::from(50_400).into(), None),
            (3, "_setVotingDelay(uint256)", U256::ZERO.into(), Some("voting delay 0 is outside 1 to 50400")),
            (
                3,
                "_setVotingPeriod(uint256)",
                U256::from(7_199).into(),
                Some("voting period 7199 is outside 7200 to 100800"),
            ),
            (3, "_setProposalThreshold(uint256)", btrst(500).into(), None),
            (
                3,
                "_setProposalThreshold(uint256)",
                (btrst(500) - one).into(),
                Some(
                    "proposal threshold 499999999999999999999 is outside 500000000000000000000 to \
                     2500000000000000000000000",
                ),
            ),
            (3, "_setQuorumVotes(uint256)", btrst(25_000_000).into(), None),
            (
                3,
                "_setQuorumVotes(uint256)",
                U256::from(5).into(),
                Some("quorum 5 is outside 100000000000000000000000 to 25000000000000000000000000"),
            ),
            (
                2,
                "setDelay(uint256)",
                U256::from(86_400).into(),
                Some("time lock's delay 86400 is outside 172800 to 2592000"),
            ),
            (2, "setPendingAdmin(address)", Address::ZERO.into(), Some("the address is zero")),
            (2, "setPendingAdmin(address)", Address::repeat_byte(9).into(), None),
            (4, "addFoundationMember(string)", DynSolValue::String("ü".repeat(64)), None),
            (
                4,
                "addFoundationMember(string)",
                DynSolValue::String("ü".repeat(65)),
                Some("a name of 130 bytes, expected 1 to 128"),
            ),
            (
                4,
                "addMarketplaceCategory(string)",
                DynSolValue::String(String::new()),
                Some("a name of 0 bytes, expected 1 to 128"),
            ),
            (9, "setDelay(uint256)", U256::ZERO.into(), None),
        ];
        for (target, signature, argument, expected) in table {
            let found = check(target, signature, argument).err().map(|error| error.to_string());
            assert_eq!(found.as_deref(), expected, "{signature}");
        }
    }

    #[test]
    fn guards_are_checked_as_a_whole() {
        let numbers = [1_800_u64, 1_000, 75, 200, 3_600, 25_000_000_000, 1];
        let bits = [32, 32, 16, 24, 32, 64, 128];
        let values = numbers.into_iter().zip(bits);
        let tuple =
            DynSolValue::Tuple(values.map(|(n, bits)| DynSolValue::Uint(U256::from(n), bits)).collect());
        let error = check(5, SET_PARAMETERS, tuple).unwrap_err();
        assert_eq!(error.to_string(), "short window 1000 is outside 60 to 900");
    }

    #[test]
    fn alpha_has_no_setters() {
        let deployment = Deployment { flavour: Flavour::Alpha, ..deployment() };
        let action = Action::call(
            deployment.contracts.governor,
            U256::ZERO,
            "_setVotingDelay(uint256)",
            vec![U256::from(1).into()],
        );
        let error = action.unwrap().check_bounds(&deployment).unwrap_err();
        assert_eq!(error.to_string(), "GovernorAlpha cannot change its parameters");
    }
}
