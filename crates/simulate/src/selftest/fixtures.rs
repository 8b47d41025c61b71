//! The attacks and mistakes, each beside its clean twin.

use alloy::primitives::{Address, U256, b256, keccak256};
use btrst_bindings::Contract;
use btrst_gov::{
    Action, Deployment,
    governor::{Flavour, ProposalState},
    parameters::btrst,
};

use super::{
    Act, Case, Target, code, holdings, traps, word,
    world::{GRANTEE, MALLORY},
};
use crate::{
    Manifest, Verdict,
    checks::{Agreement, Other},
    history::{Age, History},
    manifest::{Asset, Call, Code, Invariant, Transfer, Write},
    sources::{Answer, Claim},
};

use Verdict::{Fail, NotRun, Pass, Warn};

/// A case in which a check must fire, and one in which it must not.
pub(super) struct Fixture {
    pub check: &'static str,
    pub name: &'static str,
    pub expected: Verdict,
    pub malicious: Case,
    pub expected_clean: Verdict,
    pub clean: Case,
}

/// Where hand-written contracts stand.
pub(super) const HERE: Address = Address::repeat_byte(0x71);
/// A second one.
pub(super) const THERE: Address = Address::repeat_byte(0x93);

/// Slot of a proxy's implementation.
const IMPLEMENTATION: U256 =
    U256::from_be_bytes(b256!("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc").0);

pub(super) fn fixture(
    check: &'static str,
    name: &'static str,
    expected: Verdict,
    malicious: Case,
    clean: Case,
) -> Fixture {
    Fixture { check, name, expected, malicious, expected_clean: Pass, clean }
}

/// One call of a hand-written contract.
pub(super) fn calling(code: alloy::primitives::Bytes, signature: &'static str, words: &[U256]) -> Case {
    let mut case = Case::of(vec![Act::call(Target::At(HERE), signature, words)], "# Call it");
    case.setting.code.insert(HERE, code);
    case
}

/// A proposal file with other text.
fn saying(description: &str) -> Case {
    Case { description: description.into(), ..Case::grant() }
}

/// All fixtures, in the order of the catalogue.
pub(super) fn all() -> Vec<Fixture> {
    let groups = [
        shape(),
        super::approved::fixtures(),
        before(),
        execution(),
        aftermath(),
        provenance(),
        traps::all(),
        holdings::all(),
    ];
    groups.into_iter().flatten().collect()
}

pub(super) fn shape() -> Vec<Fixture> {
    let raw = |signature, calldata: Vec<u8>| {
        let act = Act { target: Target::Token, value: 0, signature, calldata };
        Case { actions: vec![act], ..Case::grant() }
    };
    let arguments = Act::transfer(GRANTEE, 1_000).calldata;
    let doubled = [crate::checks::selector("transfer(address,uint256)").as_slice(), &arguments].concat();
    let mut dirty = arguments.clone();
    if let Some(first) = dirty.first_mut() {
        *first = 1;
    }
    let twice =
        Case { actions: vec![Act::transfer(GRANTEE, 1_000), Act::transfer(GRANTEE, 1_000)], ..Case::grant() };
    let two =
        Case { actions: vec![Act::transfer(GRANTEE, 1_000), Act::transfer(GRANTEE, 1_001)], ..Case::grant() };
    vec![
        fixture(
            "A1",
            "arrays of different lengths",
            Fail,
            Case { lengths: Some([1, 1, 0, 1]), ..Case::grant() },
            Case { lengths: Some([1; 4]), ..Case::grant() },
        ),
        fixture(
            "A2",
            "a space in the signature",
            Fail,
            raw("transfer(address, uint256)", arguments.clone()),
            Case::grant(),
        ),
        fixture(
            "A2",
            "an alias in the signature",
            Fail,
            raw("transfer(address,uint)", arguments.clone()),
            Case::grant(),
        ),
        fixture("A3", "double selector", Fail, raw("transfer(address,uint256)", doubled), Case::grant()),
        fixture(
            "A4",
            "dirty bits before an address",
            Fail,
            raw("transfer(address,uint256)", dirty),
            Case::grant(),
        ),
        fixture(
            "A5",
            "a function that the token does not have",
            Fail,
            raw("mint(address,uint256)", arguments),
            Case::grant(),
        ),
        fixture("A6", "duplicate action", Fail, twice, two),
        fixture(
            "A7",
            "text that turns its direction",
            Fail,
            saying("# Pay grantee 1,000 BTRST\u{202e}!"),
            Case::grant(),
        ),
        fixture(
            "A7",
            "a name with a letter of another script",
            Fail,
            saying("# Pay gr\u{430}ntee and grantee 1,000 BTRST"),
            Case::grant(),
        ),
        fixture(
            "A7",
            "another amount than the action's",
            Fail,
            saying("# Pay grantee 100 BTRST"),
            Case::grant(),
        ),
        fixture(
            "A8",
            "a megabyte of text",
            Fail,
            saying(&format!("# Pay grantee 1,000 BTRST\n{}", "word ".repeat(200_000))),
            Case::grant(),
        ),
    ]
}

