//! A state source in the words of the EVM.

use std::fmt;
use std::sync::Arc;

use alloy::primitives::{Address, B256, KECCAK256_EMPTY, U256, keccak256};
use revm::DatabaseRef;
use revm::database_interface::DBErrorMarker;
use revm::state::{AccountInfo, Bytecode};

use crate::Error;
use crate::state::StateSource;

/// Why the state could not be read. It ends the transaction that asked.
#[derive(Debug)]
pub(super) struct Unread(pub(super) Error);

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Unread {}

impl DBErrorMarker for Unread {}

impl From<Error> for Unread {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

/// Reads from a source.
#[derive(Clone, Debug)]
pub(super) struct Source(pub(super) Arc<dyn StateSource>);

impl DatabaseRef for Source {
    type Error = Unread;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, Unread> {
        let account = self.0.account(address)?;
        let code_hash = if account.code.is_empty() { KECCAK256_EMPTY } else { keccak256(&account.code) };
        let code = Bytecode::new_raw_checked(account.code)
            .map_err(|error| Error::state(format!("the code of `{address}`"), error))?;
        let info = AccountInfo {
            balance: account.balance,
            nonce: account.nonce,
            code_hash,
            code: Some(code),
            ..AccountInfo::default()
        };
        Ok((!info.is_empty()).then_some(info))
    }

    fn code_by_hash_ref(&self, hash: B256) -> Result<Bytecode, Unread> {
        // Every account comes with its code.
        Err(Error::state(format!("the code of hash `{hash}`"), "no account has it").into())
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256, Unread> {
        Ok(self.0.slot(address, slot)?)
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, Unread> {
        let pinned = self.0.pinned();
        match number.cmp(&pinned.header.number) {
            std::cmp::Ordering::Less => Ok(self.0.block_hash(number)?),
            std::cmp::Ordering::Equal => Ok(pinned.hash),
            // A block that is not there has no hash; this one is at least always the same.
            std::cmp::Ordering::Greater => Ok(keccak256([&pinned.hash[..], &number.to_be_bytes()].concat())),
        }
    }
}
