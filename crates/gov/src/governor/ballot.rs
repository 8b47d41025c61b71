//! What a holder signs to vote without sending a transaction (EIP-712).

use alloy::{
    primitives::{Address, B256, U256},
    providers::Provider,
    sol_types::{Eip712Domain, SolStruct},
};
use btrst_bindings::BraintrustGovernor;

use super::{Flavour, Governor, Support, events::number, reads::read};
use crate::{Error, Result, typed::TypedMessage};

/// Four structs have the name `Ballot`, and the name is part of what is signed.
mod bravo {
    alloy::sol! {
        #[derive(serde::Serialize)]
        struct Ballot {
            uint256 proposalId;
            uint8 support;
        }
    }
}

mod bravo_with_reason {
    alloy::sol! {
        #[derive(serde::Serialize)]
        struct Ballot {
            uint256 proposalId;
            uint8 support;
            string reason;
        }
    }
}

mod of_wallet {
    alloy::sol! {
        #[derive(serde::Serialize)]
        struct Ballot {
            uint256 proposalId;
            uint8 support;
            address voter;
            uint256 nonce;
        }
    }
}

mod alpha {
    alloy::sol! {
        #[derive(serde::Serialize)]
        struct Ballot {
            uint256 proposalId;
            bool support;
        }
    }
}

/// A ballot to be signed.
///
/// Anyone who has the signature can cast it, as long as the vote is open: it has no deadline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ballot {
    /// The proposal.
    pub id: u64,
    /// What it says.
    pub support: Support,
    /// Why.
    pub reason: Option<String>,
    /// The wallet that votes and its next nonce, where the voter is a contract (ERC-1271). The ballot of an account
    /// names nobody: whoever signed it votes.
    pub wallet: Option<(Address, u64)>,
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
    /// The EIP-712 domain: name, chain and contract, without a version, as in the Compound generation. The name is the
    /// one that the governor gives itself: those of the Compound generation differ in it.
    ///
    /// # Errors
    /// If the governor does not answer.
    pub async fn domain<P: Provider>(&self, provider: &P, chain_id: u64) -> Result<Eip712Domain> {
        let name = read("name", BraintrustGovernor::new(self.address, provider).name()).await?;
        Ok(self.domain_named(name, chain_id))
    }

    fn domain_named(&self, name: String, chain_id: u64) -> Eip712Domain {
        Eip712Domain::new(Some(name.into()), None, Some(U256::from(chain_id)), Some(self.address), None)
    }

    /// What a holder signs for [`Governor::cast_vote_by_signature`], or a wallet for
    /// [`Governor::cast_vote_of_wallet`].
    ///
    /// # Errors
    /// If the governor is GovernorAlpha and the ballot abstains, has a reason or is that of a wallet, or if a wallet's
    /// ballot has a reason.
    pub fn ballot_message(&self, domain: Eip712Domain, ballot: &Ballot) -> Result<TypedMessage> {
        let (id, support) = (U256::from(ballot.id), ballot.support as u8);
        Ok(match (self.flavour, &ballot.reason, ballot.wallet) {
            (Flavour::Braintrust, None, None) => {
                TypedMessage::new(&bravo::Ballot { proposalId: id, support }, domain)
            }
            (Flavour::Braintrust, Some(reason), None) => {
                let reason = reason.clone();
                TypedMessage::new(&bravo_with_reason::Ballot { proposalId: id, support, reason }, domain)
            }
            (Flavour::Braintrust, None, Some((voter, nonce))) => {
                let nonce = U256::from(nonce);
                TypedMessage::new(&of_wallet::Ballot { proposalId: id, support, voter, nonce }, domain)
            }
            (Flavour::Braintrust, Some(_), Some(_)) => return Err(Error::ReasonOfWallet),
            (Flavour::Alpha, None, None) => {
                let support = Flavour::boolean(ballot.support)?;
                TypedMessage::new(&alpha::Ballot { proposalId: id, support }, domain)
            }
            (Flavour::Alpha, Some(_), _) => return Err(Error::NotInAlpha("record a reason")),
            (Flavour::Alpha, None, Some(_)) => {
                return Err(Error::NotInAlpha("take the signature of a contract wallet"));
            }
        })
    }

    /// Next nonce of `wallet` for its signed ballots.
    ///
    /// # Errors
    /// If the governor is GovernorAlpha or does not answer.
    pub async fn ballot_nonce<P: Provider>(&self, provider: &P, wallet: Address) -> Result<u64> {
        if self.flavour == Flavour::Alpha {
            return Err(Error::NotInAlpha("take the signature of a contract wallet"));
        }
        let contract = BraintrustGovernor::new(self.address, provider);
        number("nonce", read("nonces", contract.nonces(wallet)).await?)
    }
}

