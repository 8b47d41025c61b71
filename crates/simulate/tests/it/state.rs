//! Where the state comes from: endpoints that lie or fail, the file, the witness.

use std::sync::Arc;

use alloy::eips::BlockId;
use alloy::primitives::{B256, U256};
use alloy::providers::ext::AnvilApi;
use btrst_chain::Counter;
use btrst_devnet::{Fault, Flavour, Name, Proxy, World};
use btrst_simulate::bundle::{Bundle, digest};
use btrst_simulate::checks::{self, Input};
use btrst_simulate::lifecycle::{End, Play, play, prefetch};
use btrst_simulate::state::proof::{Proofs, Proven};
use btrst_simulate::state::{Cached, Recorded, Remote, StateSource, Witness, find};
use btrst_simulate::{Error, Machine};

use crate::stage::{NOBODY, connect, counted, draft, remote, scenario, three_actions, world};

// The endpoint that misbehaves runs in this process, so that it needs a thread beside the one that waits for it.

/// Plays three actions on `source`; the play and what it read.
fn played<S: StateSource + 'static>(world: &World, source: S) -> (Play, Arc<Recorded<S>>) {
    let recorded = Arc::new(Recorded::new(source));
    let scenario = scenario(world, draft(world, three_actions(world)));
    let play = play(Machine::new(recorded.clone()), &scenario).unwrap();
    assert_eq!(play.end, End::Executed);
    (play, recorded)
}

/// Asks for proofs of `witness`, and verifies them.
fn prove(witness: &Witness, remote: &Remote) -> btrst_simulate::Result<Proven> {
    Proofs::ask(witness, remote)?.verify(witness)
}

/// Both plays did the same in the same order.
fn assert_same(one: &Play, other: &Play) {
    assert_eq!((&one.steps, &one.id, &one.end), (&other.steps, &other.id, &other.end));
}

