//! State from an endpoint, at one block by its hash.

mod desk;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use alloy::consensus::Header;
use alloy::eips::{BlockId, BlockNumberOrTag};
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::DynProvider;
use alloy::rpc::types::{Block, EIP1186AccountProofResponse, Transaction, TransactionReceipt};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{AccountState, Pinned, StateSource, Wanted, Witness};
use crate::report::shortened;
use crate::{Error, Result};
pub(crate) use desk::Request;
use desk::{Desk, MOST_WORDS};

/// Reads from an endpoint at one block.
///
/// Requests are made by a thread of their own, which owns the connection. So to wait for them blocks nobody else's
/// runtime, of whatever kind it is. Everything is asked for by the hash of the block, and only as long as it is in the
/// chain (EIP-1898): a reorganization is an error, and never a mixture of two states.
#[derive(Debug)]
pub struct Remote {
    desk: Desk,
    pinned: Pinned,
    /// What was read before anyone asked for it.
    ahead: Mutex<Ahead>,
}

#[derive(Debug, Default)]
struct Ahead {
    accounts: HashMap<Address, AccountState>,
    slots: HashMap<(Address, U256), U256>,
}

impl Remote {
    /// Pins `block` of the chain that the provider of `connect` reaches. The provider is made and used in the thread of
    /// this source alone; so `connect` should make a new one, and not hand over one that is in use elsewhere.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn pin(
        connect: impl FnOnce() -> Result<DynProvider> + Send + 'static,
        block: BlockId,
    ) -> Result<Self> {
        let desk = Desk::open(connect)?;
        let by = match block {
            BlockId::Hash(hash) => Request::new("eth_getBlockByHash", json!([hash.block_hash, false])),
            BlockId::Number(number) => Request::new("eth_getBlockByNumber", json!([number, false])),
        };
        let [id, block] = desk.ask_all([Request::new("eth_chainId", json!([])), by])?;
        let chain_id = quantity("the chain id", id?)?;
        let chain_id = u64::try_from(chain_id).map_err(|error| Error::state("the chain id", error))?;
        let block: Option<Block> = decoded("the block", block?)?;
        let block = block.ok_or_else(|| Error::state("the block", "the endpoint has no such block"))?;
        let pinned = Pinned { chain_id, hash: block.header.hash, header: block.header.inner };
        Ok(Self { desk, pinned, ahead: Mutex::default() })
    }

    /// Reads at a block that is known already. Nothing is asked until something is read.
    ///
    /// # Errors
    /// [`Error::State`] when there is no thread or no connection to be had.
    pub fn at(
        connect: impl FnOnce() -> Result<DynProvider> + Send + 'static,
        pinned: Pinned,
    ) -> Result<Self> {
        Ok(Self { desk: Desk::open(connect)?, pinned, ahead: Mutex::default() })
    }

    /// Checks that the pinned block is still in the chain.
    ///
    /// # Errors
    /// [`Error::Reorganized`], [`Error::State`].
    pub fn confirm(&self) -> Result<()> {
        let number = self.pinned.header.number;
        let found = self.block_hash(number)?;
        if found == self.pinned.hash {
            return Ok(());
        }
        Err(Error::Reorganized { number, pinned: self.pinned.hash, found })
    }

    /// Proofs of all accounts and slots of `witness`.
    pub(super) fn proofs(&self, witness: &Witness) -> Result<Vec<(Address, EIP1186AccountProofResponse)>> {
        let none = std::collections::BTreeMap::new();
        let mut addresses: Vec<_> = witness.accounts.keys().chain(witness.slots.keys()).copied().collect();
        addresses.sort_unstable();
        addresses.dedup();
        let request = |address: &Address| {
            let slots = witness.slots.get(address).unwrap_or(&none).keys();
            let slots: Vec<B256> = slots.map(|slot| B256::from(*slot)).collect();
            Request::new("eth_getProof", json!([address, slots, self.block()]))
        };
        let answers = self.desk.ask(addresses.iter().map(request).collect())?;
        let decode = |(address, answer): (Address, Result<Value>)| {
            let answer = answer.and_then(|answer| decoded("the proof", answer));
            let answer = answer.map_err(|error| match error {
                Error::State { reason, .. } => Error::NoProof { account: address, reason },
                other => other,
            })?;
            Ok((address, answer))
        };
        addresses.into_iter().zip(answers).map(decode).collect()
    }

    /// The header of the block `number`.
    ///
    /// # Errors
    /// [`Error::State`].
    pub fn header(&self, number: u64) -> Result<Header> {
        Ok(self.block_of(number)?.1)
    }

    /// The hash and the header of the block `number`.
    fn block_of(&self, number: u64) -> Result<(B256, Header)> {
        let [block] = <[_; 1]>::try_from(self.headers(number, number)?)
            .map_err(|_| Error::state(format!("the header of block {number}"), "no answer"))?;
        Ok(block)
    }

    /// The headers of the blocks `first` to `last`, with their hashes.
    pub(super) fn headers(&self, first: u64, last: u64) -> Result<Vec<(B256, Header)>> {
        let request =
            |number| Request::new("eth_getBlockByNumber", json!([BlockNumberOrTag::Number(number), false]));
        let answers = self.desk.ask((first..=last).map(request).collect())?;
        let decode = |answer: Result<Value>| {
            let block: Option<Block> = decoded("a header", answer?)?;
            let block = block.ok_or_else(|| Error::state("a header", "the endpoint has no such block"))?;
            Ok((block.header.hash, block.header.inner))
        };
        answers.into_iter().map(decode).collect()
    }

    /// The answer to any request.
    pub(crate) fn request<T: DeserializeOwned>(
        &self,
        what: &str,
        method: &'static str,
        parameters: Value,
    ) -> Result<T> {
        let [answer] = self.desk.ask_all([Request::new(method, parameters)])?;
        decoded(what, answer?)
    }

    /// An answer to each of `requests`.
    pub(crate) fn ask_each(&self, requests: Vec<Request>) -> Vec<Result<Value>> {
        match self.desk.ask(requests) {
            Ok(answers) => answers,
            // Then there is nobody to ask for any of them.
            Err(error) => vec![Err(error)],
        }
    }

    /// The transaction of this hash and its receipt, each if there is one.
    pub(crate) fn transaction(
        &self,
        hash: B256,
    ) -> Result<(Option<Transaction>, Option<TransactionReceipt>)> {
        let requests = ["eth_getTransactionByHash", "eth_getTransactionReceipt"]
            .map(|method| Request::new(method, json!([hash])));
        let [sent, receipt] = self.desk.ask_all(requests)?;
        Ok((decoded("the transaction", sent?)?, decoded("the receipt", receipt?)?))
    }

    /// The pinned block as a parameter.
    pub(crate) fn block(&self) -> Value {
        json!({ "blockHash": self.pinned.hash, "requireCanonical": true })
    }

    fn requests_of(&self, address: Address) -> [Request; 3] {
        ["eth_getTransactionCount", "eth_getBalance", "eth_getCode"]
            .map(|method| Request::new(method, json!([address, self.block()])))
    }

    fn request_of_slot(&self, address: Address, slot: U256) -> Request {
        Request::new("eth_getStorageAt", json!([address, B256::from(slot), self.block()]))
    }

    fn ahead(&self) -> MutexGuard<'_, Ahead> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StateSource for Remote {
    fn pinned(&self) -> &Pinned {
        &self.pinned
    }

    fn account(&self, address: Address) -> Result<AccountState> {
        if let Some(account) = self.known_account(address) {
            return Ok(account);
        }
        account_of(address, self.desk.ask_all(self.requests_of(address))?)
    }

    fn slot(&self, address: Address, slot: U256) -> Result<U256> {
        if let Some(word) = self.known_slot(address, slot) {
            return Ok(word);
        }
        let [answer] = self.desk.ask_all([self.request_of_slot(address, slot)])?;
        word(&slot_words(address, slot), answer?)
    }

    fn block_hash(&self, number: u64) -> Result<B256> {
        Ok(self.block_of(number)?.0)
    }

    fn known_account(&self, address: Address) -> Option<AccountState> {
        self.ahead().accounts.get(&address).cloned()
    }

    fn known_slot(&self, address: Address, slot: U256) -> Option<U256> {
        self.ahead().slots.get(&(address, slot)).copied()
    }

    fn prefetch(&self, wanted: &Wanted) -> Result<()> {
        let (mut accounts, mut slots) = (Vec::<Address>::new(), Vec::new());
        {
            let ahead = self.ahead();
            accounts.extend(wanted.keys().filter(|address| !ahead.accounts.contains_key(*address)));
            let all = wanted.iter().flat_map(|(address, slots)| slots.iter().map(|slot| (*address, *slot)));
            slots.extend(all.filter(|place| !ahead.slots.contains_key(place)));
        }
        let mut requests: Vec<Request> =
            accounts.iter().flat_map(|address| self.requests_of(*address)).collect();
        requests.extend(slots.iter().map(|(address, slot)| self.request_of_slot(*address, *slot)));
        let mut answers = self.desk.ask(requests)?.into_iter();
        let mut next = || answers.next().unwrap_or_else(|| Err(Error::state("the chain", "no answer")));
        let mut ahead = self.ahead();
        for address in accounts {
            ahead.accounts.insert(address, account_of(address, [next(), next(), next()])?);
        }
        for (address, slot) in slots {
            ahead.slots.insert((address, slot), word(&slot_words(address, slot), next()?)?);
        }
        Ok(())
    }
}

