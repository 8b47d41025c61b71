//! Signatures of contract wallets: the contract says whether it stands by a message (ERC-1271), also before it is
//! deployed (EIP-6492).

use alloy::eips::BlockId;
use alloy::primitives::{Address, B256, Bytes, FixedBytes, b256};
use alloy::sol_types::{SolCall, SolValue};
use btrst_chain::Chain;

use crate::deployless::{Question, ask};
use crate::signature::Fault;
use crate::{Envelope, Result};

/// End of a signature that says how the wallet is deployed.
const WRAPPED: B256 = b256!("0x6492649264926492649264926492649264926492649264926492649264926492");

/// Most bytes of a signature that a wallet is asked about; a wallet of a hundred owners needs fewer.
const MAX_SIGNATURE: usize = 8_192;

mod abi {
    alloy::sol! {
        interface IWallet {
            function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4);
        }
        interface IOldWallet {
            function isValidSignature(bytes message, bytes signature) external view returns (bytes4);
        }
    }
}

use abi::{IOldWallet, IWallet};

/// Who has signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The key of the account.
    Key,
    /// The contract at the account's address, or that will be there.
    Wallet,
}

/// Whether the account of `envelope` has signed it: its key, or the wallet at its address on `chain`. Without a chain,
/// only keys sign.
///
/// # Errors
/// [`crate::Error::Chain`] when the endpoint does not answer; a signature that is none is no error but a fault.
pub async fn verify(envelope: &Envelope, chain: Option<&Chain>) -> Result<Result<Signer, Fault>> {
    let fault = match envelope.verify_key() {
        Ok(()) => return Ok(Ok(Signer::Key)),
        Err(fault) => fault,
    };
    let Some(chain) = chain else { return Ok(Err(fault)) };
    let (address, signature) = (envelope.address(), envelope.signature());
    let accepted = accepts(chain, address, envelope.id(), signature).await?;
    Ok(if accepted { Ok(Signer::Wallet) } else { Err(fault) })
}

/// Whether the wallet at `address` stands by `signature` of `digest`. The signature may be empty, as with a wallet that
/// has approved the message on chain. Whatever but the word of the standard is a no.
///
/// # Errors
/// [`crate::Error::Chain`] when the endpoint does not answer.
pub async fn accepts(chain: &Chain, address: Address, digest: B256, signature: &Bytes) -> Result<bool> {
    if signature.len() > MAX_SIGNATURE {
        return Ok(false);
    }
    let is_deployed = !chain.code(address).await?.is_empty();
    let wrapped = signature.strip_suffix(WRAPPED.as_slice());
    let (deployment, signature) = match wrapped {
        Some(wrapped) => {
            let Ok((factory, call, signature)) = <(Address, Bytes, Bytes)>::abi_decode_params(wrapped) else {
                return Ok(false);
            };
            (Some(Question { to: factory, data: call, changes: true }), signature)
        }
        None => (None, signature.clone()),
    };
    let mut questions: Vec<_> = deployment.into_iter().filter(|_| !is_deployed).collect();
    if questions.is_empty() && !is_deployed {
        return Ok(false);
    }
    let modern = IWallet::isValidSignatureCall { hash: digest, signature: signature.clone() };
    let old = IOldWallet::isValidSignatureCall { message: digest.into(), signature };
    questions.push(Question::view(address, modern.abi_encode().into()));
    questions.push(Question::view(address, old.abi_encode().into()));
    let answers = ask(chain, BlockId::latest(), &questions).await?;
    let said = |index: usize, word: [u8; 4]| {
        let expected = FixedBytes::<32>::right_padding_from(&word);
        answers.iter().rev().nth(index).copied().flatten() == Some(expected)
    };
    // The word for yes is the selector of the question.
    Ok(said(1, IWallet::isValidSignatureCall::SELECTOR)
        || said(0, IOldWallet::isValidSignatureCall::SELECTOR))
}
