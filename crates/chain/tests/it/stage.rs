//! An empty chain, the way to it through a proxy, and an account with ether.

use std::path::{Path, PathBuf};
use std::time::Duration;

use alloy::primitives::{Address, U256};
use btrst_chain::transaction::GasTerms;
use btrst_chain::{Chain, Endpoint, Event, Journal, Outbox, Result, Sender, Sent, Terms};
use btrst_devnet::{Accounts, Anvil, AnvilOptions, CHAIN_ID, Name, Proxy, Repository};
use btrst_gov::governor::Call;
use tempfile::TempDir;

pub struct Stage {
    pub anvil: Anvil,
    pub proxy: Proxy,
    /// Through the proxy.
    pub chain: Chain,
    pub sender: Sender,
    folder: TempDir,
}

pub const TERMS: Terms = Terms { confirmations: 1, timeout: Duration::from_secs(60), patience: None };

impl Stage {
    pub async fn new() -> Self {
        let repository = Repository::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let anvil = Anvil::start(&repository, &AnvilOptions::default()).await.unwrap();
        let proxy = Proxy::start(anvil.chain().url()).await.unwrap();
        let mut endpoint = Endpoint::new(&proxy.url).unwrap();
        endpoint.timeout = Duration::from_secs(1);
        let chain = Chain::connect(endpoint.provider().unwrap(), CHAIN_ID, "test").await.unwrap();
        let sender = Sender::key(Accounts::derive().unwrap().get(Name::Amara).signer.clone());
        Self { anvil, proxy, chain, sender, folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("journal.jsonl")
    }

    /// An outbox that continues the journal of the one before.
    pub fn outbox(&self, terms: Terms) -> Outbox {
        let journal = Journal::open(&self.path(), CHAIN_ID, self.sender.address(), "test").unwrap();
        Outbox::new(self.chain.clone(), self.sender.clone(), Some(journal), terms)
    }

    pub async fn send(&self, outbox: &mut Outbox, call: &Call) -> (Result<Sent>, Vec<Event>) {
        let mut events = Vec::new();
        let sent = outbox.send(call, &GasTerms::default(), &mut |event| events.push(event)).await;
        (sent, events)
    }

    /// Sends `call` until the proxy has had so many faults in all, and is gone then, as a process that is killed.
    pub async fn send_until(&self, outbox: &mut Outbox, call: &Call, faults: usize) {
        tokio::select! {
            _ = self.send(outbox, call) => panic!("nobody answers"),
            () = self.proxy.faults(faults) => {}
        }
    }

    /// Ether of `account`, not through the proxy.
    pub async fn balance(&self, account: Address) -> U256 {
        self.anvil.chain().balance(account).await.unwrap()
    }
}

/// A payment of so many wei to the account of so many repeated bytes.
pub fn pay(to: u8, wei: u64) -> Call {
    Call {
        to: Address::repeat_byte(to),
        value: U256::from(wei),
        data: Default::default(),
        what: format!("pay {wei} wei"),
    }
}
