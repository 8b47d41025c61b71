//! Delegations that a holder signs and somebody else sends (EIP-712).

use alloy::{
    primitives::{Address, Bytes, U256},
    providers::Provider,
    sol_types::{Eip712Domain, SolCall},
};
use btrst_bindings::BTRST;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Result,
    governor::{Call, number, read},
    typed::{self, Fault, TypedMessage},
};

/// What the file of a signed delegation is.
const KIND: &str = "delegation";

mod erc5805 {
    alloy::sol! {
        #[derive(serde::Serialize)]
        struct Delegation {
            address delegatee;
            uint256 nonce;
            uint256 expiry;
        }
    }
}

/// A delegation to be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delegation {
    /// Who gets the votes.
    pub delegatee: Address,
    /// The holder's next nonce at the token, which its permits share.
    pub nonce: u64,
    /// Unix time in seconds until which it is good, inclusive.
    pub expiry: u64,
}

impl Delegation {
    /// What the holder signs.
    pub fn message(&self, domain: Eip712Domain) -> TypedMessage {
        let (nonce, expiry) = (U256::from(self.nonce), U256::from(self.expiry));
        TypedMessage::new(&erc5805::Delegation { delegatee: self.delegatee, nonce, expiry }, domain)
    }
}

/// A delegation that its holder signed, to be sent by anyone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedDelegation {
    /// Chain of the token.
    pub chain_id: u64,
    /// The governance token.
    #[serde(serialize_with = "typed::checksummed")]
    pub token: Address,
    /// Who signed it.
    #[serde(serialize_with = "typed::checksummed")]
    pub delegator: Address,
    /// Who gets the votes.
    #[serde(serialize_with = "typed::checksummed")]
    pub delegatee: Address,
    /// The delegator's nonce at the token.
    pub nonce: u64,
    /// Unix time in seconds until which it is good, inclusive.
    pub expiry: u64,
    /// Of 65 bytes.
    pub signature: Bytes,
}

impl SignedDelegation {
    /// Reads the file that [`SignedDelegation::render`] wrote.
    ///
    /// # Errors
    /// [`Error::NotSigned`], [`Error::SchemaVersion`].
    pub fn parse(text: &str) -> Result<Self> {
        typed::parse(KIND, text)
    }

    /// The delegation as a JSON file.
    ///
    /// # Errors
    /// Never for a delegation of these tools.
    pub fn render(&self) -> Result<String> {
        typed::render(KIND, self)
    }

    /// What was signed.
    pub const fn delegation(&self) -> Delegation {
        Delegation { delegatee: self.delegatee, nonce: self.nonce, expiry: self.expiry }
    }

    /// What is wrong with it at `token` of the chain `chain_id` at the time `now` (Unix time in seconds).
    ///
    /// # Errors
    /// If the token does not answer.
    pub async fn fault<P: Provider>(
        &self,
        provider: &P,
        token: Address,
        chain_id: u64,
        now: u64,
    ) -> Result<Option<Fault>> {
        if self.chain_id != chain_id {
            return Ok(Some(Fault::OtherChain { chain_id: self.chain_id }));
        }
        if self.token != token {
            return Ok(Some(Fault::OtherContract { named: self.token }));
        }
        let message = self.delegation().message(domain(provider, token, chain_id).await?);
        let actual = typed::signature(&self.signature).and_then(|signature| message.signer(&signature));
        if actual != Some(self.delegator) {
            return Ok(Some(Fault::WrongSigner { named: self.delegator, actual }));
        }
        if self.expiry < now {
            return Ok(Some(Fault::Expired { expiry: self.expiry }));
        }
        let next = nonce(provider, token, self.delegator).await?;
        Ok((next != self.nonce).then_some(Fault::Nonce { signed: self.nonce, next }))
    }

    /// The call that delegates. Anyone may send it.
    ///
    /// # Errors
    /// [`Error::NotSigned`] where the signature is none.
    pub fn call(&self) -> Result<Call> {
        let signature = typed::signature(&self.signature).ok_or_else(|| Error::NotSigned {
            what: KIND,
            reason: "its signature is not one of an account".into(),
        })?;
        let call = BTRST::delegateBySigCall {
            delegatee: self.delegatee,
            nonce: U256::from(self.nonce),
            expiry: U256::from(self.expiry),
            v: 27 + u8::from(signature.v()),
            r: signature.r().into(),
            s: signature.s().into(),
        };
        let what = format!("delegate the votes of {} to {} by signature", self.delegator, self.delegatee);
        Ok(Call { to: self.token, value: U256::ZERO, data: call.abi_encode().into(), what })
    }
}

/// The token's EIP-712 domain: its name, the chain and its address, without a version, as in COMP.
///
/// # Errors
/// If the token does not answer.
pub async fn domain<P: Provider>(provider: &P, token: Address, chain_id: u64) -> Result<Eip712Domain> {
    let name = read("name", BTRST::new(token, provider).name()).await?;
    Ok(Eip712Domain::new(Some(name.into()), None, Some(U256::from(chain_id)), Some(token), None))
}

/// Next nonce of `account` at `token`.
///
/// # Errors
/// If the token does not answer.
pub async fn nonce<P: Provider>(provider: &P, token: Address, account: Address) -> Result<u64> {
    number("nonce", read("nonces", BTRST::new(token, provider).nonces(account)).await?)
}

#[cfg(test)]
mod tests {
    use alloy::{primitives::keccak256, sol_types::SolValue};

    use super::*;

    #[test]
    fn what_is_signed_is_what_the_token_checks() {
        let (token, delegatee) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let domain =
            Eip712Domain::new(Some("Braintrust".into()), None, Some(U256::from(5)), Some(token), None);
        let message = Delegation { delegatee, nonce: 3, expiry: 9 }.message(domain);
        let kind = keccak256("Delegation(address delegatee,uint256 nonce,uint256 expiry)");
        let hash = keccak256((kind, delegatee, U256::from(3), U256::from(9)).abi_encode());
        let domain_type = keccak256("EIP712Domain(string name,uint256 chainId,address verifyingContract)");
        let separator = keccak256((domain_type, keccak256("Braintrust"), U256::from(5), token).abi_encode());
        let digest = keccak256([&[0x19, 0x01], &separator[..], &hash[..]].concat());
        assert_eq!(
            (message.domain_separator, message.struct_hash, message.digest),
            (separator, hash, digest)
        );
    }

    #[test]
    fn files_come_back() {
        let signed = SignedDelegation {
            chain_id: 1,
            token: Address::repeat_byte(1),
            delegator: Address::repeat_byte(2),
            delegatee: Address::repeat_byte(3),
            nonce: 4,
            expiry: 5,
            signature: Bytes::from(vec![7; 65]),
        };
        let text = signed.render().unwrap();
        assert_eq!(SignedDelegation::parse(&text).unwrap(), signed);
        let error = SignedDelegation::parse(&text.replace("\"delegation\"", "\"ballot\"")).unwrap_err();
        assert_eq!(error.to_string(), "this is not a signed delegation: its kind is `ballot`");
    }
}
