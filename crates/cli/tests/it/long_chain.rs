//! `btrst proposal list` on a chain of five million blocks with a thousand proposals, behind an endpoint that lists the
//! events of at most ten thousand blocks.
//!
//! Such a chain cannot be mined here: a stand-in answers in its place, as a governor of the suite would.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::rpc::types::Log;
use alloy::sol_types::{SolCall, SolEvent};
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use btrst_bindings::BraintrustGovernor as Abi;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::program::{Ended, btrst, run};

const HEAD: u64 = 5_000_000;
const PROPOSALS: u64 = 1_000;
/// Blocks between two proposals.
const PACE: u64 = HEAD / PROPOSALS;
const MOST: u64 = 10_000;
const GOVERNOR: Address = Address::repeat_byte(3);

/// The stand-in.
#[derive(Clone, Default)]
struct LongChain {
    /// Ranges of events that were asked for.
    asked: Arc<Mutex<Vec<(u64, u64)>>>,
    /// How many of them are answered; then the endpoint is out of order.
    budget: Arc<AtomicUsize>,
    at_once: Arc<AtomicUsize>,
    most_at_once: Arc<AtomicUsize>,
}

impl LongChain {
    async fn start() -> (Self, String) {
        let chain = Self { budget: Arc::new(AtomicUsize::new(usize::MAX)), ..Self::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().route("/", post(answer)).with_state(chain.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (chain, url)
    }

    /// What was asked for since the last look.
    fn asked(&self) -> Vec<(u64, u64)> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn answer(&self, method: &str, params: &Value) -> Result<Value, &'static str> {
        Ok(match method {
            "eth_chainId" => json!("0x7a69"),
            "eth_blockNumber" => json!(format!("{HEAD:#x}")),
            "eth_getBlockByNumber" => block(number(&params[0]).unwrap_or(HEAD)),
            "eth_call" => {
                let input = params[0]["input"].as_str().or(params[0]["data"].as_str()).unwrap();
                json!(call(&input.parse::<Bytes>().unwrap()))
            }
            "eth_getLogs" => {
                let range =
                    (number(&params[0]["fromBlock"]).unwrap(), number(&params[0]["toBlock"]).unwrap());
                if range.1 - range.0 >= MOST {
                    return Err("query exceeds max block range of 10000");
                }
                if self
                    .budget
                    .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                    .is_err()
                {
                    return Err("out of order");
                }
                self.asked.lock().unwrap().push(range);
                json!(
                    (1..=PROPOSALS)
                        .filter(|id| (range.0..=range.1).contains(&made(*id)))
                        .map(log)
                        .collect::<Vec<_>>()
                )
            }
            other => panic!("unexpected {other}"),
        })
    }
}

async fn answer(State(chain): State<LongChain>, body: String) -> String {
    let request: Value = serde_json::from_str(&body).unwrap();
    let at_once = chain.at_once.fetch_add(1, Ordering::SeqCst) + 1;
    chain.most_at_once.fetch_max(at_once, Ordering::SeqCst);
    // Others come in while this one is worked on.
    tokio::task::yield_now().await;
    let mut response = json!({ "jsonrpc": "2.0", "id": request["id"] });
    match chain.answer(request["method"].as_str().unwrap(), &request["params"]) {
        Ok(result) => response["result"] = result,
        Err(message) => response["error"] = json!({ "code": -32_005, "message": message }),
    }
    chain.at_once.fetch_sub(1, Ordering::SeqCst);
    response.to_string()
}

fn number(value: &Value) -> Option<u64> {
    u64::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok()
}

/// Block in which proposal `id` was made.
fn made(id: u64) -> u64 {
    id * PACE - 100
}

fn block(number: u64) -> Value {
    let zero = B256::ZERO;
    json!({
        "number": format!("{number:#x}"), "hash": B256::from(U256::from(number + 1)), "parentHash": zero,
        "sha3Uncles": zero, "miner": Address::ZERO, "stateRoot": zero, "transactionsRoot": zero, "receiptsRoot": zero,
        "logsBloom": Bytes::from(vec![0; 256]), "difficulty": "0x0", "gasLimit": "0x0", "gasUsed": "0x0",
        "timestamp": format!("{:#x}", 1_700_000_000 + number * 12), "extraData": "0x", "mixHash": zero,
        "nonce": "0x0000000000000000", "baseFeePerGas": "0x1", "transactions": [], "uncles": [], "size": "0x0",
    })
}

fn log(id: u64) -> Log {
    let event = Abi::ProposalCreated {
        id: U256::from(id),
        proposer: Address::repeat_byte(9),
        targets: vec![Address::repeat_byte(8)],
        values: vec![U256::from(1)],
        signatures: vec![String::new()],
        calldatas: vec![Bytes::new()],
        startBlock: U256::from(made(id) + 1),
        endBlock: U256::from(made(id) + 17_281),
        description: format!("# Proposal {id}"),
    };
    Log {
        inner: alloy::primitives::Log { address: GOVERNOR, data: event.encode_log_data() },
        block_number: Some(made(id)),
        ..Log::default()
    }
}

/// Answer of the governor.
fn call(input: &[u8]) -> Bytes {
    let uint = |value: u64| U256::from(value).to_be_bytes_vec();
    let id = || U256::from_be_slice(&input[4..36]).to::<u64>();
    let selector: [u8; 4] = input[..4].try_into().unwrap();
    let answer = match selector {
        Abi::BALLOT_TYPEHASHCall::SELECTOR => keccak256("Ballot(uint256 proposalId,uint8 support)").to_vec(),
        Abi::proposalCountCall::SELECTOR => uint(PROPOSALS),
        Abi::initialProposalIdCall::SELECTOR => uint(0),
        // Defeated.
        Abi::stateCall::SELECTOR => uint(3),
        Abi::proposalQuorumCall::SELECTOR => uint(100_000),
        Abi::proposalsCall::SELECTOR => [
            uint(id()),
            Address::repeat_byte(9).into_word().to_vec(),
            uint(0),
            uint(made(id()) + 1),
            uint(made(id()) + 17_281),
            vec![0; 5 * 32],
        ]
        .concat(),
        other => panic!("unexpected {}", Bytes::from(other.to_vec())),
    };
    answer.into()
}

struct Desk(TempDir, String);

impl Desk {
    fn list(&self) -> Ended {
        let mut command = btrst(["proposal", "list", "--limit", "1000", "--json"]);
        command.env("BTRST_DEPLOYMENT", self.0.path().join("deployment.toml")).env("ETH_RPC_URL", &self.1);
        run({
            command.env("XDG_CACHE_HOME", self.0.path());
            command
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_proposals_of_five_million_blocks_are_read_once() {
    let (chain, url) = LongChain::start().await;
    let desk = Desk(tempfile::tempdir().unwrap(), url);
    let deployment = format!(
        "schema_version = 1\nchain_id = 31337\nname = \"long\"\nflavour = \"braintrust\"\n[contracts]\n\
         btrst = \"{}\"\ntimelock = \"{}\"\ngovernor = \"{GOVERNOR}\"\n",
        Address::repeat_byte(1),
        Address::repeat_byte(2),
    );
    std::fs::write(desk.0.path().join("deployment.toml"), deployment).unwrap();

    // The endpoint fails in the middle. What was read stays.
    chain.budget.store(200, Ordering::SeqCst);
    let failed = desk.list();
    assert_eq!(failed.code, Some(2));
    assert!(failed.stderr.contains("out of order"), "{}", failed.stderr);
    let first: BTreeMap<_, _> = chain.asked().into_iter().collect();
    assert_eq!(first.len(), 200);

    chain.budget.store(usize::MAX, Ordering::SeqCst);
    let listed = desk.list();
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    let document: Value = serde_json::from_str(&listed.stdout).unwrap();
    let proposals = document["proposals"].as_array().unwrap();
    assert_eq!((proposals.len(), &document["total"]), (1_000, &json!(1_000)));
    for (proposal, id) in proposals.iter().zip((1..=PROPOSALS).rev()) {
        assert_eq!((&proposal["id"], &proposal["title"]), (&json!(id), &json!(format!("Proposal {id}"))));
        assert_eq!(proposal["state"], "defeated");
    }
    let second: BTreeMap<_, _> = chain.asked().into_iter().collect();
    let again = first.keys().filter(|from| second.contains_key(from)).count();
    assert!(again <= 8, "{again} ranges were asked for again, more than can have been under way");
    assert!(second.len() < 320, "{} requests", second.len());
    let at_once = chain.most_at_once.load(Ordering::SeqCst);
    assert!((2..=8).contains(&at_once), "{at_once} requests at once");

    // Nothing but the last blocks, which can change, is read again.
    assert_eq!(desk.list().code, Some(0));
    assert_eq!(chain.asked(), [(HEAD - 63, HEAD)]);
}
