//! The log of a hub: every message that it accepted, in order, each chained to the one before and signed.
//!
//! The hash of an entry is `keccak256(position as 8 bytes, big-endian ‖ previous hash ‖ id of the message)`, that before
//! the first entry is zero, and the hub's key signs it in the way of `personal_sign`. The hub answers a voter with the
//! entry of the vote. So it can neither drop a vote that it has acknowledged, nor put one in between, nor show two people
//! two logs, without leaving two signatures that contradict each other.

use alloy::primitives::{Address, B256, Bytes, Keccak256};
use serde::{Deserialize, Serialize};

use crate::key::has_signed;
use crate::{Error, Relayer, Result};

/// An entry of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number, from 0.
    pub position: u64,
    /// Id of the message.
    pub id: B256,
    /// Hash of the entry before; zero for the first.
    pub previous: B256,
    /// Hash of this entry.
    pub hash: B256,
    /// The hub's signature of the hash.
    pub signature: Bytes,
}

impl Entry {
    /// The next entry after `previous`, for the message `id`.
    ///
    /// # Errors
    /// [`Error::Key`].
    pub fn sign(position: u64, previous: B256, id: B256, relayer: &Relayer) -> Result<Self> {
        let hash = hash_of(position, previous, id);
        Ok(Self { position, id, previous, hash, signature: relayer.sign(hash.as_slice())? })
    }

    /// Whether `hub` has signed this entry.
    ///
    /// # Errors
    /// [`Error::Log`] with what is wrong.
    pub fn verify(&self, hub: Address) -> Result<()> {
        let wrong = |what| Err(Error::Log { position: self.position, what });
        if self.hash != hash_of(self.position, self.previous, self.id) {
            return wrong("has another hash than it states");
        }
        if !has_signed(hub, self.hash.as_slice(), &self.signature) {
            return wrong("is not signed by the hub");
        }
        Ok(())
    }
}

fn hash_of(position: u64, previous: B256, id: B256) -> B256 {
    let mut hash = Keccak256::new();
    hash.update(position.to_be_bytes());
    hash.update(previous);
    hash.update(id);
    hash.finalize()
}

/// Reads a log from its begin, entry by entry.
#[derive(Clone, Debug)]
pub struct Verifier {
    hub: Address,
    next: u64,
    hash: B256,
}

impl Verifier {
    /// For the log of `hub`.
    #[must_use]
    pub const fn new(hub: Address) -> Self {
        Self { hub, next: 0, hash: B256::ZERO }
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// [`Error::Log`]: it is not the next one, was changed, or is not signed by the hub.
    pub fn take(&mut self, entry: &Entry) -> Result<()> {
        let wrong = |what| Err(Error::Log { position: entry.position, what });
        if entry.position != self.next {
            return wrong("is not the next one");
        }
        if entry.previous != self.hash {
            return wrong("does not follow the one before");
        }
        entry.verify(self.hub)?;
        (self.next, self.hash) = (self.next + 1, entry.hash);
        Ok(())
    }

    /// Number of entries so far.
    #[must_use]
    pub const fn entries(&self) -> u64 {
        self.next
    }

    /// Hash of the last entry; zero before the first.
    #[must_use]
    pub const fn head(&self) -> B256 {
        self.hash
    }
}

#[cfg(test)]
mod tests {
    use alloy::signers::local::PrivateKeySigner;

    use super::*;

    fn log(relayer: &Relayer) -> Vec<Entry> {
        let mut previous = B256::ZERO;
        let mut next = |position: u64| {
            let entry =
                Entry::sign(position, previous, B256::repeat_byte(position as u8 + 1), relayer).unwrap();
            previous = entry.hash;
            entry
        };
        (0..4).map(&mut next).collect()
    }

    fn verify(hub: Address, log: &[Entry]) -> Result<B256> {
        let mut verifier = Verifier::new(hub);
        log.iter().try_for_each(|entry| verifier.take(entry))?;
        Ok(verifier.head())
    }

    #[test]
    fn what_a_hub_changes_shows() {
        let relayer = Relayer::new(PrivateKeySigner::random());
        let hub = relayer.address();
        let whole = log(&relayer);
        assert_eq!(verify(hub, &whole).unwrap(), whole[3].hash);

        type Change = fn(&mut Vec<Entry>);
        let table: [(Change, &str); 6] = [
            (|log| drop(log.remove(1)), "entry 2 of the log is not the next one"),
            (|log| drop(log.remove(0)), "entry 1 of the log is not the next one"),
            (|log| log.swap(1, 2), "entry 2 of the log is not the next one"),
            (|log| log[1].id = B256::ZERO, "entry 1 of the log has another hash than it states"),
            (|log| log[2].previous = B256::ZERO, "entry 2 of the log does not follow the one before"),
            (
                |log| log[3].signature = log[2].signature.clone(),
                "entry 3 of the log is not signed by the hub",
            ),
        ];
        for (change, reason) in table {
            let mut log = whole.clone();
            change(&mut log);
            assert_eq!(verify(hub, &log).unwrap_err().to_string(), reason);
        }
        assert!(verify(Address::ZERO, &whole).is_err());

        // A whole log of its own is well signed, and contradicts what the hub has signed before.
        let mut other = whole[..1].to_vec();
        other.push(Entry::sign(1, whole[0].hash, B256::ZERO, &relayer).unwrap());
        assert_ne!(verify(hub, &other).unwrap(), whole[1].hash);
    }
}
