//! The machine on contracts that mean no good, each a few instructions long.

use std::collections::BTreeMap;
use std::sync::Arc;

use alloy::consensus::Header;
use alloy::primitives::{Address, B256, Bytes, U256, bytes, keccak256};
use btrst_simulate::state::{AccountState, Pinned, StateSource};
use btrst_simulate::trace::{CallKind, Outcome, Surrounding};
use btrst_simulate::{Error, Machine, Message, Result, Trace};

/// Who sends.
const SENDER: Address = Address::repeat_byte(0xee);
/// The contract that is called.
const TARGET: Address = Address::repeat_byte(0xaa);
/// Another contract.
const OTHER: Address = Address::repeat_byte(0xbb);

/// A chain of a few contracts, and nothing else.
#[derive(Debug)]
struct Toy {
    pinned: Pinned,
    codes: BTreeMap<Address, Bytes>,
    /// Whether storage can be read.
    has_storage: bool,
}

impl StateSource for Toy {
    fn pinned(&self) -> &Pinned {
        &self.pinned
    }

    fn account(&self, address: Address) -> Result<AccountState> {
        let code = self.codes.get(&address).cloned().unwrap_or_default();
        let balance = U256::from(if address == TARGET { 1_000 } else { 0 });
        Ok(AccountState { nonce: u64::from(!code.is_empty()), code, balance })
    }

    fn slot(&self, address: Address, slot: U256) -> Result<U256> {
        if self.has_storage {
            return Ok(U256::ZERO);
        }
        let (what, reason) = (format!("slot `{slot:#x}` of `{address}`"), "no archive here".into());
        Err(Error::State { what, reason })
    }

    fn block_hash(&self, _: u64) -> Result<B256> {
        Ok(B256::ZERO)
    }
}

fn machine(target: Bytes, other: Bytes, has_storage: bool) -> Machine {
    let header = Header {
        number: 100,
        timestamp: 1_000_000,
        gas_limit: 60_000_000,
        base_fee_per_gas: Some(7),
        requests_hash: Some(B256::ZERO),
        ..Header::default()
    };
    let pinned = Pinned { chain_id: 31_337, hash: header.hash_slow(), header };
    let codes = BTreeMap::from([(TARGET, target), (OTHER, other)]);
    Machine::new(Arc::new(Toy { pinned, codes, has_storage }))
}

fn message() -> Message {
    Message { from: SENDER, to: TARGET, value: U256::ZERO, input: Bytes::new(), gas_limit: 16_777_216 }
}

/// What a transaction to `target` does, when `other` is there too.
fn trace(target: Bytes, other: Bytes) -> Trace {
    machine(target, other, true).transact(&message()).unwrap()
}

/// Calls [`OTHER`] with `size` bytes of memory and all gas: PUSH0 PUSH0 PUSH3 size PUSH0 PUSH0 PUSH20 other GAS CALL.
fn call_other(size: u32) -> Vec<u8> {
    let size = size.to_be_bytes();
    [&[0x5f, 0x5f, 0x62, size[1], size[2], size[3], 0x5f, 0x5f, 0x73], &OTHER[..], &[0x5a, 0xf1]].concat()
}

/// `body` again and again, with POP after each: JUMPDEST body POP PUSH0 JUMP.
fn forever(body: &[u8]) -> Bytes {
    [&[0x5b], body, &[0x50, 0x5f, 0x56]].concat().into()
}

#[test]
fn burning_all_gas_is_a_halt() {
    let trace = trace(bytes!("5b5f56"), Bytes::new());
    assert_eq!(trace.outcome(), Outcome::Halt("out of gas".into()));
    assert_eq!(trace.gas_used, 16_777_216);
    assert!(trace.is_whole());
}

