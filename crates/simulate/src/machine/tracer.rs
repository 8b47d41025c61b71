//! Watches a transaction and writes its trace.

use std::collections::BTreeSet;

use alloy::primitives::{Address, Bytes, Log, U256, address, keccak256};
use revm::bytecode::opcode;
use revm::context::result::ExecutionResult;
use revm::context::{BlockEnv, CfgEnv, Context, ContextTr, Journal, JournalTr, TxEnv};
use revm::database::CacheDB;
use revm::interpreter::interpreter_types::{InputsTr, Jumps, LegacyBytecode, MemoryTr};
use revm::interpreter::{
    CallInputs, CallOutcome, CallScheme, CreateInputs, CreateOutcome, InstructionResult, Interpreter,
    InterpreterResult,
};
use revm::precompile::{PrecompileSpecId, Precompiles};
use revm::primitives::hardfork::SpecId;
use revm::{Database, Inspector};

use super::database::Source;
use crate::Trace;
use crate::trace::{CallFrame, CallKind, Outcome, Surrounding};

/// Longest preimage that is kept, in bytes: a key and a slot are 64, and a long key may be twice that.
const LONGEST_PREIMAGE: usize = 128;

/// Bytes that are kept of call data and answers once there are too many of them.
const SELECTOR: usize = 4;

/// Contracts of the chain that answer with the hashes of old blocks and of the consensus (EIP-2935, EIP-4788).
const OLD_BLOCKS: [Address; 2] = [
    address!("0000F90827F1C53a10cb7A02335B175320002935"),
    address!("000F3df6D732807Ef1319fB7B8bB8522d0Beac02"),
];

/// What the machine runs in.
pub(super) type MachineContext<'a> =
    Context<BlockEnv, TxEnv, CfgEnv, &'a mut CacheDB<Source>, Journal<&'a mut CacheDB<Source>>, ()>;

/// A call that is running.
struct Running {
    /// Its place in the trace, or that of the nearest call above it that is there.
    frame: usize,
    /// Whether the trace has it.
    kept: bool,
    /// Logs that there were when it was entered.
    logs: usize,
    /// Writes that there were when it was entered.
    writes: usize,
}

/// Watches one transaction.
pub(super) struct Tracer {
    sender: Address,
    precompiles: &'static Precompiles,
    trace: Trace,
    running: Vec<Running>,
    kept_bytes: usize,
    writes: Vec<(Address, U256, usize)>,
}

impl Tracer {
    /// Watches a transaction of `sender`.
    pub(super) fn new(sender: Address, spec: SpecId) -> Self {
        Self {
            sender,
            precompiles: Precompiles::new(PrecompileSpecId::from_spec_id(spec)),
            trace: Trace::default(),
            running: Vec::new(),
            kept_bytes: 0,
            writes: Vec::new(),
        }
    }

    /// The trace, but for what only the state after the transaction shows.
    pub(super) fn finish(mut self, result: &ExecutionResult) -> Trace {
        let gas = result.gas();
        self.trace.gas_used = gas.total_gas_spent().max(gas.floor_gas());
        self.trace.gas_refunded = gas.final_refunded();
        self.trace.writers = self.writes.into_iter().collect::<BTreeSet<_>>();
        self.trace
    }

    /// `data`, as far as there is room for it.
    fn keep(&mut self, data: &Bytes) -> Bytes {
        if self.kept_bytes.saturating_add(data.len()) <= Trace::MOST_BYTES {
            self.kept_bytes += data.len();
            return data.clone();
        }
        let start = data.get(..SELECTOR).unwrap_or(data);
        self.trace.omitted_bytes += data.len() - start.len();
        // A slice would keep the whole data alive.
        Bytes::copy_from_slice(start)
    }

    fn enter(&mut self, frame: impl FnOnce(&mut Self, Option<usize>) -> CallFrame) {
        let parent = self.running.last().map(|running| running.frame);
        let kept = self.trace.frames.len() < Trace::MOST_FRAMES;
        let place = if kept {
            let frame = frame(self, parent);
            self.trace.frames.push(frame);
            self.trace.frames.len() - 1
        } else {
            self.trace.omitted_frames += 1;
            parent.unwrap_or_default()
        };
        let (logs, writes) = (self.trace.logs.len(), self.writes.len());
        self.running.push(Running { frame: place, kept, logs, writes });
    }

