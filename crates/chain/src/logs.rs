//! Events of many blocks: in parallel, in ranges that the endpoint takes, and never twice.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use alloy::primitives::{B256, keccak256};
use alloy::providers::Provider;
use alloy::rpc::types::{Filter, Log};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use crate::chain::asked;
use crate::{Chain, Error, Result, open_locked};

const SCHEMA_VERSION: u64 = 1;

/// Most blocks of one request; fewer when the endpoint refuses.
const RANGE: u64 = 10_000;

/// Requests at the same time.
const PARALLEL: usize = 8;

/// Blocks at the end of the chain that are read anew each time, because they can still change.
const UNSETTLED: u64 = 64;

/// The events of `filter` in the blocks `first..=last`, oldest first. `progress` hears of blocks that are done and of all
/// there are.
///
/// # Errors
/// [`Error::Endpoint`].
pub async fn scan(
    chain: &Chain,
    filter: &Filter,
    first: u64,
    last: u64,
    mut progress: impl FnMut(u64, u64),
) -> Result<Vec<Log>> {
    let mut logs = Vec::new();
    let mut done = 0;
    let range = AtomicU64::new(RANGE);
    let mut pieces = std::pin::pin!(
        stream::iter(pieces(first, last)).map(|piece| read(chain, filter, piece, &range)).buffered(PARALLEL)
    );
    while let Some(mut piece) = pieces.try_next().await? {
        done += piece.blocks;
        logs.append(&mut piece.logs);
        progress(done, last.saturating_sub(first).saturating_add(1));
    }
    Ok(logs)
}

struct Piece {
    last: u64,
    blocks: u64,
    logs: Vec<Log>,
}

/// The blocks `first..=last` in ranges of [`RANGE`].
fn pieces(first: u64, last: u64) -> impl Iterator<Item = (u64, u64)> {
    let mut next = Some(first).filter(|first| *first <= last);
    std::iter::from_fn(move || {
        let from = next?;
        let to = last.min(from.saturating_add(RANGE - 1));
        next = to.checked_add(1).filter(|next| *next <= last);
        Some((from, to))
    })
}

/// The events of one range, in as many requests as the endpoint wants. `range` is the most that it took so far.
async fn read(chain: &Chain, filter: &Filter, (first, last): (u64, u64), range: &AtomicU64) -> Result<Piece> {
    let mut logs = Vec::new();
    let mut next = first;
    while next <= last {
        let blocks = range.load(Ordering::Relaxed).max(1);
        let to = last.min(next.saturating_add(blocks - 1));
        let answer = chain.provider().get_logs(&filter.clone().from_block(next).to_block(to)).await;
        match answer {
            Ok(mut found) => {
                let outside = |log: &Log| log.block_number.is_none_or(|block| !(next..=to).contains(&block));
                if found.iter().any(outside) {
                    return Err(Error::endpoint(
                        "list events",
                        "an event is of a block that was not asked for",
                    ));
                }
                logs.append(&mut found);
                next = to.saturating_add(1);
            }
            // Endpoints limit blocks or logs of a request, each in words of its own.
            Err(error) if error.as_error_resp().is_some() && to > next => {
                range.fetch_min((to - next).div_ceil(2).max(1), Ordering::Relaxed);
            }
            Err(error) => return asked("list events", Err(error)),
        }
    }
    Ok(Piece { last, blocks: last - first + 1, logs })
}

/// The same with the hash of its last block.
async fn read_with_hash(
    chain: &Chain,
    filter: &Filter,
    (first, last): (u64, u64),
    range: &AtomicU64,
) -> Result<(Piece, B256)> {
    let block = chain.block(last.into()).await?;
    let block = block.ok_or_else(|| Error::endpoint("name a block", format!("it has no block {last}")))?;
    Ok((read(chain, filter, (first, last), range).await?, block.hash))
}

/// What tells `filter` from others. Its addresses and topics are sets, whose order is another in every process.
fn key(filter: &Filter) -> String {
    let mut bytes = Vec::new();
    let mut addresses: Vec<_> = filter.address.iter().collect();
    addresses.sort_unstable();
    bytes.extend(addresses.into_iter().flatten());
    for topics in &filter.topics {
        let mut topics: Vec<_> = topics.iter().collect();
        topics.sort_unstable();
        // Between two topics, so that none can pass for another's.
        bytes.push(b'|');
        bytes.extend(topics.into_iter().flatten());
    }
    keccak256(bytes).to_string()
}

/// A line of the cache.
#[derive(Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    /// The first line: what the cache is of.
    Opened { schema_version: u64, chain_id: u64, filter: String, first: u64 },
    /// All events up to the block `last` with this hash that are not in a line before.
    Read { last: u64, hash: B256, logs: Vec<Log> },
}

/// The events of one filter on disk, up to where the chain no longer changes. What another run has read is not asked
/// again.
#[derive(Debug)]
pub struct Cache {
    file: File,
    name: String,
    filter: Filter,
    first: u64,
    /// Bytes of the first line, which says what the cache is of.
    begun: u64,
    next: u64,
    /// Hash of the last block before `next`, once something was read.
    hash: Option<B256>,
    logs: Vec<Log>,
}

