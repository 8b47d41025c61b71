//! Proofs that an endpoint told the truth about what was read.

use std::collections::{BTreeMap, HashMap};

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::rlp::encode;
use alloy::rpc::types::EIP1186AccountProofResponse;
use alloy_trie::proof::verify_proof;
use alloy_trie::{EMPTY_ROOT_HASH, Nibbles, TrieAccount};

use super::{AccountState, Remote, Witness};
use crate::{Error, Result};

/// What was proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Accounts.
    pub accounts: usize,
    /// Slots.
    pub slots: usize,
    /// Block hashes.
    pub block_hashes: usize,
}

/// Checks everything in `witness` against the state root of its header, by proofs of the endpoint of `remote`, and the
/// header against its hash. What the proofs do not confirm is an error, so that whoever trusts the hash of the block
/// need not trust the endpoint.
///
/// # Errors
/// [`Error::Unproven`] with the account, slot or block; [`Error::State`] when the endpoint gives no proofs.
pub fn verify(witness: &Witness, remote: &Remote) -> Result<Proven> {
    let pinned = &witness.pinned;
    pinned.verify()?;
    let none = BTreeMap::new();
    for (address, proof) in remote.proofs(witness)? {
        let account = witness.accounts.get(&address);
        let storage_root = verify_account(pinned.header.state_root, address, account, &proof)?;
        verify_slots(address, storage_root, witness.slots.get(&address).unwrap_or(&none), &proof)?;
    }
    verify_block_hashes(witness, remote)?;
    Ok(Proven {
        accounts: witness.accounts.len(),
        slots: witness.slot_count(),
        block_hashes: witness.block_hashes.len(),
    })
}

/// Root of the storage of the account at `address`, which is `account` if that was read.
fn verify_account(
    state_root: B256,
    address: Address,
    account: Option<&AccountState>,
    proof: &EIP1186AccountProofResponse,
) -> Result<B256> {
    // Where only slots were read, the rest of the account is what the proof shows.
    let said = match account {
        Some(account) => TrieAccount {
            nonce: account.nonce,
            balance: account.balance,
            storage_root: proof.storage_hash,
            code_hash: keccak256(&account.code),
        },
        None => TrieAccount {
            nonce: proof.nonce,
            balance: proof.balance,
            storage_root: proof.storage_hash,
            code_hash: proof.code_hash,
        },
    };
    let key = Nibbles::unpack(keccak256(address));
    let checked = verify_proof(state_root, key, Some(encode(said)), &proof.account_proof);
    let Err(error) = checked else { return Ok(proof.storage_hash) };
    // What is empty may as well not be there.
    let is_empty = said.nonce == 0 && said.balance.is_zero() && account.is_none_or(|it| it.code.is_empty());
    if is_empty && verify_proof(state_root, key, None, &proof.account_proof).is_ok() {
        return Ok(EMPTY_ROOT_HASH);
    }
    Err(Error::Unproven {
        what: format!("the account `{address}`"),
        said: format!("nonce {}, balance {}, code hash {}", said.nonce, said.balance, said.code_hash),
        reason: error.to_string(),
    })
}

fn verify_slots(
    address: Address,
    root: B256,
    slots: &BTreeMap<U256, U256>,
    proof: &EIP1186AccountProofResponse,
) -> Result<()> {
    let proofs: HashMap<B256, &[Bytes]> =
        proof.storage_proof.iter().map(|proof| (proof.key.as_b256(), &proof.proof[..])).collect();
    for (slot, word) in slots {
        let key = B256::from(*slot);
        let path = Nibbles::unpack(keccak256(key));
        // A trie without entries has no proof, and needs none.
        let nodes = if root == EMPTY_ROOT_HASH { &[] } else { proofs.get(&key).copied().unwrap_or_default() };
        let is_there = |word: &U256| verify_proof(root, path, Some(encode(word)), nodes);
        let checked = if word.is_zero() {
            // Ethereum removes what is zero; anvil keeps it as zero, which proves the same.
            verify_proof(root, path, None, nodes).or_else(|error| is_there(word).map_err(|_| error))
        } else {
            is_there(word)
        };
        checked.map_err(|error| Error::Unproven {
            what: format!("slot `{slot:#x}` of `{address}`"),
            said: format!("{word:#x}"),
            reason: error.to_string(),
        })?;
    }
    Ok(())
}

/// Follows the parents of the pinned block back to the oldest block whose hash was read.
fn verify_block_hashes(witness: &Witness, remote: &Remote) -> Result<()> {
    let Some(oldest) = witness.block_hashes.keys().next().copied() else { return Ok(()) };
    let unproven = |number: u64, said: B256, proven: B256| Error::Unproven {
        what: format!("the hash of block {number}"),
        said: said.to_string(),
        reason: format!("the chain of parents has `{proven}`"),
    };
    let mut expected = witness.pinned.header.parent_hash;
    let last = witness.pinned.header.number.saturating_sub(1);
    for (number, (_, header)) in (0..=last).rev().zip(remote.headers(oldest, last)?.into_iter().rev()) {
        let hash = header.hash_slow();
        if hash != expected {
            return Err(unproven(number, hash, expected));
        }
        if let Some(said) = witness.block_hashes.get(&number)
            && *said != hash
        {
            return Err(unproven(number, *said, hash));
        }
        expected = header.parent_hash;
    }
    match witness.block_hashes.keys().next_back() {
        Some(newest) if *newest > last => Err(Error::Unproven {
            what: format!("the hash of block {newest}"),
            said: "known".into(),
            reason: "it is not before the pinned block".into(),
        }),
        _ => Ok(()),
    }
}
