//! The payload of a proposal: what is executed, as one hash that people can agree on before it is on the chain.

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::sol_types::SolValue;

use super::Proposal;
use crate::Deployment;

/// First value of what is hashed: no hash of something else is one of a payload.
const DOMAIN: &str = "btrst payload 1";

impl Proposal {
    /// Hash of exactly what is executed, where and in which order: keccak-256 of the ABI encoding of `(string domain,
    /// uint256 chainId, address governor, address[] targets, uint256[] values, bytes[] inputs)`.
    ///
    /// The domain is `btrst payload 1`. An input is all that the target receives, with its selector, so that the two
    /// forms of an action (signature and arguments, or call data alone), which do the same, have the same hash. The
    /// description is left out: it names the approval of this hash, so it cannot be a part of it.
    #[must_use]
    pub fn payload(&self, deployment: &Deployment) -> B256 {
        let targets: Vec<Address> = self.actions.iter().map(|action| action.target).collect();
        let values: Vec<U256> = self.actions.iter().map(|action| action.value).collect();
        let inputs: Vec<Bytes> = self.actions.iter().map(super::Action::input).collect();
        let (chain, governor) = (U256::from(deployment.chain_id), deployment.contracts.governor);
        keccak256((DOMAIN, chain, governor, targets, values, inputs).abi_encode_params())
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::b256;

    use super::*;
    use crate::{Action, deployment::sample::deployment};

    fn proposal() -> Proposal {
        let grant = Action::call(
            Address::repeat_byte(1),
            U256::ZERO,
            "transfer(address,uint256)",
            vec![Address::repeat_byte(2).into(), U256::from(5).into()],
        );
        let payment = Action::payment(Address::repeat_byte(3), U256::from(7));
        Proposal { description: "# Pay".into(), actions: vec![grant.unwrap(), payment] }
    }

    #[test]
    fn a_payload_is_what_other_tools_compute() {
        let mut deployment = deployment();
        (deployment.chain_id, deployment.contracts.governor) = (31_337, Address::repeat_byte(0x60));
        // By `cast keccak $(cast abi-encode "f(string,uint256,address,address[],uint256[],bytes[])" "btrst payload 1" …)`.
        let expected = b256!("dbc863d07cc214cde235e114c28f5ddbf230f7095b233fb7ed05b771036b0145");
        assert_eq!(proposal().payload(&deployment), expected);
    }

    #[test]
    fn everything_that_is_executed_counts_and_nothing_else() {
        let (deployment, base) = (deployment(), proposal());
        let payload = base.payload(&deployment);
        let mut same = base.clone();
        same.description = "# Something else".into();
        let input = same.actions[0].input();
        same.actions[0] = Action { signature: String::new(), calldata: input, ..same.actions[0].clone() };
        assert_eq!(same.payload(&deployment), payload);

        let change = |change: &dyn Fn(&mut Proposal)| {
            let mut other = base.clone();
            change(&mut other);
            other.payload(&deployment)
        };
        let mut governor = deployment.clone();
        governor.contracts.governor = Address::repeat_byte(9);
        let mut chain = deployment.clone();
        chain.chain_id += 1;
        let others = [
            change(&|other| other.actions[0].target = Address::repeat_byte(4)),
            change(&|other| other.actions[1].value += U256::from(1)),
            change(&|other| other.actions[0].signature = "approve(address,uint256)".into()),
            change(&|other| {
                other.actions[0].calldata = [&other.actions[0].calldata[..], &[0]].concat().into()
            }),
            change(&|other| other.actions.swap(0, 1)),
            change(&|other| drop(other.actions.pop())),
            base.payload(&governor),
            base.payload(&chain),
        ];
        assert!(!others.contains(&payload), "{others:?}");
    }
}