impl Cache {
    /// Opens the cache at `path` of the events of `filter` on the chain `chain_id` from the block `first` on, or begins it.
    ///
    /// # Errors
    /// [`Error::Locked`], [`Error::ForeignFile`], [`Error::Record`], [`Error::File`].
    pub fn open(path: &Path, chain_id: u64, filter: &Filter, first: u64) -> Result<Self> {
        let name = path.display().to_string();
        let broken = |source| Error::File { file: name.clone(), source };
        let file = open_locked(path, 0o666)?;
        let mut cache = Self {
            file,
            name: name.clone(),
            filter: filter.clone(),
            first,
            begun: 0,
            next: first,
            hash: None,
            logs: Vec::new(),
        };
        let key = key(filter);
        let complete = cache.load(chain_id, &key)?;
        cache.file.set_len(complete).and_then(|()| cache.file.seek(SeekFrom::End(0))).map_err(broken)?;
        if complete == 0 {
            cache.append(&Line::Opened { schema_version: SCHEMA_VERSION, chain_id, filter: key, first })?;
            cache.begun = cache.file.metadata().map_err(broken)?.len();
        }
        Ok(cache)
    }

    /// Reads the file, and gives the length up to which it is complete.
    fn load(&mut self, chain_id: u64, key: &str) -> Result<u64> {
        let name = self.name.clone();
        let broken = |source| Error::File { file: name.clone(), source };
        let mut input = BufReader::new(self.file.try_clone().map_err(broken)?);
        let (mut text, mut complete, mut number) = (String::new(), 0_u64, 0_u64);
        loop {
            text.clear();
            let read = input.read_line(&mut text).map_err(broken)?;
            if read == 0 || !text.ends_with('\n') {
                return Ok(complete);
            }
            number += 1;
            let wrong = |reason: String| Error::Record { file: name.clone(), line: number, reason };
            match serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))? {
                Line::Opened { schema_version, chain_id: chain, filter, first } => {
                    let found = (schema_version, chain, filter.as_str(), first);
                    if number != 1 || found != (SCHEMA_VERSION, chain_id, key, self.first) {
                        return Err(Error::ForeignFile {
                            file: name.clone(),
                            found: format!("events {filter} of chain {chain} from block {first}"),
                            expected: format!("events {key} of chain {chain_id} from block {}", self.first),
                        });
                    }
                }
                Line::Read { last, hash, mut logs } => {
                    let inside =
                        |log: &Log| log.block_number.is_some_and(|block| (self.next..=last).contains(&block));
                    if number == 1 || last < self.next || !logs.iter().all(inside) {
                        return Err(wrong("the blocks are not those after the line before".into()));
                    }
                    self.logs.append(&mut logs);
                    self.next = last.saturating_add(1);
                    self.hash = Some(hash);
                }
            }
            complete = complete.saturating_add(read as u64);
            if number == 1 {
                self.begun = complete;
            }
        }
    }

    /// All events up to the last block, oldest first. What was read stays, also when the endpoint fails half-way.
    /// `progress` hears of blocks that are done and of all there are.
    ///
    /// # Errors
    /// [`Error::Endpoint`], [`Error::File`].
    pub async fn sync(&mut self, chain: &Chain, mut progress: impl FnMut(u64, u64)) -> Result<Vec<Log>> {
        self.check(chain).await?;
        let head = chain.head().await?.number;
        let total = head.saturating_sub(self.next).saturating_add(1);
        let settled = head.saturating_sub(UNSETTLED);
        let filter = self.filter.clone();
        let mut done = 0;
        if head > UNSETTLED {
            let range = AtomicU64::new(RANGE);
            let ranges = stream::iter(pieces(self.next, settled));
            let mut found = std::pin::pin!(
                ranges.map(|piece| read_with_hash(chain, &filter, piece, &range)).buffered(PARALLEL)
            );
            while let Some((piece, hash)) = found.try_next().await? {
                self.append(&Line::Read { last: piece.last, hash, logs: piece.logs.clone() })?;
                self.next = piece.last.saturating_add(1);
                self.hash = Some(hash);
                self.logs.extend(piece.logs);
                done += piece.blocks;
                progress(done, total);
            }
        }
        let mut logs = self.logs.clone();
        logs.extend(scan(chain, &filter, self.next, head, |_, _| ()).await?);
        progress(total, total);
        Ok(logs)
    }

    /// Forgets everything when the chain is not the one that it was read from, as with a local chain that was started anew.
    async fn check(&mut self, chain: &Chain) -> Result<()> {
        let Some(hash) = self.hash else { return Ok(()) };
        let last = self.next.saturating_sub(1);
        if chain.block(last.into()).await?.is_some_and(|block| block.hash == hash) {
            return Ok(());
        }
        let broken = |source| Error::File { file: self.name.clone(), source };
        self.file.set_len(self.begun).and_then(|()| self.file.seek(SeekFrom::End(0))).map_err(broken)?;
        (self.next, self.hash) = (self.first, None);
        self.logs.clear();
        Ok(())
    }

    fn append(&mut self, line: &Line) -> Result<()> {
        let broken = |source| Error::File { file: self.name.clone(), source };
        let mut text = serde_json::to_vec(line).map_err(|error| broken(error.into()))?;
        text.push(b'\n');
        self.file.write_all(&text).map_err(broken)
    }
}
