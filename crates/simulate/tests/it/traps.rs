//! Proposals with a trap, whole reports of them on a devnet of each flavour.

use std::sync::Arc;

use alloy::eips::BlockId;
use alloy::primitives::{Address, Bytes, U256, bytes, hex, keccak256};
use alloy::providers::ext::AnvilApi;
use alloy::sol_types::SolCall;
use btrst_chain::Counter;
use btrst_devnet::{AnvilOptions, Flavour, IUniswapV3Router, Name, Repository, World, WorldOptions};
use btrst_gov::{Action, Proposal};
use btrst_simulate::history::{self, Age};
use btrst_simulate::state::{Recorded, Remote, StateSource};
use btrst_simulate::trace::Outcome;
use btrst_simulate::{Finding, Input, Machine, Message, Report, Verdict, checks};

use crate::stage::{counted, remote, report, world};
use Verdict::{Fail, NotRun, Pass, Warn};

const HERE: Address = Address::repeat_byte(0x71);
const THERE: Address = Address::repeat_byte(0x93);

/// The report on `actions`, proposed by `amara` and carried by the three delegates.
fn checked(world: &World, description: &str, actions: Vec<Action>) -> Report {
    let deployment = world.deployment();
    let proposal = Proposal { description: description.into(), actions };
    let delegates = Name::DELEGATES.map(|name| world.address(name));
    let mut input = Input::new(&deployment, &proposal);
    input.proposer = Some(world.address(Name::Amara));
    input.delegates = &delegates;
    report(world, &input)
}

fn finding<'a>(report: &'a Report, id: &str) -> &'a Finding {
    report.finding(id).unwrap()
}

fn call(target: Address, signature: &str, words: &[U256]) -> Action {
    let calldata: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes::<32>()).collect();
    Action { target, value: U256::ZERO, signature: signature.into(), calldata: calldata.into() }
}

fn word(address: Address) -> U256 {
    address.into_word().into()
}

/// Code that counts in slot 0, and does `more` after that.
fn counts(more: &[u8]) -> Bytes {
    [&hex!("5f546001015f55")[..], more, &[0]].concat().into()
}

/// `DELEGATECALL` of [`THERE`] with the call data.
fn wallet() -> Bytes {
    [&hex!("365f5f375f5f365f73")[..], THERE.as_slice(), &hex!("5af45000")].concat().into()
}

struct Trap {
    what: &'static str,
    code: Vec<(Address, Bytes)>,
    actions: Vec<Action>,
    check: &'static str,
    verdict: Verdict,
    says: &'static str,
}