#[cfg(test)]
mod tests {
    use alloy::{
        primitives::{address, keccak256},
        sol_types::SolValue,
    };

    use super::*;

    const ADDRESS: Address = address!("1a0D3d5a43e53510f80F16905Bc96e907A47dD01");
    const WALLET: Address = Address::repeat_byte(9);

    /// The digest as the contracts compute it, word by word.
    fn by_hand(name: &str, chain_id: u64, ballot: Vec<u8>) -> B256 {
        let domain_type = keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)");
        let domain = keccak256((domain_type, keccak256(name), U256::from(chain_id), ADDRESS).abi_encode());
        keccak256([&[0x19, 0x01], &domain[..], &keccak256(ballot)[..]].concat())
    }

    fn ballot(support: Support, reason: Option<&str>, wallet: Option<(Address, u64)>) -> Ballot {
        Ballot { id: 7, support, reason: reason.map(str::to_owned), wallet }
    }

    #[test]
    fn digests_are_those_of_the_contracts() {
        let digest = |flavour: Flavour, chain_id, ballot: &Ballot| {
            let governor = Governor::new(ADDRESS, flavour);
            let domain = governor.domain_named(flavour.domain_name().into(), chain_id);
            let message = governor.ballot_message(domain, ballot).unwrap();
            // What a wallet computes out of the document is the same.
            assert_eq!(message.data.eip712_signing_hash().unwrap(), message.digest);
            assert_eq!(message.data.hash_struct().unwrap(), message.struct_hash);
            message.digest
        };
        let ballot_type = keccak256("Ballot(uint256 proposalId,uint8 support)");
        let encoded = (ballot_type, U256::from(7), U256::from(2)).abi_encode();
        let signed = digest(Flavour::Braintrust, 31_337, &ballot(Support::Abstain, None, None));
        assert_eq!(signed, by_hand("Braintrust Governor", 31_337, encoded));

        let with_reason = keccak256("Ballot(uint256 proposalId,uint8 support,string reason)");
        let encoded = (with_reason, U256::from(7), U256::from(1), keccak256("good")).abi_encode();
        let signed = digest(Flavour::Braintrust, 31_337, &ballot(Support::For, Some("good"), None));
        assert_eq!(signed, by_hand("Braintrust Governor", 31_337, encoded));

        let named = keccak256("Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)");
        let encoded = (named, U256::from(7), U256::from(0), WALLET, U256::from(4)).abi_encode();
        let signed = digest(Flavour::Braintrust, 1, &ballot(Support::Against, None, Some((WALLET, 4))));
        assert_eq!(signed, by_hand("Braintrust Governor", 1, encoded));

        let alpha_type = keccak256("Ballot(uint256 proposalId,bool support)");
        let encoded = (alpha_type, U256::from(7), true).abi_encode();
        let signed = digest(Flavour::Alpha, 1, &ballot(Support::For, None, None));
        assert_eq!(signed, by_hand("BTRST Governor Alpha", 1, encoded));

        assert_eq!(Flavour::Braintrust.ballot_typehash(), ballot_type);
        assert_eq!(Flavour::Alpha.ballot_typehash(), alpha_type);
    }

    #[test]
    fn what_a_governor_does_not_take_is_refused() {
        let refused = |flavour, ballot: &Ballot| {
            let governor = Governor::new(ADDRESS, flavour);
            governor.ballot_message(Eip712Domain::default(), ballot).unwrap_err().to_string()
        };
        let wallet = Some((WALLET, 0));
        let table = [
            (
                Flavour::Alpha,
                ballot(Support::Abstain, None, None),
                "GovernorAlpha cannot count an abstention",
            ),
            (Flavour::Alpha, ballot(Support::For, Some("x"), None), "GovernorAlpha cannot record a reason"),
            (
                Flavour::Alpha,
                ballot(Support::For, None, wallet),
                "GovernorAlpha cannot take the signature of a contract wallet",
            ),
            (
                Flavour::Braintrust,
                ballot(Support::For, Some("x"), wallet),
                "a contract wallet's signed ballot has no reason",
            ),
        ];
        for (flavour, ballot, message) in table {
            assert_eq!(refused(flavour, &ballot), message);
        }
    }
}
