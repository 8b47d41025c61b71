//! Traps: proposals that look like something else than they are, in ways that no single rule of the shape shows.

use alloy::primitives::{Address, U256, b256};
use btrst_bindings::Contract;
use btrst_gov::parameters::btrst;

use super::{
    Act, Case, Target, Verdict, code,
    fixtures::{Fixture, HERE, THERE, calling, fixture},
    word,
    world::{AMARA, GRANTEE, MALLORY},
};

use Verdict::{Fail, Warn};

/// Slot of the implementation in OpenZeppelin's first proxies, which USDC still has.
const OLD_IMPLEMENTATION: U256 =
    U256::from_be_bytes(b256!("7050c9e0f4ca769c69bd3a8ef740bc37934f8e2c036e5a723fd8ee048ed3f8c3").0);

/// The token of the world.
pub(super) fn token() -> Address {
    Address::repeat_byte(0xfa).create(1)
}

fn counted() -> Case {
    calling(code::counter(), "go()", &[])
}

/// One action beside a clean twin that warns, because it does the same with somebody who is known.
pub(super) fn milder(fixture: Fixture) -> Fixture {
    Fixture { expected_clean: Warn, ..fixture }
}

/// All of them.
pub(super) fn all() -> Vec<Fixture> {
    [texts(), money(), power(), circumstances()].into_iter().flatten().collect()
}

fn texts() -> Vec<Fixture> {
    let pay = |base: U256, description: &str| {
        let act = Act::call(Target::Token, "transfer(address,uint256)", &[word(GRANTEE), base]);
        Case { actions: vec![act], description: description.into(), ..Case::grant() }
    };
    let to = |account: Address, description: String| Case {
        actions: vec![Act::transfer(account, 1_000)],
        description,
        ..Case::grant()
    };
    let hidden = format!("{MALLORY}").replacen('e', "\u{435}", 1);
    let approve = |signature| {
        let words = [word(MALLORY), U256::from(5)];
        Case::of(vec![Act::call(Target::Token, signature, &words)], "# Sign it")
    };
    // Twelve bytes of a packed call before the address, so that it stands in no word.
    let mut similar = GRANTEE;
    similar.0.iter_mut().skip(3).take(14).for_each(|byte| *byte = 0x3e);
    let packed = |account: Address| {
        let mut words = vec![U256::from(32), U256::from(33)];
        let mut bytes = [[7; 13].as_slice(), account.as_slice(), &[0; 31]].concat();
        words.extend(bytes.chunks_exact(32).map(U256::from_be_slice));
        bytes.clear();
        calling(code::counter(), "run(bytes)", &words)
    };
    vec![
        fixture(
            "A2",
            "a name that was searched for",
            Fail,
            approve("sign_szabo_bytecode(bytes16,uint128)"),
            approve("approve(address,uint256)"),
        ),
        fixture(
            "A7",
            "an amount with the decimals of another token",
            Fail,
            pay(U256::from(1_000_000_000), "# Pay grantee 1,000 BTRST"),
            pay(btrst(1_000), "# Pay grantee 1,000 BTRST"),
        ),
        fixture(
            "A7",
            "the address of somebody else",
            Fail,
            to(MALLORY, format!("# Pay 1,000 BTRST to {HERE}")),
            to(MALLORY, format!("# Pay 1,000 BTRST to {MALLORY}")),
        ),
        fixture(
            "A7",
            "an address with a letter of another script",
            Fail,
            to(MALLORY, format!("# Pay 1,000 BTRST to {hidden}")),
            to(MALLORY, format!("# Pay 1,000 BTRST to {MALLORY}")),
        ),
        fixture(
            "A7",
            "a name that can be pointed elsewhere",
            Warn,
            pay(btrst(1_000), "# Pay grantee.eth 1,000 BTRST"),
            pay(btrst(1_000), "# Pay grantee 1,000 BTRST"),
        ),
        fixture("E6", "a look-alike inside of packed bytes", Fail, packed(similar), packed(GRANTEE)),
        fixture(
            "E6",
            "a token that calls itself BTRST",
            Fail,
            calling(code::token("BTRST"), "transfer(address,uint256)", &[word(GRANTEE), btrst(1_000)]),
            calling(code::token("OTHER"), "transfer(address,uint256)", &[word(GRANTEE), btrst(1_000)]),
        ),
    ]
}

