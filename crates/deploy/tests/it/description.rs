//! What a description may say, and how mistakes are named.

use std::fs;
use std::path::{Path, PathBuf};

use alloy::primitives::{Address, U256};
use btrst_deploy::description::{Pool, Receiver, Terms, Timelock, Token};
use btrst_deploy::{Description, Plan, powers};
use btrst_gov::parameters::{ALLOCATION, Parameters, SUPPLY, btrst};
use proptest::prelude::*;

pub fn example(name: &str) -> String {
    let examples: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deployments/examples");
    fs::read_to_string(examples.join(name)).unwrap()
}

fn error(text: &str) -> (String, String) {
    let error = Description::parse(text).unwrap_err();
    (error.to_string(), error.hint().unwrap_or_default())
}

/// The fresh example with one replacement, which must apply.
fn fresh_with(from: &str, to: &str) -> String {
    let text = example("fresh.toml");
    assert!(text.contains(from), "{from}");
    text.replacen(from, to, 1)
}

#[test]
fn the_fresh_example_has_the_split_of_the_documents() {
    let description = Description::parse(&example("fresh.toml")).unwrap();
    assert_eq!(description.governor.parameters, Parameters::HARDENED);
    assert_eq!(description.timelock, Timelock::Fresh(604_800));
    assert_eq!(description.governor.guardian_expiry, 1_814_313_600);
    let Token::Fresh(rows) = &description.token else { panic!("{:?}", description.token) };
    let of = |names: &[&str]| {
        let rows = rows.iter().filter(|row| names.contains(&row.name.as_str()));
        rows.map(|row| row.amount).sum::<U256>()
    };
    let nodes = ["freelance_labs", "hexocean", "snowfork", "accelerated_labs", "muses"];
    let shares = [of(&["community"]), of(&["investors"]), of(&nodes), of(&["public_sale"])];
    assert_eq!(shares, ALLOCATION.map(|(_, whole)| btrst(whole)));
    assert_eq!(rows[0].to, Receiver::Treasury);
    let Receiver::Lockup { beneficiary, terms } = rows[1].to else { panic!("{:?}", rows[1]) };
    assert_eq!(beneficiary, Address::with_last_byte(2));
    assert_eq!(terms, Terms { start: 1_796_083_200, cliff: 1_827_619_200, end: 1_922_313_600 });
    let converter = description.converter.unwrap();
    assert_eq!(converter.guards.lot, 25_000_000_000);
    assert!(matches!(converter.pool, Pool::Fresh { fee: 10_000, price, .. } if price == U256::from(500_000)));
}

#[test]
fn the_adoption_example_reuses_token_and_time_lock() {
    let description = Description::parse(&example("adoption.toml")).unwrap();
    assert!(matches!(description.token, Token::Existing(_)));
    assert!(matches!(description.timelock, Timelock::Existing { .. }));
    assert_eq!(description.governor.guardian, Address::ZERO);
    assert_eq!(description.governor.parameters, Parameters::LIVE);
}

#[test]
fn mistakes_are_named_with_their_place() {
    let table = [
        ("delay = 604_800", "delay = 1", "line 18, column 9: delay 1 is outside 172800 to 2592000"),
        ("preset = \"hardened\"", "preset = \"soft\"", "line 23, column 10: unknown preset `soft`"),
        ("preset = \"hardened\"", "voting_delay = 1", "expected a `preset`, or all of"),
        ("hop = 3_600", "hop = 3_600\nquorum = 1", "unknown field `quorum`"),
        ("guardian_expiry = 2027-06-30T00:00:00Z", "", "expected `guardian_expiry` beside `guardian`"),
        (
            "guardian_expiry = 2027-06-30T00:00:00Z",
            "guardian_expiry = 2027-06-30",
            "`2027-06-30` is no point in time",
        ),
        ("name = \"mainnet-2026\"", "name = \"../mainnet\"", "invalid name `../mainnet`"),
        ("lot = \"25_000usdc\"", "lot = \"250_001usdc\"", "lot 250001000000 is outside 1 to 250000000000"),
        ("short_window = 300", "short_window = 901", "short_window 901 is outside 60 to 900"),
        ("price = \"0.5usdc\"", "price = \"0\"", "the price `0` cannot be expressed"),
        (
            "amount = \"12_500_000btrst\"",
            "amount = \"12_500_001btrst\"",
            "the allocation sums to 250,000,001 BTRST, expected 250,000,000 BTRST",
        ),
        ("amount = \"12_500_000btrst\"", "amount = \"0\"", "the allocation to `public_sale` is zero"),
        ("cliff = 2027-12-01T00:00:00Z", "cliff = 2025-12-01T00:00:00Z", "`cliff` is before `start`"),
        ("end = 2030-12-01T00:00:00Z", "end = 2027-11-01T00:00:00Z", "`end` is before `cliff`"),
        ("name = \"muses\"", "name = \"snowfork\"", "`snowfork` stands in the allocation twice"),
        (
            "to = \"0x0000000000000000000000000000000000000008\"",
            "to = \"treasury\"",
            "`treasury` stands in the allocation twice",
        ),
        (
            "to = \"0x0000000000000000000000000000000000000008\"",
            "to = \"0x0000000000000000000000000000000000000009\"",
            "cannot receive an allocation",
        ),
        (
            "to = \"0x0000000000000000000000000000000000000008\"",
            "to = \"0x0000000000000000000000000000000000000000\"",
            "`to` is the zero address",
        ),
        (
            "amount = \"135_000_000btrst\"",
            "amount = \"135_000_000btrst\"\nlockup = { start = 2026-12-01T00:00:00Z, cliff = 2026-12-01T00:00:00Z, end = 2026-12-01T00:00:00Z }",
            "the treasury's share cannot be locked up",
        ),
        (
            "guardian = \"0x0000000000000000000000000000000000000001\"",
            "guardian = \"0x0000000000000000000000000000000000000009\"",
            "`guardian` is the deployer",
        ),
        ("factory = \"0x1F", "factory = \"0x1f", "wrong checksum in address"),
        ("schema_version = 1", "schema_version = 2", "line 7, column 18: unknown `schema_version` 2"),
        (
            "[timelock]",
            "[reuse]\nbtrst = \"0x799ebfABE77a6E34311eeEe9825190B9ECe32824\"\n[timelock]",
            "`[[allocation]]` beside a token that exists",
        ),
    ];
    for (from, to, expected) in table {
        let (message, hint) = error(&fresh_with(from, to));
        assert!(message.contains(expected), "{to}: {message}");
        assert!(message.starts_with("line "), "{to}: {message}");
        assert!(!hint.is_empty(), "{to}: {message}");
    }
}