fn account_of(address: Address, [nonce, balance, code]: [Result<Value>; 3]) -> Result<AccountState> {
    let what = format!("the account `{address}`");
    let nonce = quantity(&what, nonce?)?;
    Ok(AccountState {
        nonce: u64::try_from(nonce).map_err(|error| Error::state(&*what, error))?,
        balance: quantity(&what, balance?)?,
        code: decoded::<Bytes>(&what, code?)?,
    })
}

fn slot_words(address: Address, slot: U256) -> String {
    format!("slot `{slot:#x}` of `{address}`")
}

/// `answer` as what it should be. That there is no answer is an error, and never zero.
pub(crate) fn decoded<T: DeserializeOwned>(what: &str, answer: Value) -> Result<T> {
    serde_json::from_value(answer).map_err(|error| {
        // It can have the whole of the answer.
        let error = error.to_string();
        Error::state(what, format!("the answer makes no sense: {}", shortened(&error, MOST_WORDS)))
    })
}

/// `answer` as a number. `0x` is none, and nothing is taken for zero.
pub(crate) fn quantity(what: &str, answer: Value) -> Result<U256> {
    let digits = answer.as_str().and_then(|text| text.strip_prefix("0x")).filter(|digits| !digits.is_empty());
    let number = digits.and_then(|digits| U256::from_str_radix(digits, 16).ok());
    number.ok_or_else(|| {
        let answer = answer.to_string();
        Error::state(
            what,
            format!("the answer makes no sense: `{}` is no number", shortened(&answer, MOST_WORDS)),
        )
    })
}

/// `answer` as a word of storage, which has 32 bytes: of fewer nobody can tell which are missing.
fn word(what: &str, answer: Value) -> Result<U256> {
    Ok(decoded::<B256>(what, answer)?.into())
}