pub(super) fn before() -> Vec<Fixture> {
    let setting = |change: fn(&mut super::Setting)| {
        let mut case = Case::grant();
        change(&mut case.setting);
        case
    };
    let zombie = |state, flavour| Case {
        flavour,
        others: vec![Other {
            id: 1,
            state,
            proposer: MALLORY,
            end_block: 900_000,
            actions: vec![Action::payment(MALLORY, U256::from(1))],
        }],
        ..Case::grant()
    };
    vec![
        fixture(
            "B1",
            "exactly the threshold",
            Fail,
            setting(|s| s.proposer_votes = Some(btrst(500))),
            Case::grant(),
        ),
        fixture("B2", "a second proposal", Fail, Case { earlier: true, ..Case::grant() }, Case::grant()),
        fixture("B3", "threshold dip", Fail, setting(|s| s.leaving = btrst(19_999_900)), Case::grant()),
        fixture("B4", "flash-loan vote", Warn, setting(|s| s.arriving = btrst(30_000_000)), Case::grant()),
        fixture("B5", "guardian surprise", Warn, setting(|s| s.guardian = true), Case::grant()),
        fixture(
            "B6",
            "a vote over a night, in fast blocks",
            Warn,
            Case { block_time: Some(2_000), ..Case::grant() },
            Case::grant(),
        ),
        fixture(
            "B7",
            "a window in its last second",
            Fail,
            Case { queued: Some(0), ..Case::grant() },
            Case { queued: Some(2 * 86_400), ..Case::grant() },
        ),
        fixture(
            "B8",
            "zombie proposal",
            Warn,
            zombie(ProposalState::Succeeded, Flavour::Alpha),
            zombie(ProposalState::Active, Flavour::Alpha),
        ),
        fixture(
            "B9",
            "a governor of another treasury",
            Fail,
            Case { wrong_timelock: Some(MALLORY), ..Case::grant() },
            Case::grant(),
        ),
    ]
}

pub(super) fn execution() -> Vec<Fixture> {
    let differs = |engine: &str| Case {
        agreements: vec![Agreement {
            engine: engine.into(),
            differences: vec!["one writes `0x1` to slot `0x0`, the other nothing".into()],
            missing: None,
        }],
        ..Case::grant()
    };
    let counted = || calling(code::counter(), "go()", &[]);
    let nested = |inner: Address| {
        let mut case = calling(code::calls_back(inner), "go()", &[]);
        case.setting.code.insert(THERE, code::counter());
        case
    };
    let swap = |least: u64| {
        let words =
            [U256::from(1_000), U256::from(least), U256::from(160), word(GRANTEE), U256::MAX, U256::ZERO];
        calling(
            code::counter(),
            "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)",
            &words,
        )
    };
    let pays = |code| calling(code, "transfer(address,uint256)", &[word(GRANTEE), U256::from(0)]);
    let mut no_code = Case::of(vec![Act::call(Target::At(MALLORY), "go()", &[])], "# Call it");
    no_code.setting.code.clear();
    let mut ether = Case::of(
        vec![Act {
            target: Target::At(GRANTEE),
            value: 100_000_000_000_000_000,
            signature: "",
            calldata: vec![],
        }],
        "# Pay grantee 0.1 ether",
    );
    ether.setting.code.clear();
    let (token, governor) = (Address::repeat_byte(0xfa).create(1), Address::repeat_byte(0xfa).create(3));
    // Pays 100,000 units at its price, out of what the treasury pays in before.
    let trade = |least: u64| {
        let words = [
            word(GRANTEE),
            U256::from(1),
            U256::from(5),
            U256::ZERO,
            U256::from(160),
            U256::from(32),
            U256::from(least),
        ];
        let mut case = calling(code::pool(token), "swap(address,bool,int256,uint160,bytes)", &words);
        case.actions.insert(0, Act::transfer(HERE, 1));
        case.setting.slots.insert((HERE, U256::ZERO), U256::from(100_000));
        case
    };
    vec![
        fixture("C1", "an action that reverts", Fail, calling(code::reverts(), "go()", &[]), counted()),
        fixture("C2", "the short way comes elsewhere", Fail, differs("storage override"), Case::grant()),
        fixture("C3", "a node comes elsewhere", Fail, differs("eth_simulateV1"), Case::grant()),
        fixture(
            "C4",
            "an amount by the time of execution",
            Warn,
            calling(code::pays_by_time(GRANTEE), "go()", &[]),
            counted(),
        ),
        fixture("C5", "gas above EIP-7825", Fail, calling(code::endless(), "go()", &[]), counted()),
        fixture(
            "C6",
            "insolvent treasury",
            Fail,
            Case { actions: vec![Act::transfer(GRANTEE, 2_000_000)], ..Case::grant() },
            Case::grant(),
        ),
        fixture(
            "C6",
            "ether that GovernorAlpha cannot spend",
            Warn,
            Case { flavour: Flavour::Alpha, ..ether.clone() },
            ether,
        ),
        fixture(
            "C7",
            "a call that the time lock swallows",
            Fail,
            Case::of(vec![Act::call(Target::Timelock, "setDelays(uint256)", &[U256::from(1)])], "# Set it"),
            counted(),
        ),
        fixture("C8", "call to an address without code", Fail, no_code, counted()),
        fixture("C9", "ignored `false`", Fail, pays(code::counter_false()), pays(code::counter_true())),
        fixture(
            "C10",
            "an effect by who executes",
            Warn,
            calling(code::asks_origin(), "go()", &[]),
            counted(),
        ),
        Fixture { expected_clean: Warn, ..fixture("C11", "sandwichable swap", Fail, swap(0), swap(990)) },
        fixture("C11", "a trade that follows a moved pool", Fail, trade(0), trade(99_900)),
        fixture("C12", "a call back into the governor", Fail, nested(governor), nested(THERE)),
    ]
}

