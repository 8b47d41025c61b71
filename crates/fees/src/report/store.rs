//! Deposits and conversions of a converter on disk, so that nothing is read from the chain twice.
//!
//! Append-only JSON lines. After each range of blocks comes the hash of its last block; what follows the last such
//! line was cut off by a crash and is read again. When the chain no longer has that hash, the events since the last
//! hash that it has are taken back and read again.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use alloy::primitives::{Address, B256, U256};
use alloy::providers::Provider;
use alloy::rpc::types::{Filter, Log};
use alloy::sol_types::SolEvent;
use btrst_bindings::FeeConverter;
use btrst_chain::{Error, Result, open_locked};
use serde::{Deserialize, Serialize};

use crate::chain::FeeChain;

const SCHEMA_VERSION: u64 = 1;

/// Blocks of the first request; fewer when the endpoint refuses, more when it does not.
const RANGE: u64 = 10_000;

/// Most blocks of a request.
const MOST_RANGE: u64 = 200_000;

/// Blocks at the end of the chain that get a hash of their own: reorganisations are rarely deeper.
const RECENT: u64 = 64;

/// A deposit or a conversion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Block.
    pub block: u64,
    /// Position of the log in its block.
    pub log: u64,
    /// Time of the block, Unix time in seconds.
    pub time: u64,
    /// Transaction.
    pub transaction: B256,
    /// What happened.
    #[serde(flatten)]
    pub kind: Kind,
}

/// What an event tells of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Kind {
    /// `payer` put USDC into custody.
    Deposit {
        /// Who paid.
        payer: Address,
        /// USDC in base units.
        amount: U256,
        /// Root of the batch, or zero.
        reference: B256,
    },
    /// USDC became BTRST of the treasury.
    Conversion {
        /// Who called.
        caller: Address,
        /// USDC spent, in base units.
        usdc_in: U256,
        /// BTRST bought, in base units.
        btrst_out: U256,
        /// Least that the guards would have accepted.
        floor: U256,
        /// Time-weighted tick.
        mean_tick: i32,
    },
}

/// A line that is no event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mark", rename_all = "snake_case", deny_unknown_fields)]
enum Mark {
    /// The first line.
    Opened { schema_version: u64, chain_id: u64, fee_converter: Address, from_block: u64 },
    /// Every event up to `block`, whose hash this is, stands above.
    Scanned { block: u64, hash: B256 },
    /// What stands above of later blocks than `block` is no longer on the chain; without one, nothing is.
    Rewound { block: Option<u64> },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Mark(Mark),
    Event(Event),
}

/// The events of a converter that are known so far.
#[derive(Debug)]
pub struct Store {
    file: File,
    name: String,
    from_block: u64,
    events: Vec<Event>,
    /// Blocks up to which everything is known, with their hashes; the last one is the end.
    scanned: Vec<(u64, B256)>,
}

impl Store {
    /// Opens the store of `fee_converter` at `path`, or begins it with the block `from_block`. A store that exists keeps
    /// its own.
    ///
    /// # Errors
    /// [`Error::Locked`], [`Error::ForeignFile`], [`Error::Record`], [`Error::File`].
    pub fn open(path: &Path, chain_id: u64, fee_converter: Address, from_block: u64) -> Result<Self> {
        let name = path.display().to_string();
        let broken = |source| Error::File { file: name.clone(), source };
        let file = open_locked(path, 0o666)?;
        let mut store =
            Self { file, name: name.clone(), from_block, events: Vec::new(), scanned: Vec::new() };
        let complete = store.load(chain_id, fee_converter)?;
        store.file.set_len(complete).and_then(|()| store.file.seek(SeekFrom::End(0))).map_err(broken)?;
        if complete == 0 {
            store.append(
                &[],
                &Mark::Opened { schema_version: SCHEMA_VERSION, chain_id, fee_converter, from_block },
            )?;
        }
        Ok(store)
    }

    /// Reads the file, and gives the length up to which it is complete.
    fn load(&mut self, chain_id: u64, fee_converter: Address) -> Result<u64> {
        let name = self.name.clone();
        let broken = |source| Error::File { file: name.clone(), source };
        let mut input = BufReader::new(self.file.try_clone().map_err(broken)?);
        let (mut text, mut length, mut complete, mut number) = (String::new(), 0, 0, 0);
        // Events since the last mark, which count only if another follows.
        let mut fresh = Vec::new();
        loop {
            text.clear();
            let read = input.read_line(&mut text).map_err(broken)?;
            if read == 0 || !text.ends_with('\n') {
                return Ok(complete);
            }
            number += 1;
            length += read as u64;
            let line: Line = serde_json::from_str(&text).map_err(|error| Error::Record {
                file: self.name.clone(),
                line: number,
                reason: error.to_string(),
            })?;
            match line {
                Line::Event(event) => fresh.push(event),
                Line::Mark(mark) => {
                    self.events.append(&mut fresh);
                    complete = length;
                    match mark {
                        Mark::Opened { chain_id: chain, fee_converter: converter, from_block, .. } => {
                            if (chain, converter) != (chain_id, fee_converter) {
                                return Err(Error::ForeignFile {
                                    file: self.name.clone(),
                                    found: format!("{converter} on chain {chain}"),
                                    expected: format!("{fee_converter} on chain {chain_id}"),
                                });
                            }
                            self.from_block = from_block;
                        }
                        Mark::Scanned { block, hash } => self.scanned.push((block, hash)),
                        Mark::Rewound { block } => self.forget_after(block),
                    }
                }
            }
        }
    }