fn traps(world: &World) -> Vec<Trap> {
    let contracts = world.contracts();
    let go = || vec![call(HERE, "go()", &[])];
    let trap = |what, code: Bytes, check, verdict, says| Trap {
        what,
        code: vec![(HERE, code)],
        actions: go(),
        check,
        verdict,
        says,
    };
    // approve(mallory, all) of the token, by whoever runs the code.
    let mallory = Address::repeat_byte(0xe9);
    let approves = [
        &hex!("63095ea7b360e01b5f5273")[..],
        mallory.as_slice(),
        &hex!("6004525f196024525f5f60445f5f73"),
        contracts.btrst.as_slice(),
        &hex!("5af15000"),
    ]
    .concat();
    let false_token: Bytes = bytes!("5f546001015f555f5f5260205ff3");
    let pay = |to: Address| call(HERE, "transfer(address,uint256)", &[word(to), U256::from(5)]);
    vec![
        trap("the price of gas", counts(&hex!("3a50")), "C10", Warn, "the price of gas"),
        trap("the base fee", counts(&hex!("4850")), "C10", Warn, "the price of gas"),
        trap("who builds the block", counts(&hex!("4150")), "C10", Warn, "who builds the block"),
        trap("the randomness", counts(&hex!("4450")), "C10", Warn, "randomness"),
        trap("the gas that is left", counts(&hex!("5a50")), "C10", Warn, "the gas that is left"),
        trap("the block's number", counts(&hex!("4350")), "C10", Warn, "the number of the block"),
        trap(
            "the hash of code that is not there",
            counts(&[&[0x73][..], mallory.as_slice(), &hex!("3f50")].concat()),
            "C10",
            Warn,
            "which has none yet",
        ),
        trap(
            "another one's ether",
            counts(&[&[0x73][..], mallory.as_slice(), &hex!("3150")].concat()),
            "C10",
            Warn,
            "to whom anyone can send",
        ),
        // A flag of one action for the next one: TLOAD(0) is added to the count, TSTORE(0, 1).
        Trap {
            actions: vec![call(HERE, "go()", &[]), call(HERE, "on()", &[])],
            ..trap(
                "a flag that ends with the transaction",
                bytes!("5f5c5f54015f5560015f5d00"),
                "C2",
                Fail,
                "slot",
            )
        },
        trap(
            "a call that can be made once",
            bytes!("5f545f5760015f5500"),
            "C4",
            Warn,
            "anyone can make the same call",
        ),
        // It counts for the treasury, and loops for everybody else.
        trap(
            "code that burns what those who ask it give",
            bytes!("3315600d575f546001015f55005b600d56"),
            "D5",
            NotRun,
            "takes more than 1,000,000 gas",
        ),
        trap("ether that is refused", bytes!("5f5ffd"), "C1", Fail, "does not succeed"),
        trap("more gas than a transaction has", bytes!("5b5f56"), "C5", Fail, "gas"),
        trap("a return of a quarter of a mebibyte", counts(&hex!("620400005ff3")), "C1", Pass, ""),
        Trap {
            code: vec![(HERE, wallet()), (THERE, approves.clone().into())],
            ..trap("an approval behind a wallet", wallet(), "D2", Warn, "may spend ")
        },
        Trap {
            code: vec![(HERE, wallet()), (THERE, bytes!("36611000106010575f546001015f55005b33ff"))],
            ..trap("code that can go, behind a wallet", wallet(), "E3", Warn, "can destroy itself")
        },
        Trap {
            actions: vec![pay(world.address(Name::Grantee))],
            ..trap("a token that answers `false`", false_token, "C9", Fail, "answers `false`")
        },
        Trap {
            actions: vec![pay(world.address(Name::Grantee))],
            ..trap("a token that answers nothing", counts(&[]), "C9", Warn, "answers nothing")
        },
        Trap {
            code: vec![],
            actions: vec![call(Address::with_last_byte(2), "go()", &[])],
            ..trap("a precompile", Bytes::new(), "A5", Fail, "has no code")
        },
        Trap {
            code: vec![],
            actions: vec![call(
                contracts.btrst,
                "transfer(address,uint256)",
                &[word(contracts.btrst), U256::from(1)],
            )],
            // UNI's treasury and ours both take it: nobody gets it out again.
            ..trap("tokens for the token", Bytes::new(), "C8", Fail, "cannot be taken out again")
        },
        Trap {
            actions: vec![call(contracts.timelock, "setPendingAdmin(address)", &[word(HERE)])],
            ..trap(
                "a treasury for a small contract",
                counts(&[]),
                "D5",
                Fail,
                "is no governor that this repository",
            )
        },
        Trap {
            code: vec![],
            actions: vec![call(contracts.timelock, "setDelay(uint256)", &[U256::from(3 * 86_400)])],
            ..trap("a shorter delay", Bytes::new(), "D5", Warn, "delay()")
        },
        Trap {
            code: vec![],
            actions: vec![call(contracts.btrst, "delegate(address)", &[word(world.address(Name::Amara))])],
            ..trap("votes for the proposer", Bytes::new(), "D5", Fail, "alone has a quorum then")
        },
        Trap {
            code: vec![],
            actions: vec![call(contracts.btrst, "approve(address,uint256)", &[word(mallory), U256::from(1)])],
            ..trap("an allowance for a key", Bytes::new(), "D2", Fail, "is no contract")
        },
        trap(
            "an account that runs other code",
            [&hex!("ef0100")[..], THERE.as_slice()].concat().into(),
            "E2",
            Fail,
            "until its owner changes that",
        ),
        trap(
            "a write where nothing is",
            [&[0x60, 1, 0x7f][..], &keccak256("hidden")[..], &hex!("5500")].concat().into(),
            "D1",
            Warn,
            "no variable, mapping or standard",
        ),
    ]
}

