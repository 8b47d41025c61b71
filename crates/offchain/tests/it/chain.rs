//! Wallets and voting power on a local chain with the suite's own token.

use std::path::Path;

use alloy::primitives::{Address, B256, Bytes, U256, address, hex};
use alloy::providers::ext::AnvilApi;
use alloy::sol_types::{SolEvent, SolValue};
use btrst_chain::Chain;
use btrst_devnet::{Anvil, AnvilOptions, Call, IToken, Name, Repository, World, WorldOptions};
use btrst_offchain::Error;
use btrst_offchain::message::{Message, SignedChoice};
use btrst_offchain::signature::Fault;
use btrst_offchain::space::StrategySettings;
use btrst_offchain::strategy::{REGISTRY, Reader};
use btrst_offchain::tally::Power;
use btrst_offchain::wallet::{Signer, accepts, verify};
use serde_json::{Value, json};

use crate::stage::{SPACE, key, signed, vote};

/// Anvil's copy of the deployer that everybody uses (EIP-2470's successor): salt, then the code to deploy.
const FACTORY: Address = address!("4e59b44847b379578588920cA78FbF26c0B4956C");

fn repository() -> Repository {
    Repository::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap()
}

async fn chain(devnet: &btrst_devnet::Chain) -> Chain {
    Chain::connect(devnet.provider().clone(), btrst_devnet::CHAIN_ID, "devnet").await.unwrap()
}

/// Code of a wallet that stands by the message `digest` alone, whatever the signature: answers `word` to a question whose
/// first argument is that.
fn wallet_code(digest: B256, word: [u8; 4]) -> Vec<u8> {
    let mut code = vec![0x7f];
    code.extend(digest);
    // CALLDATALOAD(4) EQ, times the word shifted to the front, returned.
    code.extend(hex!("6004351463"));
    code.extend(word);
    code.extend(hex!("60e01b0260005260206000f3"));
    code
}

#[tokio::test]
async fn anvil_contract_wallets_stand_by_their_messages() {
    let anvil = Anvil::start(&repository(), &AnvilOptions::default()).await.unwrap();
    let chain = chain(anvil.chain()).await;
    let wallet = Address::repeat_byte(0x77);
    let digest = B256::repeat_byte(0x11);
    let signature = Bytes::from_static(&[1, 2, 3]);
    let modern = hex!("1626ba7e");

    assert!(!accepts(&chain, wallet, digest, &signature).await.unwrap(), "nobody is there");
    let table: [(Vec<u8>, bool); 9] = [
        (wallet_code(digest, modern), true),
        (wallet_code(B256::repeat_byte(0x12), modern), false),
        (wallet_code(digest, hex!("ffffffff")), false),
        // All ones, which a careless reader takes for the word with something behind it.
        (
            hex!("7f1626ba7effffffffffffffffffffffffffffffffffffffffffffffffffffffff60005260206000f3")
                .to_vec(),
            false,
        ),
        (hex!("600160005260206000f3").to_vec(), false),
        // The word and no more.
        (hex!("631626ba7e60e01b60005260046000f3").to_vec(), false),
        (hex!("60006000fd").to_vec(), false),
        (hex!("fe").to_vec(), false),
        (hex!("00").to_vec(), false),
    ];
    for (code, expected) in table {
        chain.provider().anvil_set_code(wallet, code.clone().into()).await.unwrap();
        let found = accepts(&chain, wallet, digest, &signature).await.unwrap();
        assert_eq!(found, expected, "{}", hex::encode(&code));
    }
    // The old question begins with the place of the message, which is 64.
    let old = wallet_code(B256::from(U256::from(64)), hex!("20c13b0b"));
    chain.provider().anvil_set_code(wallet, old.into()).await.unwrap();
    assert!(accepts(&chain, wallet, digest, &signature).await.unwrap());
    assert!(!accepts(&chain, wallet, digest, &vec![0; 8_193].into()).await.unwrap());
}

