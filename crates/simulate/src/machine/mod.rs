//! Ethereum in process: transactions and views on the state of a source.
//!
//! What differs from a chain, and why it does not matter here:
//!
//! - Transactions pay no fee: their gas price is zero and the block's base fee is not asked for, so that nobody's
//!   balance has to be touched to let them in. `GASPRICE` gives zero, `BASEFEE` the pinned block's.
//! - Nonces are not checked, and the account that sends may have code: it stands for the wallet that it is.
//! - Blocks that are skipped are not there: their system calls (EIP-2935, EIP-4788) did not happen, and `BLOCKHASH` of
//!   a block after the pinned one gives a made-up hash that is always the same.
//! - Coinbase, randomness, base fee and gas limit stay those of the pinned block.

mod database;
mod fork;
mod provider;
mod tracer;

use std::sync::Arc;

use alloy::consensus::Header;
use alloy::primitives::{Address, Bytes, TxKind, U256};
use alloy::sol_types::SolCall;
use btrst_gov::Action;
use btrst_gov::governor::{Call, Head, SLOT};
use revm::context::result::{EVMError, ExecutionResult};
use revm::context::{BlockEnv, CfgEnv, Context, TxEnv};
use revm::context_interface::block::BlobExcessGasAndPrice;
use revm::database::CacheDB;
use revm::inspector::NoOpInspector;
use revm::primitives::hardfork::SpecId;
use revm::state::{Bytecode, EvmState};
use revm::{Database, DatabaseCommit, ExecuteEvm, InspectEvm, Inspector, MainBuilder, MainContext};
use serde::{Deserialize, Serialize};

use crate::state::{Pinned, StateSource};
use crate::trace::{Change, Outcome};
use crate::{Error, Result, Trace};
use database::{Source, Unread};
use tracer::Tracer;

/// Most gas that a transaction may have (EIP-7825).
pub const GAS_LIMIT: u64 = 16_777_216;

/// Greatest excess blob gas that a price is computed for. It is far above what a chain can reach, and below where the
/// computation leaves its numbers.
const MOST_EXCESS_BLOB_GAS: u64 = 100_000_000;

/// A transaction of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Account that sends it.
    pub from: Address,
    /// Account that is called.
    pub to: Address,
    /// Wei that go along. The sender must have them.
    pub value: U256,
    /// Call data.
    pub input: Bytes,
    /// Gas that it may use.
    pub gas_limit: u64,
}

impl Message {
    /// `call` of `from`, with as much gas as a transaction may have.
    #[must_use]
    pub fn new(from: Address, call: &Call) -> Self {
        Self { from, to: call.to, value: call.value, input: call.data.clone(), gas_limit: GAS_LIMIT }
    }

    /// `action` as `from` makes it, with as much gas as a transaction may have.
    #[must_use]
    pub fn of(from: Address, action: &Action) -> Self {
        let Action { target, value, .. } = *action;
        Self { from, to: target, value, input: action.input(), gas_limit: GAS_LIMIT }
    }
}

/// A chain from its pinned block on. A clone goes on by itself, and shares nothing but the source.
#[derive(Clone, Debug)]
pub struct Machine {
    database: CacheDB<Source>,
    chain_id: u64,
    header: Header,
    spec: SpecId,
}

impl Machine {
    /// A machine in the pinned block of `source`, with all of its transactions done.
    #[must_use]
    pub fn new(source: Arc<dyn StateSource>) -> Self {
        let Pinned { chain_id, header, .. } = source.pinned().clone();
        let spec = fork::of(chain_id, &header);
        Self { database: CacheDB::new(Source(source)), chain_id, header, spec }
    }

    /// The block in which transactions and views run.
    #[must_use]
    pub const fn head(&self) -> Head {
        Head { number: self.header.number, timestamp: self.header.timestamp }
    }

    /// Chain id.
    #[must_use]
    pub const fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// Name of the rules that it runs by, such as `OSAKA`.
    #[must_use]
    pub fn rules(&self) -> String {
        format!("{:?}", self.spec)
    }

    /// Goes on by `blocks` blocks of 12 seconds.
    pub fn mine(&mut self, blocks: u64) {
        let head = self.head();
        let number = head.number.saturating_add(blocks);
        self.go_to(Head { number, timestamp: head.timestamp.saturating_add(blocks.saturating_mul(SLOT)) });
    }

    /// Goes on to block `number`, 12 seconds a block; stays where it is if that is past.
    pub fn mine_to(&mut self, number: u64) {
        self.mine(number.saturating_sub(self.header.number));
    }

