//! What was signed and what came of it, on disk before it is on the network.
//!
//! Append-only JSON lines, readable by the owner only, one process at a time. A transaction is written and synced
//! before its bytes are handed out, so that whoever starts again knows every transaction that can exist.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use alloy::primitives::{Address, B256, Bytes, U128};
use serde::{Deserialize, Serialize};

use crate::{Error, Result, open_locked};

const SCHEMA_VERSION: u64 = 1;

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
enum Record {
    /// The first line: whose journal this is.
    Opened { schema_version: u64, chain_id: u64, account: Address, purpose: String },
    /// A transaction that may be on the network from now on.
    Signed(Attempt),
    /// A transaction is mined and deep enough. Its nonce is used up.
    Mined { hash: B256, block: u64, succeeded: bool },
    /// Another transaction of the account used up the nonce.
    Replaced { nonce: u64 },
}

/// A signed transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// What it does, in words that tell it from every other.
    pub what: String,
    /// Its nonce.
    pub nonce: u64,
    /// Its hash.
    pub hash: B256,
    /// Its bytes.
    pub raw: Bytes,
    /// Time of the block on which it was decided, Unix time in seconds.
    pub time: u64,
    /// Unix time in seconds after which it can only fail; absent when it has no deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<u64>,
    /// Most wei per gas that it offers.
    pub max_fee_per_gas: U128,
    /// Wei per gas that it offers to the block's producer.
    pub max_priority_fee_per_gas: U128,
}

/// An open journal. The file is locked until this is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub struct Journal {
    file: File,
    name: String,
    /// Bytes of the file up to the end of its last whole line.
    length: u64,
    /// All transactions of the one nonce that is not used up yet, oldest first. At most one of them can be mined.
    pending: Vec<Attempt>,
}

impl Journal {
    /// Opens the journal of `account` at `path`, or begins it. `purpose` says what it is for, such as the converter that
    /// a keeper keeps; a journal that was begun for another purpose is not touched.
    ///
    /// # Errors
    /// [`Error::Locked`], [`Error::ForeignFile`], [`Error::Record`], [`Error::File`].
    pub fn open(path: &Path, chain_id: u64, account: Address, purpose: &str) -> Result<Self> {
        let name = path.display().to_string();
        let broken = |source| Error::File { file: name.clone(), source };
        let mut file = open_locked(path, 0o600)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(broken)?;
        let complete = text.rfind('\n').map_or(0, |end| end + 1);
        // A line without its end was being written in a crash, so what it tells of was never sent.
        file.set_len(complete as u64).and_then(|()| file.seek(SeekFrom::End(0))).map_err(broken)?;
        text.truncate(complete);

        let opened =
            Record::Opened { schema_version: SCHEMA_VERSION, chain_id, account, purpose: purpose.into() };
        let mut journal = Self { file, name, length: complete as u64, pending: Vec::new() };
        if text.is_empty() {
            journal.append(&opened)?;
            // Without this, the name of a new file can be lost when the power fails, and the file with it.
            let folder =
                path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let synced = File::open(folder).and_then(|folder| folder.sync_all());
            synced.map_err(|source| Error::File { file: journal.name.clone(), source })?;
            return Ok(journal);
        }
        for (line, text) in (1..).zip(text.lines()) {
            let wrong = |reason: String| Error::Record { file: journal.name.clone(), line, reason };
            let record: Record = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
            if line == 1 && record != opened {
                let expected = format!("{purpose} of account {account} on chain {chain_id}");
                let found = match record {
                    Record::Opened { chain_id, account, purpose, .. } => {
                        format!("{purpose} of account {account} on chain {chain_id}")
                    }
                    _ => return Err(wrong("the file does not begin with `opened`".into())),
                };
                return Err(Error::ForeignFile { file: journal.name, found, expected });
            }
            if line > 1 && matches!(record, Record::Opened { .. }) {
                return Err(wrong("the journal begins a second time".into()));
            }
            journal.check(&record).map_err(wrong)?;
            journal.apply(record);
        }
        Ok(journal)
    }

    /// The transactions of the nonce that is not used up yet, oldest first.
    #[must_use]
    pub fn pending(&self) -> &[Attempt] {
        &self.pending
    }

