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
    /// `SELFDESTRUCT`: all ether of `from` goes to `to`, whose code does not run.
    Destroy,
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
    /// Gas that it used, with the calls below it; without the transaction's own.
    pub gas_used: u64,
    /// Whether `to` had code when it was called. Precompiles count as having some.
    pub has_code: bool,
}

/// A value before a transaction and after it.
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
    /// `COINBASE` or `GASLIMIT`, which are the builder's.
    Coinbase,
    /// `TIMESTAMP`.
    Timestamp,
    /// `NUMBER`.
    Number,
    /// `PREVRANDAO`, `BLOCKHASH`, or what the chain keeps of old blocks.
    Randomness,
    /// `GAS`, other than to give all that is left to a call.
    Gas,
    /// `GASPRICE`, `BASEFEE` or what blobs cost.
    Price,
    /// The balance of this account, to which anyone can send.
    Balance(Address),
    /// The code of this account, which has none: whoever deploys there changes the answer.
    Code(Address),
}

/// What a transaction did.
///
/// Storage, balances, logs and contracts are its lasting effect: what reverted left no trace in them. `frames`,
/// `preimages` and `surroundings` are of all code that ran, because what code asks can decide what it does even where
/// it reverts afterwards.
///
/// Contracts can be made to fill any memory with a trace, so there are bounds: [`Trace::MOST_FRAMES`],
/// [`Trace::MOST_BYTES`] and [`Trace::MOST_PREIMAGES`]. Where one was met, [`Trace::is_whole`] says so; the lasting
/// effect is complete nevertheless.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Gas used before refunds, with the transaction's own.
    pub gas_used: u64,
    /// Gas refunded.
    pub gas_refunded: u64,
    /// Calls; the first is the transaction.
    pub frames: Vec<CallFrame>,
    /// Storage slots that have another value after than before.
    pub storage: BTreeMap<(Address, U256), Change<U256>>,
    /// Who wrote the slots of `storage`: account, slot and index of the frame, whose writes lasted.
    pub writers: BTreeSet<(Address, U256, usize)>,
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
    /// Calls that are not in `frames`, because there were too many.
    pub omitted_frames: usize,
    /// Bytes of call data and answers that are not in `frames`, because there were too many. Such data is cut to its
    /// first 4 bytes.
    pub omitted_bytes: usize,
    /// Preimages that are not kept, because there were too many.
    pub omitted_preimages: usize,
}

impl Trace {
    /// Most calls of a trace.
    pub const MOST_FRAMES: usize = 20_000;
    /// Most bytes of call data and answers of a trace, together.
    pub const MOST_BYTES: usize = 16 << 20;
    /// Most preimages of a trace.
    pub const MOST_PREIMAGES: usize = 20_000;

    /// Whether all of it is there.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.omitted_frames == 0 && self.omitted_bytes == 0 && self.omitted_preimages == 0
    }

    /// The calls by which `timelock` makes the actions of a proposal of `governor`, in their order, and for each call of
    /// the trace which of them it belongs to: its place in the first list.
    #[must_use]
    pub fn actions(&self, governor: Address, timelock: Address) -> (Vec<usize>, Vec<Option<usize>>) {
        let (mut actions, mut owners) = (Vec::new(), Vec::with_capacity(self.frames.len()));
        for (place, frame) in self.frames.iter().enumerate() {
            let above = |parent| Some((self.frames.get(parent)?, owners.get(parent).copied().flatten()));
            let owner = frame.parent.and_then(above).and_then(|(parent, owner)| {
                let is_action = frame.kind == CallKind::Call
                    && frame.from == timelock
                    && parent.kind == CallKind::Call
                    && (parent.to, parent.from) == (timelock, governor);
                // An action that comes back to the governor may make it execute something else, which is part of it.
                owner.or_else(|| is_action.then_some(actions.len()))
            });
            if owner == Some(actions.len()) {
                actions.push(place);
            }
            owners.push(owner);
        }
        (actions, owners)
    }

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