#[tokio::test]
async fn anvil_traps_are_seen_on_both_flavours() {
    for flavour in [Flavour::Braintrust, Flavour::Alpha] {
        let world = world(flavour).await;
        let mut unseen = Vec::new();
        for trap in traps(&world) {
            for (address, code) in [(HERE, Bytes::new()), (THERE, Bytes::new())].iter().chain(&trap.code) {
                world.chain().provider().anvil_set_code(*address, code.clone()).await.unwrap();
            }
            let report = checked(&world, "# Go", trap.actions.clone());
            let found = finding(&report, trap.check);
            let said = format!("{} {}", found.summary, found.evidence.join("\n"));
            if found.verdict != trap.verdict || !said.contains(trap.says) {
                unseen.push(format!("{}: {:?}: {said}", trap.what, found.verdict));
            }
        }
        assert!(unseen.is_empty(), "{flavour}: {unseen:#?}");
    }
}

#[tokio::test]
async fn anvil_votes_of_the_treasury_are_power() {
    for flavour in [Flavour::Braintrust, Flavour::Alpha] {
        let world = world(flavour).await;
        let token = world.contracts().btrst;
        let to = |account: Address| {
            checked(&world, "# Go", vec![call(token, "delegate(address)", &[word(account)])])
        };
        let bela = to(world.address(Name::Bela));
        let changes = bela.power.changes.as_ref().unwrap();
        let found: Vec<_> =
            changes.iter().map(|change| (change.power.as_str(), change.before.as_str())).collect();
        let before = if flavour == Flavour::Alpha { "16,000,000 BTRST" } else { "40,000 BTRST" };
        let name = format!("votes of bela ({})", world.address(Name::Bela));
        assert_eq!(found, [("votes of the treasury", "nobody"), (&name, before)], "{flavour}");
        assert!(changes[0].after.starts_with("bela"), "{flavour}: {changes:?}");
        assert_eq!(finding(&bela, "D5").verdict, Fail, "{flavour}");
        // Votes and blocks in one word are no address.
        assert_eq!(finding(&bela, "D4").verdict, Pass, "{flavour}: {:?}", finding(&bela, "D4"));
        // Nobody gets anything when the treasury keeps its votes.
        let nobody = to(Address::ZERO);
        assert_eq!(finding(&nobody, "D5").verdict, Pass, "{flavour}: {:?}", finding(&nobody, "D5"));
    }
}

#[tokio::test]
async fn anvil_trades_are_run_again_in_moved_pools() {
    let world = world(Flavour::Braintrust).await;
    let contracts = world.contracts();
    let (router, usdc) = (contracts.swap_router.unwrap(), contracts.usdc.unwrap());
    let amount = btrst_gov::parameters::btrst(1_000);
    let approve = Action::call(
        contracts.btrst,
        U256::ZERO,
        "approve(address,uint256)",
        vec![router.into(), alloy::dyn_abi::DynSolValue::Uint(amount, 256)],
    )
    .unwrap();
    let swap = |least: U256| {
        let params = IUniswapV3Router::ExactInputSingleParams {
            tokenIn: contracts.btrst,
            tokenOut: usdc,
            fee: alloy::primitives::Uint::from(10_000),
            recipient: contracts.timelock,
            deadline: U256::MAX,
            amountIn: amount,
            amountOutMinimum: least,
            sqrtPriceLimitX96: alloy::primitives::Uint::ZERO,
        };
        let calldata = IUniswapV3Router::exactInputSingleCall { params }.abi_encode().into();
        Action { target: router, value: U256::ZERO, signature: String::new(), calldata }
    };
    // What it brings now.
    let mut machine = Machine::new(Arc::new(remote(&world)));
    let mut answer = Bytes::new();
    for action in [approve.clone(), swap(U256::ZERO)] {
        let message = Message {
            from: contracts.timelock,
            to: action.target,
            value: U256::ZERO,
            input: action.input(),
            gas_limit: 1_000_000,
        };
        let Outcome::Success(data) = machine.transact(&message).unwrap().outcome() else {
            panic!("{action:?}")
        };
        answer = data;
    }
    let brings = U256::from_be_slice(&answer);
    assert!(brings > U256::from(400_000_000), "{brings}");

    let without = checked(&world, "# Sell 1,000 BTRST", vec![approve.clone(), swap(U256::ZERO)]);
    let found = finding(&without, "C11");
    let said = format!("{} {}", found.summary, found.evidence.join("\n"));
    assert_eq!(found.verdict, Fail, "{said}");
    assert!(said.contains("accepts any price"), "{said}");
    assert!(said.contains("moved by -50%, 49.9"), "{said}");

    // One that looks like a limit and is none.
    let loose = checked(&world, "# Sell 1,000 BTRST", vec![approve.clone(), swap(brings / U256::from(2))]);
    let found = finding(&loose, "C11");
    let said = format!("{} {}", found.summary, found.evidence.join("\n"));
    assert_eq!(found.verdict, Fail, "{said}");
    assert!(said.contains("moved by -25%, 24.9"), "{said}");
    assert!(said.contains("moved by +50%, nothing is lost"), "{said}");

    let tight = brings * U256::from(995) / U256::from(1_000);
    let tight = checked(&world, "# Sell 1,000 BTRST", vec![approve, swap(tight)]);
    let found = finding(&tight, "C11");
    let said = format!("{} {}", found.summary, found.evidence.join("\n"));
    assert_eq!(found.verdict, Pass, "{said}");
    assert!(said.contains("moved by -1%, the actions stop"), "{said}");
}

