//! What others get to say about what the treasury holds: items, permissions, fees, votes, rights and roles.

use alloy::primitives::{Address, U256, keccak256};
use btrst_gov::parameters::btrst;

use super::{
    Act, Case, Target, Verdict, code,
    fixtures::{Fixture, HERE, THERE, calling, fixture},
    traps::{milder, token},
    word,
    world::{GRANTEE, MALLORY},
};

use Verdict::{Fail, Warn};

/// All of them.
pub(super) fn all() -> Vec<Fixture> {
    [permissions(), tokens(), passers(), rights()].into_iter().flatten().collect()
}

/// The treasury of the world.
fn treasury() -> Address {
    Address::repeat_byte(0xfa).create(2)
}

fn counted() -> Case {
    calling(code::counter(), "go()", &[])
}

/// `case` with a contract at [`THERE`].
fn beside(mut case: Case) -> Case {
    case.setting.code.insert(THERE, code::counter());
    case
}

/// `case` with a balance of the treasury at [`HERE`], which keeps balances in a mapping at slot 0.
fn holding(mut case: Case, amount: u64) -> Case {
    let place = keccak256([treasury().into_word().0, [0; 32]].concat());
    case.setting.slots.insert((HERE, place.into()), U256::from(amount));
    case
}

fn permissions() -> Vec<Fixture> {
    let operator = |account| {
        let words = [word(account), U256::from(1)];
        beside(calling(code::collection(true), "setApprovalForAll(address,bool)", &words))
    };
    let item = |account| {
        let words = [word(account), U256::from(7)];
        beside(calling(code::collection(true), "approve(address,uint256)", &words))
    };
    let spends = |account| {
        let words = [word(token()), word(account), U256::from(5), U256::from(1)];
        let permits = code::permits(token(), account);
        beside(calling(permits, "approve(address,address,uint160,uint48)", &words))
    };
    let signed = |account| {
        let numbers = [5, 1, 27, 1, 1].map(U256::from);
        let words = [&[word(treasury()), word(account)], numbers.as_slice()].concat();
        let signature = "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)";
        beside(calling(code::allows(account), signature, &words))
    };
    vec![
        milder(fixture("D2", "a collection for a key", Fail, operator(MALLORY), operator(THERE))),
        milder(fixture("D2", "an item for a key", Fail, item(MALLORY), item(THERE))),
        milder(fixture("D2", "a permission that is asked for", Fail, spends(MALLORY), spends(THERE))),
        milder(fixture("D2", "a permit that nobody signed", Fail, signed(MALLORY), signed(THERE))),
    ]
}

fn tokens() -> Vec<Fixture> {
    let pays = |code| {
        let words = [word(GRANTEE), U256::from(500)];
        holding(calling(code, "transfer(address,uint256)", &words), 1_000)
    };
    let moves = |honest| {
        let words = [word(treasury()), word(GRANTEE), U256::from(7)];
        holding(calling(code::collection(honest), "transferFrom(address,address,uint256)", &words), 3)
    };
    let mut wraps = calling(code::wrapper(), "deposit()", &[]);
    wraps.actions.iter_mut().for_each(|act| act.value = 5);
    let honest = || pays(code::fee_token(0, 0, None));
    vec![
        fixture("D2", "a fee that is not reported", Fail, pays(code::fee_token(10, 0, None)), honest()),
        fixture("D2", "a fee for a stranger", Fail, pays(code::fee_token(10, 10, Some(MALLORY))), honest()),
        fixture("D2", "a balance that is always the same", Fail, pays(code::liar()), honest()),
        fixture("D2", "an item that goes without a word", Fail, moves(false), moves(true)),
        fixture("D2", "a balance out of nothing", Fail, calling(code::wrapper(), "gift()", &[]), wraps),
    ]
}

fn passers() -> Vec<Fixture> {
    let deep = |amount| {
        let code = code::deep(token(), treasury(), MALLORY, amount);
        let mut case = calling(code, "go(uint256)", &[U256::from(60)]);
        case.setting.allowed = Some(HERE);
        case
    };
    let passes = |to| {
        let mut case = calling(code::passes_on(token(), to, btrst(1_000)), "go()", &[]);
        case.actions.insert(0, Act::transfer(HERE, 1_000));
        case
    };
    let ends = |to| {
        let act = Act { target: Target::At(HERE), value: 1_000_000, signature: "", calldata: vec![] };
        let mut case = Case::of(vec![act], "# Pay it");
        case.setting.code.insert(HERE, code::ends(to));
        case
    };
    vec![
        fixture("D2", "a payment 60 calls deep", Fail, deep(btrst(1_000)), deep(U256::ZERO)),
        fixture("D2", "a receiver who passes it on", Warn, passes(MALLORY), passes(GRANTEE)),
        fixture("D2", "ether of a contract that ends", Warn, ends(MALLORY), ends(GRANTEE)),
    ]
}

fn rights() -> Vec<Fixture> {
    let enables = |account| calling(code::enables(), "enableModule(address)", &[word(account)]);
    let hooks = |account| {
        let words = [U256::MAX, word(account)];
        beside(calling(code::registers(), "setInterfaceImplementer(bytes32,address)", &words))
    };
    let role = |granted, revoked, has| {
        calling(code::changes_role(granted, revoked, has), "go(address)", &[word(MALLORY)])
    };
    let wallet =
        |delegates| beside(calling(code::wallet(delegates), "changeMasterCopy(address)", &[word(THERE)]));
    let spared = |account| {
        let governor = Address::repeat_byte(0xfa).create(3);
        let words = [word(account), U256::from(2_000_000_000)];
        let signature = "_setWhitelistAccountExpiration(address,uint256)";
        Case::of(vec![Act::call(Target::At(governor), signature, &words)], "# Spare it")
    };
    let owner = beside(calling(code::two_steps(), "transferOwnership(address)", &[word(THERE)]));
    vec![
        milder(fixture("D5", "a module for a key", Fail, enables(MALLORY), enables(GRANTEE))),
        milder(fixture("D5", "a hook of the treasury", Fail, hooks(MALLORY), hooks(THERE))),
        milder(fixture("D5", "an account that need not have votes", Fail, spared(MALLORY), spared(GRANTEE))),
        fixture("D5", "a role for a moment", Warn, role(true, true, false), counted()),
        fixture("D5", "a role that is not taken", Fail, role(false, true, true), counted()),
        fixture("D5", "an owner who has to accept", Warn, owner, counted()),
        fixture("D6", "a wallet with other code", Warn, wallet(true), wallet(false)),
    ]
}