    /// All events, oldest first.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Last block whose events are known; `None` before the first.
    #[must_use]
    pub fn last_block(&self) -> Option<u64> {
        self.scanned.last().map(|(block, _)| *block)
    }

    /// Reads what is new on `chain`. `progress` hears of the last block that is done, and of the last there is.
    ///
    /// # Errors
    /// [`Error::Endpoint`], [`Error::File`]. What was read until then is kept.
    pub async fn sync(&mut self, chain: &FeeChain, mut progress: impl FnMut(u64, u64)) -> Result<()> {
        self.rewind(chain).await?;
        let head = chain.head().await?.number;
        let mut range = RANGE;
        loop {
            let next = self.last_block().map_or(self.from_block, |block| block + 1);
            if next > head {
                return Ok(());
            }
            let recent = head.saturating_sub(RECENT);
            let end = if next <= recent { recent } else { head };
            let last = end.min(next.saturating_add(range - 1));
            let Some(before) = chain.block(last.into()).await? else {
                return Err(Error::endpoint("name a block", format!("it has no block {last} any more")));
            };
            let filter = Filter::new()
                .address(chain.converter)
                .event_signature(vec![
                    FeeConverter::Deposited::SIGNATURE_HASH,
                    FeeConverter::Converted::SIGNATURE_HASH,
                ])
                .from_block(next)
                .to_block(last);
            let logs = match chain.provider().get_logs(&filter).await {
                Ok(logs) => logs,
                // Endpoints limit blocks or logs of a request, each in words of its own.
                Err(error) if error.as_error_resp().is_some() && range > 1 => {
                    range /= 2;
                    continue;
                }
                Err(error) => return chain.asked("list events", Err(error)),
            };
            let events = decode(chain, logs).await?;
            // A block that changed while it was read is read again.
            if chain.block(last.into()).await?.map(|block| block.hash) != Some(before.hash) {
                self.rewind(chain).await?;
                continue;
            }
            self.append(&events, &Mark::Scanned { block: last, hash: before.hash })?;
            self.events.extend(events);
            self.scanned.push((last, before.hash));
            range = (range * 2).min(MOST_RANGE);
            progress(last, head);
        }
    }

    /// Goes back to the last block that is still on `chain`.
    async fn rewind(&mut self, chain: &FeeChain) -> Result<()> {
        let mut scanned = self.scanned.clone();
        while let Some((block, hash)) = scanned.last().copied() {
            if chain.block(block.into()).await?.is_some_and(|found| found.hash == hash) {
                break;
            }
            scanned.pop();
        }
        if scanned.len() < self.scanned.len() {
            let block = scanned.last().map(|(block, _)| *block);
            self.append(&[], &Mark::Rewound { block })?;
            self.forget_after(block);
        }
        Ok(())
    }

    fn forget_after(&mut self, last: Option<u64>) {
        let kept = |block: u64| last.is_some_and(|last| block <= last);
        self.scanned.retain(|(block, _)| kept(*block));
        self.events.retain(|event| kept(event.block));
    }

    fn append(&mut self, events: &[Event], mark: &Mark) -> Result<()> {
        let broken = |source| Error::File { file: self.name.clone(), source };
        let mut output = BufWriter::new(&self.file);
        for event in events {
            serde_json::to_writer(&mut output, event).map_err(|error| broken(error.into()))?;
            output.write_all(b"\n").map_err(broken)?;
        }
        serde_json::to_writer(&mut output, mark).map_err(|error| broken(error.into()))?;
        output.write_all(b"\n").and_then(|()| output.flush()).map_err(broken)
    }
}

/// The events in `logs`, with the times of their blocks, which not every endpoint tells with a log.
async fn decode(chain: &FeeChain, logs: Vec<Log>) -> Result<Vec<Event>> {
    let mut times = HashMap::new();
    let mut events = Vec::with_capacity(logs.len());
    for log in logs {
        let (Some(block), Some(transaction), Some(index)) =
            (log.block_number, log.transaction_hash, log.log_index)
        else {
            return Err(Error::endpoint("list events", "a log has no block, transaction or position"));
        };
        let time = match (log.block_timestamp, times.get(&block)) {
            (Some(time), _) | (None, Some(&time)) => time,
            (None, None) => {
                let found = chain.block(block.into()).await?;
                found
                    .ok_or_else(|| Error::endpoint("name a block", format!("it has no block {block}")))?
                    .timestamp
            }
        };
        times.insert(block, time);
        let unreadable = |error: alloy::sol_types::Error| Error::endpoint("list events", error.to_string());
        let kind = if log.topic0() == Some(&FeeConverter::Deposited::SIGNATURE_HASH) {
            let event = FeeConverter::Deposited::decode_log(&log.inner).map_err(unreadable)?.data;
            Kind::Deposit { payer: event.payer, amount: event.amount, reference: event.r#ref }
        } else {
            let event = FeeConverter::Converted::decode_log(&log.inner).map_err(unreadable)?.data;
            Kind::Conversion {
                caller: event.caller,
                usdc_in: event.usdcIn,
                btrst_out: event.btrstOut,
                floor: event.floor,
                mean_tick: event.meanTick.as_i32(),
            }
        };
        events.push(Event { block, log: index, time, transaction, kind });
    }
    events.sort_unstable_by_key(|event| (event.block, event.log));
    Ok(events)
}
