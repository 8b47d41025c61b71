//! Proofs that an endpoint told the truth about what was read.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use alloy::consensus::Header;
use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::rlp::encode;
use alloy::rpc::types::EIP1186AccountProofResponse;
use alloy_trie::proof::verify_proof;
use alloy_trie::{EMPTY_ROOT_HASH, Nibbles, TrieAccount};
use serde::{Deserialize, Serialize};

use super::{AccountState, Remote, Witness};
use crate::{Error, Result};

/// What was proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Proven {
    /// Accounts.
    pub accounts: usize,
    /// Slots.
    pub slots: usize,
    /// Block hashes.
    pub block_hashes: usize,
}

/// Proofs of all that a witness has. They can be kept, and verified without a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proofs {
    /// By account, with its slots.
    accounts: BTreeMap<Address, EIP1186AccountProofResponse>,
    /// The headers from the oldest block whose hash was read to the one before the pinned block, by number.
    headers: BTreeMap<u64, Header>,
}

impl Proofs {
    /// Asks the endpoint of `remote` for proofs of everything in `witness`. Whether they hold says
    /// [`Proofs::verify`].
    ///
    /// # Errors
    /// [`Error::State`] when the endpoint gives no proofs.
    pub fn ask(witness: &Witness, remote: &Remote) -> Result<Self> {
        let accounts = remote.proofs(witness)?.into_iter().collect();
        let last = witness.pinned.header.number.saturating_sub(1);
        let headers = match witness.block_hashes.keys().next() {
            Some(oldest) => {
                let headers = remote.headers(*oldest, last)?.into_iter().map(|(_, header)| header);
                (*oldest..=last).zip(headers).collect()
            }
            None => BTreeMap::new(),
        };
        Ok(Self { accounts, headers })
    }

    /// Checks everything in `witness` against the state root of its header, and the header against its hash. What the
    /// proofs do not confirm is an error, so that whoever trusts the hash of the block need not trust the endpoint.
    ///
    /// # Errors
    /// [`Error::Unproven`] with the account, slot or block.
    pub fn verify(&self, witness: &Witness) -> Result<Proven> {
        let pinned = &witness.pinned;
        pinned.verify()?;
        let none = BTreeMap::new();
        let addresses: BTreeSet<_> = witness.accounts.keys().chain(witness.slots.keys()).collect();
        for address in addresses {
            let proof = self.accounts.get(address).ok_or_else(|| Error::Unproven {
                what: format!("the account `{address}`"),
                said: "known".into(),
                reason: "there is no proof of it".into(),
            })?;
            let account = witness.accounts.get(address);
            let storage_root = verify_account(pinned.header.state_root, *address, account, proof)?;
            verify_slots(*address, storage_root, witness.slots.get(address).unwrap_or(&none), proof)?;
        }
        self.verify_block_hashes(witness)?;
        Ok(Proven {
            accounts: witness.accounts.len(),
            slots: witness.slot_count(),
            block_hashes: witness.block_hashes.len(),
        })
    }

    /// Follows the parents of the pinned block back to the oldest block whose hash was read.
    fn verify_block_hashes(&self, witness: &Witness) -> Result<()> {
        let Some(oldest) = witness.block_hashes.keys().next().copied() else { return Ok(()) };
        let unproven = |number: u64, said: String, reason: String| Error::Unproven {
            what: format!("the hash of block {number}"),
            said,
            reason,
        };
        let mut expected = witness.pinned.header.parent_hash;
        for number in (oldest..witness.pinned.header.number).rev() {
            let header = self
                .headers
                .get(&number)
                .ok_or_else(|| unproven(number, "known".into(), "there is no header of that block".into()))?;
            let hash = header.hash_slow();
            let said = witness.block_hashes.get(&number).copied().unwrap_or(hash);
            if hash != expected || said != expected {
                let other = if hash == expected { said } else { hash };
                return Err(unproven(
                    number,
                    other.to_string(),
                    format!("the chain of parents has `{expected}`"),
                ));
            }
            expected = header.parent_hash;
        }
        match witness.block_hashes.keys().next_back() {
            Some(newest) if *newest >= witness.pinned.header.number => {
                Err(unproven(*newest, "known".into(), "it is not before the pinned block".into()))
            }
            _ => Ok(()),
        }
    }
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