pub(super) fn aftermath() -> Vec<Fixture> {
    let counted = || calling(code::counter(), "go()", &[]);
    let upgrade = |new: Contract| {
        let target = Address::repeat_byte(0x58);
        let mut case = calling(code::stores(IMPLEMENTATION), "upgradeTo(address)", &[word(target)]);
        case.setting.slots.insert((HERE, IMPLEMENTATION), word(THERE));
        case.setting.slots.insert((target, U256::ZERO), U256::from(1));
        case.setting.code.insert(THERE, Contract::Timelock.artifact().runtime_code.clone());
        case.setting.code.insert(target, new.artifact().runtime_code.clone());
        case
    };
    let mut multicall = calling(code::calls(THERE), "multicall(bytes[])", &[U256::from(32), U256::ZERO]);
    multicall.setting.code.insert(THERE, code::gives_role(MALLORY));
    let mut harmless = calling(code::calls(THERE), "multicall(bytes[])", &[U256::from(32), U256::ZERO]);
    harmless.setting.code.insert(THERE, code::counter());
    let known = calling(code::stores(U256::from(5)), "setKeeper(address)", &[word(GRANTEE)]);
    let unknown = calling(code::stores(U256::from(5)), "setKeeper(address)", &[word(MALLORY)]);
    let fee = |percent: u64| {
        Case::of(
            vec![Act::call(Target::Decisions, "setMarketplaceFee(uint8)", &[U256::from(percent)])],
            &format!("# Set the marketplace fee to {percent}%"),
        )
    };
    vec![
        fixture(
            "D1",
            "a write to a slot that nothing names",
            Warn,
            calling(code::stores(HERE.into_word().into()), "go(uint256)", &[U256::from(7)]),
            calling(code::stores(U256::from(7)), "go(uint256)", &[U256::from(7)]),
        ),
        fixture(
            "D1",
            "hashes that crowd out the names",
            NotRun,
            calling(code::hashes(20_001), "go()", &[]),
            calling(code::hashes(100), "go()", &[]),
        ),
        fixture("D2", "hidden approval", Fail, calling(code::allows(MALLORY), "claim()", &[]), counted()),
        fixture(
            "D3",
            "an effect that nobody declared",
            Fail,
            Case { manifest: Some(|deployment| granted(deployment, 999)), ..Case::grant() },
            Case { manifest: Some(|deployment| granted(deployment, 1_000)), ..Case::grant() },
        ),
        fixture("D4", "a keeper that nobody knows", Warn, unknown, known),
        fixture("D5", "role grant behind a multicall", Fail, multicall, harmless),
        fixture(
            "D5",
            "treasury handed to a key",
            Fail,
            Case::of(
                vec![Act::call(Target::Timelock, "setPendingAdmin(address)", &[word(GRANTEE)])],
                "# Let grantee administrate",
            ),
            Case::grant(),
        ),
        Fixture {
            expected_clean: Warn,
            ..fixture(
                "D6",
                "proxy upgrade that breaks the layout",
                Fail,
                upgrade(Contract::GovernanceDecisions),
                upgrade(Contract::Timelock),
            )
        },
        fixture(
            "D7",
            "a fee that was to stay",
            Fail,
            Case { manifest: Some(fee_stays), ..fee(12) },
            Case { manifest: Some(fee_stays), ..Case::grant() },
        ),
        fixture(
            "D8",
            "a transfer that is only reported",
            Warn,
            calling(code::false_event(GRANTEE), "go()", &[]),
            counted(),
        ),
    ]
}

