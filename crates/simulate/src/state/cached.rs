//! State on disk, by chain and block.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use alloy::primitives::{Address, B256, U256};
use serde::{Deserialize, Serialize};

use super::{AccountState, Pinned, StateSource, Wanted, Witness};
use crate::{Error, Result};

/// One line of the file.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    /// The block; always first.
    Pinned(Box<Pinned>),
    Account(Address, AccountState),
    Slot(Address, U256, U256),
    BlockHash(u64, B256),
}

/// Reads from a file, and from another source what is not in it.
///
/// The file has one line of JSON for each thing that was read, and only ever grows. What is after the last whole line,
/// as after a crash, is ignored. A file with a line that makes no sense is thrown away, and all is read again.
#[derive(Debug)]
pub struct Cached<S> {
    source: S,
    path: PathBuf,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    file: File,
    witness: Witness,
}

impl<S: StateSource> Cached<S> {
    /// Opens or makes the file of the block of `source` in `folder`.
    ///
    /// # Errors
    /// [`Error::Cache`].
    pub fn open(folder: &Path, source: S) -> Result<Self> {
        let pinned = source.pinned().clone();
        fs::create_dir_all(folder).map_err(|source| Error::Cache { path: folder.into(), source })?;
        let path = path(folder, pinned.chain_id, pinned.hash);
        let failed = |source| Error::Cache { path: path.clone(), source };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            // Not text: damaged.
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => String::new(),
            Err(error) => return Err(failed(error)),
        };
        let read = read(&text).filter(|(witness, _)| witness.pinned == pinned);
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        let (witness, length) = read.unwrap_or_else(|| (Witness::new(pinned), 0));
        let file = options.open(&path).map_err(failed)?;
        file.set_len(length).map_err(failed)?;
        let known = Mutex::new(Known { file, witness });
        let cached = Self { source, path, known };
        if length == 0 {
            let first = Line::Pinned(Box::new(cached.source.pinned().clone()));
            cached.write(&mut cached.lock(), [&first])?;
        }
        Ok(cached)
    }

    /// The source behind it.
    pub const fn source(&self) -> &S {
        &self.source
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends `lines` in one go, so that each is there as a whole or not at all whoever else writes.
    fn write<'a>(&self, known: &mut Known, lines: impl IntoIterator<Item = &'a Line>) -> Result<()> {
        let failed = |source| Error::Cache { path: self.path.clone(), source };
        let mut text = Vec::new();
        for line in lines {
            serde_json::to_writer(&mut text, line).map_err(|error| failed(error.into()))?;
            text.push(b'\n');
        }
        known.file.write_all(&text).map_err(failed)
    }
}

/// The block `hash` of chain `chain_id`, if `folder` has its state. So a check can be repeated without a chain.
#[must_use]
pub fn find(folder: &Path, chain_id: u64, hash: B256) -> Option<Pinned> {
    let text = fs::read_to_string(path(folder, chain_id, hash)).ok()?;
    let (witness, _) = read(&text)?;
    (witness.pinned.chain_id == chain_id && witness.pinned.hash == hash).then_some(witness.pinned)
}

fn path(folder: &Path, chain_id: u64, hash: B256) -> PathBuf {
    folder.join(format!("{chain_id}-{hash}.jsonl"))
}

/// What `text` has, and how many bytes its whole lines have; `None` when one of them makes no sense.
fn read(text: &str) -> Option<(Witness, u64)> {
    let (whole, _) = text.rsplit_once('\n')?;
    let mut lines = whole.lines().map(serde_json::from_str::<Line>);
    let Line::Pinned(pinned) = lines.next()?.ok()? else { return None };
    let mut witness = Witness::new(*pinned);
    for line in lines {
        match line.ok()? {
            Line::Pinned(again) => {
                // Two processes that began at once have written it twice.
                if *again != witness.pinned {
                    return None;
                }
            }
            Line::Account(address, account) => drop(witness.accounts.insert(address, account)),
            Line::Slot(address, slot, word) => {
                witness.slots.entry(address).or_default().insert(slot, word);
            }
            Line::BlockHash(number, hash) => drop(witness.block_hashes.insert(number, hash)),
        }
    }
    let length = u64::try_from(whole.len()).ok()?.checked_add(1)?;
    Some((witness, length))
}

impl<S: StateSource> StateSource for Cached<S> {
    fn pinned(&self) -> &Pinned {
        self.source.pinned()
    }

    fn account(&self, address: Address) -> Result<AccountState> {
        if let Some(account) = self.lock().witness.accounts.get(&address) {
            return Ok(account.clone());
        }
        let account = self.source.account(address)?;
        let mut known = self.lock();
        self.write(&mut known, [&Line::Account(address, account.clone())])?;
        known.witness.accounts.insert(address, account.clone());
        Ok(account)
    }

    fn slot(&self, address: Address, slot: U256) -> Result<U256> {
        if let Ok(word) = self.lock().witness.slot(address, slot) {
            return Ok(word);
        }
        let word = self.source.slot(address, slot)?;
        let mut known = self.lock();
        self.write(&mut known, [&Line::Slot(address, slot, word)])?;
        known.witness.slots.entry(address).or_default().insert(slot, word);
        Ok(word)
    }

    fn block_hash(&self, number: u64) -> Result<B256> {
        if let Some(hash) = self.lock().witness.block_hashes.get(&number) {
            return Ok(*hash);
        }
        let hash = self.source.block_hash(number)?;
        let mut known = self.lock();
        self.write(&mut known, [&Line::BlockHash(number, hash)])?;
        known.witness.block_hashes.insert(number, hash);
        Ok(hash)
    }

    fn known_account(&self, address: Address) -> Option<AccountState> {
        let known = self.lock().witness.accounts.get(&address).cloned();
        known.or_else(|| self.source.known_account(address))
    }

    fn known_slot(&self, address: Address, slot: U256) -> Option<U256> {
        let known = self.lock().witness.known_slot(address, slot);
        known.or_else(|| self.source.known_slot(address, slot))
    }

    fn prefetch(&self, wanted: &Wanted) -> Result<()> {
        let mut missing = Wanted::new();
        {
            let known = &self.lock().witness;
            for (address, slots) in wanted {
                let unread = slots.iter().filter(|slot| known.slot(*address, **slot).is_err());
                let unread: BTreeSet<_> = unread.copied().collect();
                if !unread.is_empty() || !known.accounts.contains_key(address) {
                    missing.insert(*address, unread);
                }
            }
        }
        self.source.prefetch(&missing)?;
        let mut known = self.lock();
        let mut lines = Vec::new();
        for (address, slots) in missing {
            if !known.witness.accounts.contains_key(&address)
                && let Some(account) = self.source.known_account(address)
            {
                lines.push(Line::Account(address, account.clone()));
                known.witness.accounts.insert(address, account);
            }
            for slot in slots {
                if let Some(word) = self.source.known_slot(address, slot) {
                    lines.push(Line::Slot(address, slot, word));
                    known.witness.slots.entry(address).or_default().insert(slot, word);
                }
            }
        }
        self.write(&mut known, &lines)
    }
}