#[tokio::test]
async fn anvil_proves_what_was_read() {
    for flavour in [Flavour::Braintrust, Flavour::Alpha] {
        let world = world(flavour).await;
        let (_, recorded) = played(&world, remote(&world));
        let witness = recorded.witness();
        let proven = prove(&witness, recorded.source()).unwrap();
        assert_eq!((proven.accounts, proven.slots), (witness.accounts.len(), witness.slot_count()));
        assert!(proven.accounts > 5 && proven.slots > 5, "{proven:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_that_lies_about_a_slot_is_found_out() {
    let world = world(Flavour::Braintrust).await;
    let (_, honest) = played(&world, remote(&world));
    let (token, votes) = honest
        .witness()
        .slots
        .into_iter()
        .find(|(address, slots)| *address == world.contracts().btrst && !slots.is_empty())
        .unwrap();
    let (slot, word) = votes.into_iter().find(|(_, word)| *word > U256::from(u64::MAX)).unwrap();

    let proxy = Proxy::start(world.chain().url()).await.unwrap();
    let text = |word: U256| format!("{:x}", B256::from(word));
    proxy.fail(Fault::Lie(text(word), text(word + U256::from(1))));
    let lied = Remote::pin(connect(&proxy.url), BlockId::latest()).unwrap();
    assert_eq!(lied.slot(token, slot).unwrap(), word + U256::from(1));
    let (_, recorded) = played(&world, lied);
    let error = prove(&recorded.witness(), recorded.source()).unwrap_err();
    assert!(
        matches!(&error, Error::Unproven { what, .. } if *what == format!("slot `{slot:#x}` of `{token}`")),
        "{error}"
    );
    assert_eq!(error.hint().unwrap(), "do not trust this endpoint; ask another");
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_that_lies_about_an_account_is_found_out() {
    let world = world(Flavour::Braintrust).await;
    let balance = world.chain().balance(world.contracts().timelock).await.unwrap();
    let proxy = Proxy::start(world.chain().url()).await.unwrap();
    proxy.fail_on(
        "eth_getBalance",
        Fault::Lie(format!("\"{balance:#x}\""), format!("\"{:#x}\"", balance * U256::from(2))),
    );
    let (_, recorded) = played(&world, Remote::pin(connect(&proxy.url), BlockId::latest()).unwrap());
    let error = prove(&recorded.witness(), recorded.source()).unwrap_err();
    let account = format!("the account `{}`", world.contracts().timelock);
    assert!(matches!(&error, Error::Unproven { what, .. } if *what == account), "{error}");

    // A header that is not that of the hash.
    let mut witness = recorded.witness();
    witness.pinned.header.state_root = B256::ZERO;
    let error = prove(&witness, recorded.source()).unwrap_err();
    assert!(error.to_string().contains("the hash of block"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_without_proofs_proves_nothing() {
    let world = world(Flavour::Braintrust).await;
    let proxy = Proxy::start(world.chain().url()).await.unwrap();
    let (_, recorded) = played(&world, Remote::pin(connect(&proxy.url), BlockId::latest()).unwrap());
    proxy.fail_on("eth_getProof", Fault::Refuse(-32_601, "the method eth_getProof does not exist"));
    let error = prove(&recorded.witness(), recorded.source()).unwrap_err();
    assert!(matches!(error, Error::NoProof { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_endpoints_that_fail_end_the_play() {
    let world = world(Flavour::Braintrust).await;
    let scenario = scenario(&world, draft(&world, three_actions(&world)));
    for fault in [
        Fault::Status(401),
        Fault::Garbage,
        Fault::WrongJson,
        Fault::HalfAnswer,
        Fault::Refuse(-32_000, "missing trie node"),
        Fault::Answer(serde_json::Value::Null),
    ] {
        let proxy = Proxy::start(world.chain().url()).await.unwrap();
        let remote = Remote::pin(connect(&proxy.url), BlockId::latest()).unwrap();
        proxy.fail(fault.clone());
        let error = play(Machine::new(Arc::new(remote)), &scenario).unwrap_err();
        assert!(matches!(error, Error::State { .. } | Error::Unanswered { .. }), "{fault:?}: {error}");
        assert!(error.hint().is_some(), "{fault:?}");
        proxy.heal();
    }
}

#[tokio::test]
async fn anvil_is_asked_a_few_times_for_what_was_read_ahead() {
    for flavour in [Flavour::Braintrust, Flavour::Alpha] {
        let world = world(flavour).await;
        let pinned = |counter: &Counter| {
            Remote::pin(counted(world.chain().url(), counter), BlockId::latest()).unwrap()
        };
        let (one_by_one, ahead) = (Counter::default(), Counter::default());
        let (expected, single) = played(&world, pinned(&one_by_one));
        let remote = Arc::new(pinned(&ahead));
        let source: Arc<dyn StateSource> = remote.clone();
        prefetch(&source, &scenario(&world, draft(&world, three_actions(&world)))).unwrap();
        let before = ahead.trips();
        let (play, recorded) = played(&world, remote.clone());
        assert_eq!(ahead.trips(), before, "nothing is left to ask");
        assert!(before.round_trips <= 16, "{before:?}");
        assert!(before.round_trips * 3 < one_by_one.trips().round_trips, "{before:?}");
        assert_eq!(recorded.witness(), single.witness());
        assert_same(&play, &expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn anvil_without_batches_is_asked_one_by_one() {
    let world = world(Flavour::Braintrust).await;
    let (expected, _) = played(&world, remote(&world));
    let proxy = Proxy::start(world.chain().url()).await.unwrap();
    let remote = Remote::pin(connect(&proxy.url), BlockId::latest()).unwrap();
    proxy.fail_at("eth_getCode", 0, 1, Fault::Refuse(-32_600, "no batches"));
    let (play, _) = played(&world, remote);
    assert_same(&play, &expected);
}

#[tokio::test]
async fn anvil_is_not_asked_again_for_what_is_on_disk() {
    let world = world(Flavour::Alpha).await;
    let folder = tempfile::tempdir().unwrap();
    let counter = Counter::default();
    let remote = Remote::pin(counted(world.chain().url(), &counter), BlockId::latest()).unwrap();
    let cached = Cached::open(folder.path(), remote).unwrap();
    let path = cached.path().to_path_buf();
    let (first, recorded) = played(&world, cached);
    let pinned = recorded.pinned().clone();
    assert!(counter.trips().round_trips > 1);

    let again = |expected_trips: Option<usize>| {
        let pinned = find(folder.path(), pinned.chain_id, pinned.hash).unwrap_or(pinned.clone());
        let counter = Counter::default();
        let remote = Remote::at(counted(world.chain().url(), &counter), pinned).unwrap();
        let (second, _) = played(&world, Cached::open(folder.path(), remote).unwrap());
        assert_same(&second, &first);
        let trips = counter.trips().round_trips;
        assert!(expected_trips.is_none_or(|expected| expected == trips), "{trips}");
        trips
    };
    again(Some(0));

    // The last line was not written to its end: all before it counts, and that line is read again.
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, &text[..text.len() - 5]).unwrap();
    assert!(again(None) <= 2);
    again(Some(0));

    // A line in the middle makes no sense: nothing of the file counts.
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("slot", "slut", 1)).unwrap();
    assert!(find(folder.path(), pinned.chain_id, pinned.hash).is_none());
    assert!(again(None) > 2);
    again(Some(0));
}

#[tokio::test]
async fn anvil_is_not_needed_with_a_bundle() {
    for flavour in [Flavour::Braintrust, Flavour::Alpha] {
        let world = world(flavour).await;
        let (deployment, proposal) = (world.deployment(), three_actions(&world));
        let delegates = Name::DELEGATES.map(|name| world.address(name));
        let mut input = Input::new(&deployment, &proposal);
        (input.proposer, input.delegates) = (Some(delegates[0]), &delegates);
        let recorded = Arc::new(Recorded::new(remote(&world)));
        let report = checks::run(&input, recorded.clone(), &[]).report;
        let proofs = Proofs::ask(&recorded.witness(), recorded.source()).unwrap();
        let bundle = Bundle::new(&input, &[], recorded.witness(), Some(proofs), &report).unwrap();
        let text = bundle.render().unwrap();
        let key = world.account(Name::Amara).private_key().to_string();
        assert!(!text.contains(key.trim_start_matches("0x")), "keys stay where they are");
        drop(world);
        let read = Bundle::parse(&text).unwrap();
        assert_eq!(read, bundle);
        let repeated = read.repeat().unwrap();
        assert_eq!((&repeated.report, repeated.digest), (&report, bundle.digest));
        assert_eq!(repeated.digest, digest(&report).unwrap());
        assert_eq!(repeated.proven.unwrap().slots, bundle.witness.slot_count());
        tampered(&text);
    }
}

/// Bundles of `text` with changes are refused, each where it shows.
fn tampered(text: &str) {
    let bundle = Bundle::parse(text).unwrap();
    let changed = text.replacen("A fee and two grants", "A fee and no grants", 1);
    assert!(Bundle::parse(&changed).unwrap_err().to_string().contains("its input has the digest"));
    for nonsense in
        ["", "{}", &text[..text.len() / 2], &text.replacen("\"schema_version\":2", "\"schema_version\":1", 1)]
    {
        assert!(matches!(Bundle::parse(nonsense), Err(Error::Bundle { .. })));
    }
    // Whoever changes the digests as well has to have proofs of what is not so.
    let unproven = |change: &dyn Fn(&mut Bundle)| {
        let mut changed = bundle.clone();
        change(&mut changed);
        changed.repeat().unwrap_err().to_string()
    };
    let word = |bundle: &mut Bundle| {
        let mut words = bundle.witness.slots.values_mut().flat_map(|slots| slots.values_mut());
        *words.find(|word| !word.is_zero()).unwrap() += U256::from(1);
    };
    let balance = |bundle: &mut Bundle| {
        bundle.witness.accounts.values_mut().for_each(|account| account.balance += U256::from(1));
    };
    assert!(unproven(&word).contains("slot `0x"), "{}", unproven(&word));
    assert!(unproven(&balance).contains("the account `0x"), "{}", unproven(&balance));
    let header = |bundle: &mut Bundle| bundle.witness.pinned.header.state_root = B256::ZERO;
    assert!(unproven(&header).contains("the hash of block"), "{}", unproven(&header));
    // Without proofs he still has to come to the same report.
    let mut lacking = bundle.clone();
    lacking.proofs = None;
    lacking.witness.slots.clear();
    let repeated = lacking.repeat().unwrap();
    assert_ne!(repeated.digest, lacking.digest);
    assert!(!repeated.report.is_acceptable(false), "what cannot be read is never green");
}

#[tokio::test]
async fn anvil_reorganizations_are_noticed() {
    let world = world(Flavour::Braintrust).await;
    let provider = world.chain().provider();
    let snapshot = provider.anvil_snapshot().await.unwrap();
    world.chain().mine(1).await.unwrap();
    let remote = remote(&world);
    remote.confirm().unwrap();
    assert!(provider.anvil_revert(snapshot).await.unwrap());
    world.chain().mine_every(13, 1).await.unwrap();
    assert!(matches!(remote.confirm(), Err(Error::Reorganized { .. })));
    assert!(matches!(remote.account(world.address(Name::Amara)), Err(Error::State { .. })));
}

#[tokio::test]
async fn anvil_witness_has_nothing_that_was_not_read() {
    let world = world(Flavour::Braintrust).await;
    let remote = remote(&world);
    let recorded = Recorded::new(remote);
    recorded.account(NOBODY).unwrap();
    let witness: Witness =
        serde_json::from_str(&serde_json::to_string(&recorded.witness()).unwrap()).unwrap();
    assert_eq!(witness, recorded.witness());
    assert_eq!(witness.account(NOBODY).unwrap(), Default::default());
    let error = witness.slot(NOBODY, U256::ZERO).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot read slot `0x0` of `{NOBODY}`: the witness does not have it")
    );
    assert!(witness.account(world.address(Name::Amara)).is_err());
    assert!(witness.block_hash(1).is_err());
}