pub(super) fn provenance() -> Vec<Fixture> {
    let counted = || calling(code::counter(), "go()", &[]);
    let mut similar = GRANTEE;
    // Shares the first five and the last five digits, and nothing between them.
    similar.0.iter_mut().skip(3).take(14).for_each(|byte| *byte = 0x3e);
    let claimed = |answer| {
        let code = keccak256(code::counter());
        let claim = Claim { contract: HERE, code, by: "a service".into(), answer };
        Case { claims: vec![claim], ..counted() }
    };
    let aged = |age| {
        let history = History { account: HERE, is_contract: true, nonce: 1, age };
        Case { histories: vec![history], ..counted() }
    };
    let old = |changed| Age::Older { block: 900_000, changed };
    let compiled = || Answer::Compiled { name: "Counter".into(), metadata: true, open: Vec::new() };
    let pinned = |case: Case| Case { manifest: Some(pins_counter), ..case };
    vec![
        fixture("E1", "code that nobody can read", NotRun, counted(), Case::grant()),
        fixture("E1", "code without published sources", Warn, claimed(Answer::None), claimed(compiled())),
        fixture(
            "E1",
            "sources of other code",
            Fail,
            claimed(Answer::Contradicted { reason: "the code that it compiled is not the chain's".into() }),
            claimed(compiled()),
        ),
        fixture(
            "E1",
            "a service that does not answer",
            NotRun,
            claimed(Answer::Failed { reason: "its answer is no JSON (status 200)".into() }),
            claimed(compiled()),
        ),
        fixture("E2", "EIP-7702 target", Fail, calling(code::delegated(MALLORY), "go()", &[]), counted()),
        fixture(
            "E3",
            "a contract that can destroy itself",
            Warn,
            calling(code::mortal(), "go()", &[]),
            counted(),
        ),
        fixture(
            "E4",
            "a target that is not deployed yet",
            Fail,
            Case::of(vec![Act::call(Target::At(MALLORY), "go()", &[])], "# Call it"),
            counted(),
        ),
        fixture(
            "E5",
            "metamorphic code swap",
            Fail,
            pinned(calling(code::idle(), "go()", &[])),
            pinned(counted()),
        ),
        fixture(
            "E6",
            "look-alike recipient",
            Fail,
            Case { actions: vec![Act::transfer(similar, 1_000)], ..Case::grant() },
            Case::grant(),
        ),
        fixture(
            "E7",
            "a contract of yesterday",
            Warn,
            aged(Age::Since { block: 1_000_000 }),
            aged(old(false)),
        ),
        fixture("E7", "code in the place of other code", Fail, aged(old(true)), aged(old(false))),
        fixture(
            "F",
            "a header that is not that of its block",
            Fail,
            Case { wrong_hash: true, ..Case::grant() },
            Case::grant(),
        ),
    ]
}

/// The manifest of a grant of `whole` BTRST.
fn granted(deployment: &Deployment, whole: u64) -> Manifest {
    let contracts = &deployment.contracts;
    let (token, from) = (contracts.btrst, contracts.timelock);
    let selector = crate::checks::selector("transfer(address,uint256)");
    Manifest {
        chain_id: deployment.chain_id,
        transfers: vec![Transfer {
            asset: Asset::Token(token),
            from,
            to: GRANTEE,
            amount: Some(btrst(whole)),
        }],
        calls: vec![Call { contract: token, selector }],
        writes: vec![Write { contract: token, slot: None, after: None }],
        ..Manifest::default()
    }
}

/// A manifest by which the marketplace fee stays.
fn fee_stays(deployment: &Deployment) -> Manifest {
    let invariant = Invariant {
        contract: deployment.contracts.governance_decisions.unwrap_or_default(),
        call: crate::checks::selector("marketplaceFee()").to_vec().into(),
        words: "marketplaceFee()".into(),
        after: None,
    };
    Manifest { chain_id: deployment.chain_id, invariants: vec![invariant], ..Manifest::default() }
}

/// A manifest that pins the code of the counter.
fn pins_counter(deployment: &Deployment) -> Manifest {
    let pin = Code { contract: HERE, hash: keccak256(code::counter()) };
    Manifest { chain_id: deployment.chain_id, code: vec![pin], ..Manifest::default() }
}
