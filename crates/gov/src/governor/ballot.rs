//! What a holder signs to vote without sending a transaction (EIP-712).

use alloy::{
    primitives::{B256, U256},
    sol_types::{Eip712Domain, SolStruct},
};

use super::{Flavour, Governor, Support};
use crate::{Error, Result};

/// Three structs have the name `Ballot`, and the name is part of what is signed.
mod bravo {
    alloy::sol! {
        struct Ballot {
            uint256 proposalId;
            uint8 support;
        }
    }
}

mod bravo_with_reason {
    alloy::sol! {
        struct Ballot {
            uint256 proposalId;
            uint8 support;
            string reason;
        }
    }
}

mod alpha {
    alloy::sol! {
        struct Ballot {
            uint256 proposalId;
            bool support;
        }
    }
}

impl Flavour {
    /// Hash of the ballot's type, which the governor publishes as `BALLOT_TYPEHASH`.
    pub(super) fn ballot_typehash(self) -> B256 {
        match self {
            Self::Braintrust => bravo::Ballot { proposalId: U256::ZERO, support: 0 }.eip712_type_hash(),
            Self::Alpha => alpha::Ballot { proposalId: U256::ZERO, support: false }.eip712_type_hash(),
        }
    }

    /// GovernorAlpha's boolean for `support`.
    ///
    /// # Errors
    /// If it is an abstention.
    pub(super) fn boolean(support: Support) -> Result<bool> {
        match support {
            Support::For => Ok(true),
            Support::Against => Ok(false),
            Support::Abstain => Err(Error::NotInAlpha("count an abstention")),
        }
    }
}

impl Governor {
    /// The EIP-712 domain: name, chain and contract, without a version, as in the Compound generation.
    pub fn domain(&self, chain_id: u64) -> Eip712Domain {
        Eip712Domain::new(
            Some(self.flavour.domain_name().into()),
            None,
            Some(U256::from(chain_id)),
            Some(self.address),
            None,
        )
    }

    /// The hash that a holder signs for [`Governor::cast_vote_by_signature`].
    ///
    /// Anyone who has the signature can cast the ballot, as long as the vote is open: it has no deadline.
    ///
    /// # Errors
    /// If the governor is GovernorAlpha and the ballot abstains or has a reason.
    pub fn ballot_digest(
        &self,
        chain_id: u64,
        id: u64,
        support: Support,
        reason: Option<&str>,
    ) -> Result<B256> {
        let domain = self.domain(chain_id);
        let id = U256::from(id);
        Ok(match (self.flavour, reason) {
            (Flavour::Braintrust, None) => {
                bravo::Ballot { proposalId: id, support: support as u8 }.eip712_signing_hash(&domain)
            }
            (Flavour::Braintrust, Some(reason)) => {
                bravo_with_reason::Ballot { proposalId: id, support: support as u8, reason: reason.into() }
                    .eip712_signing_hash(&domain)
            }
            (Flavour::Alpha, None) => alpha::Ballot { proposalId: id, support: Flavour::boolean(support)? }
                .eip712_signing_hash(&domain),
            (Flavour::Alpha, Some(_)) => return Err(Error::NotInAlpha("record a reason")),
        })
    }
}

#[cfg(test)]
mod tests {
    use alloy::{
        primitives::{Address, address, keccak256},
        sol_types::SolValue,
    };

    use super::*;

    const ADDRESS: Address = address!("1a0D3d5a43e53510f80F16905Bc96e907A47dD01");

    /// The digest as the contracts compute it, word by word.
    fn by_hand(name: &str, chain_id: u64, ballot: Vec<u8>) -> B256 {
        let domain_type = keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)");
        let domain = keccak256((domain_type, keccak256(name), U256::from(chain_id), ADDRESS).abi_encode());
        keccak256([&[0x19, 0x01], &domain[..], &keccak256(ballot)[..]].concat())
    }

    #[test]
    fn digests_are_those_of_the_contracts() {
        let bravo = Governor::new(ADDRESS, Flavour::Braintrust);
        let ballot_type = keccak256("Ballot(uint256 proposalId,uint8 support)");
        let ballot = (ballot_type, U256::from(7), U256::from(2)).abi_encode();
        let digest = bravo.ballot_digest(31_337, 7, Support::Abstain, None).unwrap();
        assert_eq!(digest, by_hand("Braintrust Governor", 31_337, ballot));

        let with_reason = keccak256("Ballot(uint256 proposalId,uint8 support,string reason)");
        let ballot = (with_reason, U256::from(7), U256::from(1), keccak256("good")).abi_encode();
        let digest = bravo.ballot_digest(31_337, 7, Support::For, Some("good")).unwrap();
        assert_eq!(digest, by_hand("Braintrust Governor", 31_337, ballot));

        let alpha = Governor::new(ADDRESS, Flavour::Alpha);
        let alpha_type = keccak256("Ballot(uint256 proposalId,bool support)");
        let ballot = (alpha_type, U256::from(7), true).abi_encode();
        let digest = alpha.ballot_digest(1, 7, Support::For, None).unwrap();
        assert_eq!(digest, by_hand("BTRST Governor Alpha", 1, ballot));

        assert_eq!(Flavour::Braintrust.ballot_typehash(), ballot_type);
        assert_eq!(Flavour::Alpha.ballot_typehash(), alpha_type);
    }

    #[test]
    fn alpha_has_neither_abstention_nor_reason() {
        let alpha = Governor::new(ADDRESS, Flavour::Alpha);
        let error = alpha.ballot_digest(1, 7, Support::Abstain, None).unwrap_err();
        assert_eq!(error.to_string(), "GovernorAlpha cannot count an abstention");
        let error = alpha.ballot_digest(1, 7, Support::For, Some("good")).unwrap_err();
        assert_eq!(error.to_string(), "GovernorAlpha cannot record a reason");
    }
}