#[test]
fn recursion_ends() {
    // Calls itself with all gas: five times PUSH0, ADDRESS, GAS, CALL.
    let trace = trace(bytes!("5f5f5f5f5f305af100"), Bytes::new());
    assert!(trace.succeeded());
    assert!(trace.frames.len() > 100 && trace.frames.len() <= 1_026, "{}", trace.frames.len());
    let deepest = trace.frames.last().unwrap();
    assert!(matches!(deepest.outcome, Outcome::Halt(_)), "{deepest:?}");
    assert_eq!(deepest.parent, Some(trace.frames.len() - 2));
}

#[test]
fn a_trace_of_too_many_calls_is_cut_and_says_so() {
    let trace = trace(forever(&call_other(0)), bytes!("00"));
    assert_eq!(trace.frames.len(), Trace::MOST_FRAMES);
    assert!(trace.omitted_frames > 50_000, "{}", trace.omitted_frames);
    assert!(!trace.is_whole());
}

#[test]
fn a_trace_of_too_many_bytes_is_cut_and_says_so() {
    // A mebibyte of memory, passed on again and again.
    let trace = trace(forever(&call_other(0x10_0000)), bytes!("00"));
    let kept: usize = trace.frames.iter().map(|frame| frame.input.len()).sum();
    assert!(kept <= Trace::MOST_BYTES + 4 * trace.frames.len(), "{kept}");
    assert!(trace.omitted_bytes > Trace::MOST_BYTES, "{}", trace.omitted_bytes);
    assert!(!trace.is_whole());
}

#[test]
fn megabytes_come_back_and_go() {
    // Returns, or reverts with, a mebibyte: PUSH3 size PUSH0 RETURN or REVERT.
    let mut machine = machine(bytes!("621000005ff3"), bytes!("621000005ffd"), true);
    let answer = machine.call(SENDER, TARGET, Bytes::new()).unwrap();
    assert!(matches!(answer, Outcome::Success(data) if data.len() == 0x10_0000));
    let answer = machine.call(SENDER, OTHER, Bytes::new()).unwrap();
    assert!(matches!(answer, Outcome::Revert(data) if data.len() == 0x10_0000));
}

#[test]
fn what_reverts_leaves_no_trace_but_its_call() {
    // LOG0, SSTORE 1 at 2, REVERT of nothing; called by one who writes 3 at 4 and logs.
    let other = bytes!("5f5fa060016002555f5ffd");
    let target = [&call_other(0)[..], &[0x60, 3, 0x60, 4, 0x55, 0x5f, 0x5f, 0xa0, 0x00]].concat();
    let trace = trace(target.into(), other);
    assert!(trace.succeeded());
    assert_eq!(trace.frames[1].outcome, Outcome::Revert(Bytes::new()));
    assert_eq!(
        trace.logs.iter().map(|(frame, log)| (*frame, log.address)).collect::<Vec<_>>(),
        [(0, TARGET)]
    );
    let written: Vec<_> = trace.storage.iter().map(|(place, change)| (*place, change.after)).collect();
    assert_eq!(written, [((TARGET, U256::from(4)), U256::from(3))]);
    assert_eq!(trace.writers.into_iter().collect::<Vec<_>>(), [(TARGET, U256::from(4), 0)]);
}

#[test]
fn a_failed_transaction_changes_nothing() {
    // SSTORE 1 at 2, then INVALID.
    let mut machine = machine(bytes!("6001600255fe"), Bytes::new(), true);
    let trace = machine.transact(&message()).unwrap();
    assert_eq!(trace.outcome(), Outcome::Halt("invalid instruction".into()));
    assert_eq!((trace.storage.len(), trace.writers.len()), (0, 0));
    assert_eq!(machine.slot(TARGET, U256::from(2)).unwrap(), U256::ZERO);
}