#[test]
fn the_missing_and_the_surplus_are_named() {
    let (_, hint) = error(&fresh_with("12_500_000btrst", "12_499_999.5btrst"));
    assert!(hint.starts_with("0.5 BTRST are missing"), "{hint}");
    let (_, hint) = error(&fresh_with("12_500_000btrst", "12_500_002btrst"));
    assert_eq!(hint, "2 BTRST are too many");
}

#[test]
fn an_adopted_time_lock_needs_its_old_governor() {
    let text = example("adoption.toml");
    let line = "old_governor = \"0x1a0D3d5a43e53510f80F16905Bc96e907A47dD01\"";
    let (message, _) = error(&text.replacen(line, "", 1));
    assert!(message.contains("`old_governor` beside `timelock`"), "{message}");
    let timelock = "timelock = \"0xb6f1F016175588a049fDA12491cF3686De33990B\"";
    let (message, _) = error(&text.replacen(timelock, "", 1));
    assert!(message.contains("`old_governor` without `timelock`"), "{message}");
}

#[test]
fn the_treasury_goes_by_its_name_and_guardians_are_others() {
    let timelock = "0xb6f1F016175588a049fDA12491cF3686De33990B";
    let reuse = format!(
        "[reuse]\ntimelock = \"{timelock}\"\nold_governor = \"0x0000000000000000000000000000000000000007\""
    );
    let text = fresh_with("[timelock]", &reuse).replacen("delay = 604_800", "", 1);
    assert!(Description::parse(&text).is_ok());
    let (message, hint) = error(&text.replace("0x0000000000000000000000000000000000000008", timelock));
    assert!(message.ends_with(&format!("`{timelock}` cannot receive an allocation")), "{message}");
    assert!(hint.contains("`treasury`"), "{hint}");

    let (before, after) =
        example("fresh.toml").split_once("[converter]").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let guardian = "guardian = \"0x0000000000000000000000000000000000000001\"";
    let deployer = "guardian = \"0x0000000000000000000000000000000000000009\"";
    let (message, _) = error(&format!("{before}[converter]{}", after.replacen(guardian, deployer, 1)));
    assert!(message.ends_with("`guardian` is the deployer"), "{message}");
}

#[test]
fn values_beside_a_preset_replace_its_own() {
    let text =
        fresh_with("preset = \"hardened\"", "preset = \"hardened\"\nquorum_votes = \"5_000_000btrst\"");
    let parameters = Description::parse(&text).unwrap().governor.parameters;
    assert_eq!(parameters, Parameters { quorum_votes: btrst(5_000_000), ..Parameters::HARDENED });
    assert!(parameters.quorum_votes < SUPPLY);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_text_is_answered(text in ".{0,400}") {
        let _ = Description::parse(&text);
    }

    /// Anything in place of any value of the example is read or refused, and never a panic.
    #[test]
    fn any_value_is_answered(line in 0usize..160, value in prop_oneof![
        Just("-1".to_owned()), Just("99999999999999999999".to_owned()), Just("1979-05-27".to_owned()),
        Just("{}".to_owned()), Just("[]".to_owned()), Just("\"\"".to_owned()), "\"[ -~]{0,20}\"", "[ -~]{0,20}",
    ]) {
        let text = example("fresh.toml");
        let lines: Vec<String> = text.lines().enumerate().map(|(number, text)| match text.split_once(" = ") {
            Some((key, _)) if number == line => format!("{key} = {value}"),
            _ => text.to_owned(),
        }).collect();
        match Description::parse(&lines.join("\n")) {
            Ok(description) => {
                let plan = Plan::of(&description);
                prop_assert!(!powers::of_plan(&plan).is_empty());
                let allocated: U256 = plan.allocation().iter().map(|(.., amount)| *amount).sum();
                prop_assert_eq!(allocated, SUPPLY);
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