    fn leave(&mut self, result: &InterpreterResult, created: Option<Address>) {
        let Some(running) = self.running.pop() else { return };
        if !result.result.is_ok() {
            self.trace.logs.truncate(running.logs);
            self.writes.truncate(running.writes);
        }
        if !running.kept {
            return;
        }
        let outcome = match result.result {
            InstructionResult::Revert => Outcome::Revert(self.keep(&result.output)),
            end if end.is_ok() => Outcome::Success(self.keep(&result.output)),
            end => Outcome::Halt(words(end)),
        };
        if let Some(frame) = self.trace.frames.get_mut(running.frame) {
            frame.outcome = outcome;
            frame.gas_used = result.gas.total_gas_spent();
            frame.to = created.unwrap_or(frame.to);
        }
    }

    fn surrounding(&mut self, interpreter: &Interpreter, surrounding: Surrounding) {
        let input = &interpreter.input;
        let code = input.bytecode_address().copied().unwrap_or_else(|| input.target_address());
        self.trace.surroundings.insert((code, surrounding));
    }

    fn preimage(&mut self, interpreter: &Interpreter) {
        let (Ok(offset), Ok(length)) = (interpreter.stack.peek(0), interpreter.stack.peek(1)) else { return };
        let (Ok(offset), Ok(length)) = (usize::try_from(offset), usize::try_from(length)) else { return };
        if length == 0 || length > LONGEST_PREIMAGE {
            return;
        }
        if self.trace.preimages.len() >= Trace::MOST_PREIMAGES {
            self.trace.omitted_preimages += 1;
            return;
        }
        // Memory that was not written yet is zero; the hash itself extends it.
        let mut data = vec![0; length];
        let size = interpreter.memory.size();
        let there = size.saturating_sub(offset).min(length);
        if there > 0 {
            let known = interpreter.memory.slice(offset..offset + there);
            if let Some(start) = data.get_mut(..there) {
                start.copy_from_slice(&known);
            }
        }
        self.trace.preimages.insert(keccak256(&data), data.into());
    }
}

impl<'a> Inspector<MachineContext<'a>> for Tracer {
    fn step(&mut self, interpreter: &mut Interpreter, context: &mut MachineContext<'a>) {
        match interpreter.bytecode.opcode() {
            opcode::KECCAK256 => self.preimage(interpreter),
            opcode::SSTORE => {
                if let (Ok(slot), Some(running)) = (interpreter.stack.peek(0), self.running.last()) {
                    self.writes.push((interpreter.input.target_address(), slot, running.frame));
                }
            }
            opcode::ORIGIN => self.surrounding(interpreter, Surrounding::Origin),
            // The only caller that whoever executes can choose is that of the first frame, and of code that runs for it.
            opcode::CALLER if interpreter.input.caller_address() == self.sender => {
                self.surrounding(interpreter, Surrounding::Origin);
            }
            opcode::COINBASE => self.surrounding(interpreter, Surrounding::Coinbase),
            opcode::TIMESTAMP => self.surrounding(interpreter, Surrounding::Timestamp),
            opcode::NUMBER => self.surrounding(interpreter, Surrounding::Number),
            opcode::DIFFICULTY | opcode::BLOCKHASH => {
                self.surrounding(interpreter, Surrounding::Randomness);
            }
            opcode::GASLIMIT => self.surrounding(interpreter, Surrounding::Coinbase),
            opcode::GASPRICE | opcode::BASEFEE | opcode::BLOBBASEFEE | opcode::BLOBHASH => {
                self.surrounding(interpreter, Surrounding::Price);
            }
            opcode::BALANCE => {
                if let Ok(account) = interpreter.stack.peek(0) {
                    self.surrounding(interpreter, Surrounding::Balance(Address::from_word(account.into())));
                }
            }
            opcode::SELFBALANCE => {
                let own = interpreter.input.target_address();
                self.surrounding(interpreter, Surrounding::Balance(own));
            }
            opcode::EXTCODESIZE | opcode::EXTCODEHASH | opcode::EXTCODECOPY => {
                let account = interpreter.stack.peek(0).map(|word| Address::from_word(word.into()));
                // Not by the journal, where asking costs the next one less gas.
                let empty = |account: &Address| {
                    let known = context.db_mut().basic(*account).ok().flatten();
                    known.is_none_or(|known| known.is_empty_code_hash())
                };
                if let Some(account) = account.ok().filter(empty) {
                    self.surrounding(interpreter, Surrounding::Code(account));
                }
            }
            opcode::GAS => {
                let next = interpreter.bytecode.bytecode_slice().get(interpreter.bytecode.pc() + 1);
                let calls = [opcode::CALL, opcode::STATICCALL, opcode::DELEGATECALL, opcode::CALLCODE];
                if !next.is_some_and(|next| calls.contains(next)) {
                    self.surrounding(interpreter, Surrounding::Gas);
                }
            }
            _ => {}
        }
    }