#[tokio::test]
async fn anvil_votes_of_wallets_are_verified_also_before_they_are_deployed() {
    let anvil = Anvil::start(&repository(), &AnvilOptions::default()).await.unwrap();
    let chain = chain(anvil.chain()).await;
    let ballot = |from: Address, signature: Bytes| {
        let message = Message::try_from(&vote(from, B256::repeat_byte(9), SignedChoice::One(1))).unwrap();
        btrst_offchain::Envelope::new(from, signature, message)
    };
    let by_key = signed(&key(1), ballot(key(1).address(), Bytes::new()).message().clone());
    assert_eq!(verify(&by_key, None).await.unwrap(), Ok(Signer::Key));
    assert_eq!(verify(&by_key, Some(&chain)).await.unwrap(), Ok(Signer::Key));

    // The wallet's address depends on its code, and so on the vote, which names the address: stand by everything.
    let runtime = hex!("631626ba7e60e01b60005260206000f3");
    let creation = [&hex!("6010600c60003960106000f3")[..], &runtime].concat();
    let salt = B256::repeat_byte(3);
    let future = FACTORY.create2_from_code(salt, &creation);
    let call: Bytes = [salt.as_slice(), &creation].concat().into();
    let mut wrapped = (FACTORY, call.clone(), Bytes::from_static(b"any")).abi_encode_params();
    wrapped.extend([0x64, 0x92].repeat(16));
    let vote = ballot(future, wrapped.clone().into());
    assert_eq!(verify(&vote, Some(&chain)).await.unwrap(), Ok(Signer::Wallet));
    assert_eq!(verify(&vote, None).await.unwrap(), Err(Fault::Length(wrapped.len())));
    assert_eq!(chain.code(future).await.unwrap(), Bytes::new(), "asking deploys nothing");
    let elsewhere = ballot(Address::repeat_byte(0x55), wrapped.into());
    assert!(verify(&elsewhere, Some(&chain)).await.unwrap().is_err());
    let nonsense = ballot(future, [0x64, 0x92].repeat(16).into());
    assert!(verify(&nonsense, Some(&chain)).await.unwrap().is_err());
}

alloy::sol! {
    /// Emits what it is told, in the name of the sender.
    interface IRegistry {
        event SetDelegate(address indexed delegator, bytes32 indexed id, address indexed delegate);
        event ClearDelegate(address indexed delegator, bytes32 indexed id, address indexed delegate);
        function tell(bytes32 id, address delegate, bytes32 topic) external;
    }
}

/// LOG4 of the sender, the first two arguments and, as its name, the third.
const REGISTRY_CODE: [u8; 16] = hex!("6024356004353360443560006000a400");

fn strategy(json: Value) -> StrategySettings {
    serde_json::from_value(json).unwrap()
}

#[tokio::test]
async fn anvil_powers_are_those_of_the_snapshot() {
    let world = World::start(&repository(), &WorldOptions::default()).await.unwrap();
    let chain = chain(world.chain()).await;
    let token = world.contracts().btrst;
    let (amara, dora) = (world.address(Name::Amara), world.address(Name::Dora));
    let voters = [amara, dora, Address::repeat_byte(0xee)];
    let balances = strategy(
        json!({"name": "erc20-balance-of", "params": {"address": token.to_string(), "decimals": 18}}),
    );
    let votes = strategy(
        json!({"name": "comp-like-votes", "params": {"address": token.to_string(), "decimals": 18}}),
    );
    let call = strategy(json!({"name": "contract-call", "params": {
        "address": token.to_string(), "decimals": 18, "args": ["%{address}"],
        "methodABI": {"type": "function", "name": "balanceOf", "stateMutability": "view",
            "inputs": [{"name": "account", "type": "address"}], "outputs": [{"name": "", "type": "uint256"}]},
    }}));
    let root = strategy(json!({"name": "math", "params": {"operation": "square-root", "operands": [
        {"type": "strategy", "strategy": {"name": "erc20-balance-of", "params": {"address": token.to_string()}}},
    ]}}));
    let whitelist = strategy(json!({"name": "whitelist", "params": {"addresses": [dora.to_string()]}}));
    let units = |amount: U256| Power::new(amount.to());
    let balance = async |account: Address| world.btrst_of(account).await.unwrap();
    let snapshot = world.chain().block_number().await.unwrap();
    let before = (balance(amara).await, balance(dora).await);
    let mut counted = Vec::new();
    for account in voters {
        let votes = world.chain().read(token, &IToken::getCurrentVotesCall { account }).await.unwrap();
        counted.push(units(U256::from(votes)));
    }
    let expected = vec![units(before.0), units(before.1), Power::ZERO];

    let reader = Reader::new(&chain, snapshot, 0).await.unwrap();
    assert!(reader.has_state());
    let all = [balances.clone(), call.clone(), root, whitelist];
    let powers = reader.powers(SPACE, &all, &voters).await.unwrap();
    assert_eq!(powers[0], expected);
    assert_eq!(powers[1], expected);
    assert_eq!(powers[2][1], Power::new((before.1 * U256::from(10_u64.pow(18))).root(2).to()));
    assert_eq!(powers[3], [Power::ZERO, Power::new(10_u128.pow(18)), Power::ZERO]);
    // The votes of a block count when it is past.
    let error = reader.powers(SPACE, std::slice::from_ref(&votes), &voters).await.unwrap_err();
    assert!(matches!(error, Error::BlockNotThere { .. }), "{error}");
    // More than one request.
    let many: Vec<_> = (0..600).map(|place| voters[place % 3]).collect();
    let powers = reader.powers(SPACE, std::slice::from_ref(&balances), &many).await.unwrap();
    assert_eq!(powers[0], expected.repeat(200));

    let half = before.1 / U256::from(2);
    world
        .send(Name::Dora, Call::new(token, &IToken::transferCall { to: amara, amount: half }))
        .await
        .unwrap();
    world.chain().mine(2).await.unwrap();

    // This chain keeps the state of its last block only: transfers add up to the same.
    let reader = Reader::new(&chain, snapshot, 0).await.unwrap();
    assert!(!reader.has_state());
    assert_eq!(reader.powers(SPACE, &[balances.clone(), votes], &voters).await.unwrap(), [expected, counted]);
    let error = reader.powers(SPACE, &[call], &voters).await.unwrap_err();
    assert!(matches!(error, Error::NoState { what: "contract-call", .. }), "{error}");
    let late = Reader::new(&chain, snapshot + 1, snapshot + 1).await.unwrap();
    let error = late.powers(SPACE, std::slice::from_ref(&balances), &voters).await.unwrap_err();
    assert!(matches!(error, Error::Answer(_)), "{error}");

    // A later block has the later balances.
    let head = world.chain().block_number().await.unwrap();
    for (block, replayed) in [(snapshot + 1, true), (head, false), (head, true)] {
        let mut reader = Reader::new(&chain, block, 0).await.unwrap();
        if replayed {
            reader = reader.by_events();
        }
        assert_eq!(reader.has_state(), !replayed);
        let moved = reader.powers(SPACE, std::slice::from_ref(&balances), &voters).await.unwrap();
        assert_eq!(moved[0], [units(before.0 + half), units(before.1 - half), Power::ZERO]);
    }

    let reader = Reader::new(&chain, head, 0).await.unwrap();
    let error = Reader::new(&chain, snapshot + 1_000, 0).await.unwrap_err();
    assert!(matches!(error, Error::BlockNotThere { .. }), "{error}");
    let elsewhere = StrategySettings { network: Some("1".into()), ..balances };
    let error = reader.powers(SPACE, &[elsewhere], &voters).await.unwrap_err();
    assert!(matches!(error, Error::OtherNetwork { .. }), "{error}");
    let nothing = strategy(json!({"name": "erc20-balance-of", "params": {"address": dora.to_string()}}));
    let error = reader.powers(SPACE, &[nothing], &voters).await.unwrap_err();
    assert!(matches!(error, Error::Answer(_)), "{error}");
}