#[tokio::test]
async fn anvil_ages_are_found_by_halves_or_not_at_all() {
    let repository = Repository::find(std::path::Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let anvil = AnvilOptions { past_states: 100, ..AnvilOptions::default() };
    let options = WorldOptions { delegated: true, anvil, ..WorldOptions::default() };
    let world = World::start(&repository, &options).await.unwrap();
    let chain = world.chain();
    let counter = bytes!("5f546001015f5500");
    chain.mine(10).await.unwrap();
    let deployer = world.account(Name::Stranger);
    let creation = [&hex!("60088060095f395ff3")[..], &counter[..]].concat();
    let call = btrst_devnet::Call::deploy("Counter", &creation, &[]);
    let fresh = chain.deploy(deployer, call).await.unwrap();
    let born = chain.block_number().await.unwrap();
    chain.mine(20).await.unwrap();

    let asked = Counter::default();
    let remote = Remote::pin(counted(chain.url(), &asked), BlockId::latest()).unwrap();
    let token = world.contracts().btrst;
    let nobody = Address::repeat_byte(0x42);
    let accounts = [token, fresh, world.address(Name::Amara), nobody];
    let found = history::read(&remote, &remote, &accounts, 25);
    let then = remote.pinned().header.number - 25;
    let ages: Vec<_> = found.iter().map(|history| (history.is_contract, history.age.clone())).collect();
    let older = Age::Older { block: then, changed: false };
    let expected =
        [(true, older.clone()), (true, Age::Since { block: born }), (false, older), (false, Age::Never)];
    assert_eq!(ages, expected);
    assert!(asked.trips().requests < 40, "{:?}", asked.trips());
    // A chain without the past.
    let found = history::read(&remote, &remote, &[fresh], 10_000_000);
    assert!(matches!(&found[0].age, Age::Unknown { reason } if reason.starts_with("the chain has fewer")));

    let deployment = world.deployment();
    let action = Action { signature: "go()".into(), ..Action::payment(fresh, U256::ZERO) };
    let proposal = Proposal { description: "# Go".into(), actions: vec![action] };
    let histories = history::read(&remote, &remote, &[fresh], 25);
    let mut input = Input::new(&deployment, &proposal);
    let state: Arc<dyn StateSource> = Arc::new(Recorded::new(remote));
    let without = checks::run(&input, state.clone(), &[]).report;
    assert_eq!(finding(&without, "E7").verdict, NotRun);
    input.histories = &histories;
    let with = checks::run(&input, state, &[]).report;
    assert_eq!(finding(&with, "E7").verdict, Warn);
    assert!(finding(&with, "E7").summary.contains(&format!("only since block {born}")));
}