fn money() -> Vec<Fixture> {
    let allowed = |mut case: Case| {
        case.setting.allowed = Some(HERE);
        case
    };
    let approve = |spender| {
        let mut case = counted();
        case.actions =
            vec![Act::call(Target::Token, "approve(address,uint256)", &[word(spender), U256::from(5)])];
        case
    };
    let behind = |inner| {
        let mut case = calling(code::calls(THERE), "go()", &[]);
        case.setting.code.insert(THERE, inner);
        case
    };
    let ether = |target| {
        let act = Act { target: Target::At(target), value: 1_000_000, signature: "", calldata: vec![] };
        Case::of(vec![act], "# Pay it")
    };
    vec![
        fixture(
            "D2",
            "money that an old allowance lets go",
            Fail,
            allowed(calling(code::pulls(token(), MALLORY, btrst(1_000)), "claim()", &[])),
            allowed(counted()),
        ),
        fixture(
            "D2",
            "a permission at a contract that spends for others",
            Fail,
            calling(code::permits(token(), MALLORY), "go()", &[]),
            counted(),
        ),
        milder(fixture("D2", "an allowance for a key", Fail, approve(MALLORY), approve(HERE))),
        fixture(
            "D2",
            "an allowance of an account behind the treasury",
            Warn,
            behind(code::allows(MALLORY)),
            behind(code::counter()),
        ),
        fixture("C8", "ether for a precompile", Fail, ether(Address::with_last_byte(4)), ether(GRANTEE)),
        fixture(
            "C8",
            "tokens for the token itself",
            Fail,
            Case { actions: vec![Act::transfer(token(), 1_000)], ..Case::grant() },
            Case::grant(),
        ),
    ]
}

fn power() -> Vec<Fixture> {
    let admin = |account| {
        let mut case = counted();
        case.actions = vec![Act::call(Target::Timelock, "setPendingAdmin(address)", &[word(account)])];
        case
    };
    let owner = |account| calling(code::owned(), "transferOwnership(address)", &[word(account)]);
    let upgrade = |slot| {
        let (old, code) = (Address::repeat_byte(0x58), Contract::Timelock.artifact().runtime_code.clone());
        let mut case = calling(code::stores(slot), "upgradeTo(address)", &[word(THERE)]);
        case.setting.slots.insert((HERE, slot), word(old));
        case.setting.code.extend([(old, code.clone()), (THERE, code)]);
        case
    };
    let quorum = |whole| {
        let governor = Address::repeat_byte(0xfa).create(3);
        let words = [btrst(whole)];
        let mut case =
            Case::of(vec![Act::call(Target::At(governor), "_setQuorumVotes(uint256)", &words)], "# Set it");
        case.setting.proposer_votes = Some(btrst(1_000_000));
        case
    };
    vec![
        milder(fixture("D5", "a quorum that nobody reaches", Fail, quorum(25_000_000), quorum(1_000_000))),
        fixture("D5", "a treasury handed to a small contract", Fail, admin(HERE), Case::grant()),
        fixture(
            "D5",
            "the treasury's votes for the proposer",
            Fail,
            Case::of(vec![Act::call(Target::Token, "delegate(address)", &[word(AMARA)])], "# Delegate"),
            Case::grant(),
        ),
        milder(fixture("D5", "an owner whom nobody names", Fail, owner(MALLORY), owner(GRANTEE))),
        fixture(
            "D6",
            "an upgrade of an old proxy",
            Warn,
            upgrade(OLD_IMPLEMENTATION),
            upgrade(U256::from(5)),
        ),
        fixture(
            "D4",
            "a contract of a stranger, put in by the code",
            Warn,
            {
                let mut case = calling(code::keeps(THERE.into_word()), "go()", &[]);
                case.setting.code.insert(THERE, code::counter());
                case
            },
            calling(code::keeps(token().into_word()), "go()", &[]),
        ),
    ]
}

fn circumstances() -> Vec<Fixture> {
    let fees = |second: Act| {
        let fee =
            |percent: u64| Act::call(Target::Decisions, "setMarketplaceFee(uint8)", &[U256::from(percent)]);
        Case::of(vec![fee(12), second], "# A fee of 12%, and grantee gets 1,000 BTRST")
    };
    let fee = Act::call(Target::Decisions, "setMarketplaceFee(uint8)", &[U256::from(11)]);
    let behind = |inner| {
        let mut case = calling(code::calls(THERE), "go()", &[]);
        case.setting.code.insert(THERE, inner);
        case
    };
    vec![
        fixture(
            "C4",
            "a call that somebody else can make first",
            Warn,
            calling(code::once(), "go()", &[]),
            counted(),
        ),
        fixture(
            "C7",
            "an action that a later one undoes",
            Warn,
            fees(fee),
            fees(Act::transfer(GRANTEE, 1_000)),
        ),
        fixture(
            "C10",
            "an effect by the hash of a block",
            Warn,
            calling(code::asks_hash(), "go()", &[]),
            counted(),
        ),
        fixture(
            "C10",
            "an effect by code that is not there yet",
            Warn,
            calling(code::asks_code(MALLORY), "go()", &[]),
            calling(code::asks_code(token()), "go()", &[]),
        ),
        fixture(
            "E3",
            "code that can go, behind code that cannot",
            Warn,
            behind(code::mortal()),
            behind(code::counter()),
        ),
    ]
}
