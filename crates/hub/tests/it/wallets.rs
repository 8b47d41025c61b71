//! Votes of contract wallets, at a hub on a local chain.

use std::path::Path;
use std::sync::Arc;

use alloy::primitives::{Address, B256, Bytes, address, hex};
use alloy::providers::ext::AnvilApi;
use alloy::sol_types::SolValue;
use btrst_chain::Chain;
use btrst_devnet::{Anvil, AnvilOptions, Repository};
use btrst_hub::Endpoints;
use btrst_hub::http::Options;
use btrst_offchain::Envelope;
use btrst_offchain::message::{Message, SignedChoice};
use serde_json::json;

use crate::stage::{Served, database, key, member, open_on, proposal, signed, space, vote};

/// The deployer that everybody uses; anvil has it.
const FACTORY: Address = address!("4e59b44847b379578588920cA78FbF26c0B4956C");

/// A wallet that stands by everything: answers with the word of ERC-1271.
const AGREES: [u8; 16] = hex!("631626ba7e60e01b60005260206000f3");

fn ballot(wallet: Address, proposal: B256, signature: Bytes) -> Envelope {
    Envelope::new(wallet, signature, vote(wallet, proposal, SignedChoice::One(1), 0))
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_wallets_vote_and_contracts_that_answer_nonsense_do_not() {
    let repository = Repository::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let anvil = Anvil::start(&repository, &AnvilOptions::default()).await.unwrap();
    let provider = anvil.chain().provider().clone();
    let chain = Chain::connect(provider.clone(), btrst_devnet::CHAIN_ID, "devnet").await.unwrap();
    let mut chains = Endpoints::default();
    chains.add(chain, 0);
    let mut space = space();
    space.settings.network = btrst_devnet::CHAIN_ID.to_string();
    let folder = tempfile::tempdir().unwrap();
    let hub = open_on(database(folder.path()).to_str().unwrap(), space, Arc::new(chains)).await;
    let served = Served::of(hub, folder, Options { rate: None, behind_proxy: false }).await;

    let mut opening = proposal("basic");
    opening.snapshot = 1_000_000;
    let early = signed(&member(), Message::try_from(&opening).unwrap());
    let words = served.refuses(early.to_json().to_string()).await;
    assert_eq!(words, "proposal snapshot must be in past");
    opening.snapshot = 0;
    let opened = signed(&member(), Message::try_from(&opening).unwrap());
    served.takes(&opened).await;
    let id = opened.id();

    let wallet = Address::repeat_byte(0x77);
    let any = Bytes::from_static(&[1, 2, 3]);
    let vote = ballot(wallet, id, any.clone());
    assert_eq!(served.refuses(vote.to_json().to_string()).await, "wrong signature", "nobody is there");
    let nonsense: [&[u8]; 9] = [
        // The number one; the word and no more; the word with something behind it; nothing.
        &hex!("600160005260206000f3"),
        &hex!("631626ba7e60e01b60005260046000f3"),
        &hex!("7f1626ba7effffffffffffffffffffffffffffffffffffffffffffffffffffffff60005260206000f3"),
        &hex!("00"),
        // Reverts; is none; does not end; answers with a megabyte of zeros; calls itself until there is no gas.
        &hex!("60006000fd"),
        &hex!("fe"),
        &hex!("5b600056"),
        &hex!("621000006000f3"),
        &hex!("600060006000600060003060006000fa5af1"),
    ];
    for code in nonsense {
        provider.anvil_set_code(wallet, Bytes::copy_from_slice(code)).await.unwrap();
        let words = served.refuses(vote.to_json().to_string()).await;
        assert_eq!(words, "wrong signature", "{}", hex::encode(code));
    }
    // Not even a contract that agrees to all can vote for what there is not, or for somebody else.
    provider.anvil_set_code(wallet, AGREES.into()).await.unwrap();
    let words = served.refuses(ballot(wallet, B256::ZERO, any.clone()).to_json().to_string()).await;
    assert_eq!(words, "unknown proposal");
    let mut foreign = vote.to_json();
    foreign["data"]["message"]["from"] = json!(key(3).address().to_string());
    assert_eq!(served.refuses(foreign.to_string()).await, "wrong alias");
    served.takes(&vote).await;
    assert_eq!(served.refuses(vote.to_json().to_string()).await, "duplicate message");

    // A wallet that will be there: the signature says how (EIP-6492).
    let creation = [&hex!("6010600c60003960106000f3")[..], &AGREES].concat();
    let salt = B256::repeat_byte(3);
    let future = FACTORY.create2_from_code(salt, &creation);
    let call: Bytes = [salt.as_slice(), &creation].concat().into();
    let mut wrapped = (FACTORY, call, Bytes::from_static(b"any")).abi_encode_params();
    wrapped.extend([0x64, 0x92].repeat(16));
    served.takes(&ballot(future, id, wrapped.clone().into())).await;
    let elsewhere = ballot(Address::repeat_byte(0x55), id, wrapped.into());
    assert_eq!(served.refuses(elsewhere.to_json().to_string()).await, "wrong signature");

    let query = format!(
        "{{ proposal(id: \"{id}\") {{ votes scores }} votes(where: {{proposal: \"{id}\"}}, orderBy: \"id\") {{ voter }} \
         messages(first: 100) {{ mci }} }}"
    );
    let data = served.data(&query).await;
    assert_eq!(data["proposal"], json!({ "votes": 2, "scores": [2.0, 0.0, 0.0] }));
    assert_eq!(data["messages"].as_array().unwrap().len(), 3, "what was refused is not in the log");

    // Without the chain nobody can tell, which is no refusal of the vote: it can be sent again.
    drop(anvil);
    let (status, answer) =
        served.post("/", ballot(Address::repeat_byte(0x78), id, any).to_json().to_string()).await;
    assert_eq!(status, 500, "{answer}");
    let (status, _) = served.post("/", crate::stage::ballot(40, id).to_json().to_string()).await;
    assert_eq!(status, 200, "keys need no chain");
}