    /// Writes down `attempt`, before it is sent.
    ///
    /// # Errors
    /// [`Error::File`]: it must not be sent then. [`Error::NonceOpen`] when another nonce is.
    pub fn signed(&mut self, attempt: Attempt) -> Result<()> {
        if let Some(open) = self.pending.first().map(|open| open.nonce).filter(|open| *open != attempt.nonce)
        {
            return Err(Error::NonceOpen { open, nonce: attempt.nonce });
        }
        self.record(Record::Signed(attempt))
    }

    /// Writes down that the transaction `hash` was mined, and so used up the nonce.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn mined(&mut self, hash: B256, block: u64, succeeded: bool) -> Result<()> {
        self.record(Record::Mined { hash, block, succeeded })
    }

    /// Writes down that a transaction that is not in the journal used up the nonce.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn replaced(&mut self, nonce: u64) -> Result<()> {
        self.record(Record::Replaced { nonce })
    }

    /// Refuses records that this program would never have written in this place: somebody changed the file.
    fn check(&self, record: &Record) -> Result<(), String> {
        match record {
            Record::Signed(attempt) => {
                let hash = alloy::primitives::keccak256(&attempt.raw);
                if hash != attempt.hash {
                    return Err(format!("the hash of the transaction is `{hash}`, not `{}`", attempt.hash));
                }
                match self.pending.first() {
                    Some(open) if open.nonce != attempt.nonce => {
                        Err(format!("nonce {} while nonce {} is open", attempt.nonce, open.nonce))
                    }
                    _ => Ok(()),
                }
            }
            Record::Mined { hash, .. } if self.pending.iter().all(|open| open.hash != *hash) => {
                Err(format!("transaction `{hash}` was mined but never signed"))
            }
            Record::Replaced { nonce } if self.pending.iter().all(|open| open.nonce != *nonce) => {
                Err(format!("nonce {nonce} was replaced but never used"))
            }
            _ => Ok(()),
        }
    }

    fn record(&mut self, record: Record) -> Result<()> {
        self.append(&record)?;
        self.apply(record);
        Ok(())
    }

    fn append(&mut self, record: &Record) -> Result<()> {
        let broken = |source| Error::File { file: self.name.clone(), source };
        let mut line = serde_json::to_vec(record).map_err(|error| broken(error.into()))?;
        line.push(b'\n');
        if let Err(error) = self.file.write_all(&line).and_then(|()| self.file.sync_all()) {
            // Half a line of a full disk must not be what the next one is appended to. If this fails as well, the next
            // start drops it.
            let _ = self.file.set_len(self.length);
            return Err(broken(error));
        }
        self.length = self.length.saturating_add(line.len() as u64);
        Ok(())
    }

    fn apply(&mut self, record: Record) {
        match record {
            Record::Opened { .. } => {}
            Record::Signed(attempt) => self.pending.push(attempt),
            Record::Mined { .. } | Record::Replaced { .. } => self.pending.clear(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use alloy::primitives::keccak256;
    use proptest::prelude::*;

    use super::*;

    fn attempt(nonce: u64, byte: u8) -> Attempt {
        let raw = Bytes::from(vec![byte]);
        Attempt {
            what: "convert".into(),
            nonce,
            hash: keccak256(&raw),
            raw,
            time: 1,
            deadline: Some(2),
            max_fee_per_gas: U128::MAX,
            max_priority_fee_per_gas: U128::from(4),
        }
    }

    fn open(path: &Path) -> Result<Journal> {
        Journal::open(path, 1, Address::ZERO, "keeper")
    }

    #[test]
    fn what_was_signed_is_known_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let mut journal = open(&path).unwrap();
        journal.signed(attempt(7, 1)).unwrap();
        journal.signed(attempt(7, 2)).unwrap();
        drop(journal);
        let mut journal = open(&path).unwrap();
        assert_eq!(journal.pending(), [attempt(7, 1), attempt(7, 2)]);
        journal.mined(attempt(7, 1).hash, 9, true).unwrap();
        drop(journal);
        assert_eq!(open(&path).unwrap().pending(), []);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_line_that_a_crash_cut_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let mut journal = open(&path).unwrap();
        journal.signed(attempt(7, 1)).unwrap();
        drop(journal);
        let whole = std::fs::read(&path).unwrap();
        let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for cut in first..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let mut journal = open(&path).unwrap();
            assert_eq!(journal.pending(), [], "{cut}");
            journal.signed(attempt(8, 2)).unwrap();
            drop(journal);
            assert_eq!(open(&path).unwrap().pending(), [attempt(8, 2)], "{cut}");
        }
    }

    /// Power that fails while a line is written can leave any of its blocks on the disk, and zeros for the others. The
    /// bytes of the transaction leave only after the line is synced, so that nothing of it is on the network.
    #[test]
    fn a_line_of_which_some_blocks_are_lost_is_forgotten_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        open(&path).unwrap().signed(attempt(7, 1)).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let first = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for cut in first..whole.len() {
            // The end is lost.
            let mut torn = whole.clone();
            torn[cut..].fill(0);
            std::fs::write(&path, &torn).unwrap();
            assert_eq!(open(&path).unwrap().pending(), [], "{cut}");
            // The beginning is lost.
            let mut torn = whole.clone();
            torn[first..=cut].fill(0);
            std::fs::write(&path, &torn).unwrap();
            match open(&path) {
                Ok(journal) => assert_eq!((journal.pending(), cut), (&[][..], whole.len() - 1)),
                Err(error) => assert!(matches!(error, Error::Record { line: 2, .. }), "{cut}: {error}"),
            }
            assert_eq!(std::fs::read(&path).unwrap()[..first], whole[..first], "what is whole stays");
        }
    }

    #[test]
    fn a_first_line_that_a_crash_cut_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        drop(open(&path).unwrap());
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            drop(open(&path).unwrap());
            assert_eq!(std::fs::read(&path).unwrap(), whole, "{cut}");
        }
    }

    #[test]
    fn two_nonces_are_never_open() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = open(&folder.path().join("journal.jsonl")).unwrap();
        journal.signed(attempt(7, 1)).unwrap();
        assert!(matches!(journal.signed(attempt(8, 2)), Err(Error::NonceOpen { open: 7, nonce: 8 })));
    }

    #[test]
    fn a_second_process_and_another_account_are_kept_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let journal = open(&path).unwrap();
        assert!(matches!(open(&path), Err(Error::Locked(_))));
        drop(journal);
        let other = Journal::open(&path, 1, Address::repeat_byte(1), "keeper");
        assert!(matches!(other, Err(Error::ForeignFile { .. })));
        std::fs::write(&path, "{}\n").unwrap();
        assert!(matches!(open(&path), Err(Error::Record { line: 1, .. })));
    }

    #[test]
    fn a_changed_journal_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let mut journal = open(&path).unwrap();
        journal.signed(attempt(7, 1)).unwrap();
        journal.mined(attempt(7, 1).hash, 9, true).unwrap();
        drop(journal);
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let table = [
            (text.replace("\"raw\":\"0x01\"", "\"raw\":\"0x02\""), 2, "the hash of the transaction is "),
            (format!("{}\n{}\n", lines[0], lines[2]), 2, "was mined but never signed"),
            (format!("{}\n{}\n", lines[0], lines[0]), 2, "the journal begins a second time"),
            (format!("{}\n", lines[1]), 1, "the file does not begin with `opened`"),
            (text.replace("\"block\":9", "\"block\":-9"), 3, "invalid value"),
        ];
        for (changed, expected, message) in table {
            std::fs::write(&path, changed).unwrap();
            match open(&path).unwrap_err() {
                Error::Record { line, reason, .. } => {
                    assert_eq!(line, expected, "{reason}");
                    assert!(reason.contains(message), "{reason}");
                }
                error => panic!("{error}"),
            }
        }
    }

    proptest! {
        #[test]
        fn any_file_is_answered(bytes: Vec<u8>, tail in "[ -~\\n]{0,200}") {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("journal.jsonl");
            std::fs::write(&path, &bytes).unwrap();
            let _ = open(&path);
            std::fs::remove_file(&path).unwrap();
            drop(open(&path).unwrap());
            let mut text = std::fs::read_to_string(&path).unwrap();
            text.push_str(&tail);
            std::fs::write(&path, text).unwrap();
            let _ = open(&path);
        }
    }
}
