//! A devnet with a governor, on which everything happens by the commands alone.

use std::path::PathBuf;
use std::process::Command;

use alloy::primitives::{Address, U256};
use alloy::providers::Provider;
use btrst_devnet::{AnvilOptions, Flavour, Name, Proxy, Repository, World, WorldOptions};
use btrst_gov::governor::{Governor, Status};
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Ended, btrst, repository, run};

/// What a proposal file of the tests does: 1,000 BTRST and an ether to the grantee.
pub const GRANT: &str = r##"
description = """# Pay the grantee

1,000 BTRST and 1 ether to `grantee`."""

[[actions]]
contract = "btrst"
function = "transfer(address,uint256)"
arguments = ["grantee", "1_000btrst"]

[[actions]]
contract = "grantee"
value = "1ether"
"##;

/// A chain with a governor, and a folder with its deployment file, a proposal file and the journals.
pub struct Assembly {
    pub folder: TempDir,
    pub world: World,
    pub governor: Governor,
}

impl Assembly {
    /// Opens one in which the delegates have delegated to themselves, and dora to amara, when `delegated` says so.
    pub async fn open(flavour: Flavour, delegated: bool) -> Self {
        Self::with(WorldOptions { flavour, delegated, ..WorldOptions::default() }).await
    }

    /// Opens one in which the state of the latest blocks can be asked for.
    pub async fn with_history(flavour: Flavour) -> Self {
        let anvil = AnvilOptions { past_states: 100, ..AnvilOptions::default() };
        Self::with(WorldOptions { flavour, delegated: true, anvil, ..WorldOptions::default() }).await
    }

    async fn with(options: WorldOptions) -> Self {
        let repository = Repository::find(repository()).unwrap();
        let flavour = options.flavour;
        let world = World::start(&repository, &options).await.unwrap();
        // Votes count once the block in which they were given is past.
        world.chain().mine(2).await.unwrap();
        let governor = Governor::new(world.contracts().governor, flavour);
        let assembly = Self { folder: tempfile::tempdir().unwrap(), world, governor };
        assembly.write("devnet.toml", &assembly.world.deployment().render().unwrap());
        assembly.write("grant.toml", GRANT);
        assembly
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// `btrst` in the folder, with the deployment of the chain. Every account's key is in a variable of its name.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = btrst(arguments.split_whitespace());
        command.current_dir(self.folder.path()).env("XDG_STATE_HOME", self.folder.path()).env("TZ", "UTC");
        for name in [
            "ETH_RPC_URL",
            "ETH_FROM",
            "ETH_KEYSTORE",
            "ETH_KEYSTORE_ACCOUNT",
            "ETH_PASSWORD",
            "ETHERSCAN_API_KEY",
            "VERIFIER_URL",
        ] {
            command.env_remove(name);
        }
        command.env("BTRST_DEPLOYMENT", self.path("devnet.toml"));
        for name in Name::ALL {
            command.env(name.as_str(), self.world.account(name).private_key().to_string());
        }
        command
    }

    pub fn run(&self, arguments: &str) -> Ended {
        run(self.command(arguments))
    }

    /// The document of a command that ends well.
    pub fn document(&self, arguments: &str) -> Value {
        let ended = self.run(&format!("{arguments} --json"));
        assert_eq!(ended.code, Some(0), "{arguments}: {}{}", ended.stdout, ended.stderr);
        serde_json::from_str(&ended.stdout).unwrap()
    }

    /// The same of a command that `name` sends.
    pub fn send(&self, name: Name, arguments: &str) -> Value {
        self.document(&format!("{arguments} --private-key-env {name} --broadcast"))
    }

    /// What `name` is told about a command that is not possible now, and the code of the reason.
    pub fn refused(&self, name: Name, arguments: &str) -> (String, String) {
        let arguments = format!("{arguments} --private-key-env {name} --broadcast");
        let told = self.run(&arguments);
        assert_eq!((told.code, told.stderr.as_str()), (Some(1), ""), "{arguments}: {}", told.stdout);
        let ended = self.run(&format!("{arguments} --json"));
        assert_eq!(ended.code, Some(1), "{arguments}: {}", ended.stderr);
        let document: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(document["status"], "refused");
        assert!(document["transaction"].is_null());
        (document["refusal"]["code"].as_str().unwrap().to_owned(), told.stdout)
    }

    /// What a command says on standard error that ends with an error and sends nothing.
    pub fn failed(&self, arguments: &str) -> String {
        let ended = self.run(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments}: {}", ended.stderr);
        ended.stderr
    }

    pub async fn status(&self, id: u64) -> Status {
        self.governor.status(self.world.chain().provider(), id).await.unwrap()
    }

    pub async fn proposals(&self) -> u64 {
        self.governor.latest(self.world.chain().provider()).await.unwrap()
    }

    pub async fn nonce(&self, name: Name) -> u64 {
        let account = self.world.address(name);
        self.world.chain().provider().get_transaction_count(account).await.unwrap()
    }

    pub async fn ether(&self, account: Address) -> U256 {
        self.world.chain().balance(account).await.unwrap()
    }

    /// Proposes the grant by `name` and mines to the first block of its vote; the id.
    pub async fn propose(&self, name: Name) -> u64 {
        let id = self.send(name, "proposal submit grant.toml")["id"].as_u64().unwrap();
        let start = self.status(id).await.start_block;
        self.world.chain().mine_to(start + 1).await.unwrap();
        id
    }

    /// Mines past the end of the vote on `id`.
    pub async fn close(&self, id: u64) {
        let end = self.status(id).await.end_block;
        self.world.chain().mine_to(end + 1).await.unwrap();
    }

    pub async fn proxy(&self) -> Proxy {
        Proxy::start(self.world.chain().url()).await.unwrap()
    }
}