#[tokio::test]
async fn anvil_delegated_power_counts_unless_its_owner_votes() {
    let world = World::start(&repository(), &WorldOptions::default()).await.unwrap();
    let chain = chain(world.chain()).await;
    let token = world.contracts().btrst;
    let [amara, dora, trader] = [Name::Amara, Name::Dora, Name::Trader].map(|name| world.address(name));
    chain.provider().anvil_set_code(REGISTRY, REGISTRY_CODE.into()).await.unwrap();
    let space_id = B256::right_padding_from(SPACE.as_bytes());
    let set = IRegistry::SetDelegate::SIGNATURE_HASH;
    let clear = IRegistry::ClearDelegate::SIGNATURE_HASH;
    let tell = |from: Name, id: B256, delegate: Address, topic: B256| {
        world.send(from, Call::new(REGISTRY, &IRegistry::tellCall { id, delegate, topic }))
    };
    let delegation =
        strategy(json!({"name": "erc20-balance-of-delegation", "params": {"address": token.to_string()}}));
    let powers = async |voters: &[Address]| {
        let head = world.chain().block_number().await.unwrap();
        let reader = Reader::new(&chain, head, 0).await.unwrap();
        reader.powers(SPACE, std::slice::from_ref(&delegation), voters).await.unwrap().remove(0)
    };
    let units = |amount: U256| Power::new(amount.to());
    let (of_dora, of_trader) =
        (units(world.btrst_of(dora).await.unwrap()), units(world.btrst_of(trader).await.unwrap()));

    assert_eq!(powers(&[amara]).await, [Power::ZERO]);
    tell(Name::Dora, B256::ZERO, amara, set).await.unwrap();
    tell(Name::Trader, space_id, amara, set).await.unwrap();
    tell(Name::Trader, B256::repeat_byte(1), dora, set).await.unwrap();
    assert_eq!(powers(&[amara]).await, [of_dora.checked_add(of_trader).unwrap()]);
    assert_eq!(powers(&[amara, dora]).await, [of_trader, Power::ZERO], "who votes has not delegated");
    // What is said for the space goes before what is said for all.
    tell(Name::Dora, space_id, trader, set).await.unwrap();
    assert_eq!(powers(&[amara]).await, [of_trader]);
    // The name without its ending is the space too, after the whole one and before all spaces.
    let short_id = B256::right_padding_from(SPACE.trim_end_matches(".eth").as_bytes());
    tell(Name::Dora, space_id, trader, clear).await.unwrap();
    tell(Name::Dora, short_id, trader, set).await.unwrap();
    assert_eq!(powers(&[amara]).await, [of_trader]);
    assert_eq!(powers(&[trader]).await, [of_dora]);
    tell(Name::Dora, short_id, trader, clear).await.unwrap();
    tell(Name::Trader, space_id, amara, clear).await.unwrap();
    assert_eq!(powers(&[amara]).await, [of_dora]);
}