    fn log(&mut self, _: &mut MachineContext<'a>, log: Log) {
        let frame = self.running.last().map(|running| running.frame).unwrap_or_default();
        self.trace.logs.push((frame, log));
    }

    fn call(&mut self, context: &mut MachineContext<'a>, inputs: &mut CallInputs) -> Option<CallOutcome> {
        let has_code =
            !inputs.known_bytecode.1.is_empty() || self.precompiles.contains(&inputs.bytecode_address);
        let input = inputs.input.bytes(context);
        let (kind, from, value) = match inputs.scheme {
            CallScheme::Call => (CallKind::Call, inputs.caller, inputs.call_value()),
            CallScheme::StaticCall => (CallKind::Static, inputs.caller, U256::ZERO),
            // Nothing goes along: it stays where it is.
            CallScheme::CallCode | CallScheme::DelegateCall => {
                (CallKind::Delegate, inputs.target_address, U256::ZERO)
            }
        };
        let to = inputs.bytecode_address;
        if OLD_BLOCKS.contains(&to) {
            self.trace.surroundings.insert((from, Surrounding::Randomness));
        }
        self.enter(|tracer, parent| CallFrame {
            parent,
            kind,
            from,
            to,
            value,
            input: tracer.keep(&input),
            outcome: Outcome::Halt("not finished".into()),
            gas_used: 0,
            has_code,
        });
        None
    }

    fn call_end(&mut self, _: &mut MachineContext<'a>, _: &CallInputs, outcome: &mut CallOutcome) {
        self.leave(&outcome.result, None);
    }

    fn create(
        &mut self,
        context: &mut MachineContext<'a>,
        inputs: &mut CreateInputs,
    ) -> Option<CreateOutcome> {
        // The nonce is that before the creation, whose caller is loaded because it runs.
        let nonce = context.journal_mut().load_account(inputs.caller()).map(|account| account.info.nonce);
        let to = nonce.map_or(Address::ZERO, |nonce| inputs.created_address(nonce));
        self.enter(|tracer, parent| CallFrame {
            parent,
            kind: CallKind::Create,
            from: inputs.caller(),
            to,
            value: inputs.value(),
            input: tracer.keep(inputs.init_code()),
            outcome: Outcome::Halt("not finished".into()),
            gas_used: 0,
            has_code: false,
        });
        None
    }

    fn selfdestruct(&mut self, from: Address, to: Address, value: U256) {
        self.enter(|_, parent| CallFrame {
            parent,
            kind: CallKind::Destroy,
            from,
            to,
            value,
            input: Bytes::new(),
            outcome: Outcome::Success(Bytes::new()),
            gas_used: 0,
            has_code: false,
        });
        self.running.pop();
    }

    fn create_end(&mut self, _: &mut MachineContext<'a>, _: &CreateInputs, outcome: &mut CreateOutcome) {
        self.leave(&outcome.result, outcome.address);
    }
}

/// Why the machine stopped, in words.
fn words(end: InstructionResult) -> String {
    use InstructionResult::*;
    match end {
        OutOfGas | MemoryOOG | MemoryLimitOOG | PrecompileOOG | InvalidOperandOOG | ReentrancySentryOOG => {
            "out of gas".into()
        }
        CallTooDeep => "more than 1,024 calls deep".into(),
        OutOfFunds => "not enough ether".into(),
        OpcodeNotFound | NotActivated => "unknown instruction".into(),
        InvalidFEOpcode => "invalid instruction".into(),
        InvalidJump => "invalid jump".into(),
        StateChangeDuringStaticCall | CallNotAllowedInsideStatic => "a static call that changes state".into(),
        StackUnderflow | StackOverflow => "stack out of bounds".into(),
        end => format!("{end:?}"),
    }
}