#[test]
fn surroundings_and_preimages_are_noted() {
    // ORIGIN, COINBASE, TIMESTAMP, NUMBER, PREVRANDAO, GAS, GASPRICE, CALLER; then KECCAK256 of 64 bytes of memory that
    // nobody wrote.
    let trace = trace(bytes!("32414243445a3a3360405f2000"), Bytes::new());
    let asked: Vec<_> = trace.surroundings.iter().map(|(who, what)| (*who, *what)).collect();
    use Surrounding::*;
    let all = [Origin, Coinbase, Timestamp, Number, Randomness, Gas, Price];
    assert_eq!(asked, all.map(|what| (TARGET, what)));
    assert_eq!(trace.preimages.get(&keccak256([0; 64])).map(|data| data.len()), Some(64));
    // Gas that is only passed on is not asked for.
    let passed = self::trace(call_other(0).into(), bytes!("00"));
    assert_eq!(passed.surroundings.len(), 0);
}

#[test]
fn creation_and_destruction_are_noted() {
    // CREATE of empty code with 3 wei: PUSH0 PUSH0 PUSH1 3 CREATE.
    let created = trace(bytes!("5f5f6003f000"), Bytes::new());
    let address = *created.created.first().unwrap();
    assert_eq!((created.frames[1].kind, created.frames[1].to), (CallKind::Create, address));
    assert_eq!(created.balances[&address].after, U256::from(3));
    assert_eq!(created.balances[&TARGET].after, U256::from(997));
    // A contract of before survives since Cancun, and only loses its ether: CALLER SELFDESTRUCT.
    let destroyed = trace(bytes!("33ff"), Bytes::new());
    assert_eq!((destroyed.destroyed.len(), destroyed.balances[&SENDER].after), (0, U256::from(1_000)));
}

#[test]
fn a_call_to_nobody_is_told_from_one_to_code() {
    let calls = trace(call_other(0).into(), Bytes::new());
    assert_eq!(calls.frames.iter().map(|frame| frame.has_code).collect::<Vec<_>>(), [true, false]);
    let precompile = bytes!("5f5f5f5f5f60025af1");
    assert!(trace(precompile, Bytes::new()).frames[1].has_code, "SHA-256");
}

#[test]
fn state_that_cannot_be_read_is_never_zero() {
    // SLOAD of slot 9.
    let mut machine = machine(bytes!("60095400"), Bytes::new(), false);
    let error = machine.transact(&message()).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot read slot `0x9` of `{TARGET}`: no archive here"));
    assert!(matches!(machine.call(SENDER, TARGET, Bytes::new()), Err(Error::State { .. })));
    let read = machine.read(async |chain| {
        use alloy::providers::Provider;
        let storage = chain.get_storage_at(TARGET, U256::from(9)).await;
        storage.map_err(|error| Error::State { what: "provider".into(), reason: error.to_string() })
    });
    assert_eq!(
        read.unwrap_err().to_string(),
        format!("cannot read slot `0x9` of `{TARGET}`: no archive here")
    );
}

#[test]
fn ether_that_is_not_there_cannot_be_sent() {
    let mut machine = machine(Bytes::new(), Bytes::new(), true);
    let poor = Message { value: U256::from(1), ..message() };
    let error = machine.transact(&poor).unwrap_err();
    assert!(matches!(&error, Error::Refused { .. }), "{error}");
    let large = Message { input: vec![1; 2_000_000].into(), ..message() };
    assert!(
        matches!(machine.transact(&large), Err(Error::Refused { .. })),
        "more gas than a transaction may have"
    );
}

#[test]
fn clones_go_their_own_way() {
    let mut one = machine(bytes!("600160025500"), Bytes::new(), true);
    let mut other = one.clone();
    one.mine(10);
    one.transact(&message()).unwrap();
    assert_eq!((one.head().number, one.head().timestamp), (110, 1_000_120));
    assert_eq!(one.slot(TARGET, U256::from(2)).unwrap(), U256::from(1));
    assert_eq!(other.slot(TARGET, U256::from(2)).unwrap(), U256::ZERO);
    assert_eq!(other.head().number, 100);
}
