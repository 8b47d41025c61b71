//! What Ethereum charges, as far as floors need it.
//!
//! Sources: EIP-2028 (calldata), EIP-2929 (cold and warm access), EIP-2200 and EIP-3529 (storage and refunds), EIP-170
//! and EIP-3860 (creation), and the Yellow Paper's appendix G for the rest. The minimum of EIP-7623 never binds here.

use alloy::sol_types::{SolCall, SolEvent};

/// A transaction without calldata.
const TRANSACTION: u64 = 21_000;
const CALLDATA_ZERO_BYTE: u64 = 4;
const CALLDATA_BYTE: u64 = 16;

/// `LOG0`; each topic costs the same again.
const LOG: u64 = 375;
const LOG_BYTE: u64 = 8;

/// First read of a slot in a transaction.
pub const COLD_SLOT: u64 = 2_100;
/// First write of a slot that was zero and is not afterwards, with its first read.
pub const NEW_SLOT: u64 = 22_100;
/// First write of a slot that was not zero, with its first read.
pub const CHANGED_SLOT: u64 = 5_000;
/// A read or write of a slot that the transaction has touched already, or a call of such an account.
pub const WARM: u64 = 100;
/// First access to an account.
pub const COLD_ACCOUNT: u64 = 2_600;
/// Recovery of a signer: the precompile, which is always warm, and the call of it.
pub const RECOVER: u64 = 3_000 + WARM;

/// Refund for a slot that was not zero and is afterwards.
const CLEARED_SLOT: u64 = 4_800;
/// A refund is at most one part in so many of the gas used.
const REFUND_QUOTIENT: u64 = 5;

const KECCAK: u64 = 30;
const KECCAK_WORD: u64 = 6;
/// Copying of a word of calldata into memory.
const COPY_WORD: u64 = 3;
const MEMORY_WORD: u64 = 3;
const MEMORY_SQUARE: u64 = 512;

/// A transaction that makes this call, before anything is executed.
pub fn transaction(call: &impl SolCall) -> u64 {
    TRANSACTION + calldata(&call.abi_encode())
}

/// The bytes of a call.
pub fn calldata(bytes: &[u8]) -> u64 {
    let price = |byte: &u8| if *byte == 0 { CALLDATA_ZERO_BYTE } else { CALLDATA_BYTE };
    bytes.iter().map(price).sum()
}

/// An event, without preparing its data in memory.
pub fn event(event: &impl SolEvent) -> u64 {
    let log = event.encode_log_data();
    LOG * (1 + log.topics().len() as u64) + LOG_BYTE * log.data.len() as u64
}

/// Hash of so many words.
pub const fn keccak(words: u64) -> u64 {
    KECCAK + KECCAK_WORD * words
}

/// Copying of so many words of calldata to memory.
pub const fn copy(words: u64) -> u64 {
    COPY_WORD * words
}

/// Growing memory to so many words.
pub const fn memory(words: u64) -> u64 {
    MEMORY_WORD * words + words * words / MEMORY_SQUARE
}

/// What is paid of `gas` after the refund for so many cleared slots.
pub const fn after_refund(gas: u64, cleared_slots: u64) -> u64 {
    let refund = CLEARED_SLOT * cleared_slots;
    let most = gas / REFUND_QUOTIENT;
    gas - if refund < most { refund } else { most }
}