    /// Goes on to the first block at or after `timestamp`, as if 12 seconds were a block, and gives it that time
    /// exactly; stays where it is if that is past.
    pub fn warp(&mut self, timestamp: u64) {
        let seconds = timestamp.saturating_sub(self.header.timestamp);
        let number = self.header.number.saturating_add(seconds.div_ceil(SLOT));
        self.go_to(Head { number, timestamp: timestamp.max(self.header.timestamp) });
    }

    /// Goes to a block of this number and time.
    pub fn go_to(&mut self, head: Head) {
        self.header.number = head.number;
        self.header.timestamp = head.timestamp;
        self.spec = fork::of(self.chain_id, &self.header);
    }

    /// Goes to the block of `header`, with its coinbase, randomness, base fee and gas limit.
    pub fn enter_block(&mut self, header: Header) {
        self.header = header;
        self.spec = fork::of(self.chain_id, &self.header);
    }

    /// Balance of `account` in wei.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn balance(&mut self, account: Address) -> Result<U256> {
        let info = self.database.basic(account).map_err(|Unread(error)| error)?;
        Ok(info.map(|info| info.balance).unwrap_or_default())
    }

    /// Code of `account`; empty where it has none.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn code(&mut self, account: Address) -> Result<Bytes> {
        let info = self.database.basic(account).map_err(|Unread(error)| error)?;
        let Some(info) = info else { return Ok(Bytes::new()) };
        let code = match info.code {
            Some(code) => code,
            None => self.database.code_by_hash(info.code_hash).map_err(|Unread(error)| error)?,
        };
        Ok(code.original_bytes())
    }

    /// The word at `slot` of `account`.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn slot(&mut self, account: Address, slot: U256) -> Result<U256> {
        self.database.storage(account, slot).map_err(|Unread(error)| error)
    }

    /// What a call of `to` with `input` by `from` returns, with all the gas of a transaction. Nothing of it lasts.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Refused`].
    pub fn call(&mut self, from: Address, to: Address, input: Bytes) -> Result<Outcome> {
        self.call_within(GAS_LIMIT, from, to, input)
    }

    /// The same, with `gas_limit`.
    ///
    /// # Errors
    /// [`Error::State`], [`Error::Refused`].
    pub fn call_within(
        &mut self,
        gas_limit: u64,
        from: Address,
        to: Address,
        input: Bytes,
    ) -> Result<Outcome> {
        let message = Message { from, to, value: U256::ZERO, input, gas_limit };
        let (result, ..) = self.run(&message, TxKind::Call(to), NoOpInspector)?;
        Ok(match result {
            ExecutionResult::Success { output, .. } => Outcome::Success(output.into_data()),
            ExecutionResult::Revert { output, .. } => Outcome::Revert(output),
            ExecutionResult::Halt { reason, .. } => Outcome::Halt(reason.to_string()),
        })
    }

    /// Answer of the view `call` of the contract at `to`; `None` where it reverts or answers something else.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn view<C: SolCall>(&mut self, to: Address, call: &C) -> Result<Option<C::Return>> {
        match self.call(Address::ZERO, to, call.abi_encode().into())? {
            Outcome::Success(data) => Ok(C::abi_decode_returns_validate(&data).ok()),
            Outcome::Revert(_) | Outcome::Halt(_) => Ok(None),
        }
    }

    /// Runs `message` as a transaction of the current block, and keeps its effect.
    ///
    /// # Errors
    /// [`Error::State`]; [`Error::Refused`] when no block could have it, as when the sender does not have the value.
    pub fn transact(&mut self, message: &Message) -> Result<Trace> {
        self.send(message, TxKind::Call(message.to))
    }

    /// Runs `message` as a transaction that creates a contract of its call data; its receiver does not count.
    ///
    /// # Errors
    /// As for [`Machine::transact`].
    pub fn create(&mut self, message: &Message) -> Result<Trace> {
        self.send(message, TxKind::Create)
    }

    fn send(&mut self, message: &Message, kind: TxKind) -> Result<Trace> {
        let tracer = Tracer::new(message.from, self.spec);
        let (result, state, tracer) = self.run(message, kind, tracer)?;
        let mut trace = tracer.finish(&result);
        self.note_effects(&state, &mut trace);
        self.database.commit(state);
        Ok(trace)
    }

    /// Adds `wei` to the balance of `account`. Only for the engine that says so: the play of a lifecycle changes nothing
    /// by hand.
    pub(crate) fn endow(&mut self, account: Address, wei: U256) -> Result<()> {
        let known = self.database.load_account(account).map_err(|Unread(error)| error)?;
        let mut info = known.info.clone();
        info.balance = info.balance.saturating_add(wei);
        self.database.insert_account_info(account, info);
        Ok(())
    }

    /// Gives `account` the code `code`. Only for the account that moves markets, which is nobody's.
    pub(crate) fn install(&mut self, account: Address, code: Bytes) -> Result<()> {
        let known = self.database.load_account(account).map_err(|Unread(error)| error)?;
        let mut info = known.info.clone();
        info.set_code(Bytecode::new_raw(code));
        self.database.insert_account_info(account, info);
        Ok(())
    }

    /// Puts `word` into `slot` of `account`. Only for the money of the account that moves markets.
    pub(crate) fn put(&mut self, account: Address, slot: U256, word: U256) -> Result<()> {
        self.database.insert_account_storage(account, slot, word).map_err(|Unread(error)| error)
    }

    /// Storage, balances and contracts that `state` changes.
    fn note_effects(&self, state: &EvmState, trace: &mut Trace) {
        for (address, account) in state.iter().filter(|(_, account)| account.is_touched()) {
            // What a transaction touches was read through this cache before.
            let before = self.database.cache.accounts.get(address).map(|known| known.info.balance);
            let before = before.unwrap_or_default();
            let destroyed = account.is_selfdestructed();
            let after = if destroyed { U256::ZERO } else { account.info.balance };
            if before != after {
                trace.balances.insert(*address, Change { before, after });
            }
            if destroyed {
                trace.destroyed.insert(*address);
                continue;
            }
            if account.is_created() {
                trace.created.insert(*address);
            }
            for (slot, word) in account.changed_storage_slots() {
                let change = Change { before: word.original_value(), after: word.present_value() };
                trace.storage.insert((*address, *slot), change);
            }
        }
        let Trace { storage, writers, .. } = trace;
        writers.retain(|(address, slot, _)| storage.contains_key(&(*address, *slot)));
    }

    /// Runs `message` under the eyes of `inspector`.
    fn run<I>(
        &mut self,
        message: &Message,
        kind: TxKind,
        inspector: I,
    ) -> Result<(ExecutionResult, EvmState, I)>
    where
        I: for<'a> Inspector<tracer::MachineContext<'a>>,
    {
        let transaction = TxEnv {
            caller: message.from,
            gas_limit: message.gas_limit.min(self.header.gas_limit),
            kind,
            value: message.value,
            data: message.input.clone(),
            chain_id: Some(self.chain_id),
            ..TxEnv::default()
        };
        let (block, configuration) = (self.block(), self.configuration());
        let mut evm = Context::mainnet()
            .with_db(&mut self.database)
            .with_block(block)
            .with_cfg(configuration)
            .build_mainnet_with_inspector(inspector);
        let result = evm.inspect_one_tx(transaction);
        let state = evm.finalize();
        let inspector = evm.inspector;
        match result {
            Ok(result) => Ok((result, state, inspector)),
            Err(EVMError::Database(Unread(error))) => Err(error),
            Err(EVMError::Transaction(reason)) => Err(Error::Refused { reason: reason.to_string() }),
            Err(error) => Err(Error::Refused { reason: format!("{error}") }),
        }
    }

    fn block(&self) -> BlockEnv {
        let header = &self.header;
        let blobs = header.excess_blob_gas.map(|excess| excess.min(MOST_EXCESS_BLOB_GAS)).unwrap_or_default();
        BlockEnv {
            number: U256::from(header.number),
            beneficiary: header.beneficiary,
            timestamp: U256::from(header.timestamp),
            gas_limit: header.gas_limit,
            basefee: header.base_fee_per_gas.unwrap_or_default(),
            difficulty: header.difficulty,
            prevrandao: Some(header.mix_hash),
            blob_excess_gas_and_price: Some(BlobExcessGasAndPrice::new_with_spec(blobs, self.spec)),
            slot_num: 0,
        }
    }

    fn configuration(&self) -> CfgEnv {
        let mut configuration = CfgEnv::<SpecId>::default()
            .with_chain_id(self.chain_id)
            .with_spec_and_mainnet_gas_params(self.spec);
        configuration.disable_nonce_check = true;
        configuration.disable_base_fee = true;
        configuration.disable_eip3607 = true;
        configuration
    }
}
