//! What one transaction did, call by call.

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::{Address, B256, Bytes, Log, U256};

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It returned.
    Success(Bytes),
    /// It reverted with this data, and its effects are gone.
    Revert(Bytes),
    /// The machine stopped it, for this reason, such as `out of gas`.
    Halt(String),
}

/// Kind of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// `CALL`, or the transaction itself.
    Call,
    /// `STATICCALL`.
    Static,
    /// `DELEGATECALL` or `CALLCODE`: the code of `to` on the storage of `from`.
    Delegate,
    /// `CREATE` or `CREATE2`.
    Create,
}

/// A call, in the order in which calls were entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFrame {
    /// Index of the frame that made it; `None` for the transaction itself.
    pub parent: Option<usize>,
    /// Kind.
    pub kind: CallKind,
    /// Account that makes the call, and in [`CallKind::Delegate`] keeps its storage.
    pub from: Address,
    /// Account whose code runs.
    pub to: Address,
    /// Wei that go along.
    pub value: U256,
    /// Call data, or initialization code.
    pub input: Bytes,
    /// End of this call. A frame that succeeded inside of one that reverted has no effect either.
    pub outcome: Outcome,
    /// Gas that it used, with the calls below it.
    pub gas_used: u64,
    /// Whether `to` had code when it was called. Precompiles count as having some.
    pub has_code: bool,
}

/// An account's balance in wei, before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<T> {
    /// Before the transaction.
    pub before: T,
    /// After it.
    pub after: T,
}

/// Something of the block or the transaction that code asked for, and that who executes can choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Surrounding {
    /// `CALLER`, in the frame that the executor's account calls, or `ORIGIN`.
    Origin,
    /// `COINBASE`.
    Coinbase,
    /// `TIMESTAMP`.
    Timestamp,
    /// `NUMBER`.
    Number,
    /// `PREVRANDAO`.
    Randomness,
    /// `GAS`.
    Gas,
    /// `GASPRICE` or `BASEFEE`.
    Price,
}

/// What a transaction did. Everything but `frames` is its lasting effect: what reverted left no trace in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Gas used before refunds, with the transaction's own.
    pub gas_used: u64,
    /// Gas refunded.
    pub gas_refunded: u64,
    /// Calls; the first is the transaction.
    pub frames: Vec<CallFrame>,
    /// Storage slots that have another value after than before.
    pub storage: BTreeMap<(Address, U256), Change<U256>>,
    /// Accounts that have another balance in wei after than before; the fee is left out.
    pub balances: BTreeMap<Address, Change<U256>>,
    /// Events with the index of the frame that emitted each.
    pub logs: Vec<(usize, Log)>,
    /// Contracts that were created.
    pub created: BTreeSet<Address>,
    /// Contracts that destroyed themselves.
    pub destroyed: BTreeSet<Address>,
    /// What `KECCAK256` was taken of, by hash; only inputs of up to 128 bytes. They name the slots of mappings.
    pub preimages: BTreeMap<B256, Bytes>,
    /// What code asked about its surroundings, by the account whose code asked.
    pub surroundings: BTreeSet<(Address, Surrounding)>,
}

impl Trace {
    /// The end of the transaction. A trace without a frame counts as halted.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.frames.first().map_or_else(|| Outcome::Halt("not run".into()), |frame| frame.outcome.clone())
    }

    /// Whether the transaction returned.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        matches!(self.outcome(), Outcome::Success(_))
    }
}
